"""Finds what the user names and reads it; what has not changed is not read again while one types."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chatrepl.attaching.directories import files_below
from chatrepl.attaching.reading import part_of_data, read_file, text_of
from chatrepl.attachments import size_text
from chatrepl.errors import AttachmentError
from chatrepl.mentions import split_glob
from chatrepl.messages import Attachment, FilePart, ImagePart
from chatrepl.page_text import page_text
from chatrepl.ports import Found, Page

if TYPE_CHECKING:
    from chatrepl.mentions import Mention, Target
    from chatrepl.ports import Clock
    from chatrepl.settings import AttachmentSettings

_CACHED = 32
_FRESH_S = 3.0
"""A directory that was read so short a time ago is taken to be the same."""


class FileAttacher:
    """Reads from this machine's files, and from the web what is named by its address. Fits ``ports.Attacher``.

    Args:
        settings: Returns the limits of the moment.
        expand: Turns what the user wrote into a path.
        fetch: Asks for a web page, with a limit of bytes.
        read_clipboard: Returns the bytes of an image on the clipboard; raises AttachmentError.
    """

    def __init__(
        self,
        settings: Callable[[], AttachmentSettings],
        expand: Callable[[str], Path],
        fetch: Callable[[str, AttachmentSettings], Page],
        read_clipboard: Callable[[], bytes],
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._expand = expand
        self._fetch = fetch
        self._read_clipboard = read_clipboard
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[object, Found]] = OrderedDict()

    def find(self, mention: Mention, *, fetches: bool = True) -> Found | None:
        """Read what a mention names; see ``ports.Attacher``."""
        for target in mention.targets:
            if target.is_page:
                return self._page(target.path) if fetches else Found((), _without_password(target.path))
            path = self._expand(target.path)
            try:
                state = path.stat()
            except (OSError, ValueError):
                found = self._glob(target) if target.is_glob else None
                if found is not None:
                    return found
                continue
            if not path.is_dir():
                changed = (state.st_mtime_ns, state.st_size, state.st_ino)
                return self._once(target, changed, partial(self._file, path, target))
            return None if target.lines else self._once(target, None, partial(self._directory, path, target))
        return None

    def clipboard_image(self) -> ImagePart:
        """Read an image from the clipboard; see ``ports.Attacher``."""
        part = part_of_data("clipboard", self._read_clipboard(), self._settings())
        if not isinstance(part, ImagePart):
            raise AttachmentError("There is no image on the clipboard.")
        return part

    def _once(self, target: Target, changed: object, read: Callable[[], Found]) -> Found:
        """Read, unless the same was read before and has not changed. ``changed`` None: it cannot be told, but by time."""
        key, now = f"{Path.cwd()}\0{target}\0{self._settings()}", self._clock.monotonic()
        with self._lock:
            known = self._known.get(key)
        if known is not None and (
            known[0] == changed
            or (isinstance(known[0], float) and changed is None and now - known[0] < _FRESH_S)
        ):
            return known[1]
        found = read()
        with self._lock:
            self._known[key] = (now if changed is None else changed), found
            while len(self._known) > _CACHED:
                self._known.popitem(last=False)
        return found

    def _file(self, path: Path, target: Target) -> Found:
        part = read_file(path, _one_line(target.path), target.lines, self._settings())
        return Found((part,), part.name)

    def _glob(self, target: Target) -> Found | None:
        """Return the files that a pattern stands for, but for those that .gitignore leaves out. None: there are none."""
        base, pattern = split_glob(target.path)
        directory = self._expand(base or ".")
        files = (
            (file, f"{base}{below}")
            for file in files_below(directory)
            if pattern.fullmatch(below := file.relative_to(directory).as_posix())
        )
        parts, left_out = self._read_many(files)
        if not parts:
            return None
        return Found(tuple(parts), _one_line(target.path), self._asks(target.path, parts, left_out))

    def _directory(self, path: Path, target: Target) -> Found:
        name = _one_line(target.path)
        files = [
            (file, f"{name.rstrip('/')}/{file.relative_to(path).as_posix()}") for file in files_below(path)
        ]
        if not files:
            raise AttachmentError(f"{name} has no files that could be sent.")
        parts, left_out = self._read_many(files)
        listing = "".join(f"{_one_line(shown)}\n" for _, shown in files)
        listed = FilePart(f"{name.rstrip('/')}/", listing)
        return Found((listed, *parts), listed.name, self._asks(name, parts, left_out))

    def _read_many(self, files: Iterable[tuple[Path, str]]) -> tuple[list[Attachment], int]:
        """Read the texts among some files; returns how many are something else, too."""
        settings = self._settings()
        parts: list[Attachment] = []
        left_out = 0
        for path, name in files:
            try:
                part = read_file(path, _one_line(name), None, settings)
            except AttachmentError:
                left_out += 1
                continue
            if isinstance(part, FilePart):
                parts.append(part)
            else:
                left_out += 1
            if len(parts) > settings.limit_files:
                raise AttachmentError(
                    f"There are more than {settings.limit_files} files.",
                    hint="Name a smaller part; attachments.limit_files allows more.",
                )
        return parts, left_out

    def _asks(self, name: str, parts: list[Attachment], left_out: int) -> str:
        size = sum(len(part.text.encode("utf-8", "replace")) for part in parts if isinstance(part, FilePart))
        if size <= self._settings().confirm_bytes:
            return ""
        others = f", {left_out} that are no text left out" if left_out else ""
        files = "1 file" if len(parts) == 1 else f"{len(parts)} files"
        return f"{_one_line(name)}: {files}, {size_text(size)}{others}"

    def _page(self, url: str) -> Found:
        settings = self._settings()
        page = self._fetch(url, settings)
        url = _without_password(url)
        kind, _, parameters = page.content_type.lower().partition(";")
        if kind.strip() not in {"text/html", "application/xhtml+xml"}:
            part = part_of_data(_one_line(url), page.data, settings)
            return Found((part,), part.name)
        charset = parameters.partition("charset=")[2].strip(" \"';")
        text = page_text(_decoded(page.data, charset))
        if not text.strip():
            raise AttachmentError(
                f"{url} has no text that could be read.", hint="It may be made by a script in the browser."
            )
        asks = f"{url}: {size_text(len(text))} of text" if len(text) > settings.confirm_bytes else ""
        return Found((FilePart(_one_line(url), text),), _one_line(url), asks)


def _without_password(url: str) -> str:
    """Return an address as it may be shown and sent: what stands before the host is nobody's business."""
    return re.sub(r"(?<=://)[^/?#]*@", "", _one_line(url))


def _decoded(data: bytes, charset: str) -> str:
    found = text_of(data)
    if found is not None:
        return found
    try:
        return data.decode(charset or "latin-1", "replace")
    except LookupError:
        return data.decode("latin-1")


def _one_line(name: str) -> str:
    return " ".join(name.splitlines())
