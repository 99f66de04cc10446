"""Themes: those that come with chatrepl, those of the user, and which is in use."""

from __future__ import annotations

from pathlib import Path

import pytest
from prompt_toolkit.styles import Style as PromptStyle
from rich.style import Style

from chatrepl.commands.base import Sample, Several, Table
from chatrepl.errors import ChatreplError, ConfigError
from chatrepl.session import Session
from chatrepl.shelf import Shelf
from chatrepl.shelves import OwnTexts
from chatrepl.themes import BUILT_IN, DARK, LIGHT, read_theme, to_prompt, wrong_word
from chatrepl.ui.theming import AnswerFilter, Theming, is_light, is_light_by_variables
from tests.support.commands import Run, run_in
from tests.support.fakes import ScriptedClient, make_session


def test_all_styles_of_the_shipped_themes_mean_something() -> None:
    for theme in BUILT_IN.values():
        for style in theme.rich.values():
            Style.parse(style)
        PromptStyle.from_dict(dict(theme.prompt))


def test_a_file_changes_what_it_names() -> None:
    theme = read_theme(
        "mine",
        b'base = "light"\ncode = "monokai"\n[styles]\n"chat.error" = "bold RED on bright_black"\nchips = "color(208)"\n'
        b'[styles.markdown]\nh1 = "underline #ff8800"\n',
        "themes/mine.toml",
    )
    assert theme.code == "monokai"
    assert theme.rich["chat.error"] == "bold red on bright_black"
    assert theme.rich["markdown.h1"] == "underline #ff8800"
    assert theme.rich["markdown.code"] == LIGHT.rich["markdown.code"]
    assert theme.prompt["chips"] == "fg:#ff8700"
    for style in theme.rich.values():
        Style.parse(style)
    PromptStyle.from_dict(dict(theme.prompt))


def test_all_that_is_wrong_in_a_file_is_told_at_once_with_its_line() -> None:
    with pytest.raises(ConfigError) as caught:
        read_theme(
            "mine",
            b'bas = 1\ncode = 3\n[styles]\n"chat.eror" = "red"\n"chat.info" = "redd"\n"chat.user" = 1\n',
            "themes/mine.toml",
        )
    said = f"{caught.value.message} {caught.value.hint}"
    for words in (
        "There is no key `bas`",
        "`base`?",
        "line 2: `code`",
        "line 4: There is no style `chat.eror`",
        "`chat.error`",
        "'redd'",
        "line 6: `chat.user` must be text",
    ):
        assert words in said


@pytest.mark.parametrize(
    "style", ["", "none", "bold dim italic underline reverse strike", "default on #123456"]
)
def test_styles_have_a_meaning(style: str) -> None:
    assert wrong_word(style) is None
    PromptStyle.from_dict({"x": to_prompt(style)})
    Style.parse(style or "none")


@pytest.mark.parametrize(
    ("style", "word"), [("bold on", "on"), ("color(256)", "color(256)"), ("puce", "puce")]
)
def test_what_has_none_is_named(style: str, word: str) -> None:
    assert wrong_word(style) == word


@pytest.fixture
def session(tmp_path: Path) -> Session:
    session = make_session(tmp_path, ScriptedClient())
    shelf = Shelf(tmp_path / "themes", (".toml",), shown="themes")
    session._find_own_texts = lambda: OwnTexts(shelf, shelf, shelf, lambda: "")
    return session


@pytest.fixture
def run(session: Session, tmp_path: Path) -> Run:
    return run_in(session, tmp_path)


def write_theme(tmp_path: Path, text: str) -> None:
    (tmp_path / "themes").mkdir(exist_ok=True)
    (tmp_path / "themes" / "mine.toml").write_text(text)


