"""All commands, in the order in which they are listed."""

from __future__ import annotations

from chatrepl.commands import (
    attach,
    chat,
    compare,
    context,
    files,
    guard,
    library,
    model,
    money,
    personas,
    profile,
    prompts,
    reply,
    theme,
    tree,
    typing,
    usage,
    write,
)
from chatrepl.commands.base import Command

ALL: tuple[Command, ...] = (
    *chat.COMMANDS,
    *personas.COMMANDS,
    *prompts.COMMANDS,
    *reply.COMMANDS,
    *write.COMMANDS,
    *compare.COMMANDS,
    *tree.COMMANDS,
    *library.COMMANDS,
    *model.COMMANDS,
    *profile.COMMANDS,
    *context.COMMANDS,
    *guard.COMMANDS,
    *money.COMMANDS,
    *usage.COMMANDS,
    *files.COMMANDS,
    *theme.COMMANDS,
    *attach.COMMANDS,
    *typing.COMMANDS,
)
