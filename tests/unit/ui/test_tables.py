"""Tables: columns that fit, rows that stream once the table is long, records where it is too wide."""

from __future__ import annotations

import pytest

from chatrepl.ui.tables import TableLayout


class Page:
    """A table and the rows it has printed."""

    def __init__(
        self, head: list[str], sides: list[str] | None = None, width: int = 60, limit_rows: int = 10
    ) -> None:
        self.rows: list[str] = []
        self.table = TableLayout(
            head,
            sides or [""] * len(head),
            emit=self.rows.append,
            paint=lambda text, _: text,
            references={},
            width=width,
            limit_rows=limit_rows,
            line="-",
        )


def test_a_short_table_is_held_until_its_columns_are_known() -> None:
    page = Page(["a", "b"])
    page.table.row(["1", "a long cell"])
    assert page.rows == []

    page.table.finish()

    assert page.rows == ["a  b", "-  -----------", "1  a long cell"]


def test_cells_stand_where_the_table_says() -> None:
    page = Page(["left", "middle", "right"], ["left", "center", "right"])
    page.table.row(["a", "b", "c"])
    page.table.finish()

    assert page.rows[2] == "a       b         c"


def test_a_table_that_outgrows_its_room_streams_its_rows() -> None:
    page = Page(["n", "words"], limit_rows=5)
    for number in range(6):
        page.table.row([str(number), "some words"])
    assert len(page.rows) == 8

    page.table.row(["6", "some words"])

    assert page.rows[-1].split() == ["6", "some", "words"]
    page.table.finish()
    assert len(page.rows) == 9


def test_columns_of_a_long_table_keep_their_widths_and_have_room_for_more() -> None:
    page = Page(["n", "words"], limit_rows=3)
    for number in range(8, 300):
        page.table.row([str(number), "some words"])

    starts = {row.index("some") for row in page.rows[2:]}
    assert len(starts) == 1
    assert len(page.rows) == 2 + 292


def test_wide_cells_are_wrapped_in_their_columns() -> None:
    page = Page(["a", "b"], width=20)
    page.table.row(["x", "many words that do not fit in one row"])
    page.table.finish()

    assert all(len(row) <= 20 for row in page.rows)
    assert [row[3:] for row in page.rows[2:]] == ["many words that", "do not fit in one", "row"]


def test_columns_that_cannot_stand_side_by_side_become_lists() -> None:
    page = Page(["first name", "second name", "third<br>name"], width=14)
    page.table.row(["Ann", "", "Eve"])
    page.table.row(["Bob"])
    page.table.finish()

    assert page.rows == ["first name:", "Ann", "second name:", "third name:", "Eve", "", "first name:", "Bob"]


def test_a_table_without_rows_still_has_its_names() -> None:
    page = Page(["first name", "second name", "third name"], width=14)
    page.table.finish()

    assert page.rows == ["first name:", "second name:", "third name:"]


def test_a_line_break_inside_emphasis_is_one_and_in_code_is_code() -> None:
    page = Page(["a"])
    page.table.row(["**x<br>y** `<br>`"])
    page.table.finish()

    assert page.rows[2:] == ["x", "y <br>"]


def test_a_line_break_in_a_cell_is_one() -> None:
    page = Page(["a", "b"])
    page.table.row(["x<br>y", "z"])
    page.table.finish()

    assert page.rows[2:] == ["x  z", "y"]


@pytest.mark.parametrize("columns", [2, 3])
def test_a_row_with_fewer_cells_is_short(columns: int) -> None:
    page = Page(["a"] * columns)
    page.table.row(["1"])
    page.table.finish()

    assert page.rows[2] == "1"


def test_a_fork_shows_the_last_rows_and_leaves_the_table_alone() -> None:
    page = Page(["n"], limit_rows=50)
    for number in range(20):
        page.table.row([str(number)])
    shown: list[str] = []
    page.table.fork(shown.append).finish(3)

    assert shown[-3:] == ["17", "18", "19"]
    assert page.rows == []
    page.table.finish()
    assert len(page.rows) == 22


def test_after_a_change_of_width_rows_fit_the_new_one() -> None:
    page = Page(["a", "b"], limit_rows=2)
    for _ in range(4):
        page.table.row(["some words", "and some more words"])
    page.table.resize(20)
    before = len(page.rows)
    page.table.row(["some words", "and some more words"])

    assert all(len(row) <= 20 for row in page.rows[before:])
