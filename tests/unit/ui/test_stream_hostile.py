"""Hostile replies: none hangs, fills the memory, loses text or steers the terminal."""

from __future__ import annotations

import codecs
import re
import sys
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from chatrepl.sanitise import Sanitiser, sanitise
from chatrepl.ui.markdown import BlockRenderer, Look
from chatrepl.ui.stream import MarkdownStream
from tests.support.hostile import ESCAPES, STREAMS, broken_bytes

pytestmark = pytest.mark.no_cover  # counting lines would double their time, and other tests cover the same

OWN_STYLES = re.compile(r"\x1b\[[0-9;]*m")
RAW = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
"""What must not reach a terminal but in our own styles."""
SLICE_CHARS = 4096
STREAM = pytest.mark.parametrize("name", STREAMS)


@dataclass
class Shown:
    """What was seen of a reply, with its lines already forgotten."""

    words: int = 0
    lines: int = 0
    chars: int = 0
    tails: int = 0


def show(text: str, slice_chars: int = SLICE_CHARS, *, tail_every: int = 4) -> Shown:
    """Bring a reply to nowhere in slices, with a tail now and then. Every line is looked at, and none is kept."""
    return show_pieces(
        (text[start : start + slice_chars] for start in range(0, len(text), slice_chars)), tail_every
    )


def show_pieces(pieces: Iterable[str], tail_every: int = 4) -> Shown:
    """Do so with a reply that is in pieces."""
    shown = Shown()
    reply, sanitiser = MarkdownStream(BlockRenderer(Look(), 80, 24)), Sanitiser()
    for number, piece in enumerate(pieces):
        reply.feed(sanitiser.feed(piece))
        look(reply.take_lines(), shown)
        if not number % tail_every:
            tail = reply.tail_lines(8)
            assert len(tail) <= 8
            assert sum(map(len, tail)) <= 20_000
            look(tail, Shown())
            shown.tails += 1
    reply.feed(sanitiser.flush())
    look(reply.take_lines(final=True), shown)
    return shown


def look(lines: Iterable[str], shown: Shown) -> None:
    """Look for what must not be in lines, and count what is."""
    for line in lines:
        text = OWN_STYLES.sub("", line)
        found = RAW.search(text)
        assert found is None, (found, line[:200])
        shown.words += text.count("word")
        shown.lines += 1
        shown.chars += len(text)


@pytest.fixture(autouse=True, scope="module")
def _everything_is_loaded() -> None:
    """Load what is loaded at first use, which is no growth."""
    show(
        "*a* `b` [c](d)\n\n"
        + "".join(f"```{name}\nx\n```\n" for name in ("python", "c", "ansi", "no-such-language-at-all"))
    )


@STREAM
def test_what_must_not_reach_a_terminal_does_not_and_no_word_is_lost(name: str) -> None:
    text = STREAMS[name](20_000)

    assert show(text).words == sanitise(text).count("word")


@pytest.mark.parametrize(
    "name",
    [
        "one line of words", "one line without blanks", "one heading", "one item", "one info string", "one row of a table",
        "open comment in code", "many open strongs", "open brackets", "backticks, apart", "nested quotations", "tables of few columns",
        "table of many columns", "definitions", "loose items", "combining marks on one letter", "escapes", "one string", "newlines", "blanks",
    ],
)  # fmt: skip
def test_memory_stays_near_the_text(name: str) -> None:
    text = STREAMS[name](100_000)
    tracemalloc.start()
    try:
        show(text, tail_every=10)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak_bytes <= 2 * sys.getsizeof(text) + 400_000


@STREAM
def test_work_grows_with_the_text_and_not_faster(name: str) -> None:
    """Three times the text; what is decided only when a line has doubled comes in steps."""
    small, large = (_calls(partial(show, STREAMS[name](chars), 1024)) for chars in (3072, 9216))

    assert large <= 4 * small + 8000


def _calls(work: Callable[[], object]) -> int:
    """Count the functions that are called while something is done."""
    count = 0

    def called(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(
    ("text", "count_words"),
    [
        ("word" * 250_000, 250_000),
        ("word " * 200_000, 200_000),
        ("**word " * 40_000, 40_000),
        ("> " * 10_000 + "word", 1),
        ("- " * 10_000 + "word", 1),
        ("1. " * 10_000 + "word", 1),
        ("".join(f"{'  ' * depth}- word\n" for depth in range(600)), 600),
        ("| a | b | c | d |\n|---|---|---|---|\n" + "| word | x | y | z |\n" * 25_000, 25_000),
        ("| h " * 10_000 + "|\n" + "|---" * 10_000 + "|\n" + ("| word " * 10_000 + "|\n") * 2, 20_000),
        ("\n" * 1_000_000 + "word", 1),
        ("e" + "\u0301" * 10_000 + " word", 1),
        ("```" + "info " * 200_000 + "\nword\n```\n", 1),
        ("".join(f"[label{number}]: http://x/word{number}\n" for number in range(20_000)), 20_000),
        ("word\r" * 100_000, 100_000),
        ("\0" * 1_000_000 + "word", 1),
    ],
    ids=[
        "one line of a megabyte without blanks", "one line of a megabyte", "emphasis that never ends", "quotations", "bullets", "numbers",
        "a list of 600 levels", "100 000 cells", "10 000 columns", "newlines", "marks on one letter", "a megabyte behind a fence",
        "definitions", "carriage returns", "NULs",
    ],
)  # fmt: skip
def test_the_largest_come_through_whole(text: str, count_words: int) -> None:
    shown = show(text, tail_every=16)

    assert shown.words == count_words


def test_an_empty_screen_of_newlines_is_no_flood() -> None:
    assert show("\n" * 100_000 + "word" + "\n" * 100_000).lines == 1


@pytest.mark.parametrize("sequence", ESCAPES)
@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "a {} b",
        "```\n{}\n```",
        "# {}",
        "| {} |\n|---|\n| {} |",
        "`{}`",
        "[{}](http://{})",
        "- {}",
        "```{}\n",
    ],
)
def test_a_sequence_that_is_split_anywhere_does_not_reach_the_terminal(sequence: str, around: str) -> None:
    text = around.replace("{}", sequence)
    data = text.encode()

    for size in range(1, min(len(data), 12)):
        show_pieces(_decoded(data[start : start + size] for start in range(0, len(data), size)), 1)
    for end in range(min(len(text), 60)):
        show_pieces((text[:end], text[end:]), 1)


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_bytes_that_are_no_text_do_not_reach_the_terminal(size: int) -> None:
    data = b"".join(broken_bytes(3000))

    shown = show_pieces(_decoded(data[start : start + size] for start in range(0, len(data), size)), 50)

    assert shown.words == data.count(b"word")


def _decoded(pieces: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for piece in pieces:
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)
