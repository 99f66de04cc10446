"""Joins the parts: the only module that names the store, the client, the embedded model and the configuration reader.

Each is imported where it is needed, so that a start loads nothing it does not use.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from chatrepl.base_url import OPENAI_BASE_URL
from chatrepl.environment import Environment, make_private_directory
from chatrepl.errors import LocalModelError, NoProviderError
from chatrepl.parts import Parts
from chatrepl.session import Session

if TYPE_CHECKING:
    from chatrepl.api.client import HttpClient
    from chatrepl.api.diagnose import Step
    from chatrepl.cancellation import Cancellation
    from chatrepl.commands.base import Command, Messages, Notice, Pick, Reply
    from chatrepl.config import LoadedSettings
    from chatrepl.exchange import ModelInfo, Moderation, RateLimits, Request, StreamEvent, WireRequest
    from chatrepl.imports.base import Item
    from chatrepl.line_ports import Paths, Shell, ShellEnd
    from chatrepl.local.server import LocalServer
    from chatrepl.messages import Attachment
    from chatrepl.model_list import ModelList
    from chatrepl.pacing import Pace
    from chatrepl.personas import Choice
    from chatrepl.planner import ModelPlanner
    from chatrepl.ports import Attacher, ChatStore, ModelClient, Moderator, Page
    from chatrepl.providers import Provider
    from chatrepl.settings import AttachmentSettings, Settings
    from chatrepl.shelves import OwnTexts
    from chatrepl.store.report import Report

OPENAI_MODEL = "gpt-4o-mini"
"""What is asked at OpenAI where no model is set: its list has many that cannot chat."""

OPENAI_HEADERS = {"OPENAI_ORG_ID": "OpenAI-Organization", "OPENAI_PROJECT_ID": "OpenAI-Project"}
"""Variables that say who pays at OpenAI. Source: openai-python 3.54 ``_client.py``."""
LIBRARY_FILE = "chats.db"
MODELS_FILE = "models.json"
SERVERS_FILE = "servers.json"
"""Where it is kept in the cache directory what servers refused."""
LOCAL_PROFILE = "local"
"""The profile that is always there: the embedded model."""

WAYS = (
    "set OPENAI_API_KEY, or OPENAI_BASE_URL for another server",
    "or type `chatrepl setup`, which asks",
    "or run `chatrepl --local` to chat with the embedded model (from a checkout: uv run --extra local chatrepl)",
)
"""The ways to a model, said when there is none."""


@dataclass
class Connection:
    """A server to talk to, and what was found out on the way to it."""

    client: ModelClient
    model: str | None
    """None: the server's first."""
    key_source: str | None = None
    base_url: str = ""
    key_masked: str | None = None
    """The key as it may be shown."""
    local: LocalServer | None = None
    """The embedded model, where that is the server."""
    pace: Pace | None = None
    """The limits that the configuration sets for it. None: it sets none."""
    moderator: Moderator | None = None
    """The server again, where it may have a moderation. None: it has none."""
    provider_name: str = ""
    """How the provider is called. Empty: it has no name but its host."""
    notices: list[str] = field(default_factory=list)
    others: list[Connection] = field(default_factory=list)
    """The servers that were changed to later."""

    def close(self) -> None:
        """Let go of the server, and of those changed to later, and end what is ours."""
        for other in self.others:
            other.close()
        self.client.close()
        if self.local is not None:
            self.local.stop()


