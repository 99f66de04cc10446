"""Writes the pages that are derived from the code: ``python docs/generate.py``; ``--check`` only compares.

Each page is a function without arguments in ``PAGES``. A test fails while a page is not up to date.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from itertools import groupby
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from chatrepl.commands.all import ALL
from chatrepl.commands.chat import GROUPS
from chatrepl.commands.topics import TOPICS
from chatrepl.config import variable_of
from chatrepl.keymap import ACTIONS, show_keys
from chatrepl.pacing import TIERS, grouped
from chatrepl.providers import BUILT_IN
from chatrepl.settings import SettingInfo, Settings, all_settings, spec_of
from chatrepl.values import describe_range

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE_ENTRIES = {
    "models": "gpt-4o-mini",
    "providers": "gateway",
    "profiles": "fast",
    "tiers": "classic-free",
    "budgets": "day",
}

CONFIG_INTRODUCTION = """\
# Settings

Written by `docs/generate.py` from `chatrepl/settings.py`; do not edit it here.

A setting can be given in four places; the last one wins:

1. its default,
2. the file `config.toml` in the configuration directory (`~/.config/chatrepl` on Linux, `$XDG_CONFIG_HOME/chatrepl`
   where that variable is set, `~/Library/Application Support/chatrepl` on macOS), or the file that `--config FILE` or
   the variable `CHATREPL_CONFIG` names,
3. an environment variable,
4. the command line: `--set KEY=VALUE`, or a flag of its own such as `--model`.

`/set KEY VALUE` changes those marked *while running* until chatrepl ends. A parameter may be called by its bare name
there and in `--set`: `/set temperature 0.2`. The value `none` takes back what an earlier place said, for settings
that are not set by default. In variables, `--set` and `/set`, a list is separated by commas or written as in TOML,
and a table as JSON or as in TOML.

