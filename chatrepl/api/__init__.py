"""Talks to OpenAI-compatible servers: pure dialects, one error normaliser, the one HTTP client, and that for scripts.

``from chatrepl.api import Client`` is documented in ``docs/library.md``. Nothing is loaded before it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chatrepl.api.library import Client, Completion, EventStream
    from chatrepl.errors import (
        ApiError,
        AuthError,
        BadRequestError,
        ContextTooLongError,
        ModelNotFoundError,
        ProtocolError,
        QuotaError,
        RateLimitedError,
        ServerError,
        TransportError,
    )
    from chatrepl.exchange import (
        Finished,
        ModelInfo,
        Notice,
        ReasoningDelta,
        RefusalDelta,
        Retrying,
        Started,
        StreamEvent,
        TextDelta,
        UsageReported,
        Waiting,
    )
    from chatrepl.messages import Usage
    from chatrepl.providers import Provider
    from chatrepl.settings import NetworkSettings

__all__ = [
    "ApiError",
    "AuthError",
    "BadRequestError",
    "Client",
    "Completion",
    "ContextTooLongError",
    "EventStream",
    "Finished",
    "ModelInfo",
    "ModelNotFoundError",
    "NetworkSettings",
    "Notice",
    "ProtocolError",
    "Provider",
    "QuotaError",
    "RateLimitedError",
    "ReasoningDelta",
    "RefusalDelta",
    "Retrying",
    "ServerError",
    "Started",
    "StreamEvent",
    "TextDelta",
    "TransportError",
    "Usage",
    "UsageReported",
    "Waiting",
]
_MODULES = ("api.library", "errors", "exchange", "messages", "providers", "settings")


def __getattr__(name: str) -> Any:
    """Load what a script asks for when it asks for it."""
    if name in __all__:
        modules = _MODULES[:1] if name in {"Client", "Completion", "EventStream"} else _MODULES[1:]
        for module in modules:
            found = getattr(import_module(f"chatrepl.{module}"), name, None)
            if found is not None:
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
