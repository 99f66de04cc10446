"""What a front end works with: the open chat, the model in use, the settings, and the turns between them.

Knows no terminal. The methods may be called from the thread that draws; ``turn`` and ``prepare`` talk to the server and
belong into another one.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chatrepl.errors import ApiError, UsageError
from chatrepl.parts import Parts
from chatrepl.persona_chat import PersonaChat

if TYPE_CHECKING:  # what a turn needs is loaded with the first turn, or while the user types
    from chatrepl.bookkeeper import Bookkeeper
    from chatrepl.cancellation import Cancellation
    from chatrepl.candidates import Candidate
    from chatrepl.comparison import Comparison
    from chatrepl.context.window import Plan
    from chatrepl.conversation import Conversation, Summary
    from chatrepl.entries import BudgetSettings
    from chatrepl.exchange import ModelInfo, WireRequest
    from chatrepl.guarding import Guard, Seen
    from chatrepl.messages import Attachment, ChatId, MessageId
    from chatrepl.model_list import ModelList
    from chatrepl.pacer import Pacer
    from chatrepl.pacing import Pace
    from chatrepl.planner import ModelPlanner
    from chatrepl.ports import Attacher, ChatStore, Clock
    from chatrepl.shelves import OwnTexts
    from chatrepl.side_request import Asking
    from chatrepl.spending import NextCost, Totals
    from chatrepl.summariser import Outcome, Summariser
    from chatrepl.titler import Titler
    from chatrepl.turn import Kind, TurnEvent


class Session(PersonaChat):
    """One run of chatrepl.

    Args:
        parts: The server that it begins with.
        open_store: Opens the library when it is first needed.
        change_profile: Prepares another server, with the settings of a profile. None: there are no profiles.
        make_attacher: Makes what reads files and pages that go with messages. None: nothing can go with them.
        own_texts: Finds personas, prompt files and the clipboard when they are first needed. None: there are none.

    Raises:
        ConfigError: the settings ask for a persona that is not there, or wrong.
    """

    def __init__(
        self,
        parts: Parts,
        *,
        open_store: Callable[[], ChatStore],
        clock: Clock,
        change_profile: Callable[[str], Parts] | None = None,
        make_attacher: Callable[[Session], Attacher] | None = None,
        own_texts: Callable[[], OwnTexts] | None = None,
    ) -> None:
        self.clock = clock
        self._make_attacher = make_attacher
        self._attacher: Attacher | None = None
        self._open_store = open_store
        self._change_profile = change_profile
        self._store: ChatStore | None = None
        self._told_of: set[str] = set()
        """The models of which ``news`` has told."""
        super().__init__()
        self._summariser: Summariser | None = None
        self._titler: Titler | None = None
        self._guard: Guard | None = None
        self._budgets: dict[str, BudgetSettings | None] = {}
        """Those that were changed in this run; None: taken away."""
        self._begins_at: dict[ChatId, MessageId | None] = {}
        """Of every chat: where the part began that was last sent."""
        self._find_own_texts = own_texts
        self._profile_parts: dict[str, Parts] = {}
        """The servers of other profiles that comparisons have asked."""
        self.compared: Comparison | None = None
        """The last comparison of this run. None: there was none."""
        self._take(parts)
        if parts.persona is not None and parts.persona.spec is not None:
            self._use_first_persona(parts.persona, parts.origins.get("persona", ""))

    def _take(self, parts: Parts) -> None:
        with self._lock:
            self.settings = parts.settings
            self.client = parts.client
            self.origins = dict(parts.origins)
            self.key_source = parts.key_source
            self._make_planner = parts.make_planner
            self.firm = parts.firm
            self._pace = parts.pace
            self.provider_name = parts.provider_name or parts.client.provider
            self.is_on_this_machine = parts.is_on_this_machine
            self._moderator = parts.moderator
            self._model = parts.model
            self._planner: ModelPlanner | None = None
            self._make_model_list = parts.make_model_list
            self._model_list: ModelList | None = None
            self._bookkeeper: Bookkeeper | None = None

    @property
    def store(self) -> ChatStore:
        """The library; opened when it is first asked for, so that the prompt does not wait for it."""
        if self._store is not None:
            return self._store
        with self._lock:
            if self._store is None:
                self._store = self._open_store()
            return self._store

    @property
    def attacher(self) -> Attacher | None:
        """What reads files and pages that go with messages. None: nothing can go with them."""
        if self._attacher is None and self._make_attacher is not None:
            self._attacher = self._make_attacher(self)
        return self._attacher

    @property
    def is_saving(self) -> bool:
        """Whether what is said is kept on disk, as far as is known by now."""
        return self._store is None or self._store.is_saving

    def close(self) -> None:
        """Let go of the library."""
        for other in (self._summariser, self._titler):
            if other is not None:
                other.stop()
        if self._store is not None:
            self._store.close()

    @property
    def model(self) -> str:
        """The model in use; empty until ``prepare`` has found one."""
        return self._model or ""

    @property
    def planner(self) -> ModelPlanner:
        """What plans the requests. Before ``prepare`` its counts are estimates and the window may be unknown."""
        if (known := self._planner) is not None:
            return known
        with self._lock:
            if self._planner is None:
                self._planner = self._make_planner(self.settings, self.model, self.client)
            return self._planner

    def prepare(self) -> None:
        """Find the model, its window and its vocabulary. Takes seconds at worst; a second call costs nothing."""
        if self._model is None:
            found: Sequence[ModelInfo] = ()
            with contextlib.suppress(ApiError):
                found = self.models()
            if found:
                with self._lock:
                    self._model = found[0].id
                    self._planner = None
        self.planner.prepare()

    def _prepare_unless_cancelled(self, cancellation: Cancellation) -> tuple[str, ModelPlanner]:
        if self._model is None or not self.planner.is_prepared:
            is_done = threading.Event()

            def work() -> None:
                with contextlib.suppress(
                    Exception
                ):  # what fails here fails again, with words, in the request
                    self.prepare()
                is_done.set()

            cancellation.on_cancel(is_done.set)
            threading.Thread(target=work, name="chatrepl-prepare", daemon=True).start()
            is_done.wait()
        return self.model, self.planner

    @property
    def model_list(self) -> ModelList:
        """The server's models: asked for when they are first wanted, and kept for a day."""
        with self._lock:
            if self._model_list is None:
                from chatrepl.model_list import ModelList

                make = self._make_model_list or (
                    lambda client: ModelList(client.models, None, "", is_volatile=False)
                )
                self._model_list = make(self.client)
            return self._model_list

    def models(self, *, refresh: bool = False) -> Sequence[ModelInfo]:
        """List what the server offers; see ``model_list`` for how old that may be.

        Raises:
            ApiError: when the server does not answer, and nothing is known from before.
        """
        return self.model_list.get(refresh=refresh).models

    def known_models(self) -> Sequence[ModelInfo]:
        """Return what is known of the server's models without asking."""
        listed = self.model_list.known()
        return listed.models if listed is not None else ()

    def news(self) -> Sequence[str]:
        """Return what the user should know of the model in use, once."""
        with self._lock:
            if self.model in self._told_of:
                return ()
            self._told_of.add(self.model)
        notice = self.model_notice()
        return () if notice is None else (notice,)

    def model_notice(self) -> str | None:
        """Say that the model in use is switched off soon. None: it is not, as far as is known without asking."""
        from chatrepl.model_list import shutdown_notice

        used = next((model for model in self.known_models() if model.id == self.model), None)
        return shutdown_notice(used, self.clock.now().date()) if used is not None else None

    def pacer(self) -> Pacer | None:
        """Return what keeps to the limits that the configuration sets for the provider. None: it sets none."""
        return self.pacer_for(self._pace)

    def pacer_for(self, pace: Pace | None) -> Pacer | None:
        """Return what keeps to some limits. None: there are none."""
        if pace is None:
            return None
        from chatrepl.pacer import Pacer

        return Pacer(pace, self.store.reservations, self.clock)

    def bookkeeper(self) -> Bookkeeper:
        """Return what keeps to the budgets and writes the ledger."""
        with self._lock:
            if self._bookkeeper is None:
                from chatrepl.bookkeeper import Bookkeeper
                from chatrepl.budget import budgets_of

                self._bookkeeper = Bookkeeper(
                    budgets_of(self.settings.budgets),
                    self.store.ledger,
                    self.clock,
                    provider=self.provider_name,
                    is_on_this_machine=self.is_on_this_machine,
                )
            return self._bookkeeper

    @property
    def guard(self) -> Guard:
        """What looks at all that is about to be sent."""
        with self._lock:
            if self._guard is None:
                from chatrepl.guarding import Guard

                self._guard = Guard(lambda: self.settings.guard, lambda: self.store.agreements)
            return self._guard

    def look_through(self) -> tuple[Seen, ...]:
        """Return what the guard finds in the next request, and has found in the open chat before."""
        chat, plan = self.conversation, self.plan_next()
        self.guard.screening(chat.id).found(plan.system, plan.sent)
        return self.guard.seen(chat.id, self.client.provider)

    def bookkeeper_for(self, parts: Parts) -> Bookkeeper:
        """Return what keeps to the budgets of this run at another server."""
        provider = parts.provider_name or parts.client.provider
        if provider == self.provider_name and parts.is_on_this_machine == self.is_on_this_machine:
            return self.bookkeeper()
        from chatrepl.bookkeeper import Bookkeeper

        own = self.bookkeeper()
        return Bookkeeper(
            own.budgets,
            own.ledger,
            self.clock,
            provider=provider,
            is_on_this_machine=parts.is_on_this_machine,
        )

    def set_budget(self, name: str, budget: BudgetSettings | None) -> None:
        """Set or change a budget for the rest of this run. None: there is none of that name any more."""
        with self._lock:
            self._budgets[name] = budget
            self._put_budgets()

    def _put_budgets(self) -> None:
        """Set what was changed of the budgets in this run, whatever a profile says."""
        changed = {**self.settings.budgets, **self._budgets}
        budgets = {name: budget for name, budget in changed.items() if budget is not None}
        self.settings = replace(self.settings, budgets=budgets)
        self._bookkeeper = None

    def turn(
        self,
        kind: Kind,
        text: str,
        cancellation: Cancellation,
        *,
        has_consent: bool = False,
        attachments: Sequence[Attachment] = (),
    ) -> Generator[TurnEvent, None, None]:
        """Run one turn of the open chat.

        Args:
            kind: What is asked for.
            text: What the user typed; for ``Kind.ASK`` only.
            attachments: What goes with it.
            cancellation: Stops it.
            has_consent: Whether the user has confirmed that it may pass a budget.
        """
        from chatrepl.turn import Planned, Tools, run_turn

        chat = self.conversation  # first: where it is read only now, its persona comes with it
        self._make_room()
        tools = Tools(
            client=self.guard.client(self.client, self.conversation.id),
            store=self.store,
            clock=self.clock,
            prepare=self._prepare_unless_cancelled,
            parameters=dict(self.settings.parameters),
            stream=self.settings.stream,
            pacer=self.pacer(),
            bookkeeper=self.bookkeeper(),
            has_consent=has_consent,
            guard=self.guard,
            moderator=self._moderator,
        )
        with closing(run_turn(tools, chat, kind, text, cancellation, attachments)) as events:
            for event in events:
                if isinstance(event, Planned):
                    has_moved = event.plan.begins_at != self._begins_at.get(chat.id)
                    self._begins_at[chat.id] = event.plan.begins_at
                    yield replace(event, has_moved=has_moved)
                else:
                    yield event

    def _make_room(self) -> None:
        """Stop what would keep a server of this machine from answering."""
        for other in (self._summariser, self._titler):
            if other is not None and self.is_on_this_machine:
                other.stop()

    def compare(
        self,
        candidates: Sequence[Candidate],
        text: str | None,
        wake: Callable[[], None] = lambda: None,
        *,
        has_consent: bool = False,
        attachments: Sequence[Attachment] = (),
    ) -> Comparison:
        """Prepare a comparison in the open chat; see ``Comparison``. It begins with ``start`` or ``events``."""
        from chatrepl.comparison import Comparison

        self._make_room()
        self.compared = Comparison(
            self, candidates, text, wake, has_consent=has_consent, attachments=attachments
        )
        return self.compared

    @property
    def summariser(self) -> Summariser:
        """Makes summaries of the older part of the chat."""
        with self._lock:
            if self._summariser is None:
                from chatrepl.summariser import Summariser

                self._summariser = Summariser(self._who_summarises, self._keep_summary)
            return self._summariser

    @property
    def is_summarising(self) -> bool:
        """Whether a summary is being written in the background."""
        return self._summariser is not None and self._summariser.is_running

    def tend_library(self) -> int:
        """Empty the bin of what is in it for too long; returns how many chats were removed for good."""
        return self.library.tend(self.clock.now() - timedelta(days=self.settings.library.bin_days))

    def begin_title(self) -> bool:
        """Have the chat named in the background where the settings allow it. False: nothing is begun."""
        titles = self.settings.library.titles
        price = self.planner.facts().price
        is_free = self.is_on_this_machine or (
            price is not None and not (price.input_usd_per_mtok or price.output_usd_per_mtok)
        )
        if titles == "words" or (titles == "free" and not is_free) or not self.is_saving:
            return False
        library = self.library
        with self._lock:
            if self._titler is None:
                from chatrepl.titler import Titler

                self._titler = Titler(lambda: self._who_is_asked(None), library.set_auto_title)
            titler = self._titler
        return titler.begin_if_due(self.conversation)

    def begin_summary(self, on_done: Callable[[Outcome], None]) -> bool:
        """Begin a summary in the background where the settings want it and it is time. False: none is begun.

        ``on_done`` is called from another thread.
        """
        if self.settings.window.strategy != "summarise" or not len(self.conversation):
            return False
        return self.summariser.begin_if_due(self.conversation, self.plan_next(), on_done)

    def _who_summarises(self) -> Asking:
        return self._who_is_asked(self.settings.window.summary_model)

    def _who_is_asked(self, model: str | None) -> Asking:
        """Return who is asked for something beside the conversation. ``model`` None: the one in use."""
        from chatrepl.side_request import Asking

        model = model or self.model
        planner = self.planner
        if model != self.model:
            planner = self._make_planner(self.settings, model, self.client)
            planner.prepare()
        return Asking(
            self.client,
            model,
            planner,
            self.clock,
            bookkeeper=self.bookkeeper(),
            pacer=self.pacer(),
            summary_tokens=self.settings.window.summary_tokens,
            guard=self.guard,
        )

    def _keep_summary(self, chat: Conversation, summary: Summary) -> None:
        self.store.add_summary(chat.id, summary)
        chat.put_summary(summary)

    def change_summary(self, summary: Summary, text: str) -> None:
        """Put other words into a summary; they are the user's own from then on."""
        self._keep_summary(self.conversation, replace(summary, text=text, model="", is_by_hand=True))

    def remove_summary(self, summary: Summary) -> None:
        """Use a summary no more; what it stood for is sent again, or an older summary stands for it."""
        self.store.remove_summary(self.conversation.id, summary.id)
        self.conversation.summaries.remove(summary)

    def use_model(self, model: str) -> None:
        """Ask another model from the next request on."""
        with self._lock:
            self._model = model
            self._told_of.add(model)  # whoever changes the model says what there is to say
            self.settings = replace(self.settings, model=model)
            self._planner = None

    def change_setting(self, key: str, text: str) -> None:
        """Change a setting for the rest of this run.

        Raises:
            ConfigError: where there is no such setting, it cannot change now, or the value does not fit.
        """
        from chatrepl import adjust

        name = adjust.resolve_key(key).key
        changed = adjust.apply(self.settings, key, text)
        with self._lock:
            self._changes[name] = text
            self.settings = changed
            self.origins[name] = "/set"
            if name == "model":
                self._model = changed.model
            if name in {"model", "window.limit_tokens"}:
                self._planner = None
            elif self._planner is not None:  # what it has counted and learnt of the model stays
                self._planner.use_settings(changed)

    def use_profile(self, name: str) -> None:
        """Go on with a profile: its server, model and parameters, and its persona or system prompt where it has one.

        What ``/set`` changed before stays, but for what the profile itself says.

        Raises:
            ChatreplError: there is no such profile, or its server or key cannot be had; then nothing has changed.
        """
        if self._change_profile is None:
            raise UsageError("There are no profiles here.")
        parts = self._change_profile(name)
        persona = None
        if parts.persona is not None and parts.persona.spec is not None and self._is_said(parts, "persona"):
            persona = self.personas.fill(parts.persona.spec)
        suspended = self._personas.suspend() if self._personas is not None else frozenset()
        self._profile_parts.pop(name, None)
        kept = {key: text for key, text in self._changes.items() if not self._is_said(parts, key)}
        self._take(parts)
        self._changes = {}
        for key, text in kept.items():
            self.change_setting(key, text)
        if self._budgets:
            self._put_budgets()
        firm = frozenset(key for key in parts.origins if self._is_said(parts, key))
        if persona is not None:
            self.personas.use(persona, firm)
        elif self._is_said(parts, "system"):
            self.set_system(parts.settings.system)
        elif self._personas is not None:
            self._personas.resume(suspended - firm)

    def parts(self) -> Parts:
        """Return what is talked to now, and how."""
        return Parts(
            self.settings,
            self.client,
            self._make_planner,
            self._model,
            origins=self.origins,
            key_source=self.key_source,
            make_model_list=self._make_model_list,
            pace=self._pace,
            provider_name=self.provider_name,
            is_on_this_machine=self.is_on_this_machine,
            moderator=self._moderator,
        )

    def profile_parts(self, name: str) -> Parts:
        """Return what would be talked to with a profile; nothing changes, and the connection is kept for the next time.

        Raises:
            ChatreplError: there is no such profile, or its server or key cannot be had.
        """
        from chatrepl import adjust

        if self._change_profile is None:
            raise UsageError("There are no profiles here.")
        if name not in self._profile_parts:
            self._profile_parts[name] = self._change_profile(name)
        parts = self._profile_parts[name]
        settings = parts.settings
        for key, text in self._changes.items():
            if not self._is_said(parts, key):
                settings = adjust.apply(settings, key, text)
        return parts._replace(settings=settings)

    def forget_profile(self, name: str) -> None:
        """Look for the server and the key of a profile again when it is next compared."""
        self._profile_parts.pop(name, None)

    @staticmethod
    def _is_said(parts: Parts, key: str) -> bool:
        """Whether a profile says something of a setting; a model goes with its server."""
        return key == "model" or parts.origins.get(key, "").startswith("profile ")

    def plan_next(self, draft: str = "", attachments: Sequence[Attachment] = ()) -> Plan:
        """Plan the next request, with a draft as the user's next message. Counts what was not counted before."""
        from chatrepl.messages import Role
        from chatrepl.turn import new_message

        path = self.conversation.path()
        if draft or attachments:
            path = (*path, new_message(self.clock, self.conversation.tip, Role.USER, draft, attachments))
        return self.planner.plan(self.conversation, path)

    def preview(self, draft: str = "") -> WireRequest:
        """Return the next request in the shape of the wire, without the key."""
        from chatrepl.exchange import Request

        plan = self.plan_next(draft)
        request = Request(
            model=self.model,
            messages=plan.sent,
            system=plan.system,
            parameters=dict(self.settings.parameters),
            stream=self.settings.stream,
            chat_id=self.conversation.id,
            reserve_tokens=plan.reserve_tokens or None,
        )
        return self.guard.client(self.client, self.conversation.id).wire_request(request)

    def next_cost(self, plan: Plan) -> NextCost:
        """Estimate what the next request costs: itself, with a reply as they are in this chat, and at worst."""
        from chatrepl.spending import next_cost

        return next_cost(plan, self.conversation, self.settings.parameters, self.planner.facts().price)

    def totals(self) -> Totals:
        """Add up what the open chat has used."""
        from chatrepl.spending import totals

        return totals(self.conversation, is_priced=self.planner.facts().price is not None)
