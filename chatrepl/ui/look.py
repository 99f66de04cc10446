"""Chooses how things look for the terminal at hand."""

from __future__ import annotations

from rich.color import ColorSystem

from chatrepl.environment import Environment
from chatrepl.ui.markdown import BlockRenderer, Look


def look_for(environment: Environment, code_theme: str) -> Look:
    """Return what the terminal can show."""
    return Look(
        color_system=_colours(environment),
        has_styles=not environment.is_dumb,
        is_unicode=environment.is_unicode,
        code_theme=code_theme,
    )


def renderer_for(environment: Environment, code_theme: str) -> BlockRenderer:
    """Return a renderer for one reply, at the present size."""
    return BlockRenderer(look_for(environment, code_theme), *environment.size())


def _colours(environment: Environment) -> ColorSystem | None:
    if not environment.wants_colour:
        return None
    if environment.variables.get("COLORTERM", "").lower() in {"truecolor", "24bit"}:
        return ColorSystem.TRUECOLOR
    return (
        ColorSystem.EIGHT_BIT if "256color" in environment.variables.get("TERM", "") else ColorSystem.STANDARD
    )
