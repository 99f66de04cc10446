"""A process that is killed at a random moment of a real turn loses nothing that it had acknowledged.

``CHATREPL_CRASH_ROUNDS=200 pytest tests/cli/test_crashes.py`` goes on for longer.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chatrepl.messages import ChatId, MessageId, ReplyState
from chatrepl.ports import ChatFilter
from chatrepl.queries import read_query
from chatrepl.store.chats import SqliteStore
from tests.support.conversations import TestClock
from tests.support.raw_server import Answer, Pause, RawServer, RecordedRequest, chat_chunks, stream_answer

ROUNDS = int(os.environ.get("CHATREPL_CRASH_ROUNDS", "6"))
WORDS = 30

CHILD = """
import random, sys, threading
from pathlib import Path
from chatrepl import wiring
from chatrepl.cancellation import Cancellation
from chatrepl.commands.all import ALL
from chatrepl.commands.base import Context
from chatrepl.conversation import Conversation, Rating, Verdict
from chatrepl.environment import Environment, new_id
from chatrepl.messages import ChatId, Message, MessageId, Role, text_parts
from chatrepl.ports import WholeChat
from chatrepl.turn import Completed, Kind, Stored

environment = Environment()
loaded = wiring.load_settings(environment, {}, None)
connection = wiring.connect(loaded, environment, wants_local=False, local_file=None, may_fall_back=False,
                            on_progress=lambda _: None)
session = wiring.build_session(loaded, environment, connection)
seed = int(sys.argv[1])
chance = random.Random(seed)
now = environment.clock.now

def say(*words):
    print(*words, flush=True)

def bring_in(number):
    chats = []
    for index in range(3):
        chat = Conversation(ChatId(f"{seed:08x}{number:08x}{index:016x}"))
        for step in range(5):
            parts = text_parts(f"imported{seed}x{number}")
            chat.append(Message(MessageId(f"{index:016x}{step:016x}"), chat.tip, Role.USER, parts, now()))
        chats.append(WholeChat(chat, now(), now()))
    session.library.import_chats([session.library.prepare(chat) for chat in chats])

session.prepare()
say("ready")
for number in range(1000):
    if chance.random() < 0.3:
        session.new_chat()
    for event in session.turn(Kind.ASK, f"question {seed} {number}", Cancellation()):
        if isinstance(event, Stored):
            say("asked", session.conversation.id, event.message.id)
        elif isinstance(event, Completed):
            say("replied", session.conversation.id, event.message.id)
    what = chance.randrange(6)
    reply = session.reply(None)
    if what == 0:
        session.rate(reply.id, Rating(Verdict.UP, "note", now()))
        say("rated", session.conversation.id, reply.id)
    elif what == 1:
        bring_in(number)
        say("imported", f"{seed:08x}{number:08x}", "-")
    elif what == 2:
        session.tag([f"t{number}"], [])
        say("tagged", session.conversation.id, f"t{number}")
    elif what == 3:
        list(session.turn(Kind.RETRY, "", Cancellation()))
    elif what == 4:
        session.undo()
