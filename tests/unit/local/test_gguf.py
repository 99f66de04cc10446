"""What is read from the head of a GGUF file, and what is refused."""

from __future__ import annotations

import contextlib
import io
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatrepl.errors import LocalModelError
from chatrepl.local import gguf
from chatrepl.local.weights import check_gguf, shipped_file
from tests.unit.local import gguf_files
from tests.unit.local.gguf_files import pair, small_gguf, text


def read(data: bytes) -> gguf.GgufHead:
    return gguf.read_head(io.BytesIO(data), len(data))


def head(tensor_count: int, value_count: int, rest: bytes = b"", *, version: int = 3) -> bytes:
    """A head with counts as given, whatever follows."""
    return b"GGUF" + struct.pack("<IQQ", version, tensor_count, value_count) + rest


@pytest.mark.parametrize("version", [2, 3])
def test_the_head_says_what_model_it_is(version: int) -> None:
    found = read(small_gguf(version=version))
    assert found.architecture == "tiny"
    assert found.name == "A tiny model"
    assert found.trained_window_tokens == 640
    assert found.tensor_count == 2


def test_the_required_size_is_that_of_a_whole_file() -> None:
    data = small_gguf()
    assert read(data).required_bytes == len(data)


def test_the_alignment_of_the_file_counts() -> None:
    data = gguf_files.gguf({"general.alignment": 256}, [("a", (1,)), ("b", (1,))], alignment=256)
    assert read(data).required_bytes == len(data)


@pytest.mark.parametrize("kind", sorted(gguf._BLOCKS))
def test_the_size_of_a_tensor_follows_from_its_type(kind: int) -> None:
    """256 weights are whole blocks of every type, so the size is an exact multiple."""
    block_weights, block_bytes = gguf._BLOCKS[kind]
    tensor = text("t") + struct.pack("<IQIQ", 1, 256, kind, 64)
    data = head(1, 0, tensor)
    data += b"\0" * (-len(data) % 32)
    assert read(data).required_bytes == len(data) + 64 + 256 // block_weights * block_bytes


@pytest.mark.local
def test_the_type_numbers_are_those_of_llama_cpp() -> None:
    xllamacpp = pytest.importorskip("xllamacpp")
    kinds = {
        int(getattr(xllamacpp.ggml_type, name).value) for name in dir(xllamacpp.ggml_type) if "_TYPE_" in name
    }
    assert set(gguf._BLOCKS) <= kinds


@pytest.mark.local
def test_the_shipped_file_is_exactly_as_long_as_its_head_says() -> None:
    file = shipped_file()
    assert file is not None
    with file.open("rb") as stream:
        assert gguf.read_head(stream, file.stat().st_size).required_bytes == file.stat().st_size


def test_an_unknown_tensor_type_counts_with_its_beginning() -> None:
    data = small_gguf(tensor_type=4711)
    assert 0 < read(data).required_bytes < len(data)


def test_a_window_that_cannot_be_is_not_believed() -> None:
    data = gguf_files.gguf({"general.architecture": "a", "a.context_length": 0}, [("t", (1,))])
    assert read(data).trained_window_tokens is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(small_gguf(version=1), "GGUF version 1", id="old"),
        pytest.param(small_gguf(version=4), "GGUF version 4", id="new"),
        pytest.param(small_gguf(version=3 << 24), "other byte order", id="byte order"),
        pytest.param(head(0, 0), "no weights", id="no tensors"),
        pytest.param(head(2**63, 0), "it claims to hold", id="huge tensor count"),
        pytest.param(head(1, 2**63, b"\0" * 64), "it claims to hold", id="huge value count"),
        pytest.param(
            head(1, 1, struct.pack("<Q", 2**63) + b"\0" * 64), "9223372036854775808 bytes long", id="huge key"
        ),
        pytest.param(
            head(1, 1, text("k") + struct.pack("<IQ", 8, 2**62) + b"\0" * 64),
            "larger than 64 MB",
            id="huge text",
        ),
        pytest.param(
            head(1, 1, text("k") + struct.pack("<IQ", 8, 2**64 - 1) + b"\0" * 64),
            "larger than 64 MB",
            id="longest text",
        ),
        pytest.param(
            head(1, 1, text("k") + struct.pack("<IIQQ", 9, 8, 1, 2**64 - 1) + b"\0" * 64),
            "larger than 64 MB",
            id="longest text in a list",
        ),
        pytest.param(
            head(1, 1, text("k") + struct.pack("<IIQ", 9, 8, 2**62) + b"\0" * 64),
            "it claims to hold",
            id="huge list",
        ),
        pytest.param(
            head(1, 1, text("k") + struct.pack("<IIQ", 9, 0, 2**62) + b"\0" * 64),
            "larger than 64 MB",
            id="huge bytes",
        ),
        pytest.param(
            head(1, 1, text("k") + struct.pack("<I", 99) + b"\0" * 64), "unknown type 99", id="unknown type"
        ),
        pytest.param(
            head(1, 1, text("k") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 40 + b"\0" * 64),
            "unknown type 9",
            id="lists in lists",
        ),
        pytest.param(
            head(1, 1, pair("general.alignment", 0) + text("t") + struct.pack("<IQIQ", 1, 1, 0, 0)),
            "its alignment is 0",
            id="no alignment",
        ),
        pytest.param(
            head(1, 0, text("t") + struct.pack("<I", 2**31) + b"\0" * 64), "dimensions", id="dimensions"
        ),
        pytest.param(
            head(1, 0, text("t") + struct.pack("<I4QIQ", 4, *[2**63] * 4, 0, 0)),
            "larger than any disk",
            id="huge tensor",
        ),
    ],
)
def test_a_hostile_head_is_refused_with_a_reason(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read(data)


def test_a_cut_at_any_byte_is_one_clear_sentence(tmp_path: Path) -> None:
    """Whatever a download that stopped early leaves behind."""
    data = small_gguf()
    file = tmp_path / "cut.gguf"
    for length in range(len(data)):
        file.write_bytes(data[:length])
        with pytest.raises(LocalModelError) as caught:
            check_gguf(file)
        assert "cut off" in caught.value.message if length else "is empty" in caught.value.message
    file.write_bytes(data)
    assert check_gguf(file).trained_window_tokens == 640


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_damaged_file_never_raises_anything_else(tmp_path: Path, data: st.DataObject) -> None:
    damaged = bytearray(small_gguf())
    for position in data.draw(st.lists(st.integers(0, len(damaged) - 1), max_size=6)):
        damaged[position] = data.draw(st.sampled_from([0, 1, 8, 9, 0x7F, 0x80, 0xFF]) | st.integers(0, 255))
    file = tmp_path / "damaged.gguf"
    file.write_bytes(damaged[: data.draw(st.integers(0, len(damaged)))])
    with contextlib.suppress(LocalModelError):
        check_gguf(file)


@given(tail=st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_after_the_magic_are_read_or_refused(tail: bytes) -> None:
    data = b"GGUF\x03\0\0\0" + tail
    with contextlib.suppress(EOFError, ValueError):
        read(data)
