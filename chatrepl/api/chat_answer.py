"""Reads the answers of Chat Completions servers, streamed or whole, into events. Pure.

Every known server's habits are taken in one pass; what a chunk holds beside what is read here is ignored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from chatrepl.api.failures import Asked, stream_error
from chatrepl.api.sse import BareLine, Comment, SseItem
from chatrepl.api.think import ThinkSplitter
from chatrepl.api.usage import chat_usage
from chatrepl.errors import ProtocolError
from chatrepl.exchange import (
    Finished,
    Notice,
    ReasoningDelta,
    RefusalDelta,
    Started,
    StreamEvent,
    TextDelta,
    UsageReported,
    Waiting,
)
from chatrepl.messages import Usage

_MAX_BAD_IN_A_ROW = 3
_MAX_ARGUMENT_CHARS = 200
_PROGRESS_FROM_TOKENS = 256
_CUT_SHORT = frozenset({"length", "max_output_tokens", "model_length"})
_BESIDE_CHOICES = ("error", "usage", "x_groq", "prompt_progress")
_BESIDE_DELTA = ("error", "finish_reason")
REASONING_FIELDS = ("reasoning_content", "reasoning")
"""Where most servers put reasoning, the best first."""
_BESIDE_CONTENT = (
    "reasoning_content",
    "reasoning",
    "reasoning_details",
    "refusal",
    "tool_calls",
    "function_call",
)
_MAY_BE_EMPTY = frozenset({"content_filter"})


class ChatDecoder:
    """Turns one answer into events: ``feed`` what arrives, or ``whole`` once, then ``finish``.

    All three yield before they raise: what came before an error is never lost.
    """

    def __init__(
        self,
        asked: Asked,
        *,
        continues: bool = False,
        prefilled: str = "",
        reasoning_fields: tuple[str, ...] = REASONING_FIELDS,
    ) -> None:
        self._asked = asked
        self._reasoning_fields = reasoning_fields
        self._beside_content = tuple(dict.fromkeys((*reasoning_fields, *_BESIDE_CONTENT)))
        self._may_be_empty = continues
        self._prefilled = prefilled
        """Text of ours that a server may repeat at the beginning of a whole answer."""
        self._think = ThinkSplitter()
        self._usage: Usage | None = None
        self._reason: str | None = None
        self._calls: dict[int, list[str]] = {}
        self._is_started = False
        self._has_text = False
        self._has_reasoning = False
        self._has_other_choices = False
        self._bad_in_a_row = 0
        self.is_done = False
        """Whether the server said that nothing more comes."""

    @property
    def is_complete(self) -> bool:
        """Whether the reply has ended, even though counts may follow."""
        return self.is_done or self._reason is not None

    def feed(self, item: SseItem) -> Iterator[StreamEvent]:
        """Take the next item of the stream.

        Raises:
            ApiError: what the server reports as an error, or three events in a row that cannot be read.
        """
        if self.is_done or isinstance(item, Comment):
            return
        if isinstance(item, BareLine):
            payload = _parse(item.text)
            if isinstance(payload, Mapping) and payload.get("error"):
                raise stream_error(payload, self._asked)
            return
        data = item.data.strip()
        if data.startswith("[DONE]"):
            self.is_done = True
        elif item.event == "error":
            raise stream_error(_parse(data) or data, self._asked)
        elif data:
            payload = _parse(data)
            words = (
                _words_only(payload, self._beside_content)
                if self._is_started and not self._bad_in_a_row
                else None
            )
            if words is None:
                yield from self._take(payload)
            elif words:  # nearly every event is of this kind
                for event in self._think.feed(words):
                    yield from self._words(event)

    def whole(self, body: bytes) -> Iterator[StreamEvent]:
        """Take an answer that was not streamed, and finish.

        Raises:
            ApiError: what the server reports as an error, or an answer that cannot be read.
        """
        # DeepSeek sends empty lines before the body to keep the connection open
        payload = _parse(body.decode("utf-8", "replace").removeprefix("\ufeff").strip())
        if isinstance(payload, list) and payload:
            payload = payload[0]
        if not isinstance(payload, Mapping) or not (payload.get("error") or "choices" in payload):
            raise ProtocolError(
                f"{self._asked.provider} answered with something that is not a chat completion",
                hint="is the base URL that of a chat API?",
            )
        yield from self._chunk(payload)
        self.is_done = True
        yield from self.finish()

    def finish(self) -> Iterator[StreamEvent]:
        """End the answer: yield what was held back, the counts, and how it ended.

        Raises:
            ProtocolError: where the answer is empty, or ended without saying so.
        """
        yield from self.held_back()
        yield from self._report_calls()
        if self._usage is not None:
            yield UsageReported(self._usage)
        reason = self._reason or ("stop" if self.is_done else None)
        if not (self._has_text or self._calls or reason in _MAY_BE_EMPTY):
            yield from self._without_text(reason)
        if reason is None:
            raise ProtocolError(
                f"the connection to {self._asked.provider} was closed early: the answer is not complete",
                hint="/continue asks for the rest, /retry asks again",
            )
        yield Finished("tool_calls" if self._calls and reason == "stop" else reason)

    def held_back(self) -> Iterator[StreamEvent]:
        """Yield the text that was held back because more might have given it another meaning."""
        for event in self._think.flush():
            yield from self._words(event)

    def _without_text(self, reason: str | None) -> Iterator[StreamEvent]:
        thought = self._has_reasoning or bool(self._usage and self._usage.reasoning_tokens)
        if thought and reason in _CUT_SHORT:
            yield Notice(
                "The token limit was spent on reasoning: raise max_tokens or lower reasoning_effort."
            )
        elif self._may_be_empty and reason is not None:
            yield Notice("The model had nothing to add.")
        elif not self._has_reasoning:
            raise ProtocolError(
                f"{self._asked.provider} sent an empty reply",
                hint="the conversation may fill the model's window: send less, or /retry",
                code="empty_reply",
            )

    def _take(self, payload: Any) -> Iterator[StreamEvent]:
        if isinstance(payload, list) and payload:  # Gemini wraps errors in a list
            payload = payload[0]
        if not isinstance(payload, Mapping):
            self._bad_in_a_row += 1
            if self._bad_in_a_row >= _MAX_BAD_IN_A_ROW:
                raise ProtocolError(
                    f"{self._asked.provider} sends a malformed stream: {self._bad_in_a_row} events in a row"
                    " are not JSON",
                    hint="is the base URL that of a chat API?",
                )
            return
        if self._bad_in_a_row:
            self._bad_in_a_row = 0
            yield Notice("A piece of the answer could not be read and is missing.")
        yield from self._chunk(payload)

    def _chunk(self, chunk: Mapping[str, Any]) -> Iterator[StreamEvent]:
        choices = [choice for choice in _list(chunk.get("choices")) if isinstance(choice, Mapping)]
        groq = _mapping(chunk.get("x_groq"))
        error = chunk.get("error") or groq.get("error")
        if not self._is_started and not (error and not choices) and (choices or chunk.get("model")):
            self._is_started = True  # Azure's first chunk has neither
            yield Started(_text(chunk.get("id")) or None, _text(chunk.get("model")) or None)
        self._usage = chat_usage(chunk.get("usage")) or chat_usage(groq.get("usage")) or self._usage
        yield from _progress(_mapping(chunk.get("prompt_progress")))
        for choice in choices:
            error = error or choice.get("error")
            if choice.get("index") in (0, None):
                yield from self._choice(choice)
            elif not self._has_other_choices:
                self._has_other_choices = True
                yield Notice("The server sends several answers; the first one is shown.")
        if error or self._reason == "error":
            yield from self.held_back()
            raise stream_error({"error": error or "the reply broke off"}, self._asked)

    def _choice(self, choice: Mapping[str, Any]) -> Iterator[StreamEvent]:
        is_whole = "delta" not in choice and "message" in choice
        delta = _mapping(choice.get("message" if is_whole else "delta"))
        content = delta.get("content")
        thinking, text = _parts(content) if isinstance(content, list) else ("", _text(content))
        if is_whole and self._prefilled:
            text = text.removeprefix(self._prefilled)  # llama.cpp repeats it, but not in a stream
        reasoning = thinking or _reasoning(delta, self._reasoning_fields)
        if reasoning:
            yield from self._words(ReasoningDelta(reasoning))
        if text:
            for event in self._think.feed(text):
                yield from self._words(event)
        refusal = _text(delta.get("refusal"))
        if refusal:
            yield from self._words(RefusalDelta(refusal))
        self._note_calls(delta)
        self._reason = _text(choice.get("finish_reason")) or self._reason

    def _words(self, event: TextDelta | ReasoningDelta | RefusalDelta) -> Iterator[StreamEvent]:
        if isinstance(event, ReasoningDelta):
            self._has_reasoning = True
        else:
            self._has_text = True
        yield event

    def _note_calls(self, delta: Mapping[str, Any]) -> None:
        calls = _list(delta.get("tool_calls"))
        if delta.get("function_call"):
            calls = [{"function": delta["function_call"]}]
        for position, call in enumerate(calls):
            if not isinstance(call, Mapping):
                continue
            function = _mapping(call.get("function")) or _mapping(call.get("custom"))
            index = call.get("index")
            known = self._calls.setdefault(index if isinstance(index, int) else position, ["", ""])
            known[0] = known[0] or _text(function.get("name"))
            piece = _text(function.get("arguments")) or _text(function.get("input"))
            known[1] += piece[: max(0, _MAX_ARGUMENT_CHARS + 1 - len(known[1]))]

    def _report_calls(self) -> Iterator[StreamEvent]:
        for name, arguments in self._calls.values():
            shown = arguments[:_MAX_ARGUMENT_CHARS] + ("…" if len(arguments) > _MAX_ARGUMENT_CHARS else "")
            yield Notice(
                f"The model asked for the tool {name or '(without a name)'}({shown}); nothing was run."
            )


def _words_only(payload: Any, beside: tuple[str, ...]) -> str | None:
    """Return the text of an event that brings text and nothing else. None: there is, or may be, more to it."""
    if not isinstance(payload, dict) or any(map(payload.get, _BESIDE_CHOICES)):
        return None
    choices = payload.get("choices")
    if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], dict):
        return None
    choice = choices[0]
    delta = choice.get("delta")
    if (
        not isinstance(delta, dict)
        or choice.get("index") not in (0, None)
        or any(map(choice.get, _BESIDE_DELTA))
    ):
        return None
    content = delta.get("content")
    return content if isinstance(content, str) and not any(map(delta.get, beside)) else None


def _progress(progress: Mapping[str, Any]) -> Iterator[StreamEvent]:
    """Say how far llama.cpp is with reading the request, where that takes long enough to wonder."""
    total, cached, done = (progress.get(name) for name in ("total", "cache", "processed"))
    if (
        isinstance(total, int)
        and isinstance(done, int)
        and done < total
        and total - (cached if isinstance(cached, int) else 0) >= _PROGRESS_FROM_TOKENS
    ):
        yield Waiting(f"the server has read {done} of {total} tokens")


def _parse(text: str) -> Any:
    """Read JSON. None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _reasoning(delta: Mapping[str, Any], fields: tuple[str, ...]) -> str:
    """Read the reasoning of a delta from the first field that has it: servers repeat it in several."""
    for field in fields:
        if plain := _text(delta.get(field)):
            return plain
    details = [_mapping(detail) for detail in _list(delta.get("reasoning_details"))]
    return "".join(_text(detail.get("text")) or _text(detail.get("summary")) for detail in details)


def _parts(content: list[Any]) -> tuple[str, str]:
    """Read content that is a list of parts, as Mistral sends it: the reasoning and the text."""
    thinking = text = ""
    for part in map(_mapping, content):
        if part.get("type") == "thinking":
            inner = part.get("thinking")
            thinking += _text(inner) or "".join(_text(_mapping(piece).get("text")) for piece in _list(inner))
        elif part.get("type") in {"text", "output_text"}:
            text += _text(part.get("text"))
    return thinking, text


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
