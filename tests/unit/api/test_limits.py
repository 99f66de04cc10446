"""What servers say of their limits in the head of an answer, in each of their ways to write it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.api.client import HttpClient
from chatrepl.api.limits import LastLimits, rate_limits
from chatrepl.cancellation import Cancellation
from chatrepl.errors import RateLimitedError
from chatrepl.exchange import Allowance, RateLimits, Request
from chatrepl.settings import NetworkSettings
from tests.support.fakes import FakeClock
from tests.support.raw_server import RawServer

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)


def read(headers: Mapping[str, str]) -> RateLimits | None:
    return rate_limits(headers, seen_s=5.0, now=NOW)


OPENAI = {
    "x-ratelimit-limit-requests": "5000",
    "x-ratelimit-remaining-requests": "4998",
    "x-ratelimit-reset-requests": "12ms",
    "x-ratelimit-limit-tokens": "40000",
    "x-ratelimit-remaining-tokens": "39500",
    "x-ratelimit-reset-tokens": "6m0s",
    "x-request-id": "req_1",
}


def test_openai_says_what_is_left_and_when_it_is_full_again() -> None:
    assert read(OPENAI) == RateLimits(
        Allowance(5000, 4998, 0.012), Allowance(40000, 39500, 360.0), 5.0, "req_1"
    )


def test_the_case_of_the_names_does_not_matter() -> None:
    assert read({name.title(): f" {value} " for name, value in OPENAI.items()}) == read(OPENAI)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1.0),
        ("20ms", 0.02),
        ("1m30.5s", 90.5),
        ("2h3m", 7380.0),
        ("17", 17.0),
        ("0.5", 0.5),
        ("250µs", 0.00025),
        ("soon", None),
        ("", None),
        ("-1", None),
        ("9" * 400, None),
        ("900000h", None),
        (f"{int(NOW.timestamp()) + 30}", 30.0),
        (f"{int(NOW.timestamp() * 1000) + 1500}", 1.5),
        (f"{int(NOW.timestamp()) - 30}", 0.0),
    ],
)
def test_the_time_until_it_is_full_is_read_however_it_is_written(text: str, seconds: float | None) -> None:
    found = read({"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": text})

    assert found is not None
    assert found.requests == (None, 3, seconds if seconds is None else pytest.approx(seconds), None)


@pytest.mark.parametrize(
    ("limit", "remaining", "expected"),
    [
        ("-1", "-1", None),
        ("0", "0", None),
        ("-1", "119", None),
        ("120", "-1", Allowance(120, None)),
        (None, "119", Allowance(None, 119)),
        ("120", None, Allowance(120, None)),
        ("120", "0", Allowance(120, 0)),
        ("20.0", "19", Allowance(20, 19)),
        ("many", "some", None),
        ("1" * 400, "1", Allowance(None, 1)),
        ("٣", "1", Allowance(None, 1)),
    ],
)
def test_what_a_server_does_not_know_is_not_said(
    limit: str | None, remaining: str | None, expected: Allowance | None
) -> None:
    """Azure sends -1 and 0 for what it does not know."""
    headers = {
        "x-ratelimit-limit-tokens": limit,
        "x-ratelimit-remaining-tokens": remaining,
        "request-id": "r",
    }

    found = read({name: value for name, value in headers.items() if value is not None})

    assert found == RateLimits(None, expected, 5.0, "r")


def test_openrouter_says_it_on_its_refusals_under_names_of_its_own() -> None:
    at_ms = int(NOW.timestamp() * 1000) + 41_000

    found = read(
        {
            "X-RateLimit-Limit": "20",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": str(at_ms),
            "X-Generation-Id": "gen-1",
        }
    )

    assert found == RateLimits(Allowance(20, 0, 41.0), None, 5.0, "gen-1")


def test_a_server_that_says_nothing_has_said_nothing() -> None:
    assert read({"content-type": "text/event-stream", "x-ratelimit-reset-requests": "1s"}) is None


def test_the_last_answer_for_each_model_counts() -> None:
    clock = FakeClock()
    limits = LastLimits(clock, requests_per="day")
    assert limits.of("small") is None

    limits.note("small", OPENAI)
    clock.seconds += 9
    limits.note("large", {"x-ratelimit-limit-requests": "14400", "x-ratelimit-remaining-requests": "14399"})

    small, large = limits.of("small"), limits.of("large")
    assert small is not None
    assert large is not None
    assert (small.seen_s, small.request_id) == (1000.0, "req_1")
    assert (large.seen_s, large.requests) == (1009.0, Allowance(14400, 14399, None, "day"))
    limits.note("small", {})
    assert limits.of("small") is None


@given(
    st.dictionaries(
        st.sampled_from([*OPENAI, "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"]),
        st.text() | st.from_regex(r"-?[0-9.]{0,30}(ms|us|µs|ns|h|m|s)?", fullmatch=True),
    )
)
def test_nothing_that_a_server_sends_makes_it_fail(headers: dict[str, str]) -> None:
    found = read(headers)

    for allowance in (found.requests, found.tokens) if found is not None else ():
        if allowance is not None:
            assert allowance.limit is None or allowance.limit > 0
            assert allowance.remaining is None or allowance.remaining >= 0
            assert allowance.full_in_s is None or 0 <= allowance.full_in_s < 1e8


@pytest.mark.parametrize("status", [200, 429])
def test_a_client_remembers_what_the_head_of_an_answer_said_also_of_a_refusal(status: int) -> None:
    head = f"HTTP/1.1 {status} x\r\nx-ratelimit-limit-requests: 20\r\nx-ratelimit-remaining-requests: 19\r\n"
    body = (
        b'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    )
    rest = f"content-type: text/event-stream\r\ncontent-length: {len(body)}\r\nx-request-id: req_7\r\n\r\n"
    with RawServer() as server:
        server.answer([head.encode() + rest.encode() + body])
        network = NetworkSettings(max_retries=0)
        client = HttpClient(server.base_url, key="sk-x", network=network, clock=FakeClock())
        assert client.rate_limits("m") is None

        with suppress(RateLimitedError):
            list(client.stream(Request("m", ()), Cancellation()))

        found = client.rate_limits("m")
        client.close()
    assert found == RateLimits(Allowance(20, 19), None, 1000.0, "req_7")
