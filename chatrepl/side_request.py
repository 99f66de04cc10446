"""A request beside the conversation, for a summary or a title: asked within the budgets and limits, and kept in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from typing import TYPE_CHECKING, NamedTuple

from chatrepl.cancellation import Cancellation
from chatrepl.context.window import Limits, Plan
from chatrepl.exchange import Finished, Request, StreamEvent, TextDelta, UsageReported
from chatrepl.messages import ChatId, Message, Usage

if TYPE_CHECKING:
    from chatrepl.bookkeeper import Bookkeeper
    from chatrepl.conversation import Conversation
    from chatrepl.guarding import Guard
    from chatrepl.ledger import Outcome as Ending
    from chatrepl.ledger import Purpose
    from chatrepl.pacer import Pacer
    from chatrepl.planner import ModelPlanner
    from chatrepl.ports import Clock, ModelClient


class Asking(NamedTuple):
    """Who is asked for something beside the conversation, and how."""

    client: ModelClient
    model: str
    planner: ModelPlanner
    clock: Clock
    bookkeeper: Bookkeeper | None = None
    """Keeps to the budgets, and records what it took. None: nobody does."""
    pacer: Pacer | None = None
    """Keeps to the limits of the provider. None: there are none."""
    summary_tokens: int | None = None
    """The longest summary, as the user wants it. None: as the window allows."""
    guard: Guard | None = None
    """Puts placeholders in the place of what may not be sent. None: nobody does."""

    def said(self, chat: Conversation) -> list[Message]:
        """Return the path of a chat as it may be sent: a text that is cut must not hold a part of a secret."""
        path = chat.path()
        return (
            [*path] if self.guard is None else self.guard.masked_messages(chat.id, self.client.provider, path)
        )


class SideRequest:
    """A request beside the conversation, while its answer comes.

    Args:
        asking: Who is asked.
        chat: The chat that it is for.
        purpose: What it is for, as the ledger calls it.
        request: Its ``reserve_tokens`` say how long the answer may be.
    """

    def __init__(self, asking: Asking, chat: ChatId, purpose: Purpose, request: Request) -> None:
        self._asking = asking
        self._chat = chat
        self._purpose: Purpose = purpose
        self._request = request
        client, guard = asking.client, asking.guard
        self._client: ModelClient = client if guard is None else guard.client(client, chat)
        self._began_s = asking.clock.monotonic()
        prompt = asking.planner.counter.count_request(request.system, request.messages)
        self._plan = Plan(request.messages, (), prompt, Limits(None, request.reserve_tokens or 0))
        self._pieces: list[str] = []
        self._usage: Usage | None = None
        self._reason: str | None = None
        self._first_token_s: float | None = None

    @property
    def is_cut(self) -> bool:
        """Whether the answer ended because it became too long."""
        return self._reason == "length"

    def run(self, cancellation: Cancellation) -> str | None:
        """Return the answer. None: it was cancelled, or broke off.

        Raises:
            ChatreplError: the server refused, or a budget does not allow it.
        """
        from chatrepl.bookkeeper import Asked

        books = self._asking.bookkeeper
        if books is None:
            self._receive(cancellation)
        else:
            opened = books.begin(
                Asked(
                    self._asking.model,
                    self._chat,
                    self._purpose,
                    self._plan.prompt.tokens,
                    self._plan.reserve_tokens,
                    self._asking.planner.facts().price,
                )
            )
            ending: Ending = "failed"
            try:
                self._receive(cancellation)
                ending = "complete" if self._reason is not None else "interrupted"
            finally:
                usage = self._used()
                if usage is None:
                    opened.withdraw()
                else:
                    opened.close(
                        usage,
                        ending,
                        first_token_s=self._first_token_s,
                        duration_s=self._asking.clock.monotonic() - self._began_s,
                    )
        if cancellation.is_cancelled or self._reason is None:
            return None
        return "".join(self._pieces).strip()

    def _receive(self, cancellation: Cancellation) -> None:
        with self._events(cancellation) as events:
            for event in events:
                if isinstance(event, TextDelta):
                    if self._first_token_s is None:
                        self._first_token_s = self._asking.clock.monotonic() - self._began_s
                    self._pieces.append(event.text)
                elif isinstance(event, UsageReported):
                    self._usage = event.usage
                elif isinstance(event, Finished):
                    self._reason = event.reason

    def _events(self, cancellation: Cancellation) -> AbstractContextManager[Iterator[StreamEvent]]:
        client, pacer = self._client, self._asking.pacer
        if pacer is None:
            return nullcontext(client.stream(self._request, cancellation))
        return closing(pacer.stream(client, self._request, self._plan, self._used, cancellation))

    def _used(self) -> Usage | None:
        """Return what was used, as far as it is known. None: nothing was."""
        if self._usage is not None or not self._pieces:
            return self._usage
        prompt = self._plan.prompt.tokens
        tokens = self._asking.planner.counter.count_text("".join(self._pieces)).tokens
        return Usage(prompt, tokens, prompt + tokens, is_estimated=True)
