"""What one run leaves to the next beside the chats themselves, as Protocols. Adapters fit them; wiring joins them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from chatrepl.exchange import Json


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
