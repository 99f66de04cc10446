"""Pulls an answer through the decoders, piece by piece, and says what happens while it waits. Pure but for the reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chatrepl.api.dialect import Decoder
from chatrepl.api.sse import Comment, SseDecoder
from chatrepl.errors import ProtocolError, TransportError
from chatrepl.exchange import StreamEvent, Waiting

STILL_WORKING = Waiting("the server is still working")
KEEP_ALIVE_EVERY_S = 5.0
"""How often a keep-alive is worth a word."""
QUIET_AFTER_S = 20.0
"""From here on it is said how long the server has sent nothing but keep-alives."""
MAX_WHOLE_BYTES = 64 * 1024 * 1024
_AFTER_THE_END_S = 5.0
"""How long counts may take to follow a reply that has ended."""


class Patience:
    """Counts how long a server has sent nothing that belongs to the reply, though the connection is alive.

    Args:
        provider: The server's name in what is said.
        limit_s: The longest such time.
        monotonic: Seconds from some point in the past.
    """

    def __init__(self, provider: str, limit_s: float, monotonic: Callable[[], float]) -> None:
        self.provider = provider
        self._limit_s = limit_s
        self._monotonic = monotonic
        self._since = monotonic()
        self._told_at: float | None = None

    def renew(self) -> None:
        """Something has come."""
        self._since = self._monotonic()

    def keep_alive(self) -> Iterator[StreamEvent]:
        """Only a sign of life has come: say so now and then.

        Raises:
            TransportError: with the code ``idle_timeout``, where there was nothing else for too long.
        """
        now = self._monotonic()
        quiet_s = now - self._since
        if quiet_s >= self._limit_s:
            raise TransportError(
                f"{self.provider} kept the connection open and sent nothing of the reply for {quiet_s:.0f} s",
                hint="/retry asks again; network.idle_timeout_s sets the wait",
                code="idle_timeout",
            )
        if self._told_at is None or now - self._told_at >= KEEP_ALIVE_EVERY_S:
            self._told_at = now
            if quiet_s < QUIET_AFTER_S:
                yield STILL_WORKING
            else:
                yield Waiting(f"nothing but signs of life for {quiet_s:.0f} s")


def read_stream(
    read: Callable[[], bytes],
    decoder: Decoder,
    *,
    patience: Patience,
    limit_silence: Callable[[float], None],
) -> Iterator[StreamEvent]:
    """Yield what a streamed answer says, up to where the server says that it is done, or to its end.

    ``read`` returns empty bytes at the end of the body. An error of ``read`` does not count once the reply has ended.

    Raises:
        ApiError: see ``Decoder`` and ``Patience``; also where it is no event stream. And whatever ``read`` raises.
    """
    sse, quick = SseDecoder(), decoder.quick
    was_complete = has_items = has_bytes = False
    is_open = True
    while is_open and not decoder.is_done:
        try:
            data = read()
        except Exception:
            if not decoder.is_complete:
                yield from _salvage(sse, decoder)
                raise
            data = b""
        is_open = bool(data)
        items = sse.feed(data) if data else sse.flush()
        has_items = has_items or bool(items)
        has_bytes = has_bytes or bool(data.strip())
        has_come = False
        for item in items:
            events = quick(item)
            if events is None:
                yield from decoder.feed(item)
                has_come = has_come or not isinstance(item, Comment)
            else:
                yield from events
                has_come = True
        if has_come:
            patience.renew()
        elif is_open and not decoder.is_complete and (items or not data.strip()):
            yield from patience.keep_alive()
        if decoder.is_complete and not was_complete:
            was_complete = True
            limit_silence(_AFTER_THE_END_S)
    if has_bytes and not has_items:
        raise ProtocolError(
            f"{patience.provider} answered with something that is not a stream of events",
            hint="is the base URL right? A proxy or a login page may also stand in between",
        )
    yield from decoder.finish()


def _salvage(sse: SseDecoder, decoder: Decoder) -> Iterator[StreamEvent]:
    """Yield the words that came just before a connection broke."""
    for item in sse.flush():
        yield from decoder.feed(item)
    yield from decoder.held_back()


def read_whole(
    read: Callable[[], bytes], limit_bytes: int = MAX_WHOLE_BYTES, *, is_cut: bool = False
) -> bytes:
    """Read a body to its end, or, with ``is_cut``, to the limit.

    Raises:
        ProtocolError: where it is longer than the limit and must be whole.
    """
    pieces: list[bytes] = []
    size = 0
    while size <= limit_bytes and (data := read()):
        pieces.append(data)
        size += len(data)
    if size > limit_bytes and not is_cut:
        raise ProtocolError(
            f"the answer is longer than {limit_bytes // 1024**2} MiB",
            hint="is the base URL that of a chat API?",
        )
    return b"".join(pieces)[:limit_bytes]
