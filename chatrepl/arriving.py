"""A reply while it arrives: its pieces are kept and journalled, held to the budgets, and become a message and a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatrepl.context.estimate import quick_tokens
from chatrepl.context.window import Plan
from chatrepl.conversation import Conversation
from chatrepl.environment import new_id
from chatrepl.errors import BudgetExceededError
from chatrepl.exchange import (
    Finished,
    ReasoningDelta,
    RefusalDelta,
    ReplyItem,
    Retrying,
    Started,
    StreamEvent,
    TextDelta,
    UsageReported,
)
from chatrepl.journal import Journal
from chatrepl.messages import (
    Message,
    MessageId,
    Meta,
    ReplyState,
    Role,
    Usage,
    parts_in_order,
    pieces_of,
)
from chatrepl.pricing import cost

if TYPE_CHECKING:
    from chatrepl.bookkeeper import Opened
    from chatrepl.ledger import Outcome
    from chatrepl.turn import Tools


class Arriving:
    """A reply while it arrives: collects its parts, journals them, and becomes a message."""

    def __init__(
        self,
        tools: Tools,
        chat: Conversation,
        parent: MessageId | None,
        unfinished: Message | None,
        opened: Opened | None,
    ) -> None:
        self._tools = tools
        self._opened = opened
        self._received_tokens = 0.0
        """Of the reply, by a quick estimate."""
        self._retries = 0
        self._has_answer = False
        self._chat = chat
        self._parent = parent
        self._started_at = tools.clock.monotonic()
        self._created_at = tools.clock.now()
        self.id = MessageId(new_id(self._created_at))
        self._pieces: list[tuple[str, str]] = []
        """What has come, as kind and text, in its order."""
        self._journal = Journal(tools.store, self.id)
        self._first_token_s: float | None = None
        self._model: str | None = None
        self._message: Message | None = None
        self.usage: Usage | None = None
        self.finish_reason: str | None = None
        self._prefix = tuple(pieces_of(unfinished)) if unfinished else ()
        """What the unfinished reply holds already; it is stored with the new one before anything comes."""

    @property
    def has_text(self) -> bool:
        """Whether anything of this reply was received."""
        return self._first_token_s is not None

    def take(self, event: StreamEvent) -> None:
        """Keep what an event brings."""
        match event:
            case TextDelta(text):
                self._add("text", text)
            case ReasoningDelta(text):
                self._add("reasoning", text)
            case RefusalDelta(text):
                self._add("refusal", text)
            case ReplyItem(text):
                self._keep("item", f"{text}\n")
            case UsageReported(usage):
                self.usage = usage
            case Finished(reason):
                self.finish_reason = reason
            case Started(_, model):
                self._model = model or self._model
                self._has_answer = True
            case Retrying():
                self._retries += 1
            case _:
                pass

    def _add(self, kind: str, text: str) -> None:
        if self._first_token_s is None:
            self._first_token_s = self._elapsed_s()
        self._received_tokens += quick_tokens(text)
        self._keep(kind, text)

    def over_budget(self) -> BudgetExceededError | None:
        """Say that the reply must be cut. None: it may go on. Quick: it is asked for every piece."""
        if self._opened is None or self.finish_reason is not None:
            return None
        return self._opened.running(int(self._received_tokens))

    def _keep(self, kind: str, text: str) -> None:
        self._pieces.append((kind, text))
        self._journal.add(kind, text)

    def _elapsed_s(self) -> float:
        """Return the time since the request could be sent: to wait for a limit is not the model's doing."""
        queued_s = self._tools.pacer.queued_s if self._tools.pacer is not None else 0.0
        return self._tools.clock.monotonic() - self._started_at - queued_s

    def message(self, meta: Meta | None = None) -> Message:
        """Return the reply as it stands."""
        parts = parts_in_order((*self._prefix, *self._pieces))
        meta = meta or Meta(
            ReplyState.STREAMING, self._model or self._tools.model or None, self._tools.client.provider
        )
        return Message(self.id, self._parent, Role.ASSISTANT, parts, self._created_at, meta)

    def used(self, plan: Plan) -> Usage | None:
        """Return the tokens as reported, else as estimated from what was received. None: nothing was."""
        if self.usage is None and self.has_text:
            received = "".join(text for kind, text in self._pieces if kind != "item")
            return self._tools.planner.estimate_usage(plan, received)
        return self.usage

    def finish(self, state: ReplyState, *, error: str | None = None, plan: Plan | None = None) -> Message:
        """Store the reply as it ended. A second call returns what the first one stored."""
        if self._message is not None:
            return self._message
        self._journal.close()
        usage = self.usage if plan is None else self.used(plan)
        price = self._tools.planner.facts().price
        cost_usd = cost(usage, price, service_tier=self._tools.service_tier) if usage else None
        meta = Meta(
            state=state,
            model=self._model or self._tools.model or None,
            provider=self._tools.client.provider,
            finish_reason=self.finish_reason,
            usage=usage,
            cost_usd=cost_usd,
            first_token_s=self._first_token_s,
            duration_s=self._elapsed_s(),
            error=error,
        )
        self._record(state, meta, plan)
        self._message = self.message(meta)
        self._chat.finish(self._message)
        self._tools.store.finish(self._chat.id, self._message)
        return self._message

    def _record(self, state: ReplyState, meta: Meta, plan: Plan | None) -> None:
        """Write into the ledger what the request took."""
        opened = self._opened
        if opened is None:
            return
        pacer = self._tools.pacer
        if pacer is not None and pacer.is_queued:
            opened.withdraw()
            return
        outcomes: dict[ReplyState, Outcome] = {
            ReplyState.COMPLETE: "complete",
            ReplyState.FAILED: "failed",
        }
        outcome = outcomes.get(state, "interrupted")
        usage = meta.usage
        if usage is None:
            # What was refused is not billed; of what was stopped the prompt may have been read by then.
            prompt = plan.prompt.tokens if plan is not None and state is not ReplyState.FAILED else 0
            usage = Usage(prompt, 0, prompt, is_estimated=True)
        opened.close(
            usage,
            outcome,
            cost_usd=meta.cost_usd,
            first_token_s=meta.first_token_s,
            duration_s=meta.duration_s,
            retries=self._retries,
        )
