"""Reads the answers of Responses servers, streamed or whole, into events. Pure.

Events are told apart by ``type`` inside them; the line ``event:`` counts only where there is none. Types that are not
known are passed over.
Source: openai-python 3.54 ``types/responses/*_event.py``; llama.cpp and OpenRouter (August 2026).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from chatrepl.api.answer import Answer
from chatrepl.api.failures import Asked, stream_error
from chatrepl.api.shapes import as_list, as_mapping, as_text, parse_json
from chatrepl.api.usage import responses_usage
from chatrepl.exchange import ReasoningDelta, RefusalDelta, ReplyItem, Started, StreamEvent, TextDelta

_REASONS = {"completed": "stop", "cancelled": "cancelled", "incomplete": "length"}


class ResponsesDecoder(Answer):
    """Reads what a Responses server sends; see ``Answer``.

    Args:
        keeps_items: Whether items that are to be sent back are yielded as ``ReplyItem``.
        limit_tokens: How long the reply may be. None: nothing was asked. llama.cpp calls a reply complete that ended there.
    """

    what = "a response"

    def __init__(
        self,
        asked: Asked,
        *,
        continues: bool = False,
        keeps_items: bool = False,
        limit_tokens: int | None = None,
    ) -> None:
        super().__init__(asked, may_be_empty=continues)
        self._limit_tokens = limit_tokens
        self._keeps_items = keeps_items
        self._streamed: dict[tuple[str, int, int], int] = {}
        """How much of each piece of text has come, by kind and place."""
        self._message_at: int | None = None
        """The place of the message whose text came last."""
        self._message_chars = 0
        self._thought_at: tuple[int, int] | None = None

    def _data(self, data: str, name: str | None) -> Iterator[StreamEvent]:
        yield from self._take(parse_json(data), name)

    def _is_whole(self, payload: Mapping[str, Any]) -> bool:
        return "output" in payload or payload.get("object") == "response"

    def _whole(self, payload: Mapping[str, Any]) -> Iterator[StreamEvent]:
        yield from self._begin(payload)
        yield from self._output(payload)
        yield from self._end(payload, as_text(payload.get("status")) or "completed")

    def _event(self, payload: Mapping[str, Any], name: str | None) -> Iterator[StreamEvent]:
        kind = as_text(payload.get("type")) or name or ""
        response = as_mapping(payload.get("response"))
        if kind == "error" or (payload.get("error") and not response):
            raise stream_error(
                {"error": payload.get("error") or {**payload, "type": payload.get("code")}}, self._asked
            )
        match kind:
            case "response.created" | "response.queued" | "response.in_progress":
                yield from self._begin(response)
            case "response.output_text.delta" | "response.refusal.delta":
                yield from self._delta(payload, kind, as_text(payload.get("delta")))
            case "response.output_text.done":
                yield from self._rest(payload, "response.output_text.delta", as_text(payload.get("text")))
            case "response.refusal.done":
                yield from self._rest(payload, "response.refusal.delta", as_text(payload.get("refusal")))
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                yield from self._delta(payload, kind, as_text(payload.get("delta")))
            case "response.reasoning_summary_text.done" | "response.reasoning_text.done":
                yield from self._rest(
                    payload, kind.removesuffix("done") + "delta", as_text(payload.get("text"))
                )
            case "response.function_call_arguments.delta":
                self._note_call(_place(payload), "", as_text(payload.get("delta")))
            case "response.output_item.added":
                self._note_item(payload)
            case "response.output_item.done":
                yield from self._item_done(payload)
            case "response.completed" | "response.incomplete" | "response.failed" | "response.cancelled":
                yield from self._begin(response)
                yield from self._output(response)
                yield from self._end(response, kind.partition(".")[2])
            case _:
                pass

    def _begin(self, response: Mapping[str, Any]) -> Iterator[StreamEvent]:
        if not self._is_started and response:
            self._is_started = True
            yield Started(as_text(response.get("id")) or None, as_text(response.get("model")) or None)

    # Text, refusals and thoughts.

    def _delta(self, payload: Mapping[str, Any], kind: str, text: str) -> Iterator[StreamEvent]:
        if not text:
            return
        at, part = _place(payload), _part(payload)
        self._streamed[kind, at, part] = self._streamed.get((kind, at, part), 0) + len(text)
        if "reasoning" in kind:
            gap = "\n\n" if self._thought_at not in {None, (at, part)} else ""
            self._thought_at = at, part
            yield from self._words(ReasoningDelta(gap + text))
            return
        if self._message_at not in {None, at}:
            text = f"\n\n{text}"  # another message of the same reply
            self._message_chars = 0
        self._message_at = at
        self._message_chars += len(text)
        yield from self._words(RefusalDelta(text) if "refusal" in kind else TextDelta(text))

    def _rest(self, payload: Mapping[str, Any], kind: str, whole: str) -> Iterator[StreamEvent]:
        """Take the whole of a piece of text of which some has come: some servers send only this."""
        come = self._streamed.get((kind, _place(payload), _part(payload)), 0)
        yield from self._delta(payload, kind, whole[come:])

    # Items.

    def _note_item(self, payload: Mapping[str, Any]) -> None:
        item = as_mapping(payload.get("item"))
        if item.get("type") in {"function_call", "custom_tool_call"}:
            self._note_call(_place(payload), as_text(item.get("name")), "")

    def _item_done(self, payload: Mapping[str, Any]) -> Iterator[StreamEvent]:
        item = as_mapping(payload.get("item"))
        yield from self._item(item, _place(payload))
        if not self._keeps_items:
            return
        if item.get("type") == "reasoning" and item.get("encrypted_content"):
            yield ReplyItem(json.dumps(item, ensure_ascii=False))
        elif item.get("type") == "message" and item.get("phase") and self._message_chars:
            marker = {"type": "message", "phase": item["phase"], "length": self._message_chars}
            yield ReplyItem(json.dumps(marker, ensure_ascii=False))

    def _output(self, response: Mapping[str, Any]) -> Iterator[StreamEvent]:
        """Take a whole response, of whose texts or thoughts nothing has come in pieces."""
        has_text, has_reasoning = self._has_text, self._has_reasoning
        for at, item in enumerate(map(as_mapping, as_list(response.get("output")))):
            is_known = has_reasoning if item.get("type") == "reasoning" else has_text
            if not is_known or item.get("type") not in {"message", "reasoning"}:
                yield from self._item(item, at)

    def _item(self, item: Mapping[str, Any], at: int) -> Iterator[StreamEvent]:
        kind = item.get("type")
        if kind == "message":
            for part, content in enumerate(map(as_mapping, as_list(item.get("content")))):
                where = {"output_index": at, "content_index": part}
                if content.get("type") == "refusal":
                    yield from self._rest(where, "response.refusal.delta", as_text(content.get("refusal")))
                else:
                    yield from self._rest(where, "response.output_text.delta", as_text(content.get("text")))
        elif kind == "reasoning":
            for source, name in (("summary", "reasoning_summary_text"), ("content", "reasoning_text")):
                for part, piece in enumerate(map(as_mapping, as_list(item.get(source)))):
                    where = {"output_index": at, "summary_index": part}
                    yield from self._rest(where, f"response.{name}.delta", as_text(piece.get("text")))
        elif kind in {"function_call", "custom_tool_call"}:
            whole = as_text(item.get("arguments")) or as_text(item.get("input"))
            known = self._calls.get(at, ["", ""])[1]
            self._note_call(at, as_text(item.get("name")), "" if known else whole)

    def _end(self, response: Mapping[str, Any], status: str) -> Iterator[StreamEvent]:
        """Take the counts, and how it ended.

        Raises:
            ApiError: the response failed.
        """
        self._usage = responses_usage(response.get("usage")) or self._usage
        if status == "failed" or response.get("error"):
            error = response.get("error") or "the reply broke off"
            raise stream_error({"error": error}, self._asked)
        reason = as_text(as_mapping(response.get("incomplete_details")).get("reason"))
        used = self._usage.completion_tokens if self._usage is not None else 0
        if status == "completed" and self._limit_tokens is not None and used >= self._limit_tokens:
            reason = reason or "max_output_tokens"
        self._reason = reason or _REASONS.get(status, status)
        self.is_done = True
        yield from ()


def _place(payload: Mapping[str, Any]) -> int:
    at = payload.get("output_index")
    return at if isinstance(at, int) else 0


def _part(payload: Mapping[str, Any]) -> int:
    for name in ("content_index", "summary_index"):
        if isinstance(at := payload.get(name), int):
            return at
    return 0
