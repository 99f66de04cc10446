"""How a reply is shown where there is no prompt below it."""

from __future__ import annotations

import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.errors import TransportError
from chatrepl.exchange import Notice, ReasoningDelta, RefusalDelta, TextDelta, Waiting
from chatrepl.markup import code_blocks
from chatrepl.messages import ChatId
from chatrepl.settings import ReasoningDisplay
from chatrepl.turn import Cancelled, Completed, Failed, TurnEvent
from chatrepl.ui.ascii import Output, readable
from chatrepl.ui.aside import Aside
from chatrepl.ui.json_writer import JsonWriter
from chatrepl.ui.words import Words, spell
from chatrepl.ui.writers import Ending, TextWriter, WordsWriter, follow
from tests.support.conversations import reply
from tests.support.fakes import FakeClock

DONE = Completed(reply("Hi.", None, reasoning="hm"))

CODE = "Look:\n\n```python\nprint(1)\n```\n\n1. first\n   ~~~\n   two\n   ~~~\n\nEnd."


class Screen:
    """A writer's surroundings: what it wrote, and what was said beside it."""

    def __init__(
        self, display: ReasoningDisplay = "fold", *, encoding: str = "utf-8", is_heard: bool = True
    ) -> None:
        self.clock = FakeClock()
        self.raw = io.BytesIO()
        self.out = Output(io.TextIOWrapper(self.raw, encoding=encoding, write_through=True))
        self.said: list[str] = []
        say = self.said.append
        self.aside = Aside(display, self.clock.monotonic, self.out.write, say if is_heard else None)
        self.words = WordsWriter(self.out, lambda text: self.out.write(f"({text})\n"), self.spoken(display))
        self.text = TextWriter(self.out, say, self.aside)

    def spoken(self, display: ReasoningDisplay) -> Aside:
        """Return an aside whose words stand between those of the reply."""
        return Aside(
            display, self.clock.monotonic, self.out.write, lambda text: self.out.write(f"({text})\n")
        )

    @property
    def written(self) -> str:
        return self.raw.getvalue().decode()


def test_words_are_written_when_they_are_whole() -> None:
    words = Words()

    assert [words.feed(piece) for piece in ("Hel", "lo wor", "ld, and", " so on\nNe")] == [
        "",
        "Hello ",
        "world, ",
        "and so on\n",
    ]
    assert words.finish() == "Ne\n"


def test_a_word_without_end_is_not_waited_for() -> None:
    assert Words().feed("\u6f22" * 100) == "\u6f22" * 100


@given(st.lists(st.text("ab `~*->1.\n\t|#", max_size=9), max_size=30))
def test_no_letter_is_lost_between_words(pieces: list[str]) -> None:
    words = Words()
    written = "".join(words.feed(piece) for piece in pieces) + words.finish()

    text = "".join(pieces)
    assert written == (text if text.endswith("\n") or not text else f"{text}\n")


@given(st.lists(st.text("ab `~*->1.\n|", max_size=9), max_size=30))
def test_code_is_said_in_the_same_words_however_the_text_is_cut(pieces: list[str]) -> None:
    words = Words(says_code=True)
    written = "".join(words.feed(piece) for piece in pieces) + words.finish()

    whole = Words(says_code=True)
    assert written == whole.feed("".join(pieces)) + whole.finish()


def test_where_code_begins_and_ends_is_said_and_the_code_stays_as_it_is() -> None:
    assert spell(CODE) == (
        "Look:\n\n[code 1: python]\nprint(1)\n[end of code]\n\n"
        "1. first\n[code 2]\n   two\n[end of code]\n\nEnd.\n"
    )


def test_code_is_known_by_what_stood_on_the_lines_above_however_they_came() -> None:
    words = Words(says_code=True)
    written = words.feed("10. an ") + words.feed("item\n    ```py\n    x\n    ```\n") + words.finish()

    assert written == "10. an item\n[code 1: py]\n    x\n[end of code]\n"


def test_code_that_never_ends_ends_with_the_reply() -> None:
    assert spell("```\nx = '```'") == "[code 1]\nx = '```'\n[end of code]\n"


@given(
    st.lists(
        st.sampled_from(["```py", "```", "~~~", "text", "", "- item", "  ```", "> ```", "> a", "    deep"])
    )
)
def test_code_has_the_numbers_that_copy_takes(lines: list[str]) -> None:
    text = "\n".join(lines)
    numbers = [int(number) for number in re.findall(r"^\[code (\d+)", spell(text), re.MULTILINE)]

    assert numbers == sorted(set(numbers))
    assert not numbers or numbers[-1] <= len(code_blocks(text))


def shown(screen: Screen, events: list[TurnEvent], end: Ending = DONE) -> str:
    """Return what a screen reader gets."""
    assert follow([*events, end], screen.words) is end
    return screen.written


def test_a_screen_reader_gets_the_reply_and_one_line_of_the_thought() -> None:
    screen = Screen()
    screen.words.reasoning("Let me ")
    screen.clock.seconds += 2
    screen.words.reasoning("see")
    screen.clock.seconds += 2

    written = shown(screen, [TextDelta("\n\nIt "), TextDelta("is.")])

    assert written == "(thought for 4 s, ~3 tokens)\nIt is.\n"


def test_a_long_thought_is_announced_once() -> None:
    screen = Screen()
    for _ in range(4):
        screen.words.reasoning("word ")
        screen.clock.seconds += 2

    assert shown(screen, [TextDelta("It is.")]) == "(thinking)\n(thought for 8 s, ~3 tokens)\nIt is.\n"


