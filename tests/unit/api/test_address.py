"""Base URLs."""

from __future__ import annotations

import pytest

from chatrepl.api import address
from chatrepl.errors import TransportError


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("https://h/v1", "https://h/v1/chat/completions"),
        ("https://h/v1/", "https://h/v1/chat/completions"),
        ("https://h", "https://h/chat/completions"),
        ("https://h/d/x?api-version=1&a=%20b#frag", "https://h/d/x/chat/completions?api-version=1&a=%20b"),
        ("http://[::1]:8080/v1//", "http://[::1]:8080/v1/chat/completions"),
    ],
)
def test_paths_are_joined_with_one_slash_before_the_query(base_url: str, url: str) -> None:
    assert address.join_url(base_url, "chat/completions") == url
    assert address.join_url(base_url, "/chat/completions") == url


@pytest.mark.parametrize(
    ("base_url", "name", "with_port"),
    [
        ("https://api.openai.com/v1", "api.openai.com", "api.openai.com:443"),
        ("https://API.openai.com:443/v1", "api.openai.com", "api.openai.com:443"),
        ("http://localhost:11434/v1", "localhost:11434", "localhost:11434"),
        ("http://[::1]/v1", "[::1]", "[::1]:80"),
        ("http://me:secret@h:81", "h:81", "h:81"),
        ("http://h:port/v1", "http://h:port/v1", "http://h:port/v1"),
    ],
)
def test_a_provider_is_named_by_its_host(base_url: str, name: str, with_port: str) -> None:
    assert address.provider_name(base_url) == name
    assert address.host_and_port(base_url) == with_port


@pytest.mark.parametrize(
    ("base_url", "guess"),
    [
        ("http://localhost:11434", "http://localhost:11434/v1"),
        ("http://localhost:11434/", "http://localhost:11434/v1"),
        ("http://localhost:11434/api", "http://localhost:11434/v1"),
        ("http://localhost:11434/api/chat", "http://localhost:11434/v1"),
        ("http://h/v1/chat/completions", "http://h/v1"),
        ("http://h/v1", None),
        ("http://h/v1/", None),
        ("https://api.openai.com", "https://api.openai.com/v1"),
        ("https://openrouter.ai/v1", "https://openrouter.ai/api/v1"),
        ("https://openrouter.ai/api/v1", None),
        ("https://api.groq.com/v1", "https://api.groq.com/openai/v1"),
        (
            "https://generativelanguage.googleapis.com/v1beta",
            "https://generativelanguage.googleapis.com/v1beta/openai",
        ),
        ("http://h/?key=abc", "http://h/v1?key=…"),
        ("http://h:port", None),
    ],
)
def test_what_is_likely_meant_by_a_wrong_base_url(base_url: str, guess: str | None) -> None:
    assert address.likely_base_url(base_url) == guess


@pytest.mark.parametrize(
    ("base_url", "root"),
    [
        ("http://localhost:8080/v1", "http://localhost:8080"),
        ("http://localhost:8080/v1/?x=1", "http://localhost:8080"),
        ("http://h/llama/v1", "http://h/llama"),
        ("http://h", "http://h"),
    ],
)
def test_the_root_of_a_server_is_above_its_api(base_url: str, root: str) -> None:
    assert address.server_root(base_url) == root


@pytest.mark.parametrize(
    "url",
    [
        "https://me:hunter2hunter2@h/v1",
        "https://h/v1?api_key=hunter2hunter2",
        "https://h/v1?a=1&access_token=hunter2hunter2",
        "https://h/v1/sk-hunter2hunter2hunter2hunter2",
    ],
)
def test_no_secret_of_a_url_is_shown(url: str) -> None:
    assert "hunter2hunter2h" not in address.shown_url(url)
    assert "=hunter2" not in address.shown_url(url)
    assert "https://h/v1" in address.shown_url(url)


@pytest.mark.parametrize(
    ("base_url", "is_loopback"),
    [
        ("http://localhost:1/v1", True),
        ("http://127.0.0.9/v1", True),
        ("http://[::1]/v1", True),
        ("http://localhost.example/v1", False),
        ("http://127.0.0.1.example/v1", False),
        ("http://192.168.0.1/v1", False),
        ("nonsense", False),
    ],
)
def test_whether_the_server_is_on_this_machine(base_url: str, is_loopback: bool) -> None:
    assert address.is_loopback(base_url) is is_loopback


@pytest.mark.parametrize(
    ("base_url", "hint"),
    [
        ("localhost:8080/v1", "http://localhost:8080/v1"),
        ("api.example.com/v1", "https://api.example.com/v1"),
        ("ftp://h/v1", "https://h/v1"),
        ("http://", "https://api.openai.com/v1"),
        ("http://h:port/v1", "https://api.openai.com/v1"),
        ("http://[::1/v1", "https://api.openai.com/v1"),
        ("http://a b/v1", "https://api.openai.com/v1"),
        ("", "https://"),
    ],
)
def test_a_base_url_that_cannot_be_used_is_told_how_to_be_written(base_url: str, hint: str) -> None:
    with pytest.raises(TransportError) as caught:
        address.ensure_usable(base_url)
    assert caught.value.code == "url"
    assert hint in (caught.value.hint or "")


def test_a_good_base_url_passes() -> None:
    address.ensure_usable("https://api.openai.com/v1")
