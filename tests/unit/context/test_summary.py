"""When a summary is due, what is asked for it, and what it may stand for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.context.summary import (
    INTRODUCTION,
    Task,
    is_due,
    is_worth_it,
    make_task,
    most_summary_tokens,
    system_with,
)
from chatrepl.context.tokens import TokenCount
from chatrepl.context.window import Limits, Plan, plan
from chatrepl.conversation import Summary
from chatrepl.messages import Message
from tests.support.chats import chat

WHEN = datetime(2026, 1, 1, tzinfo=UTC)


def words(message: Message) -> TokenCount:
    return TokenCount(len(message.text.split()), "exact")


def count(text: str) -> TokenCount:
    return TokenCount(len(text.split()), "exact")


def said(turns: int, length: int = 20) -> list[Message]:
    """Return a chat whose messages take ``length`` tokens each, and say their number."""
    return chat(*(f"number{n} " + "word " * (length - 1) for n in range(turns * 2)))


def task(
    messages: list[Message],
    room: int,
    *,
    before: Summary | None = None,
    marked: tuple[int, ...] = (),
    is_by_hand: bool = False,
) -> Task | None:
    made = plan(messages, words, None, Limits(room))
    return make_task(
        made,
        messages,
        words,
        count,
        before=before,
        most_tokens=20,
        marked=[messages[n].id for n in marked],
        is_by_hand=is_by_hand,
    )


def summary(through: Message, text: str = "They spoke.") -> Summary:
    return Summary("s", through.id, text, "m", WHEN)


def test_a_summary_is_due_at_three_quarters_of_the_room() -> None:
    def of(tokens: int, omitted: int = 0) -> Plan:
        return Plan((), tuple(said(1)[:omitted]), TokenCount(tokens, "exact"), Limits(1000))

    assert not is_due(of(750), words)
    assert is_due(of(751), words)
    assert is_due(of(10, omitted=1), words)


def test_a_summary_that_waits_to_be_used_makes_another_one_needless() -> None:
    messages = said(20)  # 800 tokens
    made = plan(messages, words, None, Limits(1000))
    assert is_due(made, words)
    assert not is_due(made, words, summary(messages[9]))
    assert is_due(made, words, summary(messages[1]))


def test_it_is_never_due_where_the_window_is_not_known() -> None:
    assert not is_due(Plan((), (), TokenCount(10**9, "exact"), Limits(None)), words)


def test_the_older_turns_are_folded_so_that_the_newer_take_less_than_a_third_of_the_room() -> None:
    messages = said(25)
    found = task(messages, 1000)
    assert found is not None
    assert found.through == messages[33].id  # 16 messages of 20 tokens are left, since 17 are no whole turns
    assert found.message_count == 34
    assert found.replaced_tokens == 680
    assert "number33" in found.prompt
    assert "number34" not in found.prompt


def test_no_more_is_folded_at_once_than_the_model_can_read() -> None:
    messages = said(100)
    found = task(messages, 1000)
    assert found is not None
    assert found.message_count < 40
    assert "cut here" not in found.prompt


def test_by_hand_all_but_the_last_turn_is_folded() -> None:
    messages = said(4)
    found = task(messages, 4000, is_by_hand=True)
    assert found is not None
    assert found.through == messages[5].id


def test_a_chat_of_one_turn_has_nothing_to_fold() -> None:
    assert task(said(1), 4000, is_by_hand=True) is None
    assert task([], 4000, is_by_hand=True) is None


def test_a_second_summary_is_made_from_all_messages_where_they_fit() -> None:
    messages = said(6)
    found = task(messages, 4000, before=summary(messages[3]), is_by_hand=True)
    assert found is not None
    assert "They spoke." not in found.prompt
    assert "number0 " in found.prompt
    assert found.message_count == 10


def test_where_they_do_not_fit_the_one_before_comes_with_the_newest_messages_it_stands_for() -> None:
    messages = said(30)
    found = task(messages, 500, before=summary(messages[29]))
    assert found is not None
    assert found.prompt.startswith("Summary of the beginning:\nThey spoke.")
    assert "number30 " in found.prompt  # new
    assert "number29 " in found.prompt  # stood for before, and read again
    assert "number0 " not in found.prompt


def test_turns_that_are_pinned_or_left_out_are_not_summarised() -> None:
    messages = said(6)
    found = task(messages, 4000, marked=(2,), is_by_hand=True)
    assert found is not None
    assert "number2 " not in found.prompt
    assert "number3 " not in found.prompt
    assert found.message_count == 8


def test_a_message_that_cannot_be_read_whole_is_cut_in_its_middle() -> None:
    messages = [*chat("start " + "long " * 3000 + "end", "ok"), *said(2)[2:]]
    found = task(messages, 600, is_by_hand=True)
    assert found is not None
    assert "[… cut here …]" in found.prompt
    assert "start" in found.prompt
    assert count(found.prompt).tokens < 600


@given(
    st.lists(st.integers(1, 90), min_size=1, max_size=60),
    st.integers(300, 3000),
    st.none() | st.integers(0, 59),
)
def test_what_is_asked_fits_the_window_and_moves_on(
    lengths: list[int], room: int, through: int | None
) -> None:
    messages = chat(*("word " * length for length in lengths))
    before = summary(messages[through]) if through is not None and through < len(messages) else None
    found = task(messages, room, before=before)
    if found is None:
        return
    place = [message.id for message in messages].index(found.through)
    assert place < len(messages) - 1
    assert before is None or place > [message.id for message in messages].index(before.through)
    assert count(found.prompt).tokens <= room


def test_a_summary_is_worth_it_when_it_takes_three_quarters_at_most() -> None:
    assert is_worth_it(TokenCount(75, "exact"), 100)
    assert not is_worth_it(TokenCount(76, "exact"), 100)
    assert not is_worth_it(TokenCount(0, "exact"), 100)


@pytest.mark.parametrize(
    ("window", "wanted", "most"),
    [
        (2048, None, 341),
        (128_000, None, 1024),
        (None, None, 1024),
        (2048, 4000, 1024),
        (None, 4000, 4000),
        (8192, 64, 64),
    ],
)
def test_how_long_a_summary_may_be(window: int | None, wanted: int | None, most: int) -> None:
    assert most_summary_tokens(window, wanted) == most


def test_a_summary_stands_behind_the_system_prompt() -> None:
    made = summary(said(1)[0])
    assert system_with("Be brief.", None) == "Be brief."
    assert system_with(None, None) is None
    assert system_with("Be brief.", made) == f"Be brief.\n\n{INTRODUCTION}\nThey spoke."
    assert system_with(None, made) == f"{INTRODUCTION}\nThey spoke."


def test_a_model_with_a_smaller_window_is_asked_for_less_at_once() -> None:
    messages = said(25)
    made = plan(messages, words, None, Limits(1000))
    found = make_task(made, messages, words, count, before=None, most_tokens=20, readable_tokens=300)
    assert found is not None
    assert count(found.prompt).tokens < 300
    assert found.message_count < 34
