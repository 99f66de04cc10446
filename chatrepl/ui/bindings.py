"""Keys, and what they do. The handlers call an object that knows the session; nothing is decided here twice."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from prompt_toolkit.application.current import get_app
from prompt_toolkit.filters import Condition, Filter, has_completions, has_focus, is_searching
from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys

Handler = TypeVar("Handler", bound=Callable[[KeyPressEvent], None])

SHIFT_ENTER = Keys.F24
"""Stands in for Shift-Enter, which has no name of its own in prompt_toolkit."""

for _sequence in ("\x1b[27;2;13~", "\x1b[13;2u"):  # xterm's modifyOtherKeys, and kitty's protocol
    ANSI_SEQUENCES.setdefault(_sequence, SHIFT_ENTER)


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

    def paste(self, text: str) -> None:
        """Take a pasted text."""

    def backspace_paste(self) -> bool:
        """Remove the folded paste before the cursor. False: there is none."""

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

    def recall(self) -> None:
        """Load what was typed in other runs, and go back by one."""


def build_bindings(actions: Actions, buffer_name: str) -> KeyBindings:
    """Bind the keys of design: sending, new lines, stopping, leaving, the editor."""
    bindings = KeyBindings()
    in_input = has_focus(buffer_name)
    asking = Condition(lambda: actions.has_question)
    free = in_input & ~asking & ~is_searching

    def bind(*keys: str) -> Callable[[Handler], Handler]:
        return bindings.add(*keys, filter=free)

    @bind("enter")
    def _enter(event: KeyPressEvent) -> None:
        """Take the chosen completion; make a new line after a backslash; else send."""
        buffer = event.current_buffer
        state = buffer.complete_state
        if state is not None and state.current_completion is not None:
            buffer.apply_completion(state.current_completion)
            buffer.cancel_completion()
        elif buffer.document.char_before_cursor == "\\" and buffer.document.is_cursor_at_the_end:
            buffer.delete_before_cursor()
            buffer.newline(copy_margin=False)
        else:
            buffer.cancel_completion()
            actions.submit()

    @bindings.add("up", filter=free & Condition(lambda: not actions.has_history))
    def _up_early(_event: KeyPressEvent) -> None:
        """Go back in what was typed, also in the first moment, when it is not loaded yet."""
        actions.recall()

    @bind("escape", "enter")
    @bind("c-j")
    @bind(SHIFT_ENTER)
    def _newline(event: KeyPressEvent) -> None:
        """Begin a new line in the message."""
        event.current_buffer.newline(copy_margin=False)

    @bind("escape")
    def _escape(event: KeyPressEvent) -> None:
        """Close the menu, take back a queued message, or stop the reply."""
        if event.current_buffer.complete_state is not None:
            event.current_buffer.cancel_completion()
        else:
            actions.escape()

    @bindings.add("c-c", filter=~asking & ~is_searching)
    @bindings.add("<sigint>", filter=~asking & ~is_searching)
    def _interrupt(_event: KeyPressEvent) -> None:
        actions.interrupt()

    @bind("c-d")
    def _end(event: KeyPressEvent) -> None:
        """Leave on an empty line; else delete what is under the cursor."""
        if event.current_buffer.text:
            event.current_buffer.delete()
        else:
            actions.leave()

    @bindings.add("c-l")
    def _clear(_event: KeyPressEvent) -> None:
        actions.clear_screen()

    @bind("c-g")
    @bind("c-x", "c-e")
    def _editor(event: KeyPressEvent) -> None:
        """Edit the message in $VISUAL or $EDITOR."""
        event.current_buffer.open_in_editor(validate_and_handle=False)

    @bind(Keys.BracketedPaste)
    def _paste(event: KeyPressEvent) -> None:
        actions.paste(event.data)

    @bind("backspace")
    def _backspace(event: KeyPressEvent) -> None:
        """Delete backwards; a folded paste goes as a whole."""
        if not actions.backspace_paste():
            event.current_buffer.delete_before_cursor(count=event.arg)

    @bind("tab")
    def _complete(event: KeyPressEvent) -> None:
        """Begin or step through completions."""
        buffer = event.current_buffer
        if buffer.complete_state is not None:
            buffer.complete_next()
        else:
            buffer.start_completion(insert_common_part=True)

    @bindings.add("s-tab", filter=free & has_completions)
    def _complete_back(event: KeyPressEvent) -> None:
        event.current_buffer.complete_previous()

    _bind_answers(bindings, actions, asking)
    _bind_choice(bindings, actions, free)
    return bindings


def _bind_choice(bindings: KeyBindings, actions: Actions, free: Filter) -> None:
    """Bind the digits while one of several replies can be chosen; any other key goes on as ever."""
    for digit in "123456789":

        @bindings.add(digit, filter=free & Condition(partial(_can_choose, actions, int(digit))), eager=True)
        def _choose(event: KeyPressEvent) -> None:
            actions.choose(int(event.data))

    @bindings.add("enter", filter=free & Condition(lambda: actions.choices > 0), eager=True)
    @bindings.add("escape", filter=free & Condition(lambda: actions.choices > 0), eager=True)
    def _keep(_event: KeyPressEvent) -> None:
        actions.choose(None)


def _can_choose(actions: Actions, number: int) -> bool:
    return number <= actions.choices


def _bind_answers(bindings: KeyBindings, actions: Actions, asking: Condition) -> None:
    @bindings.add("y", filter=asking, eager=True)
    @bindings.add("Y", filter=asking, eager=True)
    def _yes(_event: KeyPressEvent) -> None:
        actions.answer(yes=True)

    @bindings.add("n", filter=asking, eager=True)
    @bindings.add("N", filter=asking, eager=True)
    @bindings.add("c-c", filter=asking, eager=True)
    @bindings.add("c-d", filter=asking, eager=True)
    @bindings.add("enter", filter=asking, eager=True)
    @bindings.add("escape", filter=asking, eager=True)
    def _no(_event: KeyPressEvent) -> None:
        actions.answer(yes=False)

    @bindings.add("<any>", filter=asking, eager=True)
    def _wait(_event: KeyPressEvent) -> None:
        """Do nothing: only an answer counts."""
        get_app().output.bell()
