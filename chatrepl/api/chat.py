"""The Chat Completions dialect: a request to its body, a stream or a whole answer to events. Pure.

Reasoning is shown and kept but never sent back. Money and other Decimals never reach JSON.
Source: openai-python 3.54 ``types/chat``; llama.cpp, ollama, groq-python, mistralai, OpenRouter (August 2026).
"""

from __future__ import annotations

from chatrepl.api.body import (
    CONTINUE_PROMPT,
    cache_key,
    data_url,
    is_reasoning_family,
    is_sent,
    plain,
    unknown_fields,
)
from chatrepl.api.chat_answer import ChatDecoder
from chatrepl.api.failures import Asked
from chatrepl.exchange import Json, Request
from chatrepl.messages import Message
from chatrepl.providers import Provider

PATH = "chat/completions"


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
    if request.chat_id and provider.takes_cache_key:
        body["prompt_cache_key"] = cache_key(request.chat_id)
    names = {"max_tokens": provider.token_limit_field, "seed": provider.seed_field}
    for name, value in request.parameters.items():
        if name != "extra_body" and value is not None and name not in provider.rejects:
            body[names.get(name, name)] = plain(name, value)
    extra = plain("extra_body", request.parameters.get("extra_body"))
    return body | extra if isinstance(extra, dict) else body


def left_out(request: Request, provider: Provider) -> tuple[str, ...]:
    """Return the parameters that the user set and that the provider does not take."""
    return unknown_fields(request, provider.rejects)


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
    return last.text if last.is_reply and is_sent(last) else ""


def _content(message: Message) -> Json:
    """Return text, where there is nothing else: some servers take no list of parts."""
    text, images = message.sent_text, message.images
    if not images:
        return text
    shown: list[Json] = [{"type": "image_url", "image_url": {"url": data_url(image)}} for image in images]
    return [{"type": "text", "text": text}, *shown] if text else shown


def _messages(request: Request, provider: Provider) -> list[Json]:
    is_developer = provider.takes_developer_role and is_reasoning_family(request.model)
    role = "developer" if is_developer else "system"
    sent: list[Json] = [{"role": role, "content": request.system}] if request.system else []
    sent += [
        {"role": str(message.role), "content": _content(message)}
        for message in request.messages
        if is_sent(message)
    ]
    last = request.messages[-1] if request.messages else None
    if request.continues and last and last.is_reply and is_sent(last) and not provider.supports_prefill:
        sent.append({"role": "user", "content": CONTINUE_PROMPT})
    return sent
