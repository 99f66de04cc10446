"""Completes slash commands and their arguments while they are typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from chatrepl.errors import UsageError
from chatrepl.sanitise import sanitise_line

if TYPE_CHECKING:
    from chatrepl.commands.base import Context
    from chatrepl.commands.registry import Registry


class CommandCompleter(Completer):
    """Offers commands after a slash at the start of the line, and then what their argument could be."""

    def __init__(self, registry: Callable[[], Registry], context: Callable[[], Context]) -> None:
        self._registry = registry
        self._context = context

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:  # noqa: ARG002
        """Yield what could stand at the cursor. A defect in a command's own completer offers nothing."""
        text = document.text_before_cursor
        if not text.startswith("/") or text.startswith("//") or "\n" in text:
            return
        from chatrepl.commands.registry import split_line

        head, space, rest = text[1:].partition(" ")
        if not space:
            yield from self._names(head)
        elif not isinstance(split_line(text), str):
            yield from self._arguments(head, rest)

    def _names(self, typed: str) -> Iterable[Completion]:
        context = self._context()
        for command in self._registry().commands:
            if command.when(context) is not None:
                continue
            for name in (command.name, *command.aliases):
                if name.startswith(typed) and (name == command.name or typed):
                    yield Completion(
                        name, start_position=-len(typed), display=f"/{name}", display_meta=command.summary
                    )
                    break

    def _arguments(self, name: str, rest: str) -> Iterable[Completion]:
        try:
            command = self._registry().find(name)
        except UsageError:
            return
        words = rest.split(" ")
        takes_rest = bool(command.args) and command.args[-1].kind in {"rest", "path"}
        index = min(len(words) - 1, len(command.args) - 1) if takes_rest else len(words) - 1
        if not 0 <= index < len(command.args):
            return
        typed = " ".join(words[index:])
        for value in command.args[index].complete(self._context(), typed):
            shown = sanitise_line(value)
            if shown == value:
                yield Completion(value, start_position=-len(typed), display=shown)
