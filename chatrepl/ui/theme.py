"""The names of styles, for rich and for prompt_toolkit. Colours are the terminal's own sixteen, so that they fit it."""

from __future__ import annotations

from collections.abc import Mapping

RICH_STYLES: Mapping[str, str] = {
    "markdown.paragraph": "none",
    "markdown.text": "none",
    "markdown.em": "italic",
    "markdown.strong": "bold",
    "markdown.s": "strike",
    "markdown.code": "bold cyan",
    "markdown.code_block": "none",
    "markdown.block_quote": "italic",
    "markdown.item.bullet": "bold",
    "markdown.item.number": "bold",
    "markdown.hr": "dim",
    "markdown.h1": "bold underline",
    "markdown.h2": "bold",
    "markdown.h3": "bold",
    "markdown.h4": "bold",
    "markdown.h5": "bold",
    "markdown.h6": "bold",
    "markdown.link": "underline",
    "markdown.link_url": "dim underline",
    "markdown.table.border": "dim",
    "markdown.table.header": "bold",
    "chat.user": "bold",
    "chat.label": "dim",
    "chat.reasoning": "dim italic",
    "chat.info": "dim",
    "chat.warning": "yellow",
    "chat.error": "red",
}

PROMPT_STYLES: Mapping[str, str] = {
    "prompt": "bold",
    "status": "fg:ansibrightblack",
    "status.strong": "bold",
    "status.warning": "fg:ansiyellow bold",
    "chips": "fg:ansicyan",
    "queue": "italic fg:ansibrightblack",
    "question": "bold",
    "help": "",
    "match": "bold underline",
    "picker.chosen": "reverse",
    "picker.dim": "fg:ansibrightblack",
    "picker.preview": "fg:ansibrightblack",
    "completion-menu": "bg:default fg:default noreverse",
    "completion-menu.completion": "bg:default fg:default",
    "completion-menu.completion.current": "reverse bg:default fg:default",
    "completion-menu.meta.completion": "bg:default fg:ansibrightblack",
    "completion-menu.meta.completion.current": "bg:default fg:ansibrightblack",
    "scrollbar.background": "",
    "scrollbar.button": "",
}
