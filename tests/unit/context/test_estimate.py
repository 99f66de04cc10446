from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.context.estimate import estimate_tokens

SAMPLES = {
    "English": (
        (
            "The quick brown fox jumps over the lazy dog, and nobody in the village could remember a morning when it"
            " had not done so. People came from far away to watch, brought sandwiches, and argued about the rules."
        ),
        43,
    ),
    "German": (
        (
            "Die Sprache ist ein Verständigungssystem, mit dem Menschen täglich ihre Gedanken und Gefühle ausdrücken"
            " können, natürlich auch über größere Entfernungen"
        ),
        27,
    ),
    "Chinese": ("语言是人类用来交流思想和感情的工具，每天都在使用。", 19),
    "Japanese": ("言語は人間が毎日自分の考えや感情を表現するために使う仕組みです。", 29),
    "Russian": (
        "Язык — это система общения, с помощью которой люди каждый день выражают свои мысли и чувства",
        19,
    ),
    "Greek": (
        "Η γλώσσα είναι ένα σύστημα επικοινωνίας που χρησιμοποιούν οι άνθρωποι για να εκφράσουν τις σκέψεις",
        27,
    ),
    "Python": (
        (
            "def add(self, key: str, value: int = 0) -> None:\n    self._items[key] = value\n    if value > 100:\n"
            '        raise ValueError(f"too much: {value}")\n'
        ),
        46,
    ),
    "numbers": ("3.14159 2026-01-01 1,234,567 0xff 42", 22),
}
"""Texts and what o200k_base makes of them; see test_tokens, which counts them."""


@pytest.mark.parametrize(("text", "tokens"), SAMPLES.values(), ids=SAMPLES.keys())
def test_an_estimate_is_within_a_fifth_of_the_count_and_one_and_a_half_tokens(text: str, tokens: int) -> None:
    assert abs(estimate_tokens(text) - tokens) <= tokens * 0.2 + 1.5


@pytest.mark.parametrize(
    "text",
    ["a", " ", "\n", "\0", "é", "中", "🎉", "\ud800", "\u200b", "ก", "𝒳", "…", "\uffff", "\U0010ffff"],
    ids=ascii,
)
def test_no_text_but_the_empty_one_is_estimated_at_nothing(text: str) -> None:
    assert estimate_tokens(text) >= 1
    assert estimate_tokens(text * 100) >= 1
    assert estimate_tokens("") == 0


@given(st.text(st.characters(codec=None), max_size=100), st.text(st.characters(codec=None), max_size=100))
def test_more_text_never_takes_much_less(text: str, more: str) -> None:
    """Not monotone to the token, since blanks and runs join at the seam."""
    assert estimate_tokens(text + more) >= estimate_tokens(text) - 2


@pytest.mark.parametrize("unit", ["a", " ", "\n", "-", "7", "é", "中", "🎉", "a1. ", "word "], ids=ascii)
def test_a_megabyte_is_estimated_in_less_than_a_second(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    started = time.process_time()
    estimate_tokens(text)
    assert time.process_time() - started < 1


def test_a_text_of_several_megabytes_is_estimated_as_the_sum_of_its_parts() -> None:
    assert estimate_tokens("word " * 500_000) == pytest.approx(
        500 * estimate_tokens("word " * 1000), rel=0.01
    )
