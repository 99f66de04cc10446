"""Ends a request at once, from another thread, in whatever state it is.

Closing a response from another thread blocks until its read ends, and before the headers there is no response yet. So
the socket itself is remembered as soon as there is one, before it connects, and shut down; and the part that cannot be
interrupted (looking up the host) runs in a thread that is left behind and that sends nothing once it has been left.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import io
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from chatrepl.api.dialling import dial

if TYPE_CHECKING:
    from urllib3.connectionpool import HTTPConnectionPool

S = TypeVar("S", bound=socket.socket)
T = TypeVar("T")

_current = threading.local()
"""``watch``: the one that the connections of this thread report to."""

_MAX_INTERIM = 20
"""How many interim answers may come before the answer."""

KEEP_ALIVE_OPTIONS = [
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *[
        (socket.IPPROTO_TCP, int(getattr(socket, name)), value)
        for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))
        if hasattr(socket, name)
    ],
]
"""A reasoning model may be silent for minutes: a peer that is gone is noticed, and a router keeps the connection."""


class SocketWatch:
    """Knows the socket of one exchange and can end it from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: Any = None
        self._connecting: list[Any] = []
        self._is_cut = False
        self.is_reused = False
        """Whether the connection had served another exchange before."""

    def begin(self, sock: Any) -> None:
        """Remember a socket that is about to connect, or has just begun to; there may be several.

        Raises:
            ConnectionAbortedError: the exchange was ended before.
        """
        with self._lock:
            self._connecting.append(sock)
            if self._is_cut:
                raise ConnectionAbortedError("ended by the user")

    def attach(self, sock: Any, *, is_reused: bool = False) -> None:
        """Remember the socket in use.

        Raises:
            ConnectionAbortedError: the exchange was ended before.
        """
        with self._lock:
            self._socket = sock
            self._connecting.clear()
            self.is_reused = is_reused
            if self._is_cut:
                _shut_down(sock)
                raise ConnectionAbortedError("ended by the user")

    def cut(self) -> None:
        """End the exchange: a read that waits returns at once, and nothing more is sent. Never raises."""
        with self._lock:
            self._is_cut = True
            for sock in (self._socket, *self._connecting):
                _shut_down(sock)

    def release(self) -> None:
        """Let go of the socket: it may serve another exchange now."""
        with self._lock:
            self._socket = None

    def limit_silence(self, seconds: float) -> None:
        """Change how long a read may wait."""
        with self._lock:
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    self._socket.settimeout(seconds)

    @contextlib.contextmanager
    def recording(self) -> Iterator[None]:
        """Have the connections that this thread uses report here."""
        _current.watch = self
        try:
            yield
        finally:
            _current.watch = None


def _shut_down(sock: Any) -> None:
    sock = getattr(sock, "socket", sock)  # TLS inside a proxy's TLS
    if isinstance(sock, socket.socket):
        # past SSLSocket's own method, which takes the TLS state away from the thread that reads
        with contextlib.suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _report(sock: Any, *, is_reused: bool = False) -> None:
    watch = getattr(_current, "watch", None)
    if watch is not None and sock is not None:
        watch.attach(sock, is_reused=is_reused)


def _begin(sock: Any) -> None:
    watch = getattr(_current, "watch", None)
    if watch is not None:
        watch.begin(sock)


