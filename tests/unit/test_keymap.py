"""Keys as people write them, what is bound to them, and what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from prompt_toolkit.key_binding.key_bindings import _parse_key

from chatrepl.config import load_settings
from chatrepl.environment import Environment
from chatrepl.errors import ConfigError
from chatrepl.keymap import ACTIONS, BY_NAME, SIGNS, Keymap, check_keys, conflicts, read_chord, show_keys
from chatrepl.ui.bindings import terminal_keys


def configured(tmp_path: Path, text: str) -> dict[str, tuple[str, ...]]:
    file = tmp_path / "config.toml"
    file.write_text(text)
    environment = Environment(variables={"HOME": str(tmp_path)})
    return dict(load_settings(environment, {}, file).settings.keys)


@pytest.mark.parametrize(
    ("written", "chord"),
    [
        ("ctrl-g", ("ctrl-g",)),
        ("C-g", ("ctrl-g",)),
        ("Ctrl-G", ("ctrl-g",)),
        ("c-x c-e", ("ctrl-x", "ctrl-e")),
        ("M-Enter", ("alt-enter",)),
        ("alt-return", ("alt-enter",)),
        ("alt-P", ("alt-P",)),
        ("alt--", ("alt--",)),
        ("meta-_", ("alt-_",)),
        ("ctrl-i", ("tab",)),
        ("shift-tab", ("shift-tab",)),
        ("escape", ("esc",)),
        ("shift-ctrl-left", ("ctrl-shift-left",)),
        ("pgup", ("pageup",)),
        ("F4", ("f4",)),
    ],
)
def test_keys_are_read_as_people_write_them(written: str, chord: tuple[str, ...]) -> None:
    assert read_chord(written) == chord


@pytest.mark.parametrize(
    ("written", "said", "hint"),
    [
        ("ctrl-entre", "'ctrl-entre' is none", "enter"),
        ("cntrl-g", "'cntrl-g' is none", "ctrl-g"),
        ("ctrl-shift-a", "'ctrl-shift-a' is none", ""),
        ("f99", "'f99' is none", "f9"),
        ("ctrl-ä", "is none", ""),
        ("", "is empty", ""),
        ("a", "letter a away", "alt-a"),
    ],
)
def test_what_is_no_key_is_refused_with_the_nearest(written: str, said: str, hint: str) -> None:
    with pytest.raises(ValueError, match="must") as caught:
        read_chord(written)

    assert said in str(caught.value)
    assert hint in (getattr(caught.value, "hint", None) or "")


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_every_default_is_written_in_the_one_way_and_the_terminal_knows_it(action: object) -> None:
    (found,) = [each for each in ACTIONS if each is action]
    may_be_letter = found.is_only_on_empty_line
    for keys in found.keys:
        chord = read_chord(keys, may_be_letter=may_be_letter)
        assert " ".join(chord) == keys
        for key in terminal_keys(chord):
            _parse_key(key)
    assert len(found.label) <= 25


def test_the_defaults_are_in_nobodys_way() -> None:
    assert list(conflicts({})) == []


@pytest.mark.parametrize(
    ("keys", "shown"),
    [("ctrl-x ctrl-e", "Ctrl-X Ctrl-E"), ("alt--", "Alt--"), ("pageup", "PageUp"), ("ctrl-_", "Ctrl-_")],
)
def test_keys_are_shown_as_on_a_page(keys: str, shown: str) -> None:
    assert show_keys(keys) == shown


def test_what_is_bound_is_what_is_shown() -> None:
    keymap = Keymap({"editor": ("f4",), "redo": ()})

    shown = {label: keys for keys, label in keymap.shown()}

    assert shown[BY_NAME["editor"].label] == "F4"
    assert BY_NAME["redo"].label not in shown
    assert set(SIGNS) <= set(keymap.shown())


def test_a_default_that_something_else_takes_is_not_freed() -> None:
    keymap = Keymap({"editor": ("f4",), "undo": ("ctrl-g",)})

    assert keymap.freed("editor") == (("ctrl-x", "ctrl-e"),)
    assert keymap.freed("send") == ()
    assert Keymap({"help": ("f1",)}).freed("help") == ()


def test_keys_are_kept_once_and_in_the_one_way() -> None:
    assert check_keys("editor", ("C-g", "ctrl-g", "c-x c-e")) == ("ctrl-g", "ctrl-x ctrl-e")


def test_only_the_help_may_be_a_letter_since_it_is_there_on_an_empty_line_only() -> None:
    assert check_keys("help", ("h",)) == ("h",)
    with pytest.raises(ValueError, match="away from typing"):
        check_keys("editor", ("h",))


def test_ctrl_c_always_stops() -> None:
    with pytest.raises(ValueError, match="ctrl-c"):
        check_keys("editor", ("ctrl-c",))


# The configuration --------------------------------------------------------------------------------------------------


def test_the_file_gives_one_key_or_several(tmp_path: Path) -> None:
    keys = configured(tmp_path, '[keys]\nnewline = "Alt-Enter"\neditor = ["c-g", "f4"]\nredo = []\n')

    assert keys == {"newline": ("alt-enter",), "editor": ("ctrl-g", "f4"), "redo": ()}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[keys]\neditr = "f4"', "There is no setting `keys.editr`"),
        ('[keys]\ninterrupt = "f4"', "There is no setting `keys.interrupt`"),
        ('[keys]\neditor = "ctrl-gg"', "`keys.editor` must hold keys that a terminal knows, and 'ctrl-gg' is none"),
        ("[keys]\neditor = 4", "`keys.editor` must be a list"),
        ('[keys]\neditor = "ctrl-l"', "`keys.editor` and `keys.clear_screen` both have ctrl-l"),
        ('[keys]\neditor = "f4"\nunfold = "F4"', "`keys.unfold` and `keys.editor` both have f4"),
    ],
)  # fmt: skip
def test_mistakes_in_the_file_are_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(tmp_path, text)

    assert said in caught.value.message


def test_an_unknown_action_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(tmp_path, '[keys]\neditr = "f4"')

    assert "keys.editor" in (caught.value.hint or "")


def test_a_key_can_be_swapped(tmp_path: Path) -> None:
    keys = configured(tmp_path, '[keys]\nsend = "alt-enter"\nnewline = ["enter", "ctrl-j"]\n')

    assert list(conflicts(keys)) == []
