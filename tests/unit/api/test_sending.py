"""What the client does about a request that did not get through: again, differently, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl import errors
from chatrepl.api.client import HttpClient
from chatrepl.api.reading import Patience
from chatrepl.cache import JsonCache
from chatrepl.cancellation import Cancellation
from chatrepl.environment import SystemClock
from chatrepl.exchange import Finished, Notice, Request, Retrying, StreamEvent, TextDelta, Waiting
from chatrepl.messages import Message, MessageId, Role, text_parts
from chatrepl.providers import Provider
from chatrepl.settings import NetworkSettings
from tests.support.raw_server import (
    Close,
    RawServer,
    Reset,
    chat_chunks,
    error_response,
    json_response,
    stream_answer,
)

USER = Message(MessageId("u"), None, Role.USER, text_parts("Hi"), datetime(2026, 8, 1, tzinfo=UTC))
GOOD = stream_answer(chat_chunks(["Hello"]))
LIMITED = {"error": {"message": "Rate limit reached", "type": "requests", "code": "rate_limit_exceeded"}}


class Impatient(Cancellation):
    """Waits for nothing, and remembers how long it was asked to."""

    def __init__(self, cancel_at: int | None = None) -> None:
        super().__init__()
        self.waits: list[float] = []
        self._cancel_at = cancel_at

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        if len(self.waits) == self._cancel_at:
            self.cancel()
        return self.is_cancelled


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer() as server:
        yield server


def make_client(server: RawServer, **options: Any) -> HttpClient:
    network = NetworkSettings(connect_timeout_s=5.0, read_timeout_s=5.0, **options.pop("network", {}))
    merged: dict[str, Any] = {"key": None, "network": network, "clock": SystemClock(), "random": lambda: 1.0}
    return HttpClient(server.base_url, **(merged | options))


def ask(**parameters: Any) -> Request:
    return Request("test-model", (USER,), parameters=parameters)


def run(
    client: HttpClient, cancellation: Cancellation | None = None, request: Request | None = None
) -> tuple[list[StreamEvent], errors.ApiError | None]:
    events: list[StreamEvent] = []
    with_error = None
    try:
        for event in client.stream(request or ask(), cancellation or Impatient()):
            events.append(event)  # noqa: PERF402 - what came before an error counts
    except errors.ApiError as error:
        with_error = error
    client.close()
    return events, with_error


def text_of(events: list[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def said(events: list[StreamEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Notice)]


def refusal(status: int, **headers: str) -> Any:
    return error_response(
        status,
        LIMITED if status == 429 else {"error": {"message": "Down"}},
        **{name.replace("-", "_"): value for name, value in headers.items()},
    )


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_what_may_pass_is_sent_again_as_it_was(server: RawServer, status: int) -> None:
    server.answer(refusal(status), refusal(status), GOOD)
    cancellation = Impatient()
    events, error = run(make_client(server), cancellation)
    assert error is None
    assert text_of(events) == "Hello"
    retries = [event for event in events if isinstance(event, Retrying)]
    assert [(event.attempt, event.limit, event.seconds) for event in retries] == [(1, 2, 0.5), (2, 2, 1.0)]
    assert cancellation.waits == [0.5, 1.0]
    assert len({post.body for post in server.posts}) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": {"message": "no"}}),
        (401, {"error": {"message": "no"}}),
        (402, {"error": {"message": "pay"}}),
        (403, {"error": {"message": "no"}}),
        (404, {"error": {"message": "no"}}),
        (413, {"error": {"message": "no"}}),
        (422, {"detail": "no"}),
        (429, {"error": {"message": "quota", "code": "insufficient_quota", "type": "insufficient_quota"}}),
        (429, {"error": {"message": "quota", "code": "credit_balance_exhausted"}}),
        (429, {"error": {"message": "quota", "code": "organization_spend_limit_exceeded"}}),
        (429, {"error": {"message": "quota", "code": "project_spend_limit_exceeded"}}),
        (429, {"error": {"message": "quota", "code": "organization_usage_limit_exceeded"}}),
        (429, {"error": {"message": "x", "details": {"error_code": "enforced_spend_limit_reached"}}}),
        (501, {"error": {"message": "no"}}),
    ],
)
def test_what_will_not_pass_is_sent_once(server: RawServer, status: int, body: Any) -> None:
    server.answer(error_response(status, body))
    events, error = run(make_client(server))
    assert error is not None
    assert not [event for event in events if isinstance(event, Retrying)]
    assert len(server.posts) == 1


def test_the_last_failure_says_how_often_it_was_tried(server: RawServer) -> None:
    server.answer(refusal(500))
    _, error = run(make_client(server))
    assert isinstance(error, errors.ServerError)
    assert error.message.endswith("(tried 3 times)")
    assert len(server.posts) == 3


@pytest.mark.parametrize("count", [0, 1, 5])
def test_how_often_is_a_setting(server: RawServer, count: int) -> None:
    server.answer(refusal(500))
    run(make_client(server, network={"max_retries": count}))
    assert len(server.posts) == count + 1


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ({"retry-after": "7"}, [7.0]),
        ({"retry-after-ms": "1500", "retry-after": "9"}, [1.5]),
        ({"retry-after": "0"}, [0.5]),
        ({"retry-after": "120"}, [120.0]),
    ],
)
def test_the_server_says_how_long_to_wait(
    server: RawServer, headers: dict[str, str], waits: list[float]
) -> None:
    server.answer(refusal(429, **headers), GOOD)
    cancellation = Impatient()
    events, _ = run(make_client(server), cancellation)
    assert cancellation.waits == waits
    assert text_of(events) == "Hello"


def test_a_wait_that_is_too_long_ends_in_an_error_that_names_it(server: RawServer) -> None:
    server.answer(refusal(429, **{"retry-after": "121"}))
    _, error = run(make_client(server))
    assert error is not None
    assert error.hint == "the server asks to wait 2 minutes; then /retry"
    assert len(server.posts) == 1
    run(make_client(server, network={"max_retry_wait_s": 130.0}))
    assert len(server.posts) == 4


def test_the_server_may_say_that_it_will_not_help(server: RawServer) -> None:
    server.answer(refusal(500, **{"x-should-retry": "false"}))
    run(make_client(server))
    assert len(server.posts) == 1


def test_the_server_may_say_that_it_will_help(server: RawServer) -> None:
    server.answer(error_response(400, {"error": {"message": "x"}}, x_should_retry="true"), GOOD)
    events, error = run(make_client(server))
    assert (text_of(events), error) == ("Hello", None)


@pytest.mark.parametrize("broken", [[Close()], [Reset()], [b"HTTP/1.1 200 OK\r\nContent-", Reset()]])
def test_a_connection_that_breaks_before_the_answer_is_made_again(server: RawServer, broken: Any) -> None:
    server.answer(broken, GOOD)
    events, error = run(make_client(server))
    assert (text_of(events), error) == ("Hello", None)


def test_an_error_in_the_stream_before_any_word_is_tried_again(server: RawServer) -> None:
    overloaded = b'data: {"error":{"message":"overloaded","code":503}}\n\n'
    server.answer(stream_answer([overloaded]), GOOD)
    events, error = run(make_client(server))
    assert (text_of(events), error) == ("Hello", None)


@pytest.mark.parametrize(
    "broken", [[Close()], [Reset()], [b'data: {"error":{"message":"overloaded","code":503}}\n\n']]
)
def test_nothing_is_asked_for_again_once_a_word_was_shown(server: RawServer, broken: Any) -> None:
    server.answer(stream_answer([*chat_chunks(["Hel"])[:2], *broken]), GOOD)
    events, error = run(make_client(server))
    assert error is not None
    assert text_of(events) == "Hel"
    assert len(server.posts) == 1


def test_a_wait_can_be_ended_and_nothing_is_sent_after_it(server: RawServer) -> None:
    server.answer(refusal(429))
    events, error = run(make_client(server), Impatient(cancel_at=1))
    assert error is None
    assert isinstance(events[-1], Retrying)
    assert len(server.posts) == 1


def test_a_connection_that_the_server_closed_in_between_is_no_failure(server: RawServer) -> None:
    client = make_client(server, network={"max_retries": 0})
    one = json_response({"choices": [{"message": {"content": "One"}, "finish_reason": "stop"}]})
    server.answer(one, [Close()], GOOD)
    cancellation = Impatient()
    events = [*client.stream(Request("m", (USER,), stream=False), cancellation)]
    assert text_of(events) == "One"
    events, error = run(client, cancellation)
    assert (text_of(events), error) == ("Hello", None)
    assert cancellation.waits == []
    assert not [event for event in events if isinstance(event, Retrying)]


@given(st.lists(st.sampled_from([429, 500, 503, 400, 401, 0, 1]), max_size=6), st.integers(0, 3))
def test_however_it_fails_the_number_of_requests_is_bounded(failures: list[int], limit: int) -> None:
    answers: list[Any] = [
        [Close()] if code == 0 else GOOD if code == 1 else refusal(code) for code in failures
    ]
    with RawServer() as server:
        server.answer(*answers, GOOD)
        events, error = run(make_client(server, network={"max_retries": limit}))
        # one more where the server closes a connection that was open before
        assert 1 <= len(server.posts) <= limit + 1 + (0 in failures)
        assert (error is None) == (Finished("stop") in events)


# Fields that a server does not take.

UNSUPPORTED = {
    "error": {
        "message": "Unsupported parameter: 'seed' is not supported with this model.",
        "type": "invalid_request_error",
        "param": "seed",
        "code": "unsupported_parameter",
    }
}


def picky(*fields: str, said: Any = None) -> Any:
    """Return an answer that refuses a body with one of these fields, and accepts all others."""

    def answer(request: Any) -> Any:
        body = request.json()
        for field in fields:
            if field in body:
                return error_response(
                    400, said or {"error": {"message": f"Unsupported parameter: '{field}'", "param": field}}
                )
        return GOOD

    return answer


def test_a_refused_field_is_left_out_once_and_for_all_and_said_once(server: RawServer) -> None:
    server.answer(picky("seed", said=UNSUPPORTED))
    client = make_client(server)
    events = [*client.stream(ask(seed=1, temperature=0.5), Impatient())]
    assert text_of(events) == "Hello"
    assert said(events) == [f"127.0.0.1:{server.port} does not take seed with test-model: it was left out."]
    again = [*client.stream(ask(seed=1, temperature=0.5), Impatient())]
    assert said(again) == []
    assert [("seed" in post.json()) for post in server.posts] == [True, False, False]
    assert all(post.json()["temperature"] == 0.5 for post in server.posts)
    client.close()


def test_what_was_refused_is_known_in_the_next_run_and_said_there_too(
    server: RawServer, tmp_path: Path
) -> None:
    server.answer(picky("seed", said=UNSUPPORTED))
    for expected in ([True, False], [False]):
        before = len(server.posts)
        client = make_client(server, memory=JsonCache(tmp_path / "servers.json", SystemClock()))
        events, _ = run(client, request=ask(seed=1))
        assert [("seed" in post.json()) for post in server.posts[before:]] == expected
        assert len(said(events)) == 1


def test_it_is_known_for_this_model_at_this_server_only(server: RawServer, tmp_path: Path) -> None:
    server.answer(picky("seed", said=UNSUPPORTED))
    memory = JsonCache(tmp_path / "servers.json", SystemClock())
    run(make_client(server, memory=memory), request=ask(seed=1))
    run(make_client(server, memory=memory), request=Request("other", (USER,), parameters={"seed": 1}))
    assert [("seed" in post.json()) for post in server.posts] == [True, False, True, False]


def test_the_limit_of_tokens_goes_out_under_the_name_that_is_taken(server: RawServer) -> None:
    server.answer(picky("max_tokens"))
    events, error = run(make_client(server), request=ask(max_tokens=9))
    assert error is None
    assert [post.json().get("max_completion_tokens") for post in server.posts] == [None, 9]
    (sentence,) = said(events)
    assert "knows max_tokens as max_completion_tokens with test-model" in sentence


def test_several_refused_fields_are_left_out_one_after_the_other(server: RawServer) -> None:
    server.answer(picky("seed", "temperature", "stream_options"))
    events, error = run(make_client(server), request=ask(seed=1, temperature=0.5, top_p=0.9))
    assert error is None
    assert text_of(events) == "Hello"
    assert len(server.posts) == 4
    assert server.posts[-1].json()["top_p"] == 0.9


def test_a_server_that_refuses_everything_is_left_in_peace(server: RawServer) -> None:
    server.answer(
        error_response(400, {"error": {"message": "Unsupported parameter: 'seed'", "param": "seed"}})
    )
    _, error = run(make_client(server), request=ask(seed=1, temperature=1, top_p=1))
    assert isinstance(error, errors.BadRequestError)
    assert len(server.posts) == 2


def test_a_value_that_is_refused_is_only_that_value(server: RawServer) -> None:
    def answer(request: Any) -> Any:
        if request.json().get("reasoning_effort") == "xhigh":
            body = {
                "message": "Unsupported value: 'xhigh'",
                "param": "reasoning_effort",
                "code": "unsupported_value",
            }
            return error_response(400, {"error": body})
        return GOOD

    server.answer(answer)
    client = make_client(server)
    first = [*client.stream(ask(reasoning_effort="xhigh"), Impatient())]
    second = [*client.stream(ask(reasoning_effort="low"), Impatient())]
    client.close()
    assert "reasoning_effort = xhigh" in said(first)[0]
    assert said(second) == []
    assert [post.json().get("reasoning_effort") for post in server.posts] == ["xhigh", None, "low"]


def test_a_parameter_that_the_provider_is_known_not_to_take_is_not_sent_and_that_is_said(
    server: RawServer,
) -> None:
    server.answer(GOOD)
    client = make_client(server, provider=Provider(rejects=("seed",)))
    events = [*client.stream(ask(seed=1), Impatient())]
    again = [*client.stream(ask(seed=1), Impatient())]
    client.close()
    assert "seed" not in server.posts[0].json()
    assert said(events) == [f"127.0.0.1:{server.port} does not take seed: it is not sent."]
    assert said(again) == []


def test_what_would_be_sent_is_shown_without_what_is_known_to_be_refused(server: RawServer) -> None:
    server.answer(picky("seed", said=UNSUPPORTED))
    client = make_client(server)
    _ = [*client.stream(ask(seed=1), Impatient())]
    assert "seed" not in client.wire_request(ask(seed=1)).body
    client.close()


# A server that is alive and says nothing.


def test_signs_of_life_are_told_until_patience_ends() -> None:
    at = [0.0]
    patience = Patience("host", 100.0, lambda: at[0])
    told: list[StreamEvent] = []
    while at[0] < 95.0:
        at[0] += 3.0
        told += patience.keep_alive()
    assert told[0] == Waiting("the server is still working")
    assert told[-1] == Waiting("nothing but signs of life for 93 s")
    at[0] = 100.0
    with pytest.raises(errors.TransportError, match="sent nothing of the reply for 100 s") as caught:
        _ = [*patience.keep_alive()]
    assert caught.value.code == "idle_timeout"


def test_keep_alives_alone_do_not_keep_a_request_alive(server: RawServer) -> None:
    class Racing(SystemClock):
        seconds = 0.0

        def monotonic(self) -> float:
            self.seconds += 10.0
            return self.seconds

    server.answer(stream_answer([b": ping\n\n" if number % 2 else b"\n" for number in range(200)]))
    client = make_client(server, network={"idle_timeout_s": 60.0}, clock=Racing())
    events, error = run(client)
    assert isinstance(error, errors.TransportError)
    assert error.code == "idle_timeout"
    assert len(server.posts) == 1
    assert [event for event in events if isinstance(event, Waiting)]


# Going on with an unfinished reply.


def go_on() -> Request:
    begun = Message(
        MessageId("r"), USER.id, Role.ASSISTANT, text_parts("The quick brown fox jumps"), USER.created_at
    )
    return Request("test-model", (USER, begun), continues=True)


@pytest.mark.parametrize(
    ("pieces", "new"),
    [
        ([" over the dog."], " over the dog."),
        (["brown fox jumps", " over the dog."], " over the dog."),
        (["The quick br", "own fox jumps over", " the dog."], " over the dog."),
        (["brown f", "ax is new."], "brown fax is new."),
    ],
)
def test_what_a_model_repeats_when_it_goes_on_is_left_out(
    server: RawServer, pieces: list[str], new: str
) -> None:
    server.answer(stream_answer(chat_chunks(pieces)))
    events, error = run(make_client(server), request=go_on())
    assert error is None
    assert text_of(events) == new
    assert Finished("stop") in events


def test_what_was_held_back_is_not_lost_when_the_connection_breaks(server: RawServer) -> None:
    server.answer(stream_answer([*chat_chunks(["brown fox"])[:2], Reset()]))
    events, error = run(make_client(server), request=go_on())
    assert error is not None
    assert text_of(events) == "brown fox"


def test_a_server_that_goes_on_by_itself_is_taken_at_its_word(server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["brown fox jumps again"])))
    client = make_client(server, provider=Provider(supports_prefill=True))
    events, _ = run(client, request=go_on())
    assert text_of(events) == "brown fox jumps again"
