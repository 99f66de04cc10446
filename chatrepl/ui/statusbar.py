"""The line at the bottom: what the next request uses, what the chat has cost, how fast a reply arrives. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from prompt_toolkit.utils import get_cwidth

Fragment = tuple[str, str]
"""A style and a text, as prompt_toolkit takes them."""

_BLOCKS = " ▁▂▃▄▅▆▇█"


class BarState(NamedTuple):
    """All that the bar can show."""

    model: str
    mode: str = ""
    """How keys are taken, where that is not as usual."""
    used_tokens: int | None = None
    """What the next request takes of the window, with the draft. None: not counted yet."""
    is_exact: bool = False
    """Whether ``used_tokens`` was counted and not estimated."""
    window_tokens: int | None = None
    omitted_count: int = 0
    """Messages of the chat for which the next request has no room."""
    folded_count: int = 0
    """Messages of the chat that a summary stands for."""
    too_long_by: int = 0
    """By how many tokens the next request does not fit. 0: it does."""
    draft_tokens: int | None = None
    """None: the input line is empty."""
    next_cost: str = ""
    """What the next request costs about. Empty: nothing to say, as where it is free."""
    today: str = ""
    """What was spent today, and of which budget. Empty: nothing, and there is no budget."""
    limits: str = ""
    """How much the server's own limits leave. Empty: enough, or it does not say."""
    chat_cost: str = "?"
    chat_tokens: int = 0
    """All tokens that the chat has used so far."""
    tokens_per_s: float | None = None
    """None: no reply is arriving."""
    activity: str = ""
    """What a turn is waiting for. Empty: nothing."""
    queued_count: int = 0
    profile: str = ""
    """The profile in use. Empty: none is."""
    persona: str = ""
    """The persona in use. Empty: none is."""
    warning: str = ""
    """Stands first until it is gone. Empty: nothing is wrong."""


def short_count(tokens: int) -> str:
    """Return a number of tokens in at most five characters: ``950``, ``12.3k``, ``128k``, ``1M``."""
    if tokens < 1000:
        return str(tokens)
    for unit, size in (("k", 1000), ("M", 1_000_000), ("G", 1_000_000_000)):
        value = tokens / size
        if value < 99.95:
            return f"{value:.1f}".removesuffix(".0") + unit
        if value < 999.5:
            return f"{value:.0f}{unit}"
    return f"{tokens / 1_000_000_000:.0f}G"


def meter(share: float, *, is_unicode: bool, cells: int = 4) -> str:
    """Draw a share from 0 to 1 as a bar of a few cells."""
    filled = max(0.0, min(1.0, share)) * cells
    if not is_unicode:
        whole = round(filled)
        return "[" + "#" * whole + "." * (cells - whole) + "]"
    return "".join(
        "▁" if filled - cell <= 0 else _BLOCKS[max(1, round(min(1.0, filled - cell) * 8))]
        for cell in range(cells)
    )


def items(state: BarState, *, is_unicode: bool) -> Mapping[str, str]:
    """Return the text of every item that has something to show."""
    found = {"model": state.model or "?"}
    if state.mode:
        found["mode"] = state.mode
    if state.used_tokens is not None:
        mark = "" if state.is_exact else "~"
        window = f"{mark}{short_count(state.used_tokens)}"
        if state.window_tokens:
            share = state.used_tokens / state.window_tokens
            window += f"/{short_count(state.window_tokens)} {share:.0%} {meter(share, is_unicode=is_unicode)}"
        else:
            window += "/?"
        if state.too_long_by:
            window += f" too long by {short_count(state.too_long_by)}"
        if state.folded_count:
            window += f" -{state.folded_count} summarised"
        found["window"] = window + (f" -{state.omitted_count} left out" if state.omitted_count else "")
    if state.draft_tokens is not None:
        found["draft"] = f"draft ~{short_count(state.draft_tokens)}"
    if state.next_cost:
        found["next"] = f"next {state.next_cost}"
    if state.today:
        found["today"] = f"today {state.today}"
    if state.limits:
        found["limits"] = state.limits
    found["chat"] = f"chat {short_count(state.chat_tokens)} tok {state.chat_cost}"
    if state.activity:
        found["speed"] = state.activity
    elif state.tokens_per_s is not None:
        found["speed"] = f"{state.tokens_per_s:.0f} tok/s, Esc stops"
    if state.queued_count:
        found["queue"] = f"{state.queued_count} queued"
    if state.profile:
        found["profile"] = state.profile
    if state.persona:
        found["persona"] = state.persona
    return found


PRIORITY = (
    "speed",
    "mode",
    "model",
    "window",
    "queue",
    "next",
    "draft",
    "chat",
    "today",
    "limits",
    "persona",
    "profile",
)
"""What stays longest when there is no room for all."""


def fragments(state: BarState, order: Sequence[str], columns: int, *, is_unicode: bool) -> list[Fragment]:
    """Lay the bar out in one row of at most ``columns - 1`` columns, leaving out what matters least."""
    texts = items(state, is_unicode=is_unicode)
    separator = " · " if is_unicode else " | "
    room = columns - 1 - (get_cwidth(state.warning) + len(separator) if state.warning else 0)
    chosen: set[str] = set()
    for name in PRIORITY:
        if name in texts and name in order:
            width = get_cwidth(texts[name]) + (len(separator) if chosen else 0)
            if width <= room or not chosen:
                chosen.add(name)
                room -= width
    kept = [name for name in order if name in chosen]
    row: list[Fragment] = []
    if state.warning:
        row.append(("class:status.warning", state.warning[: max(0, columns - 1)]))
    for name in kept:
        if row:
            row.append(("class:status", separator))
        row.append(("class:status", texts[name]))
    return _cut(row, columns - 1)


def _cut(row: Sequence[Fragment], columns: int) -> list[Fragment]:
    kept: list[Fragment] = []
    for style, text in row:
        shown = text
        while shown and get_cwidth(shown) > columns:
            shown = shown[:-1]
        if shown:
            kept.append((style, shown))
        columns -= get_cwidth(shown)
    return kept
