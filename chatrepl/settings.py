"""Every setting, declared once: its type, default, range and meaning.

The configuration reader, ``/set``, ``--set``, the reference in ``docs/config.md`` and the tests are all derived from
what stands here. A value is checked by ``check_value`` (module ``values``); finding and changing a setting by its name is the job of
``adjust``; where a value came from is the business of ``config``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_type_hints

from chatrepl.settings_base import SettingsBase as SettingsBase  # noqa: PLC0414 - offered here too
from chatrepl.settings_base import Spec, setting
from chatrepl.values import Json
from chatrepl.values import check_value as check_value  # noqa: PLC0414 - part of what settings offer

if TYPE_CHECKING:
    from chatrepl.entries import BudgetSettings as BudgetSettings  # noqa: PLC0414 - offered here too
    from chatrepl.entries import LimitSettings as LimitSettings  # noqa: PLC0414 - offered here too
    from chatrepl.entries import ModelSettings as ModelSettings  # noqa: PLC0414 - offered here too
    from chatrepl.entries import ProfileSettings as ProfileSettings  # noqa: PLC0414 - offered here too
    from chatrepl.entries import ProviderSettings as ProviderSettings  # noqa: PLC0414 - offered here too


ReasoningDisplay = Literal["show", "fold", "hide"]
Strategy = Literal["drop", "middle", "summarise", "refuse"]
Titles = Literal["free", "model", "words"]
KeyStyle = Literal["emacs", "vi"]
Notify = Literal["off", "bell", "desktop"]
Links = Literal["auto", "on", "off"]
ImageProtocol = Literal["kitty", "iterm2", "sixel"]
Images = Literal["auto", "kitty", "iterm2", "sixel", "off"]
GuardMode = Literal["warn", "mask", "block", "off"]
BarItem = Literal[
    "mode",
    "model",
    "window",
    "draft",
    "next",
    "chat",
    "today",
    "limits",
    "speed",
    "queue",
    "profile",
    "persona",
]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class WindowSettings(SettingsBase):
    """What is sent of a chat that outgrows the model's window."""

    strategy: Strategy = setting(
        "drop",
        "What becomes of a chat that does not fit: `drop` leaves out the oldest turns, `middle` keeps the opening too, `summarise` has the model fold them into a summary, `refuse` asks you.",
        is_live=True,
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
    summary_model: str | None = setting(
        None,
        "The model that writes summaries, at the same server. By default the one in use.",
        example='"gpt-4o-mini"',
        is_live=True,
    )
    summary_tokens: int | None = setting(
        None,
        "The longest summary, in tokens. By default a sixth of the window and at most 1024.",
        minimum=32,
        maximum=100_000,
        example="512",
        is_live=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class LibrarySettings(SettingsBase):
    """How chats are kept."""

    titles: Titles = setting(
        "free",
        "Who names a chat: `free` lets the model do it where that costs nothing, `model` always, `words` never, so that it goes by its first words.",
        is_live=True,
    )
    bin_days: int = setting(
        30, "So long a deleted chat can be brought back, in days.", minimum=0, maximum=3650
    )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class GuardSettings(SettingsBase):
    """What becomes of secrets and personal data in what is about to be sent."""

    mode: GuardMode = setting(
        "warn",
        "What is done about what is found: `warn` asks once for each chat, `mask` sends placeholders and puts the values back into the reply, `block` sends nothing that holds any, `off` does not look.",
        is_live=True,
    )
    personal: bool = setting(
        False,
        "Look for personal data too: e-mail addresses, phone and card numbers, IBANs, national ids.",
        is_live=True,
    )
    moderation: bool = setting(
        False,
        "Ask the provider's moderation endpoint about each message before it is sent, and you about what it flags.",
        is_live=True,
    )
    allow: tuple[str, ...] = setting(
        (),
        "Regular expressions of values that are fine; each must match the whole value.",
        example='["hunter2", "sk-test-.*"]',
        is_live=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class NetworkSettings(SettingsBase):
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
class TerminalSettings(SettingsBase):
    """How the terminal looks."""

    plain: bool = setting(
        False, "No live redraws, no colour, no status bar: for screen readers and poor terminals."
    )
    code_theme: str = setting(
        "auto",
        "Pygments style of code blocks: `auto` is the theme's; `ansi_dark` and `ansi_light` use the terminal's own colours.",
    )
    theme: str = setting(
        "auto",
        "Colours: `auto` asks the terminal whether it is `dark` or `light`; or the name of a file in `themes/`, without its ending.",
        is_live=True,
    )
    hyperlinks: Links = setting(
        "auto",
        "Whether links can be clicked: `auto` where the terminal is known to know them, `on`, or `off`. Addresses that differ from their words are shown in any case where links are off.",
        is_live=True,
    )
    images: Images = setting(
        "auto",
        "How images that you send are shown: `auto` where the terminal is known to show them, by the protocol of `kitty` or `iterm2`, as `sixel`, or `off`. Needs the extra `images`; their names and sizes are shown in any case.",
        is_live=True,
    )
    formulas: bool = setting(
        True, "Show LaTeX formulas in signs that can be read; `/raw` has their source.", is_live=True
    )
    title: bool = setting(False, "Show the chat's title in the title of the terminal's window.", is_live=True)
    progress: bool = setting(
        False,
        "Tell the terminal that a reply is arriving, for those that show progress on their tab.",
        is_live=True,
    )
    notify: Notify = setting(
        "off",
        "Ring the `bell`, or show a `desktop` notification, when a reply that took long is there and you look elsewhere.",
    )
    notify_after_s: float = setting(
        10.0,
        "A reply that took as many seconds is one that took long.",
        minimum=0,
        maximum=86_400,
        is_live=True,
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
    keys: KeyStyle = setting(
        "emacs",
        "How the line is edited: as in `emacs` and most shells, or as in `vi`. `/vim` changes it.",
        is_live=True,
    )
    multiline: bool = setting(
        False, "Enter begins a new line and Alt-Enter sends. `/multiline` changes it.", is_live=True
    )
    shell_timeout_s: float = setting(
        120.0, "A `!command` is stopped after this time, in seconds.", minimum=1, maximum=86_400, is_live=True
    )
    status_bar: tuple[BarItem, ...] = setting(
        (
            "mode",
            "model",
            "window",
            "draft",
            "next",
            "chat",
            "today",
            "limits",
            "speed",
            "queue",
            "profile",
            "persona",
        ),
        "What the status bar shows, in this order; the last ones go first when the terminal is narrow.",
    )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class AttachmentSettings(SettingsBase):
    """Files, pages and images that go with a message."""

    limit_file_bytes: int = setting(
        1_000_000,
        "The largest text, page or PDF that is sent with a message.",
        minimum=1000,
        maximum=1_000_000_000,
        is_live=True,
    )
    limit_image_bytes: int = setting(
        20_000_000,
        "The largest image that is sent with a message.",
        minimum=1000,
        maximum=1_000_000_000,
        is_live=True,
    )
    image_pixels: int = setting(
        2048,
        "Larger images are made smaller until neither side has more, where the extra `images` is there.",
        minimum=64,
        maximum=100_000,
        is_live=True,
    )
    limit_files: int = setting(
        200,
        "The most files that a directory or a glob may bring.",
        minimum=1,
        maximum=100_000,
        is_live=True,
    )
    confirm_bytes: int = setting(
        100_000,
        "A directory, a glob or a page with more text is asked about before it is sent.",
        minimum=0,
        maximum=1_000_000_000,
        is_live=True,
    )
    page_timeout_s: float = setting(
        20.0,
        "How long a web page may take in all.",
        minimum=1,
        maximum=600,
        is_live=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class LocalSettings(SettingsBase):
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
class Settings(SettingsBase):
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
    persona: str | None = setting(
        None,
        "The persona of new chats, by its name, perhaps with values for its variables; its system prompt stands in the place of `system`.",
        example='"translator language=Welsh"',
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
    keys: Mapping[str, tuple[str, ...]] = setting(
        dict, "Keys of your own: the name of what they do, and a key or a list of keys."
    )
    budgets: Mapping[str, BudgetSettings] = setting(
        dict, "How much may be spent in a chat, a day, a week or a month: checked before anything is sent."
    )
    window: WindowSettings = setting(
        WindowSettings, "What is sent of a chat that outgrows the model's window."
    )
    network: NetworkSettings = setting(
        NetworkSettings, "The way to the server: waits, retries, proxies, certificates."
    )
    library: LibrarySettings = setting(LibrarySettings, "How chats are kept.")
    attachments: AttachmentSettings = setting(
        AttachmentSettings, "Files, pages and images that go with a message."
    )
    guard: GuardSettings = setting(
        GuardSettings, "What becomes of secrets and personal data in what is about to be sent."
    )
    terminal: TerminalSettings = setting(TerminalSettings, "How the terminal looks.")
    local: LocalSettings = setting(LocalSettings, "The embedded model.")


TABLES = ("models", "providers", "profiles", "tiers", "budgets")
"""Tables of tables: each entry has a name that the user chooses, and the fields of a class of ``entries``."""


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
    from chatrepl import entries

    hints = get_type_hints(cls, localns=vars(entries))
    for item in fields(cls):
        annotation, key = hints[item.name], prefix + item.name
        if is_dataclass(annotation):
            yield from all_settings(annotation, f"{key}.")
        elif key in TABLES:
            yield from all_settings(entries.CLASSES[key], f"{key}.*.")
        elif key == "parameters":
            for parameter in PARAMETERS.values():
                spec = Spec(
                    parameter.summary, parameter.minimum, parameter.maximum, parameter.example, is_live=True
                )
                yield SettingInfo(f"parameters.{parameter.name}", parameter.type, None, spec)
        elif key == "keys":
            from chatrepl.keymap import ACTIONS

            for action in ACTIONS:
                if action.is_fixed:
                    continue
                yield SettingInfo(f"keys.{action.name}", tuple[str, ...], action.keys, Spec(action.summary))
        else:
            yield SettingInfo(key, annotation, item.default, spec_of(item))


def __getattr__(name: str) -> Any:
    """Load the classes of table entries when they are first asked for."""
    if not name.endswith("Settings"):
        raise AttributeError(name)
    from chatrepl import entries

    return getattr(entries, name)
