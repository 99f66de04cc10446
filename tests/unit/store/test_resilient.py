"""Whatever the disk does, the chat goes on, the user is told once, and nothing that can still be saved is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from chatrepl.conversation import Conversation
from chatrepl.errors import StoreError
from chatrepl.messages import ChatId, Message, MessageId, ReplyState
from chatrepl.ports import ChatStore
from chatrepl.store.chats import SqliteStore
from chatrepl.store.resilient import RETRY_AFTER_S, ResilientStore, open_store
from tests.support.conversations import CHAT, COMPLETE, NOON, STREAMING, TestClock, reply, same, user

OTHER = ChatId("d" * 32)


def fits_the_port(store: ResilientStore, plain: SqliteStore) -> tuple[ChatStore, ChatStore]:
    """Both are what a turn asks for; the type checker looks at this."""
    return store, plain


def is_saving(store: ResilientStore) -> bool:
    """Ask anew; the type checker takes an attribute for unchanged."""
    return store.is_saving


class Disk:
    """Makes the file of a store fail on demand."""

    def __init__(self, store: ResilientStore) -> None:
        self._store = store

    def _execute(self, statement: str) -> int:
        assert self._store._file is not None
        with self._store._file._database.read() as connection:
            found = connection.execute(statement).fetchone()
        return int(found[0]) if found else 0

    def fill(self) -> None:
        self._execute(f"PRAGMA max_page_count = {self._execute('PRAGMA page_count')}")

    def free(self) -> None:
        self._execute("PRAGMA max_page_count = 1000000")


def hold_a_session(store: ResilientStore, fail: Callable[[], object]) -> tuple[Conversation, list[str]]:
    """Do everything that a chat does, with a failure in the middle. Return what the chat must be."""
    made = Conversation(CHAT, system="Be brief.")
    store.create_chat(CHAT, system="Be brief.", created_at=NOON)
    for message in (first := user("Why?"), second := reply("Because.", first.id)):
        store.append(CHAT, message)
        made.append(message)
    arriving = reply("", first.id, STREAMING)
    store.append(CHAT, arriving)
    store.journal(arriving.id, "text", "On the ")
    fail()
    store.journal(arriving.id, "text", "other hand " + "x" * 20_000)
    assert store.load(CHAT)[arriving.id].text.startswith("On the other hand")
    done = Message(
        arriving.id, first.id, arriving.role, reply("On the other hand.", None).parts, NOON, COMPLETE
    )
    store.finish(CHAT, done)
    made.append(done)
    store.append(CHAT, third := user("x" * 20_000, done.id))
    made.append(third)
    store.set_tip(CHAT, second.id)
    made.move_tip(second.id)
    store.set_system(CHAT, "Be long.")
    store.set_title(CHAT, "Reasons")
    made.system, made.title = "Be long.", "Reasons"
    store.add_input("Why?", NOON)
    store.save_draft("And the")
    assert same(store.load(CHAT), made)
    assert store.last_chat() == CHAT == store.find_chat("reas")
    assert store.list_chats()[0].title == "Reasons"
    assert store.list_chats()[0].message_count == 4
    assert store.input_history() == ["Why?"]
    assert store.load_draft() == "And the"
    return made, [*store.warnings()]


def assert_on_disk(path: Path, clock: TestClock, made: Conversation) -> None:
    store = SqliteStore.open(path, clock)
    assert store.warnings() == []
    assert same(store.load(CHAT), made)
    assert store.input_history() == ["Why?"]
    assert store.load_draft() == "And the"
    store.close()


def test_without_trouble_everything_is_saved(path: Path, clock: TestClock) -> None:
    store = open_store(path, clock)
    made, warnings = hold_a_session(store, lambda: None)
    assert is_saving(store)
    assert warnings == []
    store.close()
    assert_on_disk(path, clock, made)


def test_a_full_disk_is_a_warning_once_and_everything_is_saved_when_there_is_room(
    path: Path, clock: TestClock
) -> None:
    store = open_store(path, clock)
    disk = Disk(store)
    made, warnings = hold_a_session(store, disk.fill)
    assert not is_saving(store)
    (warning,) = warnings
    assert "The disk is full" in warning
    assert "nothing is saved" in warning
    disk.free()
    store.save_draft("And the")
    assert not is_saving(store), "it is not tried again at once"
    clock.seconds += RETRY_AFTER_S + 1
    store.save_draft("And the")
    assert is_saving(store)
    (warning,) = store.warnings()
    assert "works again" in warning
    store.close()
    assert_on_disk(path, clock, made)


def test_what_could_not_be_saved_is_saved_at_the_end(path: Path, clock: TestClock) -> None:
    store = open_store(path, clock)
    disk = Disk(store)
    made, _ = hold_a_session(store, disk.fill)
    disk.free()
    store.close()
    assert_on_disk(path, clock, made)


def test_a_disk_that_stays_full_costs_no_more_than_what_it_could_not_take(
    path: Path, clock: TestClock
) -> None:
    store = open_store(path, clock)
    hold_a_session(store, Disk(store).fill)
    clock.seconds += RETRY_AFTER_S + 1
    store.save_draft("x" * 20_000)
    assert not is_saving(store)
    assert store.warnings() == [], "the user was told once"
    store.close()
    other = SqliteStore.open(path, clock)
    assert [message.text for message in other.load(CHAT).messages.values()] == ["Why?", "Because.", "On the "]
    assert other.load(CHAT).path()[-1].meta.state is ReplyState.INTERRUPTED
    other.close()


def test_a_file_that_is_removed_while_open_is_made_anew_with_this_sessions_chats(
    path: Path, clock: TestClock
) -> None:
    store = open_store(path, clock)

    def remove() -> None:
        for file in path.parent.glob("chats.db*"):
            if file.is_file():
                file.unlink()

    made, warnings = hold_a_session(store, remove)
    assert is_saving(store)
    (warning,) = warnings
    assert "moved or removed" in warning
    store.close()
    assert_on_disk(path, clock, made)


def test_damage_found_while_open_is_set_aside_and_this_sessions_chats_are_saved_anew(
    path: Path, clock: TestClock
) -> None:
    store = open_store(path, clock)

    def damage() -> None:
        assert store._file is not None
        with store._file._database.read() as connection:
            connection.execute("SELECT 1")
        checkpoint = sqlite3.connect(path)
        checkpoint.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        checkpoint.close()
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xee" * (path.stat().st_size - 4096))

    made, warnings = hold_a_session(store, damage)
    assert is_saving(store)
    (aside,) = path.parent.glob("chats.db.corrupt-*Z")
    assert any(str(aside) in warning and "damaged" in warning for warning in warnings)
    store.close()
    assert_on_disk(path, clock, made)


@pytest.mark.parametrize("where", ["file as directory", "directory as file", "nowhere"])
def test_a_place_that_cannot_be_used_leaves_the_chat_in_memory(
    tmp_path: Path, clock: TestClock, where: str
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "directory").mkdir()
    places = {
        "file as directory": tmp_path / "file" / "chats.db",
        "directory as file": tmp_path / "directory",
        "nowhere": Path("/proc/nothing/chats.db"),
    }
    store = open_store(places[where], clock)
    assert not is_saving(store)
    _, warnings = hold_a_session(store, lambda: None)
    (warning,) = warnings
    assert "nothing is saved" in warning
    store.close()


def test_a_place_that_becomes_usable_gets_what_was_kept_in_memory(path: Path, clock: TestClock) -> None:
    path.parent.write_text("in the way")
    store = open_store(path, clock)
    made, _ = hold_a_session(store, path.parent.unlink)
    clock.seconds += RETRY_AFTER_S + 1
    store.save_draft("And the")
    assert is_saving(store)
    store.close()
    assert_on_disk(path, clock, made)


def test_a_newer_file_is_never_tried_again(path: Path, clock: TestClock) -> None:
    SqliteStore.open(path, clock).close()
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO migrations VALUES (99, 'later', 0)")
    connection.commit()
    connection.close()
    content = path.read_bytes()
    store = open_store(path, clock)
    _, warnings = hold_a_session(store, lambda: None)
    assert len(warnings) == 1
    assert "newer chatrepl" in warnings[0]
    assert "Update chatrepl." in warnings[0]
    assert path.read_bytes() == content
    clock.seconds += RETRY_AFTER_S + 1
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM migrations WHERE version = 99")
    connection.commit()
    connection.close()
    content = path.read_bytes()
    store.close()
    assert path.read_bytes() == content


def test_a_damaged_file_is_told_of_and_saving_goes_on(path: Path, clock: TestClock) -> None:
    path.parent.mkdir()
    path.write_bytes(b"garbage" * 1000)
    store = open_store(path, clock)
    made, warnings = hold_a_session(store, lambda: None)
    assert is_saving(store)
    assert len(warnings) == 1
    assert "corrupt-" in warnings[0]
    store.close()
    assert_on_disk(path, clock, made)


def test_when_saving_fails_older_chats_can_still_be_read(path: Path, clock: TestClock) -> None:
    store = open_store(path, clock)
    older = ChatId("e" * 32)
    store.create_chat(older, system=None, created_at=NOON)
    store.append(older, first := user("long ago"))
    store.append(older, reply("indeed", first.id))
    store.add_input("long ago", NOON)
    store.close()
    store = open_store(path, clock)
    disk = Disk(store)
    disk.fill()
    store.create_chat(CHAT, system=None, created_at=NOON)
    store.append(CHAT, user("now" + "x" * 20_000))
    store.add_input("now", NOON)
    assert not is_saving(store)
    assert [chat.id for chat in store.list_chats()] == [CHAT, older]
    assert [chat.id for chat in store.list_chats(1, 1)] == [older]
    assert store.find_chat("long") == older
    assert store.input_history() == ["now", "long ago"]
    found = store.load(older)
    store.append(older, follow := user("and now?", found.tip))
    store.set_title(older, "Old")
    assert [message.text for message in store.load(older).path()] == ["long ago", "indeed", "and now?"]
    assert [chat.id for chat in store.list_chats()] == [older, CHAT]
    disk.free()
    store.close()
    other = SqliteStore.open(path, clock)
    assert other.load(older).tip == follow.id
    assert other.load(older).title == "Old"
    assert {chat.id for chat in other.list_chats()} == {older, CHAT}
    other.close()


def test_chats_of_a_file_that_cannot_be_written_are_shown(
    path: Path, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests may run as root, whom no directory refuses; so the write lock is refused instead."""
    from chatrepl.store import database

    store = open_store(path, clock)
    store.create_chat(OTHER, system=None, created_at=NOON)
    store.append(OTHER, user("long ago"))
    store.close()

    def refuse(connection: sqlite3.Connection, path: Path) -> None:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("DELETE FROM drafts")

    monkeypatch.setattr(database, "_require_writable", refuse)
    store = open_store(path, clock)
    assert not is_saving(store)
    (warning,) = store.warnings()
    assert "may be read but not written" in warning
    assert store.last_chat() == OTHER
    assert store.load(OTHER).path()[0].text == "long ago"
    store.append(OTHER, user("today", store.load(OTHER).tip))
    assert [message.text for message in store.load(OTHER).path()] == ["long ago", "today"]
    monkeypatch.undo()
    store.close()
    other = SqliteStore.open(path, clock)
    assert [message.text for message in other.load(OTHER).path()] == ["long ago", "today"]
    other.close()


