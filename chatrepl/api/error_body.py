"""Reads the many shapes in which OpenAI-compatible servers say what went wrong. Pure."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chatrepl.redact import mask_keys

LIMIT_BYTES = 64 * 1024
"""How much of an error's body is read."""
_MAX_CHARS = 300


@dataclass(frozen=True, slots=True)
class ParsedError:
    """What a server says went wrong."""

    message: str
    """In one line; empty where it says nothing."""
    type: str | None = None
    code: str | None = None
    """The server's own code as text, also where it sent a number."""
    param: str | None = None
    """The field it objects to."""
    limit_tokens: int | None = None
    sent_tokens: int | None = None
    is_json: bool = False
    is_page: bool = False
    """Whether the body is a web page."""

    @property
    def label(self) -> str | None:
        """The more telling one of code and type."""
        return self.code if self.code and not self.code.isdigit() else self.type or self.code


def parse_error(headers: Mapping[str, str], body: bytes, keys: Sequence[str] = ()) -> ParsedError:
    """Read the body of a refusal, whatever its shape; header names are in small letters, ``keys`` are masked.

    Source: openai-python, ollama, llama.cpp, vLLM, OpenRouter, mistralai, xAI, Gemini and FastAPI (August 2026).
    """
    text = body[:LIMIT_BYTES].decode("utf-8", "replace").strip()
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        content_type = headers.get("content-type", "")
        is_page = text.startswith("<") or "text/html" in content_type
        return ParsedError(_tidy(_page_title(text) if is_page else text, keys), is_page=is_page)
    return parse_payload(payload, keys)


def parse_payload(payload: Any, keys: Sequence[str] = ()) -> ParsedError:
    """Read an error that was JSON."""
    if isinstance(payload, list):
        payload = payload[0] if payload else {}
    if not isinstance(payload, Mapping):
        return ParsedError(_tidy("" if payload is None else str(payload), keys), is_json=True)
    error = payload.get("error") or payload
    if not isinstance(error, Mapping):
        return ParsedError(_tidy(str(error), keys), code=_word(payload.get("code")), is_json=True)
    message, detail = error.get("message"), error.get("detail")
    if isinstance(message, (Mapping, list)):
        message, detail = "", message
    fields, said = _details(detail)
    metadata, details = (_mapping(error.get(name)) for name in ("metadata", "details"))
    return ParsedError(
        _tidy(str(message or said or error.get("msg") or ""), keys),
        type=_word(error.get("type") or metadata.get("error_type") or error.get("status")),
        code=_word(details.get("error_code") or error.get("code")),
        param=_word(error.get("param")) or fields,
        limit_tokens=_count(error.get("n_ctx")),
        sent_tokens=_count(error.get("n_prompt_tokens")),
        is_json=True,
    )


def _details(detail: Any) -> tuple[str | None, str]:
    """Read FastAPI's ``detail``: the fields it objects to, and what it says of them."""
    if isinstance(detail, Mapping):
        detail = detail.get("detail", [detail])
    if not isinstance(detail, list):
        return None, str(detail or "")
    entries = [entry for entry in detail if isinstance(entry, Mapping)]
    places = [[str(step) for step in _sequence(entry.get("loc")) if step != "body"] for entry in entries]
    said = [
        f"{'.'.join(place)}: {entry.get('msg', '')}" for place, entry in zip(places, entries, strict=True)
    ]
    names = [step for place in places[:1] for step in place if not step.isdigit()]
    return names[-1] if names else None, "; ".join(said)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else ()


def _word(value: Any) -> str | None:
    return None if value is None or value == "" or isinstance(value, (Mapping, list)) else str(value)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _page_title(text: str) -> str:
    found = re.search(r"(?is)<(title|h1)[^>]*>(.{0,500}?)</\1>", text)
    return html.unescape(re.sub(r"<[^>]*>", " ", found[2])) if found else ""


def _tidy(text: str, keys: Sequence[str]) -> str:
    line = mask_keys(" ".join(text.split()), keys)
    return line if len(line) <= _MAX_CHARS else line[: _MAX_CHARS - 1] + "…"
