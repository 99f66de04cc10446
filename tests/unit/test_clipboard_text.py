"""Reading the clipboard through other programs."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

import pytest

from chatrepl.clipboard_text import LIMIT_BYTES, read_clipboard
from chatrepl.errors import StoreError


class Programs:
    """What runs in the place of programs: an answer or an error for each; those without one are not there."""

    def __init__(self, **answers: bytes | Exception) -> None:
        self.answers = answers
        self.tried: list[str] = []

    def __call__(self, words: Sequence[str]) -> bytes:
        self.tried.append(words[0])
        answer = self.answers.get(words[0].replace("-", "_"), FileNotFoundError())
        if isinstance(answer, Exception):
            raise answer
        return answer


BOTH = {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}


def test_the_display_decides_which_program_is_asked() -> None:
    programs = Programs(wl_paste=b"from wayland", xclip=b"from x", pbpaste=b"from mac")
    assert read_clipboard(BOTH, programs, "linux") == "from wayland"
    assert read_clipboard({"DISPLAY": ":0"}, programs, "linux") == "from x"
    assert read_clipboard({}, programs, "darwin") == "from mac"


def test_another_program_is_asked_where_one_is_missing_or_fails() -> None:
    programs = Programs(wl_paste=subprocess.CalledProcessError(1, "wl-paste"), xsel=b"text")
    assert read_clipboard(BOTH, programs, "linux") == "text"
    assert programs.tried == ["wl-paste", "xclip", "xsel"]


@pytest.mark.parametrize(
    ("variables", "programs", "said"),
    [
        ({}, Programs(), "there is no display"),
        (BOTH, Programs(), "neither wl-paste nor xclip nor xsel is installed"),
        (BOTH, Programs(xclip=subprocess.TimeoutExpired("xclip", 3)), "xclip did not answer within 3 s"),
        (BOTH, Programs(xclip=subprocess.CalledProcessError(1, "xclip")), "xclip found no text in it"),
        (BOTH, Programs(xclip=b" \n"), "is empty"),
        (BOTH, Programs(xclip=b"PNG\0\0"), "holds no text"),
        (BOTH, Programs(xclip=b"x" * (LIMIT_BYTES + 1)), "more than 1024 KiB"),
    ],
)
def test_why_it_cannot_be_read_is_said(variables: dict[str, str], programs: Programs, said: str) -> None:
    with pytest.raises(StoreError, match=said):
        read_clipboard(variables, programs, "linux")
