"""Where an API is: what is wrong with an address, and what to type instead. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from urllib.parse import SplitResult

OPENAI_BASE_URL = "https://api.openai.com/v1"


_ENDPOINTS = ("/chat/completions", "/completions", "/responses", "/embeddings", "/models", "/messages")
_OLLAMA_PORT = 11434
_OLLAMA_ENDPOINTS = ("/api/chat", "/api/generate", "/api/tags", "/api/show", "/api/ps", "/api/version")
_SECRET_NAMES = frozenset(
    {"key", "api_key", "api-key", "apikey", "token", "access_token", "sig", "signature"}
)


class BaseUrlError(ValueError):
    """An address that cannot be used. The message never holds a key or password that stood in it."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def check_base_url(text: str) -> str:
    """Return an address without blanks around it and without a slash at its end.

    Raises:
        BaseUrlError: a sentence that begins with ``must``, and what to type instead as its hint.
    """
    from urllib.parse import urlsplit

    url = text.strip()
    if not url:
        raise BaseUrlError("must be a URL, not empty text", hint=f"OpenAI's is {OPENAI_BASE_URL}")
    _refuse_secrets(url)
    if any(not character.isprintable() or character.isspace() for character in url):
        raise BaseUrlError("must not have blanks or control characters in it")
    if "://" not in url:
        raise BaseUrlError(
            f"must begin with http:// or https://, not {url!r}", hint=f"Type {_guess_scheme(url)}://{url}"
        )
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname
    except ValueError:
        raise BaseUrlError(f"must be a URL such as {OPENAI_BASE_URL}, not {url!r}") from None
    if parts.scheme not in {"http", "https"}:
        raise BaseUrlError(f"must begin with http:// or https://, not {parts.scheme}://")
    if not host or port == 0:
        raise BaseUrlError(f"must name a host, as in {OPENAI_BASE_URL}, not {url!r}")
    if parts.fragment:
        raise BaseUrlError(f"must not have a fragment: leave out #{parts.fragment}")
    _check_path(parts, port)
    return url if parts.query else url.rstrip("/")


def _guess_scheme(url: str) -> str:
    from chatrepl.providers import provider_at

    host = url.partition("/")[0].rpartition("@")[2]
    return (
        "https"
        if provider_at(f"https://{host}").is_hosted or ("." in host and not host[0].isdigit())
        else "http"
    )


def _refuse_secrets(url: str) -> None:
    authority = url.partition("://")[2] or url
    for end in "/?#":
        authority = authority.partition(end)[0]
    if "@" in authority:
        raise BaseUrlError(
            "must not hold a user name or a password",
            hint="Leave out what stands before the @. A key goes into OPENAI_API_KEY or api_key_file.",
        )
    query = url.partition("?")[2].partition("#")[0]
    names = {pair.partition("=")[0].lower() for pair in query.split("&")}
    if names & _SECRET_NAMES:
        raise BaseUrlError(
            f"must not hold a key: leave out {min(names & _SECRET_NAMES)}=",
            hint="A key goes into OPENAI_API_KEY or api_key_file; it is sent in a header.",
        )


def _check_path(parts: SplitResult, port: int | None) -> None:
    from chatrepl.providers import provider_at

    path = parts.path.rstrip("/")
    root = f"{parts.scheme}://{parts.netloc}"
    provider = provider_at(root)
    if provider.is_hosted and parts.scheme == "http":
        raise BaseUrlError(
            "must begin with https:// here: the key would travel in the clear",
            hint=f"Type https://{parts.netloc}{path}",
        )
    is_ollama = port == _OLLAMA_PORT and (path == "/api" or not path)
    if is_ollama or path.endswith(_OLLAMA_ENDPOINTS):
        raise BaseUrlError(
            f"must be the OpenAI-compatible address of Ollama, which is not {root}{path}",
            hint=f"Type {root}/v1",
        )
    for endpoint in _ENDPOINTS:
        if path.endswith(endpoint):
            raise BaseUrlError(
                f"must end before {endpoint}, which chatrepl adds itself",
                hint=f"Type {root}{path.removesuffix(endpoint)}",
            )
    if provider.base_url and not provider.may_omit_path and not path:
        raise BaseUrlError(
            f"must not be {root} alone: the API is not there", hint=f"Type {provider.base_url}"
        )
