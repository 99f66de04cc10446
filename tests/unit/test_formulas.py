"""LaTeX formulas in the signs of Unicode."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatrepl.formulas import readable_formula, with_formulas


def shown(text: str) -> str:
    """Return what a reader sees of Markdown without other marks in it."""
    return re.sub(r"\\([\\`*_\[\]<>&~#!])", r"\1", with_formulas(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"$x = \frac{-b \pm \sqrt{b^2-4ac}}{2a}$", "x = (-b ± √(b²-4ac))/2a"),
        (r"\(E = mc^2\)", "E = mc²"),
        (r"$\alpha_i \in \mathbb{R}^n$", "αᵢ ∈ ℝⁿ"),
        (r"$$\sum_{i=1}^{n} i^2$$", "∑ᵢ₌₁ⁿ i²"),
        (r"\[ \int_0^\infty e^{-x^2}\,dx \]", "∫₀^∞ e^(-x²) dx"),
        (r"$\lim_{x \to 0} \sin x$", "lim_(x → 0) sin x"),
        (r"$\begin{pmatrix} a & b \\ c & d \end{pmatrix} = 0$", "(a b; c d) = 0"),
        ("$$\\begin{align}a &= b \\\\\nc &= d\\end{align}$$", "a = b\nc = d"),
        (r"$\vec{v} \cdot \hat{n}$", "v\u20d7 · n\u0302"),
        (r"$\frac12$ of $90^\circ$", "½ of 90°"),
        (r"$\binom{n}{k}$", "C(n, k)"),
        (r"$10^{-3}$", "10⁻³"),
        (r"$\sqrt[3]{8} = 2$", "∛8 = 2"),
        (r"$\text{if } x > 0$", "if x > 0"),
        (r"$\left( \frac{a}{b+c} \right)$", "( a/(b+c) )"),
        (r"$\unknowncommand{x} = 1$", r"\unknowncommandx = 1"),
        ("$n$", "n"),
        ("$f'(x)$", "f′(x)"),
    ],
)
def test_a_formula_can_be_read(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $6.",
        "US$5-$6, $1,000 or $20/month",
        "$HOME/$USER and ${x}",
        "`$x^2$` and ``\\(a\\)``",
        "$ x = 1 $",
        r"\$x^2\$",
        "a $$ b",
        "$PATH:$",
        "",
    ],
)
def test_prices_variables_and_code_stay_as_they_are(text: str) -> None:
    assert with_formulas(text) == text


@pytest.mark.parametrize(
    "text", ["{" * 5000, r"\frac" * 5000, "^" * 5000, r"\begin{x}" * 2000, "\\sqrt{" * 3000]
)
def test_a_flood_of_openings_ends(text: str) -> None:
    assert len(readable_formula(text)) <= 3 * len(text)


PIECES = [*r"\{}^_$&~'()[]ab1 +=", "\\frac", "\\sqrt", "\\\\", "\n", "`", "\\begin{cases}", "\\end{cases}"]


@settings(max_examples=200)
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_any_text_is_read_without_a_fuss(text: str) -> None:
    readable_formula(text)
    with_formulas(text)


@given(st.text(st.characters(exclude_characters="$\\")))
def test_text_without_formulas_stays_as_it_is(text: str) -> None:
    assert with_formulas(text) == text
