"""Draws what a command answers with as lines for the terminal."""

from __future__ import annotations

from chatrepl.commands.base import Messages, Notice, Table, Text
from chatrepl.messages import Role
from chatrepl.sanitise import sanitise, sanitise_line
from chatrepl.ui.markdown import BlockRenderer
from chatrepl.ui.reply_view import user_lines, whole_reply

Drawable = Notice | Table | Text | Messages

_LEADS = {"info": "", "warning": "warning: ", "error": "error: "}
"""The tone is said in words too: colour is never the only carrier."""


def draw(reply: Drawable, renderer: BlockRenderer) -> list[str]:
    """Return the lines of one answer, without a blank one at its end."""
    match reply:
        case Notice():
            return notice_lines(reply, renderer)
        case Text(text):
            return sanitise(text).split("\n")
        case Table():
            return _table_lines(reply, renderer)
        case Messages():
            return _message_lines(reply, renderer)


def notice_lines(notice: Notice, renderer: BlockRenderer) -> list[str]:
    """Draw a notice and its hint, wrapped at the width of the terminal."""
    from rich.text import Text as RichText

    lines = renderer.render_any(
        RichText(_LEADS[notice.tone] + sanitise(notice.text), style=f"chat.{notice.tone}")
    )
    if notice.hint:
        lines += renderer.render_any(RichText(sanitise(notice.hint), style="chat.info"))
    return lines


def _table_lines(table: Table, renderer: BlockRenderer) -> list[str]:
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text as RichText

    count = max((len(row) for row in table.rows), default=0)
    grid = RichTable(
        box=box.SIMPLE_HEAD if table.header else None,
        show_header=bool(table.header),
        pad_edge=False,
        show_edge=False,
    )
    for index in range(count):
        name = table.header[index] if index < len(table.header) else ""
        grid.add_column(name, no_wrap=index == 0 and renderer.columns >= 40, overflow="fold")
    for row in table.rows:
        cells = [RichText(sanitise_line(cell)) for cell in row]
        cells[0].stylize("bold")
        grid.add_row(*cells)
    title = [renderer.styled(sanitise_line(table.title), "markdown.h1")] if table.title else []
    return title + (renderer.render_any(grid) if count else [])


def _message_lines(reply: Messages, renderer: BlockRenderer) -> list[str]:
    lines: list[str] = []
    if reply.omitted_count:
        lines += [renderer.styled(f"… {reply.omitted_count} earlier messages …", "chat.info"), ""]
    for message in reply.messages:
        if message.role is Role.USER:
            lines += user_lines(renderer, message.text)
        elif message.is_reply:
            renderer.code_count = 0
            lines += whole_reply(renderer, message)
        else:
            lines += [renderer.styled(f"({message.role}) {sanitise_line(message.text)}", "chat.info")]
        lines.append("")
    if reply.notice:
        lines += notice_lines(Notice(reply.notice), renderer)
    while lines and not lines[-1]:
        del lines[-1]
    return lines
