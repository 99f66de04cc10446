"""Changes single values in the text of a configuration file; everything else stays as the user wrote it. Pure."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Mapping
from typing import Any

from chatrepl.errors import ConfigError
from chatrepl.toml_lines import find_lines

NEW_FILE = """\
# Written by `chatrepl setup`, which can be run again. docs/config.md and config.example.toml have every setting.
# Keys never stand in here: `chatrepl config key set` keeps one.
"""


def with_values(text: str, values: Mapping[str, str | None]) -> str:
    """Return the text with values in it.

    Args:
        text: The file. It is valid TOML.
        values: By dotted name. None: a line that sets it becomes a comment.

    Raises:
        ConfigError: the file is written so that this cannot be done safely; what has to be changed is said.
    """
    for name, value in values.items():
        text = _with_value(text, tuple(name.split(".")), value)
    return text


def _with_value(text: str, path: tuple[str, ...], value: str | None) -> str:
    before = tomllib.loads(text)
    if value is None and not _has(before, path):
        return text
    lines = text.splitlines()
    places = find_lines(text, before)
    said = f"{path[-1]} = {json.dumps(value, ensure_ascii=False)}"
    at = places.get(path)
    if at is not None:
        lines[at - 1] = said if value is not None else f"# {lines[at - 1]}"
    elif len(path) == 1:
        tables = [line for name, line in places.items() if lines[line - 1].lstrip().startswith("[")]
        end = min(tables, default=len(lines) + 1) - 1
        while end and end < len(lines) and not lines[end - 1].strip():
            end -= 1  # above the blank lines before the first table
        lines.insert(end, said)
    elif path[:-1] in places:
        lines.insert(places[path[:-1]], said)
    else:
        lines += ["", f"[{'.'.join(map(_key, path[:-1]))}]", said]
    after = "\n".join(lines) + "\n"
    if _read(after) != _expected(before, path, value):
        change = f"put {said} there" if value is not None else f"take {'.'.join(path)} out"
        raise ConfigError(
            f"The configuration file is written in a way that is not changed safely: {'.'.join(path)}.",
            hint=f"Open it with `chatrepl config edit` and {change}.",
        )
    return after


def _key(name: str) -> str:
    is_bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if is_bare else json.dumps(name, ensure_ascii=False)


def _has(document: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    found: Any = document
    for name in path:
        if not isinstance(found, Mapping) or name not in found:
            return False
        found = found[name]
    return True


def _read(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except ValueError:
        return None


def _expected(document: dict[str, Any], path: tuple[str, ...], value: str | None) -> dict[str, Any]:
    """Return what the file must say afterwards."""
    changed = copy.deepcopy(document)
    inner = changed
    for name in path[:-1]:
        inner = inner.setdefault(name, {})
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return changed
