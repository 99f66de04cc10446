"""Every setting, declared once: its type, default, range and meaning.

The configuration reader, ``/set``, ``--set``, the reference in ``docs/config.md`` and the tests are all derived from
what stands here. A value is checked by ``check_value`` (module ``values``); finding and changing a setting by its name is the job of
``adjust``; where a value came from is the business of ``config``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass
from decimal import Decimal
from typing import Any, Literal, NamedTuple, get_type_hints

from chatrepl.values import Json
from chatrepl.values import check_value as check_value  # noqa: PLC0414 - part of what settings offer


class Spec(NamedTuple):
    """What is known of one setting beside its type and default."""

    summary: str
    """One sentence for the reference."""
    minimum: float | None = None
    """The least value allowed. None: no lower bound."""
    maximum: float | None = None
    """The greatest value allowed. None: no upper bound."""
    example: str | None = None
    """A value as TOML, for the example file. None: the default is shown."""
    is_live: bool = False
    """True where ``/set`` can change it while chatrepl runs."""


def setting(default: Any, summary: str, **spec: Any) -> Any:
    """Declare a field of a settings class. Typed as Any so that the field keeps its own annotation."""
    metadata = {"spec": Spec(summary, **spec)}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


ReasoningDisplay = Literal["show", "fold", "hide"]
Strategy = Literal["drop"]
BarItem = Literal["model", "window", "draft", "chat", "speed", "queue", "profile"]
Dialect = Literal["chat", "responses", "completions"]
WindowSource = Literal["table", "list", "server"]


class _Settings:
    """What all settings classes have: equality and a text, written once, since making them for each slows every start."""

    __slots__: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__name__}({shown})"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class WindowSettings(_Settings):
    """What is sent of a chat that outgrows the model's window."""

    strategy: Strategy = setting(
        "drop", "What is left out first: `drop` leaves out the oldest whole turns.", is_live=True
    )
    limit_tokens: int | None = setting(
        None,
        "The model's window, where the server and the catalogue do not know it or a smaller one is wanted.",
        minimum=256,
        maximum=100_000_000,
        example="32768",
        is_live=True,
    )
    reserve_tokens: int | None = setting(
        None,
        "Tokens kept free for the reply. By default a quarter of the window and at most 4096.",
        minimum=16,
        maximum=1_000_000,
        example="1024",
        is_live=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class NetworkSettings(_Settings):
    """The way to the server: how long to wait, how often to try, proxies and certificates."""

    connect_timeout_s: float = setting(
        10.0, "Longest wait for a connection, in seconds.", minimum=0.1, maximum=600
    )
    read_timeout_s: float = setting(
        600.0,
        "Longest silence of the server before the request counts as failed, in seconds.",
        minimum=0.1,
        maximum=7200,
    )
    idle_timeout_s: float = setting(
        1800.0,
        "Longest time without a piece of the reply, in seconds, also where the server keeps the connection open.",
        minimum=0.1,
        maximum=86_400,
    )
    max_retries: int = setting(
        2,
        "How often a request is sent again that did not get through. 0: never.",
        minimum=0,
        maximum=20,
        is_live=True,
    )
    max_retry_wait_s: float = setting(
        120.0,
        "A server that asks for a longer wait than this is not asked again, in seconds.",
        minimum=0,
        maximum=3600,
        is_live=True,
    )
    proxy: str | None = setting(
        None,
        "The proxy for all requests but those to this machine. By default what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say; `none` uses none.",
        example='"http://proxy.example:3128"',
    )
    ca_bundle: str | None = setting(
        None,
        "A file with the certificates to trust, in PEM form, in place of the usual ones.",
        example='"~/company-ca.pem"',
    )
    client_certificate: str | None = setting(
        None,
        "A file with the certificate, and perhaps the key, by which the server knows this machine, in PEM form.",
        example='"~/client.pem"',
    )
    client_key: str | None = setting(
        None,
        "A file with the key of that certificate, where it is a file of its own.",
        example='"~/client-key.pem"',
    )
    headers: Mapping[str, str] | None = setting(
        None, "Headers sent with every request, as text.", example='{ X-Team = "research" }'
    )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class TerminalSettings(_Settings):
    """How the terminal looks."""

    plain: bool = setting(
        False, "No live redraws, no colour, no status bar: for screen readers and poor terminals."
    )
    code_theme: str = setting(
        "ansi_dark",
        "Pygments style of code blocks; `ansi_dark` and `ansi_light` use the terminal's own colours.",
    )
    reasoning: ReasoningDisplay = setting(
        "fold",
        "What happens to a reply's reasoning: `show` it, `fold` it to one line, or `hide` it.",
        is_live=True,
    )
    fold_paste_chars: int = setting(
        1000,
        "A paste longer than this many characters is shown folded; it is sent whole.",
        minimum=80,
        maximum=1_000_000,
    )
    status_bar: tuple[BarItem, ...] = setting(
        ("model", "window", "draft", "chat", "speed", "queue", "profile"),
        "What the status bar shows, in this order; the last ones go first when the terminal is narrow.",
    )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class LocalSettings(_Settings):
    """The embedded model."""

    file: str | None = setting(
        None,
        "A GGUF file to run instead of the model that comes with the extra `local`.",
        example='"~/models/qwen.gguf"',
    )
    window_tokens: int = setting(
        2048,
        "The window the embedded model is started with, in tokens; more needs more memory and time.",
        minimum=256,
        maximum=1_000_000,
    )
    threads: int | None = setting(
        None,
        "Processor threads to use. By default all cores, at most 8.",
        minimum=1,
        maximum=512,
        example="4",
    )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ModelSettings(_Settings):
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
    output_usd_per_mtok: Decimal | None = setting(
        None, "Price of a million output tokens, in US dollars.", minimum=0, maximum=100_000, example="10.00"
    )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class LimitSettings(_Settings):
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
class ProviderSettings(_Settings):
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
        "How a chat becomes one prompt where the dialect is `completions`: `plain`, `chatml`, `llama2`, `llama3`, `alpaca`, or a text with {system}, {messages}, {user} and {assistant}.",
        example='"chatml"',
    )
    tier: str | None = setting(
        None, "The limits of this plan, by its name under `[tiers.NAME]`.", example='"classic-free"'
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
class ProfileSettings(_Settings):
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
    stream: bool | None = setting(None, "Show replies while they are written.", example="true")
    parameters: Mapping | None = setting(  # type: ignore[type-arg]
        None,
        "The parameters of the request; those at the top of the file that it does not name stay.",
        example="{ temperature = 0.2, max_tokens = 500 }",
    )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Settings(_Settings):
    """All settings of one run, after files, variables and flags were put together."""

    model: str | None = setting(
        None,
        "The model to talk to, as the server lists it. By default the server's first, or `gpt-4o-mini` at OpenAI.",
        example='"gpt-4o-mini"',
        is_live=True,
    )
    profile: str | None = setting(
        None,
        "The profile to start with, by its name under `[profiles.NAME]`; a provider's name is a profile too.",
        example='"openrouter"',
    )
    provider: str | None = setting(
        None,
        "The provider to ask: a built-in one such as `openai`, `openrouter`, `groq`, `mistral`, `ollama`, or one of `[providers.NAME]`.",
        example='"openrouter"',
    )
    base_url: str | None = setting(
        None,
        "Where the API is, up to and with `/v1`. By default the provider's, or OpenAI's once a key is known.",
        example='"https://api.openai.com/v1"',
    )
    system: str | None = setting(
        None, "The system prompt of new chats.", example='"Answer in British English."'
    )
    stream: bool = setting(True, "Show replies while they are written.", is_live=True)
    api_key_env: str | None = setting(
        None,
        "The environment variable that holds the key. By default `OPENAI_API_KEY`.",
        example='"MY_GATEWAY_KEY"',
    )
    api_key_file: str | None = setting(
        None,
        "A file that holds the key and nothing else; it must be readable by its owner only.",
        example='"~/.config/chatrepl/key"',
    )
    api_key_command: tuple[str, ...] = setting(
        (), "A command, as a list of words, that prints the key.", example='["pass", "show", "openai"]'
    )
    parameters: Mapping[str, Json] = setting(
        dict, "Sent with every request; nothing is sent that is not set."
    )
    models: Mapping[str, ModelSettings] = setting(dict, "Facts about single models, by their id.")
    providers: Mapping[str, ProviderSettings] = setting(
        dict, "Providers of your own, and changes to the built-in ones, by name."
    )
    profiles: Mapping[str, ProfileSettings] = setting(
        dict, "Named choices of provider, model, parameters and system prompt."
    )
    tiers: Mapping[str, LimitSettings] = setting(
        dict, "Named limits on how much is asked of a provider, by all running chatrepl processes together."
    )
    window: WindowSettings = setting(
        WindowSettings, "What is sent of a chat that outgrows the model's window."
    )
    network: NetworkSettings = setting(
        NetworkSettings, "The way to the server: waits, retries, proxies, certificates."
    )
    terminal: TerminalSettings = setting(TerminalSettings, "How the terminal looks.")
    local: LocalSettings = setting(LocalSettings, "The embedded model.")


TABLES: Mapping[str, Any] = {
    "models": ModelSettings,
    "providers": ProviderSettings,
    "profiles": ProfileSettings,
    "tiers": LimitSettings,
}
"""Tables of tables: each entry has a name that the user chooses, and the fields of a class."""


class Parameter(NamedTuple):
    """A field of the request that the user may set."""

    name: str
    type: Any
    """``float``, ``int``, ``str``, a Literal, ``tuple[str, ...]`` or ``Mapping`` for any JSON object."""
    summary: str
    minimum: float | None = None
    """The least value allowed. None: no lower bound."""
    maximum: float | None = None
    """The greatest value allowed; of a list its greatest length, of a table the greatest of its values."""
    example: str = ""
    """A value as TOML, for the example file."""


PARAMETERS: Mapping[str, Parameter] = {
    parameter.name: parameter
    for parameter in (
        Parameter("temperature", float, "How freely the model picks its words.", 0, 2, "0.7"),
        Parameter("top_p", float, "Pick only from the likeliest words that make up this share.", 0, 1, "0.9"),
        Parameter(
            "max_tokens",
            int,
            "The longest reply, in tokens; sent under the name the server knows.",
            1,
            10_000_000,
            "1024",
        ),
        Parameter("stop", tuple[str, ...], "Up to four strings at which the reply ends.", None, 4, '["END"]'),
        Parameter("presence_penalty", float, "Above 0: fewer subjects that came up before.", -2, 2, "0.1"),
        Parameter("frequency_penalty", float, "Above 0: fewer words that came up before.", -2, 2, "0.1"),
        Parameter(
            "seed",
            int,
            "The same seed gives the same reply, where the server can do that.",
            -(2**63),
            2**63 - 1,
            "42",
        ),
        Parameter(
            "reasoning_effort",
            Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"],
            "How long a reasoning model thinks.",
            example='"low"',
        ),
        Parameter(
            "verbosity",
            Literal["low", "medium", "high"],
            "How long the answers are (gpt-5 and later).",
            example='"low"',
        ),
        Parameter(
            "service_tier",
            Literal["auto", "default", "flex", "scale", "priority", "fast"],
            "Which tier of the provider serves the request.",
            example='"flex"',
        ),
        Parameter(
            "logit_bias",
            Mapping,
            "Token id to a bias between -100 and 100.",
            -100,
            100,
            '{ "50256" = -100 }',
        ),
        Parameter(
            "response_format", Mapping, "The form the answer must have.", example='{ type = "json_object" }'
        ),
        Parameter(
            "extra_body",
            Mapping,
            "Any other fields, put into the request as they are.",
            example="{ top_k = 40 }",
        ),
    )
}
"""Source: openai-openapi ``openapi.yaml`` 2.3.0 (August 2026) for names and ranges."""


def spec_of(item: Field[Any]) -> Spec:
    """Return what was declared with ``setting`` for a field."""
    spec = item.metadata["spec"]
    assert isinstance(spec, Spec)  # noqa: S101 - every field of a settings class is declared with setting()
    return spec


class SettingInfo(NamedTuple):
    """One setting with its full name, as the tables above declare it."""

    key: str
    """Dotted name, such as ``window.reserve_tokens``; for an entry of one of ``TABLES`` ``models.*.window_tokens``."""
    type: Any
    default: Any
    spec: Spec


def all_settings(cls: Any = Settings, prefix: str = "") -> Iterator[SettingInfo]:
    """Yield every setting that has a value of its own, in the order of declaration, parameters included."""
    hints = get_type_hints(cls)
    for item in fields(cls):
        annotation, key = hints[item.name], prefix + item.name
        if is_dataclass(annotation):
            yield from all_settings(annotation, f"{key}.")
        elif key in TABLES:
            yield from all_settings(TABLES[key], f"{key}.*.")
        elif key == "parameters":
            for parameter in PARAMETERS.values():
                spec = Spec(
                    parameter.summary, parameter.minimum, parameter.maximum, parameter.example, is_live=True
                )
                yield SettingInfo(f"parameters.{parameter.name}", parameter.type, None, spec)
        else:
            yield SettingInfo(key, annotation, item.default, spec_of(item))
