"""Commands for how things look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chatrepl.commands.base import Arg, Command, Context, Notice, Reply, Table, Text
from chatrepl.errors import ConfigError
from chatrepl.placeholders import nearest
from chatrepl.themes import AUTO, BUILT_IN, DARK, read_theme

if TYPE_CHECKING:
    from chatrepl.session import Session

STYLES = "styles"
_ABOUT = {
    "auto": "dark or light, as the terminal's background is",
    "dark": "for a dark background",
    "light": "for a light background",
}
_SAMPLE = """# A heading

Words that are **strong**, *stressed*, ~~struck~~ or `code`, and [a link](https://example.org).

> A quotation.

```python
def squares(limit):  # a comment
    return [number * number for number in range(limit)]
```"""


def unknown_theme(session: Session, name: str) -> ConfigError:
    """Return the error that says that there is no such theme, and which are near."""
    names = _names(session)
    return ConfigError(
        f"There is no theme '{name}'.",
        hint=nearest(name, names)
        or f"There are {', '.join(names)}; your own are files such as themes/NAME.toml.",
    )


def _names(session: Session) -> list[str]:
    return [AUTO, *BUILT_IN, *session.own_texts.themes.names()]


def _theme(context: Context, args: Mapping[str, Any]) -> Reply:
    session, name = context.session, args["name"]
    if name is None:
        used = session.settings.terminal.theme
        rows = tuple(
            (f"{'*' if each == used else ' '} {each}", _ABOUT.get(each, "your own"))
            for each in _names(session)
        )
        return Table("Themes", rows)
    if name == STYLES:
        return Text("\n".join(sorted({*DARK.rich, *DARK.prompt})))
    if name not in _names(session):
        raise unknown_theme(session, name)
    if name != AUTO and name not in BUILT_IN:
        source = session.own_texts.themes.find(name)
        if source is not None:
            read_theme(source.name, source.content, source.shown)  # a wrong one is told of, and not used
    session.change_setting("terminal.theme", name)
    from chatrepl.commands.base import Sample, Several

    kept = f'To keep it: [terminal] theme = "{name}" in the configuration file.'
    return Several((Sample(_SAMPLE), Notice(f"Theme {name}, until you leave.", hint=kept)))


def _complete(context: Context, typed: str) -> list[str]:
    return [name for name in (*_names(context.session), STYLES) if name.startswith(typed)]


COMMANDS = (
    Command(
        "theme",
        "Screen",
        "List the themes, or change to one and see what it looks like.",
        _theme,
        args=(Arg("name", "word", optional=True, complete=_complete),),
        help="`auto` asks the terminal for its background. Your own are TOML files in `themes/` beside the configuration file, "
        'with `base = "dark"` or `"light"`, `code`, a Pygments style, and a table `[styles]` of what is different, such as '
        '`"markdown.h1" = "bold magenta"`. `/theme styles` lists the names of all styles.',
        examples=("/theme", "/theme light"),
    ),
)
