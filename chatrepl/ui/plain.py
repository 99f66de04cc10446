"""The chat line by line: no redraws, no colour, no bar. For screen readers and terminals that cannot do more."""

from __future__ import annotations

from contextlib import closing

from chatrepl.commands.base import (
    Ask,
    ClearScreen,
    Clipboard,
    Command,
    Confirm,
    Context,
    Messages,
    Notice,
    Quit,
    Reply,
    Several,
    Table,
    Text,
)
from chatrepl.commands.registry import Line, Registry, parse_arguments, split_line
from chatrepl.environment import Environment
from chatrepl.errors import ChatreplError, ExitStatus
from chatrepl.exchange import Notice as Said
from chatrepl.exchange import RefusalDelta, TextDelta, explain_finish
from chatrepl.sanitise import Sanitiser, sanitise, sanitise_line
from chatrepl.session import Session
from chatrepl.turn import Cancelled, Completed, Failed, Kind, Planned
from chatrepl.worker import TurnWorker


class Plain:
    """A session at a poor terminal. A line that ends with a backslash goes on in the next one."""

    def __init__(
        self,
        session: Session,
        commands: tuple[Command, ...],
        environment: Environment,
        *,
        greeting: tuple[Notice | Messages, ...] = (),
        first_message: str | None = None,
    ) -> None:
        self.session = session
        self._environment = environment
        self._commands = commands
        self._registry = Registry(commands)
        self._greeting = greeting
        self._first_message = first_message
        self._has_left = False

    def run(self) -> ExitStatus:
        """Hold the session until the user leaves."""
        for notice in self._greeting:
            self._answer(notice)
        self._say_warnings()
        if self._first_message is not None:
            self._take(self._first_message)
        while not self._has_left:
            try:
                text = self._read()
            except EOFError:
                break
            except KeyboardInterrupt:
                self._write("\n(Ctrl-D or /quit leaves)\n")
                continue
            if text.strip():
                self.session.store.add_input(text, self.session.clock.now())
                self._take(text)
        return ExitStatus.OK

    def _read(self) -> str:
        lines: list[str] = []
        while True:
            self._write("> " if not lines else "  ")
            line = self._environment.stdin.readline()
            if not line:
                raise EOFError
            line = line.rstrip("\n").replace("\0", "").encode("utf-8", "replace").decode("utf-8")
            if not line.endswith("\\"):
                return "\n".join([*lines, line])
            lines.append(line[:-1])

    def _write(self, text: str) -> None:
        encoding = self._environment.stdout.encoding or "utf-8"
        self._environment.stdout.write(text.encode(encoding, "replace").decode(encoding))
        self._environment.stdout.flush()

    def _take(self, text: str) -> None:
        line = split_line(text)
        if not isinstance(line, Line):
            self._run_turn(Ask(Kind.ASK, line))
            return
        try:
            command = self._registry.find(line.name)
            arguments = parse_arguments(command, line.rest)
            context = Context(self.session, self._environment.expand, self._commands)
            self._answer(command.run(context, arguments))
        except ChatreplError as error:
            self._answer(Notice(error.message, "error", hint=error.hint))

    def _answer(self, reply: Reply) -> None:
        match reply:
            case Several(replies):
                for each in replies:
                    self._answer(each)
            case Quit():
                self._has_left = True
            case Ask():
                self._run_turn(reply)
            case Confirm(question, then):
                self._write(f"{sanitise_line(question)} (y/n) ")
                said = self._environment.stdin.readline().strip().lower()
                self._answer(then() if said in {"y", "yes"} else Notice("Nothing was done."))
            case Clipboard(text, what):
                self._write(f"{what}:\n{sanitise(text)}\n")
            case ClearScreen():
                pass
            case Notice(text, tone, hint):
                lead = "" if tone == "info" else f"{tone}: "
                self._write(f"{lead}{sanitise(text)}\n" + (f"{sanitise(hint)}\n" if hint else ""))
            case Text(text):
                self._write(sanitise(text) + "\n")
            case Table():
                self._write(_table(reply))
            case Messages():
                for message in reply.messages:
                    self._write(f"{message.role}: {sanitise(message.text)}\n")

    def _run_turn(self, ask: Ask) -> None:
        worker = TurnWorker(lambda cancellation: self.session.turn(ask.kind, ask.text, cancellation))
        sanitiser = Sanitiser()
        try:
            with closing(worker.events()) as events:
                for event in events:
                    match event:
                        case TextDelta(text) | RefusalDelta(text):
                            self._write(sanitiser.feed(text))
                        case Planned(plan) if plan.omitted:
                            self._write(
                                f"({len(plan.omitted)} oldest messages left out: the window is full)\n"
                            )
                        case Said(text):
                            self._write(f"({sanitise(text)})\n")
                        case Completed(message):
                            said = explain_finish(message.meta.finish_reason)
                            self._write(sanitiser.flush() + "\n" + (f"({said})\n" if said else ""))
                        case Cancelled():
                            self._write(sanitiser.flush() + "\n(interrupted)\n")
                        case Failed(error, _):
                            self._write(sanitiser.flush() + "\n")
                            self._answer(Notice(error.message, "error", hint=error.hint))
                        case _:
                            pass
        except KeyboardInterrupt:
            self._write("\n(interrupted; /continue asks for the rest, /retry asks again)\n")
        self._say_warnings()

    def _say_warnings(self) -> None:
        for warning in self.session.store.warnings():
            self._answer(Notice(warning, "warning"))


def _table(table: Table) -> str:
    rows = [": ".join(sanitise_line(cell) for cell in row if cell) for row in table.rows]
    return "\n".join([sanitise_line(table.title), *rows]) + "\n"
