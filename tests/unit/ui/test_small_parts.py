"""The status bar, folded pastes, the highlighter, the clipboard."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.utils import get_cwidth
from rich.color import ColorSystem
from rich.text import Text

from chatrepl.ui.clipboard import osc52
from chatrepl.ui.highlight import LineHighlighter
from chatrepl.ui.paste import Pastes
from chatrepl.ui.statusbar import BarState, fragments, meter, short_count

ORDER = ("model", "window", "draft", "chat", "speed", "queue")
FULL = BarState(
    model="gpt-x",
    used_tokens=12_300,
    window_tokens=128_000,
    draft_tokens=240,
    chat_cost="$0.42",
    chat_tokens=20_000,
    tokens_per_s=88.0,
    queued_count=2,
)


def bar(state: BarState, columns: int = 200, *, is_unicode: bool = True) -> str:
    return "".join(text for _, text in fragments(state, ORDER, columns, is_unicode=is_unicode))


def test_the_bar_shows_everything_when_there_is_room() -> None:
    assert bar(FULL) == (
        "gpt-x · ~12.3k/128k 10% ▃▁▁▁ · draft ~240 · chat 20k tok $0.42 · 88 tok/s, Esc stops · 2 queued"
    )


def test_a_counted_window_has_no_tilde_and_an_unknown_one_a_question_mark() -> None:
    assert "gpt-x · 5/?" in bar(BarState(model="gpt-x", used_tokens=5, is_exact=True))


def test_what_is_left_out_is_said() -> None:
    assert "-3 left out" in bar(BarState(model="m", used_tokens=5, window_tokens=10, omitted_count=3))


def test_a_narrow_bar_keeps_what_matters_most() -> None:
    assert bar(FULL, 40) == "gpt-x · 88 tok/s, Esc stops · 2 queued"


@given(st.integers(1, 120), st.text(max_size=30), st.booleans())
def test_the_bar_is_never_wider_than_the_terminal(columns: int, warning: str, is_unicode: bool) -> None:
    state = BarState(
        model="漢字-model", used_tokens=10**7, window_tokens=10**8, warning=warning.replace("\n", " ")
    )

    assert get_cwidth(bar(state, columns, is_unicode=is_unicode)) <= max(0, columns - 1)


def test_an_ascii_terminal_gets_an_ascii_bar() -> None:
    assert bar(FULL, is_unicode=False).isascii()


@pytest.mark.parametrize(
    ("tokens", "shown"),
    [(0, "0"), (999, "999"), (1000, "1k"), (1234, "1.2k"), (99_949, "99.9k"), (128_000, "128k"), (999_600, "1M"),
     (1_047_576, "1M"), (5_000_000_000, "5G")],
)  # fmt: skip
def test_counts_are_short(tokens: int, shown: str) -> None:
    assert short_count(tokens) == shown


@given(st.floats(-1, 2), st.booleans())
def test_the_meter_has_a_fixed_width(share: float, is_unicode: bool) -> None:
    assert len(meter(share, is_unicode=is_unicode)) == (4 if is_unicode else 6)


def test_the_meter_grows_with_the_share() -> None:
    assert [meter(share / 4, is_unicode=False) for share in range(5)] == [
        "[....]",
        "[#...]",
        "[##..]",
        "[###.]",
        "[####]",
    ]


def test_a_folded_paste_is_sent_whole() -> None:
    pastes = Pastes()
    mark = pastes.fold("a\nb\nc")

    assert mark == "[pasted 3 lines #1]"
    assert pastes.unfold(f"look: {mark}!") == "look: a\nb\nc!"


def test_two_pastes_are_told_apart_and_may_stand_twice() -> None:
    pastes = Pastes()
    first, second = pastes.fold("x" * 2000), pastes.fold("y" * 2000)

    assert pastes.unfold(first + second + first) == "x" * 2000 + "y" * 2000 + "x" * 2000


def test_a_mark_that_was_typed_stays_what_it_is() -> None:
    pastes = Pastes()
    pastes.fold("a\nb")

    assert pastes.unfold("[pasted 9 lines #7]") == "[pasted 9 lines #7]"


def test_the_mark_before_the_cursor_is_found() -> None:
    pastes = Pastes()
    mark = pastes.fold("a\nb")

    assert pastes.mark_before(f"x {mark}") == mark
    assert pastes.mark_before(f"{mark} ") is None


def plain(coloured: str) -> str:
    return Text.from_ansi(coloured).plain


@given(st.lists(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=30), max_size=8),
       st.sampled_from(["python", "c", "html", "json", "bash", "nosuch", "", "diff", "yaml", "console"]))  # fmt: skip
def test_colours_change_no_letter_of_the_code(lines: list[str], language: str) -> None:
    highlighter = LineHighlighter(language, "ansi_dark", ColorSystem.STANDARD)

    for line in lines:
        assert plain(highlighter.line(line)).rstrip() == line.rstrip()


def test_a_comment_over_several_lines_is_one_colour() -> None:
    highlighter = LineHighlighter("c", "ansi_dark", ColorSystem.STANDARD)
    first, second, third = (highlighter.line(line) for line in ("/* if", "return", "*/ return 0;"))

    assert first.startswith("\x1b[2m")
    assert second.startswith("\x1b[2m")
    assert "\x1b[94mreturn" in third


def test_no_colour_leaves_code_as_it_is() -> None:
    assert LineHighlighter("python", "ansi_dark", None).line("def f():") == "def f():"


def test_the_clipboard_sequence_holds_the_text() -> None:
    sequence = osc52("héllo", {})

    assert base64.b64decode(sequence.removeprefix("\x1b]52;c;").removesuffix("\x07")).decode() == "héllo"


def test_inside_of_tmux_the_clipboard_sequence_is_also_handed_on() -> None:
    plain = osc52("x", {})
    assert osc52("x", {"TMUX": "/tmp/t"}) == f"{plain}\x1bPtmux;\x1b{plain}\x1b\\"


def test_inside_of_screen_a_long_clipboard_sequence_comes_in_envelopes() -> None:
    sequence = osc52("x" * 2000, {"STY": "1.pts"})
    pieces = sequence.removesuffix("\x1b\\").split("\x1b\\")
    assert all(piece.startswith("\x1bP") and len(piece) < 768 for piece in pieces)
    assert "".join(piece.removeprefix("\x1bP") for piece in pieces) == osc52("x" * 2000, {})
