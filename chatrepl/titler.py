"""Has a model give a chat its title, beside the conversation, once there is something to name."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from contextlib import suppress

from chatrepl.cancellation import Cancellation
from chatrepl.conversation import Conversation
from chatrepl.environment import new_id
from chatrepl.errors import ChatreplError
from chatrepl.exchange import Request
from chatrepl.messages import ChatId, Message, MessageId, ReplyState, Role, TextPart
from chatrepl.sanitise import sanitise_line
from chatrepl.side_request import Asking, SideRequest

INSTRUCTIONS = "You name conversations. Answer with a title of two to six words, and with nothing else."
READ_CHARS = 1500
"""So much of the first message, and of its reply, is read for a title."""
MOST_TOKENS = 64
MOST_WORDS = 10
MOST_CHARS = 70
_LEAD = re.compile(r"^#*\s*(?:(?:the )?title(?: is)?\s*[:\-]\s*)?", re.IGNORECASE)
_QUOTES = "\"'`*_\u201c\u201d\u2018\u2019\u00ab\u00bb"


def is_due(chat: Conversation) -> bool:
    """Whether there is a first reply to name the chat by, and only that: later, its first words have become its name."""
    path = chat.path()
    asked = [message for message in path if message.role is Role.USER]
    return (
        not chat.title
        and len(asked) == 1
        and bool(path)
        and path[-1].meta.state is ReplyState.COMPLETE
        and bool(path[-1].text.strip())
    )


def clean_title(text: str) -> str | None:
    """Return the title that a model meant. None: what it wrote is none."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    title = _LEAD.sub("", sanitise_line(line)).strip().strip(_QUOTES).strip().rstrip(".:,;").strip(_QUOTES)
    words = title.split()
    if not 1 <= len(words) <= MOST_WORDS or len(title) > MOST_CHARS or not any(map(str.isalnum, title)):
        return None
    return title


def ask_for_title(asking: Asking, chat: Conversation, cancellation: Cancellation) -> str | None:
    """Ask the model. None: it said nothing that is of use, or it did not work; nobody is told of that."""
    now = asking.clock.now()
    path = asking.said(chat)
    user = next(message.text for message in path if message.role is Role.USER)
    prompt = (
        f"The conversation begins so.\n\nUser: {user[:READ_CHARS]}\n\nAssistant: {path[-1].text[:READ_CHARS]}\n\n"
        "Write its title."
    )
    message = Message(MessageId(new_id(now)), None, Role.USER, (TextPart(prompt),), now)
    request = Request(
        model=asking.model,
        messages=(message,),
        system=INSTRUCTIONS,
        parameters={"max_tokens": MOST_TOKENS},
        reserve_tokens=MOST_TOKENS,
    )
    side = SideRequest(asking, chat.id, "title", request)
    with suppress(ChatreplError):
        text = side.run(cancellation)
        return clean_title(text) if text and not side.is_cut else None
    return None


class Titler:
    """Asks for titles in the background, one at a time.

    Args:
        asking: Returns who is asked now.
        keep: Stores a title.
    """

    def __init__(self, asking: Callable[[], Asking], keep: Callable[[ChatId, str], None]) -> None:
        self._asking = asking
        self._keep = keep
        self._lock = threading.Lock()
        self._cancellation: Cancellation | None = None
        self._thread: threading.Thread | None = None
        self._tried: set[ChatId] = set()

    def begin_if_due(self, chat: Conversation) -> bool:
        """Begin to ask for a title where the chat wants one. False: nothing is begun. Each chat is tried once."""
        with self._lock:
            if self._cancellation is not None or chat.id in self._tried or not is_due(chat):
                return False
            self._tried.add(chat.id)
            asking = self._asking()
            cancellation = self._cancellation = Cancellation()

            def work() -> None:
                try:
                    title = ask_for_title(asking, chat, cancellation)
                    if title is not None and not chat.title:
                        with suppress(ChatreplError):
                            self._keep(chat.id, title)
                finally:
                    with self._lock:
                        self._cancellation = None

            thread = threading.Thread(target=work, name="chatrepl-title", daemon=True)
            thread.start()
            self._thread = thread
        return True

    def stop(self, timeout_s: float = 2.0) -> None:
        """Stop what is being asked, and wait until the server was told."""
        with self._lock:
            cancellation, thread = self._cancellation, self._thread
        if cancellation is not None and thread is not None:
            cancellation.cancel()
            thread.join(timeout_s)
