"""Turns that keep to limits: what waits, what is said of it, and what counts afterwards, however a turn ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from chatrepl.cancellation import Cancellation
from chatrepl.environment import new_id
from chatrepl.errors import (
    ApiError,
    AuthError,
    ContextTooLongError,
    RateLimitedError,
    ServerError,
    TransportError,
)
from chatrepl.exchange import Finished, Retrying, Started, TextDelta, Waiting
from chatrepl.messages import ReplyState, Usage
from chatrepl.pacer import LOOK_EVERY_S, Pacer
from chatrepl.pacing import Limit, Pace, Ticket
from chatrepl.session import Session
from chatrepl.settings import Settings
from chatrepl.turn import Cancelled, Completed, Failed, Kind, TurnEvent
from tests.support.fakes import FakeClock, ScriptedClient, Step, make_session, says

PACE = Pace("openai", (Limit("requests", 2), Limit("tokens", 40_000)))
USAGE = Usage(30, 12, 42)
PROMPT = 8
"""The tokens of ``hello`` as a request."""


class World:
    """A session with limits whose waits take no time: they move the clock."""

    def __init__(self, tmp_path: Path, client: ScriptedClient, pace: Pace | None = PACE) -> None:
        self.clock = FakeClock()
        self.client = client
        self.session: Session = make_session(tmp_path, client, clock=self.clock, pace=pace)
        self.waits: list[float] = []
        self.during_wait: Callable[[Cancellation], None] = lambda _: None
        if pace is not None:
            self.session.pacer = lambda: Pacer(  # type: ignore[method-assign]
                pace, self.session.store.reservations, self.clock, wait=self._wait
            )

    def _wait(self, cancellation: Cancellation, seconds: float) -> bool:
        self.waits.append(seconds)
        self.clock.at += timedelta(seconds=seconds)
        self.clock.seconds += seconds
        self.during_wait(cancellation)
        return cancellation.is_cancelled

    def ask(self, text: str = "hello", kind: Kind = Kind.ASK) -> list[TurnEvent]:
        return list(self.session.turn(kind, text, Cancellation()))

    def used(self) -> tuple[int, int]:
        """Return the requests and the tokens that count."""
        pacer = self.session.pacer()
        assert pacer is not None
        (_, requests), (_, tokens) = pacer.used()
        return requests, tokens

    def others(self, count: int, tokens: int = 10) -> None:
        """Let other processes send."""
        for _ in range(count):
            self.session.store.reservations.ask(Ticket(new_id(self.clock.now()), PACE, tokens))

    def queued(self) -> int:
        """Return how many wait."""
        ticket = Ticket(new_id(self.clock.now()), PACE._replace(limits=(Limit("requests", 1),)), 10)
        answer = self.session.store.reservations.ask(ticket)
        self.session.store.reservations.withdraw(ticket)
        return getattr(answer, "number", 1) - 1


def test_without_limits_nothing_is_asked_of_the_store(tmp_path: Path) -> None:
    world = World(tmp_path, ScriptedClient(says("Hi")), pace=None)

    assert world.session.pacer() is None
    assert isinstance(world.ask()[-1], Completed)
    assert world.session.store._reservations is None  # type: ignore[attr-defined]


def test_a_request_within_the_limits_goes_at_once_and_its_real_usage_counts(tmp_path: Path) -> None:
    world = World(tmp_path, ScriptedClient(says("Hi", usage=USAGE)))

    events = world.ask()

    assert not any(isinstance(event, Waiting) for event in events)
    assert world.waits == []
    assert world.used() == (1, 42)


def test_while_a_reply_arrives_its_room_is_held_free(tmp_path: Path) -> None:
    held: list[tuple[int, int]] = []
    script: list[Step] = [TextDelta("Hi"), lambda _: held.append(world.used()), Finished("stop")]
    world = World(tmp_path, ScriptedClient(script))

    world.ask()

    assert held == [(1, PROMPT + 1024)], "a quarter of the window of 4096 tokens"


def test_a_request_beyond_a_limit_waits_and_says_how_long_and_for_what(tmp_path: Path) -> None:
    world = World(tmp_path, ScriptedClient(says("Hi", usage=USAGE)))
    world.others(2)
    asked_at: list[int] = []
    world.during_wait = lambda _: asked_at.append(len(world.client.requests))

    events = world.ask()

    waits = [event for event in events if isinstance(event, Waiting)]
    assert waits[0] == Waiting("rate limit: place 1, 2 requests a minute at openai", 60.0)
    assert [wait.seconds for wait in waits[:-1]] == [float(second) for second in range(60, 0, -1)]
    assert waits[-1] == Waiting("asking openai")
    assert isinstance(events[-1], Completed)
    assert set(asked_at) == {0}, "nothing was sent before"
    assert max(world.waits) <= LOOK_EVERY_S
    assert sum(world.waits) == pytest.approx(60, abs=0.2)


def test_a_wait_for_a_limit_is_not_part_of_what_the_reply_took(tmp_path: Path) -> None:
    world = World(tmp_path, ScriptedClient(says("Hi", usage=USAGE)))
    world.others(2)

    end = world.ask()[-1]

    assert isinstance(end, Completed)
    assert end.message.meta.duration_s == pytest.approx(0, abs=0.5)
    assert end.message.meta.first_token_s == pytest.approx(0, abs=0.5)


def test_the_place_is_shown_as_those_before_leave(tmp_path: Path) -> None:
    world = World(tmp_path, ScriptedClient(says("Hi", usage=USAGE)))
    world.others(2)
    before = Ticket("before", PACE, 10)
    world.session.store.reservations.ask(before)

    def leave(_: Cancellation) -> None:
        if len(world.waits) == 3:
            world.session.store.reservations.withdraw(before)

    world.during_wait = leave

    reasons = [event.reason for event in world.ask() if isinstance(event, Waiting)]

    assert [reason.split(", ")[0][-1:] for reason in reasons[:4]] == ["2", "2", "2", "1"]


def test_a_wait_can_be_cancelled_at_once_and_leaves_the_queue(tmp_path: Path) -> None:
    world = World(tmp_path, ScriptedClient(says("never")))
    world.others(2)
    queued: list[int] = []

    def cancel(cancellation: Cancellation) -> None:
        queued.append(world.queued())
        cancellation.cancel()

    world.during_wait = cancel

    events = world.ask()

    assert isinstance(events[-1], Cancelled)
    assert world.session.conversation.path()[-1].meta.state is ReplyState.INTERRUPTED
    assert world.client.requests == []
    assert len(world.waits) == 1
    assert queued == [1]
    assert world.queued() == 0
    assert world.used() == (2, 20)


def test_a_turn_that_is_closed_while_it_waits_leaves_the_queue(tmp_path: Path) -> None:
    world = World(tmp_path, ScriptedClient(says("never")))
    world.others(2)
    turn = world.session.turn(Kind.ASK, "hello", Cancellation())
    next(event for event in turn if isinstance(event, Waiting))
    assert world.queued() == 1

    turn.close()

    assert world.queued() == 0
    assert world.client.requests == []


def test_a_turn_that_is_closed_just_before_it_is_sent_gives_its_room_back(tmp_path: Path) -> None:
    world = World(tmp_path, ScriptedClient(says("never")))
    world.others(2)
    turn = world.session.turn(Kind.ASK, "hello", Cancellation())
    next(event for event in turn if event == Waiting("asking openai"))
    assert world.used()[0] == 1

    turn.close()

    assert world.used() == (0, 0)
    assert world.client.requests == []


def failure(kind: type[ApiError], status: int | None = None, code: str | None = None) -> ApiError:
    return kind("no", status=status, code=code)


@pytest.mark.parametrize(
    ("script", "counts"),
    [
        pytest.param(says("Hi", usage=USAGE), (1, 42), id="the usage that was reported"),
        pytest.param(
            [Started("1", "m"), failure(TransportError, code="broken")],
            (1, PROMPT),
            id="broken before a word",
        ),
        pytest.param([failure(TransportError, code="refused")], (0, 0), id="nobody answers"),
        pytest.param([failure(TransportError, code="dns")], (0, 0), id="no such host"),
        pytest.param(
            [Started("1", "m"), failure(TransportError, code="connect")],
            (1, PROMPT),
            id="lost after it began",
        ),
        pytest.param([failure(TransportError, code="read_timeout")], (1, PROMPT), id="silence"),
        pytest.param([failure(AuthError)], (0, 0), id="a key that cannot be sent"),
        pytest.param([failure(AuthError, 401)], (1, 0), id="a key that is refused"),
        pytest.param([failure(RateLimitedError, 429)], (1, 0), id="a server that has limits of its own"),
        pytest.param([failure(ServerError, 500)], (1, PROMPT), id="a server that fails"),
        pytest.param([Retrying("no", 1.0, 1, 2), *says("Hi", usage=USAGE)], (2, 42), id="two tries"),
        pytest.param(
            [Retrying("no", 1.0, 1, 2), Retrying("no", 2.0, 2, 2), failure(RateLimitedError, 429)],
            (3, 0),
            id="three tries",
        ),
        pytest.param(
            [Retrying("no", 9.0, 1, 2), lambda cancellation: cancellation.cancel()],
            (1, 0),
            id="cancelled before the second try",
        ),
    ],
)
def test_what_a_provider_will_have_counted_counts(
    tmp_path: Path, script: list[Step], counts: tuple[int, int]
) -> None:
    world = World(
        tmp_path, ScriptedClient(script), PACE._replace(limits=(Limit("requests", 9), PACE.limits[1]))
    )

    world.ask()

    assert world.used() == counts


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(TransportError("gone", code="broken"), id="failed"),
        pytest.param(lambda cancellation: cancellation.cancel(), id="cancelled"),
        pytest.param(Finished("stop"), id="complete, without usage"),
    ],
)
def test_what_had_come_of_a_reply_counts_as_estimated(tmp_path: Path, end: Step) -> None:
    world = World(tmp_path, ScriptedClient([TextDelta("one two three four"), end]))

    world.ask()

    requests, tokens = world.used()
    assert requests == 1
    assert PROMPT < tokens < PROMPT + 10


def test_a_turn_that_is_closed_in_mid_reply_counts_what_had_come(tmp_path: Path) -> None:
    world = World(tmp_path, ScriptedClient(says("one two three four", "never")))
    turn = world.session.turn(Kind.ASK, "hello", Cancellation())
    next(event for event in turn if isinstance(event, TextDelta))

    turn.close()

    requests, tokens = world.used()
    assert requests == 1
    assert PROMPT < tokens < PROMPT + 10


def test_a_request_that_is_sent_with_less_of_the_chat_is_a_second_one(tmp_path: Path) -> None:
    too_long = ContextTooLongError("too long", status=400)
    too_long.limit_tokens, too_long.sent_tokens = 1000, 1700
    talk = [says("x " * 300) for _ in range(5)]
    client = ScriptedClient(*talk, [too_long], says("fits", usage=USAGE), models=())
    world = World(tmp_path, client, Pace("openai", (Limit("requests", 99), Limit("tokens", 10**6))))
    for _ in talk:
        world.ask("y " * 20)
    requests, tokens = world.used()

    events = world.ask("and now?")

    assert isinstance(events[-1], Completed)
    assert world.used() == (requests + 2, tokens + 42)


def test_a_request_that_no_wait_would_help_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    pace = Pace("openai", (Limit("requests", 2), Limit("tokens", 500)), "mine")
    world = World(tmp_path, ScriptedClient(says("never")), pace)

    end = world.ask("word " * 600)[-1]

    assert isinstance(end, Failed)
    assert end.message is None
    assert end.error.message.startswith("the request needs about ")
    assert "the limit at openai is 500 tokens a minute" in end.error.message
    assert end.error.hint is not None
    assert "raise tokens_per_minute under [tiers.mine] or [providers.openai]" in end.error.hint
    assert world.client.requests == []
    assert world.used() == (0, 0)
    assert [message.text[:4] for message in world.session.conversation.path()] == ["word"]


def test_a_reply_that_may_get_longer_than_a_limit_is_asked_for_unless_its_length_is_set(
    tmp_path: Path,
) -> None:
    pace = Pace("openai", (Limit("requests", 2), Limit("tokens", 500)))
    world = World(tmp_path, ScriptedClient(says("Hi", usage=USAGE), says("never")), pace)

    assert isinstance(world.ask()[-1], Completed)
    world.session.settings = Settings(parameters={"max_tokens": 600})
    end = world.ask()[-1]

    assert isinstance(end, Failed)
    assert "600 of them for the reply (max_tokens)" in end.error.message
