"""How keys are taken: as in emacs or vi, and whether Enter sends. The settings say it; the bar shows what is not as usual."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompt_toolkit.enums import EditingMode
from prompt_toolkit.key_binding.vi_state import InputMode
from prompt_toolkit.selection import SelectionType

from chatrepl.keymap import Keymap, show_keys

if TYPE_CHECKING:
    from chatrepl.session import Session
    from chatrepl.ui.screen import ChatApplication

_VI_MODES = {
    InputMode.INSERT: "INSERT",
    InputMode.INSERT_MULTIPLE: "INSERT",
    InputMode.NAVIGATION: "NORMAL",
    InputMode.REPLACE: "REPLACE",
    InputMode.REPLACE_SINGLE: "REPLACE",
}


class Mode:
    """The way in which keys are taken now."""

    def __init__(self, application: ChatApplication, session: Session, keymap: Keymap) -> None:
        self._app = application
        self._session = session
        self._keymap = keymap
        self.follow_settings()

    def follow_settings(self) -> None:
        """Take keys as the settings say now."""
        terminal = self._session.settings.terminal
        self._app.use_keys(terminal.keys)

    def begin_line(self) -> None:
        """Take letters as letters again, in a line that begins."""
        if self._app.editing_mode is EditingMode.VI:
            self._app.vi_state.input_mode = InputMode.INSERT

    def shown(self) -> str:
        """Return the mode in a few words. Empty: nothing is unusual."""
        words = []
        if self._app.editing_mode is EditingMode.VI:
            words.append(self._vi_mode())
        if self._session.settings.terminal.multiline:
            keys = self._keymap.keys("send_lines")
            words.append(f"{show_keys(keys[0])} sends" if keys else "multi-line")
        return ", ".join(words)

    def _vi_mode(self) -> str:
        selection = self._app.current_buffer.selection_state
        if selection is not None:
            return "VISUAL LINE" if selection.type is SelectionType.LINES else "VISUAL"
        return _VI_MODES[self._app.vi_state.input_mode]
