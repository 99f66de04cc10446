"""Rows of a terminal: nothing lost, nothing too wide, the same however the text comes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from chatrepl.ui.inline import BREAK, Span
from chatrepl.ui.layout import LIMIT_WORD_CELLS, Wrapper

WORDS = st.sampled_from(
    ["a", "word", "longer-word", "  ", " ", "漢字", "。", "「", "é", "e\u0301", "\U0001f469\u200d\U0001f680", "한국어", "עברית", "x" * 30]
)  # fmt: skip
TEXT = st.lists(WORDS, max_size=60).map("".join)


def rows(spans: list[Span], width: int, columns: int | None = None, *, folds: bool = False) -> list[str]:
    """Lay out spans without styles."""
    found: list[str] = []
    wrapper = Wrapper(
        lambda text, _: found.append(text), lambda text, _: text, width, columns or width, folds=folds
    )
    wrapper.feed_spans(spans)
    wrapper.fork(lambda *_: None).feed("elsewhere", ())
    wrapper.finish()
    return found


@settings(max_examples=150, deadline=None)
@given(TEXT, st.integers(2, 80))
def test_no_letter_is_lost_and_only_long_words_are_too_wide(text: str, width: int) -> None:
    found = rows([(text, ())], width)

    assert "".join(found).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(row) <= width or cell_len(row.split(" ")[0]) > width for row in found)
    assert not any(row.endswith(" ") for row in found)


@settings(max_examples=200, deadline=None)
@given(TEXT, st.integers(2, 40))
def test_folded_words_keep_to_the_width(text: str, width: int) -> None:
    found = rows([(text, ())], width, folds=True)

    assert "".join(found).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(row) <= max(2, width) for row in found)


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS.filter(str.isascii), max_size=40), st.integers(2, 40))
def test_a_word_in_pieces_is_one_word(words: list[str], width: int) -> None:
    letters: list[Span] = [(letter, ()) for letter in "".join(words)]

    assert rows(letters, width) == rows([("".join(words), ())], width)


def test_rows_break_at_blanks() -> None:
    assert rows([("one two three", ())], 8) == ["one two", "three"]


def test_a_break_ends_a_row_and_two_leave_one_empty() -> None:
    assert rows([("one", ()), BREAK, ("two", ()), BREAK, BREAK, ("three", ())], 20) == [
        "one",
        "two",
        "",
        "three",
    ]


def test_a_long_word_is_left_to_the_terminal_and_the_text_goes_on_behind_it() -> None:
    assert rows([("see " + "x" * 25 + " and more words", ())], 10) == ["see", "x" * 25 + " and", "more words"]


def test_a_text_without_blanks_breaks_between_ideographs_but_not_before_a_full_stop() -> None:
    assert rows([("漢字漢字。漢字", ())], 8) == ["漢字漢", "字。漢字"]


def test_a_word_without_end_is_printed_in_parts() -> None:
    found = rows([("x" * 100, ()) for _ in range(100)], 80)

    assert len(found) > 1
    assert "".join(found) == "x" * 10_000
    assert all(len(row) <= LIMIT_WORD_CELLS for row in found)


def test_styles_of_neighbours_are_written_once() -> None:
    painted: list[str] = []

    def paint(text: str, _: object) -> str:
        painted.append(text)
        return text

    wrapper = Wrapper(lambda *_: None, paint, 20, 20)
    for word in ("one ", "two", " three"):
        wrapper.feed(word, ("strong",))
    wrapper.feed(" four", ())
    wrapper.finish()

    assert painted == ["one two three", " four"]
