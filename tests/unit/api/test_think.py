"""Reasoning that stands in the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.api.think import ThinkSplitter
from chatrepl.exchange import ReasoningDelta, TextDelta


def split(*pieces: str) -> tuple[str, str]:
    """Return reasoning and text."""
    splitter = ThinkSplitter()
    events = [event for piece in pieces for event in splitter.feed(piece)] + splitter.flush()
    assert all(event.text for event in events)
    reasoning = "".join(event.text for event in events if isinstance(event, ReasoningDelta))
    return reasoning, "".join(event.text for event in events if isinstance(event, TextDelta))


@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [
        ("Hello", "", "Hello"),
        ("<think>a</think>b", "a", "b"),
        ("\n <think>\na\n</think>\n\nb\n", "a\n", "b\n"),
        ("<think>\n\n</think>\n\nb", "", "b"),
        ("<think>a</think>    code", "a", "    code"),
        ("<think>a", "a", ""),
        ("<think>a</thi", "a</thi", ""),
        ("<think>a</think>", "a", ""),
        ("<think>a < b </ c </thinker> </think>d", "a < b </ c </thinker> ", "d"),
        ("<think><think>a</think>b</think>c", "<think>a", "b</think>c"),
        ("<thin", "", "<thin"),
        ("<thinking>a", "", "<thinking>a"),
        ("  <b>x", "", "  <b>x"),
        ("a <think>b</think>", "", "a <think>b</think>"),
        (" " * 65 + "<think>a</think>", "", " " * 65 + "<think>a</think>"),
        ("", "", ""),
    ],
)
def test_only_leading_tags_hold_reasoning_wherever_the_text_is_cut(
    text: str, reasoning: str, answer: str
) -> None:
    assert split(text) == (reasoning, answer)
    assert split(*text) == (reasoning, answer)
    for at in range(len(text)):
        assert split(text[:at], text[at:]) == (reasoning, answer)


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "<", "th", "ink>", "/", "\n", " ", "x"]), max_size=30)
)
def test_the_cut_never_matters(pieces: list[str]) -> None:
    whole = "".join(pieces)
    assert split(*pieces) == split(whole) == split(*whole)


def test_an_answer_without_tags_is_not_held_back() -> None:
    splitter = ThinkSplitter()
    assert splitter.feed("H") == [TextDelta("H")]
    assert splitter.feed("<think>") == [TextDelta("<think>")]


def test_reasoning_is_not_held_back_beyond_a_possible_tag() -> None:
    splitter = ThinkSplitter()
    assert splitter.feed("<think>abc") == [ReasoningDelta("abc")]
    assert splitter.feed("def<") == [ReasoningDelta("def")]
