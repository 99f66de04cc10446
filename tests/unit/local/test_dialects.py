"""The embedded model's own server, spoken to in all three dialects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chatrepl.api.client import HttpClient
from chatrepl.cancellation import Cancellation
from chatrepl.environment import SystemClock
from chatrepl.exchange import Finished, Notice, Request, StreamEvent, TextDelta, UsageReported
from chatrepl.local.server import LocalServer
from chatrepl.local.weights import is_installed
from chatrepl.messages import Message, MessageId, Meta, ReplyState, Role, text_parts
from chatrepl.providers import LLAMA_CPP, Dialect
from chatrepl.settings import NetworkSettings

pytestmark = [pytest.mark.local, pytest.mark.skipif(not is_installed(), reason="needs the extra 'local'")]

AT = datetime(2026, 8, 1, tzinfo=UTC)
DIALECTS: tuple[Dialect, ...] = ("chat", "responses", "completions")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    log_file = tmp_path_factory.mktemp("local") / "log"
    server = LocalServer.start(
        None, window_tokens=1024, threads=1, log_file=log_file, on_progress=lambda _: None
    )
    yield server
    server.stop()


def client_of(server: LocalServer, dialect: Dialect) -> HttpClient:
    return HttpClient(
        server.base_url,
        key=server.key,
        network=NetworkSettings(),
        clock=SystemClock(),
        provider=LLAMA_CPP._replace(dialect=dialect),
    )


def said(role: Role, text: str, state: ReplyState | None = None) -> Message:
    return Message(MessageId(f"{role}{text}"), None, role, text_parts(text), AT, Meta(state))


def text_of(events: list[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_two_turns_are_held_and_counted(server: LocalServer, dialect: Dialect, stream: bool) -> None:
    client = client_of(server, dialect)
    asked = said(Role.USER, "What is the capital of France? Answer with one word.")
    parameters = {"temperature": 0.0, "max_tokens": 24}
    request = Request(server.model, (asked,), "You are helpful.", parameters, stream)
    first = [*client.stream(request, Cancellation())]
    assert "Paris" in text_of(first)
    assert any(isinstance(event, Finished) for event in first)
    (usage,) = [event.usage for event in first if isinstance(event, UsageReported)]
    assert usage.prompt_tokens > 10
    assert not [event for event in first if isinstance(event, Notice)]
    chat = (asked, said(Role.ASSISTANT, text_of(first)), said(Role.USER, "And of Italy?"))
    second = [
        *client.stream(Request(server.model, chat, "You are helpful.", parameters, stream), Cancellation())
    ]
    assert text_of(second).strip()
    (longer,) = [event.usage for event in second if isinstance(event, UsageReported)]
    assert longer.prompt_tokens > usage.prompt_tokens
    client.close()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_reply_that_was_cut_off_is_gone_on_with(server: LocalServer, dialect: Dialect) -> None:
    client = client_of(server, dialect)
    asked = said(Role.USER, "Tell me about the history of Rome.")
    cut = [
        *client.stream(
            Request(server.model, (asked,), None, {"temperature": 0.0, "max_tokens": 16}), Cancellation()
        )
    ]
    (end,) = [event.reason for event in cut if isinstance(event, Finished)]
    assert end in {"length", "max_output_tokens"}
    begun = said(Role.ASSISTANT, text_of(cut), ReplyState.COMPLETE)
    request = Request(
        server.model, (asked, begun), None, {"temperature": 0.0, "max_tokens": 16}, continues=True
    )
    rest = text_of([*client.stream(request, Cancellation())])
    assert rest
    assert not rest.startswith(text_of(cut))
    client.close()
