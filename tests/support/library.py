"""A library with two chats, made without running the program."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from chatrepl.messages import ChatId, Meta, ReplyState, Usage
from chatrepl.store.chats import SqliteStore
from tests.support.conversations import NOON, TestClock, reply, user

WHOLE = Meta(state=ReplyState.COMPLETE, model="test-model", provider="127.0.0.1", usage=Usage(14, 3, 17))


def fill(path: Path, *chats: tuple[str, str]) -> None:
    """Make a library with chats of a question and a reply, the last one changed last."""
    with closing(SqliteStore.open(path, TestClock())) as store:
        for number, (question, answer) in enumerate(chats, start=1):
            chat = ChatId(f"{number:032x}")
            asked = user(question)
            store.create_chat(chat, system=None, created_at=NOON)
            store.append(chat, asked)
            store.append(chat, reply(answer, asked.id, WHOLE))
