"""The list of models: asked for once a day, and there without a network."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.cache import JsonCache
from chatrepl.errors import TransportError
from chatrepl.exchange import ModelInfo
from chatrepl.model_list import ModelList, find, shown_age, shutdown_notice
from tests.support.fakes import FakeClock

MODELS = (
    ModelInfo("alpha-large", 128_000, 4096, "alpha", None, Decimal("2.5"), Decimal(10), ("tools", "vision")),
    ModelInfo("alpha-small", shutdown_date="2026-02-01"),
)


class Server:
    """Counts how often it is asked, and can be away."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_away = False

    def __call__(self) -> Sequence[ModelInfo]:
        self.asked += 1
        if self.is_away:
            raise TransportError("nothing answers", code="refused")
        return MODELS


def listing(tmp_path: Path, server: Server, clock: FakeClock, **options: Any) -> ModelList:
    memory = JsonCache(tmp_path / "models.json", clock)
    return ModelList(server, memory, "https://a.example/v1", **({"is_volatile": False} | options))


def test_the_list_is_asked_for_once_a_day_by_all_runs(tmp_path: Path) -> None:
    clock, server = FakeClock(), Server()
    first = listing(tmp_path, server, clock)
    assert first.known() is None
    assert first.get().models == MODELS
    assert first.get().models == MODELS
    clock.at += timedelta(hours=23)
    again = listing(tmp_path, server, clock).get()
    assert again.models == MODELS
    assert again.age_s == pytest.approx(23 * 3600, abs=1)
    assert server.asked == 1
    clock.at += timedelta(hours=2)
    assert listing(tmp_path, server, clock).get().age_s == 0
    assert server.asked == 2


def test_what_is_kept_is_read_once_however_often_it_is_wanted(tmp_path: Path) -> None:
    clock, server = FakeClock(), Server()
    listing(tmp_path, server, clock).get()
    models = listing(tmp_path, server, clock)
    assert models.known() is not None
    (tmp_path / "models.json").unlink()
    assert models.known() is not None


def test_it_can_be_asked_for_again_at_once(tmp_path: Path) -> None:
    server = Server()
    models = listing(tmp_path, server, FakeClock())
    models.get()
    models.get(refresh=True)
    assert server.asked == 2


def test_without_a_network_the_last_list_is_there_and_says_why_it_is_old(tmp_path: Path) -> None:
    clock, server = FakeClock(), Server()
    listing(tmp_path, server, clock).get()
    clock.at += timedelta(days=40)
    server.is_away = True
    listed = listing(tmp_path, server, clock).get()
    assert listed.models == MODELS
    assert listed.problem is not None
    assert listed.problem.message == "nothing answers"


def test_without_a_network_and_without_a_list_the_error_is_told(tmp_path: Path) -> None:
    server = Server()
    server.is_away = True
    with pytest.raises(TransportError):
        listing(tmp_path, server, FakeClock()).get()


def test_a_server_of_ones_own_is_asked_in_every_run(tmp_path: Path) -> None:
    server = Server()
    for _ in range(2):
        models = listing(tmp_path, server, FakeClock(), is_volatile=True)
        models.get()
        models.get()
    assert server.asked == 2


def test_each_server_has_a_list_of_its_own(tmp_path: Path) -> None:
    clock = FakeClock()
    memory = JsonCache(tmp_path / "models.json", clock)
    ModelList(Server(), memory, "https://a.example/v1", is_volatile=False).get()
    assert ModelList(Server(), memory, "https://b.example/v1", is_volatile=False).known() is None


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_a_damaged_list_is_no_list(value: Any) -> None:
    class Memory:
        def get(self, key: str) -> Any:
            return type("Kept", (), {"value": value, "age_s": 0.0})()

        def put(self, key: str, value: Any) -> None: ...

    ModelList(Server(), Memory(), "x", is_volatile=False).known()


def test_models_are_found_by_any_of_their_words() -> None:
    assert [model.id for model in find(MODELS, ["LARGE"])] == ["alpha-large"]
    assert [model.id for model in find(MODELS, ["alpha", "vision"])] == ["alpha-large"]
    assert len(find(MODELS, [])) == 2
    assert find(MODELS, ["zzz"]) == ()


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 1, 1), None),
        (date(2026, 1, 2), "on 2026-02-01, in 30 days"),
        (date(2026, 1, 31), "tomorrow"),
        (date(2026, 2, 1), "today"),
        (date(2026, 2, 2), "was to be switched off"),
    ],
)
def test_a_model_that_ends_soon_is_said(day: date, words: str | None) -> None:
    notice = shutdown_notice(MODELS[1], day)
    assert notice is None if words is None else words in str(notice)
    assert shutdown_notice(MODELS[0], day) is None


@pytest.mark.parametrize(
    ("age_s", "said"),
    [(0, "just now"), (59, "just now"), (60, "1 minute ago"), (7200, "2 hours ago"), (90_000, "1 day ago")],
)
def test_ages_are_said_in_the_largest_unit(age_s: float, said: str) -> None:
    assert shown_age(age_s) == said
