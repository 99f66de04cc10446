"""The window against the embedded model: its server knows exactly what a request takes, and refuses what is too long."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from chatrepl.api.client import HttpClient
from chatrepl.cancellation import Cancellation
from chatrepl.catalogue import facts_for
from chatrepl.context.tokens import Counter
from chatrepl.conversation import Mark
from chatrepl.environment import SystemClock
from chatrepl.exchange import Request, StreamEvent
from chatrepl.local.server import LocalServer
from chatrepl.local.weights import is_installed
from chatrepl.parts import Parts
from chatrepl.planner import ModelPlanner
from chatrepl.ports import ModelClient
from chatrepl.providers import LLAMA_CPP
from chatrepl.session import Session
from chatrepl.settings import NetworkSettings, Settings, WindowSettings
from chatrepl.store.resilient import open_store
from chatrepl.turn import Completed, Kind

pytestmark = [pytest.mark.local, pytest.mark.skipif(not is_installed(), reason="needs the extra 'local'")]

TURNS = int(os.environ.get("CHATREPL_TURNS", "16"))
"""So long is the longest chat; with 500, it takes a while."""
WINDOW = 640 if TURNS < 100 else 2048
TEXTS = {
    "English": "Tell me more about how lighthouses were run a hundred years ago, and who kept their lamps burning.",
    "code": "def total(items):\n    return sum(item.price * item.count for item in items if not item.is_gone)\n# what is wrong?",
    "mixed": "In Köln kostet das 12,50 € – is that much? 12 > 11, isn't it… Ответь коротко, пожалуйста.",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    log_file = tmp_path_factory.mktemp("local") / "log"
    server = LocalServer.start(
        None, window_tokens=WINDOW, threads=1, log_file=log_file, on_progress=lambda _: None
    )
    yield server
    server.stop()


class Recording:
    """A client that keeps what it was asked."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client
        self.requests: list[Request] = []
        self.provider = client.provider
        self.models, self.window_tokens = client.models, client.window_tokens
        self.wire_request, self.rate_limits, self.close = (
            client.wire_request,
            client.rate_limits,
            client.close,
        )

    def stream(self, request: Request, cancellation: Cancellation) -> Iterator[StreamEvent]:
        """Ask."""
        self.requests.append(request)
        return self._client.stream(request, cancellation)


@pytest.fixture
def client(server: LocalServer) -> Recording:
    network, clock = NetworkSettings(), SystemClock()
    return Recording(
        HttpClient(server.base_url, key=server.key, network=network, clock=clock, provider=LLAMA_CPP)
    )


def session_with(server: LocalServer, client: Recording, tmp_path: Path, settings: Settings) -> Session:
    clock = SystemClock()

    def make_planner(settings: Settings, model: str, _: ModelClient) -> ModelPlanner:
        facts = facts_for(model, settings.models)
        return ModelPlanner(settings, facts, Counter(tmp_path, model), lambda: server.window_tokens)

    parts = Parts(settings, client, make_planner, model=server.model, is_on_this_machine=True)
    return Session(parts, open_store=lambda: open_store(tmp_path / "chats.db", clock), clock=clock)


def settings_with(strategy: str, max_tokens: int) -> Settings:
    return Settings(
        window=WindowSettings(strategy=strategy),  # type: ignore[arg-type]
        parameters={"max_tokens": max_tokens, "temperature": 0.0, "seed": 7},
        system="You answer in one short sentence.",
    )


def ask(session: Session, text: str) -> Completed:
    end = [*session.turn(Kind.ASK, text, Cancellation())][-1]
    assert isinstance(end, Completed), end
    return end


@pytest.mark.parametrize("kind", ["code", "mixed"])  # mixed has letters of several scripts
def test_after_three_turns_a_count_is_within_five_per_cent_of_the_servers(
    server: LocalServer, client: Recording, tmp_path: Path, kind: str
) -> None:
    session = session_with(server, client, tmp_path, settings_with("drop", 4))
    for number in range(3):
        ask(session, f"{TEXTS[kind]} ({number})")
    expected = session.plan_next(f"{TEXTS[kind]} (and again)").prompt.tokens
    done = ask(session, f"{TEXTS[kind]} (and again)")
    assert done.message.meta.usage is not None
    reported = done.message.meta.usage.prompt_tokens
    assert abs(expected - reported) <= 0.05 * reported, (expected, reported)


def test_what_a_text_takes_alone_is_near_what_the_server_counts(
    server: LocalServer, client: Recording, tmp_path: Path
) -> None:
    session = session_with(server, client, tmp_path, settings_with("drop", 4))
    for number in range(3):
        ask(session, f"{TEXTS['English']} ({number})")
    text = TEXTS["English"] * 4
    ours = session.planner.count_draft(text).tokens
    assert ours == pytest.approx(tokenized(server, text), rel=0.15)


def tokenized(server: LocalServer, text: str) -> int:
    request = urllib.request.Request(
        server.base_url.removesuffix("/v1") + "/tokenize",
        json.dumps({"content": text}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {server.key}"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        tokens: Sequence[int] = json.load(response)["tokens"]
    return len(tokens)


@pytest.mark.timeout(300 + 20 * TURNS)
def test_a_long_chat_with_summaries_keeps_a_pinned_fact_and_is_never_refused(
    server: LocalServer, client: Recording, tmp_path: Path
) -> None:
    session = session_with(server, client, tmp_path, settings_with("summarise", 12))
    session.change_setting("window.summary_tokens", str(WINDOW * 3 // 40))
    session.change_setting("window.reserve_tokens", str(WINDOW // 10))
    fact = "My lucky number is 4711, remember it."
    ask(session, fact)
    session.mark(session.conversation.path()[0].id, Mark.PINNED)
    summaries = 0
    for number in range(TURNS):
        ask(
            session,
            f"Question {number}: name one thing that is {number} metres long, and say why it is so long.",
        )
        if session.begin_summary(lambda _: None):
            assert session.summariser.wait(60)
        summaries += session.plan_next().summary is not None
    turns = [request for request in client.requests if len(request.messages) > 1]
    assert all(fact in [message.text for message in request.messages] for request in turns)
    assert summaries > 1
    assert all(message.meta.error is None for message in session.conversation.replies())
