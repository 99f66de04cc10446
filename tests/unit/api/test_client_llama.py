"""The client against llama.cpp's own server and a real model."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from chatrepl import errors
from chatrepl.api.client import HttpClient
from chatrepl.cancellation import Cancellation
from chatrepl.environment import SystemClock
from chatrepl.exchange import Finished, Request, Started, StreamEvent, TextDelta, UsageReported, Waiting
from chatrepl.messages import Message, MessageId, Meta, ReplyState, Role, text_parts
from chatrepl.settings import NetworkSettings
from tests.unit.api.conftest import SOON_S, WINDOW_TOKENS, LlamaServer

pytestmark = pytest.mark.local


def client_of(llama: LlamaServer, key: str | None = None) -> HttpClient:
    return HttpClient(
        llama.base_url, key=llama.key if key is None else key, network=NetworkSettings(), clock=SystemClock()
    )


def message(role: Role, text: str, state: ReplyState | None = None) -> Message:
    return Message(MessageId(role), None, role, text_parts(text), datetime.now(UTC), Meta(state))


def ask(
    text: str, *more: Message, model: str = "smollm2-135m", continues: bool = False, **parameters: Any
) -> Request:
    messages = (message(Role.USER, text), *more)
    return Request(
        model, messages, parameters={"temperature": 0, "seed": 1} | parameters, continues=continues
    )


def text_of(events: list[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
    return False


def test_a_real_reply_streams_with_its_counts(llama: LlamaServer) -> None:
    events = list(client_of(llama).stream(ask("Say hello.", max_tokens=8), Cancellation()))
    assert isinstance(events[0], Started)
    assert events[0].model == "smollm2-135m"
    assert text_of(events)
    assert sum(isinstance(event, TextDelta) for event in events) > 1
    usage = next(event.usage for event in events if isinstance(event, UsageReported))
    assert usage.prompt_tokens > 0
    assert 0 < usage.completion_tokens <= 8
    assert isinstance(events[-1], Finished)


def test_cancelling_makes_the_server_stop_generating(llama: LlamaServer) -> None:
    cancellation = Cancellation()
    events = client_of(llama).stream(ask("Write a very long story.", ignore_eos=True), cancellation)
    assert isinstance(next(events), Started)
    assert isinstance(next(events), TextDelta)
    assert llama.is_generating()
    begun = time.monotonic()
    cancellation.cancel()
    assert not any(isinstance(event, Finished) for event in events)
    assert time.monotonic() - begun < SOON_S
    assert within(2.0, lambda: not llama.is_generating())


def test_cancelling_while_the_request_is_read_makes_the_server_stop(llama: LlamaServer) -> None:
    client, cancellation = client_of(llama), Cancellation()
    client.models()  # now it knows which server this is
    events = client.stream(ask("word " * 1500), cancellation)
    assert isinstance(next(events), Started)
    assert isinstance(next(events), Waiting)
    begun = time.monotonic()
    cancellation.cancel()
    assert text_of(list(events)) == ""
    assert time.monotonic() - begun < SOON_S
    assert within(60.0, lambda: not llama.is_generating())
    assert llama.slot()["n_prompt_tokens"] < 1000, "it read on to the end"


def test_the_connection_serves_again_after_a_whole_reply(llama: LlamaServer) -> None:
    client = client_of(llama)
    for _ in range(3):
        assert text_of(list(client.stream(ask("Say hello.", max_tokens=4), Cancellation())))


def test_too_long_a_conversation_tells_how_long_and_how_much_fits(llama: LlamaServer) -> None:
    with pytest.raises(errors.ContextTooLongError) as caught:
        list(client_of(llama).stream(ask("hi " * 3000), Cancellation()))
    assert caught.value.limit_tokens == WINDOW_TOKENS
    assert caught.value.sent_tokens is not None
    assert caught.value.sent_tokens > 3000
    assert "smollm2-135m" in caught.value.message


@pytest.mark.parametrize("key", ["", "wrong-key-0123456789"])
def test_a_missing_or_wrong_key_is_an_auth_error(llama: LlamaServer, key: str) -> None:
    with pytest.raises(errors.AuthError) as caught:
        list(client_of(llama, key).stream(ask("hi"), Cancellation()))
    assert caught.value.status == 401
    assert caught.value.exit_status is errors.ExitStatus.CONFIG
    assert "wrong-key" not in caught.value.message


def test_unknown_fields_are_ignored_and_wrong_ones_are_refused(llama: LlamaServer) -> None:
    unknown = ask("hi", max_tokens=3, extra_body={"no_such_field": 1})
    assert text_of(list(client_of(llama).stream(unknown, Cancellation())))
    with pytest.raises(errors.BadRequestError, match="temperature"):
        list(client_of(llama).stream(ask("hi", extra_body={"temperature": "warm"}), Cancellation()))


def test_models_and_window_are_what_the_server_was_started_with(llama: LlamaServer) -> None:
    client = client_of(llama)
    (model,) = client.models()
    assert model.id == "smollm2-135m"
    assert client.window_tokens(model.id) == WINDOW_TOKENS


@pytest.mark.parametrize("stream", [True, False])
def test_an_unfinished_reply_is_gone_on_with_and_not_repeated(llama: LlamaServer, stream: bool) -> None:
    client = client_of(llama)
    assert client.window_tokens("smollm2-135m") == WINDOW_TOKENS  # now the client knows which server this is
    unfinished = message(Role.ASSISTANT, "One, two, three,", ReplyState.INTERRUPTED)
    request = ask("Count from one to ten in words.", unfinished, continues=True, max_tokens=6)
    if not stream:
        request = Request(
            request.model, request.messages, None, request.parameters, stream=False, continues=True
        )
    text = text_of(list(client.stream(request, Cancellation())))
    assert text.startswith(" four, five")


def test_the_end_of_the_window_ends_the_reply_with_length(llama: LlamaServer) -> None:
    events = list(client_of(llama).stream(ask("Write.", max_tokens=5, ignore_eos=True), Cancellation()))
    assert events[-1] == Finished("length")
