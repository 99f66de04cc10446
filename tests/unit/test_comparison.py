"""A comparison: several turns over one message, their replies beside each other, their money set aside together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from chatrepl.cancellation import Cancellation
from chatrepl.candidates import Wanted, read_words, resolve
from chatrepl.comparison import Comparison
from chatrepl.entries import BudgetSettings, ModelSettings, ProfileSettings
from chatrepl.errors import BudgetExceededError, ChatreplError, ServerError, UsageError
from chatrepl.exchange import Finished, ReasoningDelta, TextDelta, Waiting
from chatrepl.messages import ReplyState, Role, Usage
from chatrepl.parts import Parts
from chatrepl.planner import ModelPlanner
from chatrepl.session import Session
from chatrepl.settings import Settings, WindowSettings
from chatrepl.store.resilient import open_store
from chatrepl.turn import Cancelled, Completed, Failed, Kind, Planned, TurnEvent
from tests.support.fakes import FakeClock, ManyModels, ScriptedClient, Step, make_session, says

WAIT_S = 10


def no_planner(*_: object) -> ModelPlanner:
    raise AssertionError("the session makes its own")


def compare(
    session: Session, *names: str, text: str | None = "hello", has_consent: bool = False
) -> list[tuple[int, TurnEvent]]:
    """Compare to the end."""
    candidates = resolve(session, read_words(names))
    return list(session.compare(candidates, text, has_consent=has_consent).events())


def ends(came: list[tuple[int, TurnEvent]]) -> dict[int, TurnEvent]:
    found = {index: event for index, event in came if isinstance(event, (Completed, Cancelled, Failed))}
    return dict(sorted(found.items()))


def stored(tmp_path: Path, session: Session) -> list[tuple[Role, str, ReplyState | None]]:
    """Return what another process finds of the chat, all branches."""
    store = open_store(tmp_path / "chats.db", FakeClock())
    found = store.load(session.conversation.id).messages.values()
    store.close()
    return [(message.role, message.text, message.meta.state) for message in found]


def waits_for(event: threading.Event) -> Callable[[Cancellation], None]:
    def wait(cancellation: Cancellation) -> None:
        cancellation.on_cancel(event.set)
        assert event.wait(WAIT_S)

    return wait


def sets(event: threading.Event) -> Callable[[Cancellation], None]:
    return lambda _: event.set()


def test_each_candidate_answers_the_same_message_and_the_replies_are_siblings(tmp_path: Path) -> None:
    client = ManyModels({"alpha": says("A", usage=Usage(5, 1, 6)), "beta": says("B", usage=Usage(5, 2, 7))})
    session = make_session(tmp_path, client, model="alpha")

    came = compare(session, "alpha", "beta")

    assert [type(end) for end in ends(came).values()] == [Completed, Completed]
    assert stored(tmp_path, session) == [
        (Role.USER, "hello", None),
        (Role.ASSISTANT, "A", ReplyState.COMPLETE),
        (Role.ASSISTANT, "B", ReplyState.COMPLETE),
    ]
    chat = session.conversation
    user, first, second = chat.messages.values()
    assert chat.siblings(first.id) == (first.id, second.id)
    assert (first.meta.model, second.meta.model) == ("alpha", "beta")
    assert second.meta.usage == Usage(5, 2, 7)
    assert chat.tip == first.id
    assert user.id == first.parent_id
    assert [request.messages[-1].text for request in client.requests] == ["hello", "hello"]
    assert [entry.model for entry in session.store.ledger.entries()] == ["alpha", "beta"]


def test_without_a_text_the_last_message_is_answered_again(tmp_path: Path) -> None:
    client = ManyModels({"alpha": says("A"), "beta": says("B")})
    session = make_session(tmp_path, client, model="alpha")
    list(session.turn(Kind.ASK, "once", Cancellation()))

    compare(session, "alpha", "beta", text=None)

    assert [text for _, text, _ in stored(tmp_path, session)] == ["once", "A", "A", "B"]
    assert (
        len(session.conversation.siblings(session.conversation.tip or session.conversation.path()[-1].id))
        == 3
    )


def test_they_run_at_the_same_time(tmp_path: Path) -> None:
    one, other = threading.Event(), threading.Event()
    client = ManyModels(
        {
            "alpha": [sets(one), waits_for(other), *says("A")],
            "beta": [sets(other), waits_for(one), *says("B")],
        }
    )
    session = make_session(tmp_path, client, model="alpha")

    assert [type(end) for end in ends(compare(session, "alpha", "beta")).values()] == [Completed, Completed]


def test_one_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    has_failed = threading.Event()
    client = ManyModels(
        {
            "alpha": [TextDelta("par"), sets(has_failed), ServerError("it broke")],
            "beta": [waits_for(has_failed), *says("B")],
        }
    )
    session = make_session(tmp_path, client, model="alpha")

    found = ends(compare(session, "alpha", "beta"))

    assert isinstance(found[0], Failed)
    assert isinstance(found[1], Completed)
    assert stored(tmp_path, session)[1:] == [
        (Role.ASSISTANT, "par", ReplyState.FAILED),
        (Role.ASSISTANT, "B", ReplyState.COMPLETE),
    ]
    assert session.conversation.tip == found[1].message.id  # the chat goes on from one that is whole


def test_one_can_be_stopped_while_the_others_go_on(tmp_path: Path) -> None:
    forever, begun = threading.Event(), threading.Event()
    client = ManyModels(
        {
            "alpha": [TextDelta("par"), sets(begun), waits_for(forever), *says("never")],
            "beta": [waits_for(begun), *says("B")],
        }
    )
    session = make_session(tmp_path, client, model="alpha")
    comparison = session.compare(resolve(session, read_words(["alpha", "beta"])), "hello")
    events = comparison.events()
    found = []
    for came in events:
        found.append(came)
        if isinstance(came[1], Completed):
            comparison.stop_one(0)

    assert [type(end) for end in ends(found).values()] == [Cancelled, Completed]
    assert stored(tmp_path, session)[1] == (Role.ASSISTANT, "par", ReplyState.INTERRUPTED)


def test_leaving_early_keeps_what_had_come_of_all(tmp_path: Path) -> None:
    begun = threading.Barrier(3)

    def meet(_: Cancellation) -> None:
        begun.wait(WAIT_S)

    forever = threading.Event()
    scripts: list[Step] = [TextDelta("some"), meet, waits_for(forever), *says("never")]
    session = make_session(tmp_path, ManyModels({"alpha": scripts, "beta": scripts}), model="alpha")
    events = session.compare(resolve(session, read_words(["alpha", "beta"])), "hello").events()
    next(events)
    begun.wait(WAIT_S)
    events.close()

    assert stored(tmp_path, session)[1:] == [(Role.ASSISTANT, "some", ReplyState.INTERRUPTED)] * 2
    assert {entry.outcome for entry in session.store.ledger.entries()} == {"interrupted"}


def test_settings_belong_to_the_candidate_before_them(tmp_path: Path) -> None:
    client = ManyModels({"alpha": says("A")})
    session = make_session(tmp_path, client, model="alpha")

    compare(
        session, "top_p=0.5", "alpha", "temperature=0", "alpha", "--set", "temperature=1", "system=Be brief."
    )

    sent = {request.system: request.parameters for request in client.requests}
    assert sent == {None: {"top_p": 0.5, "temperature": 0}, "Be brief.": {"top_p": 0.5, "temperature": 1}}
    assert session.settings.parameters == {}
    assert session.conversation.system is None


def test_a_profile_is_asked_at_its_own_server_under_its_own_prompt(tmp_path: Path) -> None:
    here, there = ManyModels({"alpha": says("A")}), ScriptedClient(says("B"))
    there.provider = "there.example"
    tutor = Settings(model="tiny", system="Ask first.", parameters={"temperature": 0.3})
    parts = Parts(
        tutor, there, no_planner, "tiny", origins={"system": "profile tutor"}, provider_name="there"
    )
    settings = Settings(profiles={"tutor": ProfileSettings(model="tiny")})
    session = make_session(tmp_path, here, model="alpha", settings=settings, profiles={"tutor": parts})

    compare(session, "alpha", "tutor")

    assert (there.requests[0].model, there.requests[0].system) == ("tiny", "Ask first.")
    assert here.requests[0].system is None
    assert [(entry.provider, entry.model) for entry in session.store.ledger.entries()] == [
        ("scripted.example", "alpha"),
        ("there", "tiny"),
    ]
    assert session.client is here


def test_nobody_is_asked_where_the_key_of_one_cannot_be_had(tmp_path: Path) -> None:
    client = ManyModels({"alpha": says("A")})
    session = make_session(tmp_path, client, model="alpha", profiles={})

    with pytest.raises(ChatreplError, match="no profile `away`"):
        compare(session, "alpha", "profile:away")

    assert client.requests == []
    assert len(session.conversation) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["alhpa", "beta"], "neither a model nor a profile 'alhpa'"),
        (["alpha", "terminal.plain=true", "beta"], "says nothing about the request"),
        (["alpha", "temperature=hot", "beta"], "temperature"),
        (["alpha", "--set"], "KEY=VALUE"),
        (["alpha", "--set", "beta"], "KEY=VALUE"),
        (["alpha", "--loud", "beta"], "does not know '--loud'"),
        (["alpha"] * 7, "2 to 6 candidates, not 7"),
    ],
)
def test_what_cannot_be_compared_is_said_before_anything_is_sent(
    tmp_path: Path, words: list[str], said: str
) -> None:
    client = ManyModels({"alpha": says("A"), "beta": says("B")})
    session = make_session(tmp_path, client, model="alpha")

    with pytest.raises(ChatreplError, match=said):
        compare(session, *words)

    assert client.requests == []


def test_a_single_name_is_compared_with_the_model_in_use(tmp_path: Path) -> None:
    session = make_session(tmp_path, ManyModels({"alpha": says("A"), "beta": says("B")}), model="alpha")
    assert [each.label for each in resolve(session, [Wanted("be")])] == ["alpha", "beta"]


# The budgets.

PRICED = {
    name: ModelSettings(input_usd_per_mtok=Decimal(0), output_usd_per_mtok=Decimal(10), window_tokens=4096)
    for name in ("alpha", "beta")
}


def budgeted(tmp_path: Path, limit_usd: str, client: ManyModels | None = None) -> tuple[Session, ManyModels]:
    client = client or ManyModels(
        {"alpha": says("A", usage=Usage(5, 100, 105)), "beta": says("B", usage=Usage(5, 100, 105))}
    )
    settings = Settings(
        models=PRICED,
        window=WindowSettings(reserve_tokens=100),
        budgets={"day": BudgetSettings(limit_usd=Decimal(limit_usd))},
    )
    return make_session(tmp_path, client, model="alpha", settings=settings), client


def test_the_sum_of_the_worst_cases_is_held_against_a_budget_and_nothing_is_sent(tmp_path: Path) -> None:
    session, client = budgeted(tmp_path, "0.0015")  # each could take 100 tokens at 10 for a million: 0.001

    found = ends(compare(session, "alpha", "beta"))

    assert client.requests == []
    errors = [end.error for end in found.values() if isinstance(end, Failed)]
    assert errors[0] is errors[1]
    assert isinstance(errors[0], BudgetExceededError)
    assert "the 2 requests together could take up to $0.002" in errors[0].message
    assert "$0.0015 is left" in errors[0].message
    assert list(session.store.ledger.entries()) == []
    assert stored(tmp_path, session) == [(Role.USER, "hello", None)]


def test_with_consent_all_are_sent(tmp_path: Path) -> None:
    session, client = budgeted(tmp_path, "0.0015")
    compare(session, "alpha", "beta")

    found = ends(compare(session, "alpha", "beta", text=None, has_consent=True))

    assert len(client.requests) == 2
    assert {type(end) for end in found.values()} == {Completed}
    assert len(list(session.store.ledger.entries())) == 2


def test_a_budget_that_has_room_for_all_bounds_all_of_them_together(tmp_path: Path) -> None:
    """Each gets its worst case and its share of what is over; together no more than the limit."""
    session, client = budgeted(tmp_path, "0.003")  # 300 tokens

    compare(session, "alpha", "beta")

    bounds = [request.parameters["max_tokens"] for request in client.requests]
    assert sorted(map(int, bounds)) == [150, 150]  # type: ignore[arg-type]


def test_what_does_not_fit_the_window_of_one_is_not_held_against_the_others(tmp_path: Path) -> None:
    client = ManyModels({"alpha": says("A"), "beta": says("B")})
    settings = Settings(
        models={"beta": ModelSettings(window_tokens=256)}, window=WindowSettings(reserve_tokens=64)
    )
    session = make_session(tmp_path, client, model="alpha", settings=settings)

    found = ends(compare(session, "alpha", "beta", text="word " * 600))

    assert isinstance(found[0], Completed)
    assert isinstance(found[1], Failed)
    assert found[1].message is None
    assert [request.model for request in client.requests] == ["alpha"]
    assert len(list(session.store.ledger.entries())) == 1


# The embedded model.


def test_the_embedded_model_answers_one_after_the_other(tmp_path: Path) -> None:
    busy: list[int] = []
    most: list[int] = []

    def enter(_: Cancellation) -> None:
        busy.append(1)
        most.append(len(busy))

    def leave(_: Cancellation) -> None:
        busy.pop()

    script: list[Step] = [enter, TextDelta("A"), ReasoningDelta("?"), leave, Finished("stop")]
    session = make_session(tmp_path, ManyModels({"tiny": script}), model="tiny")
    session.provider_name = "local"

    came = compare(session, "tiny", "tiny", "temperature=1", "tiny")

    assert max(most) == 1
    assert len(ends(came)) == 3
    assert any(isinstance(event, Waiting) and "one at a time" in event.reason for _, event in came)


def test_one_that_is_stopped_before_its_turn_costs_nothing(tmp_path: Path) -> None:
    begun, forever = threading.Event(), threading.Event()
    client = ManyModels({"tiny": [TextDelta("A"), sets(begun), waits_for(forever), Finished("stop")]})
    session = make_session(tmp_path, client, model="tiny")
    session.provider_name = "local"
    comparison = session.compare(resolve(session, read_words(["tiny", "tiny", "temperature=1"])), "hello")
    for _, event in comparison.events():
        if isinstance(event, Waiting) and "one at a time" in event.reason:
            assert begun.wait(WAIT_S)
            comparison.cancellation.cancel()

    assert len(client.requests) == 1
    assert [entry.outcome for entry in session.store.ledger.entries()] == ["interrupted"]


def test_a_plan_comes_of_each_in_their_order(tmp_path: Path) -> None:
    session = make_session(tmp_path, ManyModels({"alpha": says("A"), "beta": says("B")}), model="alpha")
    comparison = session.compare(resolve(session, read_words(["alpha", "beta", "alpha"])), "hello")
    assert isinstance(comparison, Comparison)
    came = list(comparison.events())
    plans = {index: event.reply_id for index, event in came if isinstance(event, Planned)}
    assert [plans[index] for index in range(3)] == comparison.replies
    assert [*session.conversation.siblings(plans[0])] == comparison.replies


def test_words_that_are_no_candidates_are_told() -> None:
    with pytest.raises(UsageError):
        read_words(["--set"])
