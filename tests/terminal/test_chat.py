"""The whole program in a terminal: what a person types, and what they see."""

from __future__ import annotations

import signal
import sqlite3
import sys
import threading
from pathlib import Path

import pytest

from tests.support.raw_server import (
    RawServer,
    RecordedRequest,
    Reset,
    Stall,
    WaitFor,
    chat_chunks,
    error_response,
    stream_answer,
)
from tests.support.terminal import Terminal, clean_environment, is_idle
from tests.terminal.conftest import KEY, Start


def shown(terminal: Terminal) -> str:
    """Return what is visible."""
    return "\n".join(terminal.screen())


def asked(server: RawServer) -> list[RecordedRequest]:
    """Return the requests for a reply."""
    return [request for request in server.posts if request.path.endswith("/chat/completions")]


def test_a_reply_streams_above_the_prompt_and_the_prompt_stays(start: Start, server: RawServer) -> None:
    go_on = threading.Event()
    chunks = chat_chunks(["First block.\n\n", "Second ", "block."], usage={"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14})  # fmt: skip
    server.answer(stream_answer([*chunks[:3], WaitFor(go_on), *chunks[3:]]))
    terminal = start()

    terminal.send_line("hello there")
    terminal.wait_for("First block.")
    terminal.wait_for("Second")
    go_on.set()
    terminal.wait_for("Second block.")
    terminal.wait_for("chat 14 tok")

    shown = [line for line in terminal.everything().splitlines() if line.strip()]
    assert shown[:3] == ["> hello there", "First block.", "Second block."]
    assert shown[3] == ">"
    assert shown[4].startswith("test-model · ")


def test_every_block_of_a_long_reply_stands_once_in_the_scrollback(start: Start, server: RawServer) -> None:
    words = [f"Paragraph number {number} of them.\n\n" for number in range(120)]
    server.answer(stream_answer(chat_chunks(words)))
    terminal = start(rows=12)

    terminal.send_line("go")
    terminal.wait_for("Paragraph number 119")
    terminal.wait_for(is_idle)

    everything = terminal.everything()
    assert [everything.count(f"Paragraph number {number} ") for number in range(120)] == [1] * 120
    assert everything.count("test-model") == 1


@pytest.mark.parametrize("key", ["esc", "ctrl-c"])
def test_stopping_keeps_the_partial_reply_and_closes_the_connection(
    start: Start, server: RawServer, key: str
) -> None:
    server.answer(stream_answer([*chat_chunks(["Once upon ", "a time"])[:3], Stall()]))
    terminal = start()
    terminal.send_line("tell")
    terminal.wait_for("a time")

    terminal.send_key(key)

    terminal.wait_for("interrupted")
    assert server.client_closed.wait(5)
    assert "Once upon a time" in terminal.everything()
    terminal.send("still alive")
    terminal.wait_for("> still alive")


def test_stopping_works_before_the_first_byte(start: Start, server: RawServer) -> None:
    server.answer([Stall()])
    terminal = start()
    terminal.send_line("tell")
    terminal.wait_for("waiting")
    server.wait_until(lambda: asked(server) != [])

    terminal.send_key("ctrl-c")

    terminal.wait_for("interrupted")
    assert server.client_closed.wait(5)


def test_what_is_typed_while_a_reply_arrives_waits_for_its_turn(start: Start, server: RawServer) -> None:
    go_on = threading.Event()
    chunks = chat_chunks(["One."])
    server.answer(
        stream_answer([*chunks[:2], WaitFor(go_on), *chunks[2:]]), stream_answer(chat_chunks(["Two."]))
    )
    terminal = start()
    terminal.send_line("first")
    terminal.wait_for("One.")

    terminal.send_line("second")
    terminal.wait_for("queued: second")
    assert len(asked(server)) == 1
    go_on.set()

    terminal.wait_for("Two.")
    assert asked(server)[1].json()["messages"][-1] == {"role": "user", "content": "second"}
    assert "queued" not in "\n".join(terminal.screen())


def test_esc_takes_a_queued_message_back_into_the_line(start: Start, server: RawServer) -> None:
    server.answer(stream_answer([*chat_chunks(["One."])[:2], Stall()]))
    terminal = start()
    terminal.send_line("first")
    terminal.wait_for("One.")
    terminal.send_line("second thoughts")
    terminal.wait_for("queued: second thoughts")
    server.client_closed.clear()

    terminal.send_key("esc")

    terminal.wait_for("> second thoughts")
    assert not server.client_closed.is_set()


def test_a_kill_in_mid_stream_loses_nothing(start: Start, server: RawServer, tmp_path: Path) -> None:
    server.answer(stream_answer([*chat_chunks(["It was ", "a dark night"])[:3], Stall()]))
    terminal = start()
    terminal.send_line("tell a story")
    terminal.wait_for("dark night")
    database = next(tmp_path.glob("home/**/chats.db"))
    server.wait_until(lambda: "dark" in _journalled(database))

    terminal.kill(signal.SIGKILL)
    terminal.wait_exit()

    server.answer(stream_answer(chat_chunks([" and stormy."])))
    again = start("-c", ready="interrupted")
    again.wait_for("interrupted")
    assert "> tell a story" in again.everything()
    assert "It was a dark night" in again.everything()


def _journalled(database: Path) -> str:
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT group_concat(text, '') FROM journal").fetchone()
    connection.close()
    return str(rows[0])


def test_continue_shows_only_the_rest_and_stores_both(
    start: Start, server: RawServer, tmp_path: Path
) -> None:
    server.answer(
        stream_answer(chat_chunks(["One, two"], finish="length")), stream_answer(chat_chunks([", three."]))
    )
    terminal = start()
    terminal.send_line("count")
    terminal.wait_for("cut off at the token limit")

    terminal.send_line("/continue")
    terminal.wait_for(", three.")
    terminal.wait_for(is_idle)
    terminal.send_line("/raw")

    terminal.wait_for("One, two, three.")


LIMITED = {"error": {"message": "Rate limit reached", "code": "rate_limit_exceeded", "type": "requests"}}


def test_a_rate_limit_counts_down_and_the_message_is_sent_again(start: Start, server: RawServer) -> None:
    refusal = error_response(429, LIMITED, retry_after="2")
    server.answer([refusal], stream_answer(chat_chunks(["Now it works."])))
    terminal = start()
    terminal.send_line("please")

    terminal.wait_for("again in 2 s (1 of 2), Esc stops")
    terminal.wait_for("again in 1 s (1 of 2), Esc stops")
    terminal.wait_for("Now it works.")
    terminal.wait_for(is_idle)

    assert terminal.everything().count("Rate limit reached; trying again in 2 s (1 of") == 1
    assert len({post.body for post in server.posts if b"please" in post.body}) == 1


def test_a_wait_for_a_rate_limit_can_be_ended(start: Start, server: RawServer) -> None:
    server.answer([error_response(429, LIMITED, retry_after="60")])
    terminal = start()
    terminal.send_line("please")
    terminal.wait_for("Esc stops")
    terminal.wait_for("again in ")

    terminal.send_key("esc")

    terminal.wait_for("interrupted")
    terminal.wait_for(is_idle)
    assert len([post for post in server.posts if b"please" in post.body]) == 1


def test_retry_after_an_error_sends_the_message_again(start: Start, server: RawServer) -> None:
    refusal = error_response(403, {"error": {"message": "Not today"}})
    server.answer([refusal], stream_answer(chat_chunks(["Now it works."])))
    terminal = start()
    terminal.send_line("please")
    terminal.wait_for("error:")

    terminal.send_line("/retry")

    terminal.wait_for("Now it works.")
    assert asked(server)[1].json()["messages"] == [{"role": "user", "content": "please"}]


def test_a_connection_that_breaks_keeps_what_had_come(start: Start, server: RawServer) -> None:
    server.answer(stream_answer([*chat_chunks(["Half a sen", "tence"])[:3], Reset()]))
    terminal = start()

    terminal.send_line("speak")

    terminal.wait_for("error:")
    assert "Half a sentence" in terminal.everything()
    assert "Traceback" not in terminal.everything()


def test_system_prompt_goes_with_the_next_request(start: Start, server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["Arr."])))
    terminal = start()
    terminal.send_line("/system Talk like a pirate.")
    terminal.wait_for("System prompt set")

    terminal.send_line("hello")
    terminal.wait_for("Arr.")

    assert asked(server)[0].json()["messages"][0] == {"role": "system", "content": "Talk like a pirate."}


