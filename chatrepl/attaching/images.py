"""Images: as they are, or made smaller where the extra ``images`` is there."""

from __future__ import annotations

import base64
import io
from importlib.util import find_spec

from chatrepl.attachments import size_text
from chatrepl.errors import AttachmentError
from chatrepl.messages import ImagePart
from chatrepl.picture import Picture, picture_of

_ADD_IMAGES = "The extra `images` makes it smaller: pip install 'chatrepl-terminal[images]'."
_QUALITY = 90
"""Of JPEG; what a model reads does not gain from more."""


def image_part(name: str, data: bytes, picture: Picture, *, limit_bytes: int, most_pixels: int) -> ImagePart:
    """Return an image as it is sent: no side longer than ``most_pixels``, where that can be done here.

    Raises:
        AttachmentError: it is larger than ``limit_bytes``, and cannot be made smaller, or it is damaged.
    """
    is_large = max(picture.width_pixels, picture.height_pixels) > most_pixels
    if (is_large or len(data) > limit_bytes) and find_spec("PIL") is not None:
        data, picture = _smaller(name, data, picture, most_pixels)
    if len(data) > limit_bytes:
        raise AttachmentError(
            f"{name} is an image of {size_text(len(data))}; at most {size_text(limit_bytes)} are sent.",
            hint="attachments.limit_image_bytes allows more."
            if find_spec("PIL") is not None
            else _ADD_IMAGES,
        )
    encoded = base64.b64encode(data).decode("ascii")
    return ImagePart(name, picture.media_type, picture.width_pixels, picture.height_pixels, encoded)


def _smaller(name: str, data: bytes, picture: Picture, most_pixels: int) -> tuple[bytes, Picture]:
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(data), formats=[picture.kind]) as opened:
            image = ImageOps.exif_transpose(opened)
            image.thumbnail((most_pixels, most_pixels))
            is_opaque = picture.kind == "JPEG"
            made = io.BytesIO()
            if is_opaque:
                image.convert("RGB").save(made, "JPEG", quality=_QUALITY)
            else:
                image.convert("RGBA").save(made, "PNG")
    except Exception as error:  # Pillow raises what its many readers raise
        raise AttachmentError(f"{name} is a damaged image: {type(error).__name__}.") from error
    found = picture_of(made.getvalue())
    assert found is not None  # noqa: S101 - Pillow has just written it
    return made.getvalue(), found
