"""The measurements say what they found: figures, goals, the page; and the replies are what their scripts ask for."""

from __future__ import annotations

import json
import random
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("bench", reason="the measurements are not part of this copy")

from bench.__main__ import as_json, table
from bench.base import LIVE, PLAIN
from bench.corpus import SENTINEL, SLOWER
from bench.keys import ALPHABET, Echoes
from bench.plot import plot
from bench.report import PAGE, PICTURE, RECORDED, curves, page, verdict, write_report
from bench.result import Finding, Goal, finding_from_json, finding_to_json, p95
from bench.server import script

ROOT = Path(__file__).resolve().parents[2]

FINDINGS = {
    "start": [
        Finding("until a key is shown", "ms", [230, 200, 210], {"bare": [150, 160, 155]}, Goal(1.25, "bare"))
    ],
    "length": [
        Finding("CPU, 500 tokens", "s", [0.05], {PLAIN: [0.02], LIVE: [3.0]}, tokens=500),
        Finding("CPU, 10 000 tokens", "s", [0.4, 0.5], {PLAIN: [0.2]}, Goal(0.6), tokens=10_000),
    ],
}


def run(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(json.dumps(as_json(FINDINGS, is_quick=False)))
    return {**data, **changes}


def test_a_figure_is_the_median_of_its_samples() -> None:
    assert Finding("x", "ms", [9, 1, 2]).figure == 2


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (19, 19), (20, 19), (100, 95), (101, 96)])
def test_the_95th_percentile_is_exceeded_by_at_most_five_in_a_hundred(count: int, expected: int) -> None:
    samples = list(range(1, count + 1))
    random.Random(count).shuffle(samples)
    assert p95(samples) == expected
    assert sum(sample > p95(samples) for sample in samples) <= 0.05 * count


def test_a_goal_for_the_figure_is_met_up_to_its_limit() -> None:
    assert Finding("x", "ms", [15], goal=Goal(15)).is_met is True
    assert Finding("x", "ms", [15.1], goal=Goal(15)).is_met is False


def test_a_goal_for_a_ratio_compares_with_the_figure_it_names() -> None:
    beside = {"one": [1.0], "other": [10.0]}
    assert Finding("x", "s", [2.2], beside, Goal(2.2, "one")).is_met is True
    assert Finding("x", "s", [2.3], beside, Goal(2.2, "one")).is_met is False
    assert Finding("x", "s", [2.3], beside, Goal(2.2, "other")).is_met is True


def test_a_figure_without_a_goal_is_neither_met_nor_missed() -> None:
    assert Finding("x", "s", [1]).is_met is None
    assert verdict([Finding("x", "s", [1]), Finding("y", "s", [1], goal=Goal(2))]) == "All 1 goals were met."


def test_what_was_measured_survives_the_file() -> None:
    finding = Finding("x", "ms", (1.0, 2.0), {"y": (3.0,)}, Goal(2, "y"), "p95", tokens=7)
    assert finding_from_json(json.loads(json.dumps(finding_to_json(finding)))) == finding


def test_the_table_has_a_line_for_each_finding_with_goal_and_verdict() -> None:
    lines = table(FINDINGS).splitlines()
    (line,) = (line for line in lines if line.startswith("until a key is shown"))
    assert "210 ms (1.35 x)" in line
    assert "<= 1.25 x bare" in line
    assert " NO " in line
    assert sum(line.startswith("CPU, ") for line in lines) == 2


def test_the_page_names_what_was_missed_with_its_figure_and_its_goal() -> None:
    text = page(run())
    assert "1 of 2 goals were met. Missed:" in text
    assert "- until a key is shown: 210 ms (1.35 x), and the goal is ≤ 1.25 x bare" in text
    assert "| CPU, 10 000 tokens | 0.45 s | ≤ 0.6 s | yes | 2: 0.4 to 0.5 | plain printing 0.2 s |" in text


def test_the_page_says_when_and_on_what_it_was_measured_and_whether_in_haste() -> None:
    text = page(run(date="2026-01-02", machine="Linux on x86_64, 2 processors"))
    assert "measured on 2026-01-02" in text
    assert "Linux on x86_64, 2 processors" in text
    assert "quick run" not in text
    assert "quick run" in page(run(is_quick=True))


def test_the_page_has_a_picture_only_where_lengths_were_measured() -> None:
    assert "(pictures/performance.svg)" in page(run())
    rows = {"start": run()["rows"]["start"]}
    assert ".svg" not in page(run(rows=rows))


def test_the_report_writes_the_page_its_picture_and_what_they_are_made_from(tmp_path: Path) -> None:
    measured = run()
    paths = write_report(measured, tmp_path)
    assert {str(path.relative_to(tmp_path)) for path in paths} == {PAGE, PICTURE, RECORDED}
    assert json.loads((tmp_path / RECORDED).read_text(encoding="utf-8")) == measured


