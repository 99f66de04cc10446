"""Stands between the chats and the client: looks at what is about to be sent, asks about it, masks it, and puts it back.

Whatever is sent goes through a ``GuardedClient``. What nobody has agreed to is never sent as it is: a turn is held back
until the user has decided, and a request that asks nobody, such as one for a title, carries placeholders.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Container, Generator, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from chatrepl.errors import ApiError, GuardedError
from chatrepl.exchange import (
    Finished,
    ModelInfo,
    Notice,
    RateLimits,
    ReasoningDelta,
    RefusalDelta,
    Request,
    StreamEvent,
    TextDelta,
    Waiting,
    WireRequest,
)
from chatrepl.guard.consent import Agreed, digest
from chatrepl.guard.screening import Found, Screening, described, text_of
from chatrepl.messages import ChatId, ItemPart, Message, Part, Role

if TYPE_CHECKING:
    from chatrepl.cancellation import Cancellation
    from chatrepl.context.window import Plan
    from chatrepl.guard.masking import Unmasker
    from chatrepl.memory_ports import Agreements
    from chatrepl.ports import ModelClient, Moderator
    from chatrepl.settings import GuardMode, GuardSettings

ASK_HINT = "/guard mask sends placeholders and puts the values back into the reply; /guard off asks no more."
BLOCK_HINT = (
    "Take it out (/omit leaves out an older message, /system changes the system prompt), or see /guard."
)
FLAGGED_HINT = "/set guard.moderation false asks nobody before a message is sent."


class _Question(NamedTuple):
    """What a turn was held back for."""

    values: tuple[str, ...]
    flagged: str
    """The text that the provider's moderation flagged. Empty: none."""


class Seen(NamedTuple):
    """A value that was found in a chat, for showing."""

    name: str
    """What it is, without showing it."""
    placeholder: str
    is_agreed: bool
    """Whether the user has agreed that it is sent as it is, to the server in use."""


