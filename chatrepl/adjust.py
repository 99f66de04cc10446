"""Settings by their names: look one up, read its value from text, change it. Pure; used by files, flags and ``/set``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Literal, get_args, get_origin

from chatrepl.base_url import check_base_url
from chatrepl.errors import ConfigError
from chatrepl.redact import mask_keys
from chatrepl.settings import PARAMETERS, TABLES, SettingInfo, Settings, all_settings
from chatrepl.values import check_value

_BOOLS = {"true": True, "yes": True, "on": True, "1": True}
_BOOLS |= {"false": False, "no": False, "off": False, "0": False}
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOOKS_LIKE_KEY = re.compile(
    r"api[-_]?keys?$|(^|[-_.])(key|secret|password)$|(^|\.|access[-_]|auth[-_])token$", re.IGNORECASE
)

PRICE_HINT = "A price is US dollars for a million tokens: 0 says that the model is free. Leave it out where you do not know it."
KEY_HINT = (
    "Put the key into the variable OPENAI_API_KEY, or say where it is: "
    "api_key_env (a variable), api_key_command (a command) or api_key_file (an owner-only file)."
)


@cache
def setting_infos() -> Mapping[str, SettingInfo]:
    """Return every setting by its dotted name; those of single models under ``models.*.``, of profiles alike."""
    return {info.key: info for info in all_settings()}


def resolve_key(name: str) -> SettingInfo:
    """Find a setting by its dotted name, or a parameter by its bare one; ``models.ID.`` leads to a model's facts, and so
    do the names of providers, profiles and tiers.

    Raises:
        ConfigError: there is no such setting; the hint names the nearest.
    """
    name = name.strip()
    if info := setting_infos().get(name):
        if "*" not in name:
            return info
    elif name in PARAMETERS:
        return setting_infos()[f"parameters.{name}"]
    elif name.partition(".")[0] in TABLES:
        table, _, rest = name.partition(".")
        entry, _, fact = rest.rpartition(".")
        info = setting_infos().get(f"{table}.*.{fact}")
        entry = entry.strip("\"'")
        if info and entry and entry != "*":
            return info._replace(key=f"{table}.{entry}.{fact}")
    raise unknown_key(name)


def unknown_key(name: str, *, file: str | None = None, line: int | None = None) -> ConfigError:
    """Return the error that says that there is no such setting, and what was meant perhaps."""
    shown_name = mask_keys(name if len(name) <= 80 else f"{name[:80]}…")
    if _LOOKS_LIKE_KEY.search(name):
        message, hint = f"`{shown_name}` is not a setting: keys do not go there.", KEY_HINT
    else:
        message, hint = f"There is no setting `{shown_name}`.", nearest_hint(name)
    return ConfigError(message, hint=hint, file=file, key=name, line=line)


def nearest_keys(name: str, limit: int = 3) -> tuple[str, ...]:
    """Return the settings, and tables of them, with names most like ``name``, best first; empty where none is."""
    from difflib import get_close_matches

    keys = list(setting_infos())
    by_leaf: dict[str, list[str]] = {}
    for key in keys:
        by_leaf.setdefault(key.rpartition(".")[2], []).append(key)
    lowered = name.lower().replace("-", "_")
    leaf = lowered.rpartition(".")[2]
    groups = () if "." in name else {key.partition(".")[0] for key in keys if "." in key}
    found = [*by_leaf.get(leaf, []), *get_close_matches(lowered, [*keys, *groups], limit, 0.7)]
    for match in get_close_matches(leaf, by_leaf, limit, 0.7):
        found += by_leaf[match]
    return tuple(dict.fromkeys(found))[:limit]


def nearest_hint(name: str) -> str:
    """Return a sentence with the names nearest to one that is not known."""
    nearest = [f"`{key}`" for key in nearest_keys(name)]
    return f"Did you mean {' or '.join(nearest)}?" if nearest else "docs/config.md lists every setting."


def is_table(info: SettingInfo) -> bool:
    """Whether the value of a setting is itself a table."""
    kind = _plain_type(info)
    return kind is Mapping or get_origin(kind) is Mapping


def check_setting(info: SettingInfo, value: Any) -> Any:
    """Return a value, as TOML gives it, in the type of its setting.

    Raises:
        ValueError: a sentence that begins with ``must``; a ``hint`` attribute may say what to type.
    """
    if info.key.rpartition(".")[2] == "api_key_command" and isinstance(value, str):
        value = _shell_words(value)
    if isinstance(value, str) and not value.strip() and info.default is None and _plain_type(info) is str:
        return None
    name = info.key.rpartition(".")[2]
    try:
        checked = check_value(info.type, value, info.spec.minimum, info.spec.maximum)
    except ValueError as error:
        if name.endswith("_usd_per_mtok"):
            error.hint = PRICE_HINT  # type: ignore[attr-defined]
        raise
    if info.key.startswith("keys."):
        from chatrepl.keymap import check_keys

        return check_keys(name, checked)
    if name == "base_url":
        return check_base_url(checked)
    if name == "parameters":
        return _check_parameters(checked)
    if name == "api_key_env" and not _VARIABLE_NAME.fullmatch(checked):
        raise ValueError("must be the name of an environment variable, not the key itself")
    if isinstance(checked, str):
        _check_text(info, checked)
    if info.key == "guard.allow":
        _check_patterns(checked)
    if info.key.startswith("parameters.") and isinstance(checked, tuple):
        return list(checked)
    return checked


def _check_patterns(patterns: tuple[str, ...]) -> None:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"must hold regular expressions, and {pattern!r} is none: {error}") from None


def _check_parameters(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a profile, each checked as at the top of the file."""
    checked = {}
    for name, value in table.items():
        info = setting_infos().get(f"parameters.{name}")
        if info is None:
            error = ValueError(f"must hold parameters only, and there is none named {name!r}")
            error.hint = nearest_hint(f"parameters.{name}")  # type: ignore[attr-defined]
            raise error
        try:
            checked[name] = check_setting(info, value)
        except ValueError as error:
            raise ValueError(f"{error} (entry {name!r})") from None
    return checked


