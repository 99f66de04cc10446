"""Times the client from inside: ``python -I bench/requests_inside.py BASE_URL EVENTS``, with the Python that has chatrepl.

Prints JSON: the processor time of one streamed event, through the client and through a bare loop over ``raw.read1`` that
throws away what it reads, in microseconds; and how long the first and the second turn take until their first event, at a
server that lets every new connection wait, in milliseconds.
"""

from __future__ import annotations

import gc
import json
import socket
import sys
import threading
import time
from datetime import UTC, datetime

import requests

from chatrepl.api.client import HttpClient
from chatrepl.cancellation import Cancellation
from chatrepl.environment import SystemClock
from chatrepl.exchange import Request, TextDelta
from chatrepl.messages import Message, MessageId, Role, TextPart
from chatrepl.settings import NetworkSettings

ROUNDS = 5
CONNECT_S = 0.05
"""What a TLS handshake with a distant server takes, at the least."""
_STREAM = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    b'47\r\ndata: {"choices":[{"index":0,"delta":{"content":"Hi"},"x":"012345"}]}\n\n\r\n'
    b"0e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"
)


def client_of(base_url: str) -> HttpClient:
    """Return a client as the program has it."""
    return HttpClient(base_url, key=None, network=NetworkSettings(), clock=SystemClock())


def ask(client: HttpClient, said: str) -> tuple[int, float]:
    """Return how many pieces of text came, and how long the first took."""
    message = Message(MessageId("m"), None, Role.USER, (TextPart(said),), datetime.now(UTC))
    began, first_s, count = time.perf_counter(), 0.0, 0
    for event in client.stream(Request("bench", (message,)), Cancellation()):
        if isinstance(event, TextDelta):
            first_s = first_s or time.perf_counter() - began
            count += 1
    return count, first_s


def read_bare(base_url: str, said: str) -> None:
    """Read a stream and throw it away."""
    body = {"model": "bench", "messages": [{"role": "user", "content": said}], "stream": True}
    with requests.post(f"{base_url}/chat/completions", json=body, stream=True, timeout=60) as response:
        while response.raw.read1(65536, decode_content=True):
            pass


def events_us(base_url: str, events: int) -> tuple[list[float], list[float]]:
    """Return the processor time of an event through the client, and through the bare loop."""
    client, said = client_of(base_url), f"fast-{events}"
    ask(client, "fast-500")
    read_bare(base_url, "fast-500")
    gc.collect()
    through: list[float] = []
    bare: list[float] = []
    for _ in range(ROUNDS):
        began = time.process_time()
        count, _ = ask(client, said)
        through.append(1e6 * (time.process_time() - began) / count)
        began = time.process_time()
        read_bare(base_url, said)
        bare.append(1e6 * (time.process_time() - began) / count)
    client.close()
    return through, bare


def serve_slowly(listener: socket.socket) -> None:
    """Let every connection wait once, then answer its requests at once."""

    def serve(connection: socket.socket) -> None:
        time.sleep(CONNECT_S)
        with connection, connection.makefile("rb") as reader:
            while reader.readline():
                length = 0
                while header := reader.readline().strip():
                    if header.lower().startswith(b"content-length:"):
                        length = int(header.partition(b":")[2])
                reader.read(length)
                connection.sendall(_STREAM)

    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


def turns_ms() -> tuple[list[float], list[float]]:
    """Return how long the first and the second turn of clients take until their first event."""
    first: list[float] = []
    second: list[float] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve_slowly, args=(listener,), daemon=True).start()
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        for _ in range(ROUNDS):
            client = client_of(base_url)
            first.append(1000 * ask(client, "x")[1])
            second.append(1000 * ask(client, "x")[1])
            client.close()
    return first, second


if __name__ == "__main__":
    through, bare = events_us(sys.argv[1], int(sys.argv[2]))
    first, second = turns_ms()
    print(json.dumps({"through_us": through, "bare_us": bare, "first_ms": first, "second_ms": second}))
