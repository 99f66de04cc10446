"""A server that streams replies by a script, in a process of its own: ``python -m bench.server``.

It prints its port and serves until its standard input is closed. The script is the last message of a request:

    fast-N         N tokens of mixed Markdown, as fast as they are taken
    rate-R-N       N tokens of it, R a second
    grow-N-R-M     N tokens as fast as they are taken, then M more, R a second
    fence-N        one code block of N lines, as fast as it is taken
    list-N         one list of N items, alike
    table-N        one table of N rows, alike
    paragraph-N    one paragraph of N kB, alike
    letter-MS      ``LETTER`` after MS milliseconds, then a short reply

Anything else is said again. ``GET /timing`` tells about the last reply: when its request had been read, when its first
token with text was sent, when it ended, and when the client was seen to have hung up; 0 where that has not happened.
Times are of CLOCK_MONOTONIC, which all processes of a machine share.
"""

from __future__ import annotations

import json
import re
import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, NamedTuple

from bench.corpus import SENTINEL, SLOWER, bullets, cut, ended, fence, mixed, paragraph, table

LETTER = "Ω"
"""Begins the reply of ``letter-MS`` and stands nowhere else."""
MODEL = "bench"

_SCRIPT = re.compile(r"(?P<kind>[a-z]+)-(?P<numbers>\d+(?:-\d+)*)")
_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)


class Script(NamedTuple):
    """What is sent when."""

    fast: tuple[str, ...] = ()
    """Tokens sent as fast as they are taken."""
    slow: tuple[str, ...] = ()
    """Tokens sent after those, ``rate`` a second."""
    rate: int = 1
    delay_s: float = 0.0
    """Time before the first of them."""


def _letter(delay_ms: int) -> Script:
    return Script((LETTER, " is", " a", " letter", ".\n\n", SENTINEL), delay_s=delay_ms / 1000)


def _grow(tokens: int, rate: int, more: int) -> Script:
    return Script(cut(f"{mixed(tokens)}\n\n{SLOWER}\n\n"), ended(mixed(more)), rate)


_SCRIPTS: Mapping[str, Callable[..., Script]] = {
    "fast": lambda tokens: Script(ended(mixed(tokens))),
    "rate": lambda rate, tokens: Script((), ended(mixed(tokens)), rate),
    "grow": _grow,
    "fence": lambda lines: Script(ended(fence(lines))),
    "list": lambda items: Script(ended(bullets(items))),
    "table": lambda rows: Script(ended(table(rows))),
    "paragraph": lambda kilobytes: Script(ended(paragraph(kilobytes))),
    "letter": _letter,
}


@cache
def script(said: str) -> Script:
    """Return what is answered to a message."""
    match = _SCRIPT.fullmatch(said)
    if match is None or match["kind"] not in _SCRIPTS:
        return Script((*cut(said), "\n\n", SENTINEL))
    return _SCRIPTS[match["kind"]](*map(int, match["numbers"].split("-")))


@dataclass
class Timing:
    """What is told about the last reply."""

    received_at: float = 0.0
    first_at: float = 0.0
    ended_at: float = 0.0
    closed_at: float = 0.0

    def begin(self) -> None:
        """Forget the reply before; a request has been read."""
        self.received_at = time.monotonic()
        self.first_at = self.ended_at = self.closed_at = 0.0


def event(data: object) -> bytes:
    """Make one event of the stream, as one chunk."""
    text = data if isinstance(data, str) else json.dumps(data)
    body = f"data: {text}\n\n".encode()
    return f"{len(body):x}\r\n".encode() + body + b"\r\n"


def delta(finish: str | None = None, **fields: object) -> bytes:
    """Make the event of one token."""
    choice = {"index": 0, "delta": fields, "logprobs": None, "finish_reason": finish}
    return event({**_envelope(), "choices": [choice]})


def _envelope() -> dict[str, object]:
    return {"id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 1, "model": MODEL}


@cache
def events(tokens: tuple[str, ...]) -> tuple[bytes, ...]:
    """Make the events of tokens ahead of time, so that the server takes little of the machine."""
    return tuple(delta(content=token) for token in tokens)


def serve(connection: socket.socket, timing: Timing) -> None:
    """Answer the requests of one connection."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rb") as reader:
        try:
            while line := reader.readline():
                method, path, _ = line.decode("latin-1").split(" ", 2)
                length = 0
                while header := reader.readline().strip():
                    name, _, value = header.partition(b":")
                    if name.lower() == b"content-length":
                        length = int(value)
                body = reader.read(length)
                if method == "POST" and path == "/v1/chat/completions":
                    answer(connection, json.loads(body), timing)
                else:
                    connection.sendall(whole(path, timing))
        except (ConnectionError, ValueError):
            return


def whole(path: str, timing: Timing) -> bytes:
    """Answer a request that is not for a reply."""
    status, body = "200 OK", json.dumps(asdict(timing))
    if path.startswith("/v1/models"):
        body = json.dumps({"object": "list", "data": [{"id": MODEL, "object": "model"}]})
    elif not path.startswith("/timing"):
        status, body = "404 Not Found", json.dumps({"error": {"message": "no such path"}})
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return (head + body).encode()


def answer(connection: socket.socket, request: dict[str, Any], timing: Timing) -> None:
    """Stream the reply that the last message asks for."""
    said = [message["content"] for message in request["messages"] if message["role"] == "user"]
    chosen = script(str(said[-1]).strip() if said else "")
    fast = events(chosen.fast)
    timing.begin()
    try:
        connection.sendall(_HEAD + delta(role="assistant", content=""))
        time.sleep(chosen.delay_s)
        timing.first_at = time.monotonic()
        for data in fast:
            connection.sendall(data)
        due_at = time.monotonic()
        for token in chosen.slow:
            _wait(connection, due_at)
            due_at += 1 / chosen.rate
            connection.sendall(delta(content=token))
        connection.sendall(b"".join(_closing(len(chosen.fast) + len(chosen.slow), request)))
        timing.ended_at = time.monotonic()
    except ConnectionError:
        timing.closed_at = time.monotonic()
        raise


def _wait(connection: socket.socket, due_at: float) -> None:
    """Wait until a time.

    Raises:
        ConnectionError: as soon as the client has hung up.
    """
    while (wait_s := due_at - time.monotonic()) > 0:
        if select.select([connection], [], [], wait_s)[0]:
            if not connection.recv(1, socket.MSG_PEEK):
                raise ConnectionError("the client has hung up")
            time.sleep(min(wait_s, 0.001))  # its next request waits for its turn


def _closing(tokens: int, request: dict[str, Any]) -> Iterator[bytes]:
    """Make what ends a stream."""
    yield delta("stop")
    if (request.get("stream_options") or {}).get("include_usage"):
        usage = {"prompt_tokens": 20, "completion_tokens": tokens, "total_tokens": 20 + tokens}
        yield event({**_envelope(), "choices": [], "usage": usage})
    yield event("[DONE]")
    yield b"0\r\n\r\n"


def main() -> None:
    """Serve until standard input is closed."""
    timing = Timing()
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)

    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection, timing), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
