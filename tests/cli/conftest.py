"""Runs the program without a terminal, as a script would."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.raw_server import RawServer, error_response
from tests.support.terminal import clean_environment

KEY = "sk-cli-test-0123456789"

Finished = subprocess.CompletedProcess[str]
RunCli = Callable[..., Finished]


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer() as server:
        for path in ("/api/show", "/api/ps", "/tokenize"):
            server.route(path, error_response(404, {"error": {"message": "not that kind of server"}}))
        yield server


@pytest.fixture
def environment(server: RawServer, tmp_path: Path) -> dict[str, str]:
    """Return the variables of a user whose provider is the test server."""
    return clean_environment(
        tmp_path / "home", OPENAI_API_KEY=KEY, OPENAI_BASE_URL=server.base_url, CHATREPL_MODEL="test-model"
    )


@pytest.fixture
def run_cli(environment: dict[str, str], tmp_path: Path) -> RunCli:
    """Return a function that runs chatrepl to its end: ``run_cli(*arguments, stdin=…, **variables)``."""

    def run(*arguments: str, stdin: str = "", **variables: str) -> Finished:
        known = {name: value for name, value in (environment | variables).items() if value}
        return subprocess.run(
            [sys.executable, "-m", "chatrepl", *arguments],
            input=stdin, env=known, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return run
