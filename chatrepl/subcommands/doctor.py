"""``chatrepl doctor``: tries everything that a chat needs, one after the other, and says what to do about what fails.

Each finding is written as it comes; no key stands in it, and the home directory is ``~``, so that all of it can be put
into a report.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatrepl import __version__, wiring
from chatrepl.cancellation import Cancellation
from chatrepl.environment import Environment
from chatrepl.errors import ApiError, ChatreplError, ExitStatus
from chatrepl.exchange import Finished, Notice, Request, TextDelta, UsageReported
from chatrepl.messages import Role
from chatrepl.providers import in_use
from chatrepl.settings import Settings
from chatrepl.subcommands.output import Printer

if TYPE_CHECKING:
    from chatrepl.config import LoadedSettings
    from chatrepl.wiring import Connection

MARKS = {"ok": "ok     ", "warning": "warning", "problem": "PROBLEM"}
EXTRAS = {"local": "xllamacpp", "keyring": "keyring", "socks": "socks"}
"""Extras, and a module by which each is known."""
_QUESTION = "Say hi."
_LONGEST_TOKENS = 16
_PROMPT_TOKENS = 12
LEAST_FREE_BYTES = 100 * 1024 * 1024


def run(arguments: Sequence[str], environment: Environment) -> int:
    """Check everything; returns 0, or the status that the first problem would have given a chat."""
    options = _parser().parse_args(arguments)
    report = _Report(Printer(environment), str(Path.home()), is_json=options.json)
    report.add("chatrepl", f"{__version__} on Python {platform.python_version()}, {platform.platform()}")
    loaded = _configuration(report, options, environment)
    settings = loaded.settings if loaded is not None else Settings()
    if loaded is not None:
        _provider(report, loaded, options, environment)
    _terminal(report, environment)
    _library(report, environment)
    _extras(report)
    if settings.local.file and not environment.expand(settings.local.file).is_file():
        report.warn("local model", f"there is no file {settings.local.file}", "correct local.file")
    return report.end()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chatrepl doctor",
        description="Try everything that a chat needs, and say what to do about what fails.",
        epilog="The report holds no keys and can be pasted as it is.",
    )
    parser.add_argument("--profile", metavar="NAME", help="a profile of the configuration, or a provider")
    parser.add_argument("--config", metavar="FILE", help="read this configuration file")
    asks = parser.add_mutually_exclusive_group()
    asks.add_argument("--yes", action="store_true", help="send the tiny request without asking")
    asks.add_argument("--no-request", action="store_true", help="send no request to a model")
    parser.add_argument("--json", action="store_true", help="write a JSON list at the end")
    return parser


@dataclass
class _Report:
    """Findings, written as they come."""

    printer: Printer
    home: str
    is_json: bool
    findings: list[dict[str, Any]] = field(default_factory=list)
    status: int = ExitStatus.OK

    def add(self, name: str, text: str, tone: str = "ok", hint: str | None = None) -> None:
        text, hint = self._short(text), self._short(hint) if hint else None
        self.findings.append({"check": name, "result": tone, "text": text, "hint": hint})
        if not self.is_json:
            self.printer.line(f"{name}: {text}", lead=f"{MARKS[tone]}  ")
            if hint:
                self.printer.line(hint, lead=" " * (len(MARKS[tone]) + 2))

    def warn(self, name: str, text: str, hint: str | None = None) -> None:
        self.add(name, text, "warning", hint)

    def fail(self, name: str, text: str, hint: str | None, status: int) -> None:
        self.add(name, text, "problem", hint)
        self.status = self.status or status

    def end(self) -> int:
        problems = sum(1 for finding in self.findings if finding["result"] == "problem")
        if self.is_json:
            self.printer.json(self.findings)
        elif problems:
            self.printer.line(f"{problems} problem{'s' if problems > 1 else ''} found.")
        else:
            self.printer.line("Everything that was tried works.")
        return self.status

    def _short(self, text: str) -> str:
        return text.replace(self.home, "~") if len(self.home) > 1 else text


def _configuration(
    report: _Report, options: argparse.Namespace, environment: Environment
) -> LoadedSettings | None:
    try:
        loaded = wiring.load_settings(
            environment, {"profile": options.profile}, Path(options.config) if options.config else None
        )
    except ChatreplError as error:
        report.fail("configuration", error.message, error.hint, error.exit_status)
        return None
    where = str(loaded.config_file) if loaded.config_file else "no file, none is needed"
    report.add("configuration", f"{where}; {len(loaded.origins)} settings are not the default")
    for warning in loaded.warnings:
        report.warn("configuration", warning)
    return loaded


def _provider(
    report: _Report, loaded: LoadedSettings, options: argparse.Namespace, environment: Environment
) -> None:
    try:
        connection = wiring.connect(
            loaded,
            environment,
            wants_local=False,
            local_file=None,
            may_fall_back=False,
            on_progress=lambda _: None,
        )
    except ChatreplError as error:
        if (
            wiring.local_is_installed()
            and error.exit_status == ExitStatus.CONFIG
            and not loaded.settings.provider
        ):
            report.warn("provider", error.message, "the embedded model is used: chatrepl --local")
        else:
            report.fail("provider", error.message, error.hint, error.exit_status)
        return
    try:
        provider = in_use(loaded.settings)
        known = f"{provider.name}, " if provider.name else ""
        report.add("provider", f"{known}{connection.base_url}, dialect {provider.dialect}")
        masked = f" ({connection.key_masked})" if connection.key_masked else ""
        report.add(
            "key", f"from {connection.key_source}{masked}" if connection.key_source else "none is sent"
        )
        if _reach(report, connection, loaded.settings, environment):
            model = _models(report, connection)
            if model is not None:
                _request(report, connection, model, loaded.settings, options, environment)
    finally:
        connection.close()


def _reach(report: _Report, connection: Connection, settings: Settings, environment: Environment) -> bool:
    """Try the way to the server. False: it does not go all the way."""
    is_whole = True
    for step in wiring.reach(connection.base_url, settings, environment):
        if step.tone == "problem":
            report.fail(step.name, step.text, step.hint, ExitStatus.NETWORK)
            is_whole = False
        else:
            report.add(step.name, step.text, step.tone, step.hint)
    return is_whole


def _models(report: _Report, connection: Connection) -> str | None:
    """Ask for the list of models, and return the model to try. None: there is none."""
    model = connection.model
    try:
        models = connection.client.models()
    except ApiError as error:
        if error.exit_status in {ExitStatus.CONFIG, ExitStatus.NETWORK} or model is None:
            report.fail("models", error.message, error.hint, error.exit_status)
            return None
        report.warn("models", error.message, error.hint)
        return model
    ids = [info.id for info in models]
    report.add("models", f"{len(ids)} are listed")
    if model is None:
        if not ids:
            report.fail(
                "model", "no model is set, and none is listed", "choose one with -m", ExitStatus.CONFIG
            )
            return None
        report.add("model", f"{ids[0]}, the first of the list")
        return ids[0]
    if model in ids:
        report.add("model", f"{model} is in the list")
    else:
        report.warn("model", f"{model} is not in the list", "chatrepl models shows what is there")
    return model


def _request(
    report: _Report,
    connection: Connection,
    model: str,
    settings: Settings,
    options: argparse.Namespace,
    environment: Environment,
) -> None:
    if not (options.yes or _agrees(model, settings, options, environment)):
        report.add("request", "not tried; --yes sends a tiny one")
        return
    from chatrepl.turn import new_message

    message = new_message(environment.clock, None, Role.USER, _QUESTION)
    request = Request(model, (message,), parameters={**settings.parameters, "max_tokens": _LONGEST_TOKENS})
    begun, first_s, text, usage, ended = environment.clock.monotonic(), None, "", "no usage reported", False
    try:
        for event in connection.client.stream(request, Cancellation()):
            match event:
                case TextDelta(piece):
                    first_s = first_s or environment.clock.monotonic() - begun
                    text += piece
                case UsageReported(counts):
                    usage = f"{counts.prompt_tokens} tokens in, {counts.completion_tokens} out"
                case Notice(said):
                    report.warn("request", said)
                case Finished():
                    ended = True
                case _:
                    pass
    except ApiError as error:
        report.fail("request", error.message, error.hint, error.exit_status)
        return
    took_s = environment.clock.monotonic() - begun
    first = f"first word after {first_s:.1f} s, " if first_s is not None else ""
    how = "answered" if ended else "broke off"
    shown = text.strip() if len(text.strip()) <= 60 else f"{text.strip()[:60]}…"
    report.add("request", f"{model} {how} {shown!r}; {first}done after {took_s:.1f} s; {usage}")


def _agrees(model: str, settings: Settings, options: argparse.Namespace, environment: Environment) -> bool:
    """Ask whether a request may be sent, with what it costs."""
    if (
        options.no_request
        or options.json
        or not (environment.stdin_is_terminal and environment.stdout_is_terminal)
    ):
        return False
    from chatrepl.catalogue import facts_for
    from chatrepl.providers import in_use

    price = facts_for(model, settings.models, in_use(settings).name).price
    cost = "its price is not known"
    if price is not None:
        amount = (
            price.input_usd_per_mtok * _PROMPT_TOKENS + price.output_usd_per_mtok * _LONGEST_TOKENS
        ) / Decimal(1_000_000)
        cost = f"it costs about ${amount:.6f}"
    environment.stdout.write(
        f"Send a tiny request to {model}, of about {_PROMPT_TOKENS} tokens in and at most {_LONGEST_TOKENS} out;"
        f" {cost}? [y/N] "
    )
    environment.stdout.flush()
    return environment.stdin.readline().strip().lower() in {"y", "yes"}


def _terminal(report: _Report, environment: Environment) -> None:
    variables = environment.variables
    if not environment.stdout_is_terminal:
        report.add("terminal", "standard output is not a terminal")
        return
    columns, rows = environment.size()
    inside = next(
        (name for name, variable in (("tmux", "TMUX"), ("screen", "STY")) if variables.get(variable)), None
    )
    facts = [
        f"TERM={variables.get('TERM', 'not set')}",
        f"{columns}x{rows}",
        f"letters {getattr(environment.stdout, 'encoding', '?')}",
        *([f"inside {inside}"] if inside else []),
        *(["NO_COLOR is set"] if variables.get("NO_COLOR") else []),
        *([f"COLORTERM={variables['COLORTERM']}"] if variables.get("COLORTERM") else []),
    ]
    text = ", ".join(facts)
    if environment.is_dumb:
        report.warn("terminal", text, "it cannot move its cursor: chats are held line by line")
    elif columns < 40 or rows < 10:
        report.warn("terminal", text, "it is small: 40 columns and 10 rows show everything")
    else:
        report.add("terminal", text)


def _library(report: _Report, environment: Environment) -> None:
    path, found = wiring.look_over_library(environment)
    directory = path.parent
    if not found.exists:
        report.add("library", f"no chats yet; they will be kept in {path}")
    elif found.problem:
        report.fail(
            "library", f"{path}: {found.problem}", "copy the file before anything else is done with it", 1
        )
    else:
        text = f"{path}, {found.size_bytes / 1024**2:.1f} MiB, {found.chats} chats, {found.messages} messages, sound"
        report.add("library", text)
    for problem, hint in _disk_problems(directory, path):
        report.warn("disk", problem, hint)


def _disk_problems(directory: Path, path: Path) -> Iterator[tuple[str, str]]:
    place = next((each for each in (directory, *directory.parents) if each.exists()), directory)
    free = shutil.disk_usage(place).free
    if free < LEAST_FREE_BYTES:
        yield f"only {free / 1024**2:.0f} MiB are free at {place}", "free some space: chats are kept there"
    if path.exists() and sys.platform != "win32" and path.stat().st_mode & 0o077:
        yield f"{path} can be read by others", f"type: chmod 600 {path}"


def _extras(report: _Report) -> None:
    found = [name for name, module in EXTRAS.items() if find_spec(module) is not None]
    report.add("extras", ", ".join(found) or "none are installed")
