"""Renders one block of a reply to lines for the terminal: rich's Markdown with elements made for copying.

No boxes, no indent on code, no trailing blanks, no HTML that vanishes, no link whose target is hidden. Every list item
and block looks the same whether it is rendered alone or with its neighbours, so that a reply can be printed piece by
piece. All text is sanitised once more on the way out, since Markdown's entities can spell control characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from markdown_it.token import Token
from rich import box
from rich.color import ColorSystem
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import (
    BlockQuote,
    CodeBlock,
    Heading,
    HorizontalRule,
    ListElement,
    ListItem,
    Markdown,
    TableElement,
)
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from chatrepl.sanitise import sanitise
from chatrepl.ui.highlight import LineHighlighter
from chatrepl.ui.theme import RICH_STYLES


@dataclass(frozen=True, slots=True)
class Look:
    """What the terminal can show."""

    color_system: ColorSystem | None = ColorSystem.STANDARD
    """None: no colour; bold and italics are still used where ``has_styles``."""
    has_styles: bool = True
    """Whether escape sequences may be written at all."""
    is_unicode: bool = True
    code_theme: str = "ansi_dark"


class _PlainHeading(Heading):
    """A heading on the left, with its number signs, so that its level is seen without colour."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        text = Text("#" * int(self.tag[1:]) + " ", style="dim")
        text.append_text(self.text)
        yield text


class _BareCode(CodeBlock):
    """A code block: its label and number, then the code as it is."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        renderer = drawing()
        code = str(self.text).removesuffix("\n")
        yield Text(renderer.next_label(self.lexer_name), style="chat.label")
        highlighter = renderer.highlighter(self.lexer_name)
        for line in code.split("\n"):
            yield (
                Text.from_ansi(highlighter.line(sanitise(line)), no_wrap=False, end="\n")
                if line
                else Text("")
            )


class _BareQuote(BlockQuote):
    """A quotation with the sign it has in Markdown."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        inner = options.update(width=max(1, options.max_width - 2))
        for line in console.render_lines(self.elements, inner, style=self.style, pad=False):
            yield Segment("> ", console.get_style("chat.label"))
            yield from line
            yield Segment("\n")


class _ShortRule(HorizontalRule):
    """A rule of a fixed length."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        sign = "─" if drawing().look.is_unicode else "-"
        yield Text(sign * min(options.max_width, 24), style="markdown.hr")


class _BareItem(ListItem):
    """An item whose mark is as wide as itself, whatever the list's length."""

    def _render_marked(
        self, console: Console, options: ConsoleOptions, mark: str, style: str
    ) -> RenderResult:
        inner = options.update(width=max(1, options.max_width - len(mark)))
        lines = console.render_lines(self.elements, inner, style=self.style, pad=False)
        for index, line in enumerate(lines or [[]]):
            yield Segment(mark, console.get_style(style)) if index == 0 else Segment(" " * len(mark))
            yield from line
            yield Segment("\n")

    def render_bullet(self, console: Console, options: ConsoleOptions) -> RenderResult:
        sign = "• " if drawing().look.is_unicode else "- "
        return self._render_marked(console, options, sign, "markdown.item.bullet")

    def render_number(
        self,
        console: Console,
        options: ConsoleOptions,
        number: int,
        last_number: int,  # noqa: ARG002 - rich hands it in; the width must not depend on it
    ) -> RenderResult:
        return self._render_marked(console, options, f"{number}. ", "markdown.item.number")


