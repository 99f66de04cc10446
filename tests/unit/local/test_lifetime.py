"""The embedded model ends with chatrepl, however chatrepl ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.unit.local.processes import is_gone, wait_until

ROOT = Path(__file__).parents[3]
GONE_WITHIN_S = 2.0

Parent = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def parent(tiny_model: Path, log_file: Path) -> Iterator[Parent]:
    """Runs a program that can start the model, with ``say`` to tell the test something and ``wait`` to stay."""
    started: list[subprocess.Popen[str]] = []

    def run(body: str) -> subprocess.Popen[str]:
        source = f"""\
import os, signal, sys, threading, time
from pathlib import Path
from chatrepl.local.server import LocalServer

def start():
    return LocalServer.start(
        Path({str(tiny_model)!r}), window_tokens=512, threads=1, log_file=Path({str(log_file)!r}),
        on_progress=lambda _: None)

def say(word):
    print(word, flush=True)

def wait():
    time.sleep(60)

{textwrap.dedent(body)}
"""
        variables = dict(os.environ)
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, [variables.get("PYTHONPATH"), str(ROOT)]))
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", source],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                stdin=subprocess.DEVNULL,
                text=True,
                env=variables,
                start_new_session=True,
            )
        )
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def heard(process: subprocess.Popen[str]) -> int:
    """The number that the program says next."""
    assert process.stdout is not None
    return int(process.stdout.readline())


def assert_ends(pid: int) -> None:
    try:
        assert wait_until(lambda: is_gone(pid), GONE_WITHIN_S)
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.local
@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGSEGV]
)
def test_the_model_ends_when_a_signal_ends_chatrepl(parent: Parent, number: signal.Signals) -> None:
    process = parent("server = start(); say(server.pid); wait()")
    pid = heard(process)
    assert not is_gone(pid)
    process.send_signal(number)
    assert_ends(pid)


@pytest.mark.local
@pytest.mark.parametrize(
    "end",
    ["pass", "sys.exit(3)", "raise RuntimeError", "os._exit(1)", "os.abort()", "os.execlp('true', 'true')"],
)
def test_the_model_ends_when_chatrepl_ends_by_itself(parent: Parent, end: str) -> None:
    assert_ends(heard(parent(f"server = start(); say(server.pid); {end}")))


@pytest.mark.local
def test_the_model_outlives_the_thread_that_started_it(parent: Parent) -> None:
    """It is started by a worker thread; the kernel's own parent-death signal would strike when that thread ends."""
    process = parent("""
        servers = []
        thread = threading.Thread(target=lambda: servers.append(start()))
        thread.start()
        thread.join()
        say(servers[0].pid)
        time.sleep(1.5)
        say(int(servers[0].is_running))
        wait()
    """)
    pid = heard(process)
    assert heard(process) == 1
    process.kill()
    assert_ends(pid)


@pytest.mark.local
def test_the_model_ends_though_another_process_holds_its_pipe(parent: Parent) -> None:
    """A fork of chatrepl that lives on keeps the pipe open; then the change of the parent tells."""
    process = parent("""
        server = start()
        holder = os.fork()
        if not holder:
            wait()
        say(server.pid)
        say(holder)
        wait()
    """)
    pid, holder = heard(process), heard(process)
    try:
        process.kill()
        process.wait()
        assert_ends(pid)
    finally:
        os.kill(holder, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it ends when it has loaded")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_model_ends_though_it_is_still_loading(
    parent: Parent, engine: Callable[[str], Path], number: signal.Signals
) -> None:
    """llama.cpp holds the interpreter's lock while it loads, so that no thread of Python can watch."""
    directory = engine("""
        with open(os.path.join(os.path.dirname(__file__), "pid"), "w") as file:
            file.write(str(os.getpid()))
        os.rename(file.name, file.name + ".done")
        ctypes.PyDLL(None).sleep(60)
    """)
    process = parent(
        "from chatrepl.local import weights; weights.engine_is_installed = lambda: True; start()"
    )
    assert wait_until((directory / "pid.done").exists, 20)
    pid = int((directory / "pid.done").read_text())
    assert not is_gone(pid)
    process.send_signal(number)
    assert_ends(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it ends when it has loaded")
def test_stopping_does_not_wait_for_the_loading(parent: Parent, engine: Callable[[str], Path]) -> None:
    """Ctrl-C is answered at once, however large the model."""
    engine("ctypes.PyDLL(None).sleep(60)")
    process = parent("""
        from chatrepl.local import weights
        weights.engine_is_installed = lambda: True
        begun = []
        def interrupt():
            begun.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)
        threading.Timer(1, interrupt).start()
        try:
            start()
        except KeyboardInterrupt:
            say(int((time.monotonic() - begun[0]) * 1000))
    """)
    assert heard(process) < 1000


def test_a_child_whose_parent_died_before_it_was_told_anything_ends(tmp_path: Path) -> None:
    from chatrepl.local import child

    process = subprocess.Popen(
        [sys.executable, "-P", child.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.communicate(timeout=20)[0] == b""
    assert process.returncode == 1
