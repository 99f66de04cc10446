from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatrepl.sanitise import Sanitiser, sanitise, sanitise_line

ESC, BEL, ST = "\x1b", "\x07", "\x1b\\"
SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"

ATTACKS = {
    "clipboard write (OSC 52)": (f"a{ESC}]52;c;cm0gLXJmIH4={BEL}b", "ab"),
    "clipboard write ended by ST": (f"a{ESC}]52;c;cm0gLXJmIH4={ST}b", "ab"),
    "clipboard write in 8 bits": ("a\x9d52;c;cm0gLXJmIH4=\x9cb", "ab"),
    "window title": (f"a{ESC}]0;root@host{BEL}b", "ab"),
    "icon name": (f"a{ESC}]1;x{ST}b", "ab"),
    "cursor up and erase": (f"a{ESC}[1A{ESC}[2Kb", "ab"),
    "cursor home": (f"a{ESC}[Hb{ESC}[10;20Hc", "abc"),
    "screen clear": (f"a{ESC}[2J{ESC}[3Jb", "ab"),
    "fake link (OSC 8)": (
        f"a{ESC}]8;;https://evil.example{ST}https://bank.example{ESC}]8;;{ST}b",
        "ahttps://bank.exampleb",
    ),
    "alternate screen": (f"a{ESC}[?1049hb{ESC}[?1049lc", "abc"),
    "mouse and paste modes": (f"a{ESC}[?1000h{ESC}[?2004lb", "ab"),
    "hidden text by colour": (f"a{ESC}[8mrm -rf ~{ESC}[0mb", "arm -rf ~b"),
    "colon separated colour": (f"a{ESC}[38:2::1:2:3mb", "ab"),
    "state query (DECRQSS)": (f"a{ESC}P$q{ESC}\\b", "ab"),
    "terminfo query (XTGETTCAP)": (f"a{ESC}P+q544e{ST}b", "ab"),
    "device status query": (f"a{ESC}[6n{ESC}[c{ESC}[>qb", "ab"),
    "answerback (ENQ)": ("a\x05b", "ab"),
    "keyboard protocol": (f"a{ESC}[>1u{ESC}[=1;1ub", "ab"),
    "DEC intermediate": (f"a{ESC}[1 q{ESC}[!pb", "ab"),
    "image (kitty APC)": (f"a{ESC}_Gf=100;AAAA{ST}b", "ab"),
    "file download (iTerm OSC 1337)": (f"a{ESC}]1337;File=name=eA==:AAAA{BEL}b", "ab"),
    "notification (OSC 777)": (f"a{ESC}]777;notify;x;y{BEL}b", "ab"),
    "palette (OSC 4)": (f"a{ESC}]4;1;rgb:00/00/00{ST}b", "ab"),
    "Linux console palette": (f"a{ESC}]P1000000b", "aP1000000b"),
    "privacy message": (f"a{ESC}^secret{ST}b", "ab"),
    "start of string": (f"a{ESC}Xsecret{ST}b", "ab"),
    "tmux pass-through": (f"a{ESC}Ptmux;{ESC}{ESC}]52;c;QQ=={BEL}{ESC}\\b", "atmux;b"),
    "full reset": (f"a{ESC}cb", "ab"),
    "charset select": (f"a{ESC}(0{ESC})B{ESC}%G{ESC}#8b", "ab"),
    "shift out": ("a\x0eb\x0fc", "abc"),
    "save and restore cursor": (f"a{ESC}7{ESC}8b", "ab"),
    "bell flood": ("a" + BEL * 10_000 + "b", "ab"),
    "backspace overwrite": ("safe\b\b\b\bevil", "safeevil"),
    "carriage return overwrite": ("safe\revil", "safe\nevil"),
    "delete": ("a\x7fb", "ab"),
    "8-bit CSI (C1)": ("a\x9b31mb\x9b2Jc", "abc"),
    "8-bit DCS and APC": ("a\x90q#0\x9cb\x9fGx\x9cc", "abc"),
    "other C1 controls": ("a\x84\x85\x8d\x9cb", "ab"),
    "NUL": ("a\0b", "ab"),
    "bidi override (Trojan source)": ("if (\u202eadmin\u2066) {\u2069\u202c", "if (admin) {"),
    "bidi marks": ("a\u200e\u200f\u061cb", "ab"),
    "zero-width space": ("pay\u200bpal\ufeff\u2060\u180e", "paypal"),
    "invisible tag characters": ("hi\U000e0001\U000e0068\U000e0069\U000e007f", "hi"),
    "tags behind a flag that is none": ("\U0001f3f4" + "\U000e0068" * 50, "\U0001f3f4"),
    "annotation characters": ("a\ufff9b\ufffac\ufffbd", "abcd"),
    "smuggled bytes (variation selectors 17 up)": ("😀\U000e0158\U000e0149", "😀"),
    "line and paragraph separators": ("a\u2028b\u2029c", "a\nb\nc"),
    "lone surrogates": ("a\ud800b\udc00c", "a\ufffdb\ufffdc"),
    "escape at the end": (f"a{ESC}", "a"),
    "escape before an escape": (f"a{ESC}{ESC}[2Jb", "ab"),
    "sequence broken by a control": (f"a{ESC}[12\x0731mb", "a1231mb"),
    "sequence broken by a sequence": (f"a{ESC}[{ESC}[2Jb", "ab"),
}

