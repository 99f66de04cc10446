"""What the guide and the README say can be typed, typed: in order, in one home, against a scripted server."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.raw_server import RawServer, chat_chunks, stream_answer

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(?:sh|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CHATREPL = re.compile(r"(?:^|[|;] *|do )chatrepl\b")
PROMPT = re.compile(r"^```markdown\n(\+\+\+\n.*?)^```$", re.MULTILINE | re.DOTALL)
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da6364f80f00010501012718e366"
    "0000000049454e44ae426082"
)
"""One grey pixel."""
LEFT_OUT = ("--local", "jq ")
"""Needs the embedded model, or another program."""


def examples(page: str) -> Iterator[str]:
    """Yield the lines of a page's shell blocks that run chatrepl."""
    for block in BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
        for line in block.splitlines():
            typed = line.removeprefix("$ ")
            if CHATREPL.search(typed) and not any(word in typed for word in LEFT_OUT):
                yield typed


@pytest.fixture
def home(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Return the variables of a user who has the files that the examples name."""
    home = Path(environment["HOME"])
    for name in ("bin", "backups", "Downloads", ".local/share/bash-completion/completions", ".zfunc"):
        (home / name).mkdir(parents=True)
    (home / ".config/fish/completions").mkdir(parents=True)
    program = home / "bin" / "chatrepl"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m chatrepl "$@"\n')
    program.chmod(0o755)
    with zipfile.ZipFile(home / "Downloads" / "chatgpt-export.zip", "w") as archive:
        archive.write(ROOT / "tests/data/imports/chatgpt.json", "conversations.json")
    (tmp_path / "error.log").write_text("it broke\n")
    (tmp_path / "feeds").mkdir()
    for name in ("notes.txt", "app.py", "CHANGELOG.md", "question.txt", "report.txt", "feeds/one.txt"):
        (tmp_path / name).write_text("notes\n")
    prompts = Path(environment["XDG_CONFIG_HOME"], "chatrepl", "prompts")
    prompts.mkdir(parents=True)
    (prompts / "explain.md").write_text(PROMPT.search((ROOT / "docs/guide.md").read_text())[1])  # type: ignore[index]
    (prompts / "summarise.md").write_text("Summarise {{input}}.")
    (tmp_path / "picture.png").write_bytes(PICTURE)
    path = f"{home / 'bin'}:{environment['PATH']}"
    return {**environment, "PATH": path, "PYTHONPATH": str(ROOT)}


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_examples_of_the_readme_and_the_guide_run(
    home: dict[str, str], server: RawServer, tmp_path: Path
) -> None:
    server.models = ["test-model", "gpt-4o-mini", "gpt-4.1"]
    server.answer(stream_answer(chat_chunks(["The Wye, the Usk and the Taff; sqlite keeps rivers."])))
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, env=home, check=True, capture_output=True)
    lines = list(dict.fromkeys([*examples("README.md"), *examples("docs/guide.md")]))
    assert len(lines) > 15
    work = ['chatrepl -p "sqlite and rivers"', "chatrepl chats tag sqlite work", *lines]
    failed = []
    for line in work:
        done = subprocess.run(
            ["/bin/sh", "-c", line.replace("git diff |", "echo change |")],
            env=home, cwd=tmp_path, input="Hello.\n", capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        if done.returncode:
            failed.append(f"{line}: {done.returncode} {done.stderr}")

    assert not failed, "\n".join(failed)
