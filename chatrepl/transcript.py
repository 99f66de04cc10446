"""A chat as a file: JSON that holds everything, Markdown and text for people, and OpenAI's ``messages``. Pure.

What is read was written by others: every wrong place in it becomes a ``TranscriptError`` that names the first one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Any, NoReturn

from chatrepl.attachments import described
from chatrepl.conversation import Conversation, first_words
from chatrepl.errors import TranscriptError
from chatrepl.messages import (
    NO_META,
    ChatId,
    Message,
    MessageId,
    Meta,
    ReplyState,
    Role,
    Usage,
    WordsPart,
    text_parts,
)
from chatrepl.transcript_fields import (
    SURROGATE,
    check_amount,
    check_choice,
    check_identifier,
    check_keys,
    check_seconds,
    check_text,
    check_time,
    fail,
    optional,
    show,
    time_text,
)
from chatrepl.transcript_parts import part_to_json, read_parts
from chatrepl.transcript_views import VIEWS, read_views, views_to_json

FORMAT, VERSION = "chatrepl/chat", 1
KEPT = ("created_at", "updated_at", "auto_title", "is_archived")
"""What the library knows of a chat beside the chat itself; all of it may be missing."""

_LARGEST_COUNT = 2**63 - 1


def to_json(conversation: Conversation, kept: Mapping[str, Any] | None = None) -> str:
    """Return everything of a chat, every branch included; ``from_json`` gives the same chat back.

    ``kept`` is what the library knows of it beside that: the fields of ``KEPT``.
    """
    document = _head(conversation, kept)
    head = json.dumps(document, ensure_ascii=False, indent=1)[:-2]
    lines = [f"  {_encode(message)}" for message in conversation.messages.values()]
    messages = "[\n" + ",\n".join(lines) + "\n ]" if lines else "[]"
    # One line for each message: a diff of two saves shows what was said in between.
    return SURROGATE.sub("\ufffd", f'{head},\n "messages": {messages}\n}}\n')


def to_json_line(conversation: Conversation, kept: Mapping[str, Any] | None = None) -> str:
    """Return what ``to_json`` does, on one line."""
    document = _head(conversation, kept)
    document["messages"] = [_item(message) for message in conversation.messages.values()]
    return SURROGATE.sub("\ufffd", json.dumps(document, ensure_ascii=False)) + "\n"


def _head(conversation: Conversation, kept: Mapping[str, Any] | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "id": conversation.id,
        "title": conversation.title,
        "system": conversation.system,
        "tip": conversation.tip,
    }
    return document | dict(kept or {}) | views_to_json(conversation)


def load(text: str, *, new_id: Callable[[], str], now: datetime) -> Conversation:
    """Read a chat that chatrepl saved, or a ``messages`` array as OpenAI's API takes it.

    ``new_id`` and ``now`` give the second kind the ids and times that it does not have. A reply that was still
    arriving when the chat was saved is one that broke off.

    Raises:
        TranscriptError: where it is neither, with the first wrong place.
    """
    document = _parse(text)
    if isinstance(document, dict) and "format" in document:
        return _settled(_from_document(document))
    if isinstance(document, dict) and "messages" in document:
        document = document["messages"]
    if isinstance(document, list):
        return from_openai_messages(document, new_id=new_id, now=now)
    raise TranscriptError(
        f"The file holds {show(document)}, which is not a chat.",
        hint="It must be a chat saved by /save FILE.json, or an OpenAI messages array.",
    )


def from_json(text: str) -> Conversation:
    """Read what ``to_json`` wrote.

    Raises:
        TranscriptError: where it is something else, with the first wrong place.
    """
    document = _parse(text)
    if not isinstance(document, dict):
        fail("the file", "must be an object", document)
    return _from_document(document)


def from_document(document: Any) -> Conversation:
    """Read what ``to_json`` wrote, parsed; a reply that was still arriving is one that broke off.

    Raises:
        TranscriptError: where it is something else, with the first wrong place.
    """
    if not isinstance(document, dict):
        fail("the chat", "must be an object", document)
    return _settled(_from_document(document))


def kept_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a document says of the fields ``KEPT``: times as times; those that are missing are missing.

    Raises:
        TranscriptError: where one is something else.
    """
    kept: dict[str, Any] = {}
    for name in ("created_at", "updated_at"):
        if document.get(name) is not None:
            kept[name] = check_time(name, document[name])
    if "auto_title" in document:
        kept["auto_title"] = check_text("auto_title", document["auto_title"])
    if "is_archived" in document:
        if not isinstance(document["is_archived"], bool):
            fail("is_archived", "must be true or false", document["is_archived"])
        kept["is_archived"] = document["is_archived"]
    return kept


