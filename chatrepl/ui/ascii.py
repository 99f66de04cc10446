"""Says in the letters that a terminal or a file can take what was written in others."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TextIO

from chatrepl.environment import Environment

_SAID: dict[str, str] = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u2039\u203a", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\u2043\u00ad", "-"),
    **dict.fromkeys("\u2014\u2015", "--"),
    **dict.fromkeys("\u2022\u2023\u25e6\u25cf\u25cb\u25aa\u25ab\u00b7\u2219\u22c5", "*"),
    **dict.fromkeys("\u2500\u2501\u2504\u2505\u2508\u2509\u2550", "-"),
    **dict.fromkeys("\u2502\u2503\u2506\u2507\u250a\u250b\u2551", "|"),
    **dict.fromkeys("\u2713\u2714\u2705\u2611", "[x]"),
    **dict.fromkeys("\u2717\u2718\u274c\u2612", "[!]"),
    "\u2610": "[ ]",
    "\u2026": "...",
    "\u2190": "<-",
    "\u2192": "->",
    "\u2194": "<->",
    "\u21d0": "<=",
    "\u21d2": "=>",
    "\u21d4": "<=>",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u2260": "!=",
    "\u2248": "~",
    "\u00d7": "x",
    "\u00f7": "/",
    "\u2215": "/",
    "\u2044": "/",
    "\u00b1": "+/-",
    "\u20ac": "EUR",
    "\u00a3": "GBP",
    "\u00a9": "(c)",
    "\u00ae": "(R)",
    "\u00b0": " deg",
    "\u00b5": "u",
    "\u03bc": "u",
    "\u00df": "ss",
    "\u1e9e": "SS",
    "\u00e6": "ae",
    "\u00c6": "AE",
    "\u0153": "oe",
    "\u0152": "OE",
    "\u00f8": "o",
    "\u00d8": "O",
    "\u0142": "l",
    "\u0141": "L",
    "\u0111": "d",
    "\u0110": "D",
    "\u00f0": "d",
    "\u00d0": "D",
    "\u00fe": "th",
    "\u00de": "Th",
    "\u0131": "i",
    "\u200d": "",
}
_BOX = range(0x250C, 0x256D)
_UNSEEN = frozenset({"Mn", "Me", "Cf"})
"""Categories of characters that only change what stands before them."""


@lru_cache(maxsize=4096)
def _ascii(char: str) -> str:
    said = _SAID.get(char)
    if said is not None:
        return said
    if unicodedata.category(char) in _UNSEEN:
        return ""
    if char.isspace():
        return " "
    if ord(char) in _BOX:
        return "+"
    plain = "".join(_SAID.get(part, part) for part in unicodedata.normalize("NFKD", char))
    letters = "".join(part for part in plain if part.isascii() and part.isprintable())
    return letters or "?"


def readable(text: str, encoding: str) -> str:
    """Return a text that an encoding can hold: what it cannot is said in ASCII, or is a question mark.

    One character never depends on its neighbours, so that a text may come in pieces.
    """
    if text.isascii():
        return text
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(char if _fits(char, encoding) else _ascii(char) for char in text)
    except LookupError:
        return readable(text, "ascii")
    return text


@lru_cache(maxsize=4096)
def _fits(char: str, encoding: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


class Output:
    """A stream that takes any text: what it cannot show is said in other letters."""

    def __init__(self, stream: TextIO, *, is_unicode: bool = True) -> None:
        self._stream = stream
        self.encoding = (stream.encoding or "utf-8") if is_unicode else "ascii"
        self.is_new_line = True
        """Whether what was written ends with its line, or nothing was."""

    def write(self, text: str) -> None:
        """Write at once."""
        if text:
            self.is_new_line = text.endswith("\n")
            self._stream.write(readable(text, self.encoding))
            self._stream.flush()


def output_for(environment: Environment, stream: TextIO) -> Output:
    """Return the output for a stream; a terminal may know fewer letters than the stream that leads to it."""
    is_terminal = (
        environment.stdout_is_terminal if stream is environment.stdout else environment.stderr_is_terminal
    )
    return Output(stream, is_unicode=environment.is_unicode or not is_terminal)
