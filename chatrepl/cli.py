"""The command line: reads the arguments, chooses the front end, and turns every error into a message and a status."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from chatrepl import __version__, wiring
from chatrepl.environment import ENDING_SIGNALS, Environment, HeldKeys
from chatrepl.errors import ChatreplError, ExitStatus, NoProviderError, UsageError
from chatrepl.redact import mask_keys
from chatrepl.sanitise import sanitise

if TYPE_CHECKING:
    from chatrepl.commands.base import Messages, Notice, Pick
    from chatrepl.config import LoadedSettings
    from chatrepl.session import Session
    from chatrepl.subcommands.command_line import Program
    from chatrepl.wiring import Connection

NO_MODEL = "There is no model to talk to yet."
ADD_LOCAL = "The embedded one, which needs no key, comes with: uv run --extra local chatrepl"
EPILOG = """\
With text and a terminal, the chat opens with it as its first message; with -p, or with something piped in, chatrepl
answers once on standard output. Exit status: 0 ok, 1 other, 2 usage, 3 configuration or key, 4 refused by the server,
5 network, 6 budget, 7 held back by the guard, 130 interrupted.
"""


SUBCOMMANDS = {
    "compare": "one question to several models at once",
    "setup": "choose who answers, in at most three questions",
    "chats": "what is kept here: lists, search, copies",
    "export": "chats as files",
    "import": "chats of other programs",
    "models": "what a provider offers",
    "usage": "what was used and what it cost",
    "config": "what is set; keys",
    "doctor": "find out what does not work",
    "completion": "a script that completes this command line in your shell",
}
"""Words that mean something else when they stand first, and what; each is a module of ``subcommands``."""

MODULES = {"import": "bring_in"}
"""Where a word cannot be the name of a module."""

HIDDEN = frozenset({"complete"})
"""Words that are for shells, not for people."""


def _run_subcommand(name: str, arguments: Sequence[str], environment: Environment) -> int:
    from importlib import import_module

    _end_in_order_when_told()
    module = import_module(f"chatrepl.subcommands.{MODULES.get(name, name)}")
    more = (whole_program,) if name == "completion" else ()
    status: int = module.run(arguments, environment, *more)
    environment.stdout.flush()
    return status


def whole_program() -> Program:
    """Return all that can be typed, sub-commands included, for completion and the man page."""
    from chatrepl.subcommands.command_line import load_parser, read_program

    return read_program(build_parser(), SUBCOMMANDS, lambda name: load_parser(MODULES.get(name, name)))


def build_parser() -> argparse.ArgumentParser:
    """Declare the arguments."""
    listed = "; ".join(f"`chatrepl {name}`: {what}" for name, what in SUBCOMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="chatrepl",
        description="Chat with a language model.",
        epilog=f"{EPILOG}Beside chatting there is {listed}; each has a --help. A first message that is one of these words"
        " follows --, as in `chatrepl -- models`.",
    )
    add = parser.add_argument
    add("text", nargs="*", help="the first message")
    add("-p", "--print", action="store_true", help="answer once on standard output, without a prompt")
    add("-c", "--continue", dest="go_on", action="store_true", help="go on with the last chat")
    add(
        "-r",
        "--resume",
        nargs="?",
        const="",
        metavar="ID",
        help="go on with the chat whose id or title begins so; without one, choose it from a list",
    )
    add("-m", "--model", help="the model to talk to, as the server lists it")
    add("--profile", metavar="NAME", help="use a profile of the configuration, or a provider by its name")
    add("--system", metavar="TEXT", help="the system prompt of a new chat")
    add("--persona", metavar="NAME", help="the persona of the chat: a named system prompt, or none")
    add(
        "--prompt",
        metavar="NAME",
        help="send one of your prompt files, filled in from KEY=VALUE words and the text that follows them",
    )
    add(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a setting for this run; may be repeated",
    )
    add(
        "--output",
        choices=("text", "json", "stream-json"),
        default="text",
        help="the form of a single answer",
    )
    add(
        "--attach",
        action="append",
        default=[],
        metavar="FILE",
        help="send a file, directory, glob or page with the first message; may be repeated",
    )
    add("--no-stream", action="store_true", help="show replies when they are complete")
    add(
        "--local",
        nargs="?",
        const="",
        metavar="GGUF",
        help="chat with the embedded model, or with this GGUF file",
    )
    add("--over-budget", action="store_true", help="answer once even where a budget does not allow it")
    add(
        "--guard",
        choices=("warn", "mask", "block", "off"),
        help="what becomes of secrets in what is sent; without a prompt, warn tells of them and sends",
    )
    add("--plain", action="store_true", help="no redraws, no colour, no status bar")
    add("--config", metavar="FILE", help="read this configuration file")
    add("--diagnose", action="store_true", help="the same as `chatrepl doctor`")
    parser.set_defaults(piped=b"")
    add("-v", "--version", action="version", version=f"chatrepl {__version__}")
    return parser


def main(arguments: Sequence[str] | None = None, environment: Environment | None = None) -> int:
    """Run chatrepl and return its exit status. No exception leaves here but SystemExit."""
    environment = environment or Environment()
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        if words and (words[0] in SUBCOMMANDS or words[0] in HIDDEN):
            return _run_subcommand(words[0], words[1:], environment)
        options = build_parser().parse_args(words)
        if options.diagnose:
            config = ["--config", options.config] if options.config else []
            return _run_subcommand("doctor", config, environment)
        return _run(options, environment)
    except ChatreplError as error:
        _tell(environment, error.message, error.hint)
        return error.exit_status
    except KeyboardInterrupt:
        _tell(environment, "interrupted")
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return ExitStatus.OK
    except Exception as defect:  # noqa: BLE001 - the last fence: a person never sees a traceback
        _tell(environment, f"a mistake in chatrepl: {type(defect).__name__}: {defect}", _report(environment))
        return ExitStatus.ERROR


def _tell(environment: Environment, text: str, hint: str | None = None) -> None:
    from chatrepl.ui.ascii import output_for

    lines = [f"chatrepl: {text}", *([hint] if hint else [])]
    output_for(environment, environment.stderr).write(
        "".join(f"{sanitise(mask_keys(line))}\n" for line in lines)
    )


def _report(environment: Environment) -> str:
    """Keep the details of a defect in an owner-only file, and say where it is."""
    import traceback

    path = environment.data_directory / "last-error.txt"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(mask_keys(traceback.format_exc()))
    except OSError:
        return "Please report it, with what you did."
    return f"Please report it, with {path}."


def _run(options: argparse.Namespace, environment: Environment) -> int:
    local = options.local
    if local and not (local.endswith(".gguf") or "/" in local or Path(local).exists()):
        options.text.insert(0, local)  # `--local hello`: the model that is there, and a first message
        local = ""
    loaded = wiring.load_settings(
        environment, _flags(options), Path(options.config) if options.config else None
    )
    for warning in loaded.warnings:
        _tell(environment, warning)
    is_once = _is_once(options, environment)
    text = " ".join(options.text)
    if options.prompt is not None:
        text = _from_prompt_file(
            options, environment, piped=_piped(environment, options) if is_once else None
        )
    elif is_once:
        text = _with_stdin(text, _piped(environment, options), environment)
    _end_in_order_when_told()
    environment.hear_all_letters()
    is_plain = environment.is_dumb or loaded.settings.terminal.plain
    if is_once or is_plain:
        gc.enable()  # the full terminal does it once its prompt is up
        return _converse(options, loaded, environment, local, text, keys=None)
    with HeldKeys(environment.stdin) as keys:
        return _converse(options, loaded, environment, local, text, keys=keys)


def _converse(
    options: argparse.Namespace,
    loaded: LoadedSettings,
    environment: Environment,
    local: str | None,
    text: str,
    *,
    keys: HeldKeys | None,
) -> int:
    """Connect, and hold the chat in the front end that fits: ``keys`` are held back for the full terminal."""
    is_once = _is_once(options, environment)
    connected = _connect(options, loaded, environment, local, may_ask=not is_once, keys=keys)
    if connected is None:
        return ExitStatus.CONFIG
    loaded, connection = connected
    session = wiring.build_session(loaded, environment, connection)
    try:
        _attach(session, options, environment)
        wants_chat = options.go_on or options.resume is not None
        if keys is not None and wants_chat and not options.resume:
            # The prompt is up before the library is: -c and -r without a name cannot be wrong.
            return wiring.run_repl(
                session,
                environment,
                greeting=_greeting(connection),
                first_message=text or None,
                opening=lambda: _open_chat(session, options, is_once=False),
            )
        opened = (_open_chat(session, options, is_once=is_once),) if wants_chat else ()
        if is_once:
            session.guard.only_tells = options.guard == "warn"
            return _once(session, text, environment, options)
        greeting = (*opened, *_greeting(connection))
        run = wiring.run_plain if keys is None else wiring.run_repl
        return run(session, environment, greeting=greeting, first_message=text or None)
    finally:
        try:
            session.close()
        finally:
            connection.close()


def _is_once(options: argparse.Namespace, environment: Environment) -> bool:
    is_interactive = environment.stdin_is_terminal and environment.stdout_is_terminal
    return bool(options.print) or not is_interactive or options.output != "text"


def _flags(options: argparse.Namespace) -> dict[str, object]:
    flags: dict[str, object] = {}
    for pair in options.set:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(
                f"--set takes KEY=VALUE, not '{pair}'.", hint="For example: --set temperature=0.2"
            )
        flags[key.strip()] = value
    if options.profile is not None:
        flags["profile"] = options.profile
    if options.model is not None:
        flags["model"] = options.model
    if options.system is not None:
        flags["system"] = options.system
    if options.guard is not None:
        flags["guard.mode"] = options.guard
    if options.persona is not None:
        if options.system is not None:
            raise UsageError(
                "--system and --persona both say the system prompt.", hint="Leave one of them out."
            )
        flags["persona"] = options.persona
    if options.no_stream:
        flags["stream"] = "false"
    if options.plain:
        flags["terminal.plain"] = "true"
    return flags


def _piped(environment: Environment, options: argparse.Namespace) -> str:
    """Return what was piped in. Empty: nothing, or an image or a PDF, which is put into the options."""
    if environment.stdin_is_terminal:
        return ""
    raw = getattr(environment.stdin, "buffer", None)
    if raw is None:
        piped: str = environment.stdin.read()
    elif wiring.is_attachment(data := raw.read()):
        options.piped, piped = data, ""
    else:
        piped = data.decode("utf-8", "replace")
    return piped.removeprefix("\ufeff").strip("\n")


def _from_prompt_file(options: argparse.Namespace, environment: Environment, *, piped: str | None) -> str:
    """Return the text of a prompt file, filled in. ``piped`` None: the chat is held at a terminal."""
    from chatrepl.commands.prompts import fill_for_command_line

    text = fill_for_command_line(
        wiring.own_texts(environment), options.prompt, options.text, piped, environment
    )
    if piped is not None:
        return text
    return f"/{text}" if text.startswith("/") else text  # or it would be a command


def _with_stdin(text: str, piped: str, environment: Environment) -> str:
    """Return what is asked once: the words of the command line, and below them what was piped in."""
    whole = "\n\n".join(part for part in (text.strip(), piped) if part.strip())
    cleaned = whole.replace("\0", "")
    if len(cleaned) != len(whole):
        _tell(environment, f"removed {len(whole) - len(cleaned)} NUL characters from what was sent")
    if not cleaned.strip():
        raise UsageError(
            "There is nothing to send: no text, and nothing on standard input.", hint='chatrepl -p "text"'
        )
    return cleaned.encode("utf-8", "replace").decode("utf-8")


def _connect(
    options: argparse.Namespace,
    loaded: LoadedSettings,
    environment: Environment,
    local: str | None,
    *,
    may_ask: bool,
    keys: HeldKeys | None,
) -> tuple[LoadedSettings, Connection] | None:
    """Find who answers; where nothing says so and a person can be asked, ask. None: nobody shall answer now."""

    def say(line: str) -> None:
        if environment.stderr_is_terminal:
            environment.stderr.write(f"{line}\n")
            environment.stderr.flush()

    def connect(loaded: LoadedSettings) -> Connection:
        return wiring.connect(
            loaded,
            environment,
            wants_local=local is not None,
            local_file=environment.expand(local) if local else None,
            may_fall_back=may_ask,
            on_progress=say,
        )

    notice = None
    if may_ask and local is None:
        from chatrepl.subcommands.at_hand import with_key_at_hand

        loaded, notice = with_key_at_hand(loaded, environment)
    try:
        connection = connect(loaded)
    except NoProviderError:
        if not may_ask or loaded.config_file is not None:
            raise
        from chatrepl.subcommands.setup import set_up

        config = Path(options.config) if options.config else None
        if not set_up(environment, config, f"{NO_MODEL} {ADD_LOCAL}.", is_plain=keys is None):
            return None
        loaded = wiring.load_settings(environment, _flags(options), config)
        return loaded, connect(loaded)
    if notice is not None:
        connection.notices.append(notice)
    return loaded, connection


def _open_chat(session: Session, options: argparse.Namespace, *, is_once: bool) -> Notice | Messages | Pick:
    """Open the chat that was asked for, and return what is said about it."""
    from chatrepl.commands.base import Notice, Pick

    if options.resume == "":
        if is_once:
            raise UsageError(
                "-r chooses a chat from a list, which needs a terminal.",
                hint="chatrepl -r TITLE, or -c for the last chat",
            )
        return Pick()
    chat = session.store.find_chat(options.resume) if options.resume else session.store.last_chat()
    if chat is None:
        return Notice("There is no chat to go on with; this is a new one.", "warning")
    from chatrepl.commands.library import shown_tail

    tail = session.open_later(chat)
    if options.system is not None:
        session.set_system(options.system)
    elif options.persona is not None:
        session.use_persona(session.settings.persona)
    return shown_tail(session, tail)


def _greeting(connection: Connection) -> tuple[Notice, ...]:
    if not connection.notices:
        return ()
    from chatrepl.commands.base import Notice

    return tuple(Notice(text) for text in connection.notices)


def _attach(session: Session, options: argparse.Namespace, environment: Environment) -> None:
    """Read what goes with the first message."""
    if not (options.attach or options.piped):
        return
    from chatrepl.gathering import attach, keep

    if options.piped:
        keep(session, [wiring.attachment_of("stdin", options.piped, session)])
    found = attach(session, options.attach)
    for said in found.asks:
        _tell(environment, f"sending {said}")
    keep(session, found.attachments)


def _once(session: Session, text: str, environment: Environment, options: argparse.Namespace) -> int:
    from chatrepl.oneshot import run_once

    for warning in session.store.warnings():
        _tell(environment, warning)
    return run_once(
        session,
        text,
        environment,
        options.output,
        has_consent=options.over_budget,
        typed="" if options.prompt is not None else " ".join(options.text),
    )


def _end_in_order_when_told() -> None:
    """Let SIGTERM and SIGHUP end the program in order: what is open is closed, and nothing is left running."""

    def leave(number: int, _frame: object) -> NoReturn:
        sys.exit(128 + number)

    for number in ENDING_SIGNALS:
        signal.signal(number, leave)
