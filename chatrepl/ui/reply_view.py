"""Shows one turn: takes its events and gives back lines to print once, and a tail that may still change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from chatrepl.context.tokens import estimate_tokens
from chatrepl.exchange import explain_finish
from chatrepl.messages import Message, ReplyState
from chatrepl.sanitise import Sanitiser
from chatrepl.ui.markdown import BlockRenderer
from chatrepl.ui.stream import MarkdownStream


class ReplyView:
    """A reply on its way to the screen: first its reasoning, then its text.

    Args:
        renderer: Draws at the width of the terminal; a new one for every reply.
        reasoning: Whether reasoning is shown, folded to one line, or hidden.
        monotonic: Seconds from some point in the past.
    """

    def __init__(
        self,
        renderer: BlockRenderer,
        reasoning: Literal["show", "fold", "hide"],
        monotonic: Callable[[], float],
    ) -> None:
        self._renderer = renderer
        self._display = reasoning
        self._monotonic = monotonic
        self._stream = MarkdownStream(renderer)
        self._text_sanitiser = Sanitiser()
        self._reasoning_sanitiser = Sanitiser()
        self._open_reasoning = ""
        self._thinking_since: float | None = None
        self._thought_tokens = 0
        self._has_lines = False

    def reasoning(self, text: str) -> None:
        """Take a piece of what the model thinks."""
        if self._thinking_since is None:
            self._thinking_since = self._monotonic()
        self._thought_tokens += estimate_tokens(text)
        if self._display != "hide":
            self._open_reasoning += self._reasoning_sanitiser.feed(text)

    def text(self, text: str) -> None:
        """Take a piece of the answer, or of a refusal."""
        self._stream.feed(self._text_sanitiser.feed(text))

    def take_lines(self, *, has_answer: bool) -> list[str]:
        """Return the lines that are finished. ``has_answer``: the answer has begun, so the thinking is over."""
        lines: list[str] = []
        if self._display == "show" and not has_answer:
            *done, self._open_reasoning = self._open_reasoning.split("\n")
            lines += [self._dim(line) for line in done]
        if has_answer:
            lines += self._end_reasoning()
            lines += self._stream.take_lines()
        self._has_lines = self._has_lines or bool(lines)
        return lines

    def finish(self) -> list[str]:
        """Return all lines that are left."""
        self._stream.feed(self._text_sanitiser.flush())
        lines = self._end_reasoning() + self._stream.take_lines(final=True)
        self._has_lines = self._has_lines or bool(lines)
        return lines

    def tail(self, limit_rows: int) -> list[str]:
        """Return what is still open, in at most ``limit_rows`` rows."""
        if self._thinking_since is not None:
            width = max(1, self._renderer.columns - 1)
            rows = [
                line[i : i + width]
                for line in self._open_reasoning[-width * limit_rows :].split("\n")
                for i in range(0, max(1, len(line)), width)
            ]
            return [self._dim(row) for row in rows[-limit_rows:]] if any(rows) else []
        return self._stream.tail_lines(limit_rows)

    def resize(self, columns: int, rows: int) -> None:
        """Draw what comes for another size of the terminal."""
        self._stream.resize(columns, rows)

    def _dim(self, line: str) -> str:
        return self._renderer.styled(line, "chat.reasoning")

    def _end_reasoning(self) -> list[str]:
        if self._thinking_since is None:
            return []
        seconds = self._monotonic() - self._thinking_since
        self._thinking_since = None
        lines = [self._dim(self._open_reasoning)] if self._display == "show" and self._open_reasoning else []
        self._open_reasoning = ""
        return [
            *lines,
            self._renderer.styled(
                f"thought for {seconds:.0f} s, ~{self._thought_tokens} tokens", "chat.label"
            ),
            "",
        ]


def ending(message: Message) -> str | None:
    """Say how a reply ended, where that is not the ordinary way. None: it is."""
    match message.meta.state:
        case ReplyState.COMPLETE:
            return explain_finish(message.meta.finish_reason)
        case ReplyState.INTERRUPTED:
            return "interrupted; /continue asks for the rest, /retry asks again"
        case ReplyState.FAILED:
            rest = "/continue asks for the rest, /retry asks again" if message.text else "/retry asks again"
            return f"failed: {message.meta.error or 'unknown reason'} {rest}"
        case ReplyState.STREAMING:
            return "still arriving in another terminal"
        case None:
            return None


def whole_reply(renderer: BlockRenderer, message: Message) -> list[str]:
    """Draw a stored message as it was drawn when it came."""
    stream = MarkdownStream(renderer)
    sanitiser = Sanitiser()
    stream.feed(sanitiser.feed(message.text) + sanitiser.flush())
    lines = stream.take_lines(final=True)
    said = ending(message)
    if said:
        lines += ["", renderer.styled(said, "chat.warning")]
    return lines


def user_lines(renderer: BlockRenderer, text: str, limit_rows: int = 40) -> list[str]:
    """Draw what the user sent, with the sign of the prompt; a long text is shown with its middle left out."""
    sanitiser = Sanitiser()
    rows = (sanitiser.feed(text) + sanitiser.flush()).split("\n")
    if len(rows) > limit_rows:
        half = limit_rows // 2
        rows = [*rows[:half], f"… {len(rows) - 2 * half} lines more …", *rows[-half:]]
    shown = [
        row if len(row) <= 2000 else f"{row[:1000]} … {len(row) - 2000} characters more … {row[-1000:]}"
        for row in rows
    ]
    return [
        renderer.styled(("> " if index == 0 else "  ") + row, "chat.user") for index, row in enumerate(shown)
    ]
