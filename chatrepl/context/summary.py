"""Summaries of the older part of a chat: when one is due, what is asked for it, and whether it is worth keeping. Pure.

A summary is a view: the messages it stands for stay in the chat, and it is made from them. Where all of them fit into
one request they are all sent again; where they do not, the summary before is sent with the messages that are new and as
many of the others as there is room for. It is never made from a summary alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from chatrepl.context.tokens import TokenCount
from chatrepl.context.window import Plan
from chatrepl.conversation import Summary
from chatrepl.messages import Message, MessageId, Role

DUE_SHARE = 0.75
"""A summary is made once the request takes so much of its room: before it is needed."""
LEFT_SHARE = 0.3
"""After it, what is sent word for word takes at most about so much of the room."""
WORTH_SHARE = 0.75
"""A summary that takes more than this share of what it stands for is not worth what it loses."""
MOST_TOKENS = 1024

INTRODUCTION = "Summary of the earlier part of this conversation, which is not repeated in full:"
"""Stands before a summary in the system prompt."""

INSTRUCTIONS = (
    "You summarise conversations so that they can be continued by somebody who has not read them. Keep names, numbers,"
    " dates, decisions, open questions, and what the user wants and likes. Leave out greetings and wording."
    " Write plain sentences in the language of the conversation. Do not answer the conversation, and add nothing of your own."
)
_SPEAKERS = {Role.USER: "User", Role.ASSISTANT: "Assistant", Role.SYSTEM: "System", Role.TOOL: "Tool"}


@dataclass(frozen=True, slots=True)
class Task:
    """A summary to be made: what is asked, and what it will stand for."""

    through: MessageId
    """The last message that it stands for."""
    prompt: str
    """The message that asks for it."""
    most_tokens: int
    """The longest it may be."""
    replaced_tokens: int
    """What the messages take that it stands for."""
    message_count: int
    """How many messages it stands for."""


def system_with(system: str | None, summary: Summary | None) -> str | None:
    """Return a system prompt with a summary behind it. None: there is neither."""
    if summary is None:
        return system
    return "\n\n".join(filter(None, (system, f"{INTRODUCTION}\n{summary.text}")))


def is_due(plan: Plan, counts: Callable[[Message], TokenCount], before: Summary | None = None) -> bool:
    """Whether a summary should be made now, so that it is there when it is needed.

    One that is there and not yet in use counts as if it were: what it stands for needs no other.
    """
    room = plan.limits.room_tokens
    if room is None:
        return False
    tokens = plan.prompt.tokens
    if before is not None and plan.summary is None:
        places = [message.id for message in plan.sent]
        covered = places.index(before.through) + 1 if before.through in places else 0
        pinned = {message.id for message in plan.pinned}
        tokens -= sum(counts(m).tokens for m in plan.sent[:covered] if m.id not in pinned)
    return bool(plan.omitted) or tokens > room * DUE_SHARE


def most_summary_tokens(window_tokens: int | None, wanted_tokens: int | None) -> int:
    """Return the longest that a summary may be."""
    if wanted_tokens is not None:
        return min(wanted_tokens, window_tokens // 2) if window_tokens else wanted_tokens
    return min(MOST_TOKENS, window_tokens // 6) if window_tokens else MOST_TOKENS


def make_task(
    plan: Plan,
    path: Sequence[Message],
    counts: Callable[[Message], TokenCount],
    count_text: Callable[[str], TokenCount],
    *,
    before: Summary | None,
    most_tokens: int,
    readable_tokens: int | None = None,
    marked: Collection[MessageId] = (),
    is_by_hand: bool = False,
) -> Task | None:
    """Decide what is folded next, and what is asked for it. None: there is nothing to fold.

    Args:
        plan: Of the next request.
        path: The chat up to its tip.
        counts: What a message adds to a request.
        count_text: Counts a text by itself.
        before: The summary in use. None: there is none.
        most_tokens: The longest the new one may be.
        readable_tokens: What the model that writes it can read in a request. None: as much as the one that is planned for.
        marked: Messages that are pinned or left out: a summary does not stand for them, nor for the rest of their turns.
        is_by_hand: Whether all but the last turn is to be folded, however much room there is.
    """
    room = plan.limits.room_tokens
    turns = _turns(path)
    done = _end_of(turns, before)
    limit = None if is_by_hand or room is None else int(room * LEFT_SHARE)
    end = _end_of_fold(turns, done, counts, limit)
    if end <= done:
        return None
    said = [[m for m in turn if m.sent_text] for turn in turns]
    kept = [turn if not any(m.id in marked for m in turn) else [] for turn in said]
    readable = room if readable_tokens is None else readable_tokens
    request_room = None if readable is None else readable - count_text(INSTRUCTIONS).tokens - most_tokens - 64
    while end > done + 1 and not _can_be_read(kept[done:end], request_room, counts):
        end -= 1
    folded = [message for turn in kept[:end] for message in turn]
    if not folded:
        return None
    asking = _Asking(request_room, counts, count_text)
    prompt = asking.prompt(kept[:done], kept[done:end], before, most_tokens)
    return Task(
        through=turns[end - 1][-1].id,
        prompt=prompt,
        most_tokens=most_tokens,
        replaced_tokens=sum(counts(message).tokens for message in folded),
        message_count=len(folded),
    )


def is_worth_it(summary: TokenCount, replaced_tokens: int) -> bool:
    """Whether a summary is enough shorter than what it stands for."""
    return 0 < summary.tokens <= replaced_tokens * WORTH_SHARE


def _turns(path: Sequence[Message]) -> list[list[Message]]:
    turns: list[list[Message]] = []
    for message in path:
        if message.role is Role.USER or not turns:
            turns.append([])
        turns[-1].append(message)
    return turns


def _end_of(turns: Sequence[Sequence[Message]], before: Summary | None) -> int:
    """Return how many turns a summary stands for."""
    if before is None:
        return 0
    for number, turn in enumerate(turns, start=1):
        if any(message.id == before.through for message in turn):
            return number
    return 0


def _end_of_fold(
    turns: Sequence[Sequence[Message]],
    done: int,
    counts: Callable[[Message], TokenCount],
    limit_tokens: int | None,
) -> int:
    """Return how many turns to fold so that what stays takes at most so much; the last one always stays."""
    last = len(turns) - 1
    if limit_tokens is None:
        return max(last, done)
    used = 0
    for number in range(last, done - 1, -1):
        used += sum(counts(message).tokens for message in turns[number])
        if used > limit_tokens:
            return min(number + 1, last)
    return done


def _can_be_read(
    turns: Sequence[Sequence[Message]], room_tokens: int | None, counts: Callable[[Message], TokenCount]
) -> bool:
    if room_tokens is None:
        return True
    return sum(counts(message).tokens for turn in turns for message in turn) * 5 < room_tokens * 4


class _Asking:
    """Writes what is asked, within what the model that summarises can read."""

    def __init__(
        self,
        room_tokens: int | None,
        counts: Callable[[Message], TokenCount],
        count_text: Callable[[str], TokenCount],
    ) -> None:
        self._room_tokens = room_tokens
        self._counts = counts
        self._count_text = count_text

    def prompt(
        self,
        older: Sequence[Sequence[Message]],
        new: Sequence[Sequence[Message]],
        before: Summary | None,
        most_tokens: int,
    ) -> str:
        """Write it from the messages alone where they fit, else with the summary before them."""
        ending = f"Summarise all of this in at most {max(20, most_tokens * 6 // 10)} words."
        room = self._room_tokens
        if before is None or room is None or self._tokens(older) + self._tokens(new) <= room:
            said = "\n\n".join(_said([*older, *new]))
            return f"{_within(said, room, self._count_text)}\n\n{ending}"
        beginning = f"Summary of the beginning:\n{before.text}\n\nWhat was said after it:\n"
        left = room - self._count_text(beginning).tokens
        newest = _within("\n\n".join(_said(new)), left, self._count_text)
        left -= self._count_text(newest).tokens
        again: list[str] = []
        for turn in reversed(older):
            left -= self._tokens([turn])
            if left < 0:
                break
            again[:0] = _said([turn])
        return beginning + "\n\n".join([*again, newest, ending])

    def _tokens(self, turns: Sequence[Sequence[Message]]) -> int:
        return sum(self._counts(message).tokens for turn in turns for message in turn)


def _said(turns: Sequence[Sequence[Message]]) -> Iterator[str]:
    for turn in turns:
        for message in turn:
            yield f"{_SPEAKERS[message.role]}: {message.sent_text}"


def _within(text: str, room_tokens: int | None, count_text: Callable[[str], TokenCount]) -> str:
    """Cut the middle out of a text that does not fit, and say so in it."""
    if room_tokens is None:
        return text
    while (tokens := count_text(text).tokens) > max(room_tokens, 16) and len(text) > 200:
        kept = max(100, int(len(text) * room_tokens / tokens * 0.9)) if room_tokens > 0 else 100
        if kept >= len(text) - 40:
            kept = len(text) - 60
        text = f"{text[: kept // 2]}\n[… cut here …]\n{text[len(text) - kept // 2 :]}"
    return text
