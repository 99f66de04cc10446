"""What ``/status`` says of limits: those that the server told of, and those that the configuration sets."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from chatrepl.pacing import grouped

if TYPE_CHECKING:
    from chatrepl.exchange import Allowance
    from chatrepl.pacer import Pacer
    from chatrepl.session import Session


def limit_rows(session: Session) -> Iterator[tuple[str, str]]:
    """Yield the rows; none where neither the server nor the configuration says anything."""
    said = session.client.rate_limits(session.model)
    if said is not None:
        age_s = max(0.0, session.clock.monotonic() - said.seen_s)
        for name, allowance in (("requests", said.requests), ("tokens", said.tokens)):
            if allowance is not None:
                yield f"{name} left", _left(allowance, age_s)
        if said.request_id is not None:
            yield "request id", f"{said.request_id} (of the last answer)"
    pacer = session.pacer()
    if pacer is not None:
        yield "own limits", _own(pacer)


def _left(allowance: Allowance, age_s: float) -> str:
    per = f" a {allowance.per}" if allowance.per else ""
    if allowance.remaining is None:
        text = f"not said, of {grouped(allowance.limit or 0)}{per}"
    elif allowance.limit is None:
        text = grouped(allowance.remaining)
    else:
        text = f"{grouped(allowance.remaining)} of {grouped(allowance.limit)}{per}"
    if allowance.full_in_s is not None:
        left_s = allowance.full_in_s - age_s
        text += f", full again in {shown_time(left_s)}" if left_s > 0 else ", full again by now"
    return f"{text} (as the server said {f'{shown_time(age_s)} ago' if age_s >= 1 else 'just now'})"


def _own(pacer: Pacer) -> str:
    used = ", ".join(f"{grouped(count)} of {limit}" for limit, count in pacer.used())
    tier = f" (tier {pacer.pace.tier})" if pacer.pace.tier else ""
    who = (
        "all running chatrepl processes" if pacer.is_shared else "this process alone, since nothing is saved"
    )
    return f"{pacer.pace.name}{tier}: used {used}, by {who}"


def shown_time(seconds: float) -> str:
    """Return a time as a person would say it: ``0.8 s``, ``12 s``, ``6 min``, ``2.5 h``."""
    if seconds < 1:
        return f"{math.ceil(seconds * 10) / 10:.1f} s"
    if seconds < 100:
        return f"{math.ceil(seconds)} s"
    if seconds < 5400:
        return f"{math.ceil(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
