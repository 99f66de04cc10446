"""What an image takes, by the published formulas."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.context.images import Detail, image_tokens


@pytest.mark.parametrize(
    ("model", "width", "height", "detail", "tokens"),
    [
        ("gpt-4o", 1024, 1024, "high", 765),  # the guide's own example: 768 x 768, four tiles: 85 + 4 * 170
        ("gpt-4o", 1024, 1024, "low", 85),
        ("gpt-4o", 2048, 4096, "high", 1105),  # 1024 x 2048, then 768 x 1536: six tiles
        ("gpt-4o", 512, 512, "auto", 255),  # one tile, and it is not made larger
        ("gpt-4o", 1, 1, "high", 255),
        ("gpt-4.1-mini", 1024, 1024, "high", 1659),  # 32 * 32 patches * 1.62
        ("gpt-4.1-nano", 64, 33, "high", 10),  # 2 * 2 patches * 2.46
        ("gpt-4.1-mini", 10_000, 10_000, "high", 2489),  # at most 1536 patches
        ("openai/gpt-4.1-mini-2025-04-14", 32, 32, "low", 2),
    ],
)
def test_images_take_what_was_published(
    model: str, width: int, height: int, detail: Detail, tokens: int
) -> None:
    found = image_tokens(model, width, height, detail)
    assert (found.tokens, found.quality) == (tokens, "estimated")


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_no_image_takes_more_than_the_largest(width: int, height: int) -> None:
    assert 255 <= image_tokens("gpt-4o", width, height).tokens <= 85 + 170 * 8


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (-1, 5)])
def test_an_image_without_pixels_is_none(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="at least one pixel"):
        image_tokens("gpt-4o", *size)
