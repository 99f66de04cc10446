"""What is typed and not sent: counted when the keys rest, kept with its chat, and brought back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from chatrepl.errors import ChatreplError

if TYPE_CHECKING:
    from prompt_toolkit.buffer import Buffer

    from chatrepl.messages import ChatId
    from chatrepl.session import Session
    from chatrepl.ui.line_editing import LineEditing
    from chatrepl.ui.status import StatusSource

DRAFT_AGE = timedelta(days=1)
"""A draft in another chat is told of for so long."""
DRAFT_PAUSE_S = 0.3
"""A draft is counted and kept when the keys have rested this long."""


class Drafts:
    """The draft in the input line.

    Args:
        add_history: Remembers a text that finds no place in the line.
        in_background: Does something beside the loop.
    """

    def __init__(
        self,
        session: Session,
        line: Buffer,
        editing: LineEditing,
        status: StatusSource,
        add_history: Callable[[str], None],
        in_background: Callable[[Callable[[], object]], None],
    ) -> None:
        self._session = session
        self._line = line
        self._editing = editing
        self._status = status
        self._add_history = add_history
        self._in_background = in_background
        self._handle: asyncio.TimerHandle | None = None
        self._chat_id: ChatId | None = None
        """The chat whose draft is in the line. None: the library is not open yet."""

    def open(self) -> str:
        """The library is open: bring back the draft of the last run. Returns what is to be said of others."""
        self._chat_id = self._session.open_chat_id
        self._bring_back()
        is_free = self._session.draft_chat is None and not self._line.text
        return self._said_of_others() if is_free else ""

    def follow_chat(self) -> None:
        """Where another chat is open now, go on with its draft."""
        here = self._session.open_chat_id
        if self._chat_id not in {None, here}:
            self._chat_id = here
            with contextlib.suppress(ChatreplError):
                self._bring_back()

    def _bring_back(self) -> None:
        """Put the draft of the open chat into the line; where something was typed by now, into the history."""
        draft = self._editing.folded(self._session.store.load_draft(self._session.draft_chat))
        if draft and not self._line.text:
            self._editing.put(self._line, draft)
        elif draft and draft != self._line.text:
            self._add_history(draft)

    def _said_of_others(self) -> str:
        """Say where something was typed of late and not sent. Empty: nowhere."""
        from chatrepl.conversation import first_words

        found = self._session.library.last_draft(self._session.clock.now() - DRAFT_AGE)
        if found is None:
            return ""
        title = first_words(found.title)
        return f"A message that was not sent waits in “{title}”: /resume {title[:24].rstrip('… ')}"

    def put(self, text: str) -> None:
        """Put a text into the line; what stood there goes into the history."""
        if self._line.text:
            self._line.append_to_history()
        self._editing.put(self._line, text)

    def save(self) -> None:
        """Keep what stands in the line."""
        with contextlib.suppress(ChatreplError):
            self._session.store.save_draft(
                self._editing.pastes.unfold(self._line.text), self._session.draft_chat
            )

    def forget(self) -> None:
        """Forget what was kept: it was entered."""
        self._session.store.save_draft("", self._session.draft_chat)

    def changed(self) -> None:
        """Count and keep what is typed as soon as the keys rest."""
        if self._handle is not None:
            self._handle.cancel()
        with contextlib.suppress(RuntimeError):  # before the application runs
            self._handle = asyncio.get_running_loop().call_later(DRAFT_PAUSE_S, self._rests)

    def _rests(self) -> None:
        typed = self._line.text
        text = self._editing.pastes.unfold(typed)
        chat = self._session.draft_chat

        def work() -> None:
            self._status.measure_draft(text, typed)
            self._session.store.save_draft(text, chat)

        self._in_background(work)
