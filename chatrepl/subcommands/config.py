"""``chatrepl config``: what is set and where it came from, what is wrong with a file, and where keys are kept."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chatrepl import adjust, wiring
from chatrepl.base_url import OPENAI_BASE_URL
from chatrepl.environment import Environment, make_private_directory
from chatrepl.errors import ChatreplError, ConfigError, ExitStatus, UsageError
from chatrepl.providers import BUILT_IN, Provider, in_use, named
from chatrepl.settings import Settings
from chatrepl.subcommands.output import Printer
from chatrepl.values import Json


def run(arguments: Sequence[str], environment: Environment) -> int:
    """Do what is asked of the configuration; returns the exit status."""
    options = _parser().parse_args(arguments)
    run_action: Any = options.run
    status: int = run_action(options, environment)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chatrepl config", description="Show, check and change the configuration."
    )
    parser.add_argument("--config", metavar="FILE", help="read this configuration file")
    parser.set_defaults(run=_show, all=False, json=False, name=None)
    actions = parser.add_subparsers(metavar="ACTION")
    show = actions.add_parser("show", help="what is set, and where it came from (the default)")
    show.add_argument("name", nargs="?", metavar="KEY", help="one setting only")
    show.add_argument("--all", action="store_true", help="also what is not set")
    show.add_argument("--json", action="store_true", help="write a JSON object")
    show.set_defaults(run=_show)
    actions.add_parser("path", help="where the file is").set_defaults(run=_path)
    check = actions.add_parser("check", help="report all problems of a file")
    check.add_argument("file", nargs="?", metavar="FILE", help="by default the one in use")
    check.set_defaults(run=_check)
    actions.add_parser("edit", help="open the file in $EDITOR, and check it").set_defaults(run=_edit)
    _add_key_actions(actions.add_parser("key", help="keep, remove and show keys"))
    return parser


def _add_key_actions(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_key_show, provider=None)
    actions = parser.add_subparsers(metavar="ACTION")
    keep = actions.add_parser("set", help="keep a key; it is asked for, or read from standard input")
    place = keep.add_mutually_exclusive_group()
    place.add_argument("--keyring", action="store_true", help="in the system's keyring (extra `keyring`)")
    place.add_argument("--file", action="store_true", help="in an owner-only file (the default)")
    keep.set_defaults(run=_key_set)
    remove = actions.add_parser("remove", help="forget a key that was kept with set")
    remove.set_defaults(run=_key_remove)
    show = actions.add_parser("show", help="which keys would be used, with their last four characters")
    show.set_defaults(run=_key_show)
    for action in (keep, remove, show):
        action.add_argument("--provider", metavar="NAME", help="by default the provider in use")


def _load(options: argparse.Namespace, environment: Environment) -> Any:
    return wiring.load_settings(environment, {}, Path(options.config) if options.config else None)


def _file(options: argparse.Namespace, environment: Environment) -> Path:
    return wiring.config_path(environment, Path(options.config) if options.config else None)


# What is set.


def _show(options: argparse.Namespace, environment: Environment) -> int:
    loaded = _load(options, environment)
    if options.name is not None:
        names = [adjust.resolve_key(options.name).key]
    else:
        names = sorted(loaded.origins)
        if options.all:
            names += sorted(
                key for key in adjust.setting_infos() if "*" not in key and key not in loaded.origins
            )
    values = {name: adjust.value_of(loaded.settings, name) for name in names}
    printer = Printer(environment)
    if options.json:
        printer.json(
            {name: {"value": value, "origin": str(loaded.origin_of(name))} for name, value in values.items()}
        )
        return ExitStatus.OK
    rows = [(name, shown_value(value), str(loaded.origin_of(name))) for name, value in values.items()]
    if rows:
        printer.table(("setting", "value", "from"), rows)
    elif environment.stdout_is_terminal:
        printer.line("Everything is as it is by default; --all shows it.")
    return ExitStatus.OK


def shown_value(value: Json | object) -> str:
    """Return a value as it may stand in the file."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {shown_value(item)}" for name, item in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(shown_value, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _path(options: argparse.Namespace, environment: Environment) -> int:
    Printer(environment).line(str(_file(options, environment)))
    return ExitStatus.OK


def _check(options: argparse.Namespace, environment: Environment) -> int:
    if options.file:
        options.config = options.file
    loaded = _load(options, environment)
    path = _file(options, environment)
    count = len(loaded.layers[0])
    noun = "setting" if count == 1 else "settings"
    said = (
        f"{path}: no problems; {count} {noun}."
        if loaded.config_file
        else f"There is no {path}; none is needed."
    )
    Printer(environment).line(said)
    for warning in loaded.warnings:
        environment.stderr.write(f"chatrepl: {warning}\n")
    return ExitStatus.OK


def _edit(options: argparse.Namespace, environment: Environment) -> int:
    path = _file(options, environment)
    variables = environment.variables
    editor = shlex.split(variables.get("VISUAL") or variables.get("EDITOR") or "vi")
    if not environment.stdin_is_terminal:
        raise UsageError("config edit needs a terminal.", hint=f"Edit {path} yourself.")
    make_private_directory(path.parent)
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("# Settings of chatrepl; config.example.toml lists them all.\n")
    try:
        done = subprocess.run([*editor, str(path)], check=False)
    except OSError as error:
        raise ConfigError(
            f"The editor {editor[0]} cannot be run: {error.strerror}.", hint="Set EDITOR to another one."
        ) from None
    if done.returncode:
        raise ConfigError(f"The editor {editor[0]} ended with status {done.returncode}.")
    return _check(argparse.Namespace(config=options.config, file=None), environment)


# Keys.


def _address(options: argparse.Namespace, settings: Settings) -> str:
    """Return the base URL whose key is meant."""
    if options.provider is None:
        return in_use(settings).base_url or OPENAI_BASE_URL
    provider = named(options.provider, settings.providers)
    if provider is None:
        raise UsageError(
            f"There is no provider `{options.provider}`.",
            hint="Known are " + ", ".join(dict.fromkeys((*settings.providers, *BUILT_IN))) + ".",
        )
    if provider.base_url is None:
        raise UsageError(
            f"The provider `{options.provider}` has no address.",
            hint=f"Set providers.{options.provider}.base_url first.",
        )
    return provider.base_url


def _key_set(options: argparse.Namespace, environment: Environment) -> int:
    from chatrepl.keys import save_key, save_key_in_keyring

    base_url = _address(options, _load(options, environment).settings)
    text = _ask_key(base_url, environment)
    if options.keyring:
        place = save_key_in_keyring(environment, text, base_url)
    else:
        place = str(save_key(environment, text, base_url))
    Printer(environment).line(f"The key for {base_url} is kept in {place}, for that server only.")
    return ExitStatus.OK


def _ask_key(base_url: str, environment: Environment) -> str:
    """Ask for a key without showing it, or read it from a pipe."""
    if not environment.stdin_is_terminal:
        return environment.stdin.readline()
    import getpass

    return getpass.getpass(f"Key for {base_url} (it is not shown): ")


def _key_remove(options: argparse.Namespace, environment: Environment) -> int:
    from chatrepl.keys import remove_key

    base_url = _address(options, _load(options, environment).settings)
    places = remove_key(environment, base_url)
    printer = Printer(environment)
    if not places:
        printer.line(f"No key for {base_url} was kept.")
        return ExitStatus.ERROR
    printer.line(f"The key for {base_url} is no longer in {' and '.join(places)}.")
    return ExitStatus.OK


def _key_show(options: argparse.Namespace, environment: Environment) -> int:
    settings = _load(options, environment).settings
    if options.provider is not None:
        addresses = {options.provider: _address(options, settings)}
    else:
        addresses = {
            provider.name or base_url: base_url
            for provider in _providers(settings)
            if (base_url := provider.base_url) is not None
        }
    rows = [
        row
        for name, base_url in addresses.items()
        if (row := _key_row(name, base_url, settings, environment))
    ]
    printer = Printer(environment)
    if rows:
        printer.table(("provider", "key", "from"), rows)
    else:
        printer.line("No key is set.")
    return ExitStatus.OK if rows else ExitStatus.ERROR


def _providers(settings: Settings) -> list[Provider]:
    names = dict.fromkeys((*settings.providers, *BUILT_IN))
    known = [provider for name in names if (provider := named(name, settings.providers)) is not None]
    used = in_use(settings)
    return known if any(provider.base_url == used.base_url for provider in known) else [used, *known]


def _key_row(
    name: str, base_url: str, settings: Settings, environment: Environment
) -> tuple[str, str, str] | None:
    from chatrepl.keys import find_key

    try:
        key = find_key(settings, environment, base_url)
    except ChatreplError as error:
        return name, "", error.message
    return None if key is None else (name, key.masked, key.source)
