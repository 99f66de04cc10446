"""Text by chance, with marks in it, and the words that must be seen of it.

Every word that counts is made once: the letter q and three more, which stand nowhere else. So a test knows which words a
text has, in which order and in which style, without a parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

WORD = re.compile("q[b-df-hj-np-tv-z][0-9][0-9a-z]")
_FIRST, _SECOND, _THIRD = "bcdfghjklmnprstvwxyz", "0123456789", "0123456789abcdefghijklmnoprstuvwxyz"

PLAIN: frozenset[str] = frozenset()
Styles = frozenset[str]
"""Of ``bold``, ``italics``, ``strikethrough`` and ``underscore``, and ``fg=...``."""


@dataclass(frozen=True)
class Word:
    """A word that must be seen."""

    text: str
    styles: Styles | None = PLAIN
    """None: whatever they are."""


@dataclass(frozen=True)
class TableWords:
    """Words that may stand beside each other, and those of the head also more than once."""

    head: tuple[Word, ...]
    cells: tuple[Word, ...]


Expected = Word | TableWords


@dataclass(frozen=True)
class Options:
    """What a document may have."""

    depth: int = 4
    has_references: bool = True
    has_open_delimiters: bool = True
    has_long_paragraphs: bool = True
    has_lazy_lines: bool = True
    has_line_breaks_in_cells: bool = True


NOISE = (
    "a", "of", "and", "the model", "server", "x", "it's", "\u201cquoted\u201d", "\u2014", "100%", "C++", "e\u0301a", "\u6f22\u5b57",
    "\u65e5\u672c\u8a9e\u306e\u6587", "\ud55c\uad6d\uc5b4", "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627",
    "\u0928\u092e\u0938\u094d\u0924\u0947", "\u0440\u0443\u0441\u0441\u043a\u0438\u0439", "na\u00efve", "\U0001f600",
    "\U0001f469\u200d\U0001f680", "\U0001f1e9\U0001f1ea", "\U0001f44d\U0001f3fd", "1\ufe0f\u20e3", "\u2764\ufe0f",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "\uff08\u62ec\u5f27\uff09\uff0c", "&amp;", "&copy;", "&#65;", "&nosuch;", "\\*", "\\_", "\\[x\\]", "\\`", "\\\\", "\\&amp;", "3 < 4",
    "a > b", "AT&T", "snake_case_name", "2 * 3", "~", "a~b", "$x^2$", "\t", "a\tb", "1.", "10)", "(see)", "[^1]", "[no link]", "!", "#no",
    "<b>bold</b>", "<br>", "<!-- note -->", "http://example.org/path?a=1&b=2", "www.example.org", "me@example.org", "   ", "\u00a0", "\u3000",
    "g\u0308\u0323", "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22",
)  # fmt: skip
"""What stands between the words that count, and is in no style."""


@dataclass
class TextWriter:
    """Writes the text of one document.

    Args:
        random: Decides.
    """

    random: Random
    options: Options = field(default_factory=Options)
    count: int = 0
    """How many words were made so far."""
    expected: list[Expected] = field(default_factory=list)
    is_in_table: bool = False
    labels: dict[str, str] = field(default_factory=dict)
    """The links defined so far, with the word in their targets."""

    # Words.

    def word(self, styles: Styles | None = PLAIN) -> str:
        """Return a new word, which must be seen next."""
        number, self.count = self.count, self.count + 1
        number, third = divmod(number, len(_THIRD))
        number, second = divmod(number, len(_SECOND))
        text = f"q{_FIRST[number % len(_FIRST)]}{_SECOND[second]}{_THIRD[third]}"
        self.expected.append(Word(text, styles))
        return text

    def words(self, most: int, styles: Styles | None = PLAIN) -> str:
        """Return some words with other things between them."""
        pieces = [self.word(styles)]
        for _ in range(self.random.randrange(most)):
            if self.random.random() < 0.3:
                pieces.append(self.random.choice(NOISE))
            pieces.append(self.word(styles))
        return " ".join(pieces)

    def plain_words(self, most: int, styles: Styles | None = PLAIN) -> str:
        """Return some words and nothing else."""
        return " ".join(self.word(styles) for _ in range(1 + self.random.randrange(most)))

    # What stands in a line.

    def inline(self, styles: Styles | None = PLAIN, *, depth: int = 2, is_in_link: bool = False) -> str:
        """Return a piece of text with marks around it, or none."""
        kinds: list[Callable[[], str]] = [lambda: self.words(4, styles), lambda: self.words(6, styles)]
        if depth:
            kinds += [
                lambda: self._marked("**", "bold", styles, depth, is_in_link=is_in_link),
                lambda: self._marked("*", "italics", styles, depth, is_in_link=is_in_link),
                lambda: self._marked("_", "italics", styles, depth, is_in_link=is_in_link),
                lambda: self._marked("~~", "strikethrough", styles, depth, is_in_link=is_in_link),
            ]
        kinds += [lambda: self._code_span(styles)]
        if not is_in_link:
            kinds += [lambda: self._link(styles), self._autolink, lambda: self._image(styles)]
            if self.labels and not self.is_in_table:
                kinds.append(lambda: self._reference(styles))
        return self.random.choice(kinds)()

    def _marked(
        self, mark: str, style: str, styles: Styles | None, depth: int, *, is_in_link: bool = False
    ) -> str:
        inner = None if styles is None else styles | {style}
        words = [self.word(inner)]
        if depth > 1 and self.random.random() < 0.3:
            words.append(self.inline(inner, depth=depth - 1, is_in_link=is_in_link))
        if self.random.random() < 0.5:
            words.append(self.word(inner))
        else:
            words[-1] += " and"
        between = "\n" if self.random.random() < 0.1 else " "
        return f"{mark}{between.join(words)}{mark}"

    def _code_span(self, styles: Styles | None) -> str:
        inner = None if styles is None else styles | {"bold", "fg=cyan"}
        ticks = "`" * self.random.choice((1, 1, 1, 2, 3))
        extra = self.random.choice(
            ("", "", " *x*", " <b>", " &amp;", " \\", " ` " if len(ticks) > 1 else " ")
        )
        return f"{ticks}{self.plain_words(2, inner)}{extra} {self.word(inner)}{ticks}"

    def _target(self) -> str:
        if self.is_in_table:  # an address may be cut there
            return "http://x"
        return f"https://example.org/{self.word(None)}" + self.random.choice(
            ("", "?a=1&b=2", "#part", "/(x)")
        )

    def _link(self, styles: Styles | None) -> str:
        inner = None if styles is None else styles | {"underscore"}
        text = (
            self.inline(inner, depth=1, is_in_link=True)
            if self.random.random() < 0.3
            else self.words(2, inner)
        )
        title = self.random.choice(("", "", ' "title"', " 'title'"))
        return f"[{text.replace('[', '(').replace(']', ')')}]({self._target()}{title})"

    def _autolink(self) -> str:
        return f"<{self._target()}>"

    def _image(self, styles: Styles | None) -> str:
        return f"![{self.plain_words(2, styles)}]({self._target()})"

    def _reference(self, styles: Styles | None) -> str:
        inner = None if styles is None else styles | {"underscore"}
        label = self.random.choice(list(self.labels))
        text = f"[{self.plain_words(2, inner)}][{self.random.choice((label, label.upper()))}]"
        self.expected.append(Word(self.labels[label], None))
        return text

    def text(self, most: int, styles: Styles | None = PLAIN) -> str:
        """Return text with marks, on one line or several."""
        pieces = [self.plain_words(2, styles)]
        for _ in range(self.random.randrange(most)):
            pieces.append(self.random.choice((" ", " ", " ", ", ", " \u2014 ", "  ")))
            if self.random.random() < 0.15:
                pieces[-1] = self.random.choice(("\n", "  \n", "\\\n"))
                pieces.append(self.plain_words(2, styles) + " ")
            pieces.append(self.inline(styles))
        return "".join(pieces)
