"""The persona in use: puts its system prompt into the chat and its parameters over the settings, and takes them back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from chatrepl import personas
from chatrepl.errors import ChatreplError
from chatrepl.personas import Persona, Used

if TYPE_CHECKING:
    from chatrepl.persona_chat import Held, PersonaChat
    from chatrepl.shelves import Shelf


class PersonaChoice:
    """Which persona a session uses.

    Args:
        session: Whose chat and settings it changes.
        shelf: Where personas are found.
    """

    def __init__(self, session: PersonaChat, shelf: Shelf) -> None:
        self._session = session
        self._shelf = shelf
        self.used: Used | None = None
        """None: none is."""
        self._before: dict[str, Held] = {}
        """What its parameters took the place of."""

    # Finding.

    def find(self, name: str) -> Persona:
        """Return a persona.

        Raises:
            UsageError: there is none of that name; the hint has the nearest.
            ChatreplError: its file cannot be used.
        """
        source = self._shelf.find(name)
        if source is None:
            raise personas.unknown(name, self._shelf.names())
        return personas.read(source.name, source.content, source.shown, is_own=source.is_own)

    def listed(self) -> list[tuple[str, Persona | ChatreplError]]:
        """Return all personas by name; in the place of one whose file is wrong, what is wrong with it."""
        found: list[tuple[str, Persona | ChatreplError]] = []
        for name in self._shelf.names():
            try:
                found.append((name, self.find(name)))
            except ChatreplError as error:
                found.append((name, error))
        return found

    def fill(self, spec: str) -> Used:
        """Return a persona with its variables filled in, from ``NAME key=value …``.

        Raises:
            ChatreplError: there is none, its file is wrong, or a value is missing or too much.
        """
        name, given = personas.parse_spec(spec)
        return self._filled(self.find(name), given)

    def _filled(self, persona: Persona, given: Mapping[str, str]) -> Used:
        now = self._session.clock.now().astimezone()
        return personas.fill(persona, given, {"date": f"{now:%Y-%m-%d}", "time": f"{now:%H:%M}"})

    # Changing.

    def use(self, used: Used, firm: frozenset[str] = frozenset()) -> None:
        """Go on with a persona, in the open chat and those that are begun later.

        Args:
            used: Which one.
            firm: Settings that it leaves as they are.
        """
        self._session.set_system(used.system)  # ends the one before
        self._put(used, {f"parameters.{name}" for name in used.persona.parameters} - firm)

    def leave(self) -> None:
        """Use none any more: what its parameters took the place of comes back; the chat keeps its system prompt."""
        self.suspend()
        self.used = None

    def follow(self, system: str | None) -> None:
        """Use the persona that a chat was held with, which is known by its system prompt. None where it is nobody's.

        Nobody has asked for it just now, so what was said for this run stands above its parameters.
        """
        if self.used is not None and self.used.system == system:
            return
        self.leave()
        found = self._recognised(system) if system else None
        if found is not None:
            firm = self._session.firm | {
                key for key, origin in self._session.origins.items() if origin == "/set"
            }
            self._put(found, {f"parameters.{name}" for name in found.persona.parameters} - firm)

    def _recognised(self, system: str) -> Used | None:
        best: tuple[int, Used | None] = (0, None)
        for _, persona in self.listed():
            if not isinstance(persona, Persona):
                continue
            values = personas.recognise(persona, system)
            if values is None or persona.missing(values):
                continue
            said_chars = sum(len(piece) for piece in persona.system if isinstance(piece, str))
            if said_chars > best[0]:
                best = said_chars, self._filled(persona, values)._replace(system=system)
        return best[1]

    def suspend(self) -> frozenset[str]:
        """Take its parameters back for now; returns those that were in force, for ``resume``."""
        name = self._origin
        keys = frozenset(key for key in self._before if self._session.origins.get(key) == name)
        for key in keys:
            self._session.swap_parameter(key, self._before[key])
        self._before = {}
        return keys

    def resume(self, keys: frozenset[str]) -> None:
        """Put the parameters back that ``suspend`` took."""
        if self.used is not None:
            self._put(self.used, keys)

    @property
    def _origin(self) -> str:
        return f"persona {self.used.persona.name}" if self.used is not None else ""

    def _put(self, used: Used, keys: set[str] | frozenset[str]) -> None:
        from chatrepl.persona_chat import Held

        self.used = used
        for name, value in used.persona.parameters.items():
            key = f"parameters.{name}"
            if key in keys:
                self._before[key] = self._session.swap_parameter(key, Held(value, self._origin, None))
