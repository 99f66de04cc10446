"""The dialect of Markdown that replies are read in, and what commands need of it. Pure; the parser loads at first use."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

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


class _Codes(BlockSink):
    def __init__(self) -> None:
        self.blocks: list[list[str]] = []

    def open_code(self, language: str) -> None:  # noqa: ARG002 - only the code is asked for
        self.blocks.append([])

    def code(self, line: str) -> None:
        self.blocks[-1].append(line)


def code_blocks(text: str) -> list[str]:
    """Return the code of every block in a reply, in the order in which they are numbered on screen."""
    codes = _Codes()
    parser = BlockParser(codes)
    for line in text.removesuffix("\n").split("\n"):
        parser.line(line)
    parser.finish()
    return ["".join(f"{line}\n" for line in block) for block in codes.blocks]


LIMIT_REFERENCES = 1000
"""So many links can be defined in a reply; more are text."""


def define(label: str, target: str, references: dict[str, Any]) -> None:
    """Let later text name a link. The first definition of a label counts; a target that is no web address is none."""
    from markdown_it.common.utils import normalizeReference

    parser = inline_parser()
    address = parser.normalizeLink(target.removeprefix("<").removesuffix(">"))
    if len(references) < LIMIT_REFERENCES and parser.validateLink(address):
        references.setdefault(normalizeReference(label), {"title": "", "href": address})
