"""Sends requests to one server and makes sense of refusals; what a session is, is left to ``client``.

Keys are sent by an ``auth`` of our own, so that no ``.netrc`` overrules them, and never follow a redirect to another
server. Whatever the HTTP libraries raise leaves here as an ``ApiError``.
"""

from __future__ import annotations

import contextlib
import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urljoin

from chatrepl import __version__
from chatrepl.api import failures
from chatrepl.api.address import ensure_usable, is_same_origin, provider_name
from chatrepl.api.breakage import kind_of, transport_error
from chatrepl.api.connection import Errand, SocketWatch
from chatrepl.api.error_body import LIMIT_BYTES
from chatrepl.api.reading import read_whole
from chatrepl.api.route import Route, checked_headers, find_route, merged, secrets_in
from chatrepl.environment import Environment
from chatrepl.errors import ApiError, AuthError, ProtocolError
from chatrepl.redact import mask_key

if TYPE_CHECKING:
    from chatrepl.cancellation import Cancellation
    from chatrepl.exchange import Json
    from chatrepl.ports import Clock
    from chatrepl.settings import NetworkSettings

T = TypeVar("T")

MAX_REDIRECTS = 3
_REFUSAL_SILENCE_S = 10.0
"""How long the explanation of a refusal may pause."""


