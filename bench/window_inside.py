"""Works with a long chat from inside: ``python -I bench/window_inside.py DATA_DIRECTORY MESSAGES``, with chatrepl's Python.

Makes a library with one long chat in the directory, and prints JSON: how long planning a request of it takes once its
messages are counted, and how long from a message until its request is handed to the network, in milliseconds; and the
share of what is sent that is the same as in the request before, over a long chat that outgrew its window.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chatrepl.cancellation import Cancellation
from chatrepl.catalogue import facts_for
from chatrepl.context.tokens import Counter
from chatrepl.context.window import Limits, plan
from chatrepl.conversation import Conversation
from chatrepl.environment import SystemClock
from chatrepl.exchange import Finished, Request, TextDelta, UsageReported
from chatrepl.messages import ChatId, Message, MessageId, Meta, ReplyState, Role, TextPart, Usage
from chatrepl.parts import Parts
from chatrepl.planner import ModelPlanner
from chatrepl.session import Session
from chatrepl.settings import Settings
from chatrepl.store.resilient import open_store
from chatrepl.turn import Kind

ROUNDS = 15
WORDS = "Some words that a person might say of an ordinary thing, and a few more of them. " * 3


def long_chat(count: int) -> Conversation:
    """Return a chat of so many messages."""
    chat = Conversation(ChatId("c" * 32))
    began = datetime.now(UTC) - timedelta(days=1)
    for number in range(count):
        role = Role.ASSISTANT if number % 2 else Role.USER
        meta = Meta(ReplyState.COMPLETE) if number % 2 else Meta()
        id = MessageId(f"{number:032x}")
        chat.append(Message(id, chat.tip, role, (TextPart(f"{number} {WORDS}"),), began, meta))
    return chat


class Client:
    """Notes when it is asked, and answers at once."""

    provider = "bench"

    def __init__(self) -> None:
        self.asked_at = 0.0

    def stream(self, request: Request, cancellation: Cancellation) -> Iterator[object]:  # noqa: ARG002
        """Answer in a word, and count about as chatrepl does."""
        self.asked_at = time.perf_counter()
        yield TextDelta("Yes.")
        yield Finished("stop")
        tokens = sum(len(message.text) for message in request.messages) // 5
        yield UsageReported(Usage(tokens, 2, tokens + 2))

    def models(self) -> list[object]:
        """List nothing."""
        return []

    def window_tokens(self, model: str) -> int:  # noqa: ARG002
        """Return a usual window."""
        return 128_000

    def rate_limits(self, model: str) -> None:
        """Know of none."""

    def close(self) -> None:
        """Do nothing."""


def sends(directory: Path, count: int) -> tuple[list[float], list[float]]:
    """Return how long planning takes, and how long a message takes to its request."""
    clock, client = SystemClock(), Client()
    store = open_store(directory / "chatrepl" / "chats.db", clock)
    store.import_chat(long_chat(count))

    def make_planner(settings: Settings, model: str, _: object) -> ModelPlanner:
        counter = Counter(directory, model)
        return ModelPlanner(settings, facts_for(model, {}), counter, lambda: 128_000)

    parts = Parts(Settings(), client, make_planner, model="local-model")  # type: ignore[arg-type]
    session = Session(parts, open_store=lambda: store, clock=clock)
    session.open_chat(store.load(store.list_chats(1)[0].id))
    session.prepare()
    session.plan_next()
    gc.collect()
    gc.freeze()
    planned: list[float] = []
    sent: list[float] = []
    for number in range(ROUNDS):
        session.plan_next("a draft")  # what was counted anew after the last turn is not planning
        began = time.perf_counter()
        session.plan_next(f"draft {number}")
        planned.append(1000 * (time.perf_counter() - began))
        began = time.perf_counter()
        for _ in session.turn(Kind.ASK, f"message {number}", Cancellation()):
            pass
        sent.append(1000 * (client.asked_at - began))
    session.close()
    return planned, sent


def same_share() -> float:
    """Return how much of what is sent stands at the beginning of the request before too, in per cent."""
    messages = [*long_chat(1200).messages.values()]
    counter = Counter(Path(), "local-model")
    same = sent = 0
    before: tuple[Message, ...] = ()
    for end in range(1, len(messages), 2):
        made = plan(messages[:end], counter.count_message, None, Limits(8192, 2048, 256))
        if made.omitted:
            shared = 0
            for one, other in zip(before, made.sent, strict=False):
                if one is not other:
                    break
                shared += counter.count_message(one).tokens
            same, sent = same + shared, sent + made.prompt.tokens
        before = made.sent
    return 100 * same / sent


if __name__ == "__main__":
    planned, sent = sends(Path(sys.argv[1]), int(sys.argv[2]))
    print(json.dumps({"planned_ms": planned, "sent_ms": sent, "same_percent": same_share()}))
