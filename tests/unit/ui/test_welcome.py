"""The first run: at most three questions, each with a default, and none of them a trap."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import pytest

from chatrepl.environment import Environment
from chatrepl.errors import AuthError, ConfigError, TransportError, UsageError
from chatrepl.ui.asking import LeftError, LineAsker, Place
from chatrepl.ui.welcome import Chosen, NewKey, Way, Welcome

FILE = Place("file", "a file")
KEYRING = Place("keyring", "the keyring")
VARIABLE = Place("variable", "a variable", is_secret=False)
OLLAMA = Way("Ollama on this machine", "ollama", base_url="http://127.0.0.1:11434/v1")
LOCAL = Way("the embedded model", "embedded", is_local=True)
OPENAI = Way(
    "openai", "openai", "openai", "https://api.openai.com/v1", "OPENAI_API_KEY", True, best_model="best"
)
OPENROUTER = Way(
    "openrouter", "openrouter", "openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", True
)
WAYS = (OLLAMA, LOCAL, OPENAI, OPENROUTER)

Answer = str | tuple[str, Place] | None
"""What is typed; for a key, with its place. None: Esc."""


@dataclass
class Scripted:
    """Answers in turn, and remembers what was said."""

    answers: list[Answer]
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.said.append(text)

    def alone(self) -> AbstractContextManager[object]:
        return nullcontext()

    def ask(self, question: str, words: Sequence[str] = ()) -> str:
        self.asked.append(question)
        answer = self.answers.pop(0)
        if answer is None:
            raise LeftError
        assert isinstance(answer, str)
        return answer

    def ask_key(self, question: str, places: Sequence[Place]) -> tuple[str, Place]:
        self.asked.append(question)
        answer = self.answers.pop(0)
        if answer is None:
            raise LeftError
        return answer if isinstance(answer, tuple) else (answer, places[0])


@dataclass
class World:
    """Servers that take one key."""

    listed: Sequence[str] = ("first", "second", "best")
    right_key: str | None = "sk-right"
    variables: Mapping[str, str] = field(default_factory=dict)
    known: str | None = None
    failure: Exception | None = None
    ways: Sequence[Way] = WAYS
    places: Sequence[Place] = (FILE, KEYRING, VARIABLE)

    def known_key(self, way: Way) -> str | None:
        return self.known

    def models(self, base_url: str, key: NewKey | None) -> Sequence[str]:
        if self.failure is not None:
            raise self.failure
        if key is not None and " " in key.text:
            raise ConfigError("What was pasted is not a key.", hint="Copy it once more.")
        given = self.known if key is None else self.variables.get(key.text, key.text)
        if base_url != OLLAMA.base_url and self.right_key is not None and given != self.right_key:
            raise AuthError("The key is not accepted.", hint="Check it.")
        return self.listed

    def is_set(self, variable: str) -> bool:
        return variable in self.variables

    def address(self, text: str) -> str:
        if "://" not in text:
            raise UsageError("The address must begin with http:// or https://.")
        return text


def ask(*answers: Answer, world: World | None = None) -> tuple[Chosen, Scripted]:
    asker = Scripted(list(answers))
    chosen = Welcome(asker, world or World()).run()
    assert not asker.answers, "fewer questions were asked"
    return chosen, asker


def test_enter_takes_what_is_at_hand() -> None:
    chosen, asker = ask("", "")

    assert chosen == Chosen(OLLAMA, OLLAMA.base_url, None, "first")
    assert len(asker.asked) == 2


def test_at_most_three_questions_are_asked() -> None:
    chosen, asker = ask("openai", "sk-right", "second")

    assert chosen == Chosen(OPENAI, OPENAI.base_url, NewKey("sk-right", "file"), "second")
    assert len(asker.asked) == 3


@pytest.mark.parametrize("left_at", [0, 1, 2])
def test_whoever_leaves_gets_out_at_every_question(left_at: int) -> None:
    answers: list[Answer] = [*("openai", "sk-right", "second")[:left_at], None]

    with pytest.raises(LeftError):
        ask(*answers)


def test_the_embedded_model_needs_no_other_question() -> None:
    assert ask("2")[0] == Chosen(LOCAL)


def test_the_only_model_is_taken_without_a_question() -> None:
    assert ask("1", world=World(listed=("only",)))[0].model == "only"


@pytest.mark.parametrize("said", ["9", "0", "nothing", "open"])
def test_what_is_none_of_the_ways_is_asked_again(said: str) -> None:
    chosen, asker = ask(said, "openr", "sk-right", "")

    assert chosen.way == OPENROUTER
    assert f"'{said}' is none of them." in asker.said


def test_another_address_is_asked_for_its_key_only_where_it_wants_one() -> None:
    free, _ = ask("http://host:1/v1", "", world=World(right_key=None))
    wants, asker = ask("http://host:1/v1", "sk-right", "")

    assert (free.base_url, free.key) == ("http://host:1/v1", None)
    assert wants.key == NewKey("sk-right", "file")
    assert "This server wants a key." in asker.said


def test_the_address_of_a_known_provider_is_that_provider() -> None:
    assert ask("https://api.openai.com/v1", "sk-right", "")[0].way == OPENAI


def test_an_address_that_cannot_be_one_is_explained_and_asked_again() -> None:
    _, asker = ask("host:1", "1", "")

    assert "must begin with http:// or https://" in " ".join(asker.said)


def test_a_wrong_key_is_told_at_once_and_typed_again() -> None:
    chosen, asker = ask("openai", "sk-wrong", "sk-right", "")

    assert chosen.key == NewKey("sk-right", "file")
    assert "The key is not accepted.\nCheck it." in "\n".join(asker.said)
    assert "sk-wrong" not in "\n".join((*asker.said, *asker.asked))


def test_a_wrong_key_can_be_kept() -> None:
    again, _ = ask("openai", "sk-wrong", "", "")
    twice, _ = ask("openai", "sk-wrong", "sk-wrong", "")

    assert again == twice == Chosen(OPENAI, OPENAI.base_url, NewKey("sk-wrong", "file"))


def test_what_cannot_be_a_key_is_explained_and_asked_again() -> None:
    chosen, asker = ask("openai", "two words", "sk-right", "")

    assert chosen.key == NewKey("sk-right", "file")
    assert "Copy it once more." in "\n".join(asker.said)


def test_a_key_is_kept_where_the_person_says() -> None:
    assert ask("openai", ("sk-right", KEYRING), "")[0].key == NewKey("sk-right", "keyring")


def test_enter_leaves_the_key_to_its_usual_variable() -> None:
    chosen, asker = ask("openrouter", "", "")

    assert chosen.key == NewKey("OPENROUTER_API_KEY", "variable")
    assert chosen.missing_variable == "OPENROUTER_API_KEY"
    assert "OPENROUTER_API_KEY is not set yet." in asker.said


def test_a_variable_that_is_set_is_tried() -> None:
    world = World(variables={"MINE": "sk-right", "BAD": "sk-wrong"})
    chosen, asker = ask("openai", ("BAD", VARIABLE), ("MINE", VARIABLE), "", world=world)

    assert chosen.key == NewKey("MINE", "variable")
    assert chosen.missing_variable == ""
    assert "The key is not accepted." in "\n".join(asker.said)


def test_a_key_is_not_taken_for_the_name_of_a_variable() -> None:
    chosen, asker = ask("openai", ("sk-1", VARIABLE), "sk-right", "")

    assert chosen.key == NewKey("sk-right", "file")
    assert "sk-1" not in "\n".join(asker.said)


def test_enter_keeps_the_key_that_is_there() -> None:
    chosen, asker = ask("openai", "", "", world=World(known="sk-right"))

    assert chosen.key is None
    assert "Enter: sk-right." in "\n".join(asker.said)


def test_a_key_that_is_there_and_wrong_is_told_once_and_can_be_kept() -> None:
    chosen, asker = ask("openai", "", "", "", world=World(known="sk-wrong"))

    assert chosen.key is None
    assert "\n".join(asker.said).count("The key is not accepted.") == 1


def test_without_a_network_the_key_is_kept_and_the_model_is_what_is_typed() -> None:
    world = World(failure=TransportError("No connection."))
    chosen, asker = ask("openai", "sk-any", "my-model", world=world)

    assert chosen == Chosen(OPENAI, OPENAI.base_url, NewKey("sk-any", "file"), "my-model")
    assert "No connection." in "\n".join(asker.said)


def test_a_server_that_lists_nothing_keeps_its_own_choice() -> None:
    assert ask("1", "", world=World(listed=()))[0].model is None


def test_the_best_model_is_proposed_and_what_cannot_chat_stands_last() -> None:
    listed = ("text-embedding-3", "whisper-1", "other", "best")
    chosen, asker = ask("openai", "sk-right", "", world=World(listed=listed))

    assert chosen.model == "best"
    assert "1  best\n  2  other\n  3  text-embedding-3" in "\n".join(asker.said)


def test_a_model_is_found_by_its_number_a_part_of_its_name_or_the_whole() -> None:
    for said in ("2", "seco", "second"):
        assert ask("1", said)[0].model == "second"


def test_a_model_that_is_not_listed_can_be_insisted_on() -> None:
    chosen, asker = ask("1", "secnd", "secnd")

    assert chosen.model == "secnd"
    assert "'secnd' is none of its models. Near: second" in "\n".join(asker.said)


def test_a_long_list_says_how_many_there_are_more() -> None:
    world = World(listed=[f"model-{number}" for number in range(40)])
    chosen, asker = ask("1", "model-39", world=world)

    assert chosen.model == "model-39"
    assert "  30 more" in "\n".join(asker.said)


def test_names_of_models_cannot_drive_the_terminal() -> None:
    _, asker = ask("1", "", world=World(listed=("a\x1b[2J", "b")))

    assert "\x1b" not in "".join((*asker.said, *asker.asked))


# Line by line.


def lines(typed: str, columns: int = 80) -> tuple[LineAsker, io.StringIO]:
    said = io.StringIO()
    return LineAsker(Environment(stdin=io.StringIO(typed), stderr=said)), said


@pytest.mark.parametrize("typed", ["", "\x1b\n", "abc\x1b"])
def test_the_end_of_input_and_esc_leave(typed: str) -> None:
    asker, _ = lines(typed)

    with pytest.raises(LeftError):
        asker.ask("What? ")


def test_a_line_is_an_answer() -> None:
    asker, said = lines("  two \n\n")

    assert (asker.ask("What? "), asker.ask("And? ")) == ("two", "")
    assert said.getvalue() == "What? And? "


def test_a_key_is_read_without_showing_it_and_a_dollar_names_a_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    typed = iter(["sk-typed", "$MINE"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
    asker, said = lines("")

    assert asker.ask_key("Key: ", (FILE, VARIABLE)) == ("sk-typed", FILE)
    assert asker.ask_key("Key: ", (FILE, VARIABLE)) == ("MINE", VARIABLE)
    assert "kept in a file" in said.getvalue()


def test_leaving_at_the_key_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    def left(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("getpass.getpass", left)
    with pytest.raises(LeftError):
        lines("")[0].ask_key("Key: ", (FILE,))


def test_what_is_said_cannot_drive_the_terminal_and_is_broken_between_words() -> None:
    asker, said = lines("")

    asker.say("a\x1b[2J " + "word " * 40 + "\n  1  " + "entry " * 30)

    rows = said.getvalue().splitlines()
    assert "\x1b" not in said.getvalue()
    assert max(map(len, rows)) < 80
    assert all(
        row.startswith("     ")
        for row in rows[rows.index(next(r for r in rows if r.startswith("  1"))) + 1 :]
    )
