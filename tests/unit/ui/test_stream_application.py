"""Replies that the application itself brings to a terminal: above its input line, with its tail."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prompt_toolkit.completion import DummyCompleter
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.key_binding import KeyBindings

from chatrepl.sanitise import Sanitiser
from chatrepl.ui.markdown import BlockRenderer
from chatrepl.ui.output import HeldOutput
from chatrepl.ui.prompt import StoredHistory, View, build_application
from chatrepl.ui.screen import ChatApplication
from chatrepl.ui.stream import MarkdownStream
from tests.support.documents import Document, documents
from tests.support.emulator import Emulator
from tests.support.reply_terminal import COLOURED, LIMIT_TAIL_ROWS, at_once, chop, seen

pytestmark = pytest.mark.no_cover  # counting lines would double their time, and other tests cover the same


class EmulatedOutput:
    """Stands for the stream that the application writes to."""

    encoding = "utf-8"

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator

    def write(self, text: str) -> None:
        self.emulator.take(text)

    def flush(self) -> None:
        """Do nothing: all was shown."""

    def isatty(self) -> bool:
        return True


async def shown_by_application(text: str, columns: int, rows: int, random: Random) -> Emulator:
    """Return the terminal on which an application showed a reply that came in pieces, when it has ended."""
    emulator = Emulator(columns, rows)
    size = Size(rows=rows, columns=columns)
    output = HeldOutput(EmulatedOutput(emulator), lambda: size, term="xterm", enable_cpr=False)  # type: ignore[arg-type]
    view = View(bar=lambda _columns: [("", "bar")])
    with create_pipe_input() as keys:
        application = build_application(
            view, input=keys, output=output, bindings=KeyBindings(), history=StoredHistory(list, lambda _text: None),
            completer=DummyCompleter(), reflows=True,
        )  # fmt: skip

        async def play() -> None:
            try:
                await stream_to(application, view, text, Size(rows=rows, columns=columns), random)
            finally:
                application.exit()

        await application.run_async(
            pre_run=lambda: application.create_background_task(play()).set_name("reply"),
            handle_sigint=False,
            set_exception_handler=False,
        )
    return emulator


async def stream_to(application: ChatApplication, view: View, text: str, size: Size, random: Random) -> None:
    """Bring a reply to an application, as a session does."""
    reply = MarkdownStream(BlockRenderer(COLOURED, size.columns, size.rows))
    sanitiser = Sanitiser()
    data = text.encode()
    for piece in chop(data, random, max(1, len(data) // 10)):
        reply.feed(sanitiser.feed(piece))
        lines = reply.take_lines()
        view.tail = reply.tail_lines(min(LIMIT_TAIL_ROWS, size.rows // 3))
        if lines:
            application.print_above(lines)
        else:
            application.invalidate()
        if random.random() < 0.3:
            application.current_buffer.insert_text("typed ")
        await asyncio.sleep(0)
    reply.feed(sanitiser.flush())
    view.tail = []
    application.print_above(reply.take_lines(final=True))
    await asyncio.sleep(0)


@settings(max_examples=60, deadline=None)
@given(documents(most_blocks=4), st.integers(20, 120), st.integers(8, 60), st.integers(0, 2**32))
def test_a_reply_ends_in_the_application_as_if_it_had_come_at_once(
    document: Document, columns: int, rows: int, seed: int
) -> None:
    emulator = asyncio.run(shown_by_application(document.text, columns, rows, Random(seed)))

    assert seen(emulator) == seen(at_once(document.text, columns, rows).screen)
