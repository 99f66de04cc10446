"""What a slash command is, and what it answers with. Values; whoever asked decides how to show them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from chatrepl.messages import Attachment, Message, MessageId
from chatrepl.search import Excerpt
from chatrepl.settings import ReasoningDisplay
from chatrepl.turn import Kind

if TYPE_CHECKING:
    from pathlib import Path

    from chatrepl.candidates import Candidate
    from chatrepl.session import Session


@dataclass(frozen=True, slots=True)
class Notice:
    """One or two sentences about what was done, or why not."""

    text: str
    tone: Literal["info", "warning", "error"] = "info"
    hint: str | None = None
    """What to do next. None where nothing is to be done."""


@dataclass(frozen=True, slots=True)
class Text:
    """Text shown exactly as it is, apart from what could drive the terminal."""

    text: str


@dataclass(frozen=True, slots=True)
class Sample:
    """Markdown of our own, drawn as a reply is."""

    text: str


@dataclass(frozen=True, slots=True)
class Prose:
    """Text to be read, broken between words at the width of the terminal."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """What a model thought before a reply, in full."""

    text: str


_AMOUNT = re.compile(r"[~$?\d]")


def are_amounts(cells: Iterable[str]) -> bool:
    """Whether the cells of a column are numbers, which stand under each other at the right."""
    found = [cell for cell in cells if cell]
    return bool(found) and all(_AMOUNT.match(cell) for cell in found)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a title; the last column takes the room that is left."""

    title: str
    rows: tuple[tuple[str, ...], ...]
    header: tuple[str, ...] = ()


class MeterPart(NamedTuple):
    """One part of a whole."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Meter:
    """A whole and its parts, drawn as a bar with a legend; the part called ``free`` is left empty."""

    title: str
    parts: tuple[MeterPart, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """Text for the input line, to be changed and entered by the user."""

    text: str
    notice: str


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages of the chat, to be drawn as if they had just come."""

    messages: tuple[Message, ...]
    omitted_count: int = 0
    """How many stand before these in the chat."""
    notice: str = ""
    """Said after them. Empty: nothing."""
    begins_at: MessageId | None = None
    """The first of them that is sent without gaps; a line is drawn above it. None: nothing older is left out."""
    reasoning: ReasoningDisplay = "fold"
    """What is shown of the replies' reasoning."""
    has_earlier: bool = False
    """Whether messages stand before these, where it is not known how many."""
    versions: Mapping[MessageId, str] = field(default_factory=dict)
    """Of those that stand beside others: which they are, as in ``2/3``."""


class FoundMessage(NamedTuple):
    """A message that a search found."""

    title: str
    """Of its chat."""
    who: str
    when: str
    excerpt: Excerpt


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, numbered, with the words that were asked for marked."""

    messages: tuple[FoundMessage, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """A turn to run now."""

    kind: Kind
    text: str = ""
    has_consent: bool = False
    """Whether the user has confirmed that it may pass a budget."""
    attachments: tuple[Attachment, ...] = ()
    """What goes with the text."""


@dataclass(frozen=True, slots=True)
class Confirm:
    """A question with yes or no; ``then`` runs on yes."""

    question: str
    then: Callable[[], Reply]
    otherwise: Callable[[], Reply] = lambda: Notice("Nothing was done.")
    """Runs on no."""


@dataclass(frozen=True, slots=True)
class Compare:
    """A message to send to several candidates at once."""

    candidates: tuple[Candidate, ...]
    text: str | None
    """The message. None: the last one of the user, again."""
    line: str
    """What the user typed, to be given back where nothing is sent."""
    has_consent: bool = False
    """Whether the user has confirmed that it may pass a budget."""
    attachments: tuple[Attachment, ...] = ()
    """What goes with the message."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop what is arriving, or one candidate of a comparison."""

    number: int | None
    """Which candidate, from 1. None: all that is arriving."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A question whose answer is a number; whoever goes on with something else has not chosen."""

    question: str
    count: int
    """The numbers are 1 to this one, which is at most 9."""
    then: Callable[[int], Reply]


