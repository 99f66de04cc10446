"""Draws images that go with a message, on terminals that show images: by kitty's protocol, iTerm2's, or as sixels.

What is written is made anew from an image's pixels, small: none of its own bytes reaches the terminal. Needs the extra
``images``. An image is one line to whoever prints it: it makes its rows first, then draws in them and leaves the cursor
in the last, so that nothing scrolls while the terminal draws.
"""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from chatrepl.messages import ImagePart
from chatrepl.picture import Picture, picture_of

if TYPE_CHECKING:
    from chatrepl.ui.markdown import Pictures

MOST_COLUMNS = 60
MOST_ROWS = 12
LIMIT_PIXELS = 30_000_000
"""An image of more is named only: to read it would take too long while somebody types."""
INDENT = 2
_CHUNK_CHARS = 4096
"""Of base64 in one escape sequence. Source: kitty's graphics protocol, "The transmission medium", 2026."""
_SIXEL_COLOURS = 128
"""Of the 256 that most terminals have: more take longer to write than they are worth at this size."""
_OPAQUE = 128
_LIKELY_CELL = (10, 20)
_SMALL_CELL = (6, 12)
"""Sixels count pixels: where the size of a cell is not known, an image rather is too small than too large for its rows."""


def picture_lines(part: ImagePart, pictures: Pictures, columns: int, rows: int) -> list[str]:
    """Draw an image in at most half of a terminal. Returns one line; none where it cannot be read."""
    room = min(MOST_COLUMNS, columns - INDENT - 1), min(MOST_ROWS, rows // 2)
    if min(room) < 1:
        return []
    drawn = _drawn(part.data, pictures, room)
    return [drawn] if drawn else []


@lru_cache(maxsize=8)
def _drawn(data: str, pictures: Pictures, room: tuple[int, int]) -> str:
    cell = pictures.cell or (_SMALL_CELL if pictures.protocol == "sixel" else _LIKELY_CELL)
    try:
        read = base64.b64decode(data)
        known = picture_of(read)
        if known is None or known.width_pixels * known.height_pixels > LIMIT_PIXELS:
            return ""
        image = _read(read, known, (room[0] * cell[0], room[1] * cell[1]))
        columns, rows = (math.ceil(side / of) for side, of in zip(image.size, cell, strict=True))
        match pictures.protocol:
            case "kitty":
                sequence = _kitty(image, None if pictures.cell else rows)
            case "iterm2":
                sequence = _iterm2(image, columns, rows)
            case "sixel":
                sequence = _sixel(image)
    except Exception:  # noqa: BLE001 - Pillow raises what its many readers raise; name and size are shown in any case
        return ""
    below: int = rows - 1
    up, down = (f"\x1b[{below}A", f"\x1b[{below}B") if below else ("", "")
    return "\r\n" * below + f"{up}\x1b[{INDENT}C\x1b7{sequence}\x1b8\r{down}"


def _read(data: bytes, known: Picture, room_pixels: tuple[int, int]) -> Any:
    """Return an image, the right way up, small enough for its room, with an alpha channel."""
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(data), formats=[known.kind]) as opened:
        opened.draft("RGB", room_pixels)  # spares most of a large JPEG
        image = ImageOps.exif_transpose(opened).convert("RGBA")
    image.info.clear()  # comments and profiles would be written again
    image.thumbnail(room_pixels)
    return image


def _is_opaque(image: Any) -> bool:
    return bool(image.getextrema()[3][0] == 255)


def _indexed(image: Any, colours: int) -> Any:
    from PIL.Image import Quantize

    plain = image.convert("RGB")
    palette = plain.quantize(colours, method=Quantize.FASTOCTREE)  # the others take a hundred times as long
    return plain.quantize(colours, palette=palette)  # dithers


def _kitty(image: Any, rows: int | None) -> str:
    """Source: kitty's graphics protocol: ``a=T`` shows at once, ``C=1`` leaves the cursor, ``q=2`` wants no answer.

    Args:
        image: As it is to be shown.
        rows: It is scaled to so many. None: a pixel is a pixel.
    """
    encoded = _encoded(_indexed(image, 256) if _is_opaque(image) else image, "PNG")
    chunks = [encoded[at : at + _CHUNK_CHARS] for at in range(0, len(encoded), _CHUNK_CHARS)]
    head = "a=T,f=100,C=1,q=2," + (f"r={rows}," if rows else "")
    return "".join(
        f"\x1b_G{head if number == 0 else 'q=2,'}m={int(number < len(chunks) - 1)};{chunk}\x1b\\"
        for number, chunk in enumerate(chunks)
    )


def _iterm2(image: Any, columns: int, rows: int) -> str:
    """Source: iTerm2's documentation of inline images, 2026."""
    encoded = _encoded(image.convert("RGB"), "JPEG") if _is_opaque(image) else _encoded(image, "PNG")
    said = f"inline=1;width={columns};height={rows};preserveAspectRatio=1;doNotMoveCursor=1"
    return f"\x1b]1337;File={said}:{encoded}\x07"


def _encoded(image: Any, kind: Literal["PNG", "JPEG"]) -> str:
    made = io.BytesIO()
    image.save(made, kind, **({"quality": 85} if kind == "JPEG" else {}))
    return base64.b64encode(made.getvalue()).decode("ascii")


def _sixel(image: Any) -> str:
    """Source: DEC's VT330/VT340 programmer reference manual, volume 2, chapter 14."""
    indexed = _indexed(image, _SIXEL_COLOURS)
    levels = [round(level * 100 / 255) for level in indexed.getpalette()]
    width, height = image.size
    pixels, alpha = indexed.tobytes(), image.getchannel("A").tobytes()
    used = sorted({*pixels})
    palette = "".join(f"#{c};2;{levels[3 * c]};{levels[3 * c + 1]};{levels[3 * c + 2]}" for c in used)
    bands = "-".join(
        _band(pixels, alpha, width, range(top, min(top + 6, height))) for top in range(0, height, 6)
    )
    return f'\x1bP0;1;0q"1;1;{width};{height}{palette}{bands}\x1b\\'


def _band(pixels: bytes, alpha: bytes, width: int, rows: Iterable[int]) -> str:
    """Write six rows of pixels: for each colour one letter a column, with a bit for each of its pixels."""
    masks: dict[int, bytearray] = {}
    for bit, row in enumerate(rows):
        begin = row * width
        for x, colour in enumerate(pixels[begin : begin + width]):
            if alpha[begin + x] >= _OPAQUE:
                if colour not in masks:
                    masks[colour] = bytearray(width)
                masks[colour][x] |= 1 << bit
    return "$".join(f"#{colour}{_runs(mask)}" for colour, mask in masks.items())


def _runs(mask: bytearray) -> str:
    letters = bytes(63 + bits for bits in mask).decode("ascii").rstrip("?")
    return re.sub(r"(.)\1{3,}", lambda run: f"!{len(run[0])}{run[1]}", letters)
