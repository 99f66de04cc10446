from __future__ import annotations

import pytest

from chatrepl.errors import StoreError
from chatrepl.messages import ChatId
from chatrepl.store.finding import find

PLAN, PLANS, TRIP, UNNAMED = (ChatId(character * 32) for character in "01ab")
CHATS = [(PLAN, "Plan"), (PLANS, "Plan the  trip"), (TRIP, "Trip to Rome"), (UNNAMED, "")]


@pytest.mark.parametrize(
    ("text", "chat"),
    [
        ("a" * 32, TRIP),
        ("AAA", TRIP),
        ("b", UNNAMED),
        ("trip", TRIP),
        ("  Trip   to ", TRIP),
        ("plan", PLAN),
        ("plan the trip", PLANS),
        ("1", PLANS),
    ],
)
def test_an_id_its_beginning_or_that_of_a_title_finds_a_chat(text: str, chat: ChatId) -> None:
    assert find(text, CHATS) == chat


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("pla", '"pla" fits 2 chats.', 'They are: 000000000000 "Plan", 111111111111 "Plan the  trip"'),
        ("rome", 'There is no chat "rome".', 'The nearest: aaaaaaaaaaaa "Trip to Rome"'),
        ("Trip to Romee", 'There is no chat "Trip to Romee".', 'The nearest: aaaaaaaaaaaa "Trip to Rome"'),
        ("zzzzz", 'There is no chat "zzzzz".', 'The nearest: 000000000000 "Plan", '),
        (" ", "No chat was named.", 'The last ones: 000000000000 "Plan", '),
    ],
)
def test_what_finds_none_or_several_names_the_nearest(text: str, message: str, hint: str) -> None:
    with pytest.raises(StoreError) as error:
        find(text, CHATS)
    assert error.value.message == message
    assert (error.value.hint or "").startswith(hint)


def test_of_chats_with_one_title_only_those_are_named() -> None:
    chats = [(PLAN, "Same"), (PLANS, "same"), (TRIP, "Same again")]
    with pytest.raises(StoreError, match="fits 2 chats"):
        find("same", chats)


def test_in_an_empty_library_there_is_nothing_near() -> None:
    with pytest.raises(StoreError) as error:
        find("x", [])
    assert error.value.hint is None
