"""The loop: takes lines, runs commands and turns, and shows what comes of them.

The application runs in the main thread for the whole session; turns run in a worker thread, and their events are drawn
at most twenty times a second, the first one at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from prompt_toolkit.input import create_input

from chatrepl.environment import Environment
from chatrepl.errors import ChatreplError, ExitStatus
from chatrepl.ui.bindings import build_bindings
from chatrepl.ui.completion import CommandCompleter
from chatrepl.ui.paste import Pastes
from chatrepl.ui.prompt import StoredHistory, View, build_application
from chatrepl.ui.screen import ChatApplication, HeldOutput
from chatrepl.ui.status import StatusSource

if TYPE_CHECKING:  # commands and turns are loaded while the user types
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output

    from chatrepl.cancellation import Cancellation
    from chatrepl.commands.base import Ask, Command, Confirm, Context, Messages, Notice, Reply
    from chatrepl.commands.registry import Line, Registry
    from chatrepl.session import Session
    from chatrepl.turn import TurnEvent
    from chatrepl.ui.markdown import BlockRenderer
    from chatrepl.ui.turn_view import TurnView

FRAME_S = 0.05
"""Shortest time between two drawings of a reply that arrives."""
WARM_UP_DELAY_S = 0.1
"""The prompt is drawn and takes the first keys before anything else is loaded beside it."""
LEAVE_WINDOW_S = 2.0
"""Ctrl-C twice within this time leaves."""
DRAFT_PAUSE_S = 0.3
"""A draft is counted and kept when the keys have rested this long."""


class Repl:
    """A session at a terminal.

    Args:
        session: What is talked with.
        commands: Returns what can be typed after a slash; called when it is first needed.
        environment: The terminal.
        warm_up: Imports what is needed later; run in a thread once the prompt is up.
        greeting: Lines said first.
        first_message: Sent as soon as the prompt is up. None: nothing is.
    """

    def __init__(
        self,
        session: Session,
        commands: Callable[[], tuple[Command, ...]],
        environment: Environment,
        *,
        warm_up: Callable[[], None] = lambda: None,
        greeting: tuple[Notice | Messages, ...] = (),
        first_message: str | None = None,
        input: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self.session = session
        self._environment = environment
        self._commands = commands
        self._warm_up = warm_up
        self._greeting = greeting
        self._first_message = first_message
        self._view = View(placeholder="")
        self._status = StatusSource(session, is_unicode=environment.is_unicode)
        self._view.bar = self._status.fragments
        self._pastes = Pastes()
        self._queue: deque[str] = deque()
        self._turn: TurnView | None = None
        self._confirm: Confirm | None = None
        self._frame_handle: asyncio.TimerHandle | None = None
        self._draft_handle: asyncio.TimerHandle | None = None
        self._drawn_at = 0.0
        self._frame_s = FRAME_S
        self._interrupted_at = float("-inf")
        self._wake_pending = False
        self._exit_status: int = ExitStatus.OK
        self._history = StoredHistory(self._load_history, self._add_history)
        self._app: ChatApplication = build_application(
            self._view,
            input=input or create_input(environment.stdin),
            output=output or HeldOutput.on(environment),
            bindings=build_bindings(self, "DEFAULT_BUFFER"),
            history=self._history,
            completer=CommandCompleter(lambda: self._registry, self._context),
            reflows=environment.reflows,
        )
        self._buffer = self._app.layout.current_buffer or self._app.current_buffer
        self._buffer.on_text_changed += lambda _buffer: self._draft_changed()

    @cached_property
    def _registry(self) -> Registry:
        from chatrepl.commands.registry import Registry

        return Registry(self._commands())

    def run(self) -> int:
        """Hold the session until the user leaves."""
        self._app.run(pre_run=self._begin, handle_sigint=False, set_exception_handler=False)
        return self._exit_status

    # What happens at the beginning and at the end.

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            with contextlib.suppress(ValueError, RuntimeError):  # not in the main thread: a test
                loop.add_signal_handler(number, self._told_to_end, number)
        for notice in self._greeting:
            self._answer(notice)
        self._app.create_background_task(self._get_ready(loop))

    async def _get_ready(self, loop: asyncio.AbstractEventLoop) -> None:
        ready = asyncio.Event()

        def tell(what: Callable[[], None]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended in the meantime
                loop.call_soon_threadsafe(what)

        def work() -> None:
            with contextlib.suppress(Exception):  # what fails here fails again, with words, when it is needed
                _ = self.session.store
                tell(self._library_opened)
                self._warm_up()
                self.session.prepare()
            tell(ready.set)

        if self._first_message is not None:
            self._dispatch(self._first_message)
        await asyncio.sleep(WARM_UP_DELAY_S)
        threading.Thread(target=work, name="chatrepl-warm-up", daemon=True).start()
        await ready.wait()
        gc.enable()
        self._refresh_status()

    def _library_opened(self) -> None:
        """Bring back the draft of the last run; where something was typed by now, it goes into the history."""
        if self._history.is_open:
            return
        self._history.open()
        draft = self.session.store.load_draft()
        if draft and not self._buffer.text:
            self._buffer.text = draft
            self._buffer.cursor_position = len(draft)
        elif draft and draft != self._buffer.text:
            self._add_history(draft)
        self._say_warnings()
        self._app.invalidate()

    def _told_to_end(self, number: int) -> None:
        self._exit_status = 128 + number
        self._leave()

    def _leave(self) -> None:
        if self._turn is not None:
            self._turn.worker.stop(timeout_s=2.0)
            self._drain(final=True)
        with contextlib.suppress(ChatreplError):
            self.session.store.save_draft(self._pastes.unfold(self._buffer.text))
        if not self._app.is_done:
            self._app.exit()

    # What the keys ask for.

    def submit(self) -> None:
        """Send what stands in the input line, or put it into the queue while a reply arrives."""
        text = self._pastes.unfold(self._buffer.text)
        if not text.strip():
            self._buffer.reset()
            return
        self._buffer.append_to_history()
        self._buffer.reset()
        self._pastes.clear()
        self.session.store.save_draft("")
        self._dispatch(text)

    def escape(self) -> None:
        """Take the last queued message back into an empty line, else stop the reply."""
        if self._queue and not self._buffer.text:
            self._buffer.text = self._queue.pop()
            self._buffer.cursor_position = len(self._buffer.text)
            self._show_queue()
        elif self._turn is not None:
            self._turn.worker.cancellation.cancel()

    def interrupt(self) -> None:
        """Stop the reply, else put the draft into the history, else leave when pressed twice."""
        now = time.monotonic()
        if self._turn is not None:
            self._turn.worker.cancellation.cancel()
        elif self._buffer.text:
            self._add_history(self._pastes.unfold(self._buffer.text))
            self._buffer.append_to_history()
            self._buffer.reset()
        elif now - self._interrupted_at < LEAVE_WINDOW_S:
            self._leave()
        else:
            self._interrupted_at = now
            self._status.flash("Ctrl-C again leaves")
            asyncio.get_running_loop().call_later(LEAVE_WINDOW_S, self._unflash)

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
        return self._confirm is not None

    @property
    def has_history(self) -> bool:
        """Whether what was typed in other runs is loaded."""
        return self._history.is_open

    def recall(self) -> None:
        """Load what was typed in other runs, and go back by one as soon as it is there."""
        self._library_opened()
        asyncio.get_running_loop().call_later(FRAME_S, self._buffer.auto_up)

    def answer(self, *, yes: bool) -> None:
        """Answer the question that stands above the input line."""
        confirm, self._confirm = self._confirm, None
        self._view.question = ""
        if confirm is not None:
            if yes:
                self._answer(confirm.then())
            else:
                self._say("Nothing was done.")

    def paste(self, text: str) -> None:
        """Insert a paste as it is; a long one is shown folded."""
        text = self._clean(text.replace("\r\n", "\n").replace("\r", "\n"))
        is_long = len(text) > self.session.settings.terminal.fold_paste_chars
        self._buffer.insert_text(self._pastes.fold(text) if is_long else text)

    def backspace_paste(self) -> bool:
        """Remove the folded paste before the cursor."""
        mark = self._pastes.mark_before(self._buffer.document.text_before_cursor)
        if mark is not None:
            self._buffer.delete_before_cursor(count=len(mark))
        return mark is not None

    # What was typed.

    def _clean(self, text: str) -> str:
        cleaned = text.replace("\0", "")
        removed = len(text) - len(cleaned)
        repaired = cleaned.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        if removed or repaired != cleaned:
            self._status.flash("removed characters that are not text")
            asyncio.get_running_loop().call_later(4.0, self._unflash)
        return repaired

    def _dispatch(self, text: str) -> None:
        from chatrepl.commands.base import Ask
        from chatrepl.commands.registry import Line, split_line
        from chatrepl.turn import Kind

        text = self._clean(text)
        line = split_line(text)
        if isinstance(line, Line):
            self._run_command(text, line)
        elif self._turn is not None or self._confirm is not None:
            self._queue.append(text)
            self._show_queue()
        else:
            self._start(Ask(Kind.ASK, line))

    def _run_command(self, text: str, line: Line) -> None:
        from chatrepl.commands.registry import parse_arguments

        try:
            command = self._registry.find(line.name)
            arguments = parse_arguments(command, line.rest)
        except ChatreplError as error:
            self._print_echo(text)
            self._say(error.message, "error", error.hint)
            return
        context = self._context()
        if command.when(context) is not None and self._turn is not None:
            self._queue.append(text)
            self._show_queue()
            return
        self._print_echo(text)
        try:
            self._answer(command.run(context, arguments))
        except ChatreplError as error:
            self._say(error.message, "error", error.hint)
        self._refresh_status()

    def _context(self) -> Context:
        from chatrepl.commands.base import Context

        return Context(
            self.session,
            self._environment.expand,
            self._registry.commands,
            is_streaming=self._turn is not None,
        )

    def _show_queue(self) -> None:
        self._view.queued = [
            f"queued: {' '.join(text.split())[: max(10, self._environment.columns - 20)]}"
            for text in self._queue
        ]
        self._status.queued_count = len(self._queue)

    def _next_in_queue(self) -> None:
        while self._queue and self._turn is None and self._confirm is None:
            text = self._queue.popleft()
            self._show_queue()
            self._dispatch(text)

    # What is answered.

    def _say(
        self, text: str, tone: Literal["info", "warning", "error"] = "info", hint: str | None = None
    ) -> None:
        from chatrepl.commands.base import Notice

        self._answer(Notice(text, tone, hint))

    def _renderer(self) -> BlockRenderer:
        from chatrepl.ui.look import renderer_for

        return renderer_for(self._environment, self.session.settings.terminal.code_theme)

    def _print_echo(self, text: str) -> None:
        from chatrepl.ui.reply_view import user_lines

        self._app.print_above([*user_lines(self._renderer(), text), ""])

    def _answer(self, reply: Reply) -> None:
        from chatrepl.commands.base import Ask, ClearScreen, Clipboard, Confirm, Quit, Several

        match reply:
            case Several(replies):
                for each in replies:
                    self._answer(each)
            case Quit():
                self._leave()
            case ClearScreen():
                self._app.clear_screen()
            case Ask():
                self._start(reply)
            case Confirm(question):
                self._confirm = reply
                self._view.question = f"{question} (y/n)"
                self._app.invalidate()
            case Clipboard(text, what):
                from chatrepl.ui.clipboard import osc52

                self._app.output.write_raw(osc52(text))
                self._app.output.flush()
                self._say(f"Copied {what}: {len(text)} characters.")
            case _:
                from chatrepl.ui.replies import draw

                self._app.print_above([*draw(reply, self._renderer()), ""])

    def _say_warnings(self) -> None:
        for warning in self.session.store.warnings():
            self._say(warning, "warning")

    # The turn that runs.

    def _start(self, ask: Ask) -> None:
        from chatrepl.ui.turn_view import TurnView
        from chatrepl.worker import TurnWorker

        loop = asyncio.get_running_loop()

        def wake() -> None:
            if not self._wake_pending:
                self._wake_pending = True
                with contextlib.suppress(RuntimeError):  # the loop has ended: the store has everything
                    loop.call_soon_threadsafe(self._woken)

        def run(cancellation: Cancellation) -> Iterator[TurnEvent]:
            return self.session.turn(ask.kind, ask.text, cancellation)

        worker = TurnWorker(run, wake)
        self._turn = TurnView(
            worker, self._renderer(), self.session.settings.terminal.reasoning, self.session.clock.monotonic
        )
        self._view.has_gap = True
        self._status.begin_turn()
        worker.start()

    def _woken(self) -> None:
        """Draw now, or as soon as the frame before is old enough."""
        wait_s = self._drawn_at + self._frame_s - time.monotonic()
        if wait_s <= 0:
            self._frame()
        elif self._frame_handle is None:
            self._frame_handle = asyncio.get_running_loop().call_later(wait_s, self._frame)

    def _frame(self) -> None:
        if self._frame_handle is not None:
            self._frame_handle.cancel()
            self._frame_handle = None
        self._wake_pending = False
        began = time.monotonic()
        self._drain()
        self._drawn_at = time.monotonic()
        self._frame_s = max(FRAME_S, 3 * (self._drawn_at - began))

    def _drain(self, *, final: bool = False) -> None:
        turn = self._turn
        if turn is None:
            return
        lines = turn.take()
        self._status.turn_changed(turn)
        if turn.is_over:
            self._finish_turn(turn, lines, goes_on=not final)
            return
        self._view.tail = turn.tail(self._tail_rows())
        if lines:
            self._app.print_above(lines)
        else:
            self._app.invalidate()

    def _tail_rows(self) -> int:
        return max(1, min(8, self._app.output.get_size().rows // 3))

    def _finish_turn(self, turn: TurnView, lines: list[str], *, goes_on: bool) -> None:
        self._turn = None
        self._view.tail = []
        self._view.has_gap = False
        self._status.end_turn()
        self._app.print_above([*lines, ""])
        defect = turn.worker.defect
        if defect is not None:
            self._say(f"chatrepl made a mistake: {type(defect).__name__}: {defect}", "error")
        self._say_warnings()
        if goes_on:
            self._refresh_status()
            self._next_in_queue()

    # What stands in the bar, and what is kept of a draft.

    def _refresh_status(self) -> None:
        self._in_background(self._status.measure_chat)

    def _draft_changed(self) -> None:
        if self._draft_handle is not None:
            self._draft_handle.cancel()
        with contextlib.suppress(RuntimeError):  # before the application runs
            self._draft_handle = asyncio.get_running_loop().call_later(DRAFT_PAUSE_S, self._draft_rests)

    def _draft_rests(self) -> None:
        text = self._pastes.unfold(self._buffer.text)

        def work() -> None:
            self._status.measure_draft(text)
            self.session.store.save_draft(text)

        self._in_background(work)

    def _in_background(self, work: Callable[[], None]) -> None:
        async def run() -> None:
            with contextlib.suppress(ChatreplError):
                await asyncio.get_running_loop().run_in_executor(None, work)
            self._app.invalidate()

        self._app.create_background_task(run())

    def _load_history(self) -> list[str]:
        try:
            return list(self.session.store.input_history())
        except ChatreplError:
            return []

    def _add_history(self, text: str) -> None:
        self._library_opened()
        with contextlib.suppress(ChatreplError):
            self.session.store.add_input(self._pastes.unfold(text), self.session.clock.now())
