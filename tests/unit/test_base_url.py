"""Addresses of APIs: which are taken, and what is said of those that are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.base_url import BaseUrlError, check_base_url
from chatrepl.providers import BUILT_IN, provider_at
from chatrepl.servers import host_of, is_same_server


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("  https://api.openai.com/v1/ \n", "https://api.openai.com/v1"),
        ("http://localhost:11434/v1", "http://localhost:11434/v1"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
        ("https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1"),
        ("https://api.deepseek.com", "https://api.deepseek.com"),
        ("https://chat.example.org/api", "https://chat.example.org/api"),
        (
            "https://r.openai.azure.com/openai/deployments/d?api-version=2024-10-21",
            "https://r.openai.azure.com/openai/deployments/d?api-version=2024-10-21",
        ),
    ],
)
def test_a_good_address_is_taken(text: str, url: str) -> None:
    assert check_base_url(text) == url


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/chat/completions/", "https://api.openai.com/v1"),
        ("http://localhost:8000/v1/models", "http://localhost:8000/v1"),
        ("http://localhost:8000/v1/completions", "http://localhost:8000/v1"),
        ("http://localhost:11434", "http://localhost:11434/v1"),
        ("http://localhost:11434/api", "http://localhost:11434/v1"),
        ("http://localhost:11434/api/chat", "http://localhost:11434/v1"),
        ("http://box.lan:80/api/generate", "http://box.lan:80/v1"),
        ("localhost:8080/v1", "http://localhost:8080/v1"),
        ("192.168.1.2:8080/v1", "http://192.168.1.2:8080/v1"),
        ("api.openai.com/v1", "https://api.openai.com/v1"),
        ("gateway.example.org/v1", "https://gateway.example.org/v1"),
        ("https://api.openai.com", "https://api.openai.com/v1"),
        ("https://eu.api.openai.com/", "https://eu.api.openai.com/v1"),
        ("https://openrouter.ai", "https://openrouter.ai/api/v1"),
        ("http://api.openai.com/v1", "https://api.openai.com/v1"),
    ],
)
def test_a_slip_is_answered_with_what_to_type(text: str, instead: str) -> None:
    with pytest.raises(BaseUrlError) as caught:
        check_base_url(text)
    assert caught.value.hint == f"Type {instead}"
    assert str(caught.value).startswith("must ")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "ftp://host/v1",
        "file:///etc/passwd",
        "https://",
        "http:///v1",
        "http://:8080/v1",
        "http://host:0/v1",
        "http://host:99999/v1",
        "http://host:port/v1",
        "http://[::1/v1",
        "http://ho st/v1",
        "http://host/v1\x1b[2J",
        "http://host/v1#part",
        "/v1",
        ".",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BaseUrlError, match=r"^must"):
        check_base_url(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://user:s3cr3t@host/v1",
        "https://s3cr3t@host/v1",
        "s3cr3t@host/v1",
        "user:s3cr3t@host",
        "https://user:s3cr3t@host/v1 x",
        "ftp://user:s3cr3t@host/v1",
        "https://host/v1?key=s3cr3t",
        "https://host/v1?a=b&API_KEY=s3cr3t#x",
        "https://[user:s3cr3t@host/v1",
    ],
)
def test_a_password_or_key_in_an_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BaseUrlError) as caught:
        check_base_url(text)
    assert "s3cr3t" not in f"{caught.value} {caught.value.hint}"


@given(st.text() | st.builds("http{}://{}/{}".format, st.sampled_from(["", "s"]), st.text(), st.text()))
def test_any_text_is_either_taken_or_refused_in_words(text: str) -> None:
    try:
        url = check_base_url(text)
    except BaseUrlError as error:
        said = str(error)
    else:
        assert check_base_url(url) == url
        assert host_of(url)
        return
    assert said.startswith("must ")


@pytest.mark.parametrize(
    ("url", "variable"),
    [
        ("https://API.OpenAI.com/v1", "OPENAI_API_KEY"),
        ("https://api.openai.com.:443/v1", "OPENAI_API_KEY"),
        ("https://eu.api.openai.com/v1", "OPENAI_API_KEY"),
        ("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
        ("https://r.openai.azure.com/openai/v1", "AZURE_OPENAI_API_KEY"),
        ("https://api.openai.com.example.org/v1", None),
        ("https://notapi.openai.com/v1", None),
        ("https://example.org/api.openai.com", None),
        ("https://xapi.x.ai/v1", None),
        ("http://localhost:8000/v1", None),
    ],
)
def test_a_provider_is_known_by_its_whole_host(url: str, variable: str | None) -> None:
    assert next(iter(provider_at(url).key_variables), None) == variable


def test_every_known_address_is_one_that_would_be_taken() -> None:
    for provider in BUILT_IN.values():
        if provider.base_url:
            assert check_base_url(provider.base_url) == provider.base_url


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("https://h/v1", "https://H:443/other", True),
        ("http://h/v1", "https://h/v1", False),
        ("http://h:1/v1", "http://h:2/v1", False),
        ("http://h/v1", "http://h.example.org/v1", False),
        ("http://[", "http://[", False),
    ],
)
def test_servers_are_the_same_by_scheme_host_and_port(first: str, second: str, same: bool) -> None:
    assert is_same_server(first, second) is same
