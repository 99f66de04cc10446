"""When to try again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chatrepl import errors
from chatrepl.api import retry


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("6m0s", 360.0),
        ("1s", 1.0),
        ("20ms", 0.02),
        ("1m30.5s", 90.5),
        ("2h3m", 7380.0),
        ("7", 7.0),
        ("1.5", 1.5),
        ("250µs", 0.00025),
        ("", None),
        ("soon", None),
        ("1 s later", None),
        ("-3", None),
        ("nan", None),
    ],
)
def test_durations_are_read_as_servers_write_them(text: str, seconds: float | None) -> None:
    assert retry.parse_duration_s(text) == (None if seconds is None else pytest.approx(seconds))


NOW = datetime(2026, 8, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "message", "seconds"),
    [
        ({"retry-after": "7"}, "", 7.0),
        ({"retry-after": "0.5"}, "", 0.5),
        ({"retry-after-ms": "1500", "retry-after": "7"}, "", 1.5),
        ({"retry-after": "Sat, 01 Aug 2026 12:00:30 GMT"}, "", 30.0),
        ({"retry-after": "Sat, 01 Aug 2026 11:00:00 GMT"}, "", 0.0),
        ({"retry-after": "Sat, 01 Aug 2026 12:00:30 GMT", "date": "Sat, 01 Aug 2026 12:00:10 GMT"}, "", 20.0),
        ({"retry-after": "tomorrow"}, "", None),
        ({}, "Rate limit reached. Please try again in 5.289s. Visit", 5.289),
        ({}, "try again in 1m2s", 62.0),
        ({}, "try again later", None),
        ({}, "", None),
    ],
)
def test_the_wait_a_server_asks_for_is_found(
    headers: dict[str, str], message: str, seconds: float | None
) -> None:
    assert retry.retry_after_s(headers, message, NOW) == seconds


def limited(seconds: float | None) -> errors.RateLimitedError:
    error = errors.RateLimitedError("slow down")
    error.retry_after_s = seconds
    return error


def test_delays_double_up_to_eight_seconds_with_some_chance_in_them() -> None:
    error = errors.ServerError("oops")
    assert [retry.delay_s(attempt, error, lambda: 1.0) for attempt in range(6)] == [
        0.5,
        1.0,
        2.0,
        4.0,
        8.0,
        8.0,
    ]
    assert [retry.delay_s(attempt, error, lambda: 0.0) for attempt in range(3)] == [0.375, 0.75, 1.5]
    assert retry.delay_s(10**6, error, lambda: 1.0) == 8.0


@pytest.mark.parametrize(
    ("asked", "delay"), [(120.0, 120.0), (0.2, 0.2), (121.0, None), (0.0, 0.5), (None, 0.5)]
)
def test_the_servers_wish_counts_up_to_two_minutes(asked: float | None, delay: float | None) -> None:
    assert retry.delay_s(0, limited(asked), lambda: 1.0) == delay


@pytest.mark.parametrize(
    ("error", "is_retryable"),
    [
        (errors.ServerError("x"), True),
        (errors.RateLimitedError("x"), True),
        (errors.TransportError("x", code="refused"), True),
        (errors.TransportError("x", code="read_timeout"), True),
        (errors.TransportError("x", code="tls"), False),
        (errors.TransportError("x", code="url"), False),
        (errors.QuotaError("x"), False),
        (errors.AuthError("x"), False),
        (errors.BadRequestError("x"), False),
        (errors.ContextTooLongError("x"), False),
        (errors.ModelNotFoundError("x"), False),
        (errors.ProtocolError("x"), False),
    ],
)
def test_only_what_may_pass_is_tried_again(error: errors.ApiError, is_retryable: bool) -> None:
    assert retry.is_retryable(error) is is_retryable
    error.should_retry = True
    assert retry.is_retryable(error) is not isinstance(error, errors.QuotaError)
    error.should_retry = False
    assert not retry.is_retryable(error)


@pytest.mark.parametrize(("value", "wish"), [("true", True), ("False", False), ("perhaps", None), ("", None)])
def test_the_server_may_say_whether_to_try_again(value: str, wish: bool | None) -> None:
    assert retry.should_retry({"x-should-retry": value}) is wish
    assert retry.should_retry({}) is None
