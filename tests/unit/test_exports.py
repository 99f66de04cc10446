"""Chats on their way out: every form streams, and training data is what ratings say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl import transcript
from chatrepl.conversation import Conversation, Mark, Rating, Verdict
from chatrepl.exports import FORMS, Outgoing, form_for
from chatrepl.messages import Meta, ReplyState, Role, TextPart
from tests.support.conversations import CHAT, COMPLETE, NOON, conversations, reply, same, texts, user


def written(form: str, *chats: Conversation) -> str:
    return "".join(FORMS[form].write(map(Outgoing, chats), "Chats", NOON))


def lines(form: str, *chats: Conversation) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written(form, *chats).splitlines()]


@st.composite
def rated(draw: st.DrawFn) -> Conversation:
    """Return any chat with marks, ratings and tags."""
    chat = draw(conversations(settled=True))
    chat.tags = tuple(sorted(draw(st.sets(st.sampled_from(["work", "fun", "été"])))))
    for message in chat.messages.values():
        if message.is_reply and draw(st.booleans()):
            chat.ratings[message.id] = Rating(draw(st.sampled_from(Verdict)), draw(texts), NOON)
        elif draw(st.booleans()):
            chat.marks[message.id] = draw(st.sampled_from(Mark))
    return chat


@given(rated(), st.booleans())
def test_json_gives_everything_back(chat: Conversation, is_line: bool) -> None:
    encode = transcript.to_json_line if is_line else transcript.to_json
    text = encode(chat)
    assert text.count("\n") == 1 or not is_line
    again = transcript.from_json(text)
    assert same(again, chat)
    assert (again.marks, again.ratings, again.tags) == (chat.marks, chat.ratings, chat.tags)
    assert encode(again) == text


def test_json_says_what_the_library_knows_and_that_is_read_again() -> None:
    chat = Conversation(CHAT, messages=[user("hi")])
    later = NOON + timedelta(hours=1)
    document = json.loads(
        "".join(FORMS["json"].write([Outgoing(chat, NOON, later, "A greeting", True)], "", NOON))
    )
    assert transcript.kept_of(document) == {
        "created_at": NOON,
        "updated_at": later,
        "auto_title": "A greeting",
        "is_archived": True,
    }
    assert same(transcript.from_document(document), chat)


@pytest.mark.parametrize("form", sorted(FORMS))
def test_every_form_has_one_chat_in_memory_at_a_time(form: str) -> None:
    alive = 0

    def chats() -> Iterator[Outgoing]:
        nonlocal alive
        for number in range(5):
            chat = Conversation(CHAT, title=f"chat {number}")
            first = user(f"question {number}")
            chat.append(first)
            for text, verdict in (("good", Verdict.UP), ("bad", Verdict.DOWN)):
                made = reply(f"{text} {number}", first.id, COMPLETE)
                chat.append(made)
                chat.ratings[made.id] = Rating(verdict, "", NOON)
            alive = number
            yield Outgoing(chat)

    seen = set()
    for piece in FORMS[form].write(chats(), "Chats", NOON):
        if piece.strip():
            seen.add(alive)
    assert len(seen) >= 4  # something was written of each before the one after the next was asked for


@pytest.mark.parametrize(
    ("name", "ending", "is_one", "form"),
    [
        (None, ".md", True, "markdown"),
        (None, ".markdown", True, "markdown"),
        (None, ".htm", True, "html"),
        (None, ".jsonl", True, "jsonl"),
        (None, "", True, "json"),
        (None, "", False, "jsonl"),
        ("sft", ".jsonl", True, "sft"),
        (None, ".docx", True, None),
        ("nothing", ".md", True, None),
    ],
)
def test_the_form_is_what_is_said_or_what_the_ending_says(
    name: str | None, ending: str, is_one: bool, form: str | None
) -> None:
    found = form_for(name, ending, is_one=is_one)
    assert (found.name if found else None) == form


def a_chat() -> Conversation:
    """Two questions; the second has three replies: rated up, not rated, rated down."""
    chat = Conversation(CHAT, system="Be brief.")
    for text in ("one", "two"):
        chat.append(user(text, chat.tip))
        if text == "one":
            chat.append(reply("first", chat.tip, COMPLETE))
    asked = chat.tip
    for text, verdict in (("best", Verdict.UP), ("middling", None), ("worst", Verdict.DOWN)):
        made = reply(text, asked, COMPLETE)
        chat.append(made)
        if verdict is not None:
            chat.ratings[made.id] = Rating(verdict, "why", NOON)
    return chat


def test_openai_messages_are_the_path_to_the_last_whole_reply() -> None:
    chat = a_chat()
    chat.append(user("unanswered", chat.tip))
    (line,) = lines("openai", chat)
    assert line == {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "first"},
            {"role": "user", "content": "two"},
            {"role": "assistant", "content": "worst"},
        ]
    }
    assert written("openai", Conversation(CHAT, messages=[user("unanswered")])) == ""


def test_good_replies_are_those_rated_up() -> None:
    (line,) = lines("sft", a_chat())
    assert [message["content"] for message in line["messages"]] == [
        "Be brief.",
        "one",
        "first",
        "two",
        "best",
    ]


def test_preferences_pair_the_best_with_the_worst() -> None:
    (line,) = lines("preference", a_chat())
    assert line["prompt"][-1] == {"role": "user", "content": "two"}
    assert line["chosen"] == [{"role": "assistant", "content": "best"}]
    assert line["rejected"] == [{"role": "assistant", "content": "worst"}]
    (openai,) = lines("preference-openai", a_chat())
    assert openai["input"] == {"messages": line["prompt"]}
    assert openai["preferred_output"] == line["chosen"]
    assert openai["non_preferred_output"] == line["rejected"]


def test_a_reply_that_was_not_rated_stands_between_the_two() -> None:
    chat = a_chat()
    worst = next(message for message in chat.messages.values() if message.text == "worst")
    del chat.ratings[worst.id]
    pairs = lines("preference", chat)
    assert [line["rejected"][0]["content"] for line in pairs] == ["middling", "worst"]


@given(rated())
def test_training_data_holds_whole_replies_only(chat: Conversation) -> None:
    good = {
        message.text
        for message in chat.messages.values()
        if message.is_reply and message.meta.state is ReplyState.COMPLETE and message.text.strip()
    }
    for line in lines("sft", chat):
        assert line["messages"][-1]["content"] in good
    for line in lines("preference", chat):
        chosen, rejected = line["chosen"][0]["content"], line["rejected"][0]["content"]
        assert chosen in good
        assert rejected in good
        assert chosen.strip() != rejected.strip()


def test_ratings_and_titles_stand_in_what_is_read() -> None:
    chat = a_chat()
    assert "rated down: why" in written("markdown", chat)
    assert "rated down: why" in written("text", chat)
    pieces = "".join(FORMS["markdown"].write([Outgoing(chat, auto_title="By a model")], "", NOON))
    assert pieces.startswith("# By a model\n")


def test_a_failed_reply_is_no_training_data() -> None:
    chat = Conversation(CHAT, messages=[user("one")])
    failed = reply("half", chat.tip, Meta(state=ReplyState.FAILED, error="cut"))
    chat.append(failed)
    chat.ratings[failed.id] = Rating(Verdict.UP, "", datetime(2026, 1, 1, tzinfo=UTC))
    assert written("sft", chat) == written("openai", chat) == ""
    assert isinstance(failed.parts[0], TextPart)
    assert failed.role is Role.ASSISTANT
