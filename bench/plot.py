"""Draws processor time against the length of a reply, as an SVG for light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 130, 50, 55
LABEL_HEIGHT = 16

Points = Sequence[tuple[float, float]]

STYLE = """
  .page { fill: #ffffff } .grid { stroke: #d8dee4 } .text { fill: #24292f } .soft { fill: #57606a }
  .a { stroke: #0969da; fill: #0969da } .b { stroke: #6e7781; fill: #6e7781 } .c { stroke: #bc4c00; fill: #bc4c00 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } .grid { stroke: #30363d } .text { fill: #e6edf3 } .soft { fill: #9198a1 }
    .a { stroke: #58a6ff; fill: #58a6ff } .b { stroke: #9198a1; fill: #9198a1 } .c { stroke: #f0883e; fill: #f0883e }
  }
  text { font: 13px system-ui, sans-serif; stroke: none } .title { font-size: 15px; font-weight: 600 }
  .line { fill: none; stroke-width: 2 } .label { font-weight: 600 }
"""


class Scale(NamedTuple):
    """A logarithmic axis: from which value to which, and where on the picture."""

    least: float
    most: float
    begin: float
    end: float

    def at(self, value: float) -> float:
        """Return where a value lies."""
        share = math.log(value / self.least) / math.log(self.most / self.least)
        return round(self.begin + share * (self.end - self.begin), 1)

    def decades(self) -> list[float]:
        """Return the powers of ten on the axis."""
        low, high = math.ceil(math.log10(self.least) - 1e-9), math.floor(math.log10(self.most) + 1e-9)
        return [10.0**power for power in range(low, high + 1)]


def plot(series: Mapping[str, Points]) -> str:
    """Return the picture. Each of at most three series is named at its last point.

    Args:
        series: For each name, lengths in tokens with seconds of processor time, rising, all above 0.
    """
    tokens = [x for points in series.values() for x, _ in points]
    seconds = [y for points in series.values() for _, y in points]
    across = Scale(min(tokens) / 1.3, max(tokens) * 1.3, LEFT, WIDTH - RIGHT)
    least, most = math.floor(math.log10(min(seconds))), math.ceil(math.log10(max(seconds)))
    up = Scale(10.0**least, 10.0**most, HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>Processor time of a reply against its length</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{WIDTH}" height="{HEIGHT}" rx="6"/>',
        f'<text class="text title" x="{LEFT}" y="28">Processor time of a reply, in seconds</text>',
        *_grid(across, up),
    ]
    lines = {name: [(across.at(x), up.at(y)) for x, y in points] for name, points in series.items()}
    for points, look in zip(lines.values(), "abc", strict=False):
        parts += _line(points, look)
    return "\n".join([*parts, *_labels({name: points[-1] for name, points in lines.items()}), "</svg>", ""])


def _grid(across: Scale, up: Scale) -> list[str]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = []
    for value in up.decades():
        y = up.at(value)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="soft" x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{value:g}</text>')
    for value in across.decades():
        x = across.at(value)
        parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{TOP}" y2="{bottom}"/>')
        words = f"{value:_.0f}".replace("_", " ")
        parts.append(f'<text class="soft" x="{x}" y="{bottom + 20}" text-anchor="middle">{words}</text>')
    middle = (LEFT + right) / 2
    words = "length of the reply in tokens; both axes are logarithmic"
    parts.append(f'<text class="soft" x="{middle}" y="{HEIGHT - 12}" text-anchor="middle">{words}</text>')
    return parts


def _line(points: Points, look: str) -> list[str]:
    """Draw a series; its shape tells it from others where its colour does not."""
    path = " ".join(f"{x},{y}" for x, y in points)
    parts = [f'<polyline class="line {look}" points="{path}"/>']
    for x, y in points:
        parts.append(
            {
                "a": f'<circle class="a" cx="{x}" cy="{y}" r="4.5"/>',
                "b": f'<rect class="b" x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"/>',
                "c": f'<path class="c" d="M{x} {y - 5:.1f}l5 9h-10z"/>',
            }[look]
        )
    return parts


def _labels(ends: Mapping[str, tuple[float, float]]) -> list[str]:
    """Name each series beside its last point, far enough from the names of others."""
    parts = []
    lowest: dict[float, float] = {}
    for name, (x, y) in sorted(ends.items(), key=lambda item: item[1][1]):
        at = lowest[x] = max(y, lowest.get(x, 0) + LABEL_HEIGHT)
        parts.append(f'<text class="text label" x="{x + 12:.1f}" y="{at + 4:.1f}">{escape(name)}</text>')
    return parts
