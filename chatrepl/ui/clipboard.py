"""Copies through the terminal. Pure: returns what must be written to it."""

from __future__ import annotations

import base64


def osc52(text: str) -> str:
    """Return the sequence that puts a text on the clipboard, also over ssh. Terminals that refuse it ignore it."""
    return f"\x1b]52;c;{base64.b64encode(text.encode('utf-8', 'replace')).decode('ascii')}\x07"
