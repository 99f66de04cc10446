"""Plans what is sent of a chat that may be longer than the model's window. Pure.

What a plan keeps: the system prompt, messages of the system inside the chat, turns with a pinned message, and the last
turn; then, as the strategy says, of the others those that fit. Turns are kept or left out whole, so no reply is sent
without its question.

Providers and llama.cpp reuse their work on a prompt as long as its beginning stays the same. So the first turn sent
does not move with every turn: among those that leave between three quarters and all of the room in use, the one whose
number is divisible by the highest power of two is taken. That needs no memory, never moves back while the chat grows,
and changes only every few turns.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import NamedTuple

from chatrepl.context.tokens import NO_TOKENS, TokenCount, total
from chatrepl.conversation import Summary
from chatrepl.errors import ContextTooLongError
from chatrepl.messages import Message, MessageId, RefusalPart, Role, TextPart
from chatrepl.settings import Strategy

_USER, _ASSISTANT, _SYSTEM = Role.USER, Role.ASSISTANT, Role.SYSTEM  # looked up once: this is a hot loop

OPENING_SHARE = 4
"""The opening that ``middle`` keeps takes at most one part in so many of the room."""

_FREE, _ALWAYS, _PINNED, _EXCLUDED, _FOLDED, _LEFT_OUT = range(6)
_IS = [bytes(fate == found for found in range(256)) for fate in range(6)]
_IS_SENT = bytes(found < _EXCLUDED for found in range(256))
"""Tables that tell one fate, or those of what is sent, from all others."""


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


class Fold(NamedTuple):
    """A summary that may stand for the older part of the chat."""

    summary: Summary
    tokens: TokenCount
    """What it adds to the request."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the next request sends of a chat, and what it leaves out."""

    sent: tuple[Message, ...]
    omitted: tuple[Message, ...]
    """Left out for want of room, oldest first. Replies without text are never sent and not listed anywhere here."""
    prompt: TokenCount
    """The whole request, with the system prompt and the summary."""
    limits: Limits
    too_long_by: int = 0
    """By how many tokens the request exceeds the room, even with all left out that may be. 0: it fits."""
    strategy: Strategy = "drop"
    system_tokens: TokenCount = NO_TOKENS
    """What the request takes before its first message, without the summary."""
    summary: Summary | None = None
    """What stands for ``folded``. None: nothing is folded."""
    summary_tokens: TokenCount = NO_TOKENS
    folded: tuple[Message, ...] = ()
    """The messages that the summary stands for, oldest first; those of pinned turns are sent all the same."""
    excluded: tuple[Message, ...] = ()
    """Left out since the user wanted it so, with the rest of their turns."""
    pinned: tuple[Message, ...] = ()
    """Sent whatever the room, with the rest of their turns, since the user wanted it so; a part of ``sent``."""
    begins_at: MessageId | None = None
    """The first message of the part that is sent without gaps up to the last one. None: nothing older is missing.

    What the user left out makes no gap."""
    system: str | None = None
    """The system prompt as it is sent, with the summary. None: none is."""

    @property
    def window_tokens(self) -> int | None:
        """The model's window. None where it is not known."""
        return self.limits.window_tokens

    @property
    def reserve_tokens(self) -> int:
        """What is kept free for the reply."""
        return self.limits.reserve_tokens

    @property
    def omitted_turns(self) -> int:
        """How many turns are left out for want of room."""
        begun = [message.role is _USER for message in self.omitted]
        return sum(begun) + (not begun[0]) if begun else 0

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
    excluded: Collection[MessageId] = (),
    folds: Sequence[Fold] = (),
) -> Plan:
    """Plan the next request. Counts no message that is older than what fits, beside those that are always kept.

    Args:
        messages: The path from the first message to the last one, which the model is to answer or go on with.
        counts: What a message adds to a request.
        system: What a request takes before its first message. None: nothing.
        limits: See ``limits_for``.
        strategy: What becomes of what does not fit. ``drop`` leaves out the oldest turns; ``middle`` keeps the opening,
            up to a quarter of the room, and leaves out the oldest of the others; ``summarise`` is ``drop`` after what a
            summary stands for; ``refuse`` leaves out nothing.
        pinned: Messages whose turns are always kept.
        excluded: Messages whose turns are never sent, unless they are pinned or the last.
        folds: Summaries, the oldest first; the last one whose messages are there is used: always where the user asked
            for it, else with ``summarise`` and only while the messages themselves do not fit.
    """
    return _Planning(messages, counts, system or NO_TOKENS, limits, strategy).plan(pinned, excluded, folds)


