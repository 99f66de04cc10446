"""Says how a reply ended."""

from __future__ import annotations

from chatrepl.exchange import explain_finish
from chatrepl.messages import Message, ReplyState


def ending(message: Message) -> str | None:
    """Say how a reply ended, where that is not the ordinary way. None: it is."""
    rest = "/continue asks for the rest, /retry asks again" if message.text else "/retry asks again"
    match message.meta.state:
        case ReplyState.COMPLETE:
            return explain_finish(message.meta.finish_reason)
        case ReplyState.INTERRUPTED:
            return f"interrupted; {rest}"
        case ReplyState.FAILED:
            return f"failed: {message.meta.error or 'unknown reason'} {rest}"
        case ReplyState.STREAMING:
            return "still arriving in another terminal"
        case None:
            return None
