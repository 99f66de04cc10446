"""A file of JSON is read value by value, in bounded memory and linear time, and what is broken is told with its place."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.imports import json_stream
from chatrepl.imports.decoding import Decoding
from chatrepl.imports.json_stream import Broken, JsonStream, Value


def stream(
    data: bytes | str, step: int = 7, largest: int = json_stream.LARGEST_CHARS
) -> list[Value | Broken]:
    data = data.encode() if isinstance(data, str) else data
    chunks = (data[start : start + step] for start in range(0, len(data), step))
    return list(JsonStream(iter(Decoding(chunks)), largest))


def contents(items: list[Value | Broken]) -> list[Any]:
    return [item.content for item in items if isinstance(item, Value)]


def broken(items: list[Value | Broken]) -> list[Broken]:
    return [item for item in items if isinstance(item, Broken)]


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every value end in the middle of what is there, many times."""
    monkeypatch.setattr(json_stream, "PIECE_CHARS", 8)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(values, max_size=5), st.integers(1, 40), st.sampled_from([None, 1]), st.booleans())
def test_an_array_is_its_items(items: list[Any], step: int, indent: int | None, is_ascii: bool) -> None:
    text = json.dumps(items, indent=indent, ensure_ascii=is_ascii)
    data = text.encode("utf-8", "replace")
    assert contents(stream(data, step)) == json.loads(data)


@given(
    st.lists(values.filter(lambda value: not isinstance(value, list)), max_size=5),
    st.integers(1, 40),
    st.sampled_from(["\n", " ", "\r\n\n"]),
)
def test_values_may_follow_each_other(items: list[Any], step: int, between: str) -> None:
    assert contents(stream(between.join(map(json.dumps, items)), step)) == items


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("step", [1, 3, 1000])
def test_the_mark_of_a_file_tells_its_encoding(encoding: str, step: int) -> None:
    items = [{"näme": "Zoë 🌱"}, {"b": 2}]
    assert contents(stream(json.dumps(items, ensure_ascii=False).encode(encoding), step)) == items


def test_items_know_their_number_and_line() -> None:
    items = stream('[\n{},\n\n{"a": 1}]\n{"b": 2}')
    assert [(v.number, v.line, v.array) for v in items if isinstance(v, Value)] == [
        (1, 2, 1),
        (2, 4, 1),
        (2, 5, 0),
    ]


@pytest.mark.parametrize(
    ("text", "good", "place", "said"),
    [
        ('[{"a": 1}, {"b": ', [{"a": 1}], "item 2, line 1", "ends in the middle"),
        ('[{"a": 1}, {"b": "x', [{"a": 1}], "item 2, line 1", "ends in the middle"),
        ('[{"a": 1}, {"b": "\\u00', [{"a": 1}], "item 2, line 1", "ends in the middle"),
        ('[{"a": 1}, {"b": tr', [{"a": 1}], "item 2, line 1", "ends in the middle"),
        ('[{"a": 1}, {"b": 1.', [{"a": 1}], "item 2, line 1", "ends in the middle"),
        ('[{"a": 1}, {"b": -', [{"a": 1}], "item 2, line 1", "ends in the middle"),
        ('[{"a": 1}, {"b": 1.25E+', [{"a": 1}], "item 2, line 1", "ends in the middle"),
        ('[{"a": 1},', [{"a": 1}], "item 1, line 1", "ends before the list does"),
        ('[{"a": 1} {"b": 2}]', [{"a": 1}], "item 1, line 1", "no comma after it"),
        (
            '[{"a": 1},\n {"b": x, "c": 3333333333333333333}]',
            [{"a": 1}],
            "item 2, line 2",
            "line 2, column 8",
        ),
        ('{"a": 1}\n{"b": \n{"c": 3}', [{"a": 1}, {"c": 3}], "line 2", "ends in the middle"),
        (
            '{"a": 1}\n{"b": \n{"c": 3}\n{"d": 4444444444444444}',
            [{"a": 1}, {"c": 3}, {"d": 4444444444444444}],
            "line 2",
            "not JSON",
        ),
        ('{"a": 1}\nrubbish\n\nmore\n{"c": 3}', [{"a": 1}, {"c": 3}], "lines 2 to 4", "not JSON"),
        ('{"a": 1} rubbish\n{"c": 3}', [{"a": 1}, {"c": 3}], "line 1", "not JSON"),
        ('{"a": 1}\n{"b": "x', [{"a": 1}], "line 2", "ends in the middle"),
        ('{"a": 1}\n{"b":\n  {"c": 3}\n', [{"a": 1}], "lines 2 to 3", "ends in the middle"),
    ],
)
def test_what_is_broken_is_told_with_its_place(text: str, good: list[Any], place: str, said: str) -> None:
    for step in (1, 7, 1000):
        items = stream(text, step)
        assert contents(items) == good
        assert [item.place for item in broken(items)] == [place]
        assert said in broken(items)[0].said


