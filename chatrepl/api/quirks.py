"""How servers differ in what they take, as far as it is known from their address. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from chatrepl.base_url import host_of, provider_of


@dataclass(frozen=True, slots=True)
class Quirks:
    """What a Chat Completions server takes. The defaults fit most."""

    token_limit_field: str = "max_tokens"  # noqa: S105 - the name of a field
    """The name under which the longest reply goes out."""
    seed_field: str = "seed"
    asks_for_usage: bool = True
    """Whether ``stream_options`` may be sent."""
    key_header: str = "Authorization"
    """The header that carries the key; ``Authorization`` carries it as ``Bearer``."""
    supports_prefill: bool = False
    """Whether the server goes on with an assistant message that stands last."""
    reports_progress: bool = False
    """Whether the server tells how much of the request it has read. llama.cpp answers only then before it has read all,
    and notices only after it has begun to answer that the client is gone."""
    is_hosted: bool = False
    """Whether it is a big provider, which answers no probes outside its API."""


LLAMA_CPP = Quirks(supports_prefill=True, reports_progress=True)
"""llama.cpp's own server, which cannot be told from its address. Source: measured (August 2026)."""


def quirks_for(base_url: str) -> Quirks:
    """Return what is known of the server at a base URL.

    Source: the providers' documents and mistralai's ``ChatCompletionRequest`` (August 2026).
    """
    host, is_hosted = host_of(base_url), provider_of(base_url) is not None
    if host == "api.openai.com" or host.endswith(".api.openai.com"):
        return Quirks(token_limit_field="max_completion_tokens", is_hosted=is_hosted)  # noqa: S106
    if host.endswith(".azure.com"):
        return Quirks(key_header="api-key", is_hosted=True)
    if host == "api.mistral.ai":
        return Quirks(seed_field="random_seed", asks_for_usage=False, is_hosted=is_hosted)
    return Quirks(is_hosted=is_hosted)
