"""Where the user has been in the chats, as a browser knows it: back, and forward again. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # a start loads no messages
    from chatrepl.messages import ChatId, MessageId

MOST_PLACES = 200


class Place(NamedTuple):
    """A chat and the message it stood at."""

    chat: ChatId
    tip: MessageId | None
    """None: before its first, or, of another chat than the open one, wherever it stands."""


class Trail:
    """The places that were left, and those that were gone back from."""

    def __init__(self) -> None:
        self._past: list[Place] = []
        self._future: list[Place] = []

    def leave(self, place: Place) -> None:
        """Note that the user goes elsewhere; what was gone back from is forgotten."""
        self._future.clear()
        if not self._past or self._past[-1] != place:
            self._past.append(place)
            del self._past[:-MOST_PLACES]

    def back(self, here: Place) -> Place | None:
        """Return the place that was left last. None: there is none."""
        return self._step(here, self._past, self._future)

    def forward(self, here: Place) -> Place | None:
        """Return the place that was gone back from last. None: there is none."""
        return self._step(here, self._future, self._past)

    @staticmethod
    def _step(here: Place, source: list[Place], target: list[Place]) -> Place | None:
        while source:
            place = source.pop()
            if place != here:
                target.append(here)
                return place
        return None
