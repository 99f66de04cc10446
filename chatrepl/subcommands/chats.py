"""``chatrepl chats``: the library from outside: lists, search, the bin, copies, its health, what is in it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from chatrepl import wiring
from chatrepl.commands.library import chat_in_bin
from chatrepl.commands.numbers import SHOWN_ID_CHARS, cost_of
from chatrepl.conversation import first_words
from chatrepl.environment import Environment
from chatrepl.errors import ExitStatus, StoreError, UsageError
from chatrepl.messages import ChatId
from chatrepl.ports import ChatFilter, ChatStore, ChatSummary
from chatrepl.queries import TITLE_CHARS, read_query, to_filter, valid_tag
from chatrepl.search import excerpt, lines_around
from chatrepl.subcommands.output import Printer
from chatrepl.transcript_fields import time_text

FILTERS = ("role", "model", "tag", "rated", "since", "before")
"""The filters of a search that are options here."""

Action = Callable[[argparse.Namespace, ChatStore, Environment, Printer], int]


def run(arguments: Sequence[str], environment: Environment) -> int:
    """Do one thing with the library; returns the exit status."""
    options = _parser().parse_args(arguments)
    action = ACTIONS[options.action or "list"]
    store = wiring.open_library_to_read(environment)
    if store is None:
        if options.action in {None, "list", "search", "check", "stats"}:
            if getattr(options, "json", False):
                empty = "[]" if options.action in {None, "list"} else "{}"
                environment.stdout.write(f"{empty}\n")
            elif environment.stdout_is_terminal:
                Printer(environment).line("There is no library yet: it is made with the first chat.")
            return ExitStatus.OK
        raise StoreError("There is no library yet: it is made with the first chat.")
    try:
        for warning in store.warnings():
            environment.stderr.write(f"chatrepl: {warning}\n")
        return action(options, store, environment, Printer(environment))
    finally:
        store.close()


def _list(options: argparse.Namespace, store: ChatStore, environment: Environment, printer: Printer) -> int:
    words = " ".join(getattr(options, "words", ()))
    which = to_filter(words, environment.clock.now(), None)
    if getattr(options, "bin", False):
        which = which._replace(is_deleted=True)
    if getattr(options, "archived", False):
        which = which._replace(is_archived=True)
    limit = getattr(options, "limit", 50)
    found = store.library.list(which, limit)
    if getattr(options, "json", False):
        printer.json([as_json(chat) for chat in found])
    elif found or not environment.stdout_is_terminal:
        printer.table(
            ("id", "changed", "messages", "model", "cost", "title"),
            [
                (
                    chat.id[:SHOWN_ID_CHARS],
                    f"{chat.updated_at.astimezone():%Y-%m-%d %H:%M}",
                    str(chat.message_count),
                    chat.model,
                    cost_of(chat),
                    first_words(chat.title, 80) + "".join(f" #{tag}" for tag in chat.tags),
                )
                for chat in found
            ],
        )
    else:
        printer.line("No chat fits that." if words else "There is no chat here.")
    return ExitStatus.OK


def as_json(chat: ChatSummary) -> Mapping[str, object]:
    """Return a chat as ``--json`` shows it."""
    return {
        "id": chat.id,
        "title": chat.title,
        "created_at": time_text(chat.created_at),
        "updated_at": time_text(chat.updated_at),
        "message_count": chat.message_count,
        "model": chat.model or None,
        "total_tokens": chat.total_tokens,
        "cost_usd": None if chat.cost_usd is None else f"{chat.cost_usd.normalize():f}",
        "tags": list(chat.tags),
        "is_archived": chat.is_archived,
        "deleted_at": None if chat.deleted_at is None else time_text(chat.deleted_at),
    }


def _search(options: argparse.Namespace, store: ChatStore, environment: Environment, printer: Printer) -> int:
    now = environment.clock.now()
    filters = [f'{name}:"{value}"' for name in FILTERS if (value := getattr(options, name))]
    query, _ = read_query(" ".join([*options.words, *filters]), now, None)
    chat = store.find_chat(options.chat) if options.chat else None
    hits = store.library.search(query, options.limit, chat=chat)
    if options.json:
        printer.json(
            {
                "count": hits.total,
                "is_capped": hits.is_capped,
                "hits": [
                    {
                        "chat": hit.chat.id,
                        "title": hit.chat.title,
                        "message": hit.message,
                        "role": str(hit.role),
                        "model": hit.model or None,
                        "created_at": time_text(hit.created_at),
                        "score": round(hit.score, 4),
                        "excerpt": excerpt(query.terms, hit.text).text,
                        "text": hit.text,
                    }
                    for hit in hits.hits
                ],
            }
        )
        return ExitStatus.OK if hits.hits else ExitStatus.ERROR
    for hit in hits.hits:
        head = f"{hit.chat.id[:SHOWN_ID_CHARS]}  {hit.created_at.astimezone():%Y-%m-%d %H:%M}  {hit.role}"
        found = excerpt(query.terms, hit.text)
        if environment.stdout_is_terminal:
            printer.line(f"{head}  {first_words(hit.chat.title, 60)}")
            if options.context is None:
                printer.marked(found.text, found.spans, lead="    ")
            for line, spans in (
                lines_around(query.terms, hit.text, options.context) if options.context is not None else ()
            ):
                printer.marked(line, spans, lead="    ")
        else:
            printer.line_of((*head.split("  "), first_words(hit.chat.title, 80), found.text))
    if environment.stdout_is_terminal:
        count = f"{hits.total}" + (" or more" if hits.is_capped else "")
        printer.line(f"{count} messages" if hits.hits else "No message fits that.")
    return ExitStatus.OK if hits.hits else ExitStatus.ERROR


def _show(options: argparse.Namespace, store: ChatStore, _environment: Environment, printer: Printer) -> int:
    from chatrepl import transcript

    printer.lines(transcript.to_text(store.library.read(_meant(options, store)).conversation))
    return ExitStatus.OK


def _meant(options: argparse.Namespace, store: ChatStore) -> ChatId:
    return store.find_chat(options.chat)


def _rename(
    options: argparse.Namespace, store: ChatStore, _environment: Environment, printer: Printer
) -> int:
    title = " ".join(" ".join(options.title).split())
    if len(title) > TITLE_CHARS:
        raise UsageError(f"A title has at most {TITLE_CHARS} characters, not {len(title)}.")
    chat = _meant(options, store)
    store.set_title(chat, title)
    printer.line(
        f"{chat[:SHOWN_ID_CHARS]} is called “{title}” now." if title else "It goes by its first words again."
    )
    return ExitStatus.OK


def _tag(options: argparse.Namespace, store: ChatStore, _environment: Environment, printer: Printer) -> int:
    add = [tag.removeprefix("#") for tag in options.tags]
    remove = [tag.removeprefix("#") for tag in options.remove]
    for tag in (*add, *remove):
        if not valid_tag(tag):
            raise UsageError(f"'{tag}' cannot be a tag: a tag is up to 40 letters, digits, - or _.")
    tags = store.library.tag(_meant(options, store), add, remove)
    printer.line("Tags: " + (" ".join(f"#{tag}" for tag in tags) or "none"))
    return ExitStatus.OK


def _archive(
    options: argparse.Namespace, store: ChatStore, _environment: Environment, printer: Printer
) -> int:
    chat = _meant(options, store)
    store.library.set_archived(chat, is_archived=not options.out)
    printer.line(f"“{_title(store, chat)}” is {'out of' if options.out else 'in'} the archive.")
    return ExitStatus.OK


def _title(store: ChatStore, chat: ChatId) -> str:
    return first_words(store.library.describe(chat).title) or chat[:SHOWN_ID_CHARS]


def _delete(
    options: argparse.Namespace, store: ChatStore, _environment: Environment, printer: Printer
) -> int:
    chats = [store.find_chat(text) for text in options.chats]
    for chat in chats:
        store.library.delete(chat)
        printer.line(f"“{_title(store, chat)}” ({chat[:SHOWN_ID_CHARS]}) is in the bin.")
    return ExitStatus.OK


def _restore(
    options: argparse.Namespace, store: ChatStore, _environment: Environment, printer: Printer
) -> int:
    found = chat_in_bin(store.library, options.chat)
    store.library.restore(found.id)
    printer.line(f"“{first_words(found.title)}” is back.")
    return ExitStatus.OK


def _empty_bin(
    options: argparse.Namespace, store: ChatStore, environment: Environment, printer: Printer
) -> int:
    count = len(store.library.list(ChatFilter(is_deleted=True), 1_000_000))
    if count and not options.yes:
        raise UsageError(f"{count} chats would be removed for good.", hint="--yes removes them.")
    removed = store.library.tend(environment.clock.now() + timedelta(days=1), is_needed=True)
    printer.line(f"{removed} chats were removed for good.")
    return ExitStatus.OK


def _backup(options: argparse.Namespace, store: ChatStore, environment: Environment, printer: Printer) -> int:
    path = environment.expand(options.file)
    if path.is_dir():
        path /= f"chatrepl-{environment.clock.now().astimezone():%Y-%m-%d}.db"
    if path.exists() and not options.force:
        raise StoreError(f"{path} exists already.", hint="--force writes over it.")
    store.library.backup(path)
    printer.line(f"{path}: {path.stat().st_size:,} bytes. It is a library of its own; only you can read it.")
    return ExitStatus.OK


def _check(
    _options: argparse.Namespace, store: ChatStore, _environment: Environment, printer: Printer
) -> int:
    problems = store.library.check()
    for problem in problems:
        printer.line(problem)
    if problems:
        return ExitStatus.ERROR
    printer.line("The library is sound.")
    return ExitStatus.OK


def _vacuum(
    _options: argparse.Namespace, store: ChatStore, _environment: Environment, printer: Printer
) -> int:
    before, after = store.library.vacuum()
    printer.line(f"{before:,} bytes before, {after:,} now; the index of words was made anew.")
    return ExitStatus.OK


def _stats(options: argparse.Namespace, store: ChatStore, environment: Environment, printer: Printer) -> int:
    from chatrepl.heat_map import heat_map

    stats = store.library.stats(None)
    if options.json:
        printer.json(
            {
                "chat_count": stats.chat_count,
                "archived_count": stats.archived_count,
                "message_count": stats.message_count,
                "text_bytes": stats.text_bytes,
                "file_bytes": stats.file_bytes,
                "days": {str(day.day): day.message_count for day in stats.days},
                "models": {model.model: model.reply_count for model in stats.models},
                "longest": [as_json(chat) for chat in stats.longest],
            }
        )
        return ExitStatus.OK
    archived = f", {stats.archived_count} of them in the archive" if stats.archived_count else ""
    printer.line(
        f"{stats.chat_count:,} chats{archived}; {stats.message_count:,} messages; {stats.text_bytes:,} bytes of text in"
        f" {stats.file_bytes:,} on disk."
    )
    today = environment.clock.now().astimezone().date()
    weeks = max(4, min(53, (environment.columns - 5) // 2))
    printer.line()
    for row in heat_map(stats.days, today, weeks=weeks, is_unicode=environment.is_unicode):
        printer.drawing(row)
    if stats.models:
        printer.line()
        printer.table(
            ("model", "replies"), [(model.model, str(model.reply_count)) for model in stats.models[:20]]
        )
    if stats.longest:
        printer.line()
        rows = [(first_words(chat.title, 60), str(chat.message_count)) for chat in stats.longest]
        printer.table(("longest chats", "messages"), rows)
    return ExitStatus.OK


ACTIONS: Mapping[str, Action] = {
    "list": _list,
    "search": _search,
    "show": _show,
    "rename": _rename,
    "tag": _tag,
    "archive": _archive,
    "delete": _delete,
    "restore": _restore,
    "empty-bin": _empty_bin,
    "backup": _backup,
    "check": _check,
    "vacuum": _vacuum,
    "stats": _stats,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chatrepl chats",
        description="Look after the chats that are kept on this machine.",
        epilog="A CHAT is the beginning of an id or of a title. Without an action the chats are listed.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION")

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")

    listed = action("list", "list chats, the last changed first")
    listed.add_argument("words", nargs="*", help="words of the title, tag:, model:, since:, before:")
    listed.add_argument("--archived", action="store_true", help="those in the archive")
    listed.add_argument("--bin", action="store_true", help="those in the bin")
    listed.add_argument("-n", "--limit", type=_count, default=50, help="at most so many (default: 50)")
    listed.add_argument("--json", action="store_true", help="write a JSON list")
    search = action("search", "find messages by their words")
    search.add_argument("words", nargs="+", help='words, "phrases", -words that must not be there')
    search.add_argument("--chat", metavar="CHAT", help="only in this chat")
    for name in FILTERS:
        search.add_argument(f"--{name}", help=f"as {name}: in /search")
    search.add_argument("-n", "--limit", type=_count, default=20, help="at most so many (default: 20)")
    search.add_argument(
        "-C",
        "--context",
        type=int,
        metavar="LINES",
        help="show the lines that were found, and so many around them",
    )
    search.add_argument("--json", action="store_true", help="write a JSON object")
    action("show", "print a chat as text").add_argument("chat", metavar="CHAT")
    rename = action("rename", "give a chat a title")
    rename.add_argument("chat", metavar="CHAT")
    rename.add_argument("title", nargs="*", help="nothing: it goes by its first words")
    tag = action("tag", "put tags on a chat")
    tag.add_argument("chat", metavar="CHAT")
    tag.add_argument("tags", nargs="*", metavar="TAG")
    tag.add_argument("--remove", action="append", default=[], metavar="TAG", help="take a tag off")
    archive = action("archive", "put a chat away from the lists")
    archive.add_argument("chat", metavar="CHAT")
    archive.add_argument("--out", action="store_true", help="bring it back")
    action("delete", "put chats into the bin").add_argument("chats", nargs="+", metavar="CHAT")
    action("restore", "bring a chat back from the bin").add_argument("chat", metavar="CHAT")
    empty = action("empty-bin", "remove what is in the bin for good")
    empty.add_argument("--yes", action="store_true", help="really do it")
    backup = action("backup", "copy the library while it is in use")
    backup.add_argument("file", metavar="FILE", help="a new file, or a directory for one")
    backup.add_argument("--force", action="store_true", help="write over a file that is there")
    action("check", "look whether the library is sound")
    action("vacuum", "make the file as small as it can be, with a new index")
    action("stats", "count what there is").add_argument(
        "--json", action="store_true", help="write a JSON object"
    )
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:9]) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not {text}")
    return int(text)
