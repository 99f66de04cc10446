"""What a terminal can show, and how styles get on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO
from typing import Any

from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.theme import Theme as RichTheme

from chatrepl.sanitise import sanitise, sanitise_line
from chatrepl.settings import ImageProtocol
from chatrepl.themes import DARK, Theme
from chatrepl.ui.highlight import LineHighlighter
from chatrepl.ui.inline import LINK, Styles
from chatrepl.ui.layout import Wrapper

LIMIT_LANGUAGE_CHARS = 40


@dataclass(frozen=True, slots=True)
class Pictures:
    """How a terminal shows images."""

    protocol: ImageProtocol
    cell: tuple[int, int] | None = None
    """Width and height of a letter's cell in pixels. None: not known."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the terminal can show."""

    color_system: ColorSystem | None = ColorSystem.STANDARD
    """None: no colour; bold and italics are still used where ``has_styles``."""
    has_styles: bool = True
    """Whether escape sequences may be written at all."""
    is_unicode: bool = True
    has_links: bool = False
    """Whether words can be links that are clicked."""
    has_formulas: bool = False
    """Whether formulas are shown in signs that can be read."""
    theme: Theme = DARK
    code_theme: str = "auto"
    """The Pygments style of code. ``auto``: the theme's."""
    pictures: Pictures | None = None
    """How images are shown. None: by their names and sizes."""


class BlockRenderer:
    """Draws at one size of the terminal.

    Args:
        columns: The width of the terminal; it may be changed.
        rows: Its height, by which it is decided when a table is too long to be held.
    """

    def __init__(self, look: Look, columns: int, rows: int = 40) -> None:
        self.look = look
        self.columns = columns
        self.rows = rows
        self.code_count = 0
        """How many code blocks were drawn so far."""
        self._codes: dict[Styles, tuple[str, str]] = {(): ("", "")}
        self._console = Console(
            file=StringIO(),
            width=max(4, columns),
            height=1000,
            force_terminal=True,
            color_system=None,
            theme=RichTheme({name: str(style) for name, style in look.theme.rich.items()}),
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )

    def next_label(self, language: str) -> str:
        """Count one more code block and return the line above it."""
        self.code_count += 1
        name = language if language and language != "text" else "code"
        return f"{name[:LIMIT_LANGUAGE_CHARS]} [{self.code_count}]"

    def highlighter(self, language: str) -> LineHighlighter:
        """Return what colours the lines of one code block."""
        return LineHighlighter(
            language[:LIMIT_LANGUAGE_CHARS],
            self.look.theme.code if self.look.code_theme == "auto" else self.look.code_theme,
            self.look.color_system if self.look.has_styles else None,
        )

    def paint(self, text: str, styles: Styles) -> str:
        """Give a text styles; the inner ones prevail."""
        codes = self._codes.get(styles)
        if codes is None and styles and any(name.startswith(LINK) for name in styles):
            return self._linked(text, styles)
        if codes is None:
            style = Style.combine(self._console.get_style(name) for name in styles)
            before, _, after = self._render("\0", style).partition("\0")
            codes = self._codes[styles] = (before, after)
        return f"{codes[0]}{text}{codes[1]}" if codes[0] else text

    def _linked(self, text: str, styles: Styles) -> str:
        """Return words that lead to an address. Source: the specification of OSC 8, which terminals share."""
        target = next(name for name in styles if name.startswith(LINK)).removeprefix(LINK)
        shown = self.paint(text, tuple("markdown.link" if name.startswith(LINK) else name for name in styles))
        return f"\x1b]8;;{target}\x1b\\{shown}\x1b]8;;\x1b\\"

    def styled(self, text: str, style: str) -> str:
        """Return one line in one of the named styles, without blanks at its end."""
        return self.paint(sanitise(text).rstrip(" "), (style,))

    def wrapped(self, text: str, style: str) -> list[str]:
        """Return text in one of the named styles, as rows that break between words."""
        rows: list[str] = []
        wrapper = Wrapper(
            lambda row, _: rows.append(row), self.paint, max(1, self.columns), max(1, self.columns)
        )
        wrapper.feed(sanitise_line(text), (style,))
        wrapper.finish()
        return rows

    def render_any(self, renderable: Any) -> list[str]:
        """Draw anything that rich can draw, to lines without trailing blanks, and no blank ones before or after."""
        segments = self._console.render(renderable, self._console.options.update(width=max(4, self.columns)))
        lines = [self._line(line) for line in Segment.split_lines(segments)]
        while lines and not lines[0]:
            del lines[0]
        while lines and not lines[-1]:
            del lines[-1]
        return lines

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
        return "".join(self._render(sanitise(text), style) for text, style in pieces)

    def _render(self, text: str, style: Style | None) -> str:
        if style is None or not self.look.has_styles or not text:
            return text
        if self.look.color_system is None:
            return style.without_color.render(text, color_system=ColorSystem.STANDARD)
        return style.render(text, color_system=self.look.color_system)
