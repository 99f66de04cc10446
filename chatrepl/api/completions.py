"""The dialect of legacy Completions: a chat as one prompt, for base models and old servers. Pure.

No chat template is applied by the server, so ``templates`` writes the turns down. ``max_tokens`` is always sent: the
server's own default is 16.
Source: openai-python 3.54 ``types/completion_create_params.py``; llama.cpp, vLLM, ollama (August 2026).
"""

from __future__ import annotations

from chatrepl.api.body import is_sent, plain, unknown_fields
from chatrepl.api.completions_answer import CompletionsDecoder
from chatrepl.api.failures import Asked
from chatrepl.api.templates import MAX_STOPS, Template, prompt, template_named
from chatrepl.errors import BadRequestError
from chatrepl.exchange import Json, Request
from chatrepl.providers import Provider

PATH = "completions"
DEFAULT_MAX_TOKENS = 1024
"""Where neither the user nor the plan says how long a reply may be."""
_WITHOUT_COUNTERPART = ("reasoning_effort", "verbosity", "service_tier", "response_format")


def request_body(request: Request, provider: Provider) -> dict[str, Json]:
    """Give a request the shape of the wire.

    Raises:
        BadRequestError: where a parameter holds what JSON cannot, the template is none, or an image is to be sent.
    """
    template = template_named(provider.prompt_template)
    body: dict[str, Json] = {"model": request.model} if request.model else {}
    sent = [message for message in request.messages if is_sent(message)]
    if any(message.images for message in sent):
        raise BadRequestError(
            "the Completions API takes no images", hint="/omit leaves the message with the image out"
        )
    body["prompt"] = prompt(template, request.system, sent, continues=request.continues)
    body["max_tokens"] = request.reserve_tokens or DEFAULT_MAX_TOKENS
    body["stop"] = [*_stops(request, template)]
    if request.stream:
        body["stream"] = True
        if provider.asks_for_usage:
            body["stream_options"] = {"include_usage": True}
        if provider.reports_progress:
            body["return_progress"] = True
    unsent = {*_WITHOUT_COUNTERPART, *provider.rejects, "extra_body", "stop"}
    for name, value in request.parameters.items():
        if name not in unsent and value is not None:
            body[provider.seed_field if name == "seed" else name] = plain(name, value)
    extra = plain("extra_body", request.parameters.get("extra_body"))
    return body | extra if isinstance(extra, dict) else body


def left_out(request: Request, provider: Provider) -> tuple[str, ...]:
    """Return the parameters that the user set and that are not sent."""
    names = unknown_fields(request, (*_WITHOUT_COUNTERPART, *provider.rejects))
    template = template_named(provider.prompt_template)
    is_cut = len(_own_stops(request)) + len(template.stops) > MAX_STOPS
    return (*names, "all of stop") if is_cut else names


def prefilled_text(request: Request, provider: Provider) -> str:  # noqa: ARG001 - every server goes on with a text
    """Return the unfinished reply that the server goes on with: it stands at the end of the prompt."""
    last = request.messages[-1] if request.continues and request.messages else None
    return last.text if last is not None and last.is_reply and is_sent(last) else ""


def decoder(asked: Asked, request: Request, provider: Provider) -> CompletionsDecoder:
    """Return what reads the answer to a request."""
    template = template_named(provider.prompt_template)
    return CompletionsDecoder(asked, stops=_stops(request, template), continues=request.continues)


def _own_stops(request: Request) -> list[str]:
    stop = request.parameters.get("stop")
    return [item for item in stop if isinstance(item, str)] if isinstance(stop, (list, tuple)) else []


def _stops(request: Request, template: Template) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*template.stops, *_own_stops(request))))[:MAX_STOPS]
