"""Settings looked up, read from text and changed by name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.adjust import apply, nearest_keys, parse_text, resolve_key, setting_infos, value_of, with_value
from chatrepl.errors import ConfigError
from chatrepl.settings import ModelSettings, Settings


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("model", "model"),
        (" window.limit_tokens ", "window.limit_tokens"),
        ("temperature", "parameters.temperature"),
        ("parameters.temperature", "parameters.temperature"),
        ("models.gpt-4.1.window_tokens", "models.gpt-4.1.window_tokens"),
        ('models."gpt-4.1".encoding', "models.gpt-4.1.encoding"),
        ("models.qwen3:0.6b.output_usd_per_mtok", "models.qwen3:0.6b.output_usd_per_mtok"),
    ],
)
def test_a_setting_is_found_by_its_name(name: str, key: str) -> None:
    assert resolve_key(name).key == key


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("temprature", "parameters.temperature"),
        ("max-tokens", "parameters.max_tokens"),
        ("reserve_tokens", "window.reserve_tokens"),
        ("windows.limit_tokens", "window.limit_tokens"),
        ("window.limit", "window.limit_tokens"),
        ("Model", "model"),
        ("baseurl", "base_url"),
        ("windows", "window"),
        ("models.x.window_token", "models.*.window_tokens"),
        ("parameters.top_k", "parameters.top_p"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, nearest: str) -> None:
    assert nearest in nearest_keys(name)
    with pytest.raises(ConfigError, match="There is no setting") as caught:
        resolve_key(name)
    assert f"`{nearest}`" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "name", ["", "zzzzzzzz", "models", "models.*.encoding", "models..encoding", "x" * 9999]
)
def test_a_name_like_no_other_is_refused_all_the_same(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve_key(name)
    assert len(caught.value.message) < 200


@pytest.mark.parametrize(
    "name", ["api_key", "openai.api_key", "parameters.api-key", "token", "OPENAI_API_KEY"]
)
def test_a_setting_for_a_key_is_refused_with_the_places_where_keys_go(name: str) -> None:
    with pytest.raises(ConfigError, match="keys do not go there") as caught:
        resolve_key(name)
    for place in ("OPENAI_API_KEY", "api_key_env", "api_key_command", "api_key_file"):
        assert place in (caught.value.hint or "")


def test_a_key_typed_as_a_name_is_masked() -> None:
    with pytest.raises(ConfigError) as caught:
        resolve_key("sk-abcdefghijklmnop")
    assert "sk-abcdefghijklmnop" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("stream", "Off", False),
        ("stream", " yes ", True),
        ("stream", "0", False),
        ("window.limit_tokens", "32_768", 32768),
        ("window.limit_tokens", "none", None),
        ("window.limit_tokens", "", None),
        ("temperature", "0.2", 0.2),
        ("temperature", "1", 1.0),
        ("temperature", "NONE", None),
        ("network.read_timeout_s", "5", 5.0),
        ("models.m.input_usd_per_mtok", "2.50", Decimal("2.50")),
        ("reasoning_effort", "none", "none"),
        ("reasoning_effort", "HIGH", "high"),
        ("reasoning_effort", "", None),
        ("model", " gpt-4o \n", "gpt-4o"),
        ("model", "none", None),
        ("system", " keep my blanks ", " keep my blanks "),
        ("system", "", None),
        ("base_url", "http://localhost:8000/v1/", "http://localhost:8000/v1"),
        ("terminal.status_bar", "model, window", ("model", "window")),
        ("terminal.status_bar", '["speed"]', ("speed",)),
        ("terminal.status_bar", "", ()),
        ("stop", "END, STOP", ["END", "STOP"]),
        ("stop", '["\\n", "a,b"]', ["\n", "a,b"]),
        ("stop", "none", None),
        ("api_key_command", "pass show 'my key'", ("pass", "show", "my key")),
        ("api_key_command", '["pass", "show x"]', ("pass", "show x")),
        ("extra_body", '{"top_k": 40, "x": null}', {"top_k": 40, "x": None}),
        ("extra_body", "{ top_k = 40 }", {"top_k": 40}),
        ("extra_body", "none", None),
        ("logit_bias", '{"50256": -100}', {"50256": -100}),
    ],
)
def test_text_is_read_as_the_setting_needs_it(key: str, text: str, value: object) -> None:
    parsed = parse_text(key, text)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("stream", "maybe", "`stream` must be true or false, not 'maybe'."),
        ("stream", "", "`stream` must be true or false, not ''."),
        ("temperature", "3", "`parameters.temperature` must be a number from 0 to 2, not 3."),
        ("temperature", "warm", "`parameters.temperature` must be a number from 0 to 2, not 'warm'."),
        ("temperature", "0,7", "`parameters.temperature` must be a number from 0 to 2, not '0,7'."),
        ("temperature", "nan", "`parameters.temperature` must be a number from 0 to 2, not nan."),
        (
            "max_tokens",
            "1.5",
            "`parameters.max_tokens` must be a whole number from 1 to 10000000, not '1.5'.",
        ),
        (
            "max_tokens",
            "9" * 5000,
            "`parameters.max_tokens` must be a whole number from 1 to 10000000, not '999",
        ),
        ("models.m.input_usd_per_mtok", "$2", "must be a number from 0 to 100000, not '$2'."),
        ("models.m.input_usd_per_mtok", "nan", "must be a number from 0 to 100000, not NaN."),
        ("verbosity", "loud", "`parameters.verbosity` must be one of low, medium, high, not 'loud'."),
        ("terminal.status_bar", "model,clock", "must be one of mode, model, window,"),
        ("terminal.status_bar", "[model]", "must be written as in a TOML file or as JSON"),
        ("stop", "a,b,c,d,e", "must have at most 4 entries, not 5."),
        ("api_key_command", "pass 'show", "`api_key_command` must be words as in a shell"),
        ("extra_body", "40", "`parameters.extra_body` must be a table, not 40."),
        ("extra_body", "top_k=40", "`parameters.extra_body` must be a table, not 'top_k=40'."),
        ("extra_body", "{top_k", "must be written as in a TOML file or as JSON"),
        ("extra_body", '{"a": NaN}', "must hold only what JSON can say, not nan"),
        ("extra_body", "[" * 100_000, "must be"),
        ("logit_bias", '{"5": 101}', "must be a number from -100 to 100, not 101 (entry '5')."),
        ("terminal.code_theme", " ", "`terminal.code_theme` must not be empty."),
        ("system", "a\0b", "must not hold the character NUL."),
        ("system", "a\udcffb", "must be UTF-8 text."),
        ("base_url", "ftp://x", "must begin with http:// or https://"),
        (
            "api_key_env",
            "sk-abcdefghijklmnop",
            "must be the name of an environment variable, not the key itself.",
        ),
    ],
)
def test_text_that_does_not_fit_is_refused_with_what_is_allowed(key: str, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_text(key, text)
    assert said in caught.value.message
    assert caught.value.key == resolve_key(key).key
    assert len(caught.value.message) < 300


def test_a_key_given_as_a_value_is_masked() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_text("temperature", "sk-abcdefghijklmnop")
    assert "sk-abcdefghijklmnop" not in f"{caught.value!r} {caught.value} {caught.value.hint}"


@given(st.sampled_from([key.replace("*", "m") for key in setting_infos()]), st.text())
def test_any_text_is_either_a_value_or_refused_in_words(key: str, text: str) -> None:
    try:
        value = parse_text(key, text)
    except ConfigError as error:
        said = error.message
    else:
        assert value_of(with_value(Settings(), key, value), key) == value
        return
    assert f"`{key}` " in said


LIVE: list[tuple[str, str, Any]] = [
    ("model", "gpt-4o", "gpt-4o"),
    ("temperature", "0.2", 0.2),
    ("window.reserve_tokens", "100", 100),
    ("terminal.reasoning", "hide", "hide"),
    ("stream", "off", False),
]


@pytest.mark.parametrize(("key", "text", "value"), LIVE)
def test_a_live_setting_is_changed_and_the_old_settings_stay(key: str, text: str, value: object) -> None:
    before = Settings()
    after = apply(before, key, text)
    assert value_of(after, key) == value
    assert before == Settings()


def test_other_values_survive_a_change() -> None:
    settings = apply(apply(Settings(), "temperature", "0.2"), "seed", "7")
    settings = apply(apply(settings, "window.limit_tokens", "1000"), "window.reserve_tokens", "100")
    assert settings.parameters == {"temperature": 0.2, "seed": 7}
    assert (settings.window.limit_tokens, settings.window.reserve_tokens) == (1000, 100)


def test_none_takes_a_parameter_away() -> None:
    settings = apply(Settings(), "temperature", "0.2")
    assert apply(settings, "temperature", "none").parameters == {}


@pytest.mark.parametrize("key", ["base_url", "local.file", "api_key_env", "models.m.encoding"])
def test_a_setting_that_is_read_at_the_start_is_not_changed_while_chatrepl_runs(key: str) -> None:
    with pytest.raises(ConfigError, match="cannot be changed while chatrepl runs") as caught:
        apply(Settings(), key, "x")
    assert "next start" in (caught.value.hint or "")


def test_facts_of_a_model_are_kept_by_its_id() -> None:
    settings = with_value(Settings(), "models.gpt-4.1.window_tokens", 1000)
    settings = with_value(settings, "models.gpt-4.1.encoding", "o200k_base")
    assert settings.models == {"gpt-4.1": ModelSettings(window_tokens=1000, encoding="o200k_base")}
    assert value_of(settings, "models.other.window_tokens") is None


def test_every_setting_can_be_asked_for() -> None:
    for key in setting_infos():
        value_of(Settings(), key.replace("*", "m"))
