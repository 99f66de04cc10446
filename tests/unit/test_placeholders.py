"""Texts with places to fill in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl import placeholders
from chatrepl.errors import UsageError
from chatrepl.placeholders import (
    Place,
    fill,
    given_words,
    places,
    quoted,
    recognise,
    take_apart,
    take_values,
)


def filled(text: str, **values: str) -> str:
    pieces, problems = take_apart(text)
    assert problems == []
    return fill(pieces, values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello {{name}}!", "Hello Ann!"),
        ("{{ name }}{{name}}", "AnnAnn"),
        ("{{tone=dry}} {{tone=dry}}", "dry dry"),
        ("{{name=Bob}}", "Ann"),
        ("{{empty=}}|", "|"),
        ("{{long = two words }}", "two words"),
        (r"\{{name}} and \{{{{name}}}}", "{{name}} and {{Ann}}"),
        (r"C:\\{{name}}", "C:\\Ann"),
        (r"\\\{{name}}", r"\{{name}}"),
        ("{name} }} {", "{name} }} {"),
        ("a\\nb \\d", "a\\nb \\d"),
        ("{{prénom-2}}", "Zoë"),
    ],
)
def test_places_are_filled_and_all_else_stays(text: str, expected: str) -> None:
    assert filled(text, **{"name": "Ann", "prénom-2": "Zoë"}) == expected


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("one\ntwo {{a b}}", 2, "`{{a b}}` is not a variable"),
        ("{{#if x}}", 1, "is not a variable"),
        ("{{}}", 1, "is not a variable"),
        ("ok\n\n{{open", 3, "not closed"),
        ("{{file:}}", 1, "names no file"),
        ("{{file}}", 1, "names no file"),
        ("{{date=today}}", 1, "default would never be used"),
    ],
)
def test_what_is_no_place_is_told_with_its_line(text: str, line: int, said: str) -> None:
    _, problems = take_apart(text)
    assert len(problems) == 1
    assert problems[0].line == line
    assert said in problems[0].message


def test_all_problems_are_told_at_once() -> None:
    _, problems = take_apart("{{a b}}\n{{file:}}\n{{open")
    assert [problem.line for problem in problems] == [1, 2, 3]


def test_files_are_places_of_their_own() -> None:
    pieces, _ = take_apart("{{file:a.md}} {{file: b c.md }} {{x}}")
    assert [place.key for place in places(pieces)] == ["file:a.md", "file:b c.md", "x"]


TEXT = st.text(max_size=40).filter(
    lambda text: "{{" not in text and "\\" not in text and not text.endswith("{")
)
NAMES = st.sampled_from(["a", "b_1", "länge", "x-y"])


@given(st.lists(TEXT | NAMES.map(Place), max_size=8), st.dictionaries(NAMES, st.text()))
def test_no_place_is_left_and_values_stand_word_for_word(
    parts: list[str | Place], values: dict[str, str]
) -> None:
    """Whatever a value says, braces included, stands in the text as it is."""
    text = "".join(part if isinstance(part, str) else f"{{{{{part.name}}}}}" for part in parts)
    pieces, problems = take_apart(text)
    assert problems == []
    known = dict.fromkeys(("a", "b_1", "länge", "x-y"), "") | values
    assert fill(pieces, known) == "".join(
        part if isinstance(part, str) else known[part.name] for part in parts
    )


@given(st.text())
def test_any_text_can_be_written_with_backslashes(text: str) -> None:
    import re

    written = re.sub(r"(\\*)\{\{", lambda found: found[1] * 2 + r"\{{", text)
    pieces, problems = take_apart(written)
    assert problems == []
    assert fill(pieces, {}) == text


@given(st.text(alphabet="{}\\ab=: \n", max_size=60))
def test_any_text_is_taken_apart(text: str) -> None:
    pieces, problems = take_apart(text)
    if not problems:
        fill(pieces, {place.key: "" for place in places(pieces)})


def test_a_value_never_brings_in_a_file() -> None:
    pieces, _ = take_apart("{{a}} {{b}}")
    values = {"a": "{{file:/etc/passwd}}", "b": "{{a}}", "file:/etc/passwd": "secret"}
    assert fill(pieces, values) == "{{file:/etc/passwd}} {{a}}"


def test_what_is_missing_is_an_error() -> None:
    pieces, _ = take_apart("{{a}}")
    with pytest.raises(KeyError):
        fill(pieces, {})


# What is typed ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "values", "rest"),
    [
        ("", {}, ""),
        ("some text", {}, "some text"),
        ("a=1 b=2 the rest a=3", {"a": "1", "b": "2"}, "the rest a=3"),
        ("to='Mrs Jones' Hello", {"to": "Mrs Jones"}, "Hello"),
        ('q="say \\"hi\\" now" x', {"q": 'say "hi" now'}, "x"),
        ("a=", {"a": ""}, ""),
        ("a=x'y z'w t", {"a": "xy zw"}, "t"),
        ("a='not closed", {}, "a='not closed"),
        ("1=2", {}, "1=2"),
        ("a=1\nline two\n", {"a": "1"}, "line two\n"),
        ("don't a=1", {}, "don't a=1"),
    ],
)
def test_values_are_taken_off_the_beginning(typed: str, values: dict[str, str], rest: str) -> None:
    found = take_values(typed)
    assert dict(found.values) == values
    assert found.rest == rest


@given(st.text(alphabet="ab '\"\\=\n", max_size=20))
def test_a_quoted_value_is_read_as_it_was(value: str) -> None:
    found = take_values(f"x={quoted(value)} rest")
    assert dict(found.values) == {"x": value}
    assert found.rest == "rest"


def test_words_of_a_shell_are_values_until_the_first_that_is_not() -> None:
    found = given_words(["a=b c", "q=", "some", "x=1"])
    assert dict(found.values) == {"a": "b c", "q": ""}
    assert found.rest == "some x=1"


def test_a_value_for_no_variable_names_the_nearest() -> None:
    with pytest.raises(UsageError) as error:
        placeholders.check_given({"langauge": "x"}, ["language", "other"], "The persona translator")
    assert error.value.message == "The persona translator has no variable `langauge`."
    assert error.value.hint == "Did you mean `language`?"


# The way back -------------------------------------------------------------------------------------------------------


def test_a_filled_text_is_recognised_with_its_values() -> None:
    pieces, _ = take_apart("Speak {{language}}, level {{level}}. {{language}}!")
    text = fill(pieces, {"language": "Welsh", "level": "A2"})
    assert recognise(pieces, text) == {"language": "Welsh", "level": "A2"}
    assert recognise(pieces, text + " ") is None
    assert recognise(pieces, text.replace("Welsh!", "Dutch!")) is None
    assert recognise(pieces, "Speak") is None
