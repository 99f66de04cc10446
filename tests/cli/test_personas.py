"""Personas and prompt files on the command line, and each shipped persona with the embedded model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatrepl import wiring
from chatrepl.cancellation import Cancellation
from chatrepl.config import LoadedSettings
from chatrepl.environment import Environment
from chatrepl.errors import ExitStatus
from chatrepl.local.weights import is_installed
from chatrepl.settings import LocalSettings, Settings
from chatrepl.shelf import SHIPPED_PERSONAS
from chatrepl.turn import Completed, Kind, Planned
from chatrepl.wiring import Connection
from tests.cli.conftest import RunCli
from tests.support.raw_server import RawServer, chat_chunks, stream_answer


@pytest.fixture
def config(tmp_path: Path, server: RawServer) -> Path:
    """The directory of config.toml; the server answers whatever it is asked."""
    server.answer(stream_answer(chat_chunks(["ok"])))
    directory = tmp_path / "home" / "config" / "chatrepl"
    (directory / "prompts").mkdir(parents=True)
    (directory / "prompts" / "log.md").write_text("What went wrong in {{part=this}}?\n\n{{stdin}}\n")
    return directory


def body(server: RawServer) -> dict[str, object]:
    found: dict[str, object] = server.posts[-1].json()
    return found


def messages(server: RawServer) -> list[dict[str, str]]:
    return body(server)["messages"]  # type: ignore[return-value]


def test_a_persona_answers_a_script(run_cli: RunCli, server: RawServer, config: Path) -> None:
    done = run_cli("-p", "Good morning", "--persona", "translator language='Old English'")
    assert (done.returncode, done.stdout, done.stderr) == (ExitStatus.OK, "ok\n", "")
    system, question = messages(server)
    assert "Translate everything the user writes into Old English." in system["content"]
    assert question["content"] == "Good morning"
    assert body(server)["temperature"] == 0.2

    run_cli("-c", "-p", "And good night")
    assert "into Old English" in messages(server)[0]["content"], "the chat keeps it"
    assert body(server)["temperature"] == 0.2
    run_cli("-c", "-p", "And good night", "--set", "temperature=1")
    assert "into Old English" in messages(server)[0]["content"]
    assert body(server)["temperature"] == 1


def test_a_persona_of_the_settings_yields_to_what_is_said_more_expressly(
    run_cli: RunCli, server: RawServer, config: Path
) -> None:
    (config / "config.toml").write_text('persona = "tutor"\nsystem = "x"\nparameters.temperature = 1.5\n')
    run_cli("-p", "hi")
    assert "patient tutor" in messages(server)[0]["content"]
    assert body(server)["temperature"] == 0.4
    run_cli("-p", "hi", "--set", "temperature=0.9")
    assert body(server)["temperature"] == 0.9
    run_cli("-p", "hi", "--persona", "none")
    assert messages(server)[0]["content"] == "x"
    run_cli("-p", "hi", "--system", "Be brief.")
    assert messages(server)[0]["content"] == "Be brief."
    assert body(server)["temperature"] == 1.5


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (
            ("--persona", "tutr"),
            ExitStatus.CONFIG,
            "There is no persona 'tutr' (the command line).\nDid you mean `tutor`?",
        ),
        (("--persona", "tutor", "--system", "x"), ExitStatus.USAGE, "both say the system prompt"),
        (("--prompt", "lgo"), ExitStatus.USAGE, "There is no prompt file 'lgo'.\nDid you mean `log`?"),
        (("--prompt", "log"), ExitStatus.USAGE, "what is piped in, and nothing is"),
    ],
)
def test_what_cannot_be_had_is_one_message_and_a_status(
    run_cli: RunCli, server: RawServer, config: Path, arguments: tuple[str, ...], status: int, said: str
) -> None:
    done = run_cli("-p", *([] if "--prompt" in arguments else ["hi"]), *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
    assert not [post for post in server.posts if post.path.endswith("/chat/completions")]


def test_a_broken_persona_is_told_with_file_line_and_key(
    run_cli: RunCli, server: RawServer, config: Path
) -> None:
    (config / "personas").mkdir()
    (config / "personas" / "tutor.toml").write_text(
        'description = "x"\nsystem = "y"\n[parameters]\ntop = 1\n'
    )
    done = run_cli("-p", "hi", "--persona", "tutor")
    assert done.returncode == ExitStatus.CONFIG
    assert (
        "/chatrepl/personas/tutor.toml line 4: There is no parameter `top`.\nDid you mean `stop`"
        in done.stderr
    )


def test_a_prompt_file_takes_what_is_piped_in_and_values(
    run_cli: RunCli, server: RawServer, config: Path
) -> None:
    done = run_cli("-p", "--prompt", "log", "part=the {{stdin}}", stdin="line 1\nline {{part}}\n")
    assert (done.returncode, done.stderr) == (ExitStatus.OK, "")
    assert messages(server)[-1]["content"] == "What went wrong in the {{stdin}}?\n\nline 1\nline {{part}}"


# With a model -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Environment, Connection]]:
    """The embedded model, started once."""
    home = tmp_path_factory.mktemp("local")
    environment = Environment(variables={"HOME": str(home)} | {
        f"XDG_{name}_HOME": str(home / name) for name in ("CONFIG", "DATA", "CACHE")
    })  # fmt: skip
    settings = Settings(
        local=LocalSettings(window_tokens=2048, threads=1)
    )  # two wait for each other where others run
    connection = wiring.connect_local(settings, environment, None, lambda _: None)
    yield environment, connection
    connection.close()


@pytest.mark.local
@pytest.mark.skipif(not is_installed(), reason="needs the extra 'local'")
@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED_PERSONAS.glob("*.toml")))
def test_a_shipped_persona_is_understood_by_a_real_model(
    local: tuple[Environment, Connection], name: str
) -> None:
    environment, connection = local
    settings = Settings(parameters={"max_tokens": 4, "seed": 1})
    session = wiring.build_session(LoadedSettings(settings, {}), environment, connection)
    session.use_persona(name)
    assert session.persona is not None
    question = session.persona.questions[0]

    events = list(session.turn(Kind.ASK, question, Cancellation()))

    session.close()
    planned = next(event.plan for event in events if isinstance(event, Planned))
    assert planned.system == session.persona.system
    end = events[-1]
    assert isinstance(end, Completed), end
    assert end.message.text.strip()
    usage = end.message.meta.usage
    assert usage is not None
    assert usage.prompt_tokens > len(session.persona.system) / 8, "the server has read the system prompt"
