"""Opens a connection to a host that may have several addresses, without waiting long for one that is dead.

The addresses are tried one after the other, the families taking turns; where one has not answered after a moment, the
next is tried beside it, and the first to answer is taken.
Source: RFC 8305, "Happy Eyeballs", August 2017, without its asynchronous look-ups.
"""

from __future__ import annotations

import os
import selectors
import socket
import time
from collections.abc import Callable, Sequence
from itertools import chain, zip_longest
from typing import Any, NamedTuple

HEAD_START_S = 0.25
"""How long an address has to itself before the next one is tried beside it."""


class Address(NamedTuple):
    """One of the addresses of a host, as ``getaddrinfo`` gives it."""

    family: int
    kind: int
    protocol: int
    name: str
    place: Any


def dial(
    host: str,
    port: int,
    *,
    timeout_s: float | None,
    options: Sequence[tuple[int, int, int | bytes]] = (),
    on_begin: Callable[[socket.socket], None] = lambda _: None,
) -> socket.socket:
    """Connect, and return the socket, whose reads and writes then wait ``timeout_s``.

    Args:
        host: A name or an address; one of IPv6 may stand in brackets.
        port: From 0 to 65535.
        timeout_s: For all addresses together. None: as long as the system waits.
        options: Set on every socket.
        on_begin: Is told of every socket just before and just after it begins to connect; where it raises, all is
            given up.

    Raises:
        OSError: what the address said that failed last; ``socket.gaierror`` where the host has none.
    """
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    race = _Race(timeout_s, options, on_begin)
    try:
        sock = race.run(in_turns([Address(*each) for each in found]))
    finally:
        race.close()
    sock.settimeout(timeout_s)
    return sock


def in_turns(addresses: Sequence[Address]) -> list[Address]:
    """Let the families take turns, beginning with that of the first address."""
    first = [each for each in addresses if each.family == addresses[0].family]
    others = [each for each in addresses if each.family != addresses[0].family]
    return [each for each in chain.from_iterable(zip_longest(first, others)) if each is not None]


class _Race:
    """Sockets that connect at the same time."""

    def __init__(
        self,
        timeout_s: float | None,
        options: Sequence[tuple[int, int, int | bytes]],
        on_begin: Callable[[socket.socket], None],
    ) -> None:
        self._deadline = None if timeout_s is None else time.monotonic() + timeout_s
        self._options = options
        self._on_begin = on_begin
        self._selector = selectors.DefaultSelector()
        self._running: list[socket.socket] = []
        self._error = OSError("the host has no address")

    def run(self, addresses: list[Address]) -> socket.socket:
        """Return the socket that connected first; it is no longer part of the race."""
        while addresses or self._running:
            if addresses:
                self._begin(addresses.pop(0))
            winner = self._wait(HEAD_START_S if addresses else None)
            if winner is not None:
                return winner
        raise self._error

    def close(self) -> None:
        """Close what did not win."""
        for sock in self._running:
            sock.close()
        self._selector.close()

    def _begin(self, address: Address) -> None:
        try:
            sock = socket.socket(address.family, address.kind, address.protocol)
        except OSError as error:  # this machine does not know the family
            self._error = error
            return
        self._running.append(sock)
        self._on_begin(sock)
        try:
            for option in self._options:
                sock.setsockopt(*option)
            sock.setblocking(False)
            sock.connect(address.place)
        except BlockingIOError:
            pass
        except OSError as error:
            self._lose(sock, error)
            return
        self._on_begin(sock)  # again: who shuts it down may have come before there was anything to shut
        self._selector.register(sock, selectors.EVENT_WRITE)

    def _wait(self, seconds: float | None) -> socket.socket | None:
        """Wait until one has connected. None: one has failed, or the time is up.

        Raises:
            TimeoutError: the time for all of them is up.
        """
        left = None if self._deadline is None else self._deadline - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError("timed out")
        if not self._running:
            return None
        waits = [wait for wait in (seconds, left) if wait is not None]
        for key, _ in self._selector.select(min(waits, default=None)):
            sock = key.fileobj
            assert isinstance(sock, socket.socket)  # noqa: S101 - nothing else is registered
            self._selector.unregister(sock)
            number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if number == 0:
                self._running.remove(sock)
                return sock
            self._lose(sock, OSError(number, os.strerror(number)))
        return None

    def _lose(self, sock: socket.socket, error: OSError) -> None:
        self._running.remove(sock)
        sock.close()
        self._error = error
