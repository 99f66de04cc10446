"""What happens to the text in the input line beside plain typing: pastes, folds, an editor, the output of a command."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document

from chatrepl.ui.paste import Pastes
from chatrepl.ui.prompt import InputLine

LIMIT_UNFOLDED_CHARS = 20_000
"""A longer text is folded also when it comes from the history or an editor: the input line is not made for it."""


class LineEditing:
    """Changes the input line as keys ask for it.

    Args:
        fold_chars: Returns how long a paste may be without being folded.
        clean: Returns a text without what cannot be sent.
        flash: Says something for a moment.
    """

    def __init__(
        self, fold_chars: Callable[[], int], clean: Callable[[str], str], flash: Callable[[str], None]
    ) -> None:
        self.pastes = Pastes()
        self._fold_chars = fold_chars
        self._clean = clean
        self._flash = flash
        self._came_from_elsewhere = False

    def attach(self, line: InputLine) -> None:
        """Have what an editor gets unfolded, and what it wrote folded again."""
        loop_of: list[asyncio.AbstractEventLoop] = []

        def unfold(text: str) -> str:
            return self.pastes.unfold(text)

        def refold(text: str) -> str:
            return self.folded(self.pastes.refold(text))

        def failed() -> None:
            if loop_of:
                said = "the editor failed, or there is none: set EDITOR"
                loop_of[0].call_soon_threadsafe(self._flash, said)

        def watch(_line: Buffer) -> None:
            if not loop_of:
                loop_of.append(asyncio.get_running_loop())
            if not line.text.startswith("!"):
                self._came_from_elsewhere = False

        line.unfold, line.refold, line.on_editor_failed = unfold, refold, failed
        line.on_text_changed += watch

    def folded(self, text: str, limit_chars: int = LIMIT_UNFOLDED_CHARS) -> str:
        """Return a text, or the mark that stands for it where it is longer."""
        return self.pastes.fold(text) if len(text) > limit_chars else text

    @property
    def is_command_from_elsewhere(self) -> bool:
        """Whether the ``!`` that begins the line was not typed."""
        return self._came_from_elsewhere

    def put(self, line: Buffer, text: str) -> None:
        """Put a text that was not typed into the line, in the place of what stands there."""
        line.document = Document(self.folded(text))
        self._came_from_elsewhere = text.startswith("!")

    def paste(self, line: Buffer, text: str) -> None:
        """Insert a paste as it is; a long one is shown folded."""
        text = self._clean(text.replace("\r\n", "\n").replace("\r", "\n"))
        is_first = line.cursor_position == 0
        line.insert_text(self.folded(text, self._fold_chars()))
        if is_first and text.startswith("!"):
            self._came_from_elsewhere = True

    def backspace_paste(self, line: Buffer) -> bool:
        """Remove the folded paste before the cursor. False: there is none."""
        mark = self.pastes.mark_before(line.document.text_before_cursor)
        if mark is not None:
            line.delete_before_cursor(count=len(mark))
        return mark is not None

    def delete_paste(self, line: Buffer) -> bool:
        """Remove the folded paste that begins at the cursor. False: there is none."""
        mark = self.pastes.mark_after(line.document.text_after_cursor)
        if mark is not None:
            line.delete(count=len(mark))
        return mark is not None

    def unfold_paste(self, line: Buffer) -> None:
        """Unfold the paste at the cursor, or fold it again."""
        toggled = self.pastes.toggle(line.text, line.cursor_position, LIMIT_UNFOLDED_CHARS)
        if toggled is None:
            self._flash("no paste stands at the cursor")
        elif toggled.is_too_long:
            self._flash("too long for the line: an editor shows it whole")
        else:
            line.document = Document(toggled.text, toggled.cursor)

    def insert_output(self, line: Buffer, text: str) -> None:
        """Put the output of a command into the message, folded, on a line of its own.

        Folded, so that no name in it counts as one that was typed.
        """
        before = line.document.text_before_cursor
        if before and not before.endswith("\n"):
            line.insert_text("\n")
        line.insert_text(f"{self.pastes.fold(text.rstrip())}\n")
