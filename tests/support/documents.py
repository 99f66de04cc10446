"""Markdown documents by chance, and what must be seen of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from random import Random

from hypothesis import strategies as st

from tests.support.texts import PLAIN, WORD, Expected, Options, Styles, TableWords, TextWriter, Word


@dataclass(frozen=True)
class Document:
    """A text, and what must be seen of it."""

    text: str
    expected: tuple[Expected, ...]


@dataclass(frozen=True)
class Line:
    """A line of a block, without what its containers put before it."""

    text: str
    may_be_lazy: bool = False
    """Whether it goes on with a paragraph, so that it may stand without the marks of its containers."""
    is_bare: bool = False
    """Whether it stands without them."""


_LANGUAGES = (
    "",
    "python",
    "js",
    "sh",
    "json",
    "c",
    "rust",
    "html",
    "yaml",
    "diff",
    "no-such",
    "text",
    "toml",
)
_CODE = (
    "{word} = {{1: [2, 3]}}  # {word}", "def {word}(x, *, y=None):", "    return \"{word}\" + '{word}'", "if ({word} && x) {{", "\t{word}\ttab",
    "// {word} comment", "/* {word} */", '"{word}": [true, null, 1.5e3],', '<p class="{word}">text</p>', "- {word}: yes", "+ {word}", "- {word}",
    "# {word}", "> {word}", "| {word} | x |", "    deep {word}", "$ {word} --flag=value | cat > /dev/null", "let {word} = `a ${{x}} b`;", "",
    "\u6f22\u5b57 = {word}", "{word} \\", "*{word}* **no emphasis** `no code` [no](link) &amp; <b>", '"""{word} {word}"""', "  {word}  ",
    "{word} x", "1. {word}", "%% {word} %d %s", "{word}" + " long" * 40, "\U0001f600 {word}",
)  # fmt: skip


class Writer(TextWriter):
    """Writes the blocks of one document."""

    # Blocks without blocks inside.

    def paragraph(self) -> list[Line]:
        """Return a paragraph."""
        choice = self.random.random()
        if choice < 0.06 and self.options.has_long_paragraphs:
            return self._long_paragraph()
        first, *rest = self.text(6).split("\n")
        lazy = self.random.random() < 0.3 and self.options.has_lazy_lines
        return [Line(first), *(Line(line, may_be_lazy=lazy and bool(WORD.match(line))) for line in rest)]

    def _long_paragraph(self) -> list[Line]:
        chars = self.random.choice((500, 900, 1500, 3000))
        if self.options.has_open_delimiters and self.random.random() < 0.6:
            signs = self.random.choice(
                (("**",), ("*", "_"), ("`",), ("[", "!["), ("](", "["), ("~~", "*"), ("``", "<", "&"))
            )
            pieces: list[str] = []
            while sum(map(len, pieces)) < chars:
                pieces.append(self.random.choice((*signs, "", "", "", "")) + self.plain_words(3, None))
            return [Line(" ".join(pieces))]
        between = self.random.choice((" ", " ", "\n"))
        text = self.plain_words(3)
        while len(text) < chars:
            text += (
                (between if self.random.random() < 0.3 else " ") + self.plain_words(2) + " " + self.inline()
            )
        return [Line(line) for line in text.split("\n")]

    def underlined(self) -> list[Line]:
        """Return a heading with a line under it."""
        is_first = self.random.random() < 0.5
        styles = frozenset({"bold", "underscore"} if is_first else {"bold"})
        text = self.text(3, styles) if self.random.random() < 0.3 else self.words(3, styles)
        return [
            *map(Line, text.split("\n")),
            Line(("=" if is_first else "-") * self.random.choice((1, 3, 12))),
        ]

    def heading(self) -> list[Line]:
        """Return a heading with number signs."""
        level = self.random.choice((1, 1, 2, 2, 3, 4, 5, 6))
        styles = frozenset({"bold", "underscore"} if level == 1 else {"bold"})
        end = self.random.choice(("", "", " #", " " + "#" * level, "  "))
        return [Line("#" * level + " " + self.words(5, styles) + end)]

    def rule(self) -> list[Line]:
        """Return a line across."""
        return [Line(self.random.choice(("***", "* * *", "___", "_ _ _ _", "**********")))]

    def html(self) -> list[Line]:
        """Return what would be HTML elsewhere."""
        name = self.random.choice(("div", "details", "table", 'p align="center"', 'img src="x"/'))
        return [Line(f"<{name}>"), Line(f"<b>{self.word()}</b> {self.word()}"), Line(f"</{name.split()[0]}>")]

    def definition(self) -> list[Line]:
        """Return the definition of a link."""
        label = f"label {len(self.labels)}"
        target = self._target()
        self.labels[label] = WORD.findall(target)[0]
        title = self.random.choice(("", "", ' "a title"', " (a title)"))
        return [Line(f"[{label}]: {target}{title}")]

    def footnote(self) -> list[Line]:
        """Return the text of a footnote."""
        return [Line(f"[^{self.random.randrange(1, 20)}]: see {self.text(3)}".replace("\n", " "))]

    def _code_lines(self, most: int) -> list[str]:
        lines = []
        for _ in range(self.random.randrange(most)):
            pattern = self.random.choice(_CODE)
            lines.append(
                pattern.replace("{word}", "{}").format(
                    *(self.word(None) for _ in range(pattern.count("{word}")))
                )
            )
        return lines

    def fence(self, *, can_be_indented: bool) -> list[Line]:
        """Return a fenced block of code."""
        mark = self.random.choice(("```", "```", "```", "~~~", "````", "~~~~~"))
        indent = " " * self.random.choice((0, 0, 0, 1, 2, 3)) if can_be_indented else ""
        info = self.random.choice(_LANGUAGES) + self.random.choice(("", "", " title=x", " "))
        if self.random.random() < 0.1:
            info = " " + info
        lines = [indent + line for line in self._code_lines(8)]
        if len(mark) > 3 and self.random.random() < 0.5:
            lines.append(mark[0] * 3)
        return [
            *map(
                Line,
                (
                    indent + mark + info,
                    *lines,
                    indent[: self.random.randrange(4)] + mark + self.random.choice(("", "", " ")),
                ),
            )
        ]

    def indented_code(self) -> list[Line]:
        """Return a block of indented code."""
        first = f"    {self.word(None)} x"
        lines = [f"    {line}" if line else "" for line in self._code_lines(4)]
        return [*map(Line, (first, *lines, f"    {self.word(None)}"))]

    def table(self) -> list[Line]:
        """Return a table."""
        columns = self.random.choice((1, 2, 2, 3, 4, 7))
        rows = self.random.choice((1, 2, 3, 6, 12))
        before, self.expected, self.is_in_table = self.expected, [], True
        bold = frozenset({"bold"})
        lines = ["| " + " | ".join(self._cell(bold) for _ in range(columns)) + " |"]
        head, self.expected = self.expected, []
        lines.append(
            "|"
            + "|".join(self.random.choice(("---", ":--", "--:", ":-:", " --- ")) for _ in range(columns))
            + "|"
        )
        for _ in range(rows):
            row = " | ".join(
                self._cell(PLAIN) for _ in range(columns - (self.random.random() < 0.05 and columns > 1))
            )
            lines.append(f"| {row} |" if columns == 1 or self.random.random() < 0.8 else row)
        cells, self.expected, self.is_in_table = self.expected, before, False
        self.expected.append(TableWords(_words(head), _words(cells)))
        return [*map(Line, lines)]

    def _cell(self, styles: Styles) -> str:
        choice = self.random.random()
        if choice < 0.6:
            return self.plain_words(3, styles)
        if choice < 0.7:
            return self.plain_words(14, styles)
        text = (
            (self.text(2, styles) if choice < 0.95 else self.words(8, styles))
            .replace("\\\n", " ")
            .replace("\n", " ")
        )
        text = text.replace("|", "\\|") + self.random.choice(("", "", " \\| x", " <br> y"))
        return text if self.options.has_line_breaks_in_cells else text.replace("<br>", "<hr>")

    # Containers.

    def quote(self, depth: int) -> list[Line]:
        """Return a quotation."""
        sign = self.random.choice(("> ", "> ", "> ", ">"))
        found = []
        for line in self.blocks(1 + self.random.randrange(3), depth - 1):
            if line.is_bare or (line.may_be_lazy and self.random.random() < 0.5):
                found.append(Line(line.text, may_be_lazy=True, is_bare=True))
            elif not line.text:
                found.append(Line(sign.rstrip()))
            else:
                found.append(Line(("> " if line.text[0] in " \t" else sign) + line.text))
        return found

    def items(self, depth: int) -> list[Line]:
        """Return a list."""
        is_ordered = self.random.random() < 0.5
        mark = self.random.choice(".)") if is_ordered else self.random.choice("-+*")
        number = self.random.choice((1, 1, 1, 0, 2, 7, 8, 97, 1986, 123456789))
        looseness = self.random.choice((0.0, 0.0, 1.0, 0.4))
        found: list[Line] = []
        for place in range(
            self.random.choice((1, 2, 3, 3, 4, 12)) if depth > 2 else 1 + self.random.randrange(3)
        ):
            if place and self.random.random() < looseness:
                found.append(Line(""))
            sign = f"{number + place * (self.random.random() < 0.9)}{mark}" if is_ordered else mark
            found += self._item(sign[-10:], depth, looseness)
        return found

    def _item(self, sign: str, depth: int, looseness: float) -> Iterable[Line]:
        is_block = False
        if self.random.random() < 0.2:
            task = self.random.choice(("[ ] ", "[x] ", "[X] "))
            first: list[Line] = [Line(f"{task}{self.word()} x")]
        elif self.random.random() < 0.1:
            kind, first = self.block(depth - 1, "mark")
            if kind == "rule":  # behind a star, stars would make a rule of the whole line
                first = [Line("___")]
            is_block = True
        else:
            first = [Line(line) for line in self.text(3).split("\n")]
        rest = (
            self.blocks(1 + self.random.randrange(2), depth - 1, is_tight=True)
            if self.random.random() < 0.3
            else []
        )
        if rest and (is_block or self.random.random() < looseness):
            first.append(Line(""))
        blanks = " " * (1 if first[0].text.startswith(" ") else self.random.choice((1, 1, 1, 2, 3)))
        for number, line in enumerate(chain(first, rest)):
            if line.is_bare or not line.text:
                yield line
            elif number and line.may_be_lazy and self.random.random() < 0.3:
                yield Line(line.text, may_be_lazy=True, is_bare=True)
            else:
                before = " " * len(sign + blanks) if number else sign + blanks
                yield Line(before + line.text)

    def blocks(self, count: int, depth: int, *, is_tight: bool = False) -> list[Line]:
        """Return some blocks, one below the other."""
        found: list[Line] = []
        last = "words" if is_tight else ""
        for number in range(count):
            kind, lines = self.block(depth, last)
            if last and (not is_tight or number) and not self._may_follow(last, kind):
                found += [Line("")] * self.random.choice((1, 1, 1, 2))
            found += lines
            last = kind
        return found

    def block(self, depth: int, last: str) -> tuple[str, list[Line]]:
        """Return a block of any kind that can stand below one of the kind ``last``. ``words``: right below them."""
        kinds = ["paragraph"] * 4 + [
            "heading",
            "rule",
            "html",
            "footnote",
            "fence",
            "fence",
            "table",
            "table",
        ]
        if last != "words":
            kinds += ["underlined"]
        if self.options.has_references and last != "words":
            kinds += ["definition", "definition"]
        if last not in {"items", "words"}:
            kinds += ["indented_code"]
        if depth > 0:
            kinds += ["quote", "quote"]
            kinds += ["items", "items", "items"] if last not in {"items", "words"} else []
        kind = self.random.choice(kinds)
        if kind == "fence":  # under a list or right behind its mark, an indent would mean something
            return kind, self.fence(can_be_indented=last not in {"items", "mark"})
        made: list[Line] = getattr(self, kind)(depth) if kind in {"quote", "items"} else getattr(self, kind)()
        return kind, made

    def _may_follow(self, last: str, kind: str) -> bool:
        """Whether a block may stand right below another, and does."""
        if self.random.random() < 0.7:
            return False
        if last in {"rule", "fence"}:
            return True
        return last in {"heading", "underlined"} or (
            last == "paragraph" and kind in {"fence", "rule", "heading"}
        )


def _words(expected: Sequence[Expected]) -> tuple[Word, ...]:
    return tuple(word for word in expected if isinstance(word, Word))


def write(seeds: Sequence[int], options: Options | None = None) -> Document:
    """Return the document that these numbers stand for: each is a block."""
    writer = Writer(Random(0), options or Options())
    lines: list[Line] = []
    last = ""
    for seed in seeds:
        writer.random = Random(seed)
        kind, block = writer.block(writer.options.depth, last)
        if lines:
            lines += [Line("")] * writer.random.choice((1, 1, 1, 2))
        lines += block
        last = kind
    end = "" if writer.random.random() < 0.5 else "\n"
    return Document("\n".join(line.text for line in lines) + end, tuple(writer.expected))


def documents(*, most_blocks: int = 8, options: Options | None = None) -> st.SearchStrategy[Document]:
    """Return documents of some blocks; where one fails, hypothesis leaves out blocks."""
    seeds = st.lists(st.integers(0, 2**32), min_size=1, max_size=most_blocks)
    return seeds.map(lambda numbers: write(numbers, options))
