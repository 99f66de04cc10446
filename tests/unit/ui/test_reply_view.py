"""How a reply's thoughts and words come to the screen."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.messages import (
    Message,
    MessageId,
    Meta,
    Part,
    ReasoningPart,
    RefusalPart,
    ReplyState,
    Role,
    TextPart,
    Usage,
)
from chatrepl.settings import ReasoningDisplay
from chatrepl.ui.markdown import BlockRenderer, Look
from chatrepl.ui.reply_view import ReplyView, ending, thought_lines, user_lines, whole_reply
from chatrepl.ui.stream import MarkdownStream
from chatrepl.ui.thought import spell_seconds
from tests.support.fakes import FakeClock

PLAIN = Look(has_styles=False)
ASCII = Look(has_styles=False, is_unicode=False)


class Shown:
    """A reply on a terminal without styles, and the clock by which it is timed."""

    def __init__(self, display: ReasoningDisplay = "fold", columns: int = 40, look: Look = PLAIN) -> None:
        self.clock = FakeClock()
        self.view = ReplyView(BlockRenderer(look, columns), display, self.clock.monotonic)
        self.lines: list[str] = []

    def think(self, text: str, *, seconds: float = 0.0) -> Shown:
        self.view.reasoning(text)
        self.clock.seconds += seconds
        return self._take()

    def say(self, text: str) -> Shown:
        self.view.text(text)
        return self._take()

    def finish(self) -> list[str]:
        self.lines += self.view.finish()
        return self.lines

    def _take(self) -> Shown:
        self.lines += self.view.take_lines()
        return self


def old(*parts: Part, state: ReplyState = ReplyState.COMPLETE, usage: Usage | None = None) -> Message:
    """Return a stored reply."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Message(MessageId("1"), None, Role.ASSISTANT, parts, now, Meta(state, usage=usage))


def test_a_thought_folds_to_one_line_when_the_answer_begins() -> None:
    shown = Shown().think("Two and two ").think("make four.", seconds=12)
    assert shown.lines == []

    shown.say("Four.")

    assert shown.finish() == ["thought for 12 s, ~5 tokens", "", "Four."]


def test_while_it_lasts_a_thought_stands_in_the_tail_broken_between_words() -> None:
    shown = Shown(columns=20).think("I think of a sentence\n\nand of another one")

    assert shown.view.tail(8) == ["I think of a", "sentence", "", "and of another one"]
    assert shown.view.tail(2) == ["", "and of another one"]
    assert shown.view.tail(0) == []


def test_a_word_too_long_for_a_row_is_cut_in_the_tail_only() -> None:
    shown = Shown("show", columns=10).think("x" * 25)

    assert shown.view.tail(8) == ["x" * 10, "x" * 10, "x" * 5]
    assert shown.finish()[0] == "x" * 25


def test_shown_thoughts_are_printed_row_by_row_and_then_counted() -> None:
    shown = Shown("show", columns=20).think("I think of a sentence\n  - and of")

    assert shown.lines == ["I think of a", "sentence"]
    assert shown.view.tail(8) == ["  - and of"]
    shown.think(" something more", seconds=3).say("Done.")
    assert shown.finish() == [
        *("I think of a", "sentence", "  - and of something", "  more"),
        *("thought for 3 s, ~12 tokens", "", "Done."),
    ]


def test_hidden_thoughts_leave_nothing() -> None:
    shown = Shown("hide").think("secret")

    assert shown.view.tail(8) == []
    assert shown.say("Open.").finish() == ["Open."]


@pytest.mark.parametrize("display", ["show", "fold", "hide"])
def test_a_blank_thought_draws_nothing(display: ReasoningDisplay) -> None:
    shown = Shown(display).think("\n").think("  ")

    assert shown.view.tail(8) == []
    assert shown.say("Hi.").finish() == ["Hi."]


def test_each_of_several_thoughts_folds_in_its_place() -> None:
    shown = Shown().think("first", seconds=2).say("I look.")
    shown.think("sec").think("ond", seconds=3)
    assert shown.view.tail(8) == ["", "second"]

    shown.say("There it is.")

    assert shown.finish() == [
        *("thought for 2 s, ~1 token", "", "I look.", ""),
        *("thought for 3 s, ~1 token", "", "There it is."),
    ]


def test_a_thought_in_the_middle_of_code_does_not_cut_it() -> None:
    shown = Shown().say("```py\nprint(").think("hm", seconds=1).say("1)\n```\nso")

    assert shown.finish() == ["py [1]", "print(1)", "", "thought for 1 s, ~1 token", "", "so"]


def test_blank_text_does_not_end_a_thought() -> None:
    shown = Shown().say("\n\n").think("a ").say("\n").think("b", seconds=1)

    assert shown.view.tail(8) == ["a b"]
    assert shown.say("c").finish() == ["thought for 1 s, ~2 tokens", "", "c"]


def test_a_stop_in_mid_thought_folds_what_came() -> None:
    assert Shown().think("so far", seconds=130).finish() == ["thought for 2 min 10 s, ~2 tokens"]


def test_the_tail_of_an_answer_is_set_off_from_the_thought_above_it() -> None:
    shown = Shown().think("hm", seconds=1).say("An answer")

    assert shown.lines == ["thought for 1 s, ~1 token"]
    assert shown.view.tail(8) == ["", "An answer"]


def test_a_new_size_counts_from_now_on() -> None:
    shown = Shown("show", columns=12).think("one two three four\n")
    shown.view.resize(40, 20)
    shown.think("one two three four five six\n").say("seven eight nine ten eleven")

    assert shown.finish()[:3] == ["one two", "three four", "one two three four five six"]
    assert shown.lines[-1] == "seven eight nine ten eleven"


