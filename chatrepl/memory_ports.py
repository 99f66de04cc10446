"""What one run leaves to the next beside the chats themselves, as Protocols. Adapters fit them; wiring joins them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from chatrepl.exchange import Json
    from chatrepl.messages import ChatId


class Remembered(Protocol):
    """A value that was kept, and how old it is."""

    @property
    def value(self) -> Json:
        """What was kept."""
        ...

    @property
    def age_s(self) -> float:
        """Seconds since it was kept, from 0 up."""
        ...


class Memory(Protocol):
    """Keeps what was learned about servers from one run to the next. Never raises; any thread may use it."""

    def get(self, key: str) -> Remembered | None:
        """Return what was kept under a name. None: nothing was, or it cannot be read."""
        ...

    def put(self, key: str, value: Json) -> None:
        """Keep a value under a name."""
        ...


class Agreements(Protocol):
    """Keeps what the user agreed to send as it is, with its chat, as digests. Never raises; any thread may use it.

    It is of this machine and this user: no copy of a chat has it.
    """

    def of(self, chat: ChatId, provider: str) -> frozenset[bytes]:
        """Return what may be sent to a server."""
        ...

    def add(self, chat: ChatId, provider: str, digests: frozenset[bytes]) -> object:
        """Keep what was agreed to."""
        ...

    def withdraw(self, chat: ChatId) -> object:
        """Forget all that was agreed to in a chat, at every server."""
        ...
