"""The library on the screen: the list to choose from, drafts that stay with their chats, versions, the way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.library import fill
from tests.support.raw_server import RawServer, chat_chunks, stream_answer
from tests.support.terminal import clean_environment
from tests.terminal.conftest import Start

ESCAPE = "\x1b"
DELETE = "\x1b[3~"


@pytest.fixture
def two_chats(start: Start, server: RawServer, tmp_path: Path) -> Start:
    """Return a way to start the program of somebody who has two chats."""
    variables = clean_environment(tmp_path / "home")
    fill(
        Path(variables["XDG_DATA_HOME"]) / "chatrepl" / "chats.db",
        ("How long does pasta take?", "Boil it for nine minutes."),
        ("How do I plane wood?", "Sharpen the blade first."),
    )
    server.answer(stream_answer(chat_chunks(["Another answer."])))
    return start


@pytest.mark.parametrize("columns", [120, 80, 40])
def test_a_chat_is_chosen_from_a_list_that_words_narrow(two_chats: Start, columns: int) -> None:
    terminal = two_chats("-r", columns=columns, rows=24, ready="find:")
    terminal.wait_for("1/2")
    screen = terminal.screen()
    first = next(row for row in screen if row.startswith("> "))
    assert "How do I p" in first
    assert any("How long" in row for row in screen)
    assert ("test-model" in first) is (columns >= 70)
    assert all(len(row) <= columns for row in screen)
    terminal.send("minut")  # a word of the reply, not of the title
    terminal.wait_for("1/1")
    terminal.wait_for("nine minutes")
    terminal.send("\r")
    terminal.wait_for("Message 2 of 2")
    text = terminal.everything()
    assert "Boil it for nine minutes." in text
    terminal.send("next message")
    terminal.wait_for("> next message")


def test_a_chat_is_put_into_the_bin_and_taken_out_in_the_list(two_chats: Start) -> None:
    terminal = two_chats("-r", ready="1/2")
    terminal.send(DELETE)
    terminal.wait_for("moved to the bin")
    terminal.wait_for(lambda _: "plane" not in "".join(terminal.screen()))
    terminal.send("\x1a")  # Ctrl-Z
    terminal.wait_for("brought back")
    terminal.wait_for(lambda _: "plane" in "".join(terminal.screen()))
    terminal.send(ESCAPE)
    terminal.wait_for("chat 0 tok")
    terminal.send_line("/chats")
    terminal.wait_for("How long does pasta take?")


def test_what_fits_nothing_says_so_and_the_list_can_be_left(two_chats: Start) -> None:
    terminal = two_chats(ready="chat 0 tok")
    terminal.send_line("/resume")
    terminal.wait_for("1/2")
    terminal.send("zzz")
    terminal.wait_for("Nothing fits that.")
    terminal.send("\x03")
    terminal.wait_for("chat 0 tok")
    terminal.send("still here")
    terminal.wait_for("> still here")


def test_arrows_move_and_enter_opens(two_chats: Start) -> None:
    terminal = two_chats("-r", ready="1/2")
    terminal.send_key("down")
    terminal.wait_for("2/2")
    terminal.send("\r")
    terminal.wait_for("Boil it for nine minutes.")
    terminal.wait_for("“How long does pasta take?”")


def test_each_chat_keeps_the_draft_that_was_left_in_it(two_chats: Start) -> None:
    terminal = two_chats("-r", "How do", ready="Sharpen")
    terminal.send("half a thought about wood")
    terminal.wait_for("draft ~")
    terminal.kill(9)
    terminal.wait_exit()
    fresh = two_chats()
    fresh.wait_for("A message that was not sent waits in “How do I plane wood?”")
    fresh.send_line("/quit")
    assert fresh.wait_exit() == 0
    other = two_chats("-r", "How long", ready="nine minutes")
    other.wait_for("chat ")
    assert "half a thought" not in "".join(other.screen())
    other.send_line("/resume How do")
    other.wait_for("> half a thought about wood")
    other.send_key("ctrl-c")
    other.send_line("/quit")
    other.wait_exit()


def test_a_retry_says_which_version_it_is_and_the_tree_shows_both(two_chats: Start) -> None:
    terminal = two_chats("-c", ready="Sharpen")
    terminal.send_line("/retry")
    terminal.wait_for("‹2/2› /sibling shows the others")
    terminal.send_line("/diff")
    terminal.wait_for("+ Another answer.")
    terminal.send_line("/sibling")
    terminal.wait_for("This is version 1 of 2")
    terminal.send_line("/tree")
    terminal.wait_for("← here")
    terminal.wait_for("2 branches")
    terminal.send_line("/edit")
    terminal.wait_for("Message 1 is in the input line")
    terminal.send_key("ctrl-c")
    terminal.send_line("/back")
    terminal.wait_for("Here you were.")


def test_search_marks_what_was_found_and_opens_it(two_chats: Start) -> None:
    terminal = two_chats(ready="chat 0 tok")
    terminal.send_line("/search blade")
    terminal.wait_for("Sharpen the blade first.")
    terminal.wait_for("1 message.")
    terminal.send_line("/open 1")
    terminal.wait_for("Message 2 of 2 in “How do I plane wood?”")


def test_the_list_works_line_by_line_too(two_chats: Start) -> None:
    terminal = two_chats("--plain", "-r", ready="How long does pasta take?")
    terminal.send("/open 2\n")
    terminal.wait_for("Boil it for nine minutes.")


def test_titles_that_are_hostile_do_not_reach_the_terminal(start: Start, server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["Fine."])))
    terminal = start()
    terminal.send_line("hello")
    terminal.wait_for("Fine.")
    terminal.send("/rename ")
    terminal.paste("evil \x1b]0;pwned\x07 title")
    terminal.send("\r")
    terminal.wait_for("is called")
    terminal.send_line("/resume")
    terminal.wait_for("1/1")
    terminal.send(ESCAPE)
    terminal.wait_for("chat ")
    assert "pwned" not in terminal.title
