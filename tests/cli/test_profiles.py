"""Profiles and providers of the configuration file, in the whole program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatrepl.errors import ExitStatus
from tests.cli.conftest import KEY, RunCli
from tests.support.raw_server import RawServer, chat_chunks, stream_answer


@pytest.fixture
def other() -> Iterator[RawServer]:
    """A second server."""
    with RawServer(models=["other-model"]) as server:
        server.answer(stream_answer(chat_chunks(["from the other"])))
        yield server


@pytest.fixture
def file(tmp_path: Path, other: RawServer) -> str:
    """A configuration file with two profiles for the second server."""
    path = tmp_path / "profiles.toml"
    path.write_text(
        f"""
        [providers.gateway]
        base_url = "{other.base_url}"
        api_key_env = "GATEWAY_KEY"
        headers = {{ X-Team = "research" }}

        [profiles.exact]
        provider = "gateway"
        model = "other-model"
        system = "Be exact."
        parameters = {{ temperature = 0 }}
        """
    )
    return str(path)


def test_a_profile_leads_to_its_server_with_its_model_prompt_parameters_and_headers(
    run_cli: RunCli, server: RawServer, other: RawServer, file: str
) -> None:
    done = run_cli(
        "-p", "hi", "--config", file, "--profile", "exact", GATEWAY_KEY="gw-0123456789", CHATREPL_MODEL=""
    )

    assert (done.returncode, done.stdout) == (ExitStatus.OK, "from the other\n")
    assert not server.posts
    (request,) = [post for post in other.posts if post.path.endswith("/chat/completions")]
    body = request.json()
    assert body["model"] == "other-model"
    assert body["messages"][0] == {"role": "system", "content": "Be exact."}
    assert body["temperature"] == 0
    assert request.headers["x-team"] == "research"
    assert request.headers["authorization"] == "Bearer gw-0123456789"


def test_the_key_of_one_server_never_goes_to_the_server_of_a_profile(
    run_cli: RunCli, other: RawServer, file: str
) -> None:
    done = run_cli("-p", "hi", "--config", file, "--profile", "exact")

    assert done.returncode == ExitStatus.CONFIG
    assert "GATEWAY_KEY" in done.stderr
    assert not other.posts
    assert KEY not in done.stderr


def test_an_unknown_profile_is_refused_before_anything_is_sent(
    run_cli: RunCli, server: RawServer, file: str
) -> None:
    done = run_cli("-p", "hi", "--config", file, "--profile", "exatc")

    assert done.returncode == ExitStatus.CONFIG
    assert "There is no profile `exatc` (the command line)." in done.stderr
    assert "`exact`" in done.stderr
    assert not server.posts
