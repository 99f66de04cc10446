"""The man page: everything is in it, and groff takes it without a warning."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from chatrepl.cli import whole_program
from chatrepl.commands.all import ALL
from docs.manual import manual, roff

ROOT = Path(__file__).parents[2]


def rendered(width: int) -> str:
    """Return the page as a terminal shows it, without bold and underline."""
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("groff is not installed")
    done = subprocess.run(
        [groff, "-man", "-Tutf8", "-ww", f"-rLL={width}n", "-P-cbou"],
        input=manual(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("width", [60, 100])
def test_groff_renders_it_without_a_warning(width: int) -> None:
    page = rendered(width)

    for title in (
        "NAME",
        "SYNOPSIS",
        "OPTIONS",
        "SUB-COMMANDS",
        "KEYS",
        "EXIT STATUS",
        "ENVIRONMENT",
        "FILES",
    ):
        assert re.search(rf"^{title}$", page, re.MULTILINE)


def test_options_sub_commands_and_commands_are_all_in_it() -> None:
    page = " ".join(rendered(100).split())

    for program in whole_program().walk():
        assert " ".join(("chatrepl", *program.words)) in page
        for option in program.options:
            assert all(name in page for name in option.names if name not in {"-h", "--help"})
    for command in ALL:
        assert f"/{command.name}" in page
    assert "CHATREPL_WINDOW_STRATEGY" in page


def test_nothing_in_a_text_is_a_request_or_an_escape() -> None:
    assert roff(".so /etc/passwd") == "\\&.so /etc/passwd"
    assert roff("a\\b -x 'y' \u20ac") == "a\\eb \\-x \\(aqy\\(aq \\[u20AC]"


def test_the_wheel_installs_it_for_man() -> None:
    assert '"docs/chatrepl.1" = "share/man/man1/chatrepl.1"' in (ROOT / "pyproject.toml").read_text()
