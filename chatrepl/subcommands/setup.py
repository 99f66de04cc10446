"""``chatrepl setup``, and the first run: asks who answers, and writes a small configuration file."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from chatrepl import wiring
from chatrepl.base_url import OPENAI_BASE_URL, BaseUrlError, check_base_url
from chatrepl.environment import Environment, make_private_directory
from chatrepl.errors import ChatreplError, ConfigError, ExitStatus, UsageError
from chatrepl.providers import BUILT_IN, Provider
from chatrepl.ui.asking import LeftError, Place, asker_for
from chatrepl.ui.welcome import Chosen, NewKey, Way, Welcome

if TYPE_CHECKING:
    from chatrepl.keys import Key
    from chatrepl.settings import Settings

INTRODUCTION = """\
{reason} At most three questions; Enter takes what stands in brackets, Esc or Ctrl-C leaves and changes nothing.
"""
VARIABLE = Place("variable", "a variable of your own; type its name", is_secret=False)
FILE = Place("file", "an owner-only file")
KEYRING = Place("keyring", "the system's keyring")

BEST = {
    "openai": wiring.OPENAI_MODEL,
    "openrouter": "openrouter/auto",
    "groq": "llama-3.3-70b-versatile",
    "mistral": "mistral-small-latest",
    "deepseek": "deepseek-chat",
    "xai": "grok-4-fast",
    "anthropic": "claude-haiku-4-5",
    "gemini": "gemini-2.5-flash",
}
"""The model that is proposed at a provider, where that lists it: a good one for little money, in 2026."""


def run(arguments: Sequence[str], environment: Environment) -> int:
    """Ask, whatever is set up already; returns the exit status."""
    options = _parser().parse_args(arguments)
    if not (environment.stdin_is_terminal and environment.stderr_is_terminal):
        raise UsageError(
            "setup asks questions, which needs a terminal.",
            hint="In a script set CHATREPL_PROVIDER and the key's variable; docs/config.md has all settings.",
        )
    config = Path(options.config) if options.config else None
    outcome = set_up(environment, config, "", is_plain=options.plain)
    if outcome is None:
        return ExitStatus.INTERRUPTED
    if outcome:
        asker_for(environment, is_plain=True).say("Type chatrepl to begin.")
    return ExitStatus.OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chatrepl setup",
        description="Choose who answers: a provider, a server on this machine, or the embedded model. Asks for a key where "
        "one is needed, tries it, and writes what was chosen into the configuration file.",
        epilog="The first start does the same where nothing is set up. Esc or Ctrl-C leaves and changes nothing.",
    )
    parser.add_argument("--plain", action="store_true", help="ask line by line, for screen readers")
    parser.add_argument("--config", metavar="FILE", help="write this configuration file")
    return parser


def set_up(environment: Environment, config_file: Path | None, reason: str, *, is_plain: bool) -> bool | None:
    """Ask, and write what was chosen. True: a chat can begin. False: a variable has to be set first. None: the person left.

    Raises:
        ConfigError: the file that is there has mistakes, or cannot be written.
    """
    path = wiring.config_path(environment, config_file)
    is_there = path.is_file()
    loaded = wiring.load_settings(environment, {}, path if is_there else None)
    asker = asker_for(environment, is_plain=is_plain)
    asker.say(INTRODUCTION.format(reason=reason).lstrip())
    try:
        with asker.alone():
            chosen = Welcome(asker, _World(environment, loaded.settings)).run()
    except (LeftError, KeyboardInterrupt):
        asker.say("Nothing was changed.")
        return None
    _keep(chosen, path, environment)
    asker.say(f"\n{_said(chosen, path, environment)}")
    return not chosen.missing_variable


@dataclass
class _World:
    """What the questions ask of this machine and of servers; fits ``welcome.World``."""

    environment: Environment
    settings: Settings
    ways: Sequence[Way] = field(init=False)
    places: Sequence[Place] = field(init=False)

    def __post_init__(self) -> None:
        from chatrepl import keychain

        self.ways = tuple(_ways(self.environment))
        self.places = (FILE, *([KEYRING] if keychain.is_installed() else []), VARIABLE)

    def known_key(self, way: Way) -> str | None:
        """Say which key is there already."""
        key = self._known(way.base_url or "")
        return f"{key.masked} from {key.source}" if key is not None else None

    def models(self, base_url: str, key: NewKey | None) -> Sequence[str]:
        """Ask the server."""
        from chatrepl.keys import pasted_key

        if key is None:
            tried = self._known(base_url)
        else:
            tried = pasted_key(
                self.environment.variables.get(key.text, "") if key.kept == VARIABLE.name else key.text
            )
        connection = wiring.connect_server(self.settings, self.environment, base_url, key=tried)
        try:
            return [model.id for model in connection.client.models()]
        finally:
            connection.close()

    def is_set(self, variable: str) -> bool:
        """Whether a variable has a value."""
        return bool(self.environment.variables.get(variable, "").strip())

    def address(self, text: str) -> str:
        """Check an address."""
        try:
            return check_base_url(text)
        except BaseUrlError as error:
            raise UsageError(f"The address {error}.", hint=error.hint) from None

    def _known(self, base_url: str) -> Key | None:
        from chatrepl.keys import find_key

        try:
            return find_key(self.settings, self.environment, base_url)
        except ChatreplError:  # a source that the file names gives none: another one is asked for
            return None


def _ways(environment: Environment) -> list[Way]:
    """Return what could answer, what is at hand first."""
    ways = []
    for name, base_url, models in wiring.find_servers(environment):
        counted = f"{len(models)} model{'s' * (len(models) != 1)}"
        ways.append(Way(f"{name} on this machine, {base_url} ({counted})", name.lower(), base_url=base_url))
    if wiring.local_is_installed():
        ways.append(
            Way("the embedded model: small, on this machine, without a key", "embedded", is_local=True)
        )
    hosted = [row for row in BUILT_IN.values() if row.needs_key and row.base_url]
    ways += [_hosted(row) for row in hosted]
    with_key = [way for way in ways if way.needs_key and environment.variables.get(way.variable, "").strip()]
    return [*with_key, *(way for way in ways if way not in with_key)]


def _hosted(row: Provider) -> Way:
    return Way(
        f"{row.name}, with a key",
        row.name,
        provider=row.name,
        base_url=row.base_url,
        variable=row.key_variables[0],
        needs_key=True,
        best_model=BEST.get(row.name, ""),
    )


# What is written.


def _keep(chosen: Chosen, path: Path, environment: Environment) -> None:
    """Write the configuration file, and keep the key.

    Raises:
        ConfigError: one of them cannot be written.
    """
    from chatrepl.config_text import NEW_FILE, with_values
    from chatrepl.files import write_atomically
    from chatrepl.keys import save_key, save_key_in_keyring

    try:
        text = path.read_text(encoding="utf-8-sig") if path.is_file() else NEW_FILE
        changed = with_values(text, _values(chosen))
        if chosen.key is not None and chosen.key.kept == FILE.name:
            save_key(environment, chosen.key.text, chosen.base_url or OPENAI_BASE_URL)
        elif chosen.key is not None and chosen.key.kept == KEYRING.name:
            save_key_in_keyring(environment, chosen.key.text, chosen.base_url or OPENAI_BASE_URL)
        make_private_directory(path.parent)
        write_atomically(path, changed, overwrite=True)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from None


def _values(chosen: Chosen) -> Mapping[str, str | None]:
    """Return the settings that say what was chosen; what would stand above them is taken away."""
    way = chosen.way
    values: dict[str, str | None] = {
        "profile": None,
        "provider": way.provider,
        "base_url": None if way.provider is not None or way.is_local else chosen.base_url,
        "model": chosen.model,
    }
    key = chosen.key
    if key is not None and key.kept == VARIABLE.name:
        usual = BUILT_IN[way.provider].key_variables if way.provider else ()
        if key.text not in usual:
            values[f"providers.{way.provider}.api_key_env" if way.provider else "api_key_env"] = key.text
    return values


def _said(chosen: Chosen, path: Path, environment: Environment) -> str:
    name = chosen.way.provider or chosen.way.name or chosen.base_url or ""
    who = f"{chosen.model or 'Its first model'} at {name}"
    if chosen.way.is_local:
        who = "The embedded model"
    lines = [
        f"{who} will answer. This is kept in {wiring.shown_path(environment, path)}; chatrepl setup asks again."
    ]
    if chosen.missing_variable:
        lines.append(f"Set {chosen.missing_variable}, then type chatrepl.")
    if chosen.way.is_local and environment.variables.get("OPENAI_API_KEY", "").strip():
        lines.append("OPENAI_API_KEY is set and goes first: chatrepl --local chats with the embedded model.")
    return "\n".join(lines)
