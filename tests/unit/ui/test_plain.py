"""The chat line by line: what is typed, and what stands on the lines after it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from chatrepl.commands.all import ALL
from chatrepl.commands.base import Messages, Notice
from chatrepl.environment import Environment
from chatrepl.errors import ExitStatus, RateLimitedError
from chatrepl.exchange import Finished, ReasoningDelta, TextDelta
from chatrepl.session import Session
from chatrepl.ui.plain import Plain
from tests.support.fakes import ManyModels, ScriptedClient, Step, make_session, says

Talk = Callable[..., str]


class Typist(io.RawIOBase):
    """Types lines; what is called instead of a line may press Ctrl-C."""

    def __init__(self, lines: Sequence[str | type[KeyboardInterrupt]]) -> None:
        self._lines = list(lines)

    def readline(self, _size: int | None = -1) -> bytes:
        if not self._lines:
            return b""
        line = self._lines.pop(0)
        if isinstance(line, str):
            return f"{line}\n".encode()
        raise line

    @property
    def buffer(self) -> Typist:
        return self


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    """Return a function that holds a chat: ``talk(replies, *lines, encoding=…)`` gives what stands on the terminal."""

    def talk(
        replies: Sequence[Sequence[Step]],
        *lines: str | type[KeyboardInterrupt],
        encoding: str = "utf-8",
        first_message: str | None = None,
        greeting: tuple[Notice | Messages, ...] = (),
        before: Callable[[Session], None] = lambda _: None,
    ) -> str:
        session = make_session(tmp_path, ScriptedClient(*replies))
        before(session)
        screen = io.BytesIO()
        stdout = io.TextIOWrapper(screen, encoding=encoding, write_through=True)
        stdout.isatty = lambda: True  # type: ignore[method-assign]
        environment = Environment(
            stdin=Typist(lines),  # type: ignore[arg-type]
            stdout=stdout,
            variables={"HOME": str(tmp_path), "TERM": "dumb"},
        )
        plain = Plain(session, ALL, environment, greeting=greeting, first_message=first_message)
        assert plain.run() == ExitStatus.OK
        session.close()
        return screen.getvalue().decode(encoding)

    return talk


def test_a_reply_stands_below_the_line_that_asked_for_it(talk: Talk) -> None:
    assert talk([says("Hi", " there.")], "hello") == "> Hi there.\n> \n"


def test_a_first_message_is_shown_since_nobody_typed_it(talk: Talk) -> None:
    assert talk([says("Hi.")], first_message="hello") == "> hello\nHi.\n> \n"


def test_a_line_that_ends_with_a_backslash_goes_on(talk: Talk) -> None:
    seen: list[Session] = []

    assert talk([says("Ok.")], "one\\", "two", before=seen.append) == ">   Ok.\n> \n"
    message = seen[0].conversation.path()[0]
    assert message.text == "one\ntwo"


def test_a_thought_is_folded_and_can_be_read_again(talk: Talk) -> None:
    script: list[Step] = [ReasoningDelta("Let me\nsee."), TextDelta("Four."), Finished("stop")]

    shown = talk([script], "2+2?", "/reasoning")

    assert shown == "> (thought for less than 1 s, ~4 tokens)\nFour.\n> Let me\nsee.\n> \n"


def test_the_setting_of_thoughts_counts_from_the_next_reply_on(talk: Talk) -> None:
    script: list[Step] = [ReasoningDelta("hm"), TextDelta("Four."), Finished("stop")]

    shown = talk(
        [script, script], "/set terminal.reasoning show", "2+2?", "/set terminal.reasoning hide", "2+2?"
    )

    assert shown.count("hm\n") == 1
    assert shown.count("thought for") == 1
    assert shown.count("Four.") == 2


def test_a_failure_is_an_error_with_a_way_on(talk: Talk) -> None:
    shown = talk([[TextDelta("Half"), RateLimitedError("slow down", hint="Wait a minute.")]], "go")

    assert shown == "> Half\nerror: slow down\nWait a minute.\n> \n"


def test_ctrl_c_at_the_prompt_keeps_it_and_says_how_to_leave(talk: Talk) -> None:
    assert talk([], KeyboardInterrupt, "/quit") == "> \n(Ctrl-D or /quit leaves)\n> "


def test_ctrl_c_stops_the_reply_keeps_what_came_and_the_prompt(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    from chatrepl.ui.writers import WordsWriter

    monkeypatch.setattr(WordsWriter, "notice", interrupt)
    sessions: list[Session] = []
    from chatrepl.exchange import Notice as Said

    script: list[Step] = [TextDelta("So f"), Said("now"), TextDelta("ar"), Finished("stop")]
    shown = talk([script], "go", "/quit", before=sessions.append)

    assert "So f" in shown
    assert shown.endswith("> ")
    reply = sessions[0].conversation.path()[-1]
    assert reply.text.startswith("So f")


def test_code_is_named_and_copy_prints_it(talk: Talk) -> None:
    shown = talk([says("```py\nx = 1\n```\n")], "go", "/copy 1")

    assert shown == "> [code 1: py]\nx = 1\n[end of code]\n> code block 1:\nx = 1\n> \n"


def test_what_is_continued_counts_its_code_on(talk: Talk) -> None:
    shown = talk(
        [says("```py\na\n```\n\nThen", reason="length"), says(" more\n\n```js\nb\n```\n")], "go", "/continue"
    )

    assert "> more\n\n[code 2: js]\nb\n[end of code]\n" in shown.replace(">  more", "> more")


def test_messages_of_an_opened_chat_are_told_with_how_they_ended(talk: Talk) -> None:
    shown = talk([says("Half", reason="length")], "go", "/redraw")

    assert shown.endswith("> > go\nHalf\n(cut off at the token limit; /continue asks for the rest)\n> \n")


def test_help_is_readable_line_by_line(talk: Talk) -> None:
    shown = talk([], "/help", "/help all", "/help keys", greeting=(Notice("Welcome."),))

    assert shown.startswith("Welcome.\n> Help\nchat: /new ")
    assert "/reasoning [REPLY]: Show what the model thought" in shown
    assert "\nCtrl-D: leave, on an empty line\n" in shown
    assert "Ctrl-R" not in shown
    assert max(map(len, shown.splitlines())) < 80


def test_an_ascii_terminal_gets_ascii(talk: Talk) -> None:
    shown = talk([says("\u201cna\u00efve\u201d \u2014 \u6f22")], "go", encoding="ascii")

    assert shown == '> "naive" -- ?\n> \n'


def test_a_comparison_is_told_reply_by_reply_and_one_is_chosen(tmp_path: Path) -> None:
    session = make_session(tmp_path, ManyModels({"alpha": says("**A**"), "beta": says("B")}), model="alpha")
    screen = io.BytesIO()
    stdout = io.TextIOWrapper(screen, encoding="utf-8", write_through=True)
    environment = Environment(
        stdin=Typist(["/compare alpha beta -- hi", "2"]),  # type: ignore[arg-type]
        stdout=stdout,
        variables={"HOME": str(tmp_path), "TERM": "dumb"},
    )
    Plain(session, ALL, environment).run()
    shown = screen.getvalue().decode()
    assert shown.index("1 alpha · ") < shown.index("**A**") < shown.index("2 beta · ") < shown.index("\nB\n")
    assert "Go on from 1 or 2? (any other key keeps 1) Going on from reply 2, by beta." in shown
    assert session.conversation.path()[-1].text == "B"
    session.close()
