"""The client for scripts: ``from chatrepl.api import Client``. See ``docs/library.md``."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, NamedTuple, Self

from chatrepl.api.address import shown_url
from chatrepl.api.client import HttpClient
from chatrepl.base_url import OPENAI_BASE_URL, BaseUrlError, check_base_url
from chatrepl.cancellation import Cancellation
from chatrepl.environment import Environment, new_id
from chatrepl.errors import ConfigError, UsageError
from chatrepl.exchange import (
    Finished,
    Json,
    ModelInfo,
    ReasoningDelta,
    RefusalDelta,
    Request,
    Started,
    StreamEvent,
    TextDelta,
    UsageReported,
)
from chatrepl.messages import Message, MessageId, Role, TextPart, Usage
from chatrepl.providers import BUILT_IN, Provider, named, provider_at
from chatrepl.servers import is_same_server
from chatrepl.settings import PARAMETERS, NetworkSettings

Said = str | Message | Mapping[str, Any]
"""A message: text of the user's, a ``Message``, or a mapping with ``role`` and ``content``."""


class Completion(NamedTuple):
    """A whole reply."""

    text: str
    """What the model said; empty where it refused."""
    finish_reason: str
    """The server's word: ``stop``, ``length``, ``content_filter`` …"""
    reasoning: str = ""
    refusal: str = ""
    usage: Usage | None = None
    """None where the server reported none."""
    model: str | None = None
    """The model that answered, as the server names it."""

    def __str__(self) -> str:
        return self.text or self.refusal


class EventStream:
    """A reply while it arrives: iterate over its events. Leaving it, or ``close``, ends the request."""

    def __init__(self, client: HttpClient, request: Request) -> None:
        self._cancellation = Cancellation()
        self._events = client.stream(request, self._cancellation)

    def __iter__(self) -> Iterator[StreamEvent]:
        return self

    def __next__(self) -> StreamEvent:
        return next(self._events)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def text(self) -> Iterator[str]:
        """Yield only the pieces of the answer, and of a refusal."""
        for event in self:
            if isinstance(event, (TextDelta, RefusalDelta)):
                yield event.text

    def close(self) -> None:
        """End the request: the server stops generating. May be called from any thread; a second call does nothing."""
        self._cancellation.cancel()
        close = getattr(self._events, "close", None)
        if close is not None:
            with contextlib.suppress(ValueError):  # another thread waits in it, and is on its way out
                close()