class _Planning:
    """The state of one planning: what becomes of each message."""

    def __init__(
        self,
        messages: Sequence[Message],
        counts: Callable[[Message], TokenCount],
        system: TokenCount,
        limits: Limits,
        strategy: Strategy,
    ) -> None:
        self._messages = _with_words(messages)
        self._counts = counts
        self._system = system
        self._limits = limits
        self._room = limits.room_tokens
        self._strategy = strategy
        roles = [message.role for message in self._messages]
        self._starts = _turn_starts(roles)
        self._has_system = _SYSTEM in roles
        self._fates = bytearray(len(self._messages))
        """What becomes of each message; 0 where that is still open."""
        self._counted: list[TokenCount] = []

    def plan(
        self, pinned: Collection[MessageId], excluded: Collection[MessageId], folds: Sequence[Fold]
    ) -> Plan:
        self._mark_turns(excluded, _EXCLUDED)
        self._mark_turns(pinned, _PINNED)
        for place, message in enumerate(self._messages) if self._has_system else ():
            if message.role is _SYSTEM and message.id not in excluded:
                self._fates[place] = _ALWAYS
        self._counted = [self._system]
        self._counted += map(self._counts, (*self._with(_ALWAYS), *self._with(_PINNED)))
        fold = self._fold(folds)
        if fold is not None:
            self._counted.append(fold.tokens)
        self._keep_newest()
        return self._made(fold)

    def _mark_turns(self, messages: Collection[MessageId], fate: int) -> None:
        """Decide about the turns of some messages; the last turn is always sent."""
        if not messages:
            return
        turns = {
            bisect_right(self._starts, place) - 1
            for place, message in enumerate(self._messages)
            if message.id in messages
        }
        for turn in turns - {len(self._starts) - 1}:
            for place in self._places(turn):
                self._fates[place] = fate

    def _places(self, turn: int) -> range:
        """Return where the messages of a turn are."""
        starts = self._starts
        return range(starts[turn], starts[turn + 1] if turn + 1 < len(starts) else len(self._messages))

    def _fold(self, folds: Sequence[Fold]) -> Fold | None:
        """Choose the summary to use, and mark what it stands for. None: none is used."""
        usable = [
            fold for fold in reversed(folds) if fold.summary.is_by_hand or self._strategy == "summarise"
        ]
        places = {fold.summary.through: -1 for fold in usable}
        if not places:
            return None
        for place, message in enumerate(self._messages):
            if message.id in places:
                places[message.id] = place
        last = self._starts[-1] if self._starts else 0
        for fold in usable:
            end = min(places[fold.summary.through] + 1, last)
            if end > 0 and (fold.summary.is_by_hand or not self._fits()):
                self._decide(end, _FOLDED)
                return fold
        return None

    def _fits(self) -> bool:
        """Whether all that is still open can be sent."""
        if self._room is None:
            return True
        left = self._room - sum(count[0] for count in self._counted)
        for place in range(len(self._messages) - 1, -1, -1):
            if self._fates[place] == _FREE:
                left -= self._counts(self._messages[place])[0]
                if left < 0:
                    return False
        return True

    def _keep_newest(self) -> None:
        """Decide about all that is still open."""
        if self._room is None or not self._starts or self._strategy == "refuse":
            self._keep(range(len(self._messages)))
            return
        if self._strategy == "middle" and not self._fits():
            self._keep(self._opening())
        first, counted = self._newest_turns(self._room - total(self._counted).tokens)
        self._counted += counted
        self._decide(self._starts[first], _LEFT_OUT)

    def _decide(self, end: int, fate: int) -> None:
        """Decide about what is still open before a place."""
        self._fates[:end] = self._fates[:end].replace(bytes([_FREE]), bytes([fate]))

    def _keep(self, places: range) -> None:
        for place in places:
            if self._fates[place] == _FREE:
                self._fates[place] = _ALWAYS
                self._counted.append(self._counts(self._messages[place]))

    def _opening(self) -> range:
        """Return the first turns that take no more than their part of the room; never the last one."""
        room, last = self._room or 0, len(self._starts) - 1
        taken = sum(count[0] for count in self._counted)
        taken += sum(
            self._counts(self._messages[place])[0]
            for place in self._places(last)
            if self._fates[place] == _FREE
        )
        left = min(room // OPENING_SHARE, room - taken)
        end = 0
        for turn in range(last):
            for place in self._places(turn):
                if self._fates[place] == _FREE:
                    left -= self._counts(self._messages[place])[0]
            if left < 0:
                break
            end = self._places(turn).stop
        return range(end)

    def _newest_turns(self, room_tokens: int) -> tuple[int, list[TokenCount]]:
        """Return the first turn to send, and what it and all later ones take beside what is decided already."""
        starts, counts = self._starts, self._counts
        used, counted, lengths = 0, list[TokenCount](), list[int]()
        last = index = latest = len(starts) - 1
        start, few_tokens = starts[last], room_tokens * 3
        places = range(len(self._messages) - 1, -1, -1)
        for place, message, fate in zip(places, reversed(self._messages), reversed(self._fates), strict=True):
            if not fate:
                count = counts(message)
                counted.append(count)
                used += count[0]
                if used > room_tokens and index < last:
                    break
            if place == start:
                lengths.append(len(counted))
                if used * 4 < few_tokens:
                    latest = index - 1
                index -= 1
                start = starts[index]
        earliest = index + 1
        first = max(latest, earliest)
        while first and first & (first - 1) >= earliest:  # clears the lowest bit that is set
            first &= first - 1
        return first, counted[: lengths[last - first]]

    def _made(self, fold: Fold | None) -> Plan:
        prompt = total(self._counted)
        return Plan(
            sent=self._sent(),
            omitted=self._with(_LEFT_OUT),
            prompt=prompt,
            limits=self._limits,
            too_long_by=0 if self._room is None else max(prompt.tokens - self._room, 0),
            strategy=self._strategy,
            system_tokens=self._system,
            summary=fold.summary if fold is not None else None,
            summary_tokens=fold.tokens if fold is not None else NO_TOKENS,
            folded=self._with(_FOLDED),
            excluded=self._with(_EXCLUDED),
            pinned=self._with(_PINNED),
            begins_at=self._begins_at(),
        )

    def _begins_at(self) -> MessageId | None:
        gap = max(self._fates.rfind(_LEFT_OUT), self._fates.rfind(_FOLDED))
        if gap < 0:
            return None
        return next(
            (
                self._messages[place].id
                for place in range(gap + 1, len(self._messages))
                if self._fates[place] < _EXCLUDED
            ),
            None,
        )

    def _sent(self) -> tuple[Message, ...]:
        if not any(self._fates):
            return tuple(self._messages)
        return tuple(compress(self._messages, self._fates.translate(_IS_SENT)))

    def _with(self, fate: int) -> tuple[Message, ...]:
        first = self._fates.find(fate)
        if first < 0:
            return ()
        end = self._fates.rfind(fate) + 1
        if self._fates.count(fate) == end - first:
            return tuple(self._messages[first:end])
        return tuple(compress(self._messages, self._fates.translate(_IS[fate])))


def too_long(plan: Plan) -> ContextTooLongError:
    """Return the error to raise for a plan whose ``too_long_by`` is not 0."""
    room = plan.limits.room_tokens or 0
    numbers = (
        f"the request takes {plan.prompt} tokens, and of the window's {plan.window_tokens} tokens {room} are free for it"
        f" ({plan.reserve_tokens} are kept for the reply)"
    )
    if plan.system_tokens.tokens > room:
        said = f"The system prompt alone, {plan.system_tokens} tokens, does not fit the model's window: {numbers}."
        hint = "Shorten it (/system TEXT), take it away (/system none), or use a model with a larger window (/model)."
    elif plan.strategy == "refuse":
        said = (
            f"The chat does not fit the model's window any more, and window.strategy is `refuse`: {numbers}."
        )
        hint = "/compact folds its older part into a summary, /omit N leaves single turns out, /set window.strategy drop the oldest."
    elif plan.pinned:
        said = f"What is pinned and the last message do not fit the model's window together: {numbers}."
        hint = "Unpin messages (/unpin N), shorten the message, or use a model with a larger window (/model)."
    else:
        said = f"The last message does not fit the model's window: {numbers}."
        hint = (
            "Shorten the message, keep less for the reply (/set window.reserve_tokens), or use a model with a larger"
            " window (/model). /undo takes the message out of the chat."
        )
    error = ContextTooLongError(said, hint=hint)
    error.limit_tokens = plan.limits.room_tokens
    error.sent_tokens = plan.prompt.tokens
    return error


def _with_words(messages: Sequence[Message]) -> list[Message]:
    """Leave out replies that say nothing: servers refuse empty ones."""
    return [
        message
        for message in messages
        if message.role is not _ASSISTANT
        or ((parts := message.parts) and parts[0].__class__ is TextPart and parts[0].text)  # nearly all
        or any(isinstance(part, (TextPart, RefusalPart)) and part.text for part in parts)
    ]


def _turn_starts(roles: Sequence[Role]) -> list[int]:
    """Return where each turn begins: at every message of the user, and at the chat's first message."""
    starts = [place for place, role in enumerate(roles) if role is _USER]
    if roles and (not starts or starts[0]):
        starts.insert(0, 0)
    return starts