class _BareTable(TableElement):
    """A table with a line under its header and no other lines."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = Table(
            box=box.SIMPLE_HEAD if drawing().look.is_unicode else box.ASCII2,
            pad_edge=False,
            style="markdown.table.border",
            show_edge=False,
        )
        rows = self.body.rows if self.body is not None else []
        head = self.header.row if self.header is not None else None
        for cell in head.cells if head is not None else []:
            heading = cell.content.copy()
            heading.stylize("markdown.table.header")
            table.add_column(heading, justify=cell.justify)
        for row in rows:
            table.add_row(*(cell.content for cell in row.cells))
        yield table


class _Blocks(Markdown):
    """Parsed blocks instead of a text."""

    elements = {  # noqa: RUF012 - rich declares it so
        **Markdown.elements,
        "heading_open": _PlainHeading,
        "fence": _BareCode,
        "code_block": _BareCode,
        "blockquote_open": _BareQuote,
        "hr": _ShortRule,
        "bullet_list_open": ListElement,
        "ordered_list_open": ListElement,
        "list_item_open": _BareItem,
        "table_open": _BareTable,
    }

    def __init__(self, tokens: Sequence[Token]) -> None:
        super().__init__("", hyperlinks=False)
        self.parsed = list(tokens)

    def _flatten_tokens(self, tokens: Iterable[Token]) -> Iterable[Token]:
        """Yield the tokens in order, with an image as its words and its address: nothing is fetched."""
        for token in super()._flatten_tokens(tokens):
            if token.type == "softbreak":  # a line the model broke stays broken: verses, addresses
                yield Token("hardbreak", "br", 0)
            elif token.type == "image":
                words = f"[image: {token.content or 'no description'}] ({token.attrs.get('src', '')})"
                yield Token("text", "", 0, content=words)
            else:
                yield token


def drawing() -> BlockRenderer:
    """Return the renderer at work; rich has no way to hand one down to the elements."""
    renderer = BlockRenderer.current
    assert renderer is not None  # noqa: S101 - elements are drawn by BlockRenderer.render only
    return renderer


class BlockRenderer:
    """Draws blocks at one width. Counts the code blocks it draws, so it draws each block of a reply once, in order."""

    current: BlockRenderer | None = None

    def __init__(self, look: Look, columns: int) -> None:
        self.look = look
        self.columns = columns
        self.code_count = 0
        """How many code blocks were drawn so far."""
        self._console = Console(
            file=StringIO(),
            width=max(4, columns),
            height=1000,
            force_terminal=True,
            color_system=None,
            theme=Theme({name: str(style) for name, style in RICH_STYLES.items()}),
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )

    def next_label(self, language: str) -> str:
        """Count one more code block and return the line above it."""
        self.code_count += 1
        name = language if language and language != "text" else "code"
        return f"{name[:40]} [{self.code_count}]"

    def highlighter(self, language: str) -> LineHighlighter:
        """Return what colours the lines of one code block."""
        return LineHighlighter(
            language, self.look.code_theme, self.look.color_system if self.look.has_styles else None
        )

    def render(self, tokens: Sequence[Token]) -> list[str]:
        """Draw parsed blocks to lines, without blank ones before or after."""
        return self.render_any(_Blocks(tokens))

    def render_any(self, renderable: Any) -> list[str]:
        """Draw anything that rich can draw, to lines without trailing blanks."""
        BlockRenderer.current = self
        try:
            segments = self._console.render(renderable, self._console.options)
            lines = [self._line(line) for line in Segment.split_lines(segments)]
        finally:
            BlockRenderer.current = None
        while lines and not lines[0]:
            del lines[0]
        while lines and not lines[-1]:
            del lines[-1]
        return lines

    def styled(self, text: str, style: str) -> str:
        """Return one line in one of the named styles."""
        return self._line([Segment(text, self._console.get_style(style))])

    def _line(self, segments: Iterable[Segment]) -> str:
        pieces: list[tuple[str, Style | None]] = [
            (segment.text, segment.style) for segment in segments if not segment.control and segment.text
        ]
        while pieces:
            text, style = pieces[-1]
            if text.rstrip(" "):
                pieces[-1] = (text.rstrip(" "), style)
                break
            pieces.pop()
        return "".join(self._paint(sanitise(text), style) for text, style in pieces)

    def _paint(self, text: str, style: Style | None) -> str:
        if style is None or not self.look.has_styles or not text:
            return text
        if self.look.color_system is None:
            style = style.without_color
            return style.render(text, color_system=ColorSystem.STANDARD)
        return style.render(text, color_system=self.look.color_system)
