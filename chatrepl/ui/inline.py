"""Turns the text inside a block into spans: pieces of text, each with the names of its styles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from chatrepl.markup import inline_parser
from chatrepl.sanitise import sanitise

Styles = tuple[str, ...]
"""Names of styles, the outermost first."""
Span = tuple[str, Styles]
"""A piece of text without newlines; ``BREAK`` stands for the end of a line."""
BREAK: Span = ("\n", ())

LIMIT_BRACKETS = 60
LIMIT_RUNS = 300
"""A piece with more signs of emphasis is noise, or made to keep a parser busy: it is text. So are more brackets."""

_MARKED = re.compile(r"[\\`*_\[\]!<&~]")
_LINE_END = re.compile(r"[ \t]*\n[ \t]*")
_STYLES = {"em": "markdown.em", "strong": "markdown.strong", "s": "markdown.s", "link": "markdown.link"}


def spans(text: str, references: Mapping[str, Any]) -> Iterator[Span]:
    """Yield what a text consists of. Where a line ends in the source, it ends: verses, addresses.

    Args:
        text: The inside of a paragraph, a heading or a cell.
        references: The links defined so far, as the parser wants them.
    """
    if not _MARKED.search(text) or sum(map(text.count, "*_~")) > LIMIT_RUNS:
        for number, line in enumerate(_LINE_END.split(text)):
            if number:
                yield BREAK
            if line:
                yield _clean(line), ()
        return
    parser = inline_parser(has_links=text.count("[") <= LIMIT_BRACKETS)
    tokens = parser.parseInline(text, {"references": references})[0].children or []
    yield from _walk(tokens)


def _walk(tokens: list[Any]) -> Iterator[Span]:
    styles: Styles = ()
    targets: list[str] = []
    for token in tokens:
        if token.type == "text":
            if token.content:
                yield _clean(token.content), styles
        elif token.type in {"softbreak", "hardbreak"}:
            yield BREAK
        elif token.type == "code_inline":
            yield _clean(token.content), (*styles, "markdown.code")
        elif token.type == "image":
            words = token.content or "no description"
            yield _clean(f"[image: {words}] ({token.attrs.get('src', '')})"), styles
        elif token.nesting > 0:
            styles = (*styles, _STYLES.get(token.tag if token.tag != "a" else "link", "markdown.text"))
            if token.type == "link_open":
                targets.append("" if token.markup == "autolink" else str(token.attrs.get("href", "")))
        elif token.nesting < 0:
            styles = styles[:-1]
            if token.type == "link_close" and (target := targets.pop()):
                yield f" ({_clean(target)})", (*styles, "markdown.link_url")
        else:
            yield _clean(token.content), styles


def _clean(text: str) -> str:
    """Sanitise once more, since entities can spell control characters, and keep it on one line."""
    text = sanitise(text)
    if "\t" in text:
        text = text.replace("\t", "    ")
    return text.replace("\n", " ") if "\n" in text else text
