"""Sessions of aichat, which are YAML. Pure.

Only what such a file can hold is read: mappings, lists and texts. An alias, which could make a small file enormous, is
refused, and so is what is nested deeper than a session is.

Source: aichat ``src/config/session.rs`` and ``src/client/message.rs`` (February 2026).
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from chatrepl.errors import TranscriptError
from chatrepl.imports.base import Found
from chatrepl.imports.build import Head, build
from chatrepl.imports.fields import as_list, as_object, as_text, clean, clean_title, digest, stem
from chatrepl.imports.linear import chain, read_messages, take_system
from chatrepl.imports.report import Report

HEAD_CHARS = 4096
"""How much of a file ``may_be_session`` wants to see."""
_DEEPEST = 40
_BEGINNING = re.compile(r"(?:\s*(?:#[^\n]*|---[^\n]*)\n)*[a-z_]+:(?:\s|\Z)")


def may_be_session(head: str) -> bool:
    """Whether a file that begins with this can be a session."""
    return _BEGINNING.match(head) is not None


def read_session(text: str, name: str, now: datetime) -> Found | None:
    """Read a session. None: it has no messages.

    Raises:
        TranscriptError: where it is none.
    """
    session = as_object(_load(text))
    kept = [session.get(key) for key in ("compressed_messages", "messages")]
    if not any(isinstance(messages, list) for messages in kept):
        raise TranscriptError("The file is YAML, but not a session of aichat: it has no list of messages.")
    report = Report()
    messages = read_messages([item for each in kept for item in as_list(each)], now, report)
    if not messages:
        return None
    chat = digest("aichat", stem(name), messages[0].text)
    system, spoken = take_system(messages)
    model = clean(as_text(session.get("model"))) or None
    spoken = [each._replace(model=model) for each in spoken]
    head = Head("conversation 1", chat, clean_title(stem(name)), system)
    return build(head, chain(chat, spoken), now, report)


def _load(text: str) -> Any:
    """Return the mappings, lists and texts of a YAML document.

    Raises:
        TranscriptError: where it is broken, or more than these.
    """
    try:
        import yaml  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        raise TranscriptError("A session of aichat cannot be read without the package PyYAML.") from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _assemble(yaml, yaml.parse(text, Loader=loader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark is not None else ""
        said = getattr(error, "problem", None) or getattr(error, "reason", None) or "broken"
        raise TranscriptError(f"The file is not YAML: {said}{where}.") from None


def _assemble(yaml: Any, events: Any) -> Any:
    root: list[Any] = []
    open_values: list[tuple[Any, list[Any]]] = [
        (root, [])
    ]  # what is open, and the key that waits for its value
    for event in events:
        match event:
            case yaml.AliasEvent():
                line = event.start_mark.line + 1
                raise TranscriptError(
                    f"The file is not a session of aichat: line {line} repeats a part by alias."
                )
            case yaml.ScalarEvent():
                made: Any = None if event.implicit[0] and event.value in {"", "~", "null"} else event.value
                _put(open_values[-1], made)
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                if len(open_values) > _DEEPEST:
                    raise TranscriptError("The file is not a session of aichat: it is nested too deeply.")
                made = [] if isinstance(event, yaml.SequenceStartEvent) else {}
                opened = (made, list[Any]())
                open_values.append(opened)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                made, _ = open_values.pop()
                _put(open_values[-1], made)
            case yaml.DocumentEndEvent():
                break  # a session is one document
    return root[0] if root else None


def _put(place: tuple[Any, list[Any]], value: Any) -> None:
    container, keys = place
    if isinstance(container, list):
        container.append(value)
    elif keys:
        container[keys.pop()] = value
    else:
        keys.append(value if isinstance(value, str) else "")