class Guard:
    """What was found in the chats of this run, and what the user has decided about it. Any thread may ask.

    Args:
        settings: Returns the settings as they are now.
        agreements: Returns what keeps what the user agreed to.
    """

    def __init__(self, settings: Callable[[], GuardSettings], agreements: Callable[[], Agreements]) -> None:
        self._settings = settings
        self._agreements = agreements
        self._lock = threading.RLock()
        self._screenings: dict[ChatId, Screening] = {}
        self._looked_for: tuple[bool, tuple[str, ...]] = (False, ())
        self._told: dict[tuple[ChatId, str], frozenset[bytes]] = {}
        """Digests of what is sent as it is, by chat and server, since it was told of and there is nobody to ask."""
        self._questions: dict[ChatId, dict[str, _Question]] = {}
        """What is held back now in each chat, by server: a comparison asks several."""
        self._told_values: dict[ChatId, set[str]] = {}
        self._told_providers: set[str] = set()
        """Servers of which was told that they have no moderation."""
        self.only_tells = False
        """Whether ``warn`` tells and sends, where there is nobody to ask."""

    @property
    def mode(self) -> GuardMode:
        """What is done about what is found."""
        return self._settings().mode

    def client(self, client: ModelClient, chat: ChatId) -> GuardedClient:
        """Return a client through which what is said in a chat may be sent."""
        return GuardedClient(client, self, chat)

    def screening(self, chat: ChatId) -> Screening:
        """Return what is known of a chat; all is looked for anew where the settings want something else."""
        settings = self._settings()
        with self._lock:
            wanted = settings.personal, settings.allow
            if wanted != self._looked_for:
                self._looked_for = wanted
                self._screenings.clear()
            if chat not in self._screenings:
                allowed = [re.compile(pattern) for pattern in settings.allow]
                self._screenings[chat] = Screening(is_personal=settings.personal, allowed=allowed)
            return self._screenings[chat]

    def passed(self, chat: ChatId, provider: str) -> Container[str]:
        """Return the values that may be sent to a server as they are; what was agreed to is read when one is asked about."""
        return Agreed(chat, lambda: self._agreed(chat, provider)) if self.mode == "warn" else ()

    def _agreed(self, chat: ChatId, provider: str) -> frozenset[bytes]:
        told = self._told.get((chat, provider))
        agreed = self._agreements().of(chat, provider)
        return agreed | told if told else agreed

    def look(
        self,
        client: ModelClient,
        moderator: Moderator | None,
        chat: ChatId,
        plan: Plan,
        cancellation: Cancellation,
    ) -> Generator[Waiting | Notice, None, GuardedError | None]:
        """Look at what a turn is about to send. Returns why it is not sent as it is; None: it may be sent."""
        refusal = None
        if self.mode != "off":
            found = self.screening(chat).found(plan.system, plan.sent)
            refusal = yield from self._decide(client.provider, chat, found)
        if refusal is None and self._settings().moderation:
            refusal = yield from self._moderate(client.provider, moderator, chat, plan.sent, cancellation)
        return refusal

    def _decide(
        self, provider: str, chat: ChatId, found: Sequence[Found]
    ) -> Generator[Notice, None, GuardedError | None]:
        mode, passed = self.mode, self.passed(chat, provider)
        found = [each for each in found if each.value not in passed]
        if not found:
            return None
        if mode == "mask":
            told = self._told_values.setdefault(chat, set())
            news = [each for each in found if each.value not in told]
            told.update(each.value for each in news)
            if news:
                yield Notice(f"sent as a placeholder: {described(news)}")
            return None
        said = f"What is about to be sent to {provider} holds {described(found)}."
        if mode == "block":
            return GuardedError(said, hint=BLOCK_HINT, is_final=True)
        question = _Question(tuple(each.value for each in found), "")
        if self.only_tells:
            with self._lock:
                before = self._told.get((chat, provider), frozenset())
                self._told[chat, provider] = before | self._digests(chat, question)
            yield Notice(said)
            return None
        with self._lock:
            self._questions.setdefault(chat, {})[provider] = question
        return GuardedError(said, hint=ASK_HINT)

    def _moderate(
        self,
        provider: str,
        moderator: Moderator | None,
        chat: ChatId,
        sent: Sequence[Message],
        cancellation: Cancellation,
    ) -> Generator[Waiting | Notice, None, GuardedError | None]:
        """Ask the provider about the last message of the user, in the form in which it is sent."""
        last = next((message for message in reversed(sent) if message.role is Role.USER), None)
        texts = [text_of(part) for part in self._as_sent(provider, chat, last)] if last is not None else []
        text = "\n".join(filter(str.strip, texts))
        if not text or digest(chat, "text", text) in self._agreed(chat, provider):
            return None
        yield Waiting("asking the provider's moderation")
        verdict, why = None, "it has none"
        if moderator is not None:
            try:
                verdict, why = moderator.moderate(text, cancellation), ""
            except ApiError as error:
                why = error.message
        if why and provider not in self._told_providers:
            self._told_providers.add(provider)
            yield Notice(f"no moderation by {provider}, so messages are sent without being judged: {why}")
        if verdict is None or not verdict.is_flagged:
            return None
        with self._lock:
            self._questions.setdefault(chat, {})[provider] = _Question((), text)
        what = f" for {', '.join(verdict.categories)}" if verdict.categories else ""
        said = f"The moderation of {provider} flags your message{what}: the model may refuse it."
        return GuardedError(said, hint=FLAGGED_HINT, is_flagged=True)

    def _as_sent(self, provider: str, chat: ChatId, message: Message) -> list[Part]:
        shown = self.masked_messages(chat, provider, [message])[0]
        return [part for part in shown.parts if not isinstance(part, ItemPart)]

    def masked_messages(self, chat: ChatId, provider: str, messages: Sequence[Message]) -> list[Message]:
        """Return messages as they would be sent, to be cut or put together for another request."""
        if self.mode == "off":
            return [*messages]
        return self.screening(chat).masked_messages(messages, self.passed(chat, provider))

    def agree(self, chat: ChatId) -> None:
        """Let what the last turn of a chat was held back for be sent as it is, from now on; also in later runs."""
        for provider, question in self._asked(chat).items():
            self._agreements().add(chat, provider, self._digests(chat, question))

    def decline(self, chat: ChatId) -> None:
        """Let what the last turn of a chat was held back for stay unsent: it is asked about again."""
        self._asked(chat)

    def withdraw(self, chat: ChatId) -> None:
        """Ask again about all that was agreed to in a chat, at every server."""
        with self._lock:
            for key in [key for key in self._told if key[0] == chat]:
                del self._told[key]
        self._agreements().withdraw(chat)

    def _asked(self, chat: ChatId) -> dict[str, _Question]:
        """Return what is held back in a chat, by server, and hold back nothing any more."""
        with self._lock:
            return self._questions.pop(chat, {})

    def _digests(self, chat: ChatId, question: _Question) -> frozenset[bytes]:
        """Return what stands for all that a question is about."""
        screening = self.screening(chat)
        values = {each for value in question.values for each in screening.within(value)}
        flagged = [digest(chat, "text", question.flagged)] if question.flagged else []
        return frozenset((*flagged, *(digest(chat, "value", value) for value in values)))

    def seen(self, chat: ChatId, provider: str) -> tuple[Seen, ...]:
        """Return what was found in a chat by now."""
        passed = self.passed(chat, provider)
        listed = self.screening(chat).listed()
        return tuple(
            Seen(kind.shown(value), placeholder, value in passed) for value, kind, placeholder in listed
        )


