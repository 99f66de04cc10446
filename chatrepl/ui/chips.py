"""Draws what goes with a message in one line above the input line."""

from __future__ import annotations

from collections.abc import Sequence

from prompt_toolkit.utils import get_cwidth

from chatrepl.attachments import Chip, chip_text
from chatrepl.sanitise import sanitise_line
from chatrepl.ui.ascii import readable


def chip_line(chips: Sequence[Chip], columns: int, *, is_unicode: bool) -> str:
    """Return the chips that have room, and how many more there are; a single one that has none is cut."""
    texts = [sanitise_line(chip_text(chip, number)) for number, chip in enumerate(chips, start=1)]
    if not is_unicode:
        texts = [readable(text, "ascii") for text in texts]
    shown = ""
    for count, text in enumerate(texts):
        rest = len(texts) - count - 1
        longer = f"{shown} {text}" if shown else text
        more = f" +{rest} more" if rest else ""
        if get_cwidth(longer + more) > columns:
            last = f" +{rest + 1} more"
            return (
                f"{shown}{last}"
                if shown
                else _cut(text, columns - (len(last) if rest else 0)) + (more if rest else "")
            )
        shown = longer
    return shown


def _cut(text: str, columns: int) -> str:
    """Cut a chip so that it fits, with its bracket."""
    kept = ""
    for letter in text[:-1]:
        if get_cwidth(kept + letter) > columns - 4:
            return f"{kept}...]"
        kept += letter
    return text
