"""The library from the command line: ``chatrepl chats``, ``export``, ``import``, and ``-r``."""

from __future__ import annotations

import csv
import json
import sqlite3
import zipfile
from pathlib import Path

import pytest

from chatrepl.errors import ExitStatus
from tests.cli.conftest import RunCli
from tests.support.library import fill

SAMPLES = Path(__file__).parent.parent / "data" / "imports"


@pytest.fixture
def asked(run_cli: RunCli, environment: dict[str, str]) -> RunCli:
    """Return the program of somebody who has two chats."""
    fill(
        Path(environment["XDG_DATA_HOME"]) / "chatrepl" / "chats.db",
        ("How do I read a file?", "Use pathlib."),
        ("What is the weather?", "It rains in Kölle."),
    )
    return run_cli


def ok(run: RunCli, *arguments: str) -> str:
    done = run(*arguments)
    assert done.returncode == ExitStatus.OK, done.stderr
    return done.stdout


def test_chats_are_listed_for_people_and_programs(asked: RunCli) -> None:
    rows = [*csv.reader(ok(asked, "chats").splitlines(), delimiter="\t")]
    assert [row[-1] for row in rows] == ["What is the weather?", "How do I read a file?"]
    listed = json.loads(ok(asked, "chats", "list", "--json", "weather"))
    assert [chat["title"] for chat in listed] == ["What is the weather?"]
    assert listed[0]["message_count"] == 2
    assert listed[0]["model"] == "test-model"


def test_messages_are_found_with_filters(asked: RunCli) -> None:
    assert "Use pathlib." in ok(asked, "chats", "search", "pathl")
    found = json.loads(ok(asked, "chats", "search", "kolle", "--role", "assistant", "--json"))
    assert [hit["text"] for hit in found["hits"]] == ["It rains in Kölle."]
    assert found["count"] == 1
    assert asked("chats", "search", "nothing-like-it").returncode == ExitStatus.ERROR
    wrong = asked("chats", "search", "x", "--since", "soon")
    assert wrong.returncode == ExitStatus.USAGE
    assert "since" in wrong.stderr


def test_a_chat_is_named_tagged_put_away_deleted_and_brought_back(asked: RunCli) -> None:
    assert "Files" in ok(asked, "chats", "rename", "How do I", "Files")
    assert "#python" in ok(asked, "chats", "tag", "Files", "python")
    assert json.loads(ok(asked, "chats", "list", "--json", "tag:python"))[0]["title"] == "Files"
    ok(asked, "chats", "archive", "Files")
    assert "Files" not in ok(asked, "chats")
    assert "Files" in ok(asked, "chats", "list", "--archived")
    ok(asked, "chats", "archive", "Files", "--out")
    assert "in the bin" in ok(asked, "chats", "delete", "Files")
    assert "Files" not in ok(asked, "chats")
    assert "Files" in ok(asked, "chats", "list", "--bin")
    assert "is back" in ok(asked, "chats", "restore", "Files")
    ok(asked, "chats", "delete", "Files")
    assert asked("chats", "empty-bin").returncode == ExitStatus.USAGE
    assert "1 chats were removed" in ok(asked, "chats", "empty-bin", "--yes")
    assert "Files" not in ok(asked, "chats", "list", "--bin")
    assert "sound" in ok(asked, "chats", "check")


