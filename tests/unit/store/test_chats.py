"""What is given to the store is found again, exactly."""

from __future__ import annotations

import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatrepl.conversation import Conversation
from chatrepl.errors import StoreError
from chatrepl.messages import ChatId, Message, MessageId, Meta, ReasoningPart, ReplyState, Role, TextPart
from chatrepl.store.chats import SqliteStore
from chatrepl.store.records import CRASH_ERROR
from tests.support.conversations import (
    CHAT,
    COMPLETE,
    NOON,
    STREAMING,
    TestClock,
    conversations,
    message_id,
    reply,
    same,
    user,
)


@settings(max_examples=60, deadline=None)
@given(made=conversations(settled=True), one_by_one=st.booleans())
def test_a_chat_comes_back_as_it_was_given(made: Conversation, one_by_one: bool) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "chats.db"
        store = SqliteStore.open(path, TestClock())
        if one_by_one:
            store.create_chat(made.id, system=made.system, created_at=NOON)
            store.set_title(made.id, made.title)
            for message in made.messages.values():
                store.append(made.id, message)
            store.set_tip(made.id, made.tip)
        else:
            assert store.import_chat(made) == made.id
        store.close()
        store = SqliteStore.open(path, TestClock())
        assert same(store.load(made.id), made)
        assert same(made, store.load(made.id))
        store.close()


def test_meta_read_from_the_store_is_like_any_other(store: SqliteStore) -> None:
    """It can be compared, hashed, shown and replaced, whichever comes first."""
    from dataclasses import asdict, replace

    store.create_chat(CHAT, system=None, created_at=NOON)
    answer = reply("Yes.", None)
    store.append(CHAT, answer)

    def fresh() -> Meta:
        return store.load(CHAT)[answer.id].meta

    assert fresh() == COMPLETE
    assert COMPLETE == fresh()  # noqa: SIM300 - either may stand first
    assert not fresh() != COMPLETE  # noqa: SIM202
    assert fresh() != Meta()
    assert hash(fresh()) == hash(COMPLETE)
    assert asdict(fresh()) == asdict(COMPLETE)
    assert replace(fresh(), error=None) == replace(COMPLETE, error=None)
    assert "some-model" in repr(fresh())
    assert not hasattr(fresh(), "colour")


def test_the_file_and_its_directory_are_the_owners_alone(store: SqliteStore, path: Path) -> None:
    store.create_chat(CHAT, system=None, created_at=NOON)
    store.append(CHAT, reply("", None, STREAMING))
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file
    assert {"chats.db", "chats.db-wal", "chats.db-shm"} <= {file.name for file in path.parent.iterdir()}


def test_rights_that_others_had_to_the_file_are_taken_away(path: Path, clock: TestClock) -> None:
    SqliteStore.open(path, clock).close()
    path.chmod(0o644)
    SqliteStore.open(path, clock).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_journalled_reply_is_loaded_as_far_as_it_came(store: SqliteStore) -> None:
    store.create_chat(CHAT, system=None, created_at=NOON)
    arriving = reply("Once ", None, STREAMING)
    store.append(CHAT, arriving)
    for kind, text in (("reasoning", "Hm. "), ("text", "upon "), ("reasoning", "Well."), ("text", "a time")):
        store.journal(arriving.id, kind, text)
    found = store.load(CHAT)[arriving.id]
    assert found.meta.state is ReplyState.STREAMING
    assert found.parts == (
        TextPart("Once "),
        ReasoningPart("Hm. "),
        TextPart("upon "),
        ReasoningPart("Well."),
        TextPart("a time"),
    )


def test_a_finished_reply_takes_the_place_of_its_pieces(store: SqliteStore) -> None:
    store.create_chat(CHAT, system=None, created_at=NOON)
    question = user("Why?")
    arriving = reply("", question.id, STREAMING)
    store.append(CHAT, question)
    store.append(CHAT, arriving)
    store.journal(arriving.id, "text", "Bec")
    done = Message(arriving.id, question.id, Role.ASSISTANT, (TextPart("Because."),), NOON, COMPLETE)
    store.finish(CHAT, done)
    assert [*store.load(CHAT).messages.values()] == [question, done]
    with store._database.read() as connection:
        assert connection.execute("SELECT count(*) FROM journal").fetchone() == (0,)
    with pytest.raises(StoreError, match="not a reply that is still arriving"):
        store.journal(done.id, "text", "more")


def test_a_reply_whose_store_was_closed_comes_back_as_interrupted_for_good(
    store: SqliteStore, path: Path, clock: TestClock
) -> None:
    store.create_chat(CHAT, system=None, created_at=NOON)
    arriving = reply("", None, STREAMING)
    store.append(CHAT, arriving)
    store.journal(arriving.id, "text", "half of ")
    store.journal(arriving.id, "text", "it")
    store.close()
    other = SqliteStore.open(path, clock)
    found = other.load(CHAT)[arriving.id]
    assert (found.text, found.meta.state, found.meta.error) == (
        "half of it",
        ReplyState.INTERRUPTED,
        CRASH_ERROR,
    )
    assert found.meta.model == "some-model"
    with other._database.read() as connection:
        assert connection.execute("SELECT text, writer FROM messages").fetchall() == [("half of it", None)]
        assert connection.execute("SELECT count(*) FROM journal").fetchone() == (0,)
    assert other.load(CHAT)[arriving.id] == found
    other.close()


def test_a_reply_that_another_store_receives_is_left_alone(
    store: SqliteStore, path: Path, clock: TestClock
) -> None:
    store.create_chat(CHAT, system=None, created_at=NOON)
    arriving = reply("", None, STREAMING)
    store.append(CHAT, arriving)
    store.journal(arriving.id, "text", "so far")
    other = SqliteStore.open(path, clock)
    found = other.load(CHAT)[arriving.id]
    assert (found.text, found.meta.state) == ("so far", ReplyState.STREAMING)
    store.journal(arriving.id, "text", " so good")
    assert other.load(CHAT)[arriving.id].text == "so far so good"
    other.close()


