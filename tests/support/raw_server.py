"""A server that says exactly the bytes a test wants: a fake OpenAI-compatible server for any test.

    with RawServer() as server:
        server.answer(stream_answer(chat_chunks(["Hel", "lo"])))
        client = HttpClient(server.base_url, ...)

Every ``POST`` takes the next answer; the last one stays for all that follow. An answer is a sequence of steps: ``bytes``
are sent as they are, the other steps are the small classes below. ``GET …/models`` is answered by itself, and so is
a request for a chat's title: it comes from a thread of the program at a moment that no test can know.
"""

from __future__ import annotations

import contextlib
import json
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from chatrepl.titler import INSTRUCTIONS as TITLE_INSTRUCTIONS

POLL_S = 0.002


@dataclass(frozen=True)
class WaitFor:
    """Go on when the event is set (or the client is gone)."""

    event: threading.Event
    timeout_s: float = 60.0


@dataclass(frozen=True)
class Pause:
    """Go on after a while (or when the client is gone)."""

    seconds: float


@dataclass(frozen=True)
class Stall:
    """Say nothing until the client closes the connection or the server stops."""


@dataclass(frozen=True)
class Close:
    """Close the connection in an orderly way."""


@dataclass(frozen=True)
class Reset:
    """Break the connection: the client sees a reset."""


Step = bytes | WaitFor | Pause | Stall | Close | Reset


@dataclass(frozen=True)
class RecordedRequest:
    """A request as it came in."""

    method: str
    path: str
    """With the query."""
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes
    connection: int
    """Which TCP connection brought it, from 1."""

    def json(self) -> Any:
        """Parse the body."""
        return json.loads(self.body)


Answer = Iterable[Step] | bytes
Handler = Callable[[RecordedRequest], Answer]


_TITLE_MARK = json.dumps(TITLE_INSTRUCTIONS)[1:-1].encode()


class _ClientGoneError(Exception):
    """The client closed the connection."""


@dataclass
class RawServer:
    """Listens on a free loopback port while used as a context manager. Fields may be read at any time.

    Args:
        models: What ``GET …/models`` lists.
        handler: Gives the answer to every request but ``GET …/models``, in place of ``answer``.
        tls: Speaks TLS with this. None: plain HTTP.
        host: The address of this machine to listen at; it may be of IPv6.
        scripts_titles: Whether requests for titles are recorded and answered as all others are. False: they stand
            in ``title_requests`` only, and the answer is no title.
    """

    models: Sequence[str] = ("test-model",)
    handler: Handler | None = None
    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    scripts_titles: bool = False
    requests: list[RecordedRequest] = field(default_factory=list)
    title_requests: list[RecordedRequest] = field(default_factory=list)
    received: threading.Event = field(default_factory=threading.Event)
    """Set when a request has been read whole. A test may clear it."""
    client_closed: threading.Event = field(default_factory=threading.Event)
    """Set when a client closed its connection while an answer was under way. A test may clear it."""
    port: int = 0
    connections: int = 0
    """How many TCP connections were accepted."""
    open_connections: int = 0
    """How many of them the server has not closed yet."""
    handshakes_failed: int = 0
    _answers: list[Answer | Handler] = field(default_factory=list)
    _routes: dict[str, Answer | Handler] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = socket.create_server((self.host, 0), family=family)
        self._listener.settimeout(0.02)
        self.port = int(self._listener.getsockname()[1])
        self._spawn(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    @property
    def root_url(self) -> str:
        """Scheme, host and port, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http{'s' if self.tls else ''}://{host}:{self.port}"

    @property
    def base_url(self) -> str:
        """What a user would configure."""
        return f"{self.root_url}/v1"

    @property
    def posts(self) -> list[RecordedRequest]:
        """The requests without the GETs."""
        return [request for request in self.requests if request.method == "POST"]

    def answer(self, *answers: Answer | Handler) -> None:
        """Add answers for the next POST requests, one each; the last of all stays for those that follow."""
        with self._lock:
            self._answers.extend(answers)

    def route(self, path: str, answer: Answer | Handler) -> None:
        """Always answer requests of any method to this path (without its query) so."""
        with self._lock:
            self._routes[path] = answer

    def wait_until(self, condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
        """Wait until something is so, and fail the test where it never is."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, "what the test waits for did not happen"
            self._stop.wait(POLL_S)

    def _spawn(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True, name="raw-server")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self.connections += 1
            self._spawn(self._serve, connection, self.connections)

    def _serve(self, connection: socket.socket, number: int) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self.open_connections += 1
        try:
            with self._secured(connection) as secured:
                self._converse(secured, number)
        except ssl.SSLError:
            self.handshakes_failed += 1
        except OSError:
            self.client_closed.set()
        finally:
            with self._lock:
                self.open_connections -= 1

    def _secured(self, connection: socket.socket) -> socket.socket:
        """Shake hands where the server speaks TLS.

        Raises:
            OSError: that did not work.
        """
        if self.tls is None:
            return connection
        connection.settimeout(10)
        secured = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        try:
            secured.do_handshake()
        except OSError:
            # read what is still on its way, or the client gets a reset in place of the reason
            with secured, contextlib.suppress(OSError):
                socket.socket.shutdown(secured, socket.SHUT_WR)
                while socket.socket.recv(secured, 65536):
                    pass
            raise
        secured.settimeout(None)
        return secured

    def _converse(self, connection: socket.socket, number: int) -> None:
        buffer = b""
        with connection:
            try:
                while True:
                    request, buffer = self._read_request(connection, buffer, number)
                    if request is None:
                        return
                    with self._lock:
                        is_title = not self.scripts_titles and _TITLE_MARK in request.body
                        (self.title_requests if is_title else self.requests).append(request)
                        answer = stream_answer(chat_chunks(["?"])) if is_title else self._choose(request)
                    if not is_title:
                        self.received.set()
                    if callable(answer):
                        answer = answer(request)
                    if not self._play(connection, [answer] if isinstance(answer, bytes) else answer):
                        return
            except _ClientGoneError:
                self.client_closed.set()
            except OSError:
                self.client_closed.set()

    def _choose(self, request: RecordedRequest) -> Answer | Handler:
        path = request.path.partition("?")[0]
        if path in self._routes:
            return self._routes[path]
        if request.method == "GET" and path.endswith("/models"):
            return json_response({"object": "list", "data": [{"id": name} for name in self.models]})
        if self.handler is not None:
            return self.handler
        if request.method != "POST":
            return error_response(404, {"error": {"message": "File Not Found", "type": "not_found_error"}})
        if not self._answers:
            return error_response(500, {"error": {"message": "the test scripted no answer"}})
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def _read_request(
        self, connection: socket.socket, buffer: bytes, number: int
    ) -> tuple[RecordedRequest | None, bytes]:
        while b"\r\n\r\n" not in buffer:
            if buffer.startswith(b"\x16"):  # TLS: a plain web server answers that it does not understand
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return None, b""
            data = self._receive(connection)
            if not data:
                return None, b""
            buffer += data
        head, _, buffer = buffer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ", 2)
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
        }
        length = int(headers.get("content-length", "0"))
        while len(buffer) < length:
            data = self._receive(connection)
            if not data:
                return None, b""
            buffer += data
        return RecordedRequest(method, path, headers, buffer[:length], number), buffer[length:]

    def _receive(self, connection: socket.socket) -> bytes:
        while not self._stop.is_set():
            if isinstance(connection, ssl.SSLSocket) and connection.pending():
                return connection.recv(65536)
            readable, _, _ = select.select([connection], [], [], 0.02)
            if readable:
                return connection.recv(65536)
        return b""

    def _play(self, connection: socket.socket, steps: Iterable[Step]) -> bool:
        """Return whether the connection may be used again."""
        for step in steps:
            match step:
                case bytes():
                    connection.sendall(step)
                case WaitFor(event, timeout_s):
                    self._idle(connection, timeout_s, event)
                case Pause(seconds):
                    self._idle(connection, seconds)
                case Stall():
                    self._idle(connection, 60.0)
                case Close():
                    return False
                case Reset():
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return False
            if self._stop.is_set():
                return False
        return True

    def _idle(self, connection: socket.socket, seconds: float, event: threading.Event | None = None) -> None:
        """Do nothing for a while, but notice when the client goes away.

        Raises:
            _ClientGoneError: it did.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self._stop.is_set() and not (event and event.is_set()):
            readable, _, _ = select.select([connection], [], [], POLL_S)
            if readable and not socket.socket.recv(connection, 65536, socket.MSG_PEEK):
                raise _ClientGoneError


def head(status: int = 200, content_type: str = "text/event-stream", /, **headers: str) -> bytes:
    """Build the head of an answer; ``x_request_id="a"`` becomes ``x-request-id: a``."""
    lines = [f"HTTP/1.1 {status} Status", f"content-type: {content_type}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunk(data: bytes) -> bytes:
    """Wrap a piece of a body for chunked transfer."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


