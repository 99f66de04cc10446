"""What /status says of limits, the server's and one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatrepl.cancellation import Cancellation
from chatrepl.commands.limits import limit_rows, shown_time
from chatrepl.exchange import Allowance, RateLimits
from chatrepl.messages import Usage
from chatrepl.pacing import DAY_US, Limit, Pace
from chatrepl.session import Session
from chatrepl.store.resilient import open_store
from chatrepl.turn import Kind
from tests.support.fakes import FakeClock, ScriptedClient, make_session, says

PACE = Pace("openai", (Limit("requests", 20), Limit("tokens", 1_000_000, DAY_US)), "mine")


def rows(tmp_path: Path, limits: RateLimits | None, clock: FakeClock | None = None) -> dict[str, str]:
    client = ScriptedClient()
    client.limits = limits
    return dict(limit_rows(make_session(tmp_path, client, clock=clock)))


def test_nothing_is_said_where_nobody_says_anything(tmp_path: Path) -> None:
    assert rows(tmp_path, None) == {}


def test_what_is_left_is_said_with_its_age(tmp_path: Path) -> None:
    clock = FakeClock()
    limits = RateLimits(
        Allowance(5000, 4998, 15.0), Allowance(40_000, 39_500, 360.0), clock.seconds - 3, "req_1"
    )

    assert rows(tmp_path, limits, clock) == {
        "requests left": "4 998 of 5 000, full again in 12 s (as the server said 3 s ago)",
        "tokens left": "39 500 of 40 000, full again in 6 min (as the server said 3 s ago)",
        "request id": "req_1 (of the last answer)",
    }


@pytest.mark.parametrize(
    ("allowance", "text"),
    [
        (Allowance(14_400, 14_399, None, "day"), "14 399 of 14 400 a day (as"),
        (Allowance(None, 119), "119 (as"),
        (Allowance(120, None), "not said, of 120 (as"),
        (Allowance(20, 0, 2.0), "0 of 20, full again by now (as"),
    ],
)
def test_what_is_not_known_is_left_out(tmp_path: Path, allowance: Allowance, text: str) -> None:
    clock = FakeClock()

    found = rows(tmp_path, RateLimits(allowance, None, clock.seconds - 60, None), clock)

    assert [*found] == ["requests left"]
    assert found["requests left"].startswith(text)


def test_what_a_server_said_of_one_model_is_not_said_of_another(tmp_path: Path) -> None:
    asked: list[str] = []

    class Client(ScriptedClient):
        def rate_limits(self, model: str) -> RateLimits | None:
            asked.append(model)
            return None

    session = make_session(tmp_path, Client())
    session.use_model("large")

    assert [*limit_rows(session)] == []
    assert asked == ["large"]


def own(session: Session) -> str:
    return dict(limit_rows(session))["own limits"]


def test_ones_own_limits_are_said_with_what_is_used(tmp_path: Path) -> None:
    client = ScriptedClient(says("Hi", usage=Usage(1_000, 234, 1_234)))
    session = make_session(tmp_path, client, pace=PACE)

    list(session.turn(Kind.ASK, "hello", Cancellation()))

    assert own(session) == (
        "openai (tier mine): used 1 of 20 requests a minute, 1 234 of 1 000 000 tokens a day, "
        "by all running chatrepl processes"
    )


def test_limits_in_memory_only_are_called_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    clock = FakeClock()
    store = open_store(tmp_path / "file" / "chats.db", clock)
    session = make_session(tmp_path, ScriptedClient(), store=store, clock=clock, pace=PACE)

    assert "by this process alone, since nothing is saved" in own(session)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (0.012, "0.1 s"), (1.0, "1 s"), (59.2, "60 s"), (100, "2 min"), (7200, "2.0 h")],
)
def test_a_time_is_said_as_a_person_would(seconds: float, text: str) -> None:
    assert shown_time(seconds) == text
