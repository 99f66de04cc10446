"""Times what reads whole texts from inside: ``python -I bench/linear_inside.py``, with the Python that has chatrepl.

Prints JSON: for each, the processor time in milliseconds for a text, and for one of twice its size.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

from chatrepl.api.sse import SseDecoder
from chatrepl.conversation import Conversation
from chatrepl.guard.find import find
from chatrepl.messages import ChatId, Message, MessageId, Role, TextPart
from chatrepl.sanitise import Sanitiser
from chatrepl.transcript import from_json, to_json

ROUNDS = 5
ESC = "\x1b"
HOSTILE = ("\x9d", f"{ESC}]", f"{ESC}[", f"{ESC}]" + "x" * 4090, "\x9b" + "1" * 300, "\u202e", "\r", "\ud800")
"""What costs most to take out of a text, over and over."""

GUARDED = (
    "sk-", " sk-" + "a" * 6000, "api_key=", "password: ", 'password="' + "a" * 6000, "token=abcdefghijklm_", "eyJaaaaaaaa.",
    "-----BEGIN PRIVATE KEY-----", "://a:", "curl -u a:", "a@", "1", "1 ", "4111 1111 1111 1111 ", "+1", "DE89 ",
)  # fmt: skip
"""What begins as something that the guard looks for, over and over."""


def sanitised(texts: list[str], piece_chars: int) -> None:
    """Clean texts that come in pieces."""
    for text in texts:
        sanitiser = Sanitiser()
        for start in range(0, len(text), piece_chars):
            sanitiser.feed(text[start : start + piece_chars])
        sanitiser.flush()


def looked_through(texts: list[str]) -> None:
    """Look for secrets and personal data."""
    for text in texts:
        find(text, is_personal=True)


def decoded(size: int) -> None:
    """Read one long line of an event stream in small pieces."""
    decoder = SseDecoder()
    for _ in range(size):
        decoder.feed(b"0123456789")
    decoder.feed(b"\n\n")


def saved(messages: int) -> str:
    """Return a chat as a file."""
    chat, now = Conversation(ChatId("c" * 32)), datetime.now(UTC)
    for number in range(messages):
        role = Role.ASSISTANT if number % 2 else Role.USER
        parts = (TextPart("words " * 50),)
        chat.append(Message(MessageId(f"{number:032x}"), chat.tip, role, parts, now))
    return to_json(chat)


def times_ms(works: tuple[Callable[[], object], ...]) -> list[list[float]]:
    """Return the processor times of some works, one after the other in each round."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, found in zip(works, times, strict=True):
            began = time.process_time()
            work()
            found.append(1000 * (time.process_time() - began))
    return times


def measured() -> dict[str, list[list[float]]]:
    """Time all that is told of."""
    plain = "plain words here\n" * 250_000
    hostile, twice = ([unit * (size // len(unit)) for unit in HOSTILE] for size in (50_000, 100_000))
    some, more = ([unit * (size // len(unit)) for unit in GUARDED] for size in (50_000, 100_000))
    chat, long_chat = saved(10_000), saved(20_000)
    return {
        "plain": times_ms((lambda: sanitised([plain], 4096), lambda: sanitised([plain * 2], 4096))),
        "hostile": times_ms((lambda: sanitised(hostile, 16), lambda: sanitised(twice, 16))),
        "line": times_ms((lambda: decoded(80_000), lambda: decoded(160_000))),
        "guarded": times_ms((lambda: looked_through(some), lambda: looked_through(more))),
        "chat": times_ms((lambda: from_json(chat), lambda: from_json(long_chat))),
    }


if __name__ == "__main__":
    print(json.dumps(measured()))
