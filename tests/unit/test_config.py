"""A file, variables and flags put together, and what is said of mistakes in them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from chatrepl.config import LoadedSettings, Origin, load_settings, shown_path, value_of, variable_of
from chatrepl.environment import Environment
from chatrepl.errors import ConfigError, ExitStatus
from chatrepl.settings import ModelSettings, Settings, all_settings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory with an empty configuration directory."""
    (tmp_path / ".config" / "chatrepl").mkdir(parents=True)
    return tmp_path


def environment_of(home: Path, variables: Mapping[str, str] | None = None) -> Environment:
    return Environment(
        variables={"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config"), **(variables or {})}
    )


def load(
    home: Path,
    text: str | bytes | None = None,
    flags: Mapping[str, object] | None = None,
    variables: Mapping[str, str] | None = None,
) -> LoadedSettings:
    if text is not None:
        content = text.encode() if isinstance(text, str) else text
        (home / ".config" / "chatrepl" / "config.toml").write_bytes(content)
    return load_settings(environment_of(home, variables), flags or {})


def problems(home: Path, text: str | bytes, **sources: Mapping[str, str]) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(home, text, **sources)
    assert caught.value.exit_status is ExitStatus.CONFIG
    return caught.value


class TestOrder:
    def test_without_any_source_all_is_as_declared(self, home: Path) -> None:
        loaded = load(home)
        assert loaded == LoadedSettings(Settings(), {})
        assert loaded.origin_of("model") == Origin("default")

    def test_later_sources_win_and_each_is_remembered(self, home: Path) -> None:
        loaded = load(
            home,
            'model = "file"\nsystem = "file"\nstream = false\nbase_url = "http://file/v1"\n',
            {"model": "flag"},
            {"CHATREPL_MODEL": "variable", "CHATREPL_SYSTEM": "variable", "OPENAI_BASE_URL": "http://env/v1"},
        )
        settings = loaded.settings
        assert (settings.model, settings.system, settings.stream) == ("flag", "variable", False)
        assert settings.base_url == "http://env/v1"
        assert loaded.origins == {
            "model": Origin("flag", "the command line"),
            "system": Origin("environment", "CHATREPL_SYSTEM"),
            "stream": Origin("file", "~/.config/chatrepl/config.toml line 3"),
            "base_url": Origin("environment", "OPENAI_BASE_URL"),
        }
        assert loaded.config_file == home / ".config/chatrepl/config.toml"

    def test_our_variable_for_the_address_beats_the_common_one(self, home: Path) -> None:
        variables = {"OPENAI_BASE_URL": "http://common/v1", "CHATREPL_BASE_URL": "http://ours/v1"}
        loaded = load(home, variables=variables)
        assert loaded.settings.base_url == "http://ours/v1"
        assert str(loaded.origin_of("base_url")) == "CHATREPL_BASE_URL"

    def test_an_empty_common_variable_counts_as_not_set(self, home: Path) -> None:
        loaded = load(home, 'base_url = "http://file/v1"', variables={"OPENAI_BASE_URL": ""})
        assert loaded.settings.base_url == "http://file/v1"

    def test_none_takes_back_what_an_earlier_source_said(self, home: Path) -> None:
        text = 'system = "x"\n[parameters]\ntemperature = 1\n[window]\nlimit_tokens = 1000\n'
        flags = {"system": "none", "temperature": "none", "window.limit_tokens": "none"}
        assert load(home, text, flags).settings == Settings()

    def test_parameters_of_several_sources_are_joined(self, home: Path) -> None:
        loaded = load(
            home,
            "[parameters]\ntemperature = 1\nseed = 1\ntop_p = 0.5\n",
            {"temperature": "0.2"},
            {"CHATREPL_PARAMETERS_SEED": "7"},
        )
        assert loaded.settings.parameters == {"temperature": 0.2, "seed": 7, "top_p": 0.5}
        assert loaded.origin_of("temperature").kind == "flag"
        assert loaded.origin_of("seed") == Origin("environment", "CHATREPL_PARAMETERS_SEED")

    def test_a_flag_may_have_a_value_that_is_no_text(self, home: Path) -> None:
        flags = {"stream": False, "window.limit_tokens": 1000, "model": None, "parameters.stop": ("a",)}
        settings = load(home, 'model = "file"', flags).settings
        assert (settings.stream, settings.window.limit_tokens, settings.model) == (False, 1000, "file")
        assert settings.parameters == {"stop": ["a"]}

    def test_facts_of_a_model_come_from_the_file_and_from_flags(self, home: Path) -> None:
        text = '[models."gpt-4.1"]\nwindow_tokens = 1000\ninput_usd_per_mtok = 2.50\n'
        loaded = load(home, text, {"models.gpt-4.1.window_tokens": "2000"})
        facts = ModelSettings(window_tokens=2000, input_usd_per_mtok=Decimal("2.5"))
        assert loaded.settings.models == {"gpt-4.1": facts}
        origin = loaded.origin_of("models.gpt-4.1.input_usd_per_mtok")
        assert origin == Origin("file", "~/.config/chatrepl/config.toml line 3")


