"""The guard on the screen: the question, the message that comes back, and placeholders that nobody sees."""

from __future__ import annotations

from tests.support.raw_server import RawServer, RecordedRequest, chat_chunks, stream_answer
from tests.terminal.conftest import Start

TOKEN = "ghp_aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zAaB3d"


def chats(server: RawServer) -> list[RecordedRequest]:
    return [post for post in server.posts if post.path.endswith("/chat/completions")]


def test_a_secret_is_asked_about_and_sent_or_given_back(start: Start, server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["Thanks."])), stream_answer(chat_chunks(["Again."])))
    terminal = start(columns=60)

    terminal.send_line("use password=hunter2")
    terminal.wait_for("Send it as it is? (y/n)")
    assert "holds a password in your message" in " ".join(terminal.everything().split())
    terminal.send("n")
    terminal.wait_for("your message is in the input line")
    terminal.wait_for("> use password=hunter2")
    assert chats(server) == []

    terminal.send("\r")
    terminal.wait_for("Send it as it is? (y/n)")
    terminal.send("y")
    terminal.wait_for("Thanks.")
    terminal.send_line("hunter2 again")
    terminal.wait_for("Again.")
    assert chats(server)[-1].json()["messages"][-1]["content"] == "hunter2 again"


def test_what_was_agreed_to_is_not_asked_about_when_the_chat_is_opened_again(
    start: Start, server: RawServer
) -> None:
    server.answer(stream_answer(chat_chunks(["Thanks."])), stream_answer(chat_chunks(["Again."])))
    first = start(columns=100)
    first.send_line("use password=hunter2")
    first.wait_for("Send it as it is? (y/n)")
    first.send("y")
    first.wait_for("Thanks.")
    first.send("\x04")
    first.wait_exit()

    second = start("-c", columns=100, ready="Thanks.")
    second.send_line("hunter2 again")
    second.wait_for("Again.")
    assert "Send it as it is?" not in second.everything()
    asked = [message["content"] for message in chats(server)[-1].json()["messages"]]
    assert asked == ["use password=hunter2", "Thanks.", "hunter2 again"]

    second.send_line("/guard")
    second.wait_for("is sent as it is")
    second.send_line("/guard forget")
    second.wait_for("is taken back")
    second.send_line("once more")
    second.wait_for("Send it as it is? (y/n)")
    assert len(chats(server)) == 2


def test_a_masked_secret_is_on_the_screen_and_nowhere_on_the_wire(start: Start, server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["Take [TO", "KEN", "_1] and `[PASSWORD_1", "]`."])))
    server.answer(stream_answer(chat_chunks(["Bye."])))
    terminal = start(columns=120)

    terminal.send_line("/guard mask")
    terminal.wait_for("guard.mode = mask")
    terminal.send_line(f"use {TOKEN}, password=hunter2")
    terminal.wait_for(f"Take {TOKEN} and hunter2.")
    terminal.send_line("and?")
    terminal.wait_for("Bye.")
    terminal.send_line("/request")
    terminal.wait_for("use [TOKEN_1], password=[PASSWORD_1]")
    terminal.wait_for("Take [TOKEN_1] and `[PASSWORD_1]`.")

    assert len(chats(server)) == 2
    assert all(b"hunter2" not in post.body and TOKEN.encode() not in post.body for post in server.posts)
    assert chats(server)[1].json()["messages"][1]["content"] == "Take [TOKEN_1] and `[PASSWORD_1]`."