class Answer(Protocol):
    """What comes back for a request: its head is read, its body is not. ``requests.Response`` fits."""

    status_code: int
    url: str
    raw: Any

    @property
    def headers(self) -> Mapping[str, str]:
        """The header lines, by name in any case."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


class Wire:
    """The way to one server.

    Args:
        base_url: Up to and with ``/v1``; may carry a query, which every request keeps.
        key: Empty: none is sent.
        key_header: The header that carries the key; ``Authorization`` carries it as ``Bearer``.
        key_source: Where the key came from, as the user named it; only for messages.
        headers: Sent with every request.
        open_session: Makes the ``requests.Session`` when the first request needs it.
    """

    def __init__(
        self,
        base_url: str,
        *,
        key: str,
        key_header: str,
        key_source: str | None,
        headers: Mapping[str, str],
        network: NetworkSettings,
        clock: Clock,
        open_session: Callable[[], Any],
    ) -> None:
        self.base_url = base_url
        self._key = key
        self._key_header = key_header
        self._key_source = key_source
        self._headers = headers
        self._secrets = tuple(secret for secret in (key, *secrets_in(headers)) if secret)
        self._network = network
        self._clock = clock
        self._open_session = open_session
        self._lock = threading.Lock()
        self._session: Any = None
        self._route: Route | None = None

    def close(self) -> None:
        """Let go of all connections that are not in use."""
        with self._lock:
            session, self._session = self._session, None
        if session is not None:
            session.close()

    def asked(self, model: str = "") -> failures.Asked:
        """Return what an error names of this server."""
        hint = None
        if self._key:
            hint = mask_key(self._key) + (f" from {self._key_source}" if self._key_source else "")
        return failures.Asked(self.base_url, model, hint, self._secrets)

    def refusal(self, response: Answer, model: str = "", watch: SocketWatch | None = None) -> ApiError:
        """Read an answer that is not the one asked for, close it, and return the error to raise.

        ``watch`` lets go of the connection where it can serve another exchange.
        """
        watch = watch or SocketWatch()
        watch.limit_silence(min(_REFUSAL_SILENCE_S, self._network.read_timeout_s))
        with contextlib.closing(response):
            try:
                body = _read_short(response)
            except Exception:  # noqa: BLE001 - the status tells enough where its explanation breaks off
                body = b""
            else:
                if len(body) < LIMIT_BYTES:
                    watch.release()
        return failures.api_error(
            response.status_code,
            response.headers,
            body,
            self.asked(model),
            url=response.url,
            now=self._clock.now(),
        )

    def headers(self, *, is_stream: bool) -> dict[str, str]:
        """Return the headers of a request as they may be shown: without the one that carries the key."""
        secrets = {name: "…" for name, value in self._headers.items() if value in self._secrets}
        return merged(_usual_headers(is_stream=is_stream), self._headers, secrets)

    def send(
        self,
        method: str,
        url: str,
        *,
        body: Mapping[str, Json] | None,
        is_stream: bool,
        timeout: tuple[float, float],
    ) -> Answer:
        """Send a request and wait for the head of its answer. ``timeout`` is for connecting and for each silence.

        Raises:
            ApiError: where it cannot be sent as it is. Also what requests raises.
        """
        ensure_usable(self.base_url)
        if not (self._key.isascii() and (self._key + "x").isprintable() and " " not in self._key):
            raise AuthError(
                f"the key {self.asked().key_hint} holds a character that no key holds, such as a blank",
                hint="copy it again, whole and alone",
            )
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        session, route = self._ready()
        own = checked_headers(self._headers, self._key_header)
        for _ in range(MAX_REDIRECTS + 1):
            response: Answer = session.request(
                method,
                url,
                data=data if data is None else io.BytesIO(data),  # sent in pieces: each has the whole timeout
                headers=merged(_usual_headers(is_stream=is_stream), own),
                auth=_Auth(self._key, self._key_header),
                timeout=timeout,
                stream=True,
                allow_redirects=False,
                proxies={"http": route.proxy, "https": route.proxy},
                verify=route.trusted,
                cert=route.certificate,
            )
            target = _redirect_within(response, url)
            if target is None:
                return response
            with contextlib.closing(response), contextlib.suppress(Exception):
                _read_short(response)  # so that its connection serves the next request
            url = target
        raise ProtocolError(
            f"{provider_name(url)} redirects in circles",
            hint="is the base URL right?",
            code="redirect",
        )

    def ask(self, method: str, url: str, *, timeout_s: float, body: Mapping[str, Json] | None = None) -> Any:
        """Send a small request and return the JSON it brings; None where the answer is not JSON.

        Raises:
            ApiError: where the server refuses. Also what requests raises.
        """
        timeout = (
            min(timeout_s, self._network.connect_timeout_s),
            min(timeout_s, self._network.read_timeout_s),
        )
        response = self.send(method, url, body=body, is_stream=False, timeout=timeout)
        if not 200 <= response.status_code < 300:
            raise self.refusal(response)
        with contextlib.closing(response):
            data = read_whole(lambda: response.raw.read1(65536, decode_content=True))
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            content_type = response.headers.get("content-type", "")
            if "text/html" in content_type:
                raise failures.api_error(
                    response.status_code, response.headers, data, self.asked(), url=url
                ) from None
            return None

    def route(self) -> Route:
        """Return how the server is reached.

        Raises:
            ApiError: it cannot be reached that way.
        """
        return self._ready()[1]

    def _ready(self) -> tuple[Any, Route]:
        with self._lock:
            if self._session is None:
                self._session = self._open_session()
            if self._route is None:
                # requests knows what NO_PROXY and the system's own settings mean
                found = self._session.merge_environment_settings(self.base_url, {}, True, True, None)
                self._route = find_route(
                    self.base_url, self._network, found["proxies"], Environment().variables
                )
            return self._session, self._route

    @contextlib.contextmanager
    def as_api_errors(self) -> Iterator[None]:
        """Let what the HTTP libraries raise leave as ``ApiError``; errors of our own making stay what they are."""
        try:
            yield
        except ApiError:
            raise
        except Exception as error:
            if kind_of(error) is None:
                raise
            raise transport_error(
                error,
                self.base_url,
                connect_timeout_s=self._network.connect_timeout_s,
                read_timeout_s=self._network.read_timeout_s,
                proxy_name=self._route.proxy_name if self._route is not None else "",
            ) from error


class _Auth:
    """Puts the key into a request, last of all; also where there is none, so that ``.netrc`` is left alone."""

    def __init__(self, key: str, header: str) -> None:
        self._key = key
        self._header = header

    def __call__(self, request: Any) -> Any:
        if self._key:
            is_bearer = self._header == "Authorization"
            request.headers[self._header] = f"Bearer {self._key}" if is_bearer else self._key
        return request


def _usual_headers(*, is_stream: bool) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "Accept": "text/event-stream" if is_stream else "application/json",
        "User-Agent": f"chatrepl/{__version__}",
    }
    if is_stream:
        headers["Accept-Encoding"] = "identity"  # or a proxy would hold the stream back to compress it
    return headers


def _read_short(response: Answer) -> bytes:
    """Read a body that explains something, as far as it is worth reading."""
    return read_whole(lambda: response.raw.read1(65536, decode_content=True), LIMIT_BYTES, is_cut=True)


def _redirect_within(response: Answer, url: str) -> str | None:
    """Return where a server sends a request that may go there as it is. None: it does not, or to somebody else."""
    target = response.headers.get("location", "")
    if response.status_code not in {307, 308} or not target:
        return None
    try:
        target = urljoin(url, target)
    except ValueError:
        return None
    return target if is_same_origin(url, target) else None


def run_cancellable(work: Callable[[], T], cancellation: Cancellation, watch: SocketWatch) -> T | None:
    """Run what waits for a server in a thread that can be left behind. None: cancelled.

    Raises:
        Exception: what the work raised.
    """

    def watched() -> T:
        with watch.recording():
            return work()

    def discard(result: T) -> None:
        close = getattr(result, "close", None)
        if close is not None:
            close()

    errand = Errand(watched, discard)
    cancellation.on_cancel(errand.leave)
    try:
        return errand.wait()
    except BaseException:
        errand.leave()
        raise
