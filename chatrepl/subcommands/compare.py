"""``chatrepl compare``: one question to several models, profiles or sets of parameters at once."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatrepl import wiring
from chatrepl.candidates import LEAST, PROFILE, Candidate, Wanted, profile_names, resolve
from chatrepl.comparison import Came, Comparison
from chatrepl.environment import Environment
from chatrepl.errors import BudgetExceededError, ExitStatus, GuardedError, NoProviderError, UsageError
from chatrepl.exchange import Notice, ReasoningDelta, RefusalDelta, Retrying, TextDelta
from chatrepl.gathering import gather
from chatrepl.redact import mask_keys
from chatrepl.sanitise import sanitise
from chatrepl.session import Session
from chatrepl.turn import Cancelled, Completed, Failed
from chatrepl.ui.ascii import Output, output_for
from chatrepl.ui.comparison_words import End, heading, is_held_back, said_below
from chatrepl.ui.json_writer import result_of

if TYPE_CHECKING:
    from chatrepl.config import LoadedSettings
    from chatrepl.settings import TerminalSettings

GUARD_HINT = (
    "It was not sent: --set guard.mode=mask sends placeholders, --set guard.mode=off sends it as it is."
)
NAMED, SET = "name", "set"


def run(arguments: Sequence[str], environment: Environment) -> int:
    """Ask all of them; returns 0 where all have answered, else the exit status of the worst."""
    options = _parser().parse_args(arguments)
    wanted = _wanted(options.candidates or [])
    text = _asked(" ".join(options.text), environment)
    loaded, connection = _connect(options, wanted, environment)
    session = wiring.build_session(loaded, environment, connection)
    talk = output_for(environment, environment.stderr)
    try:
        candidates = resolve(session, wanted)
        for warning in session.store.warnings():
            _tell(talk, warning)
        gathered = gather(session, " ".join(options.text))
        comparison = session.compare(
            candidates, text, has_consent=options.over_budget, attachments=gathered.attachments
        )
        form = "json" if options.json else options.output
        return _run(session, comparison, _writer(session, comparison, environment, form), talk)
    finally:
        try:
            session.close()
        finally:
            connection.close()


def _run(session: Session, comparison: Comparison, writer: _Writer, talk: Output) -> int:
    ends: dict[int, End] = {}
    is_interrupted = False
    try:
        with closing(comparison.events()) as events:
            for came in events:
                _follow(came, comparison.candidates, ends, writer, talk)
    except KeyboardInterrupt:
        is_interrupted = True
        for came in comparison.take():
            _follow(came, comparison.candidates, ends, writer, talk)
        _tell(talk, "interrupted; what had come is kept in the chat")
    writer.finish(session, ends)
    return ExitStatus.INTERRUPTED if is_interrupted else _worst(ends.values())


def _follow(
    came: Came, candidates: Sequence[Candidate], ends: dict[int, End], writer: _Writer, talk: Output
) -> None:
    index, event = came
    who = f"{index + 1} {candidates[index].label}"
    match event:
        case TextDelta(text) | RefusalDelta(text):
            writer.piece(index, "text", text)
        case ReasoningDelta(text):
            writer.piece(index, "reasoning", text)
        case Notice(text):
            _tell(talk, f"{who}: {text}")
        case Retrying(reason, seconds, attempt, limit):
            _tell(talk, f"{who}: {reason}; trying again in {seconds:.0f} s ({attempt} of {limit})")
        case Completed() | Cancelled() | Failed():
            is_told = any(_is_same_refusal(event, before) for before in ends.values())
            ends[index] = event
            if not is_told:
                _tell_end(who, event, talk)
            writer.ended(index, event)
        case _:
            pass


def _is_same_refusal(end: End, other: End) -> bool:
    """Whether two ends say the same: what the user has set, such as a budget, held both requests back."""
    return (
        isinstance(end, Failed)
        and isinstance(other, Failed)
        and is_held_back(end)
        and is_held_back(other)
        and end.error.message == other.error.message
    )


def _tell_end(who: str, end: End, talk: Output) -> None:
    said, hint = said_below(end)
    if isinstance(end, Failed) and isinstance(end.error, BudgetExceededError):
        hint = "--over-budget sends them all the same; `chatrepl usage` shows what was spent."
        who = "" if end.message is None else who
    if isinstance(end, Failed) and isinstance(end.error, GuardedError):
        hint = GUARD_HINT
    if said:
        _tell(talk, f"{who}: {said.partition('; /')[0]}" if who else said, hint)


def _worst(ends: Iterable[End]) -> int:
    found: list[int] = [ExitStatus.OK]
    for end in ends:
        if isinstance(end, Failed):
            found.append(end.error.exit_status)
        elif isinstance(end, Cancelled):
            found.append(ExitStatus.INTERRUPTED)
    return max(found)


def _tell(talk: Output, text: str, hint: str | None = None) -> None:
    lines = [f"chatrepl: {text}", *([hint] if hint else [])]
    talk.write("".join(f"{sanitise(mask_keys(line))}\n" for line in lines))


# How it is written.


class _Writer:
    """Writes each reply whole, in the order of the candidates, as soon as those before it are written."""

    def __init__(self, out: Output, candidates: Sequence[Candidate]) -> None:
        self.out = out
        self.candidates = candidates
        self._ends: dict[int, End] = {}
        self._next = 0

    def piece(self, index: int, kind: str, text: str) -> None:
        """Take a piece of a reply."""

    def ended(self, index: int, end: End) -> None:
        """Take how a turn ended."""
        self._ends[index] = end
        while self._next in self._ends:
            self._write(self._next, self._ends[self._next])
            self._next += 1

    def finish(self, session: Session, ends: Mapping[int, End]) -> None:
        """Write what is left: nothing more comes."""

    def _write(self, index: int, end: End) -> None:
        if end.message is None:
            return
        label = self.candidates[index].label
        title = heading(index + 1, label, end)
        text = end.message.text
        self.out.write(
            f"{'' if not index else chr(10)}## {title}\n\n{text}{'' if text.endswith(chr(10)) else chr(10)}"
        )


class _ScreenWriter(_Writer):
    """The same, as rendered Markdown."""

    def __init__(
        self,
        out: Output,
        candidates: Sequence[Candidate],
        environment: Environment,
        terminal: TerminalSettings,
    ) -> None:
        super().__init__(out, candidates)
        self._environment = environment
        self._terminal = terminal

    def _write(self, index: int, end: End) -> None:
        from chatrepl.ui.look import renderer_for
        from chatrepl.ui.reply_view import reply_slices

        renderer = renderer_for(self._environment, self._terminal)
        title = heading(index + 1, self.candidates[index].label, end, is_unicode=renderer.look.is_unicode)
        lines = [*renderer.wrapped(title, "chat.user")]
        for some in reply_slices(renderer, end.message, "hide") if end.message is not None else ():
            lines += some
        self.out.write("".join(f"{line}\n" for line in [*lines, ""]))


class _JsonWriter(_Writer):
    """One object with all replies; or an object for each piece, and for each reply, and one for the whole at the end."""

    def __init__(
        self, out: Output, candidates: Sequence[Candidate], session: Session, *, is_stream: bool
    ) -> None:
        super().__init__(out, candidates)
        self._session = session
        self._is_stream = is_stream

    def piece(self, index: int, kind: str, text: str) -> None:
        """Write it as an object."""
        if self._is_stream:
            self._object({"type": kind, "candidate": index + 1, "text": text})

    def ended(self, index: int, end: End) -> None:
        """Write the reply as an object."""
        if self._is_stream:
            self._object({"type": "result", **self._reply(index, end)})

    def finish(self, session: Session, ends: Mapping[int, End]) -> None:
        """Write the whole."""
        whole: dict[str, Any] = {"type": "comparison"} if self._is_stream else {}
        whole["chat"] = session.conversation.id
        if not self._is_stream:
            whole["replies"] = [self._reply(index, end) for index, end in sorted(ends.items())]
        self._object(whole)

    def _reply(self, index: int, end: End) -> dict[str, Any]:
        result = result_of(end, self._session.conversation.id)
        del result["chat"]
        candidate = self.candidates[index]
        asked = {"candidate": index + 1, "label": candidate.label, "profile": candidate.profile}
        message = end.message
        return {**asked, "message": message.id if message is not None else None, **result}

    def _object(self, value: Mapping[str, Any]) -> None:
        is_utf8 = self.out.encoding.lower().replace("-", "") == "utf8"
        line = json.dumps(value, ensure_ascii=not is_utf8)
        self.out.write(line.encode("utf-8", "replace").decode("utf-8") + "\n")


def _writer(session: Session, comparison: Comparison, environment: Environment, form: str) -> _Writer:
    out = output_for(environment, environment.stdout)
    if form != "text":
        return _JsonWriter(out, comparison.candidates, session, is_stream=form == "stream-json")
    terminal = session.settings.terminal
    if environment.stdout_is_terminal and not environment.is_dumb and not terminal.plain:
        return _ScreenWriter(out, comparison.candidates, environment, terminal)
    return _Writer(out, comparison.candidates)


# What is asked of whom.


class _InOrder(argparse.Action):
    """Keeps names and settings in the order in which they were given."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        kind = SET if option_string == "--set" else NAMED
        namespace.candidates = [*(getattr(namespace, "candidates", None) or []), (kind, values)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chatrepl compare",
        description="Send one question to several models, profiles or sets of parameters at once.",
        epilog="A --set belongs to the -m before it; before the first -m it holds for all. With a single -m it is compared with "
        "the model in use. The replies stand beside each other in a new chat. Exit status: 0 if all have answered, else "
        "that of the worst.",
    )
    add = parser.add_argument
    add("text", nargs="*", help="the question; what is piped in stands below it")
    add(
        "-m",
        "--model",
        action=_InOrder,
        dest="candidates",
        metavar="NAME",
        help="a model, or a profile or provider (also as profile:NAME); at least two",
    )
    add(
        "--set",
        action=_InOrder,
        dest="candidates",
        metavar="KEY=VALUE",
        help="a setting, such as temperature=0",
    )
    add("--profile", metavar="NAME", help="the profile whose server has the models")
    add("--system", metavar="TEXT", help="the system prompt")
    add("--output", choices=("text", "json", "stream-json"), default="text", help="the form of the answer")
    add("--json", action="store_true", help="the same as --output json")
    add("--over-budget", action="store_true", help="ask even where a budget does not allow it")
    add("--config", metavar="FILE", help="read this configuration file")
    return parser


