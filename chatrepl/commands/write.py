"""Writes a reply, or one of its blocks of code, to a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from chatrepl.commands.base import Arg, Command, Context, Draft, Notice, Reply
from chatrepl.commands.files import complete_path, write_file
from chatrepl.markup import CodeBlock, code_blocks

_ENDINGS = {
    "bash": ".sh", "c": ".c", "c++": ".cpp", "c#": ".cs", "cpp": ".cpp", "csharp": ".cs", "css": ".css", "csv": ".csv",
    "diff": ".diff", "dockerfile": ".dockerfile", "elixir": ".ex", "go": ".go", "haskell": ".hs", "html": ".html",
    "ini": ".ini", "java": ".java", "javascript": ".js", "js": ".js", "json": ".json", "jsx": ".jsx", "julia": ".jl",
    "kotlin": ".kt", "latex": ".tex", "lua": ".lua", "makefile": ".mk", "markdown": ".md", "md": ".md", "perl": ".pl",
    "php": ".php", "powershell": ".ps1", "py": ".py", "python": ".py", "r": ".r", "rb": ".rb", "rs": ".rs", "ruby": ".rb",
    "rust": ".rs", "scala": ".scala", "sh": ".sh", "shell": ".sh", "sql": ".sql", "svg": ".svg", "swift": ".swift",
    "tex": ".tex", "toml": ".toml", "ts": ".ts", "tsx": ".tsx", "typescript": ".ts", "xml": ".xml", "yaml": ".yaml",
    "yml": ".yaml", "zig": ".zig", "zsh": ".zsh",
}  # fmt: skip
"""What files in a language are usually called."""
_NAMED = re.compile(
    r"^(?:#|//|--|;|%|/\*|<!--)\s*(?:file(?:name)?:\s*)?([\w.-]+(?:/[\w.-]+)*\.\w{1,8})\b", re.IGNORECASE
)
"""A first line that is a comment with the name of a file."""


def _write(context: Context, args: Mapping[str, Any]) -> Reply:
    reply = context.session.reply(None)
    if reply is None or not reply.text:
        return Notice("There is no reply to write yet.", "warning")
    first, _, rest = (args["what"] or "").strip().partition(" ")
    number, name = (int(first), rest.strip()) if first.isdecimal() else (None, (args["what"] or "").strip())
    if number is None:
        if not name:
            return Draft("/write reply.md", "Where to? Enter writes the last reply there.")
        return _written(context, name, reply.text, "the last reply")
    blocks = code_blocks(reply.text)
    if not 1 <= number <= len(blocks):
        counted = f"has {len(blocks)} code blocks" if len(blocks) != 1 else "has one code block"
        return Notice(f"There is no code block {number}: the last reply {counted}.", "error")
    block = blocks[number - 1]
    if not name:
        return Draft(
            f"/write {number} {suggested_name(block, number)}",
            f"Where to? Enter writes block {number} there.",
        )
    return _written(context, name, block.code, f"code block {number}")


def _written(context: Context, name: str, text: str, what: str) -> Reply:
    path = context.expand(name.strip('"'))
    ended = text if text.endswith("\n") else f"{text}\n"
    lines = ended.count("\n")
    said = f"Wrote {what} to {path}: {lines} {'line' if lines == 1 else 'lines'}."
    return write_file(path, [ended], said)


def suggested_name(block: CodeBlock, number: int) -> str:
    """Return what a block may be called as a file: as its first line says, or by its language."""
    match = _NAMED.match(block.code)
    if match is not None and ".." not in PurePosixPath(match[1]).parts:
        return match[1]
    words = block.language.lower().split()
    return f"block-{number}{_ENDINGS.get(words[0], '.txt') if words else '.txt'}"


def _complete(context: Context, typed: str) -> list[str]:
    first, blank, rest = typed.partition(" ")
    if blank and first.isdecimal():
        reply = context.session.reply(None)
        blocks = code_blocks(reply.text) if reply is not None else []
        number = int(first)
        names = complete_path(context, rest)
        if 1 <= number <= len(blocks):
            names = [suggested_name(blocks[number - 1], number), *names]
        return [f"{first} {name}" for name in dict.fromkeys(names) if name.startswith(rest)]
    return complete_path(context, typed)


COMMANDS = (
    Command(
        "write",
        "Reply",
        "Write the last reply, or one of its code blocks, to a file.",
        _write,
        args=(Arg("what", "rest", optional=True, complete=_complete),),
        help="Code blocks are numbered as on the screen. Without a name, one is suggested. A file that exists is asked about. "
        "`/raw N` and `/copy` show and copy the same text.",
        examples=("/write 2 src/app.py", "/write 2", "/write answer.md"),
    ),
)
