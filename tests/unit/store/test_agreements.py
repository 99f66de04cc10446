"""What the user agreed to send stays with its chat on this machine, and nowhere else; the disk may fail meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from chatrepl.conversation import Conversation, Mark, Rating, Verdict
from chatrepl.memory_ports import Agreements
from chatrepl.messages import ChatId
from chatrepl.store import migrations
from chatrepl.store.chats import SqliteStore
from chatrepl.store.resilient import RETRY_AFTER_S, ResilientStore, open_store
from tests.support.conversations import CHAT, NOON, TestClock, reply, user
from tests.unit.store.test_resilient import Disk

OTHER = ChatId("d" * 32)
HERE, THERE = "here.example", "there.example"
ONE, TWO = b"1" * 32, b"2" * 32
NONE: frozenset[bytes] = frozenset()


def just(*digests: bytes) -> frozenset[bytes]:
    return frozenset(digests)


def fits_the_port(store: ResilientStore, plain: SqliteStore) -> tuple[Agreements, Agreements]:
    """Both are what the guard asks; the type checker looks at this."""
    return store.agreements, plain.agreements


def begin(store: ResilientStore | SqliteStore, chat: ChatId = CHAT) -> None:
    store.create_chat(chat, system=None, created_at=NOON)
    store.append(chat, user("Why?"))


def on_disk(path: Path, chat: ChatId = CHAT, provider: str = HERE) -> frozenset[bytes]:
    """Return what the next process would find."""
    with closing(SqliteStore.open(path, TestClock())) as store:
        return store.agreements.of(chat, provider)


@pytest.fixture
def shared(path: Path, clock: TestClock) -> Iterator[ResilientStore]:
    store = open_store(path, clock)
    begin(store)
    yield store
    store.close()


def test_an_agreement_is_found_again_for_its_chat_and_its_server_only(
    shared: ResilientStore, path: Path
) -> None:
    begin(shared, OTHER)
    shared.agreements.add(CHAT, HERE, just(ONE))
    shared.agreements.add(CHAT, HERE, just(ONE, TWO))
    shared.agreements.add(CHAT, THERE, just(TWO))
    assert shared.agreements.of(CHAT, HERE) == just(ONE, TWO) == on_disk(path)
    assert shared.agreements.of(CHAT, THERE) == just(TWO) == on_disk(path, provider=THERE)
    assert shared.agreements.of(OTHER, HERE) == NONE == on_disk(path, OTHER)


def test_a_withdrawal_counts_at_every_server_of_the_chat(shared: ResilientStore, path: Path) -> None:
    begin(shared, OTHER)
    for chat, provider in ((CHAT, HERE), (CHAT, THERE), (OTHER, HERE)):
        shared.agreements.add(chat, provider, just(ONE))
    shared.agreements.withdraw(CHAT)
    for provider in (HERE, THERE):
        assert shared.agreements.of(CHAT, provider) == NONE == on_disk(path, provider=provider)
    assert shared.agreements.of(OTHER, HERE) == just(ONE) == on_disk(path, OTHER)


def test_what_another_process_adds_or_withdraws_counts_at_once(
    shared: ResilientStore, path: Path, clock: TestClock
) -> None:
    shared.agreements.add(CHAT, HERE, just(ONE))
    with closing(open_store(path, clock)) as other:
        other.agreements.add(CHAT, HERE, just(TWO))
        assert shared.agreements.of(CHAT, HERE) == just(ONE, TWO)
        other.agreements.withdraw(CHAT)
        assert shared.agreements.of(CHAT, HERE) == NONE


def test_agreements_go_with_their_chat_when_it_is_removed_for_good(store: SqliteStore) -> None:
    begin(store)
    store.agreements.add(CHAT, HERE, just(ONE))
    store.library.delete(CHAT)
    store.library.restore(CHAT)
    assert store.agreements.of(CHAT, HERE) == just(ONE)
    store.library.delete(CHAT)
    assert store.library.tend(NOON + timedelta(days=1)) == 1
    assert store.agreements.of(CHAT, HERE) == NONE
    assert store.library.check() == []


def test_no_copy_of_a_chat_has_its_agreements(store: SqliteStore, tmp_path: Path) -> None:
    begin(store)
    store.agreements.add(CHAT, HERE, just(ONE))
    copy = store.import_chat(store.load(CHAT))
    assert copy != CHAT
    assert store.agreements.of(copy, HERE) == NONE
    with closing(SqliteStore.open(tmp_path / "elsewhere" / "chats.db", TestClock())) as elsewhere:
        elsewhere.library.import_chats([elsewhere.library.prepare(store.library.read(CHAT))])
        assert elsewhere.agreements.of(CHAT, HERE) == NONE


def test_a_chat_that_is_not_in_the_file_leaves_nothing_there_and_is_not_asked_again_in_this_run(
    shared: ResilientStore, path: Path
) -> None:
    shared.agreements.add(OTHER, HERE, just(ONE))
    assert shared.agreements.of(OTHER, HERE) == just(ONE)
    assert on_disk(path, OTHER) == NONE
    assert shared.library.check() == []
    assert shared.is_saving


# When the disk fails --------------------------------------------------------------------------------------------------


def test_an_answer_that_a_full_disk_cannot_take_counts_at_once_and_is_saved_later(
    shared: ResilientStore, path: Path, clock: TestClock
) -> None:
    shared.agreements.add(CHAT, HERE, just(ONE))
    disk, many = Disk(shared), frozenset(number.to_bytes(32, "big") for number in range(500))
    disk.fill()
    shared.agreements.add(CHAT, HERE, many)
    assert not shared.is_saving
    assert shared.agreements.of(CHAT, HERE) == many | just(ONE)
    disk.free()
    assert on_disk(path) == just(ONE)
    clock.seconds += RETRY_AFTER_S + 1
    shared.save_draft("And")
    assert on_disk(path) == many | just(ONE) == shared.agreements.of(CHAT, HERE)


def test_an_answer_that_is_taken_back_while_nothing_is_saved_is_taken_back_on_disk_later(
    shared: ResilientStore, path: Path
) -> None:
    shared.agreements.add(CHAT, HERE, just(ONE))
    disk = Disk(shared)
    disk.fill()
    shared.append(CHAT, user("x" * 20_000))
    assert not shared.is_saving
    shared.agreements.withdraw(CHAT)
    assert shared.agreements.of(CHAT, HERE) == NONE
    shared.agreements.add(CHAT, THERE, just(TWO))
    assert shared.agreements.of(CHAT, THERE) == just(TWO)
    disk.free()
    shared.close()
    assert (on_disk(path), on_disk(path, provider=THERE)) == (NONE, just(TWO))


def test_a_file_that_is_removed_while_open_is_made_anew_with_what_was_agreed_to(
    shared: ResilientStore, path: Path
) -> None:
    shared.agreements.add(CHAT, HERE, just(ONE))
    for file in path.parent.glob("chats.db*"):
        if file.is_file():
            file.unlink()
    shared.agreements.add(CHAT, HERE, just(TWO))
    assert shared.agreements.of(CHAT, HERE) == just(ONE, TWO) == on_disk(path)


def test_what_is_taken_back_is_not_brought_to_a_new_file(shared: ResilientStore, path: Path) -> None:
    shared.agreements.add(CHAT, HERE, just(ONE))
    for file in path.parent.glob("chats.db*"):
        if file.is_file():
            file.unlink()
    shared.agreements.withdraw(CHAT)
    assert shared.agreements.of(CHAT, HERE) == NONE == on_disk(path)


def test_without_a_file_answers_count_for_this_run(tmp_path: Path, clock: TestClock) -> None:
    (tmp_path / "file").write_text("in the way")
    with closing(open_store(tmp_path / "file" / "chats.db", clock)) as store:
        begin(store)
        store.agreements.add(CHAT, HERE, just(ONE))
        assert store.agreements.of(CHAT, HERE) == just(ONE)
        assert store.agreements.of(CHAT, THERE) == NONE
        store.agreements.withdraw(CHAT)
        assert store.agreements.of(CHAT, HERE) == NONE


# The table ------------------------------------------------------------------------------------------------------------


def everything(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of all tables, but for the list of steps; the index of words has them in tables of its own."""
    with closing(sqlite3.connect(path)) as connection:
        names = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
            )
        ]
        return {
            name: connection.execute(f"SELECT * FROM {name}").fetchall()
            for name in names
            if name not in {"migrations", "words"}
        }


def test_a_library_of_the_schema_before_keeps_all_that_is_in_it(
    path: Path, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [step.__name__ for step in migrations.MIGRATIONS]
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[: steps.index("_agreements")])
        with closing(SqliteStore.open(path, clock)) as before:
            chat = Conversation(CHAT, system="Be brief.", title="Reasons")
            chat.append(asked := user("Why?"))
            chat.append(answer := reply("Because.", asked.id))
            chat.marks[asked.id] = Mark.PINNED
            chat.ratings[answer.id] = Rating(Verdict.UP, "good", NOON)
            chat.tags = ("why",)
            before.import_chat(chat)
            before.add_input("Why?", NOON)
            before.save_draft("And", CHAT)
    was = everything(path)
    assert "agreements" not in was
    assert on_disk(path) == NONE
    assert everything(path) == was | {"agreements": []}


def test_no_more_than_digests_is_kept(shared: ResilientStore, path: Path) -> None:
    shared.agreements.add(CHAT, HERE, just(ONE))
    assert everything(path)["agreements"] == [(CHAT, HERE, ONE)]
