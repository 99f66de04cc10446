"""Who takes part in a comparison: models of the server in use, profiles and sets of parameters, by what the user named.

Keys and servers of all of them are found before anything is sent to any.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from chatrepl import adjust
from chatrepl.errors import ApiError, UsageError

if TYPE_CHECKING:
    from chatrepl.cancellation import Cancellation
    from chatrepl.parts import Parts
    from chatrepl.planner import ModelPlanner
    from chatrepl.session import Session
    from chatrepl.settings import Settings

PROFILE = "profile:"
"""Stands before the name of a profile, where it could be taken for a model."""
LEAST, MOST = 2, 6
CHANGEABLE = ("parameters", "window", "model", "stream", "system")
"""The settings that a comparison may set for one of its candidates, or tables of them."""


class Wanted(NamedTuple):
    """A candidate as the user named it."""

    name: str
    """A model, a profile or a provider. Empty: the model in use."""
    changes: tuple[tuple[str, str], ...] = ()
    """Settings for it alone, as key and text."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One that is asked."""

    label: str
    """How it is told from the others, with what is set for it alone."""
    parts: Parts
    """Its server, and the settings with what is set for it alone."""
    profile: str | None = None
    """The profile that it was named by. None: it is a model of the server in use."""
    planner: ModelPlanner | None = None
    """What plans its requests, where that is known already."""

    @property
    def has_own_system(self) -> bool:
        """Whether it answers under a system prompt of its own."""
        origin = self.parts.origins.get("system", "")
        return origin == "comparison" or (self.profile is not None and origin.startswith("profile "))

    def prepare(self, cancellation: Cancellation) -> tuple[str, ModelPlanner]:
        """Find the model, its window and its vocabulary; returns early where it is cancelled."""
        parts = self.parts
        found: list[tuple[str, ModelPlanner]] = []
        is_done = threading.Event()

        def work() -> None:
            try:
                model = parts.model or _first_model(parts)
                planner = self.planner or parts.make_planner(parts.settings, model, parts.client)
                found.append((model, planner))
                planner.prepare()
            finally:
                is_done.set()

        cancellation.on_cancel(is_done.set)
        threading.Thread(target=work, name="chatrepl-prepare", daemon=True).start()
        is_done.wait()
        if found:
            return found[0]
        model = parts.model or ""
        return model, parts.make_planner(parts.settings, model, parts.client)


def _first_model(parts: Parts) -> str:
    """Return the first model that a server lists. Empty: it does not list any, and chooses by itself."""
    try:
        listed = parts.make_model_list(parts.client).get().models if parts.make_model_list else ()
    except ApiError:
        return ""
    return listed[0].id if listed else ""


def read_words(words: Sequence[str]) -> list[Wanted]:
    """Read ``alpha temperature=0 --set top_p=1 beta``: settings belong to the name before them, the first ones to all.

    Raises:
        UsageError: a setting is not complete, or a word looks like an option.
    """
    common: list[tuple[str, str]] = []
    found: list[Wanted] = []
    takes_setting = False
    for word in words:
        if word == "--set":
            takes_setting = True
        elif "=" in word and not word.startswith("="):
            key, _, value = word.removeprefix("--set=").partition("=")
            if found:
                found[-1] = found[-1]._replace(changes=(*found[-1].changes, (key, value)))
            else:
                common.append((key, value))
            takes_setting = False
        elif takes_setting or word.startswith("-"):
            raise UsageError(
                f"'{word}' is not a setting: it takes KEY=VALUE."
                if takes_setting
                else f"/compare does not know '{word}'.",
                hint="/compare alpha temperature=0 alpha temperature=1 -- Say hello.",
            )
        else:
            found.append(Wanted(word))
    if takes_setting:
        raise UsageError("--set takes KEY=VALUE.", hint="/compare alpha --set temperature=0 beta")
    return [wanted._replace(changes=(*common, *wanted.changes)) for wanted in found]


def resolve(session: Session, wanted: Sequence[Wanted]) -> tuple[Candidate, ...]:
    """Find the candidates; where only one is named, it is compared with the model in use.

    Raises:
        ChatreplError: there is no such model or profile, its key cannot be had, or a setting does not fit.
    """
    if len(wanted) == 1:
        wanted = (Wanted(""), *wanted)
    if not LEAST <= len(wanted) <= MOST:
        raise UsageError(
            f"A comparison has {LEAST} to {MOST} candidates, not {len(wanted)}.",
            hint="/compare alpha beta, or /compare beta to compare it with the model in use",
        )
    return tuple(_resolved(session, each) for each in wanted)


def _resolved(session: Session, wanted: Wanted) -> Candidate:
    name, parts = wanted.name, session.parts()
    profile: str | None = None
    if name.startswith(PROFILE):
        profile = name.removeprefix(PROFILE)
    elif name:
        model = _known_model(session, name)
        if model is None and name in profile_names(session.settings):
            profile = name
        else:
            parts = parts._replace(model=model or _likely_model(session, name))
    if profile is not None:
        parts = session.profile_parts(profile)
    settings, origins = parts.settings, dict(parts.origins)
    for key, text in wanted.changes:
        settings, changed = _changed(settings, key, text)
        origins[changed] = "comparison"
    model = settings.model if origins.get("model") == "comparison" else parts.model
    is_in_use = profile is None and not wanted.changes and model == session.model and bool(model)
    own = [f"{key}={text}" for key, text in wanted.changes]
    return Candidate(
        label=" ".join((profile or model or session.model or "the server's own choice", *own)),
        parts=parts._replace(settings=settings, model=model or None, origins=origins),
        profile=profile,
        planner=session.planner if is_in_use else None,
    )


def _changed(settings: Settings, key: str, text: str) -> tuple[Settings, str]:
    """Return settings with one changed, and its full name."""
    name = adjust.resolve_key(key).key
    if name.partition(".")[0] not in CHANGEABLE:
        raise UsageError(
            f"`{name}` is nothing that a comparison can set: it says nothing about the request.",
            hint="Parameters can be set (temperature=0), and model, system, stream and window.",
        )
    if name == "system":
        return replace(settings, system=text), name
    return adjust.apply(settings, name, text), name


def profile_names(settings: Settings) -> Sequence[str]:
    """Return what can be named in the place of a profile: profiles, providers and the embedded model."""
    from chatrepl.providers import BUILT_IN

    return [*dict.fromkeys((*settings.profiles, *settings.providers, *BUILT_IN, "local"))]


def _known_model(session: Session, name: str) -> str | None:
    return name if name == session.model or name in {model.id for model in session.known_models()} else None


def _likely_model(session: Session, name: str) -> str:
    """Return the model of the server in use that a name means: the only one that begins so, else the name as it is.

    Raises:
        UsageError: the server lists models, and none of that name.
    """
    for listed in _lists(session):
        begun = [model for model in listed if model.startswith(name)]
        if name in begun:
            return name
        if len(begun) == 1:
            return begun[0]
    if not listed:
        return name
    from difflib import get_close_matches

    near = begun or get_close_matches(name, [*listed, *profile_names(session.settings)], 3, 0.3) or listed[:3]
    raise UsageError(
        f"There is neither a model nor a profile '{name}'; nothing was sent.",
        hint=f"Near: {', '.join(near[:5])}",
    )


def _lists(session: Session) -> Iterator[list[str]]:
    """Yield the server's models as they are known, and then as it lists them now."""
    known = [model.id for model in session.known_models()]
    if known:
        yield known
    try:
        yield [model.id for model in session.models(refresh=bool(known))]
    except ApiError:
        yield known