def test_the_library_is_copied_checked_made_small_and_counted(asked: RunCli, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    ok(asked, "chats", "backup", str(copy))
    assert copy.stat().st_mode & 0o077 == 0
    assert asked("chats", "backup", str(copy)).returncode == ExitStatus.ERROR
    ok(asked, "chats", "backup", str(copy), "--force")
    assert "sound" in ok(asked, "chats", "check")
    assert "bytes before" in ok(asked, "chats", "vacuum")
    stats = json.loads(ok(asked, "chats", "stats", "--json"))
    assert (stats["chat_count"], stats["message_count"]) == (2, 4)
    assert stats["models"] == {"test-model": 2}
    shown = ok(asked, "chats", "stats")
    assert "2 chats; 4 messages" in shown
    assert "messages a day" in shown


def test_a_copy_is_imported_where_it_is_wanted(asked: RunCli, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    ok(asked, "chats", "backup", str(copy))
    elsewhere = {"XDG_DATA_HOME": str(tmp_path / "elsewhere")}
    done = asked("import", str(copy), **elsewhere)
    assert "2 new chats" in done.stdout, done.stderr
    assert "What is the weather?" in asked("chats", **elsewhere).stdout
    again = asked("import", str(copy), **elsewhere)
    assert "0 new chats, 0 that have grown, 2 that were there already" in again.stdout


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_what_goes_out_and_comes_in_and_goes_out_is_the_same(
    asked: RunCli, tmp_path: Path, form: str
) -> None:
    ok(asked, "chats", "tag", "What is", "weather")
    file, again = tmp_path / f"out.{form}", tmp_path / f"again.{form}"
    which = ["What is the weather?"] if form == "json" else ["--all"]
    ok(asked, "export", *which, "-o", str(file))
    elsewhere = {"XDG_DATA_HOME": str(tmp_path / "elsewhere")}
    assert "new chats" in asked("import", str(file), **elsewhere).stdout
    done = asked("export", *which, "-o", str(again), **elsewhere)
    assert done.returncode == ExitStatus.OK, done.stderr
    assert again.read_text() == file.read_text()


def test_exports_choose_by_name_filter_and_search(asked: RunCli, tmp_path: Path) -> None:
    assert "Use pathlib." in ok(asked, "export", "How do I", "-f", "text")
    assert ok(asked, "export", "--search", "rains", "-f", "text").count("Assistant") == 1
    assert ok(asked, "export", "--all", "-f", "markdown").count("## You") == 2
    assert json.loads(ok(asked, "export", "How", "-f", "openai"))["messages"][1]["content"] == "Use pathlib."
    page = tmp_path / "page.html"
    ok(asked, "export", "--all", "-o", str(page))
    assert "Content-Security-Policy" in page.read_text()
    assert page.stat().st_mode & 0o077 == 0
    assert asked("export", "--all", "-o", str(page)).returncode == ExitStatus.ERROR
    for arguments, said in (
        ((), "Which chats"),
        (("--all", "-f", "json"), "one chat"),
        (("How", "-o", str(tmp_path / "x.docx")), "in which form"),
        (("--search", "nothinglikeit"), "No chat fits"),
    ):
        done = asked("export", *arguments)
        assert done.returncode != ExitStatus.OK
        assert said in done.stderr


def test_every_known_kind_is_told_by_what_is_in_it(run_cli: RunCli, tmp_path: Path) -> None:
    before = ok(run_cli, "import", "--dry-run", str(SAMPLES))
    assert "Would bring in" in before
    assert "There is no library" in run_cli("chats", "list").stdout or not run_cli("chats").stdout.strip()
    done = run_cli("import", str(SAMPLES), "--tag", "from-elsewhere")
    assert done.returncode == ExitStatus.OK, done.stdout
    chats = json.loads(ok(run_cli, "chats", "list", "--json", "tag:from-elsewhere"))
    assert len(chats) >= 6
    assert ok(run_cli, "import", str(SAMPLES)).splitlines()[-1].startswith("0 new chats")


def test_an_archive_is_read_without_unpacking_it(run_cli: RunCli, tmp_path: Path) -> None:
    chats = [{"title": "Zipped", "mapping": {"a": {"id": "a", "message": {"id": "a", "author": {"role": "user"}, "create_time": 1.7e9,
              "content": {"content_type": "text", "parts": ["hello zip"]}}, "parent": None, "children": []}}, "current_node": "a"}]  # fmt: skip
    file = tmp_path / "export.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../../../../tmp/evil/conversations.json", json.dumps(chats))
        archive.writestr("user.json", "{}")
    done = run_cli("import", str(file))
    assert done.returncode == ExitStatus.OK, done.stdout
    assert "1 new chats" in done.stdout
    assert "hello zip" in ok(run_cli, "chats", "search", "zip")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "home") == ["export.zip"]


