"""Puts the sources of settings on top of each other: file, environment, command line, and the profile among them. Pure.

A profile counts where it is named: one that the file names stands above the rest of the file, one that a variable or a
flag names stands below what else is said there, and one that is chosen while chatrepl runs stands above all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from chatrepl import adjust
from chatrepl.errors import ConfigError
from chatrepl.settings import Settings

if TYPE_CHECKING:
    from chatrepl.entries import ProfileSettings


class Origin(NamedTuple):
    """Where the value of a setting came from."""

    kind: Literal["default", "file", "environment", "flag", "profile", "command"]
    detail: str = ""
    """The file and its line, or the variable; empty for a default."""

    def __str__(self) -> str:
        return self.detail or self.kind


DEFAULT = Origin("default")


class Found(NamedTuple):
    """One value, where it was found."""

    value: Any
    origin: Origin


Layer = Mapping[str, Found]
"""The values of one source, by dotted name."""

OPENAI_VARIABLE = "OPENAI_BASE_URL"
"""Meant for OpenAI's own programs: it leads nowhere once another provider is named."""


class Composed(NamedTuple):
    """The layers, put together."""

    settings: Settings
    origins: Mapping[str, Origin]
    """By dotted name, only for what is not a default."""
    problems: tuple[ConfigError, ...]
    """Names of profiles and providers that nobody knows, and providers without an address."""


def compose(layers: Sequence[Layer], profile: str | None = None) -> Composed:
    """Put layers together, the last one on top.

    Args:
        layers: The file first, then the environment, then the command line.
        profile: A profile to put above all. None: the one that the layers name, where they name it.
    """
    tables = _merged([{key: found for key, found in layer.items() if _is_entry(key)} for layer in layers])
    known = _settings(tables)
    stack, problems = _with_profile(layers, known, profile)
    provider = next(
        (layer["provider"].value for layer in reversed(stack) if layer.get("provider", _NONE).value), None
    )
    if provider not in {None, "openai"}:
        stack = [_without_openai_variable(layer) for layer in stack]
    merged = _merged(stack)
    settings = _settings(merged)
    problems += _provider_problems(settings, merged)
    return Composed(settings, {key: found.origin for key, found in merged.items()}, tuple(problems))


_NONE = Found(None, DEFAULT)


def _is_entry(key: str) -> bool:
    return key.partition(".")[0] in {"profiles", "providers"}


def _merged(stack: Sequence[Layer]) -> dict[str, Found]:
    """Return the values on top. A provider takes away the address and the model that were meant for another."""
    merged: dict[str, Found] = {}
    for layer in stack:
        provider = layer.get("provider", _NONE).value
        before = merged.get("provider", _NONE).value
        if provider is not None and provider != before:
            for name in ("base_url", "model"):
                merged.pop(name, None)
        merged.update(layer)
    return merged


def _settings(merged: Layer) -> Settings:
    settings = Settings()
    for key, found in merged.items():
        settings = adjust.with_value(settings, key, found.value)
    return settings


def _with_profile(
    layers: Sequence[Layer], known: Settings, chosen: str | None
) -> tuple[list[Layer], list[ConfigError]]:
    """Put the profile in use among the layers."""
    named_at, place = None, DEFAULT
    name = chosen
    if chosen is None:
        for number, layer in enumerate(layers):
            if layer.get("profile", _NONE).value is not None:
                named_at, name, place = number, layer["profile"].value, layer["profile"].origin
    if name is None:
        return list(layers), []
    profile = profile_named(name, known)
    if profile is None:
        return list(layers), [unknown_profile(name, known, place)]
    origins = {key: found.origin for layer in layers for key, found in layer.items()}
    overlay = _overlay(name, profile, origins)
    stack = list(layers)
    if named_at is None:
        overlay["profile"] = Found(name, Origin("command", "/profile"))
        stack.append(overlay)
    else:
        is_file = any(found.origin.kind == "file" for found in layers[named_at].values())
        stack.insert(named_at + 1 if is_file else named_at, overlay)
    return stack, []


_IN_PROFILES = {"strategy": "window.strategy", "reserve_tokens": "window.reserve_tokens"}
"""Fields of a profile that are settings of another name."""


def _overlay(name: str, profile: ProfileSettings, origins: Mapping[str, Origin]) -> dict[str, Found]:
    overlay: dict[str, Found] = {}
    for field in profile.__slots__:
        value = getattr(profile, field)
        if value is None:
            continue
        place = origins.get(f"profiles.{name}.{field}")
        origin = Origin("profile", f"profile {name}" + (f", {place}" if place else ""))
        if field == "parameters":
            overlay |= {f"parameters.{key}": Found(item, origin) for key, item in value.items()}
        else:
            overlay[_IN_PROFILES.get(field, field)] = Found(value, origin)
    return overlay


def _without_openai_variable(layer: Layer) -> Layer:
    found = layer.get("base_url")
    if found is None or found.origin != Origin("environment", OPENAI_VARIABLE):
        return layer
    return {key: value for key, value in layer.items() if key != "base_url"}


def profile_named(name: str, settings: Settings) -> ProfileSettings | None:
    """Return a profile; the name of a provider is a profile of its own. None: there is no such thing."""
    if name in settings.profiles:
        return settings.profiles[name]
    from chatrepl.providers import BUILT_IN

    if name in settings.providers or name in BUILT_IN:
        from chatrepl.entries import ProfileSettings

        return ProfileSettings(provider=name)
    return None