class LateClient:
    """A client that is built when it is first used, so that the prompt does not wait for it. Fits ``ModelClient``."""

    def __init__(self, provider: str, build: Callable[[], HttpClient]) -> None:
        self.provider = provider
        self._build = build
        self._client: HttpClient | None = None
        self._lock = threading.Lock()

    def _get(self) -> HttpClient:
        with self._lock:
            if self._client is None:
                self._client = self._build()
            return self._client

    def stream(self, request: Request, cancellation: Cancellation) -> Iterator[StreamEvent]:
        """Send a request; see ``ports.ModelClient``."""
        return self._get().stream(request, cancellation)

    def models(self) -> Sequence[ModelInfo]:
        """List the server's models; see ``ports.ModelClient``."""
        return self._get().models()

    def window_tokens(self, model: str) -> int | None:
        """Ask for the window; see ``ports.ModelClient``."""
        return self._get().window_tokens(model)

    def wire_request(self, request: Request) -> WireRequest:
        """Return what would be sent; see ``ports.ModelClient``."""
        return self._get().wire_request(request)

    def rate_limits(self, model: str) -> RateLimits | None:
        """Return what the server said of limits; see ``ports.ModelClient``."""
        return None if self._client is None else self._client.rate_limits(model)

    def moderate(self, text: str, cancellation: Cancellation) -> Moderation | None:
        """Ask the server's moderation; see ``ports.Moderator``."""
        return self._get().moderate(text, cancellation)

    def close(self) -> None:
        """Let go of all connections, if there ever was one."""
        if self._client is not None:
            self._client.close()


def load_settings(
    environment: Environment, flags: Mapping[str, object], config_file: Path | None
) -> LoadedSettings:
    """Read the configuration; see ``config.load_settings``."""
    from chatrepl.config import load_settings as load

    return load(environment, flags, config_file)


def config_path(environment: Environment, config_file: Path | None) -> Path:
    """Return the configuration file, which need not exist."""
    from chatrepl.config import config_path as find

    return find(environment, config_file)[0]


def shown_path(environment: Environment, path: Path) -> str:
    """Return a path as the user would type it."""
    from chatrepl.config import shown_path as show

    return show(environment, path)


def connect(
    loaded: LoadedSettings,
    environment: Environment,
    *,
    wants_local: bool,
    local_file: Path | None,
    may_fall_back: bool,
    on_progress: Callable[[str], None],
) -> Connection:
    """Find the server to talk to.

    Args:
        loaded: The settings.
        environment: Where keys are looked for.
        wants_local: Whether the embedded model was asked for.
        local_file: A GGUF file for it. None: the one in the settings, or the one that comes with the extra.
        may_fall_back: Whether the embedded model may be used where nothing else is set up.
        on_progress: Is told what the embedded model is doing.

    Raises:
        NoProviderError: where nothing says which model to talk to.
        ChatreplError: where what was asked for cannot be had.
    """
    settings = loaded.settings
    if wants_local:
        return connect_local(settings, environment, local_file, on_progress)
    from chatrepl import keys, providers

    base_url = providers.in_use(settings).base_url or OPENAI_BASE_URL
    key = keys.find_key(settings, environment, base_url)
    if settings.base_url is None and settings.provider is None and key is None:
        if may_fall_back and local_is_installed():
            connection = connect_local(settings, environment, None, on_progress)
            connection.notices.append(f"No provider is set up, so this is the embedded model; {WAYS[0]}.")
            return connection
        raise NoProviderError(
            "There is no model to talk to: no key and no server is set.", hint="; ".join(WAYS)
        )
    return connect_server(settings, environment, base_url, key=key)


def connect_server(
    settings: Settings,
    environment: Environment,
    base_url: str,
    *,
    key: object = None,
    model: str | None = None,
) -> Connection:
    """Prepare a client for a server; nothing is sent yet."""
    from chatrepl.api.address import provider_name
    from chatrepl.keys import Key, provider_for

    found = key if isinstance(key, Key) else None
    provider = provider_for(settings, base_url)
    if found is not None and found.header is not None:
        provider = provider._replace(key_header=found.header)

    def build() -> HttpClient:
        from chatrepl.api.client import HttpClient
        from chatrepl.cache import JsonCache

        return HttpClient(
            base_url,
            key=found.value if found else None,
            key_source=found.source if found else None,
            network=settings.network,
            clock=environment.clock,
            provider=provider,
            headers=_headers(provider, environment),
            memory=JsonCache(environment.cache_directory / SERVERS_FILE, environment.clock),
        )

    client = LateClient(provider_name(base_url), build)
    default = OPENAI_MODEL if base_url.startswith(OPENAI_BASE_URL) else None
    source = found.source if found else None
    connection = Connection(
        client, model or settings.model or default, source, base_url, found.masked if found else None
    )
    connection.provider_name, connection.moderator = provider.name, client
    if settings.providers:
        from chatrepl.pacing import pace_of

        connection.pace = pace_of(provider, settings)
    return connection


