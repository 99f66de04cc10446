"""Secure connections: whom the client trusts, what it shows of itself, and what it says where that fails."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from chatrepl.api.client import HttpClient
from chatrepl.cancellation import Cancellation
from chatrepl.environment import SystemClock
from chatrepl.errors import ApiError, TransportError
from chatrepl.exchange import Request, StreamEvent, TextDelta
from chatrepl.messages import Message, MessageId, Role, text_parts
from chatrepl.settings import NetworkSettings
from tests.support.raw_server import Close, RawServer, Stall, chat_chunks, stream_answer

GOOD = stream_answer(chat_chunks(["Hello"]))
USER = Message(MessageId("u"), None, Role.USER, text_parts("Hi"), datetime(2026, 8, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Papers:
    """Certificates in files."""

    directory: Path
    ca: trustme.CA

    @property
    def bundle(self) -> str:
        """The file with the certificate of whom to trust."""
        return str(self.directory / "ca.pem")

    def server(self, *names: str, **options: Any) -> ssl.SSLContext:
        """Make what a server presents itself with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*(names or ("127.0.0.1",)), **options).configure_cert(context)
        return context

    def client(self, name: str) -> str:
        """Write a certificate and its key for this machine, and return the file."""
        file = self.directory / f"{name}.pem"
        self.ca.issue_cert(f"{name}@example.org").private_key_and_cert_chain_pem.write_to_path(str(file))
        return str(file)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    directory = tmp_path_factory.mktemp("papers")
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(directory / "ca.pem"))
    return Papers(directory, ca)


@pytest.fixture
def server(papers: Papers) -> Iterator[RawServer]:
    with RawServer(tls=papers.server()) as running:
        running.answer(GOOD)
        yield running


def make_client(base_url: str, **network: Any) -> HttpClient:
    settings = NetworkSettings(
        **({"connect_timeout_s": 5.0, "read_timeout_s": 5.0, "max_retries": 0} | network)
    )
    return HttpClient(base_url, key="sk-test-0123456789abcdef", network=settings, clock=SystemClock())


def run(client: HttpClient, cancellation: Cancellation | None = None) -> str:
    events = client.stream(Request("test-model", (USER,)), cancellation or Cancellation())
    with contextlib.closing(client):
        return "".join(event.text for event in events if isinstance(event, TextDelta))


def failure(client: HttpClient) -> ApiError:
    with pytest.raises(ApiError) as caught:
        run(client)
    return caught.value


# Whom to trust.


def test_a_server_is_trusted_that_the_ca_bundle_vouches_for(server: RawServer, papers: Papers) -> None:
    assert run(make_client(server.base_url, ca_bundle=papers.bundle)) == "Hello"


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"])
def test_the_variables_of_other_programs_name_the_ca_bundle_too(
    server: RawServer, papers: Papers, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, papers.bundle)
    assert run(make_client(server.base_url)) == "Hello"


def test_the_setting_wins_over_the_variables(
    server: RawServer, papers: Papers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other))
    assert run(make_client(server.base_url, ca_bundle=papers.bundle)) == "Hello"
    assert failure(make_client(server.base_url)).code == "tls"


def test_the_home_directory_may_be_written_short(
    server: RawServer, papers: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(papers.directory))
    assert run(make_client(server.base_url, ca_bundle="~/ca.pem")) == "Hello"


def test_a_directory_of_certificates_is_taken_as_it_is(server: RawServer, papers: Papers) -> None:
    error = failure(make_client(server.base_url, ca_bundle=str(papers.directory)))
    assert error.code == "tls", "nothing in it has the name that OpenSSL looks for"


def test_the_second_request_needs_no_handshake(server: RawServer, papers: Papers) -> None:
    client = make_client(server.base_url, ca_bundle=papers.bundle)
    for _ in range(2):
        events = client.stream(Request("test-model", (USER,)), Cancellation())
        assert TextDelta("Hello") in list(events)
    client.models()
    assert [request.connection for request in server.requests] == [1, 1, 1]
    client.close()


