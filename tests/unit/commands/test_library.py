"""Finding chats and going through their branches: /resume, /chats, /search, /open, /tree, /edit and the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chatrepl.cancellation import Cancellation
from chatrepl.commands.base import (
    Confirm,
    Draft,
    Found,
    Messages,
    Notice,
    Pick,
    Reply,
    Several,
    Table,
    Text,
)
from chatrepl.commands.tree import difference
from chatrepl.conversation import Verdict
from chatrepl.session import Session
from chatrepl.turn import Kind
from tests.support.commands import Run, run_in
from tests.support.fakes import ScriptedClient, make_session, says


@pytest.fixture
def session(tmp_path: Path) -> Session:
    session = make_session(tmp_path, ScriptedClient(*(says(f"reply {number}") for number in range(1, 40))))
    session.prepare()
    return session


@pytest.fixture
def run(session: Session, tmp_path: Path) -> Run:
    return run_in(session, tmp_path)


def ask(session: Session, text: str, kind: Kind = Kind.ASK) -> None:
    list(session.turn(kind, text, Cancellation()))


def said(reply: Reply) -> str:
    """Return all that a reply says in notices and texts."""
    match reply:
        case Several(replies):
            return "\n".join(map(said, replies))
        case Notice(text, _, hint):
            return f"{text} {hint or ''}"
        case Text(text):
            return text
        case Draft(_, notice):
            return notice
        case Messages():
            return reply.notice
        case _:
            return ""


def only(reply: Reply, kind: type) -> Reply:
    found = [
        each for each in (reply.replies if isinstance(reply, Several) else (reply,)) if isinstance(each, kind)
    ]
    assert len(found) == 1, reply
    return found[0]


def words(session: Session) -> list[str]:
    return [message.text for message in session.conversation.path()]


# Branches -------------------------------------------------------------------------------------------------------------


def test_an_edited_message_becomes_a_branch_and_the_one_before_stays(session: Session, run: Run) -> None:
    ask(session, "first")
    ask(session, "second")
    draft = only(run("/edit 3"), Draft)
    assert isinstance(draft, Draft)
    assert draft.text == "second"
    ask(session, "second, better")
    assert words(session) == ["first", "reply 1", "second, better", "reply 3"]
    run("/sibling")
    assert words(session) == ["first", "reply 1", "second", "reply 2"]
    assert "version 2 of 2" in said(run("/sibling next"))
    assert "reply 3" in words(session)


def test_the_last_message_is_edited_where_no_number_is_given_and_replies_are_not(
    session: Session, run: Run
) -> None:
    assert "no message of yours" in said(run("/edit"))
    ask(session, "first")
    assert isinstance(only(run("/edit"), Draft), Draft)
    session.step(back=True)
    assert "not yours" in said(run("/edit 2"))
    assert "There is no message 9" in said(run("/edit 9"))


def test_versions_of_a_reply_are_kept_and_counted(session: Session, run: Run) -> None:
    ask(session, "first")
    for _ in range(2):
        ask(session, "", Kind.RETRY)
    assert words(session) == ["first", "reply 3"]
    shown = only(run("/sibling 1"), Messages)
    assert isinstance(shown, Messages)
    assert set(shown.versions.values()) == {"1/3"}
    assert words(session) == ["first", "reply 1"]
    run("/sibling previous")
    assert words(session) == ["first", "reply 3"]
    assert "There is no version 4" in said(run("/sibling 4"))
    assert "/sibling takes" in said(run("/sibling sideways"))
    assert "no other version" in said(run("/sibling next 1"))


def test_a_branch_goes_on_from_any_message(session: Session, run: Run) -> None:
    for text in ("a", "b", "c"):
        ask(session, text)
    assert "follows message 2" in said(run("/branch 2"))
    ask(session, "b2")
    assert words(session) == ["a", "reply 1", "b2", "reply 4"]
    tree = said(run("/tree"))
    assert "2 branches" in tree
    assert "[1]" in tree
    assert "[2]  ← here" in tree
    run("/tree 1")
    assert words(session)[-2:] == ["c", "reply 3"]
    assert "There is no branch 7" in said(run("/tree 7"))


def test_what_was_said_in_another_terminal_is_a_branch_of_the_tree(
    session: Session, run: Run, tmp_path: Path
) -> None:
    ask(session, "first")
    other = make_session(tmp_path, ScriptedClient(says("said there")))
    other.open_later(session.conversation.id)
    other.prepare()
    ask(other, "asked there")
    ask(session, "asked here")
    here = words(session)
    assert "2 branches" in said(run("/tree"))
    assert words(session) == here
    run("/tree 2")
    assert words(session)[-1] == "said there"
    other.close()


def test_back_and_forward_undo_every_step(session: Session, run: Run) -> None:
    for text in ("a", "b", "c"):
        ask(session, text)
    whole = words(session)
    run("/undo 2")
    run("/branch 1")
    assert words(session) == ["a"]
    run("/back")
    assert words(session) == ["a", "reply 1"]
    run("/back")
    assert words(session) == whole
    assert "where you began" in said(run("/back"))
    run("/forward")
    run("/forward")
    assert words(session) == ["a"]
    assert "/back was not used" in said(run("/forward"))


def test_back_goes_to_the_chat_before(session: Session, run: Run) -> None:
    ask(session, "one chat")
    first = session.conversation.id
    run("/new")
    ask(session, "another chat")
    run("/resume one")
    assert session.conversation.id == first
    assert "another chat" in said(run("/back"))
    assert words(session)[0] == "another chat"


def test_a_comparison_shows_words_in_short_changes_and_lines_in_long_ones() -> None:
    assert [*difference("a fine day it is", "a good day it is")] == [
        "@@ lines 1-1, now 1-1 @@",
        "~ a [-fine-]{+good+} day it is",
    ]
    assert [*difference("one\ntwo", "one\nentirely other words here")][1:] == [
        "  one",
        "- two",
        "+ entirely other words here",
    ]
    assert [*difference("same", "same")] == []


def test_two_versions_are_compared(session: Session, run: Run) -> None:
    ask(session, "first")
    assert "another version" in said(run("/diff"))
    ask(session, "", Kind.RETRY)
    text = said(run("/diff"))
    assert "--- version 1 of 2" in text
    assert "~ reply [-1-]{+2+}" in text
    assert "itself" in said(run("/diff 2"))


# The library ----------------------------------------------------------------------------------------------------------


def test_without_a_name_a_chat_is_chosen_from_a_list(run: Run) -> None:
    assert run("/resume") == Pick()


def test_a_chat_is_opened_by_its_title_and_only_its_end_is_read(session: Session, run: Run) -> None:
    for number in range(8):
        ask(session, f"question {number}")
    chat = session.conversation.id
    run("/new")
    shown = only(run("/resume question 0"), Messages)
    assert isinstance(shown, Messages)
    assert [message.text for message in shown.messages][-1] == "reply 8"
    assert len(shown.messages) == 6
    assert shown.has_earlier
    assert session._conversation is None  # not read yet
    assert session.conversation.id == chat
    earlier = only(run("/history 4"), Messages)
    assert isinstance(earlier, Messages)
    assert [message.text for message in earlier.messages] == [
        "question 3",
        "reply 4",
        "question 4",
        "reply 5",
    ]
    run("/history 100")
    assert "from its beginning" in said(run("/history"))


def test_what_was_searched_for_is_opened_where_it_stands(session: Session, run: Run) -> None:
    ask(session, "where is the zebra")
    ask(session, "other things")
    run("/undo")
    ask(session, "a branch without it")
    ask(session, "more")
    first = session.conversation.id
    run("/new")
    ask(session, "a chat about nothing")
    found = only(run('/search "other things"'), Found)
    assert isinstance(found, Found)
    assert [message.excerpt.text for message in found.messages] == ["other things"]
    shown = only(run("/open 1"), Messages)
    assert isinstance(shown, Messages)
    assert "other things" in [message.text for message in shown.messages]
    assert session.conversation.id == first
    assert "other things" in words(session)  # the branch it is in
    assert "There is no 5" in said(run("/open 5"))


def test_a_search_can_be_for_this_chat_only(session: Session, run: Run) -> None:
    ask(session, "zebra one")
    run("/new")
    ask(session, "zebra two")
    found = only(run("/search here zebra"), Found)
    assert isinstance(found, Found)
    assert [message.excerpt.text for message in found.messages] == ["zebra two"]
    assert "No message fits" in said(run("/search giraffe"))
    assert "role:" in said(run("/search zebra role:nobody"))


def test_chats_are_listed_with_what_is_known_of_them(session: Session, run: Run) -> None:
    assert "No chat is kept" in said(run("/chats"))
    ask(session, "first chat")
    run("/tag work")
    run("/new")
    ask(session, "second chat")
    run("/rename Second, renamed")
    table = only(run("/chats"), Table)
    assert isinstance(table, Table)
    assert [row[-1] for row in table.rows] == ["Second, renamed", "first chat #work"]
    table = only(run("/chats tag:work"), Table)
    assert isinstance(table, Table)
    assert len(table.rows) == 1
    assert "No chat fits" in said(run("/chats nothing like it"))


def test_a_deleted_chat_is_in_the_bin_and_comes_back(session: Session, run: Run) -> None:
    assert "empty" in said(run("/delete"))
    ask(session, "to be deleted")
    assert "in the bin" in said(run("/delete"))
    assert len(session.conversation) == 0
    assert "No chat is kept" in said(run("/chats"))
    assert isinstance(only(run("/chats bin"), Table), Table)
    assert "is back" in said(run("/restore"))
    run("/open 1")
    assert words(session)[0] == "to be deleted"
    assert "Nothing was deleted" in said(run("/restore"))
    assert 'no chat "x" in the bin' in said(run("/restore x"))


def test_another_chat_can_be_deleted_by_its_number_in_a_list(session: Session, run: Run) -> None:
    ask(session, "older")
    run("/new")
    ask(session, "newer")
    run("/chats")
    assert "“older”" in said(run("/delete 2"))
    assert words(session)[0] == "newer"


def test_the_archive_takes_a_chat_in_and_gives_it_back(session: Session, run: Run) -> None:
    ask(session, "old things")
    assert "in the archive" in said(run("/archive"))
    assert "No chat is kept" in said(run("/chats"))
    assert isinstance(only(run("/chats archived"), Table), Table)
    assert "out of the archive" in said(run("/archive 1"))


def test_tags_are_put_on_taken_off_and_listed(session: Session, run: Run) -> None:
    assert "empty" in said(run("/tag work"))
    ask(session, "hello")
    assert "#python #work" in said(run("/tag work +python"))
    assert "#python." in said(run("/tag -work"))
    assert "cannot be a tag" in said(run("/tag a,b"))
    table = only(run("/tag"), Table)
    assert isinstance(table, Table)
    assert table.rows == (("#python", "1"),)


def test_a_title_that_is_no_title_is_refused_and_an_empty_one_takes_it_away(
    session: Session, run: Run
) -> None:
    ask(session, "hello")
    assert "at most 200" in said(run("/rename " + "x" * 201))
    run("/rename two\n lines")
    assert session.library.describe(session.conversation.id).title == "two lines"
    run("/rename")
    assert session.library.describe(session.conversation.id).title == "hello"


def test_a_new_chat_can_be_named_before_it_begins(session: Session, run: Run) -> None:
    run("/rename Early bird")
    ask(session, "hello")
    assert session.library.describe(session.conversation.id).title == "Early bird"


# Ratings and exports --------------------------------------------------------------------------------------------------


def test_a_reply_is_rated_with_a_note_and_not_any_more(session: Session, run: Run) -> None:
    assert "no reply" in said(run("/rate up"))
    ask(session, "first")
    ask(session, "second")
    assert "not rated" in said(run("/rate"))
    run("/rate up very clear")
    run("/rate 1 down too long")
    path = session.conversation.path()
    ratings = session.store.load(session.conversation.id).ratings
    assert (ratings[path[3].id].verdict, ratings[path[3].id].note) == (Verdict.UP, "very clear")
    assert (ratings[path[1].id].verdict, ratings[path[1].id].note) == (Verdict.DOWN, "too long")
    assert "very clear" in said(run("/rate"))
    run("/rate none")
    assert path[3].id not in session.conversation.ratings
    assert "up, down or none" in said(run("/rate perhaps"))


def test_a_chat_is_exported_in_the_form_that_its_ending_says(
    session: Session, run: Run, tmp_path: Path
) -> None:
    assert "empty" in said(run("/export a.md"))
    ask(session, "first")
    run("/rate up")
    assert "Exported" in said(run("/export talk.md"))
    assert "reply 1" in (tmp_path / "talk.md").read_text()
    assert "rated up" in (tmp_path / "talk.md").read_text()
    assert isinstance(run("/export talk.md"), Confirm)
    assert "Exported" in said(run("/export sft data.jsonl"))
    line = json.loads((tmp_path / "data.jsonl").read_text())
    assert [message["content"] for message in line["messages"]] == ["first", "reply 1"]
    assert "nothing in this chat" in said(run("/export preference pairs.jsonl"))
    assert not (tmp_path / "pairs.jsonl").exists()
    assert "in which form" in said(run("/export talk.docx"))
