"""Runs slash commands in a session, as they are typed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chatrepl.commands.all import ALL
from chatrepl.commands.base import Context, Reply
from chatrepl.commands.registry import Line, Registry, parse_arguments, split_line
from chatrepl.session import Session

Run = Callable[[str], Reply]


def run_in(session: Session, tmp_path: Path) -> Run:
    """Return a function that runs a command; paths are below ``tmp_path``."""
    registry = Registry(ALL)

    def run(text: str) -> Reply:
        line = split_line(text)
        assert isinstance(line, Line)
        command = registry.find(line.name)
        context = Context(session, lambda name: tmp_path / name, ALL)
        return command.run(context, parse_arguments(command, line.rest))

    return run
