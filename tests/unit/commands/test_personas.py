"""/persona, on a session that talks to a script."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatrepl import personas
from chatrepl.cancellation import Cancellation
from chatrepl.commands.base import Confirm, Context, Draft, EditFile, Notice, Reply, Several, Table, Text
from chatrepl.commands.personas import COMMANDS
from chatrepl.errors import ChatreplError, ConfigError, UsageError
from chatrepl.parts import Parts
from chatrepl.session import Session
from chatrepl.settings import Settings
from chatrepl.shelf import SHIPPED_PERSONAS, Shelf
from chatrepl.shelves import OwnTexts
from chatrepl.turn import Kind
from tests.support.commands import Run, run_in
from tests.support.fakes import FakeClock, ScriptedClient, make_session, says

MINE = """
description = "Counts in a language"
system = "Count in {{language}}, slowly and with care."
questions = ["Up to ten in {{language}}", "Up to 100"]
parameters = { temperature = 0.1, seed = 5 }
[variables]
language = ["Welsh", "Old English"]
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    directory = tmp_path / "personas"
    directory.mkdir()
    (directory / "mine.toml").write_text(MINE)
    return directory


def make(tmp_path: Path, settings: Settings | None = None) -> Session:
    reserved = (*personas.WORDS, *personas.NO_PERSONA)
    shelf = Shelf(tmp_path / "personas", (".toml",), shown="~/p", shipped=SHIPPED_PERSONAS, reserved=reserved)
    client = ScriptedClient(*[says("Hello")] * 9)
    session = make_session(tmp_path, client, settings=settings)
    session._find_own_texts = lambda: OwnTexts(shelf, shelf, shelf, lambda: "")
    return session


@pytest.fixture
def session(tmp_path: Path, own: Path) -> Session:
    return make(tmp_path, Settings(system="From the settings.", parameters={"temperature": 0.9}))


@pytest.fixture
def run(session: Session, tmp_path: Path) -> Run:
    return run_in(session, tmp_path)


def replies(reply: Reply) -> tuple[Reply, ...]:
    assert isinstance(reply, Several)
    return reply.replies


def only(reply: Reply) -> Notice:
    assert isinstance(reply, Notice)
    return reply


def ask(session: Session) -> None:
    for _ in session.turn(Kind.ASK, "Hi", Cancellation()):
        pass


def in_use(session: Session) -> str | None:
    return session.persona.shown if session.persona is not None else None


def parameters(session: Session) -> dict[str, object]:
    return dict(session.settings.parameters)


def test_the_list_has_all_and_marks_the_one_in_use(run: Run, own: Path) -> None:
    (own / "broken.toml").write_text("description = 'x'\nfoo = 1\nsystem = 'y'\nbar = 2")
    run("/persona mine")
    table, hint = replies(run("/persona"))
    assert isinstance(table, Table)
    rows = {name.strip(): text for name, text in table.rows}
    assert rows["* mine"] == "Counts in a language (language) - yours"
    assert rows["broken"] == "cannot be used: The persona broken has 2 problems"
    assert {"tutor", "translator"} <= set(rows)
    assert only(hint).text.startswith("In use: mine.")


def test_a_persona_brings_its_system_prompt_and_parameters_to_the_server(run: Run, session: Session) -> None:
    said, table, _ = replies(run("/persona mine language='Old English'"))
    assert only(said).text.endswith("temperature=0.1, seed=5. Counts in a language.")
    assert only(said).text.startswith("Persona mine language='Old English', from the next message on")
    assert isinstance(table, Table)
    assert table.rows == (("1", "Up to ten in Old English"), ("2", "Up to 100"))
    ask(session)
    assert isinstance(session.client, ScriptedClient)
    request = session.client.requests[-1]
    assert request.system == "Count in Old English, slowly and with care."
    assert request.parameters == {"temperature": 0.1, "seed": 5}


def test_without_a_persona_all_is_as_before(run: Run, session: Session) -> None:
    run("/persona mine")
    run("/persona tutor")
    assert parameters(session) == {"temperature": 0.4}
    assert only(run("/persona none")).text.endswith("the system prompt of the settings counts again.")
    assert parameters(session) == {"temperature": 0.9}
    assert session.conversation.system == "From the settings."
    assert session.origins.get("parameters.temperature") is None
    assert only(run("/persona off")).text == "No persona is in use."


