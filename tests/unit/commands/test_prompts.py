"""/p, on a session that talks to a script."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatrepl import prompt_files
from chatrepl.commands.base import Ask, Context, Draft, EditFile, Notice, Reply, Several, Table, Text
from chatrepl.commands.prompts import COMMANDS, LIMIT_FILE_BYTES, clean, fill_for_command_line
from chatrepl.environment import Environment
from chatrepl.errors import ChatreplError, StoreError, UsageError
from chatrepl.session import Session
from chatrepl.shelf import Shelf
from chatrepl.shelves import OwnTexts
from chatrepl.turn import Kind
from tests.support.commands import Run, run_in
from tests.support.fakes import FakeClock, ScriptedClient, make_session

EXPLAIN = """\
+++
description = "Explains"
[variables]
level = ["a child", "an expert"]
+++
Explain {{input}} to {{level}} in {{words}} words.
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    directory = tmp_path / "prompts"
    directory.mkdir()
    (directory / "explain.md").write_text(EXPLAIN)
    return directory


@pytest.fixture
def texts(own: Path) -> OwnTexts:
    shelf = Shelf(own, prompt_files.ENDINGS, shown="~/prompts", reserved=prompt_files.WORDS)
    return OwnTexts(shelf, shelf, shelf, lambda: "from\r\nthe \0clipboard\n")


@pytest.fixture
def session(tmp_path: Path, texts: OwnTexts) -> Session:
    session = make_session(tmp_path, ScriptedClient())
    session._find_own_texts = lambda: texts
    return session


@pytest.fixture
def run(session: Session, tmp_path: Path) -> Run:
    return run_in(session, tmp_path)


def write(own: Path, name: str, text: str) -> None:
    (own / name).write_text(text)


def sent(reply: Reply) -> str:
    assert isinstance(reply, Ask)
    assert reply.kind is Kind.ASK
    return reply.text


def test_a_prompt_is_filled_in_and_sent(run: Run) -> None:
    said = sent(run("/p explain words=20 level='an expert' the tides\nof the sea"))
    assert said == "Explain the tides\nof the sea to an expert in 20 words."


def test_it_can_be_seen_before_it_is_sent(run: Run, own: Path) -> None:
    reply = run("/p -e explain words=2 x")
    assert isinstance(reply, Draft)
    assert reply.text == "Explain x to a child in 2 words."
    write(own, "path.md", "/etc/hosts is odd")
    draft = run("/p -e path")
    assert isinstance(draft, Draft)
    assert draft.text == "//etc/hosts is odd", "two slashes send one"
    assert sent(run("/p path")) == "/etc/hosts is odd"


@pytest.mark.parametrize(
    ("typed", "line", "said"),
    [
        ("/p explain", "/p explain words=", "explain needs words and a text."),
        ("/p explain level=x", "/p explain level=x words=", "explain needs words and a text."),
        ("/p explain words=3", "/p explain words=3 ", "explain needs a text."),
        ("/p -e explain it's odd", '/p -e explain input="it\'s odd" words=', "explain needs words."),
    ],
)
def test_what_is_missing_is_asked_for_in_the_input_line(run: Run, typed: str, line: str, said: str) -> None:
    assert run(typed) == Draft(line, said)


def test_an_unknown_variable_is_not_taken_for_text(run: Run) -> None:
    with pytest.raises(UsageError) as error:
        run("/p explain wrods=3 x")
    assert error.value.hint == "Did you mean `words`? For text that begins so: input='wrods=…'."
    assert sent(run("/p explain words=3 input='a=1'")) == "Explain a=1 to a child in 3 words."
    with pytest.raises(UsageError, match="given twice"):
        run("/p explain words=3 input=x y")


def test_an_unknown_name_offers_the_nearest(run: Run, own: Path) -> None:
    with pytest.raises(UsageError) as error:
        run("/p exlpain")
    assert error.value.hint == "Did you mean `explain`?"
    (own / "explain.md").unlink()
    with pytest.raises(UsageError) as error:
        run("/p exlpain")
    assert error.value.hint == "There are none yet. /p new exlpain makes one."


