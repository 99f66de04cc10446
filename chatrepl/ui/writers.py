"""Shows a turn to those who have no prompt below it: a pipe, a program, a screen reader, a terminal that can do little.

Each has a writer of its own; ``writer_for`` chooses one, ``follow`` hands the events of a turn to it. The full terminal
has a view of its own, since it draws while the user types.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol, TextIO

from chatrepl.exchange import Notice, ReasoningDelta, RefusalDelta, TextDelta, Waiting
from chatrepl.sanitise import Sanitiser, sanitise
from chatrepl.turn import Cancelled, Completed, Failed, Planned, TurnEvent
from chatrepl.ui.ascii import readable
from chatrepl.ui.thought import ThoughtMeter
from chatrepl.ui.words import Words

if TYPE_CHECKING:
    from chatrepl.environment import Environment
    from chatrepl.messages import ChatId, Usage
    from chatrepl.session import Session
    from chatrepl.settings import ReasoningDisplay
    from chatrepl.ui.reply_view import ReplyView

OutputForm = Literal["text", "json", "stream-json"]
Ending = Completed | Cancelled | Failed
Say = Callable[[str], None]
"""Says a sentence that is not the reply's."""

LONG_THOUGHT_S = 3.0
"""A thought that takes longer is announced to those who see nothing of it."""


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
    omitted = 0
    for event in events:
        match event:
            case TextDelta(text) | RefusalDelta(text):
                writer.text(text)
            case ReasoningDelta(text):
                writer.reasoning(text)
            case Planned(plan) if len(plan.omitted) != omitted:
                omitted = len(plan.omitted)
                noun = "message is" if omitted == 1 else "messages are"
                writer.notice(f"the oldest {omitted} {noun} left out: the window is full")
            case Notice(text):
                writer.notice(text)
            case Waiting(reason, seconds):
                writer.waiting(reason, seconds)
            case Completed() | Cancelled() | Failed():
                writer.ended(event)
                return event
            case _:
                pass
    return None


class Output:
    """A stream that takes any text: what it cannot show is said in other letters."""

    def __init__(self, stream: TextIO, *, is_unicode: bool = True) -> None:
        self._stream = stream
        self.encoding = (stream.encoding or "utf-8") if is_unicode else "ascii"
        self.is_new_line = True
        """Whether what was written ends with its line, or nothing was."""

    def write(self, text: str) -> None:
        """Write at once."""
        if text:
            self.is_new_line = text.endswith("\n")
            self._stream.write(readable(text, self.encoding))
            self._stream.flush()


def output_for(environment: Environment, stream: TextIO) -> Output:
    """Return the output for a stream; a terminal may know fewer letters than the stream that leads to it."""
    is_terminal = (
        environment.stdout_is_terminal if stream is environment.stdout else environment.stderr_is_terminal
    )
    return Output(stream, is_unicode=environment.is_unicode or not is_terminal)


class Aside:
    """Tells of thoughts in words, beside the reply.

    Args:
        write: Takes what is shown of the thoughts themselves.
        say: Takes the line that stands for a thought. None: nobody reads it.
        is_dim: Whether the thoughts may be told from the rest by their look, and need not be announced.
    """

    def __init__(
        self,
        display: ReasoningDisplay,
        monotonic: Callable[[], float],
        write: Callable[[str], None],
        say: Say | None,
        *,
        is_dim: bool = False,
    ) -> None:
        self._display = display
        self._meter = ThoughtMeter(monotonic)
        self._write_plain = write
        self._say = say
        self._is_dim = is_dim
        self._has_announced = False
        self._words = Words()
        self._sanitiser = Sanitiser()

    @property
    def is_open(self) -> bool:
        """Whether a thought goes on."""
        return self._meter.is_open

    def take(self, text: str) -> None:
        """Take a piece of a thought."""
        if self._display == "hide":
            return
        clean = self._sanitiser.feed(text)
        begins = not self._meter.is_open
        if not self._meter.take(clean):
            return
        if begins:
            self._has_announced = False
        if self._display == "show":
            if begins:
                self._words, clean = Words(), clean.lstrip()
            self._announce(is_due=not self._is_dim)
            self._write(self._words.feed(clean))
        else:
            self._announce(is_due=self._meter.seconds >= LONG_THOUGHT_S)

    def _announce(self, *, is_due: bool) -> None:
        if is_due and not self._has_announced and self._say:
            self._has_announced = True
            self._say("thinking")

    def _write(self, text: str) -> None:
        self._write_plain(f"\x1b[2m{text}\x1b[0m" if self._is_dim and text.strip() else text)

    def end(self) -> None:
        """The thought is over, if there was one."""
        if not self._meter.is_open:
            return
        if self._display == "show":
            self._write(self._words.finish())
        said = self._meter.end()
        if self._say:
            self._say(said)


