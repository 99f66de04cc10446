"""Limits and windows: never too much in any stretch of time, and never a wait longer than that needs."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.entries import LimitSettings, ProviderSettings
from chatrepl.pacing import (
    DAY_US,
    MINUTE_US,
    TIERS,
    Go,
    Limit,
    Pace,
    Place,
    Sent,
    decide,
    grouped,
    needed_tokens,
    never_fits,
    pace_of,
    place,
    used,
)
from chatrepl.providers import BUILT_IN, Provider, at_address
from chatrepl.settings import Settings

# Rules --------------------------------------------------------------------------------------------------------------

WINDOWS_US = st.sampled_from([1, 7, 60, 500])
"""Short, so that times of a few hundred microseconds meet their edges."""
LIMITS = st.lists(
    st.builds(Limit, st.sampled_from(["requests", "tokens"]), st.integers(1, 12), WINDOWS_US),
    min_size=1,
    max_size=3,
)
SENT = st.lists(st.builds(Sent, st.integers(0, 700), st.integers(0, 2), st.integers(0, 9)), max_size=12)
NOW = st.integers(0, 800)


def fitting(limits: list[Limit]) -> st.SearchStrategy[int]:
    least = min((limit.most for limit in limits if limit.kind == "tokens"), default=12)
    return st.integers(0, least)


def amount(limit: Limit, sent: Sent) -> int:
    return sent.requests if limit.kind == "requests" else sent.tokens


def when(sent: list[Sent], limits: list[Limit], now_us: int, tokens: int) -> int:
    """Return when a request can go."""
    answer = decide(sent, limits, now_us, tokens)
    return answer.at_us if isinstance(answer, Go) else now_us + answer.wait_us


@given(st.data(), LIMITS)
def test_no_stretch_of_time_ever_holds_more_than_a_limit(data: st.DataObject, limits: list[Limit]) -> None:
    """Whatever comes whenever: each goes as soon as it may, and then every window is looked at."""
    now_us, sent = 0, list[Sent]()
    for _ in range(data.draw(st.integers(1, 25))):
        now_us += data.draw(st.integers(0, 40))
        tokens = data.draw(fitting(limits))
        now_us = when(sent, limits, now_us, tokens)
        sent.append(Sent(now_us, 1, tokens))
    for limit in limits:
        for first in sent:
            within = [each for each in sent if first.at_us <= each.at_us < first.at_us + limit.window_us]
            assert sum(amount(limit, each) for each in within) <= limit.most


@given(st.data(), LIMITS, SENT, NOW)
def test_a_wait_is_as_short_as_can_be(
    data: st.DataObject, limits: list[Limit], sent: list[Sent], now_us: int
) -> None:
    tokens = data.draw(fitting(limits))

    def exceeds(at_us: int) -> bool:
        me = Sent(at_us, 1, tokens)
        return any(used(sent, limit, at_us) + amount(limit, me) > limit.most for limit in limits)

    answer = decide(sent, limits, now_us, tokens)

    if isinstance(answer, Go):
        assert answer.at_us == now_us
        assert not exceeds(now_us)
    else:
        assert answer.wait_us > 0
        assert exceeds(now_us + answer.wait_us - 1)
        assert not exceeds(now_us + answer.wait_us)
        assert answer.limit in limits
        longest_us = max(limit.window_us for limit in limits)
        newest_us = max(each.at_us for each in sent)
        assert now_us + answer.wait_us <= newest_us + longest_us, "every wait has an end"


@given(st.data(), LIMITS, SENT, NOW)
def test_more_use_or_a_lower_limit_never_lets_a_request_go_earlier(
    data: st.DataObject, limits: list[Limit], sent: list[Sent], now_us: int
) -> None:
    tokens = data.draw(fitting(limits))
    at_us = when(sent, limits, now_us, tokens)

    assert (
        when([*sent, data.draw(st.builds(Sent, NOW, st.just(1), st.integers(0, 9)))], limits, now_us, tokens)
        >= at_us
    )
    assert when(sent, limits, now_us, data.draw(st.integers(0, tokens))) <= at_us
    assert when(sent, [limit._replace(most=limit.most + 1) for limit in limits], now_us, tokens) <= at_us
    assert when(sent, limits[1:], now_us, tokens) <= at_us
    assert when(sent, limits, now_us + 1, tokens) >= at_us


@given(st.data(), LIMITS, SENT, NOW)
def test_nobody_in_the_queue_is_overtaken_and_all_keep_to_the_limits(
    data: st.DataObject, limits: list[Limit], sent: list[Sent], now_us: int
) -> None:
    queue = data.draw(st.lists(fitting(limits), min_size=1, max_size=5))
    times, done = list[int](), list(sent)
    for number, tokens in enumerate(queue):
        answer = place(sent, queue[:number], limits, now_us, tokens)
        if isinstance(answer, Place):
            assert answer.number == number + 1
            assert answer.limit in limits
            times.append(now_us + answer.wait_us)
        else:
            assert number == 0, "only the first may go"
            times.append(answer.at_us)
        assert times[-1] == when(done, limits, times[-2] if number else now_us, tokens)
        done.append(Sent(times[-1], 1, tokens))
    assert all(earlier <= later for earlier, later in pairwise(times))


def test_whoever_waits_behind_a_request_of_a_process_without_limits_gets_an_answer() -> None:
    assert place([], [10**9], [Limit("tokens", 100)], 0, 50) == Place(2, MINUTE_US, Limit("tokens", 100))


def test_what_was_sent_leaves_a_window_exactly_at_its_end() -> None:
    limit = Limit("requests", 1)
    sent = [Sent(1_000, 1, 0)]

    assert decide(sent, [limit], 1_000 + MINUTE_US - 1, 0) == Place(1, 1, limit)
    assert decide(sent, [limit], 1_000 + MINUTE_US, 0) == Go(1_000 + MINUTE_US)


def test_a_minute_and_a_day_hold_at_the_same_time() -> None:
    minute, day = Limit("requests", 2), Limit("requests", 3, DAY_US)
    sent = [Sent(0, 1, 0), Sent(MINUTE_US, 1, 0), Sent(MINUTE_US + 1, 1, 0)]

    assert decide(sent, [minute, day], MINUTE_US + 2, 0) == Place(1, DAY_US - MINUTE_US - 2, day)
    assert decide(sent[1:], [minute, day], MINUTE_US + 2, 0) == Place(1, MINUTE_US - 2, minute)


# Needs --------------------------------------------------------------------------------------------------------------

FREE = (Limit("requests", 20), Limit("tokens", 40_000))


@pytest.mark.parametrize(
    ("prompt", "reply", "max_tokens", "needed"),
    [
        pytest.param(1_000, 4_096, None, 5_096, id="the room kept for the reply"),
        pytest.param(1_000, 0, None, 2_000, id="a window that is not known"),
        pytest.param(1_000, 4_096, 300, 1_300, id="a reply whose length is set"),
        pytest.param(39_000, 4_096, None, 40_000, id="a reply that may have what is left"),
        pytest.param(39_000, 4_096, 2_000, 41_000, id="a reply that must have more than is left"),
        pytest.param(41_000, 4_096, None, 41_000, id="too much without a reply"),
    ],
)
def test_what_a_request_needs(prompt: int, reply: int, max_tokens: int | None, needed: int) -> None:
    assert needed_tokens(FREE, prompt, reply, max_tokens) == needed


def test_only_what_exceeds_a_limit_alone_never_fits() -> None:
    assert never_fits(FREE, 40_000) is None
    assert never_fits(FREE, 40_001) == FREE[1]
    assert never_fits(FREE[:1], 10**12) is None


def test_limits_are_said_in_words() -> None:
    assert str(Limit("requests", 20)) == "20 requests a minute"
    assert str(Limit("requests", 1, DAY_US)) == "1 request a day"
    assert str(Limit("tokens", 1_000_000, DAY_US)) == "1 000 000 tokens a day"
    assert grouped(999) == "999"


# Where limits come from -----------------------------------------------------------------------------------------------


def limits_of(provider: Provider, **settings: object) -> Pace | None:
    return pace_of(provider, Settings(**settings))  # type: ignore[arg-type]


def test_without_an_entry_or_a_number_there_are_no_limits() -> None:
    assert limits_of(BUILT_IN["openai"]) is None
    assert limits_of(BUILT_IN["openai"], providers={"openai": ProviderSettings(dialect="chat")}) is None
    assert limits_of(BUILT_IN["groq"], providers={"openai": ProviderSettings(tier="classic-free")}) is None


@pytest.mark.parametrize(
    ("tier", "requests", "tokens"),
    [
        ("classic-free", 20, 40_000),
        ("classic-first-48-hours", 60, 60_000),
        ("classic-pay-as-you-go", 3_500, 90_000),
    ],
)
def test_the_classic_plans_are_built_in(tier: str, requests: int, tokens: int) -> None:
    pace = limits_of(BUILT_IN["openai"], providers={"openai": ProviderSettings(tier=tier)})

    assert pace == Pace("openai", (Limit("requests", requests), Limit("tokens", tokens)), tier)


def test_a_tier_of_the_file_changes_what_it_says_of_a_built_in_one() -> None:
    pace = limits_of(
        BUILT_IN["openai"],
        providers={"openai": ProviderSettings(tier="classic-free")},
        tiers={"classic-free": LimitSettings(requests_per_minute=3, requests_per_day=200)},
    )

    assert pace is not None
    assert pace.limits == (
        Limit("requests", 3),
        Limit("requests", 200, DAY_US),
        Limit("tokens", 40_000),
    )


def test_a_providers_own_numbers_stand_above_its_tier() -> None:
    pace = limits_of(
        BUILT_IN["openai"],
        providers={"openai": ProviderSettings(tier="mine", tokens_per_day=9)},
        tiers={"mine": LimitSettings(requests_per_minute=3, tokens_per_day=5)},
    )

    assert pace == Pace("openai", (Limit("requests", 3), Limit("tokens", 9, DAY_US)), "mine")


def test_a_server_known_by_its_address_has_the_limits_of_the_entry_with_that_address() -> None:
    providers = {
        "gateway": ProviderSettings(base_url="http://gateway.example:8000/v1", requests_per_minute=2)
    }

    here = at_address("http://gateway.example:8000/v1/other", providers)
    elsewhere = at_address("http://gateway.example:9000/v1", providers)

    assert limits_of(here, providers=providers) == Pace("gateway", (Limit("requests", 2),))
    assert limits_of(elsewhere, providers=providers) is None


def test_the_names_of_the_tiers_settings_are_those_of_the_configuration() -> None:
    for tier in TIERS.values():
        assert set(tier) <= set(LimitSettings.__slots__)
    for limit in (Limit("requests", 1), Limit("tokens", 1, DAY_US)):
        assert limit.setting in LimitSettings.__slots__