def test_what_another_process_did_to_a_chat_is_not_undone_by_saving_again(
    path: Path, clock: TestClock
) -> None:
    store = open_store(path, clock)
    store.create_chat(OTHER, system=None, created_at=NOON)
    store.append(OTHER, first := user("first"))
    store.close()
    store, elsewhere = open_store(path, clock), SqliteStore.open(path, clock)
    disk = Disk(store)
    store.load(OTHER)
    store.set_title(OTHER, "Ours")
    elsewhere.append(OTHER, second := user("second", first.id))
    elsewhere.set_title(OTHER, "Theirs")
    disk.fill()
    store.create_chat(CHAT, system=None, created_at=NOON)
    store.append(CHAT, user("x" * 20_000))
    assert not is_saving(store)
    disk.free()
    store.close()
    found = elsewhere.load(OTHER)
    assert (found.tip, found.title) == (second.id, "Theirs")
    assert len(elsewhere.load(CHAT)) == 1
    elsewhere.close()


def test_two_processes_that_lose_the_same_file_bring_all_their_messages_to_the_new_one(
    path: Path, clock: TestClock
) -> None:
    ours, theirs = open_store(path, clock), open_store(path, clock)
    ours.create_chat(CHAT, system=None, created_at=NOON)
    ours.append(CHAT, first := user("first"))
    theirs.load(CHAT)
    ours.append(CHAT, user("ours", first.id))
    for file in path.parent.glob("chats.db*"):
        if file.is_file():
            file.unlink()
    theirs.append(CHAT, user("theirs", first.id))
    ours.save_draft("anything")
    found = ours.load(CHAT)
    assert {message.text for message in found.messages.values()} == {"first", "ours", "theirs"}
    assert is_saving(ours)
    ours.close()
    theirs.close()


