"""What is known of providers: where they are, which dialect they speak, what they take. Data and lookups. Pure.

Every field can be overridden, and new providers added, under ``[providers.NAME]`` of the configuration file.
Source: the providers' documents and client libraries, August 2026, as gathered for each row below.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from chatrepl.servers import host_of, is_same_server

if TYPE_CHECKING:
    from chatrepl.entries import ProviderSettings
    from chatrepl.settings import Settings

Dialect = Literal["chat", "responses", "completions"]
WindowSource = Literal["table", "list", "server"]

OPENAI = "openai"


class Provider(NamedTuple):
    """A service or a program that answers requests. The defaults fit most compatible servers."""

    name: str = ""
    """How it is called in the configuration. Empty: a server known by its address only."""
    base_url: str | None = None
    """Up to and with ``/v1``. None: it differs from user to user and must be set."""
    dialect: Dialect = "chat"
    key_header: str = "Authorization"
    """The header that carries the key; ``Authorization`` carries it as ``Bearer``."""
    key_variables: tuple[str, ...] = ()
    """The environment variables that hold its key by convention, best first."""
    token_variables: tuple[str, ...] = ()
    """Variables that hold a token instead of a key: it is sent as ``Authorization: Bearer`` whatever ``key_header``."""
    needs_key: bool = False
    """Whether it is known to answer nobody without a key."""
    is_hosted: bool = False
    """Whether it is a big provider, which answers no probes outside its API."""
    window_source: WindowSource = "server"
    """Where a model's window is found: in our ``table`` only, in the ``list`` of models, or by asking the ``server``."""
    rejects: tuple[str, ...] = ()
    """Parameters that it refuses or ignores without a word; they are not sent, and the user is told so."""
    token_limit_field: str = "max_tokens"  # noqa: S105 - the name of a field
    """The name under which the longest reply goes out (Chat Completions)."""
    seed_field: str = "seed"
    reasoning_fields: tuple[str, ...] = ("reasoning_content", "reasoning")
    """Where a delta carries reasoning, the best first."""
    asks_for_usage: bool = True
    """Whether ``stream_options.include_usage`` is sent; others report usage unasked, or not at all."""
    takes_developer_role: bool = False
    """Whether reasoning models get the system prompt as ``developer``."""
    supports_prefill: bool = False
    """Whether the server goes on with an assistant message that stands last."""
    reports_progress: bool = False
    """Whether the server tells how much of the request it has read. llama.cpp answers only then before it has read all,
    and notices only after it has begun to answer that the client is gone."""
    replays_reasoning: bool = False
    """Whether a reply's own reasoning items go back with the chat."""
    takes_cache_key: bool = False
    """Whether ``prompt_cache_key`` is known there, which leads the turns of a chat to the same cache."""
    headers: Mapping[str, str] = MappingProxyType({})
    """Sent with every request to it."""
    prompt_template: str = "plain"
    """How a chat becomes one prompt where the dialect is ``completions``: a name of ``api.templates``."""
    counts_requests_per: Literal["minute", "day"] | None = None
    """The time that ``x-ratelimit-limit-requests`` is for. None: not known."""
    may_omit_path: bool = False
    """Whether the address also works without its path."""


_UNREAD_BY_ANTHROPIC = (
    "response_format",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "service_tier",
    "reasoning_effort",
)