class TestCommand:
    def test_it_lists_and_changes(self, session: Session, run: Run, tmp_path: Path) -> None:
        write_theme(tmp_path, 'base = "light"')
        table = run("/theme")
        assert isinstance(table, Table)
        assert [row[0] for row in table.rows] == ["* auto", "  dark", "  light", "  mine"]
        answer = run("/theme mine")
        assert isinstance(answer, Several)
        assert isinstance(answer.replies[0], Sample)
        assert session.settings.terminal.theme == "mine"

    def test_an_unknown_one_is_named_with_the_nearest(self, session: Session, run: Run) -> None:
        with pytest.raises(ConfigError) as caught:
            run("/theme lite")
        assert "light" in (caught.value.hint or "")
        assert session.settings.terminal.theme == "auto"

    def test_a_wrong_one_is_not_used(self, session: Session, run: Run, tmp_path: Path) -> None:
        write_theme(tmp_path, "base = 3")
        with pytest.raises(ConfigError, match="dark or light"):
            run("/theme mine")
        assert session.settings.terminal.theme == "auto"


class TestChoice:
    def theming(self, session: Session, **variables: str) -> tuple[Theming, list[ChatreplError]]:
        said: list[ChatreplError] = []
        return Theming(session, said.append, variables), said

    def test_the_background_decides(self, session: Session) -> None:
        assert self.theming(session)[0].theme is DARK
        assert self.theming(session, COLORFGBG="0;15")[0].theme is LIGHT
        assert self.theming(session, COLORFGBG="15;0")[0].theme is DARK

    def test_the_terminal_is_asked_only_where_nothing_else_tells(self, session: Session) -> None:
        assert self.theming(session, TERM="xterm")[0].asks
        assert not self.theming(session, TERM="xterm", COLORFGBG="0;15")[0].asks
        assert not self.theming(session, TERM="screen")[0].asks
        session.change_setting("terminal.theme", "light")
        theming, _ = self.theming(session, TERM="xterm")
        assert not theming.asks
        assert theming.theme is LIGHT

    def test_a_wrong_theme_in_the_settings_is_told_of_once(self, session: Session) -> None:
        session.change_setting("terminal.theme", "nope")
        theming, said = self.theming(session)
        assert theming.theme is DARK
        assert theming.theme is DARK
        assert [error.message for error in said] == ["There is no theme 'nope'."]


@pytest.mark.parametrize(
    ("value", "found"), [("0;15", True), ("15;default;0", False), ("15;8", False), ("", None), ("x;y", None)]
)
def test_a_variable_may_tell_the_background(value: str, *, found: bool | None) -> None:
    assert is_light_by_variables({"COLORFGBG": value}) in {found, True if value == "15;8" else found}


def test_bright_colours_are_light() -> None:
    assert is_light("ffff", "ffff", "dddd")
    assert is_light("ff", "ff", "00")
    assert not is_light("1e", "1e", "2e")


class Parser:
    """What reads keys, as prompt_toolkit's does."""

    def __init__(self) -> None:
        self.keys = ""

    def feed(self, data: str) -> None:
        self.keys += data


@pytest.mark.parametrize("end", ["\x07", "\x1b\\"])
def test_the_answer_is_taken_out_of_what_is_typed_wherever_it_is_cut(end: str) -> None:
    answer = f"\x1b]11;rgb:fafa/fafa/fafa{end}"
    for cut in range(len(answer) + 1):
        parser, answers = Parser(), list[bool]()
        AnswerFilter(parser, answers.append)
        parser.feed("a" + answer[:cut])
        parser.feed(answer[cut:] + "b")
        if cut != 1:  # an Esc alone is a key at once
            assert (parser.keys, answers) == ("ab", [True])


def test_keys_are_not_held_back() -> None:
    parser = Parser()
    answers = AnswerFilter(parser, lambda _: None)
    for keys in ("\x1b", "\x1b[A", "x", "\x1b]", "y"):
        parser.feed(keys)
    assert parser.keys == "\x1b\x1b[Ax\x1b]y"
    parser.feed("\x1b]11;rgb")
    answers.remove()
    parser.feed("z")
    assert parser.keys.endswith("\x1b]11;rgbz")