def test_what_chatrepl_fills_in_by_itself(run: Run, own: Path, tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("note with {{clipboard}}\n")
    write(own, "all.txt", "{{date}} {{clipboard}} {{file:note.md}} {{stdin=no pipe}}")
    now = FakeClock().now().astimezone()
    assert sent(run("/p all")) == f"{now:%Y-%m-%d} from\nthe clipboard note with {{{{clipboard}}}} no pipe"


def test_all_that_cannot_be_had_is_told_at_once_and_nothing_is_sent(
    run: Run, own: Path, tmp_path: Path
) -> None:
    (tmp_path / "binary").write_bytes(b"a\0b")
    (tmp_path / "latin").write_bytes(b"\xff")
    (tmp_path / "large").write_text("x" * (LIMIT_FILE_BYTES + 1))
    write(
        own,
        "many.md",
        "{{file:none}} {{file:binary}} {{file:latin}} {{file:large}} {{file:.}} {{stdin}}{{stdin}}",
    )
    with pytest.raises(StoreError) as error:
        run("/p many")
    lines = error.value.message.splitlines()
    assert [line.replace(f"{tmp_path}/", "") for line in lines] == [
        "There is no file none.",
        "binary is not text: there are NUL bytes in it.",
        "latin is not UTF-8 text: byte 1 is 0xff.",
        "large is larger than 262,144 bytes.",
        f"{tmp_path} is a directory.",
        "{{stdin}} is what is piped in, and nothing is.",
    ]


def test_a_value_brings_in_no_file(run: Run) -> None:
    said = sent(run("/p explain words='{{file:/etc/passwd}}' {{clipboard}}"))
    assert said == "Explain {{clipboard}} to a child in {{file:/etc/passwd}} words."


def test_what_is_brought_in_is_as_if_it_was_typed() -> None:
    assert clean("a\0b\r\nc\rd\ud800") == "ab\nc\nd" + "\ufffd" * 3


def test_nothing_is_sent_where_nothing_comes_out(run: Run, own: Path) -> None:
    write(own, "empty.md", "{{a=}}")
    with pytest.raises(UsageError, match="comes out empty"):
        run("/p empty")


def test_the_list_says_what_each_is_for_and_takes(run: Run, own: Path) -> None:
    write(own, "bad.md", "{{a b}} {{c d}}")
    write(own, "plain.txt", "Hello")
    reply = run("/p")
    assert isinstance(reply, Several)
    table = reply.replies[0]
    assert isinstance(table, Table)
    assert table.rows == (
        ("bad", "cannot be used: The prompt file bad has 2 problems"),
        ("explain", "Explains (level, words, input)"),
        ("plain", ""),
    )
    for path in own.iterdir():
        path.unlink()
    empty = run("/p")
    assert isinstance(empty, Notice)
    assert empty.hint is not None
    assert "/p new NAME" in empty.hint


def test_a_file_is_shown_as_it_is(run: Run) -> None:
    reply = run("/p show explain")
    assert isinstance(reply, Several)
    table, text = reply.replies
    assert isinstance(table, Table)
    assert ("variable words", "to be given") in table.rows
    assert text == Text("Explain {{input}} to {{level}} in {{words}} words.")


def test_a_new_file_is_made_and_a_wrong_one_kept(run: Run, own: Path) -> None:
    made = run("/p new fresh")
    assert isinstance(made, EditFile)
    made.path.write_text("Bad {{a b}}")
    reply = made.then()
    assert isinstance(reply, Several)
    said = reply.replies[0]
    assert isinstance(said, Notice)
    assert "~/prompts/fresh.md line 1: `{{a b}}` is not a variable" in said.text
    assert (own / "fresh.md").read_text() == "Bad {{a b}}"
    again = run("/p edit fresh")
    assert isinstance(again, EditFile)
    again.path.write_text("Good")
    assert again.then() == Notice("fresh is kept in ~/prompts/fresh.md. /p fresh sends it.")
    with pytest.raises(UsageError):
        run("/p edit nobody")
    with pytest.raises(ChatreplError):
        run("/p new edit")


def test_names_variables_and_values_are_completed(session: Session) -> None:
    def complete(typed: str) -> list[str]:
        return list(COMMANDS[0].args[0].complete(Context(session, Path), typed))

    assert complete("ex") == ["explain"]
    assert complete("-e e") == ["-e explain"]
    assert complete("-e explain w") == ["-e explain words="]
    assert complete("edit ") == ["edit explain"]
    assert complete("explain words=3 ") == ["explain words=3 level="]
    assert complete("explain level=a") == ["explain level='a child'", "explain level='an expert'"]
    assert complete("explain some text level=") == []


# The command line ---------------------------------------------------------------------------------------------------


def filled(texts: OwnTexts, name: str, *words: str, piped: str | None = "") -> str:
    return fill_for_command_line(texts, name, words, piped, Environment(variables={}))


def test_a_script_gives_values_as_words(texts: OwnTexts) -> None:
    assert (
        filled(texts, "explain", "words=2 or 3", "the", "tides")
        == "Explain the tides to a child in 2 or 3 words."
    )
    with pytest.raises(UsageError) as error:
        filled(texts, "explain", piped=None)
    assert error.value.message == "The prompt explain needs words and a text."
    assert error.value.hint == "chatrepl --prompt explain words=… TEXT"


def test_what_is_piped_in_has_its_place_or_stands_for_the_text(texts: OwnTexts, own: Path) -> None:
    assert filled(texts, "explain", "words=2", piped="tides\n") == "Explain tides to a child in 2 words."
    assert filled(texts, "explain", "words=2", "x", piped="y") == "Explain x to a child in 2 words.\n\ny"
    write(own, "pipe.md", "Look: {{stdin}}!")
    assert filled(texts, "pipe", "and this", piped="\nlog\n") == "Look: log!\n\nand this"
    write(own, "plain.md", "Sum up.")
    assert filled(texts, "plain", piped="log") == "Sum up.\n\nlog"
    for nothing in ("", None):
        with pytest.raises(UsageError, match="what is piped in, and nothing is"):
            filled(texts, "pipe", piped=nothing)
