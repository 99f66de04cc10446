"""What the HTTP libraries raise."""

from __future__ import annotations

import http.client
import socket
import ssl
from types import ModuleType

import pytest
import requests
import urllib3.exceptions

from chatrepl.api.breakage import KINDS, kind_of, transport_error
from chatrepl.errors import ApiError, ExitStatus, ProtocolError, TransportError

POOL = urllib3.HTTPSConnectionPool("gateway.example", 443)


def classes_of(*modules: ModuleType) -> list[type[Exception]]:
    found = {
        item
        for module in modules
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, Exception) and not issubclass(item, Warning)
        if item.__module__.partition(".")[0] == module.__name__.partition(".")[0]
    }
    return sorted(found, key=lambda item: f"{item.__module__}.{item.__qualname__}")


def translate(error: BaseException) -> ApiError:
    return transport_error(error, "https://gateway.example/v1", connect_timeout_s=10, read_timeout_s=600)


@pytest.mark.parametrize(
    "cls",
    classes_of(requests.exceptions, urllib3.exceptions, http.client),
    ids=lambda cls: f"{cls.__module__}.{cls.__qualname__}",
)
def test_every_error_of_the_libraries_becomes_one_of_ours(cls: type[Exception]) -> None:
    error = cls.__new__(cls)
    assert kind_of(error) is not None
    ours = translate(error)
    assert isinstance(ours, (TransportError, ProtocolError))
    assert ours.message
    assert ours.hint
    assert ours.code


def wrapped(inner: Exception) -> BaseException:
    """Wrap an error as requests does."""
    retries = urllib3.exceptions.MaxRetryError(POOL, "/v1/chat/completions", inner)
    return requests.exceptions.ConnectionError(retries)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (wrapped(urllib3.exceptions.NameResolutionError("gateway.example", None, socket.gaierror())), "dns"),  # type: ignore[arg-type]
        (wrapped(urllib3.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed"))), "tls"),
        (wrapped(urllib3.exceptions.ProxyError("no", OSError("refused"))), "proxy"),
        (wrapped(urllib3.exceptions.ConnectTimeoutError("slow")), "connect_timeout"),
        (wrapped(ConnectionRefusedError(111, "refused")), "refused"),
        (wrapped(OSError(113, "No route to host")), "connect"),
        (
            requests.exceptions.ConnectionError(urllib3.exceptions.ReadTimeoutError(POOL, "", "slow")),
            "read_timeout",
        ),
        (urllib3.exceptions.ReadTimeoutError(POOL, "", "slow"), "read_timeout"),
        (urllib3.exceptions.ProtocolError("aborted", ConnectionResetError(104, "reset")), "broken"),
        (urllib3.exceptions.IncompleteRead(1, 2), "broken"),
        (urllib3.exceptions.ProtocolError("aborted", http.client.RemoteDisconnected("")), "broken"),
        (urllib3.exceptions.ProtocolError("aborted", http.client.BadStatusLine("SSH")), "content"),
        (TimeoutError(), "read_timeout"),
        (OSError("Could not find a suitable TLS CA certificate bundle, invalid path: /x"), "tls"),
    ],
)
def test_the_most_telling_link_of_the_chain_counts(error: BaseException, code: str) -> None:
    ours = translate(error)
    assert ours.code == code
    assert "gateway.example:443" in ours.message


def test_each_kind_has_a_sentence_and_a_hint_of_its_own() -> None:
    assert len({kind.message for kind in KINDS}) == len(KINDS)
    assert len({(kind.code, kind.hint) for kind in KINDS}) == len(KINDS)


def test_the_network_has_its_own_exit_status() -> None:
    assert translate(ConnectionRefusedError()).exit_status is ExitStatus.NETWORK


@pytest.mark.parametrize("error", [ValueError("a bug"), KeyError("x"), AssertionError()])
def test_a_mistake_of_our_own_is_not_taken_for_a_broken_network(error: Exception) -> None:
    assert kind_of(error) is None