def test_a_reply_goes_on_being_journalled_after_saving_works_again(path: Path, clock: TestClock) -> None:
    store = open_store(path, clock)
    disk = Disk(store)
    store.create_chat(CHAT, system=None, created_at=NOON)
    arriving = reply("", None, STREAMING)
    store.append(CHAT, arriving)
    disk.fill()
    store.journal(arriving.id, "text", "x" * 20_000)
    assert not is_saving(store)
    store.journal(arriving.id, "text", "y")
    for _ in range(2):
        assert store.load(CHAT)[arriving.id].text == "x" * 20_000 + "y"
    disk.free()
    clock.seconds += RETRY_AFTER_S + 1
    store.journal(arriving.id, "text", "z")
    assert is_saving(store)
    assert store.load(CHAT)[arriving.id].text == "x" * 20_000 + "yz"
    store.journal(arriving.id, "text", "!")
    store.close()
    other = SqliteStore.open(path, clock)
    assert other.load(CHAT)[arriving.id].text == "x" * 20_000 + "yz!"
    other.close()


@pytest.mark.parametrize("is_failing", [False, True])
def test_what_does_not_exist_is_still_an_error(path: Path, clock: TestClock, is_failing: bool) -> None:
    if is_failing:
        path.parent.write_text("in the way")
    store = open_store(path, clock)
    store.create_chat(CHAT, system=None, created_at=NOON)
    nowhere, nothing = ChatId("f" * 32), MessageId("f" * 32)
    mistakes: list[Callable[[], object]] = [
        lambda: store.load(nowhere),
        lambda: store.append(nowhere, user("x")),
        lambda: store.append(CHAT, user("x", nothing)),
        lambda: store.set_tip(CHAT, nothing),
        lambda: store.set_title(nowhere, "x"),
        lambda: store.journal(nothing, "text", "x"),
        lambda: store.finish(CHAT, reply("x", None)),
        lambda: store.create_chat(CHAT, system=None, created_at=NOON),
        lambda: store.find_chat("nothing of that name"),
    ]
    for mistake in mistakes:
        with pytest.raises(StoreError):
            mistake()
    assert len(store.load(CHAT)) == 0
    assert store.is_saving is not is_failing
    store.close()


