"""What is said of files and images that go with a message. Pure."""

from __future__ import annotations

from typing import NamedTuple

from chatrepl.messages import Attachment, FilePart

_UNITS = ("bytes", "KB", "MB", "GB")


class Chip(NamedTuple):
    """What goes with the message that is being typed, as it stands above the input line."""

    name: str
    size: str
    """``3 lines``, ``1024x768``; empty where it is not known before it is sent."""
    tokens: int | None = None
    """About so many. None: not known before it is sent."""
    cost: str = ""
    """What that costs. Empty: nothing, or it is not known."""
    problem: str = ""
    """Why it cannot be sent. Empty: it can."""


def chip_text(chip: Chip, number: int) -> str:
    """Return a chip as it stands above the input line: ``[1 notes.md 3 lines ~40 tok]``."""
    tokens = f"~{chip.tokens} tok" if chip.tokens is not None else ""
    said = f"cannot be sent: {chip.problem}" if chip.problem else ""
    return f"[{' '.join(filter(None, (str(number), chip.name, chip.size, tokens, chip.cost, said)))}]"


def size_text(size_bytes: int) -> str:
    """Return a size for people: ``312 bytes``, ``1.2 MB``."""
    size, unit = float(size_bytes), 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size_bytes} {_UNITS[0]}" if not unit else f"{size:.{1 if size < 100 else 0}f} {_UNITS[unit]}"


def measure(part: Attachment) -> str:
    """Return how large an attachment is: ``3 lines``, ``1024x768``."""
    if isinstance(part, FilePart):
        count = part.text.count("\n") + (not part.text.endswith("\n") and bool(part.text))
        return f"{count} {'line' if count == 1 else 'lines'}"
    return f"{part.width_pixels}x{part.height_pixels}"


def described(part: Attachment) -> str:
    """Return what stands for an attachment where a message is shown: ``notes.md, 3 lines``."""
    return f"{part.name}, {measure(part)}"
