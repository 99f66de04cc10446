"""Chats that are a list of messages one after the other, without ids: what they have in common. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from chatrepl.imports.build import Node
from chatrepl.imports.fields import as_list, as_object, as_text, clean, digest, read_time
from chatrepl.imports.references import address, openai_tool_calls, reference, size, tool_call, tool_result
from chatrepl.imports.report import BAD_TIME, Report
from chatrepl.messages import Role, WordsPart, text_parts

_ROLES: Mapping[str, Role] = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "human": Role.USER,
    "assistant": Role.ASSISTANT,
    "model": Role.ASSISTANT,
    "ai": Role.ASSISTANT,
    "tool": Role.TOOL,
    "function": Role.TOOL,
}
_SIMPLE = frozenset(
    {"role", "content", "timestamp", "created_at", "create_time", "id", "model", "metadata", "name"}
)
"""The fields of a message of which only ``content`` holds what is said."""


class Spoken(NamedTuple):
    """One message of a list."""

    role: Role
    parts: tuple[WordsPart, ...]
    number: int
    """In the list, from 1."""
    at: datetime | None
    model: str | None

    @property
    def text(self) -> str:
        """All of its words."""
        return "\n".join(part.text for part in self.parts)


def read_messages(items: Sequence[Any], now: datetime, report: Report) -> list[Spoken]:
    """Read the messages of a list; what is no message is left out, and noted."""
    found = []
    for number, item in enumerate(items, start=1):
        if not isinstance(item, dict) or "role" not in item:
            report.add("It is not a message, and was left out.", number)
            continue
        role = _ROLES.get(as_text(item["role"]).lower())
        if role is None:
            report.add("Nobody knows the role that speaks it; it was kept as that of a tool.", number)
            role = Role.TOOL
        content = item.get("content")
        if isinstance(content, str) and _SIMPLE.issuperset(item):
            parts = text_parts(clean(content))
        else:
            parts = _read_parts(item, number, report)
        time: datetime | None = None
        model = ""
        if len(item) > 2:
            when = item.get("timestamp") or item.get("created_at") or item.get("create_time")
            time, is_absurd = read_time(when, now)
            if is_absurd:
                report.add(BAD_TIME, number)
            name = item.get("model") or as_object(item.get("metadata")).get("model")
            model = clean(as_text(name))
        found.append(Spoken(role, parts, number, time, model or None))
    return found


def take_system(messages: list[Spoken]) -> tuple[str | None, list[Spoken]]:
    """Split a list into the system prompt that it begins with, None where there is none, and the rest."""
    count = next(
        (index for index, each in enumerate(messages) if each.role is not Role.SYSTEM), len(messages)
    )
    system = "\n\n".join(text for each in messages[:count] if (text := each.text))
    return system or None, messages[count:]


def chain(chat: str, messages: Iterable[Spoken]) -> list[Node]:
    """Make nodes of messages; the id of each stands for all that was said before it in this chat, and for it."""
    nodes: list[Node] = []
    parent: str | None = None
    for role, parts, number, at, model in messages:
        text = parts[0].text if len(parts) == 1 else "\n".join(part.text for part in parts)
        key = digest(parent or chat, role, text, str(number))
        nodes.append(Node(key, parent, role, parts, at, model))
        parent = key
    return nodes


def _read_parts(item: dict[str, Any], number: int, report: Report) -> tuple[WordsPart, ...]:
    words: list[str] = []
    refusals = [as_text(item.get("refusal"))]
    content = item.get("content")
    if isinstance(content, str):
        words.append(content)
    elif isinstance(content, list):
        for part in content:
            text, refusal = _read_part(part)
            words.append(text)
            refusals.append(refusal)
            if not text and not refusal and not _is_empty_text(part):
                report.add("A part of it has no known kind, and was left out.", number)
    elif isinstance(content, dict):
        words += _tool_results(content)
    elif content is not None:
        report.add("What it says is not text, and was left out.", number)
    words += openai_tool_calls(as_list(item.get("tool_calls")))
    if call := as_object(item.get("function_call")):
        words.append(tool_call(call.get("name"), call.get("arguments")))
    if audio := as_object(item.get("audio")):
        words += [reference("audio", audio.get("id")), as_text(audio.get("transcript"))]
    words += [reference("file", name) for name in as_list(item.get("files")) if isinstance(name, str)]
    reasoning = as_text(item.get("reasoning_content")) or as_text(item.get("reasoning"))
    return text_parts(
        clean("\n\n".join(word for word in words if word)),
        reasoning=clean(reasoning),
        refusal=clean("".join(refusals)),
    )


def _read_part(part: Any) -> tuple[str, str]:
    """Return the text and the refusal of one part of a content, both empty where it is unknown.

    Source: openai-openapi ``openapi.yaml`` 2.3.0 (August 2026), ``ChatCompletionRequestMessageContentPart*`` and
    ``InputContent``.
    """
    if isinstance(part, str):
        return part, ""
    item = as_object(part)
    match item.get("type"):
        case "text" | "input_text" | "output_text":
            return as_text(item.get("text")), ""
        case "refusal":
            return "", as_text(item.get("refusal"))
        case "image_url" | "input_image":
            image = item.get("image_url")
            url = image.get("url") if isinstance(image, dict) else image
            return address("image", url or item.get("file_id")), ""
        case "input_audio":
            audio = as_object(item.get("input_audio"))
            length = len(as_text(audio.get("data"))) * 3 // 4
            return reference("audio", audio.get("format"), size(length)), ""
        case "file" | "input_file":
            file = as_object(item.get("file")) or item
            name = file.get("filename") or file.get("file_id")
            if not name:
                return address("file", file.get("file_data") or file.get("file_url")), ""
            return reference("file", name, size(len(as_text(file.get("file_data"))) * 3 // 4)), ""
    return "", ""


def _is_empty_text(part: Any) -> bool:
    return part == "" or as_object(part).get("type") in {"text", "input_text", "output_text", "refusal"}


def _tool_results(content: dict[str, Any]) -> Iterable[str]:
    """Yield what aichat keeps of the tools that were called.

    Source: aichat ``src/client/message.rs`` and ``src/function.rs`` (February 2026).
    """
    yield as_text(content.get("text"))
    for result in map(as_object, as_list(content.get("tool_results"))):
        call = as_object(result.get("call"))
        yield tool_call(call.get("name"), call.get("arguments"))
        yield tool_result(call.get("name"), result.get("output"))
