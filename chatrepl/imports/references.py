"""What stands in a text for what a text cannot hold: images, files, the calls of tools. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

from chatrepl.imports.fields import as_object, as_text, clean

_MOST_CHARS = 300
_TICKS = re.compile("`{3,}")
_DATA = re.compile(r"data:([^;,]*)[^,]*,", re.IGNORECASE)


def reference(kind: str, *facts: Any) -> str:
    """Return a mark such as ``[image: map.png, 1024x768]``; facts that are empty or no text are left out."""
    words = (" ".join(clean(fact[:_MOST_CHARS]).split()) for fact in facts if isinstance(fact, str))
    said = ", ".join(word for word in words if word)
    return f"[{kind}: {said}]" if said else f"[{kind}]"


def size(count: Any) -> str:
    """Return a number of bytes in kB. Empty: it is no number."""
    if isinstance(count, bool) or not isinstance(count, (int, float)) or not 0 < count < 10**15:
        return ""
    return f"{max(1, round(count / 1000))} kB"


def dimensions(item: dict[str, Any]) -> str:
    """Return the width and height that an object tells. Empty: it tells none."""
    sides = [
        f"{side:.0f}"
        for side in (item.get("width"), item.get("height"))
        if isinstance(side, (int, float)) and 0 < side < 10**6
    ]
    return "x".join(sides) if len(sides) == 2 else ""


def address(kind: str, url: Any) -> str:
    """Return a mark for what an address leads to; data inside it is told by its type and size only."""
    text = as_text(url)
    data = _DATA.match(text[:_MOST_CHARS])
    if data is None:
        return reference(kind, text)
    return reference(kind, data[1], size((len(text) - data.end()) * 3 // 4))


def fence(text: str, language: str = "") -> str:
    """Return a text as a block of code that nothing inside it can close."""
    ticks = "`" * max((len(run) + 1 for run in _TICKS.findall(text)), default=3)
    return f"{ticks}{language}\n{text.rstrip(chr(10))}\n{ticks}"


def tool_call(name: Any, arguments: Any) -> str:
    """Return a mark for a call of a tool, with all that it was given."""
    mark = reference("tool call", name)
    if isinstance(arguments, str):
        return f"{mark}\n{fence(clean(arguments), 'json')}" if arguments.strip() else mark
    if not arguments:
        return mark
    return f"{mark}\n{fence(clean(json.dumps(arguments, ensure_ascii=False, indent=1)), 'json')}"


def tool_result(name: Any, output: Any) -> str:
    """Return a mark for what came of a call, with all of it."""
    mark = reference("tool result", name)
    text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False, indent=1)
    return f"{mark}\n{fence(clean(text))}" if output and text.strip() else mark


def openai_tool_calls(calls: list[Any]) -> list[str]:
    """Return marks for the ``tool_calls`` of a message."""
    functions = (
        as_object(call.get("function") or call.get("custom")) for call in calls if isinstance(call, dict)
    )
    return [
        tool_call(function.get("name"), function.get("arguments", function.get("input")))
        for function in functions
    ]
