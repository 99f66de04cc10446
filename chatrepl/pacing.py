"""How much may be asked of a provider, and when: limits, tiers, windows that slide, places in a queue. Pure.

A limit of 20 requests a minute means that no stretch of 60 seconds, wherever it begins, holds more than 20. Nothing is
counted by the minute of the clock, since a server that counts otherwise would then see up to 40 within a few seconds. A
day is the last 24 hours for the same reason, and since nobody says in which time zone a provider's day begins.

Times are whole microseconds since 1970, so that the moment at which room is made is exact. What was sent at one time
has left a window exactly one window's length later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from chatrepl.entries import LimitSettings
    from chatrepl.providers import Provider
    from chatrepl.settings import Settings

MINUTE_US = 60_000_000
DAY_US = 24 * 60 * MINUTE_US

TIERS: Mapping[str, Mapping[str, int]] = {
    "classic-free": {"requests_per_minute": 20, "tokens_per_minute": 40_000},
    "classic-first-48-hours": {"requests_per_minute": 60, "tokens_per_minute": 60_000},
    "classic-pay-as-you-go": {"requests_per_minute": 3_500, "tokens_per_minute": 90_000},
}
"""The tiers that are built in, by name: what they set of ``LimitSettings``.

Source: OpenAI's rate limits for chat models as they were published in March 2023. Providers change such numbers often
and set them account by account, so these are examples, and the configuration can change them by the same names.
"""

UNKNOWN_REPLY_TOKENS = 1_000
"""Taken for a reply where neither the window nor the user says how long it may get."""


class Limit(NamedTuple):
    """So much within every stretch of time of one length."""

    kind: Literal["requests", "tokens"]
    most: int
    """From 1 up."""
    window_us: int = MINUTE_US

    def __str__(self) -> str:
        noun = self.kind if self.most > 1 else self.kind[:-1]
        return f"{grouped(self.most)} {noun} {'a day' if self.window_us == DAY_US else 'a minute'}"

    @property
    def setting(self) -> str:
        """The name of the setting that says it."""
        return f"{self.kind}_per_{'day' if self.window_us == DAY_US else 'minute'}"


class Pace(NamedTuple):
    """The limits of one provider."""

    name: str
    """Whose limits they are, in messages, and under which name all processes keep what was sent; never a key."""
    limits: tuple[Limit, ...]
    """At least one."""
    tier: str | None = None
    """The tier that says them. None: the provider's own entry says them all."""


class Sent(NamedTuple):
    """What was sent at one time, or is held free for what is under way."""

    at_us: int
    """May lie ahead, where a request will be sent again after a wait."""
    requests: int
    tokens: int


class Ticket(NamedTuple):
    """A request that wants to be sent."""

    id: str
    """Tells it from those of all other processes."""
    pace: Pace
    tokens: int
    """What it will take, as far as is known before it is sent."""


class Go(NamedTuple):
    """It is sent now, and counts from now on."""

    at_us: int


class Place(NamedTuple):
    """It has to wait."""

    number: int
    """1: it is the next."""
    wait_us: int
    """How long it has to wait at least; longer only where those before it take more than they expect."""
    limit: Limit
    """The limit that it waits for."""


def pace_of(provider: Provider, settings: Settings) -> Pace | None:
    """Return the limits that the configuration sets for a provider. None: it sets none.

    What the provider's own entry says stands above its tier. A tier that is unknown sets nothing here; ``layers`` reports it.
    """
    ours = settings.providers.get(provider.name)
    if ours is None:
        return None
    tier = tier_named(ours.tier, settings.tiers) or {} if ours.tier else {}
    limits = []
    for kind in ("requests", "tokens"):
        for word, window_us in (("minute", MINUTE_US), ("day", DAY_US)):
            name = f"{kind}_per_{word}"
            count = getattr(ours, name) or tier.get(name)
            if count is not None:
                limits.append(Limit(kind, count, window_us))
    return Pace(provider.name, tuple(limits), ours.tier if tier else None) if limits else None


