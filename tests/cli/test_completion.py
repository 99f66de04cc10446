"""Completion of the command line, in the shells themselves."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chatrepl.cli import SUBCOMMANDS, build_parser, whole_program
from chatrepl.subcommands.completion import SHELLS
from tests.cli.conftest import RunCli

Complete = Callable[..., list[str]]

CONFIG = """
[profiles.quick]
model = "fast"
[profiles."two words"]
model = "slow"
[models."configured-model"]
window_tokens = 4096
"""

BASH = """
source "$SCRIPT"
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_chatrepl chatrepl
[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' "${COMPREPLY[@]}"
"""
ZSH = """
compdef() { : }
_describe() { local kind; while [[ $1 == -[ot] ]]; do [[ $1 == -t ]] && shift; shift; done; print -rl -- ${(P)2} }
_files() { print -rl -- *(N) }
compset() { PREFIX=${PREFIX#*=} }
compadd() { [[ $1 == -- ]] && shift; print -rl -- "$@" }
source "$SCRIPT"
words=("$@")
CURRENT=$#
PREFIX=${@[-1]}
_chatrepl
"""


@pytest.fixture
def home(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Return the variables of a user who has profiles, and chatrepl on the PATH."""
    config = Path(environment["XDG_CONFIG_HOME"], "chatrepl", "config.toml")
    config.parent.mkdir(parents=True)
    config.write_text(CONFIG)
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "chatrepl"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m chatrepl "$@"\n')
    program.chmod(0o755)
    (tmp_path / "notes.txt").touch()
    root = str(Path(__file__).parents[2])
    return {**environment, "PATH": f"{programs}:{environment['PATH']}", "PYTHONPATH": root}


@pytest.fixture(params=["bash", "zsh", "fish"])
def complete(request: pytest.FixtureRequest, home: dict[str, str], tmp_path: Path) -> Complete:
    """Return a function that gives what a shell offers for the last of some words."""
    shell: str = request.param
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = tmp_path / f"script.{shell}"
    script.write_text(SHELLS[shell](whole_program()))
    argv = {
        "bash": ["bash", "--norc", "-c", BASH, "bash"],
        "zsh": ["zsh", "-f", "-c", ZSH, "zsh"],
        "fish": ["fish", "--no-config", "-c", f'source {script}; complete --do-complete "$argv"'],
    }[shell]

    def run(*words: str) -> list[str]:
        typed = ["chatrepl", *words]
        done = subprocess.run(
            [*argv, *([" ".join(typed)] if shell == "fish" else typed)],
            env={**home, "SCRIPT": str(script)}, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.stderr == ""
        separator = ":" if shell == "zsh" else "\t"
        offered = [line.split(separator)[0].replace("\\ ", " ") for line in done.stdout.splitlines()]
        return sorted({word for word in offered if word.startswith(words[-1].partition("=")[2])})

    return run


def test_sub_commands_and_options(complete: Complete) -> None:
    assert set(SUBCOMMANDS) <= set(complete(""))
    assert complete("--prof") == ["--profile"] or "--profile" in complete("--prof")
    assert "--remove" in complete("chats", "tag", "--")
    assert complete("config", "key", "s") == ["set", "show"] or {"set", "show"} <= set(
        complete("config", "key", "s")
    )


def test_values_of_options(complete: Complete) -> None:
    assert {"json", "stream-json", "text"} <= set(complete("--output", ""))
    assert {"quick", "two words", "groq", "local"} <= set(complete("--profile", ""))
    assert "configured-model" in complete("-m", "")
    assert "notes.txt" in complete("--config", "")
    assert "temperature=" in complete("--set", "")
    assert {"bash", "fish", "zsh"} <= set(complete("completion", ""))


def test_words_after_options_with_values(complete: Complete) -> None:
    assert "--by" in complete("usage", "--since", "7d", "--")
    assert "mistral" in complete("models", "--refresh", "--provider", "")


def test_the_scripts_have_every_option_of_every_sub_command() -> None:
    program = whole_program()
    names = {name for each in program.walk() for option in each.options for name in option.names}
    paths = {each.words for each in program.walk()}

    assert ("config", "key", "set") in paths
    assert set(build_parser()._option_string_actions) <= names
    for script in (SHELLS["bash"](program), SHELLS["zsh"](program)):
        assert all(name in script for name in names)
        assert "@" not in script.replace("${(@f)", "").replace("[@]", "").replace("$@", "").replace("(@)", "")


def test_the_script_is_printed_and_an_unknown_shell_is_a_mistake(run_cli: RunCli) -> None:
    assert "complete -F _chatrepl chatrepl" in run_cli("completion", "bash").stdout
    assert run_cli("completion", "tcsh").returncode == 2


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["profiles", "qui"], "quick\ta profile of the configuration\n"),
        (["providers", "gro"], "groq\thttps://api.groq.com/openai/v1\n"),
        (["settings", "top_p"], "top_p\t"),
        (["assignments", "temp"], "temperature=\t"),
        (["chats"], ""),
        (["unknown"], ""),
        ([], ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_candidates_for_a_shell(
    home: dict[str, str], run_cli: RunCli, words: list[str], expected: str
) -> None:
    done = run_cli("complete", *words)

    assert done.returncode == 0
    assert done.stdout.startswith(expected) if expected else done.stdout == ""
    assert done.stderr == ""


def test_chats_and_listed_models_are_offered_and_no_server_is_asked(
    home: dict[str, str], run_cli: RunCli, server: object
) -> None:
    from tests.support.raw_server import RawServer, chat_chunks, stream_answer

    assert isinstance(server, RawServer)
    server.answer(stream_answer(chat_chunks(["Hello."])))
    assert run_cli("-p", "All about rivers").returncode == 0
    assert run_cli("models").returncode == 0
    count = len(server.requests)

    chats, models = run_cli("complete", "chats").stdout, run_cli("complete", "models", "test").stdout

    assert chats.endswith("\tAll about rivers\n")
    assert models.startswith("test-model\tas of ")
    assert len(server.requests) == count


def test_a_broken_configuration_offers_nothing_and_says_nothing(
    home: dict[str, str], run_cli: RunCli
) -> None:
    Path(home["XDG_CONFIG_HOME"], "chatrepl", "config.toml").write_text("nonsense = [")

    done = run_cli("complete", "profiles")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_completing_runs_no_command_for_a_key(home: dict[str, str], run_cli: RunCli, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    config = Path(home["XDG_CONFIG_HOME"], "chatrepl", "config.toml")
    config.write_text(f'api_key_command = ["touch", "{mark}"]\n')

    run_cli("complete", "models")

    assert not mark.exists()
