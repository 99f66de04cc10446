"""Learns how far our estimates are off for one model at one server. Pure values."""

from __future__ import annotations

from dataclasses import dataclass

_KEPT = 0.7
"""What a past observation still weighs after the next one. Source: API contract, section 8 (weight 0.3 for the new)."""

_LEAST, _MOST = 0.3, 3.0
_MOST_OVERHEAD_TOKENS = 256.0
_LEAST_SPREAD_TOKENS = 32.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """What reported prompts say about estimated ones: ``reported = ratio * estimated + overhead``.

    The overhead is what the server's chat template adds to any request. It can be told apart from the ratio only once
    requests of different sizes were seen; until then, and where the fit makes no sense, it is 0 and the ratio is all.
    """

    ratio: float = 1.0
    """What an estimate is multiplied by; from 0.3 to 3."""
    overhead_tokens: float = 0.0
    """What a request takes beside that; from 0 to 256."""
    weight: float = 0.0
    """Sum of the weights of what was observed. 0: nothing yet."""
    mean_estimated: float = 0.0
    mean_reported: float = 0.0
    mean_square: float = 0.0
    """Weighted mean of the squared estimates."""
    mean_product: float = 0.0
    """Weighted mean of estimate times report."""

    def observe(self, estimated_tokens: int, reported_tokens: int) -> Calibration:
        """Return what is known after one more request. Counts that are not positive teach nothing."""
        if estimated_tokens <= 0 or reported_tokens <= 0:
            return self
        weight = self.weight * _KEPT + 1.0
        share = 1.0 / weight
        estimated = self.mean_estimated + share * (estimated_tokens - self.mean_estimated)
        reported = self.mean_reported + share * (reported_tokens - self.mean_reported)
        square = self.mean_square + share * (estimated_tokens**2 - self.mean_square)
        product = self.mean_product + share * (estimated_tokens * reported_tokens - self.mean_product)
        ratio, overhead = _fit(estimated, reported, square, product)
        return Calibration(ratio, overhead, weight, estimated, reported, square, product)

    def apply(self, estimated_tokens: float) -> float:
        """Return an estimate of some text as this model counts, without what a request adds."""
        return estimated_tokens * self.ratio


def _fit(estimated: float, reported: float, square: float, product: float) -> tuple[float, float]:
    """Fit a line where the sizes seen differ enough, else a ratio."""
    variance = square - estimated**2
    if variance >= _LEAST_SPREAD_TOKENS**2:
        slope = (product - estimated * reported) / variance
        overhead = reported - slope * estimated
        if _LEAST <= slope <= _MOST and 0 <= overhead <= _MOST_OVERHEAD_TOKENS:
            return slope, overhead
    return min(max(reported / estimated, _LEAST), _MOST), 0.0
