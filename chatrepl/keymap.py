"""What the keys do, declared once: the bindings, ``[keys]`` of the configuration, the key help and the pages come from here.

A key is written as people say it: ``ctrl-g``, ``alt-enter``, ``shift-tab``, ``f5``, ``up``; several in a row with blanks
between them, as in ``ctrl-x ctrl-e``. Pure; how a terminal tells of a key is the business of ``ui.bindings``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

Chord = tuple[str, ...]
"""One key or several in a row, in the one way of writing that ``read_chord`` gives."""


class Action(NamedTuple):
    """Something that keys do."""

    name: str
    """As it is called in ``[keys]``."""
    keys: tuple[str, ...]
    """Those that do it by default."""
    label: str
    """What it does, in at most 25 characters, for the key help."""
    summary: str
    """What it does, for the pages."""
    is_fixed: bool = False
    """Whether it always has these keys, so that nobody can be locked in."""
    is_only_on_empty_line: bool = False
    """Whether its keys are plain letters everywhere but on an empty line."""
    is_only_in_lines_mode: bool = False
    """Whether it is there only while Enter makes a new line; its keys do something else meanwhile."""


ACTIONS: tuple[Action, ...] = (
    Action("send", ("enter",), "send", "Send the message, or take what is chosen in the menu."),
    Action(
        "newline",
        ("alt-enter", "ctrl-j", "shift-enter"),
        "new line",
        "Begin a new line; so does Enter after a backslash. Shift-Enter where the terminal tells it apart.",
    ),
    Action(
        "send_lines",
        ("alt-enter",),
        "send, in /multiline",
        "Send, while `/multiline` makes Enter begin a new line.",
        is_only_in_lines_mode=True,
    ),
    Action("complete", ("tab",), "complete", "Complete commands, their arguments, and paths after `@`."),
    Action("complete_back", ("shift-tab",), "back in the menu", "Go back in the menu."),
    Action(
        "stop",
        ("esc",),
        "stop, or take back",
        "Close the menu, else take back the message that was queued last, else stop the reply.",
    ),
    Action(
        "interrupt",
        ("ctrl-c",),
        "stop, clear; twice leaves",
        "Stop the reply or a shell command, else clear the line into the history; twice on an empty line leaves.",
        is_fixed=True,
    ),
    Action("leave", ("ctrl-d",), "leave, on an empty line", "Leave, on an empty line; else delete a letter."),
    Action(
        "editor",
        ("ctrl-g", "ctrl-x ctrl-e"),
        "write it in your editor",
        "Write the message in `$VISUAL` or `$EDITOR`, folded pastes unfolded; also while a reply arrives.",
    ),
    Action(
        "previous",
        ("up", "ctrl-p"),
        "what was typed before",
        "Go up a line, or back to what was typed before and begins as the line does; on an empty line first to what is queued.",
    ),
    Action("next", ("down", "ctrl-n"), "and forward again", "Go down a line, or forward in what was typed."),
    Action(
        "search",
        ("ctrl-r",),
        "search what was typed",
        "Search in what was typed before; again for the next older one, Enter takes it, Esc and Ctrl-C leave.",
    ),
    Action("undo", ("ctrl-_", "ctrl-x ctrl-u"), "undo", "Undo the last change of the line."),
    Action("redo", ("alt-_", "ctrl-x ctrl-r"), "redo", "Do again what was undone."),
    Action("kill_to_end", ("ctrl-k",), "cut to the line's end", "Cut to the end of the line."),
    Action("kill_to_start", ("ctrl-u",), "cut to its beginning", "Cut to the beginning of the line."),
    Action("kill_word", ("ctrl-w",), "cut the word before", "Cut the word before the cursor."),
    Action("yank", ("ctrl-y",), "insert what was cut", "Insert what was cut last."),
    Action("yank_older", ("alt-y",), "then what was cut before", "After that, what was cut before it."),
    Action(
        "unfold",
        ("alt-p",),
        "unfold or fold a paste",
        "Unfold the paste at the cursor, to read and change it; with the cursor in a paste that was unfolded, fold it again.",
    ),
    Action(
        "take_output",
        ("alt-o",),
        "take a command's output",
        "Put the output of the last `!command` into the message.",
    ),
    Action("clear_screen", ("ctrl-l",), "clear the screen", "Clear the screen."),
    Action(
        "help",
        ("?",),
        "these keys",
        "Show the keys, on an empty line; any key closes that and does what it does.",
        is_only_on_empty_line=True,
    ),
)

SIGNS: tuple[tuple[str, str], ...] = (
    ("/", "run a command"),
    ("@", "name a file"),
    ("!", "run a shell command"),
)
"""What stands first in a line or a word, and what it begins."""

BY_NAME: Mapping[str, Action] = {action.name: action for action in ACTIONS}

NAMED_KEYS = (
    *("enter", "tab", "esc", "space", "backspace", "delete", "insert"),
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown"),
    *(f"f{number}" for number in range(1, 21)),
)
_ALIASES = {
    "return": "enter",
    "escape": "esc",
    "del": "delete",
    "ins": "insert",
    "bs": "backspace",
    "page-up": "pageup",
    "page-down": "pagedown",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "ctrl-i": "tab",
    "ctrl-m": "enter",
    "ctrl-[": "esc",
    "ctrl-h": "backspace",
    "ctrl-@": "ctrl-space",
}
"""Other names; also keys that a terminal does not tell apart."""
_MODIFIERS = {
    "c": "ctrl",
    "ctrl": "ctrl",
    "control": "ctrl",
    "a": "alt",
    "alt": "alt",
    "m": "alt",
    "meta": "alt",
}
_MODIFIERS |= {"s": "shift", "shift": "shift"}
_CTRL_SIGNS = frozenset("\\]^_")
_CTRL_NAMED = frozenset(
    {"space", "up", "down", "left", "right", "home", "end", "delete", "insert", "pageup", "pagedown"}
)
_SHIFT_NAMED = (_CTRL_NAMED | {"tab", "enter"}) - {"space"}


class UnknownKeyError(ValueError):
    """A key that cannot be."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def read_chord(text: str, *, may_be_letter: bool = False) -> Chord:
    """Read a key, or several in a row, as somebody wrote them.

    Raises:
        UnknownKeyError: there is no such key; the message begins with ``must``.
    """
    words = text.split()
    if not words:
        raise UnknownKeyError("must hold keys such as ctrl-g, and one of them is empty")
    chord = tuple(_read_key(word) for word in words)
    if len(chord[0]) == 1 and not may_be_letter:
        raise UnknownKeyError(
            f"must not take the letter {chord[0]} away from typing",
            f"Put ctrl- or alt- before it: alt-{chord[0]}.",
        )
    return chord


