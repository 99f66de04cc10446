"""What a measurement comes to, and how it is told."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Statistic = Literal["median", "p95"]


def p95(samples: Sequence[float]) -> float:
    """Return the least sample that is not exceeded by 95 in a hundred of them."""
    return sorted(samples)[max(0, -(-95 * len(samples) // 100) - 1)]


_STATISTICS: Mapping[Statistic, Callable[[Sequence[float]], float]] = {
    "median": statistics.median,
    "p95": p95,
}


@dataclass(frozen=True)
class Goal:
    """An upper limit of a figure."""

    limit: float
    over: str = ""
    """Which of the figures beside it is divided by. Empty: the limit is one of the figure itself."""


@dataclass(frozen=True)
class Finding:
    """A figure of chatrepl, with others of the same run beside it. All are the same statistic of their samples."""

    what: str
    unit: str
    samples: Sequence[float]
    beside: Mapping[str, Sequence[float]] = field(default_factory=dict)
    goal: Goal | None = None
    statistic: Statistic = "median"
    tokens: int | None = None
    """The length of the reply, where the processor time for it was measured: a point of the plot."""

    @property
    def figure(self) -> float:
        """What chatrepl takes."""
        return _STATISTICS[self.statistic](self.samples)

    @property
    def figures_beside(self) -> dict[str, float]:
        """What the others take."""
        return {name: _STATISTICS[self.statistic](samples) for name, samples in self.beside.items()}

    @property
    def judged(self) -> float:
        """What is held against the goal: the figure, or its ratio to another."""
        if self.goal is None or not self.goal.over:
            return self.figure
        return self.figure / self.figures_beside[self.goal.over]

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is. None: there is none."""
        return None if self.goal is None else self.judged <= self.goal.limit

    @property
    def figure_text(self) -> str:
        """The figure in the table, with its ratio to what the goal compares it with."""
        ratio = f" ({self.judged:.2f} x)" if self.goal is not None and self.goal.over else ""
        return f"{number(self.figure)} {self.unit}".rstrip() + ratio

    @property
    def beside_text(self) -> str:
        """The other figures in the table."""
        told = (f"{name} {number(figure)} {self.unit}" for name, figure in self.figures_beside.items())
        return "; ".join(each.rstrip() for each in told)

    @property
    def goal_text(self) -> str:
        """The goal in the table. Empty: there is none."""
        if self.goal is None:
            return ""
        if self.goal.over:
            return f"<= {self.goal.limit:g} x {self.goal.over}"
        return f"<= {self.goal.limit:g} {self.unit}".rstrip()

    @property
    def met_text(self) -> str:
        """Whether the goal is met, in the table."""
        return "" if self.is_met is None else "yes" if self.is_met else "NO"

    @property
    def spread_text(self) -> str:
        """How many samples there are, with the least and the most of them."""
        least, most = number(min(self.samples)), number(max(self.samples))
        return str(len(self.samples)) if len(self.samples) == 1 else f"{len(self.samples)}: {least} to {most}"


def number(value: float) -> str:
    """Write a figure with three digits that count."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"


def tokens_in_words(tokens: int) -> str:
    """Write a length as everywhere: ``10 000 tokens``."""
    return f"{tokens:_} tokens".replace("_", " ")


def finding_from_json(data: Mapping[str, Any]) -> Finding:
    """Build what ``finding_to_json`` wrote."""
    goal = data["goal"]
    return Finding(
        data["what"],
        data["unit"],
        tuple(data["samples"]),
        {name: tuple(samples) for name, samples in data["beside"].items()},
        None if goal is None else Goal(goal["limit"], goal["over"]),
        data["statistic"],
        data["tokens"],
    )


def finding_to_json(finding: Finding) -> dict[str, Any]:
    """Return all samples, rounded to what a clock can tell, and what they come to."""
    data = asdict(finding)
    data["samples"] = [round(sample, 6) for sample in finding.samples]
    data["beside"] = {
        name: [round(sample, 6) for sample in samples] for name, samples in finding.beside.items()
    }
    return {**data, "figure": finding.figure, "is_met": finding.is_met}
