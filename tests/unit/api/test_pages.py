"""Web pages that the user named, fetched within limits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chatrepl.api.client import open_session
from chatrepl.api.pages import fetch_page
from chatrepl.errors import ApiError, AttachmentError
from chatrepl.ports import Page
from chatrepl.settings import NetworkSettings
from tests.support.raw_server import RawServer, Reset, Stall, head


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer() as running:
        yield running


def fetch(url: str, *, timeout_s: float = 10.0, limit_bytes: int = 1000) -> Page:
    return fetch_page(url, NetworkSettings(), open_session, timeout_s=timeout_s, limit_bytes=limit_bytes)


def test_a_page_comes_with_its_kind(server: RawServer) -> None:
    server.route("/a", [head(200, "text/html; charset=utf-8", content_length="5"), b"<p>Hi"])
    url = f"{server.root_url}/a"
    assert fetch(url) == Page(url, "text/html; charset=utf-8", b"<p>Hi")
    asked = server.requests[-1]
    assert asked.method == "GET"
    assert "authorization" not in asked.headers
    assert "cookie" not in asked.headers


def test_it_is_found_where_it_has_moved_to(server: RawServer) -> None:
    server.route("/old", [head(301, "text/plain", location="/new", content_length="0")])
    server.route("/new", [head(200, "text/plain", content_length="2"), b"ok"])
    assert fetch(f"{server.root_url}/old").url == f"{server.root_url}/new"


def test_circles_end(server: RawServer) -> None:
    server.route("/a", [head(302, "text/plain", location="/a", content_length="0")])
    with pytest.raises(AttachmentError, match="in circles"):
        fetch(f"{server.root_url}/a")


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/x", "javascript:alert(1)"])
def test_it_is_not_led_to_what_is_no_page(server: RawServer, target: str) -> None:
    server.route("/a", [head(302, "text/plain", location=target, content_length="0")])
    with pytest.raises(AttachmentError, match="no web page"):
        fetch(f"{server.root_url}/a")


def test_a_page_from_elsewhere_does_not_lead_to_this_machine() -> None:
    from chatrepl.api.pages import _next

    for target in ("http://localhost:11434/api/tags", "http://127.0.0.1/", "http://[::1]/"):
        with pytest.raises(AttachmentError, match="this machine"):
            _next("https://example.org/a", target)
    assert _next("https://example.org/a", "/b") == "https://example.org/b"


def test_a_refusal_is_said_with_its_status(server: RawServer) -> None:
    server.route("/a", [head(403, "text/plain", content_length="2"), b"no"])
    with pytest.raises(AttachmentError, match="answers 403"):
        fetch(f"{server.root_url}/a")


def test_a_page_that_is_too_large_is_left(server: RawServer) -> None:
    server.route("/a", [head(200, "text/plain", content_length="2000"), b"x" * 2000])
    with pytest.raises(AttachmentError, match="larger than 1,000 bytes"):
        fetch(f"{server.root_url}/a")


def test_a_page_that_breaks_off_is_not_taken_for_whole(server: RawServer) -> None:
    server.route("/a", [head(200, "text/plain", content_length="500"), b"x" * 100, Reset()])
    with pytest.raises(AttachmentError, match="broke off"):
        fetch(f"{server.root_url}/a")


def test_a_page_that_does_not_come_is_given_up(server: RawServer) -> None:
    server.route("/a", [head(200, "text/plain", content_length="500"), b"x", Stall()])
    with pytest.raises((AttachmentError, ApiError)):
        fetch(f"{server.root_url}/a", timeout_s=0.2)


def test_a_server_that_is_not_there_is_named(server: RawServer) -> None:
    with pytest.raises(ApiError, match=r"127\.0\.0\.1:9"):
        fetch("http://127.0.0.1:9/a")