def test_a_saved_chat_loads_in_another_process(start: Start, server: RawServer, tmp_path: Path) -> None:
    server.answer(stream_answer(chat_chunks(["The *answer*."])))
    first = start()
    first.send_line("the question")
    first.wait_for("The answer.")
    first.send_line("/save talk.json")
    first.wait_for("Saved 2 messages")
    first.send_line("/quit")
    assert first.wait_exit() == 0

    second = start()
    second.send_line("/load talk.json")
    second.wait_for("Loaded 2 messages")

    assert "> the question" in second.everything()
    assert "The answer." in second.everything()
    assert KEY not in (tmp_path / "talk.json").read_text()


def test_an_existing_file_is_only_written_over_after_yes(
    start: Start, server: RawServer, tmp_path: Path
) -> None:
    server.answer(stream_answer(chat_chunks(["Hi."])))
    (tmp_path / "talk.md").write_text("precious")
    terminal = start()
    terminal.send_line("hello")
    terminal.wait_for("Hi.")
    terminal.send_line("/save talk.md")
    terminal.wait_for("(y/n)")

    terminal.send("n")
    terminal.wait_for("Nothing was done.")
    assert (tmp_path / "talk.md").read_text() == "precious"
    terminal.send_line("/save talk.md")
    terminal.wait_for("(y/n)")
    terminal.send("y")

    terminal.wait_for("Saved 2 messages")
    assert "hello" in (tmp_path / "talk.md").read_text()