"""


def answer(request: RecordedRequest) -> Answer:
    pieces = [f"word{number} " for number in range(WORDS)]
    steps: list[bytes | Pause] = []
    for step in chat_chunks(pieces):
        steps += [step, Pause(0.002)]
    return stream_answer(steps)


def test_what_was_acknowledged_is_there_after_every_kill(
    environment: dict[str, str], server: RawServer
) -> None:
    server.handler = answer
    path = Path(environment["XDG_DATA_HOME"]) / "chatrepl" / "chats.db"
    environment = {**environment, "OPENAI_BASE_URL": server.base_url}
    chance = random.Random(7)
    acknowledged: list[tuple[str, str, str]] = []
    partial = 0
    for number in range(ROUNDS):
        process = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(number)], env=environment, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        delay_s = chance.uniform(0.0, 0.6)
        killer = threading.Timer(delay_s, process.send_signal, [signal.SIGKILL])
        killer.start()
        for line in process.stdout:
            words = line.split()
            if line.endswith("\n") and len(words) == 3:
                acknowledged.append((words[0], words[1], words[2]))
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        partial += look_over(path, acknowledged)
    assert acknowledged
    if ROUNDS >= 100:
        assert partial > 0  # some kills hit a reply


def look_over(path: Path, acknowledged: list[tuple[str, str, str]]) -> int:
    """Check that all is there, and return how many replies were cut off."""
    with closing(SqliteStore.open(path, TestClock())) as store:
        assert store.warnings() == []
        assert store.library.check() == []
        cut = 0
        chats = {chat: store.load(chat) for chat in store.library.ids(ChatFilter())}
        for what, chat, id in acknowledged:
            if what == "imported":
                there = [known for known in chats if known.startswith(chat)]
                assert [len(chats[known]) for known in there] == [5, 5, 5]
                continue
            here = chats[ChatId(chat)]
            if what == "rated":
                assert MessageId(id) in here.ratings
            elif what == "tagged":
                assert id in here.tags
            else:
                message = here[MessageId(id)]
                if what == "replied":
                    assert message.meta.state is ReplyState.COMPLETE
                    assert message.text == "".join(f"word{number} " for number in range(WORDS))
        for chat_id, here in chats.items():
            for message in here.messages.values():
                if message.meta.state is ReplyState.INTERRUPTED:
                    whole = "".join(f"word{number} " for number in range(WORDS))
                    assert whole.startswith(message.text)
                    cut += 1
            first = next(iter(here.messages.values())).text
            query, _ = read_query(f'"{first}"', datetime.now(UTC), UTC)
            assert store.library.search(query, 1000, chat=chat_id).hits
        imported = [chat for chat in chats if chat[16:28] == "0" * 12 and len(chats[chat]) == 5]
        assert len(imported) % 3 == 0  # all three of a batch, or none
        return cut


def test_a_disk_that_is_full_loses_nothing_that_was_stored(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """A limit of the file's size stands for a full disk; what was there stays, and what comes is told not to be saved."""
    path = tmp_path / "chats.db"
    with closing(SqliteStore.open(path, TestClock())) as store:
        size = path.stat().st_size
        chat = ChatId("c" * 32)
        store.create_chat(chat, system=None, created_at=TestClock().now())
    code = f"""
import resource, sys
from pathlib import Path
from chatrepl.conversation import Conversation
from chatrepl.environment import SystemClock
from chatrepl.messages import *
from chatrepl.ports import WholeChat
from chatrepl.store.resilient import open_store
from chatrepl.errors import StoreError
clock = SystemClock()
store = open_store(Path({str(path)!r}), clock)
resource.setrlimit(resource.RLIMIT_FSIZE, ({size} + 200_000, {size} + 200_000))
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
done = 0
for number in range(100):
    chat = Conversation(ChatId(f"{{number:032x}}"))
    for step in range(4):
        chat.append(Message(MessageId(f"{{step:032x}}"), chat.tip, Role.USER, text_parts(f"words{{number}} " * 400), clock.now()))
    try:
        store.library.import_chats([store.library.prepare(WholeChat(chat, clock.now(), clock.now()))])
        done += 1
    except StoreError as error:
        print("refused:", error.message)
        break
print(done)
print(*store.warnings())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    lines = done.stdout.splitlines()
    count = int(lines[-2] if len(lines) > 1 else lines[-1])
    assert 0 < count < 100, done.stdout
    assert "refused" in done.stdout
    assert "full" in done.stdout or "nothing is saved" in done.stdout
    with closing(SqliteStore.open(path, TestClock())) as store:
        assert store.library.check() == []
        assert len(store.library.ids(ChatFilter())) == count


pytestmark = pytest.mark.timeout(60 + 5 * ROUNDS)
