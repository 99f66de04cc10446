"""Replies that no model should send, and that must not hang, flood or steer a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

Stream = Callable[[int], str]
"""Gives a text of about so many characters."""


def _filled(unit: str, *, before: str = "", after: str = "") -> Stream:
    """Return what repeats a unit up to a size."""

    def stream(chars: int) -> str:
        return before + unit * max(1, chars // len(unit)) + after

    return stream


def _numbered(pattern: str, *, before: str = "", between: str = "") -> Stream:
    """Return what repeats a pattern with a running number in it up to a size."""

    def stream(chars: int) -> str:
        unit = len(pattern.format(1_000)) + len(between)
        return before + between.join(pattern.format(number) for number in range(max(1, chars // unit)))

    return stream


def _nested_list(chars: int) -> str:
    depth = max(1, round(chars**0.5))
    return "".join(f"{'  ' * number}- level{number}\n" for number in range(depth))


def _wide_table(chars: int) -> str:
    columns = max(2, chars // 15)
    return f"{'| h ' * columns}|\n{'|---' * columns}|\n{'| c ' * columns}|\n"


def _growing_backticks(chars: int) -> str:
    count = max(1, round((2 * chars) ** 0.5))
    return " ".join("`" * number for number in range(1, count))


def _nested_fences(chars: int) -> str:
    count = max(1, round((2 * chars) ** 0.5))
    return "".join("`" * (count + 3 - number) + f"\nline{number}\n" for number in range(count))


def _staircase(chars: int) -> str:
    """Lines whose quotations grow and shrink."""
    lines: list[str] = []
    while chars > 0:
        depth = 1 + len(lines) % 40
        lines.append("> " * depth + "step")
        chars -= len(lines[-1]) + 1
    return "\n".join(lines)


def _every_control(chars: int) -> str:
    block = "".join(f"c{chr(code)}" for code in (*range(9), *range(11, 32), *range(127, 160))) + "\n"
    return block * max(1, chars // len(block))


ESCAPES = (
    "\x1b[31mred\x1b[0m", "\x1b[2J\x1b[H", "\x1b]0;title\x07", "\x1b]52;c;c2VjcmV0\x1b\\", "\x1b]8;;http://evil\x1b\\text\x1b]8;;\x1b\\",
    "\x1bP+q544e\x1b\\", "\x1b_payload\x1b\\", "\x1b^private\x1b\\", "\x1bXstring\x1b\\", "\x1b[?1049h", "\x1b[5n", "\x1b[>c", "\x1bc",
    "\x1b(0", "\x1b#8", "\x9b31m", "\x9d0;title\x9c", "\x90q\x9c", "\x1b[" + "1;" * 200 + "m", "\x1b[31", "\x1b]0;never ends", "\x1b",
    "\x1b\x1b[31m", "\x1b[\x1b[m", "\x1b]\x1b]0;x\x07",
)  # fmt: skip
"""What drives a terminal: whole, not whole, in each other."""


def _escapes(chars: int) -> str:
    block = " word ".join(ESCAPES) + "\n"
    return block * max(1, chars // len(block))


STREAMS: Mapping[str, Stream] = {
    # nothing is ever closed
    "open fence": _filled("x = [1, 2]  # line\n", before="```python\n"),
    "open fence without lines": _filled("x = 1; ", before="```python\n"),
    "open comment in code": _filled("still a comment\n", before="```c\n/* "),
    "open string in code": _filled("still a string\n", before='```python\n"""'),
    "unknown language": _filled("words ( [ {\n", before="```no-such-language-at-all\n"),
    "open strong": _filled("word ", before="**"),
    "many open strongs": _filled("**word "),
    "many open emphases": _filled("*a _b "),
    "closers that have nothing open": _filled("a* b_ c** d~~ "),
    "open strikethrough": _filled("~~word "),
    "open links": _filled("[word](http://x"),
    "open targets": _filled("[word](<http://x y "),
    "open images": _filled("![word]("),
    "open link titles": _filled('[a](b "title '),
    "open brackets": _filled("[a "),
    "open autolinks": _filled("<http://x "),
    "open code spans": _filled("`a ``b ```c "),
    "open tags": _filled("<div class='a' "),
    "open comments": _filled("<!-- a "),
    "open CDATA": _filled("<![CDATA[ a "),
    "open processing instructions": _filled("<? a "),
    "open quotation": _filled("> word word word\n"),
    "open item": _filled("  word word word\n", before="- word\n"),
    # one line
    "one line of words": _filled("word "),
    "one line without blanks": _filled("x"),
    "one wide line without blanks": _filled("\u6f22"),
    "one line of digits": _filled("7"),
    "one heading": _filled("word *em* ", before="# "),
    "one item": _filled("word ", before="- "),
    "one quotation": _filled("word ", before="> "),
    "one row of a table": _filled("a | ", before="| a | b |\n|---|---|\n| "),
    "one cell of a table": _filled("word ", before="| a | b |\n|---|---|\n| "),
    "one line of code": _filled("x = 1; ", before="    "),
    "one info string": _filled("info ", before="```"),
    "one info word": _filled("i", before="```"),
    "one address": _filled("path/", before="http://example.org/"),
    "one link with a long target": _filled("path/", before="[a](http://x/", after=") end"),
    "one link with a long text": _filled("word ", before="[", after="](http://x/)"),
    "one definition": _filled("path/", before="[a]: http://x/"),
    "one definition with a long label": _filled("word ", before="[", after="]: http://x/"),
    "one definition with a long title": _filled("word ", before='[a]: http://x/ "'),
    # depth
    "nested quotations": _filled("> "),
    "nested quotations without blanks": _filled(">", after=" deep"),
    "nested items in one line": _filled("- "),
    "nested numbers in one line": _filled("1. "),
    "quotations and items in turn": _filled("> - "),
    "many lines of deep quotations": _filled("> " * 200 + "deep\n"),
    "nested list": _nested_list,
    "staircase of quotations": _staircase,
    "nested emphasis": lambda chars: "*" * (chars // 2) + "a" + "*" * (chars // 2),
    "nested brackets": lambda chars: "[" * (chars // 2) + "a" + "]" * (chars // 2),
    "nested links": lambda chars: "[" * (chars // 8) + "a" + "](x)" * (chars // 8),
    "nested images": lambda chars: "![" * (chars // 9) + "a" + "](x)" * (chars // 9),
    "nested parentheses": lambda chars: "[a](" + "(" * (chars // 2) + ")" * (chars // 2),
    "nested fences": _nested_fences,
    # many
    "tables of few columns": _filled("| cell | cell |\n", before="| a | b |\n|---|---|\n"),
    "table of many columns": _wide_table,
    "many tables": _filled("| a | b |\n|---|---|\n| c | d |\n\n"),
    "cells without text": _filled("| | |\n", before="| a | b |\n|---|---|\n"),
    "heads without tables": _filled("| a | b |\n"),
    "delimiter rows": _filled("|---|---|\n"),
    "definitions": _numbered("[label{0}]: http://x/{0}\n"),
    "uses of definitions": _numbered("[label{0}] ", before="[label1]: http://x/\n\n"),
    "definitions without blanks": _filled("[a]: b\n"),
    "footnotes": _numbered("[^{0}]: a note\n"),
    "items": _filled("- item\n"),
    "loose items": _filled("- item\n\n"),
    "numbers": _numbered("{0}. item\n"),
    "very long numbers": _filled("123456789. item\n1234567890. text\n"),
    "lists of one item": _filled("- a\n+ b\n* c\n"),
    "headings": _filled("# head\n"),
    "setext headings": _filled("head\n===\n"),
    "setext lines": _filled("===\n"),
    "rules": _filled("***\n"),
    "fences": _filled("```\n"),
    "fences with code": _filled("```py\nx\n```\n"),
    "paragraphs": _filled("word\n\n"),
    "lines": _filled("word\n"),
    "links": _filled("[a](http://x) "),
    "autolinks": _filled("<http://x> "),
    "code spans": _filled("`a` "),
    "emphases": _filled("*a* **b** "),
    "emphases that overlap": _filled("*a **b* c** "),
    "runs of three": _filled("***a** b "),
    "stars and underscores": _filled("*_"),
    "growing backticks": _growing_backticks,
    "backslashes before line ends": _filled("word\\\n"),
    "entities": _filled("&amp;&lt;&#65;&#x41;&nosuch;"),
    "entity-spelt controls": _filled("&#27;[31m &#x9b;31m &#7; &#0; &#x202e; &#xd800; &#13; "),
    # one sign
    "newlines": _filled("\n"),
    "carriage returns": _filled("word\r"),
    "carriage returns alone": _filled("\r"),
    "blanks": _filled(" "),
    "blanks and newlines": _filled("     \n"),
    "tabs": _filled("\t"),
    "tabs and letters": _filled("a\t"),
    "backticks": _filled("`"),
    "backticks, apart": _filled("` "),
    "brackets": _filled("["),
    "closing brackets": _filled("]"),
    "parentheses": _filled("[]("),
    "stars": _filled("*"),
    "stars, apart": _filled("* "),
    "underscores": _filled("_"),
    "underscores and letters": _filled("_a"),
    "tildes": _filled("~"),
    "tildes, apart": _filled("~ "),
    "less-than signs": _filled("<"),
    "greater-than signs": _filled(">"),
    "ampersands": _filled("&"),
    "entities that never end": _filled("&#"),
    "pipes": _filled("|"),
    "pipes and lines": _filled("|\n"),
    "number signs": _filled("#"),
    "number signs, apart": _filled("# "),
    "backslashes": _filled("\\"),
    "backslashes and pipes": _filled("\\|"),
    "exclamation marks": _filled("!["),
    "equals signs": _filled("="),
    "hyphens": _filled("-"),
    "hyphens and pipes": _filled("-|"),
    "hyphens and colons": _filled(":-"),
    "plus signs": _filled("+ "),
    "colons": _filled(":"),
    # letters
    "combining marks on one letter": _filled("\u0301", before="e"),
    "combining marks in words": _filled("e" + "\u0301" * 50 + " "),
    "marks on nothing": _filled("\u0301\n"),
    "joiners": _filled("\u200d"),
    "joined emoji": _filled("\U0001f469\u200d"),
    "variation selectors": _filled("\u2764\ufe0f"),
    "zero-width spaces": _filled("\u200bword"),
    "direction marks": _filled("\u202eword "),
    "flags that never end": _filled("\U0001f3f4\U000e0067"),
    "Hangul letters": _filled("\u1112\u1161\u11ab"),
    "right-to-left words": _filled("\u05e9\u05dc\u05d5\u05dd "),
    "private letters": _filled("\ue000\uf8ff"),
    "line separators": _filled("word\u2028"),
    "surrogates": _filled("\ud83da\ude00b"),
    "surrogate pairs": _filled("\ud83d\ude00 "),
    "replacement characters": _filled("\ufffd"),
    # what drives terminals
    "NULs": _filled("\0"),
    "NULs and words": _filled("wo\0rd "),
    "every control character": _every_control,
    "escape sequences": _escapes,
    "escapes": _filled("\x1b"),
    "open CSIs": _filled("\x1b["),
    "open strings": _filled("\x1b]"),
    "one string": _filled("payload ", before="\x1b]52;c;"),
    "escapes in code": _filled("\x1b[31mred\n", before="```ansi\n"),
    "escapes in info strings": _filled("```\x1b]0;x\x07py\n```\n"),
    "bells": _filled("\x07"),
    "backspaces": _filled("a\x08"),
}  # fmt: skip


def broken_bytes(chars: int) -> Iterator[bytes]:
    """Yield bytes of which many are no UTF-8."""
    pattern = (
        b"word \xff\xfe \xc3( \xe2\x82 \xf0\x9f\x98 \xed\xa0\x80 \xc0\xaf \x80 \xf4\x90\x80\x80 \x9b31m\n"
    )
    for _ in range(max(1, chars // len(pattern))):
        yield pattern
