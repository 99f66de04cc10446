"""Shows a turn to a program."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from chatrepl.messages import ChatId, Usage
from chatrepl.turn import Cancelled, Completed, Failed
from chatrepl.ui.ascii import Output
from chatrepl.ui.aside import Say


class JsonWriter:
    """One JSON object when the reply is over, the same shape whether it went well or not; or also one for each piece."""

    def __init__(self, output: Output, say: Say, chat: Callable[[], ChatId], *, is_stream: bool) -> None:
        self._output = output
        self._say = say
        self._chat = chat
        self._is_stream = is_stream
        self._has_waited = False

    def reasoning(self, text: str) -> None:
        """Write it as an object."""
        self._piece("reasoning", text)

    def text(self, text: str) -> None:
        """Write it as an object."""
        self._piece("text", text)

    def notice(self, text: str) -> None:
        """Say it beside the objects."""
        self._say(text)

    def waiting(self, reason: str, seconds: float | None) -> None:
        """Say the first wait whose length is known, beside the objects; else nothing: a program reads this."""
        if seconds and not self._has_waited:
            self._has_waited = True
            self._say(f"{reason}, {seconds:.0f} s")

    def ended(self, end: Completed | Cancelled | Failed) -> None:
        """Write the result."""
        self._write(({"type": "result"} if self._is_stream else {}) | result_of(end, self._chat()))

    def _piece(self, kind: str, text: str) -> None:
        if self._is_stream:
            self._write({"type": kind, "text": text})

    def _write(self, value: Mapping[str, Any]) -> None:
        is_utf8 = self._output.encoding.lower().replace("-", "") == "utf8"
        line = json.dumps(value, ensure_ascii=not is_utf8)
        self._output.write(line.encode("utf-8", "replace").decode("utf-8") + "\n")


def result_of(end: Completed | Cancelled | Failed, chat: ChatId) -> dict[str, Any]:
    """Return what a program is told of how a turn ended."""
    message = end.message
    meta = message.meta if message else None
    error = end.error if isinstance(end, Failed) else None
    return {
        "chat": chat,
        "state": str(meta.state) if meta else "failed",
        "model": meta.model if meta else None,
        "text": message.text if message else "",
        "reasoning": message.reasoning or None if message else None,
        "finish_reason": meta.finish_reason if meta else None,
        "usage": _usage(meta.usage) if meta and meta.usage else None,
        "cost_usd": str(meta.cost_usd) if meta and meta.cost_usd is not None else None,
        "duration_s": round(meta.duration_s, 3) if meta and meta.duration_s is not None else None,
        "error": {
            "message": error.message,
            "hint": error.hint,
            "status": getattr(error, "status", None),
            "code": getattr(error, "code", None),
        }
        if error
        else None,
    }


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "cached_tokens": usage.cached_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "is_estimated": usage.is_estimated,
    }
