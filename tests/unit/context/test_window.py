from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.context.tokens import Counter, TokenCount
from chatrepl.context.window import Fold, Limits, Plan, limits_for, plan, too_long
from chatrepl.conversation import Summary
from chatrepl.errors import ContextTooLongError
from chatrepl.messages import Message, MessageId, ReasoningPart, ReplyState, Role
from chatrepl.settings import Strategy
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


WHEN = datetime(2026, 1, 1, tzinfo=UTC)
STRATEGIES: list[Strategy] = ["drop", "middle", "summarise", "refuse"]


def folded_at(number: int, *, tokens: int = 5, is_by_hand: bool = False, name: str = "s") -> Fold:
    """Return a summary of all messages up to one."""
    through = MessageId(f"{number:032x}")
    return Fold(Summary(name, through, "in short", "m", WHEN, is_by_hand), TokenCount(tokens, "exact"))


class TestStrategies:
    def test_the_middle_is_left_out_and_the_opening_kept(self) -> None:
        made = plan(chat(*"abcdefghijkl"), ten, None, Limits(80), strategy="middle")
        assert numbers(made.sent) == [0, 1, 6, 7, 8, 9, 10, 11]
        assert numbers(made.omitted) == [2, 3, 4, 5]
        assert made.begins_at == MessageId(f"{6:032x}")

    def test_an_opening_longer_than_a_quarter_of_the_room_is_left_out_too(self) -> None:
        made = plan(chat(*"abcdefghijkl"), ten, None, Limits(70), strategy="middle")
        assert 0 not in numbers(made.sent)

    def test_what_fits_is_sent_whole_with_every_strategy(self) -> None:
        messages = chat(*"abcd")
        for strategy in STRATEGIES:
            assert plan(messages, ten, None, Limits(40), strategy).sent == tuple(messages)

    def test_refusing_leaves_nothing_out_and_says_what_to_do(self) -> None:
        made = plan(chat(*"abcdefgh"), ten, None, Limits(40), strategy="refuse")
        assert (len(made.sent), made.omitted, made.too_long_by) == (8, (), 40)
        error = too_long(made)
        assert "refuse" in error.message
        assert error.hint
        assert all(way in error.hint for way in ("/compact", "/omit", "window.strategy drop"))

    def test_a_system_prompt_larger_than_the_window_is_named_as_the_cause(self) -> None:
        error = too_long(plan(chat("a"), ten, TokenCount(500, "exact"), Limits(300, 50)))
        assert "system prompt alone, 500 tokens" in error.message
        assert "/system none" in (error.hint or "")


class TestExclusions:
    def test_the_turn_of_an_excluded_message_is_not_sent_whole(self) -> None:
        made = plan(chat(*"abcdef"), ten, None, Limits(1000), excluded=[MessageId(f"{3:032x}")])
        assert numbers(made.sent) == [0, 1, 4, 5]
        assert numbers(made.excluded) == [2, 3]
        assert made.begins_at is None

    def test_the_last_turn_is_sent_whatever_is_excluded(self) -> None:
        made = plan(chat(*"abc"), ten, None, Limits(1000), excluded=[MessageId(f"{2:032x}")])
        assert numbers(made.sent) == [0, 1, 2]

    def test_a_pin_wins_over_an_exclusion_in_the_same_turn(self) -> None:
        pin, out = MessageId(f"{0:032x}"), MessageId(f"{1:032x}")
        assert numbers(plan(chat(*"abc"), ten, None, Limits(99), pinned=[pin], excluded=[out]).sent) == [
            0,
            1,
            2,
        ]

    def test_an_excluded_turn_makes_room_for_others(self) -> None:
        messages = chat(*"abcdefg")
        out = [MessageId(f"{4:032x}")]
        assert numbers(plan(messages, ten, None, Limits(50), excluded=out).sent) == [0, 1, 2, 3, 6]


class TestSummaries:
    def test_a_summary_waits_until_the_messages_do_not_fit(self) -> None:
        messages = chat(*"abcdefg")
        whole = plan(messages, ten, None, Limits(70), strategy="summarise", folds=[folded_at(3)])
        assert (whole.summary, len(whole.sent)) == (None, 7)
        folded = plan(messages, ten, None, Limits(69), strategy="summarise", folds=[folded_at(3)])
        assert folded.summary is not None
        assert numbers(folded.folded) == [0, 1, 2, 3]
        assert numbers(folded.sent) == [4, 5, 6]
        assert folded.prompt.tokens == 35
        assert folded.begins_at == MessageId(f"{4:032x}")

    def test_a_summary_that_was_asked_for_is_used_at_once_and_with_every_strategy(self) -> None:
        for strategy in STRATEGIES:
            made = plan(
                chat(*"abcde"), ten, None, Limits(900), strategy, folds=[folded_at(1, is_by_hand=True)]
            )
            assert numbers(made.folded) == [0, 1]

    def test_the_last_summary_on_the_path_counts(self) -> None:
        folds = [folded_at(1, name="old"), folded_at(3, name="new"), folded_at(99, name="elsewhere")]
        made = plan(chat(*"abcdefg"), ten, None, Limits(60), strategy="summarise", folds=folds)
        assert made.summary is not None
        assert made.summary.id == "new"

    def test_pinned_turns_are_sent_word_for_word_beside_a_summary(self) -> None:
        made = plan(
            chat(*"abcdefg"),
            ten,
            None,
            Limits(60),
            strategy="summarise",
            pinned=[MessageId(f"{1:032x}")],
            folds=[folded_at(3)],
        )
        assert numbers(made.sent) == [0, 1, 4, 5, 6]
        assert numbers(made.folded) == [2, 3]

    def test_with_a_summary_the_oldest_turns_are_still_left_out_where_it_is_not_enough(self) -> None:
        made = plan(chat(*"abcdefghijk"), ten, None, Limits(55), strategy="summarise", folds=[folded_at(3)])
        assert numbers(made.folded) == [0, 1, 2, 3]
        assert made.omitted
        assert made.too_long_by == 0

    def test_a_summary_never_stands_for_the_last_turn(self) -> None:
        made = plan(chat(*"abc"), ten, None, Limits(900), folds=[folded_at(2, is_by_hand=True)])
        assert numbers(made.sent) == [2]


