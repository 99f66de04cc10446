"""Keeps keys out of everything that is shown, logged or stored. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

_KEY_SHAPES = r"""
    (?P<bearer> (?i: authorization["']?\s*[:=]\s*["']?bearer\s+ )[^\s"',;]+
              | (?i: \bbearer\s+ )(?= [^\s"',;]*[0-9] | [^\s"',;]{16} )[^\s"',;]{6,} )
    | \b sk [-_] (?= [A-Za-z_-]*[0-9] | (?: [a-z]+ [-_] )? [A-Za-z]{16} ) [A-Za-z0-9_-]{6,}
    | \b (?: gsk | xai | hf | r8 | pplx ) [-_] (?= [A-Za-z_-]*[0-9] ) [A-Za-z0-9_-]{20,}
    | \b (?: pk | rk | key ) [-_] (?: [a-z]+ [-_] )? (?= [A-Za-z]*[0-9] ) [A-Za-z0-9]{16,}
    | \b AIza [A-Za-z0-9_-]{20,}
    """
"""How providers' keys look, for those that are not known to us. They hold digits or a long unbroken run of letters,
which names such as ``key_pressed_event`` or ``sk-learn-contrib`` do not. Source: providers' documents, 2026."""


@cache
def key_shapes() -> re.Pattern[str]:
    """Return the pattern of what looks like a provider's key, or follows ``Bearer``."""
    return re.compile(_KEY_SHAPES, re.VERBOSE)


def mask_key(key: str) -> str:
    """Return a key as it may be shown: its last four characters, and none where it is short."""
    return f"…{key[-4:]}" if len(key) >= 12 else "…"


def mask_keys(text: str, keys: Iterable[str] = ()) -> str:
    """Return text with known keys, and all that looks like one, masked."""
    for key in keys:
        if key:
            text = text.replace(key, mask_key(key))
    return key_shapes().sub(_mask_match, text)


def _mask_match(match: re.Match[str]) -> str:
    if not match["bearer"]:
        return mask_key(match[0])
    return re.sub(r"(?i)(bearer)\s+\S+\Z", r"\1 …", match[0])
