"""Files that are damaged, newer, foreign, locked or in the wrong place."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from chatrepl.store import migrations
from chatrepl.store.chats import SqliteStore
from chatrepl.store.failures import CorruptError, DiskError, NewerError, explain, explain_os
from tests.support.conversations import CHAT, NOON, TestClock, user


def fill(path: Path, clock: TestClock, messages: int = 50) -> None:
    """Make a file with a chat in it and no side files."""
    store = SqliteStore.open(path, clock)
    store.create_chat(CHAT, system=None, created_at=NOON)
    for _ in range(messages):
        store.append(CHAT, user("some words " * 20))
    store.close()


def garbage(path: Path) -> None:
    path.write_bytes(b"this is not a database, whatever its name says\n" * 500)


def truncated(path: Path) -> None:
    os.truncate(path, 5000)


def cut_to_a_few_bytes(path: Path) -> None:
    os.truncate(path, 50)


def bad_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\xff" * 16)


def wrong_page_size(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(16)
        file.write(b"\x00\x07")


def empty_beside_a_log(path: Path) -> None:
    os.truncate(path, 0)
    path.with_name("chats.db-wal").write_bytes(b"what was written last")


@pytest.mark.parametrize(
    "damage", [garbage, truncated, cut_to_a_few_bytes, bad_header, wrong_page_size, empty_beside_a_log]
)
def test_a_damaged_file_is_set_aside_and_a_fresh_one_begun(
    path: Path, clock: TestClock, damage: Callable[[Path], None]
) -> None:
    fill(path, clock)
    damage(path)
    content = path.read_bytes()
    store = SqliteStore.open(path, clock)
    (warning,) = store.warnings()
    (aside,) = path.parent.glob("chats.db.corrupt-2026????T??????Z")
    assert str(aside) in warning
    assert aside.read_bytes() == content
    assert store.warnings() == []
    store.create_chat(CHAT, system=None, created_at=NOON)
    store.append(CHAT, user("anew"))
    assert store.last_chat() == CHAT
    store.close()


def test_the_log_of_a_damaged_file_is_set_aside_with_it(path: Path, clock: TestClock) -> None:
    fill(path, clock)
    empty_beside_a_log(path)
    SqliteStore.open(path, clock).close()
    (aside,) = path.parent.glob("chats.db.corrupt-*Z-wal")
    assert aside.read_bytes() == b"what was written last"


def test_two_damaged_files_of_one_second_are_both_kept(path: Path) -> None:
    class StoppedClock(TestClock):
        def now(self) -> datetime:
            return NOON

    for number in range(3):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"damaged %d " % number * 100)
        SqliteStore.open(path, StoppedClock()).close()
    kept = sorted(file.read_bytes()[:9] for file in path.parent.glob("chats.db.corrupt-*"))
    assert kept == [b"damaged 0", b"damaged 1", b"damaged 2"]


def test_an_empty_file_is_a_fresh_one(path: Path, clock: TestClock) -> None:
    path.parent.mkdir()
    path.touch()
    store = SqliteStore.open(path, clock)
    assert store.warnings() == []
    assert store.last_chat() is None
    store.close()


def test_a_file_of_a_newer_chatrepl_is_refused_and_left_alone(path: Path, clock: TestClock) -> None:
    fill(path, clock)
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO migrations VALUES (99, 'later', 0)")
    connection.commit()
    connection.close()
    content = path.read_bytes()
    with pytest.raises(NewerError, match=r"newer chatrepl \(version 99 .* knows \d+\)") as error:
        SqliteStore.open(path, clock)
    assert error.value.hint == "Update chatrepl."
    assert path.read_bytes() == content
    assert not [*path.parent.glob("*corrupt*")]


def test_a_database_of_another_program_is_refused_and_left_alone(path: Path, clock: TestClock) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE cookies (name TEXT)")
    connection.close()
    content, rights = path.read_bytes(), path.stat().st_mode
    with pytest.raises(NewerError, match="another program"):
        SqliteStore.open(path, clock)
    assert (path.read_bytes(), path.stat().st_mode) == (content, rights)


def test_migrations_run_once_and_in_order(
    path: Path, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(path, clock)
    ran: list[str] = []

    def second(connection: sqlite3.Connection) -> None:
        ran.append("second")
        connection.execute("ALTER TABLE chats ADD COLUMN colour TEXT")

    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, second))
    for _ in range(2):
        store = SqliteStore.open(path, clock)
        assert len(store.load(CHAT)) == 50
        store.close()
    assert ran == ["second"]
    connection = sqlite3.connect(path)
    names = [step.__name__ for step in migrations.MIGRATIONS]
    assert connection.execute("SELECT version, name FROM migrations").fetchall() == [
        *enumerate(names, start=1)
    ]
    assert (names[0], names[-1]) == ("_begin", "second")
    connection.close()


def test_a_migration_that_fails_changes_nothing(
    path: Path, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(path, clock)

    def second(connection: sqlite3.Connection) -> None:
        connection.execute("DROP TABLE drafts")
        connection.execute("DROP TABLE nothing_of_that_name")

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, second))
        with pytest.raises(DiskError):
            SqliteStore.open(path, clock)
    store = SqliteStore.open(path, clock)
    store.save_draft("still there")
    assert store.load_draft() == "still there"
    store.close()


def test_a_directory_in_the_place_of_the_file(path: Path, clock: TestClock) -> None:
    path.mkdir(parents=True)
    with pytest.raises(DiskError, match=re.escape(str(path))):
        SqliteStore.open(path, clock)


def test_a_file_in_the_place_of_the_directory(path: Path, clock: TestClock) -> None:
    path.parent.write_text("a file")
    with pytest.raises(DiskError, match=re.escape(str(path))) as error:
        SqliteStore.open(path, clock)
    assert error.value.hint


def test_a_place_where_nothing_can_be_made(clock: TestClock) -> None:
    with pytest.raises(DiskError, match="/proc/nothing"):
        SqliteStore.open(Path("/proc/nothing/chats.db"), clock)


def test_a_circle_of_links(tmp_path: Path, clock: TestClock) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(DiskError):
        SqliteStore.open(tmp_path / "a" / "chats.db", clock)


def test_a_link_to_the_file_is_followed(path: Path, clock: TestClock, tmp_path: Path) -> None:
    fill(path, clock, 1)
    garbage(path)
    (tmp_path / "link.db").symlink_to(path)
    store = SqliteStore.open(tmp_path / "link.db", clock)
    assert store.path == path
    assert (tmp_path / "link.db").is_symlink()
    assert [*path.parent.glob("chats.db.corrupt-*")]
    store.close()


def test_a_lock_that_lasts_becomes_a_sentence(path: Path, clock: TestClock) -> None:
    fill(path, clock, 1)
    store = SqliteStore.open(path, clock, timeout_s=0.01)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DiskError, match=r"keeps .* locked"):
        store.append(CHAT, user("x"))
    assert len(store.load(CHAT)) == 1, "reading goes on"
    with pytest.raises(DiskError, match=r"keeps .* locked"):
        SqliteStore.open(path, clock, timeout_s=0.01)
    other.execute("ROLLBACK")
    store.append(CHAT, user("x"))
    assert len(store.load(CHAT)) == 2
    other.close()
    store.close()


def test_who_begins_to_write_keeps_others_from_writing(
    store: SqliteStore, path: Path, clock: TestClock
) -> None:
    """So that what a transaction reads first is still so when it writes."""
    other = SqliteStore.open(path, clock, timeout_s=0.01)
    with store._database.write(), pytest.raises(DiskError, match="locked"):
        other.save_draft("x")
    other.save_draft("x")
    other.close()


def test_a_full_disk_becomes_a_sentence_and_the_file_stays_whole(path: Path, clock: TestClock) -> None:
    fill(path, clock, 1)
    store = SqliteStore.open(path, clock)
    with store._database.read() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 5}")
    with pytest.raises(DiskError, match="disk is full") as error:
        store.append(CHAT, user("x" * 100_000))
    assert "/save" in (error.value.hint or "")
    store.append(CHAT, user("short"))
    assert [message.text[:5] for message in store.load(CHAT).messages.values()] == ["some ", "short"]
    store.close()


def test_a_file_that_was_moved_away_is_noticed(path: Path, clock: TestClock) -> None:
    fill(path, clock, 1)
    store = SqliteStore.open(path, clock)
    path.rename(path.with_name("elsewhere.db"))
    with pytest.raises(DiskError, match="moved or removed"):
        store.append(CHAT, user("x"))
    store.close()


def test_a_store_for_reading_shows_chats_and_refuses_to_write(path: Path, clock: TestClock) -> None:
    fill(path, clock, 3)
    store = SqliteStore.open_for_reading(path, clock)
    assert not store.is_saving
    assert len(store.load(CHAT)) == 3
    with pytest.raises(DiskError, match="may be read but not written"):
        store.append(CHAT, user("x"))
    store.close()
    assert [file.name for file in path.parent.iterdir() if file.name.startswith("chats.db-")] == [
        "chats.db-lock"
    ]


@pytest.mark.parametrize(
    "content", ["", "[", '"x"', '{"state":7}', '{"usage":{"colour":1}}', '{"cost_usd":"x"}']
)
def test_meta_that_cannot_be_read_says_so_and_harms_nothing_else(store: SqliteStore, content: str) -> None:
    store.create_chat(CHAT, system=None, created_at=NOON)
    store.append(CHAT, message := user("x"))
    with store._database.write() as connection:
        connection.execute("UPDATE messages SET meta = ?", (content,))
    found = store.load(CHAT)[message.id]
    assert found.text == "x"
    assert "cannot be read" in (found.meta.error or "")


def test_a_role_that_does_not_exist_is_a_sentence(store: SqliteStore) -> None:
    from chatrepl.errors import StoreError

    store.create_chat(CHAT, system=None, created_at=NOON)
    store.append(CHAT, user("x"))
    with store._database.write() as connection:
        connection.execute("UPDATE messages SET role = 'robot'")
    with pytest.raises(StoreError, match="cannot be read"):
        store.load(CHAT)


def test_damage_found_while_reading_is_told_apart(path: Path, clock: TestClock) -> None:
    fill(path, clock, 500)
    with path.open("r+b") as file:
        file.seek(4096 * 32)
        file.write(b"\xee" * (path.stat().st_size - 4096 * 32))
    store = SqliteStore.open(path, clock)
    with pytest.raises(CorruptError, match="damaged"):
        store.load(CHAT)
    store.close()


def test_errors_without_a_code_and_of_other_kinds_have_a_sentence() -> None:
    path = Path("chats.db")
    assert isinstance(
        explain(sqlite3.OperationalError("Could not decode to UTF-8 column"), path), CorruptError
    )
    assert "cannot be read or written" in explain(sqlite3.ProgrammingError("closed"), path).message
    assert "disk is full" in explain_os(OSError(28, "No space left on device"), path).message
