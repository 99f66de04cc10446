"""Reads what a Chat Completions server says about tokens. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from chatrepl.messages import Usage


def chat_usage(raw: Any) -> Usage | None:
    """Read a ``usage`` object. None where it is not one, or where every count is zero (Ollama's placeholder).

    Source: openai-python ``types/completion_usage.py`` (3.54); OpenRouter and DeepSeek documents (August 2026).
    """
    if not isinstance(raw, Mapping):
        return None
    prompt, completion = _count(raw, "prompt_tokens"), _count(raw, "completion_tokens")
    total = _count(raw, "total_tokens") or prompt + completion
    if not total:
        return None
    prompt_details, completion_details = (
        details if isinstance(details := raw.get(name), Mapping) else {}
        for name in ("prompt_tokens_details", "completion_tokens_details")
    )
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=total,
        cached_tokens=_count(prompt_details, "cached_tokens") or _count(raw, "prompt_cache_hit_tokens"),
        cache_write_tokens=_count(prompt_details, "cache_write_tokens"),
        reasoning_tokens=_count(completion_details, "reasoning_tokens"),
        reported_cost_usd=_cost(raw.get("cost")),
    )


def responses_usage(raw: Any) -> Usage | None:
    """Read the ``usage`` of a response. None where it is not one, or where every count is zero.

    Source: openai-python ``types/responses/response_usage.py`` (3.54).
    """
    if not isinstance(raw, Mapping):
        return None
    names = {"input_tokens": "prompt_tokens", "output_tokens": "completion_tokens"}
    details = {f"{ours}_details": raw.get(f"{theirs}_details") for theirs, ours in names.items()}
    return chat_usage({**raw, **{ours: raw.get(theirs) for theirs, ours in names.items()}, **details})


def _count(raw: Mapping[str, Any], name: str) -> int:
    value = raw.get(name)
    return int(value) if isinstance(value, (int, float)) and 0 <= value < 2**53 else 0


def _cost(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        cost = Decimal(str(value))
    except InvalidOperation:
        return None
    return cost if cost.is_finite() and cost >= 0 else None
