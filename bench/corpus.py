"""Texts of long replies: the same for the same length, on every machine and Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence

SENTINEL = "THE-END-OF-REPLY"
"""The last word of every reply."""
SLOWER = "THE-REST-COMES-SLOWLY"
"""Stands in a reply where its fast part ends."""
TOKEN_CHARACTERS = 4
"""Mean length of a token of English text."""

_TEXT = (
    "the window holds what a model can read of a chat and every message takes its share of it so that long talks "
    "must leave something out while short ones never notice a careful program says when that happens and keeps what "
    "was written down because people come back to what they said days later looking for a name a number or the "
    "reason behind some decision that seemed clear at the time"
)
_WORDS = _TEXT.split()
_CODE = {
    "python": (
        "from dataclasses import dataclass\n\n\n@dataclass(frozen=True)\nclass Point{n}:\n"
        '    """A place on the map."""\n\n    x: float = {n}.5\n    y: float = 0.0\n\n'
        "    def distance(self, other: Point{n}) -> float:\n"
        "        # plain geometry\n        return ((self.x - other.x) ** 2 + (self.y - other.y) ** 2) ** 0.5\n"
    ),
    "rust": (
        "fn step_{n}(values: &[u64]) -> Option<u64> {{\n    let mut total = {n};\n    for value in values {{\n"
        '        total += value.checked_mul(2)?; // doubled\n    }}\n    println!("{{total}}");\n    Some(total)\n}}\n'
    ),
    "sql": (
        "select chat.title, count(*) as replies\nfrom chat join message on message.chat_id = chat.id\n"
        "where message.role = 'assistant' and chat.id > {n}\ngroup by chat.title\norder by replies desc;\n"
    ),
    "json": '{{\n  "id": {n},\n  "tags": ["a", "b", null],\n  "nested": {{"deep": true, "ratio": 0.25}}\n}}\n',
    "bash": 'for file in *.log; do\n  grep -c "error {n}" "$file" | sort -n >> "counts-${{file%.log}}.txt"\ndone\n',
    "": "plain text in a fence, line {n}\n    indented, with    blanks    kept\n",
}


def _sentence(seed: int, words: int) -> str:
    chosen = [_WORDS[(seed * 7 + number * (3 + seed % 5)) % len(_WORDS)] for number in range(words)]
    return " ".join(chosen).capitalize() + "."


def _paragraph(seed: int) -> str:
    styled = (
        f"with **strong words**, *soft ones*, `code_{seed}()`, ~~old ones~~ and "
        f"[a link](https://example.org/page/{seed})"
    )
    return f"{_sentence(seed, 14)} {_sentence(seed + 1, 9)[:-1]} {styled}. {_sentence(seed + 2, 17)}"


def _heading(seed: int) -> str:
    return f"{'#' * (1 + seed % 4)} {_sentence(seed, 4)[:-1]} {seed}"


def _short_list(seed: int) -> str:
    lines = []
    for number in range(4):
        lines.append(f"- {_sentence(seed + number, 8)}")
        if number % 2:
            lines += [
                f"  - nested **{number}** {_sentence(seed, 5)}",
                f"    1. deeper `{number}`",
                "    2. and on",
            ]
    return "\n".join(lines)


def _numbers(seed: int) -> str:
    return "\n".join(f"{number}. {_sentence(seed + number, 10)}" for number in range(1, 8))


def _short_table(seed: int) -> str:
    rows = [
        f"| row {number} | {_sentence(seed + number, 3)} | {seed * number % 997} |" for number in range(6)
    ]
    return "\n".join(["| name | what it says | count |", "|:---|---|---:|", *rows])


def _short_fence(seed: int) -> str:
    language = list(_CODE)[(seed // 12 * 2 + seed % 12 // 9) % len(_CODE)]
    body = "".join(_CODE[language].format(n=seed + number) for number in range(2))
    return f"```{language}\n{body}```"


def _quote(seed: int) -> str:
    return f"> {_sentence(seed, 12)}\n> {_sentence(seed + 3, 9)}\n>\n> — somebody, *somewhere*"


def _unicode(seed: int) -> str:
    return f"日本語の文章 {seed}、émigré naïve Ελληνικά кириллица 👩\u200d🔬 — {_sentence(seed, 6)}"


_BLOCKS: Sequence[Callable[[int], str]] = (
    _heading,
    _paragraph,
    _short_list,
    _paragraph,
    _short_fence,
    _paragraph,
    _short_table,
    _numbers,
    _quote,
    _short_fence,
    _unicode,
    lambda _: "---",
)


def mixed(tokens: int) -> str:
    """Return Markdown of all kinds of blocks, of about this many tokens."""
    blocks: list[str] = []
    length = 0
    while length < tokens * TOKEN_CHARACTERS - len(SENTINEL):
        block = _BLOCKS[len(blocks) % len(_BLOCKS)](len(blocks))
        blocks.append(block)
        length += len(block) + 2
    return "\n\n".join(blocks)


def fence(lines: int) -> str:
    """Return one block of Python code."""
    code = [line for seed in range(9) for line in _CODE["python"].format(n=seed).splitlines()]
    return "\n".join(["```python", *(code[number % len(code)] for number in range(lines)), "```"])


def bullets(items: int) -> str:
    """Return one list; each tenth item has an item of its own inside, which is not counted."""
    lines = []
    for number in range(items):
        lines.append(f"- {_sentence(number, 9)} **item {number}** with `code_{number}()`")
        if number % 10 == 9:
            lines.append(f"  - nested: {_sentence(number, 5)}")
    return "\n".join(lines)


def table(rows: int) -> str:
    """Return one table of four columns."""
    body = (
        f"| row {number} | {_sentence(number, 3)} | `value_{number}` | {number * 7919 % 9973} |"
        for number in range(rows)
    )
    return "\n".join(["| name | what it says | code | count |", "|:---|---|---|---:|", *body])


def paragraph(kilobytes: int) -> str:
    """Return one paragraph without a line break in its source."""
    sentences: list[str] = []
    length = 0
    while length < 1000 * kilobytes:
        sentences.append(_paragraph(len(sentences)))
        length += len(sentences[-1]) + 1
    return " ".join(sentences)[: 1000 * kilobytes].rstrip()


def cut(text: str) -> tuple[str, ...]:
    """Cut a text into tokens."""
    return tuple(text[begin : begin + TOKEN_CHARACTERS] for begin in range(0, len(text), TOKEN_CHARACTERS))


def ended(text: str) -> tuple[str, ...]:
    """Cut a text into the tokens of a reply that ends with ``SENTINEL``."""
    return cut(f"{text}\n\n{SENTINEL}")