def unknown_profile(name: str, settings: Settings, place: Origin = DEFAULT) -> ConfigError:
    """Return the error that says that there is no such profile, and which are near."""
    names = [*settings.profiles, *_provider_names(settings)]
    where = f" ({place})" if place.detail else ""
    return ConfigError(
        f"There is no profile `{name}`{where}.",
        hint=_nearest(name, names, "Profiles stand under [profiles.NAME] of the configuration file."),
        key="profile",
    )


def _provider_problems(settings: Settings, merged: Layer) -> list[ConfigError]:
    return [
        *_unknown_providers(settings, merged),
        *_without_address(settings),
        *_unknown_tiers(settings, merged),
        *_wrong_budgets(settings, merged),
        *_keys_twice(settings),
    ]


def _unknown_providers(settings: Settings, merged: Layer) -> Iterator[ConfigError]:
    used = {"provider": settings.provider}
    used |= {f"profiles.{name}.provider": profile.provider for name, profile in settings.profiles.items()}
    names = _provider_names(settings) if any(used.values()) else []
    for key, name in used.items():
        if name is not None and name not in names and merged.get(key, _NONE).origin.kind != "profile":
            place = merged.get(key, _NONE).origin
            yield ConfigError(
                f"There is no provider `{name}`" + (f" ({place})." if place.detail else "."),
                hint=_nearest(name, names, "Add it under [providers.NAME] of the configuration file."),
                key=key,
            )


def _without_address(settings: Settings) -> Iterator[ConfigError]:
    name = settings.provider
    if name is None or settings.base_url or name not in _provider_names(settings):
        return
    from chatrepl.providers import BUILT_IN

    ours = settings.providers.get(name)
    if (ours is None or ours.base_url is None) and (name not in BUILT_IN or BUILT_IN[name].base_url is None):
        example = (
            "https://RESOURCE.openai.azure.com/openai/v1" if name == "azure" else "https://gateway.example/v1"
        )
        yield ConfigError(
            f"The provider `{name}` has no address.",
            hint=f'Add to the configuration file: [providers.{name}] base_url = "{example}"'
            + (", or set AZURE_OPENAI_ENDPOINT." if name == "azure" else "."),
            key=f"providers.{name}.base_url",
        )


def _unknown_tiers(settings: Settings, merged: Layer) -> Iterator[ConfigError]:
    used = {name: provider.tier for name, provider in settings.providers.items() if provider.tier is not None}
    if not used:
        return
    from chatrepl.pacing import TIERS

    names = [*dict.fromkeys((*settings.tiers, *TIERS))]
    for provider, name in used.items():
        if name not in names:
            key = f"providers.{provider}.tier"
            place = merged.get(key, _NONE).origin
            yield ConfigError(
                f"There is no tier `{name}`" + (f" ({place})." if place.detail else "."),
                hint=_nearest(name, names, "Tiers stand under [tiers.NAME] of the configuration file."),
                key=key,
            )


def _wrong_budgets(settings: Settings, merged: Layer) -> Iterator[ConfigError]:
    if not settings.budgets:
        return
    from chatrepl.budget import PERIODS, period_of

    for name, entry in settings.budgets.items():
        key = f"budgets.{name}"
        if period_of(name, entry) is None:
            yield ConfigError(
                f"The budget `{name}` does not say what time it is for.",
                hint=f"Set {key}.per to one of {', '.join(PERIODS)}.",
                key=f"{key}.per",
            )
        if entry.limit_usd is None and entry.limit_tokens is None:
            yield ConfigError(
                f"The budget `{name}` has no limit.",
                hint=f"Set {key}.limit_usd, {key}.limit_tokens or both.",
                key=key,
            )
        if any(not 0 < share <= 1 for share in entry.warn_at):
            yield ConfigError(
                f"`{key}.warn_at` holds shares of the limit: numbers above 0, up to 1.",
                hint="For example [0.5, 0.8].",
                key=f"{key}.warn_at",
            )
        if entry.provider is not None and entry.provider not in [*_provider_names(settings), "local"]:
            place = merged.get(f"{key}.provider", _NONE).origin
            yield ConfigError(
                f"There is no provider `{entry.provider}`" + (f" ({place})." if place.detail else "."),
                hint=_nearest(entry.provider, _provider_names(settings), "docs/providers.md lists them."),
                key=f"{key}.provider",
            )


def _keys_twice(settings: Settings) -> Iterator[ConfigError]:
    if not settings.keys:
        return
    from chatrepl.keymap import conflicts

    for first, second, keys in conflicts(settings.keys):
        yield ConfigError(
            f"`keys.{first}` and `keys.{second}` both have {keys}.",
            hint=f"Give one of them another key; keys.{second} = [] takes it away there.",
            key=f"keys.{first}",
        )


def _provider_names(settings: Settings) -> list[str]:
    from chatrepl.providers import BUILT_IN

    return [*dict.fromkeys((*settings.providers, *BUILT_IN))]


def _nearest(name: str, names: Sequence[str], otherwise: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, names, 3, 0.6)
    return f"Did you mean {' or '.join(f'`{item}`' for item in near)}?" if near else otherwise
