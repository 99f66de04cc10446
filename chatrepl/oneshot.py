"""Pipe mode: one turn, its result on stdout, all talk on stderr, the verdict in the exit status."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, Literal

from chatrepl.environment import Environment
from chatrepl.errors import ApiError, ExitStatus
from chatrepl.exchange import Notice, ReasoningDelta, RefusalDelta, TextDelta, Waiting, explain_finish
from chatrepl.messages import Message, Usage
from chatrepl.sanitise import Sanitiser, sanitise
from chatrepl.session import Session
from chatrepl.turn import Cancelled, Completed, Failed, Kind, Planned, TurnEvent
from chatrepl.worker import TurnWorker

if TYPE_CHECKING:
    from chatrepl.ui.reply_view import ReplyView

OutputForm = Literal["text", "json", "stream-json"]


def run_once(session: Session, text: str, environment: Environment, form: OutputForm) -> int:
    """Ask once and return the exit status.

    A reader that closes the pipe ends it quietly; Ctrl-C and SIGTERM keep what has come, marked as interrupted.
    """
    writer = _writer(form, session, environment)
    try:
        worker = TurnWorker(lambda cancellation: session.turn(Kind.ASK, text, cancellation))
        with closing(worker.events()) as events:
            for event in events:
                writer.take(event)
        return writer.finish()
    except KeyboardInterrupt:
        _tell(environment, "interrupted; what had come is kept in the chat")
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return ExitStatus.OK


def _forget_stdout() -> None:
    """Point stdout at nothing, so that the interpreter does not complain about the closed pipe when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(environment: Environment, text: str, hint: str | None = None) -> None:
    environment.stderr.write(f"chatrepl: {sanitise(text)}\n" + (f"{sanitise(hint)}\n" if hint else ""))
    environment.stderr.flush()


class _Writer:
    """Takes the events of a turn; one subclass for every form of output."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._error: ApiError | None = None
        self._message: Message | None = None
        self._is_cancelled = False

    def take(self, event: TurnEvent) -> None:
        """Show an event."""
        match event:
            case TextDelta(text) | RefusalDelta(text):
                self._text(text)
            case ReasoningDelta(text):
                self._reasoning(text)
            case Planned(plan) if plan.omitted:
                _tell(
                    self._environment,
                    f"the oldest {len(plan.omitted)} messages are left out: the window is full",
                )
            case Waiting(reason, _) if self._environment.stderr_is_terminal:
                _tell(self._environment, reason)
            case Notice(text):
                _tell(self._environment, text)
            case Completed(message):
                self._message = message
            case Cancelled(message):
                self._message, self._is_cancelled = message, True
            case Failed(error, message):
                self._message, self._error = message, error
            case _:
                pass

    def _text(self, text: str) -> None:
        raise NotImplementedError

    def _reasoning(self, text: str) -> None:
        pass

    def _end(self) -> None:
        """Write what is left when the reply is over."""

    def finish(self) -> int:
        """Write what is left and return the exit status."""
        self._end()
        self._environment.stdout.flush()
        if self._error is not None:
            _tell(self._environment, self._error.message, self._error.hint)
            return self._error.exit_status
        if self._is_cancelled:
            return ExitStatus.INTERRUPTED
        said = explain_finish(self._message.meta.finish_reason) if self._message else None
        if said:
            _tell(self._environment, said.partition(";")[0])
        return ExitStatus.OK


class _Plain(_Writer):
    """The reply as it is for a pipe or a file; sanitised for a terminal."""

    _ends_line = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._sanitiser = Sanitiser() if environment.stdout_is_terminal else None

    def _text(self, text: str) -> None:
        if self._sanitiser is not None:
            text = self._sanitiser.feed(text)
        encoding = self._environment.stdout.encoding or "utf-8"
        self._environment.stdout.write(text.encode(encoding, "replace").decode(encoding))
        self._environment.stdout.flush()
        self._ends_line = text.endswith("\n")

    def _end(self) -> None:
        if self._sanitiser is not None:
            self._environment.stdout.write(self._sanitiser.flush())
        if not self._ends_line:
            self._environment.stdout.write("\n")


class _Rendered(_Writer):
    """The reply as rendered Markdown, block by block, for a terminal."""

    def __init__(self, environment: Environment, view: ReplyView) -> None:
        super().__init__(environment)
        self._view = view
        self._has_answer = False

    def _text(self, text: str) -> None:
        self._has_answer = True
        self._view.text(text)
        self._print(self._view.take_lines(has_answer=True))

    def _reasoning(self, text: str) -> None:
        self._view.reasoning(text)
        self._print(self._view.take_lines(has_answer=False))

    def _end(self) -> None:
        self._print(self._view.finish())

    def _print(self, lines: list[str]) -> None:
        if lines:
            self._environment.stdout.write("".join(f"{line}\n" for line in lines))
            self._environment.stdout.flush()


class _Json(_Writer):
    """One JSON object when the reply is over; the same shape whether it went well or not."""

    def __init__(self, environment: Environment, chat: Callable[[], str], *, is_stream: bool) -> None:
        super().__init__(environment)
        self._chat = chat
        self._is_stream = is_stream

    def _text(self, text: str) -> None:
        self._emit_delta("text", text)

    def _reasoning(self, text: str) -> None:
        self._emit_delta("reasoning", text)

    def _emit_delta(self, kind: str, text: str) -> None:
        if self._is_stream:
            self._emit({"type": kind, "text": text})

    def _emit(self, value: Mapping[str, Any]) -> None:
        line = json.dumps(value, ensure_ascii=False)
        self._environment.stdout.write(line.encode("utf-8", "replace").decode("utf-8") + "\n")
        self._environment.stdout.flush()

    def _end(self) -> None:
        message, error = self._message, self._error
        meta = message.meta if message else None
        result: dict[str, Any] = {"type": "result"} if self._is_stream else {}
        result |= {
            "chat": self._chat(),
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
        self._emit(result)


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        "cached_tokens": usage.cached_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "is_estimated": usage.is_estimated,
    }


def _writer(form: OutputForm, session: Session, environment: Environment) -> _Writer:
    if form != "text":
        return _Json(environment, lambda: session.conversation.id, is_stream=form == "stream-json")
    if not environment.stdout_is_terminal or environment.is_dumb or session.settings.terminal.plain:
        return _Plain(environment)
    from chatrepl.ui.look import renderer_for
    from chatrepl.ui.reply_view import ReplyView

    terminal = session.settings.terminal
    renderer = renderer_for(environment, terminal.code_theme)
    return _Rendered(environment, ReplyView(renderer, terminal.reasoning, session.clock.monotonic))
