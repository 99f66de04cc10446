"""What is said above and below the replies of a comparison, the same in every front end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chatrepl.errors import ApiError
from chatrepl.exchange import explain_finish
from chatrepl.messages import Meta, RefusalPart
from chatrepl.pricing import format_usd
from chatrepl.sanitise import sanitise_line
from chatrepl.turn import Cancelled, Completed, Failed

LABEL_CHARS = 60
LEAST_LABEL_CHARS = 8

End = Completed | Cancelled | Failed


def heading(number: int, label: str, end: End, *, is_unicode: bool = True, columns: int | None = None) -> str:
    """Return the line above a reply: ``1 alpha · 2.1 s · 120 tok · $0.0003``, and how it ended where that is to be told.

    With ``columns`` the label is cut so that the rest fits.
    """
    meta = end.message.meta if end.message is not None else Meta()
    facts: list[str] = []
    if meta.duration_s is not None:
        facts.append(f"{meta.duration_s:.1f} s")
    if meta.usage is not None:
        facts.append(f"{'~' if meta.usage.is_estimated else ''}{meta.usage.completion_tokens} tok")
        facts.append(format_usd(meta.cost_usd, is_estimated=meta.usage.is_estimated))
    return joined(number, label, (*facts, *state_words(end)), is_unicode=is_unicode, columns=columns)


def joined(
    number: int, label: str, facts: Sequence[str], *, is_unicode: bool, columns: int | None = None
) -> str:
    """Return the number and the label of a candidate, and facts after them; the label is cut first."""
    dot = " \u00b7 " if is_unicode else " - "
    rest = "".join(f"{dot}{fact}" for fact in facts)
    limit = (
        LABEL_CHARS if columns is None else max(LEAST_LABEL_CHARS, columns - len(rest) - len(f"{number} "))
    )
    return f"{number} {short(label, limit)}{rest}"


def is_held_back(end: End | None) -> bool:
    """Whether a request was held back before it was sent by what the user has set, such as a budget."""
    return isinstance(end, Failed) and end.message is None and not isinstance(end.error, ApiError)


def held_back(ends: Iterable[End | None]) -> Failed | None:
    """Return why nothing at all was sent, where the user's own settings held it back. None: something was, or may be."""
    found: list[Failed] = []
    for end in ends:
        if not isinstance(end, Failed) or end.message is not None:
            return None
        found.append(end)
    return next(filter(is_held_back, found), None)


def state_words(end: End) -> tuple[str, ...]:
    """Say in a word or two how a reply ended. Empty: in the ordinary way."""
    if isinstance(end, Failed):
        return ("failed",) if end.message is not None else ("not sent",)
    if isinstance(end, Cancelled):
        return ("stopped",)
    if end.message.meta.finish_reason == "length":
        return ("cut off",)
    if any(isinstance(part, RefusalPart) for part in end.message.parts):
        return ("refused",)
    return ()


def said_below(end: End) -> tuple[str, str | None]:
    """Say below a reply how it ended, and what can be done. Empty: nothing is to be said."""
    match end:
        case Failed(error, _):
            return error.message, error.hint
        case Cancelled():
            return "stopped; what came is kept", None
        case Completed(message):
            empty = "" if message.text.strip() else "the reply is empty"
            return explain_finish(message.meta.finish_reason) or empty, None


def short(label: str, limit_chars: int = LABEL_CHARS) -> str:
    """Return how a candidate is told from the others, in one line that is not too long."""
    clean = sanitise_line(label)
    return clean if len(clean) <= limit_chars else f"{clean[: limit_chars - 1]}\u2026"
