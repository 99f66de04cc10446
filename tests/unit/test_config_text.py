"""Values put into a configuration file; all else in it stays as it was."""

from __future__ import annotations

import tomllib

import pytest

from chatrepl.config_text import NEW_FILE, with_values
from chatrepl.errors import ConfigError

FILE = """\
# mine
profile = "work"   # usually
model = 'old'

# about the window
[window]
limit_tokens = 4096

[providers.groq]  # fast
tier = "free"
"""


def test_a_new_file_is_small_and_says_where_the_rest_is() -> None:
    text = with_values(NEW_FILE, {"profile": None, "provider": "groq", "base_url": None, "model": "a"})

    assert tomllib.loads(text) == {"provider": "groq", "model": "a"}
    assert len(text.splitlines()) == 4
    assert "config.example.toml" in text


def test_values_are_changed_where_they_stand_and_the_rest_stays() -> None:
    text = with_values(FILE, {"profile": None, "model": "new", "provider": "groq"})

    assert '# profile = "work"   # usually\n' in text
    assert 'model = "new"\n' in text
    assert text.index('provider = "groq"') < text.index("[window]")
    assert tomllib.loads(text) == {
        "model": "new", "provider": "groq", "window": {"limit_tokens": 4096}, "providers": {"groq": {"tier": "free"}}
    }  # fmt: skip
    for line in ("# mine", "# about the window", "[providers.groq]  # fast"):
        assert line in text.splitlines()


def test_tables_that_are_there_are_used_and_others_are_added() -> None:
    text = with_values(FILE, {"providers.groq.api_key_env": "A", "providers.my gateway.api_key_env": "B"})

    providers = tomllib.loads(text)["providers"]
    assert providers == {"groq": {"api_key_env": "A", "tier": "free"}, "my gateway": {"api_key_env": "B"}}


def test_values_are_quoted() -> None:
    nasty = 'a"b\\c\n[x]\u00e9\x01'

    assert tomllib.loads(with_values("", {"model": nasty})) == {"model": nasty}


def test_what_is_not_there_needs_not_be_taken_away() -> None:
    assert with_values(FILE, {"base_url": None}) == FILE


@pytest.mark.parametrize(
    "text", ['model = """\nold\n"""\n', "providers = { groq = { tier = 'free' } }\n"], ids=["long", "inline"]
)
def test_a_file_that_is_not_changed_safely_is_left_alone(text: str) -> None:
    with pytest.raises(ConfigError, match="not changed safely") as caught:
        with_values(text, {"model": "new", "providers.groq.api_key_env": "A"})

    assert "chatrepl config edit" in str(caught.value.hint)
