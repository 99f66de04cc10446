"""What reading other programs' files yields: whole chats, and what was wrong. Values only."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from chatrepl.conversation import Conversation


class Problem(NamedTuple):
    """Something in a file that is not as it should be."""

    place: str
    """Such as ``conversation 12 ("Title"), message 5`` or ``line 17``. Not sanitised."""
    said: str
    """What is wrong and what became of it, in one sentence."""


class Found(NamedTuple):
    """A chat of a file."""

    conversation: Conversation
    created_at: datetime
    """In UTC."""
    updated_at: datetime
    """In UTC, and not before it was created."""
    problems: tuple[Problem, ...]
    """What was left out of it, or mended in it."""
    auto_title: str = ""
    """A title that a model made. Empty: none."""
    is_archived: bool = False


Item = Found | Problem
"""A problem in the place of a chat: that chat could not be read at all."""
