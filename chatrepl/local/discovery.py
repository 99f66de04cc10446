"""Finds servers that speak the API of OpenAI and run on this machine already.

All are asked at the same time over non-blocking sockets, and the whole search ends in time whatever they do: stall, drip,
talk for ever, or speak something else. What they say is not trusted: it is bounded, and only plain names are kept.
"""

from __future__ import annotations

import io
import json
import selectors
import socket
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

LIMIT_ANSWER_BYTES = 256 * 1024
LIMIT_MODELS = 200
_LIMIT_NAME_CHARS = 200
_SHARE_FOR_READING = 0.8
"""Of the time allowed; the rest is for making sense of what was read."""
_OLLAMA_PORT = 11434


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server may be."""

    name: str
    """Of the program that is usually found there."""
    port: int
    host: str = "127.0.0.1"
    """An address, never a name: looking up a name can take long."""

    @property
    def origin(self) -> str:
        """The address as a URL without a path."""
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A server that answered, and what it offers."""

    name: str
    """Such as ``Ollama``."""
    base_url: str
    """Such as ``http://127.0.0.1:11434/v1``."""
    models: tuple[str, ...]
    """Their ids, in the server's order. Empty where it runs without any."""


PLACES = (
    Place("llama.cpp", 9931),
    Place("llama.cpp", 8080),
    Place("Ollama", _OLLAMA_PORT),
    Place("LM Studio", 1234),
    Place("vLLM", 8000),
)
"""The default ports. Source: the programs' documents, 2026."""

_OWNERS = {
    "llamacpp": "llama.cpp",
    "library": "Ollama",
    "organization_owner": "LM Studio",
    "vllm": "vLLM",
}
"""Programs by what they write as ``owned_by``; it tells more than the port."""


def find_servers(
    timeout_s: float = 0.3, *, ollama_host: str | None = None, places: Sequence[Place] = PLACES
) -> list[FoundServer]:
    """Return the servers that answer with a list of models, in the order of ``places``. Never raises.

    Args:
        timeout_s: For all of it.
        ollama_host: The variable ``OLLAMA_HOST``, which takes the place of Ollama's usual address.
        places: Where to look.
    """
    deadline = time.monotonic() + timeout_s * _SHARE_FOR_READING
    ollama = ollama_place(ollama_host) if ollama_host else None
    if ollama is not None:
        places = [ollama if place.name == "Ollama" else place for place in places]
    probes = [_Probe(place) for place in dict.fromkeys(places)]
    try:
        _run(probes, deadline)
        return [found for probe in probes if (found := understand(probe.place, bytes(probe.answer)))]
    finally:
        for probe in probes:
            probe.close()


def ollama_place(variable: str) -> Place | None:
    """Read a value of ``OLLAMA_HOST``. None where it is another protocol or a name that would have to be looked up.

    Source: ollama, envconfig/config.go, 2026: ``host``, ``host:port``, ``:port`` or a URL; 0.0.0.0 means any.
    """
    from ipaddress import ip_address
    from urllib.parse import urlsplit

    value = variable.strip().strip("\"'")
    try:
        parts = urlsplit(value if "://" in value else f"//{value}", scheme="")
        host, port = parts.hostname or "127.0.0.1", parts.port
        if host == "localhost":
            host = "127.0.0.1"
        address = ip_address(host)
    except ValueError:
        return None
    if parts.scheme not in {"", "http"}:
        return None
    if address.is_unspecified:
        host = "::1" if address.version == 6 else "127.0.0.1"
    return Place("Ollama", port or (80 if parts.scheme else _OLLAMA_PORT), host)


class _Probe:
    """One question to one place: connect, send, gather what comes."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.answer = bytearray()
        """What came so far."""
        request = f"GET /v1/models HTTP/1.0\r\nHost: {place.origin[7:]}\r\nAccept: application/json\r\n\r\n"
        self._to_send = request.encode()
        self.is_done = False
        family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
        self.socket: socket.socket | None = None
        try:
            self.socket = socket.socket(family, socket.SOCK_STREAM)
            self.socket.setblocking(False)
            self.socket.connect_ex((place.host, place.port))
        except (OSError, OverflowError):
            self.is_done = True

    @property
    def wants_to_send(self) -> bool:
        """Whether the question is not out yet."""
        return bool(self._to_send)

    def advance(self) -> None:
        """Do what can be done without waiting."""
        assert self.socket is not None  # noqa: S101 - it is not registered without one
        try:
            if self._to_send:
                self._to_send = self._to_send[self.socket.send(self._to_send) :]
                return
            piece = self.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            self.is_done = True
            return
        self.answer += piece
        self.is_done = not piece or len(self.answer) > LIMIT_ANSWER_BYTES or self._is_whole()

    def _is_whole(self) -> bool:
        """Whether all was read, though the server keeps the connection open."""
        head, found, body = bytes(self.answer).partition(b"\r\n\r\n")
        for line in head.split(b"\r\n")[1:] if found else ():
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length" and value.strip().isdigit():
                return len(body) >= int(value.strip()[:12])
        return False

    def close(self) -> None:
        """Let go of the connection."""
        if self.socket is not None:
            self.socket.close()


def _run(probes: Iterable[_Probe], deadline: float) -> None:
    with selectors.DefaultSelector() as selector:
        for probe in probes:
            if not probe.is_done and probe.socket is not None:
                selector.register(probe.socket, selectors.EVENT_WRITE, probe)
        while selector.get_map() and (left_s := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(left_s):
                probe = key.data
                probe.advance()
                if probe.is_done:
                    selector.unregister(key.fileobj)
                elif not probe.wants_to_send and key.events != selectors.EVENT_READ:
                    selector.modify(key.fileobj, selectors.EVENT_READ, probe)


def understand(place: Place, answer: bytes) -> FoundServer | None:
    """Make sense of what a server said. None where it is not one that we can use. Never raises."""
    if len(answer) > LIMIT_ANSWER_BYTES or not answer.startswith(b"HTTP/1."):
        return None
    body = _body(answer)
    try:
        listing = json.loads(body) if body is not None else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(listing, dict) or "data" not in listing:
        return None
    data = listing["data"]
    if data is None and listing.get("object") == "list":  # Ollama without a model
        data = []
    if not isinstance(data, list):
        return None
    entries = [entry for entry in data[:LIMIT_MODELS] if isinstance(entry, dict)]
    owner = next((_OWNERS[name] for entry in entries if (name := _text(entry, "owned_by")) in _OWNERS), None)
    models = dict.fromkeys(name for entry in entries if (name := _text(entry, "id")) is not None)
    return FoundServer(owner or place.name, f"{place.origin}/v1", tuple(models))


class _Bytes:
    """What http.client takes for a socket."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, *_: Any, **__: Any) -> io.BytesIO:
        return io.BytesIO(self._data)


def _body(answer: bytes) -> bytes | None:
    """Take the body out of an HTTP answer. None where it is not a good one."""
    import http.client

    response = http.client.HTTPResponse(_Bytes(answer))  # type: ignore[arg-type]
    try:
        response.begin()
        return response.read() if response.status == 200 else None
    except http.client.IncompleteRead as error:
        return error.partial
    except (http.client.HTTPException, ValueError, OSError):
        return None


def _text(entry: dict[str, Any], key: str) -> str | None:
    value = entry.get(key)
    if isinstance(value, str) and value.isprintable() and 0 < len(value) <= _LIMIT_NAME_CHARS:
        return value
    return None
