"""The one place where what a server says went wrong becomes an error in the user's words. Pure.

``api_error`` and ``stream_error`` choose the class, the sentence and the hint for what ``error_body`` has read. No web
page and no key ever gets into a message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chatrepl import errors
from chatrepl.api import retry
from chatrepl.api.address import likely_base_url, provider_name, shown_url
from chatrepl.api.error_body import ParsedError, parse_error, parse_payload
from chatrepl.api.limits import request_id


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of whom, as far as an error names it."""

    base_url: str
    model: str = ""
    key_hint: str | None = None
    """The key's end and where it came from, as ``…abcd from OPENAI_API_KEY``. None where no key was sent."""
    keys: tuple[str, ...] = field(default=(), repr=False)
    """What must not show up in a message."""

    @property
    def provider(self) -> str:
        """The server's host, and its port where it is not the usual one."""
        return provider_name(self.base_url)


_QUOTA_CODES = frozenset(
    {
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "enforced_spend_limit_reached",
        "billing_error",
        "billing_hard_limit_reached",
    }
)
_OVERFLOW_WORDS = re.compile(
    r"(?i)context[ _](length|size|window)|too many tokens|n_ctx|prompt is too long|maximum model length"
    r"|input token count|too large for model"
)
_OVERFLOW_CODES = frozenset({"context_length_exceeded", "exceed_context_size_error"})
_LIMIT_TOKENS = (
    re.compile(
        r"(?i)(?:context (?:length|size|window)|model length)(?: is| of)?(?: only)?[\s:(=]*(\d[\d,]*)"
    ),
    re.compile(r"(?i)tokens > (\d[\d,]*) maximum"),
    re.compile(r"(?i)(\d[\d,]*) maximum context length"),
    re.compile(r"(?i)(?:allowed|context size|limit)\D{0,3}(\d[\d,]*)"),
)
_SENT_TOKENS = (
    re.compile(r"(?i)(?:resulted in|you requested(?: about)?|requested:?|contains)\s+(\d[\d,]*)"),
    re.compile(
        r"(?i)(?:request|prompt|input length|token count)[^().\d]{0,20}\((?:total length |length )?(\d[\d,]*)"
    ),
    re.compile(r"(?i)too long: (\d[\d,]*) tokens"),
    re.compile(r"(?i)request has (\d[\d,]*) input tokens"),
)
_UNKNOWN_MODEL = re.compile(
    r"(?i)(model|deployment)\b.{0,120}?(not found|does not exist|doesn't exist|not exist|not available|is not a valid"
    r"|isn't available|unknown)|(unknown|invalid|no such) model|not a valid model|no model named"
)
_BAD_KEY = re.compile(
    r"(?i)(incorrect|invalid|missing|no|wrong) (api[ _-]?key|authentication|credentials)|unauthorized"
)
_FILTER_CODES = frozenset(
    {
        "content_filter",
        "content_policy_violation",
        "responsibleaipolicyviolation",
        "moderation_blocked",
        "content_policy",
        "data_inspection_failed",
        "cyber_policy_violation",
        "bio_policy_violation",
        "prohibited_content",
        "safety_violation",
    }
)
_FILTER_WORDS = re.compile(
    r"(?i)content (?:management |safety )?polic|usage polic|safety (?:system|polic|filter)|(?:was|were|been|is) flagged"
    r"|content exists risk|violat\w+ (?:\w+ ){0,4}polic"
)
"""How providers say that they do not answer for what is asked. Source: OpenAI and Azure OpenAI, error codes; OpenRouter,
"Moderation"; DeepSeek and Alibaba, error codes (2026)."""
_BAD_CONTENT = re.compile(r"invalid_|image_|empty_image|unsupported_image|failed_to_download_image")
"""Codes of the Responses dialect that say that the request itself is at fault.
Source: openai-python 3.54 ``types/responses/response_error.py``."""
_LOADING = re.compile(r"(?i)loading model|model is (still )?loading")


def api_error(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    asked: Asked,
    *,
    url: str | None = None,
    now: datetime | None = None,
) -> errors.ApiError:
    """Turn an answer that is not the one asked for into the error to raise.

    The case of the headers' names does not matter. ``url`` is the address that answered, None for the base URL;
    ``now`` serves a ``Retry-After`` that is a date.
    """
    headers = {name.lower(): value for name, value in headers.items()}
    parsed = parse_error(headers, body, asked.keys)
    if parsed.is_page and not 500 <= status < 600 and status not in {401, 407}:
        error = _not_an_api(
            f"{provider_name(url or asked.base_url)} answered with a web page", parsed, asked, url
        )
    elif "ndjson" in headers.get("content-type", ""):
        error = _not_an_api(
            f"{asked.provider} answered in the format of Ollama's own API", parsed, asked, url
        )
    elif status < 200:
        error = _not_an_api(f"{asked.provider} answered with status {status}", parsed, asked, url)
    elif 300 <= status < 400:
        error = _redirect(headers.get("location", ""), asked)
    else:
        error = _classify(status, parsed, asked)
    error.status, error.code = status, error.code or parsed.label
    error.request_id = request_id(headers)
    error.should_retry = retry.should_retry(headers)
    if isinstance(error, (errors.RateLimitedError, errors.ServerError)):
        error.retry_after_s = retry.retry_after_s(headers, parsed.message, now)
    return error


