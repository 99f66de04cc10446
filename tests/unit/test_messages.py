from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from chatrepl.messages import NO_META, Message, Meta, ReasoningPart, RefusalPart, Role, TextPart, text_parts
from tests.support.conversations import NOON, message_id, user


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"text": ""}, ()),
        ({"text": "a"}, (TextPart("a"),)),
        ({"text": "a", "reasoning": "r"}, (ReasoningPart("r"), TextPart("a"))),
        ({"text": "", "refusal": "no"}, (RefusalPart("no"),)),
        (
            {"text": "a", "reasoning": "r", "refusal": "no"},
            (ReasoningPart("r"), TextPart("a"), RefusalPart("no")),
        ),
    ],
)
def test_parts_stand_in_their_order_and_empty_ones_are_left_out(
    words: dict[str, str], expected: tuple[object, ...]
) -> None:
    assert text_parts(**words) == expected


def test_the_text_of_a_message_counts_refusals_and_not_reasoning() -> None:
    parts = text_parts("I will. ", reasoning="Shall I?", refusal="No.")
    message = Message(message_id(), None, Role.ASSISTANT, parts, NOON)
    assert message.text == "I will. No."
    assert message.reasoning == "Shall I?"
    assert message.is_reply


def test_messages_are_values() -> None:
    message = user("hello")
    assert not message.is_reply
    assert message.meta is NO_META == Meta()
    assert message == Message(message.id, None, Role.USER, (TextPart("hello"),), NOON)
    with pytest.raises(FrozenInstanceError):
        message.role = Role.SYSTEM  # type: ignore[misc]
