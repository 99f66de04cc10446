"""Reads and writes the text of the clipboard, through the programs that people have for it."""

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

WRITERS = (
    _Program(("tmux", "load-buffer", "-w", "-"), "TMUX"),
    _Program(("wl-copy",), "WAYLAND_DISPLAY"),
    _Program(("xclip", "-selection", "clipboard", "-in"), "DISPLAY"),
    _Program(("xsel", "--clipboard", "--input"), "DISPLAY"),
    _Program(("clip.exe",), "WSL_DISTRO_NAME"),
)
MAC_WRITERS = (_Program(("tmux", "load-buffer", "-w", "-"), "TMUX"), _Program(("pbcopy",), None))
"""Those that take a text; ``tmux`` hands it on to its terminal. Source: as above, tmux 3.3 and Windows 11."""
REMOTE = ("SSH_CONNECTION", "SSH_TTY")
"""Variables that say that the clipboard is on another machine than this one."""

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


def write_clipboard(
    text: str, variables: Mapping[str, str], run: Callable[[Sequence[str], bytes], object] | None = None,
    platform: str = sys.platform,
) -> str | None:  # fmt: skip
    """Put a text on the clipboard of this machine, and return the program that did it. None: none here can."""
    is_remote = any(variables.get(name) for name in REMOTE)
    for program in MAC_WRITERS if platform == "darwin" else WRITERS:
        if program.variable is not None and not variables.get(program.variable):
            continue
        if is_remote and program.words[0] != "tmux":
            continue
        try:
            (run or _feed)(program.words, text.encode("utf-8", "replace"))
        except (OSError, subprocess.SubprocessError):
            continue
        return program.words[0]
    return None


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


def _feed(words: Sequence[str], content: bytes) -> None:
    # those that hold the clipboard stay behind: what they write to must not be a pipe that is waited for
    subprocess.run(
        words,
        input=content,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=LIMIT_S,
        check=True,
    )
