"""What is about to be sent is looked at: the question, the placeholders, the refusal, and what moderation says."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from chatrepl.cancellation import Cancellation
from chatrepl.errors import ApiError, ExitStatus, GuardedError
from chatrepl.exchange import (
    REFUSED,
    Finished,
    ModelInfo,
    Moderation,
    Notice,
    ReasoningDelta,
    RefusalDelta,
    StreamEvent,
    TextDelta,
    Waiting,
    explain_finish,
)
from chatrepl.guard.consent import digest
from chatrepl.guard.masking import Unmasker
from chatrepl.guarding import restored
from chatrepl.messages import ChatId, Role
from chatrepl.session import Session
from chatrepl.settings import GuardSettings, LibrarySettings, Settings, WindowSettings
from chatrepl.store.resilient import open_store
from chatrepl.turn import Completed, Failed, Kind, TurnEvent
from tests.support.fakes import FakeClock, ScriptedClient, make_session, says

TOKEN = "ghp_aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zAaB3d"
ASKED = f"password=hunter2\nand {TOKEN}"


def guarded(tmp_path: Path, client: ScriptedClient, *, system: str | None = None, **guard: object) -> Session:
    settings = Settings(system=system, guard=GuardSettings(**guard))  # type: ignore[arg-type]
    return make_session(tmp_path, client, settings=settings)


def ask(session: Session, text: str = ASKED, kind: Kind = Kind.ASK) -> list[TurnEvent]:
    return list(session.turn(kind, text, Cancellation()))


def error_of(events: Sequence[TurnEvent]) -> GuardedError:
    last = events[-1]
    assert isinstance(last, Failed)
    assert isinstance(last.error, GuardedError)
    assert last.message is None
    return last.error


def said(events: Sequence[TurnEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Notice)]


def shown(events: Sequence[TurnEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def sent(client: ScriptedClient) -> str:
    return "\n".join(
        "\n".join((request.system or "", *(message.text for message in request.messages)))
        for request in client.requests
    )


# Asking


def test_a_secret_is_asked_about_before_anything_is_sent(tmp_path: Path) -> None:
    client = ScriptedClient(says("Hi"))
    error = error_of(ask(guarded(tmp_path, client)))
    assert client.requests == []
    assert error.message == (
        "What is about to be sent to scripted.example holds a password in line 1 of your message and"
        " a Git token (…aB3d) in line 2 of your message."
    )
    assert error.exit_status is ExitStatus.GUARD
    assert "hunter2" not in f"{error!r}{error.hint}{vars(error)}"


def test_what_was_agreed_to_is_sent_and_not_asked_about_again_in_this_chat(tmp_path: Path) -> None:
    client = ScriptedClient(says("One"), says("Two"), says("Three"))
    session = guarded(tmp_path, client)
    ask(session)
    session.guard.agree(session.conversation.id)
    assert isinstance(ask(session, kind=Kind.RETRY)[-1], Completed)
    assert isinstance(ask(session, "hunter2 again")[-1], Completed)
    assert sent(client).count("hunter2") == 3
    assert "[PASSWORD" not in sent(client)
    error_of(ask(session, "password=hunter3"))
    session.new_chat()
    error_of(ask(session))


def test_what_was_agreed_to_for_one_server_is_asked_about_for_another(tmp_path: Path) -> None:
    client, other = ScriptedClient(says("One")), ScriptedClient(says("Two"))
    other.provider = "other.example"
    session = guarded(tmp_path, client)
    ask(session)
    session.guard.agree(session.conversation.id)
    ask(session, kind=Kind.RETRY)
    session.client = other
    error_of(ask(session, "hello"))
    assert other.requests == []


def test_the_system_prompt_and_older_messages_are_looked_at_too(tmp_path: Path) -> None:
    client = ScriptedClient(says("Your token is", f" {TOKEN}"))
    session = guarded(tmp_path, client)
    assert isinstance(ask(session, "hello")[-1], Completed)
    assert "in an earlier reply" in error_of(ask(session, "and now?")).message
    assert (
        "in the system prompt"
        in error_of(
            ask(guarded(tmp_path / "other", ScriptedClient(), system="password=hunter2"), "hello")
        ).message
    )


def test_where_nobody_can_be_asked_warning_tells_and_sends(tmp_path: Path) -> None:
    client = ScriptedClient(says("Hi"))
    session = guarded(tmp_path, client)
    session.guard.only_tells = True
    events = ask(session)
    assert isinstance(events[-1], Completed)
    assert "holds a password" in said(events)[0]
    assert "hunter2" in sent(client)


def test_off_looks_for_nothing(tmp_path: Path) -> None:
    client = ScriptedClient(says("Hi"))
    assert isinstance(ask(guarded(tmp_path, client, mode="off"))[-1], Completed)
    assert "hunter2" in sent(client)


def test_block_sends_nothing_and_asks_nothing(tmp_path: Path) -> None:
    client = ScriptedClient()
    error = error_of(ask(guarded(tmp_path, client, mode="block")))
    assert error.is_final
    assert "/omit" in (error.hint or "")


def test_allowed_values_are_sent_without_a_question(tmp_path: Path) -> None:
    client = ScriptedClient(says("Hi"))
    session = guarded(tmp_path, client, allow=("hunter2", "ghp_.*"))
    assert isinstance(ask(session)[-1], Completed)


# Remembering


def later(tmp_path: Path, client: ScriptedClient, before: Session, **guard: object) -> Session:
    """Leave, and open the chat again in another run."""
    before.close()
    session = guarded(tmp_path, client, **guard)  # type: ignore[arg-type]
    session.open_chat(session.store.load(before.conversation.id))
    return session


def agreed(tmp_path: Path, text: str = ASKED) -> Session:
    """Return a session in which the user has agreed to a message, which was sent."""
    session = guarded(tmp_path, ScriptedClient(says("One")))
    ask(session, text)
    session.guard.agree(session.conversation.id)
    assert isinstance(ask(session, kind=Kind.RETRY)[-1], Completed)
    return session


def agreements(tmp_path: Path) -> list[tuple[str, str, bytes]]:
    with closing(sqlite3.connect(tmp_path / "chats.db")) as connection:
        return connection.execute("SELECT chat, provider, digest FROM agreements").fetchall()


def test_what_was_agreed_to_is_not_asked_about_in_the_next_run(tmp_path: Path) -> None:
    client = ScriptedClient(says("Two"), says("Three"))
    session = later(tmp_path, client, agreed(tmp_path))
    assert [each.is_agreed for each in session.look_through()] == [True, True]
    assert isinstance(ask(session, "hunter2 again")[-1], Completed)
    assert sent(client).count("hunter2") == 2
    assert "[PASSWORD" not in sent(client)
    assert "holds a password in your message." in error_of(ask(session, "password=hunter3")).message


def test_a_known_value_inside_of_one_that_was_agreed_to_is_sent_too(tmp_path: Path) -> None:
    client = ScriptedClient(says("One"))
    session = guarded(tmp_path, client)
    error_of(ask(session, "password=hunter2"))
    session.guard.decline(session.conversation.id)
    session.undo()
    error_of(ask(session, "password=xx-hunter2-yy"))
    session.guard.agree(session.conversation.id)
    assert isinstance(ask(session, kind=Kind.RETRY)[-1], Completed)
    assert sent(client) == "\npassword=xx-hunter2-yy"
    again = ScriptedClient(says("Two"))
    assert isinstance(ask(later(tmp_path, again, session), "hello")[-1], Completed)
    assert "password=xx-hunter2-yy" in sent(again)


def test_another_chat_and_another_server_are_asked_about_in_the_next_run_too(tmp_path: Path) -> None:
    client, other = ScriptedClient(says("Two")), ScriptedClient()
    other.provider = "other.example"
    session = later(tmp_path, client, agreed(tmp_path))
    session.client = other
    error_of(ask(session, "hello"))
    session.client = client
    session.new_chat()
    error_of(ask(session))
    assert (client.requests, other.requests) == ([], [])


def test_a_copy_of_a_chat_is_asked_about(tmp_path: Path) -> None:
    client = ScriptedClient()
    session = later(tmp_path, client, agreed(tmp_path))
    session.adopt(session.conversation)
    error_of(ask(session, "hello"))


def test_what_is_kept_of_an_agreement_shows_no_value(tmp_path: Path) -> None:
    session = agreed(tmp_path, "password=hunter2")
    (row,) = agreements(tmp_path)
    assert row[:2] == (session.conversation.id, "scripted.example")
    assert len(row[2]) == 32
    assert b"hunter2" not in row[2]
    assert row[2] != digest(ChatId("another"), "value", "hunter2")


def test_what_was_only_told_of_was_not_agreed_to(tmp_path: Path) -> None:
    first = guarded(tmp_path, ScriptedClient(says("Hi"), says("Ho")))
    first.guard.only_tells = True
    assert said(ask(first))
    assert said(ask(first, "hunter2 again")) == []
    assert agreements(tmp_path) == []
    error_of(ask(later(tmp_path, ScriptedClient(), first), "hello"))


def test_a_declined_question_is_not_agreed_to_with_the_next_one(tmp_path: Path) -> None:
    client, other = ScriptedClient(says("One")), ScriptedClient(says("Two"))
    other.provider = "other.example"
    session = guarded(tmp_path, client)
    error_of(ask(session, "password=hunter2"))
    session.guard.decline(session.conversation.id)
    session.client = other
    error_of(ask(session, kind=Kind.RETRY))
    session.guard.agree(session.conversation.id)
    session.client = client
    error_of(ask(session, kind=Kind.RETRY))


def test_what_is_taken_back_is_asked_about_now_and_in_the_next_run(tmp_path: Path) -> None:
    session = agreed(tmp_path)
    session.guard.withdraw(session.conversation.id)
    assert agreements(tmp_path) == []
    assert [each.is_agreed for each in session.look_through()] == [False, False]
    error_of(ask(session, "hello"))
    error_of(ask(later(tmp_path, ScriptedClient(), session), "hello"))


@pytest.mark.parametrize("mode", ["mask", "block"])
def test_an_agreement_counts_where_the_guard_warns_and_only_there(tmp_path: Path, mode: str) -> None:
    client = ScriptedClient(says("Two"))
    session = later(tmp_path, client, agreed(tmp_path), mode=mode)
    ask(session, "hello")
    assert "hunter2" not in sent(client)


def test_where_nothing_can_be_saved_an_answer_counts_for_this_run(tmp_path: Path) -> None:
    (tmp_path / "chats.db").mkdir()
    client = ScriptedClient(says("One"), says("Two"))
    session = guarded(tmp_path, client)
    ask(session)
    session.guard.agree(session.conversation.id)
    assert isinstance(ask(session, kind=Kind.RETRY)[-1], Completed)
    assert isinstance(ask(session, "hunter2 again")[-1], Completed)
    assert not session.is_saving


def test_nothing_is_read_for_a_chat_in_which_nothing_was_found(tmp_path: Path) -> None:
    store = open_store(tmp_path / "chats.db", FakeClock())
    session = make_session(tmp_path, ScriptedClient(says("One"), says("Two")), store=store)
    ask(session, "hello")
    assert store._agreements is None
    ask(session)
    assert store._agreements is not None


def test_any_thread_may_ask_the_guard_while_answers_come(tmp_path: Path) -> None:
    session = agreed(tmp_path)
    chat, provider = session.conversation.id, session.client.provider
    messages = session.conversation.path()

    def look(_: int) -> str:
        masked = session.guard.masked_messages(chat, provider, messages)
        session.store.agreements.add(chat, provider, frozenset({threading.current_thread().name.encode()}))
        return masked[0].text

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(look, range(40))) == {ASKED}


# Masking


def test_placeholders_are_sent_and_the_values_are_shown_and_stored(tmp_path: Path) -> None:
    client = ScriptedClient(says("Use [PASS", "WORD_1] and [TOKEN", "_1", "], not [TOKEN_2]", "."))
    session = guarded(tmp_path, client, mode="mask", system="password=hunter3")
    events = ask(session)
    assert "hunter" not in sent(client)
    assert TOKEN not in sent(client)
    wanted = f"Use hunter3 and {TOKEN}, not [TOKEN_2]."
    assert shown(events) == wanted
    reply = session.reply(None)
    assert reply is not None
    assert reply.text == wanted
    assert session.store.load(session.conversation.id).path()[-1].text == wanted


def test_what_is_masked_is_told_of_once(tmp_path: Path) -> None:
    session = guarded(tmp_path, ScriptedClient(says("One"), says("Two")), mode="mask")
    assert said(ask(session)) == [
        "sent as a placeholder: a password in line 1 of your message and a Git token (…aB3d) in line 2 of your message"
    ]
    assert said(ask(session, "and now?")) == []


def test_the_preview_shows_what_would_be_sent(tmp_path: Path) -> None:
    session = guarded(tmp_path, ScriptedClient(), mode="mask")
    body = json.dumps(session.preview(ASKED).body)
    assert "hunter2" not in body
    assert "[PASSWORD_1]" in body


def test_a_reply_that_breaks_off_keeps_what_was_held_back(tmp_path: Path) -> None:
    client = ScriptedClient([TextDelta("see [PASSW"), ApiError("cut")])
    session = guarded(tmp_path, client, mode="mask")
    failed = ask(session)[-1]
    assert isinstance(failed, Failed)
    assert failed.message is not None
    assert failed.message.text == "see [PASSW"


def test_a_reply_is_gone_on_with_in_placeholders(tmp_path: Path) -> None:
    client = ScriptedClient(says("It is [PASSWORD_1]", reason="length"), says(" and [PASSWORD_1] again"))
    session = guarded(tmp_path, client, mode="mask")
    ask(session, "password=hunter2")
    ask(session, "", Kind.CONTINUE)
    assert client.requests[1].messages[-1].text == "It is [PASSWORD_1]"
    reply = session.reply(None)
    assert reply is not None
    assert reply.text == "It is hunter2 and hunter2 again"


def test_each_kind_of_text_is_put_back_in_its_order() -> None:
    events: list[StreamEvent] = [
        ReasoningDelta("[A_1] [A"),
        TextDelta("[A_"),
        TextDelta("1]!"),
        TextDelta("[A_1"),
        RefusalDelta("no [A_1]"),
        TextDelta("[A"),
        Finished("stop"),
    ]
    got = list(restored(iter(events), lambda: Unmasker({"[A_1]": "x"})))
    assert got == [
        ReasoningDelta("x "), ReasoningDelta("[A"), TextDelta("x!"), TextDelta("[A_1"), RefusalDelta("no x"),
        TextDelta("[A"), Finished("stop"),
    ]  # fmt: skip


@pytest.mark.parametrize("mode", ["warn", "mask", "block"])
def test_requests_that_ask_nobody_carry_placeholders(tmp_path: Path, mode: str) -> None:
    """Also where a text is cut in the middle of a secret, as the first words for a title are."""
    client = ScriptedClient(says("Done."), says("About [PASSWORD_1]"))
    settings = Settings(guard=GuardSettings(mode="off"), library=LibrarySettings(titles="model"))
    session = make_session(tmp_path, client, settings=settings)
    ask(session, f"password=hunter2 {'x ' * 730}{TOKEN}")
    session.change_setting("guard.mode", mode)
    assert session.begin_title()
    titler = session._titler
    assert titler is not None
    assert titler._thread is not None
    titler._thread.join(10)
    prompt = client.requests[-1].messages[0].text
    assert "hunter2" not in prompt
    assert TOKEN[:8] not in prompt
    assert session.library.describe(session.conversation.id).title == "About hunter2"


def test_summaries_are_written_from_placeholders_and_kept_with_the_values(tmp_path: Path) -> None:
    long = "many words in a row " * 20
    client = ScriptedClient(
        *(says(long) for _ in range(6)),
        says("The password is [PASSWORD_1]."),
        models=[ModelInfo("tiny", 1000)],
    )
    settings = Settings(guard=GuardSettings(mode="mask"), window=WindowSettings(strategy="summarise"))
    session = make_session(tmp_path, client, settings=settings)
    for number in range(6):
        ask(session, f"password=hunter2 and {number}")
    outcomes: list[object] = []
    assert session.begin_summary(outcomes.append)
    assert session.summariser.wait(10)
    assert "hunter2" not in sent(client)
    assert [summary.text for summary in session.conversation.summaries] == ["The password is hunter2."]


# Moderation


class Judge:
    """Says what it was told to say, and keeps what it was asked about."""

    def __init__(self, *verdicts: Moderation | ApiError) -> None:
        self.verdicts = [*verdicts]
        self.texts: list[str] = []

    def moderate(self, text: str, cancellation: Cancellation) -> Moderation | None:
        """Give the next verdict."""
        self.texts.append(text)
        verdict = self.verdicts.pop(0)
        if isinstance(verdict, ApiError):
            raise verdict
        return verdict


def judged(tmp_path: Path, client: ScriptedClient, judge: Judge | None, mode: str = "warn") -> Session:
    session = guarded(tmp_path, client, mode=mode, moderation=True)
    session._moderator = judge
    return session


def test_a_flagged_message_is_asked_about_and_sent_once_agreed(tmp_path: Path) -> None:
    judge = Judge(Moderation(True, ("violence",)))
    client = ScriptedClient(says("Hi"))
    session = judged(tmp_path, client, judge)
    events = ask(session, "a story")
    assert error_of(events).message == (
        "The moderation of scripted.example flags your message for violence: the model may refuse it."
    )
    assert any(isinstance(event, Waiting) for event in events)
    session.guard.agree(session.conversation.id)
    assert isinstance(ask(session, kind=Kind.RETRY)[-1], Completed)
    assert judge.texts == ["a story"]


def test_a_flagged_message_that_was_agreed_to_is_not_judged_again_in_the_next_run(tmp_path: Path) -> None:
    first = judged(tmp_path, ScriptedClient(), Judge(Moderation(True, ("violence",))))
    error_of(ask(first, "a story"))
    first.guard.agree(first.conversation.id)
    judge = Judge(Moderation(False), Moderation(False))
    session = later(tmp_path, ScriptedClient(says("Hi"), says("Ho"), says("Hm")), first, moderation=True)
    session._moderator = judge
    assert isinstance(ask(session, kind=Kind.RETRY)[-1], Completed)
    assert judge.texts == []
    ask(session, "another story")
    session.new_chat()
    ask(session, "a story")
    assert judge.texts == ["another story", "a story"]


def test_moderation_is_asked_about_the_last_message_as_it_is_sent(tmp_path: Path) -> None:
    judge = Judge(Moderation(False))
    session = judged(tmp_path, ScriptedClient(says("Hi")), judge, mode="mask")
    ask(session, "password=hunter2")
    assert judge.texts == ["password=[PASSWORD_1]"]


def test_a_server_without_moderation_is_told_of_once_and_the_turn_goes_on(tmp_path: Path) -> None:
    judge = Judge(ApiError("no such thing"), ApiError("no such thing"))
    session = judged(tmp_path, ScriptedClient(says("One"), says("Two")), judge)
    first, second = ask(session, "hello"), ask(session, "again")
    assert said(first) == [
        "no moderation by scripted.example, so messages are sent without being judged: no such thing"
    ]
    assert said(second) == []
    assert isinstance(second[-1], Completed)


def test_nobody_is_asked_where_there_is_no_moderation(tmp_path: Path) -> None:
    session = judged(tmp_path, ScriptedClient(says("One")), None)
    assert said(ask(session, "hello")) == [
        "no moderation by scripted.example, so messages are sent without being judged: it has none"
    ]


def test_moderation_is_off_by_default(tmp_path: Path) -> None:
    judge = Judge()
    session = guarded(tmp_path, ScriptedClient(says("One")))
    session._moderator = judge
    ask(session, "hello")
    assert judge.texts == []


def test_other_settings_look_for_everything_anew(tmp_path: Path) -> None:
    client = ScriptedClient(says("One"), says("Two"))
    session = guarded(tmp_path, client, mode="mask")
    ask(session, "I am bob@example.com")
    session.change_setting("guard.personal", "true")
    ask(session, "who am I?")
    assert client.requests[0].messages[-1].text == "I am bob@example.com"
    assert next(one.text for one in client.requests[1].messages if one.role is Role.USER) == "I am [EMAIL_1]"


@pytest.mark.parametrize(
    "reason", ["content_filter", "content_filter: SAFETY", "SAFETY", "prohibited_content"]
)
def test_a_reply_that_a_filter_ended_says_what_can_be_done(reason: str) -> None:
    said = explain_finish(reason) or ""
    assert said.startswith("stopped by the provider's content filter; what came is kept")
    assert "/edit" in said


def test_a_model_that_declined_is_named_and_an_ordinary_end_is_not() -> None:
    assert explain_finish("refusal") == REFUSED
    assert explain_finish("stop") is None
