"""A calendar of days, each shaded by how much was said on it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from chatrepl.ports import Day

SHADES = ("·", "░", "▒", "▓", "█")
ASCII_SHADES = (".", "-", "+", "*", "#")
_NAMES = ("Mon", "   ", "Wed", "   ", "Fri", "   ", "Sun")


def heat_map(days: Sequence[Day], today: date, *, weeks: int, is_unicode: bool) -> list[str]:
    """Draw the last weeks: a row for each day of the week, a column for each week, months above, a legend below."""
    counts = {day.day: day.message_count for day in days}
    monday = today - timedelta(days=today.weekday())
    mondays = [monday - timedelta(weeks=back) for back in reversed(range(weeks))]
    shown = [counts[day] for day in counts if mondays[0] <= day <= today]
    most = max(shown, default=0)
    shades = SHADES if is_unicode else ASCII_SHADES
    rows = ["    " + _months(mondays)]
    for weekday, name in enumerate(_NAMES):
        cells = []
        for first in mondays:
            day = first + timedelta(days=weekday)
            cells.append("  " if day > today else shades[_shade(counts.get(day, 0), most)] + " ")
        rows.append(f"{name} {''.join(cells)}".rstrip())
    said = f"{' '.join(shades)}  none to {most} messages a day" if most else "nothing in this time"
    rows.append(f"    {said}")
    return rows


def _shade(count: int, most: int) -> int:
    """Return which shade a count has: none, and four steps whose limits grow by the square, so that quiet days differ."""
    if not count:
        return 0
    share = count / most
    return 1 + (share > 1 / 16) + (share > 1 / 4) + (share > 9 / 16)


def _months(mondays: Sequence[date]) -> str:
    line = ""
    for index, first in enumerate(mondays):
        is_new = first.day <= 7
        if is_new and len(line) <= 2 * index:
            line = line.ljust(2 * index) + f"{first:%b} "
    return line.rstrip()
