"""Reads the log that Simon Willison's ``llm`` keeps, a SQLite database of its own.

Source: ``llm`` 0.28 ``docs/logging.md``, the schema of ``conversations``, ``responses`` and ``attachments``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from chatrepl.conversation import Conversation
from chatrepl.errors import TranscriptError
from chatrepl.imports.base import Found, Item, Problem
from chatrepl.messages import ChatId, Message, MessageId, Meta, ReplyState, Role, TextPart, Usage
from chatrepl.store.database import explained
from chatrepl.store.records import storable

_WANTED = ("id", "conversation_id", "prompt", "response")
_OPTIONAL = ("model", "system", "datetime_utc", "duration_ms", "input_tokens", "output_tokens")


def read_logs(path: Path, now: datetime) -> Iterator[Item]:
    """Yield the conversations of a log; what was asked without one is a chat of its own.

    Raises:
        TranscriptError: it is another kind of database.
        DiskError: it cannot be read.
    """
    with explained(path):
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        connection.row_factory = sqlite3.Row
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        try:
            columns = {row["name"] for row in connection.execute("PRAGMA table_info(responses)")}
            if not columns.issuperset(_WANTED):
                raise TranscriptError(f"{path.name} is a database, but not a log of llm.")
            yield from _read(connection, columns, now)
        finally:
            connection.close()


def _read(connection: sqlite3.Connection, columns: set[str], now: datetime) -> Iterator[Item]:
    names = ", ".join(name for name in (*_WANTED, *_OPTIONAL) if name in columns)
    tables = {
        row["name"] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    titles = (
        {row["id"]: row["name"] for row in connection.execute("SELECT id, name FROM conversations")}
        if "conversations" in tables
        else {}
    )
    rows = connection.execute(
        f"SELECT {names} FROM responses ORDER BY coalesce(conversation_id, id), rowid"  # noqa: S608
    )
    here: list[sqlite3.Row] = []
    for row in rows:
        if here and _conversation(here[0]) != _conversation(row):
            yield _chat(connection, here, titles, tables, now)
            here = []
        here.append(row)
    if here:
        yield _chat(connection, here, titles, tables, now)


def _conversation(row: sqlite3.Row) -> str:
    return str(row["conversation_id"] or row["id"])


def _chat(
    connection: sqlite3.Connection,
    rows: Sequence[sqlite3.Row],
    titles: dict[Any, Any],
    tables: set[str],
    now: datetime,
) -> Item:
    key = _conversation(rows[0])
    title = " ".join(str(titles.get(key) or "").split())[:200]
    place = f'conversation {key} ("{title}")'
    first = _field(rows[0], "system")
    conversation = Conversation(
        ChatId(_id("chat", key)), system=storable(first) if first else None, title=storable(title)
    )
    problems: list[Problem] = []
    times: list[datetime] = []
    for number, row in enumerate(rows, start=1):
        at = _time(_field(row, "datetime_utc"))
        if at is None:
            at = times[-1] if times else now
            problems.append(
                Problem(f"{place}, response {number}", "it has no time; its neighbour's was taken")
            )
        times.append(at)
        prompt = _text(row, "prompt") + "".join(_attachments(connection, row["id"], tables))
        if prompt.strip():
            made = MessageId(_id("prompt", str(row["id"])))
            if made not in conversation:
                parts = (TextPart(storable(prompt)),)
                conversation.append(Message(made, conversation.tip, Role.USER, parts, at))
        answer = _text(row, "response")
        made = MessageId(_id("response", str(row["id"])))
        if made not in conversation:
            said = (TextPart(storable(answer)),) if answer else ()
            conversation.append(Message(made, conversation.tip, Role.ASSISTANT, said, at, _meta(row)))
    return Found(conversation, min(times), max(times), tuple(problems))


def _meta(row: sqlite3.Row) -> Meta:
    sent, came = _field(row, "input_tokens"), _field(row, "output_tokens")
    usage = None
    if isinstance(sent, int) and isinstance(came, int) and sent >= 0 and came >= 0:
        usage = Usage(sent, came, sent + came)
    duration = _field(row, "duration_ms")
    model = _field(row, "model")
    return Meta(
        state=ReplyState.COMPLETE,
        model=storable(str(model)) if model else None,
        usage=usage,
        duration_s=duration / 1000 if isinstance(duration, (int, float)) else None,
    )


def _attachments(connection: sqlite3.Connection, response: str, tables: set[str]) -> Iterator[str]:
    """Yield what was attached to a prompt, as references: the files themselves stay where they are."""
    if not tables.issuperset({"attachments", "prompt_attachments"}):
        return
    rows = connection.execute(
        "SELECT type, path, url, length(content) AS size FROM prompt_attachments JOIN attachments"
        " ON attachments.id = attachment_id WHERE response_id = ?",
        (response,),
    )
    for row in rows:
        where = row["path"] or row["url"] or (f"{row['size']} bytes" if row["size"] else "")
        yield f"\n\n[attachment: {row['type'] or 'file'} {where}]".rstrip()


def _text(row: sqlite3.Row, name: str) -> str:
    value = _field(row, name)
    return str(value).replace("\0", "") if value is not None else ""


def _field(row: sqlite3.Row, name: str) -> Any:
    return row[name] if name in row.keys() else None  # noqa: SIM118 - a row is no mapping


def _time(value: Any) -> datetime | None:
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _id(kind: str, text: str) -> str:
    return sha256(f"llm {kind} {text}".encode("utf-8", "replace")).hexdigest()[:32]