BAD_BUNDLES = [
    pytest.param(None, "cannot be read: No such file or directory", id="missing"),
    pytest.param(b"", "holds no certificates in PEM form", id="empty"),
    pytest.param(b"\x30\x82\x01", "holds no certificates in PEM form", id="not text"),
    pytest.param(
        b"-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n",
        "holds no certificates in PEM form",
        id="damaged",
    ),
]


@pytest.mark.parametrize(("content", "words"), BAD_BUNDLES)
@pytest.mark.parametrize("source", ["network.ca_bundle", "REQUESTS_CA_BUNDLE"])
def test_a_ca_bundle_that_cannot_be_used_is_named_with_where_it_was_set(
    server: RawServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    content: bytes | None,
    words: str,
) -> None:
    file = tmp_path / "bundle.pem"
    if content is not None:
        file.write_bytes(content)
    network = {"ca_bundle": str(file)} if source == "network.ca_bundle" else {}
    if not network:
        monkeypatch.setenv(source, str(file))
    error = failure(make_client(server.base_url, max_retries=3, **network))
    assert isinstance(error, TransportError)
    assert error.message == f"the file {file}, named by {source}, {words}"
    assert error.hint
    assert server.connections == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_ca_bundle_that_may_not_be_read_is_named(server: RawServer, tmp_path: Path) -> None:
    file = tmp_path / "bundle.pem"
    file.touch(mode=0)
    assert "Permission denied" in failure(make_client(server.base_url, ca_bundle=str(file))).message


def test_nothing_is_asked_of_certificates_where_the_connection_is_plain(tmp_path: Path) -> None:
    with RawServer() as plain:
        plain.answer(GOOD)
        assert run(make_client(plain.base_url, ca_bundle=str(tmp_path / "none"))) == "Hello"


# What is wrong with a server.


def test_a_certificate_by_somebody_unknown_is_not_trusted(papers: Papers) -> None:
    stranger = Papers(papers.directory, trustme.CA())
    with RawServer(tls=stranger.server()) as server:
        error = failure(make_client(server.base_url, ca_bundle=papers.bundle))
        assert server.requests == []
    assert error.message == (
        f"the certificate of 127.0.0.1:{server.port} is signed by nobody whom this machine trusts"
    )
    assert "network.ca_bundle" in (error.hint or "")


def test_the_usual_certificates_do_not_vouch_for_a_certificate_of_ones_own(server: RawServer) -> None:
    assert "nobody whom this machine trusts" in failure(make_client(server.base_url)).message
    assert server.requests == []


def test_a_certificate_for_another_host_is_not_taken(papers: Papers) -> None:
    with RawServer(tls=papers.server("api.example.org")) as server:
        error = failure(make_client(server.base_url, ca_bundle=papers.bundle))
        assert server.requests == []
    assert error.message == f"the certificate of 127.0.0.1:{server.port} was made for another host"


@pytest.mark.parametrize(
    ("begin_days", "end_days", "words"), [(-9, -2, "has expired"), (2, 9, "is not valid yet")]
)
def test_a_certificate_out_of_its_time_is_named_so(
    papers: Papers, begin_days: int, end_days: int, words: str
) -> None:
    now = datetime.now(UTC)
    tls = papers.server(
        "127.0.0.1",
        not_before=now + timedelta(days=begin_days),
        not_after=now + timedelta(days=end_days),
    )
    with RawServer(tls=tls) as server:
        error = failure(make_client(server.base_url, ca_bundle=papers.bundle))
    assert error.message == f"the certificate of 127.0.0.1:{server.port} {words}"
    assert "clock" in (error.hint or "")


