"""Finds names by some of their letters, in the order typed, the likeliest first. Pure.

A hundred thousand names are searched in stages, the likeliest first, and a stage is left out where those before it found
enough. Each stage looks at blocks of names as one text, so that the work per name is done by ``str.find`` or one regular
expression; only what was found is ranked letter by letter. Other threads run between two blocks.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

BLOCK_NAMES = 1024
"""So many names are searched at once: about a millisecond."""
LIMIT_RANKED = 100
"""So many names of a stage are ranked letter by letter; of more, the shortest."""
LIMIT_STAGE = 2000
"""A stage that has found so many is good enough: what was typed says too little to tell them apart."""

NARROW_SHARE = 8
"""What fitted is kept for the next letter where it is at most one in so many names."""
ENOUGH = 10
"""Where the likelier stages have found so many, the others are left out."""

_BOUNDARY = frozenset("/_-. ")
_AT_WORD, _AT_NAME, _NEXT, _IN_NAME, _GAP, _LENGTH = 8, 10, 7, 4, 2, 24
"""What a letter is worth at the beginning of a word, of the last part, after the letter before, in the last part; what a gap
and a long name cost (one point for so many letters)."""


class Match(NamedTuple):
    """A name that fits what was typed."""

    name: str
    places: tuple[int, ...]
    """Which letters of it were typed."""
    score: int


def match(typed: str, name: str) -> Match | None:
    """Return how well a name fits what was typed. None: it does not hold its letters in this order.

    Letter case counts for nothing. The letters are sought in the last part of the name first, as whole words there, and
    from the end, so that they stand closely together.
    """
    wanted, lowered = typed.casefold(), name.lower()
    if len(lowered) != len(name):  # a letter whose small form is longer
        lowered = "".join(small if len(small := sign.lower()) == 1 else sign for sign in name)
    if not wanted:
        return Match(name, (), -len(name) // _LENGTH)
    base = lowered.rstrip("/").rfind("/") + 1
    for start in (base, 0) if base else (0,):
        ways = {find(wanted, lowered, name, start) for find in (_run, _backwards, _words)} - {None}
        fits = [(_score(places, name, base), places) for places in ways if places is not None]
        if fits:
            score, places = max(fits)
            return Match(name, places, score - len(name) // _LENGTH)
    return None


def _begins_word(name: str, at: int) -> bool:
    """Whether a word begins at a place: after a sign, or with a capital after a small letter."""
    return at == 0 or name[at - 1] in _BOUNDARY or (name[at].isupper() and name[at - 1].islower())


def _run(wanted: str, lowered: str, name: str, start: int) -> tuple[int, ...] | None:
    """Find all letters side by side, at the beginning of a word where they stand there."""
    at = first = lowered.find(wanted, start)
    while at > start and not _begins_word(name, at):
        at = lowered.find(wanted, at + 1)
    at = at if at >= 0 else first
    return tuple(range(at, at + len(wanted))) if at >= 0 else None


def _backwards(wanted: str, lowered: str, _name: str, start: int) -> tuple[int, ...] | None:
    """Find each letter as late as it can stand, then move them together from the first on."""
    end = len(lowered)
    for sign in reversed(wanted):
        end = lowered.rfind(sign, start, end)
        if end < 0:
            return None
    places, at = [], end
    for sign in wanted:
        at = lowered.find(sign, at)
        places.append(at)
        at += 1
    return tuple(places)


def _words(wanted: str, lowered: str, name: str, start: int) -> tuple[int, ...] | None:
    """Find each letter at the beginning of the next word that begins so, or right after the letter before."""
    places: list[int] = []
    at = start
    for sign in wanted:
        if places and at < len(name) and lowered[at] == sign:
            found = at
        else:
            found, probe = -1, at - 1
            while found < 0 and (probe := lowered.find(sign, probe + 1)) >= 0:
                if _begins_word(name, probe):
                    found = probe
            if found < 0:
                found = lowered.find(sign, at)
            if found < 0:
                return None
        places.append(found)
        at = found + 1
    return tuple(places)


def _score(places: Sequence[int], name: str, base: int) -> int:
    total, before = 0, -2
    for place in places:
        total += 1
        if place == base:
            total += _AT_NAME
        elif (
            place == 0
            or name[place - 1] in _BOUNDARY
            or (name[place].isupper() and name[place - 1].islower())
        ):
            total += _AT_WORD
        if place == before + 1:
            total += _NEXT
        elif before >= 0:
            total -= min(_GAP * 2, _GAP + (place - before) // 8)
        if place >= base:
            total += _IN_NAME
        before = place
    rest = len(name.rstrip("/")) - base - len(places)
    return total - min(6, rest // 8) if places and places[0] >= base else total


class _Block(NamedTuple):
    names: tuple[str, ...]
    whole: str
    """All of them in small letters, each with a line end before it."""
    wholes_at: tuple[int, ...]
    last: str
    """The last parts of all of them."""
    lasts_at: tuple[int, ...]


class Names:
    """Names to be searched. Some may be added while others are searched."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._blocks: list[_Block] = []
        self._waiting: list[str] = []
        self._narrowed: tuple[str, int, list[_Block]] | None = None
        """What was typed, how many names there were, and all of them that fitted it."""
        self.ranked_count = 0
        """How many names the last search has ranked letter by letter."""
        self.add(names)

    def __len__(self) -> int:
        return sum(len(block.names) for block in self._blocks) + len(self._waiting)

    def add(self, names: Iterable[str]) -> None:
        """Add names; those with line ends are left out."""
        self._waiting += (name for name in names if "\n" not in name)
        while len(self._waiting) >= BLOCK_NAMES:
            self._blocks.append(_block(self._waiting[:BLOCK_NAMES]))
            del self._waiting[:BLOCK_NAMES]

    def search(self, typed: str, limit: int, is_over: Callable[[], bool] = lambda: False) -> list[Match]:
        """Return the names that fit best, best first.

        Args:
            typed: Some letters of a name, in their order. Empty: the shortest names.
            limit: How many names.
            is_over: Asked between two blocks; True ends the search with what was found.
        """
        wanted = typed.casefold()
        blocks = self._blocks_for(wanted)
        ranked: dict[str, Match] = {}
        stages = _stages(wanted) if wanted else [_every]
        for stage in stages:
            found: list[str] = []
            for block in blocks:
                if is_over() or len(found) >= LIMIT_STAGE:
                    break
                found += stage(block)
            else:
                if stage is stages[-1] and len(found) < len(self) // NARROW_SHARE:
                    self._narrowed = wanted, len(self), [_block(found)]
            found.sort(key=len)
            for name in found[:LIMIT_RANKED]:
                if name not in ranked and (fit := match(typed, name)) is not None:
                    ranked[name] = fit
            if len(ranked) >= min(limit, ENOUGH) or is_over():
                break
        self.ranked_count = len(ranked)
        best = sorted(ranked.values(), key=lambda fit: (-fit.score, len(fit.name), fit.name))
        return best[:limit]

    def _blocks_for(self, wanted: str) -> list[_Block]:
        """Return what is searched: where letters were typed on, what fitted those before."""
        if self._narrowed is not None:
            before, count, blocks = self._narrowed
            if wanted.startswith(before) and count == len(self):
                return blocks
        return [*self._blocks, *([_block(self._waiting)] if self._waiting else [])]