def model_list(client: ModelClient, base_url: str, environment: Environment) -> ModelList:
    """Return the list of a server's models, kept on disk for all but the embedded model, whose address is new each time."""
    from chatrepl.api.address import is_loopback
    from chatrepl.cache import JsonCache
    from chatrepl.model_list import ModelList

    memory = JsonCache(environment.cache_directory / MODELS_FILE, environment.clock) if base_url else None
    return ModelList(client.models, memory, base_url, is_volatile=is_loopback(base_url))


def _headers(provider: Provider, environment: Environment) -> dict[str, str]:
    """Return what says who pays, at OpenAI."""
    variables = environment.variables if provider.name == "openai" else {}
    return {
        header: value for variable, header in OPENAI_HEADERS.items() if (value := variables.get(variable))
    }


def local_is_installed() -> bool:
    """Whether the extra ``local`` is there."""
    from chatrepl.local.weights import is_installed

    return is_installed()


def connect_local(
    settings: Settings, environment: Environment, file: Path | None, on_progress: Callable[[str], None]
) -> Connection:
    """Start the embedded model and prepare a client for it."""
    from chatrepl.api.client import HttpClient
    from chatrepl.local.server import LocalServer
    from chatrepl.providers import LLAMA_CPP

    if file is None and settings.local.file:
        file = environment.expand(settings.local.file)
    try:
        directory = make_private_directory(environment.data_directory)
    except OSError as error:
        raise LocalModelError(
            f"The embedded model needs {environment.data_directory} for its log, and it cannot be made: {error.strerror}.",
            hint="Set XDG_DATA_HOME to a directory that can be written to.",
        ) from None
    server = LocalServer.start(
        file,
        window_tokens=settings.local.window_tokens,
        threads=settings.local.threads,
        log_file=directory / "local-model.log",
        on_progress=on_progress,
    )
    client = HttpClient(
        server.base_url, key=server.key, network=settings.network, clock=environment.clock, provider=LLAMA_CPP
    )
    return Connection(client, server.model, "chatrepl itself, made for this run", local=server)


