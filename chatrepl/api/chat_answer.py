"""Reads the answers of Chat Completions servers, streamed or whole, into events. Pure.

Every known server's habits are taken in one pass; what a chunk holds beside what is read here is ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chatrepl.api.answer import Answer
from chatrepl.api.failures import Asked, stream_error
from chatrepl.api.shapes import as_list, as_mapping, as_text, parse_object
from chatrepl.api.sse import SseEvent, SseItem
from chatrepl.api.think import ThinkSplitter
from chatrepl.api.usage import chat_usage
from chatrepl.exchange import Notice, ReasoningDelta, RefusalDelta, Started, StreamEvent, TextDelta, Waiting

_PROGRESS_FROM_TOKENS = 256
_BESIDE_CHOICES = frozenset({"error", "usage", "x_groq", "prompt_progress"})
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


class ChatDecoder(Answer):
    """Reads what a Chat Completions server sends; see ``Answer``."""

    what = "a chat completion"

    def __init__(
        self,
        asked: Asked,
        *,
        continues: bool = False,
        prefilled: str = "",
        reasoning_fields: tuple[str, ...] = REASONING_FIELDS,
    ) -> None:
        super().__init__(asked, may_be_empty=continues)
        self._reasoning_fields = reasoning_fields
        self._beside_content = tuple(dict.fromkeys((*reasoning_fields, *_BESIDE_CONTENT)))
        self._prefilled = prefilled
        """Text of ours that a server may repeat at the beginning of a whole answer."""
        self._think = ThinkSplitter()
        self._has_other_choices = False

    def held_back(self) -> Iterator[StreamEvent]:
        """Yield the text that was held back because more might have given it another meaning."""
        for event in self._think.flush():
            yield from self._words(event)

    def quick(self, item: SseItem) -> Sequence[StreamEvent] | None:
        """Take an item that brings words and nothing else, as nearly all do. None: ``feed`` it."""
        if item.__class__ is not SseEvent or not self._is_started or self._bad_in_a_row or self.is_done:
            return None
        name, data = item
        if name is not None or data[:1] != "{":
            return None
        words = _words_only(parse_object(data), self._beside_content)
        if words is None:
            return None
        if not words:
            return ()
        if not self._think.is_over:
            found: list[StreamEvent] = []
            for event in self._think.feed(words):
                found.extend(self._words(event))
            return found
        self._has_text = True
        return (TextDelta(words),)

    def _event(self, payload: Mapping[str, Any], name: str | None) -> Iterator[StreamEvent]:  # noqa: ARG002
        yield from self._chunk(payload)

    def _is_whole(self, payload: Mapping[str, Any]) -> bool:
        return "choices" in payload

    def _chunk(self, chunk: Mapping[str, Any]) -> Iterator[StreamEvent]:
        choices = [choice for choice in as_list(chunk.get("choices")) if isinstance(choice, Mapping)]
        groq = as_mapping(chunk.get("x_groq"))
        error = chunk.get("error") or groq.get("error")
        if not self._is_started and not (error and not choices) and (choices or chunk.get("model")):
            self._is_started = True  # Azure's first chunk has neither
            yield Started(as_text(chunk.get("id")) or None, as_text(chunk.get("model")) or None)
        self._usage = chat_usage(chunk.get("usage")) or chat_usage(groq.get("usage")) or self._usage
        yield from _progress(as_mapping(chunk.get("prompt_progress")))
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
        delta = as_mapping(choice.get("message" if is_whole else "delta"))
        content = delta.get("content")
        thinking, text = _parts(content) if isinstance(content, list) else ("", as_text(content))
        if is_whole and self._prefilled:
            text = text.removeprefix(self._prefilled)  # llama.cpp repeats it, but not in a stream
        reasoning = thinking or _reasoning(delta, self._reasoning_fields)
        if reasoning:
            yield from self._words(ReasoningDelta(reasoning))
        if text:
            for event in self._think.feed(text):
                yield from self._words(event)
        refusal = as_text(delta.get("refusal"))
        if refusal:
            yield from self._words(RefusalDelta(refusal))
        self._note_calls(delta)
        self._reason = as_text(choice.get("finish_reason")) or self._reason

    def _note_calls(self, delta: Mapping[str, Any]) -> None:
        calls = as_list(delta.get("tool_calls"))
        if delta.get("function_call"):
            calls = [{"function": delta["function_call"]}]
        for position, call in enumerate(calls):
            if not isinstance(call, Mapping):
                continue
            function = as_mapping(call.get("function")) or as_mapping(call.get("custom"))
            index = call.get("index")
            piece = as_text(function.get("arguments")) or as_text(function.get("input"))
            name = as_text(function.get("name"))
            self._note_call(index if isinstance(index, int) else position, name, piece)


def _words_only(payload: Any, beside: tuple[str, ...]) -> str | None:
    """Return the text of an event that brings text and nothing else. None: there is, or may be, more to it."""
    if payload.__class__ is not dict:
        return None
    if not _BESIDE_CHOICES.isdisjoint(payload) and any(map(payload.get, _BESIDE_CHOICES)):
        return None
    choices = payload.get("choices")
    if choices.__class__ is not list or len(choices) != 1 or choices[0].__class__ is not dict:
        return None
    choice = choices[0]
    delta = choice.get("delta")
    if delta.__class__ is not dict or choice.get("finish_reason") or choice.get("error"):
        return None
    content = delta.get("content")
    if content.__class__ is not str or choice.get("index") not in (0, None):
        return None
    return content if len(delta) == 1 or not any(map(delta.get, beside)) else None


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


def _reasoning(delta: Mapping[str, Any], fields: tuple[str, ...]) -> str:
    """Read the reasoning of a delta from the first field that has it: servers repeat it in several."""
    for field in fields:
        if plain := as_text(delta.get(field)):
            return plain
    details = [as_mapping(detail) for detail in as_list(delta.get("reasoning_details"))]
    return "".join(as_text(detail.get("text")) or as_text(detail.get("summary")) for detail in details)


def _parts(content: list[Any]) -> tuple[str, str]:
    """Read content that is a list of parts, as Mistral sends it: the reasoning and the text."""
    thinking = text = ""
    for part in map(as_mapping, content):
        if part.get("type") == "thinking":
            inner = part.get("thinking")
            thinking += as_text(inner) or "".join(
                as_text(as_mapping(piece).get("text")) for piece in as_list(inner)
            )
        elif part.get("type") in {"text", "output_text"}:
            text += as_text(part.get("text"))
    return thinking, text
