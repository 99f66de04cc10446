"""Finding names by some of their letters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.fuzzy import BLOCK_NAMES, LIMIT_RANKED, LIMIT_STAGE, Names, match

NAMES = (
    *("chatrepl/ui/repl.py", "chatrepl/ui/replies.py", "chatrepl/ui/reply_view.py", "chatrepl/ui/turn_runner.py"),
    *("tests/unit/ui/test_replies.py", "docs/guide.md", "README.md", "chatrepl/wiring.py", "chatrepl/ui/"),
    *("chatrepl/commands/registry.py", "src/HttpClient.java", "src/http_server.c", "tests/terminal/conftest.py"),
)  # fmt: skip

paths = st.text("abcAB_/. é漢", min_size=1, max_size=20)


def first(typed: str) -> str:
    return Names(NAMES).search(typed, 5)[0].name


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("repl", "chatrepl/ui/repl.py"),
        ("REPL", "chatrepl/ui/repl.py"),
        ("tr", "chatrepl/ui/turn_runner.py"),
        ("turnr", "chatrepl/ui/turn_runner.py"),
        ("rv", "chatrepl/ui/reply_view.py"),
        ("uirepl", "chatrepl/ui/repl.py"),
        ("ui/repl", "chatrepl/ui/repl.py"),
        ("chatrepl/ui/", "chatrepl/ui/"),
        ("hc", "src/HttpClient.java"),
        ("guide", "docs/guide.md"),
        ("read", "README.md"),
        ("conftest", "tests/terminal/conftest.py"),
        ("ttcon", "tests/terminal/conftest.py"),
        ("testrep", "tests/unit/ui/test_replies.py"),
    ],
)
def test_the_likeliest_name_comes_first(typed: str, found: str) -> None:
    assert first(typed) == found


def test_what_holds_the_letters_in_no_such_order_is_not_found() -> None:
    assert Names(NAMES).search("zzz", 5) == []
    assert match("ba", "ab") is None


def test_without_letters_the_shortest_come_first() -> None:
    assert [fit.name for fit in Names(NAMES).search("", 2)] == ["README.md", "chatrepl/ui/"]


@given(paths, st.data())
def test_any_letters_of_a_name_in_their_order_find_it(name: str, data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, len(name) - 1), unique=True, min_size=1).map(sorted))
    typed = "".join(name[place] for place in places)

    assert [fit.name for fit in Names([name]).search(typed, 5)] == [name]


@given(paths, st.text("abc/_é", max_size=6))
def test_the_places_are_those_of_the_letters_typed(name: str, typed: str) -> None:
    fit = match(typed, name)

    if fit is not None:
        assert "".join(name[place] for place in fit.places).lower() == typed.lower()
        assert list(fit.places) == sorted(set(fit.places))


@given(st.lists(paths, max_size=30, unique=True), st.text("abcAB_/.é漢", min_size=1, max_size=4))
def test_a_name_is_found_if_and_only_if_it_holds_the_letters(names: list[str], typed: str) -> None:
    found = {fit.name for fit in Names(names).search(typed, 100)}

    assert found <= {name for name in names if match(typed, name) is not None}
    if len(found) < 10:  # else the likelier ones were enough
        assert found == {name for name in names if match(typed, name) is not None}


@given(st.lists(paths, min_size=1, max_size=40), st.text("abc_/", min_size=1, max_size=5))
def test_letters_typed_one_after_the_other_find_what_they_find_at_once(names: list[str], typed: str) -> None:
    together, growing = Names(names), Names(names)

    for end in range(1, len(typed)):
        growing.search(typed[:end], 10)

    assert growing.search(typed, 10) == together.search(typed, 10)


def many(count: int) -> list[str]:
    return [f"package_{number % 97}/module_{number % 13}/file_{number}.py" for number in range(count)]


@pytest.mark.parametrize("typed", ["f", "file", "fi9", "pm1", "xyz", "module_1", "file_99"])
def test_of_a_hundred_thousand_names_only_some_hundred_are_ranked_letter_by_letter(typed: str) -> None:
    names = Names(many(100_000))

    names.search(typed, 50)

    assert names.ranked_count <= 5 * LIMIT_RANKED


def test_a_letter_that_nearly_all_names_hold_is_sought_in_a_few_blocks_only() -> None:
    names = Names(many(100_000))
    asked: list[str] = []

    def is_over() -> bool:
        asked.append("f")
        return False

    names.search("f", 50, is_over)

    assert len(asked) <= 2 + LIMIT_STAGE // BLOCK_NAMES + 2


def test_a_search_that_nobody_waits_for_any_more_ends() -> None:
    names = Names(many(5000))

    assert names.search("zzz", 50, lambda: True) == []


def test_names_may_come_while_others_are_searched() -> None:
    names = Names(["alpha"])
    assert [fit.name for fit in names.search("al", 5)] == ["alpha"]

    names.add(["aloe", "two\nlines"])

    assert [fit.name for fit in names.search("al", 5)] == ["aloe", "alpha"]
    assert len(names) == 2