@pytest.mark.skipif(not (ROOT / RECORDED).exists(), reason="nothing was recorded yet")
def test_the_page_is_what_the_recorded_measurements_give(tmp_path: Path) -> None:
    write_report(json.loads((ROOT / RECORDED).read_text(encoding="utf-8")), tmp_path)
    for name in (PAGE, PICTURE):
        assert (tmp_path / name).read_text(encoding="utf-8") == (ROOT / name).read_text(encoding="utf-8")


def test_the_picture_is_a_document_of_its_own_with_each_series_named() -> None:
    text = plot(curves(run()))
    root = ET.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    written = ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"chatrepl", PLAIN, LIVE, "1 000", "10 000", "0.1", "1"} <= set(written)
    assert "prefers-color-scheme: dark" in text


def test_in_the_picture_longer_is_to_the_right_and_dearer_is_higher() -> None:
    root = ET.fromstring(plot({"one": [(10, 0.1), (100, 1.0), (1000, 10.0)]}))
    (line,) = root.iter("{http://www.w3.org/2000/svg}polyline")
    points = [tuple(map(float, each.split(","))) for each in line.attrib["points"].split()]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    assert xs == sorted(xs)
    assert ys == sorted(ys, reverse=True)
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.2)


def test_in_the_picture_names_of_series_that_end_close_together_do_not_overlap() -> None:
    root = ET.fromstring(plot({"one": [(10, 0.1), (100, 1.0)], "two": [(10, 0.2), (100, 1.01)]}))
    labels = [each for each in root.iter("{http://www.w3.org/2000/svg}text") if each.text in {"one", "two"}]
    upper, lower = sorted(float(each.attrib["y"]) for each in labels)
    assert lower - upper >= 14


@pytest.mark.parametrize("said", ["fast-300", "fence-20", "list-20", "table-20", "paragraph-2", "echo me"])
def test_every_reply_ends_with_its_last_word_and_has_it_once(said: str) -> None:
    text = "".join(script(said).fast)
    assert text.endswith(f"\n\n{SENTINEL}")
    assert text.count(SENTINEL) == 1


def test_the_replies_have_the_size_that_their_scripts_ask_for() -> None:
    assert len(script("fast-2000").fast) == pytest.approx(2000, rel=0.1)
    assert len("".join(script("fence-200").fast).split("```")[1].splitlines()) == 201
    assert sum(line.startswith("- ") for line in "".join(script("list-200").fast).splitlines()) == 200
    assert "".join(script("table-200").fast).count("| row ") == 200
    assert len("".join(script("paragraph-50").fast).split("\n\n")[0]) == pytest.approx(50_000, abs=2)


def test_a_reply_that_grows_is_fast_up_to_its_mark_and_slow_after_it() -> None:
    grows = script("grow-300-100-200")
    assert "".join(grows.fast).endswith(f"{SLOWER}\n\n")
    assert grows.rate == 100
    assert "".join(grows.slow).endswith(SENTINEL)


def test_the_letters_typed_stand_in_no_reply() -> None:
    for said in ("fast-2000", "fence-50", "list-50", "table-50", "paragraph-5"):
        assert not set(ALPHABET) & set("".join(script(said).fast))


def test_every_letter_typed_is_known_when_it_is_shown() -> None:
    echoes = Echoes()
    for at_s, key in enumerate(ALPHABET):
        echoes.typed(key, at_s)
        echoes.wrote(f"\x1b[8D{key}\x1b[0m".encode(), at_s + 0.25)
    assert echoes.delays_s == [0.25] * len(ALPHABET)


def test_a_letter_that_is_cut_in_two_writes_is_shown_with_the_second() -> None:
    echoes = Echoes()
    echoes.typed(ALPHABET[-1], 1.0)
    data = ALPHABET[-1].encode()
    echoes.wrote(data[:2], 1.5)
    assert echoes.are_missing
    echoes.wrote(data[2:], 2.0)
    assert echoes.delays_s == [1.0]


def test_a_letter_shown_tells_of_those_typed_before_it_that_it_replaced() -> None:
    echoes = Echoes()
    for at_s, key in enumerate(ALPHABET[:3]):
        echoes.typed(key, at_s)
    echoes.wrote(ALPHABET[1].encode(), 10)
    assert echoes.delays_s == [10, 9]
    assert echoes.are_missing


def test_letters_shown_at_once_are_all_known() -> None:
    echoes = Echoes()
    for at_s, key in enumerate(ALPHABET[:3]):
        echoes.typed(key, at_s)
    echoes.wrote(ALPHABET[:3].encode(), 10)
    assert echoes.delays_s == [10, 9, 8]


def test_an_old_letter_drawn_again_is_no_echo_of_a_new_one() -> None:
    echoes = Echoes()
    echoes.typed(ALPHABET[0], 1)
    echoes.wrote(ALPHABET[0].encode(), 2)
    echoes.typed(ALPHABET[1], 3)
    echoes.wrote(ALPHABET[0].encode(), 4)
    assert echoes.are_missing
