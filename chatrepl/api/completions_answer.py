"""Reads the answers of legacy Completions servers, streamed or whole, into events. Pure.

Source: openai-python 3.54 ``types/completion.py``; llama.cpp, vLLM, ollama (August 2026).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chatrepl.api.answer import Answer
from chatrepl.api.failures import Asked, stream_error
from chatrepl.api.shapes import as_list, as_mapping, as_text
from chatrepl.api.templates import StopCutter
from chatrepl.api.think import ThinkSplitter
from chatrepl.api.usage import chat_usage
from chatrepl.exchange import Notice, Started, StreamEvent


class CompletionsDecoder(Answer):
    """Reads what a Completions server sends; see ``Answer``.

    Args:
        stops: Strings that end a reply, and are not a part of it.
        continues: Whether the text goes on with an unfinished reply: then the blanks it begins with belong to it.
    """

    what = "a completion"

    def __init__(self, asked: Asked, *, stops: Sequence[str] = (), continues: bool = False) -> None:
        super().__init__(asked, may_be_empty=continues)
        self._cutter = StopCutter(stops)
        self._think = ThinkSplitter()
        self._is_beginning = not continues
        self._has_other_choices = False

    def held_back(self) -> Iterator[StreamEvent]:
        """Yield the text that was held back because more might have given it another meaning."""
        yield from self._say(self._cutter.finish())
        for event in self._think.flush():
            yield from self._words(event)

    def _is_whole(self, payload: Mapping[str, Any]) -> bool:
        return "choices" in payload

    def _event(self, payload: Mapping[str, Any], name: str | None) -> Iterator[StreamEvent]:  # noqa: ARG002
        choices = [choice for choice in as_list(payload.get("choices")) if isinstance(choice, Mapping)]
        error = payload.get("error")
        if not self._is_started and not (error and not choices) and (choices or payload.get("model")):
            self._is_started = True
            yield Started(as_text(payload.get("id")) or None, as_text(payload.get("model")) or None)
        self._usage = chat_usage(payload.get("usage")) or self._usage
        for choice in choices:
            error = error or choice.get("error")
            if choice.get("index") in (0, None):
                # a server that speaks Chat Completions here is understood all the same
                delta = as_mapping(choice.get("delta")) or as_mapping(choice.get("message"))
                yield from self._say(
                    self._cutter.feed(as_text(choice.get("text")) or as_text(delta.get("content")))
                )
                ended = "stop" if self._cutter.has_stopped else as_text(choice.get("finish_reason"))
                self._reason = ended or self._reason
            elif not self._has_other_choices:
                self._has_other_choices = True
                yield Notice("The server sends several answers; the first one is shown.")
        if error or self._reason == "error":
            yield from self.held_back()
            raise stream_error({"error": error or "the reply broke off"}, self._asked)

    def _say(self, text: str) -> Iterator[StreamEvent]:
        if self._is_beginning:
            text = text.lstrip(" ")
            self._is_beginning = not text
        if text:
            for event in self._think.feed(text):
                yield from self._words(event)
