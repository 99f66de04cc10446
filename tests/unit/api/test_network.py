"""The way to a server: proxies, headers, redirects, compression, and connections that are used again."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from chatrepl.api import client as client_module
from chatrepl.api import route
from chatrepl.api.client import HttpClient
from chatrepl.api.connection import KEEP_ALIVE_OPTIONS
from chatrepl.cancellation import Cancellation
from chatrepl.environment import SystemClock
from chatrepl.errors import ApiError, AuthError, ProtocolError, ServerError, TransportError
from chatrepl.exchange import Request, StreamEvent, TextDelta
from chatrepl.messages import Message, MessageId, Role, text_parts
from chatrepl.providers import BUILT_IN, Provider
from chatrepl.settings import NetworkSettings
from tests.support.proxies import TunnelProxy
from tests.support.raw_server import (
    Close,
    RawServer,
    Stall,
    WaitFor,
    chat_chunks,
    error_response,
    head,
    json_response,
    stream_answer,
)

KEY = "sk-test-0123456789abcdef"
GOOD = stream_answer(chat_chunks(["Hello"]))
WHOLE = {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}
USER = Message(MessageId("u"), None, Role.USER, text_parts("Hi"), datetime(2026, 8, 1, tzinfo=UTC))
ELSEWHERE = "http://api.example.invalid/v1"


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer() as running:
        running.answer(GOOD)
        yield running


def make_client(base_url: str, **options: Any) -> HttpClient:
    network = {"connect_timeout_s": 5.0, "read_timeout_s": 5.0, "max_retries": 0} | options.pop("network", {})
    merged: dict[str, Any] = {
        "key": KEY,
        "network": NetworkSettings(**network),
        "clock": SystemClock(),
        **options,
    }
    return HttpClient(base_url, **merged)


def run(client: HttpClient, *, stream: bool = True, cancellation: Cancellation | None = None) -> str:
    request = Request("test-model", (USER,), stream=stream)
    events = client.stream(request, cancellation or Cancellation())
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def failure(client: HttpClient, **options: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        run(client, **options)
    assert KEY not in f"{caught.value.message} {caught.value.hint}"
    return caught.value


# Proxies.


def test_the_proxy_of_the_settings_wins_over_that_of_the_environment(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "api.example.invalid")
    assert run(make_client(ELSEWHERE, network={"proxy": f"127.0.0.1:{server.port}"})) == "Hello"
    assert server.posts[0].path == f"{ELSEWHERE}/chat/completions"


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_used_for_other_hosts(
    server: RawServer, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, server.root_url)
    assert run(make_client(ELSEWHERE)) == "Hello"


@pytest.mark.parametrize("setting", ["none", "None", ""])
def test_no_proxy_at_all_can_be_asked_for(
    server: RawServer, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv("http_proxy", server.root_url)
    monkeypatch.setattr(socket, "getaddrinfo", unknown_host)
    assert failure(make_client(ELSEWHERE, network={"proxy": setting})).code == "dns"
    assert server.connections == 0


def unknown_host(*_: Any, **__: Any) -> Any:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def test_no_proxy_names_hosts_that_are_reached_without(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.root_url)
    monkeypatch.setenv("no_proxy", "other.invalid,.example.invalid")
    monkeypatch.setattr(socket, "getaddrinfo", unknown_host)
    error = failure(make_client(ELSEWHERE))
    assert (error.code, server.connections) == ("dns", 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_never_reached_through_a_proxy(
    server: RawServer, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    client = make_client(f"http://{host}:{server.port}/v1", network={"proxy": "http://127.0.0.1:9"})
    assert run(client) == "Hello"


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[tuple[RawServer, str]]:
    """A server for ``api.example.invalid``, and the file with whom to trust."""
    ca, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("api.example.invalid").configure_cert(context)
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with RawServer(tls=context) as running:
        running.answer(GOOD)
        yield running, str(tmp_path / "ca.pem")


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_a_tunnel_leads_through_a_proxy_and_is_used_again_and_can_be_cut(
    secured: tuple[RawServer, str], scheme: str
) -> None:
    server, bundle = secured
    with TunnelProxy(server.port) as proxy:
        network = {"proxy": f"{scheme}://127.0.0.1:{proxy.port}", "ca_bundle": bundle}
        client = make_client("https://api.example.invalid/v1", network=network)
        assert [run(client), run(client)] == ["Hello", "Hello"]
        assert proxy.asked == ["api.example.invalid:443"]
        assert server.posts[0].headers["authorization"] == f"Bearer {KEY}"
        server.answer(stream_answer([*chat_chunks(["Hel"], None), Stall()]))
        run(client)  # the answer before stays for one more
        cancellation = Cancellation()
        events = client.stream(Request("test-model", (USER,)), cancellation)
        next(events)
        cancellation.cancel()
        assert list(events) == []
        assert server.client_closed.wait(10)
        client.close()


def test_a_proxy_gets_its_password_and_nobody_else(secured: tuple[RawServer, str]) -> None:
    server, bundle = secured
    with TunnelProxy(server.port, password="ann:s3cret") as proxy:
        network = {"proxy": f"http://ann:s3cret@127.0.0.1:{proxy.port}", "ca_bundle": bundle}
        client = make_client("https://api.example.invalid/v1", network=network)
        assert run(client) == "Hello"
        client.close()
    assert "proxy-authorization" not in server.posts[0].headers
    assert "s3cret" not in repr(client._wire.route())


def proxy_failure(monkeypatch: pytest.MonkeyPatch, proxy: TunnelProxy) -> ApiError:
    monkeypatch.setenv("https_proxy", f"http://ann:wrong@127.0.0.1:{proxy.port}")
    error = failure(make_client("https://api.example.invalid/v1"))
    assert "wrong" not in f"{error.message} {error.hint}"
    assert f"the proxy http://127.0.0.1:{proxy.port} (https_proxy)" in error.message
    return error


def test_a_proxy_that_wants_a_password_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with TunnelProxy(password="ann:right") as proxy:
        error = proxy_failure(monkeypatch, proxy)
    assert "wants a user and a password" in error.message
    assert error.should_retry is False


def test_a_proxy_that_refuses_the_host_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with TunnelProxy(refusal=b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n") as proxy:
        error = proxy_failure(monkeypatch, proxy)
    assert "does not let a connection through to api.example.invalid:443 (status 403)" in error.message


def test_a_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with TunnelProxy() as proxy:
        pass
    error = proxy_failure(monkeypatch, proxy)
    assert error.code == "proxy"
    assert "cannot be used" in error.message


def test_a_plain_proxy_that_wants_a_password_is_not_taken_for_the_server(server: RawServer) -> None:
    server.answer(error_response(407, b"<h1>Proxy Authentication Required</h1>", "text/html"))
    client = make_client(ELSEWHERE, network={"proxy": server.root_url})
    run(client)  # the first answer
    error = failure(client)
    assert isinstance(error, AuthError)
    assert error.message.startswith("the proxy on the way to api.example.invalid wants a user and a password")


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        ("ftp://proxy.example:21", "ftp:// is no kind of proxy"),
        ("http://", "it names no host"),
        ("http://proxy.example:port", "Port could not be cast"),
    ],
)
def test_a_proxy_that_cannot_be_one_is_refused_before_anything_is_sent(proxy: str, words: str) -> None:
    error = failure(make_client(ELSEWHERE, network={"proxy": proxy, "max_retries": 3}))
    assert isinstance(error, TransportError)
    assert "(network.proxy) cannot be used" in error.message
    assert words in error.message
    assert error.hint


def test_socks_without_its_package_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "find_spec", lambda _: None)
    error = failure(make_client(ELSEWHERE, network={"proxy": "socks5://ann:pw@proxy.example:1080"}))
    assert error.message == (
        "the proxy socks5://proxy.example:1080 (network.proxy) speaks SOCKS, for which the package PySocks is missing"
    )
    assert "--extra socks" in (error.hint or "")


def test_a_socks_proxy_that_refuses_is_named(server: RawServer) -> None:
    with TunnelProxy() as proxy:
        pass
    error = failure(make_client(ELSEWHERE, network={"proxy": f"socks5h://127.0.0.1:{proxy.port}"}))
    assert isinstance(error, TransportError)
    assert f"the proxy socks5h://127.0.0.1:{proxy.port} (network.proxy)" in error.message


# Headers.


def test_headers_of_settings_provider_and_caller_are_sent_the_nearest_winning(server: RawServer) -> None:
    client = make_client(
        server.base_url,
        network={"headers": {"X-Team": "one", "X-A": "a"}},
        provider=Provider(headers={"x-team": "two", "X-B": "b"}),
        headers={"X-TEAM": "three"},
    )
    run(client)
    sent = server.posts[0].headers
    assert (sent["x-team"], sent["x-a"], sent["x-b"]) == ("three", "a", "b")
    shown = {name.lower() for name in client.wire_request(Request("m", (USER,))).headers}
    assert {"x-team", "x-a", "x-b"} <= shown


def test_a_secret_in_a_header_is_sent_and_not_shown(server: RawServer) -> None:
    server.answer(error_response(500, {"error": {"message": "bad gate s3cret-7"}}))
    client = make_client(server.base_url, network={"headers": {"X-Gate-Token": "s3cret-7"}})
    run(client)
    assert server.posts[0].headers["x-gate-token"] == "s3cret-7"
    assert client.wire_request(Request("m", (USER,))).headers["X-Gate-Token"] == "…"
    assert "s3cret" not in failure(client).message


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"X-A": "one\r\nX-B: two"}, "the header 'X-A' cannot be sent"),
        ({"X-A": "one\ntwo"}, "the header 'X-A' cannot be sent"),
        ({"X-A": "snow ☃"}, "the header 'X-A' cannot be sent"),
        ({"X A": "one"}, "its name holds a character"),
        ({"": "one"}, "its name holds a character"),
        ({"X:A": "one"}, "its name holds a character"),
        ({"Content-Length": "3"}, "chatrepl itself says how long a request is"),
        ({"transfer-encoding": "chunked"}, "chatrepl itself says how long a request is"),
        ({"authorization": "Bearer other"}, "the header authorization carries the key"),
    ],
)
def test_a_header_that_must_not_be_sent_is_refused(
    server: RawServer, headers: dict[str, str], words: str
) -> None:
    error = failure(make_client(server.base_url, network={"headers": headers, "max_retries": 3}))
    assert isinstance(error, TransportError)
    assert error.code == "header"
    assert words in error.message
    assert error.hint
    assert server.connections == 0


def test_a_header_named_authorization_is_sent_beside_a_key_in_another_header(server: RawServer) -> None:
    client = make_client(
        server.base_url, provider=BUILT_IN["azure"], network={"headers": {"Authorization": "Basic gate"}}
    )
    run(client)
    assert server.posts[0].headers["authorization"] == "Basic gate"
    assert server.posts[0].headers["api-key"] == KEY


def test_netrc_in_the_home_directory_neither_replaces_the_key_nor_adds_one(
    server: RawServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".netrc").write_text("default login somebody password else\n")
    (tmp_path / ".netrc").chmod(0o600)
    run(make_client(server.base_url))
    run(make_client(server.base_url, key=None))
    assert [request.headers.get("authorization") for request in server.posts] == [f"Bearer {KEY}", None]


# Redirects.


def redirect(status: int, target: str) -> bytes:
    return error_response(status, b"moved", "text/plain", location=target)


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("shape", ["{root}/v2/chat/completions", "/v2/chat/completions"])
def test_a_redirect_on_the_same_server_is_followed(status: int, shape: str) -> None:
    with RawServer() as server:
        server.route("/v1/chat/completions", redirect(status, shape.format(root=server.root_url)))
        server.answer(GOOD)
        assert run(make_client(server.base_url)) == "Hello"
        first, second = server.posts
    assert second.path == "/v2/chat/completions"
    assert second.body == first.body
    assert second.headers["authorization"] == f"Bearer {KEY}"
    assert (first.connection, second.connection) == (1, 1)


def test_redirects_in_a_circle_end() -> None:
    with RawServer() as server:
        server.answer(redirect(307, "/v1/chat/completions"))
        error = failure(make_client(server.base_url))
        assert len(server.posts) == 4
    assert isinstance(error, ProtocolError)
    assert error.message == f"127.0.0.1:{server.port} redirects in circles"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_carries_the_key_to_another_server(server: RawServer, status: int) -> None:
    with RawServer() as first:
        first.answer(redirect(status, f"{server.base_url}/chat/completions"))
        first.route("/v1/models", redirect(status, f"{server.base_url}/models"))
        error = failure(make_client(first.base_url))
        with pytest.raises(ProtocolError, match="redirects to"):
            make_client(first.base_url).models()
    assert server.connections == 0
    assert "the key and the chat were not sent there" in error.message
    assert server.base_url in (error.hint or "")


@pytest.mark.parametrize(
    "target",
    [
        "https://127.0.0.1:{port}/v1/chat/completions",
        "http://localhost:{port}/v1/chat/completions",
        "http://127.0.0.1:{port}@elsewhere.example/v1",
        "//elsewhere.example/v1/chat/completions",
        "http://[::1/v1",
        "file:///etc/passwd",
        "",
    ],
)
def test_another_scheme_host_or_port_is_another_server(target: str) -> None:
    with RawServer() as server:
        server.answer(redirect(307, target.format(port=server.port)))
        error = failure(make_client(server.base_url))
        assert len(server.requests) == 1
    assert isinstance(error, ProtocolError)
    assert error.hint


# Compression.


def deflated(data: bytes) -> bytes:
    return zlib.compress(data)


def raw_deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS = [
    pytest.param("gzip", gzip.compress, id="gzip"),
    pytest.param("deflate", deflated, id="deflate"),
    pytest.param("deflate", raw_deflated, id="raw deflate"),
]
Packer = Callable[[bytes], bytes]


def packed(status: int, body: object, encoding: str, pack: Packer) -> bytes:
    data = pack(json.dumps(body).encode())
    return error_response(status, data, content_encoding=encoding)


@pytest.mark.parametrize(("encoding", "pack"), PACKERS)
def test_whole_answers_lists_and_refusals_may_be_compressed(encoding: str, pack: Packer) -> None:
    with RawServer() as server:
        server.answer(
            packed(200, WHOLE, encoding, pack), packed(500, {"error": {"message": "oops"}}, encoding, pack)
        )
        server.route("/v1/models", packed(200, {"data": [{"id": "m"}]}, encoding, pack))
        client = make_client(server.base_url)
        assert run(client, stream=False) == "Hello"
        error = failure(client)
        assert [model.id for model in client.models()] == ["m"]
        assert "gzip" in server.posts[0].headers["accept-encoding"]
        assert server.posts[1].headers["accept-encoding"] == "identity"
        assert {request.connection for request in server.requests} == {1}
    assert isinstance(error, ServerError)
    assert error.message.endswith("oops")


def test_a_stream_that_is_compressed_all_the_same_is_shown_as_it_comes() -> None:
    go_on = threading.Event()
    packer = zlib.compressobj(wbits=31)
    pieces = [
        packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH) for piece in chat_chunks(["one ", "two"])
    ]
    with RawServer() as server:
        server.answer(
            stream_answer([*pieces[:2], WaitFor(go_on), *pieces[2:], packer.flush()], content_encoding="gzip")
        )
        events = make_client(server.base_url).stream(Request("m", (USER,)), Cancellation())
        next(events)
        assert next(events) == TextDelta("one ")
        go_on.set()
        assert next(events) == TextDelta("two")
        assert list(events)


def test_compression_that_cannot_be_undone_is_said(server: RawServer) -> None:
    server.answer(error_response(200, b"plain after all", content_encoding="gzip"))
    client = make_client(server.base_url)
    run(client)
    error = failure(client, stream=False)
    assert (error.code, isinstance(error, ProtocolError)) == ("encoding", True)


def test_a_small_refusal_that_unpacks_to_a_huge_one_is_read_in_part() -> None:
    import tracemalloc

    bomb = gzip.compress(b'{"error":{"message":"' + b"x" * 300_000_000, 1)
    with RawServer() as server:
        server.answer(error_response(500, bomb, content_encoding="gzip"))
        client = make_client(server.base_url)
        tracemalloc.start()
        error = failure(client)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert isinstance(error, ServerError)
    assert len(error.message) < 1000
    assert peak < 20_000_000


# Connections that are used again.


def refusal(status: int = 400) -> bytes:
    return error_response(status, {"error": {"message": "no"}})


def test_whole_answers_refusals_and_lists_leave_their_connection_to_the_next_request() -> None:
    with RawServer() as server:
        server.answer(json_response(WHOLE), refusal(), refusal(404), GOOD)
        client = make_client(server.base_url)
        assert run(client, stream=False) == "Hello"
        failure(client)
        failure(client)
        client.models()
        assert run(client) == "Hello"
        assert server.connections == 1


def test_a_stream_framed_by_its_length_leaves_its_connection_too() -> None:
    data = b"".join(chat_chunks(["Hello"]))
    with RawServer() as server:
        server.answer(head(content_length=str(len(data))) + data)
        client = make_client(server.base_url)
        assert [run(client), run(client)] == ["Hello", "Hello"]
        assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param([head(500, "text/plain", content_length="99"), b"half", Close()], id="cut refusal"),
        pytest.param(error_response(500, b"x" * 200_000, "text/plain"), id="huge refusal"),
        pytest.param([*stream_answer(chat_chunks(["Hel"], None))[:-1], Close()], id="cut stream"),
        pytest.param(stream_answer([b"data: {}\n\n" * 3, *chat_chunks(["a"])], framing="close"), id="closed"),
    ],
)
def test_a_connection_that_is_not_at_its_end_is_not_used_again(answer: Any) -> None:
    with RawServer() as server:
        server.answer(answer, GOOD)
        client = make_client(server.base_url)
        with contextlib.suppress(ApiError):
            run(client)
        assert run(client) == "Hello"
        assert [request.connection for request in server.posts] == [1, 2]


def test_a_cancelled_request_does_not_leave_its_connection() -> None:
    with RawServer() as server:
        server.answer(stream_answer([*chat_chunks(["Hel"], None), Stall()]), GOOD)
        client, cancellation = make_client(server.base_url), Cancellation()
        events: Iterator[StreamEvent] = client.stream(Request("m", (USER,)), cancellation)
        next(events)
        cancellation.cancel()
        assert list(events) == []
        assert run(client) == "Hello"
        assert [request.connection for request in server.posts] == [1, 2]


def test_a_request_that_is_not_done_leaves_no_bytes_for_the_next_one() -> None:
    """What follows an error inside a stream must not be taken for the next answer."""
    late = stream_answer([b'data: {"error":{"message":"no"}}\n\n', *chat_chunks(["stale"])])
    with RawServer() as server:
        server.answer(late, GOOD)
        client = make_client(server.base_url)
        failure(client)
        assert run(client) == "Hello"


# Addresses.


def test_a_server_at_an_address_of_ipv6_is_reached_and_named() -> None:
    try:
        running = RawServer(host="::1").__enter__()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with contextlib.ExitStack() as stack:
        stack.push(running.__exit__)
        running.answer(GOOD, refusal(500))
        client = make_client(running.base_url)
        assert run(client) == "Hello"
        assert running.posts[0].headers["host"] == f"[::1]:{running.port}"
        assert f"[::1]:{running.port}" in failure(client).message


def test_a_host_whose_first_family_refuses_is_reached_by_the_other(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", server.port, 0, 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: places)
    assert run(make_client(f"http://both.localhost:{server.port}/v1")) == "Hello"


def test_a_large_request_over_a_slow_line_is_not_cut_by_the_connect_timeout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The timeout of connecting is for each piece that is sent, not for all of them together."""
    small = (socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
    monkeypatch.setattr(client_module, "KEEP_ALIVE_OPTIONS", [*KEEP_ALIVE_OPTIONS, small])
    never = threading.Event()

    def read_slowly() -> None:
        connection, _ = listener.accept()
        with connection:
            while (data := connection.recv(65_536)) and b'"stream"' not in data:
                never.wait(0.01)
            connection.sendall(head(200, "application/json", connection="close") + json.dumps(WHOLE).encode())

    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=read_slowly, daemon=True)
        thread.start()
        text = "x" * 3_000_000
        long = Message(MessageId("u"), None, Role.USER, text_parts(text), USER.created_at)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        client = make_client(url, network={"connect_timeout_s": 0.2})
        assert TextDelta("Hello") in list(client.stream(Request("m", (long,)), Cancellation()))
        client.close()
        thread.join(10)
