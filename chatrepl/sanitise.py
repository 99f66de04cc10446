"""Takes out of untrusted text whatever could drive a terminal or deceive its reader. Pure and incremental.

What comes out holds no control character but newline and tab. The rules, so that a test can hold them:

- An escape sequence that is whole is removed, with its payload (a title, a link, what was meant for the clipboard).
- One that is not whole (no end within 4096 characters, or a line's end or another control inside it) loses only
  what introduces it; the rest is shown as text. So no reply can be hidden behind a sequence that never ends.
- CR LF, CR, and the line and paragraph separators become newlines; every other control character is removed.
- Characters that turn the direction of text, or cannot be seen, are removed. Joiners (ZWJ, ZWNJ), variation selectors
  15 and 16, and the flags that are spelt with tag characters stay: emoji and several scripts need them.
- The two halves of a character outside the basic plane are joined; a half alone becomes U+FFFD.

Source: ECMA-48 5th edition, sections 5 and 8; xterm "Control Sequences" (2024); Unicode 15.1 UAX #9 and UTS #51.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Literal

Kind = Literal[
    "escape sequences", "control characters", "bidi controls", "invisible characters", "broken characters"
]
"""What was removed, in words for a notice. ``broken characters`` were replaced."""

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_INVISIBLE = "\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff"
_CONTROL = "\x00-\x08\x0b-\x1f\x7f-\x9f"
_FLAG_TAG = "[\U000e0030-\U000e0039\U000e0061-\U000e007a]"
_SURROGATES = "\ud800-\udfff"

_SUSPECT = f"[{_CONTROL}{_BIDI}{_INVISIBLE}\u2028\u2029{_SURROGATES}\U0001f3f4]"
_SUSPECT_ASCII = "[\x00-\x08\x0b-\x1f\x7f]"
_SURROGATE = f"[{_SURROGATES}]"
_PAIR_OR_HALF = f"([\ud800-\udbff])([\udc00-\udfff])|[{_SURROGATES}]"

# The payload holds no control character, so that the search for its end never reads a character twice.
_MOST_PAYLOAD = 4096
_PAYLOAD = f"[^{_CONTROL}\n]{{0,{_MOST_PAYLOAD}}}"
_STRING = f"(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f]){_PAYLOAD}"
_CSI = "(?:\x1b\\[|\x9b)[0-?]{0,256}[ -/]{0,16}"
_UNFINISHED = (
    f"(?:{_STRING}\x1b?|{_CSI}|\x1b[ -/]{{0,16}}|\r|[\ud800-\udbff]|\U0001f3f4{_FLAG_TAG}{{0,6}})" + r"\Z"
)
_WHOLE = (
    f"(?P<sequence>{_STRING}(?:\x07|\x9c|\x1b\\\\)|{_CSI}[@-~]|\x1b[ -/]{{1,16}}[0-~])"
    f"|(?P<flag>\U0001f3f4{_FLAG_TAG}{{3,6}}\U000e007f)"
)
_REST = (
    f"(?P<escape>\x1b[0-~]?|[\x90\x98\x9b\x9d-\x9f])|(?P<newline>\r\n?|[\u2028\u2029])|(?P<control>[{_CONTROL}])"
    f"|(?P<bidi>[{_BIDI}])|(?P<invisible>[{_INVISIBLE}])"
)
_FINAL = f"{_WHOLE}|{_REST}"
_MORE_TO_COME = f"{_WHOLE}|(?P<unfinished>{_UNFINISHED})|{_REST}"

_OPEN_STRING = "\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f]"
_STOPS_STRING = f"[{_CONTROL}\n{_SURROGATES}]"

_KINDS: dict[str, Kind] = {
    "sequence": "escape sequences",
    "escape": "escape sequences",
    "control": "control characters",
    "bidi": "bidi controls",
    "invisible": "invisible characters",
}


_compiled = cache(re.compile)  # when first needed: all at once takes 6 ms, which a start should not


class Sanitiser:
    """Cleans one text that arrives in pieces.

    However the text is cut, the pieces that come out join to the same text. What cannot be judged before more is known
    (at most one sequence of 4098 characters) is held until then.
    """

    def __init__(self) -> None:
        self.removed: Counter[Kind] = Counter()
        """How many were removed, by kind. A sequence counts once, whatever it carried."""
        self._held = ""

    def feed(self, text: str) -> str:
        """Take the next piece and return what can be shown of it now."""
        if not self._held:
            return self._clean(text, final=False) if _is_suspect(text) else text
        if (
            len(self._held) + len(text) <= _MOST_PAYLOAD
            and self._held[-1] != "\x1b"
            and _compiled(_OPEN_STRING).match(self._held)
            and not _compiled(_STOPS_STRING).search(text)
        ):  # read again from its start for each piece, a long payload in small pieces would take quadratic time
            self._held += text
            return ""
        return self._clean(text, final=False)

    def flush(self) -> str:
        """Return what was held, after the last piece."""
        return self._clean("", final=True) if self._held else ""

    def _clean(self, text: str, *, final: bool) -> str:
        text, self._held = self._join_halves(self._held + text, final=final), ""
        pieces: list[str] = []
        end = 0
        for match in _compiled(_FINAL if final else _MORE_TO_COME).finditer(text):
            kind = match.lastgroup or ""
            if kind == "flag":
                continue
            pieces.append(text[end : match.start()])
            end = match.end()
            if kind == "unfinished":
                self._held = match[0]
            elif kind == "newline":
                pieces.append("\n")
            else:
                self.removed[_KINDS[kind]] += 1
        pieces.append(text[end:])
        return "".join(pieces)

    def _join_halves(self, text: str, *, final: bool) -> str:
        """Join surrogates that belong together and replace the others; the last may wait for its other half."""
        if not _compiled(_SURROGATE).search(text):
            return text
        waiting = text[-1] if not final and "\ud800" <= text[-1] <= "\udbff" else ""

        def join(match: re.Match[str]) -> str:
            if match[1]:
                return chr(0x10000 + ((ord(match[1]) - 0xD800) << 10) + ord(match[2]) - 0xDC00)
            self.removed["broken characters"] += 1
            return "\ufffd"

        return _compiled(_PAIR_OR_HALF).sub(join, text[: len(text) - len(waiting)]) + waiting


def _is_suspect(text: str) -> bool:
    return _compiled(_SUSPECT_ASCII if text.isascii() else _SUSPECT).search(text) is not None


def sanitise(text: str) -> str:
    """Clean a whole text."""
    if not _is_suspect(text):
        return text
    sanitiser = Sanitiser()
    return sanitiser.feed(text) + sanitiser.flush()


def sanitise_line(text: str) -> str:
    """Clean a text that must stay on one line, such as a title: white space of any kind becomes single spaces."""
    return " ".join(sanitise(text).split())
