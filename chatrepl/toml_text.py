"""TOML files of the user: read in words that he understands, and all their problems told at once. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chatrepl.errors import ConfigError
from chatrepl.redact import mask_keys


def decode(content: bytes, name: str) -> str:
    """Return the text of a file.

    Raises:
        ConfigError: it is not UTF-8; ``name`` is the file's.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"The file is not UTF-8 text: byte 0x{content[error.start]:02x} cannot stand there.",
            hint="Save it as UTF-8.",
            file=name,
            line=line,
        ) from None


def parse(
    text: str,
    name: str,
    *,
    first_line: int = 1,
    hint: str = 'Text stands in quotes, as in model = "gpt-4o-mini".',
) -> dict[str, Any]:
    """Return what a text says that stands in a file from ``first_line`` on.

    Raises:
        ConfigError: it is not TOML.
    """
    import re
    import tomllib

    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError("The file nests lists or tables too deeply.", file=name) from None
    except ValueError as error:  # also an integer with more digits than Python reads
        place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", str(error))
        reason = mask_keys(str(error)[: place.start()] if place else str(error))
        line = int(place[1]) + first_line - 1 if place and place[1] else None
        where = f"at column {place[2]}" if place and place[1] else "at its end" if place else "somewhere"
        raise ConfigError(
            f"The file is not valid TOML {where}: {reason}.",
            hint=hint,
            file=name,
            line=line,
        ) from None


def combined(problems: Sequence[ConfigError], what: str, hint: str) -> ConfigError:
    """Make one error of many: the message lists them, each with its place and what to do.

    Args:
        problems: One at least.
        what: Whose they are, as in ``The configuration``.
        hint: What to do about several.
    """
    first = problems[0]
    if len(problems) == 1:
        return ConfigError(placed(first), hint=first.hint, file=first.file, key=first.key, line=first.line)
    lines = [f"{what} has {len(problems)} problems:"]
    lines += (f"  {placed(problem)} {problem.hint or ''}".rstrip() for problem in problems)
    files = {problem.file for problem in problems}
    return ConfigError("\n".join(lines), hint=hint, file=first.file if len(files) == 1 else None)


def placed(problem: ConfigError) -> str:
    """Return what is wrong, with the file and the line."""
    if problem.file is None or problem.file in problem.message:
        return problem.message
    return f"{problem.file}{f' line {problem.line}' if problem.line else ''}: {problem.message}"
