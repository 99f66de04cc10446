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

LINK = "link "
"""Begins a style that makes words a link to the address that follows it."""
LIMIT_ADDRESS_CHARS = 2000
_WEB_ADDRESS = re.compile(r"(?:https?://|mailto:)[!-~]+")
_ADDRESS_LIKE = re.compile(r"://|www\.|\w\.\w|@")
"""Words that look like an address, where it would deceive that they lead to another one."""
LIMIT_BRACKETS = 60
LIMIT_RUNS = 300
"""A piece with more signs of emphasis is noise, or made to keep a parser busy: it is text. So are more brackets."""

_MARKED = re.compile(r"[\\`*_\[\]!<&~]")
_LINE_END = re.compile(r"[ \t]*\n[ \t]*")
_STYLES = {"em": "markdown.em", "strong": "markdown.strong", "s": "markdown.s", "link": "markdown.link"}


def spans(
    text: str, references: Mapping[str, Any], *, has_links: bool = False, has_formulas: bool = False
) -> Iterator[Span]:
    """Yield what a text consists of. Where a line ends in the source, it ends: verses, addresses.

    Args:
        text: The inside of a paragraph, a heading or a cell.
        references: The links defined so far, as the parser wants them.
        has_links: Whether words can be links by themselves; else the address stands behind them.
        has_formulas: Whether formulas are shown in signs that can be read.
    """
    if has_formulas and ("$" in text or "\\(" in text or "\\[" in text):
        from chatrepl.formulas import with_formulas

        text = with_formulas(text)
    if not _MARKED.search(text) or sum(map(text.count, "*_~")) > LIMIT_RUNS:
        for number, line in enumerate(_LINE_END.split(text)):
            if number:
                yield BREAK
            if line:
                yield _clean(line), ()
        return
    parser = inline_parser(has_links=text.count("[") <= LIMIT_BRACKETS)
    tokens = parser.parseInline(text, {"references": references})[0].children or []
    yield from _walk(tokens, has_links=has_links)


def _walk(tokens: list[Any], *, has_links: bool) -> Iterator[Span]:
    styles: Styles = ()
    targets: list[str] = []
    words: list[str] = []
    """Of the innermost link."""
    for token in tokens:
        if token.type == "text":
            if token.content:
                words.append(token.content)
                yield _clean(token.content), styles
        elif token.type in {"softbreak", "hardbreak"}:
            yield BREAK
        elif token.type == "code_inline":
            yield _clean(token.content), (*styles, "markdown.code")
        elif token.type == "image":
            description = token.content or "no description"
            yield _clean(f"[image: {description}] ({token.attrs.get('src', '')})"), styles
        elif token.nesting > 0:
            style = _STYLES.get(token.tag if token.tag != "a" else "link", "markdown.text")
            if token.type == "link_open":
                href = str(token.attrs.get("href", ""))
                targets.append("" if token.markup == "autolink" else href)
                words = []
                if has_links and is_web_address(href):
                    style = LINK + href
            styles = (*styles, style)
        elif token.nesting < 0:
            is_link = styles[-1].startswith(LINK)
            styles = styles[:-1]
            if token.type == "link_close" and (target := targets.pop()):
                is_hidden = is_link and not _ADDRESS_LIKE.search("".join(words))
                if not is_hidden:
                    yield f" ({_clean(target)})", (*styles, "markdown.link_url")
        else:
            yield _clean(token.content), styles


def is_web_address(target: str) -> bool:
    """Whether words may lead there with a click: a page or a mailbox, in signs that cannot drive a terminal."""
    return len(target) <= LIMIT_ADDRESS_CHARS and _WEB_ADDRESS.fullmatch(target) is not None


def _clean(text: str) -> str:
    """Sanitise once more, since entities can spell control characters, and keep it on one line."""
    text = sanitise(text)
    if "\t" in text:
        text = text.replace("\t", "    ")
    return text.replace("\n", " ") if "\n" in text else text
