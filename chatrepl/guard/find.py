"""Finds all that should not be sent in one text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from chatrepl.guard.assignments import find_assignments
from chatrepl.guard.credentials import find_credentials
from chatrepl.guard.kinds import Finding


def find(
    text: str, *, is_personal: bool = False, allowed: Sequence[re.Pattern[str]] = ()
) -> tuple[Finding, ...]:
    """Return what should not be sent, in the order of the text, without overlaps.

    Args:
        text: Any text.
        is_personal: Whether personal data is looked for too.
        allowed: Values that one of these matches whole are fine.
    """
    found = [*find_credentials(text), *find_assignments(text)]
    if is_personal:
        from chatrepl.guard.personal import find_personal

        found += find_personal(text)
    if allowed:
        found = [each for each in found if not _is_allowed(text[each.start : each.end], allowed)]
    return joined(found)


def joined(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings in order; where some overlap, all of what they cover is one, of the kind of the first in the list."""
    ranked = sorted(enumerate(found), key=lambda each: (each[1].start, each[0]))
    result: list[tuple[int, Finding]] = []
    for rank, finding in ranked:
        before = result[-1] if result else None
        if before is None or finding.start >= before[1].end:
            result.append((rank, finding))
            continue
        best = min(before[0], rank)
        kind = before[1].kind if best == before[0] else finding.kind
        result[-1] = best, Finding(before[1].start, max(before[1].end, finding.end), kind)
    return tuple(finding for _, finding in result)


def _is_allowed(value: str, allowed: Sequence[re.Pattern[str]]) -> bool:
    return any(pattern.fullmatch(value) for pattern in allowed)
