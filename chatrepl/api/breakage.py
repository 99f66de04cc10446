"""Turns what the HTTP libraries raise into errors in the user's words. Pure: classes are known by name, not imported.

requests wraps urllib3, which wraps the system's errors, so the whole chain is looked at and the most telling link counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from chatrepl import errors
from chatrepl.api.address import host_and_port, shown_url


class Kind(NamedTuple):
    """One way for a request to break."""

    code: str
    """For ``ApiError.code``."""
    names: frozenset[str]
    """Classes that mean it, by name."""
    message: str
    """With ``{place}`` for host and port, ``{url}`` for the base URL, ``{proxy}``, and the waits as ``{connect_s}``,
    ``{read_s}``."""
    hint: str
    is_protocol: bool = False
    """Whether the connection held and only its content is wrong."""


def _kind(code: str, names: str, message: str, hint: str, *, is_protocol: bool = False) -> Kind:
    return Kind(code, frozenset(names.split()), message, hint, is_protocol)


KINDS = (
    _kind(
        "url",
        "MissingSchema InvalidSchema InvalidURL URLRequired LocationValueError LocationParseError URLSchemeUnknown"
        " HostChangedError UnrewindableBodyError BodyNotHttplibCompatible",
        "the base URL {url} cannot be used",
        "write it like https://api.openai.com/v1; a SOCKS proxy needs the package PySocks",
    ),
    _kind(
        "header",
        "InvalidHeader",
        "a header of the request to {place} cannot be sent",
        "check the key for line breaks and blanks",
    ),
    _kind(
        "proxy",
        "ProxyError InvalidProxyURL ProxySchemeUnknown ProxySchemeUnsupported"
        " ProxyConnectionError GeneralProxyError SOCKS5AuthError",  # of PySocks
        "{proxy} on the way to {place} cannot be used",
        'check network.proxy, or HTTPS_PROXY and HTTP_PROXY; network.proxy = "none" goes without one',
    ),
    _kind(
        "dns",
        "NameResolutionError gaierror herror",
        "the name of the host {place} is not known",
        "check the base URL for a misspelt host, and whether this machine is online",
    ),
    _kind(
        "broken",
        "SSLEOFError SSLZeroReturnError SSLSyscallError",
        "the secure connection to {place} broke",
        "/retry asks again; a proxy or a firewall in between may have ended it",
    ),
    _kind(
        "tls",
        "SSLError SSLCertVerificationError CertificateError",
        "no secure connection to {place}: its certificate or its TLS is not accepted",
        "is it http:// rather than https://? A company's own certificates go into REQUESTS_CA_BUNDLE",
    ),
    _kind(
        "connect_timeout",
        "ConnectTimeout ConnectTimeoutError",
        "{place} did not take the connection within {connect_s:g} s",
        "is the host right and the server running? network.connect_timeout_s sets the wait",
    ),
    _kind(
        "refused",
        "ConnectionRefusedError",
        "nothing answers at {place}: the connection was refused",
        "is the server running, and is this its port?",
    ),
    _kind(
        "read_timeout",
        "ReadTimeout ReadTimeoutError Timeout TimeoutError TimeoutStateError",
        "{place} said nothing for {read_s:g} s",
        "/retry asks again; network.read_timeout_s sets the wait",
    ),
    _kind(
        "encoding",
        "ContentDecodingError DecodeError",
        "{place} sent an answer whose compression cannot be undone",
        "a proxy in between may have damaged it; /retry asks again",
        is_protocol=True,
    ),
    _kind(
        "content",
        "JSONDecodeError InvalidJSONError InvalidChunkLength ResponseNotChunked HeaderParsingError"
        " StreamConsumedError BadStatusLine UnknownProtocol LineTooLong HTTPError"
        " HTTPException urllib3.InvalidHeader",
        "{place} does not answer as a web server should",
        "is the base URL right, and is it https:// rather than http://?",
        is_protocol=True,
    ),
    _kind(
        "redirect",
        "TooManyRedirects",
        "{place} redirects in circles",
        "is the base URL right?",
        is_protocol=True,
    ),
    _kind(
        "broken",
        "ChunkedEncodingError ProtocolError IncompleteRead RemoteDisconnected ConnectionResetError BrokenPipeError"
        " ConnectionAbortedError",
        "the connection to {place} broke",
        "/retry asks again",
    ),
    _kind(
        "connect",
        "ConnectionError NewConnectionError MaxRetryError RetryError PoolError ClosedPoolError EmptyPoolError"
        " FullPoolError RequestError OSError",
        "no connection to {place}",
        "is this machine online, and does the server run?",
    ),
    _kind(
        "other",
        "RequestException",
        "the request to {place} failed",
        "/retry asks again",
    ),
)
"""The first kind that fits any link of the chain counts, so the more telling ones stand first."""

_WRAPPERS = frozenset(
    {"HTTPError", "ProtocolError", "PoolError", "RequestError", "OSError", "Timeout", "HTTPException"}
)
"""Base classes of others: what they say counts last."""


def kind_of(error: BaseException) -> Kind | None:
    """Find what broke. None where the chain holds no error of the network or its libraries."""
    exact = {_name(type(link)) for link in _chain(error)}
    if "urllib3.InvalidHeader" in exact:
        exact.discard("InvalidHeader")  # by which requests means one of ours, and wraps that one
    bases = {cls.__name__ for link in _chain(error) for cls in type(link).__mro__[1:]}
    if any(type(link) is OSError and "TLS CA" in str(link) for link in _chain(error)):
        exact = {"SSLError"}  # requests does not find the file that REQUESTS_CA_BUNDLE names
    for names in (exact, bases - _WRAPPERS, bases & _WRAPPERS):
        found = next((kind for kind in KINDS if kind.names & names), None)
        if found is not None:
            return found
    return None


def _name(cls: type[BaseException]) -> str:
    """Return the name of a class; one of urllib3 means something else than the one of requests."""
    is_of_answer = cls.__name__ == "InvalidHeader" and cls.__module__.startswith("urllib3")
    return "urllib3.InvalidHeader" if is_of_answer else cls.__name__


def transport_error(
    error: BaseException,
    base_url: str,
    *,
    connect_timeout_s: float,
    read_timeout_s: float,
    proxy_name: str = "",
) -> errors.ApiError:
    """Return the error to raise in place of one of the network or its libraries.

    ``proxy_name`` is what a message calls the proxy in use, without its password. Empty: there is none.
    """
    kind = kind_of(error) or KINDS[-1]
    words = None
    if kind.code == "tls":
        words = _tls_words(error)
    elif kind.code == "proxy":
        words = _proxy_words(error)
    message, hint = words or (kind.message, kind.hint)
    message = message.format(
        place=host_and_port(base_url),
        url=shown_url(base_url),
        connect_s=connect_timeout_s,
        read_s=read_timeout_s,
        proxy=proxy_name or "the proxy",
    )
    if kind.code == "broken" and base_url.startswith("http:") and _is_silent_end(error):
        hint += "; if it never works: is it https:// rather than http://?"
    if proxy_name and proxy_name not in message:
        message += f", by way of {proxy_name}"
    cls = errors.ProtocolError if kind.is_protocol else errors.TransportError
    ours = cls(message, hint=hint, code=kind.code)
    if words is not None and kind.code == "proxy":
        ours.should_retry = False
    return ours


_CLOCK = "is this machine's clock right? Only who runs the server can renew it"
_CERTIFICATE_TROUBLE = {
    9: ("the certificate of {place} is not valid yet", "is this machine's clock right?"),
    10: ("the certificate of {place} has expired", _CLOCK),
    62: ("the certificate of {place} was made for another host", "is the host of the base URL right?"),
    64: ("the certificate of {place} was made for another host", "is the host of the base URL right?"),
}
"""What OpenSSL says is wrong with a server's certificate. Source: x509_vfy.h, OpenSSL 3."""
_UNTRUSTED = (
    "the certificate of {place} is signed by nobody whom this machine trusts",
    "a company's own certificates go into network.ca_bundle, or REQUESTS_CA_BUNDLE",
)
_TLS_TROUBLE = (
    (
        "WRONG_VERSION_NUMBER RECORD_LAYER_FAILURE PACKET_LENGTH_TOO_LONG UNKNOWN_PROTOCOL HTTP_REQUEST",
        "{place} does not answer in TLS",
        "is it http:// rather than https://?",
    ),
    (
        "CERTIFICATE_REQUIRED",
        "{place} wants to know this machine by a certificate, and none was sent",
        "name one in network.client_certificate, and its key in network.client_key",
    ),
    (
        "ALERT_UNKNOWN_CA ALERT_BAD_CERTIFICATE ALERT_CERTIFICATE ALERT_UNSUPPORTED_CERTIFICATE ALERT_ACCESS_DENIED",
        "{place} does not accept the certificate of this machine",
        "is network.client_certificate the right one, and still valid?",
    ),
    (
        "UNSUPPORTED_PROTOCOL PROTOCOL_VERSION NO_PROTOCOLS_AVAILABLE",
        "{place} speaks only versions of TLS that are not safe any more",
        "who runs the server must update it",
    ),
    (
        "HANDSHAKE_FAILURE",
        "{place} refused to set up a secure connection",
        "it may want a certificate: network.client_certificate names one",
    ),
)
"""Parts of OpenSSL's names of errors, the message and the hint. Source: ssl3.h and sslerr.h, OpenSSL 3."""