def test_history_comes_back_in_another_run(start: Start, server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["Hi."])))
    first = start()
    first.send_line("remember me")
    first.wait_for("Hi.")
    first.send_key("ctrl-d")
    assert first.wait_exit() == 0

    second = start()
    second.send_key("up")

    second.wait_for("> remember me")


def test_ctrl_c_puts_a_draft_into_the_history_and_twice_on_an_empty_line_leaves(start: Start) -> None:
    terminal = start()
    terminal.send("half a thought")
    terminal.wait_for("half a thought")
    terminal.send_key("ctrl-c")
    terminal.wait_for(lambda now: "half a thought" not in shown(now))
    terminal.send_key("up")
    terminal.wait_for("half a thought")
    terminal.send_key("ctrl-c")
    terminal.wait_for(lambda now: "half a thought" not in shown(now))

    terminal.send_key("ctrl-c")
    terminal.wait_for("Ctrl-C again leaves")
    terminal.send_key("ctrl-c")

    assert terminal.wait_exit() == 0


def test_a_draft_survives_leaving_and_a_kill(start: Start) -> None:
    first = start()
    first.send("unfinished business")
    first.wait_for("draft ~")
    first.kill(signal.SIGKILL)
    first.wait_exit()

    start(ready="> unfinished business")


def test_sigterm_restores_the_terminal_and_keeps_the_reply(start: Start, server: RawServer) -> None:
    server.answer(stream_answer([*chat_chunks(["Partial words"])[:2], Stall()]))
    terminal = start()
    terminal.send_line("go")
    terminal.wait_for("Partial words")

    terminal.kill(signal.SIGTERM)

    assert terminal.wait_exit() == 128 + signal.SIGTERM
    assert b"\x1b[?2004l" in terminal.raw
    assert "interrupted" in start("-c", ready="interrupted").everything()


def test_several_lines_are_sent_as_one_message(start: Start, server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["Ok."])))
    terminal = start()

    terminal.send("one")
    terminal.send_key("alt-enter")
    terminal.send("two\\")
    terminal.send_key("enter")
    terminal.send("three")
    terminal.send_key("ctrl-j")
    terminal.send("four")
    terminal.send_key("shift-enter")
    terminal.send_line("five")

    terminal.wait_for("Ok.")
    assert asked(server)[0].json()["messages"][0]["content"] == "one\ntwo\nthree\nfour\nfive"


def test_a_paste_of_several_lines_is_not_sent_until_enter(start: Start, server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["Ok."])))
    terminal = start()

    terminal.paste("line one\nline two\n")
    terminal.wait_for("line two")
    assert asked(server) == []
    terminal.send_key("enter")

    terminal.wait_for("Ok.")
    assert asked(server)[0].json()["messages"][0]["content"] == "line one\nline two\n"


