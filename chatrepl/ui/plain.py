"""The chat line by line: no redraws, no colour, no bar. For screen readers and terminals that cannot do more."""

from __future__ import annotations

import textwrap
from contextlib import closing, suppress

from chatrepl.attachments import described
from chatrepl.commands.attach import send
from chatrepl.commands.base import (
    Ask,
    Choice,
    ClearScreen,
    Clipboard,
    Command,
    Compare,
    Confirm,
    Context,
    Draft,
    EditFile,
    Found,
    Messages,
    Meter,
    Notice,
    Pick,
    Prose,
    Quit,
    Reasoning,
    Reply,
    Sample,
    Several,
    Stop,
    Table,
    Text,
    ThroughTerminal,
)
from chatrepl.commands.guard import consent_to
from chatrepl.commands.registry import Line, Registry, parse_arguments, split_line
from chatrepl.environment import Environment
from chatrepl.errors import ChatreplError, ExitStatus
from chatrepl.messages import Message, Role
from chatrepl.sanitise import sanitise, sanitise_line
from chatrepl.session import Session
from chatrepl.turn import Cancelled, Failed, Kind
from chatrepl.ui.ascii import output_for
from chatrepl.ui.endings import ending
from chatrepl.ui.words import spell
from chatrepl.ui.writers import WordsWriter, follow, plain_writer
from chatrepl.worker import TurnWorker

PROMPT = "> "


