"""The Responses dialect: a request to its body. Pure; its answers are read in ``responses_answer``.

The server is asked to keep nothing (``store: false``), so the whole chat and the instructions go out each time. What a
reasoning model thought goes back as it came, encrypted, to the server that wrote it and to no other.
Source: openai-python 3.54 ``types/responses``; openai-openapi ``openapi.yaml`` 2.3.0 (August 2026).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chatrepl.api.address import provider_name
from chatrepl.api.body import (
    CONTINUE_PROMPT,
    cache_key,
    data_url,
    is_reasoning_family,
    is_sent,
    plain,
    unknown_fields,
)
from chatrepl.api.failures import Asked
from chatrepl.api.responses_answer import ResponsesDecoder
from chatrepl.api.shapes import parse_json
from chatrepl.exchange import Json, Request
from chatrepl.messages import ItemPart, Message
from chatrepl.providers import Provider

PATH = "responses"
LEAST_OUTPUT_TOKENS = 16
"""Less is refused."""
_ENCRYPTED = "reasoning.encrypted_content"
_SAME = ("temperature", "top_p", "service_tier")
_WITHOUT_COUNTERPART = ("stop", "seed", "presence_penalty", "frequency_penalty", "logit_bias")


def request_body(request: Request, provider: Provider) -> dict[str, Json]:
    """Give a request the shape of the wire.

    Raises:
        BadRequestError: where a parameter holds what JSON cannot.
    """
    body: dict[str, Json] = {"model": request.model} if request.model else {}
    if request.system:
        body["instructions"] = request.system
    body["input"] = _input(request, provider)
    body["store"] = False
    if request.stream:
        body["stream"] = True
    if _replays(request, provider):
        body["include"] = [_ENCRYPTED]
    if request.chat_id and provider.takes_cache_key:
        body["prompt_cache_key"] = cache_key(request.chat_id)
    body |= _parameters(request, provider)
    extra = plain("extra_body", request.parameters.get("extra_body"))
    return _merged(body, extra) if isinstance(extra, dict) else body


def left_out(request: Request, provider: Provider) -> tuple[str, ...]:
    """Return the parameters that the user set and that are not sent."""
    return unknown_fields(request, (*_WITHOUT_COUNTERPART, *provider.rejects))


def prefilled_text(request: Request, provider: Provider) -> str:  # noqa: ARG001 - the dialect knows no such thing
    """Return nothing: an unfinished reply is gone on with in words."""
    return ""


def decoder(asked: Asked, request: Request, provider: Provider) -> ResponsesDecoder:
    """Return what reads the answer to a request."""
    limit = _parameters(request, provider).get("max_output_tokens")
    return ResponsesDecoder(
        asked,
        continues=request.continues,
        keeps_items=_replays(request, provider),
        limit_tokens=limit if isinstance(limit, int) else None,
    )


def _replays(request: Request, provider: Provider) -> bool:
    """Whether what the model thinks is to be sent back: only reasoning models can write it down encrypted."""
    return provider.replays_reasoning and is_reasoning_family(request.model)


def _parameters(request: Request, provider: Provider) -> dict[str, Json]:
    given = {
        name: plain(name, value)
        for name, value in request.parameters.items()
        if value is not None and name not in provider.rejects
    }
    found: dict[str, Json] = {name: given[name] for name in _SAME if name in given}
    if isinstance(limit := given.get("max_tokens"), int):
        found["max_output_tokens"] = max(limit, LEAST_OUTPUT_TOKENS)
    if "reasoning_effort" in given:
        found["reasoning"] = {"effort": given["reasoning_effort"]}
    text: dict[str, Json] = {}
    if isinstance(form := given.get("response_format"), dict):
        schema = form.get("json_schema")
        text["format"] = {"type": form.get("type"), **schema} if isinstance(schema, dict) else form
    if "verbosity" in given:
        text["verbosity"] = given["verbosity"]
    return {**found, **({"text": text} if text else {})}


def _input(request: Request, provider: Provider) -> list[Json]:
    here = provider_name(provider.base_url or "")
    items: list[Json] = []
    for message in request.messages:
        if not is_sent(message):
            continue
        if message.is_reply:
            is_ours = message.meta.provider == here and _replays(request, provider)
            items += _reply_items(message, replays=is_ours)
        else:
            items.append({"role": str(message.role), "content": _content(message)})
    last = request.messages[-1] if request.messages else None
    if request.continues and last is not None and last.is_reply and is_sent(last):
        items.append({"role": "user", "content": CONTINUE_PROMPT})
    return items


def _content(message: Message) -> Json:
    text, images = message.sent_text, message.images
    if not images:
        return text
    shown: list[Json] = [{"type": "input_image", "image_url": data_url(image)} for image in images]
    return [{"type": "input_text", "text": text}, *shown] if text else shown


def _reply_items(message: Message, *, replays: bool) -> Iterator[Json]:
    """Yield a reply as the items it came in: what was thought, and its text under its phases."""
    text = message.text
    for item in _kept_items(message) if replays else ():
        length = item.get("length")
        if item.get("type") == "reasoning":
            yield dict(item)
        elif isinstance(length, int) and text[:length]:
            yield {**_text_item(text[:length].strip("\n")), "phase": item.get("phase")}
            text = text[length:]
    if text.strip():
        yield _text_item(text)


def _text_item(text: str) -> dict[str, Json]:
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


def _kept_items(message: Message) -> Iterator[Mapping[str, Any]]:
    for part in message.parts:
        if isinstance(part, ItemPart):
            for line in part.text.splitlines():
                item = parse_json(line)
                if isinstance(item, Mapping):
                    yield item


def _merged(body: dict[str, Json], extra: Mapping[str, Json]) -> dict[str, Json]:
    """Put the user's own fields in; tables are put together, such as ``reasoning`` with effort and summary."""
    merged = dict(body)
    for name, value in extra.items():
        ours = merged.get(name)
        merged[name] = {**ours, **value} if isinstance(ours, dict) and isinstance(value, dict) else value
    return merged
