"""Collects what is wrong in one chat, so that a fault that each message has is told once. Pure."""

from __future__ import annotations

from chatrepl.imports.base import Problem

BAD_TIME = "The date is impossible; that of the message before it, or of the chat, was taken."


class Report:
    """What was found wrong in one chat so far."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[int | None, int]] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, said: str, number: int | None = None) -> None:
        """Note a fault.

        Args:
            said: One sentence. Equal ones are counted.
            number: The message that has it, from 1. None: the chat as a whole.
        """
        first, count = self._found.get(said, (number, 0))
        self._found[said] = (first, count + 1)

    def problems(self, chat: str) -> tuple[Problem, ...]:
        """Return what was noted of the chat that stands at this place."""
        made = []
        for said, (number, count) in self._found.items():
            place = chat if number is None else f"{chat}, message {number}"
            made.append(Problem(f"{place} and {count - 1} more" if count > 1 else place, said))
        return tuple(made)
