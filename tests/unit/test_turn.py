"""One turn: what is stored, in which order, and what remains of a turn that did not go well."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from chatrepl.cancellation import Cancellation
from chatrepl.errors import ApiError, ContextTooLongError, RateLimitedError, TransportError
from chatrepl.exchange import Finished, ModelInfo, ReasoningDelta, RefusalDelta, TextDelta
from chatrepl.messages import MessageId, ReasoningPart, ReplyState, Role, TextPart, Usage
from chatrepl.session import Session
from chatrepl.settings import Settings, WindowSettings
from chatrepl.store.resilient import open_store
from chatrepl.turn import (
    Cancelled,
    Completed,
    Failed,
    Kind,
    Planned,
    Stored,
    TurnEvent,
    can_continue,
    can_retry,
)
from tests.support.fakes import FakeClock, ScriptedClient, Step, make_session, says


def ask(session: Session, text: str = "hello", kind: Kind = Kind.ASK) -> list[TurnEvent]:
    """Run a turn to its end."""
    return list(session.turn(kind, text, Cancellation()))


def reopened(tmp_path: Path, session: Session) -> list[tuple[Role, str, ReplyState | None]]:
    """Return what another process finds of the chat."""
    store = open_store(tmp_path / "chats.db", FakeClock())
    path = store.load(session.conversation.id).path()
    store.close()
    return [(message.role, message.text, message.meta.state) for message in path]


def test_a_turn_stores_the_message_before_anything_else_is_said(tmp_path: Path) -> None:
    client = ScriptedClient(says("Hi", " there"))
    session = make_session(tmp_path, client)
    turn = session.turn(Kind.ASK, "hello", Cancellation())

    first = next(turn)

    assert isinstance(first, Stored)
    assert reopened(tmp_path, session)[0][:2] == (Role.USER, "hello")
    assert client.requests == []


def test_a_turn_ends_with_the_complete_reply_stored(tmp_path: Path) -> None:
    usage = Usage(10, 2, 12)
    session = make_session(tmp_path, ScriptedClient(says("Hi", " there", usage=usage)))

    events = ask(session)

    assert isinstance(events[1], Planned)
    assert isinstance(events[-1], Completed)
    assert events[-1].message.meta.usage == usage
    assert events[-1].message.meta.finish_reason == "stop"
    assert reopened(tmp_path, session) == [
        (Role.USER, "hello", None),
        (Role.ASSISTANT, "Hi there", ReplyState.COMPLETE),
    ]


def test_reasoning_and_refusals_are_kept_as_parts_of_their_own(tmp_path: Path) -> None:
    script: list[Step] = [ReasoningDelta("hm"), RefusalDelta("no"), Finished("stop")]
    session = make_session(tmp_path, ScriptedClient(script))

    ask(session)

    reply = session.reply(None)
    assert reply is not None
    assert (reply.reasoning, reply.text) == ("hm", "no")


def test_what_was_thought_between_texts_keeps_its_place(tmp_path: Path) -> None:
    script: list[Step] = [
        *(ReasoningDelta("Look"), ReasoningDelta(" first."), TextDelta("I look. ")),
        *(ReasoningDelta("Found."), TextDelta("It is "), TextDelta("there."), Finished("stop")),
    ]
    session = make_session(tmp_path, ScriptedClient(script))

    ask(session)

    stored = session.store.load(session.conversation.id).path()[-1]
    assert stored.parts == (
        ReasoningPart("Look first."),
        TextPart("I look. "),
        ReasoningPart("Found."),
        TextPart("It is there."),
    )
    assert (stored.text, stored.reasoning) == ("I look. It is there.", "Look first.\n\nFound.")


def test_a_crash_while_a_reply_is_continued_leaves_its_beginning_once(tmp_path: Path) -> None:
    """What a killed process leaves behind is what another one reads while the reply arrives."""
    session = make_session(
        tmp_path,
        ScriptedClient(
            says("One, ", reason="length"), [TextDelta("two"), TextDelta(", three"), Finished("stop")]
        ),
    )
    ask(session)
    journalled: list[str] = []
    write = session.store.journal

    come = threading.Event()

    def journal(message: MessageId, kind: str, text: str) -> None:
        write(message, kind, text)
        journalled.append(text)
        come.set()

    session.store.journal = journal  # type: ignore[method-assign]
    turn = session.turn(Kind.CONTINUE, "", Cancellation())
    next(event for event in turn if isinstance(event, TextDelta))
    assert come.wait(10)

    left_behind = session.store.load(session.conversation.id).path()[-1]

    assert left_behind.text == "One, " + "".join(journalled)
    turn.close()


@pytest.mark.parametrize("error", [TransportError("gone"), RateLimitedError("slow down"), ApiError("odd")])
def test_a_failure_keeps_the_question_and_what_had_come(tmp_path: Path, error: ApiError) -> None:
    session = make_session(tmp_path, ScriptedClient([TextDelta("par"), TextDelta("tial"), error]))

    events = ask(session)

    assert isinstance(events[-1], Failed)
    assert events[-1].error is error
    assert reopened(tmp_path, session) == [
        (Role.USER, "hello", None),
        (Role.ASSISTANT, "partial", ReplyState.FAILED),
    ]
    assert session.conversation.path()[-1].meta.error == error.message


def test_cancelling_keeps_what_had_come_as_interrupted_with_an_estimate(tmp_path: Path) -> None:
    script: list[Step] = [TextDelta("par"), lambda cancellation: cancellation.cancel(), TextDelta("never")]
    session = make_session(tmp_path, ScriptedClient(script))

    events = ask(session)

    assert isinstance(events[-1], Cancelled)
    meta = events[-1].message.meta
    assert meta.usage is not None
    assert meta.usage.is_estimated
    assert reopened(tmp_path, session)[-1] == (Role.ASSISTANT, "par", ReplyState.INTERRUPTED)


def test_leaving_the_turn_early_keeps_what_had_come(tmp_path: Path) -> None:
    session = make_session(tmp_path, ScriptedClient(says("par", "never")))
    turn = session.turn(Kind.ASK, "hello", Cancellation())
    while not isinstance(next(turn), TextDelta):
        pass

    turn.close()

    assert reopened(tmp_path, session)[-1] == (Role.ASSISTANT, "par", ReplyState.INTERRUPTED)


def test_what_has_come_is_journalled_while_the_server_stalls(tmp_path: Path) -> None:
    written = threading.Event()
    session = make_session(
        tmp_path, ScriptedClient([TextDelta("first "), TextDelta("second"), lambda _: None])
    )
    journal = session.store.journal

    def noted(message: MessageId, kind: str, text: str) -> None:
        journal(message, kind, text)
        if "second" in text:
            written.set()

    session.store.journal = noted  # type: ignore[method-assign]
    session.client.replies[0].insert(2, lambda _: written.wait(10))  # type: ignore[attr-defined]

    ask(session)

    assert written.is_set()


def test_retry_answers_the_same_message_beside_the_reply_before(tmp_path: Path) -> None:
    client = ScriptedClient(says("one"), says("two"))
    session = make_session(tmp_path, client)
    ask(session)

    ask(session, kind=Kind.RETRY)

    assert [message.text for message in session.conversation.path()] == ["hello", "two"]
    reply = session.conversation.path()[-1]
    assert [session.conversation[sibling].text for sibling in session.conversation.siblings(reply.id)] == [
        "one",
        "two",
    ]
    assert [message.text for message in client.requests[1].messages] == ["hello"]


def test_retry_after_a_failure_sends_the_message_again(tmp_path: Path) -> None:
    session = make_session(tmp_path, ScriptedClient([TransportError("gone")], says("back")))
    ask(session)
    assert can_retry(session.conversation)

    ask(session, kind=Kind.RETRY)

    assert reopened(tmp_path, session)[-1] == (Role.ASSISTANT, "back", ReplyState.COMPLETE)


def test_continue_gives_one_reply_that_holds_both_parts(tmp_path: Path) -> None:
    client = ScriptedClient(says("One, two", reason="length"), says(", three."))
    session = make_session(tmp_path, client)
    ask(session)
    assert can_continue(session.conversation)

    events = ask(session, kind=Kind.CONTINUE)

    assert [event.text for event in events if isinstance(event, TextDelta)] == [", three."]
    assert client.requests[1].continues
    assert [message.text for message in client.requests[1].messages] == ["hello", "One, two"]
    assert reopened(tmp_path, session)[-1] == (Role.ASSISTANT, "One, two, three.", ReplyState.COMPLETE)


def test_a_message_that_cannot_fit_is_refused_before_it_is_sent_and_kept(tmp_path: Path) -> None:
    client = ScriptedClient(says("never"))
    session = make_session(tmp_path, client, settings=Settings(window=WindowSettings(limit_tokens=300)))

    events = ask(session, "word " * 2000)

    assert isinstance(events[-1], Failed)
    assert isinstance(events[-1].error, ContextTooLongError)
    assert client.requests == []
    assert len(session.conversation.path()) == 1


def test_a_server_with_a_smaller_window_is_asked_again_with_less(tmp_path: Path) -> None:
    refusal = ContextTooLongError("too long")
    refusal.limit_tokens, refusal.sent_tokens = 1000, 1700
    talk = [says("x " * 300) for _ in range(5)]
    client = ScriptedClient(*talk, [refusal], says("fits"), models=())
    session = make_session(tmp_path, client)
    for _ in talk:
        ask(session, "y " * 20)

    events = ask(session, "and now?")

    assert isinstance(events[-1], Completed)
    assert len(client.requests[-1].messages) < len(client.requests[-2].messages)
    assert client.requests[-1].messages[-1].text == "and now?"
    assert session.planner.window_tokens == 1000


def test_a_window_error_after_text_was_shown_is_not_sent_again(tmp_path: Path) -> None:
    refusal = ContextTooLongError("too long")
    refusal.limit_tokens, refusal.sent_tokens = 1000, 1700
    client = ScriptedClient([TextDelta("some"), refusal])
    session = make_session(tmp_path, client)

    events = ask(session)

    assert isinstance(events[-1], Failed)
    assert len(client.requests) == 1


def test_the_message_is_stored_before_the_server_is_asked_for_anything(tmp_path: Path) -> None:
    session = make_session(tmp_path, ScriptedClient(says("Hi")))
    stored: list[int] = []

    def models() -> list[ModelInfo]:
        stored.append(len(reopened(tmp_path, session)))
        return []

    session.client.models = models  # type: ignore[method-assign]

    ask(session)

    assert stored == [1]


def test_a_server_that_does_not_list_its_models_cannot_hold_up_a_cancellation(tmp_path: Path) -> None:
    session = make_session(tmp_path, ScriptedClient(says("never")))
    cancellation = Cancellation()
    is_asked, go_on = threading.Event(), threading.Event()

    def models() -> list[ModelInfo]:
        is_asked.set()
        go_on.wait(10)
        return []

    session.client.models = models  # type: ignore[method-assign]

    def cancel() -> None:
        is_asked.wait(10)
        cancellation.cancel()

    threading.Thread(target=cancel, daemon=True).start()

    events = list(session.turn(Kind.ASK, "hello", cancellation))
    go_on.set()

    assert isinstance(events[-1], Cancelled)
    assert [state for _, _, state in reopened(tmp_path, session)] == [None, ReplyState.INTERRUPTED]