def _read_key(word: str) -> str:
    if len(word) == 1:
        return word
    lowered = word.lower()
    if lowered in _ALIASES:
        return _ALIASES[lowered]
    parts, rest = [], word
    while True:
        head, dash, tail = rest.partition("-")
        if not (dash and tail and head.lower() in _MODIFIERS):
            break
        parts.append(_MODIFIERS[head.lower()])
        rest = tail
    base = rest if len(rest) == 1 else _ALIASES.get(rest.lower(), rest.lower())
    modifiers: list[str] = [name for name in ("ctrl", "alt", "shift") if name in parts]
    if len(base) == 1 and "ctrl" in modifiers:
        base = base.lower()
    key = "-".join((*modifiers, base))
    key = _ALIASES.get(key, key)
    if not _is_known(modifiers, base):
        raise UnknownKeyError(
            f"must hold keys that a terminal knows, and {word!r} is none", _nearest_key(lowered)
        )
    return key


def _is_known(modifiers: list[str], base: str) -> bool:
    is_letter = len(base) == 1 and base.isprintable()
    if not is_letter and base not in NAMED_KEYS:
        return False
    rest = [name for name in modifiers if name != "alt"]
    if not rest:
        return True
    if is_letter:
        can_be_held = base.isascii() and (base.isalpha() or base in _CTRL_SIGNS)
        return rest == ["ctrl"] and can_be_held
    if rest == ["ctrl"]:
        return base in _CTRL_NAMED
    return base in (_SHIFT_NAMED if rest == ["shift"] else _CTRL_NAMED - {"space"})


