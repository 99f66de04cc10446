"""What the input line needs from the world, as Protocols: files to name, and a shell. Adapters fit them; wiring joins them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chatrepl.cancellation import Cancellation


class FoundPath(NamedTuple):
    """A path that fits what was typed."""

    name: str
    """From the working directory on, or as it was begun; a directory ends with a slash."""
    places: tuple[int, ...]
    """Which letters of it were typed."""


class Paths(Protocol):
    """Finds files to name in a message. Any thread may use it."""

    on_grown: Callable[[], None]
    """Called from another thread when more is known."""

    def find(self, typed: str, limit: int, is_over: Callable[[], bool]) -> Sequence[FoundPath]:
        """Return the paths that fit what was typed, best first; quick, with what is known by now."""
        ...

    @property
    def is_complete(self) -> bool:
        """Whether all files are known."""
        ...

    @property
    def is_up_to_date(self) -> bool:
        """Whether the last search knew all files."""
        ...


class ShellEnd(NamedTuple):
    """How a shell command ended."""

    status: int | None
    """Its exit status, 128 and more where a signal ended it. None: it was stopped, or did not start."""
    said: str = ""
    """Why it was stopped or did not start. Empty: it ended by itself."""


class Shell(Protocol):
    """Runs commands in the user's shell."""

    def run(
        self,
        command: str,
        timeout_s: float,
        on_output: Callable[[bytes], None],
        cancellation: Cancellation,
    ) -> ShellEnd:
        """Run a command that nobody can type to, and wait until it ends or is stopped.

        Args:
            command: As it was typed.
            timeout_s: It is stopped after this time.
            on_output: Takes what it writes, as it comes.
            cancellation: Stops it, and all that it started.
        """
        ...
