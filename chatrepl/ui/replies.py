"""Draws what a command answers with as lines for the terminal."""

from __future__ import annotations

from typing import Literal

from rich.cells import cell_len, set_cell_size

from chatrepl.commands.base import (
    Found,
    Messages,
    Meter,
    Notice,
    Prose,
    Reasoning,
    Sample,
    Table,
    Text,
    are_amounts,
)
from chatrepl.messages import Role
from chatrepl.sanitise import sanitise, sanitise_line
from chatrepl.ui.ascii import readable
from chatrepl.ui.markdown import BlockRenderer
from chatrepl.ui.meter import meter_lines
from chatrepl.ui.reply_view import message_lines, sample_lines, thought_lines, whole_reply

Drawable = Notice | Table | Meter | Text | Prose | Sample | Reasoning | Messages | Found

LEADS = {"info": "", "warning": "warning: ", "error": "error: "}
"""The tone is said in words too: colour is never the only carrier."""
BOUNDARY_COLUMNS = 100
LEAST_CELLS = 24
"""Where less is left for the last column of a table, its cells stand below each other."""


def draw(reply: Drawable, renderer: BlockRenderer) -> list[str]:
    """Return the lines of one answer, without a blank one at its end."""
    match reply:
        case Notice():
            return notice_lines(reply, renderer)
        case Text(text):
            return _shown(text, renderer).split("\n")
        case Sample(text):
            return sample_lines(renderer, text)
        case Prose(text):
            return _prose_lines(text, renderer)
        case Reasoning(text):
            return thought_lines(renderer, text)
        case Table():
            return _table_lines(reply, renderer)
        case Meter():
            return meter_lines(reply, renderer)
        case Messages():
            return _message_lines(reply, renderer)
        case Found():
            return _found_lines(reply, renderer)


def _shown(text: str, renderer: BlockRenderer) -> str:
    clean = sanitise(text)
    return clean if renderer.look.is_unicode else readable(clean, "ascii")


def _prose_lines(text: str, renderer: BlockRenderer) -> list[str]:
    from rich.text import Text as RichText

    return renderer.render_any(RichText(_shown(text, renderer)))


def notice_lines(notice: Notice, renderer: BlockRenderer) -> list[str]:
    """Draw a notice and its hint, wrapped at the width of the terminal."""
    from rich.text import Text as RichText

    lines = renderer.render_any(
        RichText(LEADS[notice.tone] + _shown(notice.text, renderer), style=f"chat.{notice.tone}")
    )
    if notice.hint:
        lines += renderer.render_any(RichText(_shown(notice.hint, renderer), style="chat.info"))
    return lines


def _table_lines(table: Table, renderer: BlockRenderer) -> list[str]:
    rows = [[sanitise_line(_shown(cell, renderer)) for cell in row] for row in table.rows]
    shown = _shown(sanitise_line(table.title), renderer)
    title = [renderer.styled(shown, "markdown.h1")] if shown else []
    if not rows:
        return title
    others = zip(*(row[:-1] for row in rows), strict=False)
    taken = sum(2 + max(map(cell_len, column)) for column in others)
    if len(rows[0]) > 1 and renderer.columns - taken < LEAST_CELLS:
        return title + _stacked(rows, [_shown(name, renderer) for name in table.header], renderer)
    return title + _grid(rows, [_shown(name, renderer) for name in table.header], renderer)


def _stacked(rows: list[list[str]], header: list[str], renderer: BlockRenderer) -> list[str]:
    """Draw each row as a paragraph: its first cell, and the others indented below it, after their names if they have any."""
    from rich.padding import Padding
    from rich.text import Text as RichText

    lines: list[str] = []
    for row in rows:
        lines += renderer.render_any(RichText(row[0], style="bold"))
        cells = [cell for cell in row[1:] if cell.strip()]
        if header:
            named = zip(header[1:], row[1:], strict=False)
            dot = " \u00b7 " if renderer.look.is_unicode else ", "
            cells = [
                dot.join(f"{name.strip()} {cell.strip()}".strip() for name, cell in named if cell.strip())
            ]
        for cell in cells:
            lines += renderer.render_any(Padding(RichText(cell), (0, 0, 0, 2)))
    return lines


