"""What the user agreed to send as it is, known by digests: neither a value nor a text can be read from one. Pure."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from chatrepl.messages import ChatId

Subject = Literal["value", "text"]
"""A value that was found, or a message that the moderation flagged."""


def digest(chat: ChatId, subject: Subject, text: str) -> bytes:
    """Return what stands for a text in one chat; in another chat it is another."""
    return sha256(f"{subject}\0{chat}\0{text}".encode(errors="surrogatepass")).digest()


class Agreed:
    """The values that may be sent in a chat as they are, to be asked with ``in``. Fits ``Container``.

    Args:
        chat: Whose values they are.
        read: Returns the digests; called once, when the first value is asked about.
    """

    def __init__(self, chat: ChatId, read: Callable[[], frozenset[bytes]]) -> None:
        self._chat = chat
        self._read = read
        self._digests: frozenset[bytes] | None = None
        self._asked: dict[object, bool] = {}

    def __contains__(self, value: object) -> bool:
        if self._digests is None:
            self._digests = self._read()
        if not self._digests or not isinstance(value, str):
            return False
        known = self._asked.get(value)
        if known is None:
            known = self._asked[value] = digest(self._chat, "value", value) in self._digests
        return known
