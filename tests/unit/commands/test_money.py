"""What the chat has cost, and budgets: /cost, /budget, /usage, and the question at a limit."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from chatrepl.cancellation import Cancellation
from chatrepl.commands.base import Ask, Draft, Notice, Reply, Table
from chatrepl.commands.money import consent_to
from chatrepl.entries import BudgetSettings, ModelSettings
from chatrepl.exchange import Notice as Said
from chatrepl.exchange import TextDelta
from chatrepl.messages import ReplyState, Usage
from chatrepl.parts import Parts
from chatrepl.session import Session
from chatrepl.settings import Settings
from chatrepl.turn import Completed, Failed, Kind, TurnEvent
from tests.support.commands import run_in
from tests.support.fakes import ScriptedClient, make_session, says

PRICE = ModelSettings(
    input_usd_per_mtok=Decimal(1), output_usd_per_mtok=Decimal(10), window_tokens=4096, max_output_tokens=4096
)


def session_with(tmp_path: Path, client: ScriptedClient, **budgets: BudgetSettings) -> Session:
    settings = Settings(model="tiny", models={"tiny": PRICE}, budgets=budgets)
    return make_session(tmp_path, client, settings=settings)


def ask(session: Session, kind: Kind = Kind.ASK, *, has_consent: bool = False) -> list[TurnEvent]:
    return list(session.turn(kind, "hello", Cancellation(), has_consent=has_consent))


def cells(reply: Reply) -> dict[str, tuple[str, ...]]:
    assert isinstance(reply, Table)
    return {row[0]: row[1:] for row in reply.rows}


def test_the_cost_of_the_chat_the_next_request_and_today_are_said(tmp_path: Path) -> None:
    session = session_with(tmp_path, ScriptedClient(says("Hi", usage=Usage(1000, 100, 1100))))
    ask(session)
    found = cells(run_in(session, tmp_path)("/cost"))
    assert found["this chat"][0] == "$0.002, 1 requests"
    assert found["today"][0] == "$0.002, 1 100 tokens"
    assert "$1 in, $10 out a million tokens" in found["price"][0]
    assert "with a reply up to $0.0" in found["next request"][0]


def test_a_price_that_is_not_known_is_shown_as_such(tmp_path: Path) -> None:
    session = make_session(tmp_path, ScriptedClient(says("Hi", usage=Usage(10, 1, 11))))
    ask(session)
    found = cells(run_in(session, tmp_path)("/cost"))
    assert found["price"][0] == "?, not known"
    assert found["this chat"][0].startswith("?, ")
    assert found["today"][0].startswith("?, ")


def test_a_budget_can_be_set_seen_and_taken_away(tmp_path: Path) -> None:
    session = session_with(tmp_path, ScriptedClient(says("Hi", usage=Usage(1000, 100, 1100))))
    run = run_in(session, tmp_path)
    ask(session)
    said = run("/budget day $0.004")
    assert isinstance(said, Notice)
    assert "$0.002 is left" in said.text
    assert said.hint == "To keep it: [budgets.day] limit_usd = 0.004 in the configuration file."
    row = cells(run("/budget"))["day"]
    assert row[0] == "50%"
    assert row[3] == "$0.002"
    run("/budget day off")
    assert isinstance(run("/budget"), Notice)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/budget day", "needs a limit"),
        ("/budget day 0", "more than 0"),
        ("/budget day -2", "more than 0"),
        ("/budget day much", "is a number"),
        ("/budget day 3 apples", "money or `N tokens`"),
        ("/budget day 1.5 tokens", "whole number"),
        ("/budget day nan", "more than 0"),
        ("/budget year 3", "is called chat, day, week, month"),
        ("/budget week off", "There is no budget"),
    ],
)
def test_limits_that_make_no_sense_are_refused(tmp_path: Path, text: str, said: str) -> None:
    session = session_with(tmp_path, ScriptedClient())
    reply = run_in(session, tmp_path)(text)
    assert isinstance(reply, Notice)
    assert said in reply.text
    assert session.settings.budgets == {}


def test_tokens_can_be_limited_beside_money(tmp_path: Path) -> None:
    session = session_with(tmp_path, ScriptedClient(), day=BudgetSettings(limit_usd=Decimal(5)))
    run_in(session, tmp_path)("/budget day 2_000_000 tokens")
    budget = session.settings.budgets["day"]
    assert (budget.limit_usd, budget.limit_tokens) == (Decimal(5), 2_000_000)


def test_a_turn_that_a_budget_stops_asks_and_goes_on_yes(tmp_path: Path) -> None:
    client = ScriptedClient(says("Hi"))
    session = session_with(tmp_path, client, chat=BudgetSettings(limit_usd=Decimal("0.000001")))
    failed = ask(session)[-1]
    assert isinstance(failed, Failed)
    assert client.requests == []
    question = consent_to(failed, session, Kind.ASK)
    assert question is not None
    assert question.then() == Ask(Kind.RETRY, has_consent=True)
    done = ask(session, Kind.RETRY, has_consent=True)[-1]
    assert isinstance(done, Completed)
    assert [message.text for message in session.conversation.path()] == ["hello", "Hi"]


def test_on_no_the_message_comes_back_into_the_input_line(tmp_path: Path) -> None:
    session = session_with(tmp_path, ScriptedClient(), chat=BudgetSettings(limit_usd=Decimal("0.000001")))
    failed = ask(session)[-1]
    assert isinstance(failed, Failed)
    question = consent_to(failed, session, Kind.ASK)
    assert question is not None
    back = question.otherwise()
    assert isinstance(back, Draft)
    assert back.text == "hello"
    assert session.conversation.path() == ()


def test_a_reply_that_runs_over_the_limit_is_cut_and_kept(tmp_path: Path) -> None:
    texts = ["a few words " * 10] * 500
    client = ScriptedClient([*map(TextDelta, texts)])
    session = session_with(tmp_path, client, chat=BudgetSettings(limit_tokens=5000))
    end = ask(session)[-1]
    assert isinstance(end, Failed)
    assert end.message is not None
    assert end.message.meta.state is ReplyState.INTERRUPTED
    assert 4000 < len(end.message.text) / 4 < 5200
    question = consent_to(end, session, Kind.ASK)
    assert question is not None
    assert question.then() == Ask(Kind.CONTINUE, has_consent=True)
    (entry,) = session.store.ledger.entries()
    assert entry.outcome == "interrupted"
    assert entry.tokens > 4000


def test_a_share_of_a_budget_is_told_once(tmp_path: Path) -> None:
    client = ScriptedClient(*(says("Hi", usage=Usage(1000, 100, 1100)) for _ in range(3)))
    session = session_with(tmp_path, client, day=BudgetSettings(limit_tokens=12_000, warn_at=(0.05,)))
    said = [[event.text for event in ask(session) if isinstance(event, Said)] for _ in range(3)]
    assert [len(texts) for texts in said] == [0, 1, 0]


def test_every_request_stands_in_the_ledger_as_it_ended(tmp_path: Path) -> None:
    from chatrepl.errors import ServerError, TransportError

    client = ScriptedClient(
        says("Hi", usage=Usage(10, 1, 11)),
        [ServerError("down", status=500)],
        [TextDelta("part"), TransportError("cut")],
    )
    session = session_with(tmp_path, client)
    for _ in range(3):
        ask(session)
    found = [
        (each.outcome, each.usage.is_estimated, each.tokens > 0) for each in session.store.ledger.entries()
    ]
    assert found == [("complete", False, True), ("failed", True, False), ("failed", True, True)]


def test_usage_is_shown_by_what_is_wanted(tmp_path: Path) -> None:
    session = session_with(tmp_path, ScriptedClient(says("Hi", usage=Usage(1000, 100, 1100))))
    run = run_in(session, tmp_path)
    nothing = run("/usage model")
    assert isinstance(nothing, Notice)
    ask(session)
    assert cells(run("/usage model all"))["tiny"][4].strip() == "$0.002"
    wrong = run("/usage colour")
    assert isinstance(wrong, Notice)
    assert wrong.tone == "error"
    since = run("/usage day someday")
    assert isinstance(since, Notice)
    assert "must be like 7d" in since.text


def test_a_budget_set_in_this_run_survives_a_change_of_profile(tmp_path: Path) -> None:
    session = session_with(tmp_path, ScriptedClient())
    other = session_with(tmp_path, ScriptedClient())
    parts = Parts(other.settings, ScriptedClient(), lambda *_: other.planner, model="tiny")
    session._change_profile = lambda _: parts
    run_in(session, tmp_path)("/budget day 5")
    session.use_profile("other")
    assert session.settings.budgets["day"].limit_usd == 5
    assert [budget.name for budget in session.bookkeeper().budgets] == ["day"]
