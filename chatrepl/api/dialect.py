"""What a dialect is: a request to its body, and bytes that come back to events. Each is a module of pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from chatrepl.api.failures import Asked
    from chatrepl.api.sse import SseItem
    from chatrepl.exchange import Json, Request, StreamEvent
    from chatrepl.providers import Provider


class Decoder(Protocol):
    """Turns one answer into events: ``feed`` what arrives, or ``whole`` once, then ``finish``.

    All of them yield before they raise: what came before an error is never lost.
    """

    is_done: bool
    """Whether the server said that nothing more comes."""

    @property
    def is_complete(self) -> bool:
        """Whether the reply has ended, even though counts may follow."""
        ...

    def quick(self, item: SseItem) -> Sequence[StreamEvent] | None:
        """Take an item that brings words and nothing else, as nearly all do. None: ``feed`` it."""
        ...

    def feed(self, item: SseItem) -> Iterator[StreamEvent]:
        """Take the next item of the stream.

        Raises:
            ApiError: what the server reports as an error, or three events in a row that cannot be read.
        """
        ...

    def whole(self, body: bytes) -> Iterator[StreamEvent]:
        """Take an answer that was not streamed, and finish.

        Raises:
            ApiError: what the server reports as an error, or an answer that cannot be read.
        """
        ...

    def finish(self) -> Iterator[StreamEvent]:
        """End the answer: yield what was held back, the counts, and how it ended.

        Raises:
            ProtocolError: where the answer is empty, or ended without saying so.
        """
        ...

    def held_back(self) -> Iterator[StreamEvent]:
        """Yield the text that was held back because more might have given it another meaning."""
        ...


class Dialect(Protocol):
    """A way of asking and answering."""

    @property
    def PATH(self) -> str:  # noqa: N802 - a module's constant
        """Where requests go below the base URL."""
        ...

    def request_body(self, request: Request, provider: Provider) -> dict[str, Json]:
        """Give a request the shape of the wire.

        Raises:
            BadRequestError: where a parameter holds what JSON cannot.
        """
        ...

    def left_out(self, request: Request, provider: Provider) -> tuple[str, ...]:
        """Return the parameters that the user set and that are not sent."""
        ...

    def prefilled_text(self, request: Request, provider: Provider) -> str:
        """Return the unfinished reply that the server goes on with; empty where it is asked in words, or not at all."""
        ...

    def decoder(self, asked: Asked, request: Request, provider: Provider) -> Decoder:
        """Return what reads the answer to a request."""
        ...


def dialect_of(provider: Provider) -> Dialect:
    """Return the dialect in which a provider is spoken to."""
    from importlib import import_module

    module: Any = import_module(f"chatrepl.api.{provider.dialect}")
    dialect: Dialect = module
    return dialect
