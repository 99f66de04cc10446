"""Sources of settings on top of each other, and where a profile stands among them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chatrepl.config import LoadedSettings, load_settings
from chatrepl.environment import Environment
from chatrepl.errors import ConfigError
from chatrepl.providers import in_use

FILE = """
model = "plain-model"
system = "Be plain."

[parameters]
temperature = 0.5
seed = 1

[providers.gateway]
base_url = "https://gateway.example/v1"
dialect = "responses"

[profiles.fast]
provider = "groq"
model = "quick-model"
parameters = { temperature = 0.1 }

[profiles.mild]
system = "Be kind."

[profiles.near]
provider = "gateway"
"""


def load(
    tmp_path: Path, text: str = FILE, flags: dict[str, Any] | None = None, **variables: str
) -> LoadedSettings:
    directory = tmp_path / "config" / "chatrepl"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "config.toml").write_text(text)
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    environment = Environment(variables={**home, **variables})
    return load_settings(environment, flags or {})


def test_without_a_profile_the_file_counts(tmp_path: Path) -> None:
    settings = load(tmp_path).settings
    assert (settings.model, settings.provider, settings.system) == ("plain-model", None, "Be plain.")


def test_a_profile_of_the_file_stands_above_the_rest_of_the_file(tmp_path: Path) -> None:
    loaded = load(tmp_path, 'profile = "fast"\n' + FILE)
    assert loaded.settings.model == "quick-model"
    assert dict(loaded.settings.parameters) == {"temperature": 0.1, "seed": 1}
    assert loaded.settings.system == "Be plain."
    assert str(loaded.origin_of("model")).startswith("profile fast, ")
    assert "line" in str(loaded.origin_of("model"))


def test_a_variable_beats_the_profile_of_the_file(tmp_path: Path) -> None:
    loaded = load(tmp_path, 'profile = "fast"\n' + FILE, CHATREPL_MODEL="mine")
    assert (loaded.settings.model, loaded.settings.provider) == ("mine", "groq")


def test_a_profile_on_the_command_line_beats_variables_and_not_other_flags(tmp_path: Path) -> None:
    loaded = load(tmp_path, flags={"profile": "fast"}, CHATREPL_MODEL="mine")
    assert loaded.settings.model == "quick-model"
    loaded = load(tmp_path, flags={"profile": "fast", "model": "flagged"})
    assert (loaded.settings.model, loaded.settings.provider) == ("flagged", "groq")


def test_only_the_last_profile_that_is_named_counts(tmp_path: Path) -> None:
    loaded = load(tmp_path, 'profile = "fast"\n' + FILE, flags={"profile": "mild"})
    assert (loaded.settings.model, loaded.settings.provider) == ("plain-model", None)
    assert loaded.settings.system == "Be kind."


def test_another_provider_takes_the_model_and_the_address_of_the_one_before_away(tmp_path: Path) -> None:
    loaded = load(tmp_path, 'base_url = "http://localhost:9/v1"\n' + FILE, flags={"profile": "near"})
    assert loaded.settings.model is None
    assert in_use(loaded.settings).base_url == "https://gateway.example/v1"
    assert in_use(loaded.settings).dialect == "responses"


def test_an_address_beside_the_provider_is_the_providers_address(tmp_path: Path) -> None:
    loaded = load(tmp_path, flags={"provider": "ollama", "base_url": "http://box:11434/v1"})
    provider = in_use(loaded.settings)
    assert (provider.name, provider.base_url) == ("ollama", "http://box:11434/v1")


def test_openais_own_variable_leads_no_other_provider_astray(tmp_path: Path) -> None:
    url = "https://elsewhere.example/v1"
    assert load(tmp_path, OPENAI_BASE_URL=url).settings.base_url == url
    assert load(tmp_path, flags={"provider": "openai"}, OPENAI_BASE_URL=url).settings.base_url is None
    assert load(tmp_path, 'provider = "groq"\n' + FILE, OPENAI_BASE_URL=url).settings.base_url is None
    loaded = load(tmp_path, flags={"provider": "groq"}, CHATREPL_BASE_URL=url)
    assert loaded.settings.base_url is None  # the flag is later, and names another place
    loaded = load(tmp_path, 'provider = "groq"\n' + FILE, CHATREPL_BASE_URL=url)
    assert loaded.settings.base_url == url


def test_a_profile_chosen_while_running_stands_above_everything(tmp_path: Path) -> None:
    loaded = load(tmp_path, flags={"model": "flagged"}).with_profile("fast")
    assert (loaded.settings.model, loaded.settings.profile) == ("quick-model", "fast")
    again = loaded.with_profile("mild")
    assert (again.settings.model, again.settings.system) == ("flagged", "Be kind.")
    assert again.settings.parameters["temperature"] == 0.5


def test_the_name_of_a_provider_is_a_profile(tmp_path: Path) -> None:
    assert load(tmp_path).with_profile("mistral").settings.provider == "mistral"
    assert load(tmp_path, flags={"profile": "gateway"}).settings.provider == "gateway"


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ('profile = "fats"', "There is no profile `fats`", "`fast`"),
        ('provider = "opnai"', "There is no provider `opnai`", "`openai`"),
        ('provider = "zzz"', "There is no provider `zzz`", "[providers.NAME]"),
        ('provider = "azure"', "The provider `azure` has no address.", "AZURE_OPENAI_ENDPOINT"),
        ('providers.groq.tier = "classic-fre"', "There is no tier `classic-fre`", "`classic-free`"),
        ('providers.groq.tier = "mine"', "There is no tier `mine`", "[tiers.NAME]"),
    ],
)
def test_what_nobody_knows_is_said_with_the_nearest(tmp_path: Path, text: str, said: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, f"{text}\n{FILE}")
    assert said in caught.value.message
    assert hint in (caught.value.hint or "")


def test_tiers_of_the_file_and_built_in_ones_are_known(tmp_path: Path) -> None:
    text = """
