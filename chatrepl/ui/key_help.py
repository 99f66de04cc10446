"""The list of keys that ``?`` shows: laid out in columns and pages that fit, and closed by the next key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from chatrepl.keymap import Keymap, show_keys

if TYPE_CHECKING:
    from chatrepl.ui.prompt import View

KEY_COLUMNS = 13
LABEL_COLUMNS = 25
CELL_COLUMNS = KEY_COLUMNS + 1 + LABEL_COLUMNS
LEAST_ROWS = 3


def entry_rows(keys: str, label: str) -> list[str]:
    """Return the rows of one entry: as many keys side by side as fit, and what they do beside the first."""
    rows: list[str] = []
    row = ""
    for key in keys.split(", "):
        longer = f"{row}, {key}" if row else key
        if row and len(longer) > KEY_COLUMNS:
            rows.append(row + ",")
            row = key
        else:
            row = longer
    rows.append(row)
    first = f"{rows[0]:<{KEY_COLUMNS}} {label}"
    return [first[:CELL_COLUMNS].rstrip(), *(row[:CELL_COLUMNS] for row in rows[1:])]


def pages(entries: Iterable[tuple[str, str]], columns: int, rows: int, key: str = "?") -> list[list[str]]:
    """Lay entries out in pages of at most ``rows`` rows, the last of which says how to go on.

    Entries are read downwards, column by column, and no entry is broken. ``key`` turns the page.
    """
    count = max(1, columns // (CELL_COLUMNS + 1))
    room = max(LEAST_ROWS, rows) - 1
    cells = [cell for keys, label in entries if (cell := entry_rows(keys, label))]
    height = min(room, max(_least_height(cells, count), max(map(len, cells), default=1)))
    stacks: list[list[str]] = [[]]
    for cell in cells:
        if stacks[-1] and len(stacks[-1]) + len(cell) > height:
            stacks.append([])
        stacks[-1] += cell
    sheets = [stacks[start : start + count] for start in range(0, len(stacks), count)]
    found = []
    for number, sheet in enumerate(sheets, start=1):
        lines = [_beside(sheet, row) for row in range(max(map(len, sheet)))]
        last = "any key closes this"
        if number < len(sheets):
            last = f"{number}/{len(sheets)}: {key} for more, any other key closes"
        elif len(sheets) > 1:
            last = f"{number}/{len(sheets)}: {last}"
        found.append([line[: columns - 1].rstrip() for line in (*lines, last)])
    return found


def _least_height(cells: Sequence[Sequence[str]], count: int) -> int:
    """Return the fewest rows in which all cells stand in so many columns."""
    height = -(-sum(map(len, cells)) // count)
    while True:
        used, left = 1, height
        for cell in cells:
            if len(cell) > left:
                used, left = used + 1, height
            left -= len(cell)
        if used <= count:
            return height
        height += 1


def _beside(sheet: Sequence[Sequence[str]], row: int) -> str:
    parts = [stack[row] if row < len(stack) else "" for stack in sheet]
    return " ".join(f"{part:<{CELL_COLUMNS}}" for part in parts)


class KeyHelp:
    """The list while it is open.

    Args:
        keymap: The keys that are bound.
        size: Returns the columns and rows of the terminal.
    """

    def __init__(
        self,
        view: View,
        keymap: Keymap,
        size: Callable[[], tuple[int, int]],
    ) -> None:
        self._view = view
        self._keymap = keymap
        self._size = size
        self._page = 0
        self.is_closing = False
        """Whether the key that was pressed last has closed it."""

    def key_pressed(self) -> None:
        """Close it, whatever the key does then."""
        self.is_closing = bool(self._view.help)
        self._view.help = []

    def show(self) -> None:
        """Open it, or where this key has just closed it, go on to the next page."""
        columns, rows = self._size()
        others = 3 + len(self._view.tail) + len(self._view.queued)
        found = pages(self._keymap.shown(), columns, rows - others, show_keys(self._keymap.keys("help")[0]))
        self._page = self._page + 1 if self.is_closing else 0
        self._view.help = found[self._page] if self._page < len(found) else []