def test_a_megabyte_is_shown_folded_counted_and_sent_whole(start: Start, server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["Long."])))
    terminal = start()
    text = "0123456789 abcde\n" * 61_681

    terminal.paste(text)
    terminal.wait_for("[pasted 61682 lines #1]", timeout_s=60)
    terminal.wait_for("draft ~", timeout_s=60)
    terminal.send_key("enter")

    terminal.wait_for("Long.", timeout_s=60)
    assert asked(server)[0].json()["messages"][0]["content"] == text


def test_nul_and_broken_characters_are_cleaned_with_a_word_about_it(start: Start, server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["Ok."])))
    terminal = start()

    terminal.paste("a\0b")
    terminal.wait_for("removed characters")
    terminal.send_key("enter")

    terminal.wait_for("Ok.")
    assert asked(server)[0].json()["messages"][0]["content"] == "ab"


def test_an_empty_line_does_nothing(start: Start, server: RawServer) -> None:
    terminal = start()

    terminal.send_line("")
    terminal.send_line("   ")
    terminal.pump(0.1)
    terminal.send_line("/tokens")

    terminal.wait_for("next request")
    assert asked(server) == []


def test_an_unknown_command_names_the_nearest_and_is_not_sent(start: Start, server: RawServer) -> None:
    terminal = start()

    terminal.send_line("/sytem be nice")

    terminal.wait_for("Did you mean /system")
    assert asked(server) == []


def test_commands_complete_with_tab(start: Start) -> None:
    terminal = start()

    terminal.send("/sta")
    terminal.wait_for("Show the model, the server")
    terminal.send_key("tab")

    terminal.wait_for("> /status")


def test_the_key_is_nowhere_on_screen_or_on_disk(start: Start, server: RawServer, tmp_path: Path) -> None:
    server.answer(stream_answer(chat_chunks(["Hi."])))
    terminal = start()
    terminal.send_line("hello")
    terminal.wait_for("Hi.")
    terminal.send_line("/request")
    terminal.wait_for("curl")
    terminal.send_line("/status")
    terminal.wait_for("OPENAI_API_KEY")

    assert asked(server)[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in terminal.everything()
    for file in (tmp_path / "home").rglob("*"):
        assert not file.is_file() or KEY.encode() not in file.read_bytes()


def test_an_error_body_with_the_key_in_it_does_not_show_the_key(start: Start, server: RawServer) -> None:
    server.answer([error_response(401, {"error": {"message": f"Incorrect API key provided: {KEY}", "code": "invalid_api_key"}})])  # fmt: skip
    terminal = start()

    terminal.send_line("hello")

    terminal.wait_for("error:")
    assert KEY not in terminal.everything()


def test_prompt_and_bar_stand_once_after_the_window_was_resized(start: Start, server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["A reply."])))
    terminal = start(columns=100)
    terminal.send_line("hello")
    terminal.wait_for("A reply.")
    terminal.send("some draft text")
    terminal.wait_for("some draft text")

    for columns in (60, 30, 80, 45, 120):
        terminal.resize(columns, 30)
        terminal.pump(0.3)
    terminal.send("!")
    terminal.wait_for("some draft text!")

    everything = terminal.everything()
    assert everything.count("some draft text") == 1
    assert everything.count("A reply.") == 1
    assert everything.count("test-model") == 1


def test_plain_mode_writes_no_escape_sequence(start: Start, server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["Hi \x1b[31m**there**."])))
    terminal = start("--plain", ready=">")

    terminal.send_line("hello")
    terminal.wait_for("**there**")
    terminal.send_line("/quit")

    assert terminal.wait_exit() == 0
    assert b"\x1b" not in terminal.raw


def test_no_color_keeps_bold_and_has_no_colour(start: Start, server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["Some `code` and **bold**.\n\n```python\nx = 1\n```\n"])))
    terminal = start(NO_COLOR="1")

    terminal.send_line("hello")
    terminal.wait_for("x = 1")
    terminal.wait_for(is_idle)

    import re

    assert not re.search(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-7]|9[0-7]|38;)[0-9;]*m", terminal.raw)


def test_a_window_that_is_full_goes_on_and_says_what_is_left_out(start: Start, server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["word " * 60])))
    terminal = start("--set", "window.limit_tokens=400")

    for number in range(8):
        terminal.send_line(f"question {number}")
        server.wait_until(lambda: len(asked(server)) == number + 1)  # noqa: B023 - called at once
        terminal.wait_for(is_idle)

    assert "there is no room for" in terminal.everything()
    assert len(asked(server)) == 8
    assert asked(server)[-1].json()["messages"][0]["role"] == "user"
    assert asked(server)[-1].json()["messages"][-1]["content"] == "question 7"


