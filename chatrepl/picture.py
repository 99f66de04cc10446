"""What kind of image some bytes are, and its size, from its head alone. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

MEDIA_TYPES: Mapping[str, str] = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "WEBP": "image/webp",
    "GIF": "image/gif",
}
"""The images that models read. Source: OpenAI's vision guide, as copied in the API contract, section 3."""
_JPEG_SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of the segment that tells an image's size. Source: ITU-T T.81, table B.1."""


class Picture(NamedTuple):
    """What the head of an image tells."""

    kind: str
    """A key of ``MEDIA_TYPES``."""
    width_pixels: int
    height_pixels: int

    @property
    def media_type(self) -> str:
        """As the wire names it."""
        return MEDIA_TYPES[self.kind]


def picture_of(data: bytes) -> Picture | None:
    """Read the head of an image. None: it is none that models read, or it is damaged."""
    for kind, size in (("PNG", _png), ("GIF", _gif), ("WEBP", _webp), ("JPEG", _jpeg)):
        found = size(data)
        if found is not None and min(found) > 0:
            return Picture(kind, *found)
    return None


def _png(data: bytes) -> tuple[int, int] | None:
    """Source: the PNG specification, section 11.2.2."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or data[12:16] != b"IHDR" or len(data) < 24:
        return None
    return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])


def _gif(data: bytes) -> tuple[int, int] | None:
    """Source: the GIF89a specification, section 18."""
    if data[:6] not in {b"GIF87a", b"GIF89a"} or len(data) < 10:
        return None
    return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")


def _webp(data: bytes) -> tuple[int, int] | None:
    """Source: the WebP container specification; RFC 6386, section 9.1; the lossless bitstream, section 3."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    match data[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
        case b"VP8L" if data[20] == 0x2F:
            bits = int.from_bytes(data[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 " if data[23:26] == b"\x9d\x01\x2a":
            return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(
                data[28:30], "little"
            ) & 0x3FFF
    return None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    """Source: ITU-T T.81, section B.2.2."""
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # fill bytes may stand before a marker
            at += 1
        elif marker in _JPEG_SIZES:
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None
