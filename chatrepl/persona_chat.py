"""The open chat with the persona it is held with. Loads nothing of personas until there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from chatrepl.errors import ConfigError, UsageError
from chatrepl.open_chat import OpenChat

if TYPE_CHECKING:
    from chatrepl.conversation import Conversation
    from chatrepl.persona_choice import PersonaChoice
    from chatrepl.personas import Choice, Used
    from chatrepl.planner import ModelPlanner
    from chatrepl.settings import Settings
    from chatrepl.shelves import OwnTexts


class Held(NamedTuple):
    """The value of a setting, as it can be put back."""

    value: Any
    origin: str | None
    """None: it is the default."""
    typed: str | None
    """As ``/set`` gave it. None: it did not."""


class PersonaChat(OpenChat):
    """An open chat that a persona may lead, whose parameters stand above the settings for so long."""

    settings: Settings
    origins: dict[str, str]
    """Where the settings came from that are not defaults, by key."""
    firm: frozenset[str]
    """Settings that no chat that is opened changes."""
    _planner: ModelPlanner | None

    def __init__(self) -> None:
        super().__init__()
        self._changes: dict[str, str] = {}
        """What ``/set`` has changed, by key, as it was typed."""
        self._find_own_texts: Callable[[], OwnTexts] | None = None
        self._own_texts: OwnTexts | None = None
        self._personas: PersonaChoice | None = None

    @property
    def _first_system(self) -> str | None:
        return self.settings.system if self.persona is None else self.persona.system

    def write_clipboard(self, text: str) -> str | None:
        """Put a text on the clipboard of this machine; returns the program that did it. None: none here can."""
        return self.own_texts.write_clipboard(text) if self._find_own_texts is not None else None

    @property
    def own_texts(self) -> OwnTexts:
        """Personas, prompt files and the clipboard.

        Raises:
            UsageError: there are none here.
        """
        if self._find_own_texts is None:
            raise UsageError("There are no personas and prompt files here.")
        if self._own_texts is None:
            self._own_texts = self._find_own_texts()
        return self._own_texts

    @property
    def personas(self) -> PersonaChoice:
        """Finds personas, and knows the one in use."""
        with self._lock:
            if self._personas is None:
                from chatrepl.persona_choice import PersonaChoice

                self._personas = PersonaChoice(self, self.own_texts.personas)
            return self._personas

    @property
    def persona(self) -> Used | None:
        """The persona in use. None: none is."""
        return self._personas.used if self._personas is not None else None

    def _use_first_persona(self, choice: Choice, origin: str) -> None:
        try:
            self.use_persona(choice.spec, choice.firm)
        except UsageError as error:
            message = f"{error.message.removesuffix('.')} ({origin})."
            raise ConfigError(message, hint=error.hint, key="persona") from None

    def use_persona(self, spec: str | None, firm: frozenset[str] = frozenset()) -> None:
        """Go on with a persona, ``NAME key=value …``, until another or none is used. None: the settings' system prompt.

        Args:
            spec: Which one.
            firm: Settings that it leaves as they are.

        Raises:
            ChatreplError: it cannot be had; then nothing has changed.
        """
        if spec is None:
            self.set_system(self.settings.system)
        else:
            self.personas.use(self.personas.fill(spec), firm)

    def set_system(self, system: str | None) -> None:
        """Change the system prompt of the open chat; a persona that was in use is so no more."""
        super().set_system(system)
        if self._personas is not None:
            self._personas.leave()

    def _opened(self, chat: Conversation) -> None:
        if self._personas is not None or (chat.system and self._find_own_texts is not None):
            self.personas.follow(chat.system)

    def swap_parameter(self, key: str, held: Held) -> Held:
        """Put a value into a parameter, and return what it was."""
        from chatrepl import adjust

        with self._lock:
            before = Held(adjust.value_of(self.settings, key), self.origins.get(key), self._changes.get(key))
            self.settings = adjust.with_value(self.settings, key, held.value)
            for kept, value in ((self.origins, held.origin), (self._changes, held.typed)):
                kept.pop(key, None)
                if value is not None:
                    kept[key] = value
            if self._planner is not None:
                self._planner.use_settings(self.settings)
        return before
