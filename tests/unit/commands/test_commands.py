"""Each command, run on a session that talks to a script."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from chatrepl.cancellation import Cancellation
from chatrepl.commands.all import ALL
from chatrepl.commands.base import (
    Ask,
    ClearScreen,
    Clipboard,
    Confirm,
    Context,
    Messages,
    Notice,
    Quit,
    Reasoning,
    Reply,
    Several,
    Table,
    Text,
)
from chatrepl.commands.registry import Line, Registry, parse_arguments, split_line
from chatrepl.errors import TransportError
from chatrepl.exchange import Finished, ModelInfo, ReasoningDelta, TextDelta
from chatrepl.messages import Usage
from chatrepl.session import Session
from chatrepl.turn import Kind
from tests.support.fakes import ScriptedClient, make_session, says

REPLY = "Look:\n\n```python\nprint(1)\n```\n\nand\n\n```\ntwo\n```\n"

Run = Callable[[str], Reply]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    models = (ModelInfo("big", 8192), ModelInfo("tiny", 4096))
    client = ScriptedClient(says(REPLY, usage=Usage(20, 10, 30)), says("second"), models=models)
    session = make_session(tmp_path, client)
    session.use_model("tiny")
    for text in ("first question", "second question"):
        for _ in session.turn(Kind.ASK, text, Cancellation()):
            pass
    return session


@pytest.fixture
def run(session: Session, tmp_path: Path) -> Run:
    registry = Registry(ALL)

    def run(text: str) -> Reply:
        line = split_line(text)
        assert isinstance(line, Line)
        command = registry.find(line.name)
        return command.run(
            Context(session, lambda path: tmp_path / path, ALL), parse_arguments(command, line.rest)
        )

    return run


def cell(table: Table, name: str) -> str:
    return next(row[1] for row in table.rows if row[0] == name)


def only(reply: Reply) -> Notice:
    assert isinstance(reply, Notice)
    return reply


def test_new_begins_an_empty_chat_and_keeps_the_one_before(run: Run, session: Session) -> None:
    before = session.conversation.id

    run("/new")

    assert len(session.conversation) == 0
    assert session.store.load(before).path()[-1].text == "second"


def test_clear_also_empties_the_screen(run: Run, session: Session) -> None:
    reply = run("/clear")

    assert isinstance(reply, Several)
    assert isinstance(reply.replies[0], ClearScreen)
    assert len(session.conversation) == 0


def test_system_sets_shows_and_takes_away_the_prompt(run: Run, session: Session) -> None:
    run("/system Be brief.\nAnd kind.")

    assert run("/system") == Text("Be brief.\nAnd kind.")
    assert session.store.load(session.conversation.id).system == "Be brief.\nAnd kind."
    run("/system none")
    assert session.conversation.system is None


def test_undo_steps_back_and_deletes_nothing(run: Run, session: Session) -> None:
    run("/undo")

    assert [message.text for message in session.conversation.path()] == ["first question", REPLY]
    assert len(session.conversation) == 4
    run("/undo 9")
    assert session.conversation.path() == ()
    assert only(run("/undo")).tone == "warning"
    assert only(run("/undo 0")).tone == "error"


def test_retry_and_continue_ask_for_a_turn(run: Run) -> None:
    assert run("/retry") == Ask(Kind.RETRY)
    assert run("/continue") == Ask(Kind.CONTINUE)


def test_retry_and_continue_say_why_not_in_an_empty_chat(run: Run) -> None:
    run("/new")

    assert only(run("/retry")).tone == "warning"
    assert only(run("/continue")).tone == "warning"
    assert only(run("/copy")).tone == "warning"
    assert only(run("/redraw")).tone == "warning"
    assert only(run("/save x.json")).tone == "warning"


def test_copy_takes_the_reply_or_a_numbered_block(run: Run) -> None:
    run("/undo")

    assert run("/copy") == Clipboard(REPLY, "the last reply")
    assert run("/copy 1") == Clipboard("print(1)", "code block 1")
    assert run("/copy 2") == Clipboard("two", "code block 2")
    assert "has 2 code blocks" in only(run("/copy 3")).text


def test_raw_shows_the_source_of_any_reply(run: Run) -> None:
    assert run("/raw") == Text("second")
    assert run("/raw 1") == Text(REPLY)
    assert run("/raw -2") == Text(REPLY)
    assert only(run("/raw 3")).tone == "error"


def test_raw_of_a_reply_without_words_says_so(run: Run, session: Session) -> None:
    run("/new")
    assert only(run("/raw")).tone == "warning"
    session.client.replies.append([ReasoningDelta("hm"), Finished("stop")])  # type: ignore[attr-defined]
    list(session.turn(Kind.ASK, "third question", Cancellation()))

    assert "empty" in only(run("/raw")).text


def test_reasoning_gives_what_was_thought_before_any_reply(run: Run, session: Session) -> None:
    script = [ReasoningDelta("Let me see.\n"), TextDelta("Four."), ReasoningDelta("Sure?"), Finished("stop")]
    session.client.replies.append(script)  # type: ignore[attr-defined]
    list(session.turn(Kind.ASK, "third question", Cancellation()))

    assert run("/reasoning") == Reasoning("Let me see.\n\n\nSure?")
    assert run("/reasoning 3") == run("/reasoning -1") == run("/thoughts")
    assert "Reply 1 came without" in only(run("/reasoning 1")).text
    assert only(run("/reasoning 9")).tone == "error"


def test_reasoning_is_there_after_a_restart_and_after_a_stop(run: Run, session: Session) -> None:
    def stop(cancellation: Cancellation) -> None:
        cancellation.cancel()

    session.client.replies.append([ReasoningDelta("Let me"), stop])  # type: ignore[attr-defined]
    list(session.turn(Kind.ASK, "third question", Cancellation()))
    chat = session.conversation.id

    session.open_chat(session.store.load(chat))

    assert run("/reasoning") == Reasoning("Let me")


def test_redraw_shows_as_much_of_thoughts_as_is_set(run: Run) -> None:
    run("/set terminal.reasoning hide")
    reply = run("/redraw")

    assert isinstance(reply, Messages)
    assert reply.reasoning == "hide"


def test_redraw_gives_the_last_turns(run: Run, session: Session) -> None:
    reply = run("/redraw 1")

    assert isinstance(reply, Messages)
    assert reply.messages == session.conversation.path()[2:]
    assert reply.omitted_count == 2


def test_model_lists_and_switches_without_losing_the_chat(run: Run, session: Session) -> None:
    table = run("/model")
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == ["  big", "* tiny"]

    run("/model bi")

    assert session.model == "big"
    assert session.planner.facts().id == "big"
    assert len(session.conversation.path()) == 4


def test_an_unknown_model_names_the_nearest_and_changes_nothing(run: Run, session: Session) -> None:
    notice = only(run("/model tinny"))

    assert notice.tone == "error"
    assert "tiny" in (notice.hint or "")
    assert session.model == "tiny"


def test_a_server_that_does_not_answer_is_an_error_for_the_list_only(
    run: Run, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise TransportError("gone")

    monkeypatch.setattr(session.client, "models", fail)

    assert only(run("/model")).text == "gone"


def test_set_changes_shows_and_explains(run: Run, session: Session) -> None:
    assert "parameters.temperature = 0.2" in only(run("/set temperature 0.2")).text
    assert session.settings.parameters == {"temperature": 0.2}
    assert "(/set)" in only(run("/set temperature")).text
    run("/set window.limit_tokens=1024")
    assert session.planner.window_tokens == 1024
    assert isinstance(run("/set"), Table)


def test_set_keeps_what_was_counted_and_learnt_of_the_model_where_the_setting_changes_neither(
    run: Run, session: Session
) -> None:
    planner = session.planner
    planner.learn_window(900)

    run("/set temperature 0.2")
    run("/set max_tokens 100")
    run("/set window.reserve_tokens 50")

    assert session.planner is planner
    assert planner.window_tokens == 900
    assert planner.limits.reserve_tokens == 50

    run("/set window.limit_tokens 700")
    assert session.planner.window_tokens == 700


@pytest.mark.parametrize(
    ("line", "words"),
    [("/set temperature 3", "0 to 2"), ("/set temprature 1", "temprature"), ("/set base_url x", "base_url")],
)
def test_set_refuses_what_does_not_fit(run: Run, line: str, words: str) -> None:
    notice = only(run(line))

    assert notice.tone == "error"
    assert words in notice.text


def test_tokens_and_status_are_tables(run: Run) -> None:
    tokens, status = run("/tokens"), run("/status")

    assert isinstance(tokens, Table)
    assert cell(tokens, "used so far").endswith("2 requests")
    assert isinstance(status, Table)
    assert cell(status, "model") == "tiny"


def test_request_is_a_curl_command_that_a_shell_can_read(run: Run) -> None:
    import shlex

    reply = run("/request What's new?")

    assert isinstance(reply, Text)
    words = shlex.split(reply.text.replace("\\\n", " "))
    assert words[0] == "curl"
    assert "X-Sign: it's" in words
    body = json.loads(words[words.index("-d") + 1])
    assert body["messages"][-1] == {"role": "user", "content": "What's new?"}


def test_request_names_the_key_by_its_variable_or_masks_it(run: Run, session: Session) -> None:
    session.key_source = "OPENAI_API_KEY"
    named = run("/request")
    session.key_source = "~/.config/chatrepl/key"
    masked = run("/request")

    assert isinstance(named, Text)
    assert isinstance(masked, Text)
    assert '-H "Authorization: Bearer $OPENAI_API_KEY"' in named.text
    assert "-H 'Authorization: Bearer …'" in masked.text


def test_save_then_load_gives_the_same_chat_as_a_new_one(run: Run, session: Session, tmp_path: Path) -> None:
    before = session.conversation
    assert "Saved 4 messages" in only(run("/save talk.json")).text

    reply = run("/load talk.json")

    assert isinstance(reply, Several)
    assert session.conversation.id != before.id
    assert [message.parts for message in session.conversation.path()] == [
        message.parts for message in before.path()
    ]
    assert [message.meta for message in session.conversation.path()] == [
        message.meta for message in before.path()
    ]
    stored = session.store.load(session.conversation.id)
    assert stored.path() == session.conversation.path()
    assert (tmp_path / "talk.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["talk.md", "talk.txt"])
def test_save_writes_what_can_be_read(run: Run, tmp_path: Path, name: str) -> None:
    run(f"/save {name}")

    written = (tmp_path / name).read_text()
    assert "second question" in written
    assert "print(1)" in written


def test_an_existing_file_is_asked_about(run: Run, tmp_path: Path) -> None:
    (tmp_path / "talk.md").write_text("precious")

    reply = run("/save talk.md")

    assert isinstance(reply, Confirm)
    assert (tmp_path / "talk.md").read_text() == "precious"
    assert "Saved" in only(reply.then()).text
    assert "second question" in (tmp_path / "talk.md").read_text()


def test_an_unknown_ending_writes_nothing(run: Run, tmp_path: Path) -> None:
    assert only(run("/save talk.doc")).tone == "error"
    assert not (tmp_path / "talk.doc").exists()


def test_a_bad_file_changes_nothing_and_names_the_place(run: Run, session: Session, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(
        '[{"role": "user", "content": "a"}, {"role": "robot", "content": "b"}]'
    )
    before = session.conversation

    notice = only(run("/load bad.json"))

    assert notice.tone == "error"
    assert "robot" in notice.text
    assert session.conversation is before


def test_a_list_of_messages_is_loaded_with_its_system_prompt(
    run: Run, session: Session, tmp_path: Path
) -> None:
    (tmp_path / "m.json").write_text('[{"role": "system", "content": "S"}, {"role": "user", "content": "a"}]')

    run("/load m.json")

    assert session.conversation.system == "S"
    assert [message.text for message in session.conversation.path()] == ["a"]


def test_quit_leaves(run: Run) -> None:
    assert run("/quit") == Quit()
    assert run("/q") == Quit()


def test_several_models_with_a_word_are_listed_and_one_alone_is_taken(tmp_path: Path) -> None:
    models = [
        ModelInfo("big-chat", 128_000, 4096, None, None, Decimal("2.5"), Decimal(10), ("vision",)),
        ModelInfo("big-code", shutdown_date="2026-01-20"),
        ModelInfo("small"),
    ]
    session = make_session(tmp_path, ScriptedClient(models=models))
    command = next(command for command in ALL if command.name == "model")

    def model(text: str | None) -> Reply:
        return command.run(Context(session, Path), {"name": text})

    listed = model("big")
    assert isinstance(listed, Table)
    assert listed.header == ("model", "window", "reply", "$ in", "$ out", "can", "")
    assert listed.rows[0] == ("  big-chat", "128 000", "4 096", "2.5", "10", "vision", "")
    assert listed.rows[1][-1] == "ends 2026-01-20, in 18 days"
    assert session.model == ""
    assert model("VISION") == Notice("Now talking to big-chat.")
    switched = model("big-code")
    assert isinstance(switched, Several)
    assert "switched off on 2026-01-20" in str(switched.replies[1])
    assert session.model == "big-code"


def test_the_list_of_models_is_asked_for_again_only_on_demand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = ScriptedClient(models=[ModelInfo("one"), ModelInfo("two")])
    session = make_session(tmp_path, client)
    command = next(command for command in ALL if command.name == "model")
    asked: list[int] = []

    def models() -> tuple[ModelInfo, ...]:
        asked.append(1)
        return (ModelInfo("one"),)

    monkeypatch.setattr(client, "models", models)
    for text in (None, None, "one", "--refresh"):
        command.run(Context(session, Path), {"name": text})
    assert len(asked) == 2


def test_a_model_that_ends_soon_is_said_once_after_its_first_turn(tmp_path: Path) -> None:
    models = [ModelInfo("old", 4096, shutdown_date="2026-01-05")]
    session = make_session(tmp_path, ScriptedClient(says("Hi"), says("Hi"), models=models))
    assert list(session.news()) == []
    list(session.turn(Kind.ASK, "hello", Cancellation()))
    (notice,) = session.news()
    assert "old is switched off on 2026-01-05, in 3 days" in notice
    list(session.turn(Kind.ASK, "hello", Cancellation()))
    assert list(session.news()) == []