def test_text_that_utf8_cannot_hold_is_kept_with_replacement_characters(store: SqliteStore) -> None:
    store.create_chat(CHAT, system="\udc80", created_at=NOON)
    store.set_title(CHAT, "a\ud800")
    arriving = reply("", None, STREAMING)
    store.append(CHAT, user("x\ud83dy"))
    store.append(CHAT, arriving)
    store.journal(arriving.id, "text", "\ud83d")
    store.finish(CHAT, reply_like(arriving, "\ud83d", reasoning="\ude00"))
    store.add_input("\ud800", NOON)
    store.save_draft("\ud800")
    found = store.load(CHAT)
    assert [message.text for message in found.messages.values()] == ["x\ufffdy", "\ufffd"]
    assert (found.system, found.title) == ("\ufffd", "a\ufffd")
    assert found[arriving.id].parts == (ReasoningPart("\ufffd"), TextPart("\ufffd"))
    assert store.input_history() == ["\ufffd"]
    assert store.load_draft() == "\ufffd"


def reply_like(message: Message, text: str, *, reasoning: str = "") -> Message:
    done = reply(text, message.parent_id, reasoning=reasoning)
    return Message(message.id, message.parent_id, message.role, done.parts, NOON, COMPLETE)


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        (lambda store: store.load(ChatId("f" * 32)), "There is no chat f"),
        (lambda store: store.set_title(ChatId("f" * 32), "x"), "There is no chat f"),
        (lambda store: store.set_system(ChatId("f" * 32), "x"), "There is no chat f"),
        (lambda store: store.set_tip(CHAT, MessageId("f" * 32)), "is not in chat"),
        (lambda store: store.create_chat(CHAT, system=None, created_at=NOON), "stored already"),
        (lambda store: store.append(CHAT, user("x", MessageId("f" * 32))), "which is not in chat"),
        (lambda store: store.append(ChatId("f" * 32), user("x")), "not in chat"),
        (lambda store: store.finish(CHAT, reply("x", None)), "is not in chat"),
        (lambda store: store.journal(message_id(), "text", "x"), "not a reply"),
    ],
)
def test_what_contradicts_the_store_is_refused_in_a_sentence(
    store: SqliteStore, action: object, sentence: str
) -> None:
    store.create_chat(CHAT, system=None, created_at=NOON)
    assert callable(action)
    with pytest.raises(StoreError, match=sentence):
        action(store)


def test_a_message_is_stored_once(store: SqliteStore) -> None:
    store.create_chat(CHAT, system=None, created_at=NOON)
    message = user("x")
    store.append(CHAT, message)
    with pytest.raises(StoreError, match="already"):
        store.append(CHAT, message)
    assert len(store.load(CHAT)) == 1


def test_a_chat_whose_id_is_taken_is_imported_under_another(store: SqliteStore) -> None:
    made = Conversation(CHAT, messages=(question := user("Why?"), reply("", question.id, STREAMING)))
    made.move_tip(question.id)
    first, second = store.import_chat(made), store.import_chat(made)
    assert first == CHAT != second
    assert [*store.load(second).messages] == [*made.messages]
    assert store.load(second).tip == question.id
    states = [message.meta.state for message in store.load(second).messages.values()]
    assert states == [None, ReplyState.INTERRUPTED]


def test_the_list_names_chats_by_title_or_first_words_and_leaves_out_empty_ones(store: SqliteStore) -> None:
    named, unnamed, empty = ChatId("a" * 32), ChatId("b" * 32), ChatId("d" * 32)
    for chat in (named, unnamed, empty):
        store.create_chat(chat, system=None, created_at=NOON)
    store.append(unnamed, first := user("What\n  is this? " + "x" * 100))
    store.append(unnamed, reply("It is that.", first.id))
    store.append(named, user("Hello"))
    store.set_title(named, "Greetings")
    found = store.list_chats()
    assert [(chat.id, chat.message_count) for chat in found] == [(named, 1), (unnamed, 2)]
    assert found[0].title == "Greetings"
    assert found[1].title.startswith("What is this? xxx")
    assert found[1].title.endswith("…")
    assert found[0].created_at == NOON < found[0].updated_at
    assert store.last_chat() == named
    store.set_title(named, "")
    assert store.list_chats(1)[0].title == "Hello"
    store.set_tip(unnamed, first.id)
    assert store.last_chat() == unnamed
    assert [chat.id for chat in store.list_chats(1, 1)] == [named]


def test_a_store_without_messages_has_no_last_chat(store: SqliteStore) -> None:
    assert store.last_chat() is None
    store.create_chat(CHAT, system=None, created_at=NOON)
    assert store.last_chat() is None
    assert store.list_chats() == []


def test_what_was_typed_comes_back_newest_first_and_once(store: SqliteStore) -> None:
    for second, text in enumerate(["one", "two", "one", "  ", "", "three\nlines\x00"]):
        store.add_input(text, NOON.replace(second=second))
    assert store.input_history() == ["three\nlines\x00", "one", "two"]
    assert store.input_history(2) == ["three\nlines\x00", "one"]


def test_the_draft_survives_and_an_empty_one_forgets_it(
    store: SqliteStore, path: Path, clock: TestClock
) -> None:
    assert store.load_draft() == ""
    store.save_draft("half a thou")
    store.save_draft("half a thought")
    other = SqliteStore.open(path, clock)
    assert other.load_draft() == "half a thought"
    other.save_draft("")
    other.close()
    assert store.load_draft() == ""
