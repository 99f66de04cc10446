"""One file, the environment and the command line put together into Settings; remembers where each value came from.

Later sources win: defaults, file, environment, flags. All problems of all sources are collected and reported at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from chatrepl import adjust
from chatrepl.adjust import apply as apply  # noqa: PLC0414 - offered here as part of the configuration
from chatrepl.adjust import parse_text as parse_text  # noqa: PLC0414 - the same
from chatrepl.adjust import resolve_key as resolve_key  # noqa: PLC0414 - the same
from chatrepl.adjust import value_of as value_of  # noqa: PLC0414 - the same
from chatrepl.environment import Environment
from chatrepl.errors import ConfigError
from chatrepl.layers import DEFAULT, OPENAI_VARIABLE, Composed, Found, Layer, compose
from chatrepl.layers import Origin as Origin  # noqa: PLC0414 - what LoadedSettings tells of
from chatrepl.redact import mask_keys
from chatrepl.settings import TABLES, Settings

FILE_NAME = "config.toml"
_PREFIX = "CHATREPL_"
_CONFIG_VARIABLE = "CHATREPL_CONFIG"
_AZURE_VARIABLE = "AZURE_OPENAI_ENDPOINT"
_GROUPS = ("window", "network", "library", "attachments", "guard", "terminal", "local", "parameters", "keys")


COMMAND_LINE = Origin("flag", "the command line")


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings, and what is known of how they came about."""

    settings: Settings
    origins: Mapping[str, Origin]
    """By dotted name, only for what is not a default; see ``origin_of``."""
    warnings: tuple[str, ...] = ()
    """What was ignored, in sentences for the user."""
    config_file: Path | None = None
    """The file that was read. None where there was none."""
    layers: tuple[Layer, ...] = field(default=(), compare=False, repr=False)
    """The values of each source: file, environment, command line."""

    def origin_of(self, key: str) -> Origin:
        """Return where the value of a setting came from."""
        return self.origins.get(resolve_key(key).key, DEFAULT)

    def with_profile(self, name: str) -> LoadedSettings:
        """Return the same settings with another profile above them.

        Raises:
            ConfigError: there is no such profile, or it leads to no server.
        """
        composed = compose(self.layers, name)
        if composed.problems:
            raise _combined(list(composed.problems))
        return replace(self, settings=composed.settings, origins=composed.origins)

    def with_provider(self, name: str, variable: str) -> LoadedSettings:
        """Return the same settings with a provider below them all, since a variable holds its key."""
        below = {"provider": Found(name, Origin("environment", variable))}
        composed = compose((below, *self.layers))
        return replace(
            self, settings=composed.settings, origins=composed.origins, layers=(below, *self.layers)
        )


