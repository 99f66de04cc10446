"""Joins keys to what they do. Which keys is said in ``keymap``; the handlers call an object that knows the session."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import Completion
from prompt_toolkit.filters import (
    Condition,
    Filter,
    FilterOrBool,
    emacs_insert_mode,
    emacs_mode,
    has_completions,
    has_focus,
    has_selection,
    is_searching,
    shift_selection_mode,
    vi_insert_mode,
    vi_navigation_mode,
    vi_replace_mode,
)
from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.bindings import search
from prompt_toolkit.key_binding.bindings.named_commands import get_by_name
from prompt_toolkit.keys import Keys

from chatrepl.keymap import Chord, Keymap
from chatrepl.ui.line_editing import LineEditing

Handle = Callable[[KeyPressEvent], object]

SHIFT_ENTER = Keys.F24
"""Stands in for Shift-Enter, which has no name of its own in prompt_toolkit."""
FOCUS_IN, FOCUS_OUT = Keys.F23, Keys.F22
"""Stand in for what a terminal tells of its focus."""
ANSI_SEQUENCES.setdefault("\x1b[I", FOCUS_IN)
ANSI_SEQUENCES.setdefault("\x1b[O", FOCUS_OUT)

for _sequence in ("\x1b[27;2;13~", "\x1b[13;2u"):  # xterm's modifyOtherKeys, and kitty's protocol
    ANSI_SEQUENCES.setdefault(_sequence, SHIFT_ENTER)

_SAME_IN_BOTH = {
    "kill_to_end": "kill-line",
    "kill_to_start": "unix-line-discard",
    "kill_word": "unix-word-rubout",
    "yank": "yank",
    "yank_older": "yank-pop",
}
"""Actions that prompt_toolkit knows, and its names for them."""


class Actions(Protocol):
    """What the keys can ask for."""

    def submit(self) -> None:
        """Send what stands in the input line."""

    def escape(self) -> None:
        """Take back a queued message, or stop the reply."""

    def interrupt(self) -> None:
        """Stop the reply, else clear the draft, else leave when pressed twice."""

    def leave(self) -> None:
        """End chatrepl."""

    def clear_screen(self) -> None:
        """Empty the visible screen."""

    def answer(self, *, yes: bool) -> None:
        """Answer the question that stands above the input line."""

    def walk_queue(self, by: int) -> bool:
        """Take the queued message before (-1) or after (1) into the line. False: the key means something else."""

    def show_help(self) -> None:
        """Show the keys, or more of them."""

    def take_output(self) -> None:
        """Put the output of the last shell command into the message."""

    @property
    def is_help_closing(self) -> bool:
        """Whether the key that was just pressed has closed the list of keys."""

    @property
    def has_question(self) -> bool:
        """Whether a question waits for its answer."""

    @property
    def choices(self) -> int:
        """How many numbers can be chosen from. 0: nothing is to be chosen."""

    def choose(self, number: int | None) -> None:
        """Choose a number. None: none of them."""

    @property
    def has_history(self) -> bool:
        """Whether what was typed in other runs is loaded."""

    @property
    def is_multiline(self) -> bool:
        """Whether Enter begins a new line."""

    def recall(self) -> None:
        """Load what was typed in other runs, and go back by one."""

    def focus_changed(self, *, has_focus: bool) -> None:
        """The terminal told that the user looks here, or elsewhere."""


def build_bindings(actions: Actions, editing: LineEditing, buffer_name: str, keymap: Keymap) -> KeyBindings:
    """Bind the keys of the input line, which ``editing`` changes."""
    bindings = KeyBindings()
    free = has_focus(buffer_name) & ~is_searching
    typing = emacs_insert_mode | vi_insert_mode | vi_replace_mode
    _Binder(bindings, actions, editing, keymap, free, typing).bind_all()
    return bindings


def terminal_keys(chord: Chord) -> tuple[str, ...]:
    """Return the keys of a chord as prompt_toolkit calls them: Alt is an Esc before the key."""
    found: list[str] = []
    for key in chord:
        name = key
        if "alt-" in key and len(key) > len("alt-"):
            found.append("escape")
            name = key.replace("alt-", "", 1)
        found.append(_terminal_key(name))
    return tuple(found)


def _terminal_key(name: str) -> str:
    special = {"esc": "escape", "space": " ", "ctrl-space": "c-@", "shift-enter": SHIFT_ENTER.value}
    if name in special:
        return special[name]
    if len(name) == 1:
        return name
    return name.replace("ctrl-", "c-", 1).replace("shift-", "s-", 1)


class _Binder:
    """Makes the bindings, one group after the other.

    Args:
        free: While keys go to the input line, and to nothing that stands in its place.
        typing: While letters are letters, also in the mode of vi.
    """

    def __init__(
        self,
        bindings: KeyBindings,
        actions: Actions,
        editing: LineEditing,
        keymap: Keymap,
        free: Filter,
        typing: Filter,
    ) -> None:
        self._bindings = bindings
        self._actions = actions
        self._editing = editing
        self._keymap = keymap
        self._free = free
        self._typing = typing

    def bind_all(self) -> None:
        """Bind everything."""
        self._bind_changed_defaults()
        self._bind_lines()
        self._bind_editing()
        self._bind_history()
        self._bind_stopping()
        self._bind_menu()
        self._bind_answers()
        self._bind_choice()
        for key, is_here in ((FOCUS_IN, True), (FOCUS_OUT, False)):
            handle = partial(_tell_focus, self._actions, has_focus=is_here)
            self._bindings.add(key, save_before=lambda _: False)(handle)

    def _bind(self, name: str, handle: Handle, when: FilterOrBool, *, is_undone: bool = True) -> None:
        """Bind the keys of an action. ``is_undone`` False: what it does is not a change that can be undone."""
        for chord in self._keymap.chords(name):
            self._bindings.add(*terminal_keys(chord), filter=when, save_before=lambda _: is_undone)(handle)

    def _bind_changed_defaults(self) -> None:
        """Take away the default keys of what was changed, before anything else is bound to them."""
        for name in self._keymap.changed:
            for chord in self._keymap.freed(name):
                self._bindings.add(*terminal_keys(chord), filter=self._free & self._typing)(_do_nothing)
        for name, command in _SAME_IN_BOTH.items():
            self._bind(name, get_by_name(command).handler, self._free & self._typing)
        if "search" in self._keymap.changed:
            self._bind("search", search.start_reverse_incremental_search.handler, self._free & self._typing)
            self._bind("search", search.reverse_incremental_search.handler, is_searching)

    def _bind_lines(self) -> None:
        actions, free = self._actions, self._free
        is_multiline = Condition(lambda: actions.is_multiline)

        def send(event: KeyPressEvent) -> None:
            """Take the chosen completion; make a new line after a backslash; else send."""
            buffer = event.current_buffer
            state = buffer.complete_state
            if state is not None and state.current_completion is not None:
                _take_completion(buffer, state.current_completion)
            elif buffer.document.char_before_cursor == "\\" and buffer.document.is_cursor_at_the_end:
                buffer.delete_before_cursor()
                buffer.newline(copy_margin=False)
            elif actions.is_multiline and not _is_command(buffer.text):
                buffer.newline(copy_margin=False)
            else:
                buffer.cancel_completion()
                actions.submit()

        def newline(event: KeyPressEvent) -> None:
            """Begin a new line in the message."""
            event.current_buffer.newline(copy_margin=False)

        def send_lines(event: KeyPressEvent) -> None:
            event.current_buffer.cancel_completion()
            actions.submit()

        self._bind("send", send, free)
        self._bind("newline", newline, free)
        self._bind("send_lines", send_lines, free & is_multiline)
        self._bind("editor", lambda event: event.current_buffer.open_in_editor(), free)
        self._bind("clear_screen", lambda _: actions.clear_screen(), True)
        self._bindings.add(Keys.BracketedPaste, filter=free)(
            lambda event: self._editing.paste(event.current_buffer, event.data)
        )
        is_empty = Condition(lambda: not actions.has_question) & _is_line_empty
        self._bind("help", lambda _: actions.show_help(), free & self._typing & is_empty)

    def _bind_editing(self) -> None:
        actions, editing, when = self._actions, self._editing, self._free & self._typing

        def backspace(event: KeyPressEvent) -> None:
            """Delete backwards; a folded paste goes as a whole."""
            if not editing.backspace_paste(event.current_buffer):
                event.current_buffer.delete_before_cursor(count=event.arg)

        def delete(event: KeyPressEvent) -> None:
            if not editing.delete_paste(event.current_buffer):
                event.current_buffer.delete(count=event.arg)

        self._bindings.add("backspace", filter=when & ~has_selection)(backspace)
        self._bindings.add("delete", filter=when & ~has_selection)(delete)
        self._bind("undo", lambda event: event.current_buffer.undo(), when, is_undone=False)
        self._bind("redo", lambda event: event.current_buffer.redo(), when, is_undone=False)
        self._bind("unfold", lambda event: editing.unfold_paste(event.current_buffer), when)
        self._bind("take_output", lambda _: actions.take_output(), when)

    def _bind_history(self) -> None:
        actions = self._actions
        when = self._free & (self._typing | vi_navigation_mode) & ~shift_selection_mode

        def previous(event: KeyPressEvent) -> None:
            """Go up, back through the queue, or back in what was typed, also when that is not loaded yet."""
            buffer = event.current_buffer
            if buffer.complete_state is None and actions.walk_queue(-1):
                return
            if actions.has_history or buffer.complete_state is not None:
                buffer.auto_up(count=event.arg)
            else:
                actions.recall()

        def following(event: KeyPressEvent) -> None:
            if event.current_buffer.complete_state is not None or not actions.walk_queue(1):
                event.current_buffer.auto_down(count=event.arg)

        self._bind("previous", previous, when)
        self._bind("next", following, when)

    def _bind_stopping(self) -> None:
        actions, free = self._actions, self._free

        def stop(event: KeyPressEvent) -> None:
            """Close the menu, take back a queued message, or stop the reply."""
            if actions.is_help_closing:
                return
            if event.current_buffer.complete_state is not None:
                event.current_buffer.cancel_completion()
            else:
                actions.escape()

        def leave(event: KeyPressEvent) -> None:
            """Leave on an empty line; else delete what is under the cursor."""
            if event.current_buffer.text:
                event.current_buffer.delete()
            else:
                actions.leave()

        # in the insert mode of vi, Esc belongs to vi: it leads to the mode in which it stops
        self._bind("stop", stop, free & (emacs_mode | vi_navigation_mode | has_completions))
        for key in ("c-c", "<sigint>"):
            self._bindings.add(key, filter=~is_searching)(lambda _: actions.interrupt())
        self._bind("leave", leave, free)

    def _bind_menu(self) -> None:
        def complete(event: KeyPressEvent) -> None:
            """Begin or step through completions."""
            buffer = event.current_buffer
            if buffer.complete_state is not None:
                buffer.complete_next()
            else:
                buffer.start_completion(insert_common_part=True)

        self._bind("complete", complete, self._free)
        back = self._free & has_completions
        self._bind("complete_back", lambda event: event.current_buffer.complete_previous(), back)

    def _bind_answers(self) -> None:
        """Bind what answers a question: y and n on an empty line only, so that nothing else that is typed answers."""
        actions = self._actions
        asking = Condition(lambda: actions.has_question)
        empty = asking & _is_line_empty

        for key in ("y", "Y"):
            self._bindings.add(key, filter=empty, eager=True)(lambda _: actions.answer(yes=True))
        for key in ("n", "N", "c-c", "<sigint>", "c-d", "enter"):
            self._bindings.add(key, filter=empty, eager=True)(lambda _: actions.answer(yes=False))
        self._bindings.add("escape", filter=asking & ~is_searching)(lambda _: actions.answer(yes=False))

    def _bind_choice(self) -> None:
        """Bind the digits while one of several replies can be chosen; any other key goes on as ever."""
        actions = self._actions
        for digit in "123456789":
            can_choose = Condition(partial(_can_choose, actions, int(digit)))
            self._bindings.add(digit, filter=self._free & can_choose, eager=True)(
                lambda event: actions.choose(int(event.data))
            )
        choosing = self._free & Condition(lambda: actions.choices > 0)
        for key in ("enter", "escape"):
            self._bindings.add(key, filter=choosing, eager=True)(lambda _: actions.choose(None))


def _tell_focus(actions: Actions, _event: KeyPressEvent, *, has_focus: bool) -> None:
    actions.focus_changed(has_focus=has_focus)


def _can_choose(actions: Actions, number: int) -> bool:
    return number <= actions.choices


@Condition
def _is_line_empty() -> bool:
    from prompt_toolkit.application.current import get_app

    return not get_app().current_buffer.text


def _take_completion(buffer: Buffer, completion: Completion) -> None:
    buffer.apply_completion(completion)
    buffer.cancel_completion()
    if completion.text.endswith("/"):  # a directory: what is in it
        buffer.start_completion()


def _is_command(text: str) -> bool:
    """Whether Enter sends a line also where it begins a new one elsewhere."""
    return text[:1] in {"/", "!"} and text[:2] != "//" and "\n" not in text


def _do_nothing(_event: KeyPressEvent) -> None:
    """Stand in the place of a default that was taken away."""
