"""What a message names with an ``@``."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatrepl.mentions import Lines, find_mentions, mention_of, quoted, split_glob, split_names


def said(text: str) -> list[list[str]]:
    return [[str(target) for target in mention.targets] for mention in find_mentions(text)]


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("look at @notes.md", [["notes.md"]]),
        ("@notes.md, please", [["notes.md,", "notes.md"]]),
        ("(see @a/b.txt)", [["a/b.txt)", "a/b.txt"]]),
        ('@"my file.txt" and @b', [["my file.txt"], ["b"]]),
        ("@src/**/*.py", [["src/**/*.py"]]),
        ("@x.py:10-40", [["x.py:10-40", "x.py:10-40"]]),
        ("@https://example.org/a?b=c.", [["https://example.org/a?b=c"]]),
        ("@https://example.org/a_(b)", [["https://example.org/a_(b)"]]),
        ("@a and @a again", [["a"]]),
        ("mail me@example.org", []),
        (r"not \@this", []),
        ("an @ alone, @@twice", []),
        ("", []),
    ],
)
def test_a_text_names_files_directories_globs_and_pages(text: str, targets: list[list[str]]) -> None:
    assert said(text) == targets


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("x.py:10-40", Lines(10, 40)),
        ("x.py:10-", Lines(10, None)),
        ("x.py:7", Lines(7, 7)),
        ("x.py#L3-L9", Lines(3, 9)),
        ("x.py:0-2", Lines(1, 2)),
    ],
)
def test_lines_stand_behind_the_name(name: str, lines: Lines) -> None:
    whole, part = mention_of(name).targets
    assert whole.lines is None
    assert (part.path, part.lines) == ("x.py", lines)


def test_lines_are_written_as_they_are_typed() -> None:
    assert [str(lines) for lines in (Lines(3, 9), Lines(3, None), Lines(3, 3))] == ["3-9", "3-", "3"]


@given(
    st.text(st.characters(exclude_characters='"', exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1)
)
def test_any_name_that_is_quoted_is_found_again(path: str) -> None:
    if path[0] != " " and not re.match(r"\s|@", path):
        [mention] = find_mentions(f"see {quoted(path)}")
        assert mention.targets[0].path in {path, path.rstrip(".,;:!?)]}>'\"")}


@given(st.text(max_size=200))
def test_any_text_is_searched(text: str) -> None:
    for mention in find_mentions(text):
        assert text[mention.start] == "@"
        assert mention.name in text


@pytest.mark.parametrize(
    ("glob", "base", "matching", "others"),
    [
        ("src/*.py", "src/", ["a.py"], ["b/a.py", "a.pyc"]),
        ("src/**/*.py", "src/", ["a.py", "b/c/a.py"], ["a.md"]),
        ("**/test_?.py", "", ["test_a.py", "x/test_b.py"], ["test_ab.py"]),
        ("a[bc].md", "", ["ab.md", "ac.md"], ["ad.md"]),
        ("a[!b].md", "", ["ac.md"], ["ab.md"]),
        ("x+y(*)", "", ["x+y(1)"], ["xxy1"]),
    ],
)
def test_a_glob_stands_for_paths(glob: str, base: str, matching: list[str], others: list[str]) -> None:
    found, pattern = split_glob(glob)
    assert found == base
    assert all(map(pattern.fullmatch, matching))
    assert not any(map(pattern.fullmatch, others))


@given(st.text("ab*?[]!^\\/(.+-&~|", max_size=12))
@example("[^]")
@example("[b-a]")
@example("[a&&b]")
@example("[--b]")
def test_any_glob_can_be_looked_for(glob: str) -> None:
    split_glob(glob)[1].fullmatch("a/b")


def test_names_of_a_command_are_parted_by_blanks_or_quoted() -> None:
    assert split_names('a.md "b c.md" "d e.py":3-4') == ["a.md", "b c.md", "d e.py:3-4"]