class _Collector:
    """Gathers values and problems, source by source."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.layers: list[dict[str, Found]] = []
        self.problems: list[ConfigError] = []
        self.warnings: list[str] = []

    def add(self, key: str, value: Any, origin: Origin) -> None:
        self.layers[-1][key] = Found(value, origin)


def load_settings(
    environment: Environment, flags: Mapping[str, object], config_file: Path | None = None
) -> LoadedSettings:
    """Put the settings of this run together.

    Args:
        environment: Where variables and directories come from.
        flags: Setting to value as the command line gave it; text is read as by ``parse_text``, None means not given.
            A parameter may be named without ``parameters.``.
        config_file: What ``--config`` named; it must exist. None: ``CHATREPL_CONFIG``, which must exist, or
            ``config.toml`` in the configuration directory, which need not.

    Raises:
        ConfigError: naming every problem found.
    """
    collector = _Collector(environment)
    path, is_required = config_path(environment, config_file)
    collector.layers.append({})
    is_read = _read_file(collector, path, is_required=is_required)
    collector.layers.append({})
    _read_variables(collector)
    collector.layers.append({})
    _read_flags(collector, flags)
    composed = _composed(collector, collector.layers)
    layers = tuple(collector.layers)
    return LoadedSettings(
        composed.settings, composed.origins, tuple(collector.warnings), path if is_read else None, layers
    )


def _composed(collector: _Collector, layers: list[dict[str, Found]]) -> Composed:
    """Put the layers together; what is wrong in them alone is told together with what is wrong between them."""
    composed = compose(layers)
    problems = [*collector.problems, *composed.problems]
    if problems:
        raise _combined(problems)
    return composed


def variable_of(key: str) -> str:
    """Return the environment variable that sets a setting."""
    return _PREFIX + key.upper().replace(".", "_")


def shown_path(environment: Environment, path: Path) -> str:
    """Return a path as the user would type it, with ``~`` for the home directory."""
    home = environment.variables.get("HOME")
    if home and path.is_relative_to(home):
        return f"~/{path.relative_to(home)}"
    return str(path)


def config_path(environment: Environment, config_file: Path | None) -> tuple[Path, bool]:
    """Return the file that is read, and whether it must be there because somebody named it."""
    if config_file is not None:
        return environment.expand(str(config_file)), True
    if named := environment.variables.get(_CONFIG_VARIABLE):
        return environment.expand(named), True
    return environment.config_directory / FILE_NAME, False


# --- the file ---------------------------------------------------------------------------------------------------


def _read_file(collector: _Collector, path: Path, *, is_required: bool) -> bool:
    """Add what a file says. Returns whether there is one."""
    name = shown_path(collector.environment, path)
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        if is_required:
            collector.problems.append(
                ConfigError(
                    f"There is no configuration file {name}.",
                    hint="Correct the name after --config or in CHATREPL_CONFIG, or leave it out.",
                    file=name,
                )
            )
        return False
    except OSError as error:
        reason = "it is a directory" if isinstance(error, IsADirectoryError) else error.strerror
        collector.problems.append(ConfigError(f"{name} cannot be read: {reason}.", file=name))
        return False
    except ValueError:  # a NUL in the name
        collector.problems.append(ConfigError("The configuration file's name holds the character NUL."))
        return False
    if content.strip():
        from chatrepl.toml_text import decode, parse

        try:
            text = decode(content, name)
            document = parse(text, name)
        except ConfigError as error:
            collector.problems.append(error)
        else:
            _FileReader(collector, name, text, document).read()
    return True


class _FileReader:
    """Goes through the tables of a file."""

    def __init__(self, collector: _Collector, name: str, text: str, document: Mapping[str, Any]) -> None:
        self._collector = collector
        self._name = name
        self._text = text
        self._document = document
        self._lines: Mapping[tuple[str, ...], int] | None = None

    def read(self) -> None:
        for name, value in self._document.items():
            if name in TABLES:
                self._entries(name, value)
            elif name in _GROUPS:
                for key, item in self._table((name,), value):
                    self._value((name, key), f"{name}.{key}", item)
            else:
                self._value((name,), name, value)

    def _entries(self, table: str, entries: Any) -> None:
        """Read a table of tables: single models, providers, profiles, tiers."""
        for entry, facts in self._table((table,), entries):
            for fact, value in self._table((table, entry), facts):
                path = (table, entry, fact)
                info = adjust.setting_infos().get(f"{table}.*.{fact}")
                if isinstance(value, Mapping) and (info is None or not adjust.is_table(info)):
                    self._problem(
                        path,
                        f"`{table}.{entry}.{fact}` is a table inside an entry.",
                        hint=f'Put a name in quotes where it has dots, as in [{table}."{entry}.{fact}"].',
                    )
                else:
                    self._value(path, f"{table}.{entry}.{fact}", value)

    def _table(self, path: tuple[str, ...], value: Any) -> Iterator[tuple[str, Any]]:
        if isinstance(value, Mapping):
            yield from value.items()
        else:
            key = ".".join(path)
            self._problem(path, f"`{key}` must be a table, as in [{key}].")

    def _value(self, path: tuple[str, ...], key: str, value: Any) -> None:
        infos = adjust.setting_infos()
        info = infos.get(f"{path[0]}.*.{path[-1]}" if path[0] in TABLES else key)
        if info is None:
            unknown = adjust.unknown_key(key)
            self._problem(path, unknown.message, hint=unknown.hint)
            return
        try:
            checked = adjust.check_setting(info._replace(key=key), value)
        except ValueError as error:
            refused = adjust.value_error(key, error)
            self._problem(path, refused.message, hint=refused.hint)
            return
        self._collector.add(key, checked, Origin("file", self._place(path)))

    def _problem(self, path: tuple[str, ...], message: str, *, hint: str | None = None) -> None:
        error = ConfigError(message, hint=hint, file=self._name, key=".".join(path), line=self._line(path))
        self._collector.problems.append(error)

    def _place(self, path: tuple[str, ...]) -> str:
        line = self._line(path)
        return f"{self._name} line {line}" if line else self._name

    def _line(self, path: tuple[str, ...]) -> int | None:
        if self._lines is None:
            from chatrepl.toml_lines import find_lines

            self._lines = find_lines(self._text, self._document)
        return self._lines.get(path)


# --- variables and flags ------------------------------------------------------------------------------------------


def _read_variables(collector: _Collector) -> None:
    variables = collector.environment.variables
    if variables.get(OPENAI_VARIABLE):
        _read_text(collector, "base_url", variables[OPENAI_VARIABLE], Origin("environment", OPENAI_VARIABLE))
    if variables.get(_AZURE_VARIABLE) and "providers.azure.base_url" not in collector.layers[0]:
        address = variables[_AZURE_VARIABLE].strip().rstrip("/") + "/openai/v1"
        _read_text(collector, "providers.azure.base_url", address, Origin("environment", _AZURE_VARIABLE))
    ours = sorted(name for name in variables if name.startswith(_PREFIX) and name != _CONFIG_VARIABLE)
    if not ours:
        return
    keys = {variable_of(key): key for key in adjust.setting_infos() if "*" not in key}
    for name in ours:
        if name in keys:
            _read_text(collector, keys[name], variables[name], Origin("environment", name))
        else:
            collector.warnings.append(_ignored(name, keys))


def _ignored(variable: str, keys: Mapping[str, str]) -> str:
    from difflib import get_close_matches

    if variable in {"CHATREPL_API_KEY", "CHATREPL_KEY"}:
        return f"The variable {variable} is ignored. {adjust.KEY_HINT}"
    leaf = "_" + variable.removeprefix(_PREFIX)
    nearest = [name for name in keys if name.endswith(leaf)] or get_close_matches(variable, keys, 1, 0.7)
    question = f" Did you mean {nearest[0]}?" if nearest else ""
    return f"The variable {mask_keys(variable)} is ignored: there is no such setting.{question}"


def _read_flags(collector: _Collector, flags: Mapping[str, object]) -> None:
    for name, value in flags.items():
        if value is None:
            continue
        if isinstance(value, str):
            _read_text(collector, name, value, COMMAND_LINE)
            continue
        try:
            info = resolve_key(name)
            collector.add(info.key, adjust.check_setting(info, value), COMMAND_LINE)
        except ConfigError as error:
            collector.problems.append(_from_source(error, COMMAND_LINE))
        except ValueError as error:
            collector.problems.append(_from_source(adjust.value_error(name, error), COMMAND_LINE))


def _read_text(collector: _Collector, name: str, text: str, origin: Origin) -> None:
    try:
        collector.add(resolve_key(name).key, parse_text(name, text), origin)
    except ConfigError as error:
        collector.problems.append(_from_source(error, origin))


def _from_source(error: ConfigError, origin: Origin) -> ConfigError:
    source = "On the command line" if origin.kind == "flag" else f"In the variable {origin.detail}"
    message = error.message[0].lower() + error.message[1:]
    return ConfigError(f"{source}, {message}", hint=error.hint, key=error.key)


# --- the report ---------------------------------------------------------------------------------------------------


def _combined(problems: list[ConfigError]) -> ConfigError:
    """Make one error of many."""
    from chatrepl.toml_text import combined

    hint = "Correct them all, then start again; docs/config.md lists every setting."
    return combined(problems, "The configuration", hint)
