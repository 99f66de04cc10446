"""Opens files in the user's editor: the one of ``$VISUAL`` or ``$EDITOR``, else one that is there."""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.buffer import Buffer

from chatrepl.commands.base import EditFile, Notice, Reply, Several


async def edit_in_terminal(
    wanted: EditFile, answer: Callable[[Reply], None], leave_screen: Callable[[], None]
) -> None:
    """Open a file while the application leaves the screen to the editor.

    Args:
        wanted: Which file.
        answer: Takes what is said afterwards.
        leave_screen: Waits until all that was printed is on the screen.
    """

    def work() -> bool:
        leave_screen()
        return _open(wanted)

    answer(_after(wanted, is_done=await run_in_terminal(work, in_executor=True)))


def edit(wanted: EditFile) -> Reply:
    """Open a file where no application runs, and return what is said afterwards."""
    return _after(wanted, is_done=_open(wanted))


def _open(wanted: EditFile) -> bool:
    return Buffer()._open_file_in_editor(str(wanted.path))  # noqa: SLF001 - it finds the editor as Ctrl-G does


def _after(wanted: EditFile, *, is_done: bool) -> Reply:
    if is_done:
        return wanted.then()
    failed = Notice(
        "No editor could be run, or it ended with an error.",
        "warning",
        hint="Set the variable EDITOR to the one you use.",
    )
    return Several((failed, wanted.then()))
