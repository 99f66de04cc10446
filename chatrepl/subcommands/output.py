"""How sub-commands write: columns for a person, tabs for a program, JSON on demand. All of it is sanitised."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from typing import Any, Self

from chatrepl.environment import Environment
from chatrepl.redact import mask_keys
from chatrepl.sanitise import sanitise, sanitise_line
from chatrepl.ui.ascii import output_for

FIRST_DRAWN_S = 0.5
DRAWN_EVERY_S = 0.1
BAR_CELLS = 20


class Printer:
    """Writes to standard output."""

    def __init__(self, environment: Environment) -> None:
        self._out = output_for(environment, environment.stdout)
        self._is_terminal = environment.stdout_is_terminal
        self._columns = environment.columns
        self._has_styles = environment.stdout_is_terminal and not environment.is_dumb

    def line(self, text: str = "", *, lead: str = "") -> None:
        """Write a line, after a lead of our own; at a terminal, what is too long goes on below. No key leaves in it."""
        clean = sanitise_line(mask_keys(text))
        room = self._columns - len(lead)
        rows = [clean]
        if self._is_terminal and room >= 20:
            rows = textwrap.wrap(clean, room, break_on_hyphens=False) or [""]
        self._out.write(
            "".join(f"{lead if at == 0 else ' ' * len(lead)}{row}\n" for at, row in enumerate(rows))
        )

    def lines(self, text: str) -> None:
        """Write text as it is, apart from what could drive a terminal."""
        self._out.write(sanitise(mask_keys(text)))

    def drawing(self, row: str) -> None:
        """Write a row that was drawn for this width."""
        self._out.write(f"{row}\n")

    def marked(self, text: str, spans: Sequence[tuple[int, int]], *, lead: str) -> None:
        """Write a line in which places stand out; where a terminal can show that."""
        clean = sanitise_line(mask_keys(text))
        if clean == text and self._has_styles:
            pieces, end = [], 0
            for start, stop in spans:
                pieces += [clean[end:start], "\x1b[1m", clean[start:stop], "\x1b[0m"]
                end = stop
            clean = "".join((*pieces, clean[end:]))
        self._out.write(f"{lead}{clean}\n")

    def json(self, value: Any) -> None:
        """Write a value as JSON."""
        self._out.write(mask_keys(json.dumps(value, ensure_ascii=False, indent=2, default=str)) + "\n")

    def text(self, text: str) -> None:
        """Write lines that are made for a program."""
        self._out.write("".join(f"{sanitise_line(mask_keys(line))}\n" for line in text.splitlines()))

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Write rows: with a header and in columns at a terminal, where there is room; with tabs for a program."""
        if not self._is_terminal:
            for row in rows:
                self.line_of(row)
            return
        from rich.cells import cell_len

        from chatrepl.commands.base import are_amounts

        clean = [[sanitise_line(mask_keys(cell)) for cell in row] for row in (header, *rows)]
        widths = [max(map(cell_len, column)) for column in zip(*clean, strict=True)]
        if sum(widths) + 2 * (len(widths) - 1) > self._columns:
            self._stacked(clean[0], clean[1:])
            return
        right = [are_amounts(column) for column in zip(*clean[1:], strict=True)] or [False] * len(widths)
        for row in clean:
            cells = (
                " " * (width - cell_len(cell)) + cell if is_right else cell + " " * (width - cell_len(cell))
                for cell, width, is_right in zip(row, widths, right, strict=True)
            )
            self._out.write("  ".join(cells).rstrip() + "\n")

    def line_of(self, cells: Sequence[str]) -> None:
        """Write cells with tabs between them."""
        self._out.write("\t".join(sanitise_line(mask_keys(cell)).strip() for cell in cells) + "\n")

    def _stacked(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Write the cells of each row below each other: the terminal is too narrow for columns."""
        for row in rows:
            self._out.write(row[0] + "\n")
            for name, cell in zip(header[1:], row[1:], strict=True):
                if cell.strip():
                    self._out.write(f"    {f'{name.strip()}: ' if name.strip() else ''}{cell.strip()}\n")


class Progress:
    """A bar on standard error while something long is done, where that is a terminal and it takes longer than a moment.

    Args:
        what: Such as ``importing``.
        total: How many steps there are. None: not known.
    """

    def __init__(self, environment: Environment, what: str, total: int | None) -> None:
        self._environment = environment
        self._what = what
        self._total = total
        self._done = 0
        self._began_s = environment.clock.monotonic()
        self._drawn_s = self._began_s
        self._is_drawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_drawn:
            self._environment.stderr.write("\r\x1b[K")
            self._environment.stderr.flush()

    def advance(self, steps: int = 1, said: str = "") -> None:
        """Note that steps are done, and how far it is in words."""
        self._done += steps
        now_s = self._environment.clock.monotonic()
        if (
            not self._environment.stderr_is_terminal
            or self._environment.is_dumb
            or now_s - self._began_s < FIRST_DRAWN_S
            or now_s - self._drawn_s < DRAWN_EVERY_S
        ):
            return
        self._drawn_s, self._is_drawn = now_s, True
        line = f"{self._what} {said or f'{self._done:,}'}"
        if self._total:
            share = min(1.0, self._done / self._total)
            full = round(share * BAR_CELLS)
            signs = ("█", "░") if self._environment.is_unicode else ("#", ".")
            line += f" {signs[0] * full}{signs[1] * (BAR_CELLS - full)} {share:4.0%}"
        self._environment.stderr.write(f"\r\x1b[K{line[: max(10, self._environment.columns - 1)]}")
        self._environment.stderr.flush()
