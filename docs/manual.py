"""Makes the man page from the arguments, the settings' names, the keys and the commands: see ``docs/generate.py``."""

from __future__ import annotations

from collections.abc import Iterator

from chatrepl import __version__
from chatrepl.cli import whole_program
from chatrepl.commands.all import ALL
from chatrepl.commands.help import commands_by_topic
from chatrepl.commands.topics import TOPICS
from chatrepl.config import variable_of
from chatrepl.keymap import ACTIONS, show_keys
from chatrepl.providers import BUILT_IN
from chatrepl.settings import all_settings
from chatrepl.subcommands.command_line import Option, Program

STATUSES = (
    ("0", "done"),
    ("1", "something else went wrong"),
    ("2", "the command line was not understood"),
    ("3", "a setting or the key is missing or wrong"),
    ("4", "the server refused"),
    ("5", "no connection, or it broke"),
    ("6", "a budget would be exceeded"),
    ("130", "interrupted"),
)
FILES = (
    (
        "~/.config/chatrepl/config.toml",
        "the settings; on macOS ~/Library/Application Support/chatrepl/config.toml",
    ),
    ("~/.config/chatrepl/key, key.HOST", "keys that were kept, for their owner only"),
    ("~/.local/share/chatrepl/chats.db", "all chats"),
)


def roff(text: str) -> str:
    """Return text as roff takes it: nothing in it is a request or an escape."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("'", "\\(aq")
    escaped = escaped.replace("^", "\\(ha").replace("~", "\\(ti").replace('"', "\\(dq")
    plain = "".join(char if char.isascii() else f"\\[u{ord(char):04X}]" for char in escaped)
    return "\n".join(f"\\&{line}" if line.startswith(".") else line for line in plain.split("\n"))


def manual() -> str:
    """Return ``docs/chatrepl.1``."""
    program = whole_program()
    lines = [
        '.\\" Written by docs/generate.py from the arguments and settings; do not edit it here.',
        f'.TH CHATREPL 1 "" "chatrepl {__version__}" "User Commands"',
        *(".SH NAME", "chatrepl \\- " + roff("an interactive terminal chat with language models")),
        *(".SH SYNOPSIS", *_synopsis(program)),
        *(".SH DESCRIPTION", roff(program.description), ".PP", roff(" ".join(program.epilog.split()))),
        *(".SH OPTIONS", *_options(program)),
    ]
    lines += [".SH SUB\\-COMMANDS"]
    for each in program.subcommands:
        for inner in each.walk():
            lines += [f".SS {roff(' '.join(('chatrepl', *inner.words)))}", *_subcommand(inner)]
    lines += [".SH COMMANDS IN THE CHAT", roff("/help explains each with examples.")]
    for topic, commands in commands_by_topic(ALL):
        lines += [f".SS {roff(topic.name)}"]
        for command in commands:
            lines += [".TP", f".B {roff(command.usage)}", roff(command.summary)]
    lines += [".SH KEYS"]
    for action in ACTIONS:
        if action.keys:
            shown = ", ".join(map(show_keys, action.keys))
            lines += [".TP", f".B {roff(shown)}", roff(action.summary)]
    lines += [".SH EXIT STATUS", *_tagged(STATUSES), ".SH ENVIRONMENT", *_environment()]
    lines += [".SH FILES", *_tagged(FILES), ".SH EXAMPLES"]
    examples = [example for topic in TOPICS for example in topic.examples if not example.startswith("/")]
    lines += [line for example in examples for line in (".PP", ".nf", f"\\&{roff(example)}", ".fi")]
    return "\n".join(line for line in lines if line) + "\n"


def _synopsis(program: Program) -> Iterator[str]:
    yield ".B chatrepl"
    yield "[\\fIoptions\\fR] [\\fItext\\fR ...]"
    for each in program.subcommands:
        yield ".br"
        yield f".B chatrepl {roff(each.words[0])}"
        yield "[\\fIarguments\\fR]"


def _options(program: Program) -> Iterator[str]:
    for option in program.options:
        if option.names != ("-h", "--help"):
            yield from (".TP", _named(option), f"{roff(option.help[:1].upper() + option.help[1:])}.")


def _named(option: Option) -> str:
    names = ", ".join(f"\\fB{roff(name)}\\fR" for name in option.names)
    if option.kind == "none":
        return names
    value = f"\\fI{roff(option.metavar)}\\fR" if not option.choices else roff("|".join(option.choices))
    return f"{names} {f'[{value}]' if option.is_optional else value}"


def _subcommand(program: Program) -> Iterator[str]:
    text = program.description or f"{program.summary[:1].upper()}{program.summary[1:]}."
    yield roff(" ".join(text.split()))
    for argument in program.arguments:
        value = (
            f"\\fI{roff(argument.metavar)}\\fR" if not argument.choices else roff("|".join(argument.choices))
        )
        yield from (".TP", value, f"{roff(argument.help)}." if argument.help else "\\&")
    yield from _options(program)


def _tagged(pairs: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for name, text in pairs:
        yield from (".TP", f".B {roff(name)}", f"{roff(text[:1].upper() + text[1:])}.")


def _environment() -> Iterator[str]:
    keys = ", ".join(dict.fromkeys(name for row in BUILT_IN.values() for name in row.key_variables))
    pairs = (
        (keys, "the keys of the providers"),
        ("OPENAI_BASE_URL", "another server that speaks the API"),
        ("NO_COLOR", "set to anything: no colours"),
        ("VISUAL, EDITOR", "the editor for a message, and for chatrepl config edit"),
        ("XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_CACHE_HOME", "where files are kept"),
        ("CHATREPL_CONFIG", "another configuration file"),
    )
    yield from _tagged(pairs)
    names = [variable_of(info.key) for info in all_settings() if "*" not in info.key]
    yield from (".PP", roff("Every setting has a variable of its own; docs/config.md says what each means:"))
    yield roff(f"{', '.join(names)}.")
