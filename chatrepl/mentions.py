"""Finds what a message names with an ``@``: files, directories, globs, pages. Pure; whether there is one is not known here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from chatrepl.ignoring import letters

_MENTION = re.compile(
    r"""
    (?: (?<=[\s(\[{<,;"']) | \A )          # a backslash, a letter or a digit before it: no mention
    @ (?: "(?P<quoted> [^"\n]+ )" (?P<after> [:\#] [^\s"]* )? | (?P<bare> [^\s@"] \S* ) )
    """,
    re.VERBOSE,
)
_LINES = re.compile(r"(?P<path>.+?)(?::|\#L?)(?P<first>\d{1,9})(?:-L?(?P<last>\d{0,9}))?")
_TRAILING = ".,;:!?)]}>'\""
"""What may stand behind a name without being part of it."""
_MOST_TRAILING = 8
_GLOB = re.compile(r"[*?\[]")


class Lines(NamedTuple):
    """A part of a file; both ends are in it, and the first line is 1."""

    first: int
    last: int | None
    """None: the end of the file."""

    def __str__(self) -> str:
        return f"{self.first}-{'' if self.last is None else self.last}".removesuffix(f"-{self.first}")


class Target(NamedTuple):
    """What a mention could mean."""

    path: str
    """A path, a glob or the address of a page."""
    lines: Lines | None = None
    """None: all of it."""

    @property
    def is_page(self) -> bool:
        """Whether it is the address of a page."""
        return self.path.lower().startswith(("http://", "https://"))

    @property
    def is_glob(self) -> bool:
        """Whether it has signs that stand for others."""
        return not self.is_page and _GLOB.search(self.path) is not None

    def __str__(self) -> str:
        return f"{self.path}:{self.lines}" if self.lines is not None else self.path


class Mention(NamedTuple):
    """Something that a message names."""

    start: int
    """Where its ``@`` is."""
    name: str
    """As it stands there, without the ``@`` and the quotation marks."""
    is_quoted: bool
    targets: tuple[Target, ...]
    """What it could mean; the first that is there counts."""


def find_mentions(text: str) -> tuple[Mention, ...]:
    """Return what a text names, in its order, each name once."""
    found: dict[str, Mention] = {}
    for match in _MENTION.finditer(text):
        is_quoted = match["quoted"] is not None
        name = match["quoted"] + (match["after"] or "") if is_quoted else match["bare"]
        found.setdefault(name, Mention(match.start(), name, is_quoted, tuple(_targets(name))))
    return tuple(found.values())


def mention_of(name: str) -> Mention:
    """Return the mention of something that is named by itself, such as the argument of a command."""
    return Mention(0, name, is_quoted=True, targets=tuple(_meanings(name)))


def split_names(text: str) -> list[str]:
    """Return the names in the argument of a command: parted by blanks, unless they stand in quotation marks."""
    return [quoted + after or bare for quoted, after, bare in re.findall(r'"([^"]+)"(\S*)|(\S+)', text)]


def _targets(name: str) -> Iterator[Target]:
    """Yield what a name could mean: as it stands first, then without what may stand behind it in a sentence."""
    if Target(name).is_page:  # it would be asked for
        yield Target(name.rstrip(_TRAILING.replace(")", "" if "(" in name else ")")))
        return
    for _ in range(_MOST_TRAILING):
        yield from _meanings(name)
        if name[-1] not in _TRAILING or len(name) == 1:
            return
        name = name[:-1]


def _meanings(name: str) -> Iterator[Target]:
    whole = Target(name)
    yield whole
    match = None if whole.is_page else _LINES.fullmatch(name)
    if match is None:
        return
    first = max(1, int(match["first"]))
    last = first if match["last"] is None else int(match["last"]) if match["last"] else None
    yield Target(match["path"], Lines(first, last))


def quoted(path: str) -> str:
    """Return a path as it is mentioned: in quotation marks where a blank is in it."""
    return f'@"{path}"' if re.search(r"\s", path) else f"@{path}"


def split_glob(glob: str) -> tuple[str, re.Pattern[str]]:
    """Return the directory in which a glob looks, with its slash, and what the paths below that must be like."""
    match = _GLOB.search(glob)
    cut = glob.rfind("/", 0, match.start() if match else len(glob)) + 1
    try:
        return glob[:cut], re.compile(_pattern(glob[cut:]))
    except re.error:  # a range that goes back, such as [z-a]: such a name is looked for as it is written
        return glob[:cut], re.compile(re.escape(glob[cut:]))


def _pattern(glob: str) -> str:
    """Translate: ``**/`` is any directories or none, ``*`` and ``?`` do not pass a slash."""
    pieces = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}

    def translated(match: re.Match[str]) -> str:
        sign = match[0]
        if sign in pieces:
            return pieces[sign]
        if sign.startswith("[") and len(sign) > 2:
            return letters(sign[1:-1])
        return re.escape(sign)

    return re.sub(r"\*\*/|\*\*|\*|\?|\[[!^]?[^\]/]+\]|.", translated, glob, flags=re.DOTALL)
