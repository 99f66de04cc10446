"""Each kind of file becomes the chats that are in it."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chatrepl.conversation import Conversation
from chatrepl.errors import TranscriptError
from chatrepl.imports import KINDS, Found, Problem
from chatrepl.messages import ChatId, Message, Meta, ReasoningPart, ReplyState, Role, TextPart
from chatrepl.transcript import to_json, to_json_line
from tests.support.conversations import STREAMING, reply, same, user
from tests.unit.imports.samples import (
    DATA,
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


def load(name: str) -> list[Found]:
    items = read((DATA / name).read_bytes(), name)
    assert problems(items) == []
    return found(items)


def own(*messages: Message) -> Conversation:
    return Conversation(ChatId(user("x").id), title="Jam", system="Be kind.", messages=messages)


def test_the_help_names_every_kind() -> None:
    assert KINDS == ("chatrepl", "chatgpt", "claude", "openai", "gptme", "shell_gpt", "aichat")


# chatrepl -----------------------------------------------------------------------------------------------------------


def chats_of_ours() -> list[Conversation]:
    first = user("Plums?")
    second = user("Pears?")
    return [own(first, reply("Yes.", first.id), reply("No.", first.id)), own(second)]


def test_a_chat_of_ours_is_the_same_again() -> None:
    made, _ = chats_of_ours()
    item = only(read(to_json(made)))
    assert same(item.conversation, made)
    assert item.created_at == item.updated_at == next(iter(made.messages.values())).created_at


@pytest.mark.parametrize("form", ["lines", "array", "one after the other"])
def test_a_library_of_ours_is_the_same_again(form: str) -> None:
    made = chats_of_ours()
    written = [to_json(chat) for chat in made]
    if form == "lines":
        text = "\n".join(json.dumps(json.loads(each)) for each in written)
    elif form == "array":
        text = f"[{','.join(written)}]"
    else:
        text = "\n".join(written)
    items = read(text)
    assert problems(items) == []
    assert all(same(item.conversation, chat) for item, chat in zip(found(items), made, strict=True))


def test_a_reply_of_ours_that_was_still_arriving_broke_off() -> None:
    first = user("Plums?")
    item = only(read(to_json(own(first, reply("Ye", first.id, STREAMING)))))
    assert [*item.conversation.messages.values()][-1].meta.state is ReplyState.INTERRUPTED


def test_what_the_library_knew_of_a_chat_of_ours_is_kept() -> None:
    first = user("Plums?")
    kept = {
        "created_at": "2026-01-02T03:04:05Z",
        "updated_at": "2026-02-03T04:05:06Z",
        "auto_title": "Fruit",
        "is_archived": True,
    }
    made = own(first)
    made.tags = ("fruit", "jam")
    item = only(read(to_json_line(made, kept)))
    assert item.conversation.tags == ("fruit", "jam")
    assert item.created_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert item.updated_at == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert (item.auto_title, item.is_archived) == ("Fruit", True)


def test_a_chat_of_ours_that_is_wrong_is_told_and_the_others_are_read() -> None:
    made = chats_of_ours()
    wrong = json.loads(to_json(made[0])) | {"version": 99}
    items = read_values(wrong, json.loads(to_json(made[1])))
    assert isinstance(items[0], Problem)
    assert items[0].place == "line 1"
    assert "newer chatrepl" in items[0].said
    assert len(found(items)) == 1


# ChatGPT ------------------------------------------------------------------------------------------------------------


def test_a_chatgpt_export_keeps_its_branches_and_its_tip() -> None:
    first, second = load("chatgpt.json")
    chat = first.conversation
    assert chat.id == "6850a0001111800699990123456789ab"
    assert chat.title == "Growing basil indoors"
    assert [message.role[0] for message in chat.path()] == ["u", "a", "t", "t", "a"]
    assert chat.tip == "aaaaaaaa00004000800000000000000b"
    assert len(chat) == 7
    start = chat.path()[0]
    assert [chat[child].text[:9] for child in chat.children(start.id)] == ["A draught", "```python"]
    assert texts(second.conversation) == ["u: Ping", "a: Pong"]


def test_times_of_a_chatgpt_export_are_in_utc_and_missing_ones_those_of_the_message_before() -> None:
    first, second = load("chatgpt.json")
    assert first.created_at == datetime(2025, 6, 15, 15, 6, 40, 250000, tzinfo=UTC)
    assert first.updated_at - first.created_at == timedelta(seconds=3600.25)
    path = first.conversation.path()
    assert path[-1].created_at == path[-2].created_at + timedelta(seconds=1)  # that of the recap before it
    assert second.created_at == second.updated_at == NOW


def test_images_and_files_of_a_chatgpt_export_become_references() -> None:
    chat = load("chatgpt.json")[0].conversation
    path = chat.path()
    assert path[0].text == (
        "[image: file-service://file-abc, 1024x768]\n\nWhat ails this pot?\n\n[file: notes.pdf, 12 kB]"
    )
    assert path[2].text == "```\n5\n```\n\n[image: file-service://file-plot, 400x300]"
    spoken = [message for message in chat.messages.values() if "sure" in message.text]
    assert [message.text for message in spoken] == ["Are you sure?\n\n[audio: sediment://file_77, wav]"]


def test_reasoning_of_a_chatgpt_export_belongs_to_the_reply_after_it() -> None:
    path = load("chatgpt.json")[0].conversation.path()
    assert path[1].parts == (
        ReasoningPart("**Looking at the leaves**\n\nThey droop."),
        TextPart("```python\nprint(2 + 3)\n```"),
    )
    assert path[4].parts == (ReasoningPart("Thought for 4s"), TextPart("Too much water, I fear."))
    assert path[4].meta == Meta(ReplyState.COMPLETE, "o4-mini")
    assert path[3].text == (
        "[quote: Basil, https://herbs.example/basil]\n> Basil likes warmth.\n> It hates wet feet."
    )


def test_reasoning_without_a_reply_is_a_message_of_its_own() -> None:
    thoughts = {"content_type": "thoughts", "thoughts": [{"content": "Hm."}]}
    nodes = [gpt_node("a", None, "Go"), gpt_node("b", "a", thoughts, role="assistant")]
    alone = only(read_values(gpt(*nodes))).conversation
    assert alone.path()[1].parts == (ReasoningPart("Hm."),)
    asked = only(read_values(gpt(*nodes, gpt_node("c", "b", "Stop")))).conversation
    assert [message.role[0] for message in asked.path()] == ["u", "a", "u"]


def test_a_model_that_a_reply_does_not_name_is_that_of_the_chat() -> None:
    chat = load("chatgpt.json")[0].conversation
    assert [m.meta.model for m in chat.messages.values() if m.text == "A draught."] == ["gpt-4o"]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"content_type": "system_error", "name": "Oops", "text": "no luck"}, "[error: Oops]\n\nno luck"),
        ({"content_type": "tether_browsing_display", "result": "a page"}, "a page"),
        ({"content_type": "code", "language": "unknown", "text": "a ``` b"}, "````\na ``` b\n````"),
        ({"content_type": "text", "parts": ["one", "two", None]}, "one\n\ntwo"),
        ({"content_type": "multimodal_text", "parts": [{"content_type": "image_asset_pointer"}]}, "[image]"),
    ],
)
def test_each_kind_of_chatgpt_content_is_kept_as_text(content: dict[str, Any], text: str) -> None:
    item = only(read_values(gpt(gpt_node("a", None, content, role="tool"))))
    assert texts(item.conversation) == [f"t: {text}"]


def test_chatgpt_content_of_an_unknown_kind_is_kept_as_a_reference_and_told() -> None:
    (item,) = found(read_values(gpt(gpt_node("a", None, {"content_type": "hologram", "rays": 3}))))
    assert texts(item.conversation) == ["u: [hologram]"]
    assert item.problems[0].place == 'line 1 ("Talk"), message 1'


def test_a_single_chatgpt_conversation_is_read_too() -> None:
    array = json.loads((DATA / "chatgpt.json").read_text())
    assert same(only(read(json.dumps(array[0], indent=1))).conversation, load("chatgpt.json")[0].conversation)


def test_a_tip_that_is_hidden_is_the_message_before_it() -> None:
    hidden = {"is_visually_hidden_from_conversation": True}
    nodes = [gpt_node("a", None, "One"), gpt_node("b", "a", "Two"), gpt_node("c", "a", "x", metadata=hidden)]
    assert texts(only(read_values(gpt(*nodes, current_node="c"))).conversation) == ["u: One"]


# Claude -------------------------------------------------------------------------------------------------------------


def test_a_claude_export_keeps_its_branches() -> None:
    first, second = load("claude.json")
    chat = first.conversation
    assert chat.id == "11111111222243338444555555555555"
    assert chat.title == "Sail repair"
    assert [message.role[0] for message in chat.path()] == ["u", "a", "u"]
    assert len(chat.children(chat.path()[0].id)) == 2
    assert first.created_at == datetime(2025, 6, 1, 8, tzinfo=UTC)
    assert first.updated_at == datetime(2025, 6, 1, 9, tzinfo=UTC)
    assert texts(second.conversation) == ["u: Knots?", "a: The bowline."]
    assert second.created_at == datetime(2024, 1, 2, 6, tzinfo=UTC)


def test_attachments_of_a_claude_export_are_kept_with_what_is_in_them() -> None:
    path = load("claude.json")[0].conversation.path()
    assert path[0].text == (
        "How do I mend this tear?\n\n"
        "[file: pasted text, 5 kB]\n```\nRipstop, 40 g, torn along the batten.\n```\n\n"
        "[image: tear.jpg]\n\n[file: survey.pdf]"
    )


def test_thinking_and_tools_of_a_claude_export_are_kept() -> None:
    path = load("claude.json")[0].conversation.path()
    assert path[1].parts == (
        ReasoningPart("Tape may be quicker."),
        TextPart(
            "Let me look it up.\n\n"
            '[tool call: web_search]\n```json\n{\n "query": "sail tape"\n}\n```\n\n'
            "[tool result: web_search]\n```\nTape holds for a season.\nLofts https://loft.example\n```\n\n"
            "Use tape."
        ),
    )
    assert path[1].meta.state is ReplyState.COMPLETE


def test_a_claude_export_that_names_its_tip_stands_there() -> None:
    messages = [
        claude_message("a", "One", parent_message_uuid=None),
        claude_message("b", "Two", parent_message_uuid="a"),
        claude_message("c", "Three", parent_message_uuid="a"),
    ]
    assert texts(only(read_values(claude(*messages))).conversation) == ["u: One", "u: Three"]
    named = claude(*messages, current_leaf_message_uuid="b")
    assert texts(only(read_values(named)).conversation) == ["u: One", "u: Two"]


# Lists of messages --------------------------------------------------------------------------------------------------


def test_openai_messages_are_one_chat_a_line() -> None:
    first, second = load("openai.jsonl")
    assert first.conversation.system == "Answer in rhyme.\n\nKeep it short."
    assert texts(first.conversation) == [
        (
            "u: Name this bird.\n\n[image: https://birds.example/wren.png]\n\n[image: image/png, 1 kB]\n\n"
            "[audio: wav, 1 kB]\n\n[file: list.csv, 1 kB]"
        ),
        'a: [tool call: lookup]\n```json\n{"bird": "wren"}\n```',
        "t: Troglodytes troglodytes",
        "a: A wren, my friend.",
    ]
    assert first.conversation.path()[3].reasoning == "Small and brown."
    assert second.conversation.title == "Short"
    assert second.conversation.path()[1].text == "I would rather not."
    assert second.conversation.path()[1].meta.model == "some-model"
    assert first.created_at == NOW


@pytest.mark.parametrize("form", ["array", "object", "array in an array", "array on a line"])
def test_openai_messages_may_stand_in_arrays_and_objects(form: str) -> None:
    messages = [{"role": "user", "content": "Hey"}, {"role": "assistant", "content": "Ho"}]
    values = {"array": messages, "object": {"messages": messages}, "array in an array": [messages]}
    text = json.dumps(values.get(form, messages), indent=2)
    if form == "array on a line":
        text = f"{json.dumps(messages)}\n{json.dumps(messages[:1])}"
    items = read(text, "notes.json")
    assert problems(items) == []
    assert texts(found(items)[0].conversation) == ["u: Hey", "a: Ho"]
    assert len(found(items)) == (2 if form == "array on a line" else 1)


def test_an_array_of_messages_is_called_as_its_file() -> None:
    assert only(read('[{"role": "user", "content": "Hey"}]', "a/b/notes.json")).conversation.title == "notes"


def test_the_same_list_gives_the_same_ids_and_another_other_ones() -> None:
    one, two = [{"role": "user", "content": "Hey"}], [{"role": "user", "content": "Hi"}]
    first, again, other = (only(read_values({"messages": m})).conversation for m in (one, one, two))
    assert same(first, again)
    assert first.id != other.id
    assert not set(first.messages) & set(other.messages)


def test_a_gptme_log_is_one_chat() -> None:
    (item,) = load("gptme.jsonl")
    assert item.conversation.system == "You are a helper in a shell."
    assert texts(item.conversation) == [
        "u: List the jars.\n\n[file: /shelf/jars.txt]",
        "a: There are three.",
        "s: Ran command: `ls`",
    ]
    assert item.conversation.path()[1].meta.model == "some/model"
    assert item.conversation.path()[1].created_at == datetime(2025, 3, 1, 9, 0, 7, tzinfo=UTC)


def test_a_gptme_log_that_has_grown_extends_the_chat() -> None:
    lines = (DATA / "gptme.jsonl").read_bytes().splitlines(keepends=True)
    before, after = only(read(b"".join(lines[:3]))), only(read(b"".join(lines)))
    assert before.conversation.id == after.conversation.id
    assert [*after.conversation.messages][:2] == [*before.conversation.messages]


def test_a_broken_line_of_a_gptme_log_is_told_and_the_rest_kept() -> None:
    lines = (DATA / "gptme.jsonl").read_bytes().splitlines(keepends=True)
    lines[2] = b'{"role": "assistant", "content": "There ar\n'
    (item,) = found(read(b"".join(lines)))
    assert [place for place, _ in item.problems] == ["line 3"]
    assert len(item.conversation) == 2


def test_a_shell_gpt_chat_is_known_by_its_name_and_role() -> None:
    (item,) = load("shell_gpt")
    assert item.conversation.title == "shell_gpt"
    assert texts(item.conversation) == ["u: show the clock", "a: date"]
    grown = [*json.loads((DATA / "shell_gpt").read_text()), {"role": "user", "content": "more"}]
    after = only(read(json.dumps(grown), "shell_gpt"))
    assert after.conversation.id == item.conversation.id
    assert [*after.conversation.messages][:2] == [*item.conversation.messages]
    assert only(read(json.dumps(grown), "other")).conversation.id != item.conversation.id


# aichat -------------------------------------------------------------------------------------------------------------


def test_an_aichat_session_is_read_with_what_it_compressed() -> None:
    (item,) = load("aichat.yaml")
    assert item.conversation.title == "aichat"
    assert item.conversation.system == "Speak like a miller."
    assert texts(item.conversation) == [
        "u: Which stone?",
        "a: The hard one.\n\nAlways the hard one.",
        "s: Speak like a miller.\n\nIn short: stones were discussed.",
        "u: And this?\n\n[image: https://mill.example/stone.png]",
        (
            't: [tool call: weigh]\n```json\n{\n "stone": "small"\n}\n```\n\n'
            "[tool result: weigh]\n```\n12 stone\n```"
        ),
        "a: That is\tgrit.",
    ]
    assert item.conversation.path()[1].meta == Meta(ReplyState.COMPLETE, "openai:gpt-4o")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x [1]\nmessages: [*x]\n", "repeats a part by alias"),
        ("messages: " + "[" * 100_000, "nested too deeply"),
        ("messages:\n" + "- " * 100_000, "nested too deeply"),
        ("messages: [\n- role: user\n", "not YAML"),
        ("messages: 'open\n", "not YAML"),
    ],
    ids=["alias", "flow", "block", "broken", "open"],
)
def test_a_session_that_cannot_be_read_is_told(text: str, said: str) -> None:
    (problem,) = problems(read(text))
    assert said in problem.said


def test_without_the_package_for_yaml_a_session_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    (problem,) = problems(read((DATA / "aichat.yaml").read_bytes()))
    assert "PyYAML" in problem.said


def test_old_calls_and_audio_of_openai_become_references() -> None:
    message = {
        "role": "assistant",
        "content": None,
        "function_call": {"name": "look", "arguments": ""},
        "audio": {"id": "audio_1", "transcript": "Well."},
    }
    chat = only(read_values({"messages": [message], "id": "abc", "system": "Be."})).conversation
    assert chat.path()[0].text == "[tool call: look]\n\n[audio: audio_1]\n\nWell."
    assert chat.system == "Be."


def test_yaml_of_another_kind_is_refused() -> None:
    with pytest.raises(TranscriptError, match="not a session of aichat"):
        read("name: a\nversion: 3\n")


@pytest.mark.parametrize(
    "text",
    ["model: x\nmessages: []\n", '{"messages": []}', '{"uuid": "a", "chat_messages": []}', '{"mapping": {}}'],
)
def test_an_empty_chat_is_left_out_without_a_word(text: str) -> None:
    assert read(text) == []


def test_roles_have_their_other_names() -> None:
    names = ["human", "ai", "model", "function", "Assistant"]
    item = only(read_values({"messages": [{"role": name, "content": name} for name in names]}))
    roles = [message.role for message in item.conversation.path()]
    assert roles == [Role.USER, Role.ASSISTANT, Role.ASSISTANT, Role.TOOL, Role.ASSISTANT]
