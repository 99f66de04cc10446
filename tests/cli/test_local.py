"""The embedded model, through the whole program."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from chatrepl import wiring
from chatrepl.cancellation import Cancellation
from chatrepl.config import LoadedSettings
from chatrepl.environment import Environment
from chatrepl.errors import ContextTooLongError
from chatrepl.local.weights import is_installed
from chatrepl.session import Session
from chatrepl.settings import LocalSettings, Settings
from chatrepl.turn import Failed, Kind, Planned
from tests.support.pty_process import PATIENCE_S
from tests.support.terminal import POLL_S, Terminal, clean_environment
from tests.unit.local.gguf_files import write_running_model

pytestmark = [pytest.mark.local, pytest.mark.skipif(not is_installed(), reason="needs the extra 'local'")]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return clean_environment(tmp_path / "home")


def test_a_newcomer_without_a_key_holds_a_chat_that_is_kept(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with Terminal([sys.executable, "-m", "chatrepl"], env=environment, cwd=tmp_path) as terminal:
        terminal.wait_for("chat 0 tok", timeout_s=60)
        assert "this is the embedded model; set OPENAI_API_KEY" in terminal.everything().replace("\n", " ")
        terminal.send_line("What is the capital of France? One word.")
        terminal.wait_for("tok $0.00", timeout_s=60)
        terminal.wait_for(lambda now: "chat 0 tok" not in "\n".join(now.screen()), timeout_s=90)
        terminal.send_line("/quit")
        assert terminal.wait_exit() == 0

    with Terminal([sys.executable, "-m", "chatrepl", "-c"], env=environment, cwd=tmp_path) as terminal:
        terminal.wait_for("capital of France", timeout_s=60)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_the_model_ends_with_the_program_however_it_ends(
    environment: dict[str, str], tmp_path: Path, number: int
) -> None:
    model = write_running_model(tmp_path / "tiny.gguf")
    with Terminal(
        [sys.executable, "-m", "chatrepl", "--local", str(model)], env=environment, cwd=tmp_path
    ) as terminal:
        terminal.wait_for("chat 0 tok", timeout_s=60)
        children = _children(terminal.pid)
        assert children

        terminal.kill(number)
        terminal.wait_exit()

        deadline = time.monotonic() + PATIENCE_S
        while any(map(_is_alive, children)):
            assert time.monotonic() < deadline, "the model goes on"
            time.sleep(POLL_S)


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for file in found for child in file.read_text().split()]


def _is_alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


Talk = Callable[[Path | None, int], Session]


@pytest.fixture
def talk() -> Iterator[Talk]:
    """Return a function that starts a model and returns a session with it: ``talk(file, window_tokens)``."""
    with ExitStack() as stack:

        def start(file: Path | None, window_tokens: int) -> Session:
            environment = Environment(variables=dict(os.environ))
            settings = Settings(
                local=LocalSettings(window_tokens=window_tokens, threads=1), parameters={"max_tokens": 4}
            )
            connection = wiring.connect_local(settings, environment, file, lambda _: None)
            stack.callback(connection.close)
            session = wiring.build_session(LoadedSettings(settings, {}), environment, connection)
            stack.callback(session.close)
            return session

        yield start


WORDS = ["the", "sea", "漢字", "código", "if x == 1:", "return", "über", "12345", "...", "émigré\n-", "item"]


def outgrow(session: Session, turns: int, seed: int) -> tuple[int, int]:
    """Talk on and on. Returns how many requests the server refused, and how many messages the last one left out."""
    rng = random.Random(seed)
    refused = omitted = 0
    for _ in range(turns):
        text = " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 6)))

        events = list(session.turn(Kind.ASK, text, Cancellation()))

        last = events[-1]
        assert not (isinstance(last, Failed) and isinstance(last.error, ContextTooLongError)), last
        plans = [event.plan for event in events if isinstance(event, Planned)]
        refused += len(plans) - 1
        omitted = len(plans[-1].omitted)
    return refused, omitted


def test_a_chat_outgrows_the_embedded_model_without_one_context_error(talk: Talk) -> None:
    session = talk(None, 256)

    refused, omitted = outgrow(session, 18, seed=5)

    assert refused == 0
    assert omitted > 4
    assert len(session.conversation.path()) == 36


def test_a_chat_with_a_model_that_counts_like_no_other_goes_on_for_80_turns(
    talk: Talk, tmp_path: Path
) -> None:
    session = talk(write_running_model(tmp_path / "tiny.gguf"), 512)

    _, omitted = outgrow(session, 80, seed=6)

    assert omitted > 60
    assert len(session.conversation.path()) == 160
