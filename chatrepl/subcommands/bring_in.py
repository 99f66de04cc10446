"""``chatrepl import``: chats from chatrepl's own files and from other programs.

What is brought in keeps the ids that it had, or gets such that follow from it; so the same file twice is once, a file that
has grown adds what is new, and an import that was stopped goes on where it was when it is run again.
"""

from __future__ import annotations

import argparse
import gc
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from chatrepl import wiring
from chatrepl.environment import Environment
from chatrepl.errors import ChatreplError, ExitStatus, StoreError
from chatrepl.imports import KINDS, read_chats
from chatrepl.imports.base import Found, Item, Problem
from chatrepl.ports import Imported, Library, PreparedChat, WholeChat
from chatrepl.queries import valid_tag
from chatrepl.subcommands.output import Printer, Progress

CHUNK_BYTES = 1 << 20
BATCH_MESSAGES = 10_000
"""So much is stored in one step: all of it, or none."""
FIRST_MESSAGES = 1250
"""And so much in the first, so that reading and storing go on side by side soon; each step after it may be twice as large."""
SWITCH_INTERVAL_S = 0.0005
"""The thread that reads lets the one that stores go on so soon: statements are short, and each has to wait for it."""
BATCHES_AHEAD = 1
SHOWN_PROBLEMS = 20
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
SQLITE = b"SQLite format 3\0"
READ_ENDINGS = frozenset({".json", ".jsonl", ".yaml", ".yml", ".db", ".zip", ""})
"""Files with other endings are passed over in a directory."""


@dataclass(slots=True)
class Tally:
    """What became of what was read."""

    new_chats: int = 0
    grown_chats: int = 0
    same_chats: int = 0
    messages: int = 0
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    failed_files: int = 0

    def add(self, done: Sequence[Imported]) -> None:
        """Count what was stored."""
        for one in done:
            self.new_chats += one.is_new
            self.grown_chats += not one.is_new and one.added_count > 0
            self.same_chats += not one.is_new and not one.added_count
            self.messages += one.added_count

    def complain(self, *problems: Problem) -> None:
        """Note what was wrong; the first ones are shown."""
        self.problem_count += len(problems)
        self.problems += problems[: max(0, SHOWN_PROBLEMS - len(self.problems))]


def run(arguments: Sequence[str], environment: Environment) -> int:
    """Bring chats in; returns the exit status."""
    options = _parser().parse_args(arguments)
    for tag in options.tag:
        if not valid_tag(tag):
            raise StoreError(f"'{tag}' cannot be a tag: a tag is up to 40 letters, digits, - or _.")
    named = [environment.expand(name) for name in options.files]
    files = [file for path in named for file in _files(path)]
    tally = Tally()
    printer = Printer(environment)
    store = wiring.open_store(environment)
    was_enabled = gc.isenabled()
    gc.disable()  # what is read holds no cycles, and looking for some takes a third of the time
    switch_interval_s = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        if not store.is_saving:
            raise StoreError(" ".join(store.warnings()) or "The library cannot be written.")
        total = sum(file.stat().st_size for file in files)
        is_asked_for = frozenset(named).__contains__
        with Progress(environment, "importing", total) as progress:
            writer = _Writer(store.library, tally, lambda: store.is_saving, is_dry=options.dry_run)
            try:
                for file in files:
                    _import_file(
                        file, writer, tally, environment, progress, options.tag, is_sure=is_asked_for(file)
                    )
                    if not store.is_saving:
                        raise StoreError(
                            " ".join(store.warnings()) or "The library cannot be written any more."
                        )
                    writer.flush()
            finally:
                writer.finish()
        if not options.dry_run:
            store.library.tend(NEVER)
    except KeyboardInterrupt:
        _report(printer, tally, is_dry=options.dry_run)
        printer.line("Stopped. What was counted is in; the same command goes on from there.")
        return ExitStatus.INTERRUPTED
    finally:
        store.close()
        sys.setswitchinterval(switch_interval_s)
        if was_enabled:
            gc.enable()
    _report(printer, tally, is_dry=options.dry_run)
    return ExitStatus.ERROR if tally.failed_files else ExitStatus.OK


class _Writer:
    """Stores chats in batches, in a thread of its own, while the next ones are read."""

    def __init__(
        self, library: Library, tally: Tally, is_saving: Callable[[], bool], *, is_dry: bool
    ) -> None:
        self._library = library
        self._tally = tally
        self._is_saving = is_saving
        self._is_dry = is_dry
        self._batch: list[PreparedChat] = []
        self._batch_messages = 0
        self._wanted = FIRST_MESSAGES
        self._pool = ThreadPoolExecutor(1)
        self._waiting: list[tuple[Future[Sequence[Imported]], list[PreparedChat]]] = []

    def add(self, chat: WholeChat) -> None:
        """Store a chat, soon."""
        self._batch.append(self._library.prepare(chat))  # here, while what was handed over is stored
        self._batch_messages += len(chat.conversation)
        if self._batch_messages >= self._wanted:
            self._wanted = min(2 * self._wanted, BATCH_MESSAGES)
            self.flush()

    def flush(self) -> None:
        """Hand over what was gathered; wait where too much is on its way."""
        if self._batch:
            batch, self._batch, self._batch_messages = self._batch, [], 0
            self._waiting.append(
                (self._pool.submit(self._store, batch, (stored := threading.Event())), batch)
            )
            stored.wait()  # two threads that both run Python are slower than one; what follows runs beside the reading
        while len(self._waiting) > BATCHES_AHEAD:
            self._settle()

    def _store(self, batch: list[PreparedChat], stored: threading.Event) -> Sequence[Imported]:
        try:
            return self._library.import_chats(batch, is_dry=self._is_dry, on_stored=stored.set)
        finally:
            stored.set()

    def _settle(self) -> None:
        future, batch = self._waiting.pop(0)
        try:
            self._tally.add(future.result())
        except StoreError:
            for chat in batch:  # one of them does not fit what is there: the others do
                try:
                    self._tally.add(self._library.import_chats([chat], is_dry=self._is_dry))
                except StoreError as error:
                    if not self._is_saving():
                        raise
                    self._tally.complain(
                        Problem(f'chat "{chat.whole.conversation.title[:60]}"', error.message)
                    )

    def finish(self) -> None:
        """Wait until all is stored."""
        try:
            self.flush()
            while self._waiting:
                self._settle()
        finally:
            self._pool.shutdown(cancel_futures=True)