def from_openai_messages(items: Sequence[Any], *, new_id: Callable[[], str], now: datetime) -> Conversation:
    """Read a ``messages`` array; the system or developer messages it begins with become the system prompt.

    Source: openai-openapi ``openapi.yaml`` 2.3.0 (August 2026), ``ChatCompletionRequestMessage``.

    Raises:
        TranscriptError: where a message holds something else than text, with its place.
    """
    found = [_read_openai(f"message {number}", item) for number, item in enumerate(items, start=1)]
    count = next((index for index, (role, _) in enumerate(found) if role is not Role.SYSTEM), len(found))
    system = "\n\n".join("".join(part.text for part in parts) for _, parts in found[:count])
    conversation = Conversation(ChatId(new_id()), system=system if count else None)
    for role, parts in found[count:]:
        meta = Meta(state=ReplyState.COMPLETE) if role is Role.ASSISTANT else NO_META
        conversation.append(Message(MessageId(new_id()), conversation.tip, role, parts, now, meta))
    return conversation


def _settled(conversation: Conversation) -> Conversation:
    for message in [*conversation.messages.values()]:
        if message.meta.state is ReplyState.STREAMING:
            meta = replace(
                message.meta, state=ReplyState.INTERRUPTED, error="the chat was saved while it arrived"
            )
            conversation.finish(replace(message, meta=meta))
    return conversation


def to_markdown(conversation: Conversation) -> str:
    """Return the path to the tip as Markdown; code fences stay as they are, reasoning is folded away."""
    blocks = [f"# {_title(conversation)}"]
    if conversation.system is not None:
        blocks += ["## System", _closed(conversation.system)]
    for message in conversation.path():
        blocks.append(f"## {_speaker(message)}")
        if message.reasoning:
            reasoning = _closed(message.reasoning)
            blocks.append(f"<details><summary>Reasoning</summary>\n\n{reasoning}\n\n</details>")
        if message.text.strip():
            blocks.append(_closed(message.text))
        blocks += [f"*[{mark}]*" for mark in _marks(conversation, message)]
    return SURROGATE.sub("\ufffd", "\n\n".join(blocks) + "\n")


def to_text(conversation: Conversation) -> str:
    """Return the path to the tip as plain text: who said what and when, without reasoning."""
    title = _title(conversation)
    blocks = [f"{title}\n{'=' * min(len(title), 60)}"]
    if conversation.system is not None:
        blocks.append(f"System:\n{conversation.system.strip(chr(10))}")
    for message in conversation.path():
        lines = [f"{_speaker(message)}, {message.created_at:%Y-%m-%d %H:%M} UTC:"]
        if message.text.strip():
            lines.append(message.text.strip("\n"))
        lines += [f"[{mark}]" for mark in _marks(conversation, message)]
        blocks.append("\n".join(lines))
    return SURROGATE.sub("\ufffd", "\n\n".join(blocks) + "\n")


def _title(conversation: Conversation) -> str:
    words = (first_words(message.text) for message in conversation.path())
    return first_words(conversation.title, 200) or next((line for line in words if line), "Empty chat")


def _speaker(message: Message) -> str:
    names = {Role.USER: "You", Role.ASSISTANT: "Assistant", Role.SYSTEM: "System", Role.TOOL: "Tool"}
    return names[message.role] + (f" ({first_words(message.meta.model)})" if message.meta.model else "")