@pytest.mark.parametrize("is_failing", [False, True])
def test_a_chat_whose_id_is_taken_is_imported_under_another(
    path: Path, clock: TestClock, is_failing: bool
) -> None:
    if is_failing:
        path.parent.write_text("in the way")
    store = open_store(path, clock)
    made = Conversation(CHAT, system="s", title="t", messages=(question := user("Why?"),), tip=question.id)
    assert store.import_chat(made) == CHAT
    second = store.import_chat(made)
    assert second != CHAT
    store.append(second, user("And?", question.id))
    assert (len(store.load(CHAT)), len(store.load(second))) == (1, 2)
    store.close()


def test_a_chat_that_another_process_began_can_be_gone_on_with(path: Path, clock: TestClock) -> None:
    elsewhere, store = SqliteStore.open(path, clock), open_store(path, clock)
    elsewhere.create_chat(CHAT, system=None, created_at=NOON)
    elsewhere.append(CHAT, first := user("theirs"))
    store.append(CHAT, second := user("ours", first.id))
    elsewhere.append(CHAT, third := user("theirs again", second.id))
    store.append(CHAT, user("ours again", third.id))
    assert len(store.load(CHAT).path()) == 4
    assert is_saving(store)
    store.close()
    elsewhere.close()


def test_after_closing_nothing_is_saved_and_nothing_breaks(path: Path, clock: TestClock) -> None:
    store = open_store(path, clock)
    store.create_chat(CHAT, system=None, created_at=NOON)
    store.close()
    store.append(CHAT, user("late"))
    assert not is_saving(store)
    store.close()
    assert not path.with_name("chats.db-wal").exists()
