"""What of a comparison is shown when: the last lines of all while they come, and each reply whole once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from chatrepl.comparison import Came, Comparison
from chatrepl.errors import BudgetExceededError, ServerError
from chatrepl.exchange import Notice, ReasoningDelta, Retrying, TextDelta, Waiting
from chatrepl.messages import Message, MessageId, Meta, RefusalPart, ReplyState, Role, Usage, text_parts
from chatrepl.turn import Cancelled, Completed, Failed
from chatrepl.ui.compare_view import CompareView
from chatrepl.ui.comparison_words import heading
from chatrepl.ui.markdown import BlockRenderer, Look
from chatrepl.ui.side_by_side import beside, fit
from tests.support.text import without_escapes


@dataclass
class Named:
    """A candidate, as far as it is shown."""

    label: str


@dataclass
class FakeComparison:
    """A comparison whose events are put in by hand."""

    candidates: list[Named]
    events: list[Came] = field(default_factory=list)
    has_ended: bool = False

    def take(self) -> list[Came]:
        """Return what is new."""
        events, self.events = self.events, []
        return events


@dataclass
class Watched:
    """A view, and what was printed by it."""

    comparison: FakeComparison
    columns: int
    now_s: float = 100.0
    printed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        look = Look(has_styles=False)
        self.view = CompareView(
            cast("Comparison", self.comparison),
            lambda: BlockRenderer(look, self.columns, 40),
            "fold",
            lambda: self.now_s,
        )

    def come(self, *events: Came) -> list[str]:
        """Let something come, and return what is printed by it."""
        self.comparison.events += events
        new = self.view.take(10**9, lambda: False)
        self.printed += new
        return new

    def tail(self, rows: int = 8) -> list[str]:
        """Return the live lines."""
        return [without_escapes(line.encode()) for line in self.view.tail(rows)]


def watched(*labels: str, columns: int = 120) -> Watched:
    return Watched(FakeComparison([Named(label) for label in labels]), columns)


def reply(text: str, **meta: object) -> Message:
    known: dict[str, object] = {
        "state": ReplyState.COMPLETE,
        "finish_reason": "stop",
        "duration_s": 2.14,
        "usage": Usage(10, 120, 130),
    }
    return Message(
        MessageId("a" * 32),
        None,
        Role.ASSISTANT,
        text_parts(text),
        datetime(2026, 1, 1, tzinfo=UTC),
        Meta(**(known | meta)),  # type: ignore[arg-type]
    )


def test_in_a_wide_terminal_the_last_lines_stand_beside_each_other() -> None:
    seen = watched("alpha", "beta", columns=100)

    assert seen.come((0, TextDelta("one **two**")), (1, TextDelta("three"))) == []

    head, first = seen.tail()
    assert head.split("│")[0].startswith("1 alpha · 0 s · ~2 tok")
    assert head.split("│")[1].startswith(" 2 beta · 0 s · ~1 tok")
    assert first.split("│")[0].strip() == "one two"
    assert first.split("│")[1].strip() == "three"


def test_in_a_narrow_one_they_stand_below_each_other() -> None:
    seen = watched("alpha", "beta", columns=99)
    seen.come((0, TextDelta("one")), (1, TextDelta("three")))
    assert seen.tail() == ["1 alpha · 0 s · ~0 tok", "one", "2 beta · 0 s · ~1 tok", "three"]


def test_more_than_fit_beside_each_other_stand_below_each_other() -> None:
    seen = watched(*"abcdef", columns=120)
    assert [line[:3] for line in seen.tail()] == ["1 a", "wai", "2 b", "wai", "3 c", "4 d", "5 e", "6 f"]


@pytest.mark.parametrize("columns", [20, 40, 99, 100, 160])
@pytest.mark.parametrize("rows", [1, 2, 4, 8])
def test_the_live_lines_never_take_more_room_than_they_may(columns: int, rows: int) -> None:
    seen = watched("alpha", "beta with a very long name indeed", "gamma", columns=columns)
    text = "界 word `code` " * 60 + "\n\n```\n" + "x" * 200 + "\n"
    seen.come(
        (0, TextDelta(text)), (1, Waiting("rate limit: " + "a long reason " * 20, 5)), (2, TextDelta("a"))
    )
    lines = seen.tail(rows)
    assert len(lines) <= rows
    assert max(map(cell_len, lines)) <= columns


def test_when_all_are_there_each_stands_whole_in_the_scrollback_once() -> None:
    seen = watched("alpha", "beta")
    seen.come((0, TextDelta("A1\n\nA2")), (1, TextDelta("B")))
    assert seen.come((1, Completed(reply("B")))) == []  # one is missing
    seen.come((0, Completed(reply("A1\n\nA2"))))
    seen.comparison.has_ended = True
    seen.come()

    assert seen.printed == [
        "1 alpha · 2.1 s · 120 tok · ?",
        *("A1", "", "A2", ""),
        "2 beta · 2.1 s · 120 tok · ?",
        *("B", ""),
    ]
    assert seen.view.is_over
    assert seen.tail() == []


def test_what_came_last_is_seen_while_the_others_go_on() -> None:
    seen = watched("alpha", "beta")
    seen.come((0, TextDelta("the end")), (0, Completed(reply("the end"))))
    assert seen.tail()[1].strip().startswith("the end")


def test_in_a_narrow_terminal_a_reply_is_printed_as_soon_as_it_is_there() -> None:
    seen = watched("alpha", "beta", columns=60)
    seen.come((0, TextDelta("A")), (1, TextDelta("B")))
    assert seen.come((1, Completed(reply("B")))) == ["2 beta · 2.1 s · 120 tok · ?", "B", ""]
    assert seen.tail()[0].startswith("1 alpha")
    assert not any("beta" in line for line in seen.tail())


def test_a_failure_is_told_in_its_column_and_below_its_heading() -> None:
    seen = watched("alpha", "beta")
    error = ServerError("it broke", hint="try later")
    failed = reply("par", state=ReplyState.FAILED, finish_reason=None, usage=None)
    seen.come((0, TextDelta("par")), (0, Failed(error, failed)), (1, TextDelta("B")))
    assert "it broke" in seen.tail()[1]
    seen.come((1, Completed(reply("B"))))
    assert seen.printed[:5] == ["1 alpha · 2.1 s · failed", "par", "", "error: it broke", "try later"]
    assert seen.view.failure is None


def test_waits_and_new_tries_count_down_in_the_column() -> None:
    seen = watched("alpha", "beta", columns=80)
    seen.come((0, Retrying("the server is busy", 4.0, 1, 3)), (1, Waiting("rate limit: place 2", 9)))
    seen.now_s += 1
    assert [seen.tail()[1], seen.tail()[3]] == [
        "the server is busy; again in 3 s (1 of 3)",
        "rate limit: place 2, 9 s",
    ]
    assert seen.view.is_counting_down


@pytest.mark.parametrize(
    ("end", "word", "below"),
    [
        (Completed(reply("A", finish_reason="length")), "cut off", "token limit"),
        (
            Cancelled(reply("A", state=ReplyState.INTERRUPTED, finish_reason=None)),
            "stopped",
            "what came is kept",
        ),
        (Completed(reply("")), "120 tok", "the reply is empty"),
    ],
)
def test_an_end_that_is_not_the_ordinary_one_is_told(
    end: Completed | Cancelled, word: str, below: str
) -> None:
    seen = watched("alpha", "beta", columns=80)
    seen.come((0, end))
    assert word in seen.printed[0]
    assert any(below in line for line in seen.printed[1:])


def test_a_refusal_is_told_in_the_heading() -> None:
    from dataclasses import replace

    end = Completed(replace(reply(""), parts=(RefusalPart("no"),)))
    assert heading(3, "gamma", end).endswith("· refused")


def test_a_budget_that_does_not_allow_all_is_told_once() -> None:
    seen = watched("alpha", "beta")
    refusal = Failed(BudgetExceededError("too dear", hint="spend less"), None)
    seen.come((0, refusal), (1, refusal))
    assert seen.printed == ["error: too dear", "spend less", ""]
    assert seen.view.failure is refusal


def test_reasoning_is_folded_and_notices_stand_under_the_heading() -> None:
    seen = watched("alpha", "beta", columns=80)
    seen.come((0, ReasoningDelta("hm hm")), (0, Notice("top_k is left out")), (0, TextDelta("A")))
    seen.come((0, Completed(reply("A"))))
    assert seen.printed[1] == "warning: top_k is left out"
    assert "A" in seen.printed


def test_once_it_is_stopped_twice_only_a_little_more_is_printed() -> None:
    seen = watched("alpha", "beta", columns=80)
    seen.view.cut(100)
    seen.come((0, Cancelled(reply("A" * 50))))
    assert "A" * 50 in seen.printed  # what came is shown after the first Esc
    seen.view.cut(100)
    seen.come((1, Cancelled(reply("word " * 5000))))
    assert sum(map(len, seen.printed)) < 8000
    assert any("/sibling shows each reply whole" in line for line in seen.printed)


def test_nothing_that_a_server_says_drives_the_terminal() -> None:
    seen = watched("al\x1b[2Jpha", "beta")
    seen.come((0, TextDelta("a\x1b[2Jb")), (1, Failed(ServerError("c\x1b]0;title\x07d"), None)))
    assert not any("\x1b[2J" in line or "\x1b]" in line for line in seen.view.tail(8))
    seen.come((0, Completed(reply("a\x1b[2Jb"))))
    assert not any("\x1b" in line for line in seen.printed)


def test_a_new_size_changes_between_beside_and_below() -> None:
    seen = watched("alpha", "beta", columns=120)
    seen.come((0, TextDelta("one")), (1, TextDelta("three")))
    assert len(seen.tail()) == 2
    seen.view.resize(60, 30)
    assert len(seen.tail()) == 4


@given(st.text(max_size=60), st.integers(1, 40))
def test_a_cell_has_exactly_its_width(text: str, columns: int) -> None:
    clean = "".join(char for char in text if char.isprintable())
    assert cell_len(fit(clean, columns)) == columns
    styled = fit(f"\x1b[1m{clean}\x1b[0m", columns)
    assert cell_len(without_escapes(styled.encode())) == columns
    assert styled.endswith("\x1b[0m" + " " * (len(styled) - len(styled.rstrip(" ")))) or not clean.strip()


def test_columns_of_different_height_stand_at_the_top() -> None:
    assert beside([["a", "b"], ["c"]], 3, "|") == ["a  |c", "b  |"]
