"""One question in a pipe: the result on stdout, the talk on stderr, the verdict in the exit status."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chatrepl.errors import ExitStatus
from tests.cli.conftest import KEY, RunCli
from tests.support.raw_server import (
    RawServer,
    Reset,
    Stall,
    chat_chunks,
    error_response,
    json_response,
    stream_answer,
)
from tests.support.terminal import Terminal

USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}


def reply(*texts: str, **options: object) -> list[object]:
    return list(stream_answer(chat_chunks(texts, usage=USAGE, **options)))  # type: ignore[arg-type]


def test_the_reply_alone_is_on_stdout(run_cli: RunCli, server: RawServer) -> None:
    server.answer(reply("**4**", "."))  # type: ignore[arg-type]

    done = run_cli("-p", "2+2?")

    assert (done.returncode, done.stdout, done.stderr) == (ExitStatus.OK, "**4**.\n", "")


def test_piped_text_stands_below_the_words_of_the_command_line(run_cli: RunCli, server: RawServer) -> None:
    server.answer(reply("ok"))  # type: ignore[arg-type]

    run_cli("explain", "this", stdin="line 1\nline 2\n")

    assert server.posts[-1].json()["messages"][-1]["content"] == "explain this\n\nline 1\nline 2"


def test_json_holds_the_reply_and_what_is_known_of_it(run_cli: RunCli, server: RawServer) -> None:
    server.answer(reply("Hi", " there"))  # type: ignore[arg-type]

    done = run_cli("-p", "hello", "--output", "json")

    value = json.loads(done.stdout)
    assert value["text"] == "Hi there"
    assert value["usage"]["total_tokens"] == 12
    assert value["state"] == "complete"
    assert value["finish_reason"] == "stop"
    assert value["cost_usd"] is None
    assert value["error"] is None


def test_stream_json_is_one_object_a_line_and_the_result_last(run_cli: RunCli, server: RawServer) -> None:
    server.answer(reply("Hi", " there", reasoning=["hm"]))  # type: ignore[arg-type]

    lines = [
        json.loads(line) for line in run_cli("-p", "hello", "--output", "stream-json").stdout.splitlines()
    ]

    assert lines[0] == {"type": "reasoning", "text": "hm"}
    assert "".join(line["text"] for line in lines if line["type"] == "text") == "Hi there"
    assert lines[-1]["type"] == "result"
    assert lines[-1]["text"] == "Hi there"


def test_no_stream_asks_for_a_whole_answer(run_cli: RunCli, server: RawServer) -> None:
    whole = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Whole."}, "finish_reason": "stop"}], "usage": USAGE}  # fmt: skip
    server.answer(json_response(whole))

    done = run_cli("-p", "hello", "--no-stream")

    assert done.stdout == "Whole.\n"
    assert not server.posts[-1].json().get("stream")


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (
            401,
            {"message": f"Incorrect API key provided: {KEY}", "code": "invalid_api_key"},
            ExitStatus.CONFIG,
        ),
        (
            429,
            {"message": "Rate limit reached", "code": "rate_limit_exceeded", "type": "requests"},
            ExitStatus.REFUSED,
        ),
        (404, {"message": "The model does not exist", "code": "model_not_found"}, ExitStatus.REFUSED),
    ],
)
def test_a_refusal_is_one_message_and_a_status(
    run_cli: RunCli, server: RawServer, status: int, error: dict[str, str], expected: ExitStatus
) -> None:
    server.answer([error_response(status, {"error": error})])

    done = run_cli("-p", "hello")

    assert done.returncode == expected
    assert done.stdout == ""
    assert done.stderr.startswith("chatrepl: ")
    assert "Traceback" not in done.stderr
    assert KEY not in done.stderr


def test_an_error_is_json_too_where_json_was_asked_for(run_cli: RunCli, server: RawServer) -> None:
    server.answer(stream_answer([*chat_chunks(["par", "tial"])[:3], Reset()]))

    done = run_cli("-p", "hello", "--output", "json")

    assert done.returncode != ExitStatus.OK
    value = json.loads(done.stdout)
    assert value["text"] == "partial"
    assert value["state"] == "failed"
    assert value["error"]["message"]


def test_no_connection_is_a_network_error(run_cli: RunCli) -> None:
    done = run_cli("-p", "hello", OPENAI_BASE_URL="http://127.0.0.1:9/v1")

    assert done.returncode == ExitStatus.NETWORK
    assert "127.0.0.1" in done.stderr


def test_no_provider_is_status_3_and_names_the_ways(run_cli: RunCli) -> None:
    done = run_cli("-p", "hello", OPENAI_API_KEY="", OPENAI_BASE_URL="")

    assert done.returncode == ExitStatus.CONFIG
    assert "OPENAI_API_KEY" in done.stderr
    assert "--local" in done.stderr


def test_nothing_to_send_is_a_usage_error(run_cli: RunCli) -> None:
    done = run_cli(stdin=" \n")

    assert done.returncode == ExitStatus.USAGE
    assert "nothing to send" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("--set", "temperature"), ExitStatus.USAGE, "KEY=VALUE"),
        (("--set", "temperature=9"), ExitStatus.CONFIG, "0 to 2"),
        (("--set", "temprature=1"), ExitStatus.CONFIG, "temperature"),
        (("--config", "missing.toml"), ExitStatus.CONFIG, "missing.toml"),
        (("--output", "xml"), ExitStatus.USAGE, "xml"),
        (("--local", "missing.gguf"), ExitStatus.ERROR, "missing.gguf"),
        (("-r", "no-such-chat"), ExitStatus.ERROR, "no-such-chat"),
    ],
)
def test_bad_arguments_are_explained(
    run_cli: RunCli, arguments: tuple[str, ...], status: int, words: str
) -> None:
    done = run_cli("-p", "hello", *arguments)

    assert done.returncode == status
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_every_problem_of_a_configuration_file_is_told_at_once(run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('modell = "x"\n[parameters]\ntemperature = 9\n')

    done = run_cli("-p", "hello", "--config", "bad.toml")

    assert done.returncode == ExitStatus.CONFIG
    assert "modell" in done.stderr
    assert "temperature" in done.stderr
    assert "line 3" in done.stderr


def test_continue_goes_on_with_the_last_chat(run_cli: RunCli, server: RawServer) -> None:
    server.answer(reply("One."), reply("Two."))  # type: ignore[arg-type]
    run_cli("-p", "first")

    run_cli("-c", "-p", "second")

    sent = [message["content"] for message in server.posts[-1].json()["messages"]]
    assert sent == ["first", "One.", "second"]


def test_a_pipe_that_is_closed_ends_it_quietly(
    environment: dict[str, str], server: RawServer, tmp_path: Path
) -> None:
    server.answer(stream_answer(chat_chunks(["word " * 50 + "\n"] * 4000)))
    command = f"'{sys.executable}' -m chatrepl -p hello | head -n 1; echo ${{PIPESTATUS[0]}}"

    done = subprocess.run(
        ["bash", "-c", command],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_keeps_what_had_come(
    run_cli: RunCli, environment: dict[str, str], server: RawServer, tmp_path: Path, number: int, status: int
) -> None:
    server.answer(stream_answer([*chat_chunks(["It was ", "a dark night"])[:3], Stall()]), reply("Next."))  # type: ignore[arg-type]
    process = subprocess.Popen(
        [sys.executable, "-m", "chatrepl", "-p", "tell"],
        env=environment, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    received = b""
    while b"night" not in received:
        received += process.stdout.read1(100)  # type: ignore[attr-defined]

    process.send_signal(number)
    _, stderr = process.communicate(timeout=20)

    assert process.returncode == status
    assert b"Traceback" not in stderr
    run_cli("-c", "-p", "go on")
    assert server.posts[-1].json()["messages"][1] == {"role": "assistant", "content": "It was a dark night"}


def test_a_terminal_gets_rendered_markdown(
    environment: dict[str, str], server: RawServer, tmp_path: Path
) -> None:
    server.answer(reply("Some **bold** words.\n\n- item\n"))  # type: ignore[arg-type]

    with Terminal(
        [sys.executable, "-m", "chatrepl", "-p", "hello"], env=environment, cwd=tmp_path
    ) as terminal:
        assert terminal.wait_exit() == 0

        assert "Some bold words." in terminal.everything()
        assert b"\x1b[1m" in terminal.raw


def test_the_pipe_gets_the_reply_as_it_is_and_the_terminal_a_clean_one(
    run_cli: RunCli, environment: dict[str, str], server: RawServer, tmp_path: Path
) -> None:
    server.answer(reply("a\x1b]52;c;ZXZpbA==\x07b"))  # type: ignore[arg-type]

    assert run_cli("-p", "hello").stdout == "a\x1b]52;c;ZXZpbA==\x07b\n"
    with Terminal(
        [sys.executable, "-m", "chatrepl", "-p", "hello"], env=environment, cwd=tmp_path
    ) as terminal:
        terminal.wait_exit()
        assert b"\x1b]52" not in terminal.raw


def test_version_and_help(run_cli: RunCli) -> None:
    from chatrepl import __version__

    assert run_cli("--version").stdout == f"chatrepl {__version__}\n"
    assert "--resume" in run_cli("--help").stdout


@pytest.mark.parametrize(("display", "stderr"), [("show", "Two and two.\n"), ("fold", ""), ("hide", "")])
def test_thoughts_stay_out_of_the_result_and_are_told_beside_it_only_when_asked_for(
    run_cli: RunCli, server: RawServer, display: str, stderr: str
) -> None:
    server.answer(reply("Four.", reasoning=["Two ", "and two."]))  # type: ignore[arg-type]

    done = run_cli("-p", "2+2?", "--set", f"terminal.reasoning={display}")

    assert (done.stdout, done.stderr) == ("Four.\n", stderr)


@pytest.mark.parametrize("display", ["show", "fold", "hide"])
def test_a_terminal_sees_of_thoughts_what_is_set(
    environment: dict[str, str], server: RawServer, tmp_path: Path, display: str
) -> None:
    server.answer(reply("**Four**.", reasoning=["Two ", "and two."]))  # type: ignore[arg-type]
    command = [sys.executable, "-m", "chatrepl", "-p", "2+2?", "--set", f"terminal.reasoning={display}"]

    with Terminal(command, env=environment, cwd=tmp_path) as terminal:
        assert terminal.wait_exit() == 0

    shown = terminal.everything()
    assert shown.splitlines()[-1] == "Four."
    assert ("Two and two." in shown) == (display == "show")
    assert ("thought for" in shown) == (display != "hide")


@pytest.mark.parametrize("arguments", [("--plain",), ()], ids=["plain", "dumb"])
def test_a_poor_terminal_gets_words_without_escape_sequences(
    environment: dict[str, str], server: RawServer, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    server.answer(reply("**Four**:\n\n```py\n4\n```\n", reasoning=["hm"]))  # type: ignore[arg-type]
    variables = environment | ({} if arguments else {"TERM": "dumb"})

    with Terminal(
        [sys.executable, "-m", "chatrepl", "-p", "2+2?", *arguments], env=variables, cwd=tmp_path
    ) as terminal:
        assert terminal.wait_exit() == 0

    assert b"\x1b" not in terminal.raw
    assert terminal.everything().endswith("**Four**:\n\n[code 1: py]\n4\n[end of code]")


def test_an_ascii_pipe_gets_letters_it_can_hold_and_json_escapes(run_cli: RunCli, server: RawServer) -> None:
    text = "\u201cna\u00efve\u201d \u2014 \u6f22"
    server.answer(reply(text), reply(text))  # type: ignore[arg-type]

    plain = run_cli("-p", "hi", PYTHONIOENCODING="ascii")
    as_json = run_cli("-p", "hi", "--output", "json", PYTHONIOENCODING="ascii")

    assert plain.stdout == '"naive" -- ?\n'
    assert json.loads(as_json.stdout)["text"] == text


def test_a_pipe_is_not_a_terminal_and_keeps_every_letter_whatever_the_locale(
    run_cli: RunCli, server: RawServer
) -> None:
    server.answer(reply("\u201cna\u00efve\u201d"))  # type: ignore[arg-type]

    assert run_cli("-p", "hi", LC_ALL="C", LANG="").stdout == "\u201cna\u00efve\u201d\n"


def test_a_stopped_reply_is_json_as_any_other(
    environment: dict[str, str], server: RawServer, tmp_path: Path
) -> None:
    server.answer(stream_answer([*chat_chunks(["It was ", "a dark night"])[:3], Stall()]))
    process = subprocess.Popen(
        [sys.executable, "-m", "chatrepl", "-p", "tell", "--output", "stream-json"],
        env=environment, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    lines = [process.stdout.readline(), process.stdout.readline()]

    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=20)

    values = [json.loads(line) for line in (*lines, *rest.splitlines())]
    assert values[1] == {"type": "text", "text": "a dark night"}
    assert (values[-1]["state"], values[-1]["text"]) == ("interrupted", "It was a dark night")
    assert process.returncode == ExitStatus.INTERRUPTED


def test_files_that_words_name_and_that_are_attached_go_with_the_question(
    run_cli: RunCli, server: RawServer, tmp_path: Path
) -> None:
    (tmp_path / "a.md").write_text("A\n")
    (tmp_path / "b.md").write_text("B\n")
    server.answer(reply("ok"))  # type: ignore[arg-type]

    done = run_cli("-p", "compare @a.md", "--attach", "b.md", stdin="@a.md is not read from here\n")

    assert done.stdout == "ok\n"
    assert server.posts[-1].json()["messages"][-1]["content"] == (
        '<file name="b.md">\nB\n</file>\n\n<file name="a.md">\nA\n</file>\n\n'
        "compare @a.md\n\n@a.md is not read from here"
    )


def test_a_file_that_cannot_be_sent_ends_it_before_anything_is_sent(
    run_cli: RunCli, server: RawServer, tmp_path: Path
) -> None:
    (tmp_path / "x.bin").write_bytes(b"\0")

    for arguments in (("what is @x.bin",), ("what", "--attach", "x.bin"), ("what", "--attach", "nope")):
        done = run_cli("-p", *arguments)
        assert done.returncode == ExitStatus.USAGE
        assert "x.bin is not text" in done.stderr or "There is no nope." in done.stderr
    assert not server.posts


def test_an_image_that_is_piped_in_is_sent_as_one(
    environment: dict[str, str], server: RawServer, tmp_path: Path
) -> None:
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x03" + b"\0" * 20
    server.answer(reply("red"))  # type: ignore[arg-type]

    argv = [sys.executable, "-m", "chatrepl", "-p", "which colour?"]
    done = subprocess.run(argv, input=png, env=environment, capture_output=True, check=False)

    assert done.stdout == b"red\n"
    words, image = server.posts[-1].json()["messages"][-1]["content"]
    assert words == {"type": "text", "text": "which colour?"}
    assert image["image_url"]["url"].startswith("data:image/png;base64,iVBORw0K")
