"""Whatever a server sends, every dialect ends with events and at most one error of ours."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.api.dialect import dialect_of
from chatrepl.api.failures import Asked
from chatrepl.api.sse import SseDecoder
from chatrepl.errors import ApiError
from chatrepl.exchange import Request, StreamEvent
from chatrepl.providers import Dialect, Provider

ASKED = Asked("https://gateway.example/v1", "m")
DIALECTS: tuple[Dialect, ...] = ("chat", "responses", "completions")
NAMES = [
    "choices", "delta", "message", "content", "text", "index", "finish_reason", "usage", "error", "type", "response",
    "item", "output", "output_index", "content_index", "summary", "status", "incomplete_details", "reason", "code",
    "prompt_tokens", "input_tokens", "output_tokens", "total_tokens", "model", "id", "tool_calls", "function", "name",
    "arguments", "reasoning_details", "refusal", "prompt_progress", "x_groq", "phase", "encrypted_content",
]  # fmt: skip
TYPES = [
    "response.created", "response.output_text.delta", "response.output_text.done", "response.refusal.delta",
    "response.reasoning_summary_text.delta", "response.reasoning_text.done", "response.output_item.added",
    "response.output_item.done", "response.function_call_arguments.delta", "response.completed",
    "response.incomplete", "response.failed", "error", "message", "reasoning", "function_call", "output_text",
]  # fmt: skip
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2**70)
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(TYPES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=20,
)
events = st.tuples(st.none() | st.sampled_from([*TYPES, "x"]), values | st.text(max_size=10))


def stream_of(told: list[tuple[str | None, Any]]) -> bytes:
    lines = []
    for name, value in told:
        lines += [f"event: {name}\n"] if name else []
        text = value if isinstance(value, str) else json.dumps(value)
        lines += ["".join(f"data: {line}\n" for line in text.splitlines() or [""]), "\n"]
    return "".join(lines).encode("utf-8", "replace")


def read(dialect: Dialect, pieces: list[bytes]) -> tuple[list[StreamEvent], ApiError | None]:
    provider = Provider(dialect=dialect, replays_reasoning=True)
    decoder = dialect_of(provider).decoder(ASKED, Request("gpt-5", ()), provider)
    sse = SseDecoder()
    found: list[StreamEvent] = []
    try:
        for piece in pieces:
            for item in sse.feed(piece):
                found.extend(decoder.feed(item))
        for item in sse.flush():
            found.extend(decoder.feed(item))
        found.extend(decoder.finish())
    except ApiError as error:
        return found, error
    return found, None


@pytest.mark.parametrize("dialect", DIALECTS)
@given(told=st.lists(events, max_size=6))
def test_no_stream_ends_in_anything_but_events_and_an_error_of_ours(
    dialect: Dialect, told: list[tuple[str | None, Any]]
) -> None:
    stream = stream_of(told)
    found, error = read(dialect, [stream])
    again, same = read(dialect, [stream[at : at + 1] for at in range(len(stream))])
    assert found == again
    assert type(error) is type(same)
    assert error is None or error.message


@pytest.mark.parametrize("dialect", DIALECTS)
@given(data=st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode("utf-8", "replace")))
def test_no_whole_answer_ends_in_anything_else_either(dialect: Dialect, data: bytes) -> None:
    provider = Provider(dialect=dialect)
    decoder = dialect_of(provider).decoder(ASKED, Request("m", (), stream=False), provider)
    with contextlib.suppress(ApiError):
        assert [*decoder.whole(data)]


@pytest.mark.parametrize("dialect", DIALECTS)
@given(data=st.binary(max_size=300))
def test_noise_is_survived(dialect: Dialect, data: bytes) -> None:
    read(dialect, [data])
