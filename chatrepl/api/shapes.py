"""Reads JSON of which nothing is certain: what is not of the wanted kind counts as empty. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_decode = json.JSONDecoder().decode


_read = json.JSONDecoder().raw_decode


def parse_object(text: str) -> Any:
    """Read JSON that begins with a brace and ends where it ends; quick. None where it is none."""
    try:
        value, end = _read(text)
    except (ValueError, RecursionError):
        return None
    return value if end == len(text) else None


def parse_json(text: str) -> Any:
    """Read JSON. None where it is none."""
    try:
        return _decode(text)
    except (ValueError, RecursionError):
        return None


def as_text(value: Any) -> str:
    """Return text; empty where it is something else."""
    return value if isinstance(value, str) else ""


def as_list(value: Any) -> list[Any]:
    """Return a list; empty where it is something else."""
    return value if isinstance(value, list) else []


def as_mapping(value: Any) -> Mapping[str, Any]:
    """Return an object; empty where it is something else."""
    return value if isinstance(value, Mapping) else {}
