"""Measures chatrepl beside the least that does the same: ``uv run python -m bench``."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path

from bench.programs import Server, install
from bench.result import Result
from bench.rows import ROWS, Bench


def build_parser() -> argparse.ArgumentParser:
    names = [row.name for row in ROWS]
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--rows", nargs="+", choices=names, default=names, metavar="ROW", help=", ".join(names)
    )
    parser.add_argument("--repeat", type=int, metavar="N", help="measure each program N times")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples to this file")
    parser.add_argument("--quick", action="store_true", help="few repetitions: to see that all works")
    return parser


def main() -> int:
    options = build_parser().parse_args()
    if not sys.platform.startswith("linux"):
        raise SystemExit("bench reads the processor time of other processes as Linux tells it")
    if options.repeat is not None and options.repeat < 1:
        raise SystemExit("--repeat takes a number from 1")
    results: dict[str, Result] = {}
    programs = install()
    with Server() as server:
        for row in ROWS:
            if row.name in options.rows:
                print(f"measuring {row.name} ...", file=sys.stderr)
                bench = Bench(programs, server, options.repeat, options.quick)
                results[row.name] = row.measure(bench)
    print(table(results))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(as_json(results), indent=1) + "\n")
    return 0 if all(result.is_met for result in results.values()) else 1


def table(results: Mapping[str, Result]) -> str:
    """Lay the results out, one row each, with what else was seen below."""
    head = ("row", "chatrepl", "baseline", "ratio", "goal", "met")
    rows = [
        (
            name,
            f"{result.figure:.3g} {result.unit}",
            f"{result.baseline:.3g} {result.unit}",
            f"{result.ratio:.2f} x",
            result.goal_text,
            "yes" if result.is_met else "NO",
        )
        for name, result in results.items()
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    titles = {row.name: row.title for row in ROWS}
    for name, result in results.items():
        lines += ["", f"{name}: {titles[name]}", *(f"  {note}" for note in result.notes)]
    return "\n".join(line.rstrip() for line in lines)


def as_json(results: Mapping[str, Result]) -> dict[str, object]:
    """Return everything that was measured."""
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
        "rows": {
            name: {
                "unit": result.unit,
                "figure": result.figure,
                "baseline": result.baseline,
                "ratio": result.ratio,
                "goal": result.goal_text,
                "met": result.is_met,
                "samples": list(result.samples),
                "baseline_samples": list(result.baseline_samples),
                **result.more,
            }
            for name, result in results.items()
        },
    }


if __name__ == "__main__":
    sys.exit(main())
