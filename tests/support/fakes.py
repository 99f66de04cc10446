"""Stand-ins for the world: a clock that is set by hand and a client that follows a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chatrepl.cancellation import Cancellation
from chatrepl.catalogue import facts_for
from chatrepl.context.tokens import Counter
from chatrepl.errors import ConfigError
from chatrepl.exchange import (
    Finished,
    Json,
    ModelInfo,
    RateLimits,
    Request,
    StreamEvent,
    TextDelta,
    UsageReported,
    WireRequest,
)
from chatrepl.messages import Usage
from chatrepl.pacing import Pace
from chatrepl.parts import Parts
from chatrepl.planner import ModelPlanner
from chatrepl.ports import ChatStore, ModelClient
from chatrepl.session import Session
from chatrepl.settings import Settings
from chatrepl.store.resilient import open_store


class FakeClock:
    """A clock that moves by a millisecond at every look, and otherwise when told to."""

    def __init__(self) -> None:
        self.at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        self.seconds = 1000.0

    def now(self) -> datetime:
        """Return the time of day."""
        self.at += timedelta(milliseconds=1)
        return self.at

    def monotonic(self) -> float:
        """Return seconds."""
        return self.seconds


Step = StreamEvent | Exception | Callable[[Cancellation], None]
"""One thing that a scripted reply does: yields, raises, or calls."""


def says(*texts: str, reason: str = "stop", usage: Usage | None = None) -> list[Step]:
    """Return the script of an ordinary reply."""
    reported: list[Step] = [UsageReported(usage)] if usage else []
    return [*(TextDelta(text) for text in texts), Finished(reason), *reported]


class ScriptedClient:
    """A client with a queue of replies; keeps what it was asked."""

    provider = "scripted.example"

    def __init__(
        self, *replies: Sequence[Step], models: Sequence[ModelInfo] = (ModelInfo("tiny", 4096),)
    ) -> None:
        self.replies = list(replies)
        self.requests: list[Request] = []
        self._models = models
        self.limits: RateLimits | None = None

    def stream(self, request: Request, cancellation: Cancellation) -> Iterator[StreamEvent]:
        """Follow the next script."""
        self.requests.append(request)
        for step in self.replies.pop(0):
            if cancellation.is_cancelled:
                return
            if isinstance(step, Exception):
                raise step
            if callable(step):
                step(cancellation)
            else:
                yield step

    def models(self) -> Sequence[ModelInfo]:
        """List the models."""
        return self._models

    def window_tokens(self, model: str) -> int | None:
        """Return the window."""
        return next((info.window_tokens for info in self._models if info.id == model), None)

    def wire_request(self, request: Request) -> WireRequest:
        """Return a request in some shape."""
        messages: list[Json] = [
            {"role": str(message.role), "content": message.text} for message in request.messages
        ]
        body: dict[str, Json] = {"model": request.model, "messages": messages}
        return WireRequest("POST", "http://scripted.example/v1/chat/completions", body, {"X-Sign": "it's"})

    def rate_limits(self, model: str) -> RateLimits | None:
        """Return what a test has set."""
        return self.limits

    def close(self) -> None:
        """Do nothing."""


class ManyModels(ScriptedClient):
    """A client with a script for each model, for requests that go out at once."""

    def __init__(self, scripts: Mapping[str, Sequence[Step]]) -> None:
        super().__init__(models=[ModelInfo(name, 4096) for name in scripts])
        self._scripts = dict(scripts)

    def stream(self, request: Request, cancellation: Cancellation) -> Iterator[StreamEvent]:
        """Follow the script of the model that is asked."""
        self.requests.append(request)
        for step in self._scripts[request.model]:
            if cancellation.is_cancelled:
                return
            if isinstance(step, Exception):
                raise step
            if callable(step):
                step(cancellation)
            else:
                yield step


def make_session(
    tmp_path: Path,
    client: ModelClient,
    *,
    settings: Settings | None = None,
    store: ChatStore | None = None,
    clock: FakeClock | None = None,
    pace: Pace | None = None,
    profiles: Mapping[str, Parts] | None = None,
    model: str | None = None,
) -> Session:
    """Put a session together that talks to a scripted client; ``profiles`` are those that it can change to."""
    clock = clock or FakeClock()

    def make_planner(settings: Settings, model: str, client: ModelClient) -> ModelPlanner:
        counter = Counter(tmp_path, model)
        return ModelPlanner(
            settings, facts_for(model, settings.models), counter, lambda: client.window_tokens(model)
        )

    def change_profile(name: str) -> Parts:
        if name not in (profiles or {}):
            raise ConfigError(f"There is no profile `{name}`.")
        return (profiles or {})[name]._replace(make_planner=make_planner)

    return Session(
        Parts(settings or Settings(), client, make_planner, model=model, pace=pace),
        open_store=lambda: store or open_store(tmp_path / "chats.db", clock),
        clock=clock,
        change_profile=change_profile if profiles is not None else None,
    )
