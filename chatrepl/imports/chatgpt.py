"""The chats of a ChatGPT data export: trees of nodes, of which some are hidden. Pure.

Source: chatgpt-exporter ``src/api.ts``, and public readers of such exports, as of November 2026: ``mapping`` from ids
to nodes with ``message``, ``parent`` and ``children``; ``current_node``; times in seconds since 1970, or null.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from chatrepl.imports.base import Found
from chatrepl.imports.build import Head, Node, build
from chatrepl.imports.chatgpt_content import HIDDEN, PRELUDES, read_parts
from chatrepl.imports.fields import as_object, as_text, clean, clean_title, digest, read_time, to_id
from chatrepl.imports.report import BAD_TIME, Report
from chatrepl.messages import Role

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM, "tool": Role.TOOL}


def read_chat(item: dict[str, Any], place: str, now: datetime) -> Found | None:
    """Read a conversation of the export. None: it has no messages."""
    report = Report()
    mapping = as_object(item["mapping"])
    if not isinstance(item["mapping"], dict):
        report.add("What should be its messages is not an object.")
    created, is_absurd = read_time(item.get("create_time"), now)
    updated, is_absurd_too = read_time(item.get("update_time"), now)
    if is_absurd or is_absurd_too:
        report.add(BAD_TIME)
    name = as_text(item.get("conversation_id")) or as_text(item.get("id"))
    chat = to_id(name, "chatgpt") if name else digest("chatgpt", json.dumps(mapping))
    ids = {key: to_id(key, "chatgpt", chat) for key in mapping}
    model = clean(as_text(item.get("default_model_slug"))) or None
    nodes = [
        _read_node(mapping[key], ids, key, number, model, now, report)
        for number, key in enumerate(_in_order(mapping), start=1)
    ]
    tip = ids.get(as_text(item.get("current_node")))
    head = Head(place, chat, clean_title(item.get("title")), None, tip, created, updated)
    return build(head, nodes, now, report)


def _in_order(mapping: dict[str, Any]) -> list[str]:
    """Return the keys as ``children`` orders them: the mapping itself has no order that means something."""
    order: list[str] = []
    seen: set[str] = set()
    waiting = [
        key
        for key, node in mapping.items()
        if not isinstance(node, dict)
        or not isinstance(node.get("parent"), str)
        or node["parent"] not in mapping
    ][::-1]
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        order.append(key)
        children = as_object(mapping[key]).get("children")
        if children and isinstance(children, list):
            waiting += [
                child
                for child in reversed(children)
                if isinstance(child, str) and child in mapping and child not in seen
            ]
    return order if len(order) == len(mapping) else [*order, *(key for key in mapping if key not in seen)]


def _read_node(
    node: Any,
    ids: dict[str, str],
    key: str,
    number: int,
    default_model: str | None,
    now: datetime,
    report: Report,
) -> Node:
    if not isinstance(node, dict):
        report.add("It is not a message, and was left out.", number)
        return Node(ids[key], None, None)
    above = node.get("parent")
    parent = None
    if isinstance(above, str):
        parent = ids.get(above)
    if parent is None and above is not None:
        report.add("The message it answers is not in the file; it was put at the beginning.", number)
    message = node.get("message")
    if not isinstance(message, dict):
        if message is not None:
            report.add("It is not a message, and was left out.", number)
        return Node(ids[key], parent, None)
    metadata, content, author = message.get("metadata"), message.get("content"), message.get("author")
    metadata = metadata if isinstance(metadata, dict) else {}
    kind = content.get("content_type") if isinstance(content, dict) else None
    kind = kind if isinstance(kind, str) else ""
    time, is_absurd = read_time(message.get("create_time"), now)
    if is_absurd:
        report.add(BAD_TIME, number)
    if kind in HIDDEN or metadata.get("is_visually_hidden_from_conversation"):
        return Node(ids[key], parent, None, (), time)
    parts = read_parts(content, kind, metadata, number, report)
    speaker = author.get("role") if isinstance(author, dict) else None
    role = _ROLES.get(speaker) if isinstance(speaker, str) else None
    if role is None and parts:
        report.add("Nobody knows the role that speaks it; it was kept as that of a tool.", number)
        role = Role.TOOL
    model = None
    if role is Role.ASSISTANT:
        slug = metadata.get("model_slug")
        model = clean(slug) if slug and isinstance(slug, str) else default_model
    return Node(ids[key], parent, role, parts, time, model, kind in PRELUDES)
