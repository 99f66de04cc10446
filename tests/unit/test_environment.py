"""The world around the program."""

from __future__ import annotations

import io
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.environment import Environment, SystemClock, make_private_directory, new_id

EARLIEST, LATEST = datetime(1970, 1, 2), datetime(2200, 1, 1)  # noqa: DTZ001 - hypothesis wants them naive


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "UTF-8"

    def isatty(self) -> bool:
        return True


def test_streams_say_whether_a_person_is_there() -> None:
    environment = Environment(stdin=io.StringIO(), stdout=Terminal(), stderr=io.StringIO(), variables={})
    assert not environment.stdin_is_terminal
    assert environment.stdout_is_terminal
    assert not environment.stderr_is_terminal


def test_a_closed_stream_is_no_terminal() -> None:
    stream = io.StringIO()
    stream.close()
    assert not Environment(stdin=stream, variables={}).stdin_is_terminal


@pytest.mark.parametrize(
    ("variables", "dumb", "colour"),
    [
        ({"TERM": "xterm-256color"}, False, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, False, True),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": "unknown"}, True, False),
        ({}, True, False),
    ],
)
def test_the_terminals_abilities_are_read_from_its_variables(
    variables: dict[str, str], dumb: bool, colour: bool
) -> None:
    environment = Environment(variables=variables)
    assert environment.is_dumb is dumb
    assert environment.wants_colour is colour


@pytest.mark.parametrize(
    ("encoding", "unicode"),
    [("utf-8", True), ("UTF8", True), ("ascii", False), ("latin-1", False), (None, False)],
)
def test_the_encoding_says_whether_more_than_ascii_can_be_shown(encoding: str | None, unicode: bool) -> None:
    class Stream(io.StringIO):
        pass

    stream = Stream()
    Stream.encoding = encoding  # type: ignore[assignment]
    assert Environment(stdout=stream, variables={}).is_unicode is unicode


@pytest.mark.parametrize(
    ("variables", "unicode"),
    [
        ({"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, False),
        ({"LANG": "POSIX"}, False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False),  # as Python leaves it where only LANG=C was set
        ({"LC_ALL": "C.UTF-8", "LANG": "C"}, True),
        ({"LC_CTYPE": "de_DE.UTF-8", "LANG": "C"}, True),
        ({"LANG": "C", "PYTHONUTF8": "1"}, True),
        ({"LC_ALL": "C", "PYTHONIOENCODING": "utf-8"}, True),
        ({}, True),
    ],
)
def test_a_locale_that_was_set_to_c_means_ascii(variables: dict[str, str], unicode: bool) -> None:
    class Stream(io.StringIO):
        encoding = "utf-8"

    assert Environment(stdout=Stream(), variables=variables).is_unicode is unicode


def test_a_size_that_is_not_known_is_80_by_24() -> None:
    environment = Environment(stdout=io.StringIO(), variables={})
    assert (environment.columns, environment.rows) == (80, 24)


def test_the_size_of_a_terminal_is_asked_for_each_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sizes = iter([(40, 10), (100, 50), (0, 0), (0, 0)])
    monkeypatch.setattr(os, "get_terminal_size", lambda descriptor: next(sizes))
    with (tmp_path / "x").open("w") as stream:
        environment = Environment(stdout=stream, variables={})
        assert [environment.columns, environment.rows, environment.columns, environment.rows] == [
            40,
            50,
            80,
            24,
        ]


@pytest.mark.parametrize(
    ("variable", "attribute"),
    [
        ("XDG_CONFIG_HOME", "config_directory"),
        ("XDG_DATA_HOME", "data_directory"),
        ("XDG_CACHE_HOME", "cache_directory"),
    ],
)
def test_the_xdg_variables_are_honoured(tmp_path: Path, variable: str, attribute: str) -> None:
    environment = Environment(variables={variable: str(tmp_path)})
    assert getattr(environment, attribute) == tmp_path / "chatrepl"


@pytest.mark.parametrize("base", ["", "relative/path"])
def test_an_xdg_variable_that_is_not_absolute_is_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, base: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    directory = Environment(variables={"XDG_CONFIG_HOME": base}).config_directory
    assert directory.is_absolute()
    assert directory.is_relative_to(tmp_path)
    assert directory.name == "chatrepl"


@pytest.mark.parametrize(
    ("text", "path"),
    [("~/a/b", "/home/me/a/b"), ("~", "/home/me"), ("/a", "/a"), ("a/~", "a/~")],
)
def test_a_tilde_is_the_home_directory_of_the_variables(text: str, path: str) -> None:
    assert Environment(variables={"HOME": "/home/me"}).expand(text) == Path(path)


def test_a_private_directory_is_closed_to_others(tmp_path: Path) -> None:
    directory = make_private_directory(tmp_path / "a" / "b")
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert make_private_directory(directory) == directory


def test_ids_sort_by_time_and_differ_at_the_same_moment() -> None:
    now = datetime(2026, 5, 4, tzinfo=UTC)
    ids = [new_id(now + timedelta(milliseconds=step)) for step in range(50)]
    assert ids == sorted(ids)
    assert len({new_id(now) for _ in range(100)}) == 100


@given(st.datetimes(min_value=EARLIEST, max_value=LATEST))
def test_an_id_is_32_hexadecimal_digits(moment: datetime) -> None:
    text = new_id(moment.replace(tzinfo=UTC))
    assert len(text) == 32
    assert int(text, 16) > 0


def test_the_clock_tells_utc_and_never_goes_back() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()