def _import_file(
    file: Path,
    writer: _Writer,
    tally: Tally,
    environment: Environment,
    progress: Progress,
    tags: Sequence[str],
    *,
    is_sure: bool,
) -> None:
    """Read one file; what is wrong with it as a whole is noted, and the others go on.

    A file of a directory (not ``is_sure``) may as well be of no known kind.
    """
    try:
        for item in _items(file, environment, progress):
            if isinstance(item, Problem):
                tally.complain(Problem(f"{file.name}: {item.place}", item.said))
                continue
            tally.complain(*(Problem(f"{file.name}: {one.place}", one.said) for one in item.problems))
            chat = _whole(item)
            if tags:
                chat.conversation.tags = tuple(sorted({*chat.conversation.tags, *tags}))
            writer.add(chat)
    except ChatreplError as error:
        tally.failed_files += is_sure
        tally.complain(Problem(file.name, error.message))
    except OSError as error:
        tally.failed_files += 1
        tally.complain(Problem(file.name, f"It cannot be read: {error.strerror or error}."))


def _whole(found: Found) -> WholeChat:
    return WholeChat(
        found.conversation, found.created_at, found.updated_at, found.auto_title, found.is_archived
    )


def _items(file: Path, environment: Environment, progress: Progress) -> Iterator[Item]:
    now = environment.clock.now()
    with file.open("rb") as opened:
        head = opened.read(len(SQLITE))
    if head == SQLITE:
        yield from wiring.read_database(file, environment)
        progress.advance(file.stat().st_size)
    elif zipfile.is_zipfile(file):
        yield from _zipped(file, now, progress)
    else:
        with file.open("rb") as opened:
            yield from read_chats(_chunks(opened.read, progress), _name(file), now)


def _name(file: Path) -> str:
    """Return what a chat without a title is called: gptme gives the name to the directory."""
    return file.parent.name if file.name == "conversation.jsonl" else file.name


def _zipped(file: Path, now: datetime, progress: Progress) -> Iterator[Item]:
    """Read the members of an archive that can hold chats. They are read in place; nothing is unpacked."""
    with zipfile.ZipFile(file) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        wanted = [member for member in members if member.filename.rsplit("/", 1)[-1] == "conversations.json"]
        wanted = wanted or [
            member
            for member in members
            if Path(member.filename).suffix.lower() in {".json", ".jsonl", ".yaml", ".yml"}
        ]
        if not wanted:
            raise StoreError(f"{file.name} holds no conversations.json and no other file with chats.")
        for member in wanted:
            name = member.filename.rsplit("/", 1)[-1]
            try:
                with archive.open(member) as opened:
                    yield from read_chats(_chunks(opened.read, None), name, now)
            except ChatreplError as error:
                yield Problem(member.filename, error.message)
            except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
                yield Problem(member.filename, f"It cannot be unpacked: {error}.")
            progress.advance(member.compress_size)


def _chunks(read: Callable[[int], bytes], progress: Progress | None) -> Iterator[bytes]:
    while chunk := read(CHUNK_BYTES):
        yield chunk
        if progress is not None:
            progress.advance(len(chunk))


def _files(path: Path) -> Iterator[Path]:
    """Yield the files that are meant: the one, or those of a directory that can hold chats.

    Raises:
        StoreError: there is none.
    """
    if path.is_dir():
        found = sorted(
            file
            for file in path.rglob("*")
            if file.is_file() and not file.is_symlink() and file.suffix.lower() in READ_ENDINGS
        )
        if not found:
            raise StoreError(f"{path} holds no file that could have chats.")
        yield from found
    elif path.is_file():
        yield path
    else:
        raise StoreError(
            f"There is no file {path}." if not path.exists() else f"{path} is not a regular file."
        )


def _report(printer: Printer, tally: Tally, *, is_dry: bool) -> None:
    for problem in tally.problems:
        printer.line(f"{problem.place}: {problem.said}")
    if tally.problem_count > len(tally.problems):
        printer.line(f"... and {tally.problem_count - len(tally.problems):,} problems more.")
    lead = "Would bring in: " if is_dry else ""
    printer.line(
        f"{lead}{tally.new_chats:,} new chats, {tally.grown_chats:,} that have grown, {tally.same_chats:,} that were there"
        f" already; {tally.messages:,} messages."
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chatrepl import",
        description="Bring chats in from files or directories; what is there already stays as it is.",
        epilog=f"Read are: {', '.join(KINDS)}, logs of llm (logs.db), backups of chatrepl; JSON, JSON lines, YAML or"
        " zipped, as they are told apart by what is in them.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a file, an archive, or a directory of them")
    parser.add_argument("-n", "--dry-run", action="store_true", help="read everything and store nothing")
    parser.add_argument(
        "--tag", action="append", default=[], help="put a tag on what comes in; may be repeated"
    )
    return parser
