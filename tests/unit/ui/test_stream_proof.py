"""Any reply, cut anywhere and drawn at any time, ends as the one that was drawn at once; and no word of it is lost."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatrepl.sanitise import sanitise
from chatrepl.ui.markdown import BlockRenderer
from chatrepl.ui.stream import MarkdownStream
from tests.support.documents import Document, documents
from tests.support.emulator import Emulator
from tests.support.hostile import ESCAPES
from tests.support.reference import bare_lines, reference_code, reference_lines
from tests.support.reply_terminal import (
    BARE,
    COLOURED,
    ReplyTerminal,
    at_once,
    chop,
    seen,
    stream,
    words_on,
)
from tests.support.texts import Expected, Options, Word

pytestmark = pytest.mark.no_cover  # counting lines would double their time, and other tests cover the same

CASES = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
WIDTHS = st.one_of(st.integers(20, 50), st.integers(20, 200))
HEIGHTS = st.one_of(st.integers(5, 24), st.integers(5, 60))
CUTS = st.tuples(st.integers(0, 2**32), st.sampled_from([1, 1, 8, 40, 200, 2000]))
"""A number to decide by, and how many bytes a piece has at most."""


def check(document: Document, columns: int, rows: int, cuts: tuple[int, int]) -> None:
    """Compare what a terminal shows of a reply that streamed to it with one that was given it whole."""
    random = Random(cuts[0])
    data = document.text.encode()
    pieces = 1 + len(data) / ((1 + cuts[1]) / 2)
    ticks = _ticks(random, share=min(0.7, 16 / pieces))
    streamed = stream(chop(data, random, cuts[1]), ticks, columns, rows)
    whole = at_once(document.text, columns, rows)

    assert streamed.lines == whole.lines
    assert seen(streamed.screen) == seen(whole.screen)
    if document.expected:
        assert_words(words_on(streamed.screen), document.expected)


def _ticks(random: Random, share: float) -> Iterator[bool]:
    while True:
        yield random.random() < share


def assert_words(found: Sequence[Word], expected: Sequence[Expected]) -> None:
    """Say whether all words are there, in their order and styles, and none twice but those of a table's head."""
    rest = iter(found)
    for wanted in expected:
        if isinstance(wanted, Word):
            assert_word(next(rest, None), wanted)
        else:
            head = {word.text for word in wanted.head}
            its_words = head | {word.text for word in wanted.cells}
            here, rest = _split(rest, its_words)
            counts = Counter(word.text for word in here)
            assert set(counts) == its_words
            assert all(count == 1 for text, count in counts.items() if text not in head)
            styles = {word.text: word for word in (*wanted.head, *wanted.cells)}
            for word in here:
                assert_word(word, styles[word.text])
    assert next(rest, None) is None


def assert_word(found: Word | None, wanted: Word) -> None:
    """Say whether this is the word, in its style."""
    assert found is not None, wanted
    assert found.text == wanted.text
    assert wanted.styles is None or found.styles == wanted.styles, (found, wanted)


def _split(words: Iterator[Word], texts: set[str]) -> tuple[list[Word], Iterator[Word]]:
    """Return the first words, as long as they are of these, and the others."""
    here: list[Word] = []
    for word in words:
        if word.text not in texts:
            return here, itertools.chain([word], words)
        here.append(word)
    return here, words


@settings(CASES, max_examples=150)
@given(documents(most_blocks=3, options=Options(depth=3)), WIDTHS, HEIGHTS, CUTS)
def test_a_short_reply_ends_as_if_it_had_come_at_once(
    document: Document, columns: int, rows: int, cuts: tuple[int, int]
) -> None:
    check(document, columns, rows, cuts)


@settings(CASES, max_examples=150)
@given(documents(most_blocks=10), WIDTHS, HEIGHTS, CUTS)
def test_a_long_reply_ends_as_if_it_had_come_at_once(
    document: Document, columns: int, rows: int, cuts: tuple[int, int]
) -> None:
    check(document, columns, rows, cuts)


