"""What many chat clients do: renders the whole reply again for every piece that comes, with rich's ``Live``.

Source: gpt-cli, ``gptcli/cli.py`` (2025) and shell_gpt, ``sgpt/printer.py`` with its default settings (2026): both hand
``Live``, without its own timer and with ``vertical_overflow="visible"``, a new ``Markdown`` of all text so far for each
piece of the stream.
"""

from __future__ import annotations

import json
import os
import sys

import requests
from rich.console import Console
from rich.live import Live
from rich.markdown import Markdown

session = requests.Session()
console = Console()
while True:
    sys.stdout.write("> ")
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not line:
        break
    with (
        session.post(
            f"{os.environ['OPENAI_BASE_URL']}/chat/completions",
            json={
                "model": os.environ["CHATREPL_MODEL"],
                "messages": [{"role": "user", "content": line.strip()}],
                "stream": True,
            },
            stream=True,
            timeout=60,
        ) as response,
        Live(console=console, auto_refresh=False, vertical_overflow="visible") as live,
    ):
        text = ""
        for each in response.iter_lines():
            if each.startswith(b"data: {"):
                for choice in json.loads(each[6:])["choices"]:
                    if piece := choice["delta"].get("content"):
                        text += piece
                        live.update(Markdown(text), refresh=True)
