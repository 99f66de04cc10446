"""Servers found on this machine: those that answer as they should, and the time that all the others cannot take."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatrepl.local import discovery
from chatrepl.local.discovery import PLACES, FoundServer, Place, find_servers, ollama_place, understand

Answer = Callable[[socket.socket], None]
Serve = Callable[[Answer], int]

SOON_S = 1.0
"""Far more than the time allowed, since this machine may be busy, and far less than a server here takes."""


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Runs a server on a free port that deals with each connection as it is told."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []
    over = threading.Event()

    def run(answer: Answer) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def accept() -> None:
            while not over.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, contextlib.suppress(OSError):
                    answer(connection)

        threads.append(threading.Thread(target=accept, daemon=True))
        threads[-1].start()
        port: int = listener.getsockname()[1]
        return port

    yield run
    over.set()
    for listener in listeners:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join(5)


def says(body: object, *, head: str = "HTTP/1.0 200 OK\r\n\r\n", then: Answer | None = None) -> Answer:
    """A server that reads the request and answers with a body: bytes as they are, anything else as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head.format(length=len(data)).encode() + data)
        if then:
            then(connection)

    return answer


def stay(connection: socket.socket) -> None:
    """Keep the connection open until the other side closes it."""
    connection.settimeout(10)
    while connection.recv(65536):
        pass


def models(*names: str, owner: str = "somebody") -> dict[str, Any]:
    return {"object": "list", "data": [{"id": name, "object": "model", "owned_by": owner} for name in names]}


def look(*ports: int, timeout_s: float = 0.3) -> list[FoundServer]:
    return find_servers(timeout_s, places=[Place("A server", port) for port in ports])


def test_a_server_is_found_with_its_models(serve: Serve) -> None:
    port = serve(says(models("one", "two")))
    assert look(port, timeout_s=5) == [FoundServer("A server", f"http://127.0.0.1:{port}/v1", ("one", "two"))]


def test_the_request_is_one_that_every_server_understands(serve: Serve) -> None:
    seen: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        seen.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + json.dumps(models("m")).encode())

    port = serve(answer)
    look(port, timeout_s=5)
    assert seen[0].startswith(b"GET /v1/models HTTP/1.0\r\n")
    assert f"Host: 127.0.0.1:{port}\r\n".encode() in seen[0]
    assert seen[0].endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("owner", "name"),
    [("llamacpp", "llama.cpp"), ("library", "Ollama"), ("vllm", "vLLM"), ("organization_owner", "LM Studio")],
)
def test_a_server_is_named_by_what_it_says_of_itself(serve: Serve, owner: str, name: str) -> None:
    assert look(serve(says(models("m", owner=owner))), timeout_s=5)[0].name == name


def test_servers_come_in_the_order_in_which_they_were_asked(serve: Serve) -> None:
    def later(connection: socket.socket) -> None:
        connection.recv(65536)
        time.sleep(0.1)
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + json.dumps(models("slow")).encode())

    slow, quick = serve(later), serve(says(models("quick")))
    assert [server.models for server in look(slow, quick, timeout_s=5)] == [("slow",), ("quick",)]


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n", id="length"),
        pytest.param(
            "HTTP/1.1 200 OK\r\ncontent-length:{length}\r\nConnection: keep-alive\r\n\r\n", id="spelling"
        ),
    ],
)
def test_a_server_that_keeps_the_connection_open_is_not_waited_for(serve: Serve, head: str) -> None:
    port = serve(says(models("m"), head=head, then=stay))
    started_at = time.monotonic()
    assert look(port, timeout_s=20)[0].models == ("m",)
    assert time.monotonic() - started_at < 5


def test_an_answer_in_chunks_is_read(serve: Serve) -> None:
    data = json.dumps(models("m")).encode()
    chunks = (
        b"5\r\n" + data[:5] + b"\r\n" + f"{len(data) - 5:x}".encode() + b"\r\n" + data[5:] + b"\r\n0\r\n\r\n"
    )
    port = serve(says(chunks, head="HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
    assert look(port, timeout_s=5)[0].models == ("m",)


def test_an_ollama_without_a_model_is_found(serve: Serve) -> None:
    assert look(serve(says({"object": "list", "data": None})), timeout_s=5)[0].models == ()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(says(b"<html>hello</html>"), id="page"),
        pytest.param(says(b"SSH-2.0-OpenSSH_9.6\r\n", head=""), id="another protocol"),
        pytest.param(says(b"\xff" * 100, head=""), id="noise"),
        pytest.param(says(b""), id="nothing"),
        pytest.param(says(b"", head=""), id="not even a head"),
        pytest.param(says({"error": "no"}), id="no data"),
        pytest.param(says({"data": {"id": "m"}}), id="data is no list"),
        pytest.param(says([1, 2]), id="a list"),
        pytest.param(says(None), id="null"),
        pytest.param(says(models("m"), head="HTTP/1.0 401 Unauthorized\r\n\r\n"), id="wants a key"),
        pytest.param(says(models("m"), head="HTTP/1.0 404 Not Found\r\n\r\n"), id="has no such path"),
        pytest.param(
            says(models("m"), head="HTTP/1.0 302 Found\r\nLocation: http://evil/\r\n\r\n"), id="elsewhere"
        ),
        pytest.param(says(models("m"), head="HTTP/1.0 abc\r\n\r\n"), id="no status"),
        pytest.param(says(b"[" * 200_000), id="deep"),
        pytest.param(says(b'{"data": [' + b"9" * 100_000 + b"]}"), id="long number"),
        pytest.param(says(b'{"data": [' + b"1," * 200_000 + b"1]}"), id="too long"),
        pytest.param(
            says(models("m"), head="HTTP/1.0 200 OK\r\n" + "X: y\r\n" * 500 + "\r\n"), id="many headers"
        ),
        pytest.param(says(b"\xff\xfe{}"), id="not UTF-8"),
        pytest.param(lambda connection: None, id="closes at once"),
    ],
)
def test_what_does_not_answer_like_a_server_of_models_is_not_found(serve: Serve, answer: Answer) -> None:
    assert look(serve(answer), timeout_s=2) == []