def _grid(rows: list[list[str]], header: list[str], renderer: BlockRenderer) -> list[str]:
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text as RichText

    lines = box.SIMPLE_HEAD if renderer.look.is_unicode else box.ASCII2
    grid = RichTable(box=lines if header else None, show_header=bool(header), pad_edge=False, show_edge=False)
    for index in range(len(rows[0])):
        name = header[index] if index < len(header) else ""
        is_right = bool(header) and are_amounts(row[index] for row in rows)
        justify: Literal["left", "right"] = "right" if is_right else "left"
        grid.add_column(name, no_wrap=index == 0, overflow="fold", justify=justify)
    for row in rows:
        cells = [RichText(cell) for cell in row]
        cells[0].stylize("bold")
        grid.add_row(*cells)
    return renderer.render_any(grid)


def _found_lines(found: Found, renderer: BlockRenderer) -> list[str]:
    """Draw what a search found: a number and where it stands, and below it the words around what was asked for."""
    from rich.padding import Padding
    from rich.text import Text as RichText

    dot = " \u00b7 " if renderer.look.is_unicode else ", "
    lines: list[str] = []
    for number, message in enumerate(found.messages, start=1):
        head = RichText(f"{number:>3} ", style="bold")
        head.append(sanitise_line(_shown(message.title, renderer)), style="bold")
        said = dot.join(("", sanitise_line(_shown(message.when, renderer)), _shown(message.who, renderer)))
        head.append(sanitise_line(said).rstrip() and said, style="chat.info")
        lines += renderer.render_any(head)
        clean = sanitise_line(_shown(message.excerpt.text, renderer))
        text = RichText(clean)
        if clean == message.excerpt.text:
            for span in message.excerpt.spans:
                text.stylize("bold reverse", span.start, span.end)
        lines += renderer.render_any(Padding(text, (0, 0, 0, 4)))
    return lines


def _message_lines(reply: Messages, renderer: BlockRenderer) -> list[str]:
    lines: list[str] = []
    if reply.omitted_count:
        dots = _shown("\u2026", renderer)
        noun = "message" if reply.omitted_count == 1 else "messages"
        said = f"{dots} {reply.omitted_count} earlier {noun} {dots}"
        lines += [renderer.styled(said, "chat.info"), ""]
    elif reply.has_earlier:
        dots = _shown("\u2026", renderer)
        lines += [renderer.styled(f"{dots} /history shows what is earlier {dots}", "chat.info"), ""]
    for message in reply.messages:
        if message.id in reply.versions:
            lines.append(version_line(renderer, reply.versions[message.id]))
        if message.id == reply.begins_at and message is not reply.messages[0]:
            lines += [boundary_line(renderer, "the next request carries what follows"), ""]
        if message.role is Role.USER:
            lines += message_lines(renderer, message)
        elif message.is_reply:
            renderer.code_count = 0
            lines += whole_reply(renderer, message, reply.reasoning)
        else:
            said = f"({message.role}) {sanitise_line(_shown(message.text, renderer))}"
            lines.append(renderer.styled(said, "chat.info"))
        lines.append("")
    if reply.notice:
        lines += notice_lines(Notice(reply.notice), renderer)
    while lines and not lines[-1]:
        del lines[-1]
    return lines


def version_line(renderer: BlockRenderer, version: str) -> str:
    """Say that a message stands beside others: ``2/3`` in angle quotes."""
    return renderer.styled(
        f"\u2039{version}\u203a" if renderer.look.is_unicode else f"<{version}>", "chat.info"
    )


def boundary_line(renderer: BlockRenderer, text: str) -> str:
    """Draw a thin line with a sentence in it: where the part of the chat begins that is sent."""
    line = "\u2500" if renderer.look.is_unicode else "-"
    room = max(8, min(renderer.columns, BOUNDARY_COLUMNS) - 6)
    clean = sanitise_line(_shown(text, renderer))
    if cell_len(clean) > room:
        clean = set_cell_size(clean, room - 1) + ("\u2026" if renderer.look.is_unicode else ".")
    fill = max(2, min(renderer.columns, BOUNDARY_COLUMNS) - cell_len(clean) - 4)
    return renderer.styled(f"{line * 2} {clean} {line * fill}", "chat.info")
