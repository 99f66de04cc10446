"""The tree of a chat only grows, and what is read from it agrees with a simple model of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chatrepl.conversation import Conversation, first_words, turns
from chatrepl.messages import Message, MessageId, ReplyState, Role
from tests.support.conversations import CHAT, COMPLETE, STREAMING, conversations, reply, same, user


class TreeMachine(RuleBasedStateMachine):
    """Appends, finishes and moves at will, beside a plain dictionary that never forgets."""

    @initialize()
    def begin(self) -> None:
        self.chat = Conversation(CHAT)
        self.model: dict[MessageId, Message] = {}
        self.tip: MessageId | None = None

    def _add(self, message: Message) -> None:
        self.chat.append(message)
        self.model[message.id] = message
        self.tip = message.id

    @rule(is_user=st.booleans())
    def append_at_the_tip(self, is_user: bool) -> None:
        self._add(user("u", self.tip) if is_user else reply("", self.tip, STREAMING))

    @rule(data=st.data())
    def append_anywhere(self, data: st.DataObject) -> None:
        self._add(reply("r", data.draw(st.sampled_from([None, *self.model]))))

    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        self.tip = data.draw(st.sampled_from([None, *self.model]))
        self.chat.move_tip(self.tip)

    @rule()
    def read(self) -> None:
        self.chat.path()

    @precondition(lambda self: self._arriving())
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        message = replace(data.draw(st.sampled_from(self._arriving())), meta=COMPLETE)
        self.chat.finish(message)
        self.model[message.id] = message

    def _arriving(self) -> list[Message]:
        return [message for message in self.model.values() if message.meta.state is ReplyState.STREAMING]

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def mistakes_change_nothing(self, data: st.DataObject) -> None:
        known = data.draw(st.sampled_from([*self.model.values()]))
        stranger = MessageId("f" * 32)
        with pytest.raises(ValueError, match="in the chat already"):
            self.chat.append(known)
        with pytest.raises(ValueError, match="not in the chat"):
            self.chat.append(user("x", stranger))
        with pytest.raises(ValueError, match="not in the chat"):
            self.chat.move_tip(stranger)
        with pytest.raises(ValueError, match="still arriving"):
            self.chat.finish(user("x"))
        if known.meta.state is not ReplyState.STREAMING:
            with pytest.raises(ValueError, match="still arriving"):
                self.chat.finish(known)
        with pytest.raises(ValueError, match="still arriving"):
            self.chat.finish(replace(known, parent_id=stranger))

    @invariant()
    def nothing_is_lost_or_moved(self) -> None:
        assert [*self.chat.messages.items()] == [*self.model.items()]
        assert len(self.chat) == len(self.model)
        assert self.chat.tip == self.tip

    @invariant()
    def the_path_leads_from_a_root_to_the_tip(self) -> None:
        expected: list[Message] = []
        at = self.tip
        while at is not None:
            expected.insert(0, self.model[at])
            at = self.model[at].parent_id
        assert self.chat.path() == tuple(expected)
        assert [*self.chat.ancestors(self.tip)] == expected[::-1]
        assert self.chat.replies() == tuple(message for message in expected if message.is_reply)
        assert self.chat.last_reply() == next((m for m in expected[::-1] if m.is_reply), None)
        assert self.chat.last_user_message() == next((m for m in expected[::-1] if m.role is Role.USER), None)

    @invariant()
    def every_message_is_a_child_of_its_parent_once(self) -> None:
        children = [child for parent in [None, *self.model] for child in self.chat.children(parent)]
        assert sorted(children) == sorted(self.model)
        order = {message: place for place, message in enumerate(self.model)}
        for message in self.model.values():
            siblings = self.chat.siblings(message.id)
            assert message.id in siblings
            assert siblings == self.chat.children(message.parent_id)
            assert [*siblings] == sorted(siblings, key=order.__getitem__)

    @invariant()
    def a_rebuilt_chat_is_the_same(self) -> None:
        """So that a path that was kept up to date equals one that was built anew."""
        rebuilt = Conversation(CHAT, messages=self.chat.messages.values(), tip=self.tip)
        assert same(rebuilt, self.chat)
        assert rebuilt.path() == self.chat.path()


TestTree = TreeMachine.TestCase
TestTree.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@given(conversations())
def test_turns_cut_a_path_without_losing_or_splitting_anything(made: Conversation) -> None:
    found = turns(made.path())
    assert tuple(message for turn in found for message in turn.messages) == made.path()
    for number, turn in enumerate(found):
        roles = [message.role for message in turn.messages]
        assert roles[0] is Role.USER or number == 0
        assert Role.USER not in roles[1:]


def test_appending_to_a_path_that_was_read_does_not_change_what_was_read() -> None:
    chat = Conversation(CHAT, messages=[first := user("a")], tip=None)
    chat.move_tip(first.id)
    before = chat.path()
    chat.append(user("b", first.id))
    assert len(before) == 1
    assert len(chat.path()) == 2


def test_appending_after_an_earlier_message_begins_a_branch() -> None:
    chat = Conversation(CHAT)
    for message in (first := user("Why?"), one := reply("So.", first.id), two := reply("Thus.", first.id)):
        chat.append(message)
    assert chat.path() == (first, two)
    assert chat.siblings(one.id) == (one.id, two.id)
    chat.move_tip(one.id)
    assert chat.path() == (first, one)


@given(st.text(max_size=400), st.integers(2, 100))
def test_first_words_are_one_short_line(text: str, limit_chars: int) -> None:
    line = first_words(text, limit_chars)
    assert len(line) <= limit_chars
    assert len(line.splitlines()) <= 1
    assert line == line.strip()


@pytest.mark.parametrize(
    ("text", "line"),
    [("", ""), (" \n ", ""), ("a\n b", "a b"), ("x" * 60, "x" * 60), ("x" * 61, "x" * 59 + "…")],
)
def test_first_words(text: str, line: str) -> None:
    assert first_words(text) == line