def test_shown_thoughts_stand_between_two_lines_that_name_them() -> None:
    screen = Screen("show")

    written = shown(screen, [ReasoningDelta("\nLet me"), ReasoningDelta(" see"), TextDelta("It is.")])

    assert written == "(thinking)\nLet me see\n(thought for less than 1 s, ~3 tokens)\nIt is.\n"


def test_several_thoughts_keep_their_places() -> None:
    events: list[TurnEvent] = [
        *(ReasoningDelta("a"), TextDelta("I look"), TextDelta("."), ReasoningDelta("b"), TextDelta("Here.")),
    ]
    line = "(thought for less than 1 s, ~1 token)\n"

    assert shown(Screen(), events) == f"{line}I look.\n{line}Here.\n"


def test_hidden_and_blank_thoughts_are_not_told() -> None:
    assert shown(Screen("hide"), [ReasoningDelta("a"), TextDelta("Hi.")]) == "Hi.\n"
    assert shown(Screen("show"), [ReasoningDelta(" \n"), TextDelta("Hi.")]) == "Hi.\n"


def test_waits_and_notices_stand_on_lines_of_their_own_and_each_wait_is_said_once() -> None:
    waits: list[TurnEvent] = [Waiting("rate limit", 3.0), Waiting("rate limit", 2.0)]

    written = shown(Screen(), [*waits, TextDelta("Half a "), Notice("odd"), TextDelta("sentence.")])

    assert written == "(rate limit, 3 s)\nHalf a \n(odd)\nsentence.\n"


def test_no_escape_sequence_reaches_a_poor_terminal() -> None:
    written = shown(Screen("show"), [ReasoningDelta("a\x1b[2J"), TextDelta("b\x1b]0;t"), TextDelta("x\x07c")])

    assert "\x1b" not in written
    assert "bc" in written


def test_a_pipe_gets_the_text_exactly_and_only_its_last_line_end_is_added() -> None:
    screen = Screen("hide")
    text = "\n  a\x1b[1m  \n\n```\nb"

    follow([TextDelta(text), RefusalDelta("!"), DONE], screen.text)

    assert screen.written == f"{text}!\n"


def test_thoughts_go_beside_the_pipe_only_where_somebody_reads_them() -> None:
    heard, unheard = Screen(), Screen(is_heard=False)
    for screen in (heard, unheard):
        follow([ReasoningDelta("hm"), TextDelta("Hi.\n"), DONE], screen.text)

    assert heard.said == ["thought for less than 1 s, ~1 token"]
    assert (unheard.said, unheard.written) == ([], "Hi.\n")


def test_a_pipe_and_a_program_hear_of_the_first_long_wait() -> None:
    screen, said = Screen(), list[str]()
    program = JsonWriter(screen.out, said.append, lambda: ChatId("c"), is_stream=True)
    waits = [
        Waiting("the server is still working"),
        Waiting("rate limit: place 2", 9.0),
        Waiting("rate limit: place 1", 8.0),
    ]

    for writer in (screen.text, program):
        follow([*waits, TextDelta("Hi.\n"), DONE], writer)

    assert screen.said == said == ["rate limit: place 2, 9 s"]


def test_a_program_gets_json_in_any_encoding() -> None:
    for encoding in ("utf-8", "ascii", "latin-1"):
        raw = io.BytesIO()
        out = Output(io.TextIOWrapper(raw, encoding=encoding, write_through=True))
        writer = JsonWriter(out, print, lambda: ChatId("c"), is_stream=True)

        follow([ReasoningDelta("hm"), TextDelta("\u6f22"), Failed(TransportError("gone"), None)], writer)

        values = [json.loads(line) for line in raw.getvalue().decode(encoding).splitlines()]
        assert values[:2] == [{"type": "reasoning", "text": "hm"}, {"type": "text", "text": "\u6f22"}]
        assert (values[2]["state"], values[2]["error"]["message"]) == ("failed", "gone")


def test_a_stopped_reply_is_json_too() -> None:
    raw = io.BytesIO()
    out = Output(io.TextIOWrapper(raw, encoding="utf-8", write_through=True))

    JsonWriter(out, print, lambda: ChatId("c"), is_stream=False).ended(Cancelled(DONE.message))

    value = json.loads(raw.getvalue())
    assert (value["text"], value["reasoning"], value["chat"]) == ("Hi.", "hm", "c")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\u201cIt\u2019s\u201d \u2014 fine\u2026", '"It\'s" -- fine...'),
        ("caf\u00e9 na\u00efve \u00c5ngstr\u00f6m Stra\u00dfe", "cafe naive Angstrom Strasse"),
        ("e\u0301", "e"),
        ("a \u2192 b \u2264 c \u00d7 d", "a -> b <= c x d"),
        ("\u2022 one\u00a0two \u00bd", "* one two 1/2"),
        ("\u250c\u2500\u2510\u2502", "+-+|"),
        ("\u6f22\u5b57 \U0001f600", "?? ?"),
    ],
)
def test_what_ascii_cannot_say_is_said_otherwise(text: str, said: str) -> None:
    assert readable(text, "ascii") == said


def test_an_encoding_keeps_what_it_can_hold() -> None:
    assert readable("caf\u00e9 \u2014 \u6f22", "latin-1") == "caf\u00e9 -- ?"
    assert readable("caf\u00e9 \u6f22", "utf-8") == "caf\u00e9 \u6f22"
    assert readable("\u00e9", "no-such-encoding") == "e"


@given(st.text())
def test_any_text_can_be_said_in_ascii(text: str) -> None:
    said = readable(text, "ascii")

    assert said.isascii()
    assert said == "".join(readable(char, "ascii") for char in text)
