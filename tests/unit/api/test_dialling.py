"""Connecting to hosts with several addresses: dead ones, silent ones, and being stopped while it lasts."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from chatrepl.api import dialling
from chatrepl.api.connection import SocketWatch
from chatrepl.api.dialling import Address, dial, in_turns

V4, V6 = socket.AF_INET, socket.AF_INET6


def needs_ipv6() -> None:
    try:
        socket.create_server(("::1", 0), family=V6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")


def address(place: tuple[str, int]) -> Address:
    family = V6 if ":" in place[0] else V4
    return Address(family, socket.SOCK_STREAM, 0, "", place)


@pytest.fixture
def alive() -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()


@pytest.fixture
def refused() -> tuple[str, int]:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return closed.getsockname()  # type: ignore[no-any-return]


@pytest.fixture
def silent() -> Iterator[tuple[str, int]]:
    """An address that takes no connection and refuses none: its queue is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(listener.getsockname())
        yield listener.getsockname()


def resolve_to(monkeypatch: pytest.MonkeyPatch, *places: tuple[str, int]) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [address(place) for place in places])


def test_the_address_that_answers_is_taken_after_those_that_refuse(
    monkeypatch: pytest.MonkeyPatch, alive: tuple[str, int], refused: tuple[str, int]
) -> None:
    resolve_to(monkeypatch, refused, refused, alive)
    with dial("host.example", 1, timeout_s=10) as sock:
        assert sock.getpeername() == alive
        assert sock.gettimeout() == 10


def test_a_name_whose_first_family_refuses_is_reached_by_the_other(
    monkeypatch: pytest.MonkeyPatch, alive: tuple[str, int]
) -> None:
    needs_ipv6()
    resolve_to(monkeypatch, ("::1", alive[1]), alive)
    with dial("host.example", 1, timeout_s=10) as sock:
        assert sock.getpeername() == alive


def test_a_silent_address_does_not_cost_the_whole_wait(
    monkeypatch: pytest.MonkeyPatch, alive: tuple[str, int], silent: tuple[str, int]
) -> None:
    monkeypatch.setattr(dialling, "HEAD_START_S", 0.01)
    resolve_to(monkeypatch, silent, alive)
    begun: list[socket.socket] = []
    with dial("host.example", 1, timeout_s=60, on_begin=begun.append) as sock:
        assert sock.getpeername() == alive
    assert {each.fileno() for each in begun} == {-1}, "the one that lost is closed as well"
    assert len(set(map(id, begun))) == 2


def test_the_wait_is_for_all_addresses_together(
    monkeypatch: pytest.MonkeyPatch, silent: tuple[str, int]
) -> None:
    monkeypatch.setattr(dialling, "HEAD_START_S", 0.01)
    resolve_to(monkeypatch, silent, silent, silent)
    with pytest.raises(TimeoutError):
        dial("host.example", 1, timeout_s=0.1)


def test_where_all_refuse_the_error_says_so(
    monkeypatch: pytest.MonkeyPatch, refused: tuple[str, int]
) -> None:
    resolve_to(monkeypatch, refused, refused)
    with pytest.raises(ConnectionRefusedError):
        dial("host.example", 1, timeout_s=10)


def test_an_address_in_brackets_is_one_of_ipv6() -> None:
    needs_ipv6()
    with (
        socket.create_server(("::1", 0), family=V6) as listener,
        dial("[::1]", listener.getsockname()[1], timeout_s=10) as sock,
    ):
        assert sock.family == V6


def test_cutting_ends_a_connection_that_is_not_there_yet(
    monkeypatch: pytest.MonkeyPatch, silent: tuple[str, int]
) -> None:
    resolve_to(monkeypatch, silent)
    watch, begun, told = SocketWatch(), threading.Event(), []

    def begin(sock: socket.socket) -> None:
        watch.begin(sock)
        told.append(sock)
        if len(told) == 2:  # it is on its way
            begun.set()

    def work() -> None:
        with pytest.raises(OSError, match=r"reset|ended by the user"):
            dial("host.example", 1, timeout_s=60, on_begin=begin)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert begun.wait(10)
    watch.cut()
    thread.join(10)
    assert not thread.is_alive()


def test_nothing_is_tried_any_more_after_a_cut(
    monkeypatch: pytest.MonkeyPatch, alive: tuple[str, int], refused: tuple[str, int]
) -> None:
    resolve_to(monkeypatch, refused, alive)
    tried: list[Any] = []

    def begin(sock: socket.socket) -> None:
        if sock not in tried:
            tried.append(sock)
        if len(tried) == 2:
            raise ConnectionAbortedError("ended by the user")

    with pytest.raises(ConnectionAbortedError):
        dial("host.example", 1, timeout_s=10, on_begin=begin)
    assert [sock.fileno() for sock in tried] == [-1, -1]


def test_the_families_take_turns_beginning_with_the_first() -> None:
    six = [address((f"fe80::{number}", 1)) for number in range(3)]
    four = [address(("192.0.2.1", 1))]
    assert in_turns([*six, *four]) == [six[0], four[0], six[1], six[2]]
    assert in_turns([*four, *six]) == [four[0], *six]
    assert in_turns(six) == six
