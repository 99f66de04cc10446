"""Reads the head of a GGUF file: what model it is, and how long the file must be to be whole. Pure.

Nothing in the file is trusted: every count and length is checked against what is there before it is followed, and the
head may not be larger than 64 MB, which bounds both the memory and the time that a hostile file can cost.

Source: the GGUF document of ggml (docs/gguf.md, version 3) and the type table of gguf-py, 2026.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import BinaryIO

MAGIC = b"GGUF"
VERSIONS = (2, 3)
LIMIT_HEAD_BYTES = 64 * 1024 * 1024
_LIMIT_KEY_BYTES = 65_535
_LIMIT_TEXT_BYTES = 1024
_LIMIT_DIMENSIONS = 8
_LIMIT_ARRAY_DEPTH = 4
_LIMIT_TENSOR_BYTES = 1 << 60

_NUMBERS: Mapping[int, str] = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
_STRING = 8
_ARRAY = 9

_BLOCKS: Mapping[int, tuple[int, int]] = {
    0: (1, 4),  # F32
    1: (1, 2),  # F16
    2: (32, 18),  # Q4_0
    3: (32, 20),  # Q4_1
    6: (32, 22),  # Q5_0
    7: (32, 24),  # Q5_1
    8: (32, 34),  # Q8_0
    9: (32, 36),  # Q8_1
    10: (256, 84),  # Q2_K
    11: (256, 110),  # Q3_K
    12: (256, 144),  # Q4_K
    13: (256, 176),  # Q5_K
    14: (256, 210),  # Q6_K
    15: (256, 292),  # Q8_K
    16: (256, 66),  # IQ2_XXS
    17: (256, 74),  # IQ2_XS
    18: (256, 98),  # IQ3_XXS
    19: (256, 50),  # IQ1_S
    20: (32, 18),  # IQ4_NL
    21: (256, 110),  # IQ3_S
    22: (256, 82),  # IQ2_S
    23: (256, 136),  # IQ4_XS
    24: (1, 1),  # I8
    25: (1, 2),  # I16
    26: (1, 4),  # I32
    27: (1, 8),  # I64
    28: (1, 8),  # F64
    29: (256, 56),  # IQ1_M
    30: (1, 2),  # BF16
    34: (256, 54),  # TQ1_0
    35: (256, 66),  # TQ2_0
    39: (32, 17),  # MXFP4
    40: (64, 36),  # NVFP4
    41: (128, 18),  # Q1_0
}
"""Weights in a block and bytes it takes, by the number of the tensor type."""


@dataclass(frozen=True, slots=True)
class GgufHead:
    """What the head of a GGUF file says. All of it comes from the file: not to be shown as it is."""

    architecture: str | None
    """Such as ``llama``. None where the file does not say."""
    name: str | None
    """As its makers called it."""
    trained_window_tokens: int | None
    """The longest text the model was trained on."""
    tensor_count: int
    required_bytes: int
    """How long the file must be at least. Tensors of a type unknown here count with their beginning only."""


def read_head(stream: BinaryIO, size_bytes: int) -> GgufHead:
    """Read the head of a GGUF file of ``size_bytes`` from its beginning.

    Raises:
        EOFError: where the file ends before its head does.
        ValueError: where the head makes no sense, with the words that follow "The file is damaged: ".
        OSError: where the file cannot be read.
    """
    reader = _Reader(stream, size_bytes)
    _check_beginning(reader)
    tensor_count, value_count = reader.number("<Q"), reader.number("<Q")
    if not tensor_count:
        raise ValueError("it holds no weights")
    reader.expect(tensor_count, 24, "tensors")
    reader.expect(value_count, 13, "values")
    values = _read_values(reader, value_count)
    end_of_data = max(_read_tensor_end(reader) for _ in range(tensor_count))
    alignment = values.get("general.alignment", 32)
    if not isinstance(alignment, int) or not 1 <= alignment <= 1 << 20:
        raise ValueError(f"its alignment is {alignment!r}")
    architecture, name = values.get("general.architecture"), values.get("general.name")
    window = values.get(f"{architecture}.context_length")
    return GgufHead(
        architecture=architecture if isinstance(architecture, str) else None,
        name=name if isinstance(name, str) else None,
        trained_window_tokens=window if isinstance(window, int) and 0 < window < 1 << 40 else None,
        tensor_count=tensor_count,
        required_bytes=-(-reader.position // alignment) * alignment + end_of_data,
    )


class _Reader:
    """Takes from the front of a stream, and refuses to go past its end or past the limit of a head."""

    def __init__(self, stream: BinaryIO, size_bytes: int) -> None:
        self._stream = stream
        self._size_bytes = size_bytes
        self.position = 0

    def take(self, count: int) -> bytes:
        self._check(count)
        data = self._stream.read(count)
        if len(data) < count:
            raise EOFError
        self.position += count
        return data

    def skip(self, count: int) -> None:
        self._check(count)
        self._stream.seek(count, 1)
        self.position += count

    def number(self, form: str) -> int:
        (value,) = struct.unpack(form, self.take(struct.calcsize(form)))
        return int(value)

    def text(self, limit_bytes: int, what: str) -> str:
        length = self.number("<Q")
        if length > limit_bytes:
            raise ValueError(f"{what} is {length} bytes long")
        return self.take(length).decode("utf-8", "replace")

    def skip_texts(self, count: int) -> None:
        """Skip strings one after the other. The loop is tight: a vocabulary has up to a million of them."""
        read, seek, position = self._stream.read, self._stream.seek, self.position
        limit = min(self._size_bytes, LIMIT_HEAD_BYTES)
        for _ in range(count):
            length = int.from_bytes(read(8), "little")
            position += 8 + length
            if position > limit:
                self._check(position - self.position)
            seek(length, 1)
        self.position = position

    def expect(self, count: int, each_bytes: int, what: str) -> None:
        """Refuse a count of things that take more room than there is."""
        if count * each_bytes > LIMIT_HEAD_BYTES:
            raise ValueError(f"it claims to hold {count} {what}")
        self._check(count * each_bytes)

    def _check(self, count: int) -> None:
        if self.position + count > LIMIT_HEAD_BYTES:
            raise ValueError(f"its head is larger than {LIMIT_HEAD_BYTES >> 20} MB")
        if self.position + count > self._size_bytes:
            raise EOFError


def _check_beginning(reader: _Reader) -> None:
    if reader.take(len(MAGIC)) != MAGIC:
        raise ValueError("it does not begin with GGUF")
    version = reader.number("<I")
    if version and not version & 0xFFFF:
        raise ValueError("it was made for machines with the other byte order")
    if version not in VERSIONS:
        raise ValueError(
            f"it is of GGUF version {version}, and only {VERSIONS[0]} and {VERSIONS[1]} are known"
        )


def _read_values(reader: _Reader, count: int) -> dict[str, str | int]:
    """Read all values and keep the few that are used."""
    kept: dict[str, str | int] = {}
    for _ in range(count):
        key = reader.text(_LIMIT_KEY_BYTES, "the name of a value")
        kind = reader.number("<I")
        if kind == _STRING and key in {"general.architecture", "general.name"}:
            kept[key] = reader.text(_LIMIT_TEXT_BYTES, f"the value of {key}")
        elif kind in {4, 5, 10, 11} and (key.endswith(".context_length") or key == "general.alignment"):
            kept[key] = reader.number(_NUMBERS[kind])
        else:
            _skip_value(reader, kind, _LIMIT_ARRAY_DEPTH)
    return kept


def _skip_value(reader: _Reader, kind: int, depth: int) -> None:
    if kind in _NUMBERS:
        reader.skip(struct.calcsize(_NUMBERS[kind]))
    elif kind == _STRING:
        reader.skip(reader.number("<Q"))
    elif kind == _ARRAY and depth:
        item_kind, count = reader.number("<I"), reader.number("<Q")
        if item_kind in _NUMBERS:
            reader.skip(count * struct.calcsize(_NUMBERS[item_kind]))
            return
        reader.expect(count, 8, "items in a list")
        if item_kind == _STRING:
            reader.skip_texts(count)
            return
        for _ in range(count):
            _skip_value(reader, item_kind, depth - 1)
    else:
        raise ValueError(f"a value is of the unknown type {kind}")


def _read_tensor_end(reader: _Reader) -> int:
    """Read what is said of a tensor, and return where it ends, counted from the beginning of all tensors."""
    reader.text(_LIMIT_KEY_BYTES, "the name of a tensor")
    dimension_count = reader.number("<I")
    if dimension_count > _LIMIT_DIMENSIONS:
        raise ValueError(f"a tensor has {dimension_count} dimensions")
    weights = prod(reader.number("<Q") for _ in range(dimension_count))
    kind, offset = reader.number("<I"), reader.number("<Q")
    block_weights, block_bytes = _BLOCKS.get(kind, (1, 0))
    end = offset + -(-weights // block_weights) * block_bytes
    if end > _LIMIT_TENSOR_BYTES:
        raise ValueError("a tensor claims to be larger than any disk")
    return end
