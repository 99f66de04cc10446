"""The table of settings itself."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from chatrepl import adjust, settings, values
from chatrepl.settings import (
    PARAMETERS,
    ModelSettings,
    SettingInfo,
    Settings,
    WindowSettings,
    all_settings,
    spec_of,
)
from chatrepl.settings_base import setting

ALL = list(all_settings())
IDS = [info.key for info in ALL]


def test_every_setting_is_named_once() -> None:
    assert len(set(IDS)) == len(IDS)


def test_the_tables_are_walked_in_the_order_of_declaration() -> None:
    assert IDS[0] == "model"
    assert [key for key in IDS if key.startswith("window.")] == [
        "window.strategy",
        "window.limit_tokens",
        "window.reserve_tokens",
        "window.summary_model",
        "window.summary_tokens",
    ]
    assert {key.removeprefix("parameters.") for key in IDS if key.startswith("parameters.")} == set(
        PARAMETERS
    )
    assert {f"models.*.{item.name}" for item in dataclasses.fields(ModelSettings)} <= set(IDS)


@pytest.mark.parametrize("info", ALL, ids=IDS)
def test_a_setting_is_described_in_one_sentence(info: SettingInfo) -> None:
    assert info.spec.summary.endswith(".")
    assert "\n" not in info.spec.summary


@pytest.mark.parametrize("info", ALL, ids=IDS)
def test_a_setting_accepts_its_own_default_and_example(info: SettingInfo) -> None:
    if info.default is not None:
        assert adjust.check_setting(info, info.default) == info.default
    else:
        assert info.spec.example, "a setting without a default needs an example"
    if info.spec.example:
        value = tomllib.loads(f"x = {info.spec.example}")["x"]
        assert adjust.check_setting(info, value) is not None


@pytest.mark.parametrize(
    "info", [info for info in ALL if info.spec.minimum is not None], ids=lambda info: str(info.key)
)
def test_a_number_accepts_its_bounds_and_nothing_beyond(info: SettingInfo) -> None:
    minimum, maximum = info.spec.minimum, info.spec.maximum
    assert minimum is not None
    assert maximum is not None
    for value in (minimum, maximum):
        assert _checked(info, value) is not None
    for value in (minimum - 1, maximum + 1):
        with pytest.raises(ValueError, match=r"from .* to "):
            _checked(info, value)


def _checked(info: SettingInfo, value: Any) -> Any:
    return adjust.check_setting(info, {"1": value} if info.type is Mapping else value)


def test_at_most_four_stop_strings_are_taken() -> None:
    info = adjust.resolve_key("stop")
    assert adjust.check_setting(info, list("abcd")) == list("abcd")
    with pytest.raises(ValueError, match="at most 4 entries, not 5"):
        adjust.check_setting(info, list("abcde"))


def test_settings_cannot_be_changed_in_place() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().model = "x"  # type: ignore[misc]


def test_two_settings_do_not_share_their_tables() -> None:
    assert Settings().parameters is not Settings().parameters


def test_declaring_a_default_that_is_a_class_makes_a_new_value_each_time() -> None:
    @dataclasses.dataclass(frozen=True)
    class Example:
        window: WindowSettings = setting(WindowSettings, "A table.", minimum=1)  # noqa: RUF009

    assert Example().window == WindowSettings()
    assert spec_of(dataclasses.fields(Example)[0]).minimum == 1


def test_checking_is_offered_where_settings_are_declared() -> None:
    assert settings.check_value is values.check_value
