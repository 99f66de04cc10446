"""The first run: at most three questions, from which a way to a model comes. Nothing is written here.

Which provider, server or model on this machine; its key, and where that is kept; which of its models. Enter takes what
stands in brackets, and whoever leaves has changed nothing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from chatrepl.errors import ApiError, AuthError, ChatreplError
from chatrepl.sanitise import sanitise_line
from chatrepl.ui.asking import Asker, Place

LISTED_MODELS = 10
NOT_FOR_CHATS = re.compile(
    r"embed|whisper|tts|moderation|dall-e|image|audio|realtime|transcribe|rerank|davinci|babbage|sora|guard|ocr",
    re.IGNORECASE,
)
"""Names of models that cannot chat; they are listed last and never proposed."""


@dataclass(frozen=True, slots=True)
class Way:
    """Something that could answer."""

    label: str
    """How it is listed."""
    name: str = ""
    """What may be typed for it. Empty: only its number."""
    provider: str | None = None
    """Its name in the configuration. None: it has only an address."""
    base_url: str | None = None
    """None: it is asked for, or it has none."""
    variable: str = "OPENAI_API_KEY"
    """The usual variable of its key."""
    needs_key: bool = False
    is_local: bool = False
    """Whether it is the embedded model."""
    best_model: str = ""
    """What is proposed where the server lists it."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was typed, or the variable that holds it."""

    text: str = field(repr=False)
    kept: str
    """Where: the name of a ``Place``."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the answers come to."""

    way: Way
    base_url: str | None = None
    key: NewKey | None = None
    """None: there is one already, or none is needed."""
    model: str | None = None
    """None: the server's own choice."""
    missing_variable: str = ""
    """The variable that still has to be set. Empty: nothing is missing."""


class World(Protocol):
    """What the questions need to know."""

    ways: Sequence[Way]
    """The first is proposed."""
    places: Sequence[Place]
    """Where keys can be kept; the first is proposed."""

    def known_key(self, way: Way) -> str | None:
        """Return a sentence about the key that is there already. None: there is none."""
        ...

    def models(self, base_url: str, key: NewKey | None) -> Sequence[str]:
        """Ask the server for its models, with this key or the one that is there.

        Raises:
            AuthError: the server does not take the key.
            ChatreplError: it cannot be asked, or the key cannot be one.
        """
        ...

    def is_set(self, variable: str) -> bool:
        """Whether a variable has a value."""
        ...

    def address(self, text: str) -> str:
        """Return a base URL that can be used.

        Raises:
            ChatreplError: it cannot, with what to type instead.
        """
        ...


