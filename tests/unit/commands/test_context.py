"""What the next request carries: /context, /pin, /omit, /unpin and /compact."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatrepl.cancellation import Cancellation
from chatrepl.commands.base import Draft, Messages, Meter, Notice, Reply, Several, Table, Text
from chatrepl.exchange import ModelInfo
from chatrepl.session import Session
from chatrepl.settings import Settings, WindowSettings
from chatrepl.store.resilient import open_store
from chatrepl.turn import Kind
from tests.support.commands import Run, run_in
from tests.support.fakes import FakeClock, ScriptedClient, make_session, says

LONG = "word " * 60


@pytest.fixture
def session(tmp_path: Path) -> Session:
    client = ScriptedClient(
        *(says(LONG) for _ in range(5)),
        *(says("They counted words.") for _ in range(5)),
        says("ok"),
        models=[ModelInfo("tiny", 400)],
    )
    settings = Settings(window=WindowSettings(reserve_tokens=100))
    session = make_session(tmp_path, client, settings=settings)
    session.prepare()
    for number in range(5):
        list(session.turn(Kind.ASK, f"question {number}", Cancellation()))
    return session


@pytest.fixture
def run(session: Session, tmp_path: Path) -> Run:
    return run_in(session, tmp_path)


def parts(reply: Reply, kind: type) -> list[Reply]:
    replies = reply.replies if isinstance(reply, Several) else (reply,)
    return [each for each in replies if isinstance(each, kind)]


def fates(reply: Reply) -> dict[int, str]:
    (table,) = parts(reply, Table)
    assert isinstance(table, Table)
    return {int(row[0]): row[4] for row in table.rows}


def test_the_bar_adds_up_to_the_window(run: Run) -> None:
    (meter,) = parts(run("/context"), Meter)
    assert isinstance(meter, Meter)
    assert sum(part.size for part in meter.parts) == 400
    assert [part.name for part in meter.parts][-1] == "free"
    assert {"system", "history", "reply", "margin"} <= {part.name for part in meter.parts}


def test_every_message_has_its_number_its_tokens_and_what_becomes_of_it(run: Run) -> None:
    found = fates(run("/context"))
    assert set(found) == set(range(1, 11))
    assert found[10] == "sent"
    assert "no room" in found.values()


def test_a_draft_counts_as_the_next_message(run: Run) -> None:
    (meter,) = parts(run("/context And now?"), Meter)
    assert isinstance(meter, Meter)
    assert "draft" in [part.name for part in meter.parts]


def test_what_is_pinned_is_sent_with_its_turn_and_kept_for_the_next_process(
    run: Run, session: Session, tmp_path: Path
) -> None:
    assert fates(run("/context"))[1] == "no room"
    reply = run("/pin 2")
    assert isinstance(reply, Notice)
    assert "Pinned" in reply.text
    assert (fates(run("/context"))[1], fates(run("/context"))[2]) == ("pinned", "pinned")
    store = open_store(tmp_path / "chats.db", FakeClock())
    assert store.load(session.conversation.id).marks == session.conversation.marks
    store.close()
    run("/unpin 1")  # the other message of the same turn
    assert session.conversation.marks == {}


def test_what_is_left_out_is_not_sent_and_can_be_taken_in_again(run: Run) -> None:
    run("/omit 7")
    found = fates(run("/context"))
    assert (found[7], found[8]) == ("left out by you", "left out by you")
    listed = run("/omit")
    assert isinstance(listed, Table)
    assert [row[0] for row in listed.rows] == ["7"]
    run("/unpin all")
    assert "left out by you" not in fates(run("/context")).values()


def test_leaving_out_the_last_message_says_that_it_is_still_sent(run: Run) -> None:
    reply = run("/omit -1")
    assert isinstance(reply, Notice)
    assert "the last turn is always sent" in reply.text


@pytest.mark.parametrize("text", ["/pin 99", "/pin 0", "/omit -11", "/unpin x", "/unpin 99"])
def test_numbers_that_lead_nowhere_are_refused(run: Run, text: str, session: Session) -> None:
    reply = run(text)
    assert isinstance(reply, Notice)
    assert reply.tone == "error"
    assert session.conversation.marks == {}


def test_pins_that_fill_the_window_are_warned_of(run: Run) -> None:
    for number in (1, 3, 5, 7):
        reply = run(f"/pin {number}")
    assert isinstance(reply, Several)
    assert any("too long" in each.text for each in reply.replies if isinstance(each, Notice))


def test_a_summary_can_be_made_shown_edited_and_undone(run: Run, session: Session) -> None:
    made = run("/compact")
    assert [each.text for each in parts(made, Text) if isinstance(each, Text)] == ["They counted words."]
    assert set(fates(run("/context")).values()) == {"in the summary", "sent"}
    shown = parts(run("/compact show"), Notice)
    assert isinstance(shown[0], Notice)
    assert "messages 1 to 8" in shown[0].text
    assert "is sent in their place" in shown[0].text
    draft = run("/compact edit")
    assert isinstance(draft, Draft)
    assert draft.text == "/compact edit They counted words."
    run("/compact edit They counted\nmany words.")
    summary = session.conversation.summary()
    assert summary is not None
    assert (summary.text, summary.model) == ("They counted\nmany words.", "")
    undone = run("/compact undo")
    assert isinstance(undone, Notice)
    assert "all there" in undone.text
    assert session.conversation.summary() is None
    nothing = run("/compact undo")
    assert isinstance(nothing, Notice)
    assert nothing.tone == "warning"


def test_the_place_where_the_sent_part_begins_is_marked_when_messages_are_drawn_again(
    run: Run, session: Session
) -> None:
    shown = run("/redraw 9")
    assert isinstance(shown, Messages)
    assert shown.begins_at == session.plan_next().begins_at
    assert shown.begins_at is not None
