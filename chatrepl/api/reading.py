"""Pulls an answer through the decoders, piece by piece, and says what happens while it waits. Pure but for the reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chatrepl.api.chat_answer import ChatDecoder
from chatrepl.api.sse import Comment, SseDecoder
from chatrepl.errors import ProtocolError
from chatrepl.exchange import StreamEvent, Waiting

STILL_WORKING = Waiting("the server is still working")
KEEP_ALIVE_EVERY_S = 5.0
"""How often a keep-alive is worth a word."""
MAX_WHOLE_BYTES = 64 * 1024 * 1024
_AFTER_THE_END_S = 5.0
"""How long counts may take to follow a reply that has ended."""


def read_stream(
    read: Callable[[], bytes],
    decoder: ChatDecoder,
    *,
    monotonic: Callable[[], float],
    limit_silence: Callable[[float], None],
) -> Iterator[StreamEvent]:
    """Yield what a streamed answer says, up to where the server says that it is done, or to its end.

    ``read`` returns empty bytes at the end of the body. An error of ``read`` does not count once the reply has ended.

    Raises:
        ApiError: see ``ChatDecoder``. Also whatever ``read`` raises.
    """
    sse = SseDecoder()
    told_at: float | None = None
    was_complete = False
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
        for item in sse.feed(data) if data else sse.flush():
            if isinstance(item, Comment) and (told_at is None or monotonic() - told_at >= KEEP_ALIVE_EVERY_S):
                told_at = monotonic()
                yield STILL_WORKING
            yield from decoder.feed(item)
        if decoder.is_complete and not was_complete:
            was_complete = True
            limit_silence(_AFTER_THE_END_S)
    yield from decoder.finish()


def _salvage(sse: SseDecoder, decoder: ChatDecoder) -> Iterator[StreamEvent]:
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
