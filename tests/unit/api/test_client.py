"""The client against a server that answers what each test wants."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from chatrepl import errors
from chatrepl.api import client as client_module
from chatrepl.api.client import HttpClient
from chatrepl.cancellation import Cancellation
from chatrepl.environment import SystemClock
from chatrepl.exchange import (
    Finished,
    Notice,
    Request,
    Started,
    StreamEvent,
    TextDelta,
    UsageReported,
    Waiting,
)
from chatrepl.messages import Message, MessageId, Meta, ReplyState, Role, text_parts
from chatrepl.providers import Provider
from chatrepl.settings import NetworkSettings
from tests.support.raw_server import (
    Close,
    RawServer,
    Reset,
    Stall,
    WaitFor,
    chat_chunks,
    error_response,
    head,
    json_response,
    sse,
    stream_answer,
)
from tests.unit.api.conftest import SOON_S

KEY = "sk-test-0123456789abcdef"


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer() as running:
        yield running


def make_client(base_url: str, **options: Any) -> HttpClient:
    network = NetworkSettings(
        connect_timeout_s=5.0, read_timeout_s=options.pop("read_timeout_s", 5.0), max_retries=0
    )
    merged: dict[str, Any] = {"key": KEY, "network": network, "clock": SystemClock()} | options
    return HttpClient(base_url, **merged)


def message(role: Role, text: str, state: ReplyState | None = None) -> Message:
    return Message(
        MessageId(f"{role}-{text}"),
        None,
        role,
        text_parts(text),
        datetime(2026, 8, 1, tzinfo=UTC),
        Meta(state),
    )


def ask(text: str = "Hi", **options: Any) -> Request:
    return Request(model="test-model", messages=(message(Role.USER, text),), **options)


def text_of(events: list[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def run(client: HttpClient, request: Request | None = None) -> list[StreamEvent]:
    return list(client.stream(request or ask(), Cancellation()))


@pytest.mark.parametrize("framing", ["chunked", "close"])
def test_a_reply_streams_with_its_counts_and_its_end(server: RawServer, framing: str) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
    server.answer(stream_answer(chat_chunks(["Hel", "lo"], usage=usage), framing=framing))
    events = run(make_client(server.base_url))
    assert events[:3] == [Started("chatcmpl-1", "test-model"), TextDelta("Hel"), TextDelta("lo")]
    assert isinstance(events[3], UsageReported)
    assert events[3].usage.total_tokens == 11
    assert events[4:] == [Finished("stop")]


@pytest.mark.parametrize("framing", ["chunked", "close"])
def test_every_piece_is_yielded_before_the_next_one_is_sent(server: RawServer, framing: str) -> None:
    go_on = [threading.Event() for _ in range(2)]
    first, second, *rest = chat_chunks(["one ", "two"])[1:]
    server.answer(
        stream_answer([first, WaitFor(go_on[0]), second, WaitFor(go_on[1]), *rest], framing=framing)
    )
    events = make_client(server.base_url).stream(ask(), Cancellation())
    assert next(events) == Started("chatcmpl-1", "test-model")
    assert next(events) == TextDelta("one ")
    go_on[0].set()
    assert next(events) == TextDelta("two")
    go_on[1].set()
    assert list(events) == [Finished("stop")]


def test_the_request_carries_the_key_and_asks_for_a_stream_that_nobody_holds_back(server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["ok"])))
    run(make_client(f"{server.base_url}/?api-version=7", key=f" {KEY}\n", headers={"OpenAI-Project": "p1"}))
    (request,) = server.posts
    assert request.path == "/v1/chat/completions?api-version=7"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["accept"] == "text/event-stream"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["user-agent"].startswith("chatrepl/")
    assert request.headers["openai-project"] == "p1"
    assert request.json()["stream_options"] == {"include_usage": True}


def test_netrc_neither_replaces_the_key_nor_adds_one(
    server: RawServer, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.answer(stream_answer(chat_chunks(["ok"])))
    run(make_client(server.base_url))
    run(make_client(server.base_url, key=None))
    assert [request.headers.get("authorization") for request in server.posts] == [f"Bearer {KEY}", None]


def test_a_proxy_of_the_environment_is_not_used_for_this_machine(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    server.answer(stream_answer(chat_chunks(["ok"])))
    assert text_of(run(make_client(server.base_url))) == "ok"


def test_a_proxy_of_the_environment_is_used_for_other_hosts_and_can_be_cut(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.root_url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    server.answer(stream_answer(chat_chunks(["ok"])), [Stall()])
    client, cancellation = make_client("http://api.example.invalid/v1"), Cancellation()
    assert text_of(run(client)) == "ok"
    assert server.posts[0].path == "http://api.example.invalid/v1/chat/completions"
    server.received.clear()
    cancel_when(server.received, cancellation)
    assert list(client.stream(ask(), cancellation)) == []
    assert server.client_closed.wait(1)


def test_a_second_request_uses_the_same_connection(server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["ok"])))
    client = make_client(server.base_url)
    run(client)
    run(client)
    client.models()
    assert [request.connection for request in server.requests] == [1, 1, 1]


def test_after_close_the_client_connects_anew(server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["ok"])))
    client = make_client(server.base_url)
    run(client)
    client.close()
    run(client)
    assert [request.connection for request in server.posts] == [1, 2]


def test_without_streaming_the_same_events_come(server: RawServer) -> None:
    body = {
        "id": "c1",
        "model": "m",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
    server.answer(json_response(body))
    for request in (ask(stream=False), ask(stream=True)):
        kinds = [type(event) for event in run(make_client(server.base_url), request)]
        assert kinds == [Started, TextDelta, UsageReported, Finished]
    assert "stream" not in server.posts[0].json()


def test_blank_lines_before_a_whole_answer_are_skipped(server: RawServer) -> None:
    body = b'\n\n\n{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}'
    server.answer(error_response(200, body))
    assert text_of(run(make_client(server.base_url), ask(stream=False))) == "Hi"


def test_keep_alive_comments_are_told_but_not_each_of_them(server: RawServer) -> None:
    server.answer(stream_answer([b": ping\n\n", b": ping\n\n", b": ping\n\n", *chat_chunks(["ok"])]))
    events = run(make_client(server.base_url))
    assert events.count(Waiting("the server is still working")) == 1


# -- cancelling


def cancel_when(started: threading.Event | None, cancellation: Cancellation) -> list[float]:
    """Cancel from another thread; the list then holds when."""
    times: list[float] = []

    def work() -> None:
        assert started is None or started.wait(10)
        time.sleep(0.05)  # so that the client is surely waiting
        times.append(time.monotonic())
        cancellation.cancel()

    threading.Thread(target=work, daemon=True).start()
    return times


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        pytest.param([Stall()], "", id="before the headers"),
        pytest.param([head(transfer_encoding="chunked"), Stall()], "", id="before the first token"),
        pytest.param(stream_answer([*chat_chunks(["Hel", "lo"], None), Stall()]), "Hello", id="chunked"),
        pytest.param(
            stream_answer([*chat_chunks(["Hel", "lo"], None), Stall()], framing="close"),
            "Hello",
            id="close-framed",
        ),
        pytest.param(
            [head(200, "application/json", content_length="9000"), b'{"id":', Stall()],
            "",
            id="in a whole answer",
        ),
        pytest.param([head(500, "application/json", content_length="9000"), Stall()], "", id="in a refusal"),
    ],
)
def test_cancelling_ends_the_stream_at_once_and_closes_the_connection(
    server: RawServer, answer: list[Any], text: str
) -> None:
    server.answer(answer)
    cancellation = Cancellation()
    times = cancel_when(server.received, cancellation)
    events = list(make_client(server.base_url).stream(ask(), cancellation))
    assert time.monotonic() - times[0] < SOON_S
    assert text_of(events) == text
    assert not any(isinstance(event, Finished) for event in events)
    assert server.client_closed.wait(1)


def test_cancelling_while_the_host_is_looked_up_returns_at_once_and_sends_nothing(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking, found = threading.Event(), threading.Event()
    original = socket.getaddrinfo

    def slow(*arguments: Any, **options: Any) -> Any:
        looking.set()
        assert found.wait(10)
        return original(*arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    cancellation = Cancellation()
    times = cancel_when(looking, cancellation)
    assert list(make_client(server.base_url).stream(ask(), cancellation)) == []
    assert time.monotonic() - times[0] < SOON_S
    found.set()  # the thread that was left behind goes on now
    server.wait_until(lambda: not any(thread.name == "chatrepl-request" for thread in threading.enumerate()))
    assert server.connections == 0


def test_a_cancelled_request_is_not_sent_at_all(server: RawServer) -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    assert list(make_client(server.base_url).stream(ask(), cancellation)) == []
    assert server.connections == 0


def test_cancelling_works_on_a_connection_that_was_used_before(server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["ok"])), [Stall()])
    client, cancellation = make_client(server.base_url), Cancellation()
    run(client)
    server.received.clear()
    times = cancel_when(server.received, cancellation)
    assert list(client.stream(ask(), cancellation)) == []
    assert time.monotonic() - times[0] < SOON_S
    assert server.connections == 1
    assert server.client_closed.wait(1)


def test_cancelling_during_the_tls_handshake_returns_at_once() -> None:
    cancellation, accepted, done = Cancellation(), threading.Event(), threading.Event()

    def accept_and_say_nothing() -> None:
        connection, _ = silent.accept()
        with connection:
            accepted.set()
            done.wait(10)

    with socket.create_server(("127.0.0.1", 0)) as silent:
        thread = threading.Thread(target=accept_and_say_nothing)
        thread.start()
        times = cancel_when(accepted, cancellation)
        client = make_client(f"https://127.0.0.1:{silent.getsockname()[1]}/v1")
        assert list(client.stream(ask(), cancellation)) == []
        assert time.monotonic() - times[0] < SOON_S
        done.set()
        thread.join(10)


def test_leaving_the_stream_early_closes_the_connection(server: RawServer) -> None:
    server.answer(stream_answer([*chat_chunks(["Hel"], None), Stall()]))
    events = make_client(server.base_url).stream(ask(), Cancellation())
    assert text_of([next(events), next(events)]) == "Hel"
    events.close()  # type: ignore[attr-defined]
    assert server.client_closed.wait(1)


def test_a_late_cancel_does_not_touch_the_connection_of_the_next_request(server: RawServer) -> None:
    go_on = threading.Event()
    server.answer(
        stream_answer(chat_chunks(["one"])),
        stream_answer([*chat_chunks(["two"], None), WaitFor(go_on), *chat_chunks(["!"])[1:]]),
    )
    client, first = make_client(server.base_url), Cancellation()
    list(client.stream(ask(), first))
    events = client.stream(ask(), Cancellation())
    assert text_of([next(events), next(events)]) == "two"
    first.cancel()
    go_on.set()
    assert list(events) == [TextDelta("!"), Finished("stop")]


def test_the_client_works_on_after_a_cancelled_stream(server: RawServer) -> None:
    server.answer([Stall()], stream_answer(chat_chunks(["ok"])))
    client, cancellation = make_client(server.base_url), Cancellation()
    cancel_when(server.received, cancellation)
    assert list(client.stream(ask(), cancellation)) == []
    assert text_of(run(client)) == "ok"


# -- what goes wrong


def failure(client: HttpClient, request: Request | None = None) -> tuple[str, errors.ApiError]:
    """Run to the error and return the text that came before it."""
    events: list[StreamEvent] = []
    with pytest.raises(errors.ApiError) as caught:
        events.extend(client.stream(request or ask(), Cancellation()))
    return text_of(events), caught.value


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(
            stream_answer(chat_chunks(["Hel", "lo"], None), framing="close"),
            errors.ProtocolError,
            id="ends early",
        ),
        pytest.param(
            [
                head(transfer_encoding="chunked"),
                *stream_answer(chat_chunks(["Hel", "lo"], None))[1:-1],
                Close(),
            ],
            errors.TransportError,
            id="chunks cut",
        ),
        pytest.param(
            [head(content_length="99999"), *chat_chunks(["Hel", "lo"], None), Close()],
            (errors.TransportError, errors.ProtocolError),
            id="length too great",
        ),
        pytest.param(
            [
                head(transfer_encoding="chunked"),
                *stream_answer(chat_chunks(["Hel", "lo"], None))[1:-1],
                b"zz\r\nnonsense",
                Close(),
            ],
            (errors.TransportError, errors.ProtocolError),
            id="broken chunk",
        ),
    ],
)
def test_what_came_before_a_broken_stream_is_kept(server: RawServer, answer: list[Any], kind: Any) -> None:
    server.answer(answer)
    text, error = failure(make_client(server.base_url))
    assert text == "Hello"
    assert isinstance(error, kind)
    assert error.hint


def test_a_reset_connection_is_a_transport_error_that_keeps_the_text(server: RawServer) -> None:
    sent = threading.Event()
    server.answer(stream_answer([*chat_chunks(["Hello"], None), WaitFor(sent), Reset()]))
    events = make_client(server.base_url).stream(ask(), Cancellation())
    assert text_of([next(events), next(events)]) == "Hello"
    sent.set()
    with pytest.raises(errors.TransportError, match="broke"):
        next(events)


def test_text_that_might_have_been_a_tag_survives_a_reset(server: RawServer) -> None:
    sent = threading.Event()
    server.answer(stream_answer([*chat_chunks(["<thi"], None), WaitFor(sent), Reset()]))
    events = make_client(server.base_url).stream(ask(), Cancellation())
    assert next(events) == Started("chatcmpl-1", "test-model")
    sent.set()
    assert next(events) == TextDelta("<thi")
    with pytest.raises(errors.TransportError, match="broke"):
        next(events)


def test_a_connection_that_breaks_after_the_end_of_the_reply_does_no_harm(server: RawServer) -> None:
    server.answer(stream_answer([*chat_chunks(["Hello"])[:-1], Reset()]))
    assert run(make_client(server.base_url))[-1] == Finished("stop")


def test_a_server_that_keeps_silent_after_the_end_is_not_waited_for(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatrepl.api.reading._AFTER_THE_END_S", 0.05)
    server.answer(stream_answer([*chat_chunks(["Hello"])[:-1], Stall()]))
    begun = time.monotonic()
    assert run(make_client(server.base_url, read_timeout_s=30.0))[-1] == Finished("stop")
    assert time.monotonic() - begun < 5.0


@pytest.mark.parametrize("answer", [[Stall()], stream_answer([*chat_chunks([], None), Stall()])])
def test_silence_longer_than_the_read_timeout_is_named_with_its_length(
    server: RawServer, answer: list[Any]
) -> None:
    server.answer(answer)
    _, error = failure(make_client(server.base_url, read_timeout_s=0.1))
    assert isinstance(error, errors.TransportError)
    assert error.code == "read_timeout"
    assert error.message == f"127.0.0.1:{server.port} said nothing for 0.1 s"


def test_a_refused_connection_names_host_and_port() -> None:
    with RawServer() as closed:
        url, port = closed.base_url, closed.port
    _, error = failure(make_client(url))
    assert isinstance(error, errors.TransportError)
    assert error.code == "refused"
    assert f"127.0.0.1:{port}" in error.message
    assert error.exit_status is errors.ExitStatus.NETWORK


def test_an_unknown_host_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*arguments: Any, **options: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    _, error = failure(make_client("http://no-such-host.invalid/v1"))
    assert error.code == "dns"
    assert "no-such-host.invalid:80" in error.message


def test_plain_http_behind_https_is_a_tls_error(server: RawServer) -> None:
    _, error = failure(make_client(server.base_url.replace("http:", "https:")))
    assert error.code == "tls"
    assert "http://" in (error.hint or "")


def test_a_server_that_is_not_a_web_server_is_a_protocol_error(server: RawServer) -> None:
    server.answer([b"SSH-2.0-OpenSSH_9.2\r\n", Close()])
    _, error = failure(make_client(server.base_url))
    assert isinstance(error, errors.ProtocolError)


@pytest.mark.parametrize(
    ("url", "typed"),
    [("localhost:11434/v1", "http://localhost:11434/v1"), ("api.openai.com/v1", "https://api.openai.com/v1")],
)
def test_a_base_url_without_a_scheme_is_told_what_to_type(url: str, typed: str) -> None:
    _, error = failure(make_client(url))
    assert typed in (error.hint or "")


def test_a_redirect_is_not_followed_with_the_key(server: RawServer) -> None:
    with RawServer() as other:
        target = f"{other.base_url}/chat/completions"
        server.answer(error_response(307, b"", location=target))
        _, error = failure(make_client(server.base_url))
        assert other.requests == []
    assert target in error.message
    assert other.base_url in (error.hint or "")


@pytest.mark.parametrize("status", [200, 404])
def test_a_web_page_instead_of_the_api_asks_whether_the_base_url_is_right(
    server: RawServer, status: int
) -> None:
    page = "<!doctype html><html><title>Log in &amp; go</title></html>"
    server.answer(error_response(status, page, "text/html; charset=utf-8"))
    _, error = failure(make_client(server.root_url))
    assert isinstance(error, errors.ProtocolError)
    assert f"{server.root_url}/chat/completions" in error.message
    assert "Log in & go" in error.message
    assert "<" not in error.message
    assert server.base_url in (error.hint or "")


def test_ollamas_own_api_is_told_to_add_v1(server: RawServer) -> None:
    server.answer(error_response(200, b'{"message":{"content":"Hi"}}\n', "application/x-ndjson"))
    _, error = failure(make_client(server.root_url))
    assert error.hint == f"is the base URL right? Add /v1: {server.base_url}"


def test_an_unknown_model_comes_with_the_nearest_ones() -> None:
    with RawServer(models=["llama3:8b", "gpt-4o-mini", "gpt-4o"]) as server:
        server.answer(
            error_response(404, {"error": {"message": "model 'gpt4o' not found", "type": "not_found_error"}})
        )
        request = Request("gpt4o", ask().messages)
        _, error = failure(make_client(server.base_url), request)
    assert isinstance(error, errors.ModelNotFoundError)
    assert error.nearest == ("gpt-4o", "gpt-4o-mini")
    assert "gpt-4o, gpt-4o-mini" in (error.hint or "")


def test_a_wrong_key_is_named_by_its_end_and_its_source_only(server: RawServer) -> None:
    server.answer(error_response(401, {"error": {"message": f"Incorrect API key provided: {KEY}."}}))
    _, error = failure(make_client(server.base_url, key_source="MY_KEY"))
    assert isinstance(error, errors.AuthError)
    assert "…cdef from MY_KEY" in error.message
    assert KEY not in error.message
    assert KEY not in str(error.hint)


@pytest.mark.parametrize("key", ["sk-two words", "sk-ключ-0123456789", "sk-line\nbreak"])
def test_a_key_that_no_header_can_carry_is_refused_before_it_is_sent(server: RawServer, key: str) -> None:
    _, error = failure(make_client(server.base_url, key=key))
    assert isinstance(error, errors.AuthError)
    assert key not in error.message
    assert server.connections == 0


def test_the_request_id_is_kept(server: RawServer) -> None:
    server.answer(error_response(500, {"error": {"message": "oops"}}, x_request_id="req-7"))
    _, error = failure(make_client(server.base_url))
    assert isinstance(error, errors.ServerError)
    assert (error.status, error.request_id) == (500, "req-7")
    assert len(server.posts) == 1, "nothing is sent twice"


# -- a model that is still loading

LOADING = error_response(
    503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}
)


def test_a_local_server_that_loads_its_model_is_waited_for(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "LOADING_POLL_S", 0.01)
    server.answer(LOADING, LOADING, stream_answer(chat_chunks(["ok"])))
    events = run(make_client(server.base_url))
    assert events[0] == Waiting("the server is loading the model")
    assert events.count(events[0]) == 1
    assert text_of(events) == "ok"


def test_waiting_for_a_model_to_load_ends_after_a_minute(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class FastClock(SystemClock):
        seconds = 0.0

        def monotonic(self) -> float:
            self.seconds += 20.0
            return self.seconds

    monkeypatch.setattr(client_module, "LOADING_POLL_S", 0.0)
    server.answer(LOADING)
    _, error = failure(make_client(server.base_url, clock=FastClock()))
    assert isinstance(error, errors.ServerError)
    assert 2 <= len(server.posts) <= 4


def test_only_a_server_on_this_machine_is_waited_for(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "is_loopback", lambda _: False)
    server.answer(LOADING)
    _, error = failure(make_client(server.base_url))
    assert isinstance(error, errors.ServerError)
    assert len(server.posts) == 1


def test_waiting_for_a_model_to_load_can_be_cancelled(server: RawServer) -> None:
    server.answer(LOADING)
    cancellation = Cancellation()
    events = make_client(server.base_url).stream(ask(), cancellation)
    assert next(events) == Waiting("the server is loading the model")
    times = cancel_when(None, cancellation)
    assert list(events) == []
    assert time.monotonic() - times[0] < SOON_S


# -- going on with an unfinished reply

UNFINISHED = Request(
    "m",
    (message(Role.USER, "Count"), message(Role.ASSISTANT, "One, two,", ReplyState.INTERRUPTED)),
    continues=True,
)


def test_a_server_that_refuses_to_go_on_is_asked_in_words(server: RawServer) -> None:
    refusal = {
        "error": {"message": "Assistant response prefill is incompatible with enable_thinking.", "code": 400}
    }
    server.answer(error_response(400, refusal), stream_answer(chat_chunks([" three"])))
    client = make_client(server.base_url, provider=Provider(supports_prefill=True))
    assert text_of(run(client, UNFINISHED)) == " three"
    assert [request.json()["messages"][-1]["role"] for request in server.posts] == ["assistant", "user"]


def test_a_whole_answer_that_repeats_the_unfinished_reply_is_shortened(server: RawServer) -> None:
    body = {"choices": [{"message": {"content": "One, two, three"}, "finish_reason": "stop"}]}
    server.answer(json_response(body))
    client = make_client(server.base_url, provider=Provider(supports_prefill=True))
    assert text_of(run(client, UNFINISHED)) == " three"


def test_nothing_to_add_is_no_error(server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks([])))
    events = run(make_client(server.base_url), UNFINISHED)
    assert events[-2:] == [Notice("The model had nothing to add."), Finished("stop")]


# -- models and windows


def test_models_are_sorted_and_carry_what_the_server_tells(server: RawServer) -> None:
    data = [
        {"id": "b", "max_model_len": 4096, "owned_by": "vllm"},
        {"id": "a", "context_length": 200000, "top_provider": {"max_completion_tokens": 8192}},
        {"id": "c", "shutdown_date": "2027-01-31"},
    ]
    server.route("/v1/models", json_response({"object": "list", "data": data}))
    models = make_client(server.base_url).models()
    assert [(model.id, model.window_tokens) for model in models] == [("a", 200000), ("b", 4096), ("c", None)]
    assert models[0].max_output_tokens == 8192
    assert models[2].shutdown_date == "2027-01-31"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (error_response(401, {"error": "Unauthorized"}), errors.AuthError),
        (error_response(404, "404 page not found", "text/plain"), errors.ProtocolError),
        (error_response(200, "<html></html>", "text/html"), errors.ProtocolError),
        (json_response({"hello": "world"}), errors.ProtocolError),
        ([Close()], errors.TransportError),
    ],
)
def test_no_list_of_models_is_an_error(server: RawServer, answer: Any, kind: type[errors.ApiError]) -> None:
    server.route("/v1/models", answer)
    with pytest.raises(kind):
        make_client(server.base_url).models()


def test_the_window_of_llama_cpp_is_what_one_chat_may_use(server: RawServer) -> None:
    listed = {"data": [{"id": "m", "owned_by": "llamacpp", "meta": {"n_ctx_train": 8192}}]}
    server.route("/v1/models", json_response(listed))
    server.route("/props", json_response({"default_generation_settings": {"n_ctx": 2048}}))
    client = make_client(server.base_url)
    assert client.window_tokens("m") == 2048
    sent = client.wire_request(UNFINISHED).body["messages"]
    assert sent == [{"role": "user", "content": "Count"}, {"role": "assistant", "content": "One, two,"}]


def test_the_window_of_vllm_is_in_its_list(server: RawServer) -> None:
    server.route("/v1/models", json_response({"data": [{"id": "m", "max_model_len": 4096}]}))
    assert make_client(server.base_url).window_tokens("m") == 4096
    assert len(server.requests) == 1


def test_the_window_of_ollama_is_that_of_the_loaded_model(server: RawServer) -> None:
    loaded = {"models": [{"name": "m:latest", "context_length": 8192}]}
    server.route("/api/ps", json_response(loaded))
    assert make_client(server.base_url).window_tokens("m") == 8192


def test_the_window_of_an_ollama_model_that_is_not_loaded_is_what_it_will_get(server: RawServer) -> None:
    shown = {
        "parameters": 'stop "<|x|>"\nnum_ctx   16384\n',
        "model_info": {"general.architecture": "llama", "llama.context_length": 131072},
    }
    server.route("/api/ps", json_response({"models": []}))
    server.route("/api/show", json_response(shown))
    client = make_client(server.base_url)
    assert client.window_tokens("m") == 16384
    server.route("/api/show", json_response(shown | {"parameters": ""}))
    assert client.window_tokens("m") == 4096


def test_the_window_of_lm_studio_is_the_one_it_loaded(server: RawServer) -> None:
    model = {
        "key": "m",
        "max_context_length": 131072,
        "loaded_instances": [{"config": {"context_length": 4096}}],
    }
    server.route("/api/v1/models", json_response({"models": [model]}))
    assert make_client(server.base_url).window_tokens("m") == 4096


@pytest.mark.parametrize(
    "answer",
    [
        error_response(500, "oops"),
        [Close()],
        [Reset()],
        json_response({"data": 7}),
        json_response({"data": [{"id": "m", "context_length": "many", "meta": []}]}),
        json_response({"data": [{"id": "m", "context_length": 1e300}]}),
    ],
)
def test_asking_for_a_window_never_raises(server: RawServer, answer: Any) -> None:
    server.route("/v1/models", answer)
    assert make_client(server.base_url).window_tokens("m") is None


def test_asking_for_a_window_takes_two_seconds_at_most(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "WINDOW_TIMEOUT_S", 0.1)
    server.route("/v1/models", [Stall()])
    begun = time.monotonic()
    assert make_client(server.base_url).window_tokens("m") is None
    assert time.monotonic() - begun < 1.0


# -- what is shown


def test_nothing_that_is_shown_holds_the_key() -> None:
    client = make_client("https://user:secret@gateway.example:8443/x/v1?api-key=topsecret&v=2")
    wire = client.wire_request(ask())
    assert repr(client) == "HttpClient('https://gateway.example:8443/x/v1?api-key=…&v=2')"
    assert client.provider == "gateway.example:8443"
    assert wire.url == "https://gateway.example:8443/x/v1/chat/completions?api-key=…&v=2"
    assert "authorization" not in {name.lower() for name in wire.headers}
    for shown in (repr(wire), repr(vars(client))):
        assert KEY not in shown


def test_the_wire_request_is_what_is_sent(server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["ok"])))
    client = make_client(server.base_url)
    wire = client.wire_request(ask("żółć \ud800"))
    run(client, ask("żółć \ud800"))
    assert server.posts[0].body.decode() == server.posts[0].body.decode("utf-8", "strict")
    assert server.posts[0].json()["messages"] == [{"role": "user", "content": "żółć ?"}]
    assert wire.url == f"{server.base_url}/chat/completions"
    assert {name.lower(): value for name, value in wire.headers.items()}.items() <= server.posts[
        0
    ].headers.items()


def test_a_hostile_event_is_given_up_before_it_fills_the_memory(server: RawServer) -> None:
    line = b"data: " + b"x" * (1024 * 1024)
    server.answer(stream_answer([line, *[b"x" * (1024 * 1024)] * 20], framing="close"))
    _, error = failure(make_client(server.base_url))
    assert isinstance(error, errors.ProtocolError)
    assert "MiB" in error.message


def test_sse_may_come_without_its_content_type(server: RawServer) -> None:
    server.answer([b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", *chat_chunks(["ok"]), Close()])
    assert text_of(run(make_client(server.base_url))) == "ok"


def test_an_error_in_the_stream_keeps_the_text_before_it(server: RawServer) -> None:
    server.answer(
        stream_answer([*chat_chunks(["Hel"], None), sse({"error": {"message": "CUDA out of memory"}})])
    )
    text, error = failure(make_client(server.base_url))
    assert text == "Hel"
    assert isinstance(error, errors.ServerError)
    assert "CUDA out of memory" in error.message
