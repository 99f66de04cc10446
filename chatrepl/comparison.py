"""A comparison: the same message to several candidates at once, each answered by a turn of its own.

The turns run in threads. Their replies stand beside each other in the chat, in the order of the candidates; each is
journalled, paced, sent again and recorded as in any turn. What they may cost at worst is set aside together before
anything is sent. One that fails or is stopped does not disturb the others.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from chatrepl.cancellation import Cancellation
from chatrepl.conversation import Conversation
from chatrepl.exchange import ReasoningDelta, TextDelta
from chatrepl.messages import Attachment, Message, MessageId, ReplyState, Role
from chatrepl.single_file import InTurn, Line
from chatrepl.together import Member, Together
from chatrepl.turn import Kind, Planned, Tools, TurnEvent, new_message, remember, run_turn
from chatrepl.worker import HEARING_S, STOP_TIMEOUT_S, TurnWorker

if TYPE_CHECKING:
    from chatrepl.candidates import Candidate
    from chatrepl.ports import Clock
    from chatrepl.session import Session

Came = tuple[int, TurnEvent]
"""The number of a candidate, from 0, and what came of its turn."""
ONE_AT_A_TIME = frozenset({"local"})
"""Providers whose server answers one request at a time: the embedded model."""


NAP_S = 0.08
"""A reply that comes in small pieces is read so often: the screen is not drawn more often either."""
AWAKE_S = 0.004
MANY_EVENTS = 32
"""A reply of which more has come during a nap is read without another."""


class _Naps:
    """Lets what comes gather a little between two reads: to wake up for every word of every reply costs more than to read it."""

    def __init__(self, clock: Clock, cancellation: Cancellation) -> None:
        self._clock = clock
        self._cancellation = cancellation
        self._awake_since_s = clock.monotonic()
        self._events = 0

    def after(self, event: TurnEvent) -> None:
        """Sleep for a moment where it is time."""
        if not isinstance(event, (TextDelta, ReasoningDelta)):
            return
        self._events += 1
        if self._clock.monotonic() - self._awake_since_s >= AWAKE_S:
            if self._events <= MANY_EVENTS:
                self._cancellation.wait(NAP_S)
            self._awake_since_s, self._events = self._clock.monotonic(), 0


class Comparison:
    """One message and the turns that answer it.

    Args:
        session: Whose open chat it is.
        candidates: Those who are asked.
        text: What the user asks. None: the last message of the user in the chat, which must have one.
        wake: Called from threads when there is something to take; must be quick and safe to call from there.
        has_consent: Whether the user has confirmed that it may pass a budget.
        attachments: What goes with the text.
    """

    def __init__(
        self,
        session: Session,
        candidates: Sequence[Candidate],
        text: str | None,
        wake: Callable[[], None] = lambda: None,
        *,
        has_consent: bool = False,
        attachments: Sequence[Attachment] = (),
    ) -> None:
        self._attachments = attachments
        self.candidates = tuple(candidates)
        self.replies: list[MessageId | None] = [None] * len(candidates)
        """Of each candidate the reply in the chat. None: nothing was sent to it, or not yet."""
        self._chat = session.conversation
        self._store = session.store
        self._text = text
        self._wake = wake
        self._news = threading.Event()
        self._lock = threading.Lock()
        self._together = Together(len(candidates))
        self._line = Line(
            index for index, each in enumerate(candidates) if each.parts.provider_name in ONE_AT_A_TIME
        )
        self._tools = [
            self._tools_for(session, index, each, has_consent=has_consent)
            for index, each in enumerate(candidates)
        ]
        self._asked: Message | None = None
        self._tip_before = self._chat.tip
        self._running = len(candidates)
        self._workers = [
            TurnWorker(partial(self._run, index), self._tell) for index in range(len(candidates))
        ]
        self.cancellation = Cancellation()
        """Stops all of them."""
        for worker in self._workers:
            self.cancellation.on_cancel(worker.cancellation.cancel)

    def _tools_for(self, session: Session, index: int, candidate: Candidate, *, has_consent: bool) -> Tools:
        parts = candidate.parts
        pacer = session.pacer_for(parts.pace)
        return Tools(
            client=session.guard.client(parts.client, self._chat.id),
            store=self._store,
            clock=session.clock,
            prepare=candidate.prepare,
            parameters=dict(parts.settings.parameters),
            stream=parts.settings.stream,
            pacer=InTurn(self._line, index, session.clock, pacer)
            if parts.provider_name in ONE_AT_A_TIME
            else pacer,
            bookkeeper=Member(self._together, index, session.bookkeeper_for(parts)),
            has_consent=has_consent,
            guard=session.guard,
            moderator=parts.moderator,
        )

    # The turns.

    def _run(self, index: int, cancellation: Cancellation) -> Generator[TurnEvent]:
        chat: Conversation | None = None
        try:
            chat = self._own_view(index)
            naps = _Naps(self._tools[index].clock, cancellation)
            with closing(run_turn(self._tools[index], chat, Kind.RETRY, "", cancellation)) as events:
                for event in events:
                    if isinstance(event, Planned):
                        self._begun(index, chat, event.reply_id)
                    self._settle(index, chat)
                    yield event
                    naps.after(event)
        finally:
            self._together.leave(index)
            self._line.leave(index)
            if chat is not None:
                self._settle(index, chat)
            self._ended()

    def _own_view(self, index: int) -> Conversation:
        """Return what one candidate sees of the chat; the first one to come stores the user's message."""
        with self._lock:
            if self._asked is None and self._text is not None:
                user = new_message(
                    self._tools[0].clock, self._chat.tip, Role.USER, self._text, self._attachments
                )
                remember(self._tools[0], self._chat, user)
                self._asked = user
            asked = self._asked = self._asked or self._chat.last_user_message()
            assert asked is not None  # noqa: S101 - the caller has seen that there is one
            candidate = self.candidates[index]
            system = candidate.parts.settings.system if candidate.has_own_system else self._chat.system
            path = reversed([*self._chat.ancestors(asked.id)])
            view = Conversation(
                self._chat.id, system=system, title=self._chat.title, messages=path, tip=asked.id
            )
            view.copy_views(self._chat)
            return view

    def _begun(self, index: int, view: Conversation, reply: MessageId) -> None:
        """Take a reply that begins into the chat, and let the next candidate go on."""
        with self._lock:
            if self.replies[index] is None:
                self.replies[index] = reply
                self._chat.append(view[reply])
        self._together.passed(index)

    def _settle(self, index: int, view: Conversation) -> None:
        """Take over how a reply has ended."""
        reply = self.replies[index]
        if reply is None or view[reply].meta.state is ReplyState.STREAMING:
            return
        with self._lock:
            if self._chat[reply].meta.state is ReplyState.STREAMING:
                self._chat.finish(view[reply])

    def _ended(self) -> None:
        """Where this was the last one, stand at the first reply that is whole."""
        with self._lock:
            self._running -= 1
            if self._running:
                return
            found = [self._chat[reply] for reply in self.replies if reply is not None]
            chosen = (
                next((each for each in found if each.meta.state is ReplyState.COMPLETE), None)
                or next((each for each in found if each.text), None)
                or next(iter(found), None)
            )
            if chosen is not None:
                tip: MessageId | None = chosen.id
            elif self._text is None:
                tip = self._tip_before
            else:
                tip = self._asked.id if self._asked is not None else self._tip_before
            if tip is not None or len(self._chat):
                self._store.set_tip(self._chat.id, tip)
                self._chat.move_tip(tip)

    # For whoever shows them.

    def start(self) -> None:
        """Begin."""
        for worker in self._workers:
            worker.start()

    def take(self) -> list[Came]:
        """Return what has come since the last call."""
        return [(index, event) for index, worker in enumerate(self._workers) for event in worker.take()]

    def events(self) -> Generator[Came]:
        """Run the comparison and yield what comes, for a front end without a loop of its own.

        Where a signal is raised here, or the generator is closed, all is stopped and what had come is stored.

        Raises:
            BaseException: whatever ended a turn that should not have.
        """
        self.start()
        try:
            while not all(worker.is_done for worker in self._workers):
                self._news.wait(HEARING_S)
                self._news.clear()
                yield from self.take()
        finally:
            self.stop(STOP_TIMEOUT_S)
        if self.defect is not None:
            raise self.defect

    def stop_one(self, index: int) -> None:
        """Stop one of them; the others go on."""
        self._workers[index].cancellation.cancel()

    def stop(self, timeout_s: float) -> None:
        """Stop all, and wait until what came of them is stored, so long for each at most."""
        self.cancellation.cancel()
        for worker in self._workers:
            worker.stop(timeout_s)

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come; something may be left to take."""
        return all(worker.has_ended for worker in self._workers)

    @property
    def defect(self) -> BaseException | None:
        """What ended one of the turns that should not have. None: nothing did."""
        return next((worker.defect for worker in self._workers if worker.defect is not None), None)

    def _tell(self) -> None:
        self._news.set()
        self._wake()
