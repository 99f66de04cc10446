"""The lines of a Markdown text as a parser finds them that sees the whole of it: what the program's own is held against."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

PARSER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_LABEL = re.compile(r"(?:(?:>|\u2022|\d+\.) )*[^ ]+ \[\d+\]")
_RULE = re.compile("\u2500[\u2500 ]*")
_EMPTY = re.compile("[> ]*\u2500?")


@dataclass
class _Container:
    sign: str
    is_quote: bool
    is_new: bool = True


@dataclass
class _Lines:
    """What was found so far: every line with the signs of its containers, blanks counting as one."""

    found: list[str] = field(default_factory=list)
    containers: list[_Container] = field(default_factory=list)

    def add(self, text: str) -> None:
        signs = [container.sign for container in self.containers if container.is_quote or container.is_new]
        for container in self.containers:
            container.is_new = False
        self.found.append(" ".join([*signs, *text.split()]))

    def open(self, sign: str, *, is_quote: bool = False) -> None:
        self.containers.append(_Container(sign, is_quote))

    def close(self) -> None:
        if self.containers[-1].is_new:
            self.add("")
        self.containers.pop()


def reference_lines(text: str) -> list[str]:
    """Return the lines that must be shown of a text where they are not wrapped, with blanks counting as one."""
    lines = _Lines()
    numbers: list[int | None] = []
    heading, row = "", [""]
    is_row = False
    for token in PARSER.parse(text):
        match token.type:
            case "blockquote_open":
                lines.open(">", is_quote=True)
            case "bullet_list_open":
                numbers.append(None)
            case "ordered_list_open":
                numbers.append(int(token.attrs.get("start", 1)))
            case "list_item_open":
                number = numbers[-1]
                lines.open("\u2022" if number is None else f"{number}.")
                numbers[-1] = None if number is None else number + 1
            case "blockquote_close" | "list_item_close":
                lines.close()
            case "bullet_list_close" | "ordered_list_close":
                numbers.pop()
            case "heading_open":
                heading = "#" * int(token.tag[1:]) + " "
            case "tr_open":
                is_row, row = True, []
            case "tr_close":
                is_row = False
                lines.add(" ".join(row))
            case "inline" if is_row:
                row.append(_inline(token))
            case "inline":
                for line in f"{heading}{_inline(token)}".split("\n"):
                    lines.add(line)
                heading = ""
            case "fence" | "code_block":
                lines.add("code [1]")
                for line in token.content.removesuffix("\n").split("\n"):
                    lines.add(line)
            case "hr":
                lines.add("\u2500")
    return bare_lines(lines.found)


def reference_code(text: str) -> list[str]:
    """Return the lines of code that must be shown: as they are, behind nothing but the signs of quotations."""
    found: list[str] = []
    signs = ""
    for token in PARSER.parse(text):
        match token.type:
            case "blockquote_open":
                signs += "> "
            case "blockquote_close":
                signs = signs.removesuffix("> ")
            case "fence" | "code_block":
                found += [
                    f"{signs}{line.expandtabs(4)}".rstrip(" ")
                    for line in token.content.removesuffix("\n").split("\n")
                ]
    return [line for line in found if line.strip("> ")]


def bare_lines(lines: Iterable[str]) -> list[str]:
    """Return drawn lines with single blanks, and without empty ones, rules and the labels of code."""
    texts = (_RULE.sub("\u2500", " ".join(line.split())) for line in lines)
    return [text for text in texts if not _LABEL.fullmatch(text) and not _EMPTY.fullmatch(text)]


def _inline(token: Token) -> str:
    return "".join(_pieces(token.children or []))


def _pieces(tokens: Iterable[Token]) -> Iterator[str]:
    targets: list[str] = []
    for token in tokens:
        match token.type:
            case "softbreak" | "hardbreak":
                yield "\n"
            case "image":
                yield f"[image: {token.content}] ({token.attrs['src']})"
            case "link_open":
                targets.append("" if token.markup == "autolink" else str(token.attrs["href"]))
            case "link_close":
                target = targets.pop()
                yield f" ({target})" if target else ""
            case _:
                yield token.content.replace("\n", " ")
