"""Makes the README's pictures: ``uv run python -m docs.pictures``. Runs chatrepl at a pty against a scripted server."""

from __future__ import annotations

import io
import re
import sys
import tempfile
import threading
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.style import Style
from rich.text import Text

from tests.support.raw_server import Pause, RawServer, WaitFor, chat_chunks, error_response, stream_answer
from tests.support.terminal import Terminal, clean_environment

PICTURES = Path(__file__).resolve().parent / "pictures"
FORMAT = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
"""Without fonts from elsewhere: a picture asks nobody for anything."""

ANSWER = """A **generator** gives its values one at a time, so nothing is stored:

```python
def squares(limit):
    for number in range(limit):
        yield number * number  # waits here until asked again
```

1. calling it runs *nothing* yet
2. each `next()` runs up to the following `yield`

| | list | generator |
|---|---|---|
| memory | all values | one value |
| reuse | as often as you like | once |

"""

QUESTIONS = (
    "How do I read a large file line by line?",
    "And if I need the lines twice?",
    "Show me an example.",
)
"""Asked for the second picture."""
CONFIG = """
[models.gpt-4o-mini]
input_usd_per_mtok = 0.15
output_usd_per_mtok = 0.60
[budgets.day]
limit_usd = 1
[window]
limit_tokens = 4096
"""


def text_of(terminal: Terminal) -> Text:
    """Return the visible screen with its styles."""
    screen = terminal.emulator
    lines = []
    for y in range(screen.lines):
        line = Text()
        for x in range(screen.columns):
            cell = screen.buffer[y][x]
            colour = None if cell.fg == "default" else _colour(cell.fg)
            style = Style(color=colour, bold=cell.bold, italic=cell.italics, underline=cell.underscore)
            line.append(cell.data, style)
        lines.append(line)
    while lines and not lines[-1].plain.strip():
        lines.pop()
    return Text("\n").join(lines)


def _colour(name: str) -> str:
    if re.fullmatch(r"[0-9a-f]{6}", name):
        return f"#{name}"
    return (
        name.replace("brown", "yellow").replace("bright", "bright_").replace("bright_black", "bright_black")
    )


def save(terminal: Terminal, name: str, columns: int) -> None:
    """Write the visible screen as an SVG."""
    console = Console(
        record=True, width=columns, file=io.StringIO(), color_system="truecolor", force_terminal=True
    )
    console.print(text_of(terminal), soft_wrap=True)
    svg = console.export_svg(title="chatrepl", code_format=FORMAT, unique_id=name)
    (PICTURES / f"{name}.svg").write_text(svg, encoding="utf-8")


def main() -> None:
    """Make all pictures."""
    columns, rows = 84, 28
    go_on = threading.Event()
    pieces = [ANSWER[index : index + 4] for index in range(0, len(ANSWER), 4)]
    usage = {"prompt_tokens": 24, "completion_tokens": 130, "total_tokens": 154}
    chunks = chat_chunks([*pieces, "Use a generator when you read the values once."], usage=usage)
    with tempfile.TemporaryDirectory() as directory, RawServer() as server:
        for path in ("/api/show", "/api/ps"):
            server.route(path, error_response(404, {"error": {"message": "not that kind of server"}}))
        slowly = [step for piece in chunks[:-3] for step in (piece, Pause(0.01))]
        server.answer(stream_answer([*slowly, WaitFor(go_on), *chunks[-3:]]))
        config = Path(directory) / "config.toml"
        config.write_text(CONFIG)
        variables = {
            "OPENAI_API_KEY": "sk-picture",
            "OPENAI_BASE_URL": server.base_url,
            "CHATREPL_CONFIG": str(config),
        }
        argv = [sys.executable, "-m", "chatrepl", "-m", "gpt-4o-mini"]
        environment = clean_environment(Path(directory), **variables)
        with Terminal(argv, env=environment, columns=columns, rows=rows) as terminal:
            terminal.wait_for("chat 0 tok")
            terminal.send_line("What is a generator in Python, compared with a list?")
            terminal.wait_for("memory")
            terminal.wait_for("tok/s")
            terminal.send("typed while the reply streams")
            terminal.wait_for("draft ~")
            save(terminal, "streaming", columns)
            go_on.set()
            terminal.wait_for("chat 154 tok")
            terminal.send("\x15/clear\r")
            terminal.wait_for("New chat.")
            for question in QUESTIONS:
                terminal.send_line(question)
                terminal.wait_for(lambda shown: "Esc" not in "".join(shown.screen()))
            terminal.send_line("/pin 1")
            terminal.wait_for("Pinned")
            terminal.send_line("/context")
            terminal.wait_for("Messages")
            terminal.send("And in async code?")
            terminal.wait_for("draft ~")
            save(terminal, "context", columns)
            terminal.send("\x15/clear\r")
            terminal.wait_for(lambda shown: "/context" not in "".join(shown.screen()))
            terminal.send_line("/help")
            terminal.wait_for("/help save")
            terminal.send("/help win")
            terminal.wait_for("> /help win")
            save(terminal, "help", columns)


if __name__ == "__main__":
    main()
