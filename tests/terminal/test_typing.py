"""The whole program while somebody types: paths, shell commands, an editor, keys of one's own."""

from __future__ import annotations

import stat
from pathlib import Path

from tests.support.raw_server import RawServer, Stall, chat_chunks, stream_answer
from tests.support.terminal import Terminal
from tests.terminal.conftest import Start


def shown(terminal: Terminal) -> str:
    return "\n".join(terminal.screen())


def sent(server: RawServer) -> list[str]:
    """Return the last message of every request for a reply."""
    posts = [post for post in server.posts if post.path.endswith("/chat/completions")]
    return [str(post.json()["messages"][-1]["content"]) for post in posts]


def test_paths_are_offered_after_the_sign_and_go_into_the_message(
    start: Start, server: RawServer, tmp_path: Path
) -> None:
    server.answer(stream_answer(chat_chunks(["I see."])))
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "my notes.md").write_text("")
    terminal = start(columns=60, rows=14)

    terminal.send("read @note")
    terminal.wait_for(" src/my notes.md")
    terminal.send_key("tab")
    terminal.wait_for('> read @"src/my notes.md"')
    terminal.send_key("enter", "enter")

    terminal.wait_for("I see.")
    (message,) = sent(server)
    assert message.endswith('read @"src/my notes.md"')


def test_the_output_of_a_shell_command_is_sent_only_when_it_was_taken_and_entered(
    start: Start, server: RawServer
) -> None:
    server.answer(stream_answer(chat_chunks(["I see."])))
    terminal = start()

    terminal.send_line("!echo from the shell; exit 3")
    terminal.wait_for("Exit status 3")
    assert "\nfrom the shell\n" in terminal.everything()
    assert sent(server) == []
    terminal.send_key("alt-o")
    terminal.wait_for("> [pasted ")
    assert sent(server) == []
    terminal.send_line("why?")

    terminal.wait_for("I see.")
    (message,) = sent(server)
    assert message.startswith(
        "```console\n$ echo from the shell; exit 3\nfrom the shell\n```\n(exit status 3"
    )
    assert message.endswith("why?")


def test_a_shell_command_is_stopped_by_ctrl_c_and_what_was_entered_meanwhile_is_sent(
    start: Start, server: RawServer
) -> None:
    server.answer(stream_answer(chat_chunks(["I see."])))
    terminal = start()
    terminal.send_line("!echo begun; sleep 100")
    terminal.wait_for("shell command, Esc stops")
    terminal.wait_for("begun")
    terminal.send_line("afterwards")
    terminal.wait_for("queued: afterwards")

    terminal.send_key("ctrl-c")

    terminal.wait_for("Stopped, after")
    terminal.wait_for("I see.")
    assert sent(server) == ["afterwards"]


def test_a_pasted_command_is_asked_about_before_it_runs(start: Start, tmp_path: Path) -> None:
    terminal = start()
    terminal.paste(f"!touch {tmp_path}/was-here\n")
    terminal.wait_for("was-here")
    terminal.send_key("enter")
    terminal.wait_for("Run in your shell what was not typed")

    terminal.send("n")
    terminal.wait_for("Nothing was run.")
    assert not (tmp_path / "was-here").exists()
    terminal.paste(f"!touch {tmp_path}/was-here\n")
    terminal.wait_for(lambda now: "> !touch" in shown(now))
    terminal.send_key("enter")
    terminal.wait_for(lambda now: "Run in your shell what was not typed" in shown(now))
    terminal.send("y")

    terminal.wait_for("Exit status 0")
    assert (tmp_path / "was-here").exists()


def test_a_message_may_begin_with_an_exclamation_mark(start: Start, server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["One."])), stream_answer(chat_chunks(["Two."])))
    terminal = start("!first of all")
    terminal.wait_for("One.")

    terminal.send_line("\\!important")

    terminal.wait_for("Two.")
    assert sent(server) == ["!first of all", "!important"]


def test_an_editor_gets_a_folded_paste_whole_also_while_a_reply_arrives(
    start: Start, server: RawServer, tmp_path: Path
) -> None:
    editor = tmp_path / "editor.sh"
    editor.write_text(f'#!/bin/sh\ncp "$1" {tmp_path}/seen\nsed -i s/note/NOTE/ "$1"\n')
    editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
    server.answer(
        stream_answer([*chat_chunks(["Some words."])[:2], Stall()]), stream_answer(chat_chunks(["Ok."]))
    )
    text = "line of text\n" * 100
    terminal = start(EDITOR=str(editor))
    terminal.send_line("go")
    terminal.wait_for("Some words.")
    terminal.send("note: ")
    terminal.paste(text)
    terminal.wait_for("> note: [pasted 101 lines #1]")

    terminal.send_key("ctrl-g")
    terminal.wait_for("> NOTE: [pasted 101 lines #1]")
    assert (tmp_path / "seen").read_text() == f"note: {text}"
    terminal.send_key("ctrl-c")
    terminal.wait_for("interrupted")
    terminal.send_key("enter")

    terminal.wait_for("Ok.")
    assert sent(server)[-1] == f"NOTE: {text}"


def test_keys_of_ones_own_work_and_what_they_leave_is_typed(start: Start, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[keys]\nhelp = "f1"\n')
    terminal = start("--config", str(config), columns=40, rows=12)
    terminal.send("?")
    terminal.wait_for("> ?")
    terminal.send_key("backspace")
    terminal.wait_for(lambda now: "> ?" not in shown(now))
    terminal.send("\x1bOP")

    terminal.wait_for("1/4: F1 for more, any other key closes")
    assert all(len(row) <= 40 for row in terminal.screen())


def test_a_mistake_in_the_keys_ends_the_start_with_the_place_and_the_nearest(
    start: Start, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[keys]\neditor = "crtl-g"\n')
    terminal = start("--config", str(config), ready="crtl-g")

    assert terminal.wait_exit() == 3
    assert "line 2" in terminal.everything().replace("\n", "")
    assert "ctrl-g" in terminal.everything()
