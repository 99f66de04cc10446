"""What can be read from a base URL: where to send, how to show it, and what is likely meant by a wrong one. Pure."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit, urlunsplit

from chatrepl.errors import TransportError
from chatrepl.redact import mask_keys

_USUAL_PORTS = {"http": 80, "https": 443}
_SECRET_NAMES = re.compile(r"(?i)key|token|secret|sig|password|auth")
_ENDPOINTS = ("/chat/completions", "/completions", "/responses", "/models", "/embeddings", "/chat")

KNOWN_BASES = {
    "api.openai.com": "https://api.openai.com/v1",
    "openrouter.ai": "https://openrouter.ai/api/v1",
    "api.groq.com": "https://api.groq.com/openai/v1",
    "api.mistral.ai": "https://api.mistral.ai/v1",
    "api.deepseek.com": "https://api.deepseek.com",
    "api.x.ai": "https://api.x.ai/v1",
    "api.anthropic.com": "https://api.anthropic.com/v1",
    "generativelanguage.googleapis.com": "https://generativelanguage.googleapis.com/v1beta/openai",
}
"""Base URLs of hosted providers. Source: the providers' documents (August 2026)."""


def check_base_url(base_url: str) -> None:
    """Make sure that a request can be sent to it.

    Raises:
        TransportError: with the code ``url`` and what to type instead.
    """
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise _bad(base_url, str(error), "https://api.openai.com/v1") from None
    if parts.scheme not in _USUAL_PORTS:
        rest = base_url.partition("://")[2] or base_url.lstrip("/")
        scheme = "http" if is_loopback(f"http://{rest}") else "https"
        raise _bad(base_url, "it must begin with http:// or https://", f"{scheme}://{rest}")
    if not host or re.search(r"\s", base_url):
        raise _bad(base_url, "it names no host", "https://api.openai.com/v1")


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


def host_of(base_url: str) -> str:
    """Return the host in small letters; empty where there is none."""
    parts = _split(base_url)
    return (parts.hostname or "") if parts else ""


def is_loopback(base_url: str) -> bool:
    """Whether the server runs on this machine."""
    host = host_of(base_url)
    try:
        return host == "localhost" or host.endswith(".localhost") or ip_address(host).is_loopback
    except ValueError:
        return False


def likely_base_url(base_url: str) -> str | None:
    """Return what was probably meant by a base URL below which there is no API. None: nothing better is known."""
    parts = _split(base_url)
    if parts is None:
        return None
    known = KNOWN_BASES.get(host_of(base_url))
    path = parts.path.rstrip("/")
    for endpoint in _ENDPOINTS:
        path = path.removesuffix(endpoint)
    if path.endswith("/api") and known is None:  # Ollama's own API
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