class TestVariables:
    def test_every_setting_has_a_variable_of_its_own(self) -> None:
        names = [variable_of(info.key) for info in all_settings()]
        assert len(set(names)) == len(names)
        assert variable_of("window.reserve_tokens") == "CHATREPL_WINDOW_RESERVE_TOKENS"

    @pytest.mark.parametrize(
        ("variable", "nearest"),
        [
            ("CHATREPL_MODLE", "CHATREPL_MODEL"),
            ("CHATREPL_TEMPERATURE", "CHATREPL_PARAMETERS_TEMPERATURE"),
            ("CHATREPL_RESERVE_TOKENS", "CHATREPL_WINDOW_RESERVE_TOKENS"),
        ],
    )
    def test_an_unknown_variable_is_a_warning_with_the_nearest(
        self, home: Path, variable: str, nearest: str
    ) -> None:
        (warning,) = load(home, variables={variable: "x"}).warnings
        assert variable in warning
        assert f"Did you mean {nearest}?" in warning

    def test_a_variable_unlike_any_other_is_named_without_a_guess(self, home: Path) -> None:
        (warning,) = load(home, variables={"CHATREPL_ZZZZZZ": "x"}).warnings
        assert warning == "The variable CHATREPL_ZZZZZZ is ignored: there is no such setting."

    def test_a_key_in_a_variable_of_ours_is_answered_with_where_keys_go(self, home: Path) -> None:
        (warning,) = load(home, variables={"CHATREPL_API_KEY": "sk-abcdefghijklmnop"}).warnings
        assert "OPENAI_API_KEY" in warning
        assert "sk-abcdefghijklmnop" not in warning

    def test_facts_of_models_have_no_variables(self, home: Path) -> None:
        loaded = load(home, variables={"CHATREPL_MODELS_*_WINDOW_TOKENS": "1000"})
        assert loaded.settings == Settings()
        assert loaded.warnings

    def test_other_programs_variables_are_left_alone(self, home: Path) -> None:
        assert load(home, variables={"CHAT": "x", "XCHATREPL_MODEL": "x"}) == load(home)

    def test_a_wrong_value_names_its_variable(self, home: Path) -> None:
        error = problems(home, "", variables={"CHATREPL_PARAMETERS_TEMPERATURE": "3"})
        assert error.message == (
            "In the variable CHATREPL_PARAMETERS_TEMPERATURE, "
            "`parameters.temperature` must be a number from 0 to 2, not 3."
        )


