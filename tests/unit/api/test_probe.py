"""What servers tell of their models: prices, abilities, windows, ends."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.api.probe import model_list
from chatrepl.exchange import ModelInfo


@pytest.mark.parametrize(
    ("entry", "info"),
    [
        (
            {
                "id": "a/b",
                "context_length": 1000,
                "top_provider": {"context_length": 900, "max_completion_tokens": 100},
                "pricing": {"prompt": "0.0000025", "completion": "0.00001", "image": "0"},
                "architecture": {"input_modalities": ["text", "image"]},
                "supported_parameters": ["tools", "reasoning", "seed"],
            },
            ModelInfo("a/b", 900, 100, None, None, Decimal("2.5"), Decimal(10), ("reasoning", "tools", "vision")),
        ),
        (
            {"id": "auto", "pricing": {"prompt": "-1", "completion": "-1"}},
            ModelInfo("auto"),
        ),
        (
            {"id": "free", "pricing": {"prompt": "0", "completion": "0"}},
            ModelInfo("free", input_usd_per_mtok=Decimal(0), output_usd_per_mtok=Decimal(0)),
        ),
        (
            {
                "id": "mistral-x",
                "max_context_length": 32_000,
                "capabilities": {"completion_chat": True, "function_calling": True, "vision": False},
                "deprecation": "2026-12-31T00:00:00Z",
            },
            ModelInfo("mistral-x", 32_000, shutdown_date="2026-12-31", abilities=("tools",)),
        ),
        ({"id": "local", "capabilities": ["completion", "thinking"]}, ModelInfo("local", abilities=("reasoning",))),
        ({"id": "gpt", "owned_by": "openai", "shutdown_date": None}, ModelInfo("gpt", owned_by="openai")),
        ({"id": "groq", "context_window": 131_072, "active": True}, ModelInfo("groq", 131_072)),
        ({"id": "vllm", "max_model_len": 8192}, ModelInfo("vllm", 8192)),
    ],
)  # fmt: skip
def test_a_model_is_read_in_the_words_of_every_server(entry: dict[str, Any], info: ModelInfo) -> None:
    (model,) = model_list({"object": "list", "data": [entry]}) or ()
    assert model == info


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "pricing",
                "capabilities",
                "architecture",
                "supported_parameters",
                "top_provider",
                "meta",
                "deprecation",
            ]
        ),
        json_values,
    )
)
def test_whatever_else_a_server_says_of_a_model_it_is_listed(entry: dict[str, Any]) -> None:
    models = model_list({"data": [{"id": "m", **entry}]})
    assert models is not None
    assert [model.id for model in models] == ["m"]
