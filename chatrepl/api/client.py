"""The HTTP client: one server, reached through requests, which is imported nowhere else and only when first needed.

A request is sent again where that may help, as long as nothing of the answer was shown; see ``sending``.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Generator, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from chatrepl.api import failures, healing, moderation, probe
from chatrepl.api.address import is_loopback, join_url, provider_name, shown_url
from chatrepl.api.connection import KEEP_ALIVE_OPTIONS, Errand, SocketWatch, pool_classes, socks_pool_classes
from chatrepl.api.dialect import dialect_of
from chatrepl.api.error_body import LIMIT_BYTES
from chatrepl.api.limits import LastLimits
from chatrepl.api.reading import Patience, read_stream, read_whole
from chatrepl.api.route import merged
from chatrepl.api.sending import Healer, joined, with_retries
from chatrepl.api.wire import Answer, Wire, run_cancellable
from chatrepl.cancellation import Cancellation
from chatrepl.errors import ApiError, ModelNotFoundError, ProtocolError
from chatrepl.exchange import (
    Json,
    ModelInfo,
    Moderation,
    Notice,
    RateLimits,
    Request,
    StreamEvent,
    Waiting,
    WireRequest,
)
from chatrepl.providers import Provider, provider_at

if TYPE_CHECKING:
    import requests

    from chatrepl.memory_ports import Memory
    from chatrepl.ports import Clock
    from chatrepl.settings import NetworkSettings

LOADING_LIMIT_S = 60.0
"""How long a server on this machine may take to load its model."""
LOADING_POLL_S = 0.5
WINDOW_TIMEOUT_S = 2.0
_LIST_TIMEOUT_S = 30.0
_MODERATION_TIMEOUT_S = 15.0
_NEAREST_TIMEOUT_S = 3.0
_DRAIN_TIMEOUT_S = 0.25
"""How long the end of a body may follow ``[DONE]`` for the connection to be used again."""


def load() -> None:
    """Import what the first request needs, so that a thread can do it while the user types."""
    import requests

    pool_classes()
    _ = requests.adapters


class HttpClient:
    """Talks to one OpenAI-compatible server. Fits ``ports.ModelClient``; may be used from several threads.

    Args:
        base_url: Up to and with ``/v1``; may carry a query, which every request keeps.
        key: None or empty: none is sent.
        key_source: Where the key came from, as the user named it; only for messages.
        network: How long to wait.
        clock: Spaces out what is said while waiting.
        provider: What is known of the server. None: what its address tells.
        headers: Sent with every request, such as ``OpenAI-Organization``, beside those of settings and provider.
        memory: Keeps what the server refused, for the next run. None: it is forgotten with the client.
        random: A number from 0 to 1, so that many clients do not come back at once.
    """

    def __init__(
        self,
        base_url: str,
        *,
        key: str | None,
        key_source: str | None = None,
        network: NetworkSettings,
        clock: Clock,
        provider: Provider | None = None,
        headers: Mapping[str, str] | None = None,
        memory: Memory | None = None,
        random: Callable[[], float] = random.random,
    ) -> None:
        self._base_url = base_url.strip()
        self._network = network
        self._clock = clock
        self._provider = (provider or provider_at(self._base_url))._replace(base_url=self._base_url)
        self._dialect = dialect_of(self._provider)
        self._healer = Healer(memory, self._base_url, provider_name(self._base_url))
        self._random = random
        self._limits = LastLimits(clock, self._provider.counts_requests_per)
        self._may_prefill = True
        """False once the server has refused to go on with an unfinished reply."""
        self._wire = Wire(
            self._base_url,
            key=(key or "").strip(),
            key_header=self._provider.key_header,
            key_source=key_source,
            headers=merged(network.headers or {}, self._provider.headers, headers or {}),
            network=network,
            clock=clock,
            open_session=open_session,
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({shown_url(self._base_url)!r})"

    @property
    def provider(self) -> str:
        """The server's host, and its port where it is not the usual one."""
        return provider_name(self._base_url)

    def close(self) -> None:
        """Let go of all connections that are not in use."""
        self._wire.close()

    def wire_request(self, request: Request) -> WireRequest:
        """Return what ``stream`` would send, without the key."""
        url = shown_url(join_url(self._base_url, self._dialect.PATH))
        plain = self._dialect.request_body(request, self._provider)
        body = healing.apply(self._healer.changes(request.model), plain)
        return WireRequest("POST", url, body, self._wire.headers(is_stream=request.stream))

    def rate_limits(self, model: str) -> RateLimits | None:
        """Return what the last answer for a model said of limits; see ``ports.ModelClient``."""
        return self._limits.of(model)

    def stream(self, request: Request, cancellation: Cancellation) -> Iterator[StreamEvent]:
        """Send a request and yield what comes back; see ``ports.ModelClient``. Leaving early closes the connection."""
        with contextlib.closing(self._attempts(request, cancellation)) as events:
            try:
                for event in events:
                    if cancellation.is_cancelled:
                        return
                    yield event
            except Exception:
                if not cancellation.is_cancelled:
                    raise

    def models(self) -> tuple[ModelInfo, ...]:
        """List the models that the server offers, sorted by id; see ``ports.ModelClient``."""
        return self._models(_LIST_TIMEOUT_S)

    def moderate(self, text: str, cancellation: Cancellation) -> Moderation | None:
        """Ask the server's moderation about a text; see ``ports.Moderator``."""
        url = join_url(self._base_url, "moderations")
        body = moderation.request_body(text, self._provider)
        ask = partial(self._wire.ask, "POST", url, timeout_s=_MODERATION_TIMEOUT_S, body=body)
        watch = SocketWatch()
        cancellation.on_cancel(watch.cut)
        try:
            with self._wire.as_api_errors():
                answer = run_cancellable(ask, cancellation, watch)
        except ApiError:
            if not cancellation.is_cancelled:  # the connection is cut by it, which may be told of first
                raise
        if cancellation.is_cancelled:
            return None
        verdict = moderation.read_verdict(answer)
        if verdict is None:
            raise ProtocolError(f"what {self.provider} answers at {shown_url(url)} is no moderation")
        return verdict

    def window_tokens(self, model: str) -> int | None:
        """Ask the server for the model's window. None where it does not say. Never raises; takes at most 2 s."""
        source = self._provider.window_source
        if source == "table":
            return None
        deadline = self._clock.monotonic() + WINDOW_TIMEOUT_S
        watch = SocketWatch()

        def ask(method: str, url: str, body: Mapping[str, Json] | None = None) -> Any:
            left = min(deadline - self._clock.monotonic(), WINDOW_TIMEOUT_S)
            if left <= 0:
                return None
            with contextlib.suppress(ApiError), watch.recording():
                return self._wire.ask(method, url, timeout_s=left, body=body)

        is_list_only = self._provider.is_hosted or source == "list"
        find = partial(probe.find_window, ask, self._base_url, model, is_list_only=is_list_only)
        errand = Errand(find, discard=lambda _: None)
        try:
            found = errand.wait(WINDOW_TIMEOUT_S)
        except Exception:  # noqa: BLE001 - the promise is never to raise, whatever a server answers
            return None
        finally:
            errand.leave()
            watch.cut()
        if found is None:
            return None
        self._learn(is_llama_cpp=found.is_llama_cpp)
        return found.tokens

    # -- one exchange

    def _attempts(self, request: Request, cancellation: Cancellation) -> Generator[StreamEvent]:
        watch = SocketWatch()
        last = request.messages[-1] if request.continues and request.messages else None
        is_asked_in_words = last is not None and not self._dialect.prefilled_text(request, self._provider)
        before = last.text if last is not None and is_asked_in_words else ""

        def attempt() -> Generator[StreamEvent]:
            nonlocal watch
            watch = SocketWatch()
            events = self._exchange(request, cancellation, watch)
            with contextlib.closing(events):
                yield from joined(self._explained(events), before) if before else self._explained(events)

        return with_retries(
            attempt,
            network=self._network,
            random=self._random,
            is_stale=lambda: watch.is_reused,
            cancellation=cancellation,
        )

    def _explained(self, events: Iterator[StreamEvent]) -> Iterator[StreamEvent]:
        """Yield events; whatever the network raises leaves as ``ApiError``."""
        with self._wire.as_api_errors():
            yield from events

    def _exchange(
        self, request: Request, cancellation: Cancellation, watch: SocketWatch
    ) -> Generator[StreamEvent]:
        if cancellation.is_cancelled:
            return
        cancellation.on_cancel(watch.cut)
        is_reusable = False
        response: Answer | None = None
        try:
            response = yield from self._open(request, cancellation, watch)
            if response is not None:
                yield from self._events(request, response, cancellation, watch)
                is_reusable = _drain(response, watch)
        finally:
            if is_reusable:
                watch.release()
            else:
                watch.cut()
            if response is not None:
                response.close()

    def _open(
        self, request: Request, cancellation: Cancellation, watch: SocketWatch
    ) -> Generator[StreamEvent, None, Answer | None]:
        """Send the request, in the shape that the server takes, until it is accepted. None: cancelled."""
        started_at = self._clock.monotonic()
        told_at: float | None = None
        tried: list[healing.Change] = []
        while True:
            plain = self._dialect.request_body(request, self._provider)
            changes = (*self._healer.changes(request.model), *tried)
            body = healing.apply(changes, plain)
            send = partial(
                self._wire.send,
                "POST",
                join_url(self._base_url, self._dialect.PATH),
                body=body,
                is_stream=request.stream,
                timeout=(self._network.connect_timeout_s, self._network.read_timeout_s),
            )
            response = run_cancellable(send, cancellation, watch)
            if response is None:
                return None
            self._limits.note(request.model, response.headers)
            if 200 <= response.status_code < 300:
                for change in tried:
                    self._healer.learn(request.model, change)
                yield from self._news(request, plain, changes)
                return response
            error = self._wire.refusal(response, request.model, watch)
            if self._stops_prefill(request, error):
                continue
            helping = healing.find_change(error, body) if len(tried) < healing.MAX_CHANGES else None
            if helping is not None:
                tried.append(helping)
                continue
            now = self._clock.monotonic()
            is_loading = failures.is_loading(error) and is_loopback(self._base_url)
            if is_loading and now - started_at >= LOADING_LIMIT_S:
                error.should_retry = False
            if not is_loading or now - started_at >= LOADING_LIMIT_S:
                raise self._with_nearest(error, request.model, cancellation)
            if told_at is None or now - told_at >= 5.0:
                told_at = now
                yield Waiting("the server is loading the model")
            if cancellation.wait(LOADING_POLL_S):
                return None

    def _news(
        self, request: Request, body: Mapping[str, Json], changes: tuple[healing.Change, ...]
    ) -> Iterator[StreamEvent]:
        """Say what of the user's settings did not go out as it was set, once."""
        for name in self._dialect.left_out(request, self._provider):
            sentence = f"{self.provider} does not take {name}: it is not sent."
            yield from map(Notice, self._healer.once(request.model, sentence))
        yield from map(Notice, self._healer.news(request.model, body, changes))

    def _events(
        self, request: Request, response: Answer, cancellation: Cancellation, watch: SocketWatch
    ) -> Iterator[StreamEvent]:
        content_type = response.headers.get("content-type", "").lower()

        def read() -> bytes:
            data: bytes = response.raw.read1(65536, decode_content=True)
            if cancellation.is_cancelled:
                raise ConnectionAbortedError("ended by the user")
            return data

        asked = self._wire.asked(request.model)
        if "text/html" in content_type or "ndjson" in content_type:
            body = read_whole(read, LIMIT_BYTES, is_cut=True)
            raise failures.api_error(response.status_code, response.headers, body, asked, url=response.url)
        decoder = self._dialect.decoder(asked, request, self._provider)
        if "json" in content_type or not (request.stream or "event-stream" in content_type):
            yield from decoder.whole(read_whole(read))
        else:
            patience = Patience(asked.provider, self._network.idle_timeout_s, self._clock.monotonic)
            yield from read_stream(read, decoder, patience=patience, limit_silence=watch.limit_silence)

    # -- plain questions

    def _models(self, timeout_s: float) -> tuple[ModelInfo, ...]:
        with self._wire.as_api_errors():
            url = join_url(self._base_url, "models")
            models = probe.model_list(self._wire.ask("GET", url, timeout_s=timeout_s))
            if models is None:
                raise ProtocolError(
                    f"{self.provider} has no list of models at {shown_url(url)}",
                    hint="name the model with -m",
                )
        self._learn(is_llama_cpp=any(model.owned_by == "llamacpp" for model in models))
        return models

    def _learn(self, *, is_llama_cpp: bool) -> None:
        """Remember what the server turned out to be."""
        if is_llama_cpp:
            self._provider = self._provider._replace(
                supports_prefill=self._may_prefill, reports_progress=True
            )

    def _stops_prefill(self, request: Request, error: ApiError) -> bool:
        """Whether the server refused only to go on with the reply: llama.cpp does so for reasoning models."""
        is_refused = (
            bool(self._dialect.prefilled_text(request, self._provider)) and "prefill" in error.message.lower()
        )
        if is_refused:
            self._may_prefill = False
            self._provider = self._provider._replace(supports_prefill=False)
        return is_refused

    def _with_nearest(self, error: ApiError, model: str, cancellation: Cancellation) -> ApiError:
        """Add the ids most like the wanted one to an error that says there is no such model."""
        if isinstance(error, ModelNotFoundError):
            watch = SocketWatch()
            cancellation.on_cancel(watch.cut)
            with contextlib.suppress(ApiError):
                list_models = partial(self._models, _NEAREST_TIMEOUT_S)
                models = run_cancellable(list_models, cancellation, watch) or ()
                failures.add_nearest(error, model, [info.id for info in models])
        return error


