"""Blocks read line by line: the same as a parser finds that sees the whole text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from chatrepl.markup import code_blocks
from chatrepl.markup.blocks import LONG_CHARS, BlockParser
from chatrepl.markup.sink import BlockSink, Item, Quote

REFERENCE = MarkdownIt("commonmark", {"html": False}).enable("table")


class Tree(BlockSink):
    """Keeps what was found as nested lists."""

    def __init__(self) -> None:
        self.root: list[Any] = []
        self._stack: list[list[Any]] = [self.root]
        self._text = ""

    def _add(self, *block: Any) -> None:
        self._stack[-1].append(list(block))

    def open_container(self, container: Quote | Item) -> None:
        name = ["quote"] if isinstance(container, Quote) else ["item", container.number]
        self._add(*name, [])
        self._stack.append(self._stack[-1][-1][-1])

    def close_container(self) -> None:
        self._stack.pop()

    def paragraph(self, text: str) -> None:
        self._text += text

    def close_paragraph(self) -> None:
        self._add("paragraph", _lines(self._text))
        self._text = ""

    def heading(self, level: int, text: str) -> None:
        self._add("heading", level, _lines(text))

    def rule(self) -> None:
        self._add("rule")

    def definition(self, label: str, target: str, line: str) -> None:
        self._add("definition", label, target, line)

    def open_code(self, language: str) -> None:
        self._add("code", language, [])

    def code(self, line: str) -> None:
        self._stack[-1][-1][2].append(line)

    def open_table(self, head: list[str], alignments: list[str]) -> None:
        self._add("table", alignments, [head])

    def row(self, cells: list[str]) -> None:
        self._stack[-1][-1][2].append(cells)


def ours(text: str) -> list[Any]:
    """Return the blocks that the parser finds."""
    tree = Tree()
    parser = BlockParser(tree)
    for line in text.removesuffix("\n").split("\n"):
        parser.line(line)
    parser.finish()
    return tree.root


def theirs(text: str) -> list[Any]:
    """Return the blocks that markdown-it finds."""
    return list(_walk(iter(REFERENCE.parse(text)), ""))


def _walk(tokens: Iterator[Token], end: str) -> Iterator[list[Any]]:
    for token in tokens:
        if token.type == end:
            return
        match token.type:
            case "blockquote_open":
                yield ["quote", list(_walk(tokens, "blockquote_close"))]
            case "bullet_list_open":
                yield from ([name, None, inner] for name, _, inner in _walk(tokens, "bullet_list_close"))
            case "ordered_list_open":
                first = int(token.attrs.get("start", 1))
                items = list(_walk(tokens, "ordered_list_close"))
                yield from ([name, first + place, inner] for place, (name, _, inner) in enumerate(items))
            case "list_item_open":
                yield ["item", None, list(_walk(tokens, "list_item_close"))]
            case "paragraph_open":
                yield ["paragraph", _lines(next(tokens).content)]
                next(tokens)
            case "heading_open":
                yield ["heading", int(token.tag[1:]), _lines(next(tokens).content)]
                next(tokens)
            case "hr":
                yield ["rule"]
            case "fence" | "code_block":
                lines = token.content.removesuffix("\n").split("\n") if token.content else []
                yield ["code", token.info.strip().partition(" ")[0], lines]
            case "table_open":
                yield _table(tokens)


def _table(tokens: Iterator[Token]) -> list[Any]:
    rows: list[list[str]] = []
    sides: list[str] = []
    for token in tokens:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "th_open":
            sides.append(str(token.attrs.get("style", "")).removeprefix("text-align:"))
        elif token.type == "inline":
            rows[-1].append(token.content)
    return ["table", sides, rows]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().split("\n")]


def _without_empty_cells(blocks: list[Any]) -> list[Any]:
    """Leave out the cells that a row lacks: the reference fills it up."""
    for block in blocks:
        if block[0] == "table":
            block[2] = [_trimmed(row) for row in block[2]]
        elif block[0] in {"quote", "item"}:
            _without_empty_cells(block[-1])
    return blocks


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row = row[:-1]
    return row


STARTS = st.sampled_from(
    ["", "", "", " ", "  ", "   ", "    ", "     ", "\t", "- ", "-   ", "* ", "+ ", "1. ", "2. ", "9) ", "10. ", "> ", ">", "> > ", "  - ",
     "   1. ", "-\t", "1.\t", "-     ", "> \t"]
)  # fmt: skip
ENDS = st.sampled_from(
    ["", "", "word", "more words", "# head", "## head ##", "#nohead", "####### seven", "---", "===", "***", "- - -", "--", "=", "```", "```py",
     "~~~", "````", "``` a`b", "code()", "a | b", "|---|---|", "--- | ---", "| 1 | 2 |", "|:-:|", "| a |", "-", "1.", "*", ">", "\\", "x  ",
     "`a|b` \\| c", "    deep", "\tx", ":-- | --:", "_ _ _", "***bold***", "1986. year"]
)  # fmt: skip
LINES = st.tuples(st.lists(STARTS, max_size=3).map("".join), ENDS).map("".join)


_DIFFERS = re.compile(
    r"\t"  # behind a quotation's sign, the reference counts the columns of a tab otherwise than the specification
    r"|^ *(?:[-+*>]|\d+[.)]).*\n[ >]*[|:-][-:| ]*$"  # it takes the marks of lists and quotations into a table's head
    r"|^.*(?:[-+*>]|\d[.)]).*\n(?:.+\n)*?[ >]* {4}"  # it ends a paragraph in a list or a quotation where only its indent is missing
    r"|\n {4,}.*\|.*\n[ >]*[|:-]"  # it takes no table's head that is indented as code would be
    r"|\n[ >]*\Z|^>\n {5}",  # it leaves out blanks at the end of code that is not closed
    re.MULTILINE,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=12).map("\n".join))
def test_any_lines_give_the_blocks_that_a_parser_of_the_whole_text_finds(text: str) -> None:
    assume(not _DIFFERS.search(text))

    assert _without_empty_cells(ours(text)) == _without_empty_cells(theirs(text))


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("> a\n    ***", [["quote", [["paragraph", ["a", "***"]]]]]),
        ("> > a\n>     # b", [["quote", [["quote", [["paragraph", ["a", "# b"]]]]]]]),
        ("- | a |\n  |---|", [["item", None, [["table", [""], [["a"]]]]]]),
        ("-\tcode", [["item", None, [["paragraph", ["code"]]]]]),
        ("-\t\tcode", [["item", None, [["code", "", ["  code"]]]]]),
        ("3. a\n1. b\n7. c", [["item", n, [["paragraph", [t]]]] for n, t in ((3, "a"), (4, "b"), (5, "c"))]),
        ("[^1]: a note", [["paragraph", ["[^1]: a note"]]]),
        (
            '[a]: <http://x/y> "t"\n[b]: /z\nwords',
            [
                ["definition", "a", "<http://x/y>", '[a]: <http://x/y> "t"'],
                ["definition", "b", "/z", "[b]: /z"],
                ["paragraph", ["words"]],
            ],
        ),
    ],
)
def test_marks_are_read_as_the_specification_says(text: str, blocks: list[Any]) -> None:
    assert ours(text) == blocks


@pytest.mark.parametrize("filler", ["word " * (LONG_CHARS // 4), "line\n" * 8 + "line"])
def test_a_long_paragraph_is_settled_and_becomes_no_heading(filler: str) -> None:
    assert [block[0] for block in ours(f"{filler}\n===")] == ["paragraph"]
    assert [block[0] for block in ours("line\n===")] == ["heading"]


def test_a_table_right_behind_a_long_paragraph_is_a_table() -> None:
    found = ours("word " * 200 + "\n| a | b |\n|---|---|\n| 1 | 2 |")

    assert [block[0] for block in found] == ["paragraph", "table"]


def test_blocks_nested_too_deep_are_text() -> None:
    block = ours("> " * 100 + "deep")
    depth = 0
    while block[0][0] == "quote":
        depth += 1
        block = block[0][-1]

    assert depth < 100
    assert block == [["paragraph", ["> " * (100 - depth) + "deep"]]]


TRACE = "".join(
    f"{kind}\n\n" for kind in ("- a\n  - b", "> q\n> r", "1. x\n2. y", "```\nc\n```", "| a |\n|---|\n| b |")
)


class Calls(Tree):
    """Keeps what was found, and where blank lines are due."""

    def gap(self) -> None:
        self._add("gap")


@pytest.mark.parametrize("length", range(0, len(TRACE), 3))
def test_a_fork_goes_on_as_the_parser_would_and_leaves_it_alone(length: int) -> None:
    first = Calls()
    parser = BlockParser(first)
    lines = TRACE[:length].split("\n")
    for line in lines:
        parser.line(line)
    parser.fork(BlockSink()).line("> other")
    for line in TRACE[length:].split("\n"):
        parser.line(line)
    parser.finish()

    whole = Calls()
    alone = BlockParser(whole)
    for line in [*lines, *TRACE[length:].split("\n")]:
        alone.line(line)
    alone.finish()
    assert first.root == whole.root


def test_code_blocks_are_listed_with_their_text() -> None:
    found = code_blocks("- a\n\n      x\n\n```sh\nls\n\n```\n> ~~~\n> y")
    assert found == [("", "x\n"), ("sh", "ls\n\n"), ("", "y\n")]