class TextWriter:
    """The reply as it is, for a pipe or a file."""

    def __init__(self, output: Output, say: Say, aside: Aside) -> None:
        self._output = output
        self._say = say
        self._aside = aside
        self._ends_line = True

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
        """Say nothing: nobody waits at a pipe."""

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
        """Say it: nothing else moves on this terminal."""
        self._say(reason + (f", {seconds:.0f} s" if seconds else ""))

    def ended(self, end: Ending) -> None:  # noqa: ARG002 - whoever asked says how it ended
        """Print what is left."""
        self._aside.end()
        self._print(self._view.finish())

    def _print(self, lines: list[str]) -> None:
        self._output.write("".join(f"{line}\n" for line in lines))


class JsonWriter:
    """One JSON object when the reply is over, the same shape whether it went well or not; or also one for each piece."""

    def __init__(self, output: Output, say: Say, chat: Callable[[], ChatId], *, is_stream: bool) -> None:
        self._output = output
        self._say = say
        self._chat = chat
        self._is_stream = is_stream

    def reasoning(self, text: str) -> None:
        """Write it as an object."""
        self._piece("reasoning", text)

    def text(self, text: str) -> None:
        """Write it as an object."""
        self._piece("text", text)

    def notice(self, text: str) -> None:
        """Say it beside the objects."""
        self._say(text)

    def waiting(self, reason: str, seconds: float | None) -> None:
        """Say nothing: a program reads this."""

    def ended(self, end: Ending) -> None:
        """Write the result."""
        self._write(({"type": "result"} if self._is_stream else {}) | _result(end, self._chat()))

    def _piece(self, kind: str, text: str) -> None:
        if self._is_stream:
            self._write({"type": kind, "text": text})

    def _write(self, value: Mapping[str, Any]) -> None:
        is_utf8 = self._output.encoding.lower().replace("-", "") == "utf8"
        line = json.dumps(value, ensure_ascii=not is_utf8)
        self._output.write(line.encode("utf-8", "replace").decode("utf-8") + "\n")


def _result(end: Ending, chat: ChatId) -> dict[str, Any]:
    message = end.message
    meta = message.meta if message else None
    error = end.error if isinstance(end, Failed) else None
    return {
        "chat": chat,
        "state": str(meta.state) if meta else "failed",
        "model": meta.model if meta else None,
        "text": message.text if message else "",
        "reasoning": message.reasoning or None if message else None,
        "finish_reason": meta.finish_reason if meta else None,
        "usage": _usage(meta.usage) if meta and meta.usage else None,
        "cost_usd": str(meta.cost_usd) if meta and meta.cost_usd is not None else None,
        "duration_s": round(meta.duration_s, 3) if meta and meta.duration_s is not None else None,
        "error": {
            "message": error.message,
            "hint": error.hint,
            "status": error.status,
            "code": error.code,
        }
        if error
        else None,
    }


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "cached_tokens": usage.cached_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "is_estimated": usage.is_estimated,
    }


def writer_for(session: Session, environment: Environment, form: OutputForm) -> ReplyWriter:
    """Choose the writer for a single answer on standard output, with all talk on standard error."""
    out = output_for(environment, environment.stdout)
    talk = output_for(environment, environment.stderr)

    def say(text: str) -> None:
        talk.write(f"chatrepl: {sanitise(text)}\n")

    if form != "text":
        return JsonWriter(out, say, lambda: session.conversation.id, is_stream=form == "stream-json")
    terminal, monotonic = session.settings.terminal, session.clock.monotonic
    aside = Aside(
        terminal.reasoning,
        monotonic,
        talk.write,
        say if environment.stderr_is_terminal else None,
        is_dim=environment.stderr_is_terminal and not (environment.is_dumb or terminal.plain),
    )
    if not environment.stdout_is_terminal:
        return TextWriter(out, say, aside)
    if environment.is_dumb or terminal.plain:
        return WordsWriter(out, say, aside)
    from chatrepl.ui.look import renderer_for
    from chatrepl.ui.reply_view import ReplyView

    view = ReplyView(renderer_for(environment, terminal.code_theme), "hide", monotonic)
    return MarkdownWriter(out, say, aside, view)


def plain_writer(session: Session, out: Output, say: Say) -> WordsWriter:
    """Return the writer for a chat line by line, with all talk between the lines."""
    aside = Aside(session.settings.terminal.reasoning, session.clock.monotonic, out.write, say)
    return WordsWriter(out, say, aside)
