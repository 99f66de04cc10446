"""Turns a reply that is still arriving into lines to print once, and a small tail that is still open.

A top-level block is printed when the next one has begun, and never touched again; inside an open code fence, finished
lines are printed. Decisions are made on complete lines only, since the rest of a line can still change what it is.
Everything that comes in must have been sanitised. Printing all lines of a reply gives the same as rendering it at once.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import Any

from markdown_it.token import Token

from chatrepl.markup import parser
from chatrepl.ui.highlight import LineHighlighter
from chatrepl.ui.markdown import BlockRenderer

_FENCE_CLOSE = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*$")
_SELF_CLOSING = frozenset({"heading_open", "hr"})
TAIL_SOURCE_CHARS = 4000
"""How much of the open block is rendered for the tail: more than fits it."""


class _OpenFence:
    """A code fence at the top level whose closing line has not come."""

    def __init__(self, token: Token, opening: str, highlighter: LineHighlighter) -> None:
        self._token = token
        self._indent = len(opening) - len(opening.lstrip(" "))
        self._highlighter = highlighter

    def closes(self, line: str) -> bool:
        """Whether ``line`` ends the block."""
        return _is_closed(self._token, line)

    def unindent(self, line: str) -> str:
        """Return a line without the spaces that the opening line began with."""
        spaces = len(line) - len(line.lstrip(" "))
        return line[min(spaces, self._indent) :]

    def draw(self, line: str) -> str:
        """Return a finished line of code with its colours."""
        return self._highlighter.line(line.expandtabs(4)).rstrip(" ")


class MarkdownStream:
    """One reply on its way to the screen."""

    def __init__(self, renderer: BlockRenderer) -> None:
        self._renderer = renderer
        self._pending: list[str] = []
        self._has_new_line = False
        self._fence: _OpenFence | None = None
        self._references: dict[str, Any] = {}
        self._has_printed = False

    @property
    def is_in_fence(self) -> bool:
        """Whether the open end is code."""
        return self._fence is not None

    def feed(self, text: str) -> None:
        """Take the next piece of the reply, sanitised."""
        if text:
            self._pending.append(text)
            self._has_new_line = self._has_new_line or "\n" in text

    def take_lines(self, *, final: bool = False) -> list[str]:
        """Return the lines that are finished since the last call. ``final``: the reply is over, so all of them."""
        lines: list[str] = []
        if self._has_new_line or final:
            self._has_new_line = False
            text = "".join(self._pending)
            rest = self._advance(text, lines, final=final)
            self._pending = [rest] if rest and not final else []
        return lines

    def tail_lines(self, limit_rows: int) -> list[str]:
        """Return the last lines of what is still open, as they look now."""
        text = "".join(self._pending)
        if not text.strip() or limit_rows <= 0:
            return []
        if self._fence is not None:
            return [line[: self._renderer.columns] for line in text.split("\n")[-limit_rows:]]
        if len(text) > TAIL_SOURCE_CHARS:
            text = text[-TAIL_SOURCE_CHARS:]
            text = text[text.find("\n") + 1 :] if "\n" in text else text[text.find(" ") + 1 :]
        count = self._renderer.code_count
        lines = self._renderer.render(parser().parse(text, copy.deepcopy(self._references)))
        self._renderer.code_count = count
        return lines[-limit_rows:]

    def _advance(self, text: str, lines: list[str], *, final: bool) -> str:
        """Print what is finished of ``text`` and return the rest."""
        while text:
            if self._fence is not None:
                text, is_open = self._advance_fence(self._fence, text, lines, final=final)
                if is_open:
                    return text
                self._fence = None
                continue
            complete = text if final else text[: text.rfind("\n") + 1]
            done_lines = self._advance_blocks(complete, lines, final=final) if complete.strip() else 0
            if done_lines == 0:
                return text
            text = _after_line(text, done_lines)
        return ""

    def _advance_blocks(self, text: str, lines: list[str], *, final: bool) -> int:
        """Print the finished blocks and return how many source lines they took."""
        blocks = _top_level(parser().parse(text, self._references))
        source = text.split("\n")
        done = 0
        for index, block in enumerate(blocks):
            first = block[0]
            start, end = first.map or (0, 0)
            if first.type == "fence":
                self._open_fence(first, source[start], lines)
                if not _is_closed(first, source[end - 1]) or end - start < 2:
                    return start + 1
                self._draw_fence(first.content, lines)
            elif final or index < len(blocks) - 1 or (first.type in _SELF_CLOSING and end - start == 1):
                self._print(self._renderer.render(block), lines)
            else:
                return done
            done = end
        return done or len(source) - (not source[-1])

    def _open_fence(self, token: Token, opening: str, lines: list[str]) -> None:
        language = token.info.strip().partition(" ")[0]
        self._print([self._renderer.styled(self._renderer.next_label(language), "chat.label")], lines)
        self._fence = _OpenFence(token, opening, self._renderer.highlighter(language))

    def _draw_fence(self, content: str, lines: list[str]) -> None:
        if self._fence is not None and content:
            lines.extend(map(self._fence.draw, content.removesuffix("\n").split("\n")))
        self._fence = None

    @staticmethod
    def _advance_fence(fence: _OpenFence, text: str, lines: list[str], *, final: bool) -> tuple[str, bool]:
        """Print the finished lines of an open fence. Returns the rest, and whether the fence is still open."""
        position = 0
        while (end := text.find("\n", position)) >= 0:
            line = text[position:end]
            position = end + 1
            if fence.closes(line):
                return text[position:], False
            lines.append(fence.draw(fence.unindent(line)))
        rest = text[position:]
        if not final:
            return rest, True
        if rest and not fence.closes(rest):
            lines.append(fence.draw(fence.unindent(rest)))
        return "", False

    def _print(self, block: Sequence[str], lines: list[str]) -> None:
        if block:
            if self._has_printed:
                lines.append("")
            lines.extend(block)
            self._has_printed = True


def _top_level(tokens: Sequence[Token]) -> list[list[Token]]:
    """Cut parsed tokens into top-level blocks."""
    blocks: list[list[Token]] = []
    depth = 0
    for token in tokens:
        if depth == 0:
            blocks.append([])
        blocks[-1].append(token)
        depth += token.nesting
    return blocks


def _is_closed(token: Token, last_line: str) -> bool:
    """Whether ``last_line`` ends the fence that ``token`` began."""
    match = _FENCE_CLOSE.match(last_line)
    return match is not None and match[1][0] == token.markup[0] and len(match[1]) >= len(token.markup)


def _after_line(text: str, count: int) -> str:
    position = 0
    for _ in range(count):
        position = text.find("\n", position) + 1
        if position == 0:
            return ""
    return text[position:]
