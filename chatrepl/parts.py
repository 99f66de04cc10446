"""What a session talks to, and how: all that changes with a profile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from chatrepl.model_list import ModelList
    from chatrepl.pacing import Pace
    from chatrepl.personas import Choice
    from chatrepl.planner import ModelPlanner
    from chatrepl.ports import ModelClient, Moderator
    from chatrepl.settings import Settings

    PlannerFactory = Callable[[Settings, str, ModelClient], ModelPlanner]
    """Builds what plans requests for a model."""


class Parts(NamedTuple):
    """What a session talks to, and how: all that a profile can change."""

    settings: Settings
    client: ModelClient
    make_planner: PlannerFactory
    model: str | None
    """None: the server's first."""
    origins: Mapping[str, str] = MappingProxyType({})
    """Where the settings came from that are not defaults, by key."""
    key_source: str | None = None
    """Where the key came from, for ``/status``. None: there is none."""
    make_model_list: Callable[[ModelClient], ModelList] | None = None
    """Makes the list of the server's models. None: one that is kept for this run only."""
    pace: Pace | None = None
    """The limits that the configuration sets for the provider. None: it sets none."""
    provider_name: str = ""
    """How the provider is called in the ledger and in budgets. Empty: by its host."""
    is_on_this_machine: bool = False
    """Whether the server is: then it has time for one request, and its price may be unknown."""
    moderator: Moderator | None = None
    """Whom the guard asks about a message. None: the server has no such thing."""
    persona: Choice | None = None
    """The persona that the settings ask for. None: they ask for none."""
    firm: frozenset[str] = frozenset()
    """Settings that were said for this run, on the command line or in variables: no chat that is opened changes them."""
