"""What the answers of all dialects have in common: how they begin, what of them cannot be read, and how they end. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chatrepl.api.failures import Asked, stream_error
from chatrepl.api.shapes import parse_json
from chatrepl.api.sse import BareLine, Comment, SseItem
from chatrepl.errors import ProtocolError
from chatrepl.exchange import (
    Finished,
    Notice,
    ReasoningDelta,
    RefusalDelta,
    StreamEvent,
    TextDelta,
    UsageReported,
    is_filtered,
)
from chatrepl.messages import Usage

_MAX_BAD_IN_A_ROW = 3
_MAX_ARGUMENT_CHARS = 200
_CUT_SHORT = frozenset({"length", "max_output_tokens", "model_length"})


class Answer:
    """Turns one answer into events: ``feed`` what arrives, or ``whole`` once, then ``finish``.

    All three yield before they raise: what came before an error is never lost. A dialect reads its own shapes in
    ``_event`` and ``_whole``.
    """

    what = "an answer"
    """What is expected, for the message that says that something else came."""

    def __init__(self, asked: Asked, *, may_be_empty: bool = False) -> None:
        self._asked = asked
        self._may_be_empty = may_be_empty
        self._usage: Usage | None = None
        self._reason: str | None = None
        self._calls: dict[int, list[str]] = {}
        self._is_started = False
        self._has_text = False
        self._has_reasoning = False
        self._bad_in_a_row = 0
        self.is_done = False
        """Whether the server said that nothing more comes."""

    @property
    def is_complete(self) -> bool:
        """Whether the reply has ended, even though counts may follow."""
        return self.is_done or self._reason is not None

    def quick(self, item: SseItem) -> Sequence[StreamEvent] | None:  # noqa: ARG002 - a dialect may know how
        """Take an item that brings words and nothing else, as nearly all do. None: ``feed`` it."""
        return None

    def feed(self, item: SseItem) -> Iterator[StreamEvent]:
        """Take the next item of the stream.

        Raises:
            ApiError: what the server reports as an error, or three events in a row that cannot be read.
        """
        if self.is_done or isinstance(item, Comment):
            return
        if isinstance(item, BareLine):
            payload = parse_json(item.text)
            if isinstance(payload, Mapping) and payload.get("error"):
                raise stream_error(payload, self._asked)
            return
        data = item.data.strip()
        if data.startswith("[DONE]"):
            self.is_done = True
        elif data:
            yield from self._data(data, item.event)

    def whole(self, body: bytes) -> Iterator[StreamEvent]:
        """Take an answer that was not streamed, and finish.

        Raises:
            ApiError: what the server reports as an error, or an answer that cannot be read.
        """
        # DeepSeek sends empty lines before the body to keep the connection open
        payload = parse_json(body.decode("utf-8", "replace").removeprefix("\ufeff").strip())
        if isinstance(payload, list) and payload:
            payload = payload[0]
        if not isinstance(payload, Mapping) or not (payload.get("error") or self._is_whole(payload)):
            raise ProtocolError(
                f"{self._asked.provider} answered with something that is not {self.what}",
                hint="is the base URL that of a chat API?",
            )
        yield from self._whole(payload)
        self.is_done = True
        yield from self.finish()

    def finish(self) -> Iterator[StreamEvent]:
        """End the answer: yield what was held back, the counts, and how it ended.

        Raises:
            ProtocolError: where the answer is empty, or ended without saying so.
        """
        yield from self.held_back()
        if self.is_done:
            yield from self._report_missing()
        yield from self._report_calls()
        if self._usage is not None:
            yield UsageReported(self._usage)
        reason = self._reason or ("stop" if self.is_done else None)
        if not (self._has_text or self._calls or is_filtered(reason)):
            yield from self._without_text(reason)
        if reason is None:
            raise ProtocolError(
                f"the connection to {self._asked.provider} was closed early: the answer is not complete",
                hint="/continue asks for the rest, /retry asks again",
            )
        yield Finished("tool_calls" if self._calls and reason == "stop" else reason)

    def held_back(self) -> Iterator[StreamEvent]:
        """Yield the text that was held back because more might have given it another meaning."""
        yield from ()

    # What a dialect reads.

    def _data(self, data: str, name: str | None) -> Iterator[StreamEvent]:
        """Take what an event holds."""
        if name == "error":
            raise stream_error(parse_json(data) or data, self._asked)
        yield from self._take(parse_json(data), name)

    def _event(self, payload: Mapping[str, Any], name: str | None) -> Iterator[StreamEvent]:
        """Take an event that is a JSON object; ``name`` is what its line ``event:`` says."""
        raise NotImplementedError

    def _is_whole(self, payload: Mapping[str, Any]) -> bool:
        """Whether an object can be an answer that was not streamed."""
        raise NotImplementedError

    def _whole(self, payload: Mapping[str, Any]) -> Iterator[StreamEvent]:
        """Take an answer that was not streamed."""
        yield from self._event(payload, None)

    # What they share.

    def _take(self, payload: Any, name: str | None) -> Iterator[StreamEvent]:
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
        yield from self._report_missing()
        yield from self._event(payload, name)

    def _report_missing(self) -> Iterator[StreamEvent]:
        if self._bad_in_a_row:
            self._bad_in_a_row = 0
            yield Notice("A piece of the answer could not be read and is missing.")

    def _words(self, event: TextDelta | ReasoningDelta | RefusalDelta) -> Iterator[StreamEvent]:
        if isinstance(event, ReasoningDelta):
            self._has_reasoning = True
        else:
            self._has_text = True
        yield event

    def _note_call(self, index: int, name: str, arguments: str) -> None:
        """Keep the beginning of what the model wants of a tool; it comes in pieces."""
        known = self._calls.setdefault(index, ["", ""])
        known[0] = known[0] or name
        known[1] += arguments[: max(0, _MAX_ARGUMENT_CHARS + 1 - len(known[1]))]

    def _report_calls(self) -> Iterator[StreamEvent]:
        for name, arguments in self._calls.values():
            shown = arguments[:_MAX_ARGUMENT_CHARS] + ("…" if len(arguments) > _MAX_ARGUMENT_CHARS else "")
            yield Notice(
                f"The model asked for the tool {name or '(without a name)'}({shown}); nothing was run."
            )

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
