"""What every test gets: a clean environment, directories of its own, and no network beyond this machine."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("chatrepl", deadline=None)  # a busy machine must not fail a test
settings.load_profile("chatrepl")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave random examples out of what coverage is measured by: it is three times slower, and wants chosen ones."""
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("no_cover")


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Count no lines in tests that are marked so: beside xdist, pytest-cov has two counters and stops but one."""
    if item.get_closest_marker("no_cover") is None:
        return (yield)
    mine, of_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(mine)
        threading.settrace(of_threads)


_UNWANTED = ("CHATREPL_", "OPENAI_", "XDG_", "AZURE_OPENAI_")
_UNWANTED_NAMES = (
    "ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "all_proxy", "https_proxy", "http_proxy", "no_proxy",
    "NO_COLOR", "COLORTERM", "OLLAMA_HOST", "EDITOR", "VISUAL", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    "SSL_CERT_FILE", "NETRC",
)  # fmt: skip


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take away variables that change what the program does, and give it a home of its own."""
    for name in list(os.environ):
        if name.startswith(_UNWANTED) or name in _UNWANTED_NAMES or name.endswith("_API_KEY"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    for name, directory in (("CONFIG", "config"), ("DATA", "data"), ("CACHE", "cache")):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / directory))


@pytest.fixture(autouse=True)
def only_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections to anything but the loopback and local sockets."""
    connect = socket.socket.connect

    def refuse_others(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test reached for {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse_others)
