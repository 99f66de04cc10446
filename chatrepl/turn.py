"""One turn: store what was typed, plan the window, stream the reply, journal it, record what it used.

Yields events and prints nothing: the terminal, the pipe mode and the tests all run the same turns. Whatever happens
while a reply arrives, the user's message stays, and the reply is stored for what it is: complete, interrupted or
failed. No exception of the network leaves ``run_turn``; it ends with one of the three final events.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Protocol

from chatrepl.arriving import Arriving
from chatrepl.cancellation import Cancellation
from chatrepl.catalogue import ModelFacts
from chatrepl.context.window import Plan, too_long
from chatrepl.conversation import Conversation
from chatrepl.environment import new_id
from chatrepl.errors import ApiError, BudgetExceededError, ContextTooLongError, GuardedError
from chatrepl.exchange import (
    Finished,
    Json,
    Notice,
    ReasoningDelta,
    RefusalDelta,
    ReplyItem,
    Request,
    Retrying,
    Started,
    StreamEvent,
    TextDelta,
    UsageReported,
    Waiting,
)
from chatrepl.messages import (
    Attachment,
    Message,
    MessageId,
    ReplyState,
    Role,
    TextPart,
    Usage,
)
from chatrepl.ports import ChatStore, Clock, ModelClient, Moderator

if TYPE_CHECKING:
    from chatrepl.bookkeeper import Asked, Bookkeeper, Opened
    from chatrepl.guarding import Guard
    from chatrepl.pacer import Pacer

UNREAD_SHARE = 0.5
"""A server that counts less than this share of what was sent has left some of it unread (Ollama does)."""
UNREAD_LEAST_TOKENS = 1000
LIKELY_REPLY_TOKENS = 4096
"""As long a reply is expected at most, where nothing bounds it."""
LONGEST_REPLY_TOKENS = 32_768
"""No model whose longest reply is not known is taken to write more at once."""


class Kind(Enum):
    """What a turn asks for."""

    ASK = "ask"
    """A reply to a new message of the user."""
    RETRY = "retry"
    """Another reply to the last message of the user; the one before stays beside it."""
    CONTINUE = "continue"
    """The rest of the last reply. The new reply holds both; the unfinished one stays beside it."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The user's message is on disk, and may be shown."""

    message: Message


@dataclass(frozen=True, slots=True)
class Planned:
    """What will be sent of the chat, and what is left out."""

    plan: Plan
    reply_id: MessageId
    has_moved: bool = True
    """Whether the part that is sent begins at another message than the last time."""


@dataclass(frozen=True, slots=True)
class Completed:
    """The reply is there and stored."""

    message: Message


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The user stopped it. ``message`` is what had come, stored as interrupted."""

    message: Message


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not work. ``message`` is what had come, stored as failed, or None where nothing was sent."""

    error: ApiError | BudgetExceededError | GuardedError
    message: Message | None


TurnEvent = (
    Stored
    | Planned
    | Waiting
    | Retrying
    | Notice
    | TextDelta
    | ReasoningDelta
    | RefusalDelta
    | UsageReported
    | Completed
    | Cancelled
    | Failed
)
"""What ``run_turn`` yields. Exactly one of ``Completed``, ``Cancelled`` and ``Failed`` comes, and it is the last."""


class Planner(Protocol):
    """Decides what is sent of a chat, and learns from what the server counted."""

    def facts(self) -> ModelFacts:
        """Return what is known of the model in use."""
        ...

    def plan(self, chat: Conversation, messages: tuple[Message, ...]) -> Plan:
        """Plan a request that sends some messages of a chat."""
        ...

    def learn_window(self, window_tokens: int) -> None:
        """Take over the window that the server named when it refused a request."""
        ...

    def observe(self, plan: Plan, usage: Usage, reply: MessageId | None = None) -> float:
        """Learn from what the server counted for a plan, and for the reply where ``usage`` counts all of it.

        Returns the reported tokens of the request over the expected ones.
        """
        ...

    def estimate_usage(self, plan: Plan, text: str) -> Usage:
        """Estimate the usage of a request for which the server reported none."""
        ...


@dataclass(slots=True)
class Tools:
    """What a turn works with."""

    client: ModelClient
    store: ChatStore
    clock: Clock
    prepare: Callable[[Cancellation], tuple[str, Planner]]
    """Finds the model to ask and what plans for it; returns early where it is cancelled. Run once a turn, after the
    user's message is stored."""
    model: str = ""
    planner: Planner = field(init=False)
    parameters: dict[str, Json] = field(default_factory=dict)
    stream: bool = True
    pacer: Pacer | None = None
    """Keeps to the limits of the provider. None: there are none."""
    bookkeeper: Bookkeeper | None = None
    """Keeps to the budgets and records what requests took. None: nobody does."""
    has_consent: bool = False
    """Whether the user has confirmed that this turn may pass a budget."""
    guard: Guard | None = None
    """Looks at what is about to be sent; ``client`` is one that it made. None: nobody does."""
    moderator: Moderator | None = None
    """Whom the guard asks about a message. None: there is none."""

    @property
    def service_tier(self) -> str | None:
        """The provider's tier that is asked for. None: its standard."""
        tier = self.parameters.get("service_tier")
        return tier if isinstance(tier, str) else None