def parse_text(key: str, text: str) -> Any:
    """Read the value of a setting from a variable, from ``--set`` or from ``/set``. None: back to its default.

    Truth is ``true/false``, ``yes/no``, ``on/off`` or ``1/0``; a list is TOML where it begins with ``[`` and otherwise
    separated by commas, a command by blanks; a table is JSON or TOML. ``none`` and empty text stand for the default
    of a setting that has none.

    Raises:
        ConfigError: with what is allowed.
    """
    info = resolve_key(key)
    word = text.strip().lower()
    if info.default is None and (not word or (word == "none" and "none" not in get_args(_plain_type(info)))):
        return None
    try:
        return check_setting(info, _from_text(info, text))
    except ValueError as error:
        raise value_error(info.key, error) from None


def value_error(
    key: str, error: ValueError, *, file: str | None = None, line: int | None = None
) -> ConfigError:
    """Turn what ``check_setting`` says of a value into an error that names the setting, with keys masked."""
    hint = getattr(error, "hint", None)
    return ConfigError(mask_keys(f"`{key}` {error}."), hint=hint, file=file, key=key, line=line)


def value_of(settings: Settings, key: str) -> Any:
    """Return the value of a setting. None where it is not set and has no default.

    Raises:
        ConfigError: there is no such setting.
    """
    key = resolve_key(key).key
    group, _, name = key.partition(".")
    if group == "parameters":
        return settings.parameters.get(name)
    if group == "keys":
        return settings.keys.get(name, setting_infos()[key].default)
    if group in TABLES:
        entry, _, fact = name.rpartition(".")
        return getattr(getattr(settings, group).get(entry) or _entry_class(group)(), fact)
    return getattr(getattr(settings, group), name) if name else getattr(settings, group)


