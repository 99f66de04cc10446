"""What is known of models before a server is asked: windows, longest replies, encodings, prices. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from chatrepl.entries import ModelSettings
from chatrepl.pricing import Price


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of one model. Every field but ``id`` is None where it is not known."""

    id: str
    window_tokens: int | None = None
    """What the model can read and write in one request."""
    max_output_tokens: int | None = None
    """The longest reply it can write."""
    encoding: str | None = None
    """How its tokens are counted, where the configuration says so. None: to be found from the name."""
    price: Price | None = None


# Window and longest reply in tokens. Source: OpenAI model pages, as of 2025.
_DOCUMENTED: Mapping[str, tuple[int, int]] = {
    "gpt-3.5-turbo": (16_385, 4_096),
    "gpt-3.5-turbo-16k": (16_385, 4_096),
    "gpt-4": (8_192, 8_192),
    "gpt-4-0125-preview": (128_000, 4_096),
    "gpt-4-0613": (8_192, 8_192),
    "gpt-4-1106-preview": (128_000, 4_096),
    "gpt-4-turbo": (128_000, 4_096),
    "gpt-4-turbo-preview": (128_000, 4_096),
    "gpt-4o": (128_000, 16_384),
    "gpt-4o-2024-05-13": (128_000, 4_096),
    "gpt-4o-mini": (128_000, 16_384),
    "chatgpt-4o-latest": (128_000, 16_384),
    "gpt-4.1": (1_047_576, 32_768),
    "gpt-4.1-mini": (1_047_576, 32_768),
    "gpt-4.1-nano": (1_047_576, 32_768),
    "gpt-4.5-preview": (128_000, 16_384),
    "gpt-5": (400_000, 128_000),
    "gpt-5-mini": (400_000, 128_000),
    "gpt-5-nano": (400_000, 128_000),
    "gpt-5-chat-latest": (128_000, 16_384),
    "o1": (200_000, 100_000),
    "o1-mini": (128_000, 65_536),
    "o1-preview": (128_000, 32_768),
    "o1-pro": (200_000, 100_000),
    "o3": (200_000, 100_000),
    "o3-mini": (200_000, 100_000),
    "o3-pro": (200_000, 100_000),
    "o4-mini": (200_000, 100_000),
}

_DATE = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{4})\Z")
_NO_SETTINGS = ModelSettings()


def facts_for(model: str, overrides: Mapping[str, ModelSettings]) -> ModelFacts:
    """Return what is known of a model; what the configuration says beats the built-in table.

    A dated id such as ``gpt-4o-2024-11-20`` takes the facts of the undated one, where it has none of its own, and so do
    ``openai/gpt-4o`` and the fine-tuned ``ft:gpt-4o:…``.
    """
    names = _names(model)
    documented = next((_DOCUMENTED[name] for name in names if name in _DOCUMENTED), (None, None))
    ours = next((overrides[name] for name in names if name in overrides), _NO_SETTINGS)
    return ModelFacts(
        id=model,
        window_tokens=ours.window_tokens or documented[0],
        max_output_tokens=ours.max_output_tokens or documented[1],
        encoding=ours.encoding,
        price=_price(ours),
    )


def _names(model: str) -> tuple[str, ...]:
    """Return the names under which facts may stand, the most specific first."""
    bare = model.removeprefix("openai/")
    if bare.startswith("ft:"):
        bare = bare.split(":")[1]
    return tuple(dict.fromkeys((model, bare, _DATE.sub("", bare))))


def _price(settings: ModelSettings) -> Price | None:
    """Return the configured price. None where one half of it is missing: half a price would be a wrong one."""
    if settings.input_usd_per_mtok is None or settings.output_usd_per_mtok is None:
        return None
    return Price(
        settings.input_usd_per_mtok, settings.output_usd_per_mtok, settings.cached_input_usd_per_mtok
    )
