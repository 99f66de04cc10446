"""What /persona and /p have in common: making and changing a file of the user's own, and completing its values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from chatrepl.commands.base import Confirm, EditFile, Notice, Reply, Several
from chatrepl.errors import ChatreplError, ConfigError, UsageError
from chatrepl.placeholders import Variable, quoted, take_values
from chatrepl.shelves import Shelf

Check = Callable[[str], str]
"""Reads a file by its name and returns what to say of it.

Raises:
    ChatreplError: it is wrong.
"""


def new(shelf: Shelf, name: str, skeleton: str, check: Check) -> Reply:
    """Make a file and open it in the editor; one that is not changed there is not kept."""
    content = skeleton.encode()
    return _edited(shelf, name, shelf.create(name, content), content, check)


def edit(shelf: Shelf, name: str, unknown: Callable[[], UsageError], check: Check) -> Reply:
    """Open a file in the editor; of one that comes with chatrepl, a copy that is the user's own."""
    source = shelf.find(name)
    if source is None:
        raise unknown()
    if source.is_own:
        return _edited(shelf, source.name, source.path, None, check)
    return _edited(shelf, source.name, shelf.create(source.name, source.content), source.content, check)


def _edited(shelf: Shelf, name: str, path: Path, made: bytes | None, check: Check) -> Reply:
    """Open a file. ``made`` is what it was made with just now, None where it was there before."""

    def again() -> Reply:
        return EditFile(path, closed)

    def closed() -> Reply:
        if made is not None and shelf.remove(path, made):
            return Notice("Nothing was changed, so no file was made.")
        try:
            return Notice(check(name))
        except ConfigError as error:
            return Several(
                (
                    Notice(error.message, "error", hint=error.hint),
                    Confirm("Open it again?", again, lambda: Notice(f"It stays as it is, in {path}.")),
                )
            )
        except ChatreplError as error:
            return Notice(error.message, "error", hint=error.hint)

    return again()


def complete_values(
    typed: str, names: Iterable[str], variables: Mapping[str, Variable], defaults: Mapping[str, str]
) -> list[str]:
    """Return how the values of variables can go on.

    Args:
        typed: All that stands behind the name.
        names: The variables that can be given.
        variables: Those that are declared.
        defaults: What stands for a variable that is not given.
    """
    head, blank, word = typed.rpartition(" ")
    before = take_values(head)
    if before.rest:  # the values are over
        return []
    name, equals, begun = word.partition("=")
    if not equals:
        return [
            f"{head}{blank}{each}=" for each in names if each.startswith(word) and each not in before.values
        ]
    known = variables[name].values if name in variables else tuple(filter(None, [defaults.get(name)]))
    begun = begun.lstrip("'\"").casefold()
    return [f"{head}{blank}{name}={quoted(value)}" for value in known if value.casefold().startswith(begun)]
