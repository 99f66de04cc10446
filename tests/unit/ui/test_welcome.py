"""What a person without a model is offered."""

from __future__ import annotations

import io

import pytest

from chatrepl.environment import Environment
from chatrepl.errors import ConfigError
from chatrepl.ui.welcome import Choice, UseKey, UseServer, ask_for_provider

SERVERS = [
    ("Ollama", "http://127.0.0.1:11434/v1", ("tiny:1b", "big:70b")),
    ("vLLM", "http://127.0.0.1:8000/v1", ("only\x1b[2J",)),
]


def ask(typed: str, *, servers: object = SERVERS, keep: object = None) -> tuple[Choice, str]:
    """Answer the questions with typed lines; return what was chosen and all that was said."""
    said = io.StringIO()
    environment = Environment(stdin=io.StringIO(typed), stderr=said)
    chosen = ask_for_provider(environment, servers, keep or (lambda _: None), "ADD IT SO")  # type: ignore[arg-type]
    return chosen, said.getvalue()


def test_every_way_to_a_model_is_named() -> None:
    _, said = ask("\n")

    assert "1  paste an OpenAI key" in said
    assert "2  use Ollama at http://127.0.0.1:11434/v1 (2 models)" in said
    assert "3  use vLLM at http://127.0.0.1:8000/v1 (only" in said
    assert "ADD IT SO" in said
    assert "\x1b" not in said


def test_a_server_is_used_with_its_first_model() -> None:
    assert ask("2\n")[0] == UseServer("http://127.0.0.1:11434/v1", "tiny:1b")


@pytest.mark.parametrize("typed", ["\n", ""])
def test_enter_and_the_end_of_input_leave(typed: str) -> None:
    assert ask(typed)[0] is None


def test_what_is_no_choice_is_asked_again() -> None:
    chosen, said = ask("9\nollama\n3\n")

    assert chosen == UseServer("http://127.0.0.1:8000/v1", "only\x1b[2J")
    assert said.count("Choose 1-3") == 3


def test_a_pasted_key_is_kept_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", lambda _prompt: "sk-pasted")
    kept: list[str] = []

    chosen, said = ask("1\n", keep=kept.append)

    assert chosen == UseKey()
    assert kept == ["sk-pasted"]
    assert "sk-pasted" not in said


def test_a_key_that_cannot_be_one_is_explained_and_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    pasted = iter(["no key", "sk-good"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(pasted))

    def keep(text: str) -> None:
        if " " in text:
            raise ConfigError("What was pasted holds a space.", hint="Paste only the key.")

    chosen, said = ask("1\n1\n", keep=keep)

    assert chosen == UseKey()
    assert "holds a space" in said
