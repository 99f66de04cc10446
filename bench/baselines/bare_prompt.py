"""The least that takes keys with prompt_toolkit: what the start of chatrepl is measured against."""

from __future__ import annotations

from prompt_toolkit import PromptSession

session: PromptSession[str] = PromptSession()
while True:
    try:
        session.prompt("> ")
    except EOFError:
        break
