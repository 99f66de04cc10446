"""Answers ``/help``: an overview by topic, a topic with its commands and examples, or one command."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from chatrepl.commands.base import Command, Context, Notice, Prose, Reply, Several, Table, Text
from chatrepl.commands.registry import Registry
from chatrepl.commands.topics import ALL_TOPIC, KEYS_TOPIC, TOPICS, Topic
from chatrepl.errors import UsageError

Keys = Sequence[tuple[str, str]]


def answer(context: Context, asked: str | None, keys: Keys) -> Reply:
    """Explain what was asked for.

    Args:
        context: Which commands there are.
        asked: A topic, or a command with or without its slash. None: the overview.
        keys: The keys of this front end, and what they do.

    Raises:
        UsageError: there is no such topic or command; the nearest are named.
    """
    if asked is None:
        return overview(context.commands)
    word = asked.strip().lower()
    registry = Registry(context.commands)
    if word.startswith("/"):
        return describe(registry.find(word[1:]))
    command = registry.named(word)
    topic = _topic(word)
    if topic is not None and (command is None or word == topic.name):
        is_named = command is not None and command.name == word
        return explain(topic, context.commands, keys, command if is_named else None)
    if command is not None:
        return describe(command)
    begun = [each for each in TOPICS if word and each.name.startswith(word)]
    commands = {each.name: each for name, each in registry.by_name() if word and name.startswith(word)}
    if len(begun) + len(commands) == 1:
        return explain(begun[0], context.commands, keys) if begun else describe(*commands.values())
    raise _unknown(word, [each.name for each in begun], list(commands), registry)


def overview(commands: Sequence[Command]) -> Reply:
    """Return the topics with the names of their commands."""
    rows = [(topic.name, _names(topic, commands) or topic.summary) for topic in TOPICS]
    hint = "/help TOPIC or /help COMMAND says more, with examples: /help window, /help save."
    keys = "Enter sends, Esc stops a reply, Tab completes; /help keys has the others."
    return Several((Table("Help", tuple(rows)), Notice(keys, hint=hint)))


def explain(topic: Topic, commands: Sequence[Command], keys: Keys, also: Command | None = None) -> Reply:
    """Return what there is to know of a topic; first ``also``, a command of the same name."""
    replies: list[Reply] = [describe(also)] if also is not None else []
    listed = (
        commands_by_topic(commands) if topic.name == ALL_TOPIC else [(topic, list(of_topic(topic, commands)))]
    )
    if topic.text:
        replies.append(Prose(f"{topic.name}: {topic.summary}\n\n{topic.text}"))
    for each, its in listed:
        if its:
            rows = tuple((command.usage, command.summary) for command in its)
            replies.append(Table(f"Commands: {each.name}", rows))
    if topic.name == KEYS_TOPIC:
        replies.append(Table("Keys", tuple(keys)))
    if topic.examples:
        replies.append(_examples(topic.examples))
    return Several(tuple(replies))


def of_topic(topic: Topic, commands: Sequence[Command]) -> Iterator[Command]:
    """Yield the commands of a topic."""
    taken = {name for each in TOPICS for name in each.commands}
    for command in commands:
        is_of_group = command.group == topic.group and command.name not in taken
        if is_of_group or command.name in topic.commands:
            yield command


def commands_by_topic(commands: Sequence[Command]) -> list[tuple[Topic, list[Command]]]:
    """Return every command under its topic."""
    return [(topic, found) for topic in TOPICS if (found := list(of_topic(topic, commands)))]


def describe(command: Command) -> Reply:
    """Return all that is known of a command."""
    also = f" Also: {', '.join(f'/{alias}' for alias in command.aliases)}." if command.aliases else ""
    said = f"{command.usage}\n{command.summary}{also}"
    prose = Prose(f"{said}\n\n{command.help}" if command.help else said)
    return Several((prose, _examples(command.examples))) if command.examples else prose


def _examples(examples: Sequence[str]) -> Text:
    return Text("\n".join(["Examples:", *(f"  {example}" for example in examples)]))


def complete(context: Context, typed: str) -> list[str]:
    """Return the topics and commands whose names begin with what was typed."""
    if typed.startswith("/"):
        names = [f"/{command.name}" for command in context.commands]
    else:
        names = [topic.name for topic in TOPICS]
        names += [command.name for command in context.commands if command.name not in names]
    return [name for name in names if name.startswith(typed.lower())]


def _topic(word: str) -> Topic | None:
    return next((topic for topic in TOPICS if word in {topic.name, *topic.aliases}), None)


def _names(topic: Topic, commands: Sequence[Command]) -> str:
    return " ".join(f"/{command.name}" for command in of_topic(topic, commands))


def _unknown(word: str, topics: list[str], commands: list[str], registry: Registry) -> UsageError:
    """Say that a word is nothing, or more than one thing."""
    if topics or commands:
        options = ", ".join([*topics, *(f"/{name}" for name in sorted(commands))])
        return UsageError(f"'{word}' could be {options}.", hint="Type one more letter, or Tab.")
    known = {name: name for topic in TOPICS for name in (topic.name, *topic.aliases)}
    known = {name: f"/{name}" for name, _ in registry.by_name()} | known
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    offered = f"Did you mean {' or '.join(known[name] for name in near)}? " if near else ""
    return UsageError(f"There is no topic and no command '{word}'.", hint=f"{offered}/help lists the topics.")
