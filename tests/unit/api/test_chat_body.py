"""What goes out to a Chat Completions server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from chatrepl.api.body import CONTINUE_PROMPT
from chatrepl.api.chat import request_body
from chatrepl.errors import BadRequestError
from chatrepl.exchange import Request
from chatrepl.messages import (
    Message,
    MessageId,
    Meta,
    Part,
    ReasoningPart,
    RefusalPart,
    ReplyState,
    Role,
    TextPart,
)
from chatrepl.providers import Provider, provider_at


def message(role: Role, *parts: Part, state: ReplyState | None = None) -> Message:
    return Message(MessageId("0"), None, role, parts, datetime(2026, 8, 1, tzinfo=UTC), Meta(state))


USER = message(Role.USER, TextPart("Hi"))


def body(*messages: Message, provider: Provider | None = None, **options: Any) -> Mapping[str, Any]:
    return request_body(Request("m", messages or (USER,), **options), provider or Provider())


def sent(*messages: Message, **options: Any) -> list[tuple[str, str]]:
    return [(entry["role"], entry["content"]) for entry in body(*messages, **options)["messages"]]


def test_nothing_is_sent_that_was_not_set() -> None:
    assert body(stream=False) == {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def test_without_a_model_the_choice_is_the_servers() -> None:
    assert "model" not in request_body(Request("", (USER,)), Provider())


@pytest.mark.parametrize("state", [ReplyState.INTERRUPTED, ReplyState.FAILED, ReplyState.COMPLETE])
def test_reasoning_is_never_sent_back(state: ReplyState) -> None:
    reply = message(Role.ASSISTANT, ReasoningPart("Hm."), TextPart("Hello"), state=state)
    assert sent(USER, reply, USER) == [("user", "Hi"), ("assistant", "Hello"), ("user", "Hi")]


@pytest.mark.parametrize("parts", [(), (ReasoningPart("Hm."),), (TextPart(" \n"),)])
def test_a_reply_without_text_is_not_sent(parts: tuple[Part, ...]) -> None:
    reply = message(Role.ASSISTANT, *parts, state=ReplyState.FAILED)
    assert sent(USER, reply, USER) == [("user", "Hi"), ("user", "Hi")]


def test_a_refusal_is_sent_as_what_the_model_said() -> None:
    reply = message(Role.ASSISTANT, RefusalPart("No."), state=ReplyState.COMPLETE)
    assert sent(USER, reply, USER)[1] == ("assistant", "No.")


def test_results_of_tools_are_left_out() -> None:
    assert sent(USER, message(Role.TOOL, TextPart("42"))) == [("user", "Hi")]


def test_the_system_prompt_stands_first() -> None:
    assert sent(USER, system="Be brief.")[0] == ("system", "Be brief.")
    assert sent(USER, system="") == [("user", "Hi")]


@pytest.mark.parametrize(("supports_prefill", "more"), [(True, []), (False, [("user", CONTINUE_PROMPT)])])
def test_an_unfinished_reply_stands_last_or_is_asked_for_in_words(
    supports_prefill: bool, more: list[tuple[str, str]]
) -> None:
    reply = message(Role.ASSISTANT, TextPart("One, tw"), state=ReplyState.INTERRUPTED)
    provider = Provider(supports_prefill=supports_prefill)
    assert sent(USER, reply, provider=provider, continues=True) == [
        ("user", "Hi"),
        ("assistant", "One, tw"),
        *more,
    ]


def test_going_on_with_a_reply_that_never_began_is_asking_again() -> None:
    assert sent(USER, message(Role.ASSISTANT, state=ReplyState.FAILED), continues=True) == [("user", "Hi")]


@pytest.mark.parametrize(
    ("base_url", "field"),
    [
        ("https://api.openai.com/v1", "max_completion_tokens"),
        ("https://eu.api.openai.com/v1", "max_completion_tokens"),
        ("https://api.openai.com.evil.example/v1", "max_tokens"),
        ("https://api.mistral.ai/v1", "max_tokens"),
        ("http://localhost:11434/v1", "max_tokens"),
    ],
)
def test_the_longest_reply_goes_out_under_the_name_the_server_knows(base_url: str, field: str) -> None:
    sent_body = body(provider=provider_at(base_url), parameters={"max_tokens": 9})
    assert {
        name: sent_body.get(name) for name in ("max_tokens", "max_completion_tokens") if name in sent_body
    } == {field: 9}


def test_usage_is_asked_for_with_streams_everywhere_but_at_mistral() -> None:
    assert body()["stream_options"] == {"include_usage": True}
    assert "stream_options" not in body(stream=False)
    assert "stream_options" not in body(provider=provider_at("https://api.mistral.ai/v1"))


def test_extra_fields_are_put_in_as_they_are_and_win() -> None:
    extra = {"top_k": 40, "temperature": 0.1, "nested": {"a": (1, 2)}}
    parameters = {"temperature": 0.9, "extra_body": extra}
    assert body(parameters=parameters, stream=False) == {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "temperature": 0.1,
        "top_k": 40,
        "nested": {"a": [1, 2]},
    }


def test_everything_that_is_sent_is_json() -> None:
    parameters: Any = {"stop": ("a", "b"), "temperature": Decimal("0.7"), "seed": Decimal(3), "top_p": None}
    sent_body = body(parameters=parameters)
    assert json.loads(json.dumps(sent_body)) == sent_body
    assert (sent_body["stop"], sent_body["temperature"]) == (["a", "b"], 0.7)
    assert isinstance(sent_body["seed"], int)
    assert "top_p" not in sent_body


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), Decimal("NaN"), datetime(2026, 1, 1, tzinfo=UTC)]
)
def test_what_json_cannot_hold_is_named(value: Any) -> None:
    with pytest.raises(BadRequestError, match=r"extra_body\.deep") as caught:
        body(parameters={"extra_body": {"deep": [value]}})
    assert caught.value.param == "extra_body.deep"