def test_the_log_of_llm_is_read(run_cli: RunCli, tmp_path: Path) -> None:
    file = tmp_path / "logs.db"
    connection = sqlite3.connect(file)
    connection.executescript(
        "CREATE TABLE conversations (id TEXT PRIMARY KEY, name TEXT, model TEXT);"
        "CREATE TABLE responses (id TEXT PRIMARY KEY, model TEXT, prompt TEXT, system TEXT, prompt_json TEXT,"
        " options_json TEXT, response TEXT, response_json TEXT, conversation_id TEXT, duration_ms INTEGER,"
        " datetime_utc TEXT, input_tokens INTEGER, output_tokens INTEGER);"
        "INSERT INTO conversations VALUES ('c1', 'About cats', 'gpt-4o');"
        "INSERT INTO responses VALUES ('r1', 'gpt-4o', 'Why do cats purr?', 'Be brief.', NULL, '{}', 'They like it.', NULL,"
        " 'c1', 1200, '2025-03-04T05:06:07.000000+00:00', 11, 5);"
        "INSERT INTO responses VALUES ('r2', 'gpt-4o', 'Really?', NULL, NULL, '{}', 'Really.', NULL,"
        " 'c1', 900, '2025-03-04T05:07:07.000000', 22, 2);"
        "INSERT INTO responses VALUES ('r3', 'llama', 'Alone', NULL, NULL, '{}', 'Yes', NULL, NULL, NULL, 'nonsense', NULL, NULL);"
    )
    connection.commit()
    connection.close()
    done = run_cli("import", str(file))
    assert "2 new chats" in done.stdout, done.stderr
    assert "no time" in done.stdout
    chat = json.loads(ok(run_cli, "export", "About cats"))
    assert chat["system"] == "Be brief."
    assert [message["parts"][0]["text"] for message in chat["messages"]] == [
        *("Why do cats purr?", "They like it.", "Really?", "Really."),
    ]
    assert chat["messages"][1]["meta"]["usage"]["prompt_tokens"] == 11
    assert chat["created_at"] == "2025-03-04T05:06:07Z"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("cut.json", b'[{"title": "x", "mapping": {"a": {"id"', "cut"),
        ("latin.json", b"\xe9\xe8 nothing", "byte 1"),
        ("other.json", b'{"some": "thing"}', "other.json"),
        ("empty.json", b"", "empty"),
        ("fake.db", b"SQLite format 3\0" + b"x" * 100, "fake.db"),
        ("fake.zip", b"PK\x03\x04 nonsense", "fake.zip"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place_and_changes_nothing(
    run_cli: RunCli, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    done = run_cli("import", str(file))
    assert "Traceback" not in done.stderr + done.stdout
    assert "mistake" not in done.stderr
    assert said in done.stdout + done.stderr
    assert not run_cli("chats").stdout.strip()


def test_resuming_from_a_list_needs_a_terminal(asked: RunCli) -> None:
    done = asked("-r", "-p", "hello")
    assert done.returncode in {ExitStatus.USAGE, ExitStatus.ERROR}
    assert "Traceback" not in done.stderr


def test_without_a_library_there_is_nothing_to_do_and_none_is_made(run_cli: RunCli, tmp_path: Path) -> None:
    assert run_cli("chats").stdout == ""
    assert run_cli("chats", "list", "--json").stdout == "[]\n"
    assert run_cli("export", "--all").returncode == ExitStatus.ERROR
    assert run_cli("chats", "delete", "x").returncode == ExitStatus.ERROR
    assert not [*tmp_path.rglob("chats.db")]
