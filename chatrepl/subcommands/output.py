"""How sub-commands write: columns for a person, tabs for a program, JSON on demand. All of it is sanitised."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from typing import Any

from chatrepl.environment import Environment
from chatrepl.redact import mask_keys
from chatrepl.sanitise import sanitise_line
from chatrepl.ui.ascii import output_for


class Printer:
    """Writes to standard output."""

    def __init__(self, environment: Environment) -> None:
        self._out = output_for(environment, environment.stdout)
        self._is_terminal = environment.stdout_is_terminal
        self._columns = environment.columns

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
