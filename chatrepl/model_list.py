"""The list of a server's models: asked for once a day, kept on disk, and there when the server cannot be reached."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple

from chatrepl.errors import ApiError
from chatrepl.exchange import Json, ModelInfo

if TYPE_CHECKING:
    from chatrepl.memory_ports import Memory

FRESH_S = 86_400.0
"""A list that is younger is not asked for again."""
SOON_DAYS = 30
"""So long before a model is switched off it is said."""


class Listed(NamedTuple):
    """A list of models, and how it was come by."""

    models: tuple[ModelInfo, ...]
    age_s: float = 0.0
    """0: it was asked for just now."""
    problem: ApiError | None = None
    """Why the server could not be asked, where the list is an old one."""


class ModelList:
    """The models of one server.

    Args:
        ask: Asks the server.
        memory: Where the list is kept. None: in this process only.
        key: The name under which it is kept: one for each server.
        is_volatile: Whether the list changes often, as on a server of the user's own: it is asked for every time.
    """

    def __init__(
        self, ask: Callable[[], Sequence[ModelInfo]], memory: Memory | None, key: str, *, is_volatile: bool
    ) -> None:
        self._ask = ask
        self._memory = memory
        self._key = f"models {key}"
        self._is_volatile = is_volatile
        self._listed: Listed | None = None
        self._from_disk: Listed | None = None
        self._is_read = False
        self._lock = threading.Lock()

    def known(self) -> Listed | None:
        """Return what is known without asking. None: nothing is. Quick but for the first time."""
        with self._lock:
            if self._listed is None and not self._is_read:
                self._from_disk, self._is_read = self._kept(), True
            return self._listed or self._from_disk

    def get(self, *, refresh: bool = False) -> Listed:
        """Return the list, from the server where it has to be asked.

        Raises:
            ApiError: where the server does not answer, and no list is kept.
        """
        known = self.known()
        if known is not None and not refresh:
            is_asked = self._listed is not None
            if is_asked or (known.age_s < FRESH_S and not self._is_volatile):
                return known
        try:
            listed = Listed(tuple(self._ask()))
        except ApiError as error:
            if known is None:
                raise
            return known._replace(problem=error)
        with self._lock:
            self._listed = listed
        if self._memory is not None and listed.models:
            self._memory.put(self._key, [_to_json(model) for model in listed.models])
        return listed

    def _kept(self) -> Listed | None:
        kept = self._memory.get(self._key) if self._memory is not None else None
        if kept is None or not isinstance(kept.value, list):
            return None
        models = tuple(model for entry in kept.value if (model := _from_json(entry)) is not None)
        return Listed(models, kept.age_s) if models else None


def find(models: Sequence[ModelInfo], words: Sequence[str]) -> tuple[ModelInfo, ...]:
    """Return the models whose id, owner or abilities hold all of some words, whatever their case."""
    wanted = [word.lower() for word in words]
    return tuple(
        model
        for model in models
        if all(
            word in " ".join((model.id, model.owned_by or "", *model.abilities)).lower() for word in wanted
        )
    )


def shutdown_notice(model: ModelInfo, today: date) -> str | None:
    """Say that a model is switched off soon. None where that is far away, or not known."""
    day = shutdown_day(model)
    if day is None or (day - today).days > SOON_DAYS:
        return None
    left = (day - today).days
    if left < 0:
        return f"{model.id} was to be switched off on {day}: choose another model with /model."
    when = "today" if left == 0 else "tomorrow" if left == 1 else f"in {left} days"
    return f"{model.id} is switched off on {day}, {when}: choose another model with /model."


def shutdown_day(model: ModelInfo) -> date | None:
    """Return the day on which a model is switched off. None where it is not known."""
    try:
        return date.fromisoformat(model.shutdown_date or "")
    except ValueError:
        return None


def shown_age(age_s: float) -> str:
    """Say how old something is: ``just now``, ``5 minutes ago``, ``3 days ago``."""
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        count = int(age_s // size)
        if count:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def _to_json(model: ModelInfo) -> dict[str, Json]:
    fields: dict[str, Any] = {name: getattr(model, name) for name in ModelInfo.__slots__}
    return {
        name: str(value) if isinstance(value, Decimal) else list(value) if isinstance(value, tuple) else value
        for name, value in fields.items()
        if value is not None and value != ()
    }


def _from_json(entry: Any) -> ModelInfo | None:
    """Read what ``_to_json`` wrote. None where it is something else."""
    if not isinstance(entry, dict) or not isinstance(name := entry.get("id"), str):
        return None

    def text(field: str) -> str | None:
        value = entry.get(field)
        return value if isinstance(value, str) else None

    def count(field: str) -> int | None:
        value = entry.get(field)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def amount(field: str) -> Decimal | None:
        try:
            value = Decimal(text(field) or "")
        except InvalidOperation:
            return None
        return value if value.is_finite() else None

    abilities = entry.get("abilities")
    return ModelInfo(
        id=name,
        window_tokens=count("window_tokens"),
        max_output_tokens=count("max_output_tokens"),
        owned_by=text("owned_by"),
        shutdown_date=text("shutdown_date"),
        input_usd_per_mtok=amount("input_usd_per_mtok"),
        output_usd_per_mtok=amount("output_usd_per_mtok"),
        abilities=tuple(item for item in abilities if isinstance(item, str))
        if isinstance(abilities, list)
        else (),
    )