def tier_named(name: str, entries: Mapping[str, LimitSettings]) -> Mapping[str, int] | None:
    """Return what a tier sets, with what the configuration says above what is built in. None: there is no such tier."""
    if name not in entries and name not in TIERS:
        return None
    ours = entries.get(name)
    said = {field: getattr(ours, field) for field in ours.__slots__} if ours else {}
    return {**TIERS.get(name, {}), **{field: count for field, count in said.items() if count is not None}}


def needed_tokens(limits: Iterable[Limit], prompt: int, reply: int | None, max_tokens: int | None) -> int:
    """Return the tokens to hold free for a request before it is sent.

    Args:
        limits: A reply whose length nobody has set is taken to be no longer than they allow.
        prompt: The tokens of the request.
        reply: The room kept for the reply. None or 0: not known.
        max_tokens: The longest reply that the user has asked for; servers count all of it. None: not set.
    """
    if max_tokens is not None:
        return prompt + max_tokens
    least = min((limit.most for limit in limits if limit.kind == "tokens"), default=None)
    wanted = prompt + (reply or UNKNOWN_REPLY_TOKENS)
    return wanted if least is None else max(prompt, min(wanted, least))


def never_fits(limits: Iterable[Limit], tokens: int) -> Limit | None:
    """Return the limit that a request alone exceeds. None: it will fit at some time."""
    return next((limit for limit in limits if _amount(limit, 1, tokens) > limit.most), None)


def decide(sent: Iterable[Sent], limits: Iterable[Limit], now_us: int, tokens: int) -> Go | Place:
    """Say whether a request may be sent now, or how long it must wait: a microsecond less is too short.

    The request must be one that fits at some time; see ``never_fits``.
    """
    newest_first = sorted(sent, reverse=True)
    at_us, waited_for = now_us, None
    for limit in limits:
        free_us = _free_at(newest_first, limit, tokens)
        if free_us > at_us:
            at_us, waited_for = free_us, limit
    return Go(now_us) if waited_for is None else Place(1, at_us - now_us, waited_for)


def place(
    sent: Iterable[Sent], ahead: Sequence[int], limits: Sequence[Limit], now_us: int, tokens: int
) -> Go | Place:
    """Say whether a request may be sent now, or which place it has in the queue, and how long it will wait.

    ``ahead`` holds the tokens of those that came before it, in their order. None of them is overtaken, so that a large
    request is not kept waiting for ever by small ones.
    """
    will_be_sent = list(sent)
    at_us, limit = now_us, limits[0]
    for need in (*ahead, tokens):
        if never_fits(limits, need) is not None:  # its process knows of no such limit
            need = min(limit.most for limit in limits if limit.kind == "tokens")  # noqa: PLW2901
        decision = decide(will_be_sent, limits, at_us, need)
        if isinstance(decision, Place):
            at_us, limit = at_us + decision.wait_us, decision.limit
        elif not ahead:
            return decision
        will_be_sent.append(Sent(at_us, 1, need))
    return Place(len(ahead) + 1, at_us - now_us, limit)


def used(sent: Iterable[Sent], limit: Limit, now_us: int) -> int:
    """Return how much of a limit is taken now."""
    return sum(
        _amount(limit, each.requests, each.tokens) for each in sent if each.at_us + limit.window_us > now_us
    )


def grouped(count: int) -> str:
    """Return a number with its thousands apart: ``40 000``."""
    return f"{count:,}".replace(",", " ")


def _free_at(newest_first: Iterable[Sent], limit: Limit, tokens: int) -> int:
    """Return the first moment at which a limit has room, which may have passed."""
    room = limit.most - _amount(limit, 1, tokens)
    for each in newest_first:
        room -= _amount(limit, each.requests, each.tokens)
        if room < 0:
            return each.at_us + limit.window_us
    return 0


def _amount(limit: Limit, requests: int, tokens: int) -> int:
    return requests if limit.kind == "requests" else tokens
