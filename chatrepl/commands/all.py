"""All commands, in the order in which they are listed."""

from __future__ import annotations

from chatrepl.commands import chat, context, files, model, profile, reply
from chatrepl.commands.base import Command

ALL: tuple[Command, ...] = (
    *chat.COMMANDS,
    *reply.COMMANDS,
    *model.COMMANDS,
    *profile.COMMANDS,
    *context.COMMANDS,
    *files.COMMANDS,
)
