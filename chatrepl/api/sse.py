"""Server-sent events: bytes in, events out. Pure; knows nothing of what the events mean.

The same events come out however the bytes were cut. Work is linear in the bytes, and memory is bounded.
Source: WHATWG HTML, "Server-sent events" (2026); what real servers do beside it is noted where it matters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from chatrepl.errors import ProtocolError

LIMIT_BYTES = 16 * 1024 * 1024
"""The longest event that is put together; more is an attack or not an event stream."""

_BOM = b"\xef\xbb\xbf"


class SseEvent(NamedTuple):
    """One event. ``event`` is its name, None where it has none."""

    event: str | None
    data: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A line that begins with a colon: servers send it to keep the connection open."""

    text: str


@dataclass(frozen=True, slots=True)
class BareLine:
    """A line of JSON outside any event. Ollama reports some errors so."""

    text: str


SseItem = SseEvent | Comment | BareLine


class SseDecoder:
    """Puts events together from whatever pieces the network delivers."""

    def __init__(self) -> None:
        self._start: bytes | None = b""
        """What was read while it could still be a byte order mark. None: past that."""
        self._line: list[bytes] = []
        """The pieces of a line that has not ended."""
        self._data: list[str] = []
        self._event: str | None = None
        self._held_bytes = 0
        """What the unfinished line and the unfinished event hold together."""
        self._is_after_cr = False
        """Whether the last byte was a CR: an LF that follows belongs to it."""

    def feed(self, data: bytes) -> list[SseItem]:
        """Take the next bytes of the stream and return what they completed.

        Raises:
            ProtocolError: where one event grows past ``LIMIT_BYTES``.
        """
        if (
            self._is_at_rest
            and data[:6] == b"data: "
            and data.find(b"\n") == len(data) - 2
            and b"\r" not in data
        ):
            return (
                [SseEvent(None, data[6:-2].decode("utf-8", "replace"))]
                if data[-1:] == b"\n"
                else self._feed(data)
            )
        return self._feed(data)

    @property
    def _is_at_rest(self) -> bool:
        """Whether nothing is held: then most servers' next event comes whole and alone."""
        return not (self._line or self._data or self._is_after_cr or self._event or self._start is not None)

    def _feed(self, data: bytes) -> list[SseItem]:
        if self._start is not None:
            data = self._start + data
            if len(data) < len(_BOM) and _BOM.startswith(data):
                self._start = data
                return []
            self._start = None
            data = data.removeprefix(_BOM)
        if self._is_after_cr and data:
            self._is_after_cr = False
            data = data.removeprefix(b"\n")
        items: list[SseItem] = []
        # bytes.splitlines() knows LF, CR and CRLF only; that of str also breaks at U+2028, which JSON may hold
        for line in data.splitlines(keepends=True):
            self._hold(len(line))
            if line[-1] not in b"\r\n":
                self._line.append(line)
                continue
            if self._line:
                line = b"".join((*self._line, line))  # noqa: PLW2901 - the same line, whole
                self._line.clear()
            self._take_line(line.rstrip(b"\r\n"), items)
        self._is_after_cr = data.endswith(b"\r") or (self._is_after_cr and not data)
        return items

    def flush(self) -> list[SseItem]:
        """End the stream: return what was not followed by the line ends it needed.

        The standard drops such an event; servers that close too early make it worth reading.
        """
        items: list[SseItem] = []
        rest = (self._start or b"") + b"".join(self._line)
        self._start, self._line = None, []
        if rest:
            self._take_line(rest, items)
        self._take_line(b"", items)
        return items

    def _hold(self, count: int) -> None:
        self._held_bytes += count
        if self._held_bytes > LIMIT_BYTES:
            raise ProtocolError(
                f"the server sent an event of more than {LIMIT_BYTES // 1024**2} MiB",
                hint="check that the base URL is that of a chat API",
            )

    def _take_line(self, line: bytes, items: list[SseItem]) -> None:
        if not line:
            if self._data:
                items.append(SseEvent(self._event, "\n".join(self._data)))
                self._data = []
            self._event = None
            self._held_bytes = 0
        elif line.startswith(b"data:"):
            self._data.append(_text(line[5:]))
        elif line.startswith(b":"):
            self._release(line)
            items.append(Comment(_text(line[1:])))
        elif line.startswith(b"{"):
            self._release(line)
            items.append(BareLine(line.decode("utf-8", "replace")))
        else:
            self._release(line)
            name, _, value = line.partition(b":")
            if name == b"event":
                self._event = _text(value)
            elif name == b"data":
                self._data.append("")

    def _release(self, line: bytes) -> None:
        """Count a line as no longer held. Comments alone, however many, never reach the limit."""
        self._held_bytes = max(0, self._held_bytes - len(line) - 2)


def _text(value: bytes) -> str:
    return value.removeprefix(b" ").decode("utf-8", "replace")
