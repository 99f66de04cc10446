"""A chat leaves as a file and comes back the same; a file that is no chat is refused with the place."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatrepl.conversation import Conversation, Mark, Summary
from chatrepl.errors import TranscriptError
from chatrepl.messages import (
    NO_META,
    ChatId,
    Message,
    MessageId,
    Meta,
    ReasoningPart,
    ReplyState,
    Role,
    TextPart,
    Usage,
)
from chatrepl.transcript import from_json, load, to_json, to_markdown, to_text
from tests.support.conversations import CHAT, COMPLETE, NOON, STREAMING, conversations, reply, same, user


def read(text: str) -> Conversation:
    numbers = itertools.count(1)
    return load(text, new_id=lambda: f"{next(numbers):032x}", now=NOON)


@given(conversations())
def test_json_gives_the_same_chat_back(made: Conversation) -> None:
    text = to_json(made)
    assert same(from_json(text), made)
    assert to_json(from_json(text)) == text


@given(conversations(settled=True))
def test_a_saved_chat_is_told_from_other_files(made: Conversation) -> None:
    assert same(read("\ufeff" + to_json(made)), made)


@given(conversations())
def test_every_form_of_a_chat_can_be_written_to_a_file(made: Conversation) -> None:
    for form in (to_json, to_markdown, to_text):
        assert form(made).encode().endswith(b"\n")


def test_every_field_that_is_known_is_saved() -> None:
    """The example has a value of its own in each field, so that a new field cannot be forgotten."""
    for value in (COMPLETE, COMPLETE.usage):
        assert value is not None
        for field in fields(value):
            assert getattr(value, field.name) != field.default, field.name
    made = Conversation(CHAT, messages=[answer := reply("x", None)], tip=None)
    assert from_json(to_json(made))[answer.id].meta == COMPLETE


def test_a_reply_that_was_arriving_when_it_was_saved_broke_off() -> None:
    made = Conversation(CHAT, messages=[answer := reply("so f", None, STREAMING)], tip=None)
    found = read(to_json(made))[answer.id]
    assert (found.text, found.meta.state) == ("so f", ReplyState.INTERRUPTED)
    assert "saved while it arrived" in (found.meta.error or "")


def test_halves_of_surrogate_pairs_and_numbers_that_json_lacks_do_not_spoil_a_file() -> None:
    answer = reply("x\ud800", None, Meta(duration_s=float("nan"), first_token_s=float("inf")))
    found = from_json(to_json(Conversation(CHAT, messages=[answer], tip=None)))[answer.id]
    assert found.text == "x\ufffd"
    assert found.meta == Meta()


def example() -> dict[str, Any]:
    made = Conversation(CHAT, messages=[first := user("Why?"), reply("So.", first.id)], tip=first.id)
    document = json.loads(to_json(made))
    assert isinstance(document, dict)
    return document


def put(*path: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = value

    return change


def drop(*path: str | int) -> Callable[[dict[str, Any]], None]:
    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        del document[path[-1]]

    return change


LAST = ("messages", 1)
USAGE = (*LAST, "meta", "usage")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (put("format", value="other"), 'format: must be "chatrepl/chat", not "other"'),
        (put("version", value=2), "version: 2 is from a newer chatrepl; this one reads 1"),
        (put("version", value=True), "version: must be 1, not true"),
        (drop("version"), "version: must be 1, not null"),
        (drop("messages"), "messages: is missing"),
        (put("messages", value={}), "messages: must be a list, not an object"),
        (put("colour", value=1), '"colour": is not known; known are format, version, id, messages'),
        (put("id", value="a b"), 'id: must be 1 to 64 letters, digits, - or _, not "a b"'),
        (put("id", value=""), 'id: must be 1 to 64 letters, digits, - or _, not ""'),
        (put("title", value=7), "title: must be text, not 7"),
        (put("system", value="\ud800"), "system: character 1 is half of a surrogate pair (\\ud800)"),
        (put("tip", value="nobody"), 'tip: must be the id of a message in the file, not "nobody"'),
        (put("messages", 1, value=[]), "message 2: must be an object, not a list"),
        (put(*LAST, "role", value="robot"), "message 2, role: must be one of system, user, assistant, tool"),
        (put(*LAST, "role", value=["user"]), "message 2, role: must be one of system, user, assistant, tool"),
        (drop(*LAST, "role"), "message 2, role: is missing"),
        (put(*LAST, "parent", value="nobody"), "message 2, parent: must be the id of an earlier message"),
        (put(*LAST, "colour", value=1), 'message 2, "colour": is not known; known are id, parent'),
        (put(*LAST, "created_at", value="soon"), "message 2, created_at: must be a time such as 2026-08-01T"),
        (put(*LAST, "created_at", value=7), "message 2, created_at: must be a time such as"),
        (put(*LAST, "created_at", value="2026-08-01T12:00:00"), "with its time zone, not"),
        (
            put(*LAST, "created_at", value="0001-01-01T00:00:00+23:00"),
            "message 2, created_at: must be a time",
        ),
        (put(*LAST, "created_at", value="2026-02-30T00:00:00Z"), "message 2, created_at: must be a time"),
        (put(*LAST, "parts", value="x"), 'message 2, parts: must be a list, not "x"'),
        (put(*LAST, "parts", 0, value="x"), 'message 2, parts 1: must be an object, not "x"'),
        (
            put(*LAST, "parts", 0, "type", value="video"),
            "message 2, parts 1, type: must be one of text, reas",
        ),
        (put(*LAST, "parts", 0, "text", value=None), "message 2, parts 1, text: must be text, not null"),
        (put(*LAST, "parts", 0, "text", value="ab\udc00"), "message 2, parts 1, text: character 3 is half"),
        (put(*LAST, "meta", value=None), "message 2, meta: must be an object, not null"),
        (put(*LAST, "meta", "state", value="done"), "message 2, meta, state: must be one of streaming, comp"),
        (put(*LAST, "meta", "model", value=1), "message 2, meta, model: must be text, not 1"),
        (put(*LAST, "meta", "cost_usd", value=0.1), "message 2, meta, cost_usd: must be an amount as text"),
        (put(*LAST, "meta", "cost_usd", value="NaN"), "message 2, meta, cost_usd: must be an amount as text"),
        (
            put(*LAST, "meta", "cost_usd", value="much"),
            'cost_usd: must be an amount as text, such as "0.0012"',
        ),
        (put(*LAST, "meta", "cost_usd", value="1e999999999"), "cost_usd: must be an amount as text"),
        (
            put(*LAST, "meta", "cost_usd", value="1e9999999999999999999"),
            "cost_usd: must be an amount as text",
        ),
        (put(*LAST, "meta", "duration_s", value=True), "duration_s: must be a number of seconds, not true"),
        (
            put(*LAST, "meta", "duration_s", value=10**400),
            "duration_s: must be a number of seconds, not 1000",
        ),
        (put(*USAGE, value=3), "message 2, meta, usage: must be an object, not 3"),
        (
            put(*USAGE, "prompt_tokens", value=-1),
            "usage, prompt_tokens: must be a whole number from 0, not -1",
        ),
        (put(*USAGE, "prompt_tokens", value=True), "prompt_tokens: must be a whole number from 0, not true"),
        (put(*USAGE, "prompt_tokens", value=None), "prompt_tokens: must be a whole number from 0, not null"),
        (drop(*USAGE, "prompt_tokens"), "message 2, meta, usage, prompt_tokens: is missing"),
        (put(*USAGE, "is_estimated", value=1), "is_estimated: must be true or false, not 1"),
    ],
)
def test_the_first_wrong_place_is_named(change: Callable[[dict[str, Any]], None], sentence: str) -> None:
    document = example()
    change(document)
    with pytest.raises(TranscriptError) as error:
        read(json.dumps(document))
    assert sentence in error.value.message


def test_ids_that_are_taken_and_parents_that_come_later_are_refused() -> None:
    document = example()
    first, second = document["messages"]
    with pytest.raises(TranscriptError, match=r"message 2, id: .* is the id of an earlier message too"):
        read(json.dumps({**document, "messages": [first, {**second, "id": first["id"]}]}))
    circle = [{**first, "parent": second["id"]}, second]
    with pytest.raises(TranscriptError, match="message 1, parent: must be the id of an earlier message"):
        read(json.dumps({**document, "messages": circle}))
    with pytest.raises(TranscriptError, match="message 1, parent: must be"):
        read(json.dumps({**document, "messages": [{**first, "parent": first["id"]}]}))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The file is not JSON: Expecting value at line 1, column 1."),
        ('{"a": 1,\n "b" 2}', "The file is not JSON: Expecting ':' delimiter at line 2, column 6."),
        ("[NaN]", "The file is not JSON: NaN is not a number in it."),
        ('{"format": -Infinity}', "The file is not JSON: -Infinity is not a number in it."),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("1" * 5000, "a number in it is too long"),
        ("7", "The file holds 7, which is not a chat."),
        ('"' + "x" * 100 + '"', 'The file holds "' + "x" * 40 + '", which is not a chat.'),
        ("{}", "The file holds an object, which is not a chat."),
        ("\ufeff\ufeff[]", "The file is not JSON"),
        ('{"messages": 7}', "The file holds 7, which is not a chat."),
    ],
)
def test_a_file_that_is_something_else_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(TranscriptError) as error:
        read(text)
    assert sentence in error.value.message


def test_only_a_saved_chat_is_read_as_one() -> None:
    with pytest.raises(TranscriptError, match="the file: must be an object, not a list"):
        from_json("[]")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=150)
@given(
    st.text(st.characters()) | json_values.map(json.dumps) | st.binary().map(lambda b: b.decode("latin-1"))
)
def test_no_text_breaks_the_reader(text: str) -> None:
    for reader in (read, from_json):
        try:
            reader(text)
        except TranscriptError as error:
            error.message.encode()


@settings(max_examples=250)
@given(st.data())
def test_no_value_in_any_place_breaks_the_reader(data: st.DataObject) -> None:
    """What is read after all can be written, and comes back the same."""
    document: Any = example()
    at, steps = document, data.draw(st.integers(1, 6))
    for _ in range(steps):
        keys = [*at] if isinstance(at, dict) else [*range(len(at))]
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if not isinstance(at[key], (dict, list)) or data.draw(st.booleans()):
            at[key] = data.draw(json_values)
            break
        at = at[key]
    try:
        found = from_json(json.dumps(document))
    except TranscriptError as error:
        error.message.encode()
    else:
        assert same(from_json(to_json(found)), found)


def test_an_openai_array_becomes_a_chat() -> None:
    items = [
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
        {"role": "user", "content": "Why?", "name": "ann"},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
        {"role": "user", "content": [{"type": "text", "text": "Pl"}, {"type": "text", "text": "ease"}]},
        {"role": "assistant", "content": "So.", "refusal": None, "reasoning_content": "Hm."},
        {"role": "system", "content": "Now be long."},
        {"role": "tool", "content": "42", "tool_call_id": "x"},
    ]
    for text in (json.dumps(items), json.dumps({"model": "m", "messages": items})):
        found = read(text)
        assert found.id == ChatId(f"{1:032x}")
        assert found.system == "Be brief.\n\nBe kind."
        path = found.path()
        assert [(message.role, message.text) for message in path] == [
            (Role.USER, "Why?"),
            (Role.ASSISTANT, "No."),
            (Role.USER, "Please"),
            (Role.ASSISTANT, "So."),
            (Role.SYSTEM, "Now be long."),
            (Role.TOOL, "42"),
        ]
        assert path[3].parts == (ReasoningPart("Hm."), TextPart("So."))
        assert [message.meta.state for message in path] == [None, *2 * (ReplyState.COMPLETE, None), None]
        assert {message.created_at for message in path} == {NOON}
        assert same(read(to_json(found)), found)


def test_an_openai_array_may_be_empty_or_hold_only_a_system_prompt() -> None:
    assert (len(read("[]")), read("[]").system) == (0, None)
    found = read('[{"role": "system", "content": ""}]')
    assert (len(found), found.system) == (0, "")


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        (7, "message 2: must be an object, not 7"),
        ({"content": "x"}, "message 2, role: is missing"),
        (
            {"role": "robot", "content": "x"},
            'message 2, role: must be one of system, developer, user, assistant, tool, not "robot"',
        ),
        ({"role": "user"}, "message 2, content: must be text or a list of text parts, not null"),
        ({"role": "user", "content": 7}, "message 2, content: must be text or a list of text parts, not 7"),
        ({"role": "user", "content": ["x"]}, 'message 2, content, part 1: must be an object, not "x"'),
        (
            {
                "role": "user",
                "content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {}}],
            },
            'message 2, content, part 2, type: must be one of text, refusal, not "image_url"',
        ),
        ({"role": "user", "content": [{"type": "text"}]}, "message 2, content, part 1, text: must be text"),
        (
            {"role": "assistant", "content": None, "tool_calls": [{}]},
            "message 2, tool_calls: cannot be kept: chatrepl reads text only",
        ),
        ({"role": "assistant", "content": "x", "refusal": 1}, "message 2, refusal: must be text, not 1"),
    ],
)
def test_the_first_wrong_place_of_an_openai_array_is_named(item: object, sentence: str) -> None:
    with pytest.raises(TranscriptError) as error:
        read(json.dumps([{"role": "user", "content": "fine"}, item]))
    assert error.value.message.startswith(sentence)


def long_talk() -> Conversation:
    chat = Conversation(CHAT, system="Be brief.", title="Reasons")
    chat.append(question := user("Why?\n"))
    chat.append(reply("Never shown.", question.id))
    failed = Meta(state=ReplyState.FAILED, error="The server\nfailed.")
    cut = Meta(state=ReplyState.INTERRUPTED, model="m-1")
    chat.append(first := reply("See:\n\n```python\nprint(1)\n", question.id, cut, reasoning="Hm."))
    chat.append(second := user("And?", first.id))
    chat.append(reply("", second.id, failed))
    return chat


def test_markdown_holds_the_path_with_fences_closed_and_marks() -> None:
    assert to_markdown(long_talk()) == (
        "# Reasons\n\n## System\n\nBe brief.\n\n## You\n\nWhy?\n\n## Assistant (m-1)\n\n"
        "<details><summary>Reasoning</summary>\n\nHm.\n\n</details>\n\n"
        "See:\n\n```python\nprint(1)\n```\n\n*[interrupted]*\n\n## You\n\nAnd?\n\n"
        "## Assistant\n\n*[failed: The server failed.]*\n"
    )


def test_text_holds_the_path_with_times_and_marks() -> None:
    assert to_text(long_talk()) == (
        "Reasons\n=======\n\nSystem:\nBe brief.\n\nYou, 2026-08-01 12:00 UTC:\nWhy?\n\n"
        "Assistant (m-1), 2026-08-01 12:00 UTC:\nSee:\n\n```python\nprint(1)\n[interrupted]\n\n"
        "You, 2026-08-01 12:00 UTC:\nAnd?\n\nAssistant, 2026-08-01 12:00 UTC:\n[failed: The server failed.]\n"
    )


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        ("```\nx\n```", False),
        ("```\nx\n``", True),
        ("````\n```\nx", True),
        ("````\n```\n````", False),
        ("~~~\n```\n~~~", False),
        ("``` not `a` fence", False),
        ("    ```\nindented code", False),
        ("```\nx\n``` python", True),
        ("```\n`````", False),
    ],
)
def test_only_a_fence_that_is_open_is_closed(text: str, is_open: bool) -> None:
    chat = Conversation(CHAT, messages=[message := user(text)], tip=None)
    chat.move_tip(message.id)
    written = to_markdown(chat)
    assert written.endswith(f"## You\n\n{text}\n") is not is_open
    assert written.rstrip("\n").endswith(("```", "~~~", "````")) or not is_open


def test_a_chat_without_messages_has_a_form_too() -> None:
    assert to_markdown(Conversation(CHAT)) == "# Empty chat\n"
    assert to_text(Conversation(CHAT)) == "Empty chat\n==========\n"


def test_a_chat_of_10000_messages_is_read_whole() -> None:
    chat = Conversation(CHAT)
    for number in range(10_000):
        chat.append(reply("words " * 50, chat.tip) if number % 2 else user("words", chat.tip))
    text = to_json(chat)
    assert same(from_json(text), chat)


def test_usage_without_its_optional_fields_is_enough() -> None:
    document = example()
    put(*USAGE, value={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3})(document)
    found = read(json.dumps(document))
    assert found[MessageId(document["messages"][1]["id"])].meta.usage == Usage(1, 2, 3)


def test_what_is_pinned_left_out_and_summarised_survives_a_file() -> None:
    conversation = Conversation(ChatId("a" * 32))
    for number in range(4):
        role = Role.ASSISTANT if number % 2 else Role.USER
        meta = Meta(ReplyState.COMPLETE) if number % 2 else NO_META
        message = Message(MessageId(f"{number:032x}"), conversation.tip, role, (TextPart("hi"),), NOON, meta)
        conversation.append(message)
    first, second = list(conversation.messages)[:2]
    conversation.marks = {first: Mark.PINNED, second: Mark.OMITTED}
    conversation.summaries = [Summary("b" * 32, second, "They met.", "m", NOON, True)]

    again = from_json(to_json(conversation))

    assert again.marks == conversation.marks
    assert again.summaries == conversation.summaries


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [
        ("marks", [], "marks: must be an object"),
        ("marks", {"0" * 32: "loved"}, "marks, "),
        ("marks", {"f" * 32: "pinned"}, "must be the id of a message"),
        ("summaries", {}, "summaries: must be a list"),
        ("summaries", [{}], "summary 1"),
    ],
)
def test_views_that_make_no_sense_are_refused_with_their_place(key: str, value: object, place: str) -> None:
    conversation = Conversation(ChatId("a" * 32))
    conversation.append(Message(MessageId("0" * 32), None, Role.USER, (TextPart("hi"),), NOON))
    document = json.loads(to_json(conversation)) | {key: value}
    with pytest.raises(TranscriptError) as caught:
        from_json(json.dumps(document))
    assert place in caught.value.message
