"""How a setting is declared: a field of a class, with what is known of it beside its type and default."""

from __future__ import annotations

from dataclasses import field
from typing import Any, NamedTuple


class Spec(NamedTuple):
    """What is known of one setting beside its type and default."""

    summary: str
    """One sentence for the reference."""
    minimum: float | None = None
    """The least value allowed. None: no lower bound."""
    maximum: float | None = None
    """The greatest value allowed. None: no upper bound."""
    example: str | None = None
    """A value as TOML, for the example file. None: the default is shown."""
    is_live: bool = False
    """True where ``/set`` can change it while chatrepl runs."""


def setting(default: Any, summary: str, **spec: Any) -> Any:
    """Declare a field of a settings class. Typed as Any so that the field keeps its own annotation."""
    metadata = {"spec": Spec(summary, **spec)}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


class SettingsBase:
    """What all settings classes have: equality and a text, written once, since making them for each slows every start."""

    __slots__: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__name__}({shown})"