def open_session() -> requests.Session:
    """Make a session whose connections are known, can be ended at once, and keep themselves alive."""
    import requests
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        """Its connections report their sockets and keep themselves alive."""

        def init_poolmanager(
            self, connections: int, maxsize: int, block: bool = False, **options: Any
        ) -> None:
            super().init_poolmanager(
                connections, maxsize, block=block, socket_options=KEEP_ALIVE_OPTIONS, **options
            )
            self.poolmanager.pool_classes_by_scheme = pool_classes()

        def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
            options.setdefault("socket_options", KEEP_ALIVE_OPTIONS)
            manager = super().proxy_manager_for(proxy, **options)
            is_socks = proxy.lower().startswith("socks")
            manager.pool_classes_by_scheme = socks_pool_classes() if is_socks else pool_classes()
            return manager

        def close(self) -> None:
            """Close the connections now: urllib3 waits until nothing refers to them, and an error's traceback may."""
            for manager in (self.poolmanager, *self.proxy_manager.values()):
                for key in manager.pools.keys():  # noqa: SIM118 - it cannot be iterated over
                    pool = manager.pools.get(key)
                    if pool is not None:
                        pool.close()
            super().close()

    class Session(requests.Session):
        """Leaves redirects to us: it would read where they lead to even where it does not follow them."""

        def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - its signature
            return None

    session = Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, Adapter(max_retries=0))
    return session


def _drain(response: Answer, watch: SocketWatch) -> bool:
    """Read the last bytes after the end of the reply. False: the body did not end, and the connection is lost."""
    watch.limit_silence(_DRAIN_TIMEOUT_S)
    try:
        for _ in range(4):
            if not response.raw.read1(65536, decode_content=True):
                return True
    except Exception:  # noqa: BLE001 - the reply is whole already
        return False
    return False
