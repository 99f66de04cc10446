"""Which chat the user means: an id, the beginning of one, or the beginning of a title. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chatrepl.errors import StoreError
from chatrepl.messages import ChatId

SHOWN_ID_CHARS = 12
"""How much of an id is shown: the time in milliseconds, which tells chats apart in practice."""

_SHOWN = 5

Candidate = tuple[ChatId, str]
"""A chat and the title that it goes by; the title may be empty."""


def find(text: str, candidates: Iterable[Candidate]) -> ChatId:
    """Return the one chat that is meant.

    An exact id comes first, then an exact title, then the beginning of an id, then that of a title; letter case does
    not count. The candidates are all chats, the last changed first.

    Raises:
        StoreError: where there is none or more than one, with the nearest.
    """
    chats, wanted = list(candidates), " ".join(text.split()).casefold()
    if not wanted:
        raise StoreError("No chat was named.", hint=_hint("The last ones", chats[:_SHOWN]))
    titles = [(chat, " ".join(title.split()).casefold()) for chat, title in chats]
    matches: list[ChatId] = []
    for found in (
        [chat for chat, _ in titles if chat == wanted],
        [chat for chat, title in titles if title == wanted],
        [chat for chat, _ in titles if chat.startswith(wanted)],
        [chat for chat, title in titles if title.startswith(wanted)],
    ):
        if len(found) == 1:
            return found[0]
        matches = matches or found
    if matches:
        several = [(chat, title) for chat, title in chats if chat in set(matches)]
        raise StoreError(f'"{text}" fits {len(matches)} chats.', hint=_hint("They are", several[:_SHOWN]))
    raise StoreError(
        f'There is no chat "{text}".', hint=_hint("The nearest", _nearest(wanted, chats, titles))
    )


def _nearest(wanted: str, chats: Sequence[Candidate], titles: Sequence[Candidate]) -> list[Candidate]:
    """Return chats with the words in their title, else with a title like them, else the last ones."""
    inside = [pair for pair, (_, title) in zip(chats, titles, strict=True) if wanted in title]
    if inside:
        return inside[:_SHOWN]
    recent = dict(zip([title for _, title in titles[:1000]], chats, strict=False))
    import difflib

    like = difflib.get_close_matches(wanted, recent, n=_SHOWN, cutoff=0.5)
    return [recent[title] for title in like] or list(chats[:_SHOWN])


def _hint(words: str, chats: Sequence[Candidate]) -> str | None:
    if not chats:
        return None
    return f"{words}: " + ", ".join(f'{chat[:SHOWN_ID_CHARS]} "{title}"' for chat, title in chats)