def stream_error(payload: Any, asked: Asked) -> errors.ApiError:
    """Turn an error that came inside an answer with status 200 into the one to raise."""
    parsed = parse_payload(payload, asked.keys)
    number = int(parsed.code) if parsed.code and re.fullmatch(r"[45]\d\d", parsed.code) else None
    error = _classify(number, parsed, asked)
    error.status, error.code = number, error.code or parsed.label
    if isinstance(error, (errors.RateLimitedError, errors.ServerError)):
        error.retry_after_s = retry.retry_after_s({}, parsed.message)
    return error


def is_loading(error: errors.ApiError) -> bool:
    """Whether the server will answer once it has loaded the model."""
    return (
        isinstance(error, errors.ServerError) and error.status == 503 and bool(_LOADING.search(error.message))
    )


def add_nearest(error: errors.ModelNotFoundError, model: str, ids: Sequence[str]) -> None:
    """Say which of the server's models the wanted one may have been meant to be."""
    import difflib

    by_small = {name.lower(): name for name in ids}
    # a name that only lacks the vendor or the tag is nearer than its letters tell
    parts = [small for small in by_small if model and model.lower() in small]
    close = difflib.get_close_matches(model.lower(), by_small, n=3, cutoff=0.4)
    error.nearest = tuple(by_small[small] for small in dict.fromkeys([*parts, *close]))[:3]
    if error.nearest:
        error.hint = f"the nearest it has: {', '.join(error.nearest)}"
    elif ids:
        error.hint = f"it has: {', '.join(ids[:3])}{' …' if len(ids) > 3 else ''}"


def _classify(status: int | None, parsed: ParsedError, asked: Asked) -> errors.ApiError:
    labels = {parsed.code, parsed.type}
    text = parsed.message
    refused = status in {None, 400, 403, 404, 422}
    if status == 407:
        return errors.AuthError(
            _sentence(
                f"the proxy on the way to {asked.provider} wants a user and a password", parsed.message
            ),
            hint="write them into its address: http://USER:PASSWORD@HOST:PORT",
            code="proxy",
        )
    if status == 402 or labels & _QUOTA_CODES:
        return _quota(parsed, asked)
    if labels & _OVERFLOW_CODES or (status in {None, 400, 413, 422, 500} and _OVERFLOW_WORDS.search(text)):
        return _too_long(parsed, asked)
    is_filtered = {label.lower() for label in labels if label} & _FILTER_CODES or _FILTER_WORDS.search(text)
    if refused and is_filtered:
        return _filtered(parsed, asked)
    if status == 401 or "authentication_error" in labels or (refused and _BAD_KEY.search(text)):
        return _auth(parsed, asked)
    if "model_not_found" in labels or (refused and parsed.is_json and _UNKNOWN_MODEL.search(text)):
        return errors.ModelNotFoundError(_sentence(f"{asked.provider} has no model {asked.model!r}", text))
    if status == 413:
        return _too_large(parsed, asked)
    if status == 429 or labels & {"rate_limit_exceeded", "rate_limit_error", "slow_down"}:
        return errors.RateLimitedError(
            _sentence(f"{asked.provider} limits how much it is asked", text),
            hint="wait a moment, then /retry",
        )
    if status is None and any(label and _BAD_CONTENT.match(label) for label in labels):
        return _bad_request(None, parsed, asked)
    if status == 403:
        return _forbidden(parsed, asked)
    if status in {404, 405}:
        return _not_found(status, parsed, asked)
    if status in {408, 409, 498} or ((status or 500) >= 500 and status != 501):
        return _server(status, parsed, asked)
    return _bad_request(status, parsed, asked)


def _sentence(lead: str, said: str) -> str:
    return f"{lead}: {said}" if said else lead


def _quota(parsed: ParsedError, asked: Asked) -> errors.ApiError:
    return errors.QuotaError(
        _sentence(f"no credit left, or a spend limit is reached, at {asked.provider}", parsed.message),
        hint="waiting does not help: look at the provider's billing page, or use another key or model",
    )


def _too_long(parsed: ParsedError, asked: Asked) -> errors.ApiError:
    limit = parsed.limit_tokens or _first_count(_LIMIT_TOKENS, parsed.message)
    sent = parsed.sent_tokens or _first_count(_SENT_TOKENS, parsed.message)
    model = asked.model or "the model"
    if limit and sent:
        message = f"the conversation is longer than {model} accepts ({sent} of {limit} tokens)"
    else:
        message = _sentence(f"the conversation is longer than {model} accepts", parsed.message)
    error = errors.ContextTooLongError(message, hint="start a new chat with /new, or send less")
    error.limit_tokens, error.sent_tokens = limit, sent
    return error


