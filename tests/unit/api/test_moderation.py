"""The moderation endpoint: what is asked, and what is read from the answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from chatrepl import errors
from chatrepl.api.client import HttpClient
from chatrepl.api.moderation import PIECE_CHARS, read_verdict, request_body
from chatrepl.cancellation import Cancellation
from chatrepl.environment import SystemClock
from chatrepl.exchange import Moderation
from chatrepl.providers import provider_at
from chatrepl.settings import NetworkSettings
from tests.support.raw_server import RawServer, Stall, error_response, json_response


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer() as running:
        yield running


def make_client(server: RawServer) -> HttpClient:
    return HttpClient(
        server.base_url, key="sk-test-0123456789abcdef", network=NetworkSettings(), clock=SystemClock()
    )


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ({"results": [{"flagged": False, "categories": {"hate": False}}]}, Moderation(False)),
        (
            {"results": [{"flagged": True, "categories": {"violence": True, "hate": True, "x": False}}]},
            Moderation(True, ("hate", "violence")),
        ),
        ({"results": [{"flagged": False}, {"flagged": True}]}, Moderation(True)),
        ({"results": [{"categories": {"pii": True}}]}, Moderation(True, ("pii",))),
        ({"results": []}, None),
        ({"results": [1]}, None),
        ({"choices": []}, None),
        ([], None),
        (None, None),
    ],
)
def test_a_verdict_is_read_from_an_answer(answer: Any, verdict: Moderation | None) -> None:
    assert read_verdict(answer) == verdict


def test_a_long_text_is_judged_in_pieces() -> None:
    openai, mistral = provider_at("https://api.openai.com/v1"), provider_at("https://api.mistral.ai/v1")
    body = request_body("x" * (2 * PIECE_CHARS + 1), openai)
    assert [len(str(piece)) for piece in body["input"]] == [PIECE_CHARS, PIECE_CHARS, 1]  # type: ignore[union-attr]
    assert "model" not in body
    assert request_body("x", mistral)["model"] == "mistral-moderation-latest"


def test_the_server_is_asked_with_the_key(server: RawServer) -> None:
    server.route("/v1/moderations", json_response({"results": [{"flagged": True}]}))
    assert make_client(server).moderate("hello", Cancellation()) == Moderation(True)
    assert server.posts[-1].json() == {"input": ["hello"]}
    assert server.posts[-1].headers["authorization"].endswith("cdef")


@pytest.mark.parametrize(
    "answer",
    [error_response(404, {"detail": "Not Found"}), json_response({"hello": 1}), error_response(500, {})],
    ids=["none", "something else", "broken"],
)
def test_a_server_without_it_is_an_error(server: RawServer, answer: Any) -> None:
    server.route("/v1/moderations", answer)
    with pytest.raises(errors.ApiError):
        make_client(server).moderate("hello", Cancellation())


def test_waiting_for_it_can_be_stopped(server: RawServer) -> None:
    server.route("/v1/moderations", [Stall()])
    cancellation = Cancellation()

    def stop() -> None:
        server.wait_until(lambda: bool(server.posts))
        cancellation.cancel()

    stopper = threading.Thread(target=stop)
    stopper.start()
    assert make_client(server).moderate("hello", cancellation) is None
    stopper.join()