def with_value(settings: Settings, key: str, value: Any) -> Settings:
    """Return settings with one of them changed to a checked value. None: back to the default of a parameter."""
    group, _, name = key.partition(".")
    if group == "parameters":
        parameters = {known: old for known, old in settings.parameters.items() if known != name}
        if value is not None:
            parameters[name] = value
        return replace(settings, parameters=parameters)
    if group == "keys":
        return replace(settings, keys={**settings.keys, name: value})
    if group in TABLES:
        entry, _, fact = name.rpartition(".")
        table: Any = getattr(settings, group)
        facts = replace(table.get(entry) or _entry_class(group)(), **{fact: value})
        value = {**table, entry: facts}
        return replace(settings, **{group: value})
    if name:
        value = replace(getattr(settings, group), **{name: value})
    return replace(settings, **{group: value})


def _entry_class(table: str) -> Any:
    from chatrepl.entries import CLASSES

    return CLASSES[table]


def apply(settings: Settings, key: str, text: str) -> Settings:
    """Return settings with one of them changed by ``/set``; the given ones stay as they are.

    Raises:
        ConfigError: there is no such setting, its value is not allowed, or it cannot be changed while chatrepl runs.
    """
    info = resolve_key(key)
    if not info.spec.is_live:
        raise ConfigError(
            f"`{info.key}` cannot be changed while chatrepl runs.",
            hint=f"Put it into the configuration file, or start with --set {info.key}=VALUE: "
            "it takes effect at the next start.",
            key=info.key,
        )
    return with_value(settings, info.key, parse_text(info.key, text))


def _plain_type(info: SettingInfo) -> Any:
    """Return the type without ``| None``."""
    arguments = get_args(info.type)
    if type(None) in arguments:
        return next(argument for argument in arguments if argument is not type(None))
    return info.type


def _from_text(info: SettingInfo, text: str) -> Any:
    """Return what TOML would give for a text; what cannot be read stays text, for ``check_value`` to refuse."""
    kind, word = _plain_type(info), text.strip()
    if kind is str:
        return text if info.key == "system" else word
    if kind is bool:
        return _BOOLS.get(word.lower(), word)
    if kind in {int, float} or kind.__name__ == "Decimal":
        try:
            return kind(word)
        except (ValueError, ArithmeticError):
            return word
    if get_origin(kind) is Literal:
        return word.lower() if word.lower() in get_args(kind) else word
    if is_table(info):
        return _table_from_text(word)
    return _list_from_text(info, word)


def _list_from_text(info: SettingInfo, word: str) -> Any:
    if word.startswith("["):
        return _toml_value(word)
    if info.key.rpartition(".")[2] == "api_key_command":
        return _shell_words(word)
    return [item.strip() for item in word.split(",") if item.strip()]


def _shell_words(text: str) -> list[str]:
    """Split a command as a shell does. No shell is ever run."""
    import shlex

    try:
        return shlex.split(text)
    except ValueError:
        raise ValueError("must be words as in a shell, and a quotation mark is not closed") from None


def _table_from_text(word: str) -> Any:
    import json

    try:
        return json.loads(word)
    except (ValueError, RecursionError):
        return _toml_value(word) if word.startswith("{") else word


def _toml_value(word: str) -> Any:
    import tomllib

    try:
        return tomllib.loads(f"value = {word}")["value"]
    except (ValueError, RecursionError):
        raise ValueError("must be written as in a TOML file or as JSON, which this is not") from None


def _check_text(info: SettingInfo, text: str) -> None:
    """Refuse text that could not be sent or used as a path."""
    if "\0" in text:
        raise ValueError("must not hold the character NUL")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must be UTF-8 text") from None
    if info.default is not None and not text.strip():
        raise ValueError("must not be empty")
