"""Finds out step by step how far the way to a server goes: its name, the connection, TLS. Each step has a time limit."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar
from urllib.parse import urlsplit

from chatrepl.api.address import shown_url
from chatrepl.api.breakage import transport_error
from chatrepl.api.connection import Errand
from chatrepl.api.dialling import dial
from chatrepl.api.route import Route, find_route
from chatrepl.errors import ApiError

if TYPE_CHECKING:
    from chatrepl.settings import NetworkSettings

LIMIT_S = 5.0
"""How long each step may take."""

_PROXY_HINT = (
    "this is the proxy: check network.proxy, HTTPS_PROXY and HTTP_PROXY; NO_PROXY names hosts without it"
)

T = TypeVar("T")


class Step(NamedTuple):
    """What one check found."""

    name: str
    tone: Literal["ok", "warning", "problem"]
    text: str
    hint: str | None = None


def reach(
    base_url: str, network: NetworkSettings, variables: Mapping[str, str], *, limit_s: float = LIMIT_S
) -> Iterator[Step]:
    """Go to a server as a request would, without sending one. Ends with the first problem.

    Args:
        base_url: Where the server is.
        network: Proxy and certificates.
        variables: The environment, for the same.
        limit_s: How long each step may take.
    """
    try:
        route = find_route(base_url, network, _environment_proxies(base_url), variables)
    except ApiError as error:
        yield Step("way", "problem", error.message, error.hint)
        return
    target = route.proxy or base_url
    parts = urlsplit(target)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    yield Step("proxy", "ok", f"{route.proxy_name} is used" if route.proxy else "none is used")

    def failed(name: str, error: BaseException) -> Step:
        told = transport_error(error, shown_url(target), connect_timeout_s=limit_s, read_timeout_s=limit_s)
        return Step(name, "problem", told.message, _PROXY_HINT if route.proxy else told.hint)

    try:
        found, took_s = _timed(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), limit_s)
    except (OSError, UnicodeError) as error:
        yield failed("name", error)
        return
    addresses = ", ".join(dict.fromkeys(str(entry[4][0]) for entry in found))
    yield Step("name", "ok", f"{host} is {addresses} ({took_s * 1000:.0f} ms)")
    try:
        sock, took_s = _timed(lambda: dial(host, port, timeout_s=limit_s), limit_s + 1)
    except OSError as error:
        yield failed("connection", error)
        return
    with contextlib.closing(sock):
        yield Step("connection", "ok", f"port {port} answers ({took_s * 1000:.0f} ms)")
        if parts.scheme == "https":
            try:
                yield _tls(sock, host, route, limit_s)
            except (OSError, ValueError) as error:
                yield failed("TLS", error)


def _tls(sock: socket.socket, host: str, route: Route, limit_s: float) -> Step:
    """Shake hands, and tell what the certificate says."""
    context = _context(route)
    sock.settimeout(limit_s)
    with context.wrap_socket(sock, server_hostname=host) as secure:
        certificate: Any = secure.getpeercert() or {}
        issuer = dict(pair[0] for pair in certificate.get("issuer", ()) if pair)
        until = certificate.get("notAfter", "")
        left_days = (ssl.cert_time_to_seconds(until) - time.time()) / 86_400 if until else None
        by = issuer.get("organizationName") or issuer.get("commonName") or "somebody without a name"
        text = f"{secure.version()}, certificate by {by}, valid until {until or '?'}"
        if left_days is not None and left_days < 7:
            return Step("TLS", "warning", text, f"the certificate ends in {left_days:.0f} days")
        return Step("TLS", "ok", text)


def _context(route: Route) -> ssl.SSLContext:
    import certifi

    trusted = route.trusted if isinstance(route.trusted, str) else certifi.where()
    is_directory = Path(trusted).is_dir()
    context = ssl.create_default_context(
        cafile=None if is_directory else trusted, capath=trusted if is_directory else None
    )
    if isinstance(route.certificate, tuple):
        context.load_cert_chain(*route.certificate)
    elif route.certificate:
        context.load_cert_chain(route.certificate)
    return context


def _environment_proxies(base_url: str) -> Mapping[str, str]:
    from urllib.request import getproxies, proxy_bypass

    host = urlsplit(base_url).hostname or ""
    return {} if proxy_bypass(host) else getproxies()


def _timed(work: Callable[[], T], limit_s: float) -> tuple[T, float]:
    """Run something, and return what it gave and how long it took.

    Raises:
        TimeoutError: it took too long; it is left behind.
    """
    begun = time.monotonic()
    result = Errand(work, discard=_close).wait(limit_s)
    if result is None:
        raise TimeoutError(f"nothing came within {limit_s:g} s")
    return result, time.monotonic() - begun


def _close(result: object) -> None:
    close = getattr(result, "close", None)
    if close is not None:
        close()
