"""All commands, in the order in which they are listed."""

from __future__ import annotations

from chatrepl.commands import chat, context, files, model, money, profile, reply, usage
from chatrepl.commands.base import Command

ALL: tuple[Command, ...] = (
    *chat.COMMANDS,
    *reply.COMMANDS,
    *model.COMMANDS,
    *profile.COMMANDS,
    *context.COMMANDS,
    *money.COMMANDS,
    *usage.COMMANDS,
    *files.COMMANDS,
)
