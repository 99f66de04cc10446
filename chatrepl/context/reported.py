"""What the parts of a chat cost by the server's own count. Not thread-safe; knows nothing of how estimates are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from chatrepl.messages import Message, MessageId, ReasoningPart, ReplyState, Usage


class _Cost(NamedTuple):
    tokens: int
    may_hold_reasoning: bool
    """True where reasoning, which is not sent back, cannot be told from the reply."""


class ReportedCosts:
    """Splits reported prompts into costs of single parts, so that a chat that goes on is known but for what is added."""

    def __init__(self) -> None:
        self._messages: dict[MessageId, _Cost] = {}
        self._systems: dict[str | None, int] = {}

    def message(self, message: Message) -> int | None:
        """Return what a message adds to a request. None where that was never told."""
        cost = self._messages.get(message.id)
        if cost is None or message.meta.state is ReplyState.STREAMING:
            return None
        if cost.may_hold_reasoning and any(isinstance(part, ReasoningPart) for part in message.parts):
            return None
        return cost.tokens

    def system(self, system: str | None) -> int | None:
        """Return what a request with this system prompt takes before its first message. None: never told."""
        return self._systems.get(system)

    def settle(
        self,
        system: str | None,
        sent: Sequence[Message],
        prompt_tokens: int,
        estimate_system: int,
        estimate: Callable[[Message], int],
    ) -> None:
        """Give each part of a request its cost, so that they add up to what was reported.

        Parts without a cost share what is left, in proportion to their estimates. Where what was known no longer adds
        up with the report, all parts are given a new cost.
        """
        costs = [self.message(message) for message in sent]
        system_cost = self._systems.get(system)
        left = prompt_tokens - sum(cost or 0 for cost in costs) - (system_cost or 0)
        new = [message for message, cost in zip(sent, costs, strict=True) if cost is None]
        expected = sum(map(estimate, new)) + (estimate_system if system_cost is None else 0)
        if not expected or not expected / 4 <= left <= expected * 4:
            new, left, system_cost = list(sent), prompt_tokens, None
            expected = sum(map(estimate, new)) + estimate_system
        scale, due, given = left / expected, 0.0, 0
        if system_cost is None:
            due = estimate_system * scale
            self._systems[system] = given = round(due)
        for message in new:  # rounding is carried over, so that the sum is exact
            due += estimate(message) * scale
            self._messages[message.id] = _Cost(round(due) - given, may_hold_reasoning=False)
            given = round(due)

    def learn_reply(self, reply: MessageId, usage: Usage, per_message_tokens: int) -> None:
        """Take over what a reply took, as what it will take when it is sent back."""
        if usage.completion_tokens > 0:
            tokens = per_message_tokens + visible_tokens(usage)
            self._messages[reply] = _Cost(tokens, may_hold_reasoning=not usage.reasoning_tokens)


def visible_tokens(usage: Usage) -> int:
    """Return the reply's tokens without its reasoning: most servers report it as a part of them, some beside them."""
    is_beside = usage.total_tokens >= usage.prompt_tokens + usage.completion_tokens + usage.reasoning_tokens
    return max(usage.completion_tokens - (0 if is_beside else usage.reasoning_tokens), 0)