def run_turn(
    tools: Tools,
    chat: Conversation,
    kind: Kind,
    text: str,
    cancellation: Cancellation,
    attachments: Sequence[Attachment] = (),
) -> Generator[TurnEvent, None, None]:
    """Run one turn. ``text`` is what the user typed, and ``attachments`` go with it; both are for ``Kind.ASK`` only.

    The chat must be one that the caller may continue in this way: see ``can_retry`` and ``can_continue``.
    Closing the iterator early counts as cancelling.
    """
    if kind is Kind.ASK:
        user = new_message(tools.clock, chat.tip, Role.USER, text, attachments)
        remember(tools, chat, user)
        yield Stored(user)
        tools.model, tools.planner = tools.prepare(cancellation)
        yield from _reply(tools, chat, user.id, None, cancellation)
        return
    tools.model, tools.planner = tools.prepare(cancellation)
    if kind is Kind.RETRY:
        asked = chat.last_user_message()
        assert asked is not None  # noqa: S101 - can_retry was asked
        yield from _reply(tools, chat, asked.id, None, cancellation)
    else:
        unfinished = chat.last_reply()
        assert unfinished is not None  # noqa: S101 - can_continue was asked
        yield from _reply(tools, chat, unfinished.parent_id, unfinished, cancellation)


def can_retry(chat: Conversation) -> bool:
    """Whether there is a message to reply to again."""
    return chat.last_user_message() is not None


def can_continue(chat: Conversation) -> bool:
    """Whether the chat stands at a reply that has text to go on from."""
    last = chat.last_reply()
    return last is not None and last.id == chat.tip and bool(last.text)


def new_message(
    clock: Clock, parent: MessageId | None, role: Role, text: str, attachments: Sequence[Attachment] = ()
) -> Message:
    """Make a message with an id and a time of its own."""
    now = clock.now()
    return Message(MessageId(new_id(now)), parent, role, (*attachments, TextPart(text)), now)


def remember(tools: Tools, chat: Conversation, message: Message) -> None:
    """Store a message, beginning the chat on disk where it is its first, and only then add it to the chat."""
    if not len(chat):
        tools.store.create_chat(chat.id, system=chat.system, created_at=message.created_at)
        if chat.title:
            tools.store.set_title(chat.id, chat.title)
    tools.store.append(chat.id, message)
    chat.append(message)


def _reply(
    tools: Tools,
    chat: Conversation,
    parent: MessageId | None,
    unfinished: Message | None,
    cancellation: Cancellation,
) -> Generator[TurnEvent, None, None]:
    path = tuple(reversed([*chat.ancestors(unfinished.id if unfinished else parent)]))
    plan = tools.planner.plan(chat, path)
    refusal: ApiError | BudgetExceededError | GuardedError | None = (
        too_long(plan) if plan.too_long_by > 0 else None
    )
    if refusal is None and tools.pacer is not None:
        refusal = tools.pacer.refusal(plan, tools.parameters)
    if refusal is None and tools.guard is not None:
        refusal = yield from tools.guard.look(tools.client, tools.moderator, chat.id, plan, cancellation)
    opened: Opened | None = None
    if refusal is None and tools.bookkeeper is not None:
        try:
            opened = tools.bookkeeper.begin(_asked(tools, chat, plan), has_consent=tools.has_consent)
        except BudgetExceededError as error:
            refusal = error
    chat.move_tip(parent)
    if refusal is not None:
        tools.store.set_tip(chat.id, parent)
        yield Failed(refusal, None)
        return
    arriving = Arriving(tools, chat, parent, unfinished, opened)
    try:
        remember(tools, chat, arriving.message())
    except BaseException:
        if opened is not None:
            opened.withdraw()
        raise
    request = Request(
        model=tools.model,
        messages=plan.sent,
        system=plan.system,
        parameters=_within_budget(tools, opened),
        stream=tools.stream,
        continues=unfinished is not None,
        chat_id=chat.id,
        reserve_tokens=plan.reserve_tokens or None,
    )
    try:
        yield Planned(plan, arriving.id)
        for warning in opened.warnings if opened is not None else ():
            yield Notice(warning)
        yield from _stream(tools, chat, path, request, plan, arriving, cancellation)
    except BaseException:  # the consumer went away, Ctrl-C in the pipe mode, or a defect: keep what came
        arriving.finish(ReplyState.INTERRUPTED, error="stopped")
        raise


