"""The commands of a comparison: what is read from them, what is asked at its end, and going on from a reply."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from chatrepl.cancellation import Cancellation
from chatrepl.commands.base import (
    Choice,
    Compare,
    Confirm,
    Context,
    Draft,
    Messages,
    Notice,
    Reply,
    Several,
    Stop,
)
from chatrepl.commands.compare import after_comparison, complete_candidates
from chatrepl.entries import BudgetSettings, ProfileSettings
from chatrepl.errors import ServerError
from chatrepl.exchange import TextDelta
from chatrepl.messages import FilePart
from chatrepl.session import Session
from chatrepl.settings import GuardSettings, Settings
from chatrepl.turn import Failed, Kind
from chatrepl.ui.comparison_words import held_back
from tests.support.commands import Run, run_in
from tests.support.fakes import ManyModels, make_session, says

Make = Callable[..., tuple[Session, Run]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def make(**settings: object) -> tuple[Session, Run]:
        client = ManyModels(
            {"alpha": says("A"), "beta": says("B"), "broken": [TextDelta("p"), ServerError("it broke")]}
        )
        session = make_session(tmp_path, client, model="alpha", settings=Settings(**settings))  # type: ignore[arg-type]
        return session, run_in(session, tmp_path)

    return make


def finish(session: Session, answer: Reply) -> Compare:
    """Run the comparison that a command asks for."""
    assert isinstance(answer, Compare)
    list(session.compare(answer.candidates, answer.text, has_consent=answer.has_consent).events())
    return answer


def test_the_message_stands_after_two_dashes_as_it_is(make: Make) -> None:
    _, run = make()
    answer = run("/compare alpha temperature=0 beta -- What is 'a -- b'?\n\nTell me.")
    assert isinstance(answer, Compare)
    assert answer.text == "What is 'a -- b'?\n\nTell me."
    assert [each.label for each in answer.candidates] == ["alpha temperature=0", "beta"]


def test_without_a_message_the_last_one_is_sent_again(make: Make) -> None:
    session, run = make()
    list(session.turn(Kind.ASK, "hello", Cancellation()))
    answer = run("/compare alpha beta")
    assert isinstance(answer, Compare)
    assert answer.text is None


@pytest.mark.parametrize("line", ["/compare alpha beta", "/compare alpha beta --"])
def test_where_there_is_no_message_yet_the_line_comes_back_to_be_completed(make: Make, line: str) -> None:
    _, run = make()
    answer = run(line)
    assert isinstance(answer, Draft)
    assert answer.text == "/compare alpha beta -- "


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/compare", "needs the names"),
        ("/compare -- hi", "needs the names"),
        ("/compare alpha system='oh -- hi", "quotation mark"),
        ("/compare alhpa beta -- hi", "neither a model nor a profile"),
        ("/compare alpha window.strategy=odd beta -- hi", "strategy"),
    ],
)
def test_what_is_wrong_with_it_is_said(make: Make, line: str, said: str) -> None:
    _, run = make()
    answer = run(line)
    assert isinstance(answer, Notice)
    assert answer.tone == "error"
    assert said in answer.text


def test_at_the_end_one_may_choose_and_the_chat_goes_on_from_there(make: Make) -> None:
    session, run = make()
    compare = finish(session, run("/compare alpha beta broken -- hi"))

    choice = after_comparison(session, compare, None, may_ask=True)

    assert isinstance(choice, Choice)
    assert (choice.question, choice.count) == ("Go on from 1, 2 or 3? (any other key keeps 1)", 3)
    answer = choice.then(2)
    assert isinstance(answer, Notice)
    assert answer.text == "Going on from reply 2, by beta."
    assert "/model beta" in (answer.hint or "")
    assert session.conversation.path()[-1].text == "B"
    assert len(session.conversation.siblings(session.conversation.path()[-1].id)) == 3


def test_who_types_already_is_not_asked(make: Make) -> None:
    session, run = make()
    compare = finish(session, run("/compare alpha beta -- hi"))
    answer = after_comparison(session, compare, None, may_ask=False)
    assert isinstance(answer, Notice)
    assert "/pick N" in answer.text


def test_a_reply_can_be_picked_later_and_is_shown_then(make: Make) -> None:
    session, run = make()
    finish(session, run("/compare alpha beta -- hi"))
    assert isinstance(run("/pick 2"), Notice)  # it was just shown
    list(session.turn(Kind.ASK, "and then?", Cancellation()))
    answer = run("/pick 1")
    assert isinstance(answer, Several)
    shown, said = answer.replies
    assert isinstance(shown, Messages)
    assert [each.text for each in shown.messages] == ["A"]
    assert isinstance(said, Notice)
    assert said.hint is None  # alpha is the model in use


@pytest.mark.parametrize(("line", "said"), [("/pick 3", "there are 2"), ("/pick 0", "there are 2")])
def test_what_is_not_there_cannot_be_picked(make: Make, line: str, said: str) -> None:
    session, run = make()
    finish(session, run("/compare alpha beta -- hi"))
    answer = run(line)
    assert isinstance(answer, Notice)
    assert said in answer.text


def test_without_a_comparison_the_way_to_other_versions_is_told(make: Make) -> None:
    session, run = make()
    answer = run("/pick 1")
    assert isinstance(answer, Notice)
    assert "/sibling" in (answer.hint or "")
    finish(session, run("/compare alpha beta -- hi"))
    session.new_chat()
    answer = run("/pick 1")
    assert isinstance(answer, Notice)
    assert "Nothing was compared in this chat" in answer.text


def test_stop_names_the_candidate(make: Make) -> None:
    _, run = make()
    assert run("/stop 2") == Stop(2)
    assert run("/stop") == Stop(None)


def test_a_budget_is_asked_about_once_and_no_gives_the_line_back(make: Make) -> None:
    session, run = make(budgets={"day": BudgetSettings(limit_usd=Decimal("0.01"))})
    answer = run("/compare alpha beta -- hi")
    assert isinstance(answer, Compare)
    came = list(session.compare(answer.candidates, answer.text).events())
    failure = next(event for _, event in came if isinstance(event, Failed))
    question = after_comparison(session, answer, failure, may_ask=True)
    assert isinstance(question, Confirm)
    yes = question.then()
    assert isinstance(yes, Compare)
    assert (yes.text, yes.has_consent) == (None, True)
    no = question.otherwise()
    assert isinstance(no, Draft)
    assert no.text == "/compare alpha beta -- hi"
    assert session.conversation.path() == ()


def test_names_and_settings_are_completed_until_the_message_begins(make: Make) -> None:
    session, _ = make(profiles={"tutor": ProfileSettings(model="alpha")})
    session.models()
    context = Context(session, Path)
    assert complete_candidates(context, "be") == ["beta"]
    assert complete_candidates(context, "alpha b") == ["alpha beta", "alpha broken"]
    assert complete_candidates(context, "tu") == ["tutor"]
    assert complete_candidates(context, "profile:tu") == ["profile:tutor"]
    assert "alpha temperature=" in complete_candidates(context, "alpha temp")
    assert complete_candidates(context, "alpha beta -- be") == []


SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def test_what_the_guard_masks_is_masked_for_all_of_them(make: Make) -> None:
    session, run = make(guard=GuardSettings(mode="mask"))
    finish(session, run(f"/compare alpha beta -- is {SECRET} valid?"))
    client = session.client
    assert isinstance(client, ManyModels)
    sent = [message.text for request in client.requests for message in request.messages]
    assert len(sent) == 2
    assert all(SECRET not in text and "_1]" in text for text in sent)


def test_what_the_guard_found_is_asked_about_once_and_then_sent_to_all(make: Make) -> None:
    session, run = make()
    compare = run(f"/compare alpha beta -- is {SECRET} valid?")
    assert isinstance(compare, Compare)
    events = [*session.compare(compare.candidates, compare.text).events()]
    failure = held_back([event for _, event in events if isinstance(event, Failed)])
    client = session.client
    assert isinstance(client, ManyModels)
    assert not client.requests

    question = after_comparison(session, compare, failure, may_ask=True)
    assert isinstance(question, Confirm)
    finish(session, question.then())
    assert [SECRET in request.messages[-1].text for request in client.requests] == [True, True]


def test_no_brings_the_line_back_with_what_was_attached(make: Make) -> None:
    session, run = make()
    session.attached.append(FilePart("notes.md", f"token: {SECRET}"))
    compare = run("/compare alpha beta -- look")
    assert isinstance(compare, Compare)
    assert not session.attached
    events = [*session.compare(compare.candidates, compare.text, attachments=compare.attachments).events()]
    failure = held_back([event for _, event in events if isinstance(event, Failed)])
    question = after_comparison(session, compare, failure, may_ask=True)
    assert isinstance(question, Confirm)
    assert isinstance(question.otherwise(), Draft)
    assert [part.name for part in session.attached] == ["notes.md"]
    assert not session.conversation.path()
    session.guard.agree(session.conversation.id)  # the yes to another question is none to this one
    assert [each.is_agreed for each in session.look_through()] == [False]


def test_files_go_to_all_of_them(make: Make) -> None:
    session, run = make()
    session.attached.append(FilePart("notes.md", "one\n"))
    compare = run("/compare alpha beta -- look")
    assert isinstance(compare, Compare)
    [*session.compare(compare.candidates, compare.text, attachments=compare.attachments).events()]
    client = session.client
    assert isinstance(client, ManyModels)
    assert {request.messages[-1].sent_text for request in client.requests} == {
        '<file name="notes.md">\none\n</file>\n\nlook'
    }