def test_a_server_that_speaks_plain_http_is_told_apart(papers: Papers) -> None:
    with RawServer() as plain:
        error = failure(make_client(plain.base_url.replace("http:", "https:"), ca_bundle=papers.bundle))
    assert error.message == f"127.0.0.1:{plain.port} does not answer in TLS"
    assert error.hint == "is it http:// rather than https://?"


def test_a_server_that_speaks_tls_does_not_understand_plain_http(server: RawServer) -> None:
    error = failure(make_client(server.base_url.replace("https:", "http:")))
    assert error.code in {"broken", "content"}
    assert "https://" in (error.hint or ""), error.hint
    assert server.requests == []


def test_a_handshake_that_is_cut_off_is_a_broken_connection() -> None:
    def accept_and_close() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1024)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept_and_close)
        thread.start()
        port = listener.getsockname()[1]
        error = failure(make_client(f"https://127.0.0.1:{port}/v1"))
        thread.join(10)
    assert error.code == "broken"
    assert f"127.0.0.1:{port} broke" in error.message


def test_a_handshake_that_hangs_ends_with_the_connect_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        error = failure(make_client(f"https://127.0.0.1:{port}/v1", connect_timeout_s=0.1))
    assert error.code in {"connect_timeout", "read_timeout"}
    assert f"127.0.0.1:{port}" in error.message


def test_a_server_that_speaks_only_old_tls_is_named_so(papers: Papers) -> None:
    old = papers.server()
    old.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1
    with RawServer(tls=old) as server:
        error = failure(make_client(server.base_url, ca_bundle=papers.bundle))
    assert "versions of TLS that are not safe any more" in error.message


def test_a_stream_that_is_cut_inside_tls_keeps_its_text(papers: Papers) -> None:
    with RawServer(tls=papers.server()) as server:
        server.answer([*stream_answer(chat_chunks(["Hel", "lo"], None))[:-1], Close()])
        client = make_client(server.base_url, ca_bundle=papers.bundle)
        events: list[StreamEvent] = []
        with pytest.raises(TransportError, match="broke"):
            events.extend(client.stream(Request("test-model", (USER,)), Cancellation()))
        client.close()
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["Hel", "lo"]


# What this machine shows of itself.


@pytest.fixture
def strict(papers: Papers) -> Iterator[RawServer]:
    """A server that wants to know its clients."""
    tls = papers.server()
    tls.verify_mode = ssl.CERT_REQUIRED
    papers.ca.configure_trust(tls)
    with RawServer(tls=tls) as running:
        running.answer(GOOD)
        yield running


def split(papers: Papers, both: str) -> tuple[str, str]:
    """Write certificate and key to files of their own."""
    text = Path(both).read_text()
    end = text.index("-----END", text.index("PRIVATE KEY")) + len("-----END EC PRIVATE KEY-----\n")
    key, certificate = papers.directory / "key.pem", papers.directory / "certificate.pem"
    key.write_text(text[:end])
    certificate.write_text(text[end:])
    return str(certificate), str(key)


def test_a_client_certificate_opens_the_door(strict: RawServer, papers: Papers) -> None:
    both = papers.client("one")
    client = make_client(strict.base_url, ca_bundle=papers.bundle, client_certificate=both)
    assert run(client) == "Hello"


def test_its_key_may_be_a_file_of_its_own(strict: RawServer, papers: Papers) -> None:
    certificate, key = split(papers, papers.client("two"))
    client = make_client(
        strict.base_url, ca_bundle=papers.bundle, client_certificate=certificate, client_key=key
    )
    assert run(client) == "Hello"


def test_without_a_client_certificate_it_is_said_what_is_missing(strict: RawServer, papers: Papers) -> None:
    error = failure(make_client(strict.base_url, ca_bundle=papers.bundle))
    assert error.code == "tls"
    assert "wants to know this machine by a certificate" in error.message
    assert "network.client_certificate" in (error.hint or "")