def _block(names: Sequence[str]) -> _Block:
    wholes = [f"\n{name.lower()}" for name in names]
    lasts = [f"\n{name[name.rfind('/', 0, -1) + 1 :].lower()}" for name in names]
    return _Block(tuple(names), "".join(wholes), _starts(wholes), "".join(lasts), _starts(lasts))


def _starts(texts: Sequence[str]) -> tuple[int, ...]:
    starts, at = [], 0
    for text in texts:
        starts.append(at)
        at += len(text)
    return tuple(starts)


Stage = Callable[[_Block], Iterator[str]]


def _stages(wanted: str) -> list[Stage]:
    """Return the ways to find letters, those first whose names are the likeliest."""
    # possessive: what was passed over is not tried again
    scattered = re.compile("\n" + "".join(f"[^\n{re.escape(sign)}]*+{re.escape(sign)}" for sign in wanted))

    def begun(block: _Block) -> Iterator[str]:
        return _found(block, block.last, block.lasts_at, f"\n{wanted}")

    def begun_whole(block: _Block) -> Iterator[str]:
        return _found(block, block.whole, block.wholes_at, f"\n{wanted}")

    def inside(block: _Block) -> Iterator[str]:
        return _found(block, block.last, block.lasts_at, wanted)

    def inside_whole(block: _Block) -> Iterator[str]:
        return _found(block, block.whole, block.wholes_at, wanted)

    def in_last(block: _Block) -> Iterator[str]:
        return _scattered(block, block.last, block.lasts_at, scattered)

    def in_whole(block: _Block) -> Iterator[str]:
        return _scattered(block, block.whole, block.wholes_at, scattered)

    if "/" in wanted.rstrip("/"):
        return [begun_whole, inside_whole, in_whole]
    return [begun, begun_whole, inside, in_last, in_whole]


def _every(block: _Block) -> Iterator[str]:
    return iter(block.names)


def _found(block: _Block, text: str, starts: Sequence[int], sought: str) -> Iterator[str]:
    at = text.find(sought)
    while at >= 0:
        number = bisect_right(starts, at) - 1
        yield block.names[number]
        end = starts[number + 1] if number + 1 < len(starts) else len(text)
        at = text.find(sought, end)


def _scattered(block: _Block, text: str, starts: Sequence[int], pattern: re.Pattern[str]) -> Iterator[str]:
    for found in pattern.finditer(text):
        yield block.names[bisect_right(starts, found.start()) - 1]
