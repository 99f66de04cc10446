"""Writes ``docs/performance.md`` and its picture from what a run has measured. Nothing stands there that was not."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bench.base import LIVE, PLAIN
from bench.plot import Points, plot
from bench.programs import ROOT
from bench.result import Finding, finding_from_json, tokens_in_words
from bench.rows import ROWS

PAGE = "docs/performance.md"
PICTURE = "docs/pictures/performance.svg"
RECORDED = "bench/recorded.json"
"""What the page was written from, with all samples; a test compares."""

INTRODUCTION = """\
# Performance

Written by `python -m bench --report` from what was measured on {date}; do not edit it here. {samples} has every sample.

{verdict}

chatrepl was measured as people install it, from outside, at a pty of 120 by 40, against a server on the same machine
that sends one token at a time. Beside it, in the same run and the same environment:

- **{plain}**: a client that prints what comes and renders nothing ([source]({baselines}plain_client.py)).
- **{live}**: a client that renders the whole reply again for each token, as several known ones do, with rich's
  `Live(Markdown(...))` ([source]({baselines}rich_live_client.py)). It gets short replies only, since its cost grows with
  the square of the length.
- **bare prompt**: a prompt_toolkit prompt that does nothing else ([source]({baselines}bare_prompt.py)).

The machine: {machine}; {python}; {packages}. A figure is the median of its samples unless it says something else; behind
their number stand the least and the most. Other machines give other seconds: the ratios are what carries over.
[The directory `bench`](../bench/README.md) has what is needed to measure it again.
"""
QUICK = "**This was a quick run with few repetitions, made to see that everything works: its figures mean little.**\n"


def write_report(run: Mapping[str, Any], root: Path = ROOT) -> list[Path]:
    """Write the page, its picture, and what they were written from. Returns the files."""
    texts = {PAGE: page(run), RECORDED: json.dumps(run, indent=1) + "\n"}
    if series := curves(run):
        texts[PICTURE] = plot(series)
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [root / name for name in texts]


def page(run: Mapping[str, Any]) -> str:
    """Return the page."""
    rows = _rows(run)
    introduction = INTRODUCTION.format(
        date=run["date"],
        samples=f"[`{RECORDED}`](../{RECORDED})",
        verdict=verdict([finding for found in rows.values() for finding in found]),
        machine=run["machine"],
        python=run["python"],
        packages=", ".join(f"{name} {version}" for name, version in run["packages"].items()),
        plain=PLAIN,
        live=LIVE,
        baselines="../bench/baselines/",
    )
    parts = [_filled(introduction), ""]
    if run["is_quick"]:
        parts.append(QUICK)
    if curves(run):
        parts.append(f"![{_spoken(curves(run))}]({PICTURE.removeprefix('docs/')})\n")
    for row in (row for row in ROWS if row.name in rows):
        parts += [f"## {row.title}\n", f"{_filled(row.about)}\n", table(rows[row.name])]
    return "\n".join(parts)


def _filled(text: str) -> str:
    """Break the lines of paragraphs and items anew; figures have made them longer or shorter."""
    return "\n\n".join(_filled_block(block) for block in text.strip().split("\n\n"))


def _filled_block(block: str) -> str:
    wrap = partial(textwrap.fill, width=118, break_long_words=False, break_on_hyphens=False)
    if block.startswith("#"):
        return block
    if not block.startswith("- "):
        return wrap(block)
    items = (" ".join(item.split()) for item in block.removeprefix("- ").split("\n- "))
    return "\n".join(wrap(f"- {item}", subsequent_indent="  ") for item in items)


def verdict(findings: Sequence[Finding]) -> str:
    """Say how many goals are met, and name those that are not."""
    judged = [finding for finding in findings if finding.goal is not None]
    missed = [finding for finding in judged if not finding.is_met]
    if not missed:
        return f"All {len(judged)} goals were met."
    named = [
        f"- {finding.what}: {finding.figure_text}, and the goal is {_goal(finding)}" for finding in missed
    ]
    return "\n".join([f"{len(judged) - len(missed)} of {len(judged)} goals were met. Missed:\n", *named])


def table(findings: Sequence[Finding]) -> str:
    """Return the findings of a row as a table."""
    lines = ["| | chatrepl | goal | met | samples | beside it |", "|---|---|---|---|---|---|"]
    for finding in findings:
        met = {None: "", True: "yes", False: "**no**"}[finding.is_met]
        cells = (
            finding.what,
            finding.figure_text,
            _goal(finding),
            met,
            finding.spread_text,
            finding.beside_text,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def curves(run: Mapping[str, Any]) -> dict[str, Points]:
    """Return processor time by the length of a reply for each program; empty where that was not measured."""
    points: dict[str, list[tuple[float, float]]] = {"chatrepl": [], PLAIN: [], LIVE: []}
    for finding in _rows(run).get("length", []):
        if finding.tokens is not None:
            figures = {"chatrepl": finding.figure, **finding.figures_beside}
            for name, reached in points.items():
                if name in figures:
                    reached.append((finding.tokens, figures[name]))
    return {name: reached for name, reached in points.items() if reached}


def _rows(run: Mapping[str, Any]) -> dict[str, list[Finding]]:
    return {name: [finding_from_json(each) for each in found] for name, found in run["rows"].items()}


def _goal(finding: Finding) -> str:
    return finding.goal_text.replace("<=", "≤")


def _spoken(series: Mapping[str, Points]) -> str:
    """Say what the picture shows."""
    ends = (
        f"{name} from {first_s:.2g} s for {tokens_in_words(int(first))} to {last_s:.2g} s for {tokens_in_words(int(last))}"
        for name, points in series.items()
        for (first, first_s), (last, last_s) in [(points[0], points[-1])]
    )
    return f"Processor time against the length of a reply: {'; '.join(ends)}"