def _wanted(given: Sequence[tuple[str, str]]) -> list[Wanted]:
    """Return the candidates as they were named.

    Raises:
        UsageError: a setting is not one, or nobody is named.
    """
    common: list[tuple[str, str]] = []
    found: list[Wanted] = []
    for kind, value in given:
        if kind == NAMED:
            found.append(Wanted(value))
            continue
        key, equals, text = value.partition("=")
        if not equals:
            raise UsageError(
                f"--set takes KEY=VALUE, not '{value}'.", hint="For example: --set temperature=0.2"
            )
        if found:
            found[-1] = found[-1]._replace(changes=(*found[-1].changes, (key, text)))
        else:
            common.append((key, text))
    if not found:
        raise UsageError("There is nobody to compare.", hint='chatrepl compare -m alpha -m beta "text"')
    return [each._replace(changes=(*common, *each.changes)) for each in found]


def _connect(
    options: argparse.Namespace, wanted: Sequence[Wanted], environment: Environment
) -> tuple[LoadedSettings, wiring.Connection]:
    """Find the server that has the models. Where there is none and only profiles are asked, the first one's is begun with.

    Raises:
        ChatreplError: it cannot be had.
    """
    flags: dict[str, object] = {}
    if options.profile is not None:
        flags["profile"] = options.profile
    if options.system is not None:
        flags["system"] = options.system
    file = Path(options.config) if options.config else None
    loaded = wiring.load_settings(environment, flags, file)
    try:
        return loaded, _connected(loaded, environment, is_local=False)
    except NoProviderError:
        names = [each.name.removeprefix(PROFILE) for each in wanted]
        if len(names) < LEAST or not set(names) <= {*profile_names(loaded.settings)}:
            raise
    if names[0] == wiring.LOCAL_PROFILE and names[0] not in loaded.settings.profiles:
        return loaded, _connected(loaded, environment, is_local=True)
    loaded = wiring.load_settings(environment, {**flags, "profile": names[0]}, file)
    return loaded, _connected(loaded, environment, is_local=False)


def _connected(loaded: LoadedSettings, environment: Environment, *, is_local: bool) -> wiring.Connection:
    return wiring.connect(
        loaded,
        environment,
        wants_local=is_local,
        local_file=None,
        may_fall_back=False,
        on_progress=lambda _: None,
    )


def _asked(text: str, environment: Environment) -> str:
    """Return the words of the command line, and below them what was piped in.

    Raises:
        UsageError: there is neither.
    """
    piped = ""
    if not environment.stdin_is_terminal:
        raw = getattr(environment.stdin, "buffer", None)
        piped = raw.read().decode("utf-8", "replace") if raw is not None else environment.stdin.read()
    parts = (text.strip(), piped.removeprefix("\ufeff").strip("\n"))
    whole = "\n\n".join(part for part in parts if part.strip()).replace("\0", "")
    if not whole.strip():
        raise UsageError(
            "There is nothing to send: no text, and nothing on standard input.",
            hint='chatrepl compare -m alpha -m beta "text"',
        )
    return whole.encode("utf-8", "replace").decode("utf-8")
