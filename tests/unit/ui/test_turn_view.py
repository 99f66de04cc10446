"""What of a turn is shown when: in slices, in order, and only a little more once it was stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast

import pytest

from chatrepl.exchange import Notice, ReasoningDelta, RefusalDelta, Retrying, TextDelta, Waiting
from chatrepl.messages import Message, ReplyState, Role
from chatrepl.turn import Cancelled, Completed, TurnEvent
from chatrepl.ui.markdown import BlockRenderer, Look
from chatrepl.ui.turn_view import SLICE_CHARS, TurnView
from chatrepl.worker import TurnWorker
from tests.support.chats import message
from tests.support.text import without_escapes

LIMIT_CHARS = 10**9


class FakeWorker:
    """A worker whose events are put in by hand."""

    def __init__(self, events: Iterable[TurnEvent] = (), *, has_ended: bool = False) -> None:
        self.events = list(events)
        self.has_ended = has_ended

    def take(self) -> list[TurnEvent]:
        """Return what is new."""
        events, self.events = self.events, []
        return events


class Steps:
    """A clock by which every slice of work takes a millisecond."""

    def __init__(self, limit_ms: int) -> None:
        self.left_ms = limit_ms

    def __call__(self) -> bool:
        """Whether the time is up."""
        self.left_ms -= 1
        return self.left_ms <= 0


def view_of(worker: FakeWorker, *, reasoning: str = "fold", before: str = "") -> TurnView:
    """Make a view without colours, 80 columns wide."""
    renderer = BlockRenderer(Look(has_styles=False), 80)
    display = cast("object", reasoning)
    return TurnView(cast("TurnWorker", worker), renderer, display, lambda: 0.0, before)  # type: ignore[arg-type]


def never() -> bool:
    """Let it take the time it needs."""
    return False


def take_all(
    view: TurnView, is_late: Callable[[], bool] = never, limit_chars: int = LIMIT_CHARS
) -> list[str]:
    """Take until nothing is left."""
    lines = view.take(limit_chars, is_late)
    while view.has_more:
        lines += view.take(limit_chars, is_late)
    return [without_escapes(line) for line in lines]


def paragraphs(count: int) -> list[str]:
    """Return a reply in which every paragraph occurs once."""
    return [f"Paragraph {number} of them.\n\n" for number in range(count)]


def shown(lines: Iterable[str]) -> list[str]:
    """Return the lines that are not blank."""
    return [line for line in lines if line]


def reply(text: str, state: ReplyState = ReplyState.COMPLETE) -> Message:
    """Return a stored reply."""
    return message(1, Role.ASSISTANT, text, state=state)


def test_a_frame_ends_when_its_time_is_up_and_the_next_one_goes_on_there() -> None:
    texts = paragraphs(2000)
    view = view_of(FakeWorker(TextDelta(text) for text in texts))

    first = view.take(LIMIT_CHARS, Steps(3))

    assert view.has_more
    assert 3 * SLICE_CHARS - 200 < len("".join(first)) + len(first) < 3 * SLICE_CHARS + 200
    rest = take_all(view, Steps(1))
    assert shown([*map(without_escapes, first), *rest]) == [text.strip() for text in texts]


def test_one_huge_piece_is_worked_on_in_slices_too() -> None:
    texts = paragraphs(2000)
    view = view_of(FakeWorker([TextDelta("".join(texts))]))

    first = view.take(LIMIT_CHARS, Steps(2))

    assert len("".join(first)) <= 2 * SLICE_CHARS
    rest = take_all(view)
    assert shown([*map(without_escapes, first), *rest]) == [text.strip() for text in texts]


def test_a_frame_ends_when_as_much_is_to_be_printed_as_the_line_takes() -> None:
    view = view_of(FakeWorker([TextDelta("".join(paragraphs(2000)))]))

    lines = view.take(100, never)

    assert 100 <= len("".join(lines)) <= SLICE_CHARS
    assert view.has_more


@pytest.mark.parametrize("limit_ms", [1, 2, 1000])
def test_everything_is_printed_in_the_order_in_which_it_came(limit_ms: int) -> None:
    view = view_of(
        FakeWorker(
            [
                Notice("first said"),
                TextDelta("One.\n\n"),
                TextDelta("Two.\n\n"),
                Notice("said between"),
                TextDelta("Three.\n\n"),
                Completed(reply("One.\n\nTwo.\n\nThree.")),
            ],
            has_ended=True,
        )
    )

    lines = take_all(view, Steps(limit_ms))

    assert shown(lines) == ["warning: first said", "One.", "Two.", "warning: said between", "Three."]
    assert view.is_over


def test_a_turn_is_over_only_when_its_worker_has_ended_and_all_was_taken() -> None:
    worker = FakeWorker([TextDelta("".join(paragraphs(500)))])
    view = view_of(worker)
    view.take(LIMIT_CHARS, Steps(1))
    worker.has_ended = True

    assert not view.is_over
    view.take(LIMIT_CHARS, Steps(1))
    assert view.has_more
    assert not view.is_over
    take_all(view)
    assert view.is_over


def test_what_comes_at_the_very_end_is_not_lost() -> None:
    worker = FakeWorker([TextDelta("Almost")])
    view = view_of(worker)
    view.take(LIMIT_CHARS, never)
    worker.events = [Completed(reply("Almost"))]
    worker.has_ended = True

    assert shown(take_all(view)) == ["Almost"]
    assert view.is_over


def test_a_turn_that_a_defect_ended_prints_its_open_end() -> None:
    view = view_of(FakeWorker([TextDelta("half a sen")], has_ended=True))

    assert shown(take_all(view)) == ["half a sen"]
    assert view.is_over


def test_a_stopped_reply_shows_a_little_more_and_says_how_much_is_kept() -> None:
    text = "".join(paragraphs(1000))
    worker = FakeWorker([TextDelta(text)])
    view = view_of(worker)
    view.take(LIMIT_CHARS, Steps(1))
    view.cut(1000)
    worker.events = [TextDelta("and more."), Cancelled(reply(text, ReplyState.INTERRUPTED))]
    worker.has_ended = True

    lines = shown(take_all(view))

    kept = len(text) + len("and more.") - SLICE_CHARS - 1000
    assert len("".join(lines)) < 1300
    assert " ".join(lines).endswith(
        f"{kept:,} characters more came and are kept: /redraw prints the reply whole, /raw its source "
        "interrupted; /continue asks for the rest, /retry asks again"
    )


def test_a_stopped_reply_of_which_all_was_shown_says_nothing_of_more() -> None:
    worker = FakeWorker([TextDelta("All there is.")])
    view = view_of(worker)
    view.cut(1000)
    worker.events.append(Cancelled(reply("All there is.", ReplyState.INTERRUPTED)))
    worker.has_ended = True

    assert shown(take_all(view)) == [
        "All there is.",
        "interrupted; /continue asks for the rest, /retry asks again",
    ]


@pytest.mark.parametrize(("display", "says_so"), [("show", True), ("fold", False), ("hide", False)])
def test_thoughts_that_were_not_to_be_shown_do_not_count_as_kept_back(display: str, *, says_so: bool) -> None:
    view = view_of(FakeWorker([ReasoningDelta("hm " * 5000)]), reasoning=display)
    view.cut(100)
    view.take(LIMIT_CHARS, never)
    cast("FakeWorker", view.worker).has_ended = True

    assert any("characters more came" in line for line in take_all(view)) == says_so


def test_a_refusal_is_marked_as_one() -> None:
    view = view_of(FakeWorker([RefusalDelta("I will"), RefusalDelta(" not.\n\n")], has_ended=True))

    assert shown(take_all(view)) == ["(refused)", "I will not."]


def test_what_is_waited_for_is_known_until_something_comes() -> None:
    worker = FakeWorker([Waiting("the server is loading the model", 3)])
    view = view_of(worker)
    view.take(LIMIT_CHARS, never)
    assert view.waiting_for == "the server is loading the model, 3 s"
    assert not view.has_begun

    worker.events = [TextDelta("Now")]
    view.take(LIMIT_CHARS, never)

    assert view.waiting_for == ""
    assert view.has_begun


def test_the_rest_of_an_unfinished_reply_goes_on_inside_its_open_block_in_slices() -> None:
    before = "".join(paragraphs(500)) + "```py\na = 1\nb = ("
    view = view_of(FakeWorker([TextDelta("2)\n```\n\nDone.\n\n")], has_ended=True), before=before)

    assert view.take(LIMIT_CHARS, Steps(1)) == []
    assert view.has_more

    assert shown(take_all(view)) == ["b = (2)", "Done."]


def test_the_tail_is_drawn_anew_only_when_something_has_come() -> None:
    worker = FakeWorker([TextDelta("an open")])
    view = view_of(worker)
    view.take(LIMIT_CHARS, never)
    tail = view.tail(8)
    assert tail == ["an open"]

    assert view.tail(8) is tail
    worker.events = [TextDelta(" end")]
    view.take(LIMIT_CHARS, never)
    assert view.tail(8) == ["an open end"]


def test_what_comes_after_a_change_of_width_is_drawn_for_it() -> None:
    worker = FakeWorker([TextDelta("word " * 30)])
    view = view_of(worker)
    view.take(LIMIT_CHARS, never)
    assert max(map(len, view.tail(8))) > 40

    view.resize(40, 20)

    assert max(map(len, view.tail(8))) <= 40


def test_a_retry_is_printed_and_counts_down_until_something_comes() -> None:
    at = [100.0]
    worker = FakeWorker([Retrying("the server is overloaded", 2.5, 1, 2)])
    renderer = BlockRenderer(Look(has_styles=False), 80)
    view = TurnView(cast("TurnWorker", worker), renderer, "fold", lambda: at[0])
    lines = take_all(view)
    assert shown(lines) == ["warning: the server is overloaded; trying again in 3 s (1 of 2)"]
    waits = []
    for at[0] in (100.0, 100.6, 101.6, 102.4, 102.6):
        waits.append(view.waiting_for)
    assert waits == [
        "again in 3 s (1 of 2)",
        "again in 2 s (1 of 2)",
        "again in 1 s (1 of 2)",
        "again in 1 s (1 of 2)",
        "trying again (1 of 2)",
    ]
    assert view.is_counting_down
    worker.events = [TextDelta("Hello")]
    take_all(view)
    assert (view.waiting_for, view.is_counting_down) == ("", False)
