"""The chats of a Claude data export. Pure.

Source: public readers of such exports and the samples of their tests, as of November 2026: ``uuid``, ``name``,
``chat_messages`` with ``sender``, ``content``, ``attachments``, ``files`` and, in newer ones, ``parent_message_uuid``,
which is one of two UUIDs that no message has where a message is the first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from chatrepl.imports.base import Found
from chatrepl.imports.build import Head, Node, build
from chatrepl.imports.fields import as_list, as_object, as_text, clean, clean_title, digest, read_time, to_id
from chatrepl.imports.references import address, fence, reference, size, tool_call, tool_result
from chatrepl.imports.report import BAD_TIME, Report
from chatrepl.messages import ReasoningPart, Role, TextPart, WordsPart

_NOBODY = frozenset({"0" * 32, "00000000000040008000000000000000"})
_SENDERS = {"human": Role.USER, "user": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM}
_UNSAID = frozenset({"token_budget", "flag", "voice_note", "redacted_thinking"})
"""Kinds of content that hold no words."""


def read_chat(item: dict[str, Any], place: str, now: datetime) -> Found | None:
    """Read a conversation of the export. None: it has no messages."""
    report = Report()
    messages = as_list(item["chat_messages"])
    if not isinstance(item["chat_messages"], list):
        report.add("What should be its messages is not a list.")
    created, is_absurd = read_time(item.get("created_at"), now)
    updated, is_absurd_too = read_time(item.get("updated_at"), now)
    if is_absurd or is_absurd_too:
        report.add(BAD_TIME)
    name = as_text(item.get("uuid"))
    chat = to_id(name, "claude") if name else digest("claude", json.dumps(messages))
    leaf = as_text(item.get("current_leaf_message_uuid"))
    title = clean_title(item.get("name"))
    head = Head(place, chat, title, None, to_id(leaf, "claude", chat) if leaf else None, created, updated)
    nodes = _read_nodes(messages, chat, clean(as_text(item.get("model"))) or None, now, report)
    return build(head, nodes, now, report)


def _read_nodes(
    messages: list[Any], chat: str, model: str | None, now: datetime, report: Report
) -> list[Node]:
    nodes: list[Node] = []
    previous: str | None = None
    said_before = None
    for number, item in enumerate(messages, start=1):
        if not isinstance(item, dict):
            report.add("It is not a message, and was left out.", number)
            continue
        sender = as_text(item.get("sender"))
        role = _SENDERS.get(sender)
        if role is None:
            report.add("Nobody knows who sent it; it was kept as that of a tool.", number)
            role = Role.TOOL
        time, is_absurd = read_time(item.get("created_at"), now)
        if is_absurd:
            report.add(BAD_TIME, number)
        parts = _read_parts(item, number, report)
        name = as_text(item.get("uuid"))
        if name:
            key = to_id(name, "claude", chat)
        else:
            key = digest(previous or chat, role, "\n".join(part.text for part in parts), str(number))
        parent = previous
        if "parent_message_uuid" in item:
            above = as_text(item["parent_message_uuid"])
            if above != said_before:
                parent = to_id(above, "claude", chat) if above else None
                parent = None if parent in _NOBODY else parent
        nodes.append(Node(key, parent, role, parts, time, model))
        previous, said_before = key, name or None
    return nodes


def _read_parts(item: dict[str, Any], number: int, report: Report) -> tuple[WordsPart, ...]:
    parts: list[WordsPart] = []
    words: list[str] = []
    for block in as_list(item.get("content")):
        if not isinstance(block, dict):
            report.add("A part of it has no known kind, and was left out.", number)
        elif block.get("type") == "thinking":
            parts += _text_part(words)
            if thought := clean(as_text(block.get("thinking"))):
                parts.append(ReasoningPart(thought))
        elif word := _read_block(block, number, report):
            words.append(word)
    if not parts and not words and (text := as_text(item.get("text"))):
        words.append(text)
    if files := item.get("attachments"):
        words += [_attachment(each) for each in as_list(files) if isinstance(each, dict)]
    if files := item.get("files") or item.get("files_v2"):
        words += _files(as_list(files), as_list(item.get("attachments")))
    parts += _text_part(words)
    return tuple(parts)


def _text_part(words: list[str]) -> list[WordsPart]:
    """Return the part that these words make, if there are any, and forget them."""
    text = clean("\n\n".join(words))
    words.clear()
    return [TextPart(text)] if text else []


def _read_block(block: dict[str, Any], number: int, report: Report) -> str:
    match block.get("type"):
        case "text":
            return as_text(block.get("text"))
        case "tool_use":
            return tool_call(block.get("name"), block.get("input"))
        case "tool_result":
            found = block.get("content")
            pieces = [found] if isinstance(found, str) else [_result(each) for each in as_list(found)]
            return tool_result(block.get("name"), "\n".join(piece for piece in pieces if piece))
        case "image" | "document" as kind:
            source = as_object(block.get("source"))
            return (
                address(kind, source["url"]) if "url" in source else reference(kind, source.get("media_type"))
            )
        case str(kind) if kind in _UNSAID:
            return ""
    report.add("A part of it has no known kind, and was left out.", number)
    return ""


def _result(item: Any) -> str:
    content = as_object(item)
    if text := as_text(content.get("text")):
        return text
    title, url = as_text(content.get("title")), as_text(content.get("url"))
    if title or url:
        return f"{title} {url}".strip()
    return reference(as_text(content.get("type"))) if content.get("type") not in {None, "text"} else ""


def _files(files: list[Any], attachments: list[Any]) -> Iterator[str]:
    """Yield references to files, but for those whose content is there."""
    named = {as_text(as_object(each).get("file_name")) for each in attachments}
    for file in map(as_object, files):
        name = as_text(file.get("file_name")) or as_text(file.get("file_uuid"))
        if name and name not in named:
            yield reference("image" if file.get("file_kind") == "image" else "file", name)


def _attachment(item: dict[str, Any]) -> str:
    name = as_text(item.get("file_name")) or "pasted text"
    mark = reference("file", name, size(item.get("file_size")))
    text = clean(as_text(item.get("extracted_content")))
    return f"{mark}\n{fence(text)}" if text.strip() else mark
