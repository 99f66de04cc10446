"""Completes slash commands and their arguments, and paths after ``@``, while they are typed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from contextvars import copy_context
from typing import TYPE_CHECKING, NamedTuple

from prompt_toolkit.buffer import Buffer, CompletionState
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.utils import get_cwidth

from chatrepl.errors import UsageError
from chatrepl.sanitise import sanitise_line

if TYPE_CHECKING:
    from chatrepl.commands.base import Context
    from chatrepl.commands.registry import Registry
    from chatrepl.line_ports import FoundPath, Paths

LIMIT_PATHS = 50
AGAIN_S = 0.1
"""So soon it is tried again to renew the menu, where a search was under way."""
ATTACH = "/attach "
"""After it paths are completed without an ``@``."""
_WORD = r"""(?:^|(?<=[\s(\[{'"«“]))@(?:"(?P<quoted>[^"\n]*)|(?P<plain>[^\s"@]*))\Z"""
_ATTACHED = r"""(?:^|(?<=\s))(?:"(?P<quoted>[^"\n]*)|(?P<plain>[^\s"]*))\Z"""
_NEEDS_QUOTES = r"""[\s'`()\[\]{}<>,;:!?«»“”]"""


class PathWord(NamedTuple):
    """A path that is being typed."""

    typed: str
    length: int
    """Of all that stands for it, with the ``@`` and a quotation mark."""
    has_sign: bool
    """Whether an ``@`` stands before it."""


def path_word(line: str) -> PathWord | None:
    """Return the path that is being typed at the end of a line. None: none is."""
    is_attached = line.startswith(ATTACH)
    found = re.search(_WORD, line) if "@" in line else None
    if found is None and is_attached:
        rest = line[len(ATTACH) :]
        found = re.search(_ATTACHED, rest)
        if found is not None:
            return PathWord(_typed(found), len(found[0]), has_sign=False)
    return None if found is None else PathWord(_typed(found), len(found[0]), has_sign=True)


def _typed(found: re.Match[str]) -> str:
    return found["quoted"] if found["quoted"] is not None else found["plain"]


def written(path: str, *, has_sign: bool) -> str:
    """Return a path as it stands in a message: in quotes where it would end too early otherwise."""
    sign = "@" if has_sign else ""
    if not re.search(_NEEDS_QUOTES, path):
        return f"{sign}{path}"
    return f'{sign}"{path}' if path.endswith("/") else f'{sign}"{path}"'


def marked(found: FoundPath, columns: int) -> StyleAndTextTuples:
    """Return a path as the menu shows it: the letters that were typed stand out; of a long one, the end."""
    name, skipped = found.name, 0
    while get_cwidth(name) > columns - 1 and len(name) > 1:
        over = get_cwidth(name) - (columns - 1)
        cut = max(1, over // 2)
        name, skipped = name[cut:], skipped + cut
    places = {place - skipped for place in found.places}
    shown: StyleAndTextTuples = [("", "…")] if skipped else []
    shown += [("class:match" if at in places else "", sign) for at, sign in enumerate(name)]
    return shown


class PathMenu:
    """Looks for paths in another thread, and keeps the menu of the line up to date while more of them become known.

    Args:
        build: Returns what finds paths; called when it is first needed.
        line: Returns the input line.
    """

    def __init__(self, build: Callable[[], Paths], line: Callable[[], Buffer]) -> None:
        self._build = build
        self._line = line
        self._paths: Paths | None = None
        self._asked = 0
        self._is_looking = False
        self._found_count = 0
        self._replacing: asyncio.Task[None] | None = None

    async def find(self, typed: str) -> Sequence[FoundPath]:
        """Return the paths that fit what was typed. Another search ends this one, and so does another letter."""
        self._asked += 1
        asked = self._asked
        paths, buffer = self._built(), self._line()
        text = buffer.text
        self._is_looking = True
        found: Sequence[FoundPath] = ()
        try:
            found = await asyncio.get_running_loop().run_in_executor(
                None, paths.find, typed, LIMIT_PATHS, lambda: asked != self._asked or buffer.text != text
            )
        finally:
            if asked == self._asked:
                self._is_looking, self._found_count = False, len(found)
        return found

    def _built(self) -> Paths:
        if self._paths is None:
            self._paths = self._build()
            loop, context = asyncio.get_running_loop(), copy_context()

            def grown() -> None:
                with suppress(RuntimeError):  # the loop has ended
                    loop.call_soon_threadsafe(self._renew, context=context)

            self._paths.on_grown = grown
        return self._paths

    def _renew(self) -> None:
        """Look again for what is shown, where that can show more. A search under way is left to itself."""
        paths, buffer = self._built(), self._line()
        if paths.is_up_to_date or path_word(buffer.document.current_line_before_cursor) is None:
            return
        state = buffer.complete_state
        if self._is_looking:
            if paths.is_complete:  # nothing else will tell
                asyncio.get_running_loop().call_later(AGAIN_S, self._renew)
        elif not self._found_count:
            buffer.start_completion()
        elif state is not None and state.completions and state.complete_index is None:
            is_full = self._found_count >= LIMIT_PATHS
            if paths.is_complete or not is_full:
                self._replacing = asyncio.ensure_future(self._replace(state))

    async def _replace(self, state: CompletionState) -> None:
        """Put what is found now in the place of what the menu shows."""
        buffer = self._line()
        offered = buffer.completer.get_completions_async(state.original_document, CompleteEvent())
        renewed = [completion async for completion in offered]
        if renewed and buffer.complete_state is state and state.complete_index is None:
            state.completions[:] = renewed
            buffer.on_completions_changed.fire()


class CommandCompleter(Completer):
    """Offers commands after a slash at the start of the line, and then what their argument could be; and paths.

    Args:
        paths: Looks for paths. None: paths are not completed.
        columns: Returns the width of the terminal.
    """

    def __init__(
        self,
        registry: Callable[[], Registry],
        context: Callable[[], Context],
        paths: PathMenu | None = None,
        columns: Callable[[], int] = lambda: 80,
    ) -> None:
        self._registry = registry
        self._context = context
        self._paths = paths
        self._columns = columns

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """Yield what could stand at the cursor. Paths are looked for in another thread, so that no key waits."""
        word = path_word(document.current_line_before_cursor) if self._paths is not None else None
        if word is None or self._paths is None:
            for completion in self.get_completions(document, complete_event):
                yield completion
            return
        if not word.has_sign:
            from chatrepl.gathering import CLIPBOARD

            for completion in self.get_completions(document, complete_event):
                if completion.text == CLIPBOARD:
                    yield completion
        for completion in self._offered(word, await self._paths.find(word.typed)):
            yield completion

    def _offered(self, word: PathWord, found: Sequence[FoundPath]) -> Iterator[Completion]:
        room = max(10, self._columns() - 4)
        for path in found:
            text = written(path.name, has_sign=word.has_sign)
            yield Completion(text, start_position=-word.length, display=marked(path, room))

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:  # noqa: ARG002
        """Yield what could stand at the cursor. A defect in a command's own completer offers nothing."""
        text = document.text_before_cursor
        if not text.startswith("/") or text.startswith("//") or "\n" in text:
            return
        from chatrepl.commands.registry import split_line

        head, space, rest = text[1:].partition(" ")
        if not space:
            yield from self._names(head)
        elif not isinstance(split_line(text), str):
            yield from self._arguments(head, rest)

    def _names(self, typed: str) -> Iterable[Completion]:
        context = self._context()
        for command in self._registry().commands:
            if command.when(context) is not None:
                continue
            for name in (command.name, *command.aliases):
                if name.startswith(typed) and (name == command.name or typed):
                    yield Completion(
                        name, start_position=-len(typed), display=f"/{name}", display_meta=command.summary
                    )
                    break

    def _arguments(self, name: str, rest: str) -> Iterable[Completion]:
        try:
            command = self._registry().find(name)
        except UsageError:
            return
        words = rest.split(" ")
        takes_rest = bool(command.args) and command.args[-1].kind in {"rest", "path"}
        index = min(len(words) - 1, len(command.args) - 1) if takes_rest else len(words) - 1
        if not 0 <= index < len(command.args):
            return
        typed = " ".join(words[index:])
        for value in command.args[index].complete(self._context(), typed):
            shown = sanitise_line(value)
            if shown == value:
                yield Completion(value, start_position=-len(typed), display=shown)