def drip(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.0 200 OK\r\n")
    for _ in range(200):
        connection.sendall(b"X")
        time.sleep(0.05)


def flood(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n[")
    connection.settimeout(10)
    while True:
        connection.sendall(b"1," * 100_000)


@pytest.mark.parametrize("answer", [stay, drip, flood], ids=["stall", "drip", "flood"])
def test_no_server_can_take_more_than_its_time(serve: Serve, answer: Answer) -> None:
    good = serve(says(models("m")))
    bad = [serve(answer) for _ in range(4)]
    started_at = time.monotonic()
    found = look(*bad[:2], good, *bad[2:])
    assert time.monotonic() - started_at < SOON_S
    assert [server.models for server in found] == [("m",)]


def test_a_server_that_talks_for_ever_is_left_early(serve: Serve) -> None:
    """What it says would fill the memory."""
    started_at = time.monotonic()
    assert look(serve(flood), timeout_s=30) == []
    assert time.monotonic() - started_at < 5


def test_a_server_that_never_accepts_takes_no_more_than_its_time() -> None:
    """Its queue is full, so the connection itself stalls."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        started_at = time.monotonic()
        assert look(listener.getsockname()[1]) == []
        assert time.monotonic() - started_at < SOON_S


def test_ports_where_nobody_listens_cost_no_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    started_at = time.monotonic()
    assert look(port, timeout_s=30) == []
    assert time.monotonic() - started_at < 5


@pytest.mark.parametrize("place", [Place("a", 70_000), Place("a", 80, "not an address"), Place("a", 0)])
def test_places_that_cannot_be_are_passed_over(place: Place) -> None:
    assert find_servers(0.2, places=[place]) == []


def test_names_that_are_not_plain_are_left_out(serve: Serve) -> None:
    entries: list[Any] = [
        *(
            {"id": name}
            for name in ("good", "\x1b]52;c;x\x07", "new\nline", "", "x" * 201, 7, None, "good", "zwei ö")
        ),
        "text",
        {},
    ]
    assert look(serve(says({"data": entries})), timeout_s=5)[0].models == ("good", "zwei ö")


def test_a_list_of_very_many_models_is_bounded(serve: Serve) -> None:
    port = serve(says(models(*(f"m{number}" for number in range(1000)))))
    assert len(look(port, timeout_s=5)[0].models) == discovery.LIMIT_MODELS


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_no_answer_whatever_makes_it_fail(data: bytes, looks_right: bool) -> None:
    understand(Place("a", 1), (b"HTTP/1.1 200 OK\r\n" if looks_right else b"") + data)


def test_the_usual_places_are_those_of_the_programs() -> None:
    assert {(place.name, place.port) for place in PLACES} == {
        ("llama.cpp", 9931),
        ("llama.cpp", 8080),
        ("Ollama", 11434),
        ("LM Studio", 1234),
        ("vLLM", 8000),
    }
    assert {place.host for place in PLACES} == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("variable", "origin"),
    [
        ("127.0.0.1", "http://127.0.0.1:11434"),
        ("127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("localhost:5000", "http://127.0.0.1:5000"),
        (":5000", "http://127.0.0.1:5000"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("http://0.0.0.0:5000/", "http://127.0.0.1:5000"),
        ("http://127.0.0.1", "http://127.0.0.1:80"),
        ("[::1]:5000", "http://[::1]:5000"),
        ("[::]", "http://[::1]:11434"),
        (" '127.0.0.1:5000' ", "http://127.0.0.1:5000"),
        ("https://127.0.0.1", None),
        ("gpu.example.org:11434", None),
        ("127.0.0.1:99999", None),
        ("127.0.0.1:abc", None),
        ("[::1", None),
    ],
)
def test_the_variable_of_ollama_is_read_as_ollama_does(variable: str, origin: str | None) -> None:
    place = ollama_place(variable)
    assert (place and place.origin) == origin


def test_the_variable_of_ollama_takes_the_place_of_its_port(serve: Serve) -> None:
    port = serve(says(models("m")))
    found = find_servers(5, ollama_host=f"127.0.0.1:{port}", places=[Place("Ollama", 1)])
    assert found == [FoundServer("Ollama", f"http://127.0.0.1:{port}/v1", ("m",))]
