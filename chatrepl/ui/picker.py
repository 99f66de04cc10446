"""The list of chats to choose one from, drawn where the input line stands: words search it, arrows choose.

What is shown is fetched in other threads, so that no key waits for the library; an answer that comes too late for what is
typed by now is dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.data_structures import Point
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import HSplit, Window
from prompt_toolkit.layout.controls import BufferControl, FormattedTextControl
from prompt_toolkit.layout.dimension import Dimension
from rich.cells import cell_len, set_cell_size

from chatrepl.commands.numbers import cost_of, when
from chatrepl.conversation import first_words
from chatrepl.errors import ChatreplError
from chatrepl.messages import Role
from chatrepl.ports import ChatFilter, ChatSummary
from chatrepl.queries import read_query
from chatrepl.sanitise import sanitise_line
from chatrepl.search import Excerpt, excerpt

if TYPE_CHECKING:
    from chatrepl.messages import ChatId, MessageId
    from chatrepl.ports import Clock, Library

PAGE_CHATS = 50
PREVIEW_ROWS = 3
PREVIEW_CHARS = 400
WIDE_COLUMNS = 70
"""From here on, model, length and cost are shown beside the title."""
HELP = "Enter opens, Del bin, Ctrl-Z undo, Esc leaves"
SHORT_HELP = "Enter, Del, Ctrl-Z, Esc"

T = TypeVar("T")


class Item(NamedTuple):
    """A chat in the list."""

    chat: ChatSummary
    message: MessageId | None
    """The message that was found in it. None: the chat is meant as a whole."""
    excerpt: Excerpt | None


@dataclass(slots=True)
class Page:
    """What is in the list, and whether there may be more."""

    items: list[Item]
    has_more: bool = False
    said: str = ""
    """Why it is empty. Empty: it is not."""


def fetch(library: Library, words: str, limit: int, clock: Clock) -> Page:
    """Return the chats whose titles or messages have what is typed; the last changed where nothing is.

    Chats come first whose title has it.
    """
    try:
        if not words.strip():
            found = library.list(ChatFilter(), limit + 1)
            items = [Item(chat, None, None) for chat in found[:limit]]
            return Page(items, len(found) > limit, "" if items else "No chat is kept yet.")
        query, _ = read_query(words, clock.now(), None)
        titled: list[ChatSummary] = []
        if query.terms and query.role is None:
            which = ChatFilter(
                words=tuple(term.folded for term in query.terms),
                model=query.model,
                tag=query.tag,
                rated=query.rated,
                since=query.since,
                before=query.before,
                is_archived=None,
            )
            titled = [*library.list(which, limit)]
        hits = library.search(query, limit, is_per_chat=True)
    except ChatreplError as error:
        return Page([], said=error.message)
    by_chat = {hit.chat.id: hit for hit in hits.hits}
    here = {chat.id for chat in titled}
    items = [Item(chat, None, None) for chat in titled]
    items += [
        Item(hit.chat, hit.message, excerpt(query.terms, hit.text))
        for hit in by_chat.values()
        if hit.chat.id not in here
    ]
    return Page(items[:limit], len(items) > limit, "" if items else "Nothing fits that.")


class Picker:
    """The list while it is open.

    Args:
        library: Opens the library; called in another thread.
        rows: Returns the height of the terminal.
        columns: Returns its width.
        changed: Asks for a drawing.
        chosen: Called with the chat that was chosen, and the message that was found in it. None: with none.
    """

    def __init__(
        self,
        library: Callable[[], Library],
        clock: Clock,
        *,
        rows: Callable[[], int],
        columns: Callable[[], int],
        changed: Callable[[], None],
        chosen: Callable[[ChatId | None, MessageId | None], None],
        words: str = "",
        is_unicode: bool = True,
    ) -> None:
        self._library = library
        self._clock = clock
        self._rows = rows
        self._columns = columns
        self._changed = changed
        self._chosen = chosen
        self._is_unicode = is_unicode
        self._page = Page([])
        self._index = 0
        self._limit = PAGE_CHATS
        self._asked = 0
        self._is_fetching = True
        self._preview: list[str] = []
        self._deleted: list[ChatId] = []
        self._said = ""
        self._tasks: set[asyncio.Task[None]] = set()
        """Those that run; a task that nobody holds may vanish."""
        self.buffer = Buffer(name="picker", multiline=False)
        self.buffer.text = words
        self.buffer.cursor_position = len(words)
        self.buffer.on_text_changed += lambda _: self._words_changed()
        self.control = BufferControl(self.buffer, key_bindings=self._bindings())
        line = Window(
            self.control, height=1, get_line_prefix=lambda _line, _wrap: [("class:prompt", "find: ")]
        )
        listed = Window(
            FormattedTextControl(
                self._list_text, get_cursor_position=lambda: Point(0, self._index), show_cursor=False
            ),
            height=lambda: Dimension.exact(self._list_rows),
            always_hide_cursor=True,
            wrap_lines=False,
        )
        preview = Window(
            FormattedTextControl(self._preview_text),
            height=Dimension.exact(PREVIEW_ROWS),
            always_hide_cursor=True,
            wrap_lines=False,
            style="class:picker.preview",
        )
        self.container = HSplit([listed, preview, line])

    def begin(self) -> None:
        """Fetch what is shown first."""
        self._fetch()

    # What is shown.

    @property
    def _list_rows(self) -> int:
        return max(1, min(12, self._rows() // 2 - PREVIEW_ROWS, max(1, len(self._page.items))))

    @property
    def bar(self) -> str:
        """What stands in the status bar meanwhile."""
        if self._said:
            return self._said
        helped = HELP if self._columns() >= WIDE_COLUMNS else SHORT_HELP
        count = len(self._page.items)
        shown = f"{min(self._index + 1, count)}/{count}{'+' if self._page.has_more else ''}"
        return f"{shown}  {helped}"

    def _list_text(self) -> StyleAndTextTuples:
        if not self._page.items:
            said = "looking…" if self._is_fetching else self._page.said
            return [("class:picker.dim", self._shown(said))]
        text: StyleAndTextTuples = []
        for index, item in enumerate(self._page.items):
            is_chosen = index == self._index
            style = "class:picker.chosen" if is_chosen else ""
            text.append((style, self._row(item, is_chosen=is_chosen)))
            if index < len(self._page.items) - 1:
                text.append(("", "\n"))
        return text

    def _shown(self, text: str) -> str:
        clean = sanitise_line(text)
        if self._is_unicode:
            return clean
        from chatrepl.ui.ascii import readable

        return readable(clean, "ascii")

    def _row(self, item: Item, *, is_chosen: bool) -> str:
        chat, columns = item.chat, self._columns()
        mark = "> " if is_chosen else "  "
        lead = f"{mark}{when(chat.updated_at, self._clock.now()):>10}  "
        title = self._shown(first_words(chat.title, 200) or "(no title)")
        title += "".join(f" #{self._shown(tag)}" for tag in chat.tags)
        tail = ""
        if columns >= WIDE_COLUMNS:
            tokens = _short(chat.total_tokens) if chat.total_tokens else ""
            parts = (
                self._shown(first_words(chat.model, 20)),
                f"{chat.message_count} msg",
                f"{tokens} tok" if tokens else "",
                cost_of(chat),
            )
            tail = "  " + ", ".join(part for part in parts if part)
        room = max(8, columns - cell_len(lead) - cell_len(tail) - 1)
        if cell_len(title) > room:
            title = set_cell_size(title, room - 1) + ("…" if self._is_unicode else ".")
        return lead + set_cell_size(title, room) + tail

    def _preview_text(self) -> StyleAndTextTuples:
        columns = self._columns() - 1
        lines = [
            set_cell_size(line, columns).rstrip() if cell_len(line) > columns else line
            for line in self._preview
        ]
        return [("class:picker.preview", "\n".join(lines[:PREVIEW_ROWS]))]

    # What is fetched.

    def _words_changed(self) -> None:
        self._index, self._limit, self._said = 0, PAGE_CHATS, ""
        self._fetch()

    def _fetch(self) -> None:
        self._asked += 1
        self._is_fetching = True
        asked, words, limit = self._asked, self.buffer.text, self._limit

        def take(page: Page) -> None:
            if asked == self._asked:
                self._page, self._is_fetching = page, False
                self._index = max(0, min(self._index, len(page.items) - 1))
                self._show_preview()

        self._in_background(lambda: fetch(self._library(), words, limit, self._clock), take)

    def _show_preview(self) -> None:
        self._preview = []
        item = self.current
        if item is None:
            return
        if item.excerpt is not None:
            self._preview = _wrapped(self._shown(item.excerpt.text), self._columns() - 1)
            return

        def read() -> list[str]:
            with suppress(ChatreplError):
                tail = self._library().tail(item.chat.id, 2)
                return [
                    f"{'you' if message.role is Role.USER else str(message.role)}: "
                    + self._shown(first_words(message.text, PREVIEW_CHARS))
                    for message in tail.messages
                ]
            return []

        def take(lines: list[str]) -> None:
            if self.current == item:
                self._preview = lines

        self._in_background(read, take)

    def _in_background(self, work: Callable[[], T], take: Callable[[T], None]) -> None:
        loop = asyncio.get_running_loop()

        async def run() -> None:
            found = await loop.run_in_executor(None, work)
            take(found)
            self._changed()

        task = loop.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def current(self) -> Item | None:
        """The chat under the mark. None: the list is empty."""
        return self._page.items[self._index] if self._index < len(self._page.items) else None

    # What the keys do.

    def _move(self, by: int) -> None:
        count = len(self._page.items)
        if not count:
            return
        self._index = max(0, min(count - 1, self._index + by))
        if self._page.has_more and self._index >= count - self._list_rows:
            self._limit += PAGE_CHATS
            self._fetch()
        else:
            self._show_preview()

    def _delete(self) -> None:
        item = self.current
        if item is None:
            return
        self._deleted.append(item.chat.id)
        self._said = "moved to the bin; Ctrl-Z brings it back"
        self._change(lambda: self._library().delete(item.chat.id))

    def _restore(self) -> None:
        if not self._deleted:
            return
        chat = self._deleted.pop()
        self._said = "brought back from the bin"
        self._change(lambda: self._library().restore(chat))

    def _change(self, change: Callable[[], None]) -> None:
        def work() -> str:
            try:
                change()
            except ChatreplError as error:
                return error.message
            return ""

        def take(problem: str) -> None:
            self._said = problem or self._said
            self._fetch()

        self._in_background(work, take)

    def _bindings(self) -> KeyBindings:
        bindings = KeyBindings()

        def bind(*keys: str, by: int) -> None:
            @bindings.add(*keys)
            def _move(_event: KeyPressEvent) -> None:
                self._said = ""
                self._move(by)

        bind("up", by=-1)
        bind("c-p", by=-1)
        bind("down", by=1)
        bind("c-n", by=1)
        bind("pageup", by=-10)
        bind("pagedown", by=10)

        @bindings.add("enter")
        def _choose(_event: KeyPressEvent) -> None:
            item = self.current
            if item is not None:
                self._chosen(item.chat.id, item.message)

        @bindings.add("escape", eager=True)
        @bindings.add("c-c")
        @bindings.add("<sigint>")
        @bindings.add("c-g")
        def _leave(_event: KeyPressEvent) -> None:
            self._chosen(None, None)

        @bindings.add("c-d")
        def _leave_if_empty(_event: KeyPressEvent) -> None:
            if not self.buffer.text:
                self._chosen(None, None)

        @bindings.add("delete")
        def _bin(_event: KeyPressEvent) -> None:
            if self.buffer.document.is_cursor_at_the_end:
                self._delete()
            else:
                self.buffer.delete()

        @bindings.add("c-z")
        def _undo(_event: KeyPressEvent) -> None:
            self._restore()

        @bindings.add("tab")
        @bindings.add("c-x", "c-e")
        def _nothing(_event: KeyPressEvent) -> None:
            """Keep keys of the input line out of here."""

        @bindings.add(Keys.BracketedPaste)
        def _paste(event: KeyPressEvent) -> None:
            self.buffer.insert_text(" ".join(event.data.split())[:1000])

        return bindings


def _wrapped(text: str, columns: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, max(20, columns))[:PREVIEW_ROWS]


def _short(count: int) -> str:
    if count < 10_000:
        return f"{count}"
    return f"{count / 1000:.0f}k" if count < 1_000_000 else f"{count / 1_000_000:.1f}M"
