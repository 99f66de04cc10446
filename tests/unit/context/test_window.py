from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.context.tokens import Counter, TokenCount
from chatrepl.context.window import Limits, Plan, limits_for, plan, too_long
from chatrepl.errors import ContextTooLongError
from chatrepl.messages import Message, MessageId, ReasoningPart, ReplyState, Role
from tests.support.chats import chat, chat_of, message

U, A, S, T = Role.USER, Role.ASSISTANT, Role.SYSTEM, Role.TOOL


def length(counted: Message) -> TokenCount:
    """Count a message as one token a character."""
    return TokenCount(len(counted.text), "exact")


def ten(_: Message) -> TokenCount:
    return TokenCount(10, "exact")


def numbers(messages: tuple[Message, ...]) -> list[int]:
    return [int(one.id, 16) for one in messages]


def fit(messages: list[Message], room: int, *, pinned: tuple[int, ...] = ()) -> Plan:
    return plan(messages, ten, None, Limits(room), pinned=[messages[number].id for number in pinned])


roles = st.lists(st.sampled_from([U, U, A, A, A, S, T]), max_size=40)
sizes = st.lists(st.integers(1, 60), min_size=40, max_size=40)


class TestLimits:
    @pytest.mark.parametrize(
        ("window", "reserve", "longest", "expected"),
        [
            (128_000, None, 16_384, Limits(128_000, 4096, 2560)),
            (8192, None, None, Limits(8192, 2048, 256)),
            (4096, None, None, Limits(4096, 1024, 256)),
            (2048, None, None, Limits(2048, 512, 40)),
            (256, None, None, Limits(256, 64, 16)),
            (256, 1024, None, Limits(256, 128, 16)),
            (8192, None, 100, Limits(8192, 100, 256)),
            (8192, 3000, 100, Limits(8192, 100, 256)),
            (None, 3000, 100, Limits(None)),
        ],
    )
    def test_the_window_is_divided_between_request_and_reply(
        self, window: int | None, reserve: int | None, longest: int | None, expected: Limits
    ) -> None:
        assert limits_for(window, reserve=reserve, max_output_tokens=longest) == expected

    @given(st.integers(256, 10**8), st.none() | st.integers(16, 10**6), st.none() | st.integers(1, 10**8))
    def test_there_is_always_room_for_a_request(
        self, window: int, reserve: int | None, longest: int | None
    ) -> None:
        room = limits_for(window, reserve=reserve, max_output_tokens=longest).room_tokens
        assert room is not None
        assert room >= window * 2 // 5