class Client:
    """Talks to one OpenAI-compatible server: every dialect, with retries and with fields left out that it refuses.

    May be used from several threads at once; close it, or use it as a context manager.

    Args:
        base_url: Up to and with ``/v1``. None: the provider's, else what ``OPENAI_BASE_URL`` says, else OpenAI's.
        api_key: None: the provider's own variable, such as ``OPENAI_API_KEY``.
        model: The model to ask where a call names none. None: the server's choice.
        provider: A name such as ``groq`` (see ``docs/providers.md``), or a ``Provider``. None: what the address tells.
        network: Waits, retries, proxies and certificates.
        headers: Sent with every request.

    Raises:
        ConfigError: the provider is not known, or the address cannot be used.
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        api_key: str | None = None,
        model: str | None = None,
        provider: str | Provider | None = None,
        network: NetworkSettings | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        environment = Environment()
        variables = environment.variables
        known = _provider(provider)
        address = base_url or (known.base_url if known is not None else variables.get("OPENAI_BASE_URL"))
        if address is None and known is not None:
            raise ConfigError(f"The provider {known.name!r} has no address.", hint="Give base_url.")
        try:
            address = check_base_url(address or OPENAI_BASE_URL)
        except BaseUrlError as error:
            raise ConfigError(f"base_url {error}.", hint=error.hint) from None
        known = known or provider_at(address)
        self._model = model or ""
        key, source = (api_key, "api_key") if api_key else _key(known, address, variables)
        self._client = HttpClient(
            address,
            key=key,
            key_source=source,
            network=network or NetworkSettings(),
            clock=environment.clock,
            provider=known,
            headers=headers,
        )
        self._address = address

    def __repr__(self) -> str:
        return f"Client({shown_url(self._address)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all connections."""
        self._client.close()

    def stream(
        self,
        messages: Said | Iterable[Said],
        *,
        system: str | None = None,
        model: str | None = None,
        **parameters: Any,
    ) -> EventStream:
        """Ask, and return the reply while it arrives.

        Args:
            messages: One message, or a whole chat, oldest first.
            system: The system prompt; a message with the role ``system`` does the same.
            model: In place of the client's.
            parameters: Such as ``temperature=0.2``; a name that chatrepl does not know goes into the request as it is.

        Raises:
            UsageError: a message is none.
            ApiError: while it is iterated over; what was yielded before stays valid.
        """
        return EventStream(self._client, self._request(messages, system, model, parameters, is_stream=True))

    def complete(
        self,
        messages: Said | Iterable[Said],
        *,
        system: str | None = None,
        model: str | None = None,
        **parameters: Any,
    ) -> Completion:
        """Ask, and return the whole reply; the arguments are those of ``stream``.

        Raises:
            UsageError: a message is none.
            ApiError: there is no whole reply; ``stream`` keeps what came before.
        """
        request = self._request(messages, system, model, parameters, is_stream=True)
        pieces: dict[type, list[str]] = {TextDelta: [], ReasoningDelta: [], RefusalDelta: []}
        usage, reason, answered = None, "", None
        for event in self._client.stream(request, Cancellation()):
            match event:
                case TextDelta(text) | ReasoningDelta(text) | RefusalDelta(text):
                    pieces[type(event)].append(text)
                case UsageReported(counts):
                    usage = counts
                case Finished(said):
                    reason = said
                case Started(_, name):
                    answered = name or answered
                case _:
                    pass
        text, reasoning, refusal = ("".join(found) for found in pieces.values())
        return Completion(text, reason, reasoning, refusal, usage, answered)

    def models(self) -> tuple[ModelInfo, ...]:
        """List the server's models, sorted by id.

        Raises:
            ApiError: the server does not answer, or has no list.
        """
        return self._client.models()

    def _request(
        self,
        messages: Said | Iterable[Said],
        system: str | None,
        model: str | None,
        parameters: Mapping[str, Any],
        *,
        is_stream: bool,
    ) -> Request:
        said = [messages] if isinstance(messages, (str, Message, Mapping)) else list(messages)
        systems = [system] if system else []
        chat: list[Message] = []
        for number, entry in enumerate(said, start=1):
            message = _message(entry, number)
            if message.role is Role.SYSTEM:
                systems.append(message.text)
            else:
                chat.append(message)
        known: dict[str, Json] = {name: value for name, value in parameters.items() if name in PARAMETERS}
        others = {name: value for name, value in parameters.items() if name not in PARAMETERS}
        if others:
            extra = known.get("extra_body")
            known["extra_body"] = {**(extra if isinstance(extra, dict) else {}), **others}
        return Request(
            model if model is not None else self._model,
            tuple(chat),
            "\n\n".join(systems) or None,
            known,
            is_stream,
        )


def _provider(provider: str | Provider | None) -> Provider | None:
    if not isinstance(provider, str):
        return provider
    found = named(provider, {})
    if found is None:
        raise ConfigError(
            f"There is no provider {provider!r}.", hint=f"Known are {', '.join(BUILT_IN)}; or give base_url."
        )
    return found


def _key(provider: Provider, base_url: str, variables: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Return the key that the environment holds for a server, and its variable."""
    is_safe = base_url.startswith("https:") or not provider.is_hosted
    names = list(provider.key_variables) if is_safe else []
    named_url = variables.get("OPENAI_BASE_URL", "")
    if not provider.key_variables or (named_url and is_same_server(named_url, base_url)):
        names.append("OPENAI_API_KEY")
    return next(((key, name) for name in names if (key := variables.get(name, "").strip())), (None, None))


def _message(entry: Said, number: int) -> Message:
    """Turn what a script says into a message."""
    if isinstance(entry, Message):
        return entry
    role, content = ("user", entry) if isinstance(entry, str) else (entry.get("role"), entry.get("content"))
    if role == "developer":
        role = "system"
    if role not in {"system", "user", "assistant"} or not isinstance(content, str):
        raise UsageError(
            f"Message {number} is no message: it needs a role (system, user or assistant) and text as its content.",
            hint='For example {"role": "user", "content": "Hello"}, or just the text.',
        )
    now = datetime.now(UTC)
    return Message(MessageId(new_id(now)), None, Role(role), (TextPart(content),), now)
