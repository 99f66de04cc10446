"""The tree of a chat, drawn; and the way back through it."""

from __future__ import annotations

from hypothesis import given

from chatrepl.branches import place_among_siblings, runs, versions
from chatrepl.conversation import Conversation
from chatrepl.heat_map import heat_map
from chatrepl.messages import ChatId, MessageId
from chatrepl.ports import Day
from chatrepl.trail import MOST_PLACES, Place, Trail
from tests.support.conversations import conversations


@given(conversations(settled=True))
def test_every_message_is_in_one_run_and_every_end_is_a_branch(chat: Conversation) -> None:
    found = runs(chat)
    ends = [message for message in chat.messages if not chat.children(message)]
    assert sorted(run.branch for run in found if run.branch is not None) == list(range(1, len(ends) + 1))
    assert sum(run.ends_at - run.begins_at + 1 for run in found) == len(chat)
    assert sum(run.is_here for run in found) == (chat.tip is not None)
    for run in found:
        assert len([*chat.ancestors(run.last.id)]) == run.ends_at


@given(conversations(settled=True))
def test_versions_are_told_of_messages_with_siblings_only(chat: Conversation) -> None:
    path = chat.path()
    found = versions(chat, path)
    for message in path:
        place, count = place_among_siblings(chat, message.id)
        assert found.get(message.id) == (f"{place}/{count}" if count > 1 else None)


@given(conversations(settled=True))
def test_the_newest_below_is_an_end_below(chat: Conversation) -> None:
    for message in chat.messages:
        end = chat.newest_below(message)
        assert not chat.children(end)
        assert message in {each.id for each in chat.ancestors(end)}


CHAT = ChatId("c")


def place(name: str) -> Place:
    return Place(CHAT, MessageId(name))


def test_back_and_forward_go_through_the_places_that_were_left() -> None:
    trail = Trail()
    trail.leave(place("a"))
    trail.leave(place("b"))
    assert trail.back(place("c")) == place("b")
    assert trail.back(place("b")) == place("a")
    assert trail.back(place("a")) is None
    assert trail.forward(place("a")) == place("b")
    assert trail.forward(place("b")) == place("c")
    assert trail.forward(place("c")) is None


def test_a_new_step_forgets_what_was_gone_back_from() -> None:
    trail = Trail()
    trail.leave(place("a"))
    assert trail.back(place("b")) == place("a")
    trail.leave(place("a"))
    assert trail.forward(place("x")) is None


def test_the_trail_stays_short() -> None:
    trail = Trail()
    for number in range(MOST_PLACES * 2):
        trail.leave(place(str(number)))
    count = 0
    while trail.back(place("here")) is not None:
        count += 1
    assert count == MOST_PLACES


def test_the_calendar_shades_days_by_how_much_was_said() -> None:
    from datetime import date

    today = date(2026, 8, 5)  # a Wednesday
    rows = heat_map([Day(date(2026, 8, 3), 1), Day(date(2026, 8, 4), 100)], today, weeks=2, is_unicode=False)
    assert rows[1] == "Mon . -"
    assert rows[2] == "    . #"
    assert rows[3] == "Wed . ."
    assert rows[4] == "    ."  # tomorrow is blank
    assert "100 messages a day" in rows[-1]
