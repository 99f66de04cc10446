"""Changing to another profile while a chat is open."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatrepl.cancellation import Cancellation
from chatrepl.commands.base import Context, Notice, Reply, Several, Table
from chatrepl.commands.profile import COMMANDS
from chatrepl.errors import ConfigError
from chatrepl.parts import Parts
from chatrepl.session import Session
from chatrepl.settings import ProfileSettings, Settings
from chatrepl.turn import Kind
from tests.support.fakes import ScriptedClient, make_session, says

PROFILES = {
    "fast": ProfileSettings(provider="groq", model="quick", parameters={"temperature": 0.1}),
    "mild": ProfileSettings(system="Be kind."),
}


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A session with two profiles, of which one has a system prompt."""
    first = make_session(tmp_path, ScriptedClient(says("Hello you")), settings=Settings(profiles=PROFILES))
    planner = first._make_planner

    def change(name: str) -> Parts:
        if name not in PROFILES:
            raise ConfigError(f"There is no profile `{name}`.", hint="Did you mean `fast`?")
        origins = {"parameters.temperature": "profile fast"} if name == "fast" else {"system": "profile mild"}
        settings = Settings(
            profiles=PROFILES,
            profile=name,
            model="quick" if name == "fast" else None,
            system="Be kind." if name == "mild" else None,
            parameters={"temperature": 0.1} if name == "fast" else {},
        )
        return Parts(settings, ScriptedClient(says("Hi")), planner, settings.model, origins)

    first._change_profile = change
    return first


def run(session: Session, name: str | None) -> Reply:
    return COMMANDS[0].run(Context(session, Path), {"name": name})


def test_a_profile_changes_the_model_and_the_parameters_and_keeps_the_chat(session: Session) -> None:
    list(session.turn(Kind.ASK, "Hello", Cancellation()))
    chat = session.conversation
    reply = run(session, "fast")
    assert isinstance(reply, Notice)
    assert reply.text.startswith("Profile fast: quick")
    assert session.conversation is chat
    assert session.model == "quick"
    list(session.turn(Kind.ASK, "Again", Cancellation()))
    assert isinstance(session.client, ScriptedClient)
    assert session.client.requests[-1].model == "quick"
    assert session.client.requests[-1].parameters == {"temperature": 0.1}
    assert session.client.requests[-1].messages[0].text == "Hello"


def test_what_set_changed_stays_where_the_profile_says_nothing_of_it(session: Session) -> None:
    session.change_setting("seed", "7")
    session.change_setting("temperature", "1.5")
    run(session, "fast")
    assert dict(session.settings.parameters) == {"temperature": 0.1, "seed": 7}
    run(session, "mild")
    assert dict(session.settings.parameters) == {"seed": 7}


def test_the_system_prompt_of_a_profile_counts_from_the_next_request_on(session: Session) -> None:
    session.set_system("Be brief.")
    run(session, "fast")
    assert session.conversation.system == "Be brief."
    run(session, "mild")
    assert session.conversation.system == "Be kind."


def test_an_unknown_profile_changes_nothing(session: Session) -> None:
    before = (session.client, session.settings)
    reply = run(session, "fats")
    assert isinstance(reply, Notice)
    assert (reply.tone, reply.hint) == ("error", "Did you mean `fast`?")
    assert (session.client, session.settings) == before


def test_the_list_marks_the_profile_in_use(session: Session) -> None:
    run(session, "fast")
    reply = run(session, None)
    assert isinstance(reply, Several)
    table = reply.replies[0]
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == ["* fast", "  mild"]
    assert table.rows[0][1:] == ("groq", "quick", "temperature=0.1")


def test_profiles_and_providers_are_completed(session: Session) -> None:
    complete = COMMANDS[0].args[0].complete
    assert list(complete(Context(session, Path), "f")) == ["fast"]
    assert list(complete(Context(session, Path), "mi")) == ["mild", "mistral"]
