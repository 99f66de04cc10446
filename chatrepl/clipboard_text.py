"""Reads the text of the clipboard, through the programs that people have for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from chatrepl.errors import StoreError

LIMIT_S = 3.0
"""A program that waits for a display that does not answer is given so long."""
LIMIT_BYTES = 1024 * 1024


class _Program(NamedTuple):
    words: tuple[str, ...]
    variable: str | None
    """The variable that says that its display is there. None: it needs none."""


PROGRAMS = (
    _Program(("wl-paste", "--no-newline", "--type", "text"), "WAYLAND_DISPLAY"),
    _Program(("xclip", "-selection", "clipboard", "-out"), "DISPLAY"),
    _Program(("xsel", "--clipboard", "--output"), "DISPLAY"),
)
MAC_PROGRAMS = (_Program(("pbpaste",), None),)
"""Source: the manuals of wl-clipboard 2.2, xclip 0.13, xsel 1.2 and macOS 14."""

Run = Callable[[Sequence[str]], bytes]


def read_clipboard(variables: Mapping[str, str], run: Run | None = None, platform: str = sys.platform) -> str:
    """Return the text of the clipboard.

    Args:
        variables: Those of the process, which say which display there is.
        run: Runs a program and returns what it wrote. None: for real.
        platform: As ``sys.platform``.

    Raises:
        StoreError: no program can read it, or it holds no text.
    """
    tried = []
    for program in MAC_PROGRAMS if platform == "darwin" else PROGRAMS:
        if program.variable is not None and not variables.get(program.variable):
            continue
        name = program.words[0]
        try:
            content = (run or _run)(program.words)
        except FileNotFoundError:
            continue
        except subprocess.TimeoutExpired:
            tried.append(f"{name} did not answer within {LIMIT_S:g} s")
        except (OSError, subprocess.CalledProcessError):
            tried.append(f"{name} found no text in it")
        else:
            return _text(content)
    if tried:
        raise StoreError(f"The clipboard cannot be read: {'; '.join(tried)}.")
    raise StoreError(
        "The clipboard cannot be read: " + _reason(variables, platform),
        hint="Paste the text behind the name instead.",
    )


def _reason(variables: Mapping[str, str], platform: str) -> str:
    if platform == "darwin":
        return "pbpaste is not there."
    if variables.get("WAYLAND_DISPLAY") or variables.get("DISPLAY"):
        return "neither wl-paste nor xclip nor xsel is installed."
    return "there is no display (WAYLAND_DISPLAY and DISPLAY are not set)."


def _text(content: bytes) -> str:
    if len(content) > LIMIT_BYTES:
        raise StoreError(f"The clipboard holds more than {LIMIT_BYTES // 1024} KiB of text.")
    if b"\0" in content:
        raise StoreError("The clipboard holds no text.")
    text = content.decode("utf-8", "replace")
    if not text.strip():
        raise StoreError("The clipboard is empty.")
    return text


def _run(words: Sequence[str]) -> bytes:
    done = subprocess.run(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        timeout=LIMIT_S, check=True,
    )  # fmt: skip
    return done.stdout
