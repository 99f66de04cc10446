"""Colours code line by line, keeping the lexer's state, so that every line of a long block is looked at once.

Cutting the text elsewhere gives the same result: what a line looks like depends on the lines before it, and not on how
they arrived.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pygments.lexer import ExtendedRegexLexer, Lexer, RegexLexer
from pygments.lexers import get_lexer_by_name
from pygments.token import String, Text, Token, _TokenType
from pygments.util import ClassNotFound
from rich.color import ColorSystem
from rich.style import Style
from rich.syntax import Syntax

_CLOSERS = {
    "/*": "*/", "<!--": "-->", "{-": "-}", "(*": "*)", "--[[": "]]", "<#": "#>", "#|": "|#", "%{": "%}", "{#": "#}",
    "/+": "+/", '"""': '"""', "'''": "'''", "=begin": "=end",
}  # fmt: skip
"""What ends the comments and strings that a lexer takes for one token, however many lines they have."""


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=True) if language else None
    except ClassNotFound:
        return None


class LineHighlighter:
    """Colours one code block, a line at a time.

    Args:
        language: What stands behind the fence, such as ``python``. An unknown one gives plain text.
        theme: A Pygments style, or ``ansi_dark`` or ``ansi_light``.
        color_system: What the terminal can show. None: no colour at all.
    """

    def __init__(self, language: str, theme: str, color_system: ColorSystem | None) -> None:
        self._lexer = _lexer(language.lower()) if color_system is not None else None
        self._theme = Syntax.get_theme(theme)
        self._color_system = color_system
        self._codes: dict[_TokenType, tuple[str, str]] = {}
        self._stack: list[str] = ["root"]
        self._open: tuple[str, _TokenType] | None = None
        """What ends the comment or string that began in an earlier line, and what it is."""

    def fork(self) -> LineHighlighter:
        """Return another one that goes on from here."""
        other = object.__new__(LineHighlighter)
        other.__dict__.update(self.__dict__)
        other._stack = list(self._stack)
        return other

    def line(self, text: str) -> str:
        """Return the next line with its colours. ``text`` has no line end."""
        if self._lexer is None:
            return text
        before = ""
        if self._open is not None:
            closer, kind = self._open
            end = text.find(closer)
            if end < 0:
                return self._paint(kind, text)
            self._open = None
            before, text = self._paint(kind, text[: end + len(closer)]), text[end + len(closer) :]
        stack = list(self._stack)
        tokens = self._begins_comment(text, stack)
        if tokens is None:
            stack = list(self._stack)
            tokens = list(self._tokens(text + "\n", stack))
        self._stack = stack
        return before + "".join(self._paint(kind, value) for kind, value in tokens).replace("\n", "")

    def _begins_comment(self, text: str, stack: list[str]) -> list[tuple[_TokenType, str]] | None:
        """Return the tokens of a line in which a comment begins and does not end. None: it is no such line.

        Many lexers know a comment by its end only, so it is read as if it ended with the line.
        """
        for opener, closer in _CLOSERS.items():
            position = text.rfind(opener)
            if position < 0 or text.find(closer, position + len(opener)) >= 0:
                continue
            tokens = [token for token in self._tokens(f"{text}{closer}\n", stack) if token[1].strip("\n")]
            kind, value = tokens[-1] if tokens else (Text, "")
            value = value.removesuffix("\n")
            is_comment = str(kind).startswith("Token.Comment") or kind is String.Doc
            if is_comment and value.endswith(closer) and opener in value:
                self._open = (closer, kind)
                return [*tokens[:-1], (kind, value.removesuffix(closer))]
            stack[:] = self._stack
        return None

    def _tokens(self, source: str, stack: list[str]) -> Iterator[tuple[_TokenType, str]]:
        lexer: Any = self._lexer
        if isinstance(lexer, RegexLexer) and not isinstance(lexer, ExtendedRegexLexer):
            return _regex_tokens(lexer, source, stack)
        return iter(lexer.get_tokens(source))

    def _paint(self, kind: _TokenType, text: str) -> str:
        codes = self._codes.get(kind)
        if codes is None:
            found = Style() if kind is Token.Error else self._theme.get_style_for_token(kind)
            style = Style(color=found.color, bold=found.bold, italic=found.italic, dim=found.dim)
            before, _, after = style.render("\0", color_system=self._color_system).partition("\0")
            codes = self._codes[kind] = (before, after)
        return f"{codes[0]}{text}{codes[1]}" if text.strip() else text


def _regex_tokens(lexer: Any, text: str, stack: list[str]) -> Iterator[tuple[_TokenType, str]]:
    """Run a Pygments lexer's table over ``text``, beginning in the state ``stack`` and leaving the last one in it."""
    table = lexer._tokens  # noqa: SLF001 - the table is the lexer; its own loop does not give the state back
    position = 0
    while position < len(text):
        for match_at, action, new_state in table.get(stack[-1], table["root"]):
            match = match_at(text, position)
            if match is None:
                continue
            if action is not None:
                if isinstance(action, _TokenType):
                    yield action, match.group()
                else:
                    yield from ((kind, value) for _, kind, value in action(lexer, match))
            position = match.end()
            if new_state is not None:
                _move(stack, new_state)
            break
        else:
            if text[position] == "\n":
                stack[:] = ["root"]
            yield (Text if text[position] == "\n" else Token.Error), text[position]
            position += 1


def _move(stack: list[str], new_state: Any) -> None:
    for step in new_state if isinstance(new_state, tuple) else (new_state,):
        if step in {"#pop", -1}:
            if len(stack) > 1:
                stack.pop()
        elif step == "#push":
            stack.append(stack[-1])
        elif isinstance(step, int):
            del stack[max(1, len(stack) + step) :]
        else:
            stack.append(step)