`config.example.toml` in the source has every setting, ready to be uncommented. A file with mistakes is refused, with all
of them listed at once. **API keys do not go into the file**; see [where keys go](guide.md#where-keys-go).
"""


def config_reference() -> str:
    """Return ``docs/config.md``: every setting with its values, default, variable and meaning."""
    lines = [CONFIG_INTRODUCTION]
    for group, infos in _groups():
        title = f"`[{_table(group)}]`" if group else "Top of the file"
        lines += [f"## {title}\n", f"{_about(group)}\n"]
        for info in infos:
            lines += [f"### `{shown_key(info)}`\n", f"{info.spec.summary}\n", *_facts(info), ""]
        if group == "tiers.*":
            lines += [TIERS_INTRODUCTION, "", *_tier_table(), ""]
    return "\n".join(lines).rstrip() + "\n"


def example_file() -> str:
    """Return ``config.example.toml``: every setting, commented out, with its default or an example."""
    lines = [
        "# Every setting of chatrepl. Copy this file to ~/.config/chatrepl/config.toml (docs/config.md says where else",
        "# it may be) and take away the # before what you want to change. What stands behind a = is the default, or an",
        "# example where nothing is set by default.",
        "# API keys do not go here: use the variable OPENAI_API_KEY, or one of the settings named api_key_...",
    ]
    for group, infos in _groups():
        if group:
            lines += ["", "", *_comment(_about(group)), f"[{_table(group)}]"]
        for info in infos:
            default = "not set" if info.default is None else _toml(info.default)
            lines += [
                "",
                *_comment(info.spec.summary),
                *_comment(
                    f"Values: {_values(info)}. Default: {default}.".replace("[keys](keys.md)", "docs/keys.md")
                ),
            ]
            lines += [f"#{info.key.rpartition('.')[2]} = {info.spec.example or _toml(info.default)}"]
        if group == "tiers.*":
            lines += ["", *_comment(TIERS_INTRODUCTION), *_tier_examples()]
    return "\n".join(lines) + "\n"


TIERS_INTRODUCTION = (
    "Built in, for `tier` of a provider. An entry of the same name changes the numbers that it names:"
)


def _tier_table() -> Iterator[str]:
    """Yield the built-in tiers as a table."""
    yield "| tier | requests a minute | tokens a minute |"
    yield "|---|---|---|"
    for name, tier in TIERS.items():
        yield f"| `{name}` | {grouped(tier['requests_per_minute'])} | {grouped(tier['tokens_per_minute'])} |"


def _tier_examples() -> Iterator[str]:
    """Yield the built-in tiers as they would stand in the file."""
    for name, tier in TIERS.items():
        yield f"#   [tiers.{name}]"
        yield from (f"#   {field} = {count}" for field, count in tier.items())


COMMANDS_INTRODUCTION = """\
# Commands

Written by `docs/generate.py` from `chatrepl/commands/`; do not edit it here.

A command is a line that begins with a slash and a name. The beginning of a name is enough where only one command begins
so. A message that begins with a slash is sent with two: `//like this`; a text such as `/etc/hosts is odd` is sent as it
is, since no command's name holds a second slash. Those that would change the chat wait while a reply arrives. `/help` shows
these groups as topics, `/help TOPIC` one of them, `/help COMMAND` what stands here.
"""


def commands_reference() -> str:
    """Return ``docs/commands.md``: every slash command and every key."""
    lines = [COMMANDS_INTRODUCTION]
    for group in GROUPS:
        lines.append(f"## {group}\n")
        lines += [f"{textwrap.fill(topic.text, 118)}\n" for topic in TOPICS if topic.group == group]
        for command in (command for command in ALL if command.group == group):
            lines += [f"### `{command.usage}`\n", f"{command.summary}\n"]
            if command.aliases:
                lines.append("Also: " + ", ".join(f"`/{alias}`" for alias in command.aliases) + "\n")
            if command.help:
                lines.append(f"{textwrap.fill(command.help, 118)}\n")
            if command.examples:
                lines += ["```text", *command.examples, "```\n"]
    lines += ["## Keys\n", "What the keys do stands on [a page of its own](keys.md)."]
    return "\n".join(lines).rstrip() + "\n"


KEYS_INTRODUCTION = """\
# Keys

Written by `docs/generate.py` from `chatrepl/keymap.py`; do not edit it here.

`?` on an empty line shows the keys that are bound. Each of these can have other keys, in the table `[keys]` of the
configuration file: one key, a list of them, or `[]` for none. What is named there replaces the default.

```toml
[keys]
editor = ["f4", "ctrl-g"]
send = "alt-enter"          # and Enter begins a new line
newline = ["enter", "ctrl-j"]
unfold = []
```

Keys are written as in `ctrl-g`, `alt-enter`, `shift-tab`, `f5`, `pageup`; `c-`, `a-`, `m-` and `s-` are short for the same,
and several keys in a row stand beside each other, as in `ctrl-x ctrl-e`. A terminal does not tell Ctrl with every key: what
it cannot tell is refused, and so is a key that two of them would have. A terminal on macOS sends Alt where its settings
make Option the Meta key.
"""


def keys_reference() -> str:
    """Return ``docs/keys.md``: everything that keys do, and by which."""
    lines = [KEYS_INTRODUCTION, "| name in `[keys]` | keys | what they do |", "|---|---|---|"]
    for action in ACTIONS:
        name = "always so" if action.is_fixed else f"`{action.name}`"
        lines.append(f"| {name} | {', '.join(map(show_keys, action.keys))} | {action.summary} |")
    lines += ["", KEYS_END]
    return "\n".join(lines)


KEYS_END = """\
The other keys are those of emacs and most shells: Ctrl-A and Ctrl-E, Alt-B and Alt-F, Alt-D, Alt-U, Ctrl-T and so on.

With `terminal.keys = "vi"`, or after `/vim`, keys are as in vi. Esc leads to its normal mode, where Esc stops a reply, `u` undoes,
Ctrl-R does it again, and Enter sends; the bar shows the mode. The keys above work in the insert mode.
"""


PROVIDERS_INTRODUCTION = """\
# Providers

Written by `docs/generate.py` from `chatrepl/providers.py`; do not edit it here.

What chatrepl knows of providers. Choose one with `provider = "NAME"` in the configuration file, with `--profile NAME`, or
with `/profile NAME` in the middle of a chat; a base URL alone leads to the provider that is there. Every column can be
changed, and a provider of your own added, under `[providers.NAME]`: see [settings](config.md). A server that is not
known is spoken to as most compatible servers are. All are spoken to in Chat Completions unless `dialect` says otherwise.
"""


def providers_reference() -> str:
    """Return ``docs/providers.md``: what is built in for every provider."""
    columns = "| name | address | key | window | left out | reasoning in | usage |"
    lines = [PROVIDERS_INTRODUCTION, columns, "|---|---|---|---|---|---|---|"]
    windows = {"table": "chatrepl's table", "list": "list of models", "server": "asked of the server"}
    for row in BUILT_IN.values():
        header = "" if row.key_header == "Authorization" else f", sent as `{row.key_header}`"
        keys = ", ".join(f"`{name}`" for name in (*row.key_variables, *row.token_variables)) + header
        cells = [
            f"`{row.name}`",
            f"`{row.base_url}`" if row.base_url else "yours",
            keys,
            windows[row.window_source],
            ", ".join(f"`{name}`" for name in row.rejects) or "nothing",
            ", ".join(f"`{name}`" for name in row.reasoning_fields),
            "asked for" if row.asks_for_usage else "comes unasked",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def manual() -> str:
    """Return ``docs/chatrepl.1``, the man page."""
    if str(ROOT) not in sys.path:
        sys.path.append(str(ROOT))
    from docs.manual import manual as make

    return make()


PAGES: Mapping[str, Callable[[], str]] = {
    "docs/chatrepl.1": manual,
    "docs/commands.md": commands_reference,
    "docs/config.md": config_reference,
    "docs/keys.md": keys_reference,
    "docs/providers.md": providers_reference,
    "config.example.toml": example_file,
}
"""File, from the root of the source, to what belongs in it."""


def outdated() -> list[str]:
    """Return the pages that are not what they would be if they were written now."""
    return [
        name
        for name, page in PAGES.items()
        if not (ROOT / name).is_file() or (ROOT / name).read_text(encoding="utf-8") != page()
    ]


def main(arguments: list[str]) -> int:
    """Write what is out of date. With ``--check``: name it, and return 1 where there is any."""
    names = outdated()
    for name in names:
        if "--check" in arguments:
            print(f"{name} is out of date: run python docs/generate.py")
        else:
            (ROOT / name).write_text(PAGES[name](), encoding="utf-8")
            print(f"{name} written")
    return 1 if names and "--check" in arguments else 0


def _groups() -> Iterator[tuple[str, list[SettingInfo]]]:
    for group, infos in groupby(all_settings(), lambda info: info.key.rpartition(".")[0]):
        yield group, list(infos)


def _table(group: str) -> str:
    table, _, entry = group.partition(".")
    return f'{table}."{EXAMPLE_ENTRIES[table]}"' if entry == "*" else group


def _about(group: str) -> str:
    """Return what a group is for, from the field that holds it."""
    if not group:
        return "Which model, where, and with which key."
    (field,) = (item for item in fields(Settings) if item.name == group.partition(".")[0])
    return spec_of(field).summary


def shown_key(info: SettingInfo) -> str:
    return info.key.replace("models.*", "models.ID").replace(".*.", ".NAME.")


def _facts(info: SettingInfo) -> Iterator[str]:
    yield f"- Values: {_values(info)}"
    yield f"- Default: {f'`{_toml(info.default)}`' if info.default is not None else 'not set'}"
    if "*" not in info.key:
        other = ", else `OPENAI_BASE_URL`" if info.key == "base_url" else ""
        yield f"- Variable: `{variable_of(info.key)}`{other}"
    if info.spec.example:
        yield f"- Example: `{info.key.rpartition('.')[2]} = {info.spec.example}`"
    if info.spec.is_live:
        yield "- While running: `/set`"


def _values(info: SettingInfo) -> str:
    """Return in words what a setting can be."""
    if info.key.startswith("keys."):
        return "a key, or a list of keys; see [keys](keys.md)"
    kind = next((part for part in get_args(info.type) if part is not NoneType), info.type)
    kind = info.type if get_origin(info.type) in {tuple, Literal} else kind
    minimum, maximum = info.spec.minimum, info.spec.maximum
    if get_origin(kind) is Literal:
        return _choice(kind)
    if get_origin(kind) is tuple:
        item = get_args(kind)[0]
        most = f", at most {maximum:.0f}" if maximum is not None else ""
        return (
            f"a list{most}, of {_choice(item)}"
            if get_origin(item) is Literal
            else f"a list of {'numbers' if item is float else 'texts'}{most}"
        )
    if get_origin(kind) is Mapping:
        return "a table of texts"
    if kind is Mapping:
        return (
            "a table"
            if minimum is None
            else f"a table of numbers{describe_range(float, minimum, maximum).removeprefix('a number')}"
        )
    if kind in {bool, str}:
        return "`true` or `false`" if kind is bool else "text"
    return describe_range(kind, minimum, maximum)


def _choice(kind: Any) -> str:
    *names, last = (f"`{name}`" for name in get_args(kind))
    return f"{', '.join(names)} or {last}" if names else last


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return f"{value:g}" if isinstance(value, float) and value != int(value) else str(value)


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text.replace("`", ""), 100)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
