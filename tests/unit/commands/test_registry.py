"""Telling commands from messages, finding them, reading their arguments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.commands.all import ALL
from chatrepl.commands.base import Command
from chatrepl.commands.chat import GROUPS
from chatrepl.commands.registry import Line, Registry, parse_arguments, split_line
from chatrepl.errors import UsageError

REGISTRY = Registry(ALL)


@pytest.mark.parametrize(
    "text", ["/etc/hosts is odd", "hello /help", "/ is a slash", "/1 is no command", " /help"]
)
def test_a_message_that_holds_slashes_is_not_taken_for_a_command(text: str) -> None:
    expected = Line("", "is a slash") if text == "/ is a slash" else text

    assert split_line(text) == expected


def test_two_slashes_send_one() -> None:
    assert split_line("//help me") == "/help me"


@pytest.mark.parametrize(
    ("text", "line"),
    [("/help", Line("help", "")), ("/save  a b.json ", Line("save", "a b.json")), ("/?", Line("?", "")),
     ("/system one\ntwo", Line("system", "one\ntwo"))],
)  # fmt: skip
def test_a_command_is_a_slash_and_a_name(text: str, line: Line) -> None:
    assert split_line(text) == line


@given(st.text())
def test_any_text_is_either_a_command_or_a_message(text: str) -> None:
    found = split_line(text)

    assert isinstance(found, Line) or found in {text, text[1:]}


def test_a_unique_beginning_finds_the_command() -> None:
    assert REGISTRY.find("regen").name == "retry"
    assert REGISTRY.find("SYS").name == "system"


def test_an_ambiguous_beginning_names_the_candidates() -> None:
    with pytest.raises(
        UsageError, match="/re could be /reasoning, /redraw, /rename, /request, /restore, /resume, /retry"
    ):
        REGISTRY.find("re")


def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        REGISTRY.find("sytem")

    assert caught.value.hint is not None
    assert "/system" in caught.value.hint


def test_every_name_of_the_design_is_there() -> None:
    names = set(REGISTRY.names())

    assert names >= {
        "help",
        "new",
        "clear",
        "system",
        "save",
        "load",
        "model",
        "set",
        "retry",
        "continue",
        "undo",
        "tokens",
        "copy",
        "raw",
        "redraw",
        "status",
        "request",
        "quit",
        "exit",
        "q",
        "?",
        "sys",
        "regenerate",
        "stats",
        "rewind",
    }


@pytest.mark.parametrize("command", ALL, ids=lambda command: command.name)
def test_every_command_is_declared_in_full(command: Command) -> None:
    assert command.name.isalpha()
    assert command.name.islower()
    assert command.group in GROUPS
    assert command.summary.endswith(".")
    assert len(command.summary) <= 70
    assert all(example.startswith(f"/{command.name}") for example in command.examples)
    optional = [arg.optional for arg in command.args]
    assert optional == sorted(optional)
    assert all(arg.kind not in {"rest", "path"} for arg in command.args[:-1])


def test_examples_parse() -> None:
    for command in ALL:
        for example in command.examples:
            line = split_line(example)
            assert isinstance(line, Line)
            parse_arguments(command, line.rest)


def test_two_commands_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two commands are called /help"):
        Registry([ALL[0], ALL[0]])


@pytest.mark.parametrize(
    ("name", "rest", "message"),
    [("load", "", "needs a file"), ("undo", "x", "turns is a whole number, not 'x'"), ("new", "x", "takes nothing"),
     ("undo", "1 2", "got '2'")],
)  # fmt: skip
def test_wrong_arguments_are_explained(name: str, rest: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        parse_arguments(REGISTRY.find(name), rest)

    assert caught.value.hint == f"Usage: {REGISTRY.find(name).usage}"


def test_a_quoted_path_loses_its_quotes() -> None:
    assert parse_arguments(REGISTRY.find("save"), "'a b.json'") == {"file": "a b.json"}
    assert parse_arguments(REGISTRY.find("save"), "it's.json") == {"file": "it's.json"}
