"""Writing replies and their code to files, and copying them."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from chatrepl.cancellation import Cancellation
from chatrepl.clipboard_text import write_clipboard
from chatrepl.commands.base import Confirm, Context, Draft, Notice
from chatrepl.commands.write import _complete, suggested_name
from chatrepl.markup import CodeBlock
from chatrepl.session import Session
from chatrepl.turn import Kind
from tests.support.commands import Run, run_in
from tests.support.fakes import ScriptedClient, make_session, says

REPLY = "Two:\n\n```python\n# src/app.py\nprint(1)\n```\n\n```\nplain\n```\nDone."


@pytest.fixture
def session(tmp_path: Path) -> Session:
    session = make_session(tmp_path, ScriptedClient(says(REPLY)))
    [*session.turn(Kind.ASK, "go", Cancellation())]
    return session


@pytest.fixture
def run(session: Session, tmp_path: Path) -> Run:
    return run_in(session, tmp_path)


def test_a_block_is_written_with_its_line_ends(run: Run, tmp_path: Path) -> None:
    answer = run("/write 1 out.py")
    assert (tmp_path / "out.py").read_text() == "# src/app.py\nprint(1)\n"
    assert answer == Notice(f"Wrote code block 1 to {tmp_path / 'out.py'}: 2 lines.")


def test_a_reply_is_written_as_markdown(run: Run, tmp_path: Path) -> None:
    run("/write answer.md")
    assert (tmp_path / "answer.md").read_text() == REPLY + "\n"


def test_a_file_that_exists_is_asked_about(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out.py").write_text("mine")
    question = run("/write 1 out.py")
    assert isinstance(question, Confirm)
    assert (tmp_path / "out.py").read_text() == "mine"
    question.then()
    assert (tmp_path / "out.py").read_text() == "# src/app.py\nprint(1)\n"


def test_without_a_name_one_is_suggested(run: Run) -> None:
    for line, suggested in (("/write 1", "/write 1 src/app.py"), ("/write 2", "/write 2 block-2.txt")):
        draft = run(line)
        assert isinstance(draft, Draft)
        assert draft.text == suggested


@pytest.mark.parametrize(
    ("language", "code", "name"),
    [
        ("Rust", "fn main() {}\n", "block-3.rs"),
        ("ts", "// lib/util.ts\nexport {}\n", "lib/util.ts"),
        ("html", "<!-- index.html -->\n", "index.html"),
        ("", "# ../../etc/passwd.txt\n", "block-3.txt"),
        ("brainf", "x\n", "block-3.txt"),
    ],
)
def test_a_name_comes_from_the_first_line_or_the_language(language: str, code: str, name: str) -> None:
    assert suggested_name(CodeBlock(language, code), 3) == name


def test_a_block_that_is_not_there_is_refused(run: Run) -> None:
    assert run("/write 3 x") == Notice("There is no code block 3: the last reply has 2 code blocks.", "error")


def test_names_are_completed(session: Session, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("")
    context = Context(session, lambda name: tmp_path / name)
    assert _complete(context, "1 s") == ["1 src/app.py"]


class Programs:
    """Programs that are there, and what they were given."""

    def __init__(self, *names: str, failing: Sequence[str] = ()) -> None:
        self.names = names
        self.failing = failing
        self.given: dict[str, bytes] = {}

    def run(self, words: Sequence[str], content: bytes) -> None:
        if words[0] not in self.names:
            raise FileNotFoundError(words[0])
        if words[0] in self.failing:
            raise subprocess.CalledProcessError(1, words)
        self.given[words[0]] = content


def test_a_program_of_this_machine_puts_text_on_its_clipboard() -> None:
    programs = Programs("wl-copy", "xclip")
    assert write_clipboard("é", {"WAYLAND_DISPLAY": "0"}, programs.run, "linux") == "wl-copy"
    assert programs.given == {"wl-copy": "é".encode()}


def test_the_next_one_is_tried_where_one_fails() -> None:
    programs = Programs("wl-copy", "xclip", failing=["wl-copy"])
    variables = {"WAYLAND_DISPLAY": "0", "DISPLAY": ":0"}
    assert write_clipboard("x", variables, programs.run, "linux") == "xclip"


@pytest.mark.parametrize("variables", [{}, {"DISPLAY": ":0", "SSH_CONNECTION": "a b c d"}])
def test_over_ssh_and_without_a_display_it_is_left_to_the_terminal(variables: dict[str, str]) -> None:
    assert write_clipboard("x", variables, Programs("wl-copy", "xclip").run, "linux") is None


def test_tmux_hands_it_on_also_over_ssh() -> None:
    programs = Programs("tmux")
    assert write_clipboard("x", {"TMUX": "/t", "SSH_TTY": "/dev/pts/1"}, programs.run, "linux") == "tmux"
