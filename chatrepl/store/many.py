"""Statements about many rows at once.

A statement gives up the lock of Python's interpreter while it runs, and waits for it afterwards: with one for each row,
another thread that is at work can hold them up for minutes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

ROWS_AT_ONCE = 512
"""So many are stored by one statement, where SQLite takes so many values; more make it no quicker."""


def insert(connection: sqlite3.Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Run a statement that ends where its rows begin, after ``VALUES``."""
    for some in chunks(connection, rows):
        connection.execute(statement + places(some), [*chain.from_iterable(some)])


def chunks(
    connection: sqlite3.Connection, rows: Sequence[Sequence[Any]]
) -> Iterator[Sequence[Sequence[Any]]]:
    """Yield as many rows at a time as one statement takes.

    Their numbers are powers of two, so that there are few different statements: the connection keeps them all.
    """
    at = 0
    while at < len(rows):
        limit = min(ROWS_AT_ONCE, connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // len(rows[at]))
        size = 1 << (min(limit, len(rows) - at).bit_length() - 1)
        yield rows[at : at + size]
        at += size


def places(rows: Sequence[Sequence[Any]]) -> str:
    """Return question marks for the values of rows."""
    one = f"({','.join('?' * len(rows[0]))})"
    return ",".join([one] * len(rows))
