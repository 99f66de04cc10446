"""The rest of a reply after a break: nothing twice, nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.joint import LEAST_CHARS, Joint

BEFORE = "The quick brown fox jumps over the lazy dog, and then it"


def join(before: str, pieces: list[str]) -> str:
    joint = Joint(before)
    return before + "".join(map(joint.feed, pieces)) + joint.finish()


@pytest.mark.parametrize(
    ("rest", "whole"),
    [
        (" rests.", BEFORE + " rests."),
        ("and then it rests.", BEFORE + " rests."),
        ("lazy dog, and then it rests.", BEFORE + " rests."),
        (BEFORE + " rests.", BEFORE + " rests."),
        ("\n" + BEFORE + " rests.", BEFORE + " rests."),
        ("it rests.", BEFORE + "it rests."),  # too little to be sure
        ("Something else.", BEFORE + "Something else."),
        (BEFORE, BEFORE),
        ("", BEFORE),
    ],
)
def test_what_is_repeated_is_left_out_however_it_is_cut(rest: str, whole: str) -> None:
    assert join(BEFORE, [rest]) == whole
    assert join(BEFORE, list(rest)) == whole
    for at in range(len(rest)):
        assert join(BEFORE, [rest[:at], rest[at:]]) == whole


def test_blanks_at_the_break_are_there_once() -> None:
    assert join("The quick brown fox ", ["quick brown fox jumps"]) == "The quick brown fox jumps"
    assert join("A paragraph of text.\n\n", ["paragraph of text.\n\nNext"]) == "A paragraph of text.\n\nNext"


def test_new_text_is_not_held_back() -> None:
    joint = Joint(BEFORE)
    assert joint.feed(" rests") == " rests"
    assert joint.feed(" now") == " now"


@given(st.text(max_size=80), st.lists(st.text(max_size=12), max_size=8))
def test_it_does_not_matter_how_the_rest_is_cut(before: str, pieces: list[str]) -> None:
    assert join(before, pieces) == join(before, ["".join(pieces)])


@given(st.text(min_size=LEAST_CHARS, max_size=60), st.text(max_size=40), st.integers(0, 60))
def test_a_repetition_of_the_end_is_gone_and_all_else_stays(before: str, rest: str, size: int) -> None:
    repeated = before.rstrip()[-max(LEAST_CHARS, size) :]
    whole = join(before, [repeated, rest])
    assert whole.startswith(before)
    assert whole.rstrip().endswith(rest.strip())
    assert len(whole) <= len(before) + len(repeated) + len(rest)


@given(st.text(max_size=40), st.text(max_size=40))
def test_nothing_is_lost_that_was_not_said_before(before: str, rest: str) -> None:
    new = join(before, [rest])[len(before) :]
    assert rest.endswith(new)
    left_out = rest[: len(rest) - len(new)]
    assert left_out.strip() in before
