"""Documents of the kinds that models write: streamed, they are what they are at once, and what a whole parser sees in them."""

from __future__ import annotations

import itertools
from pathlib import Path
from random import Random

import pytest

from chatrepl.sanitise import sanitise
from chatrepl.ui.markdown import BlockRenderer
from chatrepl.ui.stream import MarkdownStream
from tests.data.generate import DIRECTORY
from tests.support.reference import bare_lines, reference_lines
from tests.support.reply_terminal import BARE, COLOURED, at_once, chop, seen, stream

pytestmark = pytest.mark.no_cover  # counting lines would double their time, and other tests cover the same

PATHS = sorted(DIRECTORY.glob("*.md"))
DOCUMENTS = pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])


def whole_lines(text: str, columns: int) -> list[str]:
    """Return the lines of a reply that comes at once."""
    reply = MarkdownStream(BlockRenderer(COLOURED, columns, 24))
    reply.feed(text)
    return reply.take_lines(final=True)


def test_there_are_fifty_documents_of_ten_kilobytes() -> None:
    assert len([path for path in PATHS if path.stat().st_size >= 10_240]) >= 50


@DOCUMENTS
def test_a_document_on_a_terminal_ends_as_if_it_had_come_at_once(path: Path) -> None:
    random = Random(path.stem)
    columns, rows = random.randint(20, 120), random.randint(5, 60)
    data = path.read_bytes()

    streamed = stream(chop(data, random, 300), itertools.repeat(True), columns, rows)
    whole = at_once(data.decode(), columns, rows)

    assert streamed.lines == whole.lines
    assert seen(streamed.screen) == seen(whole.screen)


@DOCUMENTS
@pytest.mark.parametrize(("columns", "most_bytes"), [(20, 12), (80, 2)])
def test_letters_in_groups_give_the_lines_of_the_whole(path: Path, columns: int, most_bytes: int) -> None:
    data = path.read_bytes()
    reply = MarkdownStream(BlockRenderer(COLOURED, columns, 24))
    lines: list[str] = []
    for number, piece in enumerate(chop(data, Random(path.stem), most_bytes)):
        reply.feed(piece)
        lines += reply.take_lines()
        if not number % 97:
            reply.tail_lines(8)
    lines += reply.take_lines(final=True)

    assert lines == whole_lines(data.decode(), columns)


@DOCUMENTS
def test_what_was_printed_and_the_tail_are_at_any_time_the_reply_so_far(path: Path) -> None:
    random = Random(path.stem)
    text = sanitise(path.read_text("utf-8"))
    reply = MarkdownStream(BlockRenderer(COLOURED, 70, 24))
    lines: list[str] = []
    start = 0
    for end in sorted(random.sample(range(len(text)), 3)):
        reply.feed(text[start:end])
        lines += reply.take_lines()
        assert lines + reply.tail_lines(len(text)) == whole_lines(text[:end], 70)
        start = end


@DOCUMENTS
def test_nothing_is_left_out_or_added(path: Path) -> None:
    """The documents define their links at the end, where definitions are shown and a parser of the whole uses them."""
    text = "\n".join(line for line in path.read_text("utf-8").split("\n") if not line.startswith("["))
    reply = MarkdownStream(BlockRenderer(BARE, 100_000))
    reply.feed(text)

    assert bare_lines(reply.take_lines(final=True)) == reference_lines(text)