def test_escape_sequences_in_thoughts_do_not_reach_the_terminal() -> None:
    shown = Shown("show").think("a\x1b]0;ti").think("tle\x07b\x1b[2J").say("c\x1b[31m")

    assert "\x1b" not in "".join(shown.finish())
    assert shown.lines[0] == "ab"


def test_a_terminal_that_knows_ascii_gets_ascii() -> None:
    shown = (
        Shown("show", look=ASCII)
        .think("caf\u00e9 \u2026")
        .say("\u201cx\u201d \u2014 \u2192 \u6f22\n\n- \u2022")
    )
    renderer = BlockRenderer(ASCII, 40)

    assert shown.finish()[0] == "cafe ..."
    assert '"x" -- -> ?' in shown.lines
    assert "".join(
        shown.lines + user_lines(renderer, "\u00fc\n" * 50) + thought_lines(renderer, "\u2014")
    ).isascii()


@given(
    st.lists(st.tuples(st.booleans(), st.text("ab \n\t`-*", max_size=12)), max_size=12),
    st.sampled_from(["show", "fold", "hide"]),
)
def test_no_word_is_lost_or_said_twice(pieces: list[tuple[bool, str]], display: ReasoningDisplay) -> None:
    """What is thought and said comes out in full, however it comes in, and with no two blank rows that were not said."""
    shown = Shown(display, columns=300)
    for is_thought, text in pieces:
        marked = text.replace("a", "THINK").replace("b", "thinks") if is_thought else text
        (shown.think if is_thought else shown.say)(marked)
        shown.view.tail(4)

    printed = "\n".join(shown.finish())

    thought = "".join(text for is_thought, text in pieces if is_thought)
    expected = thought.count("a") if display == "show" else 0
    assert printed.count("THINK") == expected
    # Code of nothing but blanks can be a row of its own.
    has_blank_code = re.search(r"`\s+`", "".join(text for _, text in pieces))
    assert not shown.lines or shown.lines[0] or has_blank_code


@given(st.lists(st.text("ab \n`-*#1.|>", max_size=10), max_size=20))
def test_without_thoughts_a_reply_is_what_the_renderer_makes_of_it(texts: list[str]) -> None:
    stream = MarkdownStream(BlockRenderer(PLAIN, 30))
    stream.feed("".join(texts))
    shown = Shown("fold", 30)

    for text in texts:
        shown.say(text)

    assert shown.finish() == stream.take_lines(final=True)


def test_the_work_on_a_long_thought_does_not_grow_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thought without any line end: each piece is looked at once, and little of it is held."""
    shown = Shown("fold")
    wrapper = shown.view._rows
    seen = 0
    feed = type(wrapper)._go_on

    def count(self: object, line: str) -> None:
        nonlocal seen
        seen += len(line)
        feed(wrapper, line)

    shown.think("begins ")
    wrapper = shown.view._rows
    monkeypatch.setattr(type(wrapper), "_go_on", count)
    for _ in range(2000):
        shown.think("words of it ")
        shown.view.tail(8)

    assert seen == 2000 * len("words of it ")
    assert len(shown.view._rows.take()) == 0
    assert len(shown.view.tail(8)) == 8


@pytest.mark.parametrize("display", ["show", "fold", "hide"])
def test_a_stored_reply_is_drawn_as_it_came_but_for_the_time(display: ReasoningDisplay) -> None:
    shown = Shown(display).think("one", seconds=1).say("I look.").think("two", seconds=1).say("Yes.\n")
    parts = (ReasoningPart("one"), TextPart("I look."), ReasoningPart("two"), TextPart("Yes.\n"))

    lines = whole_reply(BlockRenderer(PLAIN, 40), old(*parts), display)

    assert lines == [line.replace(" for 1 s", "") for line in shown.finish()]


def test_a_stored_thought_has_the_servers_count() -> None:
    usage = Usage(10, 900, 910, reasoning_tokens=840)
    message = old(ReasoningPart("hm"), TextPart("Yes."), usage=usage)

    assert whole_reply(BlockRenderer(PLAIN, 40), message)[0] == "thought, 840 tokens"


def test_a_refusal_is_named_below_the_thought() -> None:
    message = old(ReasoningPart("hm"), RefusalPart("I will not."))

    assert whole_reply(BlockRenderer(PLAIN, 100), message) == [
        *("thought, ~1 token", "", "(refused)", "I will not.", ""),
        "the model declined to answer; /edit says it differently, /model asks another model",
    ]


def test_what_is_continued_repeats_its_open_block_and_counts_code_on() -> None:
    shown = Shown()
    for piece in ("Intro.\n\n```p", "y\na\x1b]0;", "title\x07\n```\n\nThen "):
        shown.view.go_on_from(piece)
    shown.say("more.\n\n```js\nb\n```\n")

    assert shown.finish() == ["Then more.", "", "js [2]", "b"]


@pytest.mark.parametrize(
    ("state", "text", "words"),
    [
        (ReplyState.INTERRUPTED, "Half", "/continue"),
        (ReplyState.INTERRUPTED, "", "/retry asks again"),
        (ReplyState.FAILED, "", "/retry asks again"),
    ],
)
def test_only_what_has_text_can_be_continued(state: ReplyState, text: str, words: str) -> None:
    said = ending(old(*([TextPart(text)] if text else [ReasoningPart("hm")]), state=state)) or ""

    assert words in said
    assert ("/continue" in said) == bool(text)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "less than 1 s"),
        (1, "1 s"),
        (59.6, "60 s"),
        (119.4, "119 s"),
        (120, "2 min 0 s"),
        (3725, "62 min 5 s"),
    ],
)
def test_times_are_said_in_words(seconds: float, said: str) -> None:
    assert spell_seconds(seconds) == said
