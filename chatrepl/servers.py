"""Which server an address belongs to. Pure."""

from __future__ import annotations


def host_of(base_url: str) -> str:
    """Return the host in lower case, without its port; empty where there is none."""
    from urllib.parse import urlsplit

    try:
        return (urlsplit(base_url).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def is_same_server(first: str, second: str) -> bool:
    """Whether two addresses have the same scheme, host and port, so that a key for one may go to the other."""
    return server_of(first) == server_of(second) != ("", "", None)


def server_of(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port; empty text and None where it is no URL."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
        return parts.scheme, host_of(url), port
    except ValueError:
        return "", "", None
