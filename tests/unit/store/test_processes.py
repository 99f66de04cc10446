"""Several processes on one file, processes that are killed, and a disk that is full for one of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chatrepl.messages import ChatId, ReplyState
from chatrepl.store.chats import SqliteStore
from chatrepl.store.records import CRASH_ERROR
from tests.support.conversations import CHAT, NOON, TestClock, user

PREAMBLE = """
import os, sys, threading
from datetime import UTC, datetime
from pathlib import Path
from chatrepl.environment import SystemClock, new_id
from chatrepl.messages import *
from chatrepl.store.chats import SqliteStore
from chatrepl.store.resilient import open_store
path, clock = Path(sys.argv[1]), SystemClock()
def message(text, parent=None, state=None):
    role = Role.ASSISTANT if state else Role.USER
    meta = Meta(state=state) if state else NO_META
    return Message(MessageId(new_id(clock.now())), parent, role, text_parts(text), clock.now(), meta)
def say(text):
    print(text, flush=True)
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(path: Path) -> Iterator[Start]:
    """Run Python code in a process of its own, with the store's path."""
    started: list[subprocess.Popen[str]] = []

    def run(code: str, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", PREAMBLE + code, str(path), *arguments]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_processes_that_start_and_write_at_once_lose_nothing(
    start: Start, path: Path, clock: TestClock
) -> None:
    code = """
say("ready"); sys.stdin.readline()
store = SqliteStore.open(path, clock)
chat = ChatId(sys.argv[2] * 32)
store.create_chat(chat, system=None, created_at=clock.now())
parent = None
for number in range(60):
    new = message(f"{number}", parent)
    store.append(chat, new)
    arriving = message("", new.id, ReplyState.STREAMING)
    store.append(chat, arriving)
    for piece in range(5):
        store.journal(arriving.id, "text", f"{piece},")
    done = Message(arriving.id, new.id, Role.ASSISTANT, text_parts("0,1,2,3,4,"), clock.now(), Meta(state=ReplyState.COMPLETE))
    store.finish(chat, done)
    store.add_input(f"{sys.argv[2]}{number}", clock.now())
    parent = done.id
store.close()
"""
    processes = [start(code, name) for name in "abcd"]
    for process in processes:
        assert line(process) == "ready"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        end(process)
    store = SqliteStore.open(path, clock)
    for name in "abcd":
        texts = [message.text for message in store.load(ChatId(name * 32)).path()]
        assert texts == [text for number in range(60) for text in (str(number), "0,1,2,3,4,")]
    assert len(store.input_history()) == 240
    assert store.warnings() == []
    store.close()


def test_two_processes_in_one_chat_grow_two_branches(start: Start, path: Path, clock: TestClock) -> None:
    store = SqliteStore.open(path, clock)
    store.create_chat(CHAT, system=None, created_at=NOON)
    store.append(CHAT, root := user("root"))
    code = """
store = SqliteStore.open(path, clock)
chat, parent = ChatId("c" * 32), MessageId(sys.argv[2])
for number in range(30):
    new = message(f"child {number}", parent)
    store.append(chat, new)
    parent = new.id
store.close()
"""
    process = start(code, root.id)
    parent = root.id
    for number in range(30):
        store.append(CHAT, new := user(f"parent {number}", parent))
        parent = new.id
    end(process)
    found = store.load(CHAT)
    assert len(found) == 61
    assert len(found.children(root.id)) == 2
    store.close()


KILLED = """
store = SqliteStore.open(path, clock)
chat = ChatId("c" * 32)
store.create_chat(chat, system=None, created_at=clock.now())
question = message("Why?")
store.append(chat, question)
arriving = message("", question.id, ReplyState.STREAMING)
store.append(chat, arriving)
store.journal(arriving.id, "reasoning", "Hm.")
for number in range(200):
    store.journal(arriving.id, "text", f"{number} ")
say(arriving.id)
sys.stdin.readline()
"""


def test_a_reply_of_a_living_process_is_left_alone_and_kept_when_that_is_killed(
    start: Start, path: Path, clock: TestClock
) -> None:
    process = start(KILLED)
    arriving = line(process)
    so_far = "".join(f"{number} " for number in range(200))
    store = SqliteStore.open(path, clock)
    reply = store.load(CHAT).path()[-1]
    assert (reply.id, reply.text, reply.meta.state) == (arriving, so_far, ReplyState.STREAMING)
    process.kill()
    process.wait()
    for _ in range(2):
        question, reply = store.load(CHAT).path()
        assert question.text == "Why?"
        assert (reply.text, reply.reasoning) == (so_far, "Hm.")
        assert (reply.meta.state, reply.meta.error) == (ReplyState.INTERRUPTED, CRASH_ERROR)
    assert store.warnings() == []
    store.close()


def test_processes_that_find_the_same_damage_set_one_file_aside(
    start: Start, path: Path, clock: TestClock
) -> None:
    path.parent.mkdir()
    path.write_bytes(b"garbage" * 1000)
    code = """
say("ready"); sys.stdin.readline()
store = SqliteStore.open(path, clock)
store.create_chat(ChatId(sys.argv[2] * 32), system=None, created_at=clock.now())
store.append(ChatId(sys.argv[2] * 32), message("x"))
store.close()
"""
    processes = [start(code, name) for name in "abc"]
    for process in processes:
        assert line(process) == "ready"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        end(process)
    assert len([*path.parent.glob("chats.db.corrupt-*")]) == 1
    store = SqliteStore.open(path, clock)
    assert len(store.list_chats()) == 3
    store.close()


def test_when_the_disk_is_full_the_chat_goes_on_and_is_saved_once_there_is_room(
    start: Start, path: Path, clock: TestClock
) -> None:
    """A limit on the size of files stands for the full disk."""
    code = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = open_store(path, clock)
chat = ChatId("c" * 32)
store.create_chat(chat, system=None, created_at=clock.now())
first = message("before")
store.append(chat, first)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
parent = first.id
for number in range(20):
    new = message(f"{number} " + "x" * 50_000, parent)
    store.append(chat, new)
    parent = new.id
assert not store.is_saving
(warning,) = store.warnings()
assert "nothing is saved" in warning, warning
assert len(store.load(chat)) == 21
assert store.last_chat() == chat
if sys.argv[2] == "freed":
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.close()
say("done")
"""
    process = start(code, "full")
    assert line(process) == "done"
    store = SqliteStore.open(path, clock)
    assert store.warnings() == [], "the file is whole"
    assert 0 < len(store.load(CHAT)) < 21
    store.close()
    for file in path.parent.glob("chats.db*"):
        if file.is_file():
            file.unlink()
    process = start(code, "freed")
    assert line(process) == "done"
    store = SqliteStore.open(path, clock)
    assert [message.text.split()[0] for message in store.load(CHAT).path()] == [
        "before",
        *map(str, range(20)),
    ]
    store.close()
