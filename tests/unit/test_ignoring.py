"""What .gitignore says, compared with git itself."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from chatrepl.ignoring import Ignored
from chatrepl.path_index import walk

FILES = (
    *("a.txt", "a.log", "keep.log", "build/x.o", "src/build/y.o", "src/a.c", "src/deep/b.tmp", "docs/a.md"),
    *("docs/old/b.md", "docs/old/keep.md", "x[1].txt", "x1.txt", "#note", "with space.txt", "foo/bar/baz.c"),
    *("deep/foo/bar/q.c", "abc/x/y/z", "logs/1.log", "logs/sub/2.log", "Temp/a", "temp1/b", "!odd"),
)

RULES = {
    "plain": "*.log\n!keep.log\n",
    "directory": "build/\n",
    "anchored": "/build\n/src/*.c\n",
    "in the middle": "foo/bar\n",
    "two stars": "**/old/**\n!**/old/keep.md\ndocs/**/b.md\n",
    "two stars inside": "abc/**/z\n",
    "a set": "x[0-9].txt\n[Tt]emp?\n",
    "a set that is not": "x[!0-9].txt\n",
    "escaped": "\\#note\n\\!odd\nx\\[1\\].txt\n",
    "comments and blanks": "# a comment\n\n   \n*.tmp   \n",
    "a directory under a star": "logs/*\n!logs/sub/\n",
    "all but": "/*\n!/src/\n",
    "nonsense": "[\n*.o\n/\n!\n",
}


@pytest.mark.skipif(shutil.which("git") is None, reason="git is what it is compared with")
@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_what_is_left_out_is_what_git_leaves_out(tmp_path: Path, rules: str) -> None:
    for name in FILES:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    (tmp_path / ".gitignore").write_text(rules)
    (tmp_path / "src" / ".gitignore").write_text("!build/\n*.c\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    told = subprocess.run(
        ["git", "ls-files", "-z", "--others", "--exclude-standard"], cwd=tmp_path, check=True, capture_output=True
    )  # fmt: skip

    assert sorted(walk(tmp_path)) == sorted(told.stdout.decode().split("\0")[:-1])


def test_rules_of_a_directory_hold_below_it_only() -> None:
    ignored = Ignored().below("src/", ["/gen\n*.o\n"])

    assert ignored.hides("src/gen", is_directory=True)
    assert ignored.hides("src/a/b.o", is_directory=False)
    assert not ignored.hides("src/a/gen", is_directory=True)
