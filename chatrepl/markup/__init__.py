"""The dialect of Markdown that replies are read in, and what commands need of it. Pure; the parser loads at first use."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from chatrepl.markup.blocks import BlockParser
from chatrepl.markup.sink import BlockSink

if TYPE_CHECKING:
    from markdown_it import MarkdownIt


@cache
def inline_parser(*, has_links: bool = True) -> MarkdownIt:
    """Return the parser of what stands inside a block: CommonMark with strikethrough; HTML is text."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("strikethrough")
    return parser if has_links else parser.disable(["link", "image"])


class CodeBlock(NamedTuple):
    """A block of code in a reply."""

    language: str
    """As the fence names it; may be empty."""
    code: str
    """With a line end behind every line."""


class _Codes(BlockSink):
    def __init__(self) -> None:
        self.blocks: list[tuple[str, list[str]]] = []

    def open_code(self, language: str) -> None:
        self.blocks.append((language, []))

    def code(self, line: str) -> None:
        self.blocks[-1][1].append(line)


def code_blocks(text: str) -> list[CodeBlock]:
    """Return every block of code in a reply, in the order in which they are numbered on screen."""
    codes = _Codes()
    parser = BlockParser(codes)
    for line in text.removesuffix("\n").split("\n"):
        parser.line(line)
    parser.finish()
    return [CodeBlock(language, "".join(f"{line}\n" for line in lines)) for language, lines in codes.blocks]


LIMIT_REFERENCES = 1000
"""So many links can be defined in a reply; more are text."""


def define(label: str, target: str, references: dict[str, Any]) -> None:
    """Let later text name a link. The first definition of a label counts; a target that is no web address is none."""
    from markdown_it.common.utils import normalizeReference

    parser = inline_parser()
    address = parser.normalizeLink(target.removeprefix("<").removesuffix(">"))
    if len(references) < LIMIT_REFERENCES and parser.validateLink(address):
        references.setdefault(normalizeReference(label), {"title": "", "href": address})
