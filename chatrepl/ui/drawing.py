"""Draws the blocks of a reply as lines for the terminal, in the order in which they are found.

No boxes, no indent on code, no trailing blanks, no HTML that vanishes, no link whose target is hidden. What a block
looks like depends on what stands before it and not on what follows, so that a line that was printed stays right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from chatrepl.markup import define
from chatrepl.markup.blocks import LONG_CHARS
from chatrepl.markup.sink import BlockSink, Item, Quote
from chatrepl.ui.cuts import LIMIT_CHARS, SafeCuts
from chatrepl.ui.highlight import LineHighlighter
from chatrepl.ui.inline import BREAK, Span, Styles, spans
from chatrepl.ui.layout import SLICE_CHARS, Wrapper
from chatrepl.ui.markdown import BlockRenderer
from chatrepl.ui.tables import TableLayout

TAB_CELLS = 4
RULE_CELLS = 24
NUMBER_CELLS = 4
"""The width of an item's number with the blanks behind it, up to 99, whatever the length of the list."""
LIMIT_COLOURED_CHARS = 2000
"""A longer line of code is not coloured."""
_TASK = re.compile(r"\[[ xX]\](?=[ \t])")


@dataclass(slots=True)
class _Margin:
    """What stands before the rows of a container."""

    first: str
    rest: str
    cells: int
    is_quote: bool
    is_new: bool = True
    """Whether none of its rows was drawn."""