PLAIN = [
    "",
    "Hello, world.\n\tindented\n",
    "naïve café, Ελληνικά, Русский, עברית, العربية, 中文, 日本語, 한국어, ไทย",
    "👩‍👩‍👧 ❤️ 👍🏽 🇦🇹 ✈︎",  # joiners, variation selectors, skin tones, regional indicators
    "می‌خواهم क्‍ष",  # Persian needs ZWNJ, Devanagari ZWJ
    f"flags 🏴 {SCOTLAND} end",
    "e\u0301 combining, soft\u00adhyphen, no\u00a0break",
    "[31m and ]52;c;x are only text",
]

FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)

pieces = st.sampled_from([
    ESC, "[", "]", "P", "\\", "0", "52;c;", "m", "?25", "(", " ", "a", "\n", "\r", BEL, "\x9b", "\x9c", "\x9d", "\x18",
    "\ud83d", "\ude00", "\U0001f3f4", "\U000e0067", "\U000e007f", "\u202e", "\u200b", "\u2028", "é", "x" * 4095,
])  # fmt: skip
hostile_text = st.lists(pieces, max_size=20).map("".join)
any_text = st.text(st.characters(codec=None), max_size=50)


def feed_all(cuts: list[str]) -> tuple[str, dict[str, int]]:
    sanitiser = Sanitiser()
    text = "".join([sanitiser.feed(cut) for cut in cuts]) + sanitiser.flush()
    return text, {str(kind): count for kind, count in sanitiser.removed.items()}


@pytest.mark.parametrize(("attack", "shown"), ATTACKS.values(), ids=ATTACKS.keys())
def test_attack_is_disarmed(attack: str, shown: str) -> None:
    assert sanitise(attack) == shown


@pytest.mark.parametrize("name", [name for name in ATTACKS if "flood" not in name])
def test_attack_split_over_two_deltas_is_disarmed_alike(name: str) -> None:
    attack, _ = ATTACKS[name]
    whole = feed_all([attack])
    for cut in range(len(attack) + 1):
        assert feed_all([attack[:cut], attack[cut:]]) == whole


@pytest.mark.parametrize(("attack", "shown"), ATTACKS.values(), ids=ATTACKS.keys())
def test_attack_that_arrives_character_by_character_is_disarmed(attack: str, shown: str) -> None:
    assert feed_all(list(attack))[0] == shown


@pytest.mark.parametrize("text", PLAIN)
def test_plain_text_is_left_alone(text: str) -> None:
    assert sanitise(text) == text
    assert feed_all(list(text)) == (text, {})


@pytest.mark.parametrize(
    "introducer", [f"{ESC}]", f"{ESC}P", f"{ESC}_", f"{ESC}^", f"{ESC}X", "\x9d", "\x90"]
)
def test_a_sequence_without_end_cannot_hide_the_rest_of_a_reply(introducer: str) -> None:
    for rest in ("the rest\nof the reply", "x" * 5000, "the last words"):
        assert sanitise(f"before {introducer}{rest}") == f"before {rest}"


def test_a_sequence_without_end_holds_the_text_back_for_4096_characters_at_most() -> None:
    sanitiser = Sanitiser()
    assert sanitiser.feed(f"{ESC}]" + "x" * 4096) == ""
    assert sanitiser.feed("x") == "x" * 4097
    assert sanitiser.feed("y") == "y"


