"""Times the renderer from inside: ``python -I bench/frames.py < reply.md``, with the Python that has chatrepl installed.

Feeds a reply in slices of 4 KB, as a fast server sends it between two frames, and asks after each for the lines that are
finished and the open end. Prints the longest of these, and all of them together, in milliseconds, as JSON.
"""

from __future__ import annotations

import gc
import io
import json
import sys
import time

from chatrepl.environment import Environment
from chatrepl.settings import Settings
from chatrepl.ui.look import renderer_for
from chatrepl.ui.stream import MarkdownStream

SLICE_CHARS = 4096
TAIL_ROWS = 8


def measure(text: str) -> list[float]:
    """Return what each slice took, in milliseconds; the last is the end of the reply."""
    environment = Environment(
        stdout=io.TextIOWrapper(io.BytesIO(), "utf-8"), variables={"TERM": "xterm-256color"}
    )
    stream = MarkdownStream(renderer_for(environment, Settings().terminal))
    taken_ms: list[float] = []
    for begin in range(0, len(text) + 1, SLICE_CHARS):
        began = time.perf_counter()
        stream.feed(text[begin : begin + SLICE_CHARS])
        stream.take_lines(final=begin + SLICE_CHARS > len(text))
        stream.tail_lines(TAIL_ROWS)
        taken_ms.append(1000 * (time.perf_counter() - began))
    return taken_ms


if __name__ == "__main__":
    reply = sys.stdin.read()
    measure(reply[: 3 * SLICE_CHARS])  # loads what it needs, as a prompt that has waited has done
    gc.collect()
    gc.freeze()
    times_ms = measure(reply)
    print(json.dumps({"longest_ms": max(times_ms), "all_ms": sum(times_ms)}))
