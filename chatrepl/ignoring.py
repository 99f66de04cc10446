"""What the files .gitignore and .ignore say: patterns as git reads them. Pure.

Source: gitignore(5), git 2.47.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

ALWAYS_SKIPPED = frozenset(
    {
        *(".git", ".hg", ".svn", ".jj", "node_modules", "__pycache__", ".venv", ".tox", ".nox", ".direnv"),
        *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".gradle", ".terraform", ".cache"),
    }
)
"""Directories in which nobody looks for a file to talk about."""


class Rule(NamedTuple):
    """A line of such a file."""

    pattern: re.Pattern[str]
    """Of a path from the directory of the file on."""
    is_exception: bool
    """Whether it takes back what rules before it say."""
    is_for_directories: bool


def read_rules(text: str) -> list[Rule]:
    """Read a file; lines that are no pattern are left out."""
    rules = []
    for line in text.splitlines():
        pattern = re.sub(r"(?<!\\) +$", "", line)
        if not pattern or pattern.startswith("#"):
            continue
        is_exception = pattern.startswith("!")
        pattern = pattern.removeprefix("!")
        is_for_directories = pattern.endswith("/")
        pattern = pattern.rstrip("/")
        if not pattern:
            continue
        is_anchored = "/" in pattern
        try:
            compiled = re.compile(_translate(pattern.lstrip("/"), is_anchored=is_anchored))
        except re.error:
            continue
        rules.append(Rule(compiled, is_exception, is_for_directories))
    return rules


def letters(inside: str) -> str:
    """Translate what stands between the brackets of a glob, one letter at least: ``a-z``, ``!abc``, ``^abc``.

    A range that goes back, such as ``z-a``, becomes what ``re`` refuses.
    """
    is_negated = inside[0] in "!^" and len(inside) > 1

    def escaped(match: re.Match[str]) -> str:  # a bare sign would mean something to a regular expression
        first, last = match["first"], match["last"]
        return re.escape(first) + (f"-{re.escape(last)}" if last else "")

    said = re.sub(r"(?P<first>.)(?:-(?P<last>.))?", escaped, inside[is_negated:], flags=re.DOTALL)
    return f"[{'^' * is_negated}{said}]"


def _end_of_letters(pattern: str, at: int) -> int:
    """Return where the bracket that opens at a place is closed, -1 where it is not; a first ``]`` is one of its letters."""
    is_negated = pattern[at + 1 : at + 2] in {"!", "^"}
    return pattern.find("]", at + 2 + is_negated)


def _translate(pattern: str, *, is_anchored: bool) -> str:
    """Return a pattern as a regular expression for a whole path."""
    out, at = "" if is_anchored else "(?:.*/)?", 0
    while at < len(pattern):
        sign = pattern[at]
        if pattern.startswith("**/", at) and (at == 0 or pattern[at - 1] == "/"):
            out, at = out + "(?:.*/)?", at + 3
        elif pattern[at:] == "**" and (at == 0 or pattern[at - 1] == "/"):
            out, at = out + ".+", at + 2
        elif sign == "*":
            out, at = out + "[^/]*", at + 1
        elif sign == "?":
            out, at = out + "[^/]", at + 1
        elif sign == "[" and (end := _end_of_letters(pattern, at)) > 0:
            out, at = out + f"(?!/){letters(pattern[at + 1 : end])}", end + 1
        elif sign == "\\" and at + 1 < len(pattern):
            out, at = out + re.escape(pattern[at + 1]), at + 2
        else:
            out, at = out + re.escape(sign), at + 1
    return f"{out}\\Z"


class Ignored:
    """The rules that hold in a directory: its own, and those of the directories above it.

    Args:
        levels: The path of a directory from the top on, empty or with a slash at its end, and its rules; the top first.
    """

    def __init__(self, levels: Sequence[tuple[str, Sequence[Rule]]] = ()) -> None:
        self._levels = tuple(levels)

    def below(self, directory: str, texts: Iterable[str]) -> Ignored:
        """Return the rules in a directory below, which has files with these texts."""
        rules = [rule for text in texts for rule in read_rules(text)]
        return Ignored((*self._levels, (directory, rules))) if rules else self

    def hides(self, path: str, *, is_directory: bool) -> bool:
        """Whether a path from the top on is left out; the last rule that fits decides."""
        for directory, rules in reversed(self._levels):
            inner = path.removeprefix(directory)
            for rule in reversed(rules):
                if (is_directory or not rule.is_for_directories) and rule.pattern.match(inner):
                    return not rule.is_exception
        return False