_ROWS = (
    Provider(
        OPENAI,
        "https://api.openai.com/v1",
        key_variables=("OPENAI_API_KEY",),
        needs_key=True,
        is_hosted=True,
        window_source="table",
        token_limit_field="max_completion_tokens",  # noqa: S106
        takes_developer_role=True,
        replays_reasoning=True,
        takes_cache_key=True,
    ),
    Provider(
        "azure",
        None,  # https://RESOURCE.openai.azure.com/openai/v1, or …/openai/deployments/NAME?api-version=…
        key_header="api-key",
        key_variables=("AZURE_OPENAI_API_KEY",),
        token_variables=("AZURE_OPENAI_AD_TOKEN",),
        needs_key=True,
        is_hosted=True,
        window_source="table",
        token_limit_field="max_completion_tokens",  # noqa: S106
        takes_developer_role=True,
        replays_reasoning=True,
        takes_cache_key=True,
        may_omit_path=True,
    ),
    Provider(
        "openrouter",
        "https://openrouter.ai/api/v1",
        key_variables=("OPENROUTER_API_KEY",),
        needs_key=True,
        is_hosted=True,
        window_source="list",
        reasoning_fields=("reasoning", "reasoning_content"),
    ),
    Provider(
        "ollama",
        "http://localhost:11434/v1",
        key_variables=("OLLAMA_API_KEY",),
        rejects=("logit_bias",),
        reasoning_fields=("reasoning", "reasoning_content"),
        prompt_template="chatml",
    ),
    Provider(
        "ollama-cloud",
        "https://ollama.com/v1",
        key_variables=("OLLAMA_API_KEY",),
        needs_key=True,
        is_hosted=True,
        rejects=("logit_bias",),
        reasoning_fields=("reasoning", "reasoning_content"),
    ),
    Provider(
        "llama.cpp",
        "http://127.0.0.1:8080/v1",
        key_variables=("LLAMA_API_KEY",),
        supports_prefill=True,
        reports_progress=True,
        prompt_template="chatml",
    ),
    Provider("lmstudio", "http://localhost:1234/v1", key_variables=("LM_API_TOKEN",)),
    Provider("vllm", "http://localhost:8000/v1", key_variables=("VLLM_API_KEY",), window_source="list"),
    Provider(
        "groq",
        "https://api.groq.com/openai/v1",
        key_variables=("GROQ_API_KEY",),
        needs_key=True,
        is_hosted=True,
        window_source="list",
        rejects=("logit_bias",),
        reasoning_fields=("reasoning", "reasoning_content"),
        counts_requests_per="day",
    ),
    Provider(
        "mistral",
        "https://api.mistral.ai/v1",
        key_variables=("MISTRAL_API_KEY",),
        needs_key=True,
        is_hosted=True,
        window_source="list",
        seed_field="random_seed",
        rejects=("logit_bias",),
        asks_for_usage=False,
    ),
    Provider(
        "deepseek",
        "https://api.deepseek.com",
        key_variables=("DEEPSEEK_API_KEY",),
        needs_key=True,
        is_hosted=True,
        window_source="table",
        may_omit_path=True,
    ),
    Provider(
        "xai",
        "https://api.x.ai/v1",
        key_variables=("XAI_API_KEY",),
        needs_key=True,
        is_hosted=True,
        window_source="list",
    ),
    Provider(
        "anthropic",
        "https://api.anthropic.com/v1",
        key_variables=("ANTHROPIC_API_KEY",),
        needs_key=True,
        is_hosted=True,
        window_source="table",
        rejects=_UNREAD_BY_ANTHROPIC,
    ),
    Provider(
        "gemini",
        "https://generativelanguage.googleapis.com/v1beta/openai",
        key_variables=("GEMINI_API_KEY",),
        needs_key=True,
        is_hosted=True,
        window_source="list",
    ),
)
BUILT_IN: Mapping[str, Provider] = {row.name: row for row in _ROWS}

LLAMA_CPP = BUILT_IN["llama.cpp"]
_UNKNOWN = Provider()


@cache
def _hosted() -> Mapping[str, Provider]:
    return {host_of(row.base_url): row for row in _ROWS if row.is_hosted and row.base_url}


def provider_at(base_url: str) -> Provider:
    """Return what is known of the server at an address; an unnamed one where it is not a known service.

    Only the whole host counts: ``api.openai.com.example.org`` belongs to nobody we know.
    """
    host = host_of(base_url)
    known = _hosted().get(host)
    if known is None and host.endswith(".api.openai.com"):  # data residency: us, eu, ae, au, in, jp
        known = BUILT_IN[OPENAI]._replace(base_url=f"https://{host}/v1")
    if known is None and host.endswith((".openai.azure.com", ".cognitiveservices.azure.com")):
        known = BUILT_IN["azure"]
    return known or _UNKNOWN


def named(name: str, overrides: Mapping[str, ProviderSettings]) -> Provider | None:
    """Return a provider by its name, with what the configuration says of it. None: nobody knows it."""
    ours = overrides.get(name)
    if ours is None and name not in BUILT_IN:
        return None
    return _with(BUILT_IN.get(name, Provider(name)), ours)


def in_use(settings: Settings) -> Provider:
    """Return the provider that settings lead to, with its address.

    ``provider`` names it; ``base_url`` beats the provider's own address, and alone leads to the provider that is there.
    Without both it is OpenAI. A provider without an address has None for it.
    """
    overrides = settings.providers
    if settings.provider is not None:
        found = named(settings.provider, overrides) or Provider(settings.provider)
        return found._replace(base_url=settings.base_url) if settings.base_url else found
    if settings.base_url is None:
        return _with(BUILT_IN[OPENAI], overrides.get(OPENAI))
    return at_address(settings.base_url, overrides)


def at_address(base_url: str, overrides: Mapping[str, ProviderSettings]) -> Provider:
    """Return the provider at an address, with what the configuration says of it."""
    for name, ours in overrides.items():
        if ours.base_url and is_same_server(ours.base_url, base_url):
            return _with(BUILT_IN.get(name, Provider(name)), ours)._replace(base_url=base_url)
    known = provider_at(base_url)
    return _with(known, overrides.get(known.name))._replace(base_url=base_url)


def _with(provider: Provider, ours: ProviderSettings | None) -> Provider:
    """Return a provider with every field that the configuration sets."""
    if ours is None:
        return provider
    changes = {
        name: value
        for name in Provider._fields
        if name in ours.__slots__ and (value := getattr(ours, name)) is not None
    }
    return provider._replace(**changes)
