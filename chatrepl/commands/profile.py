"""The command for profiles: named choices of provider, model, parameters and system prompt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatrepl.commands.base import Arg, Command, Context, Notice, Reply, Several, Table, when_idle
from chatrepl.entries import ProfileSettings
from chatrepl.errors import ChatreplError
from chatrepl.providers import BUILT_IN


def _profile(context: Context, args: Mapping[str, Any]) -> Reply:
    session, name = context.session, args["name"]
    if name is None:
        return _list(context)
    before = session.client.provider
    try:
        session.use_profile(name)
    except ChatreplError as error:
        return Notice(error.message, "error", hint=error.hint)
    model = session.model or "the server's own choice"
    where = session.client.provider
    changed = f", now at {where}" if where != before else f" at {where}"
    return Notice(f"Profile {name}: {model}{changed}. The chat goes on.")


def _list(context: Context) -> Reply:
    settings = context.session.settings
    rows = tuple(
        (("* " if name == settings.profile else "  ") + name, *_facts(profile))
        for name, profile in settings.profiles.items()
    )
    providers = ", ".join(sorted({*settings.providers, *BUILT_IN}))
    hint = Notice(f"The name of a provider works too: {providers}; and local, the embedded model.")
    if not rows:
        none = Notice("There are no profiles: add [profiles.NAME] to the configuration file.")
        return Several((none, hint))
    return Several((Table("Profiles", rows), hint))


def _facts(profile: ProfileSettings) -> tuple[str, str, str]:
    parameters = [f"{key}={value}" for key, value in (profile.parameters or {}).items()]
    own_prompt = ["with a system prompt"] if profile.system else []
    return profile.base_url or profile.provider or "", profile.model or "", ", ".join(parameters + own_prompt)


def _complete_profile(context: Context, typed: str) -> list[str]:
    settings = context.session.settings
    names = dict.fromkeys((*settings.profiles, *settings.providers, *BUILT_IN, "local"))
    return [name for name in names if name.startswith(typed)]


COMMANDS = (
    Command(
        "profile",
        "Model",
        "List the profiles, or go on with another one.",
        _profile,
        args=(Arg("name", optional=True, complete=_complete_profile),),
        when=when_idle,
        help="A profile is a provider, a model, parameters and a system prompt, under `[profiles.NAME]` of the "
        "configuration file. The name of a provider is a profile of its own. The chat stays; what `/set` changed "
        "stays where the profile says nothing of it.",
        examples=("/profile", "/profile fast", "/profile groq", "/profile local"),
    ),
)
