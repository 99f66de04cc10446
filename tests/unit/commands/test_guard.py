"""/guard, and what follows a turn that was held back."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatrepl.cancellation import Cancellation
from chatrepl.commands.base import Ask, Confirm, Draft, Notice, Reply, Several, Table
from chatrepl.commands.guard import consent_to
from chatrepl.errors import ApiError
from chatrepl.session import Session
from chatrepl.turn import Completed, Failed, Kind
from tests.support.commands import run_in
from tests.support.fakes import ScriptedClient, make_session, says

TOKEN = "ghp_aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zAaB3d"


def held_back(session: Session, text: str = "password=hunter2", kind: Kind = Kind.ASK) -> Failed:
    failed = list(session.turn(kind, text, Cancellation()))[-1]
    assert isinstance(failed, Failed)
    return failed


def table_of(reply: Reply) -> tuple[tuple[str, ...], ...]:
    assert isinstance(reply, Several)
    table = reply.replies[-1]
    assert isinstance(table, Table)
    return table.rows


def test_yes_sends_it_and_no_puts_it_back_into_the_input_line(tmp_path: Path) -> None:
    client = ScriptedClient(says("Hi"))
    session = make_session(tmp_path, client)
    question = consent_to(held_back(session), session, Kind.ASK)
    assert isinstance(question, Confirm)
    assert question.question == "Send it as it is?"

    assert question.otherwise() == Draft(
        "password=hunter2", "Nothing was sent; your message is in the input line."
    )
    assert session.conversation.path() == ()
    assert client.requests == []

    again = consent_to(held_back(session), session, Kind.ASK)
    assert isinstance(again, Confirm)
    assert again.then() == Ask(Kind.RETRY)
    assert isinstance(list(session.turn(Kind.RETRY, "", Cancellation()))[-1], Completed)
    assert client.requests[0].messages[-1].text == "password=hunter2"


def test_no_takes_back_no_message_that_was_sent_before(tmp_path: Path) -> None:
    session = make_session(tmp_path, ScriptedClient(says(TOKEN)))
    list(session.turn(Kind.ASK, "hello", Cancellation()))
    session.set_system("password=hunter2")
    question = consent_to(held_back(session, kind=Kind.RETRY), session, Kind.RETRY)
    assert isinstance(question, Confirm)
    assert question.otherwise() == Notice("Nothing was sent.")
    assert len(session.conversation.path()) == 1
    assert question.then() == Ask(Kind.RETRY)


def test_a_blocked_message_comes_back_without_a_question(tmp_path: Path) -> None:
    session = make_session(tmp_path, ScriptedClient())
    session.change_setting("guard.mode", "block")
    assert isinstance(consent_to(held_back(session), session, Kind.ASK), Draft)
    assert session.conversation.path() == ()


def test_other_failures_are_not_the_guards_business(tmp_path: Path) -> None:
    assert (
        consent_to(Failed(ApiError("no"), None), make_session(tmp_path, ScriptedClient()), Kind.ASK) is None
    )


def test_what_was_found_is_listed_with_what_becomes_of_it(tmp_path: Path) -> None:
    session = make_session(tmp_path, ScriptedClient(says("Hi"), says("Ho")))
    run = run_in(session, tmp_path)
    held_back(session)
    assert table_of(run("/guard")) == (("a password", "is asked about"),)
    session.guard.agree(session.conversation.id)
    list(session.turn(Kind.RETRY, "", Cancellation()))
    held_back(session, TOKEN)
    assert table_of(run("/guard")) == (
        ("a password", "is sent as it is"),
        ("a Git token (…aB3d)", "is asked about"),
    )
    run("/guard mask")
    assert table_of(run("/guard")) == (("a password", "[PASSWORD_1]"), ("a Git token (…aB3d)", "[TOKEN_1]"))
    run("/guard block")
    assert table_of(run("/guard")) == (("a password", "is not sent"), ("a Git token (…aB3d)", "is not sent"))


def test_what_was_agreed_to_is_listed_in_a_later_run_and_can_be_taken_back(tmp_path: Path) -> None:
    first = make_session(tmp_path, ScriptedClient(says("Hi")))
    question = consent_to(held_back(first), first, Kind.ASK)
    assert isinstance(question, Confirm)
    question.then()
    list(first.turn(Kind.RETRY, "", Cancellation()))
    first.close()

    session = make_session(tmp_path, ScriptedClient())
    session.open_chat(session.store.load(first.conversation.id))
    run = run_in(session, tmp_path)
    listed = run("/guard")
    assert table_of(listed) == (("a password", "is sent as it is"),)
    assert isinstance(listed, Several)
    assert isinstance(listed.replies[0], Notice)
    assert listed.replies[0].hint == "/guard forget takes back what you agreed to in this chat."

    assert run("/guard forget") == Notice(
        "What you agreed to in this chat is taken back."
        " The guard is set to warn: you are asked before it is sent, once for each chat."
    )
    again = run("/guard")
    assert table_of(again) == (("a password", "is asked about"),)
    assert isinstance(again, Several)
    assert isinstance(again.replies[0], Notice)
    assert again.replies[0].hint is None


def test_no_leaves_nothing_behind_that_a_later_yes_would_agree_to(tmp_path: Path) -> None:
    client, other = ScriptedClient(), ScriptedClient()
    other.provider = "other.example"
    session = make_session(tmp_path, client)
    for asked in (client, other):
        session.client = asked
        question = consent_to(held_back(session), session, Kind.ASK)
        assert isinstance(question, Confirm)
        question.otherwise() if asked is client else question.then()
    assert table_of(run_in(session, tmp_path)("/guard")) == (("a password", "is sent as it is"),)
    session.client = client
    assert table_of(run_in(session, tmp_path)("/guard")) == (("a password", "is asked about"),)


def test_a_chat_without_secrets_is_said_to_have_none(tmp_path: Path) -> None:
    reply = run_in(make_session(tmp_path, ScriptedClient()), tmp_path)("/guard")
    assert isinstance(reply, Several)
    assert reply.replies[-1] == Notice("Nothing was found in this chat.")


@pytest.mark.parametrize("mode", ["warn", "mask", "block", "off"])
def test_the_mode_is_changed_for_this_run(tmp_path: Path, mode: str) -> None:
    session = make_session(tmp_path, ScriptedClient())
    said = run_in(session, tmp_path)(f"/guard {mode}")
    assert isinstance(said, Notice)
    assert said.text.startswith(f"guard.mode = {mode}, until you leave: ")
    assert session.settings.guard.mode == mode


def test_a_mode_that_there_is_not_is_refused(tmp_path: Path) -> None:
    said = run_in(make_session(tmp_path, ScriptedClient()), tmp_path)("/guard ask")
    assert said == Notice(
        "The guard knows warn, mask, block, off, forget, not 'ask'.", "error", hint="For example: /guard mask"
    )
