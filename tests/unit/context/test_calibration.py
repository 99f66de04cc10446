from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.context.calibration import Calibration

counts = st.lists(st.tuples(st.integers(-5, 10**6), st.integers(-5, 10**6)), max_size=30)


def after(*observed: tuple[int, int]) -> Calibration:
    calibration = Calibration()
    for estimated, reported in observed:
        calibration = calibration.observe(estimated, reported)
    return calibration


def test_nothing_is_changed_before_anything_was_observed() -> None:
    assert Calibration().apply(100) == 100


def test_the_first_observation_is_taken_fully() -> None:
    assert after((100, 150)).apply(200) == pytest.approx(300)


def test_a_later_observation_of_the_same_size_weighs_about_three_tenths() -> None:
    calibration = after(*[(1000, 1000)] * 50, (1000, 2000))
    assert calibration.ratio == pytest.approx(1.3, abs=0.01)


@pytest.mark.parametrize(("reported", "ratio"), [(1, 0.3), (10_000, 3.0)])
def test_the_ratio_stays_between_three_tenths_and_three(reported: int, ratio: float) -> None:
    assert after((100, reported)).ratio == ratio


@pytest.mark.parametrize("ratio", [0.6, 1.0, 1.4, 2.2])
@pytest.mark.parametrize("overhead", [0, 31, 120])
def test_a_chat_template_is_told_apart_from_the_ratio_as_the_chat_grows(ratio: float, overhead: int) -> None:
    calibration = after(*((size, round(ratio * size + overhead)) for size in (40, 180, 300, 480, 700)))
    assert calibration.ratio == pytest.approx(ratio, rel=0.02)
    assert calibration.overhead_tokens == pytest.approx(overhead, abs=4)


def test_a_fit_that_makes_no_sense_is_not_used() -> None:
    """Requests that get longer and are reported as shorter: a server that cut them, perhaps."""
    calibration = after((500, 500), (1000, 400))
    assert 0.3 <= calibration.ratio < 1
    assert calibration.overhead_tokens == 0


def test_a_new_kind_of_text_is_learnt_in_a_few_turns() -> None:
    calibration = after(*[(1000, 1000)] * 10, *[(1000, 2000)] * 6)
    assert calibration.ratio == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize(("estimated", "reported"), [(0, 5), (5, 0), (-1, 5), (5, -1)])
def test_counts_that_are_not_positive_teach_nothing(estimated: int, reported: int) -> None:
    assert after((100, 120), (estimated, reported)) == after((100, 120))


@given(counts)
def test_whatever_is_reported_the_bounds_hold(observed: list[tuple[int, int]]) -> None:
    calibration = after(*observed)
    assert 0.3 <= calibration.ratio <= 3
    assert 0 <= calibration.overhead_tokens <= 256
