"""The screencast is one: its form is asciinema's, and played back it shows what it is to show."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from docs.screencast import LONGEST_PAUSE_S, cast
from tests.support.emulator import Emulator

CAST = Path(__file__).parents[2] / "docs" / "pictures" / "chat.cast"


def test_the_screencast_has_a_header_and_events_in_order() -> None:
    header, *events = map(json.loads, CAST.read_text(encoding="utf-8").splitlines())

    assert header["version"] == 2
    assert (header["width"], header["height"]) == (84, 24)
    assert all(kind == "o" and isinstance(text, str) for _, kind, text in events)
    times = [at for at, _, _ in events]
    assert times[0] == 0
    assert all(0 <= later - earlier <= LONGEST_PAUSE_S + 0.001 for earlier, later in pairwise(times))
    assert 10 < times[-1] < 60
    assert CAST.stat().st_size < 200_000


def test_played_back_it_shows_a_chat() -> None:
    header, *events = map(json.loads, CAST.read_text(encoding="utf-8").splitlines())
    screen = Emulator(header["width"], header["height"])
    for _, _, text in events:
        screen.take(text)

    shown = "\n".join(row.rstrip() for row in screen.all_rows())
    assert shown.count("> What is a generator in Python, compared with a list?") == 1
    assert shown.count("    for number in range(limit):") == 1
    assert "Use a generator when you read the values once." in shown
    assert "/compact" in shown
    assert "sk-picture" not in CAST.read_text(encoding="utf-8")
    assert "/tmp" not in shown


@pytest.mark.parametrize("pause_s", [0.5, 30.0])
def test_a_recording_begins_at_once_and_long_pauses_are_cut(pause_s: float) -> None:
    lines = cast([(9.0, "a"), (9.0 + pause_s, "\u00e9")]).splitlines()

    assert json.loads(lines[1]) == [0.0, "o", "a"]
    assert json.loads(lines[2]) == [min(pause_s, LONGEST_PAUSE_S), "o", "\u00e9"]
