"""What the HTTP libraries raise."""

from __future__ import annotations

import http.client
import socket
import ssl
from types import ModuleType
from typing import Any

import pytest
import requests
import socks
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
        if not item.__name__.startswith("_")
        if item.__module__.partition(".")[0] == module.__name__.partition(".")[0]
    }
    return sorted(found, key=lambda item: f"{item.__module__}.{item.__qualname__}")


def translate(error: BaseException) -> ApiError:
    return transport_error(error, "https://gateway.example/v1", connect_timeout_s=10, read_timeout_s=600)


@pytest.mark.parametrize(
    "cls",
    [
        *classes_of(requests.exceptions, urllib3.exceptions, http.client, ssl, socket, socks),
        *(ConnectionError, *ConnectionError.__subclasses__(), TimeoutError, PermissionError, OSError),
    ],
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
        (wrapped(urllib3.exceptions.SSLError(ssl.SSLEOFError(8, "EOF"))), "broken"),
        (
            requests.exceptions.InvalidHeader(urllib3.exceptions.InvalidHeader("two lengths")),
            "content",
        ),
        (
            urllib3.exceptions.ProtocolError("aborted", http.client.HTTPException("got 200 headers")),
            "content",
        ),
        (
            wrapped(urllib3.exceptions.NewConnectionError(None, str(socks.ProxyConnectionError("no")))),  # type: ignore[arg-type]
            "connect",
        ),
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


def broken(name: str, **details: Any) -> ssl.SSLError:
    error = ssl.SSLCertVerificationError(1, name) if "verify_code" in details else ssl.SSLError(1, name)
    for field, value in details.items():
        setattr(error, field, value)
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (broken("x", verify_code=10), "has expired"),
        (broken("x", verify_code=9), "is not valid yet"),
        (broken("x", verify_code=62), "was made for another host"),
        (broken("x", verify_code=64), "was made for another host"),
        (broken("x", verify_code=18), "signed by nobody whom this machine trusts"),
        (broken("x", verify_code=19), "signed by nobody whom this machine trusts"),
        (broken("x", verify_code=20), "signed by nobody whom this machine trusts"),
        (broken("x", reason="WRONG_VERSION_NUMBER"), "does not answer in TLS"),
        (broken("x", reason="RECORD_LAYER_FAILURE"), "does not answer in TLS"),
        (broken("x", reason="TLSV13_ALERT_CERTIFICATE_REQUIRED"), "wants to know this machine"),
        (broken("x", reason="TLSV1_ALERT_UNKNOWN_CA"), "does not accept the certificate of this machine"),
        (broken("x", reason="SSLV3_ALERT_CERTIFICATE_REVOKED"), "does not accept the certificate"),
        (broken("x", reason="SSLV3_ALERT_HANDSHAKE_FAILURE"), "refused to set up a secure connection"),
        (broken("x", reason="TLSV1_ALERT_PROTOCOL_VERSION"), "are not safe any more"),
        (broken("x", reason="UNSUPPORTED_PROTOCOL"), "are not safe any more"),
        (broken("x", reason="SOMETHING_NEW"), "its certificate or its TLS is not accepted"),
    ],
)
def test_what_openssl_says_is_put_in_words(error: ssl.SSLError, words: str) -> None:
    ours = translate(wrapped(urllib3.exceptions.SSLError(error)))
    assert ours.code == "tls"
    assert words in ours.message
    assert "gateway.example:443" in ours.message
    assert ours.hint


def test_a_proxy_in_use_is_named_whatever_breaks() -> None:
    name = "the proxy http://p:3128 (HTTPS_PROXY)"
    for error in (ConnectionRefusedError(), wrapped(urllib3.exceptions.ProxyError("no", OSError("x")))):
        ours = transport_error(
            error, "https://a.example", connect_timeout_s=1, read_timeout_s=1, proxy_name=name
        )
        assert ours.message.count(name) == 1


def test_the_network_has_its_own_exit_status() -> None:
    assert translate(ConnectionRefusedError()).exit_status is ExitStatus.NETWORK


@pytest.mark.parametrize("error", [ValueError("a bug"), KeyError("x"), AssertionError()])
def test_a_mistake_of_our_own_is_not_taken_for_a_broken_network(error: Exception) -> None:
    assert kind_of(error) is None
