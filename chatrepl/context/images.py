"""What an image takes of a model's window, by the formulas that OpenAI has published. Pure.

All of it is an estimate: providers change their formulas with their models.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from chatrepl.context.tokens import TokenCount

Detail = Literal["auto", "low", "high"]


class _Tiles(NamedTuple):
    """An image is a base and so many tiles. Source: OpenAI's vision guide, as copied in the API contract, section 8."""

    base_tokens: int = 85
    tile_tokens: int = 170


class _Patches(NamedTuple):
    """An image is so many patches of 32 pixels, at most a number, times a factor. Source: as above."""

    factor: float
    most: int = 1536


_PATCHED = (("gpt-4.1-mini", _Patches(1.62)), ("gpt-4.1-nano", _Patches(2.46)))
_TILED = _Tiles()
_LARGEST_PIXELS, _SHORTEST_PIXELS, _TILE_PIXELS, _PATCH_PIXELS = 2048, 768, 512, 32


def image_tokens(model: str, width_pixels: int, height_pixels: int, detail: Detail = "auto") -> TokenCount:
    """Return about how many tokens an image takes.

    Args:
        model: The model's id; one that is not known is taken to cut images into tiles, which takes most.
        width_pixels: From 1 up.
        height_pixels: From 1 up.
        detail: As it is sent; ``auto`` counts as ``high``, which takes more.

    Raises:
        ValueError: a side is not at least one pixel.
    """
    if width_pixels < 1 or height_pixels < 1:
        raise ValueError(f"an image has at least one pixel a side, not {width_pixels} x {height_pixels}")
    name = model.removeprefix("openai/")
    patched = next((kind for prefix, kind in _PATCHED if name.startswith(prefix)), None)
    if patched is not None:
        return TokenCount(
            math.ceil(_patches(width_pixels, height_pixels, patched.most) * patched.factor), "estimated"
        )
    if detail == "low":
        return TokenCount(_TILED.base_tokens, "estimated")
    return TokenCount(
        _TILED.base_tokens + _TILED.tile_tokens * _tiles(width_pixels, height_pixels), "estimated"
    )


def _tiles(width: int, height: int) -> int:
    """Return how many tiles an image has once it is brought to the size that the model reads; none is made larger."""
    scale = min(1.0, _LARGEST_PIXELS / max(width, height))
    scale *= min(1.0, _SHORTEST_PIXELS / (min(width, height) * scale))
    across, down = (max(1, math.ceil(round(side * scale, 6) / _TILE_PIXELS)) for side in (width, height))
    return across * down


def _patches(width: int, height: int, most: int) -> int:
    """Return how many patches an image has, brought down to the most there may be."""
    across, down = math.ceil(width / _PATCH_PIXELS), math.ceil(height / _PATCH_PIXELS)
    return min(across * down, most)