class ReplyDrawer(BlockSink):
    """Draws one reply.

    Args:
        references: The links that the reply has defined; shared with what forks from here.
    """

    def __init__(self, renderer: BlockRenderer, references: dict[str, Any]) -> None:
        self._renderer = renderer
        self._references = references
        self._lines: list[str] = []
        self._margins: list[_Margin] = []
        self._has_drawn = False
        self._is_trial = False
        self._paragraph: str | None = None
        """A paragraph that may be whole. None: there is none, or it is long."""
        self._cuts: SafeCuts | None = None
        self._wrapper: Wrapper | None = None
        self._highlighter: LineHighlighter | None = None
        self._table: TableLayout | None = None

    def fork(self) -> ReplyDrawer:
        """Return another one that goes on from here; nothing it does is seen by this one or lasts."""
        other = object.__new__(ReplyDrawer)
        other.__dict__.update(self.__dict__)
        other._lines = []
        other._margins = [replace(margin) for margin in self._margins]
        other._is_trial = True
        if self._cuts is not None:
            other._cuts = self._cuts.fork()
        if self._wrapper is not None:
            other._wrapper = self._wrapper.fork(other._take_row)
        if self._highlighter is not None:
            other._highlighter = self._highlighter.fork()
        if self._table is not None:
            other._table = self._table.fork(other._row)
        return other

    def take(self) -> list[str]:
        """Return the lines that were drawn since the last call."""
        lines, self._lines = self._lines, []
        return lines

    def resize(self) -> None:
        """Draw what comes at the renderer's new width."""
        if self._wrapper is not None:
            self._wrapper.resize(self._width, self._renderer.columns)
        if self._table is not None:
            self._table.resize(self._width)

    # Containers.

    def gap(self) -> None:
        """Draw a blank row, unless nothing stands above it."""
        if self._has_drawn and not (self._margins and self._margins[-1].is_new):
            self._lines.append("".join(margin.rest for margin in self._margins).rstrip(" "))

    def open_container(self, container: Quote | Item) -> None:
        """Indent what comes."""
        is_unicode = self._renderer.look.is_unicode
        if isinstance(container, Quote):
            first, style = "> ", "chat.label"
        elif container.number is None:
            first, style = "• " if is_unicode else "- ", "markdown.item.bullet"
        else:
            first, style = f"{container.number}. ".ljust(NUMBER_CELLS), "markdown.item.number"
        sign = self._renderer.paint(first.rstrip(" "), (style,)) + " " * (len(first) - len(first.rstrip(" ")))
        cells = len(first)
        if cells + sum(margin.cells for margin in self._margins) > self._renderer.columns // 2:
            margin = _Margin(sign, "", 0, is_quote=False)
        elif isinstance(container, Quote):
            margin = _Margin(sign, sign, cells, is_quote=True)
        else:
            margin = _Margin(sign, " " * cells, cells, is_quote=False)
        self._margins.append(margin)

    def close_container(self) -> None:
        """End a container; an empty one still has its sign."""
        if self._margins[-1].is_new:
            self._row("")
        self._margins.pop()

    @property
    def _width(self) -> int:
        return max(1, self._renderer.columns - sum(margin.cells for margin in self._margins))

    def _row(self, text: str, *, is_code: bool = False) -> None:
        self._has_drawn = True
        if not self._margins:
            self._lines.append(text)
            return
        before = ""
        for margin in self._margins:
            if margin.is_new:
                before += margin.first
                margin.is_new = False
            elif margin.is_quote or not is_code:
                before += margin.rest
        self._lines.append(before + text if text else before.rstrip(" "))

    def _take_row(self, text: str, _cells: int) -> None:
        self._row(text)

    # Text.

    def paragraph(self, text: str) -> None:
        """Take a piece of a paragraph; a long one is drawn as it comes."""
        if self._wrapper is None:
            text = self._begin_paragraph(text)
            if len(text) <= LONG_CHARS:
                self._paragraph = text
                return
        if self._paragraph is not None:
            text, self._paragraph = self._paragraph + text, None
        if self._cuts is None:
            self._cuts = SafeCuts()
        for start in range(0, len(text), SLICE_CHARS):  # of a megabyte, not all pieces at once
            for piece in self._cuts.feed(text[start : start + SLICE_CHARS]):
                self._inline(piece)

    def _begin_paragraph(self, text: str) -> str:
        """Return the text without the box of a task, which is drawn here."""
        self._wrapper = Wrapper(self._take_row, self._renderer.paint, self._width, self._renderer.columns)
        task = _TASK.match(text) if self._margins and self._margins[-1].is_new else None
        if task is None:
            return text
        self._wrapper.feed(task[0], ())
        return text[task.end() :]

    def close_paragraph(self) -> None:
        """Draw what is left of a paragraph."""
        rest = self._cuts.rest if self._cuts is not None else self._paragraph or ""
        self._inline(rest)
        if self._wrapper is not None:
            self._wrapper.finish()
        self._wrapper = self._cuts = self._paragraph = None

    def _spans(self, text: str) -> Iterator[Span]:
        look = self._renderer.look
        return spans(text, self._references, has_links=look.has_links, has_formulas=look.has_formulas)

    def _inline(self, text: str) -> None:
        if self._wrapper is not None and text:
            self._wrapper.feed_spans(self._spans(text))

    def heading(self, level: int, text: str) -> None:
        """Draw a heading with its number signs, so that its level is seen without colour. An endless one is plain."""
        wrapper = Wrapper(self._take_row, self._renderer.paint, self._width, self._renderer.columns)
        wrapper.feed("#" * level + " ", ("chat.label",))
        base: Styles = (f"markdown.h{level}",)
        for span in self._spans(text) if len(text) <= LIMIT_CHARS else [(text, ())]:
            if span is BREAK:
                wrapper.break_row()
            else:
                wrapper.feed(span[0], (*base, *span[1]))
        wrapper.finish()

    def rule(self) -> None:
        """Draw a line of a fixed length."""
        sign = "─" if self._renderer.look.is_unicode else "-"
        self._row(self._renderer.paint(sign * min(self._width, RULE_CELLS), ("markdown.hr",)))

    def definition(self, label: str, target: str, line: str) -> None:
        """Draw the definition of a link as it is written, and remember it."""
        if not self._is_trial:
            define(label, target, self._references)
        wrapper = Wrapper(self._take_row, self._renderer.paint, self._width, self._renderer.columns)
        wrapper.feed(line.replace("\t", " "), ("chat.label",))
        wrapper.finish()

    # Code.

    def open_code(self, language: str) -> None:
        """Draw a code block's label and number."""
        count = self._renderer.code_count
        self._row(self._renderer.styled(self._renderer.next_label(language), "chat.label"))
        if self._is_trial:
            self._renderer.code_count = count
        self._highlighter = self._renderer.highlighter(language)

    def code(self, line: str) -> None:
        """Draw a line of code as it is; the terminal wraps it, so that it can be copied."""
        line = line.expandtabs(TAB_CELLS).rstrip(" ")
        if line and self._highlighter is not None and len(line) <= LIMIT_COLOURED_CHARS:
            line = self._highlighter.line(line)
        elif line and self._is_trial:
            line = line[-LIMIT_COLOURED_CHARS:]
        self._row(line, is_code=True)

    def close_code(self) -> None:
        """The code is whole."""
        self._highlighter = None

    # Tables.

    def open_table(self, head: list[str], alignments: list[str]) -> None:
        """Begin a table."""
        self._table = TableLayout(
            head,
            alignments,
            emit=self._row,
            paint=self._renderer.paint,
            references=self._references,
            width=self._width,
            limit_rows=max(4, self._renderer.rows // 2),
            line="─" if self._renderer.look.is_unicode else "-",
            has_links=self._renderer.look.has_links,
            has_formulas=self._renderer.look.has_formulas,
        )

    def row(self, cells: list[str]) -> None:
        """Take a row of a table."""
        if self._table is not None:
            self._table.row(cells)

    def close_table(self) -> None:
        """Draw what is held of a table."""
        if self._table is not None:
            self._table.finish(self._renderer.rows if self._is_trial else None)
        self._table = None
