"""Builds the input line, what stands around it, and the application that holds them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import Completer
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import Condition, has_completions, is_done
from prompt_toolkit.formatted_text import AnyFormattedText
from prompt_toolkit.history import History
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.layout import (
    AnyContainer,
    ConditionalContainer,
    DynamicContainer,
    HSplit,
    Layout,
    Window,
)
from prompt_toolkit.layout.controls import BufferControl, FormattedTextControl
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.layout.menus import CompletionsMenu
from prompt_toolkit.output import Output
from prompt_toolkit.styles import Style
from prompt_toolkit.widgets import SearchToolbar

from chatrepl.themes import DARK
from chatrepl.ui.completion import path_word
from chatrepl.ui.row_breaks import RowBreaks
from chatrepl.ui.screen import ChatApplication
from chatrepl.ui.tail import Tail

PROMPT = "> "
MENU_ROWS = 8
ESCAPE_WAIT_S = 0.03
"""How long a lone Esc is held back in case it begins a key; twice this passes before it acts."""


class StoredHistory(History):
    """What was typed in all runs, read from the library once that is open."""

    def __init__(self, load: Callable[[], Sequence[str]], add: Callable[[str], None]) -> None:
        super().__init__()
        self._load = load
        self._add = add
        self._is_open = asyncio.Event()

    def open(self) -> None:
        """Tell that the library is open."""
        self._is_open.set()

    @property
    def is_open(self) -> bool:
        """Whether the library is open."""
        return self._is_open.is_set()

    async def load(self) -> AsyncGenerator[str, None]:
        """Yield what was typed, newest first, as soon as the library is open."""
        await self._is_open.wait()
        async for text in super().load():
            yield text

    def load_history_strings(self) -> Iterable[str]:
        """Return what was typed, newest first."""
        return self._load()

    def store_string(self, string: str) -> None:
        """Remember what was typed."""
        self._add(string)


class InputLine(Buffer):
    """The input line. An editor that opens it waits until the application has left the screen."""

    leave_screen: Callable[[], None] = staticmethod(lambda: None)
    enter_screen: Callable[[], None] = staticmethod(lambda: None)
    """Called in another thread, when the editor has given the terminal back."""
    unfold: Callable[[str], str] = staticmethod(lambda text: text)
    """Returns a text as the editor is to have it."""
    refold: Callable[[str], str] = staticmethod(lambda text: text)
    """Returns what an editor wrote as it is to stand in the line."""
    on_editor_failed: Callable[[], None] = staticmethod(lambda: None)
    """Called in another thread, when there is no editor or it ended with an error."""

    def _open_file_in_editor(self, filename: str) -> bool:
        self.leave_screen()
        file = Path(filename)
        before = self.unfold(file.read_bytes().decode())
        file.write_bytes(before.encode())
        is_done = super()._open_file_in_editor(filename)
        self.enter_screen()
        if is_done:
            text = file.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n").replace("\0", "")
            if not before.endswith("\n"):  # editors end the last line
                text = text.removesuffix("\n")
            file.write_bytes(f"{self.refold(text)}\n".encode())  # whoever reads it takes one line end away
        else:
            self.on_editor_failed()
        return is_done


@dataclass(slots=True)
class View:
    """What the application shows around the input line; the session changes it and asks for a redraw."""

    tail: list[str] = field(default_factory=list)
    """Lines with escape sequences that fit the width: the open end of the reply that is arriving."""
    has_gap: bool = False
    """Whether a blank row stands above the input line."""
    question: str = ""
    """A question for yes or no. Empty: none."""
    panel: AnyContainer | None = None
    """Stands in the place of the input line. None: nothing does."""
    chips: Callable[[int], list[str]] = lambda _columns: []
    """Draws a line for what goes with the message, for a width; none where nothing does."""
    queued: list[str] = field(default_factory=list)
    """One line for every message that waits for its turn."""
    help: list[str] = field(default_factory=list)
    """The list of keys. Empty: it is not open."""
    bar: Callable[[int], list[tuple[str, str]]] = lambda _columns: []
    """Draws the status bar for a width."""


def build_application(
    view: View,
    *,
    input: Input,
    output: Output,
    bindings: KeyBindings,
    history: History,
    completer: Completer,
    reflows: bool,
) -> ChatApplication:
    """Build the application of a session; its current buffer is the input line."""
    buffer = InputLine(
        name=DEFAULT_BUFFER,
        history=history,
        completer=completer,
        complete_while_typing=Condition(
            lambda: (
                (buffer.text.startswith("/") and not buffer.text.startswith("//"))
                or path_word(buffer.document.current_line_before_cursor) is not None
            )
        ),
        enable_history_search=True,
        multiline=True,
        tempfile_suffix=".md",
    )
    search = SearchToolbar(ignore_case=True)
    control = BufferControl(
        buffer,
        search_buffer_control=search.control,
        preview_search=True,
        include_default_input_processors=True,
        input_processors=[RowBreaks(len(PROMPT))],
    )

    def prefix(line: int, wrap_count: int) -> AnyFormattedText:
        if line == 0 and wrap_count == 0:
            return [("class:prompt", PROMPT)]
        return " " * len(PROMPT)

    def not_yet() -> str:
        """Say why y and n do not answer a question now: letters that are typed into a text never do."""
        return "  first send or clear the line; Esc: no" if buffer.text else ""

    def input_rows() -> Dimension:
        return Dimension(min=1, max=max(1, output.get_size().rows // 2))

    typing = Window(
        control,
        get_line_prefix=prefix,
        wrap_lines=True,
        height=input_rows,
        dont_extend_height=True,
        style="class:input",
    )

    def chips() -> list[str]:
        return view.chips(output.get_size().columns) if view.panel is None else []

    tail = Tail(lambda: view.tail)
    nothing = Window(height=0)
    layout = HSplit(
        [
            tail,
            _lines(lambda: " ", lambda: view.has_gap),
            _lines(lambda: [("class:queue", "\n".join(view.queued))], lambda: bool(view.queued)),
            _lines(
                lambda: [("class:question", view.question), ("class:queue", not_yet())],
                lambda: bool(view.question),
                wrap=True,
            ),
            _lines(lambda: "\n".join(chips()), lambda: bool(chips()), style="class:chips"),
            ConditionalContainer(typing, Condition(lambda: view.panel is None)),
            DynamicContainer(lambda: view.panel or nothing),
            search,
            ConditionalContainer(
                CompletionsMenu(max_height=MENU_ROWS, scroll_offset=1), has_completions & ~is_done
            ),
            _lines(lambda: [("class:help", "\n".join(view.help))], lambda: bool(view.help)),
            _lines(lambda: [*view.bar(output.get_size().columns)], lambda: True),
        ]
    )
    application = ChatApplication(
        reflows=reflows,
        tail=tail,
        layout=Layout(layout, focused_element=typing),
        key_bindings=bindings,
        style=Style.from_dict(dict(DARK.prompt)),
        include_default_pygments_style=False,
        input=input,
        output=output,
        erase_when_done=True,
        max_render_postpone_time=None,
    )
    application.ttimeoutlen = ESCAPE_WAIT_S
    application.timeoutlen = ESCAPE_WAIT_S
    return application


def _lines(
    text: Callable[[], AnyFormattedText], shown: Callable[[], bool], *, wrap: bool = False, style: str = ""
) -> ConditionalContainer:
    window = Window(
        FormattedTextControl(text),
        dont_extend_height=True,
        wrap_lines=wrap,
        always_hide_cursor=True,
        style=style,
    )
    return ConditionalContainer(window, Condition(shown))
