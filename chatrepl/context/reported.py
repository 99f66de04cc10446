"""What the parts of a chat cost by the server's own count. Not thread-safe; knows nothing of how estimates are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from chatrepl.messages import Message, MessageId, ReasoningPart, ReplyState, Usage


class _Reply(NamedTuple):
    tokens: int
    may_hold_reasoning: bool
    """True where reasoning, which is not sent back, cannot be told from the reply."""


class ReportedCosts:
    """Splits reported prompts into costs of single parts, so that a chat that goes on is known but for what is added."""

    def __init__(self) -> None:
        self._replies: dict[MessageId, _Reply] = {}
        self._shares: dict[MessageId, int] = {}
        self._systems: dict[str | None, int] = {}

    def message(self, message: Message) -> int | None:
        """Return what a message adds to a request. None where that was never told."""
        if message.meta.state is ReplyState.STREAMING:
            return None
        reply = self._reply(message)
        return self._shares.get(message.id) if reply is None else reply

    def system(self, system: str | None) -> int | None:
        """Return what a request with this system prompt takes before its first message. None: never told."""
        return self._systems.get(system)

    def learn_reply(self, reply: MessageId, usage: Usage, per_message_tokens: int) -> None:
        """Take over what a reply took, as what it will take when it is sent back."""
        if usage.completion_tokens > 0:
            tokens = per_message_tokens + visible_tokens(usage)
            self._replies[reply] = _Reply(tokens, may_hold_reasoning=not usage.reasoning_tokens)

    def settle(
        self,
        system: str | None,
        sent: Sequence[Message],
        prompt_tokens: int,
        estimated_system: int,
        estimate: Callable[[Message], int],
    ) -> None:
        """Give each part of a request its cost, so that they add up to what was reported.

        Replies keep what they took when they were written; all else shares what is left in proportion to estimates.
        It is shared anew each time, since the estimates get better. Where that cannot be, replies take their share too.
        """
        replies = [self._reply(message) or 0 for message in sent]
        others = [message for message, reply in zip(sent, replies, strict=True) if not reply]
        left = prompt_tokens - sum(replies)
        estimates = [estimated_system, *map(estimate, others)]
        if not sum(estimates) / 4 <= left <= sum(estimates) * 4:
            for message in sent:
                self._replies.pop(message.id, None)
            others, left = list(sent), prompt_tokens
            estimates = [estimated_system, *map(estimate, others)]
        scale = left / sum(estimates)
        edges = [round(scale * due) for due in accumulate(estimates, initial=0)]  # so that the sum is exact
        costs = [end - start for start, end in pairwise(edges)]
        self._systems[system] = costs[0]
        self._shares.update((message.id, cost) for message, cost in zip(others, costs[1:], strict=True))

    def _reply(self, message: Message) -> int | None:
        reply = self._replies.get(message.id)
        if reply is None:
            return None
        if reply.may_hold_reasoning and any(isinstance(part, ReasoningPart) for part in message.parts):
            return None
        return reply.tokens


def visible_tokens(usage: Usage) -> int:
    """Return the reply's tokens without its reasoning: most servers report it as a part of them, some beside them."""
    is_beside = usage.total_tokens >= usage.prompt_tokens + usage.completion_tokens + usage.reasoning_tokens
    return max(usage.completion_tokens - (0 if is_beside else usage.reasoning_tokens), 0)
