"""Keeps keys out of everything that is shown, logged or stored. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

_KEY_SHAPES = re.compile(
    r"\b(sk|pk|rk|gsk|xai|key|AIza|hf|r8|pplx)([-_][A-Za-z0-9_-]{6,}|[A-Za-z0-9_-]{20,})|(Bearer )\S+"
)
"""How providers' keys begin, for those that are not known to us. Source: providers' documents, 2026."""


def mask_key(key: str) -> str:
    """Return a key as it may be shown: its last four characters, and none where it is short."""
    return f"…{key[-4:]}" if len(key) >= 12 else "…"


def mask_keys(text: str, keys: Iterable[str] = ()) -> str:
    """Return text with known keys, and all that looks like one, masked."""
    for key in keys:
        if key:
            text = text.replace(key, mask_key(key))
    return _KEY_SHAPES.sub(lambda match: "Bearer …" if match[3] else mask_key(match[0]), text)
