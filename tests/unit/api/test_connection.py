"""Work that can be left behind, and sockets that can be shut from elsewhere."""

from __future__ import annotations

import socket
import threading

import pytest

from chatrepl.api.connection import Errand, SocketWatch


def test_an_errand_brings_its_result() -> None:
    assert Errand(lambda: 7, discard=lambda _: None).wait(10) == 7


def test_an_errand_brings_its_error() -> None:
    def fail() -> None:
        raise OSError("broken")

    with pytest.raises(OSError, match="broken"):
        Errand(fail, discard=lambda _: None).wait(10)


def test_a_result_that_nobody_waits_for_is_discarded() -> None:
    go_on, discarded, got = threading.Event(), threading.Event(), []

    def work() -> str:
        assert go_on.wait(10)
        return "late"

    def discard(result: str) -> None:
        got.append(result)
        discarded.set()

    errand = Errand(work, discard)
    errand.leave()
    assert errand.wait() is None
    go_on.set()
    assert discarded.wait(10)
    assert got == ["late"]


def test_waiting_can_have_an_end() -> None:
    go_on = threading.Event()
    errand = Errand(lambda: go_on.wait(10), discard=lambda _: None)
    assert errand.wait(0.01) is None
    go_on.set()


def test_cutting_wakes_a_read_in_another_thread() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        watch, got = SocketWatch(), []
        watch.attach(ours)
        reader = threading.Thread(target=lambda: got.append(ours.recv(10)))
        reader.start()
        watch.cut()
        reader.join(10)
        assert got == [b""]
        assert theirs.recv(10) == b"", "the other side is told"


def test_a_socket_that_comes_after_the_cut_is_shut_and_not_used() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        watch = SocketWatch()
        watch.cut()
        with pytest.raises(ConnectionAbortedError):
            watch.attach(ours)
        assert theirs.recv(10) == b""


def test_a_released_socket_is_left_alone() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        watch = SocketWatch()
        watch.attach(ours)
        watch.release()
        watch.cut()
        watch.limit_silence(0.001)
        theirs.sendall(b"on")
        assert ours.recv(10) == b"on"
        assert ours.gettimeout() is None


def test_nothing_is_raised_for_a_socket_that_is_closed_already() -> None:
    ours, theirs = socket.socketpair()
    watch = SocketWatch()
    watch.attach(ours)
    ours.close()
    theirs.close()
    watch.limit_silence(1.0)
    watch.cut()
