"""Is this value one that a setting may have? Checked against its type and range, refused in words. Pure."""

from __future__ import annotations

import types
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any, Literal, Union, get_args, get_origin

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""Any JSON value."""


def check_value(
    annotation: Any, value: Any, minimum: float | None = None, maximum: float | None = None
) -> Any:
    """Return ``value`` as the type of a setting, or say what is expected.

    Accepts what TOML gives, not text; see ``adjust.parse_text`` for that. The bounds are those of a number, of each
    number in a table; ``maximum`` is also the greatest length of a list.

    Raises:
        ValueError: with a sentence such as ``must be a number from 0 to 2, not 3``.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in {Union, types.UnionType}:
        (annotation,) = (argument for argument in arguments if argument is not type(None))
        return check_value(annotation, value, minimum, maximum)
    if origin is Literal:
        if value in arguments:
            return value
        raise ValueError(f"must be one of {', '.join(map(str, arguments))}, not {shown(value)}")
    if origin is tuple:
        return _check_list(arguments[0], value, maximum)
    if annotation is Mapping:
        return _check_table(value, minimum, maximum)
    if origin is Mapping:
        return _check_texts(value)
    if annotation in {bool, str}:
        if not isinstance(value, annotation):
            raise ValueError(
                f"must be {'true or false' if annotation is bool else 'text'}, not {shown(value)}"
            )
        return value
    return _check_number(annotation, value, minimum, maximum)


def shown(value: Any, limit_chars: int = 60) -> str:
    """Return a value as a message may name it: short, and without what a table or a list holds."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15g}"
    try:
        text = repr(value) if isinstance(value, str) else str(value)
    except ValueError:  # Python writes out no integer of more than 4300 digits
        return "a number that is far too long"
    return text if len(text) <= limit_chars else f"{text[:limit_chars]}…"


def describe_range(annotation: Any, minimum: float | None, maximum: float | None) -> str:
    """Return what is allowed, in words: ``a whole number from 1 to 512``."""
    noun = "a whole number" if annotation is int else "a number"
    if minimum is not None and maximum is not None:
        return f"{noun} from {_bound(minimum)} to {_bound(maximum)}"
    if minimum is not None:
        return f"{noun} of at least {_bound(minimum)}"
    return noun if maximum is None else f"{noun} of at most {_bound(maximum)}"


def _bound(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:f}".rstrip("0")


def _check_list(item_type: Any, value: Any, maximum: float | None) -> tuple[Any, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, (list, tuple)):
        raise ValueError(f"must be a list, not {shown(value)}")
    if maximum is not None and len(values) > maximum:
        raise ValueError(f"must have at most {maximum:.0f} entries, not {len(values)}")
    checked = []
    for position, item in enumerate(values, start=1):
        try:
            checked.append(check_value(item_type, item))
        except ValueError as error:
            raise ValueError(str(error) if values is not value else f"{error} (entry {position})") from None
    return tuple(checked)


def _check_table(value: Any, minimum: float | None, maximum: float | None) -> dict[str, Json]:
    if not isinstance(value, Mapping):
        raise ValueError(f"must be a table, not {shown(value)}")
    table = {str(name): _check_json(item) for name, item in value.items()}
    if minimum is not None or maximum is not None:
        for name, item in table.items():
            try:
                _check_number(float, item, minimum, maximum)
            except ValueError as error:
                raise ValueError(f"{error} (entry {shown(name)})") from None
    return table


def _check_texts(value: Any) -> dict[str, str]:
    table = _check_table(value, None, None)
    for name, item in table.items():
        if not isinstance(item, str):
            raise ValueError(f"must hold only text, not {shown(item)} (entry {shown(name)})")
    return {name: str(item) for name, item in table.items()}


def _check_json(value: Any) -> Json:
    """Return a value that can be sent as JSON, which knows no dates and no infinity."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float) and isfinite(value):
        return value
    if isinstance(value, (list, tuple)):
        return [_check_json(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): _check_json(item) for name, item in value.items()}
    raise ValueError(
        f"must hold only what JSON can say, not {shown(value)}; put it in quotes to send it as text"
    )


def _check_number(annotation: Any, value: Any, minimum: float | None, maximum: float | None) -> Any:
    noun = describe_range(annotation, minimum, maximum)
    allowed = (int,) if annotation is int else (int, float, Decimal)
    if isinstance(value, bool) or not isinstance(value, allowed):
        raise ValueError(f"must be {noun}, not {shown(value)}")
    try:
        number = Decimal(str(value)) if annotation is Decimal else annotation(value)
        below = minimum is not None and number < minimum
        above = maximum is not None and number > maximum
    except (InvalidOperation, OverflowError, ValueError):  # a NaN, 10**400 as a float, 5000 digits
        raise ValueError(f"must be {noun}, not {shown(value)}") from None
    if below or above or (annotation is not int and not isfinite(number)):
        raise ValueError(f"must be {noun}, not {shown(value)}")
    return number