def test_what_set_changed_while_it_was_in_use_stays(run: Run, session: Session) -> None:
    run("/set seed 1")
    run("/persona mine")
    assert parameters(session) == {"temperature": 0.1, "seed": 5}
    run("/set temperature 0.5")
    run("/persona none")
    assert parameters(session) == {"temperature": 0.5, "seed": 1}


def test_a_new_chat_goes_on_with_the_persona(run: Run, session: Session) -> None:
    run("/persona mine")
    run("/new")
    assert session.conversation.system == "Count in Welsh, slowly and with care."
    assert session.persona is not None


def test_another_system_prompt_ends_it(run: Run, session: Session) -> None:
    run("/persona mine")
    run("/system Be brief.")
    assert session.persona is None
    assert parameters(session) == {"temperature": 0.9}
    assert session.conversation.system == "Be brief."


def test_a_chat_that_is_opened_again_brings_its_persona_back(
    run: Run, session: Session, tmp_path: Path
) -> None:
    run("/persona mine language='Old English'")
    ask(session)
    first = session.conversation.id
    run("/new")
    run("/persona none")
    ask(session)
    second = session.conversation.id

    session.open_later(first)
    assert session.conversation.id == first
    assert in_use(session) == "mine language='Old English'"
    assert parameters(session) == {"temperature": 0.1, "seed": 5}

    session.open_later(second)
    assert session.conversation.system == "From the settings."
    assert in_use(session) is None
    assert parameters(session) == {"temperature": 0.9}

    session.step(back=True)
    assert in_use(session) == "mine language='Old English'"


def test_a_persona_that_is_not_there_changes_nothing(run: Run, session: Session) -> None:
    run("/persona mine")
    before = session.settings
    with pytest.raises(UsageError) as error:
        run("/persona mein")
    assert error.value.hint == "Did you mean `mine`?"
    assert session.persona is not None
    assert session.settings is before


def test_a_variable_that_is_missing_is_asked_for_in_the_input_line(run: Run, own: Path) -> None:
    (own / "two.toml").write_text('description = "x"\nsystem = "{{a}} {{b}} {{c=1}}"')
    reply = run("/persona two a='x y'")
    assert reply == Draft("/persona two a='x y' b=", "The persona two needs b.")


def test_sample_questions_are_put_into_the_input_line(run: Run) -> None:
    assert only(run("/persona try 1")).tone == "warning"
    run("/persona mine")
    reply = run("/persona try 1")
    assert isinstance(reply, Draft)
    assert reply.text == "Up to ten in Welsh"
    assert isinstance(run("/persona try"), Table)
    assert only(run("/persona try 3")).text == "There is no question 3: mine has 2."


def test_all_of_one_is_shown(run: Run) -> None:
    table, system, questions = replies(run("/persona show mine"))
    assert isinstance(table, Table)
    assert ("variable language", "Welsh (or Old English, or any other)") in table.rows
    assert ("file", "~/p/mine.toml") in table.rows
    assert system == Text("Count in Welsh, slowly and with care.")
    assert isinstance(questions, Table)
    with pytest.raises(UsageError, match="No persona is in use"):
        run("/persona show")


# The user's own -----------------------------------------------------------------------------------------------------


def edited(reply: Reply, change: str | None = None) -> Reply:
    """Do as the editor does: write a text, or leave the file as it is."""
    assert isinstance(reply, EditFile)
    if change is not None:
        reply.path.write_text(change)
    return reply.then()


def test_a_new_one_is_made_in_the_editor(run: Run, own: Path) -> None:
    assert "no file was made" in only(edited(run("/persona new fresh"))).text
    assert not (own / "fresh.toml").exists()
    said = only(edited(run("/persona new fresh"), MINE))
    assert said.text == "fresh is kept in ~/p/fresh.toml. /persona fresh uses it."
    with pytest.raises(ChatreplError, match="already"):
        run("/persona new fresh")


def test_one_that_comes_with_chatrepl_is_copied_before_it_is_edited(run: Run, own: Path) -> None:
    edited(run("/persona edit tutor"))
    assert not (own / "tutor.toml").exists()
    edited(run("/persona edit tutor"), MINE)
    assert "Count in" in (own / "tutor.toml").read_text()
    run("/persona tutor")


