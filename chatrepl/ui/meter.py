"""Draws a whole and its parts as a bar with a legend: each part has a sign and a colour of its own. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chatrepl.commands.base import Meter, MeterPart
from chatrepl.ui.markdown import BlockRenderer
from chatrepl.ui.statusbar import short_count

MOST_CELLS = 76
FREE = "free"

SIGNS: Mapping[str, tuple[str, str, str]] = {
    "system": ("█", "S", "cyan"),
    "summary": ("▓", "U", "magenta"),
    "pinned": ("▞", "P", "yellow"),
    "history": ("▒", "#", "blue"),
    "draft": ("▚", "D", "green"),
    "reply": ("░", "R", "none"),
    "margin": ("╌", "-", "dim"),
    FREE: ("·", ".", "dim"),
}
"""Of every part: its sign, its sign where there are letters only, and its style."""


def cells_of(parts: Sequence[MeterPart], cells: int) -> list[int]:
    """Divide cells among parts in proportion to their sizes; a part that is not nothing has one at least.

    There may be more of them than ``cells`` only where there are more parts than cells.
    """
    whole = sum(part.size for part in parts)
    if not whole:
        return [0 for _ in parts]
    given = [max(1, round(part.size * cells / whole)) if part.size else 0 for part in parts]
    while (over := sum(given) - cells) > 0 and max(given) > 1:
        given[given.index(max(given))] -= min(over, max(given) - 1)
    if sum(given) < cells:
        given[given.index(max(given))] += cells - sum(given)
    return given


def bar_lines(meter: Meter, columns: int, *, is_unicode: bool) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the bar as styles and texts, and the words of the legend."""
    given = cells_of(meter.parts, max(10, min(MOST_CELLS, columns - 2)))
    bar: list[tuple[str, str]] = []
    legend: list[str] = []
    for part, cells in zip(meter.parts, given, strict=True):
        drawn, letter, style = SIGNS.get(part.name, ("▒", "#", "none"))
        sign = drawn if is_unicode else letter
        bar.append((style, sign * cells))
        legend.append(f"{sign} {part.name} {short_count(part.size)}")
    return bar, legend


def meter_lines(meter: Meter, renderer: BlockRenderer) -> list[str]:
    """Draw it for a terminal."""
    from rich.text import Text

    bar, legend = bar_lines(meter, renderer.columns, is_unicode=renderer.look.is_unicode)
    line = Text()
    for style, cells in bar:
        line.append(cells, style)
    return [
        *renderer.render_any(Text(meter.title, style="bold")),
        *renderer.render_any(line),
        *renderer.render_any(Text("  ".join(legend))),
    ]