class GuardedClient:
    """A client that sends placeholders for what may not be sent, and puts it back into the reply. Fits ``ModelClient``."""

    def __init__(self, client: ModelClient, guard: Guard, chat: ChatId) -> None:
        self._client = client
        self._guard = guard
        self._chat = chat
        self.provider = client.provider

    def _masked(self, request: Request) -> Request:
        if self._guard.mode == "off":
            return request
        passed = self._guard.passed(self._chat, self.provider)
        return self._guard.screening(self._chat).masked(request, passed)

    def stream(self, request: Request, cancellation: Cancellation) -> Iterator[StreamEvent]:
        """Send a request; see ``ports.ModelClient``."""
        masked = self._masked(request)
        events = self._client.stream(masked, cancellation)
        if masked is request:
            return events
        return restored(events, self._guard.screening(self._chat).unmasker)

    def wire_request(self, request: Request) -> WireRequest:
        """Return what would be sent; see ``ports.ModelClient``."""
        return self._client.wire_request(self._masked(request))

    def models(self) -> Sequence[ModelInfo]:
        """List the server's models; see ``ports.ModelClient``."""
        return self._client.models()

    def window_tokens(self, model: str) -> int | None:
        """Ask for the window; see ``ports.ModelClient``."""
        return self._client.window_tokens(model)

    def rate_limits(self, model: str) -> RateLimits | None:
        """Return what the server said of limits; see ``ports.ModelClient``."""
        return self._client.rate_limits(model)

    def close(self) -> None:
        """Let go of all connections."""
        self._client.close()


Delta = TextDelta | ReasoningDelta | RefusalDelta


def restored(events: Iterator[StreamEvent], make_unmasker: Callable[[], Unmasker]) -> Iterator[StreamEvent]:
    """Yield the events of a reply with the values in the place of their placeholders, also of those cut in two."""
    unmasker = make_unmasker()
    open_kind: type[Delta] | None = None

    def rest() -> Iterator[Delta]:
        held = unmasker.flush()
        if held and open_kind is not None:
            yield open_kind(held)

    with closing(_generator(events)) as source:
        try:
            for event in source:
                if isinstance(event, (TextDelta, ReasoningDelta, RefusalDelta)):
                    if type(event) is not open_kind:
                        yield from rest()
                        open_kind = type(event)
                    text = unmasker.feed(event.text)
                    if text:
                        yield open_kind(text)
                else:
                    if isinstance(event, Finished):
                        yield from rest()
                    yield event
        except Exception:
            yield from rest()
            raise
        yield from rest()


def _generator(events: Iterator[StreamEvent]) -> Generator[StreamEvent, None, None]:
    """Return events as what can be closed, which closes them too where they can be."""
    yield from events
