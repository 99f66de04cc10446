"""What servers really send, as files: every stream is replayed cut at every byte and gives the same events."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from chatrepl.api.dialect import dialect_of
from chatrepl.api.failures import Asked
from chatrepl.api.sse import SseDecoder
from chatrepl.errors import ApiError
from chatrepl.exchange import (
    Finished,
    Notice,
    ReasoningDelta,
    RefusalDelta,
    ReplyItem,
    Request,
    Started,
    StreamEvent,
    TextDelta,
    UsageReported,
    Waiting,
)
from chatrepl.messages import ItemPart, Message, MessageId, Meta, ReplyState, Role, Usage, text_parts
from chatrepl.providers import Provider, provider_at

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/*/request.json"))
NO_USAGE = asdict(Usage(0, 0, 0))


def load(case: Path, name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((case / name).read_text("utf-8"))
    return loaded


def request_of(spec: dict[str, Any]) -> Request:
    at = datetime(2026, 8, 1, tzinfo=UTC)
    messages = tuple(
        Message(
            MessageId(f"{number:032x}"),
            None,
            Role(entry["role"]),
            (
                *text_parts(entry["text"], reasoning=entry.get("reasoning", "")),
                *(ItemPart(json.dumps(item) + "\n") for item in entry.get("items", ())),
            ),
            at,
            Meta(ReplyState(entry["state"]) if "state" in entry else None, provider=entry.get("provider")),
        )
        for number, entry in enumerate(spec["messages"])
    )
    return Request(
        spec["model"],
        messages,
        spec.get("system"),
        spec.get("parameters", {}),
        stream=spec.get("stream", True),
        chat_id=spec.get("chat_id", ""),
        reserve_tokens=spec.get("reserve_tokens"),
        continues=spec.get("continues", False),
    )


def provider_of(spec: dict[str, Any]) -> Provider:
    given = {name: spec[name] for name in Provider._fields if name in spec}
    return provider_at(spec["base_url"])._replace(**given)


def load_request(case: Path) -> dict[str, Any]:
    """Return what is asked; the dialect is the name of the directory above."""
    return {"dialect": case.parent.name, **load(case, "request.json")}


def replay(spec: dict[str, Any], pieces: list[bytes]) -> tuple[list[dict[str, Any]], ApiError | None]:
    """Return the events in the form of expected.json, neighbouring deltas of one kind put together."""
    request = request_of(spec)
    sse = SseDecoder()
    provider = provider_of(spec)
    decoder = dialect_of(provider).decoder(Asked(spec["base_url"], spec["model"]), request, provider)
    events: list[StreamEvent] = []
    error = None
    try:
        for piece in pieces:
            for item in sse.feed(piece):
                events.extend(decoder.feed(item))
        for item in sse.flush():
            events.extend(decoder.feed(item))
        events.extend(decoder.finish())
    except ApiError as caught:
        error = caught
    told: list[dict[str, Any]] = []
    for name, value in map(tell, events):
        if told and name in {"text", "reasoning", "refusal"} and name in told[-1]:
            told[-1][name] += value
        else:
            told.append({name: value})
    return told, error


def tell(event: StreamEvent) -> tuple[str, Any]:
    match event:
        case Started():
            return "started", asdict(event)
        case TextDelta(text):
            return "text", text
        case ReasoningDelta(text):
            return "reasoning", text
        case RefusalDelta(text):
            return "refusal", text
        case ReplyItem(text):
            return "item", json.loads(text)
        case UsageReported(usage):
            counts = {name: value for name, value in asdict(usage).items() if value != NO_USAGE[name]}
            return "usage", {
                name: str(value) if isinstance(value, Decimal) else value for name, value in counts.items()
            }
        case Finished(reason):
            return "finished", reason
        case Notice(text):
            return "notice", text
        case Waiting(reason):
            return "waiting", reason
        case _:
            raise AssertionError(event)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_the_request_goes_out_as_this_server_takes_it(case: Path) -> None:
    spec = load_request(case)
    body = dialect_of(provider_of(spec)).request_body(request_of(spec), provider_of(spec))
    assert body == load(case, "expected.json")["body"]
    json.dumps(body, allow_nan=False)


@pytest.mark.no_cover
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_the_stream_gives_the_same_events_wherever_it_is_cut(case: Path) -> None:
    spec, expected = load_request(case), load(case, "expected.json")
    stream = (case / "stream.txt").read_bytes()
    cuts = [[stream[:at], stream[at:]] for at in range(len(stream) + 1)]
    cuts.append([stream[at : at + 1] for at in range(len(stream))])
    for pieces in cuts:
        events, error = replay(spec, pieces)
        assert events == expected["events"], f"first piece ends with {pieces[0][-20:] if pieces else b''!r}"
        if expected["error"] is None:
            assert error is None
        else:
            assert type(error).__name__ == expected["error"]["class"]
            assert error is not None
            assert expected["error"]["message"] in error.message
            assert error.status == expected["error"]["status"]


def test_there_is_a_case_for_every_server_we_know_of() -> None:
    vendors = {case.name.partition("-")[0] for case in CASES if case.parent.name == "chat"}
    assert vendors >= {
        "openai",
        "azure",
        "openrouter",
        "ollama",
        "llama",
        "vllm",
        "groq",
        "mistral",
        "deepseek",
    }
