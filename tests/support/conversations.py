"""Messages and whole chats for tests, by hand and by chance."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from chatrepl.conversation import Conversation
from chatrepl.messages import (
    NO_META,
    ChatId,
    Message,
    MessageId,
    Meta,
    Part,
    ReasoningPart,
    RefusalPart,
    ReplyState,
    Role,
    TextPart,
    Usage,
    text_parts,
)

NOON = datetime(2026, 8, 1, 12, tzinfo=UTC)
CHAT = ChatId("c" * 32)
STREAMING = Meta(state=ReplyState.STREAMING, model="some-model")
COMPLETE = Meta(
    state=ReplyState.COMPLETE,
    model="some-model",
    provider="api.example.com",
    finish_reason="stop",
    usage=Usage(12, 34, 50, 5, 6, 7, Decimal("0.00120"), is_estimated=True),
    cost_usd=Decimal("0.0012"),
    first_token_s=0.25,
    duration_s=1.5,
    error="none at all",
)

_numbers: Iterator[int] = itertools.count(1)


class TestClock:
    """Time that goes on by a second with each look at it, and on demand."""

    __test__ = False

    def __init__(self) -> None:
        self.time = NOON
        self.seconds = 0.0

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time

    def monotonic(self) -> float:
        return self.seconds


def message_id() -> MessageId:
    """Return an id that no other message of this run has."""
    return MessageId(f"{next(_numbers):032x}")


def user(text: str, parent: MessageId | None = None) -> Message:
    """Return what a user typed."""
    return Message(message_id(), parent, Role.USER, text_parts(text), NOON)


def reply(text: str, parent: MessageId | None, meta: Meta = COMPLETE, *, reasoning: str = "") -> Message:
    """Return what a model answered."""
    return Message(message_id(), parent, Role.ASSISTANT, text_parts(text, reasoning=reasoning), NOON, meta)


def same(left: Conversation, right: Conversation) -> bool:
    """Whether two chats are alike in everything."""
    return (left.id, left.title, left.system, left.tip, [*left.messages.values()]) == (
        right.id,
        right.title,
        right.system,
        right.tip,
        [*right.messages.values()],
    )


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
"""Any text that UTF-8 can hold, control characters and NUL included."""

times = st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
amounts = st.decimals(-1000, 1000, allow_nan=False, places=9)
seconds = st.floats(0, 1e9)
counts = st.integers(0, 2**63 - 1)
usages = st.builds(
    Usage, counts, counts, counts, counts, counts, counts, st.none() | amounts, is_estimated=st.booleans()
)
metas = st.just(NO_META) | st.builds(
    Meta,
    st.none() | st.sampled_from(ReplyState),
    st.none() | texts,
    st.none() | texts,
    st.none() | texts,
    st.none() | usages,
    st.none() | amounts,
    st.none() | seconds,
    st.none() | seconds,
    st.none() | texts,
)
parts: st.SearchStrategy[Part] = (
    st.builds(TextPart, texts) | st.builds(ReasoningPart, texts) | st.builds(RefusalPart, texts)
)


@st.composite
def conversations(draw: st.DrawFn, *, settled: bool = False) -> Conversation:
    """Return any chat, with branches. ``settled``: none of its replies is still arriving."""
    made = Conversation(
        ChatId(f"{draw(st.integers(0, 2**128 - 1)):032x}"),
        system=draw(st.none() | texts),
        title=draw(texts),
    )
    states = metas.filter(lambda meta: meta.state is not ReplyState.STREAMING) if settled else metas
    for _ in range(draw(st.integers(0, 8))):
        parent = draw(st.sampled_from([None, *made.messages]))
        content = tuple(draw(st.lists(parts, max_size=3)))
        role, meta = draw(st.sampled_from(Role)), draw(states)
        made.append(Message(message_id(), parent, role, content, draw(times), meta))
    if len(made):
        made.move_tip(draw(st.sampled_from([None, *made.messages])))
    return made