def test_the_wrong_address_says_what_to_type(start: Start, server: RawServer) -> None:
    terminal = start(OPENAI_BASE_URL=server.root_url)
    server.route("/chat/completions", error_response(404, "404 page not found"))

    terminal.send_line("hello")

    terminal.wait_for("/v1")
    assert "error:" in terminal.everything()


def test_what_is_typed_before_the_prompt_is_up_is_sent_and_not_lost(
    server: RawServer, tmp_path: Path
) -> None:
    server.answer(stream_answer(chat_chunks(["Heard you."])))
    known = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.base_url, "CHATREPL_MODEL": "test-model"}
    environment = clean_environment(tmp_path / "home", **known)

    with Terminal([sys.executable, "-m", "chatrepl"], env=environment, cwd=tmp_path) as terminal:
        terminal.wait_for(lambda now: not _echoes(now), timeout_s=10)
        terminal.send_line("early bird")

        terminal.wait_for("Heard you.")
        assert asked(server)[0].json()["messages"][0]["content"] == "early bird"
        assert terminal.everything().count("early bird") == 1


def _echoes(terminal: Terminal) -> bool:
    """Whether the terminal still echoes what is typed by itself: the program has not taken it over."""
    import termios

    return bool(termios.tcgetattr(terminal.process._master)[3] & termios.ECHO)


HOSTILE = (
    "before \x1b]52;c;ZXZpbA==\x07clipboard \x1b]0;title\x07title \x1b[2J\x1b[Hcursor "
    "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\ \u202ebidi\u202c \x9b31mc1 \x1b[?1049hscreen "
    "\x1bP$q\x1b\\query \x07bell \x1b[6nreport after"
)


def test_hostile_replies_errors_and_model_names_do_not_reach_the_terminal(
    start: Start, server: RawServer
) -> None:
    pieces = [HOSTILE[index : index + 3] for index in range(0, len(HOSTILE), 3)]
    server.models = ["evil\x1b]52;c;ZXZpbA==\x07-model"]
    server.answer(
        stream_answer(chat_chunks([*pieces, "\n\n```sh\n", *pieces, "\n```\n"], reasoning=pieces)),
        [error_response(400, {"error": {"message": HOSTILE, "code": "invalid_request_error"}})],
    )
    terminal = start()
    terminal.send_line("hello")
    terminal.wait_for(lambda now: now.everything().count("after") >= 2)
    terminal.send_line("again")
    terminal.wait_for("error:")
    terminal.send_line("/model")
    terminal.wait_for("Models at")
    terminal.send_line("/raw 1")
    terminal.wait_for(lambda now: now.everything().count("after") >= 5)

    for attack in (
        b"\x1b]52",
        b"\x1b]0;",
        b"\x1b]8;",
        b"\x1b[2J",
        b"\x1b[?1049h",
        b"\x1bP",
        b"\x1b[6n",
        b"\x07",
        b"\xc2\x9b",
    ):
        assert attack not in terminal.raw
    assert "\u202e" not in terminal.everything()
    assert terminal.title == ""


def test_a_command_that_waits_for_the_server_holds_up_no_key(start: Start, server: RawServer) -> None:
    terminal = start()
    terminal.pump(0.5)
    server.route("/v1/models", [Stall()])
    server.answer(stream_answer(chat_chunks(["Later."])))

    terminal.send_line("/model")
    terminal.wait_for("> /model")
    terminal.send("typed meanwhile")

    terminal.wait_for("> typed meanwhile")


def test_a_long_paste_comes_back_from_the_history_whole(start: Start, server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["One."])), stream_answer(chat_chunks(["Two."])))
    text = "\n".join(f"line {number} of a long paste" for number in range(2000))
    first = start()
    first.paste(text)
    first.wait_for("[pasted 2000 lines #1]")
    first.send_key("enter")
    first.wait_for("One.")
    first.send_key("ctrl-d")
    first.wait_exit()

    second = start()
    second.send_key("up")
    second.wait_for("[pasted 2000 lines")
    second.send_key("enter")
    second.wait_for("Two.")

    assert asked(server)[1].json()["messages"][0]["content"] == text
