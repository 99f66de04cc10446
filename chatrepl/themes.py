"""Themes: the styles by their names, those that come with chatrepl and those of the user's own files. Pure.

Colours are the terminal's own sixteen where that is enough, so that they fit it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from chatrepl.errors import ConfigError


class Theme(NamedTuple):
    """How everything looks."""

    name: str
    rich: Mapping[str, str]
    """The styles of replies and of what is said, in the words of rich."""
    prompt: Mapping[str, str]
    """The styles of the input line and what is around it, in the words of prompt_toolkit."""
    code: str
    """The Pygments style of code."""


_RICH: Mapping[str, str] = {
    "markdown.paragraph": "none",
    "markdown.text": "none",
    "markdown.em": "italic",
    "markdown.strong": "bold",
    "markdown.s": "strike",
    "markdown.code": "bold cyan",
    "markdown.code_block": "none",
    "markdown.block_quote": "italic",
    "markdown.item.bullet": "bold",
    "markdown.item.number": "bold",
    "markdown.hr": "dim",
    "markdown.h1": "bold underline",
    "markdown.h2": "bold",
    "markdown.h3": "bold",
    "markdown.h4": "bold",
    "markdown.h5": "bold",
    "markdown.h6": "bold",
    "markdown.link": "underline",
    "markdown.link_url": "dim underline",
    "markdown.table.border": "dim",
    "markdown.table.header": "bold",
    "chat.user": "bold",
    "chat.label": "dim",
    "chat.reasoning": "dim italic",
    "chat.info": "dim",
    "chat.warning": "yellow",
    "chat.error": "red",
}

_PROMPT: Mapping[str, str] = {
    "prompt": "bold",
    "status": "fg:ansibrightblack",
    "status.strong": "bold",
    "status.warning": "fg:ansiyellow bold",
    "chips": "fg:ansicyan",
    "queue": "italic fg:ansibrightblack",
    "question": "bold",
    "help": "",
    "match": "bold underline",
    "picker.chosen": "reverse",
    "picker.dim": "fg:ansibrightblack",
    "picker.preview": "fg:ansibrightblack",
    "completion-menu": "bg:default fg:default noreverse",
    "completion-menu.completion": "bg:default fg:default",
    "completion-menu.completion.current": "reverse bg:default fg:default",
    "completion-menu.meta.completion": "bg:default fg:ansibrightblack",
    "completion-menu.meta.completion.current": "bg:default fg:ansibrightblack",
    "scrollbar.background": "",
    "scrollbar.button": "",
}

DARK = Theme("dark", _RICH, _PROMPT, "ansi_dark")
LIGHT = Theme(
    "light",
    {
        **_RICH,
        "markdown.code": "bold blue",
        "chat.warning": "color(130)",
        "chat.error": "color(124)",
    },
    {**_PROMPT, "chips": "fg:ansiblue", "status.warning": "fg:#af5f00 bold"},
    "ansi_light",
)
"""Without yellow and cyan, which cannot be read on white."""
BUILT_IN: Mapping[str, Theme] = {theme.name: theme for theme in (DARK, LIGHT)}
AUTO = "auto"
"""Stands for one of them, as the terminal's background is."""

_COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_FLAGS = {
    "bold": "bold",
    "italic": "italic",
    "underline": "underline",
    "reverse": "reverse",
    "strike": "strike",
}
_KEYS = ("base", "code", "styles")
_COLOUR = re.compile(
    r"default|(?:bright_)?(?:black|red|green|yellow|blue|magenta|cyan|white)|#[0-9a-fA-F]{6}|color\((\d{1,3})\)"
)