def _is_silent_end(error: BaseException) -> bool:
    """Whether the server closed the connection without a word."""
    return any(type(link).__name__ == "RemoteDisconnected" for link in _chain(error))


def _tls_words(error: BaseException) -> tuple[str, str] | None:
    """Return the message and the hint for trouble with TLS. None: nothing special is known of it."""
    for link in _chain(error):
        number = getattr(link, "verify_code", None)
        if isinstance(number, int) and number:
            return _CERTIFICATE_TROUBLE.get(number, _UNTRUSTED)
        reason = getattr(link, "reason", None)
        if isinstance(reason, str):
            for parts, message, hint in _TLS_TROUBLE:
                if any(part in reason for part in parts.split()):
                    return message, hint
    return None


def _proxy_words(error: BaseException) -> tuple[str, str] | None:
    """Return the message and the hint for a proxy that does not let a connection through. None: it is another trouble."""
    text = " ".join(str(part) for link in _chain(error) for part in link.args if isinstance(part, str))
    refused = re.search(r"Tunnel connection failed: (\d{3})", text)
    if refused is None:
        return None
    if refused[1] == "407":
        return PROXY_WANTS_PASSWORD
    return (
        f"{{proxy}} does not let a connection through to {{place}} (status {refused[1]})",
        "is that host allowed there? NO_PROXY names hosts that are reached without a proxy",
    )


PROXY_WANTS_PASSWORD = (
    "{proxy} on the way to {place} wants a user and a password",
    "write them into its address: http://USER:PASSWORD@HOST:PORT",
)
"""The message and the hint."""


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all those it wraps, in whatever way."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        link = waiting.pop()
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [link.__cause__, link.__context__, getattr(link, "reason", None), *link.args]
