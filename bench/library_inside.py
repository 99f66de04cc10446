"""Works with a library from inside: ``python -I bench/library_inside.py make FILE MESSAGES`` or ``… look DATA_DIRECTORY``.

``make`` writes a data export of ChatGPT with so many messages of ordinary lengths, in words as frequent as those of a
language. ``look`` prints JSON: how long searches, the first page of the picker and durable messages take, in milliseconds,
and how many bytes the library takes for a byte of text.
"""

from __future__ import annotations

import itertools
import json
import random
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

CHAT_MESSAGES = 20
SEARCHES = 40
APPENDS = 60
_SYLLABLES = [
    "ka",
    "lo",
    "mi",
    "ter",
    "ing",
    "con",
    "pre",
    "sta",
    "vor",
    "el",
    "an",
    "de",
    "un",
    "fi",
    "gra",
    "sol",
    "tem",
    "por",
    "rin",
    "qua",
    "be",
    "hu",
]


def vocabulary(chance: random.Random) -> list[str]:
    """Return words, the most frequent first; the frequent ones are short."""
    words: dict[str, None] = {}
    while len(words) < 60_000:
        length = 1 + min(5, int(len(words) ** 0.14) + chance.randint(-1, 1))
        words["".join(chance.choices(_SYLLABLES, k=max(1, length)))] = None
    return list(words)


class Writer:
    """Writes messages whose words are as frequent as Zipf's law has it."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.words = vocabulary(self.chance)
        weights = [1 / (rank + 2) for rank in range(len(self.words))]
        self._sums = list(itertools.accumulate(weights))

    def text(self, mean_words: float) -> str:
        """Return a message of about so many words; some are five times as long."""
        count = max(2, min(1500, int(self.chance.lognormvariate(0, 0.9) * mean_words * 0.67)))
        return " ".join(self.chance.choices(self.words, cum_weights=self._sums, k=count))


def make(file: Path, count: int) -> int:
    """Write the export, and return the bytes of text in it."""
    writer = Writer(1)
    pool = [(writer.text(25), writer.text(110)) for _ in range(6000)]
    size = 0
    with file.open("w", encoding="utf-8") as out:
        out.write("[")
        for number in range(count // CHAT_MESSAGES):
            chat, texts = conversation(number, writer, pool)
            size += texts
            out.write((",\n" if number else "") + json.dumps(chat))
        out.write("]")
    return size


def conversation(number: int, writer: Writer, pool: list[tuple[str, str]]) -> tuple[dict[str, Any], int]:
    """Return a conversation as ChatGPT exports it, and the bytes of its text."""
    mapping: dict[str, Any] = {}
    parent, size = None, 0
    began_s = 1_700_000_000 + number * 600
    for step in range(CHAT_MESSAGES):
        id = f"{number:08x}-0000-4000-8000-{step:012x}"
        text = pool[writer.chance.randrange(len(pool))][step % 2] + f" n{number}x{step}"
        size += len(text)
        mapping[id] = {
            "id": id,
            "parent": parent,
            "children": [],
            "message": {
                "id": id,
                "author": {"role": "assistant" if step % 2 else "user", "name": None, "metadata": {}},
                "create_time": began_s + step,
                "content": {"content_type": "text", "parts": [text]},
                "status": "finished_successfully",
                "metadata": {"model_slug": "gpt-4o"} if step % 2 else {},
                "recipient": "all",
            },
        }
        if parent is not None:
            mapping[parent]["children"].append(id)
        parent = id
    chat = {
        "title": " ".join(writer.chance.sample(writer.words, 4)),
        "create_time": began_s,
        "update_time": began_s + CHAT_MESSAGES,
        "mapping": mapping,
        "current_node": parent,
        "conversation_id": f"{number:08x}-0000-4000-9000-000000000000",
    }
    return chat, size


def look(directory: Path) -> dict[str, Any]:
    """Search, list and add to a library, and say how long each took."""
    from chatrepl.environment import SystemClock
    from chatrepl.messages import ChatId, Message, MessageId, Role, TextPart
    from chatrepl.ports import ChatFilter
    from chatrepl.queries import read_query
    from chatrepl.store.resilient import open_store
    from chatrepl.ui.picker import PAGE_CHATS, fetch

    clock = SystemClock()
    store = open_store(directory / "chatrepl" / "chats.db", clock)
    library = store.library
    stats = library.stats(UTC)
    writer = Writer(1)
    words = writer.words
    searches: list[float] = []
    for number in range(SEARCHES):
        kinds = (
            words[number],
            words[writer.chance.randrange(200, 20_000)],
            f"{words[number]} {words[writer.chance.randrange(50, 2000)]}",
            words[writer.chance.randrange(1000)][:3],
        )
        query, _ = read_query(kinds[number % 4], clock.now(), UTC)
        began = time.perf_counter()
        library.search(query, 20)
        searches.append(1000 * (time.perf_counter() - began))
    pages: list[float] = []
    for typed in ("", "", words[3], words[300], words[5000][:4], "") * 2:
        began = time.perf_counter()
        fetch(library, typed, PAGE_CHATS, clock)
        pages.append(1000 * (time.perf_counter() - began))
    chat = ChatId("f" * 32)
    store.create_chat(chat, system=None, created_at=datetime.now(UTC))
    appends: list[float] = []
    parent = None
    for number in range(APPENDS):
        made = Message(
            MessageId(f"{number:032x}"), parent, Role.USER, (TextPart(writer.text(60)),), clock.now()
        )
        began = time.perf_counter()
        store.append(chat, made)
        appends.append(1000 * (time.perf_counter() - began))
        parent = made.id
    assert len(library.list(ChatFilter(), 1)) == 1
    store.close()
    size = (directory / "chatrepl" / "chats.db").stat().st_size
    return {
        "messages": stats.message_count,
        "search_ms": searches,
        "page_ms": pages,
        "append_ms": appends,
        "size_ratio": size / stats.text_bytes,
    }


if __name__ == "__main__":
    if sys.argv[1] == "make":
        print(make(Path(sys.argv[2]), int(sys.argv[3])))
    else:
        print(json.dumps(look(Path(sys.argv[2]))))
