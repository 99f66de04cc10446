"""The loop: takes lines, runs commands and turns, and shows what comes of them.

The application runs in the main thread for the whole session. Turns run in a thread of their own and are drawn by
``TurnRunner``; what is entered goes through ``Dispatcher``, which runs commands in another thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Literal

from prompt_toolkit.document import Document
from prompt_toolkit.input import create_input

from chatrepl.environment import ENDING_SIGNALS, Environment
from chatrepl.errors import ChatreplError, ExitStatus
from chatrepl.keymap import Keymap, show_keys
from chatrepl.ui.attention import Attention
from chatrepl.ui.bindings import build_bindings
from chatrepl.ui.completion import CommandCompleter, PathMenu
from chatrepl.ui.dispatch import Dispatcher
from chatrepl.ui.drafts import Drafts
from chatrepl.ui.key_help import KeyHelp
from chatrepl.ui.line_editing import LineEditing
from chatrepl.ui.mode import Mode
from chatrepl.ui.output import HeldOutput
from chatrepl.ui.picking import Picking
from chatrepl.ui.prompt import InputLine, StoredHistory, View, build_application
from chatrepl.ui.screen import ChatApplication
from chatrepl.ui.shell_line import ShellLine, command_of, escaped
from chatrepl.ui.status import StatusSource
from chatrepl.ui.theming import Theming
from chatrepl.ui.turn_runner import TurnRunner

if TYPE_CHECKING:  # commands and turns are loaded while the user types
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

    from chatrepl.commands.base import Command, Compare, Context, EditFile, Messages, Notice, Pick, Reply
    from chatrepl.line_ports import Paths, Shell
    from chatrepl.session import Session
    from chatrepl.summariser import Outcome
    from chatrepl.turn import Failed, Kind
    from chatrepl.ui.compare_view import CompareView
    from chatrepl.ui.markdown import BlockRenderer

SWITCH_S = 0.001
"""How long a key waits at most for the thread that reads a reply to let go of the interpreter."""
RECALL_DELAY_S = 0.05
WARM_UP_DELAY_S = 0.1
"""The prompt is drawn and takes the first keys before anything else is loaded beside it."""
FLASH_S = 4.0
LEAVE_WINDOW_S = 2.0
"""Ctrl-C twice within this time leaves."""


class Repl:
    """A session at a terminal.

    Args:
        session: What is talked with.
        commands: Returns what can be typed after a slash; called when it is first needed.
        environment: The terminal.
        warm_up: Imports what is needed later; run in a thread once the prompt is up.
        greeting: Lines said first.
        first_message: Sent as soon as the prompt is up. None: nothing is.
        shell: Runs what stands after ``!``. None: nothing does.
        paths: Returns what finds paths after ``@``; called when that is first typed. None: nothing does.
        opening: Opens a chat once the prompt is up; what is entered before it is open waits. None: it is a new one.
    """

    def __init__(
        self,
        session: Session,
        commands: Callable[[], tuple[Command, ...]],
        environment: Environment,
        *,
        warm_up: Callable[[], None] = lambda: None,
        greeting: tuple[Notice | Messages | Pick, ...] = (),
        first_message: str | None = None,
        opening: Callable[[], Reply] | None = None,
        shell: Shell | None = None,
        paths: Callable[[], Paths] | None = None,
        input: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self.session = session
        self._environment = environment
        self._warm_up = warm_up
        self._greeting = greeting
        self._first_message = first_message
        self._opening = opening
        self._view = View()
        self._status = StatusSource(session, is_unicode=environment.is_unicode)
        self._view.bar = self._status.fragments
        self._view.chips = self._status.chips
        self._editing = LineEditing(
            lambda: session.settings.terminal.fold_paste_chars, self._clean, self._flash_a_while
        )
        self._keymap = Keymap(session.settings.keys)
        self._is_leaving = False
        self._later: list[str] = []
        """What is said once no reply is arriving."""
        self._interrupted_at = float("-inf")
        self._exit_status: int = ExitStatus.OK
        self._history = StoredHistory(self._load_history, self._add_history)
        self._app: ChatApplication = build_application(
            self._view,
            input=input or create_input(environment.stdin),
            output=output or HeldOutput.on(environment),
            bindings=build_bindings(self, self._editing, "DEFAULT_BUFFER", self._keymap),
            history=self._history,
            completer=CommandCompleter(
                lambda: self._lines.registry,
                self._context,
                paths and PathMenu(paths, lambda: self._buffer),
                lambda: self._app.output.get_size().columns,
            ),
            reflows=environment.reflows,
        )
        self._buffer: InputLine = self._app.layout.get_buffer_by_name("DEFAULT_BUFFER")  # type: ignore[assignment]
        self._editing.attach(self._buffer)
        self._help = KeyHelp(self._view, self._keymap, self._size)
        self._app.key_processor.before_key_press += lambda _: self._help.key_pressed()
        self._mode = Mode(self._app, session, self._keymap)
        self._status.mode = self._mode.shown
        self._turns = TurnRunner(
            session,
            self._app,
            self._view,
            self._status,
            self._renderer,
            self._turn_ended,
            self._comparison_ended,
        )
        picking = Picking(
            session,
            self._app,
            self._view,
            self._status,
            lambda: self._lines,
            is_unicode=environment.is_unicode,
        )
        self._lines = Dispatcher(
            session,
            commands,
            environment,
            self._app,
            self._view,
            self._status,
            self._renderer,
            self._turns,
            ShellLine(
                shell,
                self._app.print_above,
                self._say_shell,
                self._shell_changed,
                lambda: session.settings.terminal.shell_timeout_s,
            ),
            on_quit=self._leave,
            on_idle=self._command_ended,
            on_draft=self._put_draft,
            on_pick=picking.open,
            on_take_output=self.take_output,
            on_edit=self._edit_file,
        )
        self._theming = Theming(session, self._say_problem, environment.variables)
        self._attention = Attention(session, self._tell_terminal, environment.variables)
        self._turns.on_begin = self._attention.turn_began
        self._buffer.enter_screen = self._attention.resume
        self._buffer.leave_screen = self._leave_screen
        self._drafts = Drafts(
            session, self._buffer, self._editing, self._status, self._add_history, self._in_background
        )
        self._buffer.on_text_changed += lambda _buffer: self._draft_changed()

    def _context(self) -> Context:
        return self._lines.context()

    def run(self) -> int:
        """Hold the session until the user leaves, or the terminal is gone."""
        sys.setswitchinterval(SWITCH_S)
        try:
            self._app.run(pre_run=self._begin, handle_sigint=False, set_exception_handler=False)
        except EOFError:  # nobody can type any more
            self._is_leaving = True
            self._turns.abandon()
            self._drafts.save()
        finally:
            self._attention.end()
        return self._exit_status

    def _leave_screen(self) -> None:
        """Give the terminal to an editor."""
        self._attention.suspend()
        if self._app.line is not None:
            self._app.line.drain()

    def _tell_terminal(self, sequence: str) -> None:
        self._app.output.write_raw(sequence)
        self._app.output.flush()

    def focus_changed(self, *, has_focus: bool) -> None:
        """The terminal told that the user looks here, or elsewhere."""
        self._attention.focus_changed(has_focus=has_focus)

    # What happens at the beginning and at the end.

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        for number in ENDING_SIGNALS:
            with contextlib.suppress(
                ValueError, RuntimeError
            ):  # not in the main thread: a test; or on Windows
                loop.add_signal_handler(number, self._told_to_end, number)
        if self._app.line is not None:
            self._app.line.on_closed = partial(_call_in, loop, self._leave)
        self._attention.begin()
        for notice in self._greeting:
            self._lines.answer(notice)
        self._app.create_background_task(self._get_ready(loop))

    async def _get_ready(self, loop: asyncio.AbstractEventLoop) -> None:
        ready = asyncio.Event()

        def work() -> None:
            with contextlib.suppress(Exception):  # what fails here fails again, with words, when it is needed
                _ = self.session.store
                _call_in(loop, self._library_opened)
                self._warm_up()
                self.session.prepare()
                self.session.tend_library()
            _call_in(loop, ready.set)

        if self._opening is not None:
            self._lines.run("resume", self._opening)
        if self._first_message is not None:
            self._lines.enter(escaped(self._clean(self._first_message)))
        await asyncio.sleep(WARM_UP_DELAY_S)
        self._theming.follow(self._app)
        self._theming.ask(self._app)
        threading.Thread(target=work, name="chatrepl-warm-up", daemon=True).start()
        await ready.wait()
        gc.freeze()  # what is loaded by now stays: a reply is not held up by looking for garbage in it
        gc.enable()
        self._refresh_status()

    def _library_opened(self) -> None:
        """Bring back the draft of the last run; where something was typed by now, it goes into the history."""
        if self._history.is_open:
            return
        self._history.open()
        if said := self._drafts.open():
            self._later.append(said)
        self._say_warnings()
        self._app.invalidate()

    def _command_ended(self) -> None:
        """Where another chat is open now, go on with its draft."""
        self._drafts.follow_chat()
        self._attention.show_title()
        self._theming.follow(self._app)
        self._mode.follow_settings()
        self._refresh_status()

    def _edit_file(self, wanted: EditFile) -> None:
        """Open a file in the user's editor, as Ctrl-G does with the message."""
        from chatrepl.ui.editor import edit_in_terminal

        line = self._app.line
        self._app.create_background_task(
            edit_in_terminal(wanted, self._lines.answer, (lambda: None) if line is None else line.drain)
        )

    def _told_to_end(self, number: int) -> None:
        self._exit_status = 128 + number
        self._leave()

    def _leave(self) -> None:
        if self._app.is_done:
            return
        self._is_leaving = True
        self._app.forget_waiting()
        self._turns.stop()
        self._drafts.save()
        self._app.exit()

    def _put_draft(self, text: str) -> None:
        self._drafts.put(text)

    # What the keys ask for.

    def submit(self) -> None:
        """Send what stands in the input line, or put it into the queue while a reply arrives."""
        typed = self._buffer.text
        text = self._editing.pastes.unfold(typed)
        if not text.strip():
            self._buffer.reset()
            return
        is_from_elsewhere = self._editing.is_command_from_elsewhere
        self._buffer.append_to_history()
        self._buffer.reset()
        self._mode.begin_line()
        self._drafts.forget()
        text = self._clean(text)
        command = command_of(text)
        if command is not None and is_from_elsewhere:
            self._lines.confirm_shell(command)
        else:
            self._lines.enter(text, typed)  # what was pasted at length names no files

    def escape(self) -> None:
        """Take the last queued message back into an empty line, else stop what is going on."""
        text = None if self._buffer.text else self._lines.take_back()
        if text is None:
            self._stop()
        else:
            self._put_queued(text)

    def walk_queue(self, by: int) -> bool:
        """Take the queued message before (-1) or after (1) into the line. False: there is none to take."""
        text = self._lines.walk_queue(by, self._editing.pastes.unfold(self._buffer.text))
        if text is not None:
            self._put_queued(text)
        return text is not None

    def _put_queued(self, text: str) -> None:
        self._buffer.document = Document(self._editing.folded(self._editing.pastes.refold(text)))

    def show_help(self) -> None:
        """Show the keys, or more of them."""
        self._help.show()

    @property
    def is_help_closing(self) -> bool:
        """Whether the key that was just pressed has closed the list of keys."""
        return self._help.is_closing

    @property
    def is_multiline(self) -> bool:
        """Whether Enter begins a new line."""
        return self.session.settings.terminal.multiline

    def take_output(self) -> None:
        """Put the output of the last shell command into the message."""
        output = self._lines.shell.last
        if output is None:
            self._flash_a_while("no command has written anything: !COMMAND runs one")
        else:
            self._editing.insert_output(self._buffer, output.as_message())

    def interrupt(self) -> None:
        """Stop what is going on, else put the draft into the history, else leave when pressed twice."""
        now = time.monotonic()
        if self._stop():
            return
        if self._buffer.text:
            self._buffer.append_to_history()
            self._buffer.reset()
            self._lines.forget_place()
        elif now - self._interrupted_at < LEAVE_WINDOW_S:
            self._leave()
        else:
            self._interrupted_at = now
            self._status.flash("Ctrl-C again leaves")
            asyncio.get_running_loop().call_later(LEAVE_WINDOW_S, self._unflash)

    def _stop(self) -> bool:
        """Stop the reply, or the wait for a command, or a print that a slow line has not taken. False: there is none."""
        if self._turns.is_running:
            self._turns.cancel()
            return True
        if self._lines.shell.stop() or self._lines.stop_waiting():
            return True
        count = self._app.forget_waiting()
        if count:
            self._lines.say(f"{count} lines more were not printed.")
        return count > 0

    def _flash_a_while(self, text: str) -> None:
        self._status.flash(text)
        self._app.invalidate()
        asyncio.get_running_loop().call_later(FLASH_S, self._unflash)

    def _unflash(self) -> None:
        self._status.flash("")
        self._app.invalidate()

    def leave(self) -> None:
        """End chatrepl."""
        self._leave()

    def clear_screen(self) -> None:
        """Empty the visible screen."""
        self._app.clear_screen()

    @property
    def has_question(self) -> bool:
        """Whether a question waits for its answer."""
        return self._lines.has_question

    @property
    def choices(self) -> int:
        """How many numbers can be chosen from. 0: nothing is to be chosen."""
        return 0 if self._buffer.text else self._lines.choices

    def choose(self, number: int | None) -> None:
        """Choose a number. None: none of them."""
        self._lines.choose(number)

    @property
    def has_history(self) -> bool:
        """Whether what was typed in other runs is loaded."""
        return self._history.is_open

    def recall(self) -> None:
        """Load what was typed in other runs, and go back by one as soon as it is there."""
        self._library_opened()
        asyncio.get_running_loop().call_later(RECALL_DELAY_S, self._buffer.auto_up)

    def answer(self, *, yes: bool) -> None:
        """Answer the question that stands above the input line.

        Not before the key is done with: what is drawn until then shows it as if it were typed.
        """
        asyncio.get_running_loop().call_soon(partial(self._lines.decide, yes=yes))

    # What was typed.

    def _clean(self, text: str) -> str:
        cleaned = text.replace("\0", "")
        removed = len(text) - len(cleaned)
        repaired = cleaned.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        if removed or repaired != cleaned:
            self._flash_a_while("removed characters that are not text")
        return repaired

    # What stands after ! and @.

    def _say_shell(self, text: str, tone: Literal["info", "warning", "error"]) -> None:
        keys = self._keymap.keys("take_output")
        way = f"{show_keys(keys[0])} or /output" if keys else "/output"
        has_output = self._lines.shell.last is not None
        self._lines.say(text, tone, f"{way} puts the output into your message." if has_output else None)

    def _shell_changed(self, command: str | None) -> None:
        self._status.show_activity("" if command is None else "shell command, Esc stops")
        self._app.invalidate()
        if command is None:
            self._lines.next_in_queue()

    def _size(self) -> tuple[int, int]:
        size = self._app.output.get_size()
        return size.columns, size.rows

    # What is drawn.

    def _renderer(self) -> BlockRenderer:
        from chatrepl.ui.look import renderer_for

        return renderer_for(self._environment, self.session.settings.terminal, self._theming.theme)

    def _say_problem(self, error: ChatreplError) -> None:
        self._lines.say(error.message, "error", error.hint)

    def _say_warnings(self) -> None:
        later, self._later = self._later, []
        for text in later:
            self._lines.say(text)
        for warning in (*self.session.store.warnings(), *self.session.news()):
            self._lines.say(warning, "warning")

    def _turn_ended(self, kind: Kind, defect: BaseException | None, failure: Failed | None) -> None:
        if defect is not None:
            self._lines.say(f"chatrepl made a mistake: {type(defect).__name__}: {defect}", "error")
        self._say_warnings()
        if kind.value != "ask":
            self._say_version()
        self._attention.turn_ended()
        if not self._is_leaving:
            self._refresh_status()
            if failure is not None:
                from chatrepl.commands.guard import consent_to

                question = consent_to(failure, self.session, kind)
                if question is not None:
                    self._lines.answer(question)
            self._lines.next_in_queue()
            self._begin_summary()
            if not self._turns.is_running:
                self._in_background(self.session.begin_title)

    def _comparison_ended(self, compare: Compare, view: CompareView) -> None:
        defect = view.worker.defect
        if defect is not None:
            self._lines.say(f"chatrepl made a mistake: {type(defect).__name__}: {defect}", "error")
        self._say_warnings()
        self._attention.turn_ended()
        if not self._is_leaving:
            from chatrepl.commands.compare import after_comparison

            is_free = not self._buffer.text and not self._status.queued_count
            answer = after_comparison(self.session, compare, view.failure, may_ask=is_free)
            if answer is not None:
                self._lines.answer(answer)
            self._refresh_status()
            self._lines.next_in_queue()
            if not self._turns.is_running:
                self._in_background(self.session.begin_title)

    def _say_version(self) -> None:
        """Say that the last reply stands beside others."""
        from chatrepl.branches import place_among_siblings

        reply = self.session.conversation.last_reply()
        if reply is not None and reply.id == self.session.conversation.tip:
            place, count = place_among_siblings(self.session.conversation, reply.id)
            if count > 1:
                self._lines.say(
                    f"\u2039{place}/{count}\u203a /sibling shows the others, /diff compares them."
                )

    def _begin_summary(self) -> None:
        """Have the older part of the chat summarised where it is time, beside everything else."""
        if self.session.settings.window.strategy != "summarise":
            return
        loop = asyncio.get_running_loop()

        def done(outcome: Outcome) -> None:
            _call_in(loop, partial(self._summary_is_there, outcome))

        self._in_background(lambda: self.session.begin_summary(done))

    def _summary_is_there(self, outcome: Outcome) -> None:
        if outcome.summary is not None or outcome.is_failure:
            self._later.append(outcome.said)
        if not self._turns.is_running:
            self._say_warnings()
            self._refresh_status()

    # What stands in the bar, and what is kept of a draft.

    def _refresh_status(self) -> None:
        self._in_background(self._status.measure_chat)

    def _draft_changed(self) -> None:
        if self._lines.choices and self._buffer.text:
            self._lines.choose(None)
        self._drafts.changed()

    def _in_background(self, work: Callable[[], object]) -> None:
        async def run() -> None:
            with contextlib.suppress(ChatreplError):
                await asyncio.get_running_loop().run_in_executor(None, work)
            self._app.invalidate()

        self._app.create_background_task(run())

    def _load_history(self) -> list[str]:
        try:
            return [self._editing.folded(text) for text in self.session.store.input_history()]
        except ChatreplError:
            return []

    def _add_history(self, text: str) -> None:
        self._library_opened()
        with contextlib.suppress(ChatreplError):
            self.session.store.add_input(self._editing.pastes.unfold(text), self.session.clock.now())


def _call_in(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    """Call something in the loop, from any thread, unless the loop has ended."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(what)
