"""Where a key is found, to whom it may go, and that it stays secret."""

from __future__ import annotations

import copy
import json
import os
import pickle
import stat
import sys
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl import keychain, keys
from chatrepl.base_url import OPENAI_BASE_URL
from chatrepl.entries import ProviderSettings
from chatrepl.environment import Environment
from chatrepl.errors import ConfigError, ExitStatus
from chatrepl.keys import (
    Key,
    find_key,
    is_key_needed,
    key_hint,
    remove_key,
    save_key,
    save_key_in_keyring,
)
from chatrepl.providers import BUILT_IN
from chatrepl.settings import Settings

SECRET = "sk-abcdefghijklmnopqrstuvwxyz"
GATEWAY = "https://gateway.example.org/v1"


def environment_of(tmp_path: Path, variables: Mapping[str, str] | None = None) -> Environment:
    return Environment(
        variables={
            "HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(tmp_path / ".config"),
            "PATH": "/usr/bin:/bin",
            **(variables or {}),
        }
    )


def found(
    tmp_path: Path,
    variables: Mapping[str, str] | None = None,
    server: str = OPENAI_BASE_URL,
    **settings: Any,
) -> str | None:
    key = find_key(Settings(**settings), environment_of(tmp_path, variables), server)
    return key.value if key else None


