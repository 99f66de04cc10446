"""chatrepl's side of the embedded model: starts the child process, waits until it is ready, and stops it.

The child ends when this process ends, in whatever way; see ``child``. Nothing here has to run for that.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from chatrepl.cancellation import Cancellation
from chatrepl.errors import Interrupted, LocalModelError
from chatrepl.local.logs import Log
from chatrepl.local.weights import Weights, find_weights, megabytes, printable

READY_TIMEOUT_S = 60.0
"""How long a model may take to load, plus a second for each 20 MB of it."""
NEWS_INTERVAL_S = 5.0
LIMIT_THREADS = 8
_LIMIT_REPORT_BYTES = 64 * 1024
_SMALL_MODEL_BYTES = 1 << 30
_POLL_INTERVAL_S = 0.05
_TERMINATE_TIMEOUT_S = 1.0
_KILL_TIMEOUT_S = 5.0
_CHILD = Path(__file__).with_name("child.py")
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d{1,5}")


class LocalServer:
    """A running model that speaks the API of OpenAI, for this process alone."""

    def __init__(
        self, process: subprocess.Popen[bytes], weights: Weights, key: str, window_tokens: int
    ) -> None:
        self._process = process
        self._lock = threading.RLock()  # re-entrant: a signal's handler may stop what is being stopped
        self.key = key
        """What a request must carry. Random, and gone with the server."""
        self.model = weights.alias
        """The model's id, as the server lists it."""
        self.title = weights.title
        """The model's name, for display."""
        self.window_tokens = window_tokens
        """What fits: as asked for, but not more than the model was trained on."""
        self.base_url = ""
        """Such as ``http://127.0.0.1:40123/v1``."""

    def __repr__(self) -> str:
        return f"LocalServer(model={self.model!r}, base_url={self.base_url!r}, pid={self.pid})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the child is alive."""
        return self._process.poll() is None

    @classmethod
    def start(
        cls,
        file: Path | None,
        *,
        window_tokens: int,
        threads: int | None,
        log_file: Path,
        on_progress: Callable[[str], None],
        cancellation: Cancellation | None = None,
    ) -> LocalServer:
        """Start a model and return when it answers.

        Args:
            file: A GGUF file. None: the model that came with the extra ``local``.
            window_tokens: The window wanted; more than the model was trained on is not given.
            threads: Processor threads. None: one for each core, at most 8.
            log_file: Where llama.cpp's messages go. Begun anew; the one before is kept as ``….1``.
            on_progress: Is told what is going on, in words for the user, in this thread.
            cancellation: Ends the wait.

        Raises:
            LocalModelError: where it cannot be started; nothing is left running.
            Interrupted: where ``cancellation`` was set; nothing is left running.
        """
        weights = find_weights(file)
        window_tokens = min(window_tokens, weights.trained_window_tokens or window_tokens)
        key = f"key-{secrets.token_hex(24)}"
        with Log(log_file, on_progress) as log:
            server = cls(_launch(log), weights, key, window_tokens)
            try:
                on_progress(f"loading {weights.title} ({megabytes(weights.size_bytes)} MB)…")
                server._order(weights, threads or default_threads())
                server._wait(weights, log, on_progress, cancellation)
            except BaseException:
                server.stop()
                raise
        return server

    def stop(self) -> None:
        """End the child and wait until it is gone. May be called again, and from any thread."""
        with self._lock:
            for pipe in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):
                    if pipe:
                        pipe.close()
            self._process.terminate()
            try:
                self._process.wait(_TERMINATE_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                # Where even that does not end it, it hangs in the kernel, which is not ours to mend.
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(_KILL_TIMEOUT_S)

    def _order(self, weights: Weights, threads: int) -> None:
        order = {
            "path": str(weights.path),
            "alias": self.model,
            "key": self.key,
            "window_tokens": self.window_tokens,
            "threads": threads,
            "is_small": weights.size_bytes < _SMALL_MODEL_BYTES,
        }
        pipe = _pipe(self._process.stdin)
        with contextlib.suppress(BrokenPipeError):  # it died at once; the wait will find out
            pipe.write(json.dumps(order).encode() + b"\n")

    def _wait(
        self,
        weights: Weights,
        log: Log,
        on_progress: Callable[[str], None],
        cancellation: Cancellation | None,
    ) -> None:
        started_at = time.monotonic()
        news_at = started_at + NEWS_INTERVAL_S
        timeout_s = READY_TIMEOUT_S + weights.size_bytes / 20e6
        reports = _Reports(_pipe(self._process.stdout))
        while True:
            if cancellation is not None and cancellation.is_cancelled:
                raise Interrupted(f"The start of {self.title} was stopped.")
            report = reports.next(_POLL_INTERVAL_S)
            now = time.monotonic()
            if report is not None and self._heed(report, log):
                on_progress(f"{self.title} is ready in {now - started_at:.1f} s")
                return
            if now - started_at > timeout_s:
                raise _failure(f"{self.title} was not ready after {timeout_s:.0f} s", log)
            if now > news_at:
                on_progress(f"still loading {self.title}, {now - started_at:.0f} s so far…")
                news_at += NEWS_INTERVAL_S

    def _heed(self, report: dict[str, Any], log: Log) -> bool:
        """Take in what the child reports. True: it is ready."""
        event = report.get("event")
        if event == "ready":
            if not _ADDRESS.fullmatch(str(report.get("address"))):
                raise _failure(f"{self.title} does not listen on this machine alone", log)
            self.base_url = f"{report['address']}/v1"
            _pipe(self._process.stdout).close()
            return True
        if event in {"failed", "ended"}:
            reason = log.last_error(self.key) or self._obituary(report)
            raise _failure(f"{self.title} could not be started: {reason}", log)
        return False

    def _obituary(self, report: dict[str, Any]) -> str:
        if report["event"] == "failed":
            return printable(f"{report.get('message') or report.get('error')}").rstrip(".")
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = self._process.wait(_TERMINATE_TIMEOUT_S)
            if status < 0:
                return f"its process was killed by signal {-status}"
            return f"its process ended with status {status}"
        return "its process does not answer"


class _Reports:
    """Reads the child's lines."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._rest = b""

    def next(self, timeout_s: float) -> dict[str, Any] | None:
        """Return the next report, waiting at most ``timeout_s``. None: there is none yet."""
        if b"\n" not in self._rest and not self._read(timeout_s):
            return {"event": "ended"}
        line, found, rest = self._rest.partition(b"\n")
        if not found:
            return None
        self._rest = rest
        try:
            report = json.loads(line)
        except ValueError:
            return None
        return report if isinstance(report, dict) else None

    def _read(self, timeout_s: float) -> bool:
        """Read what there is. False: nothing more will come."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._pipe, selectors.EVENT_READ)
            if not selector.select(timeout_s):
                return True
        piece = os.read(self._pipe.fileno(), 65536)
        self._rest += piece
        return bool(piece) and len(self._rest) <= _LIMIT_REPORT_BYTES


def default_threads() -> int:
    """Return a thread for each core that this process may use, at most 8."""
    if hasattr(os, "sched_getaffinity"):
        return min(LIMIT_THREADS, len(os.sched_getaffinity(0)) or 1)
    return min(LIMIT_THREADS, os.cpu_count() or 1)


def _launch(log: Log) -> subprocess.Popen[bytes]:
    """Start the child in a session of its own, where the terminal's Ctrl-C does not reach it."""
    try:
        return subprocess.Popen(
            [sys.executable, "-P", str(_CHILD)],  # -P: no module of the user's directory is imported
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log.descriptor,
            bufsize=0,
            start_new_session=True,
        )
    except OSError as error:
        message = f"The process of the embedded model could not be started: {error.strerror}."
        raise LocalModelError(message) from None


def _failure(message: str, log: Log) -> LocalModelError:
    hint = None if log.path is None else f"The log is {printable(str(log.path))}"
    return LocalModelError(f"{message}.", hint=hint)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 - both were asked for
    return pipe
