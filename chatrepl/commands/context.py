"""Commands for the window: what the next request carries, what is pinned or left out, summaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chatrepl.cancellation import Cancellation
from chatrepl.commands.base import (
    Arg,
    Command,
    Context,
    Draft,
    Meter,
    MeterPart,
    Notice,
    Reply,
    Several,
    Table,
    Text,
    when_idle,
)
from chatrepl.commands.numbers import age, message_at, number_of
from chatrepl.context.tokens import TokenCount, total
from chatrepl.context.window import Plan
from chatrepl.conversation import Conversation, Mark, Summary, first_words
from chatrepl.messages import Message, MessageId, Role
from chatrepl.pacing import grouped
from chatrepl.sanitise import sanitise

SHOWN_MESSAGES = 20
WORDS_CHARS = 60

SENT, PINNED, FOLDED, OMITTED, EXCLUDED, EMPTY = (
    "sent",
    "pinned",
    "in the summary",
    "no room",
    "left out by you",
    "nothing in it",
)


def window_parts(plan: Plan, counts: Mapping[str, TokenCount], draft: TokenCount | None) -> list[MeterPart]:
    """Return what takes room in the window, in the order in which it is sent; the last one is what is free.

    Args:
        plan: Of the next request.
        counts: Of ``pinned`` and ``history``.
        draft: What the user's next message takes. None: there is none.
    """
    parts = [
        MeterPart("system", plan.system_tokens.tokens),
        MeterPart("summary", plan.summary_tokens.tokens),
        MeterPart("pinned", counts["pinned"].tokens),
        MeterPart("history", counts["history"].tokens),
        MeterPart("draft", draft.tokens if draft else 0),
        MeterPart("reply", plan.reserve_tokens),
        MeterPart("margin", plan.limits.margin_tokens),
    ]
    taken = sum(part.size for part in parts)
    free = max(0, (plan.window_tokens or taken) - taken)
    return [part for part in parts if part.size] + [MeterPart("free", free)]


def _context(context: Context, args: Mapping[str, Any]) -> Reply:
    session = context.session
    draft = args["draft"] or ""
    limit = SHOWN_MESSAGES
    if draft.strip() == "all":
        draft, limit = "", 1_000_000
    plan = session.plan_next(draft)
    path = session.conversation.path()
    draft_message = plan.sent[-1] if draft else None
    draft_count = session.planner.counter.count_message(draft_message) if draft_message else None
    pinned = {message.id for message in plan.pinned}
    count = session.planner.counter.count_message
    counts = {
        "pinned": total(count(message) for message in plan.pinned),
        "history": total(
            count(message)
            for message in plan.sent
            if message.id not in pinned and (draft_message is None or message.id != draft_message.id)
        ),
    }
    meter = Meter(_title(plan), tuple(window_parts(plan, counts, draft_count)))
    replies: list[Reply] = [meter, *_said(plan)]
    if path:
        replies.append(_table(context, plan, path, limit))
    return Several(tuple(replies))


def _title(plan: Plan) -> str:
    mark = "~" if plan.prompt.quality == "estimated" else ""
    taken = f"{mark}{grouped(plan.prompt.tokens)}"
    if plan.window_tokens is None:
        return f"The next request: {taken} tokens; the window is not known (set window.limit_tokens)"
    return f"The next request: {taken} of {grouped(plan.window_tokens)} tokens ({plan.share or 0:.0%})"


def _said(plan: Plan) -> list[Notice]:
    said: list[Notice] = []
    if plan.too_long_by:
        from chatrepl.context.window import too_long

        error = too_long(plan)
        said.append(Notice(error.message, "warning", error.hint))
    if plan.folded and plan.summary is not None:
        said.append(
            Notice(f"A summary stands for {_messages(len(plan.folded))}: /compact show, /compact undo.")
        )
    if plan.omitted:
        turns = "1 turn" if plan.omitted_turns == 1 else f"{plan.omitted_turns} turns"
        said.append(Notice(f"There is no room for {_messages(len(plan.omitted))} ({turns})."))
    if plan.excluded:
        said.append(Notice(f"You left out {_messages(len(plan.excluded))}: /unpin N takes them in again."))
    return said


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{grouped(count)} messages"


def _table(context: Context, plan: Plan, path: Sequence[Message], limit: int) -> Table:
    session = context.session
    fates = fates_of(plan)
    now = session.clock.now()
    count = session.planner.counter.count_message
    marks = session.conversation.marks
    first = max(0, len(path) - limit)
    shown = [
        (number, message)
        for number, message in enumerate(path, start=1)
        if number > first or message.id in marks or message.id == plan.begins_at
    ]
    rows = [
        (
            str(number),
            f"{message.role}",
            str(count(message)),
            age(message.created_at, now),
            fates.get(message.id, EMPTY),
            first_words(message.text, WORDS_CHARS),
        )
        for number, message in shown
    ]
    title = "Messages"
    if len(shown) < len(path):
        title += (
            f" (the last {limit} of {grouped(len(path))}, and those that are marked; /context all shows all)"
        )
    return Table(title, tuple(rows), ("", "who", "tokens", "age", "next request", ""))


def fates_of(plan: Plan) -> Mapping[MessageId, str]:
    """Return what becomes of each message in the next request."""
    fates = {message.id: SENT for message in plan.sent}
    for messages, fate in (
        (plan.pinned, PINNED),
        (plan.folded, FOLDED),
        (plan.omitted, OMITTED),
        (plan.excluded, EXCLUDED),
    ):
        fates.update((message.id, fate) for message in messages)
    return fates


# Marks.


def _mark(context: Context, number: int | None, mark: Mark) -> Reply:
    chat = context.session.conversation
    if number is None:
        return _marked(chat, mark)
    message = message_at(context, number)
    if isinstance(message, Notice):
        return message
    context.session.mark(message.id, mark)
    words = f"message {number_of(chat, message.id)}, \u201c{first_words(message.text, 40)}\u201d,"
    plan = context.session.plan_next()
    if mark is Mark.PINNED:
        said = Notice(f"Pinned: {words} and the rest of its turn are sent with every request.")
    else:
        last = message.id in {sent.id for sent in plan.sent}
        more = " from the next message on: the last turn is always sent" if last else ""
        said = Notice(f"Left out: {words} and the rest of its turn are not sent{more}. Nothing was deleted.")
    if plan.too_long_by:
        warning = f"The next request is {grouped(plan.too_long_by)} tokens too long now."
        return Several((said, Notice(warning, "warning", "/unpin N takes a mark away.")))
    return said


def _marked(chat: Conversation, mark: Mark) -> Reply:
    rows = [
        (str(number), f"{message.role}", first_words(message.text, WORDS_CHARS))
        for number, message in enumerate(chat.path(), start=1)
        if chat.marks.get(message.id) is mark
    ]
    word = "pinned" if mark is Mark.PINNED else "left out"
    if not rows:
        command = "/pin N" if mark is Mark.PINNED else "/omit N"
        return Notice(f"Nothing is {word}.", hint=f"{command} takes a message by its number in /context.")
    return Table(f"Messages that are {word}", tuple(rows))


def _pin(context: Context, args: Mapping[str, Any]) -> Reply:
    return _mark(context, args["message"], Mark.PINNED)


def _omit(context: Context, args: Mapping[str, Any]) -> Reply:
    return _mark(context, args["message"], Mark.OMITTED)


def _unpin(context: Context, args: Mapping[str, Any]) -> Reply:
    session = context.session
    word = args["message"]
    marks = [
        message.id for message in session.conversation.path() if message.id in session.conversation.marks
    ]
    if word == "all":
        for message in marks:
            session.mark(message, None)
        return Notice(f"Took the marks of {_messages(len(marks))} away." if marks else "Nothing is marked.")
    if not word.lstrip("-").isdecimal() or len(word) > 9:
        return Notice(f"message is a whole number or `all`, not '{word}'.", "error")
    found = message_at(context, int(word))
    if isinstance(found, Notice):
        return found
    turn = _turn_of(session.conversation.path(), found.id)
    marked = [message for message in turn if message in session.conversation.marks]
    for message in marked:
        session.mark(message, None)
    if not marked:
        return Notice(
            f"Message {word} is neither pinned nor left out, nor is another of its turn.", "warning"
        )
    return Notice(f"Message {word} and its turn are sent as far as there is room.")


def _turn_of(path: Sequence[Message], message: MessageId) -> list[MessageId]:
    """Return the messages of the turn that a message belongs to."""
    turn: list[MessageId] = []
    is_here = False
    for current in path:
        if current.role is Role.USER:
            if is_here:
                break
            turn = []
        turn.append(current.id)
        is_here = is_here or current.id == message
    return turn


# Summaries.


def _compact(context: Context, args: Mapping[str, Any]) -> Reply:
    word, _, rest = (args["what"] or "").partition(" ")
    match word:
        case "":
            return _compact_now(context)
        case "undo":
            return _compact_undo(context)
        case "show":
            return _compact_show(context)
        case "edit":
            return _compact_edit(context, rest.strip())
    return Notice(
        f"/compact takes nothing, `show`, `edit` or `undo`, not '{word}'.", "error", hint="/help compact"
    )


def _compact_now(context: Context) -> Reply:
    session = context.session
    if not len(session.conversation):
        return Notice("There is nothing to fold: the chat is empty.", "warning")
    session.prepare()
    outcome = session.summariser.make_now(session.conversation, session.plan_next(), Cancellation())
    if outcome.summary is None:
        return Notice(outcome.said, "error" if outcome.is_failure else "warning")
    return Several((Notice(outcome.said), Text(outcome.summary.text)))


def _in_use(context: Context) -> Summary | Notice:
    return context.session.conversation.summary() or Notice(
        "This chat has no summary.", "warning", hint="/compact makes one."
    )


def _compact_undo(context: Context) -> Reply:
    summary = _in_use(context)
    if isinstance(summary, Notice):
        return summary
    context.session.remove_summary(summary)
    before = context.session.conversation.summary()
    more = " The summary before it is in use again; /compact undo takes that back too." if before else ""
    return Notice(f"The summary is not used any more; the messages it stood for are all there.{more}")


def _compact_show(context: Context) -> Reply:
    summary = _in_use(context)
    if isinstance(summary, Notice):
        return summary
    plan = context.session.plan_next()
    through = number_of(context.session.conversation, summary.through)
    is_used = plan.summary is not None and plan.summary.id == summary.id
    use = "is sent in their place" if is_used else "is kept for when there is no room for them"
    author = f"by {summary.model}" if summary.model else "by you"
    tokens = context.session.planner.counter.count_text(summary.text)
    return Several(
        (
            Notice(f"Summary of messages 1 to {through}, written {author}, {tokens} tokens; it {use}:"),
            Text(summary.text),
        )
    )


def _compact_edit(context: Context, text: str) -> Reply:
    summary = _in_use(context)
    if isinstance(summary, Notice):
        return summary
    if not text:
        return Draft(
            f"/compact edit {sanitise(summary.text)}", "The summary is in the input line: Enter keeps it."
        )
    context.session.change_summary(summary, text)
    tokens = context.session.planner.counter.count_text(text)
    return Notice(f"The summary is yours now: {tokens} tokens.")


COMMANDS = (
    Command(
        "context",
        "Window",
        "Show what the next request carries of the chat, and what not.",
        _context,
        aliases=("window",),
        args=(Arg("draft", "rest", optional=True),),
        help="A bar of the model's window, and the last messages with their tokens, their age and whether the next request "
        "carries them. With a text, that text is taken as your next message; `all` lists every message. "
        "`~` marks an estimate.",
        examples=("/context", "/context And what of the second one?", "/context all"),
    ),
    Command(
        "pin",
        "Window",
        "Send a message and its turn with every request.",
        _pin,
        args=(Arg("message", "number", optional=True),),
        when=when_idle,
        help="By its number in `/context`; `-1` is the last message. Without a number the pinned messages are listed. "
        "What is pinned is never left out for want of room, and no summary takes its place.",
        examples=("/pin 3", "/pin -2", "/pin"),
    ),
    Command(
        "omit",
        "Window",
        "Leave a message and its turn out of every request.",
        _omit,
        args=(Arg("message", "number", optional=True),),
        when=when_idle,
        help="By its number in `/context`. It stays in the chat. The last turn is always sent. `/unpin` takes it in again.",
        examples=("/omit 5", "/omit"),
    ),
    Command(
        "unpin",
        "Window",
        "Take the mark of /pin or /omit away.",
        _unpin,
        args=(Arg("message"),),
        when=when_idle,
        examples=("/unpin 3", "/unpin all"),
    ),
    Command(
        "compact",
        "Window",
        "Fold all but the last turn into a summary; show, edit, undo it.",
        _compact,
        aliases=("compress",),
        args=(Arg("what", "rest", optional=True),),
        when=when_idle,
        help="The model writes the summary, and it is sent in the place of the older messages, which all stay in the chat. "
        "Pinned turns are not folded. `show` shows it, `edit` puts it into the input line, `undo` takes it back. "
        "With `/set window.strategy summarise` this happens by itself, in the background, before the window is full.",
        examples=("/compact", "/compact show", "/compact edit", "/compact undo"),
    ),
)