class TestWhatIsSent:
    def test_a_chat_that_fits_is_sent_whole(self) -> None:
        messages = chat("a", "b", "c")
        made = fit(messages, 30)
        assert made.sent == tuple(messages)
        assert (made.omitted, made.omitted_turns, made.too_long_by) == ((), 0, 0)
        assert made.prompt == TokenCount(30, "exact")

    def test_everything_is_sent_where_the_window_is_not_known(self) -> None:
        messages = chat(*"abcdefghij" * 100)
        made = plan(messages, ten, None, Limits(None))
        assert made.sent == tuple(messages)
        assert (made.share, made.too_long_by) == (None, 0)

    def test_an_empty_chat_sends_its_system_prompt(self) -> None:
        made = plan([], ten, TokenCount(7, "reported"), Limits(100, 20))
        assert made.prompt == TokenCount(7, "reported")
        assert (made.sent, made.share) == ((), 0.07)

    def test_the_oldest_turns_are_left_out_whole(self) -> None:
        made = fit(chat_of([U, A, U, A, A, U, A, U]), 45)
        assert numbers(made.sent) == [5, 6, 7]
        assert numbers(made.omitted) == [0, 1, 2, 3, 4]
        assert made.omitted_turns == 2

    def test_reserve_and_margin_are_kept_free(self) -> None:
        messages = chat_of([U, A, U])
        assert len(plan(messages, ten, None, Limits(50, 15, 5)).sent) == 3
        assert len(plan(messages, ten, None, Limits(50, 15, 6)).sent) == 1

    def test_the_system_prompt_takes_its_part_of_the_room(self) -> None:
        messages = chat_of([U, A, U])
        assert len(plan(messages, ten, TokenCount(10, "exact"), Limits(40)).sent) == 3
        assert len(plan(messages, ten, TokenCount(11, "exact"), Limits(40)).sent) == 1

    def test_an_opening_by_the_model_is_sent_while_it_fits(self) -> None:
        messages = chat_of([A, U, A, U])
        assert numbers(fit(messages, 40).sent) == [0, 1, 2, 3]
        assert numbers(fit(messages, 39).sent) == [1, 2, 3]

    def test_messages_of_the_system_inside_the_chat_are_always_kept(self) -> None:
        made = fit(chat_of([S, U, A, U, S, A, U]), 40)
        assert numbers(made.sent) == [0, 4, 6]
        assert numbers(made.omitted) == [1, 2, 3, 5]

    def test_the_turn_of_a_pinned_message_is_kept_whole_and_in_its_place(self) -> None:
        messages = chat_of([U, A, U, A, U, A, U, A, U])
        for pinned in (2, 3):
            made = fit(messages, 55, pinned=(pinned,))
            assert numbers(made.sent) == [2, 3, 6, 7, 8]
            assert made.omitted_turns == 2

    def test_a_pin_on_the_last_turn_changes_nothing(self) -> None:
        messages = chat_of([U, A, U])
        assert fit(messages, 15, pinned=(2,)) == fit(messages, 15)

    def test_replies_without_words_are_neither_sent_nor_listed(self) -> None:
        messages = [
            message(0, U, "old"),
            message(1, A, state=ReplyState.FAILED),
            message(2, U, "hello"),
            message(3, A, ReasoningPart("hm"), state=ReplyState.INTERRUPTED),
            message(4, U, "hello?"),
            message(5, A, "par", state=ReplyState.FAILED),
            message(6, U, "go on"),
            message(7, A, "", state=ReplyState.STREAMING),
        ]
        assert numbers(fit(messages, 1000).sent) == [0, 2, 4, 5, 6]
        assert numbers(fit(messages, 30).omitted) == [0, 2]
        assert numbers(fit(messages, 30).sent) == [4, 5, 6]

    def test_the_least_certain_count_decides_how_certain_the_prompt_is(self) -> None:
        def counts(counted: Message) -> TokenCount:
            return TokenCount(1, "estimated" if counted.text == "message 1" else "reported")

        messages = chat_of([U, A, U])
        assert plan(messages, counts, None, Limits(10)).prompt == TokenCount(3, "estimated")
        assert plan(messages, counts, None, Limits(1)).prompt == TokenCount(1, "reported")


class TestTooLong:
    def test_a_last_message_that_does_not_fit_is_said_to_be_too_long(self) -> None:
        made = plan(chat("a", "b", "c" * 500), length, TokenCount(10, "exact"), Limits(400, 100, 20))
        assert made.too_long_by == 230
        assert numbers(made.sent) == [2]
        assert made.share == pytest.approx(510 / 400)

    def test_the_error_for_it_names_both_numbers_and_what_to_do(self) -> None:
        error = too_long(plan(chat("c" * 500), length, None, Limits(400, 100, 20)))
        assert isinstance(error, ContextTooLongError)
        assert (error.sent_tokens, error.limit_tokens) == (500, 280)
        assert "500" in error.message
        assert error.hint

    def test_pins_that_fill_the_window_make_the_request_too_long(self) -> None:
        assert fit(chat_of([U, A, U, A, U]), 45, pinned=(0, 2)).too_long_by == 5

    def test_a_request_of_exactly_the_room_fits(self) -> None:
        assert plan(chat("c" * 280), length, None, Limits(400, 100, 20)).too_long_by == 0


