"""Records the README's screencast: ``uv run python -m docs.screencast``. A real chatrepl, a scripted server, a typist.

The form is asciinema's, version 2: a header, and below it what the program wrote, a line for each piece with its time.
Source: docs.asciinema.org/manual/asciicast/v2.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from docs.pictures import ANSWER, CONFIG, PICTURES
from tests.support.raw_server import Pause, RawServer, chat_chunks, error_response, stream_answer
from tests.support.terminal import Terminal, clean_environment

COLUMNS, ROWS = 84, 24
KEY_S = 0.06
"""Between two keys, on average."""
READING_S = 1.2
PIECE_S = 0.02
"""Between two pieces of a reply."""
LONGEST_PAUSE_S = 2.0
"""What takes longer is cut: nobody wants to watch a machine start."""
TITLE = "chatrepl"

Event = tuple[float, str]
"""When, in seconds from the beginning, and what was written."""


class Recorder(Terminal):
    """A terminal that notes when each piece was written."""

    def __init__(self, *args: object, **options: object) -> None:
        self.events: list[Event] = []
        self._began_s = time.monotonic()
        super().__init__(*args, **options)  # type: ignore[arg-type] # as the terminal takes them

    def _take(self, data: bytes) -> None:
        text = self._decoder.decode(data)
        if text:
            self.events.append((time.monotonic() - self._began_s, text))
        answers = self._emulator.take(text)
        if answers:
            self.process.write(answers.encode(), self._take)

    def watch(self, seconds: float) -> None:
        """Look on for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.pump(left)

    def type(self, text: str, chance: random.Random) -> None:
        """Type as a hand does."""
        for letter in text:
            self.send(letter)
            self.watch(KEY_S * chance.uniform(0.5, 1.6))


def play(terminal: Recorder) -> None:
    """Hold the chat that is shown."""
    chance = random.Random(7)
    idle: Callable[[Terminal], bool] = lambda shown: "Esc stops" not in "".join(shown.screen())  # noqa: E731
    terminal.wait_for("chat 0 tok")
    terminal.watch(READING_S)
    terminal.type("What is a generator in Python, compared with a list?", chance)
    terminal.watch(READING_S)  # the bar says what it will cost
    terminal.send_key("enter")
    terminal.wait_for("def squares")
    terminal.type("And in async code?", chance)  # while the reply arrives
    terminal.wait_for(idle)
    terminal.watch(READING_S)
    for _ in range(len("And in async code?")):
        terminal.send_key("backspace")
    terminal.type("/help window", chance)
    terminal.send_key("enter")
    terminal.wait_for("/compact")
    terminal.watch(2 * READING_S)
    terminal.type("/quit", chance)
    terminal.watch(0.4)
    terminal.send_key("enter")
    terminal.wait_exit()


def record() -> list[Event]:
    """Run chatrepl and return what it wrote."""
    pieces = [ANSWER[index : index + 5] for index in range(0, len(ANSWER), 5)]
    usage = {"prompt_tokens": 24, "completion_tokens": 130, "total_tokens": 154}
    chunks = chat_chunks([*pieces, "Use a generator when you read the values once."], usage=usage)
    with tempfile.TemporaryDirectory() as directory, RawServer() as server:
        for path in ("/api/show", "/api/ps"):
            server.route(path, error_response(404, {"error": {"message": "not that kind of server"}}))
        server.answer(stream_answer([step for piece in chunks for step in (piece, Pause(PIECE_S))]))
        config = Path(directory) / "config.toml"
        config.write_text(CONFIG)
        environment = clean_environment(
            Path(directory),
            OPENAI_API_KEY="sk-picture",
            OPENAI_BASE_URL=server.base_url,
            CHATREPL_CONFIG=str(config),
        )
        argv = [sys.executable, "-m", "chatrepl", "-m", "gpt-4o-mini", "--set", "library.titles=words"]
        with Recorder(argv, env=environment, columns=COLUMNS, rows=ROWS) as terminal:
            play(terminal)
            return terminal.events


def cast(events: list[Event]) -> str:
    """Return a recording as a file: it begins with the first piece, and no pause is too long."""
    header = {
        "version": 2,
        "width": COLUMNS,
        "height": ROWS,
        "title": TITLE,
        "env": {"TERM": "xterm-256color", "SHELL": "/bin/sh"},
    }
    return "\n".join([json.dumps(header), *_lines(events)]) + "\n"


def _lines(events: list[Event]) -> Iterator[str]:
    shown_s, before_s = 0.0, events[0][0]
    for at_s, text in events:
        shown_s += min(at_s - before_s, LONGEST_PAUSE_S)
        before_s = at_s
        yield json.dumps([round(shown_s, 3), "o", text], ensure_ascii=False)


def main() -> None:
    """Write the screencast."""
    (PICTURES / "chat.cast").write_text(cast(record()), encoding="utf-8")


if __name__ == "__main__":
    main()
