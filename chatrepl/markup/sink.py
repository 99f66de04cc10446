"""What can be found in a Markdown text, and who is told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Quote:
    """A quotation."""


@dataclass(slots=True)
class Item:
    """An item of a list."""

    number: int | None
    """None: a bullet."""
    indent: int
    """The columns that its lines begin with, from where the line of its mark began."""
    is_empty: bool = True


class BlockSink:
    """Takes what a parser finds, in the order of the text. Each method does nothing where it is not overridden."""

    def gap(self) -> None:
        """A blank line is due before what comes next."""

    def open_container(self, container: Quote | Item) -> None:
        """What comes is inside a quotation or an item, until it is closed."""

    def close_container(self) -> None:
        """The innermost container ends."""

    def paragraph(self, text: str) -> None:
        """A piece of a paragraph, its lines joined by newlines. Pieces follow each other directly."""

    def close_paragraph(self) -> None:
        """The paragraph is whole."""

    def heading(self, level: int, text: str) -> None:
        """A heading of level 1 to 6."""

    def rule(self) -> None:
        """A line across."""

    def definition(self, label: str, target: str, line: str) -> None:
        """A link that later text can name, and the line that says so."""

    def open_code(self, language: str) -> None:
        """A block of code begins. An empty language: none is said."""

    def code(self, line: str) -> None:
        """A line of code."""

    def close_code(self) -> None:
        """The code is whole."""

    def open_table(self, head: list[str], alignments: list[str]) -> None:
        """A table begins. An alignment is ``left``, ``right``, ``center`` or empty."""

    def row(self, cells: list[str]) -> None:
        """A row of a table, with at most as many cells as the head."""

    def close_table(self) -> None:
        """The table is whole."""