def refused(tmp_path: Path, variables: Mapping[str, str] | None = None, **settings: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        found(tmp_path, variables, **settings)
    error = caught.value
    assert error.exit_status is ExitStatus.CONFIG
    assert "abcdefghijklmnopqrstuvwxyz" not in f"{error!r} {error.message} {error.hint}"
    return error


def key_file(tmp_path: Path, content: str | bytes, mode: int = 0o600) -> Path:
    file = tmp_path / "my key"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    file.chmod(mode)
    return file


def script(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


class TestSecrecy:
    def test_only_value_gives_a_key_away(self) -> None:
        key = Key(SECRET, "OPENAI_API_KEY")
        assert key.value == SECRET
        shown = [repr(key), str(key), f"{key}", f"{key!r:>60}", f"{key:>9}", "%s %r" % (key, key), str([key])]  # noqa: UP031
        assert all("abcdefghijklmnop" not in text for text in shown)
        assert str(key) == "…wxyz"
        assert "OPENAI_API_KEY" in repr(key)

    def test_a_short_key_shows_nothing_of_itself(self) -> None:
        assert "abc" not in repr(Key("abc", "x")) + str(Key("abc", "x"))

    @pytest.mark.parametrize("act", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, vars])
    def test_a_key_cannot_be_written_out(self, act: Any) -> None:
        with pytest.raises(TypeError) as caught:
            act(Key(SECRET, "x"))
        assert SECRET not in "".join(traceback.format_exception(caught.value))

    def test_keys_are_equal_by_what_they_hold(self) -> None:
        assert Key("a", "x") == Key("a", "x")
        assert len({Key("a", "x"), Key("a", "x"), Key("b", "x"), Key("a", "y")}) == 3
        assert Key("a", "x") != "a"


class TestOrder:
    def test_without_any_source_there_is_no_key(self, tmp_path: Path) -> None:
        assert found(tmp_path) is None

    def test_a_named_source_beats_those_found_by_chance(self, tmp_path: Path) -> None:
        environment = environment_of(tmp_path)
        save_key(environment, "saved")
        file = key_file(tmp_path, "file")
        sources: list[tuple[str, dict[str, str], dict[str, Any]]] = [
            ("saved", {}, {}),
            ("common", {"OPENAI_API_KEY": "common"}, {}),
            ("file", {}, {"api_key_file": str(file)}),
            ("command", {}, {"api_key_command": script("print('command')")}),
            ("mine", {"MY_KEY": "mine"}, {"api_key_env": "MY_KEY"}),
        ]
        variables: dict[str, str] = {}
        settings: dict[str, Any] = {}
        for value, more_variables, more_settings in sources:
            variables |= more_variables
            settings |= more_settings
            assert found(tmp_path, variables, **settings) == value

    def test_an_unset_variable_gives_way_to_another_named_source(self, tmp_path: Path) -> None:
        file = key_file(tmp_path, "file")
        assert found(tmp_path, api_key_env="MY_KEY", api_key_file=str(file)) == "file"

    def test_the_source_is_named_as_the_user_knows_it(self, tmp_path: Path) -> None:
        file = key_file(tmp_path, "file")
        environment = environment_of(tmp_path, {"OPENAI_API_KEY": "common"})
        for settings, source in [
            (Settings(), "OPENAI_API_KEY"),
            (Settings(api_key_file=str(file)), "~/my key"),
            (Settings(api_key_command=script("print('x')")), f"the command `{sys.executable}`"),
        ]:
            key = find_key(settings, environment, OPENAI_BASE_URL)
            assert key is not None
            assert key.source == source


HOSTED = {name: row.base_url for name, row in BUILT_IN.items() if row.is_hosted and row.base_url}


class TestWhereAKeyMayGo:
    @pytest.mark.parametrize("name", HOSTED)
    def test_a_providers_own_variable_is_used_for_its_host_only(self, tmp_path: Path, name: str) -> None:
        variables = {
            BUILT_IN[other].key_variables[0]: f"key-of-{BUILT_IN[other].key_variables[0]}" for other in HOSTED
        }
        url = HOSTED[name]
        assert found(tmp_path, variables, url, base_url=url) == f"key-of-{BUILT_IN[name].key_variables[0]}"

    @pytest.mark.parametrize("name", [name for name in HOSTED if name != "openai"])
    def test_the_openai_key_does_not_go_to_another_provider(self, tmp_path: Path, name: str) -> None:
        url = HOSTED[name]
        assert found(tmp_path, {"OPENAI_API_KEY": SECRET}, url, base_url=url) is None

    def test_the_openai_key_goes_where_its_companion_variable_points(self, tmp_path: Path) -> None:
        url = "https://openrouter.ai/api/v1"
        variables = {"OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": f"{url}/"}
        assert found(tmp_path, variables, url, base_url=url) == SECRET
        assert found(tmp_path, {**variables, "OPENROUTER_API_KEY": "own"}, url, base_url=url) == "own"

    @pytest.mark.parametrize("url", ["https://openrouter.ai/api/v1", "http://127.0.0.1:8080/v1"])
    def test_the_companion_variable_speaks_for_no_other_server(self, tmp_path: Path, url: str) -> None:
        variables = {"OPENAI_API_KEY": SECRET, "OPENAI_BASE_URL": GATEWAY}
        assert found(tmp_path, variables, url, base_url=GATEWAY) is None
        if "openrouter" in url:
            assert found(tmp_path, variables, url, base_url=url) is None

    def test_the_openai_key_goes_to_an_unknown_server_that_the_user_named(self, tmp_path: Path) -> None:
        assert found(tmp_path, {"OPENAI_API_KEY": SECRET}, GATEWAY, base_url=GATEWAY) == SECRET

    @pytest.mark.parametrize(
        "base_url",
        [
            GATEWAY,
            "http://127.0.0.1:11434/v1",
            "https://api.openai.com.example.org/v1",
            "http://api.openai.com/v1",
        ],
    )
    def test_no_key_goes_to_a_server_that_nobody_named(self, tmp_path: Path, base_url: str) -> None:
        save_key(environment_of(tmp_path), "saved")
        variables = {"OPENAI_API_KEY": SECRET, "MY_KEY": SECRET}
        file = key_file(tmp_path, SECRET)
        assert found(tmp_path, variables, base_url, api_key_env="MY_KEY", api_key_file=str(file)) is None

    @pytest.mark.parametrize(
        "other", ["http://gateway.example.org/v1", "https://gateway.example.org:8443/v1"]
    )
    def test_a_key_does_not_go_to_another_scheme_or_port(self, tmp_path: Path, other: str) -> None:
        variables = {"OPENAI_API_KEY": SECRET, "MY_KEY": SECRET}
        assert found(tmp_path, variables, other, base_url=GATEWAY, api_key_env="MY_KEY") is None

    def test_a_local_server_needs_no_key(self, tmp_path: Path) -> None:
        url = "http://127.0.0.1:8080/v1"
        assert found(tmp_path, {}, url, base_url=url) is None
        assert not is_key_needed(url)
        assert is_key_needed(OPENAI_BASE_URL)

    def test_a_pasted_key_is_for_one_server(self, tmp_path: Path) -> None:
        environment = environment_of(tmp_path)
        local = "http://localhost:8000/v1"
        save_key(environment, "for-openai")
        save_key(environment, "for-gateway", GATEWAY)
        save_key(environment, "for-local", local)
        save_key(environment, "not-encrypted", GATEWAY.replace("https", "http"))
        assert found(tmp_path) == "for-openai"
        assert found(tmp_path, {}, GATEWAY, base_url=GATEWAY) == "for-gateway"
        assert found(tmp_path, {}, local, base_url=local) == "for-local"
        assert found(tmp_path, {}, "http://localhost:9/v1", base_url="http://localhost:9/v1") is None

    def test_the_hint_names_the_variable_of_the_host(self) -> None:
        assert "GROQ_API_KEY" in key_hint("https://api.groq.com/openai/v1")
        assert "gateway.example.org into OPENAI_API_KEY" in key_hint(GATEWAY)


class TestVariable:
    @pytest.mark.parametrize("text", [f"  {SECRET}\n", f'"{SECRET}"', f"'{SECRET}' ", SECRET])
    def test_what_shells_leave_around_a_key_is_removed(self, tmp_path: Path, text: str) -> None:
        assert found(tmp_path, {"OPENAI_API_KEY": text}) == SECRET

    @pytest.mark.parametrize("text", ["", "  ", "\n", "''", '""'])
    def test_an_empty_variable_counts_as_not_set(self, tmp_path: Path, text: str) -> None:
        assert found(tmp_path, {"OPENAI_API_KEY": text}) is None

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (f"{SECRET} {SECRET}", "blanks or several lines"),
            (f"{SECRET}\n{SECRET}", "blanks or several lines"),
            (f"Bearer {SECRET}", "begins with 'Bearer'"),
            (f"{SECRET}…", "characters in it that no key has"),
            (f"“{SECRET}”", "characters in it that no key has"),
            (f"{SECRET}\x1b[A", "control characters"),
            (f"a\x00{SECRET}", "control characters"),
            (f"{SECRET}\udcff", "characters in it that no key has"),
        ],
    )
    def test_what_cannot_be_a_key_is_refused_without_showing_it(
        self, tmp_path: Path, text: str, said: str
    ) -> None:
        error = refused(tmp_path, {"OPENAI_API_KEY": text})
        assert error.message.startswith("The variable OPENAI_API_KEY is not a key: it ")
        assert said in error.message

    def test_a_named_variable_that_is_not_set_is_said(self, tmp_path: Path) -> None:
        error = refused(tmp_path, {"OPENAI_API_KEY": SECRET}, api_key_env="MY_KEY")
        assert error.message == "The variable MY_KEY is not set, and api_key_env says that the key is there."
        assert error.key == "api_key_env"


