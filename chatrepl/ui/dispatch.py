"""Decides what becomes of a line that was entered: a command is run beside the loop, a message is sent or waits its turn."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from chatrepl.errors import ChatreplError
from chatrepl.ui.queue import Queue
from chatrepl.ui.shell_line import ShellLine, command_of, literal_of

if TYPE_CHECKING:  # commands and turns are loaded while the user types
    from chatrepl.commands.base import (
        Choice,
        Clipboard,
        Command,
        Confirm,
        Context,
        EditFile,
        QueueChange,
        Reply,
    )
    from chatrepl.commands.registry import Line, Registry
    from chatrepl.environment import Environment
    from chatrepl.session import Session
    from chatrepl.ui.markdown import BlockRenderer
    from chatrepl.ui.prompt import View
    from chatrepl.ui.screen import ChatApplication
    from chatrepl.ui.status import StatusSource
    from chatrepl.ui.turn_runner import TurnRunner


class Dispatcher:
    """What was entered, what waits, and what is answered.

    Args:
        commands: Returns what can be typed after a slash; called when it is first needed.
        renderer: Makes a renderer for the present width.
        turns: Runs the turns.
        on_quit: Called by a command that ends the program.
        on_idle: Called when a command has ended.
        on_draft: Puts a text into the input line.
        shell: Runs what stands after ``!``.
        on_pick: Opens the list of chats, with the words that are searched for at first.
        on_take_output: Puts the output of the last shell command into the input line.
        on_edit: Opens a file in the user's editor.
    """

    def __init__(
        self,
        session: Session,
        commands: Callable[[], tuple[Command, ...]],
        environment: Environment,
        application: ChatApplication,
        view: View,
        status: StatusSource,
        renderer: Callable[[], BlockRenderer],
        turns: TurnRunner,
        shell: ShellLine,
        on_quit: Callable[[], None],
        on_idle: Callable[[], None],
        on_draft: Callable[[str], None],
        on_pick: Callable[[str], None],
        on_take_output: Callable[[], None],
        on_edit: Callable[[EditFile], None],
    ) -> None:
        self._session = session
        self._commands = commands
        self._environment = environment
        self._app = application
        self._view = view
        self._status = status
        self._renderer = renderer
        self._turns = turns
        self._on_quit = on_quit
        self._on_idle = on_idle
        self._on_draft = on_draft
        self._on_pick = on_pick
        self._on_take_output = on_take_output
        self.shell = shell
        self._on_edit = on_edit
        self._all: Registry | None = None
        self._queue = Queue()
        self._running: _RunningCommand | None = None
        self._questions: deque[Confirm] = deque()
        """The first is asked, the others wait."""
        self._typed: dict[str, str] = {}
        """Of messages that wait: the words in which names count, where pasted text was left out of them."""
        self._choice: Choice | None = None

    @property
    def registry(self) -> Registry:
        """The commands, by their names."""
        if self._all is None:
            from chatrepl.commands.registry import Registry

            self._all = Registry(self._commands())
        return self._all

    def context(self) -> Context:
        """Return what a command works with just now."""
        from chatrepl.commands.base import Context

        return Context(
            self._session,
            self._environment.expand,
            self.registry.commands,
            is_streaming=self._turns.is_running,
            queued=tuple(self._queue),
        )

    # What was entered.

    def enter(self, text: str, typed: str | None = None) -> None:
        """Run a command; send a message, or put it into the queue while something else is going on.

        Args:
            text: What was entered.
            typed: Its words in which names of files count. None: all of them.
        """
        from chatrepl.commands.registry import Line, split_line

        line = split_line(text)
        if isinstance(line, Line):
            self._run_command(text, line)
        elif self._has_to_wait:
            if typed is not None and typed != text:
                self._typed[text] = typed
            self._enqueue(text)
        elif (command := command_of(text)) is not None:
            self._print_echo(text)
            self.shell.start(command)
        else:
            self._send(literal_of(line), self._typed.pop(text, text) if typed is None else typed)

    def confirm_shell(self, command: str) -> None:
        """Ask before a command is run that was not typed, such as one that was pasted."""
        from chatrepl.commands.base import Confirm, Notice, RunShell
        from chatrepl.sanitise import sanitise_line

        question = f"Run in your shell what was not typed: {sanitise_line(command)}?"
        self.answer(Confirm(question, lambda: RunShell(command), lambda: Notice("Nothing was run.")))

    def _send(self, text: str, typed: str) -> None:
        from chatrepl.commands.attach import needs_gathering, send
        from chatrepl.commands.base import Ask
        from chatrepl.turn import Kind

        context = self.context()
        if needs_gathering(context, typed):
            self.run("attach", lambda: send(context, text, typed))
        else:
            self._turns.start(Ask(Kind.ASK, text))

    def _run_command(self, text: str, line: Line) -> None:
        from chatrepl.commands.registry import parse_arguments

        try:
            command = self.registry.find(line.name)
            arguments = parse_arguments(command, line.rest)
        except ChatreplError as error:
            self._print_echo(text)
            self.say(error.message, "error", error.hint)
            return
        context = self.context()
        if (
            self._running is not None
            or self._questions
            or (command.when(context) is not None and self._turns.is_running)
        ):
            self._enqueue(text)
            return
        self._print_echo(text)
        self.run(command.name, lambda: command.run(context, arguments))

    def run(self, name: str, work: Callable[[], Reply]) -> None:
        """Do what a command does, in a thread of its own, and answer what it says."""
        self._running = _RunningCommand(name, work, self._ended)

    def _ended(self, command: _RunningCommand) -> None:
        """Answer what a command has said, or that it failed; of one that is not waited for, only what it shows."""
        is_awaited = command is self._running
        if is_awaited:
            self._running = None
        if isinstance(command.error, ChatreplError):
            self.say(command.error.message, "error", command.error.hint)
        elif command.error is not None:
            self.say(f"chatrepl made a mistake: {type(command.error).__name__}: {command.error}", "error")
        elif command.reply is not None and (is_awaited or _is_only_shown(command.reply)):
            self.answer(command.reply)
        self._on_idle()
        self.next_in_queue()

    def stop_waiting(self) -> bool:
        """Give the prompt back while a command still runs. False: none does."""
        command, self._running = self._running, None
        if command is None:
            return False
        self.say(f"Not waiting for /{command.name} any more; what it has to show comes when it is done.")
        self.next_in_queue()
        return True

    # What waits.

    @property
    def _has_to_wait(self) -> bool:
        """Whether a message cannot be sent now."""
        is_choosing = self._view.panel is not None
        is_busy = self._turns.is_running or self._running is not None or self.shell.is_running
        return is_busy or bool(self._questions) or is_choosing

    def _enqueue(self, text: str) -> None:
        self._queue.add(text)
        self._show_queue()

    def take_back(self) -> str | None:
        """Return the message that was queued last, which then waits no more. None: none waits."""
        if not self._queue:
            return None
        text = self._queue.take()
        self._show_queue()
        return text

    def walk_queue(self, by: int, line: str) -> str | None:
        """Return the queued message before or after the one in the line; see ``Queue.walk``."""
        text = self._queue.walk(by, line)
        if text is not None:
            self._show_queue()
        return text

    def forget_place(self) -> None:
        """Let a message that was taken back not return to its place."""
        self._queue.forget_place()

    def _change_queue(self, change: QueueChange) -> None:
        """Do what ``/queue`` asks for, unless the message was sent meanwhile."""
        texts = list(self._queue)
        place = change.number - 1
        if change.kind == "clear":
            self._queue.clear()
            self.say("Nothing waits any more.")
        elif texts[place : place + 1] != [change.text]:
            self.say("That message does not wait any more: it was sent meanwhile.", "warning")
        elif change.kind == "drop":
            self._queue.drop(place)
            self.say(f"Message {change.number} of the queue is dropped.")
        else:
            self._on_draft(self._queue.take(place))
        self._show_queue()

    def _show_queue(self) -> None:
        self._view.queued = [
            f"queued: {' '.join(text.split())[: max(10, self._environment.columns - 20)]}"
            for text in self._queue
        ]
        self._status.queued_count = len(self._queue)
        self._app.invalidate()

    def next_in_queue(self) -> None:
        """Go on with what waits, if it can be now."""
        while self._queue and not self._has_to_wait:
            text = self._queue.next()
            self._show_queue()
            self.enter(text)

    # Questions.

    @property
    def has_question(self) -> bool:
        """Whether a question waits for its answer."""
        return bool(self._questions)

    def decide(self, *, yes: bool) -> None:
        """Answer the question that stands above the input line."""
        if not self._questions:
            return
        confirm = self._questions.popleft()
        self._show_question()
        self.answer(confirm.then() if yes else confirm.otherwise())
        self.next_in_queue()

    def _show_question(self) -> None:
        choice = self._choice.question if self._choice is not None else ""
        self._view.question = f"{self._questions[0].question} (y/n)" if self._questions else choice
        self._app.invalidate()

    @property
    def choices(self) -> int:
        """How many numbers can be chosen from. 0: none, there is no such question."""
        return self._choice.count if self._choice is not None else 0

    def choose(self, number: int | None) -> None:
        """Answer the question for a number. None: without choosing."""
        choice, self._choice = self._choice, None
        if choice is None:
            return
        self._show_question()
        if number is not None:
            self.run("pick", lambda: choice.then(number))

    # What is answered.

    def say(
        self, text: str, tone: Literal["info", "warning", "error"] = "info", hint: str | None = None
    ) -> None:
        """Print a notice."""
        from chatrepl.commands.base import Notice

        self.answer(Notice(text, tone, hint))

    def answer(self, reply: Reply) -> None:
        """Print a reply, or do what it asks for."""
        from chatrepl.commands.base import (
            Ask,
            Choice,
            ClearScreen,
            Clipboard,
            Compare,
            Confirm,
            Draft,
            EditFile,
            Pick,
            QueueChange,
            Quit,
            RunShell,
            Several,
            Stop,
            TakeOutput,
            ThroughTerminal,
        )

        match reply:
            case Several(replies):
                for each in replies:
                    self.answer(each)
            case Quit():
                self._on_quit()
            case ClearScreen():
                self._app.clear_screen()
            case Pick(words):
                self._on_pick(words)
            case EditFile():
                self._on_edit(reply)
            case Ask():
                self._turns.start(reply)
            case Compare():
                self._turns.start_comparison(reply)
            case Stop(number):
                self._stop(number)
            case Choice():
                self._choice = reply
                self._show_question()
            case Confirm():
                self._questions.append(reply)
                self._show_question()
            case QueueChange():
                self._change_queue(reply)
            case RunShell(command):
                self.enter(f"!{command}")
            case TakeOutput():
                self._on_take_output()
            case Draft(text, notice):
                self._on_draft(text)
                self.say(notice)
            case Clipboard():
                self.run("copy", lambda: self._copied(reply))
            case ThroughTerminal(text, what):
                self._copy_through_terminal(text, what)
            case _:
                from chatrepl.ui.replies import draw

                self._app.print_above([*draw(reply, self._renderer()), ""])

    def _stop(self, number: int | None) -> None:
        if number is None and self._turns.is_running:
            self._turns.cancel()
        elif number is None or not self._turns.stop_one(number):
            self.say("There is nothing of that number to stop." if number else "Nothing is arriving.")

    def _copied(self, clip: Clipboard) -> Reply:
        """Hand a text to a program that puts it on the clipboard, or else to the terminal."""
        from chatrepl.commands.base import Notice, ThroughTerminal

        program = self._session.write_clipboard(clip.text)
        if program is None:
            return ThroughTerminal(clip.text, clip.what)
        return Notice(f"Copied {clip.what}: {len(clip.text)} characters, with {program}.")

    def _copy_through_terminal(self, text: str, what: str) -> None:
        from chatrepl.ui.clipboard import LIMIT_CHARS, encoded, osc52

        self._app.output.write_raw(osc52(text, self._environment.variables))
        self._app.output.flush()
        if len(encoded(text)) > LIMIT_CHARS:
            said = f"Handed {what} to the terminal: {len(text)} characters, more than many terminals take."
            self.say(said, "warning", "/write FILE writes it to a file.")
        else:
            self.say(f"Copied {what}: {len(text)} characters, if the terminal allows it.")

    def _print_echo(self, text: str) -> None:
        from chatrepl.ui.reply_view import user_lines

        self._app.print_above([*user_lines(self._renderer(), text), ""])


def _is_only_shown(reply: Reply) -> bool:
    """Whether a reply does nothing but stand in the scrollback."""
    from chatrepl.commands import base

    if isinstance(reply, base.Several):
        return all(map(_is_only_shown, reply.replies))
    acts = (base.Ask, base.ClearScreen, base.Confirm, base.EditFile, base.Pick, base.Quit)
    compares = (base.Choice, base.Compare, base.Stop)
    others = (base.Clipboard, base.QueueChange, base.RunShell, base.TakeOutput, base.ThroughTerminal)
    return not isinstance(reply, (*acts, *compares, *others))


class _RunningCommand:
    """A command in a thread of its own, so that one that asks the server or reads a file holds up no key.

    The thread does not hold up the end of the program either.

    Args:
        on_end: Called in the loop when it is done.
    """

    def __init__(
        self, name: str, run: Callable[[], Reply], on_end: Callable[[_RunningCommand], None]
    ) -> None:
        self.name = name
        self.reply: Reply | None = None
        self.error: Exception | None = None
        loop = asyncio.get_running_loop()

        def work() -> None:
            try:
                self.reply = run()
            except Exception as error:  # noqa: BLE001 - a mistake in a command must not end the session
                self.error = error
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(on_end, self)

        threading.Thread(target=work, name=f"chatrepl-{name}", daemon=True).start()
