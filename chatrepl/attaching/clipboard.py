"""Reads an image from the clipboard, through the programs that the platform has for it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping

from chatrepl.errors import AttachmentError

_PROGRAMS = (
    ("WAYLAND_DISPLAY", ("wl-paste", "--no-newline", "--type", "image/png")),
    ("DISPLAY", ("xclip", "-selection", "clipboard", "-target", "image/png", "-out")),
    ("", ("pngpaste", "-")),
)
"""What is run, and the variable without which it cannot work; empty: none."""
_TIMEOUT_S = 5.0


def read_image(variables: Mapping[str, str]) -> bytes:
    """Return the image on the clipboard, as PNG.

    Raises:
        AttachmentError: none is there, or no program that could read it.
    """
    usable = [
        argv
        for variable, argv in _PROGRAMS
        if (not variable or variables.get(variable)) and shutil.which(argv[0], path=variables.get("PATH"))
    ]
    if not usable:
        raise AttachmentError(
            "No program here reads images from the clipboard.",
            hint="wl-clipboard, xclip or (on macOS) pngpaste does; or save the image and attach the file.",
        )
    for argv in usable:
        try:
            done = subprocess.run(
                argv, capture_output=True, timeout=_TIMEOUT_S, check=False, env=dict(variables)
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0 and done.stdout:
            return done.stdout
    raise AttachmentError("There is no image on the clipboard.")
