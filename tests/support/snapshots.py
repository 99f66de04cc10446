"""Pictures of screens kept as text: ``CHATREPL_WRITE_SCREENS=1 pytest …`` writes them anew."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

IS_WRITING = bool(os.environ.get("CHATREPL_WRITE_SCREENS"))
SCREENS = Path(__file__).parents[1] / "terminal" / "screens"


def check_snapshot(name: str, rows: Sequence[str]) -> None:
    """Compare rows with those that are kept under a name.

    Raises:
        AssertionError: they are others; look whether that is meant, and write them anew.
    """
    text = "\n".join(row.rstrip() for row in rows).strip("\n") + "\n"
    path = SCREENS / f"{name}.txt"
    if IS_WRITING:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