def _nearest_key(word: str) -> str:
    from difflib import get_close_matches

    known = [*NAMED_KEYS, *(f"ctrl-{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")]
    known += [f"{modifier}-{name}" for modifier in ("alt", "shift", "ctrl") for name in NAMED_KEYS]
    near = get_close_matches(word, known, 2, 0.7)
    return (
        f"Did you mean {' or '.join(near)}?"
        if near
        else "Keys are written as in ctrl-g, alt-enter, shift-tab, f5, up, or ctrl-x ctrl-e."
    )


def check_keys(name: str, keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return the keys of an action as they are kept: each written in the one way, none twice.

    Raises:
        ValueError: with a sentence that begins with ``must``; its attribute ``hint`` says what to do.
    """
    action = BY_NAME[name]
    chords = [read_chord(text, may_be_letter=action.is_only_on_empty_line) for text in keys]
    if any(chord[0] == "ctrl-c" for chord in chords):
        raise UnknownKeyError("must not take ctrl-c, which always stops and leaves")
    return tuple(dict.fromkeys(" ".join(chord) for chord in chords))


class Keymap:
    """Which keys do what: the defaults, with what the configuration changes.

    Args:
        changed: Action to its keys, as ``check_keys`` gives them.
    """

    def __init__(self, changed: Mapping[str, tuple[str, ...]]) -> None:
        self.changed = changed

    def keys(self, name: str) -> tuple[str, ...]:
        """Return the keys of an action; empty where it has none."""
        return self.changed.get(name, BY_NAME[name].keys)

    def chords(self, name: str) -> tuple[Chord, ...]:
        """Return the keys of an action, taken apart."""
        return tuple(tuple(keys.split(" ")) for keys in self.keys(name))

    def freed(self, name: str) -> tuple[Chord, ...]:
        """Return the default keys of an action that nothing has any more; letters are typed then."""
        if name not in self.changed:
            return ()
        used = {chord for action in ACTIONS for chord in self.chords(action.name)}
        defaults = (tuple(keys.split(" ")) for keys in BY_NAME[name].keys)
        return tuple(chord for chord in defaults if chord not in used and len(chord[0]) > 1)

    def shown(self) -> Iterator[tuple[str, str]]:
        """Yield what is bound, for the key help: the keys, and what they do."""
        for action in ACTIONS:
            keys = self.keys(action.name)
            if keys:
                yield ", ".join(map(show_keys, keys)), action.label
        yield from SIGNS


def show_keys(keys: str) -> str:
    """Return keys as a page names them: ``Ctrl-X Ctrl-E``."""
    return " ".join("-".join(_capital(part) for part in _parts(key)) for key in keys.split(" "))


def _parts(key: str) -> list[str]:
    found, rest = [], key
    while (head := rest.partition("-"))[1] and head[2] and head[0] in {"ctrl", "alt", "shift"}:
        found.append(head[0])
        rest = head[2]
    return [*found, rest]


def _capital(part: str) -> str:
    names = {"pageup": "PageUp", "pagedown": "PageDown"}
    return names.get(part) or (part.upper() if len(part) == 1 else part.capitalize())


def conflicts(changed: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str, str]]:
    """Yield every key that two actions have, with their names, the one that was changed first.

    A key that stands at the beginning of another is no conflict: a terminal sends Esc before every key with Alt.
    """
    keymap = Keymap(changed)
    owners: dict[tuple[bool, str], str] = {}
    for action in ACTIONS:
        for keys in keymap.keys(action.name):
            where = (action.is_only_in_lines_mode, keys)
            other = owners.setdefault(where, action.name)
            if other != action.name:
                first, second = (action.name, other) if action.name in changed else (other, action.name)
                yield first, second, keys