def test_a_file_that_was_edited_wrongly_is_kept_and_can_be_opened_again(run: Run, own: Path) -> None:
    wrong = MINE.replace("temperature", "temprature")
    said, question = replies(edited(run("/persona edit mine"), wrong))
    assert only(said).tone == "error"
    assert "~/p/mine.toml line 5: There is no parameter `temprature`" in only(said).text
    assert isinstance(question, Confirm)
    assert (own / "mine.toml").read_text() == wrong
    assert only(edited(question.then(), MINE)).tone == "info"
    assert str(own / "mine.toml") in only(question.otherwise()).text


def test_only_words_are_names(run: Run, own: Path) -> None:
    for name in ("../x", "a/b", "none", "two words"):
        with pytest.raises(UsageError, match="cannot be a name"):
            run(f"/persona new {name}")
    with pytest.raises(UsageError, match="no persona 'nobody'"):
        run("/persona edit nobody")


def test_names_variables_and_values_are_completed(session: Session, tmp_path: Path) -> None:
    def complete(typed: str) -> list[str]:
        return list(COMMANDS[0].args[0].complete(Context(session, Path), typed))

    assert complete("m") == ["mine"]
    assert complete("show mi") == ["show mine"]
    assert complete("mine ") == ["mine language="]
    assert complete("mine language=o") == ["mine language='Old English'"]
    assert complete("mine language='Ol") == ["mine language='Old English'"]
    assert complete("mine language=Welsh ") == []
    assert complete("nobody x") == []
    session.use_persona("mine")
    assert complete("try ") == ["try 1", "try 2"]
    assert "none" in complete("n")


# Settings and profiles ----------------------------------------------------------------------------------------------


def parts_of(session: Session, **changes: object) -> Parts:
    settings = Settings(system="From the settings.", parameters={"temperature": 0.9})
    return Parts(settings, session.client, session._make_planner, None)._replace(**changes)  # type: ignore[arg-type]


def test_the_settings_choose_the_first_persona_and_the_command_line_stands_above_it(
    session: Session, tmp_path: Path
) -> None:
    parts = parts_of(session, persona=personas.Choice("mine", frozenset({"parameters.seed"})))
    begun = Session(
        parts,
        open_store=lambda: session.store,
        clock=FakeClock(),
        own_texts=lambda: session.own_texts,
    )
    assert begun.conversation.system == "Count in Welsh, slowly and with care."
    assert parameters(begun) == {"temperature": 0.1}
    origins = {"persona": "~/config.toml line 3"}
    with pytest.raises(ConfigError, match=r"no persona 'nobody' \(~/config.toml line 3\)"):
        Session(
            parts_of(session, persona=personas.Choice("nobody"), origins=origins),
            open_store=lambda: session.store,
            clock=FakeClock(),
            own_texts=lambda: session.own_texts,
        )


def test_a_profile_changes_the_persona_and_its_own_parameters_stand_above(session: Session) -> None:
    origins = {"persona": "profile work", "parameters.temperature": "profile work"}
    session._change_profile = lambda _: parts_of(session, persona=personas.Choice("mine"), origins=origins)
    session.use_profile("work")
    assert session.persona is not None
    assert parameters(session) == {"temperature": 0.9, "seed": 5}


def test_a_profile_that_says_nothing_of_it_leaves_the_persona(session: Session, run: Run) -> None:
    run("/set seed 1")
    run("/persona mine")
    run("/set temperature 0.5")
    session._change_profile = lambda _: parts_of(session)
    session.use_profile("work")
    assert session.persona is not None
    assert parameters(session) == {"temperature": 0.5, "seed": 5}
    run("/persona none")
    assert parameters(session) == {"temperature": 0.5, "seed": 1}


def test_a_profile_with_a_system_prompt_ends_the_persona(session: Session, run: Run) -> None:
    run("/persona mine")
    session._change_profile = lambda _: parts_of(session, origins={"system": "profile work"})
    session.use_profile("work")
    assert session.persona is None
    assert parameters(session) == {"temperature": 0.9}


def test_a_profile_with_an_unknown_persona_changes_nothing(session: Session, run: Run) -> None:
    run("/persona mine")
    before = session.settings
    origins = {"persona": "profile work"}
    session._change_profile = lambda _: parts_of(session, persona=personas.Choice("nobody"), origins=origins)
    with pytest.raises(UsageError):
        session.use_profile("work")
    assert session.settings is before
    assert session.persona is not None


def test_what_is_known_of_the_window_stays(run: Run, session: Session) -> None:
    session.prepare()
    known = session.planner.window_tokens
    run("/persona mine")
    assert known is not None
    assert session.planner.window_tokens == known
    assert session.planner.is_prepared
