"""The way to a server: proxies, certificates and headers. Checked before anything is sent, and refused in words."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chatrepl.api.address import is_loopback, shown_url
from chatrepl.errors import ApiError, TransportError

if TYPE_CHECKING:
    from chatrepl.settings import NetworkSettings

NO_PROXY = "none"
"""What ``network.proxy`` says where no proxy is wanted, whatever the variables say."""
_PROXY_SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")
"""Variables that other programs read for the same purpose, the first that is set counts."""

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
_OURS = frozenset({"content-length", "transfer-encoding", "connection", "expect", "upgrade"})
"""Headers that say how a request is framed: another value would break it."""
_SECRET_NAMES = re.compile(r"(?i)auth|cookie|key|password|secret|session|signature|token")


@dataclass(frozen=True, slots=True)
class Route:
    """How a server is reached."""

    proxy: str = field(default="", repr=False)
    """Its address, perhaps with user and password. Empty: none is used."""
    proxy_name: str = ""
    """The proxy as a message names it, and what says that it is to be used."""
    trusted: str | bool = True
    """A file or a directory of certificates to trust. True: the usual ones."""
    certificate: str | tuple[str, str] | None = None
    """The file by which the server knows this machine, or two: certificate and key."""


def find_route(
    base_url: str,
    network: NetworkSettings,
    environment_proxies: Mapping[str, str],
    variables: Mapping[str, str],
) -> Route:
    """Find the way to a server, and make sure that it can be gone.

    Args:
        base_url: Where the server is.
        network: What the settings say.
        environment_proxies: What the environment says for this server, by scheme; ``NO_PROXY`` is heeded already.
        variables: The environment.

    Raises:
        TransportError: with the code ``proxy`` or ``tls``; trying again does not help.
    """
    proxy, source = _proxy(base_url, network, environment_proxies, variables)
    name = _checked_proxy(proxy, source) if proxy else ""
    if urlsplit(base_url).scheme != "https":
        return Route(proxy, name)
    return Route(proxy, name, _trusted(network, variables), _certificate(network))


def _proxy(
    base_url: str,
    network: NetworkSettings,
    environment_proxies: Mapping[str, str],
    variables: Mapping[str, str],
) -> tuple[str, str]:
    """Return the address of the proxy, and what names it. Empty: there is none."""
    if is_loopback(base_url):  # a proxy of the company's network cannot reach this machine
        return "", ""
    if network.proxy is not None:
        chosen = network.proxy.strip()
        return ("", "") if chosen.lower() in {NO_PROXY, ""} else (_with_scheme(chosen), "network.proxy")
    scheme = urlsplit(base_url).scheme
    found = environment_proxies.get(scheme) or environment_proxies.get("all") or ""
    if not found:
        return "", ""
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY")
    source = next((name for name in names if variables.get(name) == found), "the system's settings")
    return _with_scheme(found), source


def _with_scheme(proxy: str) -> str:
    return proxy if "://" in proxy else f"http://{proxy}"


def _checked_proxy(proxy: str, source: str) -> str:
    """Return the proxy as a message names it.

    Raises:
        TransportError: it cannot be used.
    """
    name = f"the proxy {shown_url(proxy)} ({source})"
    try:
        parts = urlsplit(proxy)
        scheme, host, _ = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError as error:
        raise _lasting("proxy", f"{name} cannot be used: {error}", _PROXY_HINT) from None
    if scheme not in _PROXY_SCHEMES:
        raise _lasting("proxy", f"{name} cannot be used: {scheme}:// is no kind of proxy", _PROXY_HINT)
    if not host:
        raise _lasting("proxy", f"{name} cannot be used: it names no host", _PROXY_HINT)
    if scheme.startswith("socks") and find_spec("socks") is None:
        raise _lasting(
            "proxy",
            f"{name} speaks SOCKS, for which the package PySocks is missing",
            "install chatrepl with the extra socks, such as: uv run --extra socks chatrepl",
        )
    return name


_PROXY_HINT = "write it like http://proxy.example:3128 or socks5h://proxy.example:1080"


def _trusted(network: NetworkSettings, variables: Mapping[str, str]) -> str | bool:
    """Return the certificates to trust."""
    if network.ca_bundle:
        path, source = _expanded(network.ca_bundle), "network.ca_bundle"
    else:
        source = next((name for name in _CA_VARIABLES if variables.get(name)), "")
        path = variables.get(source, "")
    if not path:
        return True
    if Path(path).is_dir():
        return path
    _readable(path, source)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (ssl.SSLError, OSError):
        raise _lasting(
            "tls",
            f"the file {path}, named by {source}, holds no certificates in PEM form",
            "it must hold one or more blocks that begin with -----BEGIN CERTIFICATE-----",
        ) from None
    return path


def _certificate(network: NetworkSettings) -> str | tuple[str, str] | None:
    """Return the files by which a server knows this machine."""
    if not network.client_certificate:
        if network.client_key:
            raise _lasting(
                "tls",
                "network.client_key is set, and network.client_certificate is not",
                "a key is of use only beside its certificate",
            )
        return None
    path = _expanded(network.client_certificate)
    _readable(path, "network.client_certificate")
    key = _expanded(network.client_key) if network.client_key else None
    if key is not None:
        _readable(key, "network.client_key")
    problem = _pair_problem(path, key)
    if problem is not None:
        message, hint = problem
        raise _lasting("tls", message, hint)
    return path if key is None else (path, key)


def _pair_problem(path: str, key: str | None) -> tuple[str, str] | None:
    """Return what is wrong with a certificate and its key, and what helps. None: nothing."""
    is_locked = False

    def passphrase() -> str:  # OpenSSL would ask for it at the terminal, in the middle of a chat
        nonlocal is_locked
        is_locked = True
        return ""

    key_file, key_setting = (
        (path, "network.client_certificate") if key is None else (key, "network.client_key")
    )
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(path, key, passphrase)
    except (ssl.SSLError, OSError, ValueError) as error:
        if is_locked:
            return (
                f"the key in {key_file}, named by {key_setting}, is locked with a passphrase",
                f"make a file without one, readable by you only: openssl pkey -in {key_file} -out FILE",
            )
        if "MISMATCH" in str(getattr(error, "reason", "")):
            return (
                f"the key in {key_file} is not that of the certificate in {path}",
                "set network.client_certificate and network.client_key to files that belong together",
            )
        return (
            f"the file {path}, named by network.client_certificate, holds no certificate with its key in PEM form",
            "where the key is in a file of its own, name it in network.client_key",
        )
    return None


def _expanded(path: str) -> str:
    try:
        return str(Path(path).expanduser())
    except RuntimeError:  # there is no home
        return path


def _readable(path: str, source: str) -> None:
    """Make sure that a file can be read.

    Raises:
        TransportError: it cannot.
    """
    try:
        with Path(path).open("rb"):
            return
    except OSError as error:
        raise _lasting(
            "tls",
            f"the file {path}, named by {source}, cannot be read: {error.strerror or error}",
            f"correct {source}, or unset it",
        ) from None


def checked_headers(headers: Mapping[str, str], key_header: str) -> dict[str, str]:
    """Return headers of the user's own as they can be sent.

    Raises:
        TransportError: with the code ``header``, where one cannot be sent, or is not the user's to set.
    """
    checked: dict[str, str] = {}
    for name, value in headers.items():
        small, text = name.lower(), value.strip()
        if not _HEADER_NAME.fullmatch(name):
            raise _bad_header(name, "its name holds a character that no header's name holds")
        if small == key_header.lower():
            raise _lasting(
                "header",
                f"the header {name} carries the key and cannot be set as a header",
                "set OPENAI_API_KEY, or name another source with api_key_env, api_key_file or api_key_command",
            )
        if small in _OURS:
            raise _bad_header(name, "chatrepl itself says how long a request is")
        if not _can_be_sent(text):
            raise _bad_header(name, "its value holds a line break or another character that no header holds")
        checked[name] = text
    return checked


def _can_be_sent(value: str) -> bool:
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return value.replace("\t", " ").isprintable()


def _bad_header(name: str, reason: str) -> ApiError:
    return _lasting(
        "header",
        f"the header {name!r} cannot be sent: {reason}",
        "correct it in network.headers, or in the headers of the provider",
    )


def merged(*layers: Mapping[str, str]) -> dict[str, str]:
    """Put headers together; the later ones win, whatever the case of their names."""
    found: dict[str, tuple[str, str]] = {}
    for layer in layers:
        found.update({name.lower(): (name, value) for name, value in layer.items()})
    return dict(found.values())


def secrets_in(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of headers whose names say that they are secret."""
    return tuple(value for name, value in headers.items() if value and _SECRET_NAMES.search(name))


def _lasting(code: str, message: str, hint: str) -> ApiError:
    """Make an error that the next try would meet again."""
    error = TransportError(message, hint=hint, code=code)
    error.should_retry = False
    return error