def read_theme(name: str, content: bytes, file: str) -> Theme:
    """Read a theme of the user's: ``base``, ``code``, and a table ``styles``.

    Raises:
        ConfigError: naming every problem, with line and key.
    """
    from chatrepl.placeholders import nearest
    from chatrepl.toml_lines import find_lines
    from chatrepl.toml_text import combined, decode, parse
    from chatrepl.values import shown

    try:
        text = decode(content, file)
        document = parse(text, file, hint='Text stands in quotes, as in "chat.error" = "bold red".')
    except ConfigError as error:
        raise combined([error], "", "") from None
    lines = find_lines(text, document)
    problems: list[ConfigError] = []

    def add(path: tuple[str, ...], message: str, hint: str | None = None) -> None:
        problems.append(ConfigError(message, hint=hint, file=file, line=lines.get(path)))

    for key in document:
        if key not in _KEYS:
            add(
                (key,),
                f"There is no key `{key}`.",
                nearest(key, _KEYS) or f"The keys are {', '.join(_KEYS)}.",
            )
    base = document.get("base", "dark")
    if base not in BUILT_IN:
        add(("base",), f"`base` must be dark or light, not {shown(base)}.")
    theme = BUILT_IN.get(base if isinstance(base, str) else "", DARK)
    code = document.get("code", theme.code)
    if not isinstance(code, str) or not code.strip():
        add(("code",), f"`code` must be the name of a Pygments style, not {shown(code)}.")
    styles = document.get("styles", {})
    if not isinstance(styles, Mapping):
        add(("styles",), f"`styles` must be a table, not {shown(styles)}.")
        styles = {}
    rich, prompt = dict(theme.rich), dict(theme.prompt)
    for path, key, value in _flat(styles):
        _set(rich, prompt, key, value, lambda message, hint=None, path=path: add(path, message, hint))
    if problems:
        problems.sort(key=lambda problem: problem.line or 0)
        raise combined(problems, f"The theme {name}", f"Correct them in {file}.")
    return Theme(name, rich, prompt, str(code))


def _flat(
    table: Mapping[str, Any], path: tuple[str, ...] = ("styles",)
) -> Sequence[tuple[tuple[str, ...], str, Any]]:
    """Return the entries of a table and of those in it: ``markdown.h1`` may stand as one key or as two."""
    found: list[tuple[tuple[str, ...], str, Any]] = []
    for key, value in table.items():
        here = (*path, key)
        if isinstance(value, Mapping):
            found += _flat(value, here)
        else:
            found.append((here, ".".join(here[1:]), value))
    return found


def _set(
    rich: dict[str, str], prompt: dict[str, str], key: str, value: Any, add: Callable[..., None]
) -> None:
    from chatrepl.placeholders import nearest
    from chatrepl.values import shown

    if key not in rich and key not in prompt:
        names = [*rich, *prompt]
        add(f"There is no style `{key}`.", nearest(key, names) or "/theme styles lists them.")
        return
    if not isinstance(value, str):
        add(f"`{key}` must be text, not {shown(value)}.", f'{key} = "bold red"')
        return
    wrong = wrong_word(value)
    if wrong is not None:
        words = [*_FLAGS, "dim", "none", "on", "default", *_COLOURS, *(f"bright_{each}" for each in _COLOURS)]
        add(
            f"`{key}`: nobody knows what '{wrong}' looks like.",
            nearest(wrong, words) or "Words such as bold, dim, red, bright_blue, #ff8800, on black.",
        )
    elif key in rich:
        rich[key] = value.lower()
    else:
        prompt[key] = to_prompt(value)


def wrong_word(style: str) -> str | None:
    """Return the first word of a style that means nothing. None: all of it has a meaning."""
    words = style.lower().split()
    for place, word in enumerate(words):
        if word in _FLAGS or word in {"dim", "none"} or (word == "on" and place + 1 < len(words)):
            continue
        match = _COLOUR.fullmatch(word)
        if match is None or (match[1] and int(match[1]) > 255):
            return word
    return None


def to_prompt(style: str) -> str:
    """Say a style in the words of prompt_toolkit."""
    found: list[str] = []
    is_background = False
    for word in style.lower().split():
        if word == "on":
            is_background = True
        elif word in _FLAGS:
            found.append(_FLAGS[word])
        elif word == "dim":
            found.append("fg:ansibrightblack")
        elif word != "none":
            found.append(f"{'bg' if is_background else 'fg'}:{_colour(word)}")
            is_background = False
    return " ".join(found)


def _colour(word: str) -> str:
    if word == "default" or word.startswith("#"):
        return word
    if word.startswith("color("):
        number = int(word[6:-1])
        if number >= 16:
            return _hexadecimal(number)
        word = ("bright_" if number > 7 else "") + _COLOURS[number % 8]
    names = {"white": "ansigray", "bright_white": "ansiwhite"}
    return names.get(word) or "ansi" + word.replace("_", "")


def _hexadecimal(number: int) -> str:
    """Return one of the 240 colours that follow the sixteen. Source: xterm's 256colres.h."""
    if number >= 232:
        red = green = blue = 8 + 10 * (number - 232)
    else:
        levels = (0, 95, 135, 175, 215, 255)
        red, green, blue = (levels[(number - 16) // step % 6] for step in (36, 6, 1))
    return f"#{red:02x}{green:02x}{blue:02x}"
