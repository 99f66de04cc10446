"""Summaries made beside the chat: when they are used, and when they are thrown away."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from chatrepl.cancellation import Cancellation
from chatrepl.context.summary import INTRODUCTION
from chatrepl.errors import ServerError
from chatrepl.exchange import ModelInfo
from chatrepl.messages import Usage
from chatrepl.session import Session
from chatrepl.settings import Settings, WindowSettings
from chatrepl.store.resilient import open_store
from chatrepl.summariser import Outcome
from chatrepl.turn import Kind
from tests.support.fakes import FakeClock, ScriptedClient, Step, make_session, says

LONG = "many words in a row " * 20
SHORT = says("They exchanged many words.")


def small(*replies: list[Step], strategy: str = "summarise") -> ScriptedClient:
    return ScriptedClient(*replies, models=[ModelInfo("tiny", 1000)])


def chat_with(tmp_path: Path, client: ScriptedClient, turns: int, strategy: str = "summarise") -> Session:
    """Return a session that has held some turns of about 100 tokens each."""
    client.replies[:0] = [says(LONG) for _ in range(turns)]
    settings = Settings(window=WindowSettings(strategy=strategy))  # type: ignore[arg-type]
    session = make_session(tmp_path, client, settings=settings)
    for number in range(turns):
        list(session.turn(Kind.ASK, f"question {number}", Cancellation()))
    return session


def summarise(session: Session) -> Outcome | None:
    """Make a summary in the background where one is due, and return what came of it."""
    outcomes: list[Outcome] = []
    if not session.begin_summary(outcomes.append):
        return None
    assert session.summariser.wait(10)
    return outcomes[0]


def test_no_summary_is_made_while_there_is_room(tmp_path: Path) -> None:
    session = chat_with(tmp_path, small(), 2)
    assert summarise(session) is None


def test_a_summary_is_made_before_the_window_is_full_and_used_when_it_is(tmp_path: Path) -> None:
    client = small(SHORT, says("ok"), says("ok"), says(LONG), says("ok"))
    session = chat_with(tmp_path, client, 6)
    outcome = summarise(session)
    assert outcome is not None
    assert outcome.summary is not None
    assert session.plan_next().summary is None  # what it stands for still fits
    for _ in range(4):
        list(session.turn(Kind.ASK, "and " + LONG, Cancellation()))
    assert session.plan_next().summary == outcome.summary
    system = client.requests[-1].system or ""
    assert system == f"{INTRODUCTION}\nThey exchanged many words."
    assert "question 0" not in [message.text for message in client.requests[-1].messages]


def test_the_log_is_not_touched_by_a_summary(tmp_path: Path) -> None:
    session = chat_with(tmp_path, small(SHORT), 6)
    before = session.conversation.path()
    summarise(session)
    assert session.conversation.path() == before


def test_a_summary_is_there_for_the_next_process_until_it_is_undone(tmp_path: Path) -> None:
    session = chat_with(tmp_path, small(SHORT), 6)
    outcome = summarise(session)
    assert outcome is not None
    assert outcome.summary is not None
    chat = session.conversation.id
    store = open_store(tmp_path / "chats.db", FakeClock())
    assert store.load(chat).summaries == [outcome.summary]
    session.remove_summary(outcome.summary)
    assert store.load(chat).summaries == []
    store.close()


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ([ServerError("down")], "No summary was made: down"),
        (says(""), "tiny answered nothing in"),
        (says(LONG * 6), "thrown away"),
    ],
    ids=["a server that fails", "an empty answer", "one that does not shrink"],
)
def test_a_summary_that_is_of_no_use_changes_nothing(tmp_path: Path, reply: list[Step], said: str) -> None:
    session = chat_with(tmp_path, small(reply), 6)
    outcome = summarise(session)
    assert outcome is not None
    assert outcome.summary is None
    assert said in outcome.said
    assert session.conversation.summaries == []


def test_after_a_failure_it_is_not_tried_again_at_every_turn(tmp_path: Path) -> None:
    client = small([ServerError("down")], says("ok"), SHORT)
    session = chat_with(tmp_path, client, 6)
    summarise(session)
    list(session.turn(Kind.ASK, "more", Cancellation()))
    assert summarise(session) is None


def test_a_summary_cut_off_at_the_limit_ends_with_a_whole_sentence(tmp_path: Path) -> None:
    client = small(says("They met. They spoke of tea. Then the", reason="length"))
    session = chat_with(tmp_path, client, 6)
    outcome = summarise(session)
    assert outcome is not None
    assert outcome.summary is not None
    assert outcome.summary.text == "They met. They spoke of tea."


def test_the_next_turn_stops_a_summary_on_a_server_with_time_for_one(tmp_path: Path) -> None:
    begun, stopped = threading.Event(), threading.Event()

    def wait(cancellation: Cancellation) -> None:
        begun.set()
        assert cancellation.wait(10)
        stopped.set()

    client = small([wait], says("ok"))
    session = chat_with(tmp_path, client, 6)
    session.is_on_this_machine = True
    outcomes: list[Outcome] = []
    assert session.begin_summary(outcomes.append)
    assert begun.wait(10)
    list(session.turn(Kind.ASK, "quick", Cancellation()))
    assert stopped.is_set()
    assert outcomes[0].summary is None
    assert not outcomes[0].is_failure  # it may be tried again


def test_another_model_can_write_the_summaries(tmp_path: Path) -> None:
    client = small(SHORT)
    session = chat_with(tmp_path, client, 6)
    session.change_setting("window.summary_model", "cheap")
    session.prepare()
    outcome = summarise(session)
    assert outcome is not None
    assert client.requests[-1].model == "cheap"
    assert client.requests[-1].parameters["max_tokens"] == 166


def test_what_a_summary_took_stands_in_the_ledger(tmp_path: Path) -> None:
    session = chat_with(tmp_path, small(says("They spoke.", usage=Usage(300, 4, 304))), 6)
    summarise(session)
    entry = [*session.store.ledger.entries()][-1]
    assert (entry.purpose, entry.tokens, entry.outcome) == ("summary", 304, "complete")


def test_a_summary_by_hand_is_used_at_once(tmp_path: Path) -> None:
    client = small(SHORT, says("ok"), strategy="drop")
    session = chat_with(tmp_path, client, 3, strategy="drop")
    outcome = session.summariser.make_now(session.conversation, session.plan_next(), Cancellation())
    assert outcome.summary is not None
    assert outcome.summary.is_by_hand
    list(session.turn(Kind.ASK, "and now", Cancellation()))
    assert client.requests[-1].messages[0].text == "question 2"
