"""``chatrepl complete KIND [WORD]``: what a word on the command line can become. Shells ask it; people need not.

One candidate a line, with a tab before what it is. It never asks a server, runs no command for a key and makes no file,
and where something is wrong it offers nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from chatrepl import wiring
from chatrepl.environment import Environment
from chatrepl.errors import ChatreplError, ExitStatus
from chatrepl.sanitise import sanitise_line
from chatrepl.settings import Settings

MOST_CHATS = 200
SHOWN_ID_CHARS = 12

Candidate = tuple[str, str]
"""A word, and what it is."""


def run(arguments: Sequence[str], environment: Environment) -> int:
    """Write the candidates; returns the exit status, which is always 0."""
    kind, word = [*arguments, "", ""][:2]
    find = FINDERS.get(kind)
    if find is None:
        return ExitStatus.OK
    try:
        settings = wiring.load_settings(environment, {}, None).settings
        found = [(name, text) for name, text in find(settings, environment) if name.startswith(word)]
    except (ChatreplError, OSError):
        return ExitStatus.OK
    for name, text in found:
        if sanitise_line(name) == name:
            environment.stdout.write(f"{name}\t{sanitise_line(text)}\n")
    return ExitStatus.OK


def _profiles(settings: Settings, environment: Environment) -> Iterator[Candidate]:
    yield from ((name, "a profile of the configuration") for name in settings.profiles)
    yield wiring.LOCAL_PROFILE, "the embedded model"
    yield from (each for each in _providers(settings, environment) if each[0] not in settings.profiles)


def _providers(settings: Settings, _environment: Environment) -> Iterator[Candidate]:
    from chatrepl.providers import BUILT_IN

    for name in dict.fromkeys((*settings.providers, *BUILT_IN)):
        yield name, BUILT_IN[name].base_url or "" if name in BUILT_IN else "of the configuration"


def _models(settings: Settings, environment: Environment) -> Iterator[Candidate]:
    """Yield the models of the list that was kept when the server was last asked, and those of the configuration."""
    from chatrepl.base_url import OPENAI_BASE_URL
    from chatrepl.model_list import shown_age
    from chatrepl.providers import in_use

    base_url = in_use(settings).base_url or OPENAI_BASE_URL
    client = wiring.connect_server(settings, environment, base_url).client
    listed = wiring.model_list(client, base_url, environment).known()
    known = {model.id: f"as of {shown_age(listed.age_s)}" for model in listed.models} if listed else {}
    yield from ((known | dict.fromkeys(settings.models, "of the configuration")) | known).items()


def _chats(_settings: Settings, environment: Environment) -> Iterator[Candidate]:
    store = wiring.open_library_to_read(environment)
    if store is None:
        return
    try:
        for chat in store.list_chats(MOST_CHATS):
            yield str(chat.id)[:SHOWN_ID_CHARS], chat.title
    finally:
        store.close()


def _settings(_settings: Settings, _environment: Environment) -> Iterator[Candidate]:
    from chatrepl import adjust

    for key, info in adjust.setting_infos().items():
        if "*" not in key:
            yield key.removeprefix("parameters."), info.spec.summary.replace("`", "")


def _assignments(settings: Settings, environment: Environment) -> Iterator[Candidate]:
    yield from ((f"{name}=", text) for name, text in _settings(settings, environment))


FINDERS: Mapping[str, Callable[[Settings, Environment], Iterator[Candidate]]] = {
    "profiles": _profiles,
    "providers": _providers,
    "models": _models,
    "chats": _chats,
    "settings": _settings,
    "assignments": _assignments,
}
