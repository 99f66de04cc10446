"""How answers of commands look, on wide terminals and narrow ones."""

from __future__ import annotations

import pytest
from prompt_toolkit.utils import get_cwidth

from chatrepl.commands.all import ALL
from chatrepl.commands.base import Messages, Notice, Reasoning, Table, Text
from chatrepl.keymap import Keymap
from chatrepl.ui.markdown import BlockRenderer, Look
from chatrepl.ui.replies import draw
from tests.support.conversations import reply, user

PLAIN = Look(has_styles=False)
HELP = Table("Commands", tuple((command.usage, command.summary) for command in ALL))


def drawn(
    answer: Notice | Text | Table | Reasoning | Messages, columns: int = 80, look: Look = PLAIN
) -> list[str]:
    return draw(answer, BlockRenderer(look, columns))


@pytest.mark.parametrize("columns", [20, 24, 30, 40, 80, 200])
@pytest.mark.parametrize("table", [HELP, Table("Keys", tuple(Keymap({}).shown()))], ids=["commands", "keys"])
def test_a_table_fits_any_terminal_and_loses_no_word(table: Table, columns: int) -> None:
    lines = drawn(table, columns)

    assert max(map(get_cwidth, lines)) <= columns
    assert all(line == line.rstrip() for line in lines)
    words = " ".join(lines).split()
    for row in table.rows:
        for word in " ".join(row).split():
            assert word in words or len(word) >= columns // 2


def test_where_there_is_room_a_row_is_a_line() -> None:
    assert len(drawn(HELP, 100)) == 1 + len(ALL)


def test_where_there_is_no_room_a_row_is_a_paragraph() -> None:
    table = Table("Tokens", (("used so far", "12 in, 3 out"), ("window", "")))

    assert drawn(table, 20) == ["Tokens", "used so far", "  12 in, 3 out", "window"]
    assert drawn(Table("Nothing", ())) == ["Nothing"]


def test_a_text_is_shown_exactly_and_never_broken() -> None:
    text = "# Title  \n\n\tcode" + "x" * 100 + "\n"

    assert drawn(Text(text), 20) == text.split("\n")
    assert drawn(Text("a\x1b[31mb")) == ["ab"]


def test_a_thought_is_broken_between_words_and_dimmed() -> None:
    answer = Reasoning("I think of\x1b]0;t\x07 a sentence\n\n  - point")

    assert drawn(answer, 14) == ["I think of a", "sentence", "", "  - point"]
    assert all(line.startswith("\x1b[2;3m") for line in drawn(answer, 40, Look()) if line)


def test_redrawn_replies_number_their_code_each_from_one_and_show_thoughts_as_set() -> None:
    question = user("Why?")
    answer = reply("```py\nx\n```\n", question.id, reasoning="Let me see.")
    messages = (question, answer, answer)

    lines = drawn(Messages(messages, reasoning="show"))

    assert lines.count("py [1]") == 2
    assert lines[:6] == ["> Why?", "", "Let me see.", "thought, ~3 tokens", "", "py [1]"]
    assert "Let me see." not in drawn(Messages(messages))
    assert not any("thought" in line for line in drawn(Messages(messages, reasoning="hide")))


def test_everything_chatrepl_says_has_an_ascii_form() -> None:
    question = user("\u00fc" * 5000)
    answer = reply("\u2014 \u201cso\u201d", question.id, reasoning="\u2026")
    ascii_look = Look(has_styles=False, is_unicode=False)
    messages = Messages((question, answer), 3, reasoning="show")

    for each in (
        messages,
        Notice("\u2026", hint="\u2192"),
        Text("\u2014"),
        Table("\u00e9", (("\u2022", "\u00b7"),), ("\u00e4",)),
    ):
        assert "".join(drawn(each, 60, ascii_look)).isascii()
    assert "... 3 earlier messages ..." in drawn(messages, 60, ascii_look)


def test_colour_is_left_out_where_it_is_not_wanted_and_bold_stays() -> None:
    look = Look(color_system=None)
    lines = drawn(Notice("careful", "warning"), look=look) + drawn(HELP, look=look)

    assert lines[0] == "warning: careful"
    assert "\x1b[1m" in "".join(lines)
    assert "\x1b[3" not in "".join(lines)
