"""What whole conversations look like, kept as pictures at three widths.

``CHATREPL_WRITE_SCREENS=1 pytest tests/terminal/test_screens.py`` writes them anew.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.raw_server import RawServer, chat_chunks, stream_answer
from tests.support.snapshots import check_snapshot
from tests.terminal.conftest import Start

REPLY = r"""## A plan

It takes **two** steps, see [the guide](https://example.org/guide), and $x = \frac{-b}{2a}$:

1. read the *first* file, which is rather long and needs more than one line on a narrow screen
2. write the second

| step | file | what it does |
|------|:----:|-------------:|
| 1 | `in.csv` | reads numbers |
| 2 | `out.csv` | writes their sum, rounded to two places behind the point |

```python
def total(rows: list[float]) -> float:  # a comment that is longer than the narrowest of the three screens
    return round(sum(rows), 2)
```

> Not tested yet.
"""
SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_a_conversation_looks_like_its_picture(
    start: Start, server: RawServer, tmp_path: Path, columns: int
) -> None:
    (tmp_path / "notes.md").write_text("one\ntwo\n")
    server.answer(stream_answer(chat_chunks([REPLY[at : at + 9] for at in range(0, len(REPLY), 9)])))
    terminal = start(columns=columns, rows=24)

    terminal.send("Make a plan of @notes.md")
    terminal.wait_for("[1 notes.md 2 lines")
    terminal.send_key("enter")
    terminal.wait_for("Not tested yet.")
    terminal.wait_for(lambda now: "Esc stops" not in "\n".join(now.screen()))
    terminal.send_line("/persona tutor")
    terminal.wait_for("To begin with")
    terminal.send_line(f"Is {SECRET} valid?")
    terminal.wait_for("(y/n)")
    terminal.send("n")
    terminal.wait_for("Nothing was sent; ")

    everything = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:NNNNN", terminal.everything())
    check_snapshot(f"conversation-{columns}", re.sub(r"(?m)^.*test-model.*\n?", "", everything).split("\n"))
