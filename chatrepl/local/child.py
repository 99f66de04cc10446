"""The child process that runs the embedded model: llama.cpp's own server, and a watch on the process that wants it.

It is run by its path and imports nothing of chatrepl, so that it starts the same way however chatrepl was started, and
is up sooner. It takes one line of JSON on standard input (see ``Order``), reports as lines of JSON on standard output
(``{"event": "loading" | "ready" | "failed", ...}``), and everything that llama.cpp prints goes to standard error, which
is the log.

It must not outlive chatrepl, however that ends. Standard input is a pipe whose other end only chatrepl holds; when that
is closed, by whatever means, the kernel kills this process (Linux) and a thread ends it (everywhere). The kernel is
needed because llama.cpp holds the interpreter's lock while it loads, which can take minutes. PR_SET_PDEATHSIG is of no
use here: it strikes when the *thread* that started this process ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import stat
import sys
import threading
import time
from typing import Any, NoReturn, TypedDict

LIMIT_ORDER_BYTES = 256 * 1024
LIMIT_LOG_BYTES = 2 * 1024 * 1024
WATCH_INTERVAL_MS = 1000
PROMPT_CACHE_MIB = 64
"""Memory for prompts read earlier. llama.cpp's default is 8 GB, which grows by every change of the chat."""

_INPUT, _OUTPUT, _LOG = 0, 1, 2


BATCH_TOKENS = 128
"""How much of a prompt is read in one go. llama.cpp sees only between two of them that nobody waits any more."""


class Order(TypedDict):
    """What is to be run. The key travels here and nowhere else: not on the command line, not in a variable."""

    path: str
    alias: str
    key: str
    window_tokens: int
    threads: int
    is_small: bool


def main() -> None:
    """Run the server until it is no longer wanted."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    order = _read_order()
    reports = os.dup(_OUTPUT)
    os.dup2(_LOG, _OUTPUT)
    _end_with_parent()
    try:
        _report(reports, event="loading")
        started_at = time.monotonic()
        server = _start_server(order)
        _report(
            reports,
            event="ready",
            address=server.listening_address,
            seconds=time.monotonic() - started_at,
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, chatrepl must hear of it
        _report(reports, event="failed", error=type(error).__name__, message=str(error))
        _leave(1)
    os.close(reports)
    threading.Event().wait()


def _read_order() -> Order:
    data = b""
    while not data.endswith(b"\n"):
        piece = os.read(_INPUT, 65536)
        if not piece or len(data) > LIMIT_ORDER_BYTES:
            _leave(1)
        data += piece
    order: Order = json.loads(data)
    return order


def _report(reports: int, **report: Any) -> None:
    with contextlib.suppress(OSError):  # nobody listens any more: the watch will end this
        os.write(reports, json.dumps(report).encode() + b"\n")


def _end_with_parent() -> None:
    """End this process as soon as the other end of standard input is closed."""
    if not hasattr(select, "poll"):  # Windows
        threading.Thread(target=_read_to_end, name="watch", daemon=True).start()
        return
    import fcntl

    if hasattr(fcntl, "F_SETSIG"):  # Linux: see fcntl(2), O_ASYNC; a pipe's closing counts as input
        with contextlib.suppress(OSError):
            fcntl.fcntl(_INPUT, fcntl.F_SETSIG, signal.SIGKILL)
            fcntl.fcntl(_INPUT, fcntl.F_SETOWN, os.getpid())
            flags = fcntl.fcntl(_INPUT, fcntl.F_GETFL)
            fcntl.fcntl(_INPUT, fcntl.F_SETFL, flags | os.O_ASYNC)
    poller = select.poll()
    poller.register(_INPUT, select.POLLIN)
    if poller.poll(0):  # closed before the kernel was asked to watch
        _leave(0)
    threading.Thread(target=_watch, args=(poller, os.getppid()), name="watch", daemon=True).start()


def _watch(poller: select.poll, parent: int) -> None:
    """End this process when standard input is closed or, should somebody else hold it open, the parent is another."""
    while True:
        if poller.poll(WATCH_INTERVAL_MS) and not os.read(_INPUT, 4096):
            _leave(0)
        if os.getppid() != parent:
            _leave(0)
        _bound_log()


def _read_to_end() -> None:
    """End this process when standard input is closed."""
    while os.read(_INPUT, 4096):
        pass
    _leave(0)


def _bound_log() -> None:
    with contextlib.suppress(OSError):
        status = os.fstat(_LOG)
        if stat.S_ISREG(status.st_mode) and status.st_size > LIMIT_LOG_BYTES:
            os.ftruncate(_LOG, 0)


def _start_server(order: Order) -> Any:
    """Start llama.cpp's server and return it, ready. It stops when the returned object goes."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = order["path"]
    parameters.model_alias = {order["alias"]}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [order["key"]]
    parameters.ui = False
    parameters.n_ctx = order["window_tokens"]
    parameters.n_batch = parameters.n_ubatch = BATCH_TOKENS
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = order["threads"]
    parameters.cpuparams_batch.n_threads = order["threads"]
    parameters.cache_ram_mib = PROMPT_CACHE_MIB
    parameters.fit_params = not order["is_small"]  # measures the memory first, which takes a third of a start
    parameters.verbosity = 2  # warnings and errors; no words of a chat
    return xllamacpp.Server(parameters)


def _leave(status: int) -> NoReturn:
    """End at once: llama.cpp's threads have nothing to tidy up."""
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
