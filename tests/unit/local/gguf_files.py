"""Makes GGUF files: small ones to be read, and one that llama.cpp runs."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from math import prod
from pathlib import Path

Value = str | int | float | bool | list[str] | list[float] | list[int]

F32 = 0


def text(value: str) -> bytes:
    """A string as GGUF writes it."""
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def pair(key: str, value: Value) -> bytes:
    """A key and its value as GGUF writes them."""
    return text(key) + _typed(value)


def _typed(value: Value) -> bytes:
    match value:
        case bool():
            return struct.pack("<I?", 7, value)
        case int():
            return struct.pack("<II", 4, value)
        case float():
            return struct.pack("<If", 6, value)
        case str():
            return struct.pack("<I", 8) + text(value)
        case list():
            items = [_typed(item) for item in value]
            kind = b"\5\0\0\0" if isinstance(value[0], int) else items[0][:4]  # llama.cpp wants them signed
            return (
                struct.pack("<I", 9) + kind + struct.pack("<Q", len(items)) + b"".join(i[4:] for i in items)
            )


def gguf(
    values: dict[str, Value],
    tensors: Sequence[tuple[str, tuple[int, ...]]],
    *,
    version: int = 3,
    tensor_type: int = F32,
    alignment: int = 32,
    seed: int = 1,
) -> bytes:
    """A whole file. The weights are chance, all of type F32 whatever ``tensor_type`` claims."""
    chance = random.Random(seed)
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(values))
    head += b"".join(pair(key, value) for key, value in values.items())
    data = b""
    for name, shape in tensors:
        data += b"\0" * (-len(data) % alignment)
        head += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, tensor_type, len(data))
        fill = [1.0] * prod(shape) if len(shape) == 1 else [chance.gauss(0, 0.2) for _ in range(prod(shape))]
        data += struct.pack(f"<{len(fill)}f", *fill)
    return head + b"\0" * (-len(head) % alignment) + data


def small_gguf(*, version: int = 3, tensor_type: int = F32) -> bytes:
    """A file with a value of every kind that matters and two tensors; nothing can run it."""
    values: dict[str, Value] = {
        "general.architecture": "tiny",
        "general.name": "A tiny model",
        "tiny.context_length": 640,
        "tiny.flag": True,
        "tiny.scale": 0.5,
        "tokenizer.ggml.tokens": ["a", "bc", ""],
        "tokenizer.ggml.scores": [0.0, 1.0],
    }
    return gguf(values, [("one", (4,)), ("two", (3, 2))], version=version, tensor_type=tensor_type)


def write_running_model(path: Path, *, window_tokens: int = 512) -> Path:
    """Write a model of 70 000 weights that llama.cpp loads in a moment and that answers nonsense."""
    width, heads, feed = 32, 4, 64
    specials = ["<unk>", "<s>", "</s>"]
    letters = [chr(code) for code in range(0x20, 0x7F)]
    tokens = specials + [f"<0x{byte:02X}>" for byte in range(256)] + letters
    kinds = [2, 3, 3] + [6] * 256 + [1] * len(letters)
    values: dict[str, Value] = {
        "general.architecture": "llama",
        "general.name": "nonsense",
        "llama.context_length": window_tokens,
        "llama.embedding_length": width,
        "llama.block_count": 1,
        "llama.feed_forward_length": feed,
        "llama.attention.head_count": heads,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": width // heads,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.scores": [0.0] * len(tokens),
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0,
    }
    block = {
        "attn_norm": (width,),
        "attn_q": (width, width),
        "attn_k": (width, width),
        "attn_v": (width, width),
        "attn_output": (width, width),
        "ffn_norm": (width,),
        "ffn_gate": (width, feed),
        "ffn_up": (width, feed),
        "ffn_down": (feed, width),
    }
    tensors: list[tuple[str, tuple[int, ...]]] = [
        ("token_embd.weight", (width, len(tokens))),
        ("output_norm.weight", (width,)),
        ("output.weight", (width, len(tokens))),
        *((f"blk.0.{name}.weight", shape) for name, shape in block.items()),
    ]
    path.write_bytes(gguf(values, tensors))
    return path
