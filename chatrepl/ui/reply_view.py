"""Shows one reply: takes its pieces and gives back lines to print once, and a tail that may still change."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal

from chatrepl.attachments import described
from chatrepl.messages import Message, ReasoningPart, RefusalPart, TextPart
from chatrepl.sanitise import Sanitiser, sanitise, sanitise_line
from chatrepl.settings import ReasoningDisplay
from chatrepl.ui.ascii import readable
from chatrepl.ui.endings import ending as ending  # noqa: PLC0414 - said below a reply
from chatrepl.ui.markdown import BlockRenderer
from chatrepl.ui.stream import MarkdownStream
from chatrepl.ui.thought import ThoughtMeter
from chatrepl.ui.thought_rows import ThoughtRows

REFUSED = "(refused)"
"""Stands before what the model said instead of an answer."""
MOST_ATTACHMENTS = 5
MOST_PICTURES = 3
_FENCE = re.compile(r"^[ \t>*+\-\d.)]{0,40}(`{3,}(?=[^`\n]*$)|~{3,})(.*)$", re.MULTILINE)
SLICE_CHARS = 2048
"""As much of a stored text is drawn at once."""
_LINE_CHARS = 200
"""So much of a line shows whether it is a fence."""


class ReplyView:
    """A reply on its way to the screen: what the model thinks, what it says, and again if it does so again.

    Work depends on what is new. Everything is sanitised here, and said in ASCII where the terminal knows no more.

    Args:
        renderer: Draws at the width of the terminal; a new one for every reply.
        reasoning: Whether reasoning is shown, folded to one line, or hidden.
        monotonic: Seconds from some point in the past. None: the reply is an old one.
        reasoning_tokens: What the server counted. None: not known, or not yet.
    """

    def __init__(
        self,
        renderer: BlockRenderer,
        reasoning: ReasoningDisplay,
        monotonic: Callable[[], float] | None,
        reasoning_tokens: int | None = None,
    ) -> None:
        self._renderer = renderer
        self._display = reasoning
        self._stream = MarkdownStream(renderer)
        self._text_sanitiser = Sanitiser()
        self._reasoning_sanitiser = Sanitiser()
        self._thought = ThoughtMeter(monotonic, reasoning_tokens)
        self._rows = ThoughtRows(renderer.columns)
        self._blanks: list[str] = []
        """Blank text that came during a thought: it may be a part of the answer, or of nothing."""
        self._fences = _Fences()
        self._folded: list[str] = []
        """What stands for thoughts inside a block of code; it is printed behind that."""
        self._lines: list[str] = []
        self._last: Literal["", "text", "thought"] = ""
        """What was printed last. Empty: nothing."""
        self._ends_blank = False
        self._repeats = False
        self._has_text = False
        self._is_refusal = False

    def go_on_from(self, text: str) -> None:
        """Take what an unfinished reply holds already; its last block is printed again, with what comes. May be repeated."""
        self._feed(self._text_sanitiser.feed(text))
        self._stream.take_lines()
        self._repeats = True

    def reasoning(self, text: str) -> None:
        """Take a piece of what the model thinks."""
        clean = self._said(self._reasoning_sanitiser.feed(text))
        if not self._thought.is_open:
            if not clean.strip():
                return
            self._pause_text()
            self._rows = ThoughtRows(self._renderer.columns)
        self._thought.take(clean)
        if self._display == "hide":
            return
        self._rows.feed(clean)
        rows = self._rows.take()
        if self._display == "show":
            self._print_thought(rows)

    def text(self, text: str) -> None:
        """Take a piece of the answer."""
        self._feed(self._text_sanitiser.feed(text))

    def refusal(self, text: str) -> None:
        """Take a piece of a refusal."""
        if not self._is_refusal:
            self._is_refusal = True
            self._end_thought()
            self._pause_text()
            self._print([self._renderer.styled(REFUSED, "chat.warning")], "text")
        self.text(text)

    def take_lines(self) -> list[str]:
        """Return the lines that are finished since the last call."""
        if not self._thought.is_open:
            self._print(self._stream.take_lines(), "text")
        lines, self._lines = self._lines, []
        return lines

    def finish(self) -> list[str]:
        """Return all lines that are left."""
        self._feed(self._text_sanitiser.flush())
        self._end_thought()
        self._print(self._stream.take_lines(final=True), "text")
        self._print_folded()
        lines, self._lines = self._lines, []
        return lines

    def tail(self, limit_rows: int) -> list[str]:
        """Return what is still open, in at most ``limit_rows`` rows, with the blank row before it if one is due."""
        if not self._thought.is_open:
            lines = self._stream.tail_lines(limit_rows)
            if lines and lines[0] and self._last == "thought":
                lines = ["", *lines]
            return lines[-limit_rows:] if limit_rows > 0 else []
        if self._display == "hide" or limit_rows <= 0:
            return []
        rows = self._rows.last(limit_rows, is_open=self._display == "show")
        lines = [self._dim(row) for row in rows]
        if self._last == "text" and not self._ends_blank and lines:
            lines = ["", *lines]
        return lines[-limit_rows:]

    def resize(self, columns: int, rows: int) -> None:
        """Draw what comes for another size of the terminal."""
        self._stream.resize(columns, rows)
        self._rows.resize(columns)

    def _said(self, text: str) -> str:
        return text if self._renderer.look.is_unicode else readable(text, "ascii")

    def _dim(self, row: str) -> str:
        return self._renderer.styled(row, "chat.reasoning")

    def _feed(self, text: str) -> None:
        text = self._said(text)
        if self._thought.is_open:
            if not text.strip():
                self._blanks.append(text)
                return
            self._end_thought()
            text = "".join((*self._blanks, text))
            self._blanks = []
        if not self._has_text:
            text = text.lstrip("\n")
            self._has_text = bool(text)
        self._fences.feed(text)
        self._stream.feed(text)

    def _pause_text(self) -> None:
        """Print the answer so far, since something else comes in between; code is not cut in two."""
        if not self._has_text:
            return
        if not self._fences.is_open:
            self._fences.feed("\n\n")
            self._stream.feed("\n\n")
        self._print(self._stream.take_lines(), "text")

    def _end_thought(self) -> None:
        if not self._thought.is_open:
            return
        said = self._thought.end()
        if self._display == "hide":
            return
        rest = self._rows.finish()
        if self._display == "show":
            self._print_thought(rest)
        self._folded.append(self._renderer.styled(said, "chat.label"))
        if not self._fences.is_open:
            self._print_folded()

    def _print_folded(self) -> None:
        folded, self._folded = self._folded, []
        for line in folded:
            self._print([line], "thought")

    def _print_thought(self, rows: list[str]) -> None:
        self._print([self._dim(row) for row in rows], "thought")

    def _print(self, lines: list[str], kind: Literal["text", "thought"]) -> None:
        """Print lines, with a blank one between what is said and what is thought."""
        if not lines:
            return
        if self._repeats and not lines[0]:
            lines = lines[1:]
        elif self._last not in {"", kind} and lines[0] and not self._ends_blank:
            lines = ["", *lines]
        self._repeats = False
        self._lines += lines
        if lines:
            self._last, self._ends_blank = kind, not lines[-1]
        if kind == "text" and self._folded and not self._fences.is_open:
            self._print_folded()


class _Fences:
    """Knows whether a text that comes in pieces stands inside a fenced block of code."""

    def __init__(self) -> None:
        self._line = ""
        """The beginning of the line that is not complete."""
        self._mark = ""

    @property
    def is_open(self) -> bool:
        """Whether the text so far ends inside a block."""
        return bool(self._mark)

    def feed(self, text: str) -> None:
        """Take the next piece."""
        whole = self._line + text
        end = whole.rfind("\n") + 1
        if end:
            self._line = whole[end : end + _LINE_CHARS]
            for match in _FENCE.finditer(whole, 0, end - 1):
                self._take(match[1], match[2])
        elif len(self._line) < _LINE_CHARS:
            self._line = whole[:_LINE_CHARS]

    def _take(self, mark: str, rest: str) -> None:
        if not self._mark:
            self._mark = mark
        elif mark[0] == self._mark[0] and len(mark) >= len(self._mark) and not rest.strip():
            self._mark = ""


def whole_reply(renderer: BlockRenderer, message: Message, reasoning: ReasoningDisplay = "fold") -> list[str]:
    """Draw a stored message as it was drawn when it came. How long its thoughts took is not stored."""
    lines = [line for some in reply_slices(renderer, message, reasoning) for line in some]
    said = ending(message)
    if said:
        lines += [*([""] if lines else []), *renderer.wrapped(said, "chat.warning")]
    return lines


def reply_slices(
    renderer: BlockRenderer, message: Message, reasoning: ReasoningDisplay = "fold"
) -> Iterator[list[str]]:
    """Yield the lines of a stored message a few at a time, so that keys need not wait for a long one."""
    view = ReplyView(renderer, reasoning, None, _reasoning_tokens(message))
    for part in message.parts:
        if not isinstance(part, (ReasoningPart, RefusalPart, TextPart)):
            continue
        for start in range(0, len(part.text), SLICE_CHARS):
            text = part.text[start : start + SLICE_CHARS]
            if isinstance(part, ReasoningPart):
                view.reasoning(text)
            elif isinstance(part, RefusalPart):
                view.refusal(text)
            else:
                view.text(text)
            yield view.take_lines()
    yield view.finish()


def sample_lines(renderer: BlockRenderer, text: str) -> list[str]:
    """Draw Markdown of our own as a reply is drawn."""
    view = ReplyView(renderer, "hide", None)
    view.text(text)
    return [*view.take_lines(), *view.finish()]


def thought_lines(renderer: BlockRenderer, text: str) -> list[str]:
    """Draw what a model thought, in full."""
    rows = ThoughtRows(renderer.columns)
    clean = sanitise(text)
    rows.feed(clean if renderer.look.is_unicode else readable(clean, "ascii"))
    return [renderer.styled(row, "chat.reasoning") for row in rows.finish()]


def _reasoning_tokens(message: Message) -> int | None:
    """Return what the server counted for the only thought of a message. None: it did not, or there are several."""
    usage = message.meta.usage
    thoughts = sum(isinstance(part, ReasoningPart) for part in message.parts)
    return (usage.reasoning_tokens or None) if usage and not usage.is_estimated and thoughts == 1 else None


def message_lines(renderer: BlockRenderer, message: Message) -> list[str]:
    """Draw a message of the user, and what goes with it."""
    lines = user_lines(renderer, message.text)
    attachments = message.attachments
    shown = [sanitise_line(described(part)) for part in attachments[:MOST_ATTACHMENTS]]
    if len(attachments) > MOST_ATTACHMENTS:
        shown.append(f"{len(attachments) - MOST_ATTACHMENTS} more")
    for text in shown:
        said = text if renderer.look.is_unicode else readable(text, "ascii")
        lines.append(renderer.styled(f"  + {said}", "chat.label"))
    if renderer.look.pictures is not None:
        from chatrepl.ui.pictures import picture_lines

        for image in message.images[:MOST_PICTURES]:
            lines += picture_lines(image, renderer.look.pictures, renderer.columns, renderer.rows)
    return lines


def user_lines(renderer: BlockRenderer, text: str, limit_rows: int = 40) -> list[str]:
    """Draw what the user sent, with the sign of the prompt; a long text is shown with its middle left out."""
    dots = "\u2026" if renderer.look.is_unicode else "..."
    clean = sanitise(text)
    rows = (clean if renderer.look.is_unicode else readable(clean, "ascii")).split("\n")
    if len(rows) > limit_rows:
        half = limit_rows // 2
        rows = [*rows[:half], f"{dots} {len(rows) - 2 * half} lines more {dots}", *rows[-half:]]
    shown = [
        row
        if len(row) <= 2000
        else f"{row[:1000]} {dots} {len(row) - 2000} characters more {dots} {row[-1000:]}"
        for row in rows
    ]
    return [
        renderer.styled(("> " if index == 0 else "  ") + row, "chat.user") for index, row in enumerate(shown)
    ]
