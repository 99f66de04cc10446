"""Personas and prompt files on the screen, with an editor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.raw_server import RawServer, chat_chunks, stream_answer
from tests.terminal.conftest import Start

EDITOR = """#!/bin/sh
cp "$NEXT" "$1"
test ! -e "$NEXT.after" || mv "$NEXT.after" "$NEXT"
"""
WRONG = 'description = "Counts"\nsystem = "Count in {{language}}."\n[parameters]\ntemprature = 0.5\n'
RIGHT = WRONG.replace("temprature", "temperature") + '[variables]\nlanguage = "Welsh"\n'


@pytest.fixture
def editor(tmp_path: Path) -> dict[str, str]:
    """An editor that puts one text into the file, and the next time another."""
    script, texts = tmp_path / "editor", tmp_path / "next"
    script.write_text(EDITOR)
    script.chmod(0o700)
    texts.write_text(WRONG)
    (tmp_path / "next.after").write_text(RIGHT)
    return {"EDITOR": str(script), "NEXT": str(texts)}


def asked(server: RawServer, text: str) -> Any:
    """Return the body of the request that ends with a text; titles are asked for too."""
    bodies = [post.json() for post in server.posts if post.path.endswith("/chat/completions")]
    return next(body for body in bodies if body["messages"][-1]["content"] == text)


def test_a_persona_is_written_corrected_and_talked_to(
    start: Start, server: RawServer, editor: dict[str, str]
) -> None:
    server.answer(stream_answer(chat_chunks(["un, dau, tri"])))
    terminal = start(**editor)
    terminal.send_line("/persona new counter")
    terminal.wait_for("Open it again? (y/n)")
    assert "counter.toml line 4: There is no parameter `temprature`." in terminal.everything()
    terminal.send("y")
    terminal.wait_for("/persona counter uses it.")

    terminal.send("/persona cou")
    terminal.wait_for("\n counter")
    terminal.send_key("tab")
    terminal.wait_for("> /persona counter")
    terminal.send(" ")
    terminal.wait_for("counter language=")
    terminal.send_line("language=Breton")
    terminal.wait_for("Persona counter language=Breton, from the next message on")
    terminal.wait_for("chat 0 tok ? · counter language=Breton")
    terminal.send_line("Up to three")
    terminal.wait_for("un, dau, tri")
    body = asked(server, "Up to three")
    assert body["messages"][0] == {"role": "system", "content": "Count in Breton."}
    assert body["temperature"] == 0.5


def test_a_prompt_is_asked_for_what_it_needs_seen_and_sent_on_a_small_screen(
    start: Start, server: RawServer, tmp_path: Path
) -> None:
    server.answer(stream_answer(chat_chunks(["Very short."])))
    prompts = tmp_path / "home" / "config" / "chatrepl" / "prompts"
    prompts.mkdir(parents=True)
    (prompts / "short.md").write_text("Make this {{how}}:\n\n{{input}}")
    terminal = start(columns=40, rows=12, ready="> ")
    terminal.send_line("/p short a long story")
    terminal.wait_for("short needs how.")
    terminal.wait_for("input='a long story' how=")
    terminal.send_key("home")
    terminal.send_key("right", "right", "right")
    terminal.send("-e ")
    terminal.send_key("end")
    terminal.send_line("short")
    terminal.wait_for("> Make this short:")
    assert not [post for post in server.posts if post.path.endswith("/chat/completions")]
    terminal.send_key("enter")
    terminal.wait_for("Very short.")
    assert asked(server, "Make this short:\n\na long story")
