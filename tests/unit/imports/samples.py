"""Reads files and values as the importer does, for its tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chatrepl.conversation import Conversation
from chatrepl.imports import Found, Item, Problem, read_chats

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DATA = Path(__file__).parents[2] / "data" / "imports"


def read(data: bytes | str, name: str = "file", step: int | None = None) -> list[Item]:
    """Read a file, in pieces of ``step`` bytes where that is given."""
    data = data.encode() if isinstance(data, str) else data
    chunks: Iterable[bytes] = [data]
    if step is not None:
        chunks = (data[start : start + step] for start in range(0, len(data), step))
    return list(read_chats(chunks, name, NOW))


def read_values(*values: Any) -> list[Item]:
    """Read a file with one value a line."""
    return read("\n".join(map(json.dumps, values)))


def found(items: Sequence[Item]) -> list[Found]:
    return [item for item in items if isinstance(item, Found)]


def problems(items: Sequence[Item]) -> list[Problem]:
    """Return every problem, those inside of chats too."""
    return [problem for item in items for problem in (item.problems if isinstance(item, Found) else (item,))]


def only(items: Sequence[Item]) -> Found:
    """Return the one chat of a file that has nothing wrong in it."""
    (item,) = items
    assert isinstance(item, Found)
    assert item.problems == ()
    return item


def texts(conversation: Conversation) -> list[str]:
    """Return what is said on the path to the tip, each with the first letter of who says it."""
    return [f"{message.role[0]}: {message.text}" for message in conversation.path()]


def gpt_node(key: str, parent: str | None, text: Any = None, **more: Any) -> dict[str, Any]:
    """Return a node of a ChatGPT export; without a text it has no message."""
    message = None
    if text is not None:
        message = {
            "id": key,
            "author": {"role": more.pop("role", "user")},
            "create_time": more.pop("time", None),
            "content": text if isinstance(text, dict) else {"content_type": "text", "parts": [text]},
            "metadata": more.pop("metadata", {}),
        }
    return {"id": key, "parent": parent, "children": [], "message": message, **more}


def gpt(*nodes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a conversation of a ChatGPT export."""
    return {"id": "talk", "title": "Talk", "mapping": {node["id"]: node for node in nodes}, **more}


def claude(*messages: Any, **more: Any) -> dict[str, Any]:
    """Return a conversation of a Claude export."""
    return {"uuid": "talk", "name": "Talk", "chat_messages": list(messages), **more}


def claude_message(uuid: str, text: str = "words", **more: Any) -> dict[str, Any]:
    return {"uuid": uuid, "sender": "human", "text": text, **more}
