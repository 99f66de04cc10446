"""Colours of code: line by line the same as a look at the whole."""

from __future__ import annotations

from typing import Any

import pytest
from pygments.lexers import get_lexer_by_name
from rich.color import ColorSystem

from chatrepl.ui.highlight import LineHighlighter

CODE = {
    "python": 'import os\n\ndef f(x: int) -> str:\n    """Say\n    more."""\n    text = """a\n    b""" + f"{x!r}"\n    return text  # end\n',
    "c": '#include <a.h>\n/* one\n "two"\n three */ int main(void) { return 0; } // end\n',
    "js": "/** doc\n * @param x\n */ function f(x) { return `a\n${x} b`; }\nconst y = /re/g; /* c */\n",
    "ts": "interface A { b: string }\n/* x\n y */ const z: number = 1;\n",
    "css": "/* one\n two */\na > b { color: #fff; }\n",
    "html": '<!-- one\n two --> <p class="x">hi &amp; you</p>\n',
    "rust": 'fn main() {\n    let x = 1; /* a /* b */\n c */ println!("{x}");\n}\n',
    "go": "package main\n\n/* a\nb */\nfunc main() { s := `raw`; print(s) }\n",
    "java": "/**\n * Doc.\n */\npublic class A { int b = 1; /* c */ }\n",
    "lua": "--[[ a\nb ]] local x = 1\n",
    "sql": "select a, 'b' from c -- d\nwhere /* e\nf */ g > 1;\n",
    "json": '{"a": [1, true, null],\n "b": "c"}\n',
    "yaml": "a: 1\nb:\n  - c: d\n",
    "toml": '[a]\nb = "c"\nd = 1\n',
    "bash": 'for f in *.log; do\n  echo "${f%.log}"  # say\ndone\n',
    "diff": "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n",
}  # fmt: skip


def by_line(language: str, code: str) -> list[str]:
    """Colour code as it arrives."""
    highlighter = LineHighlighter(language, "ansi_dark", ColorSystem.STANDARD)
    return [highlighter.line(line) for line in code.removesuffix("\n").split("\n")]


def at_once(language: str, code: str) -> list[str]:
    """Colour code that is there as a whole."""
    painter: Any = LineHighlighter(language, "ansi_dark", ColorSystem.STANDARD)
    lines = [""]
    for kind, value in get_lexer_by_name(language, stripnl=False, ensurenl=True).get_tokens(code):
        for number, part in enumerate(value.split("\n")):
            if number:
                lines.append("")
            lines[-1] += painter._paint(kind, part)
    return lines[:-1]


@pytest.mark.parametrize("language", CODE)
def test_lines_are_coloured_as_in_the_whole(language: str) -> None:
    assert by_line(language, CODE[language]) == at_once(language, CODE[language])


def test_every_line_of_a_long_comment_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    original = LineHighlighter._tokens

    def counted(self: LineHighlighter, source: str, stack: list[str]) -> Any:
        read.append(len(source))
        return original(self, source, stack)

    monkeypatch.setattr(LineHighlighter, "_tokens", counted)
    code = "/* begin\n" + "words of a comment\n" * 500 + "*/ int x;\n"

    by_line("c", code)

    assert sum(read) < 100


def test_a_fork_leaves_the_original_where_it_was() -> None:
    one = LineHighlighter("c", "ansi_dark", ColorSystem.STANDARD)
    one.line("/* open")
    one.fork().line("*/ int x;")

    assert one.line("still a comment") == by_line("c", "/* open\nstill a comment\n")[1]


def test_an_unknown_language_and_a_terminal_without_colour_get_the_code_as_it_is() -> None:
    assert by_line("no-such-language", "a = 1\n") == ["a = 1"]
    assert LineHighlighter("python", "ansi_dark", None).line("a = 1") == "a = 1"