def _stream(
    tools: Tools,
    chat: Conversation,
    path: tuple[Message, ...],
    request: Request,
    plan: Plan,
    arriving: Arriving,
    cancellation: Cancellation,
) -> Generator[TurnEvent, None, None]:
    try:
        with _events(tools, request, plan, arriving, cancellation) as events:
            for event in events:
                arriving.take(event)
                if not isinstance(event, (Started, Finished, ReplyItem)):
                    yield event
                over = arriving.over_budget()
                if over is not None:
                    cancellation.cancel()
                    yield Failed(over, arriving.finish(ReplyState.INTERRUPTED, error=over.message, plan=plan))
                    return
    except ContextTooLongError as error:
        retry = _fitted(tools, chat, path, plan, error) if not arriving.has_text else None
        if retry is None:
            yield Failed(error, arriving.finish(ReplyState.FAILED, error=error.message, plan=plan))
            return
        yield Notice(f"the server's window is {error.limit_tokens} tokens; sent again with less of the chat")
        yield Planned(retry, arriving.id)
        request = replace(request, messages=retry.sent, system=retry.system)
        yield from _stream(tools, chat, path, request, retry, arriving, cancellation)
        return
    except ApiError as error:
        if not cancellation.is_cancelled:
            yield Failed(error, arriving.finish(ReplyState.FAILED, error=error.message, plan=plan))
            return
    if cancellation.is_cancelled and arriving.finish_reason is None:
        yield Cancelled(arriving.finish(ReplyState.INTERRUPTED, error="stopped", plan=plan))
        return
    if arriving.usage is not None:
        whole = None if request.continues else arriving.id
        share = tools.planner.observe(plan, arriving.usage, whole)
        if share < UNREAD_SHARE and plan.prompt.tokens >= UNREAD_LEAST_TOKENS:
            yield Notice(
                f"the server read only {arriving.usage.prompt_tokens} of about {plan.prompt.tokens} tokens: "
                "its window is smaller than it says (set window.limit_tokens)"
            )
    if (
        arriving.finish_reason == "length"
        and "max_tokens" in request.parameters.keys() - tools.parameters.keys()
    ):
        yield Notice("the reply ended there since a budget has no room for more: /budget shows it")
    yield Completed(arriving.finish(ReplyState.COMPLETE, plan=plan))


def _asked(tools: Tools, chat: Conversation, plan: Plan) -> Asked:
    """Return what is about to be asked, as the books see it."""
    from chatrepl.bookkeeper import Asked

    facts, longest = tools.planner.facts(), tools.parameters.get("max_tokens")
    reply = longest if isinstance(longest, int) else plan.reserve_tokens
    return Asked(
        tools.model,
        chat.id,
        "turn",
        plan.prompt.tokens,
        reply or min(facts.max_output_tokens or LIKELY_REPLY_TOKENS, LIKELY_REPLY_TOKENS),
        facts.price,
        tools.service_tier,
    )


def _within_budget(tools: Tools, opened: Opened | None) -> dict[str, Json]:
    """Return the parameters, with the longest reply that budgets allow where that is less than the model might write.

    A model's reasoning may not be seen while it comes, so that it could not be cut in time.
    """
    allowed = opened.allowed_reply_tokens if opened is not None else None
    most = tools.planner.facts().max_output_tokens or LONGEST_REPLY_TOKENS
    if allowed is None or allowed >= most or "max_tokens" in tools.parameters:
        return tools.parameters
    return {**tools.parameters, "max_tokens": max(allowed, 1)}


def _events(
    tools: Tools, request: Request, plan: Plan, arriving: Arriving, cancellation: Cancellation
) -> AbstractContextManager[Iterator[StreamEvent]]:
    """Return what comes back for a request, which is sent at once, or as soon as the limits allow it."""
    if tools.pacer is None:
        return nullcontext(tools.client.stream(request, cancellation))
    used = partial(arriving.used, plan)
    return closing(tools.pacer.stream(tools.client, request, plan, used, cancellation))


def _fitted(
    tools: Tools, chat: Conversation, path: tuple[Message, ...], plan: Plan, error: ContextTooLongError
) -> Plan | None:
    """Plan again with the window that the server named. None where that would change nothing."""
    limit = error.limit_tokens
    if limit is None or (
        plan.window_tokens is not None and limit >= plan.window_tokens and error.sent_tokens is None
    ):
        return None
    tools.planner.learn_window(limit)
    if error.sent_tokens:
        tools.planner.observe(plan, Usage(error.sent_tokens, 0, error.sent_tokens))
    again = tools.planner.plan(chat, path)
    return again if again.too_long_by <= 0 and len(again.sent) < len(plan.sent) else None
