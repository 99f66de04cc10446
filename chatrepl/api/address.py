"""Where a request goes below a base URL, how the URL is shown, and what is likely meant by a wrong one. Pure."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

from chatrepl.base_url import OPENAI_BASE_URL
from chatrepl.errors import TransportError
from chatrepl.providers import provider_at
from chatrepl.redact import mask_keys
from chatrepl.servers import host_of

_USUAL_PORTS = {"http": 80, "https": 443}
_SECRET_NAMES = re.compile(r"(?i)key|token|secret|sig|password|auth")
_ENDPOINTS = ("/chat/completions", "/completions", "/responses", "/models", "/embeddings", "/chat")


def ensure_usable(base_url: str) -> None:
    """Make sure that a request can be sent to it.

    Raises:
        TransportError: with the code ``url`` and what to type instead.
    """
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise _bad(base_url, str(error), OPENAI_BASE_URL) from None
    if parts.scheme not in _USUAL_PORTS:
        rest = base_url.partition("://")[2] or base_url.lstrip("/")
        scheme = "http" if is_loopback(f"http://{rest}") else "https"
        raise _bad(base_url, "it must begin with http:// or https://", f"{scheme}://{rest}")
    if not host or re.search(r"\s", base_url):
        raise _bad(base_url, "it names no host", OPENAI_BASE_URL)


def _bad(base_url: str, reason: str, example: str) -> TransportError:
    return TransportError(
        f"the base URL {shown_url(base_url)!r} cannot be used: {reason}",
        hint=f"write it as {shown_url(example)}",
        code="url",
    )


def join_url(base_url: str, path: str) -> str:
    """Put a path below a base URL with exactly one slash between them, before the base URL's own query."""
    parts = urlsplit(base_url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{path.lstrip('/')}", fragment=""))


def server_root(base_url: str) -> str:
    """Return the URL below which a server keeps what is not part of the API: without ``/v1`` and query."""
    parts = urlsplit(base_url)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/").removesuffix("/v1"), query="", fragment=""))


def shown_url(url: str) -> str:
    """Return a URL as it may be shown: without user, password and keys."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return mask_keys(url)
    fields = [field.partition("=") for field in parts.query.split("&")]
    query = "&".join(
        f"{name}{equals}{'…' if value and _SECRET_NAMES.search(name) else value}"
        for name, equals, value in fields
    )
    return mask_keys(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query)))


def provider_name(base_url: str) -> str:
    """Return the host, and the port where it is not the usual one."""
    try:
        parts = urlsplit(base_url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return shown_url(base_url)
    host = f"[{host}]" if ":" in host else host
    return host if port in {None, _USUAL_PORTS.get(parts.scheme)} else f"{host}:{port}"


def host_and_port(base_url: str) -> str:
    """Return the host and always the port, for messages about connections."""
    name = provider_name(base_url)
    parts = _split(base_url)
    if parts is None or re.search(r":\d+$", name):
        return name
    return f"{name}:{_USUAL_PORTS.get(parts.scheme, 443)}"


def is_same_origin(url: str, other: str) -> bool:
    """Whether what may be sent to one URL may be sent to the other: same scheme, same host, same port."""
    origins = [
        (parts.scheme, parts.hostname, parts.port or _USUAL_PORTS.get(parts.scheme))
        for parts in map(_split, (url, other))
        if parts is not None
    ]
    return len(origins) == 2 and origins[0] == origins[1] and bool(origins[0][1])


def is_loopback(base_url: str) -> bool:
    """Whether the server runs on this machine."""
    host = host_of(base_url)
    return (
        host in {"localhost", "::1"}
        or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None
        or host.endswith(".localhost")
    )


def likely_base_url(base_url: str) -> str | None:
    """Return what was probably meant by a base URL below which there is no API. None: nothing better is known."""
    parts = _split(base_url)
    if parts is None:
        return None
    known = provider_at(base_url).base_url or ""
    path = parts.path.rstrip("/")
    for endpoint in _ENDPOINTS:
        path = path.removesuffix(endpoint)
    if path.endswith("/api") and not known:  # Ollama's own API
        path = path.removesuffix("/api")
    if not re.search(r"/v\d+(beta)?(/openai)?$", path):
        path += "/v1"
    guess = known or shown_url(urlunsplit(parts._replace(path=path, fragment="")))
    return None if guess == shown_url(base_url).rstrip("/") else guess


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
