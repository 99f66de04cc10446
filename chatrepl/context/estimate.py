"""Estimates how many tokens a text takes, from its characters alone. Linear and pure.

Source: weights fitted on o200k_base over prose and code in eleven languages (2026): bias at most 5 %, 19 of 20 texts
within 9 %. The scripts under "other letters" and the symbols were fitted on single paragraphs, so expect 20 % there.
"""

from __future__ import annotations

import re
from functools import cache

_WORDS = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff\u0300-\u036f]+")
_LONG_WORDS = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff\u0300-\u036f]{7,}")
_FREE_LETTERS = 6

_RUNS = (
    (re.compile("[0-9]{1,3}"), 1.24),
    (re.compile(r"[!-/:-@\[-`{-~]+"), 0.97),
    (re.compile(r"[\r\n]+"), 0.9),
    (re.compile(r"[ \t]{2,}|\t"), 1.0),
    (re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"), 1.0),
)
"""What a run of such characters takes, whatever its length."""

_EACH = (
    ("\u00c0-\u024f\u1e00-\u1eff\u0300-\u036f", 0.2),  # on top of the word they stand in
    ("\u0400-\u052f", 0.25),
    ("\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefe", 0.35),
    ("\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff", 0.79),
    ("\u3040-\u30ff\uff66-\uff9f", 0.73),
    ("\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff", 0.69),
    ("\u0250-\u02ff\u0370-\u03ff\u0530-\u05ff\u0700-\u074f\u0780-\u10ff\u1200-\u1dff", 0.34),  # other letters
    ("\x80-\xbf\u1f00-\u303f\u3190-\u33ff\ua000-\uabff\ud800-\uf8ff\ufe00-\ufe6f", 1.3),  # symbols
    ("\uff00-\uff65\uffa0-\uffff\U00010000-\U0001ffff\U00040000-\U0010ffff", 1.5),  # emoji and what is rare
)


@cache  # compiled when first needed: that takes 4 ms, which a start should not
def _each_patterns() -> tuple[tuple[re.Pattern[str], float], ...]:
    return tuple((re.compile(f"[{characters}]+"), weight) for characters, weight in _EACH)


_PIECE_CHARS = 1_000_000


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a text takes; 0 only for the empty text."""
    if not text:
        return 0
    pieces = (text[start : start + _PIECE_CHARS] for start in range(0, len(text), _PIECE_CHARS))
    return max(1, round(sum(map(_estimate, pieces))))


def quick_tokens(text: str) -> float:
    """Return very roughly how many tokens a piece of a reply takes: a quarter of its bytes, for a running count."""
    return (len(text) if text.isascii() else len(text.encode("utf-8", "replace"))) / 4


def _estimate(text: str) -> float:
    long_words = _LONG_WORDS.findall(text)
    tokens = 0.84 * len(_WORDS.findall(text))
    tokens += 0.3 * (sum(map(len, long_words)) - _FREE_LETTERS * len(long_words))
    for pattern, weight in _RUNS:
        tokens += weight * len(pattern.findall(text))
    if not text.isascii():
        for pattern, weight in _each_patterns():
            tokens += weight * sum(map(len, pattern.findall(text)))
    return tokens
