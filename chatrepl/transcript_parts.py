"""The parts of messages in a chat's JSON file: words, and the files and images that go with them. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from chatrepl.messages import PART_KINDS, Attachment, FilePart, ImagePart, Part, piece_of
from chatrepl.picture import MEDIA_TYPES
from chatrepl.transcript_fields import check_choice, check_keys, check_text, fail

_KINDS = (*PART_KINDS, "file", "image")
_LARGEST_PIXELS = 1_000_000


def part_to_json(part: Part) -> Mapping[str, Any]:
    """Return a part as an object of the file; ``read_parts`` reads it."""
    match part:
        case FilePart(name, text):
            return {"type": "file", "name": name, "text": text}
        case ImagePart(name, media_type, width, height, data):
            shape = {"width_pixels": width, "height_pixels": height}
            return {"type": "image", "name": name, "media_type": media_type, **shape, "data": data}
    kind, text = piece_of(part)
    return {"type": kind, "text": text}


def read_parts(place: str, items: Any) -> tuple[Part, ...]:
    """Read the parts of a message.

    Raises:
        TranscriptError: where they are something else, with the first wrong place.
    """
    if not isinstance(items, list):
        fail(place, "must be a list", items)
    return tuple(_read_part(f"{place} {number}", item) for number, item in enumerate(items, start=1))


def _read_part(place: str, item: Any) -> Part:
    if not isinstance(item, dict):
        fail(place, "must be an object", item)
    if item.get("type") in ("file", "image"):  # a list or an object may stand there, too
        return _read_attachment(place, item)
    check_keys(place, item, ("type", "text"), ())
    kind = check_choice(f"{place}, type", item["type"], _KINDS)
    return PART_KINDS[kind](check_text(f"{place}, text", item["text"]))


def _read_attachment(place: str, item: dict[str, Any]) -> Attachment:
    if item["type"] == "file":
        check_keys(place, item, ("type", "name", "text"), ())
        return FilePart(_name(place, item["name"]), check_text(f"{place}, text", item["text"]))
    check_keys(place, item, ("type", "name", "media_type", "width_pixels", "height_pixels", "data"), ())
    name = _name(place, item["name"])
    media_type = check_choice(f"{place}, media_type", item["media_type"], [*MEDIA_TYPES.values()])
    width, height = (_pixels(f"{place}, {key}", item[key]) for key in ("width_pixels", "height_pixels"))
    data = check_text(f"{place}, data", item["data"])
    try:
        base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        fail(f"{place}, data", "must be base64")
    return ImagePart(name, media_type, width, height, data)


def _name(place: str, value: Any) -> str:
    name = check_text(f"{place}, name", value)
    if "\n" in name or "\r" in name:
        fail(f"{place}, name", "must be one line", name)
    return name


def _pixels(place: str, value: Any) -> int:
    if type(value) is not int or not 1 <= value <= _LARGEST_PIXELS:
        fail(place, f"must be a whole number from 1 to {_LARGEST_PIXELS}", value)
    return value
