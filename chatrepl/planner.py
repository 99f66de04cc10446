"""Plans requests for one model at one server: brings together its window, its counts and what is known of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from chatrepl.catalogue import ModelFacts
from chatrepl.context.summary import system_with
from chatrepl.context.tokens import Counter, TokenCount
from chatrepl.context.window import Fold, Limits, Plan, limits_for, plan
from chatrepl.conversation import Conversation, Mark
from chatrepl.messages import Attachment, Message, MessageId, Usage
from chatrepl.settings import Settings


class ModelPlanner:
    """What a turn asks before it sends, and tells after it received.

    Args:
        settings: The window's settings, and the facts about models.
        facts: What the configuration and the catalogue know of the model.
        counter: Counts for this model.
        ask_window: Asks the server for the window; None where it does not say.
    """

    def __init__(
        self, settings: Settings, facts: ModelFacts, counter: Counter, ask_window: Callable[[], int | None]
    ) -> None:
        self._settings = settings
        self._facts = facts
        self._ask_window = ask_window
        self._server_window_tokens: int | None = None
        self._learnt_window_tokens: int | None = None
        self._lock = threading.Lock()
        self._is_prepared = False
        self.counter = counter

    def use_settings(self, settings: Settings) -> None:
        """Go on with settings of which only parameters have changed."""
        self._settings = settings

    def facts(self) -> ModelFacts:
        """Return what is known of the model in use."""
        return self._facts

    @property
    def is_prepared(self) -> bool:
        """Whether ``prepare`` has run."""
        return self._is_prepared

    def prepare(self) -> None:
        """Ask for the window and load the vocabulary, once; a second caller waits for the first."""
        with self._lock:
            if self._is_prepared:
                return
            if self._server_window_tokens is None and self._configured() is None:
                self._server_window_tokens = self._ask_window()
            self.counter.load()
            self._is_prepared = True

    def _configured(self) -> int | None:
        model = self._settings.models.get(self._facts.id)
        return self._settings.window.limit_tokens or (model.window_tokens if model else None)

    @property
    def window_tokens(self) -> int | None:
        """What the model can read and write in one request: as set, as the server says, as documented, or None."""
        known = self._configured() or self._server_window_tokens or self._facts.window_tokens
        return min((size for size in (known, self._learnt_window_tokens) if size), default=None)

    @property
    def limits(self) -> Limits:
        """What a request may take of the window."""
        reserve = self._settings.window.reserve_tokens
        asked = self._settings.parameters.get("max_tokens")
        if reserve is None and isinstance(asked, int) and self.window_tokens:
            reserve = min(asked, self.window_tokens // 2)
        return limits_for(
            self.window_tokens, reserve=reserve, max_output_tokens=self._facts.max_output_tokens
        )

    def plan(self, chat: Conversation, messages: tuple[Message, ...]) -> Plan:
        """Plan a request that sends some messages of a chat, the last of which is to be answered or gone on with."""
        system = self.counter.count_system(chat.system)
        made = plan(
            messages,
            self.counter.count_message,
            system,
            self.limits,
            strategy=self._settings.window.strategy,
            pinned=chat.marked(Mark.PINNED) if chat.marks else (),
            excluded=chat.marked(Mark.OMITTED) if chat.marks else (),
            folds=self._folds(chat, system),
        )
        return replace(made, system=system_with(chat.system, made.summary))

    def _folds(self, chat: Conversation, system: TokenCount) -> list[Fold]:
        folds: list[Fold] = []
        for summary in chat.summaries:
            both = self.counter.count_system(system_with(chat.system, summary))
            folds.append(Fold(summary, both._replace(tokens=both.tokens - system.tokens)))
        return folds

    def learn_window(self, window_tokens: int) -> None:
        """Take over the window that the server named when it refused a request."""
        self._learnt_window_tokens = window_tokens

    def observe(self, plan: Plan, usage: Usage, reply: MessageId | None = None) -> float:
        """Learn from what the server counted; returns how much of what was expected it read."""
        return self.counter.observe(plan.system, plan.sent, usage, reply)

    def estimate_usage(self, plan: Plan, text: str) -> Usage:
        """Estimate the usage of a request for which the server reported none."""
        prompt, completion = plan.prompt.tokens, self.counter.count_text(text).tokens
        return Usage(prompt, completion, prompt + completion, is_estimated=True)

    def count_attachment(self, part: Attachment) -> TokenCount:
        """Count what a file or an image adds to the next message."""
        return self.counter.count_attachment(part)

    def count_draft(self, text: str) -> TokenCount:
        """Count what is being typed."""
        return self.counter.count_text(text)
