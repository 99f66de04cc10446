"""A server that streams replies by a script, in a process of its own: ``python -m bench.server``.

It prints its port and serves until its standard input is closed. The script is the model's name:

    fast-N         N tokens of mixed Markdown, as fast as they are taken
    rate-R-N       N tokens of it, R a second
    letter-MS      ``LETTER`` after MS milliseconds, then a short reply
    echo           what was said last

``GET /timing`` tells about the last reply: when its request had been read, when its first token with text was sent, and
when it ended. Times are of CLOCK_MONOTONIC, which all processes of a machine share.
"""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from bench.corpus import SENTINEL, reply

LETTER = "Ω"
"""Begins the reply of ``letter-MS`` and stands nowhere else."""
MODELS = ("fast-10000", "rate-100-1000", "letter-50", "echo")

_SCRIPT = re.compile(r"(?P<kind>fast|rate|letter)-(?P<number>\d+)(?:-(?P<tokens>\d+))?")
_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)


class Timing:
    """What is told about the last reply."""

    def __init__(self) -> None:
        self.received_at = 0.0
        self.first_at = 0.0
        self.ended_at = 0.0


def event(data: object) -> bytes:
    """Make one event of the stream, as one chunk."""
    text = data if isinstance(data, str) else json.dumps(data)
    body = f"data: {text}\n\n".encode()
    return f"{len(body):x}\r\n".encode() + body + b"\r\n"


def delta(model: str, finish: str | None = None, **fields: object) -> bytes:
    """Make the event of one token."""
    choice = {"index": 0, "delta": fields, "logprobs": None, "finish_reason": finish}
    return event(
        {
            "id": "chatcmpl-bench",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": model,
            "choices": [choice],
        }
    )


@cache
def token_events(model: str, tokens: Sequence[str]) -> tuple[bytes, ...]:
    """Make the events of a reply ahead of time, so that the server takes little of the machine."""
    return tuple(delta(model, content=token) for token in tokens)


def script(model: str, last_said: str) -> tuple[float, float, tuple[str, ...]]:
    """Return the seconds before a reply, between its tokens, and its tokens."""
    match = _SCRIPT.fullmatch(model)
    if match is None:
        return 0.0, 0.0, (last_said, "\n\n", SENTINEL)
    number = int(match["number"])
    if match["kind"] == "fast":
        return 0.0, 0.0, reply(number)
    if match["kind"] == "rate":
        return 0.0, 1.0 / number, reply(int(match["tokens"] or 10 * number))
    return number / 1000, 0.0, (LETTER, " is", " a", " letter", ".\n\n", SENTINEL)


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
                    timing.received_at = time.monotonic()
                    stream(connection, json.loads(body), timing)
                else:
                    connection.sendall(whole(path, timing))
        except (ConnectionError, ValueError):
            return


def whole(path: str, timing: Timing) -> bytes:
    """Answer a request that is not for a reply."""
    status, body = "200 OK", json.dumps(vars(timing))
    if path.startswith("/v1/models"):
        data = [{"id": name, "object": "model"} for name in MODELS]
        body = json.dumps({"object": "list", "data": data})
    elif not path.startswith("/timing"):
        status, body = "404 Not Found", json.dumps({"error": {"message": "no such path"}})
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return (head + body).encode()


def stream(connection: socket.socket, request: dict[str, Any], timing: Timing) -> None:
    """Stream the reply that the model's name asks for."""
    model = str(request["model"])
    said = [message["content"] for message in request["messages"] if message["role"] == "user"]
    delay_s, between_s, tokens = script(model, str(said[-1]) if said else "")
    connection.sendall(_HEAD + delta(model, role="assistant", content=""))
    time.sleep(delay_s)
    due_at = time.monotonic()
    for number, data in enumerate(token_events(model, tokens)):
        if between_s and (wait_s := due_at - time.monotonic()) > 0:
            time.sleep(wait_s)
        due_at += between_s
        if number == 0:
            timing.first_at = time.monotonic()
        connection.sendall(data)
    connection.sendall(b"".join(closing(model, len(tokens), request)))
    timing.ended_at = time.monotonic()


def closing(model: str, tokens: int, request: dict[str, Any]) -> Iterator[bytes]:
    """Make what ends a stream."""
    yield delta(model, "stop")
    if (request.get("stream_options") or {}).get("include_usage"):
        usage = {"prompt_tokens": 20, "completion_tokens": tokens, "total_tokens": 20 + tokens}
        yield event(
            {
                "id": "chatcmpl-bench",
                "object": "chat.completion.chunk",
                "model": model,
                "choices": [],
                "usage": usage,
            }
        )
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
