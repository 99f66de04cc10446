"""Hundreds of turns against a server that fails at random: nothing is lost, and nothing is left behind."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatrepl.api.client import HttpClient
from chatrepl.cancellation import Cancellation
from chatrepl.environment import SystemClock
from chatrepl.messages import ReplyState
from chatrepl.session import Session
from chatrepl.settings import NetworkSettings, Settings
from chatrepl.turn import Cancelled, Completed, Failed, Kind
from tests.support.fakes import make_session
from tests.support.raw_server import (
    Close,
    RawServer,
    RecordedRequest,
    Reset,
    chat_chunks,
    error_response,
    json_response,
    stream_answer,
)

TURNS = 500
TURNS_OF_A_CHAT = 25


class NoWait(Cancellation):
    """Does not wait for anything."""

    def wait(self, seconds: float) -> bool:
        return self.is_cancelled


class Faulty:
    """Answers each request well or badly, by chance, and remembers what it has said in the last one."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.said = ""
        self.is_whole = False
        self.kinds: dict[str, int] = {}

    def __call__(self, _request: RecordedRequest) -> Any:
        kind = self._chance.choice(list(KINDS))
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        words = [f"w{number} " for number in range(self._chance.randint(1, 12))]
        cut = self._chance.randint(0, len(words))
        self.said, self.is_whole, answer = KINDS[kind](words, cut)
        return answer


def _good(words: list[str], _cut: int) -> Any:
    return "".join(words), True, stream_answer(chat_chunks(words))


def _whole(words: list[str], _cut: int) -> Any:
    text = "".join(words)
    return text, True, json_response({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]})


def _ends_without_done(words: list[str], _cut: int) -> Any:
    return "".join(words), True, stream_answer([*chat_chunks(words)[:-1], Close()])


def _after(step: Any) -> Callable[[list[str], int], Any]:
    """Break off after some words."""

    def answer(words: list[str], cut: int) -> Any:
        return "".join(words[:cut]), False, stream_answer([*chat_chunks(words)[: 1 + cut], step])

    return answer


def _in_an_event(words: list[str], cut: int) -> Any:
    chunks = chat_chunks(words)
    piece = chunks[1 + min(cut, len(words) - 1)]
    before = words[: min(cut, len(words) - 1)]
    return (
        "".join(before),
        False,
        stream_answer([*chunks[: 1 + len(before)], piece[: len(piece) // 3], Reset()]),
    )


def _error_in_the_stream(words: list[str], cut: int) -> Any:
    error = b'data: {"error":{"message":"broken","code":"server_error"}}\n\n'
    return "".join(words[:cut]), False, stream_answer([*chat_chunks(words)[: 1 + cut], error])


def _instead(answer: Any) -> Callable[[list[str], int], Any]:
    return lambda _words, _cut: ("", False, answer)


KINDS: dict[str, Callable[[list[str], int], Any]] = {
    "good": _good,
    "good again": _good,
    "whole": _whole,
    "without an end": _ends_without_done,
    "closed": _after(Close()),
    "reset": _after(Reset()),
    "reset in an event": _in_an_event,
    "error in the stream": _error_in_the_stream,
    "reset at once": _instead([Reset()]),
    "closed in the head": _instead([b"HTTP/1.1 200 OK\r\ncontent-ty", Close()]),
    "rate limit": _instead(error_response(429, {"error": {"message": "slow down"}}, retry_after="1")),
    "overloaded": _instead(error_response(503, {"error": {"message": "busy"}})),
    "refused": _instead(error_response(400, {"error": {"message": "no"}})),
    "a web page": _instead(error_response(200, "<html><title>Log in</title></html>", "text/html")),
    "noise": _instead(stream_answer([b"\xff\xfe\x00 noise\r\r\n", Close()])),
    "nothing": _instead(stream_answer([])),
}


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts what is open as Linux tells it")
@pytest.mark.parametrize("seed", [1])
def test_nothing_is_lost_or_left_behind_whatever_the_server_does(tmp_path: Path, seed: int) -> None:
    faulty = Faulty(seed)
    with RawServer(handler=faulty) as server:
        network = NetworkSettings(connect_timeout_s=5, read_timeout_s=5)
        client = HttpClient(server.base_url, key=None, network=network, clock=SystemClock())
        session = make_session(tmp_path, client, settings=Settings(model="test-model"))
        session.use_model("test-model")
        session.prepare()
        run_turns(session, faulty, TURNS_OF_A_CHAT)  # what is opened once and stays
        server.wait_until(lambda: threading.active_count() < 40)
        files, threads = open_files(), threading.active_count()

        run_turns(session, faulty, TURNS // 2)

        assert sum(faulty.kinds.values()) > TURNS // 2
        assert set(faulty.kinds) == set(KINDS)
        client.close()
        server.wait_until(lambda: threading.active_count() <= threads)
        server.wait_until(lambda: open_files() <= files)
        session.close()


def run_turns(session: Session, faulty: Faulty, count: int) -> None:
    for number in range(count):
        if number % TURNS_OF_A_CHAT == 0:
            session.new_chat()
        events = list(session.turn(Kind.ASK, f"question {number}", NoWait()))
        end = events[-1]
        assert isinstance(end, (Completed, Cancelled, Failed))
        reply = end.message
        assert reply is not None
        assert reply.text == faulty.said
        assert isinstance(end, Completed) is faulty.is_whole
        if isinstance(end, Failed):
            assert end.error.message
            assert reply.meta.state is ReplyState.FAILED
        stored = session.store.load(session.conversation.id).path()
        assert stored[-1].text == faulty.said
        assert stored[-2].text == f"question {number}"
