"""Full-text search: by which words a text is found, what a query asks for, and how well a text answers it. Pure.

The index only proposes messages; whether one is a hit, and how good a one, is read from its text here. So an index that
knows too many messages costs time and never a wrong answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from chatrepl.conversation import Verdict
from chatrepl.messages import Role

WORDS_VERSION = 1
"""Changes when ``words_of`` does: then the index is made anew."""
EXCERPT_CHARS = 160

# Scripts that put no spaces between words: Thai, Lao, Myanmar, Khmer, kana, Han.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003ffff"
)
_SPACED = {code: chr(code) if chr(code).isalnum() else " " for code in range(128)}
"""Turns what stands between words into spaces, as the index sees it: signs of ASCII."""
_WORD = re.compile(r"[^\W_]+")
_RUN = re.compile(f"[{_UNSPACED}]+")
_HUMP = re.compile(r"[A-Z](?<=[a-z][A-Z])")  # found three times as quickly as [a-z][A-Z]
_HUMPED = re.compile(r"[A-Za-z0-9]*[a-z][A-Z][A-Za-z0-9]*")
_HUMP_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+")
_MARKS = re.compile("[\u0300-\u036f]")
_TERM = re.compile(
    r'(-(?=["\w])|)(?:(role|model|tag|rated|since|before):(?:"([^"]*)"|(\S+))|"([^"]*)"?|(\S+))',
    re.IGNORECASE,
)


def fold(text: str) -> str:
    """Return a text as it is compared: without letter case and Latin accents, in compatibility forms."""
    if text.isascii():
        return text.lower()
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", bare).casefold()


def indexed(text: str) -> str:
    """Return what the index is told of a text: words between spaces or signs.

    ASCII letters may stay as they are: the index folds them. ``HTTPServer`` is found under its parts too, and a run of a
    script without spaces under each of its characters and pairs of them.
    """
    parts = ""
    if text.lower() != text and _HUMP.search(text):
        parts = " ".join({part for name in _HUMPED.findall(text) for part in _HUMP_PART.findall(name)})
    if text.isascii():
        return f"{text} {parts}" if parts else text
    words = {piece for word in _WORD.findall(fold(text)) for piece in _split_unspaced(word)}
    return " ".join((*words, parts.lower()))


def words_of(text: str) -> set[str]:
    """Return the words under which a text is found: those of ``indexed``, as the index takes them apart."""
    return set(indexed(text).lower().translate(_SPACED).split())


def _split_unspaced(word: str) -> Iterable[str]:
    end = 0
    for run in _RUN.finditer(word):
        if run.start() > end:
            yield word[end : run.start()]
        signs, end = run[0], run.end()
        yield from signs
        yield from (signs[index : index + 2] for index in range(len(signs) - 1))
    if end < len(word):
        yield word[end:]


class Term(NamedTuple):
    """One word or phrase that is asked for."""

    folded: str
    """As it must stand in the folded text."""
    words: tuple[str, ...]
    """The words of the index that such a text is found under. Empty: none, it is made of signs."""
    is_open: bool
    """Whether the last word may go on in the text."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for: every term, none of the excluded ones, and what the filters say."""

    terms: tuple[Term, ...] = ()
    excluded: tuple[str, ...] = ()
    """Folded."""
    role: Role | None = None
    model: str | None = None
    """A part of the model's name, folded."""
    tag: str | None = None
    rated: Verdict | None = None
    since: datetime | None = None
    before: datetime | None = None

    @property
    def has_words(self) -> bool:
        """Whether the text itself is asked about, and not only what is known of it."""
        return bool(self.terms or self.excluded)


class Asked(NamedTuple):
    """A query as it was typed, taken apart; the filters still as text."""

    terms: tuple[Term, ...]
    excluded: tuple[str, ...]
    filters: tuple[tuple[str, str], ...]
    """Such as ``("role", "user")``, in the order in which they were typed."""


def parse(text: str) -> Asked:
    """Take a query apart: words, "phrases", -excluded words, and filters such as ``role:user`` or ``since:7d``."""
    terms: list[Term] = []
    excluded: list[str] = []
    filters: list[tuple[str, str]] = []
    for match in _TERM.finditer(text):
        minus, name, quoted, bare, phrase, word = match.groups()
        if name:
            filters.append((name.lower(), quoted if quoted is not None else bare))
            continue
        folded = fold(phrase if phrase is not None else word).strip()
        if not folded:
            continue
        if minus:
            excluded.append(folded)
        else:
            terms.append(_term(folded, is_open=phrase is None))
    return Asked(tuple(terms), tuple(excluded), tuple(filters))