def _marks(conversation: Conversation, message: Message) -> list[str]:
    """Return what is said of a message in brackets: what goes with it, that it is not whole, and what the user thinks of it."""
    found = [f"attached: {first_words(described(part), 200)}" for part in message.attachments]
    found += [mark] if (mark := _mark(message)) else []
    rating = conversation.ratings.get(message.id)
    if rating is not None:
        note = " ".join(rating.note.split())
        found.append(f"rated {rating.verdict}" + (f": {note}" if note else ""))
    return found


def _mark(message: Message) -> str | None:
    """Say that a reply is not whole. None: it is, or it is not a reply."""
    state, error = message.meta.state, message.meta.error
    if state in {None, ReplyState.COMPLETE}:
        return None
    word = "still arriving" if state is ReplyState.STREAMING else state
    return f"{word}: {' '.join(error.split())}" if error else str(word)


def _closed(text: str) -> str:
    """Return Markdown with a code fence that was cut off closed, so that it does not swallow what follows."""
    fence = ""
    for line in text.splitlines():
        found = re.match(r" {0,3}(`{3,}|~{3,})(.*)", line)
        if found is None:
            continue
        marks, rest = found.groups()
        if not fence and not (marks[0] == "`" and "`" in rest):
            fence = marks
        elif fence and marks.startswith(fence) and not rest.strip():
            fence = ""
    text = text.strip("\n")
    return f"{text}\n{fence}" if fence else text


def _encode(message: Message) -> str:
    return json.dumps(_item(message), ensure_ascii=False)


def _item(message: Message) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": message.id,
        "parent": message.parent_id,
        "role": message.role.value,
        "created_at": time_text(message.created_at),
        "parts": [*map(part_to_json, message.parts)],
    }
    if message.meta != NO_META:
        item["meta"] = _known(message.meta)
    return item


def _known(value: Meta | Usage) -> dict[str, Any]:
    """Return the fields that are known, as JSON can hold them."""
    known: dict[str, Any] = {}
    for field in fields(value):
        content = getattr(value, field.name)
        if isinstance(content, Usage):
            known[field.name] = _known(content)
        elif isinstance(content, Decimal):
            known[field.name] = str(content)
        elif content is not None and not (isinstance(content, float) and not isfinite(content)):
            known[field.name] = content
    return known


def _parse(text: str) -> Any:
    """Read JSON, with or without a byte order mark before it."""

    def refuse(constant: str) -> NoReturn:
        raise TranscriptError(f"The file is not JSON: {constant} is not a number in it.")

    try:
        return json.loads(text.removeprefix("\ufeff"), parse_constant=refuse)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise TranscriptError(f"The file is not JSON: {error.msg} at {where}.") from error
    except RecursionError:
        raise TranscriptError("The file is not a chat: its values are nested too deeply.") from None
    except ValueError as error:  # more digits than Python reads
        raise TranscriptError("The file is not a chat: a number in it is too long.") from error


def _from_document(document: dict[str, Any]) -> Conversation:
    if document.get("format") != FORMAT:
        fail("format", f'must be "{FORMAT}"', document.get("format"))
    version = document.get("version")
    if type(version) is int and version > VERSION:
        fail("version", f"{version} is from a newer chatrepl; this one reads {VERSION}")
    if type(version) is not int or version != VERSION:
        fail("version", f"must be {VERSION}", version)
    check_keys(
        "", document, ("format", "version", "id", "messages"), ("title", "system", "tip", *KEPT, *VIEWS)
    )
    chat = check_identifier("id", document["id"])
    title = check_text("title", document.get("title", ""))
    system = optional(check_text, "system", document.get("system"))
    if not isinstance(document["messages"], list):
        fail("messages", "must be a list", document["messages"])
    conversation = Conversation(ChatId(chat), system=system, title=title)
    for message in _read_messages(document["messages"]):
        conversation.append(message)
    tip = optional(check_identifier, "tip", document.get("tip", conversation.tip))
    end = None if tip is None else MessageId(tip)
    if end is not None and end not in conversation:
        fail("tip", "must be the id of a message in the file", tip)
    conversation.move_tip(end)
    read_views(document, conversation)
    return conversation