def test_a_sequence_without_end_holds_the_text_back_to_the_end_of_the_line_at_most() -> None:
    sanitiser = Sanitiser()
    assert sanitiser.feed(f"{ESC}]some words") == ""
    assert sanitiser.feed("\n") == "some words\n"


def test_nothing_is_held_once_a_sequence_has_ended() -> None:
    sanitiser = Sanitiser()
    assert [sanitiser.feed(piece) for piece in (f"{ESC}]0;x", ESC, "\\", "b")] == ["", "", "", "b"]
    assert [sanitiser.feed(piece) for piece in (f"{ESC}]0;x", ESC, "b")] == ["", "", "0;x"]


def test_plain_text_is_shown_at_once() -> None:
    sanitiser = Sanitiser()
    assert [sanitiser.feed(word) for word in ("Hello", ", ", "wörld")] == ["Hello", ", ", "wörld"]
    assert sanitiser.flush() == ""


def test_line_ends_become_newlines_also_when_split() -> None:
    assert feed_all(["a\r", "\nb\r", "c\n\r"])[0] == "a\nb\nc\n\n"


def test_halves_of_a_character_in_two_deltas_are_joined() -> None:
    assert feed_all(["\ud83d", "\ude00"]) == ("😀", {})


def test_joined_halves_are_judged_as_the_character_they_make() -> None:
    assert sanitise("a\udb40\udc01b") == "ab"


def test_what_was_removed_is_counted_by_kind() -> None:
    sanitiser = Sanitiser()
    sanitiser.feed(f"{ESC}[31m\x07\x07\u202e\u200b\u200b\u200b\ud800x\r\n{ESC}]0;t")
    sanitiser.feed(f"itle{BEL}")
    assert sanitiser.removed == {
        "escape sequences": 2,
        "control characters": 2,
        "bidi controls": 1,
        "invisible characters": 3,
        "broken characters": 1,
    }


def test_a_line_stays_on_one_line() -> None:
    assert sanitise_line(" a\r\nb\tc \u2028 d\x1b[2J ") == "a b c d"


@given(hostile_text | any_text, st.data())
@example(f"{ESC}]" + "x" * 4096 + BEL, None)
@example(f"{ESC}]" + "x" * 4097 + BEL, None)
def test_cuts_make_no_difference(text: str, data: st.DataObject | None) -> None:
    places = data.draw(st.lists(st.integers(0, len(text)), max_size=6)) if data else [1, 2, len(text) - 1]
    edges = [0, *sorted(places), len(text)]
    cuts = [text[start:end] for start, end in pairwise(edges)]
    assert feed_all(cuts) == feed_all([text])


@given(hostile_text)
def test_single_characters_make_no_difference(text: str) -> None:
    assert feed_all(list(text)) == feed_all([text])


@given(hostile_text | any_text)
def test_nothing_forbidden_comes_out(text: str) -> None:
    shown = sanitise(text)
    assert FORBIDDEN.search(shown) is None
    assert {c for c in shown if unicodedata.category(c) == "Cc"} <= {"\n", "\t"}


@given(hostile_text | any_text)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = sanitise(text)
    assert feed_all([once]) == (once, {})


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Zl", "Zp", "Cn"]), max_size=200))
def test_visible_text_is_never_changed(text: str) -> None:
    text = re.sub("[\U000e0000-\U000e0fff]", "", text)
    assert sanitise(text) == text


@pytest.mark.parametrize(
    "unit",
    [
        "\x9d",
        f"{ESC}]",
        f"{ESC}[",
        f"{ESC}]" + "x" * 4090,
        "\x9b" + "1" * 300,
        "\u202e",
        "\r",
        "\ud800",
        "\U0001f3f4",
    ],
    ids=ascii,
)
@pytest.mark.parametrize("size", [1, 10**6])
def test_a_flood_of_hostile_text_is_cleaned_however_it_is_cut(unit: str, size: int) -> None:
    """Where the work grew with its square, it would not end before the time that a test has."""
    text = unit * (50_000 // len(unit))
    sanitiser = Sanitiser()
    found = "".join(sanitiser.feed(text[start : start + size]) for start in range(0, len(text), size))
    found += sanitiser.flush()
    assert not set(found) & {ESC, "\x9b", "\x9d", "\u202e", "\ud800"}
    assert sanitise(found) == found
