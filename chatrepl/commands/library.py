"""Commands for all chats together: find one and open it, name it, tag it, put it away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chatrepl.branches import versions
from chatrepl.commands.base import (
    Arg,
    Command,
    Context,
    Messages,
    Notice,
    Pick,
    Reply,
    Several,
    Table,
    when_idle,
)
from chatrepl.commands.model import failed
from chatrepl.commands.numbers import SHOWN_ID_CHARS, cost_of, number_of, when
from chatrepl.conversation import first_words
from chatrepl.errors import ChatreplError, StoreError
from chatrepl.messages import ChatId, MessageId
from chatrepl.open_chat import Listed
from chatrepl.ports import ChatFilter, ChatSummary, Library, Tail
from chatrepl.queries import TITLE_CHARS, read_query, to_filter, valid_tag
from chatrepl.session import Session

SHOWN_CHATS = 20
AROUND = 2
"""So many messages are shown before and after one that was searched for."""
HISTORY_MESSAGES = 10
MOST_IN_BIN = 1_000_000


def _resume(context: Context, args: Mapping[str, Any]) -> Reply:
    text = args["chat"]
    if text is None:
        return Pick()
    try:
        chat = context.session.store.find_chat(text)
        return resumed(context, chat)
    except StoreError as error:
        return failed(error)


def resumed(context: Context, chat: ChatId) -> Reply:
    """Open a chat and return its end, to be drawn.

    Raises:
        StoreError: where there is none.
    """
    session = context.session
    if chat == session.open_chat_id:
        return Notice("That chat is open already.")
    return shown_tail(session, session.open_later(chat))


def shown_tail(session: Session, tail: Tail) -> Messages:
    """Return the end of a chat as it is drawn when the chat is opened."""
    title = first_words(tail.title)
    notice = f"“{title}”" if title else ""
    return Messages(
        tuple(tail.messages),
        has_earlier=tail.has_more,
        notice=notice,
        reasoning=session.settings.terminal.reasoning,
    )


def opened_at(context: Context, chat: ChatId, message: MessageId) -> Reply:
    """Open a chat at one of its messages, and return what stands around that.

    Raises:
        StoreError: where there is none.
    """
    session = context.session
    if chat != session.open_chat_id:
        session.open_chat(session.store.load(chat))
    here = session.conversation
    if message not in here:
        raise StoreError("That message is not in the chat any more.")
    if all(found.id != message for found in here.path()):
        session.go_to(here.newest_below(message))
    path = here.path()
    number = number_of(here, message)
    start, end = max(0, number - 1 - AROUND), number + AROUND
    shown = path[start:end]
    session.seen_from = shown[0].id
    later = len(path) - end
    more = f"; {later} more follow, /redraw shows the end" if later > 0 else ""
    title = first_words(here.title or path[0].text)
    return Messages(
        shown,
        start,
        notice=f"Message {number} of {len(path)} in “{title}”{more}.",
        reasoning=session.settings.terminal.reasoning,
        versions=versions(here, shown),
    )


def _history(context: Context, args: Mapping[str, Any]) -> Reply:
    count = args["messages"] if args["messages"] is not None else HISTORY_MESSAGES
    if count < 1:
        return Notice(f"messages is a whole number from 1, not {count}.", "error")
    session = context.session
    path = session.conversation.path()
    at = next(
        (index for index, message in enumerate(path) if message.id == session.seen_from),
        len(path) if session.seen_from is None and not session.has_begun_here else 0,
    )
    if not at:
        return Notice("There is nothing earlier: this chat is shown from its beginning.")
    start = max(0, at - count)
    shown = path[start:at]
    session.seen_from = shown[0].id
    rest = f"{start} are still earlier; /history goes on." if start else "This is the beginning of the chat."
    return Messages(
        shown,
        start,
        notice=rest,
        reasoning=session.settings.terminal.reasoning,
        versions=versions(session.conversation, shown),
    )


def _chats(context: Context, args: Mapping[str, Any]) -> Reply:
    session = context.session
    text = args["words"] or ""
    is_bin = text.split()[:1] == ["bin"]
    try:
        which = to_filter(text.removeprefix("bin") if is_bin else text, session.clock.now(), None)
    except ChatreplError as error:
        return failed(error)
    which = which._replace(is_deleted=is_bin)
    found = session.library.list(which, SHOWN_CHATS + 1)
    if not found:
        if is_bin:
            return Notice("The bin is empty.")
        return Notice("No chat fits that." if text else "No chat is kept yet.", "warning" if text else "info")
    shown = found[:SHOWN_CHATS]
    session.listed = tuple(Listed(chat.id, None) for chat in shown)
    title = "The bin" if is_bin else "Chats"
    said = "/restore N brings one back." if is_bin else "/open N opens one; /resume searches and shows them."
    more = "" if len(found) <= SHOWN_CHATS else " There are more: /chats WORDS narrows them."
    return Several((chat_table(context, title, shown), Notice(said + more)))


def chat_table(context: Context, title: str, chats: Sequence[ChatSummary]) -> Table:
    """Return chats as a table with numbers."""
    now = context.session.clock.now()
    rows = tuple(
        (
            str(number),
            when(chat.updated_at, now),
            str(chat.message_count),
            first_words(chat.model, 24),
            cost_of(chat),
            first_words(chat.title) + "".join(f" #{tag}" for tag in chat.tags),
        )
        for number, chat in enumerate(chats, start=1)
    )
    return Table(title, rows, ("", "when", "messages", "model", "cost", "title"))


def _open(context: Context, args: Mapping[str, Any]) -> Reply:
    listed = _listed(context, args["number"])
    if isinstance(listed, Notice):
        return listed
    try:
        if listed.message is None:
            return resumed(context, listed.chat)
        return opened_at(context, listed.chat, listed.message)
    except StoreError as error:
        return failed(error)


def _listed(context: Context, number: int) -> Listed | Notice:
    listed = context.session.listed
    if 1 <= number <= len(listed):
        return listed[number - 1]
    if not listed:
        return Notice(
            "Nothing was listed yet.",
            "warning",
            hint="/chats lists the chats, /search WORDS finds messages.",
        )
    return Notice(f"There is no {number} in the last list: it has {len(listed)}.", "error")


def _meant(context: Context, text: str | None) -> ChatId:
    """Return the chat that is meant: a number of the last list, an id or a title; None: the open one.

    Raises:
        StoreError: there is none, or it is empty.
    """
    session = context.session
    if text is None:
        if session.draft_chat is None:
            raise StoreError("This chat is empty: there is nothing to keep yet.")
        return session.draft_chat
    if text.isdecimal() and 1 <= int(text[:9]) <= len(session.listed):
        return session.listed[int(text) - 1].chat
    return session.store.find_chat(text)


def _rename(context: Context, args: Mapping[str, Any]) -> Reply:
    title = " ".join((args["title"] or "").split())
    if len(title) > TITLE_CHARS:
        return Notice(f"A title has at most {TITLE_CHARS} characters, not {len(title)}.", "error")
    context.session.rename(title)
    if not title:
        return Notice("This chat goes by its first words again.")
    return Notice(f"This chat is called “{title}” now.")


def _tag(context: Context, args: Mapping[str, Any]) -> Reply:
    session = context.session
    words = (args["tags"] or "").split()
    if not words:
        return _known_tags(session)
    add = [word.removeprefix("+").removeprefix("#") for word in words if not word.startswith("-")]
    remove = [word[1:].removeprefix("#") for word in words if word.startswith("-")]
    for tag in (*add, *remove):
        if not valid_tag(tag):
            return Notice(
                f"'{tag}' cannot be a tag: a tag is up to 40 letters, digits, - or _.",
                "error",
                hint="/tag work travel -draft puts two on and takes one off.",
            )
    if session.draft_chat is None:
        return Notice("This chat is empty: there is nothing to tag yet.", "warning")
    try:
        tags = session.tag(add, remove)
    except StoreError as error:
        return failed(error)
    return Notice("Tags of this chat: " + (" ".join(f"#{tag}" for tag in tags) or "none") + ".")


def _known_tags(session: Session) -> Reply:
    mine = session.conversation.tags
    own = "Tags of this chat: " + (" ".join(f"#{tag}" for tag in mine) or "none") + "."
    known = session.library.tags()
    if not known:
        return Notice(own, hint="/tag work travel puts two on.")
    rows = tuple((f"#{tag}", str(count)) for tag, count in known)
    return Several((Notice(own), Table("All tags", rows, ("tag", "chats"))))


def _archive(context: Context, args: Mapping[str, Any]) -> Reply:
    session = context.session
    try:
        chat = _meant(context, args["chat"])
        before = session.library.describe(chat)
        session.library.set_archived(chat, is_archived=not before.is_archived)
    except StoreError as error:
        return failed(error)
    title = first_words(before.title)
    if before.is_archived:
        return Notice(f"“{title}” is out of the archive.")
    return Notice(
        f"“{title}” is in the archive: out of lists, still found by /search.",
        hint="/archive again takes it out.",
    )


def _delete(context: Context, args: Mapping[str, Any]) -> Reply:
    session = context.session
    try:
        chat = _meant(context, args["chat"])
        title = first_words(session.library.describe(chat).title)
        session.library.delete(chat)
    except StoreError as error:
        return failed(error)
    session.deleted.append(chat)
    if chat == session.open_chat_id:
        session.new_chat()
    return Notice(
        f"“{title}” ({chat[:SHOWN_ID_CHARS]}) is in the bin; after {session.settings.library.bin_days} days it is removed"
        " for good.",
        hint="/restore brings it back.",
    )


def _restore(context: Context, args: Mapping[str, Any]) -> Reply:
    session = context.session
    text = args["chat"]
    try:
        if text is None:
            if not session.deleted:
                return Notice("Nothing was deleted in this run.", hint="/chats bin lists what is in the bin.")
            chat = session.deleted[-1]
        elif text.isdecimal() and 1 <= int(text[:9]) <= len(session.listed):
            chat = session.listed[int(text) - 1].chat
        else:
            chat = chat_in_bin(session.library, text).id
        session.library.restore(chat)
        title = first_words(session.library.describe(chat).title)
    except StoreError as error:
        return failed(error)
    if chat in session.deleted:
        session.deleted.remove(chat)
    session.listed = (Listed(chat, None),)
    return Notice(f"“{title}” is back.", hint="/open 1 opens it.")


def chat_in_bin(library: Library, text: str) -> ChatSummary:
    """Return the chat in the bin whose id or title begins so.

    Raises:
        StoreError: there is none, or more than one.
    """
    wanted = text.lower()
    found = [
        chat
        for chat in library.list(ChatFilter(is_deleted=True), MOST_IN_BIN)
        if chat.id.startswith(wanted) or chat.title.lower().startswith(wanted)
    ]
    if len(found) == 1:
        return found[0]
    raise StoreError(
        f'"{text}" fits {len(found)} chats in the bin.'
        if found
        else f'There is no chat "{text}" in the bin.',
        hint="/chats bin lists them, and chatrepl chats list --bin.",
    )


def _search(context: Context, args: Mapping[str, Any]) -> Reply:
    from chatrepl.commands.search import found_messages

    session = context.session
    try:
        query, is_here = read_query(args["words"], session.clock.now(), None)
        chat = session.draft_chat if is_here else None
        hits = session.library.search(query, SHOWN_CHATS, chat=chat)
    except ChatreplError as error:
        return failed(error)
    if not hits.hits:
        return Notice(
            "No message fits that.", "warning", hint="Fewer words find more; /chats lists all chats."
        )
    session.listed = tuple(Listed(hit.chat.id, hit.message) for hit in hits.hits)
    return found_messages(query, hits, session.clock.now())


def _complete_chat(context: Context, typed: str) -> list[str]:
    chats = context.session.library.list(ChatFilter(), 200)
    wanted = typed.lower()
    return [chat.title for chat in chats if chat.title.lower().startswith(wanted) and chat.title][:50]


def _complete_tag(context: Context, typed: str) -> list[str]:
    head, _, last = typed.rpartition(" ")
    lead = f"{head} " if head else ""
    return [f"{lead}{tag}" for tag, _ in context.session.library.tags() if tag.startswith(last)]


_A_CHAT = "A number of the last list, the beginning of an id, or of a title; without one, the open chat."

COMMANDS = (
    Command(
        "resume",
        "Library",
        "Choose a chat and go on with it.",
        _resume,
        args=(Arg("chat", "rest", optional=True, complete=_complete_chat),),
        when=when_idle,
        help="Without a name it opens a list: words search titles and messages, the arrows choose, Enter opens, Delete puts "
        "a chat into the bin and Ctrl-Z takes it out, Esc leaves all as it is.",
        examples=("/resume", "/resume How do I"),
    ),
    Command(
        "chats",
        "Library",
        "List the last chats, or those whose title has some words.",
        _chats,
        args=(Arg("words", "rest", optional=True),),
        help="Filters: `tag:NAME`, `model:NAME`, `rated:up`, `since:7d`, `before:2026-01-31`, `archived`. `/chats bin` lists the bin.",
        examples=("/chats", "/chats tag:work since:30d", "/chats bin"),
    ),
    Command(
        "search",
        "Library",
        "Find messages by their words, in all chats.",
        _search,
        aliases=("find",),
        args=(Arg("words", "rest"),),
        help='Words are found by their beginnings; `"a phrase"` as it stands; `-word` leaves messages out. Filters: `here` '
        "for this chat, `role:user`, `model:NAME`, `tag:NAME`, `rated:up`, `since:7d`, `before:2026-01-31`. `/open N` opens a chat at "
        "the message that was found.",
        examples=(
            "/search sqlite index",
            '/search "out of memory" role:assistant since:30d',
            "/search here regex",
        ),
    ),
    Command(
        "open",
        "Library",
        "Open number N of the last list or search.",
        _open,
        args=(Arg("number", "number"),),
        when=when_idle,
        examples=("/open 2",),
    ),
    Command(
        "history",
        "Library",
        "Show earlier messages of this chat, further back each time.",
        _history,
        args=(Arg("messages", "number", optional=True),),
        help=f"{HISTORY_MESSAGES} messages, if no number is given.",
        examples=("/history", "/history 50"),
    ),
    Command(
        "rename",
        "Library",
        "Give this chat a title; without one, it goes by its first words.",
        _rename,
        aliases=("title",),
        args=(Arg("title", "rest", optional=True),),
        examples=("/rename Taxes 2026",),
    ),
    Command(
        "tag",
        "Library",
        "Put tags on this chat, or take them off with -.",
        _tag,
        args=(Arg("tags", "rest", optional=True, complete=_complete_tag),),
        help="Without one it lists the tags of this chat and of all.",
        examples=("/tag work python", "/tag -work"),
    ),
    Command(
        "archive",
        "Library",
        "Put a chat away from the lists, or bring it back.",
        _archive,
        args=(Arg("chat", "rest", optional=True),),
        help=_A_CHAT,
        examples=("/archive", "/archive 3"),
    ),
    Command(
        "delete",
        "Library",
        "Put a chat into the bin, from where it can be brought back.",
        _delete,
        args=(Arg("chat", "rest", optional=True),),
        when=when_idle,
        help=_A_CHAT,
        examples=("/delete", "/delete 3"),
    ),
    Command(
        "restore",
        "Library",
        "Bring a chat back from the bin; without a name, the last one.",
        _restore,
        args=(Arg("chat", "rest", optional=True),),
        examples=("/restore", "/restore Taxes"),
    ),
)
