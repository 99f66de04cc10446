"""Reads files as they are sent: text, the text of a PDF, an image; anything else is refused with its size."""

from __future__ import annotations

import codecs
import io
import stat
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from chatrepl.attaching.images import image_part
from chatrepl.attachments import size_text
from chatrepl.errors import AttachmentError
from chatrepl.messages import Attachment, FilePart
from chatrepl.picture import picture_of

if TYPE_CHECKING:
    from chatrepl.mentions import Lines
    from chatrepl.settings import AttachmentSettings

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_MOST_PAGES = 2000


def read_file(path: Path, name: str, lines: Lines | None, settings: AttachmentSettings) -> Attachment:
    """Read a file, or some lines of it.

    Raises:
        AttachmentError: it cannot be read, is too large, or holds what is no text and no image.
    """
    if lines is not None:
        return _read_lines(path, name, lines, settings)
    most = max(settings.limit_file_bytes, settings.limit_image_bytes)
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):  # a pipe or a device could block, or never end
            raise _no_file(name)
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise AttachmentError(f"{name} cannot be read: {error.strerror or error}.") from error
    return part_of_data(name, data, settings, size_bytes=max(state.st_size, len(data)))


def _read_lines(path: Path, name: str, lines: Lines, settings: AttachmentSettings) -> FilePart:
    """Read some lines, of a file of any size."""
    name, most, kept, count = f"{name}:{lines}", settings.limit_file_bytes, bytearray(), 0
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise _no_file(name)
        with path.open("rb") as file:
            while (lines.last is None or count < lines.last) and (line := file.readline(most + 1)):
                count += 1
                if count >= lines.first:
                    kept += line
                if len(line) > most or len(kept) > most:
                    raise _too_large(name, max(len(line), len(kept)), settings)
    except OSError as error:
        raise AttachmentError(f"{name} cannot be read: {error.strerror or error}.") from error
    if not kept:
        raise AttachmentError(
            f"{name}: the file has {count} lines, and {lines} are none of them."
            if lines.last is None or lines.last >= lines.first
            else f"{name}: the last line stands before the first.",
            hint="Lines are counted from 1, as in @file:10-40.",
        )
    text = text_of(bytes(kept))
    if text is None:
        raise AttachmentError(f"{name} is not text, so that it has no lines.")
    return FilePart(name, text)


def _no_file(name: str) -> AttachmentError:
    return AttachmentError(f"{name} is not a regular file.", hint="Copy what is in it into a file.")


def part_of_data(
    name: str, data: bytes, settings: AttachmentSettings, *, size_bytes: int | None = None
) -> Attachment:
    """Return what is sent of the contents of a file.

    Raises:
        AttachmentError: it is too large, or neither text nor an image.
    """
    size_bytes = len(data) if size_bytes is None else size_bytes
    picture = picture_of(data)
    if picture is not None:
        return image_part(
            name,
            data,
            picture,
            limit_bytes=settings.limit_image_bytes,
            most_pixels=settings.image_pixels,
        )
    is_pdf = data.startswith(b"%PDF-")
    if is_pdf:
        is_too_large = size_bytes > max(settings.limit_file_bytes, settings.limit_image_bytes)
    else:
        is_too_large = (
            size_bytes > settings.limit_file_bytes and text_of(data[:4096], is_cut=True) is not None
        )
    if is_too_large:
        raise _too_large(name, size_bytes, settings)
    text = _pdf_text(name, data) if is_pdf else text_of(data)
    if text is None:
        raise AttachmentError(
            f"{name} is not text but {size_text(size_bytes)} of something else.",
            hint="Text, PDF, and images as PNG, JPEG, WebP or GIF can be sent.",
        )
    if len(text.encode("utf-8", "replace")) > settings.limit_file_bytes:
        raise _too_large(name, len(text.encode("utf-8", "replace")), settings)
    return FilePart(name, text)


def _too_large(name: str, size_bytes: int, settings: AttachmentSettings) -> AttachmentError:
    return AttachmentError(
        f"{name} is {size_text(size_bytes)} of text; at most {size_text(settings.limit_file_bytes)} are sent.",
        hint="Name some of its lines, as in @file:1-200; attachments.limit_file_bytes allows more.",
    )


def text_of(data: bytes, *, is_cut: bool = False) -> str | None:
    """Return the text that some bytes are. None: they are none. ``is_cut``: they may end within a letter."""
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(data, final=not is_cut)
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _pdf_text(name: str, data: bytes) -> str:
    if find_spec("pypdf") is None:
        raise AttachmentError(
            f"{name} is a PDF, whose text is read by the extra `pdf`.",
            hint="pip install 'chatrepl-terminal[pdf]'",
        )
    import logging

    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it would write into the screen
    try:
        pages = PdfReader(io.BytesIO(data)).pages
        texts = [page.extract_text().strip() for page in pages[:_MOST_PAGES]]
    except Exception as error:  # pypdf raises what its many readers raise
        raise AttachmentError(
            f"{name} cannot be read as a PDF: {type(error).__name__}.",
            hint="It may be damaged, or need a password.",
        ) from error
    if not any(texts):
        raise AttachmentError(
            f"{name} is a PDF without text, such as a scan.", hint="Send its pages as images."
        )
    return "".join(f"[page {number}]\n{text}\n\n" for number, text in enumerate(texts, start=1))