class TestFile:
    def test_a_file_named_by_a_flag_or_a_variable_is_read_instead(self, home: Path) -> None:
        other = home / "other.toml"
        other.write_text('model = "other"')
        (home / ".config/chatrepl/config.toml").write_text("this is not read")
        assert load_settings(environment_of(home), {}, other).settings.model == "other"
        assert load_settings(environment_of(home), {}, Path("~/other.toml")).settings.model == "other"
        named = environment_of(home, {"CHATREPL_CONFIG": str(other)})
        assert load_settings(named, {}).settings.model == "other"
        assert load_settings(named, {}).origin_of("model").detail == "~/other.toml line 1"

    def test_a_named_file_must_exist(self, home: Path) -> None:
        with pytest.raises(ConfigError, match=r"no configuration file ~/none.toml") as caught:
            load_settings(environment_of(home), {}, home / "none.toml")
        assert "--config" in (caught.value.hint or "")
        with pytest.raises(ConfigError, match="no configuration file"):
            load_settings(environment_of(home, {"CHATREPL_CONFIG": "/no/such/file"}), {})

    @pytest.mark.parametrize(
        "text", ["", "\n", "# nothing\n", "[window]\n", "\ufeff# nothing", '[models."x"]']
    )
    def test_a_file_that_says_nothing_changes_nothing(self, home: Path, text: str) -> None:
        assert load(home, text).settings == Settings()

    def test_a_byte_order_mark_and_windows_line_ends_are_read(self, home: Path) -> None:
        loaded = load(home, b'\xef\xbb\xbf# x\r\nmodel = "m"\r\n')
        assert loaded.settings.model == "m"
        assert loaded.origin_of("model").detail.endswith("line 2")

    def test_empty_text_counts_as_not_set(self, home: Path) -> None:
        assert load(home, 'model = ""\nbase_url = ""\n').settings == Settings()

    def test_every_problem_is_reported_at_once_with_its_line(self, home: Path) -> None:
        error = problems(
            home,
            'model = 5\ntemprature = 1\nwindow = 3\nsystem = """\nkey = 1\n"""\n[network]\n'
            'read_timeout_s = "long"\n\n[parameters]\ntop_p = 2\n[models.x]\nwindow_tokens = 5\n',
            variables={"CHATREPL_STREAM": "maybe"},
            flags={"seed": "x"},
        )
        file = "~/.config/chatrepl/config.toml"
        assert error.message.splitlines() == [
            "The configuration has 8 problems:",
            f"  {file} line 1: `model` must be text, not 5.",
            f"  {file} line 2: There is no setting `temprature`. Did you mean `parameters.temperature`?",
            f"  {file} line 3: `window` must be a table, as in [window].",
            f"  {file} line 8: `network.read_timeout_s` must be a number from 0.1 to 7200, not 'long'.",
            f"  {file} line 11: `parameters.top_p` must be a number from 0 to 1, not 2.",
            f"  {file} line 13: `models.x.window_tokens` must be a whole number from 256 to 100000000, not 5.",
            "  In the variable CHATREPL_STREAM, `stream` must be true or false, not 'maybe'.",
            (
                "  On the command line, `parameters.seed` must be a whole number "
                "from -9223372036854775808 to 9223372036854775807, not 'x'."
            ),
        ]
        assert (error.file, error.key, error.line) == (None, None, None)

    def test_a_single_problem_carries_its_place(self, home: Path) -> None:
        error = problems(home, "\n\n[window]\nreserve_tokens = 5\n")
        assert error.message == (
            "~/.config/chatrepl/config.toml line 4: "
            "`window.reserve_tokens` must be a whole number from 16 to 1000000, not 5."
        )
        assert (error.file, error.key, error.line) == (
            "~/.config/chatrepl/config.toml",
            "window.reserve_tokens",
            4,
        )

    @pytest.mark.parametrize(
        ("text", "line", "said"),
        [
            ("[window]\nlimits = 5", 2, "There is no setting `window.limits`."),
            ("[windows]\nlimit_tokens = 5", 1, "There is no setting `windows`."),
            ("[model]\nx = 1", 1, "`model` must be text, not a table."),
            ("model = ['x']", 1, "`model` must be text, not a list."),
            ("models = 5", 1, "`models` must be a table, as in [models]."),
            ("[[models]]\nid = 'x'", 1, "`models` must be a table, as in [models]."),
            ("[models]\nx = 5", 2, "`models.x` must be a table, as in [models.x]."),
            ("[models.x]\nwindow = 5", 2, "There is no setting `models.x.window`."),
            ("parameters = 'x'", 1, "`parameters` must be a table, as in [parameters]."),
            ("[parameters]\ntop_k = 5", 2, "There is no setting `parameters.top_k`."),
            ("api_key_command = 'pass \"show'", 1, "`api_key_command` must be words as in a shell"),
            ("api_key_command = 5", 1, "`api_key_command` must be a list"),
            ("window.limit_tokens = true", 1, "must be a whole number from 256 to 100000000, not true."),
            ("window = { limit_tokens = 1 }", 1, "must be a whole number from 256 to 100000000, not 1."),
            ("model = 2020-01-01", 1, "`model` must be text, not 2020-01-01."),
            ("base_url = 'localhost:1/v1'", 1, "`base_url` must begin with http:// or https://"),
        ],
    )
    def test_a_mistake_is_said_with_its_line(self, home: Path, text: str, line: int, said: str) -> None:
        error = problems(home, f"# first\n{text}\n")
        assert said in error.message
        assert error.line == line + 1

    def test_a_model_id_with_dots_and_no_quotes_is_explained(self, home: Path) -> None:
        error = problems(home, "[models.gpt-4.1]\nwindow_tokens = 1000\n")
        assert '[models."gpt-4.1"]' in (error.hint or "")

    @pytest.mark.parametrize(
        ("text", "line", "said"),
        [
            ("model = gpt", 1, "not valid TOML at column 9"),
            ('x = 1\nmodel = "a\n', 2, "not valid TOML at column 11"),
            ('model = "a', None, "not valid TOML at its end"),
            ("[window\n", 1, "not valid TOML"),
            ("a = 1\na = 2\n", 2, "not valid TOML"),
            ("[window]\n[window]\n", 2, "not valid TOML"),
            ("a = " + "9" * 5000, None, "not valid TOML"),
            ("a = " + "[" * 5000, None, "nests lists or tables too deeply"),
        ],
    )
    def test_what_is_not_toml_is_said_with_its_place(
        self, home: Path, text: str, line: int | None, said: str
    ) -> None:
        error = problems(home, text)
        assert said in error.message
        assert error.line == line or (line is None and error.line in {None, 1})
        assert len(error.message) < 300

    def test_a_file_that_is_not_utf8_is_said_with_its_line(self, home: Path) -> None:
        error = problems(home, b"# one\nmodel = '\xe9'\n")
        assert error.message.startswith("~/.config/chatrepl/config.toml line 2: The file is not UTF-8 text")
        assert "not UTF-8" in problems(home, 'model = "m"'.encode("utf-16")).message

    def test_a_directory_is_no_file(self, home: Path) -> None:
        with pytest.raises(ConfigError, match=r"~/\.config cannot be read: it is a directory"):
            load_settings(environment_of(home), {}, home / ".config")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
    def test_a_file_that_may_not_be_read_is_said(self, home: Path) -> None:
        file = home / ".config/chatrepl/config.toml"
        file.write_text("")
        file.chmod(0)
        with pytest.raises(ConfigError, match="cannot be read: Permission denied"):
            load(home)

    def test_a_disk_error_is_said(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(path: Path) -> bytes:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(Path, "read_bytes", fail)
        with pytest.raises(ConfigError, match=r"config\.toml cannot be read: Input/output error"):
            load(home)

    def test_a_name_with_a_nul_is_refused(self, home: Path) -> None:
        with pytest.raises(ConfigError, match="the character NUL"):
            load_settings(environment_of(home), {}, Path("a\0b"))


class TestSecrets:
    @pytest.mark.parametrize(
        "text",
        [
            'api_key = "s3cr3tvalue"',
            'key = "s3cr3tvalue"',
            '[openai]\napi_key = "s3cr3tvalue"',
            '[parameters]\napi_key = "s3cr3tvalue"',
            '[models.x]\napi_key = "s3cr3tvalue"',
            'unknown = "s3cr3tvalue"',
            'model = { api_key = "s3cr3tvalue" }',
            'model = ["s3cr3tvalue"]',
            'api_key_env = "s3cr3t-value"',
            'api_key_command = "echo \'s3cr3tvalue"',
            'base_url = "https://me:s3cr3tvalue@host/v1"',
            'base_url = "https://host/v1?api_key=s3cr3tvalue"',
            'stream = "sk-s3cr3tvalue000000"',
            'api_key = "s3cr3tvalue',
        ],
    )
    def test_a_key_in_the_file_is_never_repeated(self, home: Path, text: str) -> None:
        error = problems(home, text)
        assert "s3cr3t" not in f"{error!r} {error.message} {error.hint}"

    def test_a_key_in_the_file_is_answered_with_where_keys_go(self, home: Path) -> None:
        error = problems(home, '\napi_key = "sk-abcdefghijklmnop"')
        assert re.search(r"line 2: `api_key` is not a setting: keys do not go there", error.message)
        assert "api_key_file" in (error.hint or "")


def test_value_of_reads_what_was_loaded(home: Path) -> None:
    loaded = load(home, "[parameters]\nseed = 5\n")
    assert value_of(loaded.settings, "seed") == 5


def test_a_path_is_shown_with_a_tilde_only_inside_the_home_directory(home: Path) -> None:
    environment = environment_of(home)
    assert shown_path(environment, home / "a" / "b") == "~/a/b"
    assert shown_path(environment, Path("/etc/x")) == "/etc/x"
    assert shown_path(Environment(variables={}), Path("/etc/x")) == "/etc/x"
