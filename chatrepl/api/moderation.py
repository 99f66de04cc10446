"""The moderation endpoint: ``POST /moderations``. Pure.

Source: openai-openapi ``openapi.yaml`` 2.3.0, ``CreateModerationRequest``; Mistral's API reference, "Moderations" (2026).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatrepl.exchange import Json, Moderation
from chatrepl.providers import Provider

PIECE_CHARS = 20_000
"""A longer text is judged in pieces: the models that do it read some ten thousand tokens at once."""
MODELS: Mapping[str, str] = {"mistral": "mistral-moderation-latest"}
"""The model by provider, where one must be named; OpenAI chooses its newest."""


def request_body(text: str, provider: Provider) -> dict[str, Json]:
    """Return the body of a request that asks about a text."""
    pieces: list[Json] = [text[at : at + PIECE_CHARS] for at in range(0, len(text), PIECE_CHARS)]
    body: dict[str, Json] = {"input": pieces}
    model = MODELS.get(provider.name)
    return body if model is None else {"model": model, **body}


def read_verdict(answer: Any) -> Moderation | None:
    """Read what the endpoint says. None: it is something else."""
    results = answer.get("results") if isinstance(answer, Mapping) else None
    if not isinstance(results, list) or not results or not all(isinstance(each, Mapping) for each in results):
        return None
    categories: dict[str, None] = {}
    is_flagged = False
    for result in results:
        judged = result.get("categories")
        named = (
            [str(name) for name, is_so in judged.items() if is_so is True]
            if isinstance(judged, Mapping)
            else []
        )
        is_flagged = is_flagged or result.get("flagged") is True or ("flagged" not in result and bool(named))
        categories.update(dict.fromkeys(named))
    return Moderation(is_flagged, tuple(sorted(categories)) if is_flagged else ())
