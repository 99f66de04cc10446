"""Reads the blocks of a Markdown text line by line, so that work depends on the line and not on what came before it.

The dialect is CommonMark with GitHub's tables and without HTML, with four differences that let a reply be shown while
it arrives: the definition of a link is a block that is shown; a footnote's text is text; a paragraph of more than
``LONG_CHARS`` characters or ``LONG_LINES`` lines is settled and becomes no heading or table any more; blocks
nested deeper than ``LIMIT_DEPTH`` are text. Pure: what was found is told to a ``BlockSink``.

Source: the parsing strategy of the CommonMark specification 0.31, appendix "A parsing strategy"; GitHub Flavored
Markdown 0.29, section "Tables".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from chatrepl.markup.cells import alignments, split_cells
from chatrepl.markup.cursor import BLANKS, Cursor
from chatrepl.markup.sink import BlockSink, Item, Quote

LONG_CHARS = 640
LONG_LINES = 8
LIMIT_DEPTH = 24

_ATX = re.compile(r"(#{1,6})(?:[ \t]+|$)")
_FENCE = re.compile(r"`{3,}+(?=[^`]*$)|~{3,}")
_FENCE_END = re.compile(r"(`{3,}|~{3,})[ \t]*$")
_SETEXT = re.compile(r"(=+|-+)[ \t]*$")
_RULE = re.compile(r"(?:(?:\*[ \t]*+){3,}+|(?:_[ \t]*+){3,}+|(?:-[ \t]*+){3,}+)$")
_MARK = re.compile(r"(?:([-+*])|(\d{1,9})([.)]))(?=[ \t]|$)")
_DEFINITION = re.compile(
    r"\[(?P<label>(?!\^)(?:[^\[\]\\]|\\.){1,999})\]:[ \t]*(?P<target><[^<>]*>|[^\s<]\S*)"
    r"(?:[ \t]+(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\((?:[^()\\]|\\.)*\)))?[ \t]*$"
)
_SPECIAL = frozenset("#`~*+_=<>-|:0123456789")


@dataclass(slots=True)
class _List:
    mark: str
    next_number: int


@dataclass(slots=True)
class _Paragraph:
    has_gap: bool
    lines: list[str] = field(default_factory=list)
    """What was not told yet."""
    chars: int = 0
    count_lines: int = 0
    is_long: bool = False
    has_told: bool = False
    last_chars: int = 0
    """The length of its last line so far."""


@dataclass(slots=True)
class _Fence:
    mark: str
    indent: int


@dataclass(slots=True)
class _Indented:
    blanks: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Table:
    columns: int


class BlockParser:
    """Reads one text. ``line`` takes whole lines; a line too long to wait for may come as ``begin``, ``more``, ``end``."""

    def __init__(self, sink: BlockSink) -> None:
        self._sink = sink
        self._open: list[Quote | Item | _List] = []
        self._leaf: _Paragraph | _Fence | _Indented | _Table | None = None
        self._is_after_blank = False
        self._is_after_definition = False
        self._at = Cursor("")

    def fork(self, sink: BlockSink) -> BlockParser:
        """Return a parser that goes on from here and tells another sink; this one is not touched by it."""
        other = BlockParser(sink)
        other._open = [replace(container) for container in self._open]
        leaf = self._leaf
        if isinstance(leaf, _Paragraph):
            other._leaf = replace(leaf, lines=list(leaf.lines))
        elif isinstance(leaf, _Indented):
            other._leaf = _Indented(list(leaf.blanks))
        else:
            other._leaf = leaf
        other._is_after_blank = self._is_after_blank
        other._is_after_definition = self._is_after_definition
        return other

    @property
    def is_in_code(self) -> bool:
        """Whether the open end is code."""
        return isinstance(self._leaf, _Fence | _Indented)

    @property
    def is_in_long_line(self) -> bool:
        """Whether the last line is a paragraph's and so long that it decides what the paragraph is."""
        return isinstance(self._leaf, _Paragraph) and self._leaf.last_chars > LONG_CHARS

    def line(self, text: str) -> None:
        """Take a whole line, without its end."""
        self._at = Cursor(text)
        matched = self._match_containers()
        leaf = self._leaf if matched == len(self._open) else None
        if isinstance(leaf, _Fence):
            self._fence_line(leaf)
        elif not (isinstance(leaf, _Indented) and self._indented_line(leaf)):
            self._open_blocks(matched, None if isinstance(leaf, _Indented) else leaf)

    def begin(self, text: str) -> bool:
        """Take the beginning of a line if it is a paragraph's, whatever follows, and long. Returns whether it was taken."""
        trial = self.fork(_NULL)
        trial.line(text)
        if not trial.is_in_long_line:
            return False
        self.line(text)
        return True

    def more(self, text: str) -> None:
        """Take more of a line that was begun."""
        self._sink.paragraph(text)

    def finish(self) -> None:
        """The text is over: close what is open."""
        self._close_to(0)

    # Containers.

    def _match_containers(self) -> int:
        """Find out how many of the open containers go on in this line, and skip what they begin it with."""
        for number, container in enumerate(self._open):
            if isinstance(container, _List):
                continue
            start, indent = self._at.next_nonspace()
            is_blank = start == len(self._at.text)
            if isinstance(container, Quote):
                if indent >= 4 or is_blank or self._at.text[start] != ">":
                    return number
                self._at.skip_quote_mark()
            elif is_blank:
                if container.is_empty:
                    return number
                self._at.skip_blanks()
            elif indent >= container.indent:
                self._at.advance(container.indent)
            else:
                return number
        return len(self._open)

    def _open_blocks(self, matched: int, leaf: _Paragraph | _Table | None) -> None:
        """Open the blocks that begin in this line, then take the rest of it as text.

        Args:
            matched: How many containers go on.
            leaf: The open paragraph or table inside them, if the containers all go on.
        """
        has_opened = False
        while True:
            start, indent = self._at.next_nonspace()
            if start == len(self._at.text):
                self._blank_line(matched, is_lost=has_opened)
                return
            if indent >= 4:
                if not isinstance(self._leaf, _Paragraph):
                    self._open_indented(matched)
                    return
                break
            if self._at.text[start] not in _SPECIAL:
                break
            if self._at.text[start] == ">" and len(self._open) < 2 * LIMIT_DEPTH:
                self._at.skip_quote_mark()
                self._add_container(Quote(), matched)
            elif self._open_leaf(matched, start, indent, leaf):
                return
            elif len(self._open) >= 2 * LIMIT_DEPTH or not self._open_item(matched, start, indent, leaf):
                break
            matched, leaf, has_opened = len(self._open), None, True
        self._at.skip_blanks()
        self._add_text(matched, leaf)

    def _add_container(self, container: Quote | Item, matched: int) -> None:
        self._close_to(matched)
        if isinstance(container, Quote) and self._open and isinstance(self._open[-1], _List):
            self._open.pop()
        self._gap_if_due()
        self._fill_parent()
        self._open.append(container)
        self._sink.open_container(container)

    def _open_item(self, matched: int, start: int, indent: int, leaf: _Paragraph | _Table | None) -> bool:
        match = _MARK.match(self._at.text, start)
        if match is None:
            return False
        if isinstance(leaf, _Paragraph) and (
            match[2] not in {None, "1"} or not self._at.text[match.end() :].strip(BLANKS)
        ):
            return False  # only a list that begins at 1 and has words interrupts a paragraph
        width = self._at.skip_item_mark(match.end() - start)
        mark = match[1] or match[3]
        self._close_to(matched)
        last = self._open[-1] if self._open else None
        if isinstance(last, _List) and last.mark != mark:
            self._open.pop()
            last = None
        self._gap_if_due()
        if not isinstance(last, _List):
            self._fill_parent()
            last = _List(mark, int(match[2] or 0))
            self._open.append(last)
        item = Item(last.next_number if match[2] else None, indent + width)
        last.next_number += 1
        self._open.append(item)
        self._sink.open_container(item)
        return True

    # Blocks without blocks inside.

    def _open_leaf(self, matched: int, start: int, indent: int, leaf: _Paragraph | _Table | None) -> bool:
        """Open a heading, a fence, a table or a rule if one begins here."""
        text = self._at.text
        first = text[start]
        if first == "#" and (match := _ATX.match(text, start)):
            self._close_for_leaf(matched)
            self._sink.heading(len(match[1]), _without_end(text[match.end() :]))
        elif first in "`~" and (match := _FENCE.match(text, start)):
            self._close_for_leaf(matched)
            self._leaf = _Fence(match[0], indent)
            self._sink.open_code(text[match.end() :].strip(BLANKS).partition(" ")[0])
        elif isinstance(leaf, _Paragraph) and first in "|:-" and self._open_table(leaf, start):
            pass
        elif isinstance(leaf, _Paragraph) and not leaf.is_long and (match := _SETEXT.match(text, start)):
            self._leaf = None
            self._gap_before(leaf)
            self._sink.heading(1 if match[1][0] == "=" else 2, "\n".join(leaf.lines).strip(BLANKS))
        elif first in "*_-" and _RULE.match(text, start):
            self._close_for_leaf(matched)
            self._sink.rule()
        else:
            return False
        return True

    def _open_table(self, paragraph: _Paragraph, start: int) -> bool:
        if not paragraph.lines or not _may_be_head(paragraph.lines[-1]):
            return False
        sides = alignments(self._at.text[start:])
        cells = split_cells(paragraph.lines[-1])
        if sides is None or not cells or len(cells) != len(sides):
            return False
        del paragraph.lines[-1]
        if paragraph.lines or paragraph.has_told:
            self._close_leaf()
            self._is_after_blank = False
            self._gap_if_due()
        else:
            self._gap_before(paragraph)
        self._leaf = _Table(len(cells))
        self._sink.open_table(cells, sides)
        return True

    def _open_indented(self, matched: int) -> None:
        self._at.advance(4)
        self._close_for_leaf(matched)
        self._leaf = _Indented()
        self._sink.open_code("")
        self._sink.code(self._at.rest())

    def _indented_line(self, code: _Indented) -> bool:
        """Take a line of indented code if this is one."""
        start, indent = self._at.next_nonspace()
        if start == len(self._at.text):
            self._at.advance(min(4, indent))
            code.blanks.append(self._at.rest())
            self._is_after_blank = True
            return True
        if indent < 4:
            return False
        for blank in code.blanks:
            self._sink.code(blank)
        code.blanks.clear()
        self._is_after_blank = False
        self._at.advance(4)
        self._sink.code(self._at.rest())
        return True

    def _fence_line(self, fence: _Fence) -> None:
        start, indent = self._at.next_nonspace()
        match = _FENCE_END.match(self._at.text, start) if indent < 4 else None
        if match and match[1][0] == fence.mark[0] and len(match[1]) >= len(fence.mark):
            self._close_leaf()
            return
        self._at.advance(min(indent, fence.indent))
        self._sink.code(self._at.rest())

    def _blank_line(self, matched: int, *, is_lost: bool) -> None:
        """Take a line without text. ``is_lost``: it opened a container, which is then empty and no gap."""
        self._close_to(matched)
        if not is_lost:
            self._is_after_blank = True

    def _add_text(self, matched: int, leaf: _Paragraph | _Table | None) -> None:
        rest = self._at.rest()
        if isinstance(leaf, _Table):
            self._sink.row(split_cells(rest, leaf.columns))
        elif isinstance(self._leaf, _Paragraph):
            self._add_line(self._leaf, rest)  # goes on, be it lazily: without the marks of its containers
        else:
            self._begin_paragraph(matched, rest)

    def _begin_paragraph(self, matched: int, rest: str) -> None:
        self._close_to(matched)
        if rest[0] == "[" and len(rest) <= LONG_CHARS and (match := _DEFINITION.match(rest)):
            is_next = self._is_after_definition and not self._is_after_blank
            self._close_for_leaf(matched, has_gap=not is_next)
            self._sink.definition(match["label"], match["target"], rest)
            self._is_after_definition = True
            return
        if self._open and isinstance(self._open[-1], _List):
            self._open.pop()
        has_gap = (self._is_after_blank or not self._open) and not (
            self._is_after_definition and not self._is_after_blank
        )
        self._is_after_blank = self._is_after_definition = False
        self._fill_parent()
        self._leaf = _Paragraph(has_gap)
        self._add_line(self._leaf, rest)

    # Paragraphs.

    def _add_line(self, paragraph: _Paragraph, line: str) -> None:
        self._is_after_blank = False
        paragraph.lines.append(line)
        paragraph.chars += len(line) + 1
        paragraph.last_chars = len(line)
        paragraph.count_lines += 1
        if paragraph.chars > LONG_CHARS or paragraph.count_lines > LONG_LINES:
            paragraph.is_long = True
            self._tell(paragraph, len(paragraph.lines) - _may_be_head(line))

    def _tell(self, paragraph: _Paragraph, count: int) -> None:
        """Tell the first lines that were held."""
        if count:
            self._gap_before(paragraph)
            lead = "\n" if paragraph.has_told else ""
            self._sink.paragraph(lead + "\n".join(paragraph.lines[:count]))
            del paragraph.lines[:count]
            paragraph.has_told = True

    def _gap_before(self, paragraph: _Paragraph) -> None:
        if paragraph.has_gap:
            paragraph.has_gap = False
            self._sink.gap()

    # Closing.

    def _close_leaf(self) -> None:
        leaf, self._leaf = self._leaf, None
        if isinstance(leaf, _Paragraph):
            self._tell(leaf, len(leaf.lines))
            self._sink.close_paragraph()
        elif isinstance(leaf, _Table):
            self._sink.close_table()
        elif leaf is not None:
            self._sink.close_code()

    def _close_to(self, matched: int) -> None:
        """Close the open leaf and all containers but the first ``matched``."""
        if self._leaf is not None:
            self._close_leaf()
        while len(self._open) > matched:
            if not isinstance(self._open.pop(), _List):
                self._sink.close_container()

    def _close_for_leaf(self, matched: int, *, has_gap: bool = True) -> None:
        """Close what ends before a leaf that begins here."""
        self._close_to(matched)
        if self._open and isinstance(self._open[-1], _List):
            self._open.pop()
        if has_gap:
            self._gap_if_due()
        self._fill_parent()

    def _gap_if_due(self) -> None:
        if self._is_after_blank or not self._open:
            self._sink.gap()
        self._is_after_blank = self._is_after_definition = False

    def _fill_parent(self) -> None:
        if self._open:
            parent = self._open[-1]
            if isinstance(parent, Item):
                parent.is_empty = False


def _may_be_head(line: str) -> bool:
    """Whether the next line can make this one the head of a table."""
    return "|" in line and len(line) <= LONG_CHARS


def _without_end(heading: str) -> str:
    """Return a heading without the number signs at its end."""
    heading = heading.strip(BLANKS)
    shorter = heading.rstrip("#")
    return shorter.rstrip(BLANKS) if not shorter or shorter[-1] in BLANKS else heading


_NULL = BlockSink()