[providers.openai]
tier = "classic-free"
[providers.groq]
tier = "mine"
[tiers.mine]
requests_per_day = 3
"""
    assert load(tmp_path, text).settings.tiers["mine"].requests_per_day == 3


def test_a_provider_without_an_address_is_refused_also_by_a_running_switch(tmp_path: Path) -> None:
    loaded = load(tmp_path, FILE + '[providers.half]\ndialect = "chat"\n')
    with pytest.raises(ConfigError, match="`half` has no address"):
        loaded.with_profile("half")


def test_profiles_with_unknown_providers_are_found_before_they_are_used(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="There is no provider `grok`"):
        load(tmp_path, FILE + '[profiles.x]\nprovider = "grok"\n')


def test_the_parameters_of_a_profile_are_checked_like_all_others(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must be a number from 0 to 2"):
        load(tmp_path, FILE + "[profiles.x]\nparameters = { temperature = 7 }\n")
    with pytest.raises(ConfigError, match="none named 'temprature'") as caught:
        load(tmp_path, FILE + "[profiles.x.parameters]\ntemprature = 1\n")
    assert "temperature" in (caught.value.hint or "")


def test_the_address_of_azure_may_come_from_its_variable(tmp_path: Path) -> None:
    endpoint = "https://r.openai.azure.com/"
    loaded = load(tmp_path, 'provider = "azure"\n', AZURE_OPENAI_ENDPOINT=endpoint)
    assert in_use(loaded.settings).base_url == "https://r.openai.azure.com/openai/v1"
    ours = '[providers.azure]\nbase_url = "https://q.openai.azure.com/openai/v1"\n'
    loaded = load(tmp_path, 'provider = "azure"\n' + ours, AZURE_OPENAI_ENDPOINT=endpoint)
    assert in_use(loaded.settings).base_url == "https://q.openai.azure.com/openai/v1"


def test_what_the_file_says_of_a_built_in_provider_changes_only_that(tmp_path: Path) -> None:
    loaded = load(tmp_path, '[providers.openai]\ndialect = "responses"\nrejects = ["seed"]\n')
    provider = in_use(loaded.settings)
    assert (provider.dialect, provider.rejects) == ("responses", ("seed",))
    assert provider.token_limit_field == "max_completion_tokens"
    by_address = load(
        tmp_path,
        '[providers.mistral]\nheaders = { X-A = "b" }\n',
        OPENAI_BASE_URL="https://api.mistral.ai/v1",
    )
    assert dict(in_use(by_address.settings).headers) == {"X-A": "b"}