def _read_messages(items: Sequence[Any]) -> Iterator[Message]:
    seen: set[str] = set()
    for number, item in enumerate(items, start=1):
        message = _read_message(f"message {number}", item)
        if message.id in seen:
            fail(f"message {number}, id", f"{show(message.id)} is the id of an earlier message too")
        if message.parent_id is not None and message.parent_id not in seen:
            fail(f"message {number}, parent", "must be the id of an earlier message", message.parent_id)
        seen.add(message.id)
        yield message


def _read_message(place: str, item: Any) -> Message:
    check_keys(place, item, ("id", "parent", "role", "created_at", "parts"), ("meta",))
    parent = optional(check_identifier, f"{place}, parent", item["parent"])
    return Message(
        MessageId(check_identifier(f"{place}, id", item["id"])),
        None if parent is None else MessageId(parent),
        Role(check_choice(f"{place}, role", item["role"], [role.value for role in Role])),
        read_parts(f"{place}, parts", item["parts"]),
        check_time(f"{place}, created_at", item["created_at"]),
        _read_meta(f"{place}, meta", item["meta"]) if "meta" in item else NO_META,
    )


def _read_meta(place: str, item: Any) -> Meta:
    check_keys(place, item, (), [field.name for field in fields(Meta)])
    values = {key: value for key, value in item.items() if value is not None}
    for key, value in values.items():
        here = f"{place}, {key}"
        if key == "state":
            values[key] = ReplyState(check_choice(here, value, [state.value for state in ReplyState]))
        elif key == "usage":
            values[key] = _read_usage(here, value)
        elif key == "cost_usd":
            values[key] = check_amount(here, value)
        elif key in {"first_token_s", "duration_s"}:
            values[key] = check_seconds(here, value)
        else:
            values[key] = check_text(here, value)
    return Meta(**values)


def _read_usage(place: str, item: Any) -> Usage:
    counts = ("prompt_tokens", "completion_tokens", "total_tokens")
    check_keys(place, item, counts, [field.name for field in fields(Usage) if field.name not in counts])
    values = {key: value for key, value in item.items() if value is not None or key in counts}
    for key, value in values.items():
        here = f"{place}, {key}"
        if key == "reported_cost_usd":
            values[key] = check_amount(here, value)
        elif key == "is_estimated":
            if not isinstance(value, bool):
                fail(here, "must be true or false", value)
        elif type(value) is not int or not 0 <= value <= _LARGEST_COUNT:
            fail(here, "must be a whole number from 0", value)
    return Usage(**values)


def _read_openai(place: str, item: Any) -> tuple[Role, tuple[WordsPart, ...]]:
    if not isinstance(item, dict):
        fail(place, "must be an object", item)
    if "role" not in item:
        fail(f"{place}, role", "is missing")
    roles = ["system", "developer", "user", "assistant", "tool"]
    role = check_choice(f"{place}, role", item["role"], roles)
    for key in ("tool_calls", "function_call", "audio"):
        if item.get(key):
            fail(f"{place}, {key}", "cannot be kept: chatrepl reads text only")
    refusal = optional(check_text, f"{place}, refusal", item.get("refusal")) or ""
    reasoning = optional(check_text, f"{place}, reasoning_content", item.get("reasoning_content")) or ""
    content = item.get("content")
    if content is None and not (refusal or reasoning):
        fail(f"{place}, content", "must be text or a list of text parts", content)
    text, refused = _read_content(f"{place}, content", content)
    parts = text_parts(text, reasoning=reasoning, refusal=refused + refusal)
    return Role("system" if role == "developer" else role), parts


def _read_content(place: str, content: Any) -> tuple[str, str]:
    """Return the text and the refusal that a message's content holds."""
    if content is None or isinstance(content, str):
        return check_text(place, content or ""), ""
    if not isinstance(content, list):
        fail(place, "must be text or a list of text parts", content)
    words: dict[str, list[str]] = {"text": [], "refusal": []}
    for number, part in enumerate(content, start=1):
        here = f"{place}, part {number}"
        if not isinstance(part, dict):
            fail(here, "must be an object", part)
        kind = check_choice(f"{here}, type", part.get("type"), list(words))
        words[kind].append(check_text(f"{here}, {kind}", part.get(kind)))
    return "".join(words["text"]), "".join(words["refusal"])
