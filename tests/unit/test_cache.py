"""What was learned about servers: kept for the next run, and never in the way."""

from __future__ import annotations

import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from chatrepl.cache import MAX_ENTRIES, JsonCache
from tests.support.fakes import FakeClock


def test_a_value_is_there_for_the_next_one_with_its_age(tmp_path: Path) -> None:
    clock = FakeClock()
    JsonCache(tmp_path / "c" / "a.json", clock).put("x", {"n": [1, None]})
    clock.at += timedelta(hours=2)
    found = JsonCache(tmp_path / "c" / "a.json", clock).get("x")
    assert found is not None
    assert found.value == {"n": [1, None]}
    assert found.age_s == pytest.approx(7200, abs=1)
    assert JsonCache(tmp_path / "c" / "a.json", clock).get("y") is None


def test_a_clock_that_was_put_back_makes_nothing_younger_than_new(tmp_path: Path) -> None:
    clock = FakeClock()
    cache = JsonCache(tmp_path / "a.json", clock)
    cache.put("x", 1)
    clock.at -= timedelta(days=400)
    found = cache.get("x")
    assert found is not None
    assert found.age_s == 0.0


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe", b'{"x": 1}', b'{"x": {"at": "y"}}', b"[" * 100_000]
)
def test_a_damaged_file_holds_nothing_and_is_written_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    cache = JsonCache(path, FakeClock())
    assert cache.get("x") is None
    cache.put("x", 2)
    found = cache.get("x")
    assert found is not None
    assert found.value == 2


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    JsonCache(tmp_path / "new" / "a.json", FakeClock()).put("x", 1)
    assert stat.S_IMODE((tmp_path / "new" / "a.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_where_nothing_can_be_written_nothing_happens(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = JsonCache(tmp_path / "file" / "a.json", FakeClock())
    cache.put("x", 1)
    assert cache.get("x") is None


def test_the_oldest_go_first(tmp_path: Path) -> None:
    cache = JsonCache(tmp_path / "a.json", FakeClock())
    for number in range(MAX_ENTRIES + 3):
        cache.put(str(number), number)
    assert cache.get("2") is None
    assert cache.get("3") is not None


def test_many_threads_leave_a_file_that_can_be_read(tmp_path: Path) -> None:
    cache = JsonCache(tmp_path / "a.json", FakeClock())
    threads = [threading.Thread(target=cache.put, args=(str(number), number)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(cache.get(str(number)) is not None for number in range(8))
