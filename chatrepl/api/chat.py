"""The Chat Completions dialect: a request to its body, a stream or a whole answer to events. Pure.

Reasoning is shown and kept but never sent back. Money and other Decimals never reach JSON.
Source: openai-python 3.54 ``types/chat``; llama.cpp, ollama, groq-python, mistralai, OpenRouter (August 2026).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from chatrepl.api.chat_answer import ChatDecoder
from chatrepl.api.failures import Asked
from chatrepl.errors import BadRequestError
from chatrepl.exchange import Json, Request
from chatrepl.messages import Message, Role
from chatrepl.providers import Provider

PATH = "chat/completions"

CONTINUE_PROMPT = "Continue exactly where you stopped, without repeating anything."
"""What servers that cannot go on with an unfinished reply are asked."""


def request_body(request: Request, provider: Provider) -> dict[str, Json]:
    """Give a request the shape of the wire.

    Raises:
        BadRequestError: where a parameter holds what JSON cannot.
    """
    body: dict[str, Json] = {"model": request.model} if request.model else {}
    body["messages"] = _messages(request, provider)
    if request.stream:
        body["stream"] = True
        if provider.asks_for_usage:
            body["stream_options"] = {"include_usage": True}
        if provider.reports_progress:
            body["return_progress"] = True
    names = {"max_tokens": provider.token_limit_field, "seed": provider.seed_field}
    for name, value in request.parameters.items():
        if name != "extra_body" and value is not None and name not in provider.rejects:
            body[names.get(name, name)] = _plain(name, value)
    extra = _plain("extra_body", request.parameters.get("extra_body"))
    return body | extra if isinstance(extra, dict) else body


def left_out(request: Request, provider: Provider) -> tuple[str, ...]:
    """Return the parameters that the user set and that the provider does not take."""
    return tuple(
        name for name, value in request.parameters.items() if value is not None and name in provider.rejects
    )


def decoder(asked: Asked, request: Request, provider: Provider) -> ChatDecoder:
    """Return what reads the answer to a request."""
    prefilled = prefilled_text(request, provider)
    return ChatDecoder(
        asked, continues=request.continues, prefilled=prefilled, reasoning_fields=provider.reasoning_fields
    )


def prefilled_text(request: Request, provider: Provider) -> str:
    """Return the unfinished reply that the server goes on with; empty where it is asked in words, or not at all."""
    if not (request.continues and provider.supports_prefill and request.messages):
        return ""
    last = request.messages[-1]
    return last.text if last.is_reply and _is_sent(last) else ""


def _messages(request: Request, provider: Provider) -> list[Json]:
    sent: list[Json] = [{"role": "system", "content": request.system}] if request.system else []
    sent += [
        {"role": str(message.role), "content": message.text}
        for message in request.messages
        if _is_sent(message)
    ]
    last = request.messages[-1] if request.messages else None
    if request.continues and last and last.is_reply and _is_sent(last) and not provider.supports_prefill:
        sent.append({"role": "user", "content": CONTINUE_PROMPT})
    return sent


def _is_sent(message: Message) -> bool:
    """Whether a message has something to say to the model. Servers refuse replies without text.

    Results of tools, found in imported chats only, are left out with the calls they belong to.
    """
    if message.role is Role.TOOL:
        return False
    return not message.is_reply or bool(message.text.strip())


def _plain(name: str, value: Any) -> Json:
    """Turn what a configuration file can hold into what JSON can hold."""
    if isinstance(value, Mapping):
        return {str(key): _plain(f"{name}.{key}", item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(name, item) for item in value]
    if isinstance(value, Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    if (
        value is None
        or isinstance(value, (str, bool, int))
        or (isinstance(value, float) and math.isfinite(value))
    ):
        return value
    error = BadRequestError(
        f"the parameter {name} is {value}, which JSON cannot hold",
        hint=f"set {name} to a number, text or a list",
    )
    error.param = name
    raise error
