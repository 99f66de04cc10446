"""What is wrong inside of a chat is mended and told, and never costs the others."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chatrepl.errors import TranscriptError
from chatrepl.imports import Found, Problem
from chatrepl.imports.fields import clean_title, read_time
from tests.unit.imports.samples import (
    NOW,
    claude,
    claude_message,
    found,
    gpt,
    gpt_node,
    only,
    problems,
    read,
    read_values,
    texts,
)


def mended(value: Any) -> tuple[list[str], list[Problem]]:
    """Return the path of the one chat that comes of a value, and what was wrong in it."""
    (item,) = read_values(value)
    assert isinstance(item, Found)
    return texts(item.conversation), list(item.problems)


# Links --------------------------------------------------------------------------------------------------------------


def test_a_cyclic_parent_is_reported_and_cut() -> None:
    nodes = [gpt_node("a", "c", "One"), gpt_node("b", "a", "Two"), gpt_node("c", "b", "Three")]
    path, told = mended(gpt(*nodes, current_node="c"))
    assert path == ["u: One", "u: Two", "u: Three"]
    assert [problem.place for problem in told] == ['line 1 ("Talk"), message 1']
    assert "before itself" in told[0].said


def test_a_message_that_follows_itself_is_put_at_the_beginning() -> None:
    path, told = mended(claude(claude_message("a", parent_message_uuid="a")))
    assert path == ["u: words"]
    assert len(told) == 1


def test_a_missing_parent_is_reported_and_another_is_taken() -> None:
    path, told = mended(gpt(gpt_node("a", "gone", "One"), gpt_node("b", "a", "Two")))
    assert path == ["u: One", "u: Two"]
    assert "not in the file" in told[0].said
    messages = [claude_message("a", "One"), claude_message("b", "Two", parent_message_uuid="gone")]
    path, told = mended(claude(*messages))
    assert path == ["u: One", "u: Two"]
    assert "after the one before it" in told[0].said


def test_the_second_of_two_messages_with_one_id_is_left_out() -> None:
    path, told = mended(
        claude(claude_message("a", "One"), claude_message("a", "Two"), claude_message("b", "3"))
    )
    assert path == ["u: One", "u: 3"]
    assert [problem.place for problem in told] == ['line 1 ("Talk"), message 2']


def test_two_chats_with_one_id_are_both_read() -> None:
    items = read_values(claude(claude_message("a", "One")), claude(claude_message("b", "Two")))
    first, second = found(items)
    assert first.conversation.id == second.conversation.id


def test_children_may_stand_before_their_parents_and_siblings_keep_their_order() -> None:
    messages = [
        claude_message("d", "4", parent_message_uuid="b"),
        claude_message("b", "2", parent_message_uuid="a"),
        claude_message("c", "3", parent_message_uuid="a"),
        claude_message("a", "1", parent_message_uuid=None),
    ]
    chat = only(read_values(claude(*messages))).conversation
    assert [message.text for message in chat.messages.values()] == ["1", "2", "4", "3"]


@pytest.mark.parametrize("is_backwards", [False, True])
def test_a_long_chain_of_messages_is_read(is_backwards: bool) -> None:
    nodes = [gpt_node(f"n{n}", f"n{n - 1}" if n else None, "x") for n in range(8_000)]
    item = only(read_values(gpt(*(nodes[::-1] if is_backwards else nodes))))
    assert len(item.conversation.path()) == 8_000


def test_many_broken_links_take_linear_time() -> None:
    began = time.process_time()
    messages = [claude_message(f"n{n}", parent_message_uuid=f"n{(n + 1) % 8_000}") for n in range(8_000)]
    path, told = mended(claude(*messages))
    assert len(path) == 8_000
    assert len(told) == 1
    assert time.process_time() - began < 15


def test_what_many_messages_have_in_common_is_told_once() -> None:
    messages = [claude_message(f"n{n}", created_at="never") for n in range(5)]
    _, told = mended(claude(*messages))
    assert [problem.place for problem in told] == ['line 1 ("Talk"), message 1 and 4 more']


# Times --------------------------------------------------------------------------------------------------------------

THEN = datetime(2025, 6, 15, 15, 6, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        1750000000,
        1750000000.0,
        1750000000000,
        1750000000000000,
        1750000000 * 10**9,
        "2025-06-15T15:06:40Z",
        "2025-06-15T17:06:40+02:00",
        "2025-06-15 15:06:40",
        " 2025-06-15T15:06:40.000000 ",
    ],
)
def test_a_time_may_be_written_in_many_ways(value: Any) -> None:
    assert read_time(value, NOW) == (THEN, False)


@pytest.mark.parametrize("value", [None, "", "  ", 0, 0.0])
def test_a_time_that_is_missing_is_no_fault(value: Any) -> None:
    assert read_time(value, NOW) == (None, False)


LATE = (NOW + timedelta(days=3)).timestamp()
TOO_LATE = ["9999-12-31T23:59:59-12:00", "2026-11-26T13:00Z", LATE, 5e9, 10**400, float("inf")]
TOO_EARLY = ["0001-01-01T00:00:00+14:00", "1969-01-01", -1]


@pytest.mark.parametrize("value", [*TOO_LATE, *TOO_EARLY, float("nan"), True, [], {}, "soon"])
def test_a_time_that_cannot_be_is_absurd(value: Any) -> None:
    assert read_time(value, NOW) == (None, True)


def test_a_clock_may_be_ahead_by_a_day() -> None:
    ahead = NOW + timedelta(days=1)
    assert read_time(ahead.timestamp(), NOW) == (ahead, False)


def test_an_absurd_date_is_reported_and_that_of_the_message_before_is_taken() -> None:
    nodes = [
        gpt_node("a", None, "One", time=1750000000),
        gpt_node("b", "a", "Two", time=9e18),
        gpt_node("c", "b", "Three"),
    ]
    (item,) = read_values(gpt(*nodes))
    assert isinstance(item, Found)
    assert {message.created_at for message in item.conversation.path()} == {THEN}
    assert [problem.place for problem in item.problems] == ['line 1 ("Talk"), message 2']
    assert item.created_at == item.updated_at == THEN


def test_nan_as_a_date_costs_nothing_else() -> None:
    text = json.dumps(gpt(gpt_node("a", None, "One", time=float("nan")), create_time=float("nan")))
    (item,) = read(text)
    assert isinstance(item, Found)
    assert [problem.place for problem in item.problems] == ['line 1 ("Talk") and 1 more']
    assert item.created_at == NOW


# Words --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("  two\n\twords ", "two words"),
        ("\x1b[31mred\x1b[0m \x1b]0;x\x07and\x07 more\x00", "red and more"),
        ("a\u2028b\x85c", "a b c"),
        ("\ud800x", "\ufffdx"),
        (7, ""),
        (None, ""),
    ],
)
def test_a_title_is_one_line_without_control_characters(title: Any, shown: str) -> None:
    assert clean_title(title) == shown


def test_a_long_title_is_cut() -> None:
    item = only(read_values(claude(claude_message("a"), name="word " * 2000)))
    assert len(item.conversation.title) <= 200


def test_halves_of_characters_and_nul_are_taken_out_of_texts() -> None:
    text = '{"uuid": "a", "chat_messages": [{"uuid": "b", "sender": "human", "text": "x\\ud83d\\u0000y \\ud83c\\udf31"}]}'
    assert texts(only(read(text)).conversation) == ["u: x\ufffdy \U0001f331"]


def test_bytes_that_are_no_utf_8_are_replaced_and_told() -> None:
    data = b'[{"role": "user", "content": "caf\xe9"}]'
    item, problem = read(data)
    assert isinstance(item, Found)
    assert isinstance(problem, Problem)
    assert texts(item.conversation) == ["u: caf\ufffd"]
    assert problem.place == f"byte {data.index(0xE9) + 1}"


# Types --------------------------------------------------------------------------------------------------------------

WRONG: list[Any] = [None, True, 3, 1.5, "text", [], [1, "x"], {}, {"a": [None]}]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_a_wrong_type_anywhere_costs_no_other_chat(wrong: Any) -> None:
    good = claude(claude_message("good", "Still here"), uuid="good")
    node, message = gpt_node("a", None, "x"), claude_message("a")
    inner = dict(node["message"])
    spoken = {"role": "user", "content": "x"}
    values = [
        {},  # a file begins with an object or an array
        wrong,
        *({**gpt(node), key: wrong} for key in ("mapping", "title", "create_time", "current_node", "id")),
        gpt({"id": "a"} | {"x": wrong}, {**node, "id": "b", "parent": wrong, "children": wrong}),
        {"mapping": {"a": wrong, "b": {**node, "message": wrong}}},
        *(gpt({**node, "message": {**inner, key: wrong}}) for key in inner),
        *(
            gpt(gpt_node("a", None, {"content_type": "multimodal_text", "parts": parts}))
            for parts in ([wrong], wrong)
        ),
        *(
            gpt(
                gpt_node(
                    "a", None, {"content_type": kind, "parts": [wrong], "thoughts": [wrong], "text": wrong}
                )
            )
            for kind in (
                "text",
                "code",
                "thoughts",
                "reasoning_recap",
                "tether_quote",
                "computer_output",
                "new",
            )
        ),
        gpt(gpt_node("a", None, {"content_type": wrong})),
        gpt(
            gpt_node(
                "a", None, "x", metadata={"attachments": [wrong], "aggregate_result": {"messages": [wrong]}}
            )
        ),
        *(
            {**claude(message), key: wrong}
            for key in ("chat_messages", "uuid", "name", "created_at", "model")
        ),
        claude(wrong, message),
        *(
            claude({**message, key: wrong})
            for key in ("uuid", "sender", "text", "created_at", "parent_message_uuid")
        ),
        *(claude({**message, key: [wrong]}) for key in ("content", "attachments", "files")),
        *(
            claude({**message, "content": [{"type": kind, kind: wrong, "content": wrong, "input": wrong}]})
            for kind in ("text", "thinking", "tool_use", "tool_result", "image")
        ),
        *({"messages": [spoken], key: wrong} for key in ("messages", "id", "title", "model", "created_at")),
        {"messages": [wrong, spoken]},
        *(
            {"messages": [{**spoken, key: wrong}]}
            for key in (
                "role",
                "content",
                "tool_calls",
                "function_call",
                "audio",
                "files",
                "timestamp",
                "metadata",
            )
        ),
        *(
            {"messages": [{"role": "user", "content": [{"type": kind, kind: wrong}]}]}
            for kind in ("text", "image_url", "input_audio", "file", "refusal", "new")
        ),
        {"format": wrong, "messages": [spoken]},
        {"format": "chatrepl/chat", "version": wrong},
    ]
    for form in (json.dumps([*values, good]), "\n".join(map(json.dumps, [*values, good]))):
        items = read(form)
        assert texts(found(items)[-1].conversation)[-1] == "u: Still here"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"hello", "neither JSON nor"),
        (b"\x1f\x8b\x08\x00", "byte 2 is not UTF-8"),
        (b"SQLite format 3\x00", "neither JSON nor"),
        (b"PK\x03\x04", "neither JSON nor"),
        (b"[]", "holds no chat"),
        (b'{"a": 1}', "no chat of a known kind"),
        (b"[1, 2, 3]", "no chat of a known kind"),
        (b'[{"a": x}, 5555555555555555555]', "not JSON"),
        (b"[" + b"1," * 5000 + b"1]", "no chat of a known kind"),
        (b'{"a": "' + b"x" * 100 + b'"} and more\nof the same\n', "no chat of a known kind"),
    ],
)
def test_a_file_of_another_kind_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(TranscriptError) as caught:
        read(data)
    assert said in caught.value.message
    assert "chatgpt" in str(caught.value.hint)


@pytest.mark.parametrize("depth", [*range(800, 1000, 20), 5000])
def test_deep_values_inside_of_a_chat_cost_no_other_chat(depth: int) -> None:
    deep = json.dumps({"type": "tool_use", "name": "t", "input": "?"}).replace(
        '"?"', "[" * depth + "]" * depth
    )
    chat = json.dumps(claude(claude_message("a", content=["?"]))).replace('"?"', deep)
    items = read(
        f"{json.dumps(claude(claude_message('b', 'One')))}\n{chat}\n{json.dumps(claude(claude_message('c', 'Two')))}"
    )
    said = [texts(item.conversation) for item in found(items)]
    assert (said[0], said[-1]) == (["u: One"], ["u: Two"])
    assert len(items) == 3


def test_what_was_found_is_told_before_the_rest_is_read() -> None:
    def chunks() -> Any:
        yield json.dumps(claude(claude_message("a"))).encode() + b"\n" + b" " * (3 << 20)
        pytest.fail("the rest was read")

    from chatrepl.imports import read_chats

    assert isinstance(next(read_chats(chunks(), "x", NOW)), Found)


def test_problems_keep_the_place_of_their_chat_in_an_array() -> None:
    items = read(json.dumps([claude(claude_message("a")), 5, claude(claude_message("b", created_at="?"))]))
    assert [problem.place for problem in problems(items)] == [
        "conversation 2",
        'conversation 3 ("Talk"), message 1',
    ]