@dataclass(frozen=True, slots=True)
class Clipboard:
    """Text for the clipboard."""

    text: str
    what: str
    """What it is, for the notice: ``reply 3``."""


@dataclass(frozen=True, slots=True)
class ThroughTerminal:
    """Text for the clipboard that no program here can put there: the terminal is asked to."""

    text: str
    what: str


@dataclass(frozen=True, slots=True)
class ClearScreen:
    """Empty what is visible; the scrollback and the chat stay."""


@dataclass(frozen=True, slots=True)
class Quit:
    """End chatrepl."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A list of the chats to choose one from, in which words can be searched for."""

    words: str = ""
    """What is searched for at first."""


@dataclass(frozen=True, slots=True)
class QueueChange:
    """A change to what waits to be sent."""

    kind: Literal["edit", "drop", "clear"]
    number: int = 0
    """Of the message, from 1."""
    text: str = ""
    """Its words, by which it is known that it still waits."""


@dataclass(frozen=True, slots=True)
class RunShell:
    """A command for the user's shell, which the user has confirmed."""

    command: str


@dataclass(frozen=True, slots=True)
class TakeOutput:
    """Put the output of the last shell command into the message."""


@dataclass(frozen=True, slots=True)
class EditFile:
    """A file to be opened in the user's editor."""

    path: Path
    then: Callable[[], Reply]
    """Runs when the editor is closed."""


@dataclass(frozen=True, slots=True)
class Several:
    """More than one answer, in this order."""

    replies: tuple[Reply, ...]


Reply = (
    Notice
    | Text
    | Sample
    | Prose
    | Reasoning
    | Table
    | Meter
    | Messages
    | Draft
    | Found
    | Ask
    | Compare
    | Stop
    | Confirm
    | Choice
    | Clipboard
    | ThroughTerminal
    | ClearScreen
    | Pick
    | EditFile
    | QueueChange
    | Quit
    | RunShell
    | TakeOutput
    | Several
)


def no_completions(_context: Context, _typed: str) -> Iterable[str]:
    """Offer nothing."""
    return ()


@dataclass(frozen=True, slots=True)
class Arg:
    """One argument of a command."""

    name: str
    kind: Literal["word", "number", "path", "rest"] = "word"
    """``rest`` takes all that follows, spaces and line ends included; a path may be quoted."""
    optional: bool = False
    complete: Callable[[Context, str], Iterable[str]] = no_completions
    """Finds values that begin with what was typed, the likeliest first. Quick: it runs while the user types."""


@dataclass(slots=True)
class Context:
    """What a command works with."""

    session: Session
    expand: Callable[[str], Path]
    """Turns what the user wrote into a path."""
    commands: Sequence[Command] = ()
    """All commands, for ``/help``."""
    is_streaming: bool = False
    """Whether a reply is arriving."""
    queued: Sequence[str] = ()
    """The messages that wait to be sent, in their order."""
    is_plain: bool = False
    """Whether lines are read by the terminal itself, which knows few keys."""


Run = Callable[[Context, Mapping[str, Any]], Reply]


def always(_context: Context) -> str | None:
    """Allow a command at any time."""
    return None


def when_idle(context: Context) -> str | None:
    """Allow a command unless a reply is arriving."""
    return "a reply is arriving: Esc stops it" if context.is_streaming else None


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command, declared once: parser, help, completion, ``docs/commands.md`` and tests come from here."""

    name: str
    group: Literal[
        "Chat", "Reply", "Branches", "Library", "Model", "Window", "Money", "Files", "Screen", "Program"
    ]
    summary: str
    """One sentence of at most 70 characters."""
    run: Run
    aliases: tuple[str, ...] = ()
    args: tuple[Arg, ...] = ()
    help: str = ""
    """More than the summary, in Markdown. Empty where there is nothing more to say."""
    when: Callable[[Context], str | None] = always
    """Says why the command cannot run now; None when it can."""
    examples: tuple[str, ...] = field(default=())

    @property
    def usage(self) -> str:
        """Return how it is typed: ``/save [FILE]``."""
        shown = (f"[{arg.name.upper()}]" if arg.optional else arg.name.upper() for arg in self.args)
        return " ".join((f"/{self.name}", *shown))
