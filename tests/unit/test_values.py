"""Values against types and ranges."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.values import check_value, shown


@pytest.mark.parametrize(
    ("annotation", "value", "result"),
    [
        (int, 3, 3),
        (int | None, 3, 3),
        (float, 3, 3.0),
        (float, Decimal("0.5"), 0.5),
        (Decimal, 2.5, Decimal("2.5")),
        (Decimal | None, 10, Decimal(10)),
        (bool, False, False),
        (str, "", ""),
        (Literal["a", "b"], "b", "b"),
        (Literal["a", "b"] | None, "b", "b"),
        (tuple[str, ...], ["x", "y"], ("x", "y")),
        (tuple[str, ...], "x", ("x",)),
        (tuple[Literal["a"], ...], [], ()),
        (Mapping, {"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}),
    ],
)
def test_a_value_takes_the_type_of_its_setting(annotation: Any, value: object, result: object) -> None:
    checked = check_value(annotation, value)
    assert checked == result
    assert type(checked) is type(result)


@pytest.mark.parametrize(
    ("annotation", "value", "said"),
    [
        (int, "3", "must be a whole number from 1 to 9, not '3'"),
        (int, 3.0, "must be a whole number from 1 to 9, not 3"),
        (int, True, "must be a whole number from 1 to 9, not true"),
        (int, 0, "must be a whole number from 1 to 9, not 0"),
        (int, 10, "must be a whole number from 1 to 9, not 10"),
        pytest.param(
            int,
            10**5000,
            "must be a whole number from 1 to 9, not a number that is far too long",
            id="too long",
        ),
        (float, 10**400, "must be a number from 1 to 9, not 1000"),
        (float, 9.5, "must be a number from 1 to 9, not 9.5"),
        (float, float("nan"), "must be a number from 1 to 9, not nan"),
        (float, float("inf"), "must be a number from 1 to 9, not inf"),
        (Decimal, float("nan"), "must be a number from 1 to 9, not nan"),
        (Decimal, float("-inf"), "must be a number from 1 to 9, not -inf"),
        (Decimal, "2", "must be a number from 1 to 9, not '2'"),
        (bool, 1, "must be true or false, not 1"),
        (bool, "true", "must be true or false, not 'true'"),
        (str, 5, "must be text, not 5"),
        (str, {"a": "secret"}, "must be text, not a table"),
        (str, ["secret"], "must be text, not a list"),
        (Literal["a", "b"], "c", "must be one of a, b, not 'c'"),
        (Literal["a", "b"], ["a"], "must be one of a, b, not a list"),
        (tuple[str, ...], 5, "must be a list, not 5"),
        (tuple[str, ...], {"a": 1}, "must be a list, not a table"),
        (tuple[str, ...], ["a"] * 10, "must have at most 9 entries, not 10"),
        (tuple[str, ...], ["a", 5], "must be text, not 5 (entry 2)"),
        (Mapping, "a", "must be a table, not 'a'"),
        (Mapping, {"a": 10}, "must be a number from 1 to 9, not 10 (entry 'a')"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(annotation: Any, value: object, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        check_value(annotation, value, 1, 9)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("minimum", "maximum", "said"),
    [
        (None, None, "must be a number, not 'x'"),
        (0.5, None, "must be a number of at least 0.5, not 'x'"),
        (None, 3, "must be a number of at most 3, not 'x'"),
        (-(2**63), 2**63 - 1, "must be a number from -9223372036854775808 to 9223372036854775807, not 'x'"),
    ],
)
def test_bounds_are_named_as_they_were_declared(
    minimum: float | None, maximum: float | None, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        check_value(float, "x", minimum, maximum)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal(1), {1, 2}, b"x"])
def test_what_json_cannot_say_is_refused_in_a_table(value: object) -> None:
    with pytest.raises(ValueError, match="must hold only what JSON can say"):
        check_value(Mapping, {"a": [{"b": value}]})


def test_a_table_is_copied_so_that_later_changes_do_not_reach_the_settings() -> None:
    table: dict[str, Any] = {"a": {"b": [1]}}
    checked = check_value(Mapping, table)
    table["a"]["b"].append(2)
    assert checked == {"a": {"b": [1]}}


def test_a_long_value_is_shown_short() -> None:
    assert shown("x" * 1000) == f"'{'x' * 59}…"


@given(st.integers() | st.floats(), st.sampled_from([int, float, Decimal]))
def test_a_number_that_passes_is_within_its_bounds(value: float, annotation: Any) -> None:
    try:
        checked = check_value(annotation, value, -5, 5)
    except ValueError as error:
        said = str(error)
    else:
        assert -5 <= checked <= 5
        assert type(checked) is annotation
        return
    assert "from -5 to 5" in said
