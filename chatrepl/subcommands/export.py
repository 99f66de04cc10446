"""``chatrepl export``: chats as files, one, some or all of them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from chatrepl import files, wiring
from chatrepl.environment import Environment
from chatrepl.errors import ExitStatus, StoreError, UsageError
from chatrepl.exports import FORMS, Form, Outgoing, form_for
from chatrepl.messages import ChatId
from chatrepl.ports import ChatStore
from chatrepl.queries import read_query, to_filter
from chatrepl.subcommands.output import Printer, Progress

MOST_FOUND = 100_000


def run(arguments: Sequence[str], environment: Environment) -> int:
    """Write chats; returns the exit status."""
    options = _parser().parse_args(arguments)
    store = wiring.open_library_to_read(environment)
    if store is None:
        raise StoreError("There is no library yet, so that there is nothing to export.")
    try:
        chats = _chosen(options, store, environment)
        form = _form(options, is_one=len(chats) == 1)
        if form.name == "json" and len(chats) > 1:
            raise UsageError("JSON holds one chat; jsonl holds many.", hint="--format jsonl")
        pieces = form.write(
            _read(store, chats, environment), _title(options, len(chats)), environment.clock.now()
        )
        if options.output in {None, "-"}:
            _to_stdout(pieces, environment)
        else:
            path = environment.expand(options.output)
            files.write_atomically(path, pieces, overwrite=options.force)
            if environment.stderr_is_terminal:
                noun = "chat" if len(chats) == 1 else "chats"
                environment.stderr.write(f"{len(chats)} {noun} written to {path}\n")
    finally:
        store.close()
    return ExitStatus.OK


def _to_stdout(pieces: Iterator[str], environment: Environment) -> None:
    """Write to standard output: as UTF-8 for a file or a program, sanitised for a terminal."""
    printer = Printer(environment)
    raw = getattr(environment.stdout, "buffer", None)
    for piece in pieces:
        if environment.stdout_is_terminal or raw is None:
            printer.lines(piece)
        else:
            raw.write(piece.encode("utf-8", "replace"))
    if raw is not None:
        raw.flush()


def _form(options: argparse.Namespace, *, is_one: bool) -> Form:
    ending = ""
    if options.output not in {None, "-"}:
        stem, dot, last = options.output.rpartition(".")
        ending = f".{last.lower()}" if dot and stem and "/" not in last else "."
    form = form_for(options.format, ending, is_one=is_one)
    if form is None:
        raise UsageError(
            f"'{options.output}' does not say in which form.", hint="--format is one of " + ", ".join(FORMS)
        )
    return form


def _chosen(options: argparse.Namespace, store: ChatStore, environment: Environment) -> Sequence[ChatId]:
    """Return the chats that are meant, the oldest first.

    Raises:
        ChatreplError: none is, or what is asked for is not there.
    """
    library, now = store.library, environment.clock.now()
    if options.search:
        query, _ = read_query(options.search, now, None)
        hits = library.search(query, MOST_FOUND, is_per_chat=True)
        chats = [hit.chat.id for hit in hits.hits]
    elif options.which or options.all:
        which = to_filter(options.which or "", now, None)
        chats = list(library.ids(which._replace(is_archived=which.is_archived or None)))
    elif options.chats:
        chats = [store.find_chat(text) for text in options.chats]
    else:
        raise UsageError(
            "Which chats? None was named.",
            hint="chatrepl export TITLE, --all, --which 'tag:work', or --search WORDS",
        )
    if not chats:
        raise StoreError("No chat fits that: nothing was written.")
    return chats


def _read(store: ChatStore, chats: Sequence[ChatId], environment: Environment) -> Iterator[Outgoing]:
    with Progress(environment, "exporting", len(chats)) as progress:
        for chat in chats:
            yield Outgoing(*store.library.read(chat))
            progress.advance()


def _title(options: argparse.Namespace, count: int) -> str:
    if options.search:
        return f"Chats about {options.search}"
    return "Chats" if count > 1 else "Chat"


def _parser() -> argparse.ArgumentParser:
    listed = "".join(f"  {form.name:<18} {form.summary}\n" for form in FORMS.values())
    parser = argparse.ArgumentParser(
        prog="chatrepl export",
        description="Write chats to a file or to standard output.",
        epilog=f"forms:\n{listed}\nWithout --format the ending of the file decides.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("chats", nargs="*", metavar="CHAT", help="the beginning of an id or of a title")
    parser.add_argument("--all", action="store_true", help="every chat, those in the archive too")
    parser.add_argument(
        "--which", metavar="FILTER", help="chats by title words, tag:, model:, since:, before:"
    )
    parser.add_argument(
        "--search", metavar="WORDS", help="chats with a message that /search WORDS would find"
    )
    parser.add_argument(
        "-f", "--format", choices=tuple(FORMS), metavar="FORM", help="the form, one of those below"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write to this file (default: standard output)"
    )
    parser.add_argument("--force", action="store_true", help="write over a file that is there")
    return parser
