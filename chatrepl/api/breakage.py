"""Turns what the HTTP libraries raise into errors in the user's words. Pure: classes are known by name, not imported.

requests wraps urllib3, which wraps the system's errors, so the whole chain is looked at and the most telling link counts.
"""

from __future__ import annotations

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
    """With ``{place}`` for host and port, ``{url}`` for the base URL, and the waits as ``{connect_s}``, ``{read_s}``."""
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
        "ProxyError InvalidProxyURL ProxySchemeUnknown ProxySchemeUnsupported",
        "the proxy on the way to {place} cannot be used",
        "check HTTPS_PROXY and HTTP_PROXY; NO_PROXY names hosts that are reached without it",
    ),
    _kind(
        "dns",
        "NameResolutionError gaierror herror",
        "the name of the host {place} is not known",
        "check the base URL for a misspelt host, and whether this machine is online",
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
        " StreamConsumedError BadStatusLine UnknownProtocol LineTooLong HTTPError",
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
        " ConnectionAbortedError SSLEOFError",
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
        "RequestException HTTPException",
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
    exact = {type(link).__name__ for link in _chain(error)}
    bases = {cls.__name__ for link in _chain(error) for cls in type(link).__mro__[1:]}
    if any(type(link) is OSError and "TLS CA" in str(link) for link in _chain(error)):
        exact = {"SSLError"}  # requests does not find the file that REQUESTS_CA_BUNDLE names
    for names in (exact, bases - _WRAPPERS, bases & _WRAPPERS):
        found = next((kind for kind in KINDS if kind.names & names), None)
        if found is not None:
            return found
    return None


def transport_error(
    error: BaseException, base_url: str, *, connect_timeout_s: float, read_timeout_s: float
) -> errors.ApiError:
    """Return the error to raise in place of one of the network or its libraries."""
    kind = kind_of(error) or KINDS[-1]
    message = kind.message.format(
        place=host_and_port(base_url),
        url=shown_url(base_url),
        connect_s=connect_timeout_s,
        read_s=read_timeout_s,
    )
    cls = errors.ProtocolError if kind.is_protocol else errors.TransportError
    return cls(message, hint=kind.hint, code=kind.code)


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
