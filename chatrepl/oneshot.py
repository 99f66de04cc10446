"""Pipe mode: one turn, its result on stdout, all talk on stderr, the verdict in the exit status."""

from __future__ import annotations

import os
import sys
from contextlib import closing

from chatrepl.environment import Environment
from chatrepl.errors import BudgetExceededError, ExitStatus, GuardedError
from chatrepl.gathering import gather
from chatrepl.sanitise import sanitise
from chatrepl.session import Session
from chatrepl.turn import Cancelled, Completed, Failed, Kind
from chatrepl.ui.ascii import output_for
from chatrepl.ui.endings import ending
from chatrepl.ui.writers import Ending, OutputForm, ReplyWriter, follow, writer_for
from chatrepl.worker import TurnWorker

LONGEST_SUMMARY_S = 120.0
GUARD_HINT = (
    "It was not sent: --guard mask sends placeholders, --guard warn or --guard off sends it as it is."
)
FLAGGED_HINT = "It was not sent: --set guard.moderation=false sends it without asking the moderation."


def run_once(
    session: Session,
    text: str,
    environment: Environment,
    form: OutputForm,
    *,
    has_consent: bool = False,
    typed: str = "",
) -> int:
    """Ask once and return the exit status. With ``has_consent`` budgets hold nothing back.

    ``typed`` is the part of the text in which names of files count: what was piped in names none.

    A reader that closes the pipe ends it quietly; Ctrl-C and SIGTERM keep what has come, marked as interrupted.
    """
    gathered = gather(session, typed)
    for said in gathered.asks:
        _tell(environment, f"sending {said}")
    for name in gathered.missing:
        _tell(environment, f"there is no {name}: the name is sent as text")
    writer = writer_for(session, environment, form)
    try:
        worker = TurnWorker(
            lambda cancellation: session.turn(
                Kind.ASK,
                text,
                cancellation,
                has_consent=has_consent,
                attachments=gathered.attachments,
            )
        )
        with closing(worker.events()) as events:
            end = follow(events, writer)
        status = _status(end, environment)
        if status == ExitStatus.OK:
            _summarise(session)
        return status
    except KeyboardInterrupt:
        _stopped(session, writer)
        _tell(environment, "interrupted; what had come is kept in the chat")
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return ExitStatus.OK


def _summarise(session: Session) -> None:
    """Fold the older part of a long chat once the answer is out: the next call should not wait for it."""
    if session.begin_summary(lambda _: None):
        session.summariser.wait(LONGEST_SUMMARY_S)


def _stopped(session: Session, writer: ReplyWriter) -> None:
    """Let the writer end with what is stored by now."""
    reply = session.reply(None)
    if reply is not None and reply.id == session.conversation.tip:
        writer.ended(Cancelled(reply))


def _status(end: Ending | None, environment: Environment) -> int:
    """Say what has to be said of how a turn ended, and return the exit status."""
    match end:
        case Failed(error, _):
            hint = error.hint
            if isinstance(error, BudgetExceededError):
                hint = "--over-budget sends it all the same; `chatrepl usage` shows what was spent."
            if isinstance(error, GuardedError):
                hint = FLAGGED_HINT if error.is_flagged else GUARD_HINT
            _tell(environment, error.message, hint)
            return error.exit_status
        case Completed(message):
            said = ending(message)
            if said:
                _tell(environment, said.partition(";")[0])
            return ExitStatus.OK
        case _:
            return ExitStatus.INTERRUPTED


def _forget_stdout() -> None:
    """Point stdout at nothing, so that the interpreter does not complain about the closed pipe when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(environment: Environment, text: str, hint: str | None = None) -> None:
    lines = f"chatrepl: {sanitise(text)}\n" + (f"{sanitise(hint)}\n" if hint else "")
    output_for(environment, environment.stderr).write(lines)
