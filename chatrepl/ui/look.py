"""Chooses how things look for the terminal at hand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from rich.color import ColorSystem

from chatrepl.environment import Environment
from chatrepl.themes import DARK, Theme
from chatrepl.ui.markdown import BlockRenderer, Look, Pictures

if TYPE_CHECKING:
    from chatrepl.settings import ImageProtocol, TerminalSettings

_LINKING_PROGRAMS = frozenset(
    {"iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "rio", "WarpTerminal"}
)
_LINKING_TERMS = re.compile(r"xterm-kitty|xterm-ghostty|foot|alacritty|contour|wezterm")
_LINKING_VARIABLES = ("KITTY_WINDOW_ID", "WT_SESSION", "KONSOLE_VERSION", "DOMTERM")
_KITTY_TERMS = re.compile(r"xterm-kitty|xterm-ghostty")
_SIXEL_TERMS = re.compile(r"foot|mlterm|contour|yaft")
_ITERM2_PROGRAMS = frozenset({"iTerm.app", "WezTerm", "mintty"})
"""Whose images these terminals show. Source: their documentation, 2026."""
_LEAST_VTE = 5000
"""The first version of VTE with links, 0.50. Source: the list of terminals beside the specification of OSC 8, 2026."""


def look_for(environment: Environment, terminal: TerminalSettings, theme: Theme = DARK) -> Look:
    """Return what the terminal can show."""
    has_styles = not environment.is_dumb
    return Look(
        color_system=_colours(environment),
        has_styles=has_styles,
        is_unicode=environment.is_unicode,
        has_links=has_styles and _has_links(terminal, environment.variables),
        has_formulas=environment.is_unicode and terminal.formulas,
        theme=theme,
        code_theme=terminal.code_theme,
        pictures=_pictures(environment, terminal),
    )


def renderer_for(environment: Environment, terminal: TerminalSettings, theme: Theme = DARK) -> BlockRenderer:
    """Return a renderer for one reply, at the present size."""
    return BlockRenderer(look_for(environment, terminal, theme), *environment.size())


def _has_links(terminal: TerminalSettings, variables: Mapping[str, str]) -> bool:
    if terminal.hyperlinks != "auto":
        return terminal.hyperlinks == "on"
    if variables.get("TMUX") or variables.get("STY"):  # what is around them may know none
        return False
    version = variables.get("VTE_VERSION", "")
    return (
        variables.get("TERM_PROGRAM", "") in _LINKING_PROGRAMS
        or _LINKING_TERMS.match(variables.get("TERM", "")) is not None
        or any(variables.get(name) for name in _LINKING_VARIABLES)
        or (version.isdecimal() and int(version) >= _LEAST_VTE)
    )


def _pictures(environment: Environment, terminal: TerminalSettings) -> Pictures | None:
    """Return how images are shown. None: they are not, or the extra is missing."""
    wanted = terminal.images
    if wanted == "auto":
        wanted = _image_protocol(environment.variables) or "off"
    if wanted == "off" or environment.is_dumb or find_spec("PIL") is None:
        return None
    return Pictures(wanted, environment.cell_pixels())


def _image_protocol(variables: Mapping[str, str]) -> ImageProtocol | None:
    term, program = variables.get("TERM", ""), variables.get("TERM_PROGRAM", "")
    if variables.get("TMUX") or variables.get("STY"):  # what is around them may know none
        return None
    if variables.get("KITTY_WINDOW_ID") or _KITTY_TERMS.match(term) or program == "ghostty":
        return "kitty"
    if program in _ITERM2_PROGRAMS:
        return "iterm2"
    return "sixel" if _SIXEL_TERMS.match(term) else None


def _colours(environment: Environment) -> ColorSystem | None:
    if not environment.wants_colour:
        return None
    if environment.variables.get("COLORTERM", "").lower() in {"truecolor", "24bit"}:
        return ColorSystem.TRUECOLOR
    return (
        ColorSystem.EIGHT_BIT if "256color" in environment.variables.get("TERM", "") else ColorSystem.STANDARD
    )