class TestInvariants:
    @given(roles, sizes, st.integers(0, 600), st.sets(st.integers(0, 39), max_size=3))
    def test_a_plan_keeps_its_promises(
        self, speakers: list[Role], weights: list[int], room: int, pins: set[int]
    ) -> None:
        """System messages, pinned turns and the last turn stay; turns are whole; no reply without its question."""
        messages = chat_of(speakers)

        def counts(counted: Message) -> TokenCount:
            return TokenCount(weights[int(counted.id, 16)], "exact")

        made = plan(messages, counts, None, Limits(room), pinned=[MessageId(f"{n:032x}") for n in pins])
        sent, omitted = set(numbers(made.sent)), set(numbers(made.omitted))
        assert sent | omitted == set(range(len(messages)))
        assert not sent & omitted
        assert numbers(made.sent) == sorted(sent)
        assert made.prompt.tokens == sum(weights[number] for number in sent)
        assert made.too_long_by == max(made.prompt.tokens - room, 0)
        starts = [n for n, role in enumerate(speakers) if role is U]
        starts = starts if not speakers or (starts and not starts[0]) else [0, *starts]
        for index, start in enumerate(starts):
            turn = range(start, starts[index + 1] if index + 1 < len(starts) else len(speakers))
            states = {number in sent for number in turn if speakers[number] is not S}
            assert len(states) <= 1
            if index == len(starts) - 1 or pins & set(turn):
                assert states <= {True}
        assert {number for number, role in enumerate(speakers) if role is S} <= sent
        if made.too_long_by:
            fixed = {n for n in sent if speakers[n] is S} | set(range(starts[-1], len(speakers)))
            for index, start in enumerate(starts[:-1]):
                if pins & set(range(start, starts[index + 1])):
                    fixed |= set(range(start, starts[index + 1]))
            assert sent == fixed

    @given(sizes, st.integers(100, 600))
    def test_at_least_three_quarters_of_the_room_are_used_up_to_one_turn(
        self, weights: list[int], room: int
    ) -> None:
        messages = chat(*("x" * weight for weight in weights))
        made = plan(messages, length, None, Limits(room))
        if made.omitted:
            assert made.prompt.tokens > room * 3 / 4 - 120

    @given(st.lists(st.integers(1, 60), min_size=2, max_size=120), st.integers(130, 600))
    def test_the_first_message_sent_never_moves_back_while_a_chat_grows(
        self, weights: list[int], room: int
    ) -> None:
        messages = chat(*("x" * weight for weight in weights))
        firsts = [
            numbers(plan(messages[:end], length, None, Limits(room)).sent)[0]
            for end in range(1, len(messages) + 1)
        ]
        assert firsts == sorted(firsts)

    @pytest.mark.parametrize(
        ("turns_that_fit", "least_turns_between_moves"), [(8, 1.9), (16, 3.9), (64, 15), (128, 30)]
    )
    def test_the_first_message_sent_moves_only_every_few_turns(
        self, turns_that_fit: int, least_turns_between_moves: float
    ) -> None:
        messages = chat(*"xy" * (turns_that_fit * 6))
        firsts = [
            plan(messages[:end], ten, None, Limits(turns_that_fit * 20)).sent[0].id
            for end in range(1, len(messages), 2)
        ]
        moves = sum(one != other for one, other in pairwise(firsts))
        assert moves
        assert (len(firsts) - turns_that_fit) / moves >= least_turns_between_moves

    @given(st.lists(st.integers(1, 12), min_size=100, max_size=100), st.integers(150, 600))
    def test_it_stays_for_two_turns_and_more_where_single_turns_are_small(
        self, weights: list[int], room: int
    ) -> None:
        messages = chat(*("x" * weight for weight in weights))
        firsts = [plan(messages[:end], length, None, Limits(room)).sent[0].id for end in range(1, 100, 2)]
        assert len(set(firsts)) <= len(firsts) / 2 + 1

    def test_no_message_older_than_what_fits_is_counted(self) -> None:
        counted: list[Message] = []

        def counts(one: Message) -> TokenCount:
            counted.append(one)
            return TokenCount(10, "exact")

        plan(chat(*"xy" * 5000), counts, None, Limits(200))
        assert len(counted) == 21


def test_planning_a_chat_of_ten_thousand_messages_counts_only_what_could_fit(tmp_path: Path) -> None:
    messages = chat(*(f"message number {n} of many" for n in range(10_000)))
    counter = Counter(tmp_path, "local-model")
    asked: list[Message] = []

    def count(message: Message) -> TokenCount:
        asked.append(message)
        return counter.count_message(message)

    limits = limits_for(2048, reserve=None, max_output_tokens=None)
    made = plan(messages, count, counter.count_system("Be brief."), limits)

    assert len(made.sent) < len(asked) < 1000
