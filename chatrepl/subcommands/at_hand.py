"""Finds the provider whose key is in the environment, so that nothing has to be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatrepl import keys, providers
from chatrepl.base_url import OPENAI_BASE_URL
from chatrepl.environment import Environment

if TYPE_CHECKING:
    from chatrepl.config import LoadedSettings


def with_key_at_hand(loaded: LoadedSettings, environment: Environment) -> tuple[LoadedSettings, str | None]:
    """Return settings that lead to the provider whose key is in the environment, and a sentence about it.

    Only where nothing else says who answers; else they are returned as they are, and None.
    """
    settings = loaded.settings
    if settings.base_url is not None or settings.provider is not None:
        return loaded, None
    if (
        keys.find_key(settings, environment, providers.in_use(settings).base_url or OPENAI_BASE_URL)
        is not None
    ):
        return loaded, None
    for provider in providers.BUILT_IN.values():
        if not provider.needs_key or provider.base_url is None:
            continue
        for variable in provider.key_variables:
            if environment.variables.get(variable, "").strip():
                said = f"{variable} is set, so {provider.name} answers; chatrepl setup chooses."
                return loaded.with_provider(provider.name, variable), said
    return loaded, None
