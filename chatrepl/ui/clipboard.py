"""Copies through the terminal (OSC 52). Pure: returns what must be written to it."""

from __future__ import annotations

import base64
from collections.abc import Mapping

LIMIT_CHARS = 74_994
"""What many terminals take at most, in base64. Source: the manuals of xterm, hterm and tmux, 2026."""
_SCREEN_CHARS = 600
"""GNU screen takes no longer sequence at once. Source: screen 4.9, ``MAXSTR`` 768."""


def osc52(text: str, variables: Mapping[str, str]) -> str:
    """Return the sequence that puts a text on the clipboard, also over ssh. Terminals that refuse it ignore it.

    Inside of tmux it is written as it is and in the envelope with which tmux hands it on; inside of GNU screen in
    envelopes that are not too long for it.
    """
    plain = f"\x1b]52;c;{encoded(text)}\x07"
    if variables.get("TMUX"):
        inner = plain.replace("\x1b", "\x1b\x1b")
        return f"{plain}\x1bPtmux;{inner}\x1b\\"
    if variables.get("STY"):
        pieces = (plain[start : start + _SCREEN_CHARS] for start in range(0, len(plain), _SCREEN_CHARS))
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return plain


def encoded(text: str) -> str:
    """Return a text as the sequence carries it."""
    return base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
