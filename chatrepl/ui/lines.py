"""Messages of several lines where the terminal hands over one line at a time and tells nothing of pastes.

Three ways: a line that ends with a backslash goes on in the next; what stands between two lines of three quotation marks is
one message; and lines that arrive together are a paste, which is one message too, sent by an empty line. Pasted lines are
known by arriving at once behind one that was waited for: what was typed ahead while a reply came stays line by line.
"""

from __future__ import annotations

from collections.abc import Callable

FENCE = '"""'
TOGETHER_S = 0.05
"""Lines of a paste follow each other closer than this; a hand does not."""


def read_message(
    read_line: Callable[[], str],
    prompt: Callable[[bool], None],
    has_input: Callable[[float], bool],
    say: Callable[[str], None],
) -> str:
    """Return what is entered next.

    Args:
        read_line: Returns a line without its end. Raises EOFError where there is none.
        prompt: Called before a line is waited for; whether it is the first of a message.
        has_input: Whether another line is there within so many seconds.
        say: Says something about what goes on.
    """
    was_waiting = has_input(0)
    prompt(True)
    first = read_line()
    if first.strip().startswith(FENCE):
        return _fenced(first.strip().removeprefix(FENCE), read_line, prompt)
    if not was_waiting and has_input(TOGETHER_S):
        return _pasted(first, read_line, prompt, has_input, say)
    lines = []
    while first.endswith("\\"):
        lines.append(first[:-1])
        prompt(False)
        first = read_line()
    return "\n".join([*lines, first])


def _fenced(line: str, read_line: Callable[[], str], prompt: Callable[[bool], None]) -> str:
    """Read on until a line ends with the fence."""
    lines = []
    while not line.rstrip().endswith(FENCE):
        lines.append(line)
        prompt(False)
        line = read_line()
    lines.append(line.rstrip().removesuffix(FENCE))
    return "\n".join(lines).strip("\n")


def _pasted(
    first: str,
    read_line: Callable[[], str],
    prompt: Callable[[bool], None],
    has_input: Callable[[float], bool],
    say: Callable[[str], None],
) -> str:
    """Read what arrives together, and then line by line until an empty one that was typed."""
    lines = [first]
    while True:
        while has_input(TOGETHER_S):
            lines.append(read_line())
        say(f"{len(lines)} lines pasted; an empty line sends them, Ctrl-C drops them")
        prompt(False)
        line = read_line()
        if not line and not has_input(TOGETHER_S):
            return "\n".join(lines).rstrip("\n")
        lines.append(line)
