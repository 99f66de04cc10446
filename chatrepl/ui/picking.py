"""Opens the list of chats where the input line stands, and goes on with the one that is chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatrepl.commands.base import Reply
    from chatrepl.messages import ChatId, MessageId
    from chatrepl.session import Session
    from chatrepl.ui.dispatch import Dispatcher
    from chatrepl.ui.prompt import View
    from chatrepl.ui.screen import ChatApplication
    from chatrepl.ui.status import StatusSource


class Picking:
    """What stands in the place of the input line while a chat is chosen.

    Args:
        lines: Returns what runs commands.
    """

    def __init__(
        self,
        session: Session,
        application: ChatApplication,
        view: View,
        status: StatusSource,
        lines: Callable[[], Dispatcher],
        *,
        is_unicode: bool,
    ) -> None:
        self._session = session
        self._app = application
        self._view = view
        self._status = status
        self._lines = lines
        self._is_unicode = is_unicode
        self._line = application.layout.current_buffer

    def open(self, words: str) -> None:
        """Show the list, searched for some words."""
        from chatrepl.ui.picker import Picker

        size = self._app.output.get_size
        picker = Picker(
            lambda: self._session.library,
            self._session.clock,
            rows=lambda: size().rows,
            columns=lambda: size().columns,
            changed=self._app.invalidate,
            chosen=self._chosen,
            words=words,
            is_unicode=self._is_unicode,
        )
        self._view.panel = picker.container
        self._app.layout.focus(picker.control)
        picker.begin()
        self._status.show_instead = lambda: picker.bar
        self._app.invalidate()

    def _chosen(self, chat: ChatId | None, message: MessageId | None) -> None:
        self._view.panel = self._status.show_instead = None
        if self._line is not None:
            self._app.layout.focus(self._line)
        self._app.invalidate()
        lines = self._lines()
        if chat is None:
            lines.next_in_queue()
            return
        chosen = chat

        def work() -> Reply:
            from chatrepl.commands.library import opened_at, resumed

            context = lines.context()
            return resumed(context, chosen) if message is None else opened_at(context, chosen, message)

        lines.run("resume", work)