marks = st.sets(st.integers(0, 39), max_size=4)


class TestAllStrategies:
    @given(
        roles,
        sizes,
        st.integers(0, 600),
        marks,
        marks,
        st.sampled_from(STRATEGIES),
        st.none() | st.integers(0, 39),
    )
    def test_a_plan_keeps_its_promises_with_every_strategy(
        self,
        speakers: list[Role],
        weights: list[int],
        room: int,
        pins: set[int],
        outs: set[int],
        strategy: Strategy,
        through: int | None,
    ) -> None:
        messages = chat_of(speakers)

        def counts(counted: Message) -> TokenCount:
            return TokenCount(weights[int(counted.id, 16)], "exact")

        def made_with(limit: int) -> Plan:
            return plan(
                messages,
                counts,
                None,
                Limits(limit),
                strategy,
                [MessageId(f"{n:032x}") for n in pins],
                [MessageId(f"{n:032x}") for n in outs],
                [folded_at(through)] if through is not None else [],
            )

        made = made_with(room)
        fates = [made.sent, made.omitted, made.folded, made.excluded]
        found = [number for fate in fates for number in numbers(fate)]
        assert sorted(found) == list(range(len(messages)))  # every message has one fate
        assert numbers(made.sent) == sorted(numbers(made.sent))
        sent = set(numbers(made.sent))
        assert made.prompt.tokens == sum(weights[n] for n in sent) + made.summary_tokens.tokens
        assert made.too_long_by == max(made.prompt.tokens - room, 0)  # over the limit, it says so
        starts = [n for n, role in enumerate(speakers) if role is U]
        starts = starts if not speakers or (starts and not starts[0]) else [0, *starts]
        for index, start in enumerate(starts):
            turn = range(start, starts[index + 1] if index + 1 < len(starts) else len(speakers))
            states = {number in sent for number in turn if speakers[number] is not S}
            assert len(states) <= 1  # never splits a turn
            if index == len(starts) - 1 or pins & set(turn):
                assert states <= {True}  # keeps pins and the last turn
        if made.too_long_by and strategy != "refuse":
            # everything that may go is gone
            last = range(starts[-1], len(speakers))
            for index, start in enumerate(starts[:-1]):
                turn = range(start, starts[index + 1])
                free = [n for n in turn if speakers[n] is not S]
                assert pins & set(turn) or not sent & set(free)
            assert set(last) <= sent
        assert made_with(room) == made  # deterministic

    @given(roles, sizes, st.integers(0, 600), st.integers(0, 200), marks)
    def test_more_room_never_sends_less(
        self, speakers: list[Role], weights: list[int], room: int, more: int, pins: set[int]
    ) -> None:
        messages = chat_of(speakers)

        def counts(counted: Message) -> TokenCount:
            return TokenCount(weights[int(counted.id, 16)], "exact")

        pinned = [MessageId(f"{n:032x}") for n in pins]
        small = plan(messages, counts, None, Limits(room), pinned=pinned)
        large = plan(messages, counts, None, Limits(room + more), pinned=pinned)
        assert set(numbers(small.sent)) <= set(numbers(large.sent))

    @given(roles, sizes, st.integers(0, 600), st.sampled_from(STRATEGIES))
    def test_planning_what_was_planned_changes_nothing(
        self, speakers: list[Role], weights: list[int], room: int, strategy: Strategy
    ) -> None:
        def counts(counted: Message) -> TokenCount:
            return TokenCount(weights[int(counted.id, 16)], "exact")

        first = plan(chat_of(speakers), counts, None, Limits(room), strategy)
        if not first.too_long_by:
            again = plan(first.sent, counts, None, Limits(room), strategy)
            assert again.sent == first.sent

    def test_most_of_the_beginning_stays_the_same_from_turn_to_turn(self) -> None:
        """What a provider's cache of prompts can use: three quarters of all that is sent, over a long chat."""
        messages = chat(*("x" * 20 for _ in range(1200)))
        same = sent = 0
        before: tuple[Message, ...] = ()
        for end in range(1, len(messages), 2):
            made = plan(messages[:end], length, None, Limits(2000))
            shared = next(
                (
                    n
                    for n, (one, other) in enumerate(zip(before, made.sent, strict=False))
                    if one is not other
                ),
                min(len(before), len(made.sent)),
            )
            if made.omitted:
                same, sent = same + shared, sent + len(made.sent)
            before = made.sent
        assert same / sent > 0.75
