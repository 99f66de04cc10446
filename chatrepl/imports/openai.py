"""Lists of messages as OpenAI's API takes them, and as many programs keep them. Pure.

Source: openai-openapi ``openapi.yaml`` 2.3.0 (August 2026), ``ChatCompletionRequestMessage``; shell_gpt
``handlers/chat_handler.py`` and ``role.py`` (July 2026); gptme ``message.py``, ``Message.to_dict`` (August 2026).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chatrepl.imports.base import Found
from chatrepl.imports.build import Head, build
from chatrepl.imports.fields import as_text, clean, clean_title, digest, read_time, stem, to_id
from chatrepl.imports.linear import Spoken, chain, read_messages, take_system
from chatrepl.imports.report import BAD_TIME, Report

_SHELL_GPT_ROLE = re.compile(r"You are [^\n]+\n")


def is_message(value: Any) -> bool:
    """Whether a value is one message, and not a chat."""
    return isinstance(value, dict) and "role" in value and ("content" in value or "tool_calls" in value)


def read_chat(item: dict[str, Any], place: str, now: datetime) -> Found | None:
    """Read an object with ``messages``. None: there are none."""
    report = Report()
    title = clean_title(item.get("title") or item.get("name"))
    times = []
    for keys in (("created_at", "create_time", "created"), ("updated_at", "update_time", "updated")):
        time, is_absurd = read_time(next((item[key] for key in keys if key in item), None), now)
        times.append(time)
        if is_absurd:
            report.add(BAD_TIME)
    if not isinstance(item["messages"], list):
        report.add("What should be its messages is not a list.")
    messages = read_messages(item["messages"] if isinstance(item["messages"], list) else [], now, report)
    system, spoken = take_system(messages)
    if (prompt := clean(as_text(item.get("system")))) and system is None:
        system = prompt
    name = as_text(item.get("id"))
    chat = to_id(name, "openai") if name else _digest_of_all(messages)
    head = Head(place, chat, title, system, None, *times)
    model = clean(as_text(item.get("model"))) or None
    spoken = [each._replace(model=each.model or model) for each in spoken] if model else spoken
    return build(head, chain(chat, spoken), now, report)


def read_array(items: Sequence[Any], name: str, place: str, now: datetime, report: Report) -> Found | None:
    """Read messages that are the whole file, in an array. None: there are none.

    shell_gpt writes such files; it adds to them and forgets the oldest messages after the first, so a chat of it goes
    by the name of its file and its first message. Any other list goes by all that it holds.
    """
    messages = read_messages(items, now, report)
    if not messages:
        return None
    if _SHELL_GPT_ROLE.match(messages[0].text) and all(
        isinstance(item, dict) and item.keys() == {"role", "content"} for item in items
    ):
        chat = digest("shell_gpt", stem(name), messages[0].text)
    else:
        chat = _digest_of_all(messages)
    system, spoken = take_system(messages)
    return build(Head(place, chat, clean_title(stem(name)), system), chain(chat, spoken), now, report)


def read_lines(items: Sequence[Any], place: str, now: datetime, report: Report) -> Found | None:
    """Read messages that are a file line by line, as gptme keeps them. None: there are none.

    gptme only adds to the file, and calls all of them alike: a chat goes by the time and the words of its beginning.
    Its times are those of the machine that wrote them, often without a zone.
    """
    messages = read_messages(items, now, report)
    if not messages:
        return None
    first = messages[0]
    chat = digest("gptme", first.at.isoformat() if first.at else "", first.text)
    system, spoken = take_system(messages)
    return build(Head(place, chat, "", system), chain(chat, spoken), now, report)


def _digest_of_all(messages: Sequence[Spoken]) -> str:
    return digest("openai", *(value for each in messages for value in (each.role, each.text)))