class TestCommand:
    def test_the_first_line_is_the_key(self, tmp_path: Path) -> None:
        command = script(f"print(); print(' {SECRET} '); print('user: me')")
        assert found(tmp_path, api_key_command=command) == SECRET

    def test_it_sees_the_variables_and_a_home_directory(self, tmp_path: Path) -> None:
        tool = tmp_path / "tool"
        tool.write_text('#!/bin/sh\necho "$MINE-$1"\n')
        tool.chmod(0o700)
        key = found(tmp_path, {"MINE": "abc"}, api_key_command=("~/tool", "$MINE;ls"))
        assert key == "abc-$MINE;ls"

    def test_it_cannot_wait_for_an_answer(self, tmp_path: Path) -> None:
        command = script("import sys; print('got' + sys.stdin.read())")
        reader, writer = os.pipe()
        os.write(writer, b"typed by the user")
        os.close(writer)
        before = os.dup(0)
        os.dup2(reader, 0)
        try:
            assert found(tmp_path, api_key_command=command) == "got"
        finally:
            os.dup2(before, 0)
            os.close(before)
            os.close(reader)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("import sys; sys.exit(3)", "ended with exit status 3 and said nothing."),
            (
                "import sys; sys.stderr.write('first\\nno such\\x1b[2J entry\\n\\n'); sys.exit(1)",
                "ended with exit status 1: no such[2J entry",
            ),
            (
                "import sys; print('hunter2hunter2'); sys.exit('cannot use hunter2hunter2')",
                "ended with exit status 1: cannot use …ter2",
            ),
            (f"import sys; sys.exit('bad key {SECRET}')", "bad key …wxyz"),
            ("import os; os.kill(os.getpid(), 9)", "was ended by signal 9"),
            ("pass", "printed no key."),
            ("print('two words')", "printed is not a key: it has blanks"),
            ("import sys; sys.stdout.buffer.write(b'\\xff\\xfe')", "is not a key: it has characters"),
        ],
    )
    def test_a_failure_is_said_without_the_key(self, tmp_path: Path, text: str, said: str) -> None:
        error = refused(tmp_path, api_key_command=script(text))
        assert said in error.message
        assert "hunter2hunter2" not in error.message

    def test_a_command_that_is_not_there_is_said(self, tmp_path: Path) -> None:
        error = refused(tmp_path, api_key_command=("no-such-command-here", SECRET))
        assert error.message == "There is no command `no-such-command-here`."
        assert error.key == "api_key_command"

    def test_a_file_that_is_no_command_is_said(self, tmp_path: Path) -> None:
        error = refused(tmp_path, api_key_command=(str(key_file(tmp_path, "x")),))
        assert "could not be run: Permission denied" in error.message
        assert "NUL" in refused(tmp_path, api_key_command=("a\0b",)).message

    def test_a_command_that_takes_too_long_is_ended(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keys, "COMMAND_TIMEOUT_S", 0.2)
        error = refused(tmp_path, api_key_command=("sleep", "60"))
        assert "gave no key within 0.2 seconds" in error.message

    def test_it_is_not_run_where_its_key_may_not_go(self, tmp_path: Path) -> None:
        trace = tmp_path / "trace"
        command = script(f"open({str(trace)!r}, 'w')")
        assert found(tmp_path, {}, GATEWAY, api_key_command=command) is None
        assert not trace.exists()