def test_a_client_certificate_that_the_server_does_not_know_is_refused(
    strict: RawServer, papers: Papers, tmp_path: Path
) -> None:
    stranger = Papers(tmp_path, trustme.CA()).client("stranger")
    error = failure(make_client(strict.base_url, ca_bundle=papers.bundle, client_certificate=stranger))
    assert "does not accept the certificate of this machine" in error.message


def refused(papers: Papers, **network: Any) -> tuple[str, str]:
    with RawServer(tls=papers.server()) as server:
        error = failure(make_client(server.base_url, ca_bundle=papers.bundle, max_retries=3, **network))
        assert server.connections == 0
    assert error.code == "tls"
    return error.message, error.hint or ""


def test_a_key_without_its_certificate_is_a_mistake(papers: Papers) -> None:
    message, _ = refused(papers, client_key="key.pem")
    assert message == "network.client_key is set, and network.client_certificate is not"


def test_a_client_certificate_that_is_not_there_is_named(papers: Papers, tmp_path: Path) -> None:
    message, _ = refused(papers, client_certificate=str(tmp_path / "none.pem"))
    assert message.endswith(
        "none.pem, named by network.client_certificate, cannot be read: No such file or directory"
    )


def test_a_client_certificate_without_its_key_is_told_what_is_missing(papers: Papers) -> None:
    message, hint = refused(papers, client_certificate=papers.bundle)
    assert "holds no certificate with its key" in message
    assert "network.client_key" in hint


def test_a_key_of_another_certificate_is_named(papers: Papers) -> None:
    certificate, _ = split(papers, papers.client("three"))
    message, _ = refused(papers, client_certificate=certificate, client_key=papers.client("four"))
    assert "is not that of the certificate" in message


LOCKED_KEY = """-----BEGIN EC PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,0123456789ABCDEF0123456789ABCDEF

AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
-----END EC PRIVATE KEY-----
"""


def test_a_locked_key_is_refused_and_nobody_is_asked_for_its_passphrase(
    papers: Papers, tmp_path: Path
) -> None:
    certificate, _ = split(papers, papers.client("five"))
    key = tmp_path / "locked.pem"
    key.write_text(LOCKED_KEY)
    message, hint = refused(papers, client_certificate=certificate, client_key=str(key))
    assert message == f"the key in {key}, named by network.client_key, is locked with a passphrase"
    assert "openssl pkey" in hint


# Being stopped.


def test_cancelling_a_handshake_that_hangs_leaves_no_thread_and_no_socket() -> None:
    cancellation, accepted, closed = Cancellation(), threading.Event(), threading.Event()

    def accept_and_wait() -> None:
        connection, _ = listener.accept()
        with connection:
            accepted.set()
            connection.settimeout(10)
            while connection.recv(1024):
                pass
            closed.set()

    def cancel() -> None:
        assert accepted.wait(10)
        cancellation.cancel()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threads = [threading.Thread(target=target) for target in (accept_and_wait, cancel)]
        for thread in threads:
            thread.start()
        client = make_client(f"https://127.0.0.1:{listener.getsockname()[1]}/v1", connect_timeout_s=60.0)
        assert run(client, cancellation) == ""
        assert closed.wait(10), "long before the connection would time out"
        for thread in threads:
            thread.join(10)
    for thread in threading.enumerate():
        if thread.name == "chatrepl-request":
            thread.join(10)
            assert not thread.is_alive()


def test_cancelling_a_stream_inside_tls_closes_the_connection(papers: Papers) -> None:
    with RawServer(tls=papers.server()) as server:
        server.answer(stream_answer([*chat_chunks(["Hel"], None), Stall()]))
        client, cancellation = make_client(server.base_url, ca_bundle=papers.bundle), Cancellation()
        events = client.stream(Request("test-model", (USER,)), cancellation)
        next(events)
        cancellation.cancel()
        assert list(events) == []
        assert server.client_closed.wait(10)
        client.close()
