"""Long paragraphs are cut where nothing is open, however they arrive."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chatrepl.ui.cuts import LEAST_CHARS, LIMIT_CHARS, SafeCuts, pieces
from chatrepl.ui.inline import LIMIT_RUNS, Span, spans

SIGNS = st.sampled_from([*"*_`~[]()\\<!& \n", "word ", "**", "](", "。", "é", "*a* ", "`b` "])
PARTS = st.sampled_from(
    ["plain words here, ", "**strong ones** ", "*soft* ", "_a_ ", "`code * [` ", "``a ` b`` ", "[link](http://x/y) ", '[a *b*](<x y> "t") ',
     "~~gone~~ ", "***both*** ", "**a *b* c** ", "snake_case_name ", "2 * 3 ", "\\* ", "![i](x.png) ", "line\n", "(in brackets) ", "漢字。"]
)  # fmt: skip


def in_steps(text: str, cuts: list[int]) -> list[str]:
    """Return the pieces of a text that arrives in steps."""
    safe = SafeCuts()
    found: list[str] = []
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    for start, end in pairwise(edges):
        found += safe.feed(text[start:end])
        safe.fork().feed("* ` [ " * 50)
    return [*found, safe.rest]


def merged(found: list[Span]) -> list[Span]:
    """Join neighbours of the same style."""
    result: list[Span] = []
    for text, styles in found:
        if result and result[-1][1] == styles:
            result[-1] = (result[-1][0] + text, styles)
        else:
            result.append((text, styles))
    return result


@settings(max_examples=150, deadline=None)
@given(st.lists(SIGNS, max_size=1500).map("".join), st.lists(st.integers(0, 10_000), max_size=20))
def test_the_cuts_depend_on_the_text_only_and_lose_nothing(text: str, cuts: list[int]) -> None:
    found = in_steps(text, cuts)

    assert found == in_steps(text, [])
    assert "".join(found) == text
    assert all(len(piece) <= LIMIT_CHARS for piece in found)


@settings(max_examples=100, deadline=None)
@given(st.lists(PARTS, min_size=30, max_size=150).map("".join))
def test_the_pieces_read_one_by_one_are_what_the_whole_is(text: str) -> None:
    assume(sum(map(text.count, "*_~")) <= LIMIT_RUNS)  # more are text, whole or in pieces
    cut = [span for piece in in_steps(text, []) for span in spans(piece, {})]

    assert merged(cut) == merged(list(spans(text, {})))


def test_a_text_without_signs_is_cut_soon() -> None:
    assert all(len(piece) < LEAST_CHARS + 10 for piece in in_steps("word " * 400, []))


@pytest.mark.parametrize("opener", ["**open ", "`open ", "[open ", "[a](open "])
def test_what_stays_open_for_long_is_cut_all_the_same(opener: str) -> None:
    first = in_steps(opener + "word " * 1000, [])[0]

    assert LIMIT_CHARS - 10 < len(first) <= LIMIT_CHARS


def test_emphasis_that_is_closed_in_time_is_not_cut() -> None:
    strong = "**" + "word " * 150 + "end** "

    assert in_steps("begin " + strong + "word " * 100, [])[0].endswith("end** ")


def test_a_text_that_is_not_too_long_stays_whole() -> None:
    assert pieces("word " * 200) == ["word " * 200]
    assert len(pieces("word " * 400)) > 1
