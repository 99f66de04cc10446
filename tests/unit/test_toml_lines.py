"""Lines of keys in TOML files that are hard to read."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.toml_lines import find_lines

AWKWARD = '''\
# model = "not a key"
model = "a # b = c"   # limit = 3

"quoted key" = 1
'single.dotted' = 2
system = """
[not.a.table]
key = "neither"
a quote: \\""" and more ""
"""
raw = \'\'\'
x = '' 1
\'\'\'
a.b . "c" = 5

[ window ]   # [local]
limit_tokens = 1_000
list = [ # a comment = here
  "x = 1", [ { deep = 1 } ],
  2020-01-01 10:00:00,
]
inline = { one = 1, two = { three = "}" }, "fo ur" = [1,2] }
[models."gpt-4.1"]
window_tokens = 5
[models.'a "b"'.c]
d = 1
[[many]]
n = 1
[[many]]
m = 2
[local]
'''


def lines_of(text: str) -> dict[tuple[str, ...], int]:
    return find_lines(text, tomllib.loads(text))


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("model",), 2),
        (("quoted key",), 4),
        (("single.dotted",), 5),
        (("system",), 6),
        (("raw",), 11),
        (("a",), 14),
        (("a", "b", "c"), 14),
        (("window",), 16),
        (("window", "limit_tokens"), 17),
        (("window", "list"), 18),
        (("window", "list", "deep"), 19),
        (("window", "inline", "two", "three"), 22),
        (("window", "inline", "fo ur"), 22),
        (("models", "gpt-4.1"), 23),
        (("models", "gpt-4.1", "window_tokens"), 24),
        (("models", 'a "b"', "c", "d"), 26),
        (("many",), 27),
        (("many", "m"), 30),
        (("local",), 31),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else str(value),
)
def test_keys_of_an_awkward_file_have_their_lines(path: tuple[str, ...], line: int) -> None:
    assert lines_of(AWKWARD)[path] == line


def test_what_stands_in_strings_and_comments_is_no_key() -> None:
    names = {name for path in lines_of(AWKWARD) for name in path}
    assert not names & {"not", "key", "neither", "limit", "x", "here"}


def test_windows_line_ends_count_once() -> None:
    assert lines_of(AWKWARD.replace("\n", "\r\n")) == lines_of(AWKWARD)


@pytest.mark.parametrize(
    "text", ['"""a""""', '"""a"""""', "'''a''''", '""""a"""', '""', "''''''", '"\\\\"', '"""\\\\"""']
)
def test_quotes_at_the_end_of_a_text_belong_to_it(text: str) -> None:
    assert lines_of(f"a = {text}\nb = {{ c = {text}, d = 1 }}\n") == {
        ("a",): 1,
        ("b",): 2,
        ("b", "c"): 2,
        ("b", "d"): 2,
    }


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", "  \t\r\n"])
def test_a_file_without_keys_has_no_lines(text: str) -> None:
    assert lines_of(text) == {}


@pytest.mark.parametrize("text", ["= 1", "a", "[a", "a = ", 'a = """', "a = [", "a = { b", "a = [1", "\x00"])
def test_text_that_is_not_toml_yields_no_lines_instead_of_wrong_ones(text: str) -> None:
    assert find_lines(text, {}) == {}


def test_lines_are_given_up_when_the_document_has_no_such_key() -> None:
    assert find_lines("a = 1\nb = 2\n", {"a": 1}) == {}


def test_a_long_multi_line_text_is_passed_over_quickly() -> None:
    text = 'system = """\n' + 'say "x" = 1\n' * 50_000 + '"""\nmodel = "m"\n'
    assert lines_of(text)["model",] == 50_003


NAMES = st.text(st.sampled_from('abcXYZ-_019 .#="[]é'), min_size=1, max_size=6)
VALUES = st.recursive(
    st.integers() | st.booleans() | st.text(st.sampled_from("ab\n\"'#=[]{},\\ "), max_size=8),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


def as_toml(value: object, style: int) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        separator = (", ", ",\n", " , # x = [\n")[style % 3]
        return "[" + "".join(as_toml(item, style) + separator for item in value) + "]"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"""{escaped}"""' if "\n" in value else f'"{escaped}"'
    return str(value)


@given(
    st.lists(st.tuples(NAMES, VALUES), max_size=6, unique_by=lambda pair: pair[0]),
    st.sampled_from(["", "[table]\n", "# [no]\n\n[ a . 'b' ]\n"]),
    st.integers(0, 2),
)
def test_every_key_of_a_made_up_file_has_its_line(
    pairs: list[tuple[str, object]], header: str, style: int
) -> None:
    text, expected = header, {}
    prefix = ("a", "b") if " . " in header else ("table",) if header else ()
    for name, value in pairs:
        expected[(*prefix, name)] = text.count("\n") + 1
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        text += f'"{quoted}" = {as_toml(value, style)}\n'
    found = lines_of(text)
    assert {path: found[path] for path in expected} == expected
