"""Plans what is sent of a chat that may be longer than the model's window. Pure.

What a plan keeps: the system prompt, messages of the system inside the chat, turns with a pinned message, and the last
turn; then the newest turns that fit. Turns are kept or left out whole, so no reply is sent without its question.

Providers and llama.cpp reuse their work on a prompt as long as its beginning stays the same. So the first turn sent
does not move with every turn: among those that leave between three quarters and all of the room in use, the one whose
number is divisible by the highest power of two is taken. That needs no memory, never moves back while the chat grows,
and changes only every few turns.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from chatrepl.context.tokens import NO_TOKENS, TokenCount, total
from chatrepl.errors import ContextTooLongError
from chatrepl.messages import ItemPart, Message, MessageId, ReasoningPart, Role
from chatrepl.settings import Strategy

_USER, _ASSISTANT, _SYSTEM = Role.USER, Role.ASSISTANT, Role.SYSTEM  # looked up once: this is a hot loop


@dataclass(frozen=True, slots=True)
class Limits:
    """How many tokens a request may take."""

    window_tokens: int | None
    """What the model can read and write in one request. None: not known, so that nothing is left out."""
    reserve_tokens: int = 0
    """Kept free for the reply."""
    margin_tokens: int = 0
    """Kept free for what our counts miss."""

    @property
    def room_tokens(self) -> int | None:
        """What is left for the request. None where the window is not known."""
        if self.window_tokens is None:
            return None
        return max(self.window_tokens - self.reserve_tokens - self.margin_tokens, 0)


def limits_for(window_tokens: int | None, *, reserve: int | None, max_output_tokens: int | None) -> Limits:
    """Divide a window between request and reply.

    Args:
        window_tokens: None where it is not known.
        reserve: What the user wants kept for the reply; cut to half of the window. None: a quarter of it, at most 4096.
        max_output_tokens: The longest reply that can come; no more than that is kept. None: not known.
    """
    if window_tokens is None:
        return Limits(None)
    kept = min(window_tokens // 4, 4096) if reserve is None else min(reserve, window_tokens // 2)
    if max_output_tokens is not None:
        kept = min(kept, max_output_tokens)
    # Source: API contract, section 8: max(256, 2 %); that would be too much of a small window.
    least_margin = 256 if window_tokens >= 4096 else 16
    return Limits(window_tokens, kept, max(least_margin, window_tokens // 50))


@dataclass(frozen=True, slots=True)
class Plan:
    """What the next request sends of a chat, and what it leaves out."""

    sent: tuple[Message, ...]
    omitted: tuple[Message, ...]
    """Left out for want of room, oldest first. Replies without text are never sent and not listed here."""
    omitted_turns: int
    prompt: TokenCount
    """The whole request, with the system prompt."""
    limits: Limits
    too_long_by: int = 0
    """By how many tokens the request exceeds the room, even with all left out that may be. 0: it fits."""

    @property
    def window_tokens(self) -> int | None:
        """The model's window. None where it is not known."""
        return self.limits.window_tokens

    @property
    def reserve_tokens(self) -> int:
        """What is kept free for the reply."""
        return self.limits.reserve_tokens

    @property
    def share(self) -> float | None:
        """How much of the window the request takes; more than 1 where it does not fit. None: window not known."""
        return None if self.window_tokens is None else self.prompt.tokens / self.window_tokens


