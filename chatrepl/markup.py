"""The dialect of Markdown that replies are read in, and what commands need of it. Pure; the parser loads at first use."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


@cache
def parser() -> MarkdownIt:
    """Return the parser: CommonMark with tables and strikethrough; HTML is text, so that none of it disappears."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"])


def code_blocks(text: str) -> list[str]:
    """Return the code of every block in a reply, in the order in which they are numbered on screen."""
    return [token.content for token in parser().parse(text) if token.type in {"fence", "code_block"}]