def _first_count(patterns: Sequence[re.Pattern[str]], text: str) -> int | None:
    found = next((match for pattern in patterns if (match := pattern.search(text))), None)
    return int(found[1].replace(",", "")) if found and len(found[1]) < 16 else None


def _auth(parsed: ParsedError, asked: Asked) -> errors.ApiError:
    if asked.key_hint is None:
        return errors.AuthError(
            _sentence(f"{asked.provider} wants a key, and none was sent", parsed.message),
            hint="set OPENAI_API_KEY, or name another source with api_key_env, api_key_file or api_key_command",
        )
    return errors.AuthError(
        _sentence(f"{asked.provider} does not accept the key {asked.key_hint}", parsed.message),
        hint="check that the key is whole, still valid, and meant for this server",
    )


def _forbidden(parsed: ParsedError, asked: Asked) -> errors.ApiError:
    return errors.AuthError(
        _sentence(
            f"{asked.provider} does not allow this", parsed.message or "it gave no reason (status 403)"
        ),
        hint=f"the key sent was {asked.key_hint}"
        if asked.key_hint
        else "no key was sent; the server may want one",
    )


def _too_large(parsed: ParsedError, asked: Asked) -> errors.ApiError:
    if "token" in parsed.message.lower():  # Groq's limit of tokens per minute
        return _too_long(parsed, asked)
    return errors.BadRequestError(
        _sentence(f"the request is larger than {asked.provider} takes", parsed.message),
        hint="send less text at once",
    )


def _server(status: int | None, parsed: ParsedError, asked: Asked) -> errors.ApiError:
    said = "" if parsed.is_page else parsed.message
    what = {
        408: "took too long to answer",
        409: "is busy with a conflicting request",
        498: "has no capacity left at the moment",
        502: "could not be reached through its gateway (status 502)",
        503: "is overloaded or not ready",
        504: "did not answer its gateway in time (status 504)",
        529: "is overloaded",
        None: "reported an error in the middle of the answer",
    }.get(status, f"had an error (status {status})")
    return errors.ServerError(_sentence(f"{asked.provider} {what}", said), hint="/retry asks again")


def _bad_request(status: int | None, parsed: ParsedError, asked: Asked) -> errors.ApiError:
    shown = f" (status {status})" if status else ""
    what = f"refused {parsed.param!r}" if parsed.param else f"refused the request{shown}"
    hint = "/request shows what was sent"
    if parsed.param:
        hint = f"change or unset the parameter {parsed.param.rpartition('.')[2]}"
    elif not asked.model and "model" in parsed.message.lower():
        hint = "choose a model with /model or -m"
    error = errors.BadRequestError(_sentence(f"{asked.provider} {what}", parsed.message), hint=hint)
    error.param = parsed.param
    return error


def _filtered(parsed: ParsedError, asked: Asked) -> errors.ApiError:
    return errors.BadRequestError(
        _sentence(f"{asked.provider} refused the request by its content filter", parsed.message),
        hint="the same request is refused again: say it differently (/edit), leave out what it may object to (/omit), or ask"
        " another model (/model)",
    )


def _not_found(status: int | None, parsed: ParsedError, asked: Asked) -> errors.ApiError:
    said = f": {parsed.message}" if parsed.message else ""
    return errors.ProtocolError(
        f"there is no chat API at {shown_url(asked.base_url)} (status {status}{said})",
        hint=_base_url_hint(asked),
    )


def _not_an_api(lead: str, parsed: ParsedError, asked: Asked, url: str | None) -> errors.ApiError:
    title = f" ({parsed.message!r})" if parsed.is_page and parsed.message else ""
    return errors.ProtocolError(
        f"{lead}{title} at {shown_url(url or asked.base_url)}", hint=_base_url_hint(asked)
    )


def _redirect(target: str, asked: Asked) -> errors.ApiError:
    if not target:
        return errors.ProtocolError(
            f"{asked.provider} redirects without saying where to", hint=_base_url_hint(asked)
        )
    base = re.sub(r"/(chat/completions|models)$", "", shown_url(target).partition("?")[0])
    return errors.ProtocolError(
        f"{asked.provider} redirects to {shown_url(target)}; the key and the chat were not sent there",
        hint=f"if you trust that server, set the base URL to {base}",
    )


def _base_url_hint(asked: Asked) -> str:
    guess = likely_base_url(asked.base_url)
    if guess is None:
        return "is the base URL right? A proxy or a login page may also stand in between"
    if guess == f"{shown_url(asked.base_url).rstrip('/')}/v1":
        return f"is the base URL right? Add /v1: {guess}"
    return f"is the base URL right? Try {guess}"
