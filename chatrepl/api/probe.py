"""Reads what servers tell of their models and windows. Pure.

Source: openai-python ``types/model.py``; OpenRouter, ollama, llama.cpp, vLLM, LM Studio, Mistral documents (August 2026).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple
from urllib.parse import quote

from chatrepl.api.address import join_url, server_root
from chatrepl.exchange import ModelInfo

_WINDOW_FIELDS = ("max_model_len", "context_length", "context_window", "max_context_length")
"""Of vLLM, OpenRouter, Groq, and Mistral or LM Studio."""
_ABILITIES: Mapping[str, frozenset[str]] = {
    "vision": frozenset({"vision"}),
    "tools": frozenset({"tools", "function_calling"}),
    "reasoning": frozenset({"reasoning", "thinking", "include_reasoning"}),
    "audio": frozenset({"audio"}),
}
"""By what the servers call them."""
OLLAMA_DEFAULT_TOKENS = 4096
"""What Ollama gives a model on small machines where nothing else is set; it drops what is longer without a word."""


Ask = Callable[..., Any]
"""``ask(method, url, body=None)`` returns the JSON of an answer, None where there is none."""


class Window(NamedTuple):
    """What a server tells of a model's window."""

    tokens: int
    is_llama_cpp: bool = False


def find_window(ask: Ask, base_url: str, model: str, *, is_list_only: bool) -> Window | None:
    """Ask a server in all the ways known until one tells. None: none does.

    What a server gives to one chat counts before what the model was trained for. Where ``is_list_only``, only the list of
    models is asked for: big providers answer nothing outside their API.
    """
    models = model_list(ask("GET", join_url(base_url, "models"))) or ()
    listed = next((info for info in models if info.id == model), models[0] if len(models) == 1 else None)
    is_llama_cpp = listed is not None and listed.owned_by == "llamacpp"
    if listed and listed.window_tokens and not is_llama_cpp:
        return Window(listed.window_tokens)
    if is_list_only:
        return None
    root = server_root(base_url)
    name = model or (listed.id if listed else "")
    window = llama_cpp_window(ask("GET", join_url(root, f"props?model={quote(name, safe='')}")))
    if window:
        return Window(window, is_llama_cpp=True)
    tokens = (
        (listed.window_tokens if listed else None)
        or ollama_loaded_window(ask("GET", join_url(root, "api/ps")), name)
        or ollama_set_window(ask("POST", join_url(root, "api/show"), {"model": name}))
        or lm_studio_window(ask("GET", join_url(root, "api/v1/models")), name)
    )
    return Window(tokens, is_llama_cpp) if tokens else None


def model_list(payload: Any) -> tuple[ModelInfo, ...] | None:
    """Read the answer to ``GET /models``, sorted by id. None where it is not such a list."""
    entries = payload.get("data") if isinstance(payload, Mapping) else payload
    if not isinstance(entries, list):
        return None
    models = {model.id: model for entry in entries if isinstance(entry, Mapping) and (model := _model(entry))}
    return tuple(models[name] for name in sorted(models))


def _model(entry: Mapping[str, Any]) -> ModelInfo | None:
    name = entry.get("id") or entry.get("name")
    if not isinstance(name, str):
        return None
    top, meta = _mapping(entry.get("top_provider")), _mapping(entry.get("meta"))
    pricing = _mapping(entry.get("pricing"))
    window = _first([top.get("context_length"), *(entry.get(field) for field in _WINDOW_FIELDS)])
    owner, shutdown = entry.get("owned_by"), entry.get("shutdown_date") or entry.get("deprecation")
    return ModelInfo(
        id=name,
        window_tokens=window or _first([meta.get("n_ctx"), meta.get("n_ctx_train")]),
        max_output_tokens=_first([top.get("max_completion_tokens"), entry.get("max_completion_tokens")]),
        owned_by=owner if isinstance(owner, str) else None,
        shutdown_date=shutdown[:10] if isinstance(shutdown, str) and shutdown else None,
        input_usd_per_mtok=_price(pricing.get("prompt")),
        output_usd_per_mtok=_price(pricing.get("completion")),
        abilities=_abilities(entry),
    )


def _price(value: Any) -> Decimal | None:
    """Read a price per token as one per million. None where it is none; routers give -1 where it depends."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        price = Decimal(str(value)) * 1_000_000
    except InvalidOperation:
        return None
    return price.normalize() if price.is_finite() and price >= 0 else None


def _abilities(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Read what OpenRouter, Mistral and Ollama say that a model can do."""
    told = entry.get("capabilities")
    names = {name for name, can in told.items() if can} if isinstance(told, Mapping) else set(_texts(told))
    names |= set(_texts(entry.get("supported_parameters")))
    inputs = {"image", "audio", "file"} & set(
        _texts(_mapping(entry.get("architecture")).get("input_modalities"))
    )
    found = inputs | {ability for ability, words in _ABILITIES.items() if names & words}
    return tuple(sorted({"vision" if name == "image" else name for name in found}))


def _texts(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def llama_cpp_window(payload: Any) -> int | None:
    """Read llama.cpp's ``/props``: what one chat may really use. None where it is not from llama.cpp."""
    return _first([_mapping(_mapping(payload).get("default_generation_settings")).get("n_ctx")])


def ollama_loaded_window(payload: Any, model: str) -> int | None:
    """Read Ollama's ``/api/ps``: the window of a loaded model. None where it is not loaded."""
    names = (model, f"{model}:latest")
    loaded = _entries(payload, "models")
    return _first(
        [
            entry.get("context_length")
            for entry in loaded
            if entry.get("name") in names or entry.get("model") in names
        ]
    )


def ollama_set_window(payload: Any) -> int | None:
    """Read Ollama's ``/api/show``: what the model will be loaded with, taking the smallest default for granted."""
    parameters, info = _mapping(payload).get("parameters"), _mapping(_mapping(payload).get("model_info"))
    found = re.search(r"(?m)^\s*num_ctx\s+(\d{1,9})\s*$", parameters) if isinstance(parameters, str) else None
    if found:
        return int(found[1])
    trained = _first([info.get(f"{info.get('general.architecture')}.context_length")])
    return min(trained, OLLAMA_DEFAULT_TOKENS) if trained else None


def lm_studio_window(payload: Any, model: str) -> int | None:
    """Read LM Studio's ``/api/v1/models``: the window it was loaded with, else the longest one possible."""
    for entry in _entries(payload, "models"):
        instances = list(_entries(entry, "loaded_instances"))
        if model in (entry.get("key"), entry.get("id"), *(instance.get("id") for instance in instances)):
            loaded = [_mapping(instance.get("config")).get("context_length") for instance in instances]
            return _first([*loaded, entry.get("max_context_length")])
    return None


def _entries(payload: Any, name: str) -> Iterator[Mapping[str, Any]]:
    entries = _mapping(payload).get(name)
    return (entry for entry in (entries if isinstance(entries, list) else []) if isinstance(entry, Mapping))


def _first(values: list[Any]) -> int | None:
    return next(
        (
            int(value)
            for value in values
            if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 2**53
        ),
        None,
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
