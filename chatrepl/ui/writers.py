"""Shows a turn to those who have no prompt below it: a pipe, a program, a screen reader, a terminal that can do little.

Each has a writer of its own; ``writer_for`` chooses one, ``follow`` hands the events of a turn to it. The full terminal
has a view of its own, since it draws while the user types.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal, Protocol

from chatrepl.exchange import Notice, ReasoningDelta, RefusalDelta, Retrying, TextDelta, Waiting
from chatrepl.sanitise import Sanitiser, sanitise
from chatrepl.turn import Cancelled, Completed, Failed, Planned, TurnEvent
from chatrepl.ui.ascii import Output, output_for
from chatrepl.ui.aside import Aside, Cutter, Say
from chatrepl.ui.endings import left_out
from chatrepl.ui.json_writer import JsonWriter
from chatrepl.ui.words import Words

if TYPE_CHECKING:
    from chatrepl.environment import Environment
    from chatrepl.session import Session
    from chatrepl.ui.reply_view import ReplyView

OutputForm = Literal["text", "json", "stream-json"]
Ending = Completed | Cancelled | Failed


class ReplyWriter(Protocol):
    """Shows one reply while it arrives."""

    def reasoning(self, text: str) -> None:
        """Take a piece of what the model thinks."""
        ...

    def text(self, text: str) -> None:
        """Take a piece of the answer, or of a refusal."""
        ...

    def notice(self, text: str) -> None:
        """Take something that the user should know."""
        ...

    def waiting(self, reason: str, seconds: float | None) -> None:
        """Take what holds the reply up, and how long, where that is known."""
        ...

    def ended(self, end: Ending) -> None:
        """Take how the turn ended; nothing comes after it."""
        ...


def follow(events: Iterable[TurnEvent], writer: ReplyWriter) -> Ending | None:
    """Hand all events of a turn to a writer, and return how it ended. None: a defect ended it."""
    for event in events:
        match event:
            case TextDelta(text) | RefusalDelta(text):
                writer.text(text)
            case ReasoningDelta(text):
                writer.reasoning(text)
            case Planned(plan, has_moved=True):
                said = left_out(plan)
                if said:
                    writer.notice(said)
            case Notice(text):
                writer.notice(text)
            case Waiting(reason, seconds):
                writer.waiting(reason, seconds)
            case Retrying(reason, seconds, attempt, limit):
                writer.notice(
                    f"{reason}; trying again in {max(1, math.ceil(seconds))} s ({attempt} of {limit})"
                )
            case Completed() | Cancelled() | Failed():
                writer.ended(event)
                return event
            case _:
                pass
    return None


class TextWriter:
    """The reply as it is, for a pipe or a file."""

    def __init__(self, output: Output, say: Say, aside: Aside) -> None:
        self._output = output
        self._say = say
        self._aside = aside
        self._ends_line = True
        self._has_waited = False

    def reasoning(self, text: str) -> None:
        """Show it beside the reply."""
        self._aside.take(text)

    def text(self, text: str) -> None:
        """Write it as it is."""
        if text.strip():
            self._aside.end()
        self._output.write(text)
        self._ends_line = text.endswith("\n") if text else self._ends_line

    def notice(self, text: str) -> None:
        """Say it beside the reply."""
        self._say(text)

    def waiting(self, reason: str, seconds: float | None) -> None:
        """Say the first wait whose length is known: nobody watches a pipe, but a silent minute needs a reason."""
        if seconds and not self._has_waited:
            self._has_waited = True
            self._say(f"{reason}, {seconds:.0f} s")

    def ended(self, end: Ending) -> None:  # noqa: ARG002 - whoever asked says how it ended
        """End the last line."""
        self._aside.end()
        if not self._ends_line:
            self._output.write("\n")


class WordsWriter:
    """The reply word by word, without a single escape sequence, and what is code said in words.

    For screen readers and terminals that cannot move their cursor. Nothing is ever drawn twice.
    """

    def __init__(self, output: Output, say: Say, aside: Aside) -> None:
        self._output = output
        self._say_below = say
        self._aside = aside
        self._sanitiser = Sanitiser()
        self._words = Words(says_code=True)
        self._has_text = False
        self._reasons: set[str] = set()

    def go_on_from(self, text: str) -> None:
        """Take what an unfinished reply holds already and what is written of it."""
        self._words.feed(sanitise(text))
        self._words.pause()
        self._words.is_new_line = True
        self._has_text = True

    def reasoning(self, text: str) -> None:
        """Tell of it before the answer; what was said before ends its line."""
        if not self._aside.is_open and text.strip():
            self._end_line()
        self._aside.take(text)

    def text(self, text: str) -> None:
        """Write the words that are whole."""
        clean = self._sanitiser.feed(text)
        if clean.strip():
            self._aside.end()
        if not self._has_text:
            clean = clean.lstrip("\n")
            self._has_text = bool(clean)
        self._output.write(self._words.feed(clean))

    def notice(self, text: str) -> None:
        """Say it on a line of its own."""
        self._end_line()
        self._say_below(text)

    def waiting(self, reason: str, seconds: float | None) -> None:
        """Say every reason once."""
        if reason not in self._reasons:
            self._reasons.add(reason)
            self.notice(reason + (f", {seconds:.0f} s" if seconds else ""))

    def ended(self, end: Ending) -> None:  # noqa: ARG002 - whoever asked says how it ended
        """Write what is left."""
        self._aside.end()
        self._output.write(self._words.feed(self._sanitiser.flush()) + self._words.finish())

    def _end_line(self) -> None:
        """Begin a new line, unless the last one has ended. What is open in the text stays open."""
        self._output.write(self._words.pause())


class MarkdownWriter:
    """The reply as rendered Markdown, printed as it is finished."""

    def __init__(self, output: Output, say: Say, aside: Aside, view: ReplyView) -> None:
        self._output = output
        self._say = say
        self._aside = aside
        self._view = view
        self._reasons: set[str] = set()

    def reasoning(self, text: str) -> None:
        """Show it beside the reply."""
        self._aside.take(text)

    def text(self, text: str) -> None:
        """Print the lines that are finished by it."""
        if text.strip():
            self._aside.end()
        self._view.text(text)
        self._print(self._view.take_lines())

    def notice(self, text: str) -> None:
        """Say it between two lines."""
        self._say(text)

    def waiting(self, reason: str, seconds: float | None) -> None:
        """Say it: nothing else moves on this terminal. What is counted down is said once."""
        if not seconds or reason not in self._reasons:
            self._reasons.add(reason)
            self._say(reason + (f", {seconds:.0f} s" if seconds else ""))

    def ended(self, end: Ending) -> None:  # noqa: ARG002 - whoever asked says how it ended
        """Print what is left."""
        self._aside.end()
        self._print(self._view.finish())

    def _print(self, lines: list[str]) -> None:
        self._output.write("".join(f"{line}\n" for line in lines))


def writer_for(session: Session, environment: Environment, form: OutputForm) -> ReplyWriter:
    """Choose the writer for a single answer on standard output, with all talk on standard error."""
    out = output_for(environment, environment.stdout)
    talk = output_for(environment, environment.stderr)

    def say(text: str) -> None:
        talk.write(f"chatrepl: {sanitise(text)}\n")

    if form != "text":
        return JsonWriter(out, say, lambda: session.conversation.id, is_stream=form == "stream-json")
    terminal, monotonic = session.settings.terminal, session.clock.monotonic
    is_poor = environment.is_dumb or terminal.plain
    is_heard = environment.stderr_is_terminal

    def aside(cutter: Callable[[], Cutter] = Words) -> Aside:
        said = say if is_heard else None
        is_dim = is_heard and not is_poor
        return Aside(terminal.reasoning, monotonic, talk.write, said, is_dim=is_dim, cutter=cutter)

    if not environment.stdout_is_terminal:
        return TextWriter(out, say, aside())
    if is_poor:
        return WordsWriter(out, say, aside())
    from chatrepl.ui.look import renderer_for
    from chatrepl.ui.reply_view import ReplyView
    from chatrepl.ui.thought_rows import RowCutter

    view = ReplyView(renderer_for(environment, terminal), "hide", monotonic)
    return MarkdownWriter(out, say, aside(lambda: RowCutter(environment.columns)), view)


def plain_writer(session: Session, out: Output, say: Say) -> WordsWriter:
    """Return the writer for a chat line by line, with all talk between the lines."""
    aside = Aside(session.settings.terminal.reasoning, session.clock.monotonic, out.write, say)
    return WordsWriter(out, say, aside)