SOUP = st.lists(
    st.one_of(
        st.text(st.sampled_from("ab \n\t*_`~[]()<>!#|-+=:.\\&;>1\u6f22\u0301\u200d\U0001f469\u05d0\r\0\x1b"), max_size=12),
        st.sampled_from([*ESCAPES, "```", "\n\n", "\n---\n", "\n| a | b |\n|---|---|\n", "\n> ", "\n- ", "\n12. ", "\n    ", "&#27;"]),
    ),
    max_size=40,
).map("".join)  # fmt: skip


@settings(CASES, max_examples=150)
@given(SOUP, WIDTHS, HEIGHTS, CUTS)
def test_text_without_sense_ends_as_if_it_had_come_at_once(
    text: str, columns: int, rows: int, cuts: tuple[int, int]
) -> None:
    check(Document(text, ()), columns, rows, cuts)


SIZES = st.lists(st.tuples(st.integers(0, 100), WIDTHS, HEIGHTS), min_size=1, max_size=5)
"""After how many hundredths of the reply the terminal gets which size."""


@settings(CASES, max_examples=200)
@given(documents(most_blocks=6), WIDTHS, HEIGHTS, SIZES)
def test_a_terminal_that_changes_its_size_meanwhile_shows_every_word_once(
    document: Document, columns: int, rows: int, sizes: list[tuple[int, int, int]]
) -> None:
    text = sanitise(document.text)
    terminal = ReplyTerminal(MarkdownStream(BlockRenderer(COLOURED, columns, rows)), Emulator(columns, rows))
    start = 0
    for hundredths, new_columns, new_rows in sorted(sizes):
        end = len(text) * hundredths // 100
        for position in range(start, end, 16):
            terminal.reply.feed(text[position : min(end, position + 16)])
            terminal.tick()
        terminal.resize(new_columns, new_rows)
        start = end
    terminal.reply.feed(text[start:])
    terminal.tick(final=True)

    assert_words(words_on(terminal.screen), document.expected)


@settings(CASES, max_examples=200)
@given(documents(most_blocks=3), WIDTHS, HEIGHTS, st.lists(st.integers(0, 100), min_size=1, max_size=5))
def test_what_was_printed_and_the_tail_are_at_any_time_the_reply_so_far(
    document: Document, columns: int, rows: int, hundredths: list[int]
) -> None:
    text = sanitise(document.text)
    reply = MarkdownStream(BlockRenderer(COLOURED, columns, rows))
    lines: list[str] = []
    start = 0
    for end in sorted(len(text) * share // 100 for share in hundredths):
        reply.feed(text[start:end])
        lines += reply.take_lines()
        whole = MarkdownStream(BlockRenderer(COLOURED, columns, rows))
        whole.feed(text[:end])
        assert lines + reply.tail_lines(len(text) + 100) == whole.take_lines(final=True)
        start = end


SAME = Options(has_references=False, has_open_delimiters=False, has_line_breaks_in_cells=False)
"""What is shown of these documents is what a parser of the whole finds in them."""


@settings(CASES, max_examples=200)
@given(documents(most_blocks=6, options=SAME))
def test_nothing_is_left_out_or_added(document: Document) -> None:
    text = sanitise(document.text)
    reply = MarkdownStream(BlockRenderer(BARE, 100_000))
    reply.feed(text)

    assert bare_lines(reply.take_lines(final=True)) == reference_lines(text)


@settings(CASES, max_examples=200)
@given(documents(most_blocks=6, options=SAME))
def test_code_can_be_copied_as_it_is(document: Document) -> None:
    text = sanitise(document.text)
    reply = MarkdownStream(BlockRenderer(BARE, 100_000))
    reply.feed(text)
    lines = iter(reply.take_lines(final=True))

    for line in reference_code(text):
        assert line in lines
