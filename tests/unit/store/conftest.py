from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatrepl.store.chats import SqliteStore
from tests.support.conversations import TestClock


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "chats.db"


@pytest.fixture
def store(path: Path, clock: TestClock) -> Iterator[SqliteStore]:
    store = SqliteStore.open(path, clock)
    yield store
    store.close()
