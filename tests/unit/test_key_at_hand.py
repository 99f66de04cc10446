"""A key in the environment is enough: its provider answers, and nothing is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatrepl import wiring
from chatrepl.environment import Environment
from chatrepl.subcommands.at_hand import with_key_at_hand


@pytest.mark.parametrize(
    ("variables", "file", "provider", "model"),
    [
        ({"GROQ_API_KEY": "gsk_1"}, "", "groq", None),
        ({"GROQ_API_KEY": "gsk_1", "CHATREPL_MODEL": "mine"}, "", "groq", "mine"),
        ({"GROQ_API_KEY": "gsk_1", "OPENAI_API_KEY": "sk-1"}, "", None, None),
        ({"GROQ_API_KEY": "gsk_1"}, 'provider = "mistral"', "mistral", None),
        ({"GROQ_API_KEY": "gsk_1"}, 'base_url = "http://127.0.0.1:1/v1"', None, None),
        ({"GROQ_API_KEY": "  "}, "", None, None),
        ({"OLLAMA_HOST": "127.0.0.1"}, "", None, None),
    ],
    ids=[
        "its provider",
        "with a model",
        "OpenAI first",
        "the file first",
        "an address first",
        "blank",
        "nothing",
    ],
)
def test_the_provider_of_a_key_in_the_environment_answers_where_nothing_else_is_said(
    variables: dict[str, str], file: str, provider: str | None, model: str | None, tmp_path: Path
) -> None:
    environment = Environment(
        variables={"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), **variables}
    )
    config = tmp_path / "config.toml"
    config.write_text(file)

    loaded, said = with_key_at_hand(wiring.load_settings(environment, {}, config), environment)

    assert (loaded.settings.provider, loaded.settings.model) == (provider, model)
    assert said == (
        f"GROQ_API_KEY is set, so {provider} answers; chatrepl setup chooses." if provider == "groq" else None
    )


def test_flags_stand_above_it(tmp_path: Path) -> None:
    environment = Environment(variables={"HOME": str(tmp_path), "GROQ_API_KEY": "gsk_1"})
    loaded = wiring.load_settings(environment, {"model": "mine"}, None)

    changed, _ = with_key_at_hand(loaded, environment)

    assert (changed.settings.provider, changed.settings.model) == ("groq", "mine")