@functools.cache
def pool_classes() -> dict[str, type[HTTPConnectionPool]]:
    """Return urllib3's pools with connections that report their sockets."""
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    class ReportingHTTPConnection(_Reporting, HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _dialled(self)

    class ReportingHTTPSConnection(_Reporting, HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _dialled(self)

    return _pools(HTTPConnectionPool, ReportingHTTPConnection, HTTPSConnectionPool, ReportingHTTPSConnection)


@functools.cache
def socks_pool_classes() -> dict[str, type[HTTPConnectionPool]]:
    """Return the same for SOCKS proxies, for which the package PySocks must be there."""
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.contrib.socks import SOCKSConnection, SOCKSHTTPSConnection

    class ReportingSOCKSConnection(_Reporting, SOCKSConnection):
        def _new_conn(self) -> Any:
            return _reported(super()._new_conn())

    class ReportingSOCKSHTTPSConnection(_Reporting, SOCKSHTTPSConnection):
        def _new_conn(self) -> Any:
            return _reported(super()._new_conn())

    return _pools(
        HTTPConnectionPool, ReportingSOCKSConnection, HTTPSConnectionPool, ReportingSOCKSHTTPSConnection
    )


def _pools(plain: Any, plain_connection: Any, secure: Any, secure_connection: Any) -> dict[str, Any]:
    def pool(base: Any, connection: Any) -> Any:
        return type(f"Reporting{base.__name__}", (base,), {"ConnectionCls": connection})

    return {"http": pool(plain, plain_connection), "https": pool(secure, secure_connection)}


class _FinalResponse(http.client.HTTPResponse):
    """The answer itself, with a head that is whole.

    Of interim answers the standard library skips 100 only, and that without end; and it takes a head that was cut off for
    one that has ended.
    """

    def begin(self) -> None:
        source: Any = self.fp
        lines: Any = _Lines(source)
        self.fp = lines
        error: http.client.BadStatusLine | None = None
        try:
            super().begin()
        except http.client.BadStatusLine as bad:
            error = bad
        finally:
            if self.fp is lines:
                self.fp = source
        if error is not None and (not lines.last or lines.last.endswith(b"\n")):
            raise error
        if not lines.last.endswith(b"\n"):
            raise http.client.IncompleteRead(b"")
        lengths = ",".join(self.headers.get_all("content-length", ())).split(",")
        if len({length.strip() for length in lengths}) > 1:  # urllib3 would not close what it refuses
            raise http.client.HTTPException("the answer says two lengths")

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(_MAX_INTERIM):
            found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
            if found[1] == http.HTTPStatus.SWITCHING_PROTOCOLS or not 100 <= found[1] < 200:
                return found
            http.client.parse_headers(self.fp)
        raise http.client.BadStatusLine("interim answers without end")


class _Lines:
    """Reads lines and remembers the last one."""

    def __init__(self, source: io.BufferedReader) -> None:
        self._source = source
        self.last = b""

    def readline(self, limit: int = -1) -> bytes:
        self.last = self._source.readline(limit)
        return self.last

    def close(self) -> None:
        self._source.close()


class _Reporting:
    """What connections of all kinds do beside their work."""

    response_class: Any = _FinalResponse

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        _report(self.sock)  # type: ignore[attr-defined]

    def request(self, *arguments: Any, **options: Any) -> None:
        _report(self.sock, is_reused=True)  # type: ignore[attr-defined] # a new one has no socket yet
        super().request(*arguments, **options)  # type: ignore[misc]


def _dialled(connection: Any) -> socket.socket:
    """Open the socket of a connection of urllib3, and raise what it is expected to raise."""
    from urllib3 import exceptions

    host, timeout_s = connection.host, connection.timeout
    try:
        sock = dial(
            connection._dns_host,  # noqa: SLF001 - with the dot that may end it; the name to look up
            connection.port,
            timeout_s=timeout_s,
            options=connection.socket_options or (),
            on_begin=_begin,
        )
    except socket.gaierror as error:
        raise exceptions.NameResolutionError(host, connection, error) from error
    except UnicodeError as error:
        raise exceptions.LocationParseError(f"'{host}', label empty or too long") from error
    except TimeoutError as error:
        raise exceptions.ConnectTimeoutError(connection, f"{host} did not answer in {timeout_s} s") from error
    except OSError as error:
        raise exceptions.NewConnectionError(connection, f"no connection to {host}: {error}") from error
    return _reported(sock)


def _reported(sock: S) -> S:
    """Report a socket before the TLS handshake, which may take its time."""
    try:
        _report(sock)
    except ConnectionAbortedError:
        sock.close()
        raise
    return sock


class Errand(Generic[T]):
    """Runs something in a thread of its own that can be left behind.

    Args:
        work: What to run. It may outlive the wait for it.
        discard: What to do with a result that nobody waits for any more.
    """

    def __init__(self, work: Callable[[], T], discard: Callable[[T], None]) -> None:
        self._work = work
        self._discard = discard
        self._lock = threading.Lock()
        self._is_left = False
        self._outcome: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()
        threading.Thread(target=self._run, daemon=True, name="chatrepl-request").start()

    def _run(self) -> None:
        try:
            result = self._work()
        except BaseException as error:  # noqa: BLE001 - raised again by wait()
            self._outcome.put((None, error))
            return
        with self._lock:
            is_left = self._is_left
            if not is_left:
                self._outcome.put((result, None))
        if is_left:
            self._discard(result)

    def leave(self) -> None:
        """Wait no longer: ``wait`` returns None at once. Never raises; may be called from any thread."""
        with self._lock:
            self._is_left = True
        self._outcome.put((None, None))

    def wait(self, timeout_s: float | None = None) -> T | None:
        """Wait for the result. None: it was left, or took longer.

        Raises:
            BaseException: what the work raised.
        """
        try:
            result, error = self._outcome.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if error is not None:
            raise error
        return result
