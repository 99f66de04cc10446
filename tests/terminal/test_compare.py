"""A comparison on the screen: columns while the replies come, all of them in the scrollback, and the choice.

``CHATREPL_WRITE_SCREENS=1 pytest tests/terminal/test_compare.py`` writes the pictures anew.
"""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

import pytest

from tests.support.raw_server import (
    Answer,
    RawServer,
    RecordedRequest,
    Stall,
    Step,
    WaitFor,
    chat_chunks,
    error_response,
    stream_answer,
)
from tests.support.terminal import Terminal
from tests.terminal.conftest import Start

SCREENS = Path(__file__).parent / "screens"
IS_WRITING = bool(os.environ.get("CHATREPL_WRITE_SCREENS"))
USAGE = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}
TEXTS = {
    "test-model": ["The sky is **blue** since ", "short waves are scattered ", "more than long ones."],
    "other-model": ["- Rayleigh\n", "- scattering\n\n", "```python\nprint('blue')\n```\n"],
}


def answers(server: RawServer) -> dict[str, threading.Event]:
    """Let every model say its first words, and the rest when its event is set; ``broken`` fails."""
    go_on = {model: threading.Event() for model in TEXTS}

    def answer(request: RecordedRequest) -> Answer:
        if request.method != "POST":
            return error_response(404, {"error": {"message": "there is no such thing"}})
        model = request.json()["model"]
        if model == "broken":
            return error_response(400, {"error": {"message": "broken today"}})
        first, *rest = chat_chunks(TEXTS[model], usage=USAGE, model=model)
        steps: list[Step] = [first, rest[0], WaitFor(go_on[model]), *rest[1:]]
        return stream_answer(steps)

    server.models = ["test-model", "other-model", "broken"]
    server.handler = answer
    return go_on


def picture(lines: list[str], name: str) -> None:
    """Compare a screen with its picture; times and ports differ from run to run, and do not count."""
    text = "\n".join(line.rstrip() for line in lines).strip() + "\n"
    shown = re.sub(r"127\.0\.0\.1:\d{5}", "127.0.0.1:NNNNN", re.sub(r"\d+(\.\d+)? s(?= )", "N s", text))
    file = SCREENS / name
    if IS_WRITING:
        SCREENS.mkdir(exist_ok=True)
        file.write_text(shown)
    assert shown == file.read_text()


def screen_until_prompt(terminal: Terminal) -> list[str]:
    """Return what stands above the status bar, which counts while nobody looks."""
    lines = terminal.everything().splitlines()
    end = max(index for index, line in enumerate(lines) if line.startswith(">"))
    return lines[: end + 1]


@pytest.mark.parametrize(("columns", "rows"), [(120, 30), (40, 24)])
def test_a_comparison_is_drawn_at_any_width_and_one_goes_on_from_a_choice(
    start: Start, server: RawServer, columns: int, rows: int
) -> None:
    go_on = answers(server)
    terminal = start(columns=columns, rows=rows, ready="test-model")

    terminal.send_line("/compare test-model other-model broken -- Why?")
    terminal.wait_for("The sky is blue")
    terminal.wait_for("Rayleigh")
    terminal.wait_for("broken today")
    live = terminal.screen()
    sides = [line for line in live if line.count("│") == 2]
    assert bool(sides) == (columns == 120)
    go_on["test-model"].set()
    terminal.wait_for("long ones.")
    go_on["other-model"].set()
    terminal.wait_for("Go on from 1 or 2?")
    picture(screen_until_prompt(terminal), f"compare-{columns}.txt")

    terminal.send("2")
    terminal.wait_for("Going on from reply 2, by other-model.")
    server.handler = lambda _: stream_answer(chat_chunks(["Thanks."], usage=USAGE))
    terminal.send_line("thank you")
    terminal.wait_for("Thanks.")

    sent = server.posts[-1].json()
    assert sent["model"] == "test-model"
    assert [message["content"] for message in sent["messages"]] == [
        "Why?",
        "".join(TEXTS["other-model"]),
        "thank you",
    ]


def test_one_and_then_all_are_stopped_and_what_is_typed_goes_on_as_ever(
    start: Start, server: RawServer
) -> None:
    def begins(request: RecordedRequest) -> Answer:
        if request.method != "POST":
            return error_response(404, {"error": {"message": "there is no such thing"}})
        return stream_answer([*chat_chunks([f"This is {request.json()['model']}. "])[:2], Stall()])

    server.handler = begins
    terminal = start(columns=110)
    terminal.send_line("/compare test-model other-model -- Tell")
    terminal.wait_for("This is other-model.")
    terminal.send_line("/stop 2")
    terminal.wait_for("· stopped")
    assert "Esc stops" in "\n".join(terminal.screen())  # the first goes on
    terminal.send_key("esc")
    terminal.wait_for("Go on from 1 or 2?")
    everything = terminal.everything()
    assert everything.count("stopped; what came is kept") == 2
    terminal.send("next")
    terminal.wait_for("> next")
    assert "Go on from" not in "\n".join(terminal.screen())


def test_a_budget_for_one_is_not_enough_for_all_and_nothing_is_sent(
    start: Start, server: RawServer, tmp_path: Path
) -> None:
    config = tmp_path / "budget.toml"
    price = "input_usd_per_mtok = 0\noutput_usd_per_mtok = 10\nwindow_tokens = 8000\n"
    config.write_text(
        f"[models.test-model]\n{price}[models.other-model]\n{price}"
        "[window]\nreserve_tokens = 100\n[budgets.day]\nlimit_usd = 0.0015\n"
    )
    server.handler = lambda _: stream_answer(chat_chunks(["Hi."], usage=USAGE))
    terminal = start(CHATREPL_CONFIG=str(config), columns=110)
    terminal.send_line("/compare test-model other-model -- Hello")
    terminal.wait_for("Send all of them once all the same? (y/n)")
    assert "the 2 requests together could take up to $0.002" in " ".join(terminal.everything().split())
    assert server.posts == []
    terminal.send("n")
    terminal.wait_for("the command is in the input line")
    terminal.send("\r")
    terminal.wait_for("Send all of them once all the same? (y/n)")
    terminal.send("y")
    terminal.wait_for("Go on from 1 or 2?")
    assert len(server.posts) == 2