class Welcome:
    """Asks the questions."""

    def __init__(self, asker: Asker, world: World) -> None:
        self._asker = asker
        self._world = world

    def run(self) -> Chosen:
        """Ask, and return what was chosen.

        Raises:
            LeftError: the person left.
        """
        way, base_url = self._ask_way()
        if way.is_local:
            return Chosen(way)
        key, missing, models = self._ask_key(way, base_url)
        return Chosen(way, base_url, key, self._ask_model(way, models), missing)

    # Who answers.

    def _ask_way(self) -> tuple[Way, str]:
        ways = self._world.ways
        width = len(str(len(ways)))
        self._asker.say("Who shall answer? A number, a name, or the address of another server.\n")
        self._asker.say(
            "\n".join(f"  {number:>{width}}  {way.label}" for number, way in enumerate(ways, start=1))
        )
        while True:
            said = self._asker.ask(
                "\nAnswers [1]: ",
                [way.name for way in ways if way.name],
            )
            try:
                way = self._way(said or "1")
            except ChatreplError as error:
                self._complain(error)
                continue
            if way is not None:
                return way, way.base_url or ""
            self._asker.say(f"'{said}' is none of them.")

    def _way(self, said: str) -> Way | None:
        ways = self._world.ways
        if said.isdecimal():
            return ways[int(said) - 1] if 1 <= int(said) <= len(ways) else None
        if "/" in said or ":" in said:
            base_url = self._world.address(said)
            known = next((way for way in ways if way.base_url == base_url), None)
            return known or Way(base_url, base_url=base_url)
        begun = [way for way in ways if way.name and way.name.startswith(said.lower())]
        exact = [way for way in begun if way.name == said.lower()]
        return exact[0] if exact else begun[0] if len(begun) == 1 else None

    # The key.

    def _ask_key(self, way: Way, base_url: str) -> tuple[NewKey | None, str, Sequence[str]]:
        """Return the key, the variable that is not set yet, and the models that the server lists."""
        if not way.needs_key:
            try:
                return None, "", self._world.models(base_url, None)
            except AuthError:
                self._asker.say("This server wants a key.")
            except ChatreplError as error:
                self._complain(error, "It is kept all the same; its models are not known now.")
                return None, "", ()
        known = self._world.known_key(way)
        refused: list[NewKey | None] = []
        while True:
            key = self._typed_key(way, known, refused)
            if key is not None and key.kept == "variable" and not self._world.is_set(key.text):
                self._asker.say(f"{key.text} is not set yet.")
                return key, key.text, ()
            try:
                return key, "", self._world.models(base_url, key)
            except AuthError as error:
                if key in refused:
                    return key, "", ()
                self._complain(error, "Type it again, or Enter to keep it all the same.")
                refused.append(key)
            except ApiError as error:
                self._complain(error, "The key is kept without having been tried.")
                return key, "", ()
            except ChatreplError as error:  # it cannot be a key
                self._complain(error)

    def _typed_key(self, way: Way, known: str | None, refused: Sequence[NewKey | None]) -> NewKey | None:
        """Ask for the key; on Enter it is the one that is there, the one typed before, or that of the usual variable."""
        default = known or f"{way.variable}, which you set yourself"
        if refused:
            default = "the one from before"
        while True:
            self._asker.say(f"\nThe key for {way.name or way.label}. Enter: {default}.")
            typed, place = self._asker.ask_key("Key: ", self._world.places)
            if not typed:
                if refused:
                    return refused[-1]
                return None if known else NewKey(way.variable, "variable")
            if place.is_secret or re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", typed):
                return NewKey(typed, place.name)
            self._asker.say("That cannot be the name of a variable: letters, digits and _ only.")

    # The model.

    def _ask_model(self, way: Way, listed: Sequence[str]) -> str | None:
        models = sorted(listed, key=lambda name: bool(NOT_FOR_CHATS.search(name)))
        if way.best_model in models:
            models.remove(way.best_model)
            models.insert(0, way.best_model)
        if len(models) == 1:
            return models[0]
        shown = models[:LISTED_MODELS]
        self._asker.say("\nWhich model? A number, or a part of its name.\n")
        if shown:
            width = len(str(len(shown)))
            lines = [
                f"  {number:>{width}}  {sanitise_line(name)}" for number, name in enumerate(shown, start=1)
            ]
            more = len(models) - len(shown)
            self._asker.say("\n".join([*lines, *([f"  {more} more"] if more else [])]))
        default = sanitise_line(models[0]) if models else "the server's own choice"
        insisted = ""
        while True:
            said = self._asker.ask(f"\nModel [{default}]: ", models)
            if not said:
                return models[0] if models else None
            name = _model(said, models, shown)
            if name is not None or not models or said == insisted:
                return name or said
            insisted = said
            self._asker.say(_near(said, models))

    def _complain(self, error: ChatreplError, then: str = "") -> None:
        self._asker.say("\n".join(filter(None, (error.message, error.hint, then))))


def _model(said: str, models: Sequence[str], shown: Sequence[str]) -> str | None:
    """Return the model that is meant. None: none is, or more than one."""
    if said in models:
        return said
    if said.isdecimal() and 1 <= int(said) <= len(shown):
        return shown[int(said) - 1]
    fitting = [name for name in models if said.lower() in name.lower()]
    return fitting[0] if len(fitting) == 1 else None


def _near(said: str, models: Sequence[str]) -> str:
    fitting = [name for name in models if said.lower() in name.lower()]
    near = fitting[:5] or difflib.get_close_matches(said, models, 3, 0.3)
    listed = f" Near: {', '.join(map(sanitise_line, near))}." if near else ""
    what = "fits several models" if fitting else "is none of its models"
    return f"'{said}' {what}.{listed} Enter the same again to take it as it is."
