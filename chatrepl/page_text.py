"""The readable text of a web page: its title and what is said in it, without what is around it. Pure."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_LEFT_OUT = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "nav",
        "footer",
        "aside",
        "button",
        "iframe",
        "select",
        "canvas",
        "object",
    ]
)
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "section",
        "article",
        "main",
        "header",
        "ul",
        "ol",
        "table",
        "tr",
        "blockquote",
        "figure",
        "figcaption",
        "dl",
        "dt",
        "dd",
        "address",
        "details",
        "summary",
        "form",
        "fieldset",
        "hr",
        "body",
    ]
)
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_BLANKS = re.compile(r"[ \t\r\n\f\u00a0]+")
_GAP = re.compile(r"\n{3,}")


def page_text(html: str) -> str:
    """Return a page as text with the marks of Markdown for headings, lists and code. Never raises."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._title: list[str] = []
        self._hidden: list[str] = []
        """The elements that are left out and still open, the innermost at the end."""
        self._is_title = False
        self._preformatted = 0
        self._at_line_start = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _LEFT_OUT:
            self._hidden.append(tag)
        elif tag == "title" and not self._title:
            self._is_title = True
        elif tag == "pre":
            self._break("\n\n```\n")
            self._preformatted += 1
        elif tag in _HEADINGS:
            self._break("\n\n" + _HEADINGS[tag])
        elif tag == "li":
            self._break("\n- ")
        elif tag == "br":
            self._break("\n")
        elif tag in {"td", "th"}:
            self._pieces.append(" | ")
        elif tag == "img":
            alt = next((value for name, value in attrs if name == "alt" and value), "")
            self.handle_data(f"[image: {alt}]" if alt else "")
        elif tag in _BLOCKS:
            self._break("\n\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _LEFT_OUT:
            if tag in self._hidden:  # what was opened inside it is closed with it
                del self._hidden[self._hidden.index(tag) :]
        elif tag == "title":
            self._is_title = False
        elif tag == "pre" and self._preformatted:
            self._preformatted -= 1
            self._break("\n```\n\n")
        elif tag in _BLOCKS or tag in _HEADINGS:
            self._break("\n\n")

    def handle_data(self, data: str) -> None:
        if self._is_title:
            self._title.append(data)
        elif self._hidden:
            return
        elif self._preformatted:
            self._pieces.append(data)
            self._at_line_start = False
        else:
            text = _BLANKS.sub(" ", data)
            if self._at_line_start:
                text = text.lstrip(" ")
            if text:
                self._pieces.append(text)
                self._at_line_start = False

    def _break(self, marks: str) -> None:
        if not self._hidden:
            self._pieces.append(marks)
            self._at_line_start = True

    def text(self) -> str:
        """Return what was read."""
        title = _BLANKS.sub(" ", "".join(self._title)).strip()
        lines = "".join(self._pieces).split("\n")
        body = _GAP.sub("\n\n", "\n".join(line.rstrip() for line in lines)).strip("\n")
        return f"{title}\n\n{body}".strip("\n") + "\n" if title else f"{body}\n"