class Plain:
    """A session at a poor terminal: see ``lines`` for messages of several lines."""

    def __init__(
        self,
        session: Session,
        commands: tuple[Command, ...],
        environment: Environment,
        *,
        greeting: tuple[Notice | Messages | Pick, ...] = (),
        first_message: str | None = None,
    ) -> None:
        self.session = session
        self._environment = environment
        self._commands = commands
        self._registry = Registry(commands)
        self._greeting = greeting
        self._first_message = first_message
        self._has_left = False
        self._output = output_for(environment, environment.stdout)

    def run(self) -> ExitStatus:
        """Hold the session until the user leaves."""
        for notice in self._greeting:
            self._answer(notice)
        self._say_warnings()
        if self._first_message is not None:
            self._write(f"{PROMPT}{sanitise(self._first_message)}\n")
            self._take(self._first_message)
        while not self._has_left:
            try:
                text = self._read()
                if text.strip():
                    self.session.store.add_input(text, self.session.clock.now())
                    self._take(text)
            except EOFError:
                self._write("\n")
                break
            except KeyboardInterrupt:  # at the prompt, or in a command that asks the server
                self._write("\n(Ctrl-D or /quit leaves)\n")
        with suppress(ChatreplError):
            self.session.tend_library()
        return ExitStatus.OK

    def _read(self) -> str:
        from chatrepl.ui.lines import read_message

        return read_message(
            self._read_line,
            lambda is_first: self._write(PROMPT if is_first else "  "),
            self._environment.has_input,
            self._say,
        )

    def _read_line(self) -> str:
        """Read a line as UTF-8, whatever the locale says.

        Raises:
            EOFError: where there is none.
        """
        raw = getattr(self._environment.stdin, "buffer", None)
        line = (
            raw.readline().decode("utf-8", "replace")
            if raw is not None
            else self._environment.stdin.readline().encode("utf-8", "replace").decode("utf-8")
        )
        if not line:
            raise EOFError
        return line.rstrip("\r\n").replace("\0", "")

    def _write(self, text: str) -> None:
        self._output.write(text)

    def _take(self, text: str) -> None:
        line = split_line(text)
        if not isinstance(line, Line):
            self._answer(send(self._context, line))
            return
        try:
            command = self._registry.find(line.name)
            arguments = parse_arguments(command, line.rest)
            self._answer(command.run(self._context, arguments))
        except ChatreplError as error:
            self._answer(Notice(error.message, "error", hint=error.hint))

    @property
    def _context(self) -> Context:
        return Context(self.session, self._environment.expand, self._commands, is_plain=True)

    def _answer(self, reply: Reply) -> None:
        match reply:
            case Several(replies):
                for each in replies:
                    self._answer(each)
            case Quit():
                self._has_left = True
            case Ask():
                self._run_turn(reply)
            case Confirm(question, then, otherwise):
                self._write(f"{sanitise_line(question)} (y/n) ")
                said = self._read_line().strip().lower()
                self._answer(then() if said in {"y", "yes"} else otherwise())
            case Compare():
                self._compare(reply)
            case Choice(question, count, then_go_on):
                self._write(f"{sanitise_line(question)} ")
                said = self._read_line().strip()
                if said.isdecimal() and 1 <= int(said) <= count:
                    self._answer(then_go_on(int(said)))
            case Stop():
                self._answer(Notice("Nothing is arriving."))
            case Clipboard(text, what):
                program = self.session.write_clipboard(text)
                if program is None:
                    self._write(f"{what}:\n{sanitise(text)}\n")
                else:
                    self._answer(Notice(f"Copied {what}: {len(text)} characters, with {program}."))
            case ThroughTerminal(text, what):
                self._write(f"{what}:\n{sanitise(text)}\n")
            case ClearScreen():
                pass
            case EditFile():
                from chatrepl.ui.editor import edit

                self._answer(edit(reply))
            case Draft(text, notice):
                self._write(self._wrapped(sanitise(notice)))
                self._write(f"{sanitise(text)}\n")
            case Meter(title, parts):
                self._write(self._wrapped(sanitise_line(title)))
                for part in parts:
                    self._write(f"{part.name}: {part.size}\n")
            case Notice(text, tone, hint):
                lead = "" if tone == "info" else f"{tone}: "
                self._write(
                    self._wrapped(lead + sanitise(text)) + (self._wrapped(sanitise(hint)) if hint else "")
                )
            case Text(text) | Sample(text) | Reasoning(text):
                self._write(sanitise(text) + "\n")
            case Prose(text):
                self._write(self._wrapped(sanitise(text)))
            case Table():
                for line in (reply.title, *(": ".join(filter(None, row)) for row in reply.rows)):
                    self._write(self._wrapped(sanitise_line(line)))
            case Messages():
                self._show(reply)
            case Found(messages):
                for number, message in enumerate(messages, start=1):
                    head = f"{number}. {message.title}, {message.when}, {message.who}"
                    self._write(self._wrapped(sanitise_line(head)))
                    self._write(self._wrapped(sanitise_line(message.excerpt.text)))
            case Pick(words):
                self._take(f"/chats {words}".strip())

    def _show(self, shown: Messages) -> None:
        """Show messages as they stand in the chat."""
        if shown.omitted_count:
            noun = "message" if shown.omitted_count == 1 else "messages"
            self._write(f"({shown.omitted_count} earlier {noun})\n")
        elif shown.has_earlier:
            self._write("(/history shows what is earlier)\n")
        for message in shown.messages:
            if message.id in shown.versions:
                self._write(f"(version {shown.versions[message.id]})\n")
            if message.role is Role.USER:
                self._write(f"{PROMPT}{sanitise(message.text)}\n")
                for part in message.attachments:
                    self._say(f"attached: {described(part)}")
            elif message.is_reply:
                self._write(spell(sanitise(message.text)))
                self._say_ending(message)
            else:
                self._write(f"{message.role}: {sanitise(message.text)}\n")
        if shown.notice:
            self._answer(Notice(shown.notice))

    def _say(self, text: str) -> None:
        self._write(self._wrapped(f"({sanitise_line(text)})"))

    def _wrapped(self, text: str) -> str:
        """Break what chatrepl itself says between words; what a model says is left as it is, to be copied."""
        width = max(20, self._environment.columns - 1)
        rows = [
            row
            for line in text.split("\n")
            for row in textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]
        ]
        return "".join(f"{row}\n" for row in rows)

    def _say_ending(self, message: Message) -> None:
        said = ending(message)
        if said:
            self._say(said)

    def _run_turn(self, ask: Ask) -> None:
        unfinished = self.session.reply(None) if ask.kind is Kind.CONTINUE else None
        writer = plain_writer(self.session, self._output, self._say)
        if unfinished is not None:
            writer.go_on_from(unfinished.text)
        worker = TurnWorker(
            lambda cancellation: self.session.turn(
                ask.kind,
                ask.text,
                cancellation,
                has_consent=ask.has_consent,
                attachments=ask.attachments,
            )
        )
        try:
            with closing(worker.events()) as events:
                end = follow(events, writer)
        except KeyboardInterrupt:  # the turn was stopped by it, and what had come is stored
            end = self._stopped(writer)
        match end:
            case Failed(error, _):
                self._answer(Notice(error.message, "error", hint=error.hint))
                question = consent_to(end, self.session, ask.kind)
                if question is not None:
                    self._answer(question)
            case None:
                pass
            case _:
                self._say_ending(end.message)
                self.session.begin_title()
        self._say_warnings()

    def _compare(self, compare: Compare) -> None:
        from chatrepl.commands.compare import after_comparison
        from chatrepl.ui.plain_comparison import show

        comparison = self.session.compare(
            compare.candidates,
            compare.text,
            has_consent=compare.has_consent,
            attachments=compare.attachments,
        )
        failure = show(comparison, self._output, self._say)
        if failure is not None:
            self._answer(Notice(failure.error.message, "error", hint=failure.error.hint))
        self._say_warnings()
        answer = after_comparison(self.session, compare, failure, may_ask=True)
        if answer is not None:
            self._answer(answer)
        self.session.begin_title()

    def _stopped(self, writer: WordsWriter) -> Cancelled | None:
        """Show the end of a reply that was stopped by Ctrl-C, which the terminal itself has shown in its line."""
        if self._output.is_new_line:
            self._write("\n")
        reply = self.session.reply(None)
        if reply is None or reply.id != self.session.conversation.tip:
            self._say("interrupted; /retry asks again")
            return None
        end = Cancelled(reply)
        writer.ended(end)
        return end

    def _say_warnings(self) -> None:
        for warning in (*self.session.store.warnings(), *self.session.news()):
            self._answer(Notice(warning, "warning"))
