"""Starts the whole program in a terminal, talking to a server that follows a script."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.raw_server import RawServer, error_response
from tests.support.terminal import Terminal, clean_environment

KEY = "sk-terminal-test-0123456789"

Start = Callable[..., Terminal]


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer() as server:
        server.models = ["test-model", "other-model"]
        for path in ("/api/show", "/api/ps", "/tokenize"):
            server.route(path, error_response(404, {"error": {"message": "not that kind of server"}}))
        yield server


@pytest.fixture
def start(server: RawServer, tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts chatrepl at a prompt: ``start(*arguments, columns=…, rows=…, **variables)``."""
    with ExitStack() as stack:

        def begin(
            *arguments: str, columns: int = 100, rows: int = 30, ready: str = "chat 0 tok", **variables: str
        ) -> Terminal:
            known = {
                "OPENAI_API_KEY": KEY,
                "OPENAI_BASE_URL": server.base_url,
                "CHATREPL_MODEL": "test-model",
            }
            environment = clean_environment(tmp_path / "home", **(known | variables))
            argv = [sys.executable, "-m", "chatrepl", *arguments]
            terminal = stack.enter_context(
                Terminal(argv, env=environment, columns=columns, rows=rows, cwd=tmp_path)
            )
            terminal.wait_for(ready)
            return terminal

        yield begin
