"""What a measurement comes to, and how it is told."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Goal:
    """An upper limit: of the figure itself, or of its ratio to the baseline."""

    of: Literal["figure", "ratio"]
    limit: float


@dataclass(frozen=True)
class Result:
    """A figure with the baseline of the same run. Both are medians of their samples."""

    unit: str
    samples: Sequence[float]
    baseline_samples: Sequence[float]
    goal: Goal
    notes: Sequence[str] = ()
    """What else was seen, a line each."""
    more: dict[str, object] = field(default_factory=dict)
    """The same as numbers, for the JSON file."""

    @property
    def figure(self) -> float:
        """What chatrepl takes."""
        return statistics.median(self.samples)

    @property
    def baseline(self) -> float:
        """What the least that does the same takes."""
        return statistics.median(self.baseline_samples)

    @property
    def ratio(self) -> float:
        """How many times the baseline it is."""
        return self.figure / self.baseline

    @property
    def is_met(self) -> bool:
        """Whether the goal is."""
        return (self.ratio if self.goal.of == "ratio" else self.figure) <= self.goal.limit

    @property
    def goal_text(self) -> str:
        """The goal in the table."""
        if self.goal.of == "ratio":
            return f"<= {self.goal.limit:g} x"
        return f"<= {self.goal.limit:g} {self.unit}"


def beside(what: str, samples: Mapping[str, Sequence[float]], unit: str) -> str:
    """Tell the least, the median and the most of each program's samples."""
    told = (
        f"{name} {min(values):.3g} / {statistics.median(values):.3g} / {max(values):.3g} {unit}".rstrip()
        for name, values in samples.items()
    )
    return f"{what}: {'; '.join(told)}"