class TestFile:
    @pytest.mark.parametrize("content", [SECRET, f"{SECRET}\n", f' "{SECRET}"\r\n', f"\n{SECRET}\n\n"])
    def test_it_holds_the_key_and_nothing_else(self, tmp_path: Path, content: str) -> None:
        assert found(tmp_path, api_key_file=str(key_file(tmp_path, content))) == SECRET

    def test_a_tilde_is_the_home_directory(self, tmp_path: Path) -> None:
        key_file(tmp_path, SECRET)
        assert found(tmp_path, api_key_file="~/my key") == SECRET

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o777])
    def test_a_file_open_to_others_is_refused_with_the_command_to_type(
        self, tmp_path: Path, mode: int
    ) -> None:
        file = key_file(tmp_path, SECRET, mode)
        error = refused(tmp_path, api_key_file="~/my key")
        assert f"mode {mode:04o}" in error.message
        assert error.hint == f"Type: chmod 600 '{file}'"

    def test_a_pasted_key_open_to_others_is_refused_too(self, tmp_path: Path) -> None:
        save_key(environment_of(tmp_path), SECRET).chmod(0o644)
        assert "chmod 600" in (refused(tmp_path).hint or "")

    @pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
    def test_a_file_of_its_owner_is_read(self, tmp_path: Path, mode: int) -> None:
        assert found(tmp_path, api_key_file=str(key_file(tmp_path, SECRET, mode))) == SECRET

    def test_a_file_that_is_not_there_is_said(self, tmp_path: Path) -> None:
        error = refused(tmp_path, api_key_file="~/none")
        assert error.message == "The key file ~/none cannot be read: No such file or directory."
        assert error.key == "api_key_file"
        assert "Is a directory" in refused(tmp_path, api_key_file="~").message
        assert "NUL" in refused(tmp_path, api_key_file="a\0b").message

    def test_a_key_given_as_the_name_of_a_file_is_masked(self, tmp_path: Path) -> None:
        refused(tmp_path, api_key_file=SECRET)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "is empty"),
            (b" \n", "is empty"),
            (f"OPENAI_API_KEY: {SECRET}".encode(), "blanks"),
            (b"\xff\xfe", "characters in it that no key has"),
            (b"x" * 70_000, "is far too long"),
        ],
    )
    def test_a_file_without_a_key_is_said(self, tmp_path: Path, content: bytes, said: str) -> None:
        assert said in refused(tmp_path, api_key_file=str(key_file(tmp_path, content))).message


