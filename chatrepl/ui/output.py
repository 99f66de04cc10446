"""The terminal as prompt_toolkit writes to it: several drawings in one write, and none of them waits."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from contextlib import contextmanager

from prompt_toolkit.data_structures import Size
from prompt_toolkit.output.color_depth import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output

from chatrepl.environment import Environment
from chatrepl.ui.line import TerminalLine

SYNCHRONISED_BEGIN = "\x1b[?2026h"
SYNCHRONISED_END = "\x1b[?2026l"
"""Terminals that know these show everything between them at once; the others ignore them."""


class HeldOutput(Vt100_Output):
    """An output that can gather several drawings into one write, and that never waits for the terminal."""

    _held = 0
    line: TerminalLine | None = None
    """None: what is written goes to the stream at once."""

    @classmethod
    def on(cls, environment: Environment) -> HeldOutput:
        """Build the output for a terminal that is not asked for its cursor."""

        def size() -> Size:
            columns, rows = environment.size()
            return Size(rows=rows, columns=columns)

        output = cls(
            environment.stdout,
            size,
            term=environment.variables.get("TERM"),
            default_color_depth=None if environment.wants_colour else ColorDepth.DEPTH_1_BIT,
            enable_bell=True,
            enable_cpr=False,
        )
        with contextlib.suppress(OSError, ValueError, AttributeError, io.UnsupportedOperation):
            environment.stdout.flush()
            output.line = TerminalLine(environment.stdout.fileno())
        return output

    def flush(self) -> None:
        """Hand over what was gathered, unless it is held back."""
        if self._held or not self._buffer:
            return
        if self.line is None:
            super().flush()
            return
        data = "".join(self._buffer)
        self._buffer = []
        self.line.write(data.encode(self.stdout.encoding or "utf-8", "replace"))

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Gather all that is drawn inside into one write."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            self.flush()
