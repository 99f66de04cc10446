"""Whatever a file holds, it is read or refused; cut anywhere, what is left of it is as it was."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatrepl.errors import TranscriptError
from chatrepl.imports import Found, Problem
from chatrepl.messages import piece_of
from chatrepl.transcript import to_json
from tests.support.conversations import conversations, reply, same, user
from tests.unit.imports.samples import DATA, found, read

WORDS = [
    "mapping",
    "chat_messages",
    "messages",
    "role",
    "content",
    "parts",
    "content_type",
    "text",
    "thoughts",
    "code",
    "id",
    "uuid",
    "parent",
    "children",
    "message",
    "author",
    "metadata",
    "sender",
    "parent_message_uuid",
    "current_node",
    "create_time",
    "created_at",
    "timestamp",
    "format",
    "type",
    "thinking",
    "tool_use",
    "tool_calls",
    "attachments",
    "files",
    "user",
    "assistant",
    "human",
    "image_url",
    "file",
    "name",
    "title",
    "a",
    "b",
    "chatrepl/chat",
]
leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=5)
)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6),
    max_leaves=30,
)
nodes = st.dictionaries(
    st.sampled_from("abcdef"),
    st.fixed_dictionaries(
        {
            "parent": st.none() | st.sampled_from("abcdefg"),
            "children": st.lists(st.sampled_from("abcdefg"), max_size=3),
            "message": st.none()
            | st.fixed_dictionaries(
                {
                    "author": st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant", "tool"])}),
                    "create_time": st.none() | st.floats(),
                    "content": st.fixed_dictionaries(
                        {
                            "content_type": st.sampled_from(["text", "thoughts", "reasoning_recap"]),
                            "parts": st.lists(st.text(max_size=3), max_size=2),
                            "content": st.text(max_size=3),
                        }
                    ),
                }
            ),
        }
    ),
)


@given(anything | st.lists(anything, max_size=4))
def test_any_json_is_read_or_refused(value: Any) -> None:
    with contextlib.suppress(TranscriptError):
        read(json.dumps(value))


@given(st.lists(anything, max_size=4), st.binary(max_size=20), st.integers(1, 50))
def test_any_lines_with_anything_between_them_are_read_or_refused(
    items: list[Any], junk: bytes, step: int
) -> None:
    with contextlib.suppress(TranscriptError):
        read((b"\n" + junk + b"\n").join(json.dumps(item).encode() for item in items), step=step)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for start in (b"", b"{", b"[", b"messages:\n"):
        with contextlib.suppress(TranscriptError):
            read(start + data)


@given(nodes, st.sampled_from("abcdefg"))
def test_any_links_between_messages_become_a_tree_with_all_that_was_said(
    mapping: dict[str, Any], tip: str
) -> None:
    items = read(json.dumps({"mapping": mapping, "current_node": tip}))
    said = [
        part
        for node in mapping.values()
        if node["message"] and (content := node["message"]["content"])
        for part in (
            [content["content"]] if content["content_type"] == "reasoning_recap" else content["parts"]
        )
        if part.strip()
    ]
    kept = [
        piece_of(part)[1]
        for item in found(items)
        for m in item.conversation.messages.values()
        for part in m.parts
    ]
    whole = "\n".join(kept)
    assert all(part.replace("\0", "") in whole for part in said)
    for item in found(items):
        assert item.conversation.path()
        assert item.created_at <= item.updated_at


@given(st.lists(conversations(settled=True), min_size=1, max_size=3), st.data())
@settings(max_examples=50)
def test_a_library_of_ours_cut_anywhere_gives_whole_chats(made: list[Any], data: st.DataObject) -> None:
    lines = "".join(json.dumps(json.loads(to_json(chat))) + "\n" for chat in made).encode()
    cut = data.draw(st.integers(0, len(lines)))
    check_cut(lines, cut)


def check_cut(data: bytes, cut: int, name: str = "file") -> None:
    """Check that what is left of a file gives whole chats of it, and a problem where it was cut inside of one."""
    whole = found(read(data, name))
    try:
        items = read(data[:cut], name)
    except TranscriptError:
        assert not data[:cut].strip(b"\n {[")
        return
    for left, right in zip(found(items), whole, strict=False):
        assert same(left.conversation, right.conversation)
        assert (left.created_at, left.updated_at) == (right.created_at, right.updated_at)
    is_at_line_end = data[cut - 1 : cut + 1].find(b"\n") >= 0 or data[cut - 1 : cut] == b"}"
    assert (
        isinstance(items[-1] if items else None, Problem) or is_at_line_end or len(found(items)) == len(whole)
    )


@pytest.mark.parametrize("name", ["chatgpt.json", "claude.json", "openai.jsonl", "shell_gpt"])
def test_a_file_cut_anywhere_gives_whole_chats_and_a_problem(name: str) -> None:
    """At every third byte: every byte of a chat of ours is tried below, and each try reads all that is before it."""
    data = (DATA / name).read_bytes()
    for cut in range(1, len(data), 3):
        check_cut(data, cut, name)


def test_a_chat_of_ours_cut_at_any_byte_gives_a_problem() -> None:
    first = user("One")
    data = to_json_of(first, reply("Two", first.id), user("Three")).encode()
    end = data.rindex(b"}")
    for cut in range(2, end):
        (problem,) = read(data[:cut])
        assert isinstance(problem, Problem)


def to_json_of(*messages: Any) -> str:
    from chatrepl.conversation import Conversation
    from chatrepl.messages import ChatId

    return to_json(Conversation(ChatId("c" * 32), messages=messages))


def test_a_log_of_gptme_cut_at_any_byte_gives_the_chat_until_there() -> None:
    data = (DATA / "gptme.jsonl").read_bytes()
    (whole,) = found(read(data))
    messages = [*whole.conversation.messages.values()]
    for cut in range(data.index(b"\n", data.index(b"\n") + 1), len(data)):
        (item,) = read(data[:cut])
        assert isinstance(item, Found)
        kept = [*item.conversation.messages.values()]
        assert kept == messages[: len(kept)]
        assert item.conversation.id == whole.conversation.id
        assert item.problems or data[cut - 1 : cut] in {b"}", b"\n"}
