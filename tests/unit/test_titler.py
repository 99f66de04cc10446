"""A model names a chat: once, beside the conversation, where that is wanted and costs nothing."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest

from chatrepl.cancellation import Cancellation
from chatrepl.entries import ModelSettings
from chatrepl.session import Session
from chatrepl.settings import LibrarySettings, Settings
from chatrepl.titler import clean_title
from chatrepl.turn import Kind
from tests.support.fakes import ScriptedClient, make_session, says


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Reading Files in Python", "Reading Files in Python"),
        ('"Reading Files"', "Reading Files"),
        ("Title: **Reading Files**\n\nIt is about files.", "Reading Files"),
        ("# The title is: Reading files.", "Reading files"),
        ("\n\n  Reading\tfiles  \n", "Reading files"),
        ("\x1b]0;pwned\x07Reading files", "Reading files"),
        ("This is a very long sentence that a small model wrote instead of any title at all", None),
        ("x" * 80, None),
        ("...", None),
        ("", None),
    ],
)
def test_a_title_is_taken_from_what_a_model_wrote(text: str, title: str | None) -> None:
    assert clean_title(text) == title


def make(
    tmp_path: Path, titles: str, price: str | None, *answers: Sequence[object]
) -> tuple[Session, ScriptedClient]:
    client = ScriptedClient(says("Open it."), *answers)  # type: ignore[arg-type]
    amount = None if price is None else Decimal(price)
    models = {"tiny": ModelSettings(input_usd_per_mtok=amount, output_usd_per_mtok=amount)}
    settings = Settings(library=LibrarySettings(titles=titles), models=models)  # type: ignore[arg-type]
    session = make_session(tmp_path, client, settings=settings)
    session.prepare()
    list(session.turn(Kind.ASK, "How do I read a file?", Cancellation()))
    return session, client


def title_of(session: Session) -> str:
    return session.library.describe(session.conversation.id).title


def wait_for_title(session: Session) -> None:
    titler = session._titler
    assert titler is not None
    assert titler._thread is not None
    titler._thread.join(10)
    assert not titler._thread.is_alive()


def test_the_model_names_a_chat_where_that_costs_nothing(tmp_path: Path) -> None:
    session, _ = make(tmp_path, "free", "0", says("Reading Files"))
    assert session.begin_title()
    wait_for_title(session)
    assert title_of(session) == "Reading Files"
    assert [entry.purpose for entry in session.store.ledger.entries()] == ["turn", "title"]
    assert not session.begin_title()  # each chat once


@pytest.mark.parametrize(("titles", "price"), [("free", "2"), ("free", None), ("words", "0")])
def test_otherwise_a_chat_goes_by_its_first_words(tmp_path: Path, titles: str, price: str | None) -> None:
    session, client = make(tmp_path, titles, price)
    assert not session.begin_title()
    assert title_of(session) == "How do I read a file?"
    assert len(client.requests) == 1


def test_it_is_asked_whatever_it_costs_where_that_is_wanted(tmp_path: Path) -> None:
    session, _ = make(tmp_path, "model", "2", says("Files"))
    assert session.begin_title()
    wait_for_title(session)
    assert title_of(session) == "Files"


def test_a_title_that_is_none_is_not_used(tmp_path: Path) -> None:
    session, _ = make(tmp_path, "free", "0", [*says("word " * 30)])
    assert session.begin_title()
    wait_for_title(session)
    assert title_of(session) == "How do I read a file?"


def test_the_users_own_title_stands_and_nothing_is_asked(tmp_path: Path) -> None:
    session, client = make(tmp_path, "free", "0")
    session.rename("Mine")
    assert not session.begin_title()
    assert len(client.requests) == 1


def test_the_next_turn_may_stop_it_at_any_moment_of_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, _ = make(tmp_path, "free", "0", says("Reading Files"))
    raised: list[BaseException] = []
    stoppers: list[threading.Thread] = []

    class Late(threading.Thread):
        """Starts only when somebody has had the time to stop what it is for."""

        def start(self) -> None:
            stopper = threading.Thread(target=self._stop_title)
            stoppers.append(stopper)
            stopper.start()
            stopper.join(0.1)  # a stop that waits for the beginning goes on after it
            super().start()

        def _stop_title(self) -> None:
            try:
                assert session._titler is not None
                session._titler.stop()
            except RuntimeError as error:
                raised.append(error)

    monkeypatch.setattr("chatrepl.titler.threading", SimpleNamespace(Thread=Late, Lock=threading.Lock))
    assert session.begin_title()
    wait_for_title(session)
    stoppers[0].join(10)
    assert not raised
    assert not stoppers[0].is_alive()
