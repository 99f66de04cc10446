"""Says how a reply ended, and what of the chat is left out."""

from __future__ import annotations

from chatrepl.context.window import Plan
from chatrepl.conversation import first_words
from chatrepl.exchange import REFUSED, explain_finish
from chatrepl.messages import Message, RefusalPart, ReplyState


def ending(message: Message) -> str | None:
    """Say how a reply ended, where that is not the ordinary way. None: it is."""
    rest = "/continue asks for the rest, /retry asks again" if message.text else "/retry asks again"
    match message.meta.state:
        case ReplyState.COMPLETE:
            is_refusal = any(isinstance(part, RefusalPart) for part in message.parts)
            return explain_finish(message.meta.finish_reason) or (REFUSED if is_refusal else None)
        case ReplyState.INTERRUPTED:
            return f"interrupted; {rest}"
        case ReplyState.FAILED:
            return f"failed: {message.meta.error or 'unknown reason'} {rest}"
        case ReplyState.STREAMING:
            return "still arriving in another terminal"
        case None:
            return None


def left_out(plan: Plan) -> str | None:
    """Say what of a chat the next request does not carry word for word. None: it carries all of it."""
    first = next((message for message in plan.sent if message.id == plan.begins_at), None)
    if first is None:
        return None
    ways: list[str] = []
    if plan.folded:
        ways.append(f"a summary stands for {_older(len(plan.folded))}")
    if plan.omitted:
        ways.append(f"there is no room for {_older(len(plan.omitted))}")
    words = first_words(first.text, 40)
    return f"{' and '.join(ways)}; the model reads on from \u201c{words}\u201d"


def _older(count: int) -> str:
    return "1 older message" if count == 1 else f"{count} older messages"