def plan(
    messages: Sequence[Message],
    counts: Callable[[Message], TokenCount],
    system: TokenCount | None,
    limits: Limits,
    strategy: Strategy = "drop",
    pinned: Collection[MessageId] = (),
) -> Plan:
    """Plan the next request. Counts no message that is older than what fits, beside those that are always kept.

    Args:
        messages: The path from the first message to the last one, which the model is to answer or go on with.
        counts: What a message adds to a request.
        system: What a request takes before its first message. None: nothing.
        limits: See ``limits_for``.
        strategy: What is left out; ``drop``, the oldest whole turns, is the only one yet.
        pinned: Messages whose turns are always kept.
    """
    assert strategy == "drop"  # noqa: S101 - the only one that the setting's type allows
    messages = [message for message in messages if message.role is not _ASSISTANT or _has_words(message)]
    starts = _turn_starts(messages)
    kept = _turns_of(messages, starts, pinned) if pinned else frozenset[int]()
    always = {place for place, message in enumerate(messages) if message.role is _SYSTEM}
    for index in kept:
        always.update(_places(messages, starts, index))
    room = limits.room_tokens
    counted = [system or NO_TOKENS, *(counts(messages[place]) for place in always)]
    if room is None or not starts:
        first = 0
        counted += [counts(message) for place, message in enumerate(messages) if place not in always]
    else:
        first, newest = _newest_turns(messages, starts, always, counts, room - total(counted).tokens)
        counted += newest
    older = range(starts[first] if starts else 0)
    sent = [messages[place] for place in sorted(always) if place in older]
    omitted = [messages[place] for place in older if place not in always]
    sent += messages[len(older) :]
    prompt = total(counted)
    return Plan(
        sent=tuple(sent),
        omitted=tuple(omitted),
        omitted_turns=sum(index not in kept for index in range(first)),
        prompt=prompt,
        limits=limits,
        too_long_by=0 if room is None else max(prompt.tokens - room, 0),
    )


def too_long(plan: Plan) -> ContextTooLongError:
    """Return the error to raise for a plan whose ``too_long_by`` is not 0."""
    error = ContextTooLongError(
        f"The last message does not fit the model's window: the request takes {plan.prompt} tokens, and of the"
        f" window's {plan.window_tokens} tokens {plan.limits.room_tokens} are free for it.",
        hint="Shorten the message or the system prompt, unpin messages, or use a model with a larger window.",
    )
    error.limit_tokens = plan.limits.room_tokens
    error.sent_tokens = plan.prompt.tokens
    return error


def _has_words(message: Message) -> bool:
    """Whether a reply says anything: servers refuse empty ones."""
    for part in message.parts:  # noqa: SIM110 - four times as fast as any()
        if part.text and not isinstance(part, (ReasoningPart, ItemPart)):
            return True
    return False


def _turn_starts(messages: Sequence[Message]) -> list[int]:
    """Return where each turn begins: at every message of the user, and at the chat's first message."""
    starts = [place for place, message in enumerate(messages) if message.role is _USER]
    if messages and (not starts or starts[0]):
        starts.insert(0, 0)
    return starts


def _places(messages: Sequence[Message], starts: Sequence[int], index: int) -> range:
    """Return where the messages of a turn are."""
    return range(starts[index], starts[index + 1] if index + 1 < len(starts) else len(messages))


def _turns_of(
    messages: Sequence[Message], starts: Sequence[int], pinned: Collection[MessageId]
) -> frozenset[int]:
    """Return which turns hold a pinned message; the last one, which is kept anyway, is not among them."""
    places = (place for place, message in enumerate(messages) if message.id in pinned)
    return frozenset(bisect_right(starts, place) - 1 for place in places) - {len(starts) - 1}


def _newest_turns(
    messages: list[Message],
    starts: Sequence[int],
    always: Collection[int],
    counts: Callable[[Message], TokenCount],
    room_tokens: int,
) -> tuple[int, list[TokenCount]]:
    """Return the first turn to send, and what it and all later ones take beside what is always sent."""
    used, counted, lengths = 0, list[TokenCount](), list[int]()
    last = index = latest = len(starts) - 1
    for place in range(len(messages) - 1, -1, -1):
        if place not in always:
            count = counts(messages[place])
            counted.append(count)
            used += count[0]
            if used > room_tokens and index < last:
                break
        if place == starts[index]:
            lengths.append(len(counted))
            if used * 4 < room_tokens * 3:
                latest = index - 1
            index -= 1
    earliest = index + 1
    first = max(latest, earliest)
    while first and first & (first - 1) >= earliest:  # clears the lowest bit that is set
        first &= first - 1
    return first, counted[: lengths[last - first]]