def _term(folded: str, *, is_open: bool) -> Term:
    words: list[str] = []
    for word in _WORD.findall(folded):
        for run in re.split(f"([{_UNSPACED}]+)", word):
            if _RUN.fullmatch(run) and len(run) > 1:
                words += [run[index : index + 2] for index in range(len(run) - 1)]
            elif run:
                words.append(run)
    ends_in_word = bool(words) and folded.endswith(words[-1]) and not _RUN.search(words[-1])
    return Term(folded, tuple(words), is_open and ends_in_word)


def is_hit(query: Query, folded: str) -> bool:
    """Whether a folded text has what a query asks for, its filters apart."""
    return all(term.folded in folded for term in query.terms) and not any(
        _stands_alone(word, folded) for word in query.excluded
    )


def _stands_alone(word: str, folded: str) -> bool:
    """Whether a text has a word that is not a part of a longer one."""
    start = folded.find(word)
    while start >= 0:
        end = start + len(word)
        if not folded[start - 1 : start].isalnum() and not folded[end : end + 1].isalnum():
            return True
        start = folded.find(word, start + 1)
    return False


def score(query: Query, folded: str, *, title: str = "", age_days: float = 0.0) -> float:
    """Say how well a text that is a hit answers a query; larger is better.

    Many mentions in a short text count most, whole words more than beginnings, the whole query in one piece more than its
    words apart; words in the chat's title and a young age decide between equals.
    """
    found = 0.0
    length = 0.5 + len(folded) / 1000
    for term in query.terms:
        count = folded.count(term.folded)
        weight = 1.0 if not term.is_open or _stands_alone(term.folded, folded) else 0.6
        found += weight * count / (count + length)
        found += 0.3 * (term.folded in title)
    if len(query.terms) > 1 and " ".join(term.folded for term in query.terms) in folded:
        found += 1.0
    return found + 0.2 / (1.0 + max(0.0, age_days) / 90)


class Span(NamedTuple):
    """Where something stands in a text, in characters."""

    start: int
    end: int


def find_spans(terms: Sequence[Term], text: str, limit: int = 200) -> list[Span]:
    """Return where terms stand in a text, in order and apart from each other.

    The text is searched as it is; where folding changes its length, accents may keep a place from being found.
    """
    folded = fold(text)
    if len(folded) != len(text):
        folded = text.lower() if len(text.lower()) == len(text) else text
    spans: list[Span] = []
    for term in terms:
        start = 0
        while len(spans) < limit and (start := folded.find(term.folded, start)) >= 0:
            spans.append(Span(start, start + len(term.folded)))
            start += len(term.folded)
    apart: list[Span] = []
    for span in sorted(spans):
        if not apart or span.start >= apart[-1].end:
            apart.append(span)
    return apart


class Excerpt(NamedTuple):
    """A piece of a text on one line, and where in it the terms stand."""

    text: str
    spans: tuple[Span, ...]


def excerpt(terms: Sequence[Term], text: str, limit_chars: int = EXCERPT_CHARS) -> Excerpt:
    """Cut out the piece of a text where most of the terms stand, as one line."""
    spans = find_spans(terms, text)
    start = _best_start(spans, limit_chars)
    begin = max(0, start - limit_chars // 4)
    if begin:
        space = text.find(" ", begin, begin + 20)
        begin = space + 1 if 0 <= space < start else begin
    piece = " ".join(text[begin : begin + limit_chars * 2].split())
    is_cut = len(piece) > limit_chars or begin + limit_chars * 2 < len(text)
    line = ("…" if begin else "") + piece[:limit_chars].rstrip() + ("…" if is_cut else "")
    return Excerpt(line, tuple(find_spans(terms, line)))


def _best_start(spans: Sequence[Span], limit_chars: int) -> int:
    """Return where the piece begins that holds the most spans; the first of equals."""
    best, most, right = 0, 0, 0
    for left, span in enumerate(spans):
        while right < len(spans) and spans[right].end <= span.start + limit_chars * 3 // 4:
            right += 1
        if right - left > most:
            best, most = span.start, right - left
    return best


def lines_around(terms: Sequence[Term], text: str, count: int) -> list[tuple[str, tuple[Span, ...]]]:
    """Return the lines in which terms stand, so many lines around them, and where the terms stand in each.

    A line of dots stands where lines are left out. Where a phrase goes over the end of a line, the text begins it.
    """
    lines = text.split("\n")
    found = [tuple(find_spans(terms, line)) for line in lines]
    hits = [number for number, spans in enumerate(found) if spans] or [0]
    shown: list[tuple[str, tuple[Span, ...]]] = []
    last = -1
    for hit in hits:
        start = max(last + 1, hit - max(0, count))
        if shown and start > last + 1:
            shown.append(("\u2026", ()))
        end = min(len(lines), hit + max(0, count) + 1)
        shown += [(lines[number], found[number]) for number in range(start, end)]
        last = max(last, end - 1)
    return shown
