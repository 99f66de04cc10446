"""Makes summaries of the older part of a chat, beside the conversation and before they are needed.

The model is asked in a thread of its own, so that nobody waits. What comes back is used only where it is whole and
enough shorter than what it stands for; otherwise the chat goes on as if nothing had been asked.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import NamedTuple

from chatrepl.cancellation import Cancellation
from chatrepl.context.summary import INSTRUCTIONS, Task, is_due, is_worth_it, make_task, most_summary_tokens
from chatrepl.context.window import Plan
from chatrepl.conversation import Conversation, Summary
from chatrepl.environment import new_id
from chatrepl.errors import ChatreplError
from chatrepl.exchange import Request
from chatrepl.messages import ChatId, Message, MessageId, Role, TextPart
from chatrepl.side_request import Asking, SideRequest

GROWTH = 1.5
"""Where a summary came to nothing, the next one is not tried by itself before the chat has grown so many times as long."""


class Outcome(NamedTuple):
    """What came of a summary that was asked for."""

    summary: Summary | None
    """None: nothing that is of use."""
    said: str
    """What there is to say of it, in one sentence."""
    is_failure: bool = False


def next_task(
    asking: Asking,
    chat: Conversation,
    plan: Plan,
    *,
    before: Summary | None = None,
    is_by_hand: bool = False,
) -> Task | None:
    """Return the summary to be made next. None: there is nothing to fold, or no need to yet.

    ``before`` is a summary that is not yet in use; None: the one in use is gone on from.
    """
    counter = asking.planner.counter
    if not is_by_hand and not is_due(plan, counter.count_message, chat.summary()):
        return None
    return make_task(
        plan,
        asking.said(chat),
        counter.count_message,
        counter.count_text,
        before=before or chat.summary(),
        most_tokens=most_summary_tokens(plan.window_tokens, asking.summary_tokens),
        readable_tokens=asking.planner.limits.room_tokens,
        marked=chat.marks.keys(),
        is_by_hand=is_by_hand,
    )


def summarise(
    asking: Asking, chat: Conversation, task: Task, cancellation: Cancellation, *, is_by_hand: bool = False
) -> Outcome:
    """Ask for a summary and judge it. Never raises for what a server does."""
    now = asking.clock.now()
    prompt = Message(MessageId(new_id(now)), None, Role.USER, (TextPart(task.prompt),), now)
    request = Request(
        model=asking.model,
        messages=(prompt,),
        system=INSTRUCTIONS,
        parameters={"max_tokens": task.most_tokens},
        reserve_tokens=task.most_tokens,
    )
    arriving = SideRequest(asking, chat.id, "summary", request)
    try:
        text = arriving.run(cancellation)
        if text and arriving.is_cut:
            text = _whole_sentences(text)
    except ChatreplError as error:
        return Outcome(None, f"No summary was made: {error.message}", is_failure=True)
    if text is None:
        return Outcome(None, "The summary was stopped.")
    if not text:
        said = (
            f"No summary was made: {asking.model} answered nothing in {task.most_tokens} tokens. A model that thinks first"
            " needs more (window.summary_tokens), or leaves it to another one (window.summary_model)."
        )
        return Outcome(None, said, is_failure=True)
    tokens = asking.planner.counter.count_text(text)
    if not is_worth_it(tokens, task.replaced_tokens):
        said = (
            f"The summary was thrown away: it takes {tokens} tokens, and the {task.message_count} messages that it stands"
            f" for take {task.replaced_tokens}."
        )
        return Outcome(None, said, is_failure=True)
    summary = Summary(new_id(now), task.through, text, asking.model, now, is_by_hand)
    use = "is sent in their place" if is_by_hand else "is ready for when there is no room for them"
    said = (
        f"A summary of {task.message_count} older messages {use}: {tokens} tokens for {task.replaced_tokens}."
        " /compact show shows it, /compact undo takes it back."
    )
    return Outcome(summary, said)


def _whole_sentences(text: str) -> str:
    """Return a text that was cut off without its last, unfinished sentence, where that leaves most of it."""
    ends = [found.end() for found in re.finditer(r"[.!?…。！？](?=\s|$)|\n", text)]  # noqa: RUF001
    return text[: ends[-1]].strip() if ends and ends[-1] > len(text) // 2 else text


class Summariser:
    """Makes summaries in the background, one at a time.

    Args:
        asking: Returns who is asked now.
        keep: Stores a summary, and adds it to its chat.
    """

    def __init__(self, asking: Callable[[], Asking], keep: Callable[[Conversation, Summary], None]) -> None:
        self._asking = asking
        self._keep = keep
        self._lock = threading.Lock()
        self._cancellation: Cancellation | None = None
        self._thread: threading.Thread | None = None
        self._not_before: dict[ChatId, int] = {}
        """How long a chat must be before the next summary is tried, where the last one came to nothing."""

    @property
    def is_running(self) -> bool:
        """Whether a summary is being written."""
        return self._cancellation is not None

    def begin_if_due(self, chat: Conversation, plan: Plan, on_done: Callable[[Outcome], None]) -> bool:
        """Begin a summary where one should be made now; ``on_done`` is called from its thread. False: none is begun."""
        length = len(chat.path())
        with self._lock:
            if self._cancellation is not None or length < self._not_before.get(chat.id, 0):
                return False
            asking = self._asking()
            task = next_task(asking, chat, plan)
            if task is None:
                return False
            cancellation = self._cancellation = Cancellation()

            def work() -> None:
                outcome = Outcome(None, "No summary was made.", is_failure=True)
                try:
                    outcome = self._make(asking, chat, task, cancellation)
                finally:
                    with self._lock:
                        self._cancellation = None
                        if outcome.is_failure:
                            self._not_before[chat.id] = int(length * GROWTH)
                    on_done(outcome)

            thread = threading.Thread(target=work, name="chatrepl-summary", daemon=True)
            thread.start()
            self._thread = thread
        return True

    def make_now(self, chat: Conversation, plan: Plan, cancellation: Cancellation) -> Outcome:
        """Make a summary of all but the last turn, and wait for it; in steps, where the model cannot read it all at once."""
        self.stop()
        asking = self._asking()
        self._not_before.pop(chat.id, None)
        best = Outcome(None, "There is nothing to fold: only the last turn is left.")
        while True:
            task = next_task(asking, chat, plan, before=best.summary, is_by_hand=True)
            if task is None:
                break
            outcome = summarise(asking, chat, task, cancellation, is_by_hand=True)
            if outcome.summary is None:
                best = outcome if best.summary is None else best
                break
            best = outcome
        if best.summary is not None:
            self._keep(chat, best.summary)
        return best

    def _make(
        self,
        asking: Asking,
        chat: Conversation,
        task: Task,
        cancellation: Cancellation,
    ) -> Outcome:
        outcome = summarise(asking, chat, task, cancellation)
        if outcome.summary is not None:
            self._keep(chat, outcome.summary)
        return outcome

    def stop(self, timeout_s: float = 2.0) -> None:
        """Stop what is being written, and wait until the server was told."""
        with self._lock:
            cancellation, thread = self._cancellation, self._thread
        if cancellation is not None and thread is not None:
            cancellation.cancel()
            thread.join(timeout_s)

    def wait(self, timeout_s: float) -> bool:
        """Wait for the summary that is being written. False: it takes longer."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)
        return not self.is_running