def test_deep_nesting_ends_an_array_and_costs_one_line_of_lines() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    assert "nested too deeply" in broken(stream(f'[{{"a": {deep}}}, 1]', 5000))[0].said
    items = stream(f'{{"a": {deep}}}\n{{"b": 2}}', 5000)
    assert contents(items) == [{"b": 2}]
    assert "nested too deeply" in broken(items)[0].said


def test_a_number_that_is_too_long_costs_its_value_only() -> None:
    items = stream(f'[{{"a": {"9" * 5000}}}, {{"b": 2}}]', 100)
    assert contents(items) == [{"b": 2}]
    assert "too long" in broken(items)[0].said


def test_a_number_is_not_cut_where_the_text_is() -> None:
    digits = "1234567890" * 5
    assert contents(stream(f"[{digits}, {digits}.5e3]", 1)) == [int(digits), float(f"{digits}.5e3")]


def test_nan_and_control_characters_are_read_all_the_same() -> None:
    (content,) = contents(stream('{"a": NaN, "b": "x\ty\nz"}'))
    assert content["a"] != content["a"]
    assert content["b"] == "x\ty\nz"


def test_a_value_that_is_too_long_is_left_out() -> None:
    long = json.dumps({"a": "x" * 2000})
    items = stream(f"[{long}, 1]", 10, largest=500)
    assert contents(items) == []
    assert "longer than" in broken(items)[0].said
    items = stream(f'{{"b": 1}}\n{long}\n{long}\n{{"c": 2}}\n', 10, largest=500)
    assert contents(items) == [{"b": 1}, {"c": 2}]
    assert [item.place for item in broken(items)] == ["lines 2 to 3"]


def test_bytes_that_are_no_utf_8_are_counted_and_their_place_is_known() -> None:
    data = '[{"a": "é"}, {"b": "'.encode() + b"\xff\xfe" + b'"}]'
    for step in (1, 4, 1000):
        decoding = Decoding(data[start : start + step] for start in range(0, len(data), step))
        assert len(contents(list(JsonStream(iter(decoding))))) == 2
        assert (decoding.bad_count, decoding.first_bad) == (2, data.index(b"\xff"))


def test_memory_holds_only_what_is_being_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "PIECE_CHARS", 1000)
    longest = 0
    item = json.dumps({"a": "x" * 100}) + ","

    def pieces() -> Iterator[str]:
        yield "["
        for _ in range(20_000):
            yield item
        yield "{}]"

    reading = JsonStream(pieces())
    for _ in reading:
        longest = max(longest, len(reading._text))
    assert longest < 3000


@pytest.mark.parametrize(
    "text",
    [
        "[" + '{"a": "' + "x" * 400_000,
        '{"a": [1,\n' * 50_000,
        '{"a"\n' * 100_000,
        "[1,\n" * 60_000,
        '{"a": "b\n' * 50_000,
        "[" + "1," * 40_000,
        " " * 400_000,
        '{"a": [' + "1,\n" * 100_000,
    ],
    ids=["text", "open lines", "half lines", "arrays", "open texts", "numbers", "blanks", "open list"],
)
def test_a_file_that_is_made_to_be_slow_is_not(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(json_stream, "PIECE_CHARS", 65536)
    began = time.process_time()
    stream(text, 65536)
    assert time.process_time() - began < 10