def find_servers(environment: Environment) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return the servers on this machine as name, base URL and models; takes at most 0.3 s."""
    from chatrepl.local.discovery import find_servers as find

    found = find(0.3, ollama_host=environment.variables.get("OLLAMA_HOST"))
    return [(server.name, server.base_url, server.models) for server in found]


def open_store(environment: Environment) -> ChatStore:
    """Open the library of chats; disk trouble becomes a warning."""
    from chatrepl.store.resilient import open_store as open_resilient

    return open_resilient(environment.data_directory / LIBRARY_FILE, environment.clock)


def open_library_to_read(environment: Environment) -> ChatStore | None:
    """Open the library for a report; nothing is made where there is none. None: there is none."""
    path = environment.data_directory / LIBRARY_FILE
    return open_store(environment) if path.exists() else None


def read_database(path: Path, environment: Environment) -> Iterator[Item]:
    """Read the chats of a database: a copy of a library, or a log of llm; see ``imports.base``."""
    from chatrepl.store.reading import read_database as read

    return read(path, environment.clock)


def reach(base_url: str, settings: Settings, environment: Environment) -> Iterator[Step]:
    """Try the way to a server without sending a request; see ``api.diagnose``."""
    from chatrepl.api.diagnose import reach as try_way

    return try_way(base_url, settings.network, environment.variables)


def look_over_library(environment: Environment) -> tuple[Path, Report]:
    """Return where the library is, and what there is of it."""
    from chatrepl.store.report import look_over

    path = environment.data_directory / LIBRARY_FILE
    return path, look_over(path)


def build_session(loaded: LoadedSettings, environment: Environment, connection: Connection) -> Session:
    """Put a session together. The library is opened when it is first needed."""

    def change_profile(name: str) -> Parts:
        return _parts(*_connect_profile(loaded, environment, connection, name), environment)

    return Session(
        _parts(loaded, connection, environment),
        open_store=lambda: open_store(environment),
        clock=environment.clock,
        change_profile=change_profile,
        make_attacher=lambda session: _attacher(session, environment),
        own_texts=lambda: own_texts(environment),
    )


def is_attachment(data: bytes) -> bool:
    """Whether what was piped in is an image or a PDF, and no text."""
    from chatrepl.picture import picture_of

    return data.startswith(b"%PDF-") or picture_of(data) is not None


def attachment_of(name: str, data: bytes, session: Session) -> Attachment:
    """Return what is sent of an image or a PDF.

    Raises:
        AttachmentError: it cannot be sent.
    """
    from chatrepl.attaching.reading import part_of_data

    return part_of_data(name, data, session.settings.attachments)


def _attacher(session: Session, environment: Environment) -> Attacher:
    """Return what reads what goes with messages."""
    from chatrepl.api.client import open_session
    from chatrepl.api.pages import fetch_page
    from chatrepl.attaching.attacher import FileAttacher
    from chatrepl.attaching.clipboard import read_image

    def fetch(url: str, limits: AttachmentSettings) -> Page:
        return fetch_page(
            url,
            session.settings.network,
            open_session,
            timeout_s=limits.page_timeout_s,
            limit_bytes=max(limits.limit_file_bytes, limits.limit_image_bytes),
        )

    return FileAttacher(
        lambda: session.settings.attachments,
        environment.expand,
        fetch,
        lambda: read_image(environment.variables),
        environment.clock,
    )


def own_texts(environment: Environment) -> OwnTexts:
    """Return where personas, prompt files and the clipboard are found. Nothing is read yet."""
    from chatrepl import personas, prompt_files, shelf
    from chatrepl.clipboard_text import read_clipboard, write_clipboard
    from chatrepl.config import shown_path
    from chatrepl.shelves import OwnTexts

    def build(
        name: str, endings: Sequence[str], reserved: Sequence[str], shipped: Path | None
    ) -> shelf.Shelf:
        directory = environment.config_directory / name
        shown = shown_path(environment, directory)
        return shelf.Shelf(directory, endings, shown=shown, reserved=reserved, shipped=shipped)

    return OwnTexts(
        build("personas", (".toml",), (*personas.WORDS, *personas.NO_PERSONA), shelf.SHIPPED_PERSONAS),
        build("prompts", prompt_files.ENDINGS, prompt_files.WORDS, None),
        build("themes", (".toml",), ("auto", "dark", "light", "styles"), None),
        lambda: read_clipboard(environment.variables),
        lambda text: write_clipboard(text, environment.variables),
    )


def _parts(loaded: LoadedSettings, connection: Connection, environment: Environment) -> Parts:
    """Return what a session talks to, and how."""
    from chatrepl.api.address import is_loopback

    is_openai = connection.client.provider == "api.openai.com"
    local = connection.local

    def make_planner(settings: Settings, model: str, client: ModelClient) -> ModelPlanner:
        from chatrepl.catalogue import facts_for
        from chatrepl.commands.model_table import with_listed_price
        from chatrepl.context.tokens import Counter
        from chatrepl.planner import ModelPlanner
        from chatrepl.pricing import Price

        today = environment.clock.now().date()
        facts = facts_for(model, settings.models, connection.provider_name, today)
        if local is not None and facts.price is None:
            facts = replace(facts, price=Price(Decimal(0), Decimal(0)), source="it runs on this machine")
        elif facts.price is None:
            facts = with_listed_price(facts, model_list(client, connection.base_url, environment).known())
        counter = Counter(environment.cache_directory, model, encoding=facts.encoding, is_openai=is_openai)
        known = local.window_tokens if local is not None and model == local.model else None
        return ModelPlanner(settings, facts, counter, lambda: known or client.window_tokens(model))

    return Parts(
        settings=loaded.settings,
        client=connection.client,
        make_planner=make_planner,
        model=connection.model,
        origins={key: str(origin) for key, origin in loaded.origins.items()},
        key_source=connection.key_source,
        make_model_list=lambda client: model_list(client, connection.base_url, environment),
        pace=connection.pace,
        provider_name=LOCAL_PROFILE if local is not None else connection.provider_name,
        is_on_this_machine=local is not None or is_loopback(connection.base_url),
        moderator=connection.moderator,
        persona=_persona(loaded),
        firm=frozenset(
            key for key, origin in loaded.origins.items() if origin.kind in {"environment", "flag"}
        ),
    )


def _persona(loaded: LoadedSettings) -> Choice | None:
    """Return the persona that the settings ask for, if they do."""
    if loaded.settings.persona is None:
        return None
    from chatrepl.personas import choose

    return choose(loaded.settings.persona, {key: origin.kind for key, origin in loaded.origins.items()})


def _connect_profile(
    loaded: LoadedSettings, environment: Environment, first: Connection, name: str
) -> tuple[LoadedSettings, Connection]:
    """Apply a profile and prepare the way to its server; ``local`` is the embedded model.

    Raises:
        ConfigError: there is no such profile, or its key cannot be had.
        LocalModelError: the embedded model cannot be started.
    """
    if name == LOCAL_PROFILE and name not in loaded.settings.profiles:
        running = next((one for one in (first, *first.others) if one.local is not None), None)
        if running is None:
            running = connect_local(loaded.settings, environment, None, lambda _: None)
            first.others.append(running)
        settings = replace(loaded.settings, profile=name, provider=None, model=running.model)
        return replace(loaded, settings=settings), running
    changed = loaded.with_profile(name)
    connection = connect(
        changed,
        environment,
        wants_local=False,
        local_file=None,
        may_fall_back=False,
        on_progress=lambda _: None,
    )
    first.others.append(connection)
    return changed, connection


def run_repl(
    session: Session,
    environment: Environment,
    *,
    greeting: tuple[Notice | Messages | Pick, ...],
    first_message: str | None,
    opening: Callable[[], Reply] | None = None,
) -> int:
    """Hold the session at the terminal; returns the exit status. ``opening`` opens a chat once the prompt is up."""
    from chatrepl.ui.repl import Repl

    return Repl(
        session,
        all_commands,
        environment,
        warm_up=warm_up,
        greeting=greeting,
        first_message=first_message,
        opening=opening,
        shell=user_shell(environment),
        paths=lambda: path_index(environment),
    ).run()


def user_shell(environment: Environment) -> Shell:
    """Return what runs shell commands; loaded when one is run."""
    return LateShell(environment)


class LateShell:
    """The user's shell. Fits ``line_ports.Shell``."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def run(
        self,
        command: str,
        timeout_s: float,
        on_output: Callable[[bytes], None],
        cancellation: Cancellation,
    ) -> ShellEnd:
        """Run a command; see ``line_ports.Shell``."""
        from chatrepl.shell import UserShell

        return UserShell(self._environment.variables).run(command, timeout_s, on_output, cancellation)


def path_index(environment: Environment) -> Paths:
    """Return what finds the files below the working directory."""
    from chatrepl.path_index import PathIndex

    return PathIndex(Path(), environment.expand, environment.clock, environment.variables)


def all_commands() -> tuple[Command, ...]:
    """Return every slash command."""
    from chatrepl.commands.all import ALL

    return ALL


def run_plain(
    session: Session,
    environment: Environment,
    *,
    greeting: tuple[Notice | Messages | Pick, ...],
    first_message: str | None,
) -> int:
    """Hold the session line by line, without redraws; returns the exit status."""
    from chatrepl.commands.all import ALL
    from chatrepl.ui.plain import Plain

    return Plain(session, ALL, environment, greeting=greeting, first_message=first_message).run()


def warm_up() -> None:
    """Import what the first message and its reply need, and an ``@`` in it, while the user types."""
    from chatrepl.api.client import load

    all_commands()
    load()
    import chatrepl.guarding
    import chatrepl.path_index
    import chatrepl.ui.turn_view  # noqa: F401 - brings rich and what draws a reply
    from chatrepl.markup import inline_parser

    inline_parser().parseInline("*word*")