class TestSaving:
    def test_a_pasted_key_is_kept_for_its_owner_only_and_found_again(self, tmp_path: Path) -> None:
        path = save_key(environment_of(tmp_path), f' "{SECRET}"\n')
        assert path == tmp_path / ".config" / "chatrepl" / "key"
        assert path.read_text() == f"{SECRET}\n"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert found(tmp_path) == SECRET

    def test_a_directory_that_was_open_is_closed(self, tmp_path: Path) -> None:
        directory = tmp_path / ".config" / "chatrepl"
        directory.mkdir(parents=True, mode=0o755)
        save_key(environment_of(tmp_path), SECRET)
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700

    def test_a_new_key_replaces_the_old_one_and_leaves_nothing_else(self, tmp_path: Path) -> None:
        environment = environment_of(tmp_path)
        save_key(environment, "old").chmod(0o644)
        path = save_key(environment, "new")
        assert found(tmp_path) == "new"
        assert [file.name for file in path.parent.iterdir()] == ["key"]

    def test_the_old_key_survives_a_full_disk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        environment = environment_of(tmp_path)
        path = save_key(environment, "old")

        def fail(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(ConfigError, match="No space left on device") as caught:
            save_key(environment, SECRET)
        assert SECRET not in f"{caught.value} {caught.value.hint}"
        assert found(tmp_path) == "old"
        assert [file.name for file in path.parent.iterdir()] == ["key"]

    @pytest.mark.parametrize("text", ["", "  \n", "''", "two words", "a\nb", "k\x07ey", "kéy", "Bearer x"])
    def test_what_cannot_be_a_key_is_not_kept(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(ConfigError, match="What was pasted is"):
            save_key(environment_of(tmp_path), text)
        assert not (tmp_path / ".config").exists()

    @given(st.text())
    def test_any_pasted_text_is_either_printable_ascii_or_refused(self, text: str) -> None:
        try:
            value = keys._clean(text, "It")
        except ConfigError:
            return
        assert value.isascii()
        assert all(character.isprintable() and character != " " for character in value)


class TestProviders:
    def test_what_stands_under_a_provider_comes_first(self, tmp_path: Path) -> None:
        ours = {"gateway": ProviderSettings(base_url=GATEWAY, api_key_env="GATEWAY_KEY")}
        variables = {"GATEWAY_KEY": "gateway-key-1", "OPENAI_API_KEY": SECRET, "MINE": "my-own-key-1"}
        assert found(tmp_path, variables, GATEWAY, providers=ours, provider="gateway") == "gateway-key-1"
        assert (
            found(tmp_path, variables, GATEWAY, providers=ours, base_url=GATEWAY, api_key_env="MINE")
            == "gateway-key-1"
        )

    def test_a_missing_key_of_a_provider_is_named_in_full(self, tmp_path: Path) -> None:
        ours = {"gateway": ProviderSettings(base_url=GATEWAY, api_key_env="GATEWAY_KEY")}
        with pytest.raises(ConfigError, match=r"providers\.gateway\.api_key_env says"):
            found(tmp_path, {}, GATEWAY, providers=ours, provider="gateway")

    def test_the_openai_key_does_not_go_to_a_provider_of_ones_own(self, tmp_path: Path) -> None:
        ours = {"gateway": ProviderSettings(base_url=GATEWAY)}
        assert (
            found(tmp_path, {"OPENAI_API_KEY": SECRET}, GATEWAY, providers=ours, provider="gateway") is None
        )

    def test_what_stands_at_the_top_goes_to_no_provider_that_is_named(self, tmp_path: Path) -> None:
        url = "https://api.groq.com/openai/v1"
        variables = {"MINE": SECRET, "GROQ_API_KEY": "groq-key-1"}
        assert found(tmp_path, variables, url, provider="groq", api_key_env="MINE") == "groq-key-1"

    def test_a_program_of_ones_own_gets_its_key_in_the_clear_and_a_service_does_not(
        self, tmp_path: Path
    ) -> None:
        url = "http://localhost:8000/v1"
        assert found(tmp_path, {"VLLM_API_KEY": "vllm-key-1"}, url, provider="vllm") == "vllm-key-1"
        url = "http://api.groq.com/openai/v1"
        variables = {"GROQ_API_KEY": "groq-key-1"}
        assert found(tmp_path, variables, url, provider="groq", base_url=url) is None

    def test_a_token_goes_out_as_bearer_whatever_the_usual_header(self, tmp_path: Path) -> None:
        url = "https://r.openai.azure.com/openai/v1"
        settings = Settings(base_url=url)
        token = find_key(settings, environment_of(tmp_path, {"AZURE_OPENAI_AD_TOKEN": "token-12345"}), url)
        assert token is not None
        assert (token.value, token.header) == ("token-12345", "Authorization")
        variables = {"AZURE_OPENAI_AD_TOKEN": "token-12345", "AZURE_OPENAI_API_KEY": "azure-key-1"}
        key = find_key(settings, environment_of(tmp_path, variables), url)
        assert key is not None
        assert (key.value, key.header) == ("azure-key-1", None)


class FakeKeyring:
    """What the package keyring offers, in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.failure: Exception | None = None

    def get_password(self, service: str, name: str) -> str | None:
        if self.failure:
            raise self.failure
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, value: str) -> None:
        self.kept[service, name] = value

    def delete_password(self, service: str, name: str) -> None:
        del self.kept[service, name]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> FakeKeyring:
    fake = FakeKeyring()
    module, module_errors = ModuleType("keyring"), ModuleType("keyring.errors")
    for name in ("get_password", "set_password", "delete_password"):
        setattr(module, name, getattr(fake, name))
    module_errors.NoKeyringError = type("NoKeyringError", (RuntimeError,), {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)
    monkeypatch.setitem(sys.modules, "keyring.errors", module_errors)
    monkeypatch.setattr(keychain, "is_installed", lambda: True)
    return fake


class TestKeyring:
    def test_a_key_in_the_keyring_is_found_for_its_server_only(
        self, tmp_path: Path, keyring: FakeKeyring
    ) -> None:
        assert save_key_in_keyring(environment_of(tmp_path), SECRET, GATEWAY) == "the system's keyring"
        assert keyring.kept == {("chatrepl", "gateway.example.org"): SECRET}
        assert found(tmp_path, {}, GATEWAY) == SECRET
        assert found(tmp_path, {}, "https://elsewhere.example/v1") is None

    def test_the_variable_of_the_provider_comes_before_it(self, tmp_path: Path, keyring: FakeKeyring) -> None:
        save_key_in_keyring(environment_of(tmp_path), SECRET, OPENAI_BASE_URL)
        assert found(tmp_path, {}) == SECRET
        assert found(tmp_path, {"OPENAI_API_KEY": "from-a-variable"}) == "from-a-variable"

    def test_a_removed_key_is_gone_from_everywhere(self, tmp_path: Path, keyring: FakeKeyring) -> None:
        environment = environment_of(tmp_path)
        save_key_in_keyring(environment_of(tmp_path), SECRET, GATEWAY)
        save_key(environment, SECRET, GATEWAY)
        assert len(remove_key(environment, GATEWAY)) == 2
        assert found(tmp_path, {}, GATEWAY) is None
        assert remove_key(environment, GATEWAY) == ()

    def test_a_keyring_that_fails_says_so_without_the_key(self, tmp_path: Path, keyring: FakeKeyring) -> None:
        save_key_in_keyring(environment_of(tmp_path), SECRET, GATEWAY)
        keyring.failure = RuntimeError(f"locked {SECRET}")
        with pytest.raises(ConfigError, match="keyring could not be read: locked") as caught:
            found(tmp_path, {}, GATEWAY)
        assert SECRET not in caught.value.message

    def test_a_keyring_in_which_nothing_was_kept_is_not_asked(
        self, tmp_path: Path, keyring: FakeKeyring
    ) -> None:
        keyring.failure = RuntimeError("locked")
        assert found(tmp_path, {}, GATEWAY) is None

    def test_a_keyring_that_hangs_is_not_waited_for(
        self, keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        is_over = threading.Event()
        monkeypatch.setattr(sys.modules["keyring"], "get_password", lambda *_: is_over.wait(20) and None)
        with pytest.raises(ConfigError, match=r"did not answer within 0\.05 s"):
            keychain.read("x", timeout_s=0.05)
        is_over.set()

    def test_without_the_package_there_is_no_keyring(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keychain, "is_installed", lambda: False)
        assert found(tmp_path, {}, GATEWAY) is None
        with pytest.raises(ConfigError, match="keyring is not installed"):
            save_key_in_keyring(environment_of(tmp_path), SECRET, GATEWAY)
