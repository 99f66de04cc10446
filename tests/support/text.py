"""What stands between the escape sequences of a terminal's bytes, and which sequences those are."""

from __future__ import annotations

import re

ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, modes
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC: titles, links, clipboard
    r"|\x1b[PX^_].*?\x1b\\"  # DCS, SOS, PM, APC
    r"|\x1b[ -/]+[0-~]|\x1b[0-OQ-WYZ\\`-~]",
    re.DOTALL,
)
UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[PX^_](?:[^\x1b]|\x1b(?!\\))*|[ -/]*)?\Z")
"""The beginning of a sequence whose rest has not arrived."""


def without_escapes(data: bytes | str) -> str:
    """Return what a terminal would show of its input, without placing it; an unfinished sequence at the end is left out."""
    text = data if isinstance(data, str) else data.decode("utf-8", "replace")
    return UNFINISHED.sub("", ESCAPES.sub("", text))


def escapes_in(data: bytes | str) -> list[str]:
    """Return the escape sequences in a terminal's input, in their order."""
    text = data if isinstance(data, str) else data.decode("utf-8", "replace")
    return ESCAPES.findall(text)
