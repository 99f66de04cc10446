"""Gathers what goes with a message: what was attached before, and what its words name with an ``@``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from chatrepl.attachments import Chip, measure
from chatrepl.errors import AttachmentError, ChatreplError
from chatrepl.mentions import find_mentions, mention_of
from chatrepl.pricing import format_usd

if TYPE_CHECKING:
    from chatrepl.messages import Attachment
    from chatrepl.pricing import Price
    from chatrepl.session import Session

CLIPBOARD = "clipboard"
"""Names the image on the clipboard."""
_PATH = re.compile(r"~?[\w.-]*/[\w./-]+|[\w-]+\.(?:\w{1,4}|config)")
"""What nobody writes but to name a file. Handles of people and decorators of code are no paths."""
_MILLION = Decimal(1_000_000)


class Gathered(NamedTuple):
    """What goes with a message."""

    attachments: tuple[Attachment, ...]
    asks: tuple[str, ...] = ()
    """What the user should know and agree to before so much is sent."""
    missing: tuple[str, ...] = ()
    """Names that look like paths, and of which nothing is there."""


def gather(session: Session, typed: str) -> Gathered:
    """Read what goes with a message.

    Args:
        session: Whose next message it is.
        typed: The words in which names count. Pasted text may be left out of them.

    Raises:
        ChatreplError: something that is named is there, and cannot be sent.
    """
    held = tuple(session.attached)
    names = {part.name for part in held}
    found: list[Attachment] = []
    asks: list[str] = []
    missing: list[str] = []
    if session.attacher is not None and "@" in typed:
        for mention in find_mentions(typed):
            if any(str(target) in names for target in mention.targets):
                continue  # it came back with its message, as it was then
            named = session.attacher.find(mention)
            if named is None:
                missing += [mention.name] if _PATH.fullmatch(mention.name) else []
            else:
                found += (part for part in named.parts if part.name not in names)
                names.update(part.name for part in named.parts)
                asks += [named.asks] if named.asks else []
    return Gathered((*held, *found), tuple(asks), tuple(missing))


def attach(session: Session, names: Sequence[str]) -> Gathered:
    """Read what is named by itself, so that it goes with the next message; it is not put there yet.

    Raises:
        ChatreplError: it is not there, or cannot be sent.
    """
    attacher = session.attacher
    if attacher is None:
        raise AttachmentError("Nothing can be attached here.")
    found: list[Attachment] = []
    asks: list[str] = []
    for name in names:
        if name == CLIPBOARD:
            image = attacher.clipboard_image()
            others = sum(part.name.startswith(CLIPBOARD) for part in session.attached)
            found.append(replace(image, name=f"{CLIPBOARD} {others + 1}") if others else image)
            continue
        named = attacher.find(mention_of(name))
        if named is None:
            raise AttachmentError(
                f"There is no {name}.", hint="A file, a directory, a glob, https://…, or clipboard."
            )
        found += named.parts
        asks += [named.asks] if named.asks else []
    return Gathered(tuple(found), tuple(asks))


def keep(session: Session, parts: Sequence[Attachment]) -> None:
    """Let some attachments go with the next message; one of the same name is replaced."""
    names = {part.name for part in parts}
    session.attached[:] = [*(part for part in session.attached if part.name not in names), *parts]


def chips(session: Session, typed: str) -> tuple[list[Chip], tuple[Attachment, ...]]:
    """Return what stands for the attachments of the message that is being typed, and what of them is read by now.

    No page is asked for.
    """
    shown = [_chip(session, part) for part in session.attached]
    known: list[Attachment] = [*session.attached]
    names = {part.name for part in known}
    if session.attacher is None or "@" not in typed:
        return shown, tuple(known)
    for mention in find_mentions(typed):
        if any(str(target) in names for target in mention.targets):
            continue
        try:
            named = session.attacher.find(mention, fetches=False)
        except ChatreplError as error:
            shown.append(Chip(mention.name, "", problem=error.message))
            continue
        if named is None:
            continue
        parts = [part for part in named.parts if part.name not in names]
        if not named.parts:
            shown.append(Chip(named.name, "page"))
        elif len(parts) == 1:
            shown.append(_chip(session, parts[0]))
        elif parts:
            counts = [session.planner.count_attachment(part).tokens for part in parts]
            tokens = sum(counts)
            shown.append(Chip(named.name, f"{len(counts)} files", tokens, _cost(session, tokens)))
        known += parts
        names.update(part.name for part in parts)
    return shown, tuple(known)


def _chip(session: Session, part: Attachment) -> Chip:
    tokens = session.planner.count_attachment(part).tokens
    return Chip(part.name, measure(part), tokens, _cost(session, tokens))


def _cost(session: Session, tokens: int) -> str:
    price: Price | None = session.planner.facts().price
    if price is None or not price.input_usd_per_mtok:
        return ""
    return format_usd(price.input_usd_per_mtok * tokens / _MILLION, is_estimated=True)
