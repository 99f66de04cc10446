"""The index of words: a full-text table without texts of its own, which proposes messages for a query.

A message is in the index once it has arrived; one that is still arriving is not. Only the numbers of messages are kept
under each word, no places in them: that takes a seventh of the room of the text, and whether a phrase is there is read
from the text itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from chatrepl.search import WORDS_VERSION, Term, indexed
from chatrepl.store.many import insert

PAGE_ROWS = 2000

CREATE = (
    "CREATE VIRTUAL TABLE words USING fts5"
    "(found, content='', detail=none, columnsize=0, tokenize='ascii', prefix='2 3')"
)
"""What is not ASCII comes as ``indexed`` took it apart, so that SQLite need not know letters."""
_SETTINGS = {"hashsize": 16 << 20, "automerge": 0, "crisismerge": 512, "usermerge": 4}
"""So many bytes are gathered before they are written. Parts are merged by ``merge_some``, so that no message waits for that,
or where there are far too many of them.
"""
MANY_PARTS = 128
"""Each import of ten thousand messages makes a part, and so does each message that is said. A search of a million messages
takes a third longer in so many than in one.
"""
STEP_PAGES = 200
"""So much is merged at a time, which takes less than a tenth of a second."""


def add(connection: sqlite3.Connection, rows: Iterable[tuple[int, str]]) -> None:
    """Take messages into the index, given as position and text."""
    add_words(connection, [(position, indexed(text)) for position, text in rows])


def add_words(connection: sqlite3.Connection, rows: Iterable[tuple[int, str]]) -> None:
    """Take messages into the index, given as position and what ``indexed`` made of the text.

    Many are put together first: within a transaction the index writes all it has whenever another statement begins that
    could fail, and one that tells it of ten thousand messages is ten times as quick.
    """
    told = [(position, words) for position, words in rows if words]
    if len(told) == 1:
        insert(connection, "INSERT INTO words (rowid, found) VALUES ", told)
        return
    connection.execute("CREATE TEMP TABLE told (position INTEGER PRIMARY KEY, words TEXT)")
    insert(connection, "INSERT INTO temp.told VALUES ", told)
    connection.execute("INSERT INTO words (rowid, found) SELECT position, words FROM temp.told")
    connection.execute("DROP TABLE temp.told")


def remove(connection: sqlite3.Connection, rows: Iterable[tuple[int, str]]) -> None:
    """Take messages out of the index; the texts must be those that were added."""
    connection.executemany(
        "INSERT INTO words (words, rowid, found) VALUES ('delete', ?, ?)",
        ((position, indexed(text)) for position, text in rows if text),
    )


def has_many_parts(connection: sqlite3.Connection) -> bool:
    """Whether a search has to look into so many parts of the index that merging them is worth it."""
    (count,) = connection.execute("SELECT count(DISTINCT segid) FROM words_idx").fetchone()
    return int(count) > MANY_PARTS


def merge_some(connection: sqlite3.Connection) -> bool:
    """Go on merging parts of the index that are of about one size; returns whether there were any.

    Source: the manual of FTS5: where nothing was to be done, no more than one row changes.
    """
    before = connection.total_changes
    connection.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (STEP_PAGES,))
    return connection.total_changes - before > 1


def forget_removed(connection: sqlite3.Connection) -> None:
    """Write the index anew without the words that only removed messages had; they would stand in it for a while."""
    connection.execute("INSERT INTO words (words) VALUES ('optimize')")


def rebuild(connection: sqlite3.Connection) -> None:
    """Make the index anew from the messages."""
    connection.execute("DROP TABLE IF EXISTS words")
    connection.execute(CREATE)
    for name, value in _SETTINGS.items():
        connection.execute("INSERT INTO words (words, rank) VALUES (?, ?)", (name, value))
    last = 0
    while True:
        rows = connection.execute(
            "SELECT position, text FROM messages WHERE position > ? AND writer IS NULL ORDER BY position LIMIT ?",
            (last, PAGE_ROWS),
        ).fetchall()
        if not rows:
            break
        add(connection, rows)
        last = rows[-1][0]
    connection.execute("INSERT INTO words (words) VALUES ('optimize')")
    connection.execute("INSERT OR REPLACE INTO facts VALUES ('words_version', ?)", (WORDS_VERSION,))


def is_current(connection: sqlite3.Connection) -> bool:
    """Whether the index was made with the words as they are taken today."""
    found = connection.execute("SELECT value FROM facts WHERE name = 'words_version'").fetchone()
    return found is not None and found[0] == WORDS_VERSION


def expression(terms: Sequence[Term], *, is_last_open: bool = False) -> str:
    """Return what FTS5 is asked for messages that may have all terms. Empty: the index cannot say.

    With ``is_last_open`` only the last word may go on in the text: beginnings of frequent words cost time.
    """
    asked: dict[str, None] = {}
    for place, term in enumerate(terms):
        for number, word in enumerate(term.words):
            is_end = number == len(term.words) - 1
            is_open = term.is_open and is_end and len(word) > 1
            if is_last_open:
                is_open = is_open and place == len(terms) - 1
            asked[f'"{word}" *' if is_open else f'"{word}"'] = None
    return " AND ".join(asked)
