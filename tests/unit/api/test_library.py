"""The client for scripts, and the examples in its page."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from chatrepl.api import (
    ApiError,
    Client,
    Finished,
    NetworkSettings,
    Provider,
    ServerError,
    TextDelta,
)
from chatrepl.errors import ConfigError, UsageError
from tests.support.raw_server import RawServer, Stall, chat_chunks, error_response, stream_answer

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "library.md").read_text("utf-8"), re.DOTALL)
USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
KEY = "sk-script-0123456789"


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer() as server:
        yield server


def test_a_question_gives_a_whole_reply(server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["Hel", "lo"], usage=USAGE)))
    with Client(server.base_url, api_key=KEY, model="m") as client:
        reply = client.complete("Hi", system="Be brief.", temperature=0.5, top_k=4)
    assert (reply.text, reply.finish_reason, str(reply)) == ("Hello", "stop", "Hello")
    assert reply.usage is not None
    assert reply.usage.total_tokens == 12
    body = server.posts[0].json()
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
    ]
    assert (body["model"], body["temperature"], body["top_k"]) == ("m", 0.5, 4)
    assert server.posts[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_chat_is_given_as_mappings(server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["ok"])))
    with Client(server.base_url) as client:
        client.complete(
            [
                {"role": "system", "content": "S"},
                {"role": "user", "content": "a"},
                {"role": "assistant", "content": "b"},
                "c",
            ]
        )
    roles = [message["role"] for message in server.posts[0].json()["messages"]]
    assert roles == ["system", "user", "assistant", "user"]


@pytest.mark.parametrize(
    "message", [{"role": "user"}, {"role": "king", "content": "x"}, {"role": "user", "content": 5}]
)
def test_what_is_no_message_is_refused_with_its_place(server: RawServer, message: Any) -> None:
    with Client(server.base_url) as client, pytest.raises(UsageError, match="Message 2 is no message"):
        client.complete(["Hi", message])
    assert not server.posts


def test_leaving_a_stream_early_closes_the_connection(server: RawServer) -> None:
    server.answer(stream_answer([*chat_chunks(["Hel"])[:2], Stall()]))
    with Client(server.base_url) as client, client.stream("Hi") as stream:
        assert next(stream.text()) == "Hel"
    assert server.client_closed.wait(5)


def test_a_stream_can_be_closed_from_another_thread(server: RawServer) -> None:
    server.answer(stream_answer([*chat_chunks(["Hel"])[:2], Stall()]))
    with Client(server.base_url) as client:
        stream = client.stream("Hi")
        assert next(stream.text()) == "Hel"
        closer = threading.Timer(0.05, stream.close)
        closer.start()
        assert list(stream) == []
        closer.join()


def test_failures_are_errors_with_words(server: RawServer) -> None:
    server.answer(error_response(500, {"error": {"message": "down"}}, x_request_id="req_1"))
    with Client(server.base_url, network=NetworkSettings(max_retries=0)) as client:
        with pytest.raises(ServerError, match="down") as caught:
            client.complete("Hi")
        with pytest.raises(ApiError):
            list(client.stream("Hi"))
    assert caught.value.request_id == "req_1"


def test_one_client_serves_many_threads(server: RawServer) -> None:
    def answer(request: Any) -> Any:
        return stream_answer(chat_chunks([request.json()["messages"][-1]["content"]]))

    server.handler = answer
    with Client(server.base_url) as client, ThreadPoolExecutor(8) as pool:
        said = [str(number) for number in range(40)]
        assert [reply.text for reply in pool.map(client.complete, said)] == said


def test_another_dialect_is_spoken_where_the_provider_says_so(server: RawServer) -> None:
    completed = 'data: {"type":"response.completed","response":{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"Hi!"}]}]}}\n\n'
    server.answer(stream_answer([completed.encode()]))
    with Client(server.base_url, provider=Provider(dialect="responses")) as client:
        assert client.complete("Hi").text == "Hi!"
    assert server.posts[0].path == "/v1/responses"


def test_the_key_shows_nowhere(server: RawServer) -> None:
    server.answer(error_response(401, {"error": {"message": f"Incorrect API key {KEY}"}}))
    client = Client(server.base_url, api_key=KEY)
    with pytest.raises(ApiError) as caught:
        client.complete("Hi")
    client.close()
    assert KEY not in f"{client!r} {caught.value!r} {caught.value} {caught.value.hint}"


def test_keys_of_the_environment_go_to_their_own_server_only(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "groq-key-123456")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    server.answer(stream_answer(chat_chunks(["ok"])))
    with Client() as client:
        client.complete("Hi")
    assert server.posts[0].headers["authorization"] == f"Bearer {KEY}"
    with Client(provider="groq") as client:
        assert "groq" in repr(client)


def test_an_unknown_provider_and_a_bad_address_are_refused() -> None:
    with pytest.raises(ConfigError, match="There is no provider 'grok'"):
        Client(provider="grok")
    with pytest.raises(ConfigError, match="base_url must begin with http"):
        Client("api.example.org/v1")
    with pytest.raises(ConfigError, match="has no address"):
        Client(provider="azure")


def test_events_tell_how_it_went(server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["a", "b"])))
    with Client(server.base_url) as client:
        events = list(client.stream("Hi"))
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["a", "b"]
    assert events[-1] == Finished("stop")


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_examples_run_as_they_are_written(server: RawServer, example: str, tmp_path: Path) -> None:
    server.answer(stream_answer(chat_chunks(["It is", " done."], usage=USAGE)))
    for name in ("one", "two"):
        (tmp_path / f"{name}.txt").write_text(f"The text of {name}.")
    (tmp_path / "example.py").write_text(example)
    done = subprocess.run(
        [sys.executable, "example.py"],
        env={"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.base_url, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "It is done." in done.stdout


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 5


def test_asking_for_the_package_loads_no_http() -> None:
    code = "import sys, chatrepl.api; sys.exit('requests' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
