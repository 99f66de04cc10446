"""Measures chatrepl beside others that do the same: ``uv run python -m bench``."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.base import Bench
from bench.programs import ROOT, Server, install
from bench.report import write_report
from bench.result import Finding, finding_to_json
from bench.rows import ROWS

PACKAGES = ("prompt_toolkit", "rich", "requests")


def build_parser() -> argparse.ArgumentParser:
    names = [row.name for row in ROWS]
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--rows", nargs="+", choices=names, default=names, metavar="ROW", help=", ".join(names)
    )
    parser.add_argument("--repeat", type=int, metavar="N", help="measure each program N times")
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help="write all samples to this file; with --rows, its other rows stay",
    )
    parser.add_argument("--quick", action="store_true", help="few repetitions: to see that all works")
    parser.add_argument(
        "--report",
        type=Path,
        metavar="FILE",
        help="measure nothing: write docs/performance.md from what --json wrote",
    )
    return parser


def main() -> int:
    options = build_parser().parse_args()
    if options.report:
        for path in write_report(json.loads(options.report.read_text(encoding="utf-8"))):
            print(f"{path.relative_to(ROOT)} written")
        return 0
    if not sys.platform.startswith("linux"):
        raise SystemExit("bench reads the processor time of other processes as Linux tells it")
    if options.repeat is not None and options.repeat < 1:
        raise SystemExit("--repeat takes a number from 1")
    results: dict[str, list[Finding]] = {}
    programs = install()
    with Server() as server:
        bench = Bench(programs, server, options.repeat, options.quick)
        for row in (row for row in ROWS if row.name in options.rows):
            print(f"measuring {row.name} ...", file=sys.stderr, end=" ", flush=True)
            began = time.monotonic()
            results[row.name] = row.measure(bench)
            print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    print(table(results))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        run = as_json(results, is_quick=options.quick)
        if options.json.exists() and set(options.rows) < {row.name for row in ROWS}:
            before = json.loads(options.json.read_text(encoding="utf-8"))
            run["rows"] = {**before["rows"], **run["rows"]}  # each row holds what it is measured beside
        options.json.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
    return 0 if all(finding.is_met is not False for found in results.values() for finding in found) else 1


def table(results: Mapping[str, Sequence[Finding]]) -> str:
    """Lay the findings out, a line each."""
    head = ("what", "chatrepl", "goal", "met", "samples", "beside")
    lines = []
    for row in (row for row in ROWS if row.name in results):
        cells = [
            head,
            *(
                (
                    finding.what,
                    finding.figure_text,
                    finding.goal_text,
                    finding.met_text,
                    finding.spread_text,
                    finding.beside_text,
                )
                for finding in results[row.name]
            ),
        ]
        widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
        laid = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in cells
        ]
        lines += [
            "",
            f"{row.name}: {row.title}",
            laid[0],
            "  ".join("-" * width for width in widths),
            *laid[1:],
        ]
    return "\n".join(lines[1:])


def as_json(results: Mapping[str, Sequence[Finding]], *, is_quick: bool) -> dict[str, Any]:
    """Return everything that was measured, and on what; no name of a machine."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "is_quick": is_quick,
        "machine": f"{platform.system()} on {platform.machine()}, {os.cpu_count()} processors",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "rows": {name: [finding_to_json(finding) for finding in found] for name, found in results.items()},
    }


if __name__ == "__main__":
    sys.exit(main())
