"""The embedded model as chatrepl uses it: started, asked, stopped; and every way in which a start can fail."""

from __future__ import annotations

import http.client
import json
import os
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatrepl.cancellation import Cancellation
from chatrepl.errors import Interrupted, LocalModelError
from chatrepl.local import server as server_module
from chatrepl.local.logs import Log
from chatrepl.local.server import LocalServer, default_threads
from tests.unit.local.conftest import Start
from tests.unit.local.processes import is_gone, wait_until

Engine = Callable[[str], Path]


def ask(server: LocalServer, path: str, body: dict[str, Any] | None = None, *, key: str | None = None) -> Any:
    """Send one request; return the status and the whole body."""
    host = server.base_url.removeprefix("http://").removesuffix("/v1")
    connection = http.client.HTTPConnection(host, timeout=60)
    headers = {"Authorization": f"Bearer {server.key if key is None else key}"}
    try:
        connection.request("POST" if body else "GET", path, json.dumps(body) if body else None, headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@pytest.mark.local
def test_the_shipped_model_streams_a_reply(start: Start) -> None:
    """The whole of it, with the real weights."""
    news: list[str] = []
    server = start(None, window_tokens=2048, on_progress=news.append)
    question = {"role": "user", "content": "What is the capital of France? Answer in one word."}
    body = {"model": server.model, "messages": [question], "stream": True, "max_tokens": 20, "temperature": 0}
    status, data = ask(server, "/v1/chat/completions", body)
    assert status == 200
    lines = [line[6:] for line in data.decode().splitlines() if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    chunks = [json.loads(line) for line in lines[:-1]]
    reply = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks if chunk["choices"])
    assert len(chunks) > 2
    assert "Paris" in reply
    assert news[0] == "loading SmolLM2-135M-Instruct (98 MB)…"
    assert news[-1].startswith("SmolLM2-135M-Instruct is ready in ")


@pytest.mark.local
def test_another_model_runs_under_the_name_of_its_file(start: Start, tiny_model: Path) -> None:
    server = start(tiny_model)
    assert (server.model, server.title) == ("tiny", "tiny")
    status, data = ask(server, "/v1/models")
    assert status == 200
    assert [model["id"] for model in json.loads(data)["data"]] == ["tiny"]


@pytest.mark.local
def test_the_window_is_what_was_asked_for(start: Start, tiny_model: Path) -> None:
    server = start(tiny_model, window_tokens=256)
    assert server.window_tokens == 256
    assert json.loads(ask(server, "/props")[1])["default_generation_settings"]["n_ctx"] == 256


@pytest.mark.local
def test_the_window_is_never_more_than_the_model_was_trained_on(start: Start, tiny_model: Path) -> None:
    """Also not in memory: a million tokens of a large model would take all there is."""
    server = start(tiny_model, window_tokens=1_000_000)
    assert server.window_tokens == 512
    assert json.loads(ask(server, "/props")[1])["default_generation_settings"]["n_ctx"] == 512


@pytest.mark.local
@pytest.mark.parametrize("key", ["", "key-wrong"])
@pytest.mark.parametrize("path", ["/v1/models", "/props", "/slots"])
def test_nobody_without_the_key_gets_an_answer(start: Start, tiny_model: Path, key: str, path: str) -> None:
    assert ask(start(tiny_model), path, key=key)[0] == 401


@pytest.mark.local
def test_the_key_is_found_nowhere_but_where_it_is_used(
    start: Start, tiny_model: Path, log_file: Path
) -> None:
    server = start(tiny_model)
    ask(server, "/v1/models")
    ask(server, "/v1/models", key=f"{server.key}x")
    secret = server.key.removeprefix("key-")
    assert len(secret) >= 32
    assert secret not in repr(server) + str(server)
    for pid in (server.pid, os.getpid()):
        for name in ("cmdline", "environ"):
            file = Path(f"/proc/{pid}/{name}")
            assert not file.exists() or secret.encode() not in file.read_bytes()
    server.stop()
    assert secret not in log_file.read_text()


@pytest.mark.local
def test_two_servers_have_two_keys_and_two_ports(start: Start, tiny_model: Path) -> None:
    one, two = start(tiny_model), start(tiny_model)
    assert one.key != two.key
    assert one.base_url != two.base_url
    assert ask(one, "/v1/models", key=two.key)[0] == 401


@pytest.mark.local
def test_the_log_is_for_its_owner_and_has_no_words_of_the_chat(
    start: Start, tiny_model: Path, log_file: Path
) -> None:
    server = start(tiny_model)
    question = {"messages": [{"role": "user", "content": "xyzzy"}], "max_tokens": 3}
    assert ask(server, "/v1/chat/completions", question)[0] == 200
    server.stop()
    assert stat.S_IMODE(log_file.stat().st_mode) == 0o600
    assert "xyzzy" not in log_file.read_text()


@pytest.mark.local
def test_stopping_ends_the_child_soon_and_may_be_repeated(start: Start, tiny_model: Path) -> None:
    server = start(tiny_model)
    assert server.is_running
    started_at = time.monotonic()
    server.stop()
    assert time.monotonic() - started_at < 1
    assert is_gone(server.pid)
    assert wait_until(lambda: not server.is_running, 0)
    server.stop()


@pytest.mark.local
def test_stopping_from_many_threads_at_once_is_safe(start: Start, tiny_model: Path) -> None:
    server = start(tiny_model)
    threads = [threading.Thread(target=server.stop) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert is_gone(server.pid)


@pytest.mark.local
def test_stopping_while_a_reply_is_generated_does_not_wait_for_it(start: Start) -> None:
    server = start(None, window_tokens=2048)
    host = server.base_url.removeprefix("http://").removesuffix("/v1")
    connection = http.client.HTTPConnection(host, timeout=60)
    body = {"messages": [{"role": "user", "content": "Tell a long story."}], "stream": True}
    connection.request(
        "POST", "/v1/chat/completions", json.dumps(body), {"Authorization": f"Bearer {server.key}"}
    )
    response = connection.getresponse()
    assert response.read1(10)
    started_at = time.monotonic()
    server.stop()
    assert time.monotonic() - started_at < 1
    response.close()
    connection.close()


@pytest.mark.local
def test_leaving_its_block_stops_it(start: Start, tiny_model: Path) -> None:
    with start(tiny_model) as server:
        assert server.is_running
    assert is_gone(server.pid)


@pytest.mark.local
def test_the_child_has_a_session_of_its_own(start: Start, tiny_model: Path) -> None:
    """Ctrl-C in the terminal goes to the terminal's foreground group, and is about the reply, not the model."""
    server = start(tiny_model)
    assert os.getsid(server.pid) == server.pid
    assert os.getpgid(server.pid) != os.getpgid(0)


@pytest.mark.local
def test_a_model_that_dies_later_is_seen_to_be_dead(start: Start, tiny_model: Path) -> None:
    server = start(tiny_model)
    os.kill(server.pid, signal.SIGKILL)
    assert wait_until(lambda: not server.is_running, 5)


@pytest.mark.local
def test_a_module_in_the_current_directory_is_not_run(
    start: Start, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People start chatrepl in directories full of other people's code."""
    trap = tmp_path / "trap"
    trap.mkdir()
    for name in ("xllamacpp", "json", "chatrepl"):
        (trap / f"{name}.py").write_text("import os; os._exit(66)")
    monkeypatch.chdir(trap)
    assert start(tiny_model).is_running


@pytest.mark.local
def test_a_file_that_llama_cpp_refuses_gets_its_reason(start: Start, tmp_path: Path, log_file: Path) -> None:
    from tests.unit.local.gguf_files import small_gguf

    file = tmp_path / "odd.gguf"
    file.write_bytes(small_gguf())
    with pytest.raises(LocalModelError) as caught:
        start(file)
    assert caught.value.message == "odd could not be started: unknown model architecture: 'tiny'."
    assert caught.value.hint == f"The log is {log_file}"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        pytest.param("raise RuntimeError('it is broken.')", "it is broken", id="raises"),
        pytest.param("raise KeyError()", "KeyError", id="raises without words"),
        pytest.param("raise ImportError('no libgomp')", "no libgomp", id="cannot be imported"),
        pytest.param("os._exit(3)", "its process ended with status 3", id="ends"),
        pytest.param("os.kill(os.getpid(), 9)", "its process was killed by signal 9", id="is killed"),
        pytest.param(
            "print('0.1 E load: no memory', file=sys.stderr, flush=True); os._exit(1)",
            "no memory",
            id="says why",
        ),
    ],
)
def test_a_child_that_dies_gets_one_sentence(
    start: Start, engine: Engine, tiny_model: Path, log_file: Path, body: str, sentence: str
) -> None:
    engine(body)
    with pytest.raises(LocalModelError) as caught:
        start(tiny_model)
    assert caught.value.message == f"tiny could not be started: {sentence}."
    assert caught.value.hint == f"The log is {log_file}"


def test_what_the_engine_prints_is_not_taken_for_a_report(
    start: Start, engine: Engine, tiny_model: Path
) -> None:
    """llama.cpp may print what it likes to its standard output."""
    engine("""print('{"event": "ready", "address": "http://127.0.0.1:1"}', flush=True)""")
    assert start(tiny_model).base_url == "http://127.0.0.1:9/v1"


@pytest.mark.parametrize("address", ["http://192.0.2.1:80", "http://127.0.0.1:9@evil.example", "", None])
def test_an_address_that_is_not_on_this_machine_is_not_used(
    start: Start, engine: Engine, tiny_model: Path, address: object
) -> None:
    engine(f"self.listening_address = {address!r}")
    with pytest.raises(LocalModelError, match="tiny does not listen on this machine alone"):
        start(tiny_model)


def test_a_model_that_takes_too_long_is_given_up_and_ended(
    start: Start, engine: Engine, tiny_model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine(f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)")
    monkeypatch.setattr(server_module, "READY_TIMEOUT_S", 1)
    monkeypatch.setattr(server_module, "NEWS_INTERVAL_S", 0.1)
    news: list[str] = []
    with pytest.raises(LocalModelError, match=r"^tiny was not ready after 1 s\.$"):
        start(tiny_model, on_progress=news.append)
    assert any(line.startswith("still loading tiny, ") for line in news)
    assert is_gone(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_exception_on_the_way_leaves_no_child(
    start: Start,
    engine: Engine,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: type[BaseException],
) -> None:
    engine("time.sleep(60)")
    processes: list[subprocess.Popen[bytes]] = []
    launch = server_module._launch

    def launch_and_remember(log: Log) -> subprocess.Popen[bytes]:
        processes.append(launch(log))
        return processes[-1]

    monkeypatch.setattr(server_module, "_launch", launch_and_remember)

    def fail(_: str) -> None:
        raise error

    with pytest.raises(error):
        start(tiny_model, on_progress=fail)
    assert is_gone(processes[0].pid)


def test_cancelling_ends_the_wait_at_once(
    start: Start, engine: Engine, tiny_model: Path, tmp_path: Path
) -> None:
    engine(f"open({str(tmp_path / 'pid')!r}, 'w').write(f'{{os.getpid()}}.'); time.sleep(60)")
    cancellation = Cancellation()
    cancelled_at: list[float] = []

    def cancel() -> None:
        wait_until(lambda: (tmp_path / "pid").exists() and "." in (tmp_path / "pid").read_text(), 20)
        cancelled_at.append(time.monotonic())
        cancellation.cancel()

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(Interrupted):
        start(tiny_model, cancellation=cancellation)
    assert time.monotonic() - cancelled_at[0] < 1
    thread.join()
    assert is_gone(int((tmp_path / "pid").read_text()[:-1]))


def test_cancelling_afterwards_does_no_harm(start: Start, engine: Engine, tiny_model: Path) -> None:
    engine("pass")
    cancellation = Cancellation()
    server = start(tiny_model, cancellation=cancellation)
    cancellation.cancel()
    assert server.is_running


def test_a_bad_file_starts_nothing(
    start: Start, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine("pass")
    monkeypatch.setattr(server_module, "_launch", lambda _: pytest.fail("a process was started"))
    with pytest.raises(LocalModelError, match="There is no model file"):
        start(tmp_path / "none.gguf")


def test_the_log_does_not_grow_for_ever(
    start: Start, engine: Engine, tiny_model: Path, log_file: Path
) -> None:
    engine("os.write(2, b'x' * 3_000_000)")
    start(tiny_model)
    assert wait_until(lambda: log_file.stat().st_size < 2_100_000, 5)


def test_a_python_that_cannot_be_run_is_one_sentence(
    start: Start, engine: Engine, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine("pass")
    monkeypatch.setattr("sys.executable", "/nonexistent/python")
    with pytest.raises(
        LocalModelError,
        match=r"^The process of the embedded model could not be started: No such file or directory\.$",
    ):
        start(tiny_model)


def test_the_threads_are_those_of_this_machine_and_at_most_eight(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 1 <= default_threads() <= 8
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    assert default_threads() == 8
