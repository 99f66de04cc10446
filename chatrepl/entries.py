"""The settings of what the user names: single models, providers, profiles and tiers.

Apart from the other settings, since most starts need none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from chatrepl.settings import Strategy
from chatrepl.settings_base import SettingsBase, setting

Dialect = Literal["chat", "responses", "completions"]
WindowSource = Literal["table", "list", "server"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ModelSettings(SettingsBase):
    """What is known of one model, where the server and the catalogue do not know it or are wrong."""

    window_tokens: int | None = setting(
        None,
        "What the model can read and write in one request.",
        minimum=256,
        maximum=100_000_000,
        example="128000",
    )
    max_output_tokens: int | None = setting(
        None, "The longest reply the model can write.", minimum=1, maximum=100_000_000, example="16384"
    )
    encoding: Literal["o200k_base", "cl100k_base"] | None = setting(
        None,
        "How its tokens are counted exactly. By default found from the model's name.",
        example='"o200k_base"',
    )
    input_usd_per_mtok: Decimal | None = setting(
        None, "Price of a million input tokens, in US dollars.", minimum=0, maximum=100_000, example="2.50"
    )
    cached_input_usd_per_mtok: Decimal | None = setting(
        None,
        "Price of a million input tokens read from the provider's cache. By default as input.",
        minimum=0,
        maximum=100_000,
        example="1.25",
    )
    cache_write_usd_per_mtok: Decimal | None = setting(
        None,
        "Price of a million input tokens written to the provider's cache. By default as input.",
        minimum=0,
        maximum=100_000,
        example="3.125",
    )
    output_usd_per_mtok: Decimal | None = setting(
        None,
        "Price of a million output tokens, in US dollars. 0 means that it is free; leave out what you do not know.",
        minimum=0,
        maximum=100_000,
        example="10.00",
    )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class LimitSettings(SettingsBase):
    """How much is asked of a provider at most, by all running chatrepl processes together."""

    requests_per_minute: int | None = setting(
        None, "Requests a minute.", minimum=1, maximum=1_000_000, example="20"
    )
    requests_per_day: int | None = setting(
        None, "Requests a day.", minimum=1, maximum=1_000_000_000, example="200"
    )
    tokens_per_minute: int | None = setting(
        None, "Tokens a minute, sent and received.", minimum=1, maximum=10**12, example="40000"
    )
    tokens_per_day: int | None = setting(
        None, "Tokens a day, sent and received.", minimum=1, maximum=10**12, example="1000000"
    )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ProviderSettings(SettingsBase):
    """What is known of one provider: what is not set stays as built in, or as most servers have it."""

    base_url: str | None = setting(
        None, "Where its API is, up to and with `/v1`.", example='"https://gateway.example/v1"'
    )
    dialect: Dialect | None = setting(
        None,
        "How it is spoken to: `chat` (Chat Completions), `responses`, or `completions` (the old one, for base models).",
        example='"chat"',
    )
    api_key_env: str | None = setting(
        None, "The environment variable that holds the key.", example='"MY_GATEWAY_KEY"'
    )
    api_key_file: str | None = setting(
        None,
        "A file that holds the key and nothing else; it must be readable by its owner only.",
        example='"~/.config/chatrepl/gateway-key"',
    )
    api_key_command: tuple[str, ...] = setting(
        (), "A command, as a list of words, that prints the key.", example='["pass", "show", "gateway"]'
    )
    key_header: str | None = setting(
        None,
        "The header that carries the key; `Authorization` carries it as `Bearer`.",
        example='"Authorization"',
    )
    headers: Mapping[str, str] | None = setting(
        None, "Headers sent with every request to it, as text.", example='{ X-Team = "research" }'
    )
    window_source: WindowSource | None = setting(
        None,
        "Where a model's window is found: in chatrepl's own `table`, in the provider's `list` of models, or by asking the `server`.",
        example='"list"',
    )
    rejects: tuple[str, ...] | None = setting(
        None, "Parameters that it does not take: they are left out, and you are told.", example='["seed"]'
    )
    token_limit_field: Literal["max_tokens", "max_completion_tokens"] | None = setting(
        None, "The name under which `max_tokens` is sent.", example='"max_completion_tokens"'
    )
    seed_field: str | None = setting(None, "The name under which `seed` is sent.", example='"random_seed"')
    reasoning_fields: tuple[str, ...] | None = setting(
        None,
        "The fields of a stream in which reasoning comes, the best first.",
        example='["reasoning_content", "reasoning"]',
    )
    asks_for_usage: bool | None = setting(
        None, "Whether `stream_options.include_usage` is sent, to have the tokens counted.", example="true"
    )
    takes_developer_role: bool | None = setting(
        None, "Whether reasoning models get the system prompt as `developer`.", example="false"
    )
    supports_prefill: bool | None = setting(
        None,
        "Whether the server goes on with an unfinished reply that stands last, for `/continue`.",
        example="false",
    )
    replays_reasoning: bool | None = setting(
        None, "Whether a reply's own reasoning items go back with the chat.", example="false"
    )
    prompt_template: str | None = setting(
        None,
        "How a chat becomes one prompt where the dialect is `completions`: `plain`, `chatml`, `llama2`, `llama3`, `alpaca`, or a text of your own: `HEAD{messages}TURN` with {system} in the first part, {user} and {assistant} in the second.",
        example='"chatml"',
    )
    tier: str | None = setting(
        None,
        "The limits to keep to, by the name of a built-in tier such as `classic-free`, or of one of `[tiers.NAME]`.",
        example='"classic-free"',
    )
    requests_per_minute: int | None = setting(
        None, "As in a tier, and in its place.", minimum=1, maximum=1_000_000, example="20"
    )
    requests_per_day: int | None = setting(
        None, "As in a tier, and in its place.", minimum=1, maximum=1_000_000_000, example="200"
    )
    tokens_per_minute: int | None = setting(
        None, "As in a tier, and in its place.", minimum=1, maximum=10**12, example="40000"
    )
    tokens_per_day: int | None = setting(
        None, "As in a tier, and in its place.", minimum=1, maximum=10**12, example="1000000"
    )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ProfileSettings(SettingsBase):
    """A named choice of provider, model, parameters and system prompt, for ``--profile`` and ``/profile``."""

    provider: str | None = setting(None, "The provider to ask, by its name.", example='"groq"')
    base_url: str | None = setting(
        None,
        "Where the API is, in place of the provider's own address.",
        example='"http://localhost:8000/v1"',
    )
    model: str | None = setting(
        None, "The model to talk to, as the server lists it.", example='"llama-3.3-70b-versatile"'
    )
    system: str | None = setting(None, "The system prompt of new chats.", example='"Answer in one sentence."')
    persona: str | None = setting(
        None,
        "The persona of new chats, in the place of `system`; parameters that the profile names itself stand above its own.",
        example='"tutor"',
    )
    stream: bool | None = setting(None, "Show replies while they are written.", example="true")
    parameters: Mapping | None = setting(  # type: ignore[type-arg]
        None,
        "The parameters of the request; those at the top of the file that it does not name stay.",
        example="{ temperature = 0.2, max_tokens = 500 }",
    )
    strategy: Strategy | None = setting(
        None, "What becomes of a chat that does not fit, as `window.strategy`.", example='"summarise"'
    )
    reserve_tokens: int | None = setting(
        None,
        "Tokens kept free for the reply, as `window.reserve_tokens`.",
        minimum=16,
        maximum=1_000_000,
        example="1024",
    )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class BudgetSettings(SettingsBase):
    """How much may be spent, by all running chatrepl processes together."""

    per: Literal["chat", "day", "week", "month"] | None = setting(
        None,
        "The time that the limit is for, in local time; a week begins on Monday. By default as the budget is called.",
        example='"day"',
    )
    limit_usd: Decimal | None = setting(
        None,
        "The most that may be spent, in US dollars.",
        minimum=0.000001,
        maximum=1_000_000,
        example="5.00",
    )
    limit_tokens: int | None = setting(
        None, "The most tokens, sent and received.", minimum=1, maximum=10**15, example="2000000"
    )
    provider: str | None = setting(
        None, "The provider that it is for, by its name. By default all together.", example='"openai"'
    )
    warn_at: tuple[float, ...] = setting(
        (0.5, 0.8), "The shares of the limit at which you are told, from 0 to 1."
    )
    at_limit: Literal["stop", "warn"] = setting(
        "stop",
        "What happens at the limit: `stop` sends nothing more unless you confirm it, `warn` only tells.",
    )


CLASSES: Mapping[str, Any] = {
    "models": ModelSettings,
    "providers": ProviderSettings,
    "profiles": ProfileSettings,
    "tiers": LimitSettings,
    "budgets": BudgetSettings,
}
"""By the name of the table."""