END_OF_CHUNKS = b"0\r\n\r\n"


def stream_answer(pieces: Iterable[Step], *, framing: str = "chunked", **headers: str) -> list[Step]:
    """Make an event stream of pieces of body, each sent on its own; other steps keep their place between them.

    Args:
        framing: ``chunked``, or ``close`` for a body that ends with the connection.
    """
    if framing == "close":
        return [head(connection="close", **headers), *pieces, Close()]
    framed = [chunk(piece) if isinstance(piece, bytes) else piece for piece in pieces]
    return [head(transfer_encoding="chunked", **headers), *framed, END_OF_CHUNKS]


def sse(data: object) -> bytes:
    """Make one event of the stream; anything but text becomes JSON."""
    return f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()


def chat_chunks(
    texts: Iterable[str],
    finish: str | None = "stop",
    usage: Mapping[str, object] | None = None,
    *,
    reasoning: Iterable[str] = (),
    model: str = "test-model",
) -> list[bytes]:
    """Make the events of a Chat Completions stream, up to and with ``[DONE]``; unframed, one event each.

    Args:
        finish: The finish reason. None: the stream ends without one and without ``[DONE]``.
        usage: Counts for a last chunk without choices. None: there is no such chunk.
    """

    def event(choices: list[dict[str, object]], **more: object) -> bytes:
        return sse(
            {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": model, "choices": choices} | more
        )

    def delta(reason: str | None = None, **fields: object) -> bytes:
        return event([{"index": 0, "delta": fields, "finish_reason": reason}])

    events = [delta(role="assistant", content=None)]
    events += [delta(reasoning_content=text) for text in reasoning]
    events += [delta(content=text) for text in texts]
    if finish is None:
        return events
    events.append(delta(finish))
    if usage is not None:
        events.append(event([], usage=dict(usage)))
    return [*events, sse("[DONE]")]


def json_response(body: object, status: int = 200, **headers: str) -> bytes:
    """Make a whole JSON answer."""
    return _whole(json.dumps(body).encode(), status, "application/json", headers)


def error_response(
    status: int, body: object, content_type: str = "application/json", **headers: str
) -> bytes:
    """Make a whole answer that refuses; ``bytes`` and text are sent as they are, anything else as JSON."""
    if isinstance(body, str):
        body = body.encode()
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return _whole(data, status, content_type, headers)


def _whole(data: bytes, status: int, content_type: str, headers: Mapping[str, str]) -> bytes:
    return head(status, content_type, content_length=str(len(data)), **headers) + data
