"""``/help``: an overview, topics, commands, and what is neither."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from chatrepl.cli import MODULES, SUBCOMMANDS, build_parser
from chatrepl.commands.all import ALL
from chatrepl.commands.base import Command, Context, Notice, Prose, Reply, Several, Table, Text
from chatrepl.commands.chat import GROUPS, PLAIN_KEYS
from chatrepl.commands.help import answer, complete
from chatrepl.commands.registry import Line, Registry, parse_arguments, split_line
from chatrepl.commands.topics import TOPICS, Topic
from chatrepl.errors import UsageError
from chatrepl.keymap import Keymap
from chatrepl.settings import Settings
from chatrepl.ui.markdown import BlockRenderer
from chatrepl.ui.replies import draw
from tests.support.reply_terminal import COLOURED
from tests.support.snapshots import check_snapshot
from tests.support.text import without_escapes

KEYS = tuple(Keymap(Settings().keys).shown())
REGISTRY = Registry(ALL)
CONTEXT = Context(None, Path, ALL)  # type: ignore[arg-type] # help needs no session


def parts(reply: Reply) -> Iterator[Reply]:
    """Yield what is shown, one after the other."""
    if isinstance(reply, Several):
        for each in reply.replies:
            yield from parts(each)
    else:
        yield reply


def told(asked: str | None) -> str:
    """Return the whole answer as words."""
    words = []
    for part in parts(answer(CONTEXT, asked, KEYS)):
        match part:
            case Text(text) | Prose(text):
                words.append(text)
            case Notice(text, _, hint):
                words.append(f"{text}\n{hint}")
            case Table(title, rows):
                words.append("\n".join([title, *("  ".join(row) for row in rows)]))
    return "\n".join(words)


def test_the_overview_names_every_command_under_its_topic() -> None:
    said = told(None)

    for command in ALL:
        assert f"/{command.name}" in said.split()
    for topic in TOPICS:
        assert topic.name in said


def test_every_group_of_commands_has_a_topic() -> None:
    assert [topic.group for topic in TOPICS if topic.group] == list(GROUPS)


def test_a_topic_has_its_commands_and_examples() -> None:
    said = told("window")

    assert "The status bar shows how full" in said
    assert "/pin [MESSAGE]" in said
    assert "/set window.strategy summarise" in said
    assert "/save" not in said


def test_a_command_is_explained_with_examples_with_its_slash_or_without() -> None:
    assert told("save") == told("/save")
    assert told("save").startswith("/save [FILE]\n")
    assert "/save notes.md" in told("save")


def test_a_word_that_is_a_topic_and_a_command_gets_both_and_the_slash_only_the_command() -> None:
    assert told("model").startswith("/model [NAME]\n")
    assert "Commands: model" in told("model")
    assert "Commands: model" not in told("/model")


def test_other_words_for_a_topic_lead_to_it() -> None:
    assert told("shortcuts") == told("keys")
    assert told("config") == told("settings")
    assert told("prices") == told("money")


def test_the_beginning_of_a_name_is_enough() -> None:
    assert told("script") == told("scripting")
    assert told("undo") == told("und")


def test_help_all_lists_every_command_once() -> None:
    tables = [part for part in parts(answer(CONTEXT, "all", KEYS)) if isinstance(part, Table)]

    listed = [row[0].split()[0] for table in tables for row in table.rows]
    assert sorted(listed) == sorted(f"/{command.name}" for command in ALL)


def test_the_keys_are_those_of_the_front_end() -> None:
    plain = [part for part in parts(answer(CONTEXT, "keys", PLAIN_KEYS)) if isinstance(part, Table)]

    assert plain[-1].rows == PLAIN_KEYS
    assert "Ctrl-R" in told("keys")


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("widow", "window"),
        ("moneys", "money"),
        ("scriptng", "scripting"),
        ("retri", "/retry"),
        ("/sve", "/save"),
    ],
)
def test_what_is_unknown_offers_the_nearest(typed: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        answer(CONTEXT, typed, KEYS)

    assert near in str(caught.value.hint)


def test_a_beginning_of_several_names_all_of_them() -> None:
    with pytest.raises(UsageError, match=r"'co' could be .*/compact.*/copy"):
        answer(CONTEXT, "co", KEYS)


def test_topics_and_commands_complete() -> None:
    assert complete(CONTEXT, "mo") == ["model", "money"]
    assert complete(CONTEXT, "/mo") == ["/model"]
    assert complete(CONTEXT, "retr") == ["retry"]


def test_no_word_leads_to_two_topics() -> None:
    words = [word for topic in TOPICS for word in (topic.name, *topic.aliases)]

    assert len(words) == len(set(words))


def parser_for(words: list[str]) -> argparse.ArgumentParser:
    """Return the parser that reads a line of the shell, and take the sub-command out of the words."""
    if words[0] not in SUBCOMMANDS:
        return build_parser()
    name = words.pop(0)
    parser: argparse.ArgumentParser = import_module(
        f"chatrepl.subcommands.{MODULES.get(name, name)}"
    )._parser()
    return parser


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_the_examples_can_be_typed(topic: Topic) -> None:
    for example in topic.examples:
        line = split_line(example)
        if isinstance(line, Line):
            parse_arguments(REGISTRY.find(line.name), line.rest)
            continue
        *_, last = example.split(" | ")
        program, *words = shlex.split(last)
        assert program == "chatrepl"
        parser_for(words).parse_args(words)


@pytest.mark.parametrize("command", ALL, ids=lambda command: command.name)
def test_every_command_is_explained_by_its_name(command: Command) -> None:
    assert told(f"/{command.name}").startswith(f"{command.usage}\n{command.summary}")


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_help_fits_the_screen(columns: int) -> None:
    renderer = BlockRenderer(COLOURED, columns, 24)
    rows: list[str] = []
    for asked in (None, "window", "save"):
        rows.append(f"> /help {asked or ''}")
        for part in parts(answer(CONTEXT, asked, KEYS)):
            rows += ["", *(without_escapes(line) for line in draw(part, renderer))]  # type: ignore[arg-type]
        rows.append("")

    assert max(len(row.rstrip()) for row in rows) <= columns
    check_snapshot(f"help-{columns}", rows)
