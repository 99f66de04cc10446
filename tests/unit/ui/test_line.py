"""Parts of the input line alone: pastes, what waits, paths in it, where its rows end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.formatted_text import fragment_list_to_text
from prompt_toolkit.utils import get_cwidth

from chatrepl.line_ports import FoundPath
from chatrepl.ui.completion import marked, path_word, written
from chatrepl.ui.key_help import pages
from chatrepl.ui.paste import Pastes
from chatrepl.ui.queue import Queue
from chatrepl.ui.row_breaks import Places, apply_changes, changes_for

# Pastes -------------------------------------------------------------------------------------------------------------

texts = st.text("ab\n[]#1 pasted", min_size=1, max_size=30)


@given(st.lists(texts, max_size=4), st.lists(st.one_of(texts, st.integers(0, 3)), max_size=6))
def test_whatever_is_folded_again_unfolds_to_the_same_text(folded: list[str], parts: list[str | int]) -> None:
    pastes = Pastes()
    marks = [pastes.fold(text) for text in folded]
    line = "".join(
        (marks[part] if part < len(marks) else "") if isinstance(part, int) else part for part in parts
    )
    whole = pastes.unfold(line)

    if not any(
        mark in text for mark in marks for text in (*folded, *(p for p in parts if isinstance(p, str)))
    ):
        assert pastes.unfold(pastes.refold(whole)) == whole


@given(texts, st.text("xyz", max_size=9), st.text("xyz", max_size=9), st.data())
def test_unfolding_and_folding_again_brings_the_line_back(
    paste: str, before: str, after: str, data: st.DataObject
) -> None:
    pastes = Pastes()
    mark = pastes.fold(paste)
    line = before + mark + after
    cursor = data.draw(st.integers(len(before), len(before) + len(mark)))

    opened = pastes.toggle(line, cursor, 1000)
    assert opened is not None
    assert opened.text == before + paste + after
    closed = pastes.toggle(opened.text, opened.cursor, 1000)

    assert closed is not None
    assert closed.text == line


def test_the_same_text_has_one_mark() -> None:
    pastes = Pastes()

    assert pastes.fold("a\nb") == pastes.fold("a\nb")


# What waits ---------------------------------------------------------------------------------------------------------


def queue_of(*texts: str) -> Queue:
    queue = Queue()
    for text in texts:
        queue.add(text)
    return queue


def test_what_is_taken_out_goes_back_to_its_place_also_when_another_was_sent_meanwhile() -> None:
    queue = queue_of("a", "b", "c")
    assert queue.take(1) == "b"
    assert queue.next() == "a"

    queue.add("B")

    assert list(queue) == ["B", "c"]


def test_walking_goes_through_all_and_leaves_the_line_empty_at_the_end() -> None:
    queue = queue_of("a", "b")
    line = ""
    seen = []
    for by in (-1, -1, -1, 1, 1):
        found = queue.walk(by, line)
        assert found is not None
        line = found
        seen.append(line)

    assert seen == ["b", "a", "a", "b", ""]
    assert list(queue) == ["a", "b"]


def test_walking_is_not_meant_where_the_line_holds_something_else() -> None:
    queue = queue_of("a")

    assert queue.walk(-1, "draft") is None
    assert queue.walk(1, "") is None
    queue.take()
    assert queue.walk(-1, "changed") is None


def test_after_the_line_was_cleared_the_next_message_goes_to_the_end() -> None:
    queue = queue_of("a", "b")
    queue.take(0)
    queue.forget_place()

    queue.add("new")

    assert list(queue) == ["b", "new"]


# Paths --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "typed"),
    [
        ("@", ""),
        ("look at @src/ma", "src/ma"),
        ('see @"my no', "my no"),
        ("(@a", "a"),
        ("mail me@example", None),
        ("@done now", None),
        ('@"done" ', None),
        ("/attach fi", "fi"),
        ("/attach a.py b", "b"),
        ('/attach "my no', "my no"),
        ("/attach", None),
        ("/attachment x", None),
        ("@@", None),
    ],
)
def test_a_path_is_what_follows_the_sign_at_the_beginning_of_a_word(line: str, typed: str | None) -> None:
    word = path_word(line)

    assert (word.typed if word else None) == typed


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "@a.py"),
        ("my notes.md", '@"my notes.md"'),
        ("my notes/", '@"my notes/'),
        ("a:b", '@"a:b"'),
        ("a(1).txt", '@"a(1).txt"'),
        ("漢字.txt", "@漢字.txt"),
    ],
)
def test_a_path_is_quoted_where_it_would_end_too_early(path: str, text: str) -> None:
    assert written(path, has_sign=True) == text


def test_after_a_quotation_mark_more_can_be_typed_of_a_directory() -> None:
    word = path_word(written("my notes/", has_sign=True) + "a")

    assert word is not None
    assert word.typed == "my notes/a"


def test_of_a_long_path_the_end_is_shown_with_its_letters_marked() -> None:
    shown = marked(FoundPath("a/very/long/way/to/file.py", (19, 20)), 12)

    assert fragment_list_to_text(shown) == "…/to/file.py"
    assert [text for style, text, *_ in shown if style] == ["f", "i"]


# The list of keys ---------------------------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(st.sampled_from(["Tab", "Ctrl-X Ctrl-U, Ctrl-_", "F1, F2, F3, F4"]), st.just("do it"))
    ),
    st.integers(20, 200),
    st.integers(1, 50),
)
def test_every_key_is_on_some_page_and_every_page_fits(
    entries: list[tuple[str, str]], columns: int, rows: int
) -> None:
    found = pages(entries, columns, rows)

    assert all(len(page) <= max(5, rows) for page in found)
    assert all(len(line) < columns for page in found for line in page)
    if columns >= 40:
        assert sum(line.count("do it") for page in found for line in page) == len(entries)


# Rows ---------------------------------------------------------------------------------------------------------------

signs = st.text("ab \u00e9\u0301漢👨\u200d👩\ufe0f👍🏽❤", max_size=60)


def drawn(text: str, columns: int) -> str:
    return fragment_list_to_text(apply_changes([("", text)], changes_for(text, columns)))


@given(signs, st.integers(2, 20))
def test_nothing_but_blanks_is_added_and_nothing_but_joints_is_left_out(text: str, columns: int) -> None:
    free = str.maketrans("", "", " \u200d\ufe0f🏽")

    assert drawn(text, columns).translate(free) == text.translate(free)


@given(signs, st.integers(2, 20))
def test_no_wide_letter_is_cut_by_the_end_of_a_row(text: str, columns: int) -> None:
    x = 0
    for sign in drawn(text, columns):
        width = get_cwidth(sign)
        assert x + width <= columns
        x = (x + width) % columns


@given(st.text("ab ", max_size=80), st.integers(8, 20))
def test_a_word_that_fits_a_row_is_not_broken(text: str, columns: int) -> None:
    shown = drawn(text, columns)
    rows = [shown[start : start + columns] for start in range(0, len(shown), columns)]

    for word in text.split():
        if len(word) <= columns:
            assert any(word in row.split() for row in rows)


@given(signs, st.integers(2, 20))
def test_every_letter_that_is_drawn_is_found_where_it_is_drawn(text: str, columns: int) -> None:
    changes = changes_for(text, columns)
    left_out = {change.at for change in changes if change.blanks < 0}
    shown, places = drawn(text, columns), Places(changes)

    for at, sign in enumerate(text):
        if at not in left_out:
            assert shown[places.drawn(at)] == sign
            assert places.in_text(places.drawn(at)) == at
