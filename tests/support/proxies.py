"""Proxies that lead every host to one port of this machine, and remember what they were asked for."""

from __future__ import annotations

import base64
import contextlib
import select
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass
class TunnelProxy:
    """Takes ``CONNECT`` and, with the same port, SOCKS 5; listens while used as a context manager.

    Args:
        target_port: Where every tunnel leads to.
        password: What must be given as ``user:password``. None: nothing.
        refusal: Answered to every ``CONNECT``, in place of opening it.
    """

    target_port: int = 0
    password: str | None = None
    refusal: bytes = b""
    asked: list[str] = field(default_factory=list)
    """The hosts with their ports, in order."""
    port: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
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

    def _spawn(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True, name="proxy")  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                client, _ = self._listener.accept()
                self._spawn(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(5)
            is_socks = client.recv(1, socket.MSG_PEEK) == b"\x05"
            if not (self._open_socks(client) if is_socks else self._open_tunnel(client)):
                return
            with socket.create_connection(("127.0.0.1", self.target_port), 5) as server:
                client.sendall(SOCKS_OPENED if is_socks else b"HTTP/1.1 200 Opened\r\n\r\n")
                self._relay(client, server)

    def _open_tunnel(self, client: socket.socket) -> bool:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        lines = head.decode("latin-1").split("\r\n")
        self.asked.append(lines[0].split(" ")[1])
        expected = base64.b64encode((self.password or "").encode()).decode()
        if self.refusal:
            client.sendall(self.refusal)
        elif self.password is not None and f"Proxy-Authorization: Basic {expected}" not in lines:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
        else:
            return True
        return False

    def _open_socks(self, client: socket.socket) -> bool:
        client.recv(2 + client.recv(2, socket.MSG_PEEK)[1])
        client.sendall(b"\x05\x00")
        head = client.recv(4)
        if head[3] == 3:
            host = client.recv(client.recv(1)[0]).decode()
        else:
            host = socket.inet_ntop(socket.AF_INET, client.recv(4))
        self.asked.append(f"{host}:{int.from_bytes(client.recv(2), 'big')}")
        return True

    def _relay(self, client: socket.socket, server: socket.socket) -> None:
        for source in self._readable(client, server):
            data = source.recv(65536)
            if not data:
                return
            (server if source is client else client).sendall(data)

    def _readable(self, *sockets: socket.socket) -> Iterator[socket.socket]:
        while not self._stop.is_set():
            yield from select.select(sockets, [], [], 0.02)[0]


SOCKS_OPENED = b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"
