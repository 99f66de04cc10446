"""The way to the terminal, the tail, and the application that waits for a terminal that is behind."""

from __future__ import annotations

import asyncio
import os
import random
import threading
from collections.abc import Awaitable, Callable, Iterator
from io import StringIO

import pytest
from prompt_toolkit.completion import DummyCompleter
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.key_binding import KeyBindings

from chatrepl.ui.line import (
    CAREFUL_FRAME_BYTES,
    DIRECT_BYTES,
    FORGET_S,
    FRAME_S,
    LineMeasure,
    TerminalLine,
    level_after,
)
from chatrepl.ui.output import HeldOutput
from chatrepl.ui.prompt import StoredHistory, View, build_application
from chatrepl.ui.screen import LIMIT_FRAME_CHARS, ChatApplication
from chatrepl.ui.tail import cells
from tests.support.emulator import Emulator

PIPE_BYTES = 65_536
TIMEOUT_S = 20.0

# The way to the terminal --------------------------------------------------------------------------------------------


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Return both ends of a pipe, which takes some bytes and then waits, as a terminal does."""
    reader, writer = os.pipe()
    yield reader, writer
    for end in (reader, writer):
        try:
            os.close(end)
        except OSError:
            continue


def read_exactly(descriptor: int, size: int) -> bytes:
    """Read as much as is expected."""
    data = b""
    while len(data) < size:
        data += os.read(descriptor, size - len(data))
    return data


def test_writing_to_a_terminal_that_takes_nothing_returns_and_everything_arrives_in_order(
    pipe: tuple[int, int],
) -> None:
    reader, writer = pipe
    line = TerminalLine(writer)
    pieces = [bytes([number]) * 10_000 for number in range(50)]

    for piece in pieces:
        line.write(piece)

    assert line.is_behind
    assert read_exactly(reader, 500_000) == b"".join(pieces)
    line.finish()
    assert not line.is_behind


def test_it_is_told_once_that_the_line_has_caught_up(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    line = TerminalLine(writer)
    told = threading.Semaphore(0)
    line.write(b"x" * 3 * PIPE_BYTES)

    assert line.call_when_free(told.release)
    assert not told.acquire(blocking=False)
    read_exactly(reader, 3 * PIPE_BYTES)

    assert told.acquire(timeout=TIMEOUT_S)
    line.write(b"x")
    line.drain()
    line.finish()
    assert not told.acquire(blocking=False)
    assert not line.call_when_free(told.release)


def test_the_first_prompt_is_written_without_a_thread(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    before = threading.active_count()
    line = TerminalLine(writer)

    line.write(b"x" * DIRECT_BYTES)

    assert threading.active_count() == before
    assert read_exactly(reader, DIRECT_BYTES) == b"x" * DIRECT_BYTES
    assert not line.is_behind


def test_finishing_waits_until_all_is_written_and_what_is_written_later_goes_out_at_once(
    pipe: tuple[int, int],
) -> None:
    reader, writer = pipe
    line = TerminalLine(writer)
    line.write(b"x" * 2 * PIPE_BYTES)
    got: list[bytes] = []
    reading = threading.Thread(target=lambda: got.append(read_exactly(reader, 2 * PIPE_BYTES)))
    reading.start()

    line.finish()
    line.write(b"last")

    reading.join(TIMEOUT_S)
    assert got == [b"x" * 2 * PIPE_BYTES]
    assert read_exactly(reader, 4) == b"last"


def test_a_terminal_that_is_gone_is_told_of_once_and_takes_no_more(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    os.close(reader)
    closed, free = threading.Semaphore(0), threading.Semaphore(0)
    line = TerminalLine(writer, closed.release)

    line.write(b"x" * 2 * PIPE_BYTES)
    line.call_when_free(free.release)

    assert closed.acquire(timeout=TIMEOUT_S)
    line.write(b"more")
    assert line.is_closed
    assert not line.is_behind
    line.finish()
    assert not closed.acquire(blocking=False)


def test_a_terminal_that_somebody_made_non_blocking_still_gets_everything(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    os.set_blocking(writer, False)
    line = TerminalLine(writer)

    line.write(b"x" * 5 * PIPE_BYTES)

    assert read_exactly(reader, 5 * PIPE_BYTES) == b"x" * 5 * PIPE_BYTES
    line.finish()
    assert not os.get_blocking(writer)


def fill_and_wait(measure: LineMeasure, now: float, size: int = 20_000, bytes_per_s: int = 10_000) -> float:
    """Write what a system holds for a slow line, and wait until it was taken, as a write there does."""
    for _ in range(size // 1000):
        measure.wrote(1000, now, now)
    measure.wrote(1000, now, now + size / bytes_per_s)
    return now + size / bytes_per_s


def test_the_speed_of_a_line_is_known_once_it_had_to_be_waited_for_twice() -> None:
    measure = LineMeasure()
    now = fill_and_wait(measure, 100.0)
    assert measure.bytes_per_s is None
    assert measure.is_suspect

    fill_and_wait(measure, now)

    assert measure.bytes_per_s == pytest.approx(10_000, rel=0.1)


def test_a_terminal_that_was_stopped_for_a_while_is_not_a_slow_line() -> None:
    measure = LineMeasure()
    measure.wrote(1000, 100.0, 160.0)

    for _ in range(200):
        measure.wrote(1000, 160.0, 160.0)

    assert measure.bytes_per_s is None
    assert not measure.is_suspect


def test_after_a_while_it_is_found_out_anew_what_a_line_takes() -> None:
    measure = LineMeasure()
    now = fill_and_wait(measure, fill_and_wait(measure, 100.0))

    measure.wrote(100, now + FORGET_S + 1, now + FORGET_S + 1)

    assert measure.bytes_per_s is None


def test_a_slow_line_is_given_the_time_to_take_what_it_got() -> None:
    measure = LineMeasure()
    now = fill_and_wait(measure, fill_and_wait(measure, 100.0)) + 10

    measure.wrote(5000, now, now)

    rate = measure.bytes_per_s or 0
    assert measure.rest_s(now) == pytest.approx(5000 / rate - 0.2 * FRAME_S)
    assert measure.rest_s(now + 1) == 0


def test_a_frame_for_a_slow_line_is_what_it_takes_in_a_quarter_of_a_second(pipe: tuple[int, int]) -> None:
    line = TerminalLine(pipe[1])
    measure = line._measure
    sizes = [line.frame_bytes]

    now = fill_and_wait(measure, 100.0)
    sizes.append(line.frame_bytes)
    fill_and_wait(measure, now)
    sizes.append(line.frame_bytes)

    assert sizes == [None, CAREFUL_FRAME_BYTES, pytest.approx(2500, rel=0.1)]


@pytest.mark.parametrize(
    ("writes", "now", "level"),
    [
        ([], 5.0, 0.0),
        ([(0.0, 1000)], 0.0, 1000.0),
        ([(0.0, 1000)], 0.5, 500.0),
        ([(0.0, 1000)], 9.0, 0.0),
        ([(0.0, 1000), (0.5, 1000)], 1.0, 1000.0),
        ([(0.0, 1000), (7.0, 1000)], 7.25, 750.0),
    ],
)
def test_what_lies_in_a_line_is_known_from_what_was_written(
    writes: list[tuple[float, int]], now: float, level: float
) -> None:
    assert level_after(writes, 1000, now) == pytest.approx(level)


# The tail -----------------------------------------------------------------------------------------------------------


def test_the_cells_of_a_line_hold_wide_letters_marks_and_styles_and_end_with_the_width() -> None:
    row = cells("a\x1b[1mb\x1b[0m日e\u0301xyz", 7)

    assert [row[x].char for x in (0, 1, 2, 4, 5, 6)] == ["a", "b", "日", "e\u0301", "x", "y"]
    assert "bold" in row[1].style
    assert "bold" not in row[2].style
    assert 7 not in row


# The application ----------------------------------------------------------------------------------------------------


class FakeLine:
    """A line that is behind as long as it is told so."""

    def __init__(self) -> None:
        self.is_behind = False
        self.frame_bytes: int | None = None
        self.written: list[bytes] = []
        self.drained = 0
        self._on_free: list[Callable[[], None]] = []

    def write(self, data: bytes) -> None:
        """Take everything."""
        self.written.append(data)

    def call_when_free(self, callback: Callable[[], None]) -> bool:
        """Remember who waits."""
        if self.is_behind:
            self._on_free.append(callback)
        return self.is_behind

    def catch_up(self) -> None:
        """Be free again, and tell so."""
        self.is_behind = False
        callbacks, self._on_free = self._on_free, []
        for callback in callbacks:
            callback()

    def finish(self) -> None:
        """Count the ends."""
        self.drained += 1

    def drain(self) -> None:
        """Do nothing."""


class Stage:
    """An application at a line of its own, on a screen of 40 columns and 12 rows."""

    def __init__(self, application: ChatApplication, view: View, line: FakeLine) -> None:
        self.application = application
        self.view = view
        self.line = line
        self.emulator = Emulator(40, 12)

    async def settle(self) -> list[str]:
        """Let everything be done that can be, and return all rows that are not blank."""
        for _ in range(10):
            await asyncio.sleep(0)
        for data in self.line.written:
            self.emulator.take(data.decode())
        self.line.written.clear()
        return [row for row in map(str.rstrip, self.emulator.all_rows()) if row]


def on_stage(act: Callable[[Stage], Awaitable[None]]) -> FakeLine:
    """Run an application while something is done with it."""
    line = FakeLine()

    async def play() -> None:
        with create_pipe_input() as keys:
            output = HeldOutput(StringIO(), lambda: Size(rows=12, columns=40), term="xterm", enable_cpr=False)
            output.line = line  # type: ignore[assignment]
            view = View(bar=lambda _columns: [("", "bar")])
            application = build_application(
                view,
                input=keys,
                output=output,
                bindings=KeyBindings(),
                history=StoredHistory(list, lambda _text: None),
                completer=DummyCompleter(),
                reflows=True,
            )
            failed: list[BaseException] = []

            async def run_act() -> None:
                try:
                    await act(Stage(application, view, line))
                except BaseException as error:
                    failed.append(error)
                application.exit()

            await application.run_async(
                pre_run=lambda: application.create_background_task(run_act()).set_name("act"),
                handle_sigint=False,
                set_exception_handler=False,
            )
            if failed:
                raise failed[0]

    asyncio.run(play())
    return line


def test_while_the_line_is_behind_nothing_is_drawn_and_then_only_the_newest_state() -> None:
    async def act(stage: Stage) -> None:
        await stage.settle()
        stage.line.is_behind = True
        for number in range(5):
            stage.view.tail = [f"tail {number}"]
            stage.application.show([f"line {number}"])
        stage.application.invalidate()
        await stage.settle()
        assert stage.line.written == []
        assert stage.application.is_behind

        stage.line.catch_up()
        await asyncio.sleep(0.01)
        (written,) = stage.line.written
        assert b"tail 3" not in written

        assert await stage.settle() == [*(f"line {number}" for number in range(5)), "tail 4", ">", "bar"]
        assert not stage.application.is_behind

    on_stage(act)


def test_lines_are_printed_as_the_line_takes_them_in_order_and_those_who_wait_are_called_last() -> None:
    async def act(stage: Stage) -> None:
        stage.line.frame_bytes = 1000
        lines = [f"{number:03} " + "x" * 30 for number in range(200)]
        called: list[int] = []
        stage.application.show(lines)
        stage.application.call_when_free(lambda: called.append(len(stage.line.written)))
        assert stage.application.is_behind
        await asyncio.sleep(0.05)

        assert len(stage.line.written) >= 6
        assert called == [len(stage.line.written)]
        assert max(map(len, stage.line.written)) < 2500
        rows = await stage.settle()
        assert [row for row in rows if row.endswith("x")] == lines

    on_stage(act)


def test_a_quick_line_gets_no_endless_print_at_once_and_the_rest_can_be_forgotten() -> None:
    async def act(stage: Stage) -> None:
        stage.line.is_behind = True
        stage.application.show(["x" * 1000] * 100)
        stage.line.is_behind = False
        stage.application.show([])
        (written,) = stage.line.written[-1:]
        assert LIMIT_FRAME_CHARS <= written.count(b"x") <= LIMIT_FRAME_CHARS + 1000

        assert stage.application.forget_waiting() == 100 - written.count(b"x") // 1000
        assert not stage.application.is_behind

    on_stage(act)


def test_what_waits_is_printed_before_the_terminal_is_given_back() -> None:
    async def act(stage: Stage) -> None:
        await stage.settle()
        stage.line.is_behind = True
        stage.application.print_above(["the last words"])

    line = on_stage(act)

    assert b"the last words" in b"".join(line.written)
    assert line.drained == 1


def test_a_frame_in_which_only_the_tail_changed_looks_like_one_that_was_drawn_whole() -> None:
    chance = random.Random(7)
    steps: list[tuple[list[str], list[str]]] = []
    for number in range(60):
        lines = [f"printed {number}.{n}" for n in range(chance.choice([0, 0, 0, 1, 3]))]
        tail = [
            f"\x1b[1mtail\x1b[0m {number} " + "y" * chance.randrange(30) for _ in range(chance.randrange(5))
        ]
        steps.append((lines, tail))
    seen: dict[bool, list[tuple[list[str], int]]] = {}

    def play(*, whole: bool) -> None:
        async def act(stage: Stage) -> None:
            await stage.settle()
            for lines, tail in steps:
                stage.view.tail = tail
                (stage.application.print_above if whole else stage.application.show)(lines)
                rows = await stage.settle()
                seen.setdefault(whole, []).append((rows, stage.emulator.cursor.y))

        on_stage(act)

    play(whole=True)
    play(whole=False)

    assert seen[False] == seen[True]
    assert any("tail" in row for rows, _ in seen[True] for row in rows)


def test_a_change_that_is_told_of_is_drawn() -> None:
    async def act(stage: Stage) -> None:
        await stage.settle()
        stage.view.question = "Really?"

        stage.application.invalidate()

        assert "Really?" in await stage.settle()

    on_stage(act)


def test_a_frame_in_which_only_the_tail_changed_does_not_lay_everything_out_anew() -> None:
    async def act(stage: Stage) -> None:
        await stage.settle()
        drawn: list[int] = []

        def bar(columns: int) -> list[tuple[str, str]]:
            drawn.append(columns)
            return [("", "bar")]

        stage.view.bar = bar
        for number in range(5):
            stage.view.tail = [f"tail {number}"]
            stage.application.show([])
        assert drawn == []

        stage.application.print_above([])

        assert drawn != []

    on_stage(act)
