"""Every way in which a server or the way to it can fail, against a server that does just that.

One line for each: the rows of sections 5, 6 and 7 of what is known of the API. Each says what was received before, and
so is kept; the class of the error; words of its message and of its hint; and how often the request was sent.
"""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, pairwise, repeat
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatrepl.api.client import HttpClient
from chatrepl.cancellation import Cancellation
from chatrepl.environment import SystemClock
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
    Notice,
    ReasoningDelta,
    RefusalDelta,
    Request,
    Retrying,
    StreamEvent,
    TextDelta,
    UsageReported,
    Waiting,
)
from chatrepl.messages import Message, MessageId, Role, text_parts
from chatrepl.settings import NetworkSettings
from tests.support.raw_server import (
    END_OF_CHUNKS,
    Answer,
    Close,
    Handler,
    Pause,
    RawServer,
    Reset,
    Stall,
    Step,
    chat_chunks,
    chunk,
    error_response,
    head,
    json_response,
    sse,
    stream_answer,
)

KEY = "sk-test-0123456789abcdef"
USER = Message(MessageId("u"), None, Role.USER, text_parts("Hi"), datetime(2026, 8, 1, tzinfo=UTC))
USAGE = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
SECTIONS = ("5.1", "5.2", "5.3", "6", "7")


class Impatient(Cancellation):
    """Waits for nothing."""

    def wait(self, seconds: float) -> bool:
        return self.is_cancelled


class QuickClock(SystemClock):
    """A clock on which a second passes with every look."""

    seconds = 0.0

    def monotonic(self) -> float:
        self.seconds += 1.0
        return self.seconds


class Got(NamedTuple):
    """What a request brought."""

    events: list[StreamEvent]
    error: ApiError | None

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def notices(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Notice)]


def get(server: RawServer, *, stream: bool = True, clock: SystemClock | None = None, **network: Any) -> Got:
    """Send one request, and return all that came of it."""
    limits = {"connect_timeout_s": 5.0, "read_timeout_s": 0.3, "max_retries": 1} | network
    client = HttpClient(
        server.base_url,
        key=KEY,
        key_source="MY_KEY",
        network=NetworkSettings(**limits),
        clock=clock or SystemClock(),
        random=lambda: 0.0,
    )
    events: list[StreamEvent] = []
    try:
        events.extend(client.stream(Request("test-model", (USER,), stream=stream), Impatient()))
    except ApiError as error:
        return Got(events, error)
    finally:
        client.close()
    return Got(events, None)


class Case(NamedTuple):
    """A failure, and what becomes of it."""

    id: str
    """Begins with the section that it stands in."""
    answer: Answer | Handler
    error: type[ApiError] | None
    words: str = ""
    """The message begins so; ``{place}`` is host and port."""
    hint: str = ""
    text: str = ""
    """What was received."""
    sent: int = 1
    """How often the request went out where one retry is allowed."""
    stream: bool = True


def refuse(status: int, body: object = b"", content_type: str = "application/json", **headers: str) -> bytes:
    return error_response(status, body, content_type, **headers)


def openai(status: int, message: str, type: str | None = None, code: Any = None, param: Any = None) -> bytes:
    return refuse(status, {"error": {"message": message, "type": type, "param": param, "code": code}})


def hello(*more: Step, finish: str | None = None) -> list[Step]:
    """Stream ``Hello``, and then what a test wants."""
    return [*chat_chunks(["Hel", "lo"], finish)[: -1 if finish else None], *more]


def streams(*more: Step, finish: str | None = None, framing: str = "chunked") -> list[Step]:
    return stream_answer(hello(*more, finish=finish), framing=framing)


def choice(finish: str | None = None, index: int = 0, **delta: object) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": delta, "finish_reason": finish}]}


def body(text: str = "Hello", finish: str = "stop", **more: object) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {"choices": [{"index": 0, "message": message, "finish_reason": finish}], **more}


# fmt: off
AGAIN = "/retry asks again"
WAIT = "wait a moment, then /retry"
FILTERED = (
    "the same request is refused again: say it differently (/edit), leave out what it may object to (/omit), "
    "or ask another model (/model)"
)
LOOK = "/request shows what was sent"
CHECK_KEY = "check that the key is whole, still valid, and meant for this server"
BILLING = "waiting does not help: look at the provider's billing page, or use another key or model"
CHECK_URL = "is the base URL right? A proxy or a login page may also stand in between"
SHORTEN = "start a new chat with /new, or send less"
EMPTY = ("{place} sent an empty reply", "the conversation may fill the model's window: send less, or /retry")
ERROR_500 = ("{place} had an error (status 500)", AGAIN)
EARLY = ("the connection to {place} was closed early: the answer is not complete", "/continue asks for the rest, /retry asks again")
OVERLOADED = ("{place} is overloaded or not ready", AGAIN)
BROKE = ("the connection to {place} broke", AGAIN)
SILENT = ("{place} said nothing for 0.3 s", "/retry asks again; network.read_timeout_s sets the wait")
NO_COMPLETION = ("{place} answered with something that is not a chat completion", "is the base URL that of a chat API?")
NO_WEB_SERVER = ("{place} does not answer as a web server should", "is the base URL right, and is it https:// rather than http://?")
HTML = "<!doctype html><html><head><title>Log in</title></head><body>no</body></html>"
TOO_LONG = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."

OPENAI = [
    Case("5.1 400 context_length_exceeded", openai(400, TOO_LONG, "invalid_request_error", "context_length_exceeded", "messages"), ContextTooLongError, "the conversation is longer than test-model accepts (9000 of 8192 tokens)", SHORTEN),
    Case("5.1 400 unsupported_parameter", openai(400, "Unsupported parameter: 'seed'", "invalid_request_error", "unsupported_parameter", "seed"), BadRequestError, "{place} refused 'seed': Unsupported parameter: 'seed'", "change or unset the parameter seed"),
    Case("5.1 400 null code", openai(400, "you must provide a model parameter", "invalid_request_error"), BadRequestError, "{place} refused the request (status 400): you must provide a model parameter", LOOK),
    Case("5.1 401 invalid_api_key", openai(401, f"Incorrect API key provided: {KEY}.", "invalid_request_error", "invalid_api_key"), AuthError, "{place} does not accept the key …cdef from MY_KEY: Incorrect API key provided: …cdef.", CHECK_KEY),
    Case("5.1 401 other", openai(401, "You must be a member of an organization to use the API", "invalid_request_error"), AuthError, "{place} does not accept the key …cdef from MY_KEY: You must be a member of an organization to use the API", CHECK_KEY),
    Case("5.1 403", openai(403, "Country, region, or territory not supported", "request_forbidden", "unsupported_country_region_territory"), AuthError, "{place} does not allow this: Country, region, or territory not supported", "the key sent was …cdef from MY_KEY"),
    Case("5.1 404 model_not_found", openai(404, "The model `x` does not exist", "invalid_request_error", "model_not_found"), ModelNotFoundError, "{place} has no model 'test-model': The model `x` does not exist", "the nearest it has: test-model"),
    Case("5.1 404 wrong path", refuse(404, "404 page not found", "text/plain"), ProtocolError, "there is no chat API at http://{place}/v1 (status 404: 404 page not found)", CHECK_URL),
    Case("5.1 408", openai(408, "timeout"), ServerError, "{place} took too long to answer: timeout", AGAIN, sent=2),
    Case("5.1 409", openai(409, "lock"), ServerError, "{place} is busy with a conflicting request: lock", AGAIN, sent=2),
    Case("5.1 413", openai(413, "body too large"), BadRequestError, "the request is larger than {place} takes: body too large", "send less text at once"),
    Case("5.1 422", refuse(422, {"detail": [{"loc": ["body", "n"], "msg": "extra", "type": "x"}]}), BadRequestError, "{place} refused 'n': n: extra", "change or unset the parameter n"),
    Case("5.1 429 rate_limit_exceeded", openai(429, "Rate limit reached", "tokens", "rate_limit_exceeded"), RateLimitedError, "{place} limits how much it is asked: Rate limit reached", WAIT, sent=2),
    Case("5.1 429 slow_down", openai(429, "Slow down", "rate_limit_error", "slow_down"), RateLimitedError, "{place} limits how much it is asked: Slow down", WAIT, sent=2),
    *(
        Case(f"5.1 429 {code}", openai(429, "You exceeded your current quota", "insufficient_quota", code), QuotaError, "no credit left, or a spend limit is reached, at {place}: You exceeded your current quota", BILLING)
        for code in ("insufficient_quota", "credit_balance_exhausted", "organization_spend_limit_exceeded", "project_spend_limit_exceeded", "organization_usage_limit_exceeded")
    ),
    Case("5.1 500", openai(500, "The server had an error", "server_error"), ServerError, "{place} had an error (status 500): The server had an error", AGAIN, sent=2),
    Case("5.1 502 html", refuse(502, HTML, "text/html"), ServerError, "{place} could not be reached through its gateway (status 502)", AGAIN, sent=2),
    Case("5.1 504 html", refuse(504, HTML, "text/html"), ServerError, "{place} did not answer its gateway in time (status 504)", AGAIN, sent=2),
    Case("5.1 503 overloaded", openai(503, "overloaded", "service_unavailable_error", "server_is_overloaded"), ServerError, "{place} is overloaded or not ready: overloaded", AGAIN, sent=2),
    Case("5.1 529", refuse(529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}), ServerError, "{place} is overloaded: Overloaded", AGAIN, sent=2),
    Case("5.1 402 DeepSeek", openai(402, "Insufficient Balance", "unknown_error"), QuotaError, "no credit left, or a spend limit is reached, at {place}: Insufficient Balance", BILLING),
    Case("5.1 402 OpenRouter", refuse(402, {"error": {"code": 402, "message": "Insufficient credits"}}), QuotaError, "no credit left, or a spend limit is reached, at {place}: Insufficient credits", BILLING),
    Case("5.1 429 Anthropic spend limit", refuse(429, {"type": "error", "error": {"type": "rate_limit_error", "message": "limit", "details": {"error_code": "enforced_spend_limit_reached"}}}), QuotaError, "no credit left, or a spend limit is reached, at {place}: limit", BILLING),
    Case("5.1 498 Groq", openai(498, "capacity", "capacity_exceeded"), ServerError, "{place} has no capacity left at the moment: capacity", AGAIN, sent=2),
]
COMPATIBLE = [
    Case("5.2 Ollama 404", openai(404, "model 'x' not found", "not_found_error"), ModelNotFoundError, "{place} has no model 'test-model': model 'x' not found", "the nearest it has: test-model"),
    Case("5.2 Ollama native", refuse(400, {"error": "invalid options"}), BadRequestError, "{place} refused the request (status 400): invalid options", LOOK),
    Case("5.2 llama.cpp 400", refuse(400, {"error": {"code": 400, "message": "bad grammar", "type": "invalid_request_error"}}), BadRequestError, "{place} refused the request (status 400): bad grammar", LOOK),
    Case("5.2 llama.cpp 401", refuse(401, {"error": {"code": 401, "message": "Invalid API Key", "type": "authentication_error"}}), AuthError, "{place} does not accept the key …cdef from MY_KEY: Invalid API Key", CHECK_KEY),
    Case("5.2 llama.cpp too long", refuse(400, {"error": {"code": 400, "message": "the request exceeds the available context size", "type": "exceed_context_size_error", "n_prompt_tokens": 9000, "n_ctx": 8192}}), ContextTooLongError, "the conversation is longer than test-model accepts (9000 of 8192 tokens)", SHORTEN),
    Case("5.2 llama.cpp 501", refuse(501, {"error": {"code": 501, "message": "not supported", "type": "not_supported_error"}}), BadRequestError, "{place} refused the request (status 501): not supported", LOOK),
    Case("5.2 vLLM 400", refuse(400, {"error": {"message": "bad top_p", "type": "BadRequestError", "param": "top_p", "code": 400}}), BadRequestError, "{place} refused 'top_p': bad top_p", "change or unset the parameter top_p"),
    Case("5.2 vLLM flat", refuse(400, {"object": "error", "message": TOO_LONG, "type": "BadRequestError", "param": None, "code": 400}), ContextTooLongError, "the conversation is longer than test-model accepts (9000 of 8192 tokens)", SHORTEN),
    Case("5.2 vLLM 401", refuse(401, {"error": "Unauthorized"}), AuthError, "{place} does not accept the key …cdef from MY_KEY: Unauthorized", CHECK_KEY),
    Case("5.2 FastAPI detail", refuse(404, {"detail": "Not Found"}), ProtocolError, "there is no chat API at http://{place}/v1 (status 404: Not Found)", CHECK_URL),
    Case("5.2 FastAPI list", refuse(422, {"detail": [{"loc": ["body", "messages", 0], "msg": "Field required", "type": "missing"}]}), BadRequestError, "{place} refused 'messages': messages.0: Field required", "change or unset the parameter messages"),
    Case("5.2 Mistral object", refuse(422, {"object": "error", "message": {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted", "type": "extra_forbidden"}]}, "type": "invalid_request_error", "param": None, "code": None}), BadRequestError, "{place} refused 'seed': seed: Extra inputs are not permitted", "change or unset the parameter seed"),
    Case("5.2 OpenRouter 429", refuse(429, {"error": {"code": 429, "message": "slow", "metadata": {"error_type": "rate_limit_exceeded"}}}), RateLimitedError, "{place} limits how much it is asked: slow", WAIT, sent=2),
    Case("5.2 OpenRouter 503", refuse(503, {"error": {"code": 503, "message": "No provider", "availability": {"code": "x", "retryable": True}}}), ServerError, "{place} is overloaded or not ready: No provider", AGAIN, sent=2),
    Case("5.2 xAI", refuse(400, {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: xa***9"}), AuthError, "{place} does not accept the key …cdef from MY_KEY: Incorrect API key provided: xa***9", CHECK_KEY),
    Case("5.2 LM Studio", refuse(400, {"error": "The context length is only 4096 tokens"}), ContextTooLongError, "the conversation is longer than test-model accepts: The context length is only 4096 tokens", SHORTEN),
    Case("5.2 LM Studio 200", json_response({"error": "Trying to keep the first 9000 tokens when context length is only 4096"}), ContextTooLongError, "the conversation is longer than test-model accepts: Trying to keep the first 9000 tokens when context length is only 4096", SHORTEN),
    Case("5.2 LM Studio empty stream", stream_answer([sse("[DONE]")]), ProtocolError, *EMPTY),
    Case("5.2 Gemini", refuse(400, [{"error": {"code": 400, "message": "Cannot find field", "status": "INVALID_ARGUMENT", "details": []}}]), BadRequestError, "{place} refused the request (status 400): Cannot find field", LOOK),
    Case("5.2 Azure 401", refuse(401, {"error": {"code": "401", "message": "Access denied"}}), AuthError, "{place} does not accept the key …cdef from MY_KEY: Access denied", CHECK_KEY),
    Case("5.2 Azure deployment", refuse(404, {"error": {"code": "DeploymentNotFound", "message": "The API deployment for this resource does not exist."}}), ModelNotFoundError, "{place} has no model 'test-model': The API deployment for this resource does not exist.", "the nearest it has: test-model"),
    Case("5.2 Azure filter", refuse(400, {"error": {"code": "content_filter", "message": "The response was filtered", "param": "prompt", "innererror": {"code": "x"}}}), BadRequestError, "{place} refused the request by its content filter: The response was filtered", FILTERED),
    Case("5.2 Anthropic", refuse(400, {"type": "error", "error": {"type": "invalid_request_error", "message": "bad"}, "request_id": "r"}), BadRequestError, "{place} refused the request (status 400): bad", LOOK),
    Case("5.2 Groq 429", openai(429, "Rate limit reached. Please try again in 5.289s.", "tokens", "rate_limit_exceeded"), RateLimitedError, "{place} limits how much it is asked: Rate limit reached. Please try again in 5.289s.", WAIT, sent=2),
    Case("5.2 proxy html", refuse(403, HTML, "text/html"), ProtocolError, "{place} answered with a web page ('Log in') at http://{place}/v1/chat/completions", CHECK_URL),
    Case("5.2 proxy text", refuse(500, "upstream connect error", "text/plain"), ServerError, "{place} had an error (status 500): upstream connect error", AGAIN, sent=2),
    Case("5.2 proxy empty", refuse(500, b"", "text/plain"), ServerError, *ERROR_500, sent=2),
    Case("5.2 proxy nothing", refuse(400, b"", "text/plain"), BadRequestError, "{place} refused the request (status 400)", LOOK),
    Case("5.2 not utf-8", refuse(500, b"\xff\xfe\x00", "text/plain"), ServerError, "{place} had an error (status 500): ��\x00", AGAIN, sent=2),
    Case("5.2 message is a list", refuse(400, {"error": {"message": [{"loc": ["x"], "msg": "y"}]}}), BadRequestError, "{place} refused 'x': x: y", "change or unset the parameter x"),
    Case("5.2 nested without end", refuse(400, b"[" * 60_000), BadRequestError, "{place} refused the request (status 400): [[[", LOOK),
    Case("5.2 huge", refuse(400, b"x" * 300_000, "text/plain"), BadRequestError, "{place} refused the request (status 400): xxx", LOOK),
    Case("5.2 cut", [head(500, "application/json", content_length="999"), b'{"error":', Close()], ServerError, *ERROR_500, sent=2),
    Case("5.2 stalled", [head(500, "application/json", content_length="999"), b'{"error":', Stall()], ServerError, *ERROR_500, sent=2),
]
INSIDE = [
    Case("5.3 OpenAI", streams(sse({"error": {"message": "The server had an error", "type": "server_error"}})), ServerError, "{place} reported an error in the middle of the answer: The server had an error", AGAIN, text="Hello"),
    Case("5.3 vLLM then DONE", streams(sse({"error": {"message": "boom", "type": "InternalServerError", "code": 500}}), sse("[DONE]")), ServerError, "{place} had an error (status 500): boom", AGAIN, text="Hello"),
    Case("5.3 OpenRouter", streams(sse({"error": {"code": 502, "message": "Provider disconnected"}, **choice("error", content="!")})), ServerError, "{place} could not be reached through its gateway (status 502): Provider disconnected", AGAIN, text="Hello!"),
    Case("5.3 OpenRouter whole", json_response({"choices": [{"message": {"content": "Hel"}, "finish_reason": "error", "error": {"code": 502, "message": "gone"}}]}), ServerError, "{place} could not be reached through its gateway (status 502): gone", AGAIN, text="Hel"),
    Case("5.3 Groq", streams(sse({**choice(), "x_groq": {"error": "over capacity"}})), ServerError, "{place} reported an error in the middle of the answer: over capacity", AGAIN, text="Hello"),
    Case("5.3 LM Studio", streams(b'event: error\ndata: {"error":{"message":"Model unloaded"}}\n\n'), ServerError, "{place} reported an error in the middle of the answer: Model unloaded", AGAIN, text="Hello"),
    Case("5.3 LM Studio text", streams(b"event: error\ndata: Model unloaded\n\n"), ServerError, "{place} reported an error in the middle of the answer: Model unloaded", AGAIN, text="Hello"),
    Case("5.3 Ollama bare line", streams(b'{"error":{"message":"unexpected EOF"}}\n'), ServerError, "{place} reported an error in the middle of the answer: unexpected EOF", AGAIN, text="Hello"),
    Case("5.3 Ollama empty chunk", streams(sse(choice(content=""))), ProtocolError, *EARLY, text="Hello"),
    Case("5.3 Gemini list", streams(sse([{"error": {"code": 503, "message": "overloaded"}}])), ServerError, "{place} is overloaded or not ready: overloaded", AGAIN, text="Hello"),
    Case("5.3 rate limit", streams(sse({"error": {"message": "slow", "type": "tokens", "code": "rate_limit_exceeded"}})), RateLimitedError, "{place} limits how much it is asked: slow", WAIT, text="Hello"),
    Case("5.3 quota", streams(sse({"error": {"message": "none", "code": "insufficient_quota"}})), QuotaError, "no credit left, or a spend limit is reached, at {place}: none", BILLING, text="Hello"),
    Case("5.3 too long", stream_answer([sse({"error": {"message": TOO_LONG, "code": "context_length_exceeded"}})]), ContextTooLongError, "the conversation is longer than test-model accepts (9000 of 8192 tokens)", SHORTEN),
    Case("5.3 before any word", stream_answer([sse({"error": {"message": "boom", "type": "server_error"}})]), ServerError, "{place} reported an error in the middle of the answer: boom", AGAIN, sent=2),
    Case("5.3 empty reply", stream_answer(chat_chunks([])), ProtocolError, *EMPTY),
    Case("5.3 DeepSeek overloaded", streams(sse(choice("insufficient_system_resource"))), None, text="Hello"),
]
TIMES = [
    Case("6 Retry-After", refuse(429, b"", retry_after="7"), RateLimitedError, "{place} limits how much it is asked", WAIT, sent=2),
    Case("6 Retry-After too long", refuse(429, b"", retry_after="3600"), RateLimitedError, "{place} limits how much it is asked", "the server asks to wait 60 minutes; then /retry"),
    Case("6 retry-after-ms", refuse(503, b"", retry_after_ms="250.5"), ServerError, *OVERLOADED, sent=2),
    Case("6 date", refuse(503, b"", retry_after="Fri, 31 Dec 2027 23:59:59 GMT", date="Fri, 31 Dec 2027 23:59:49 GMT"), ServerError, *OVERLOADED, sent=2),
    Case("6 nonsense", refuse(503, b"", retry_after="soon"), ServerError, *OVERLOADED, sent=2),
    Case("6 x-should-retry false", refuse(500, b"", x_should_retry="false"), ServerError, *ERROR_500),
    Case("6 x-should-retry true", refuse(400, {"error": {"message": "no"}}, x_should_retry="true"), BadRequestError, "{place} refused the request (status 400): no", LOOK, sent=2),
    Case("6 quota wins over x-should-retry", refuse(429, {"error": {"code": "insufficient_quota"}}, x_should_retry="true"), QuotaError, "no credit left, or a spend limit is reached, at {place}", BILLING),
    Case("6 closed before the head", [Close()], TransportError, "the connection to {place} broke", "/retry asks again; if it never works: is it https:// rather than http://?", sent=2),
    Case("6 reset before the head", [Reset()], TransportError, *BROKE, sent=2),
    Case("6 silent before the head", [Stall()], TransportError, *SILENT, sent=2),
    Case("6 silent after the head", [head(transfer_encoding="chunked"), Stall()], TransportError, *SILENT, sent=2),
    Case("6 no retry after a word", streams(Reset()), TransportError, *BROKE, text="Hello"),
    Case("6 no retry after a thought", stream_answer([*chat_chunks([], None, reasoning=["hm"]), Reset()]), TransportError, *BROKE),
    Case("6 request id", refuse(500, {"error": {"message": "oops"}}, x_request_id="req-7"), ServerError, "{place} had an error (status 500): oops", AGAIN, sent=2),
]
LINES = chat_chunks(["Hel", "lo"])
GOOD_BODY = b"".join(LINES)
HELLO = b"".join(chat_chunks(["Hel", "lo"], None))
UTF8 = 'data: {"choices":[{"index":0,"delta":{"content":"żółć 日本"},"finish_reason":"stop"}]}\n\n'.encode()
STREAMS = [
    Case("7 chunked", stream_answer([GOOD_BODY]), None, text="Hello"),
    Case("7 close-framed", stream_answer([GOOD_BODY], framing="close"), None, text="Hello"),
    Case("7 one byte at a time", stream_answer([GOOD_BODY[at : at + 1] for at in range(len(GOOD_BODY))]), None, text="Hello"),
    Case("7 one byte at a time, close-framed", stream_answer([GOOD_BODY[at : at + 1] for at in range(len(GOOD_BODY))], framing="close"), None, text="Hello"),
    Case("7 CR only", stream_answer([GOOD_BODY.replace(b"\n", b"\r")]), None, text="Hello"),
    Case("7 CRLF", stream_answer([GOOD_BODY.replace(b"\n", b"\r\n")]), None, text="Hello"),
    Case("7 CRLF split", stream_answer([piece for line in GOOD_BODY.split(b"\n") for piece in (line + b"\r", b"\n")]), None, text="Hello"),
    Case("7 mixed ends", stream_answer([GOOD_BODY.replace(b"\n\n", b"\r\n\r", 2)]), None, text="Hello"),
    Case("7 U+2028 in the text", stream_answer(['data: {"choices":[{"index":0,"delta":{"content":"a\u2028b\x85"},"finish_reason":"stop"}]}\n\n'.encode()]), None, text="a\u2028b\x85"),
    Case("7 UTF-8 split", stream_answer([UTF8[at : at + 1] for at in range(len(UTF8))]), None, text="żółć 日本"),
    Case("7 BOM", stream_answer([b"\xef\xbb\xbf" + GOOD_BODY]), None, text="Hello"),
    Case("7 BOM split", stream_answer([b"\xef", b"\xbb", b"\xbf", GOOD_BODY]), None, text="Hello"),
    Case("7 no blank after the colon", stream_answer([GOOD_BODY.replace(b"data: ", b"data:")]), None, text="Hello"),
    Case("7 unknown fields", stream_answer([b"id: 7\nretry: 3\nnonsense\n", GOOD_BODY]), None, text="Hello"),
    Case("7 data over several lines", stream_answer([b'data: {"choices":\ndata: [{"index":0,"delta":{"content":"Hello"},"finish_reason":"stop"}]}\n\n']), None, text="Hello"),
    Case("7 comments", stream_answer([b": OPENROUTER PROCESSING\n\n", b": keep-alive\n", GOOD_BODY]), None, text="Hello"),
    Case("7 blank lines", stream_answer([b"\n\n\n\n", GOOD_BODY]), None, text="Hello"),
    Case("7 event names", stream_answer([GOOD_BODY.replace(b"data:", b"event: message\ndata:")]), None, text="Hello"),
    Case("7 DONE with blanks", stream_answer([GOOD_BODY.replace(b"[DONE]", b" [DONE] ")]), None, text="Hello"),
    Case("7 what follows DONE", stream_answer([GOOD_BODY, sse(choice(content="more"))]), None, text="Hello"),
    Case("7 no DONE", streams(finish="stop"), None, text="Hello"),
    Case("7 neither DONE nor a reason", streams(), ProtocolError, *EARLY, text="Hello"),
    Case("7 DONE without a reason", streams(sse("[DONE]")), None, text="Hello"),
    Case("7 last event without blank line", stream_answer([GOOD_BODY.partition(b"data: [DONE]")[0].rstrip(b"\n")]), None, text="Hello"),
    Case("7 bad JSON once", streams(b"data: {oops\n\n", sse(choice("stop", content="!"))), None, text="Hello!"),
    Case("7 bad JSON thrice", streams(*[b"data: {oops\n\n"] * 3, finish=None), ProtocolError, "{place} sends a malformed stream: 3 events in a row are not JSON", "is the base URL that of a chat API?", text="Hello"),
    Case("7 not objects", streams(*[b"data: 7\n\n"] * 3), ProtocolError, "{place} sends a malformed stream: 3 events in a row are not JSON", "is the base URL that of a chat API?", text="Hello"),
    Case("7 invalid UTF-8", streams(b'data: {"choices":[{"index":0,"delta":{"content":"\xff!"},"finish_reason":"stop"}]}\n\n'), None, text="Hello\ufffd!"),
    Case("7 JSON with 200", json_response(body()), None, text="Hello"),
    Case("7 JSON with 200, asked whole", json_response(body()), None, text="Hello", stream=False),
    Case("7 JSON error with 200", json_response({"error": {"message": "boom", "type": "server_error"}}), ServerError, "{place} reported an error in the middle of the answer: boom", AGAIN, sent=2),
    Case("7 JSON that is something else", json_response({"hello": "world"}), ProtocolError, *NO_COMPLETION),
    Case("7 JSON after blank lines", refuse(200, b"\n\n\n" + json.dumps(body()).encode()), None, text="Hello", stream=False),
    Case("7 JSON cut", [head(200, "application/json", content_length="999"), b'{"choices":[', Close()], TransportError, *BROKE, sent=2),
    Case("7 JSON that is none", refuse(200, b"{oops"), ProtocolError, *NO_COMPLETION),
    Case("7 SSE although whole was asked", stream_answer([GOOD_BODY]), None, text="Hello", stream=False),
    Case("7 SSE as text/plain", [head(200, "text/plain", transfer_encoding="chunked"), chunk(GOOD_BODY), END_OF_CHUNKS], None, text="Hello"),
    Case("7 SSE as octet-stream", [head(200, "application/octet-stream", connection="close"), GOOD_BODY, Close()], None, text="Hello"),
    Case("7 ndjson", refuse(200, b'{"message":{"content":"Hi"}}\n', "application/x-ndjson"), ProtocolError, "{place} answered in the format of Ollama's own API at http://{place}/v1/chat/completions", CHECK_URL),
    Case("7 HTML", refuse(200, HTML, "text/html; charset=utf-8"), ProtocolError, "{place} answered with a web page ('Log in') at http://{place}/v1/chat/completions", CHECK_URL),
    Case("7 HTML as JSON", refuse(200, HTML), ProtocolError, *NO_COMPLETION),
    Case("7 HTML as SSE", refuse(200, HTML, "text/event-stream"), ProtocolError, "{place} answered with something that is not a stream of events", CHECK_URL),
    Case("7 nothing", refuse(200, b"", "text/event-stream"), ProtocolError, *EMPTY),
    Case("7 204", b"HTTP/1.1 204 No Content\r\n\r\n", ProtocolError, *EMPTY),
    Case("7 205", b"HTTP/1.1 205 Reset\r\ncontent-length: 0\r\n\r\n", ProtocolError, *EMPTY),
    Case("7 304", b"HTTP/1.1 304 Not Modified\r\n\r\n", ProtocolError, "{place} redirects without saying where to", CHECK_URL),
    Case("7 100 before the head", [b"HTTP/1.1 100 Continue\r\n\r\n", *stream_answer([GOOD_BODY])], None, text="Hello"),
    Case("7 102 and 103 before the head", [b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n", *stream_answer([GOOD_BODY])], None, text="Hello"),
    Case("7 1xx without end", lambda _: repeat(b"HTTP/1.1 102 Processing\r\n\r\n" * 50), ProtocolError, *NO_WEB_SERVER),
    Case("7 100 without end", lambda _: repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 50), ProtocolError, *NO_WEB_SERVER),
    Case("7 101", b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n", ProtocolError, "{place} answered with status 101 at http://{place}/v1/chat/completions", CHECK_URL),
    Case("7 huge header", [b"HTTP/1.1 200 OK\r\nx-huge: " + b"x" * 100_000 + b"\r\n", *stream_answer([GOOD_BODY])], ProtocolError, *NO_WEB_SERVER),
    Case("7 large header", stream_answer([GOOD_BODY], x_large="x" * 60_000), None, text="Hello"),
    Case("7 many headers", stream_answer([GOOD_BODY], **{f"x_{number}": "1" for number in range(200)}), ProtocolError, *NO_WEB_SERVER),
    Case("7 headers without end", lambda _: chain([b"HTTP/1.1 200 OK\r\n"], repeat(b"x-a: b\r\n" * 50)), ProtocolError, *NO_WEB_SERVER),
    Case("7 one header line without end", lambda _: chain([b"HTTP/1.1 200 OK\r\nx-a: "], repeat(b"x" * 1000)), ProtocolError, *NO_WEB_SERVER),
    Case("7 no HTTP", [b"SSH-2.0-OpenSSH_9.2\r\n", Close()], ProtocolError, *NO_WEB_SERVER),
    Case("7 HTTP/0.9", [b"Hello\r\n", Close()], ProtocolError, *NO_WEB_SERVER),
    Case("7 HTTP/1.0", [b"HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n", GOOD_BODY, Close()], None, text="Hello"),
    Case("7 no content type", [b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", GOOD_BODY, Close()], None, text="Hello"),
    Case("7 length too great", [head(content_length="9999"), *hello(), Close()], TransportError, *BROKE, text="Hello"),
    Case("7 length too small", [head(content_length=str(len(HELLO) )), GOOD_BODY], ProtocolError, *EARLY, text="Hello"),
    Case("7 length that is none", [head(content_length="many"), GOOD_BODY, Close()], None, text="Hello"),
    Case("7 two lengths", [head(content_length="5, 7"), GOOD_BODY, Close()], ProtocolError, *NO_WEB_SERVER),
    Case("7 chunk size that is none", [head(transfer_encoding="chunked"), chunk(HELLO), b"zz\r\nnonsense", Close()], TransportError, *BROKE, text="Hello"),
    Case("7 chunk larger than it says", [head(transfer_encoding="chunked"), chunk(HELLO), b"5\r\n" + sse("[DONE]") + b"\r\n", Close()], TransportError, *BROKE, text="Hello"),
    Case("7 chunk smaller than it says", [head(transfer_encoding="chunked"), chunk(HELLO), b"ffff\r\n: x", Close()], TransportError, *BROKE, text="Hello"),
    Case("7 negative chunk", [head(transfer_encoding="chunked"), chunk(HELLO), b"-5\r\n", Close()], TransportError, *BROKE, text="Hello"),
    Case("7 chunk size without end", lambda _: chain([head(transfer_encoding="chunked"), chunk(HELLO)], repeat(b"0" * 1000)), ProtocolError, *NO_WEB_SERVER, text="Hello"),
    Case("7 chunked and a length", [head(transfer_encoding="chunked", content_length="3"), chunk(GOOD_BODY), END_OF_CHUNKS], None, text="Hello"),
    Case("7 no last chunk", [*stream_answer([GOOD_BODY])[:-1], Close()], None, text="Hello"),
    Case("7 cut inside UTF-8", [head(connection="close"), *hello(), 'data: {"choices":[{"index":0,"delta":{"content":"ż'.encode()[:-1], Close()], ProtocolError, *EARLY, text="Hello"),
    Case("7 cut between events", [*streams()[:-1], Close()], TransportError, *BROKE, text="Hello"),
    Case("7 reset between events", [*streams()[:-1], Pause(0.05), Reset()], TransportError, *BROKE, text="Hello"),
    Case("7 cut inside an event", [*streams(b'data: {"choi')[:-1], Close()], TransportError, *BROKE, text="Hello"),
    Case("7 cut after the reason", [*streams(finish="stop")[:-1], Close()], None, text="Hello"),
    Case("7 reset after the reason", [*streams(finish="stop")[:-1], Pause(0.05), Reset()], None, text="Hello"),
    Case("7 stalled in the reply", streams(Stall()), TransportError, *SILENT, text="Hello"),
    Case("7 stalled inside an event", streams(b'data: {"choi', Stall()), TransportError, *SILENT, text="Hello"),
    Case("7 stalled in the head", [b"HTTP/1.1 200 OK\r\ncontent-ty", Stall()], TransportError, *SILENT, sent=2),
    Case("7 cut in the head", [b"HTTP/1.1 200 OK\r\ncontent-ty", Close()], TransportError, *BROKE, sent=2),
    Case("7 cut in the status", [b"HTTP/1.1 2", Close()], TransportError, *BROKE, sent=2),
    Case("7 stalled after the reason", streams(Stall(), finish="stop"), None, text="Hello"),
    Case("7 stalled after DONE", [*stream_answer([GOOD_BODY])[:-1], Stall()], None, text="Hello"),
    Case("7 duplicate reason", streams(sse(choice("stop")), sse(choice("stop")), sse("[DONE]"), finish="stop"), None, text="Hello"),
    Case("7 text after the reason", streams(sse(choice(content="!")), sse("[DONE]"), finish="stop"), None, text="Hello!"),
    Case("7 interleaved choices", stream_answer([sse(choice(content="Hel")), sse(choice(index=1, content="Bye")), sse(choice("stop", content="lo")), sse(choice("stop", index=1)), sse("[DONE]")]), None, text="Hello"),
    Case("7 no choices at first", stream_answer([sse({"id": "", "model": "", "choices": [], "prompt_filter_results": []}), GOOD_BODY]), None, text="Hello"),
    Case("7 choices that are none", stream_answer([sse({"choices": None}), sse({"choices": [None, 7]}), sse({"choices": {}}), GOOD_BODY]), None, text="Hello"),
    Case("7 deltas that are none", stream_answer([sse({"choices": [{"index": 0, "delta": None}]}), sse({"choices": [{}]}), sse(choice(content=7)), GOOD_BODY]), None, text="Hello"),
    Case("7 nested without end", streams(b"data: " + b"[" * 100_000 + b"\n\n", sse("[DONE]")), None, text="Hello"),
    Case("7 an event that never ends", lambda _: chain([head(connection="close")], hello(), [b"data: "], repeat(b"x" * 1_000_000)), ProtocolError, "the server sent an event of more than 16 MiB", "check that the base URL is that of a chat API", text="Hello"),
]
CASES = [*OPENAI, *COMPATIBLE, *INSIDE, *TIMES, *STREAMS]
# fmt: on


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait no longer than a test needs for what follows a reply that has ended."""
    monkeypatch.setattr("chatrepl.api.reading._AFTER_THE_END_S", 0.05)
    monkeypatch.setattr("chatrepl.api.client._DRAIN_TIMEOUT_S", 0.05)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_fault_keeps_what_came_and_is_said(case: Case) -> None:
    with RawServer() as server:
        server.answer(case.answer)
        got = get(server, stream=case.stream)
        server.wait_until(lambda: server.open_connections == 0)
    assert got.text == case.text
    assert len(server.posts) == case.sent
    assert len([event for event in got.events if isinstance(event, Retrying)]) == case.sent - 1
    assert type(got.error) is (case.error or type(None))
    assert any(isinstance(event, Finished) for event in got.events) == (got.error is None)
    if got.error is not None:
        place = f"127.0.0.1:{server.port}"
        message, hint = got.error.message, got.error.hint or ""
        assert message.startswith(case.words.replace("{place}", place))
        assert message.endswith(f" (tried {case.sent} times)") == (case.sent > 1)
        assert hint == case.hint
        assert len(message) < 500
        assert KEY not in message + hint


def test_every_section_has_its_cases_and_each_its_own_name() -> None:
    assert {case.id.partition(" ")[0] for case in CASES} == set(SECTIONS)
    assert len({case.id for case in CASES}) == len(CASES)


def test_a_server_that_is_not_there_is_tried_again_and_named() -> None:
    with RawServer() as server:
        pass
    got = get(server)
    assert isinstance(got.error, TransportError)
    assert got.error.code == "refused"
    assert got.error.message == (
        f"nothing answers at 127.0.0.1:{server.port}: the connection was refused (tried 2 times)"
    )
    assert got.error.hint == "is the server running, and is this its port?"


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "0.5"}, 0.5),
        ({"retry_after_ms": "250.5"}, 0.2505),
        ({"retry_after_ms": "250", "retry_after": "9"}, 0.25),
        (
            {"retry_after": "Fri, 31 Dec 2027 23:59:59 GMT", "date": "Fri, 31 Dec 2027 23:59:49 GMT"},
            10.0,
        ),
        ({"retry_after": "0"}, 0.375),
        ({"retry_after": "-3"}, 0.375),
        ({"retry_after": "soon"}, 0.375),
        ({}, 0.375),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_6_the_wait_is_the_one_that_the_server_asks_for(headers: dict[str, str], wait_s: float) -> None:
    with RawServer() as server:
        server.answer(refuse(503, b"", **headers), stream_answer([GOOD_BODY]))
        got = get(server)
    (told,) = (event for event in got.events if isinstance(event, Retrying))
    assert told.seconds == pytest.approx(wait_s)
    assert got.text == "Hello"


# Section 7: cut anywhere.

EVENT_ENDS = [at + 2 for at in range(len(GOOD_BODY)) if GOOD_BODY.startswith(b"\n\n", at)]


def kept_of(received: bytes) -> tuple[str, bool]:
    """Return the text of the whole events, and whether the reply had ended."""
    whole = received[: received.rfind(b"\n\n") + 2]
    texts = [text for text in ("Hel", "lo") if json.dumps(text).encode() in whole]
    return "".join(texts), b'"finish_reason": "stop"' in whole


@pytest.mark.no_cover
@pytest.mark.parametrize("end", [Close(), Reset()], ids=["closed", "reset"])
@pytest.mark.parametrize("framing", ["chunked", "close", "length"])
def test_7_wherever_an_answer_is_cut_what_had_come_is_kept(framing: str, end: Step) -> None:
    body = b"".join([*map(chunk, LINES), END_OF_CHUNKS]) if framing == "chunked" else GOOD_BODY
    fields = {"chunked": "transfer_encoding", "close": "connection", "length": "content_length"}
    values = {"chunked": "chunked", "close": "close", "length": str(len(body))}
    answer = head(**{fields[framing]: values[framing]}) + body
    cuts = range(0, len(answer), 1 if end == Close() else 17)
    with RawServer() as server:
        for cut in cuts:
            server.handler = lambda _, cut=cut: [answer[:cut], end]
            got = get(server, max_retries=0)
            text, is_over = kept_of(answer[:cut])
            if end == Close():
                # without its framing an event may also be whole where its last line end is missing
                assert got.text[: len(text)] == text
                assert got.text == "Hello"[: len(got.text)]
            else:
                assert "Hello".startswith(got.text), "a reset may take what had come with it"
            if got.error is None:
                assert any(isinstance(event, Finished) for event in got.events)
                assert is_over or cut > len(answer) - 30 or framing == "close", answer[:cut]
            else:
                assert isinstance(got.error, (TransportError, ProtocolError))
                assert got.error.hint
        server.wait_until(lambda: server.open_connections == 0)


@pytest.mark.parametrize(
    "pieces",
    [[b"data: {oops\n\n", *LINES[1:]], [*LINES[:-1], b"data: " + b"[" * 100_000 + b"\n\n", LINES[-1]]],
    ids=["at first", "at last"],
)
def test_7_a_piece_that_cannot_be_read_is_told_of(pieces: list[bytes]) -> None:
    with RawServer() as server:
        server.answer(stream_answer(pieces))
        got = get(server)
    assert got.error is None
    assert got.notices == ["A piece of the answer could not be read and is missing."]


# Section 1.4 in the stream: where the counts stand.


def with_usage(*places: str) -> list[bytes]:
    """Stream ``Hello`` with counts in some of its events; those that stand last are right."""
    wrong = dict.fromkeys(USAGE, 1)
    events: list[dict[str, Any]] = [choice(content="Hel"), choice(content="lo"), choice("stop")]
    if "first" in places:
        events[0]["usage"] = wrong if len(places) > 1 else USAGE
    if "middle" in places:
        events[1]["usage"] = wrong
    if "null" in places:
        events[0]["usage"] = events[1]["usage"] = None
    if "last" in places:
        events[2]["usage"] = USAGE
    if "own" in places:
        events.append({"choices": [], "usage": USAGE})
    if "groq" in places:
        events[2]["x_groq"] = {"usage": USAGE}
    return [*map(sse, events), sse("[DONE]")]


@pytest.mark.parametrize(
    "places",
    [
        ("first",),
        ("last",),
        ("own",),
        ("null", "own"),
        ("groq",),
        ("first", "middle", "last"),
        ("first", "middle", "last", "own"),
    ],
    ids=" ".join,
)
def test_7_the_last_counts_of_a_stream_are_taken_wherever_they_stand(places: tuple[str, ...]) -> None:
    with RawServer() as server:
        server.answer(stream_answer(with_usage(*places)))
        got = get(server)
    reported = [event.usage for event in got.events if isinstance(event, UsageReported)]
    assert [usage.total_tokens for usage in reported][-1:] == [11]
    assert got.text == "Hello"


def test_7_without_counts_none_are_made_up() -> None:
    with RawServer() as server:
        server.answer(stream_answer(with_usage()))
        got = get(server)
    assert not [event for event in got.events if isinstance(event, UsageReported)]
    assert got.error is None


# Section 7: bounds of time and memory.


def peak_of(server: RawServer) -> tuple[Got, int]:
    """Return what a request brought, and the most memory that it took, in bytes."""
    tracemalloc.start()
    try:
        got = get(server, read_timeout_s=5.0)
        return got, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_7_a_line_of_10_mb_is_read_whole() -> None:
    text = "x" * 10_000_000
    pieces = [sse(choice("stop", content=text)), sse("[DONE]")]
    with RawServer() as server:
        server.answer(stream_answer(pieces, framing="close"))
        got, peak = peak_of(server)
    assert got.error is None
    assert got.text == text
    assert peak < 100_000_000


@pytest.mark.parametrize(
    "endless",
    [
        pytest.param([b"data: ", b"x" * 1_000_000], id="line"),
        pytest.param([b"data: " + b"x" * 990 + b"\n"], id="lines"),
        pytest.param([b": ", b"x" * 1_000_000], id="comment"),
        pytest.param([b"", b"x" * 1_000_000], id="field"),
    ],
)
def test_7_an_event_without_end_is_given_up_before_it_fills_the_memory(endless: list[bytes]) -> None:
    with RawServer() as server:
        server.answer(lambda _: chain([head(connection="close")], hello(), endless[:-1], repeat(endless[-1])))
        got, peak = peak_of(server)
    assert isinstance(got.error, ProtocolError)
    assert got.text == "Hello"
    assert peak < 100_000_000


def test_7_a_whole_answer_without_end_is_given_up_before_it_fills_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chatrepl.api.reading.MAX_WHOLE_BYTES", 8_000_000)
    with RawServer() as server:
        server.answer(
            lambda _: chain([head(200, "application/json", connection="close")], repeat(b" " * 99_000))
        )
        tracemalloc.start()
        got = get(server)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert isinstance(got.error, ProtocolError)
    assert "is longer than" in got.error.message
    assert peak < 150_000_000


@pytest.mark.parametrize("sign", [b": ping\n\n", b"\n", b":\n\n\n"], ids=["comments", "blank lines", "both"])
@pytest.mark.parametrize("begin", [[], hello()], ids=["before a word", "after some"])
def test_7_signs_of_life_alone_do_not_keep_a_request_alive_for_ever(sign: bytes, begin: list[Step]) -> None:
    pieces = [chunk(piece) for piece in begin if isinstance(piece, bytes)]
    with RawServer() as server:
        server.answer(lambda _: chain([head(transfer_encoding="chunked")], pieces, repeat(chunk(sign))))
        got = get(server, clock=QuickClock(), idle_timeout_s=60.0)
    assert isinstance(got.error, TransportError)
    assert got.error.code == "idle_timeout"
    assert "sent nothing of the reply for" in got.error.message
    assert got.text == ("Hello" if begin else "")
    assert [event for event in got.events if isinstance(event, Waiting)], "it is said while it lasts"
    assert len(server.posts) == 1


def test_1_other_kinds_of_words_are_kept_before_a_break() -> None:
    pieces = [sse(choice(reasoning_content="hm")), sse(choice(refusal="no"))]
    with RawServer() as server:
        server.answer([*stream_answer(pieces)[:-1], Close()])
        got = get(server)
    assert ReasoningDelta("hm") in got.events
    assert RefusalDelta("no") in got.events
    assert isinstance(got.error, TransportError)
    assert len(server.posts) == 1


# Whatever arrives.

KNOWN = (
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


@pytest.fixture(scope="module")
def shared() -> Iterator[RawServer]:
    with RawServer() as running:
        yield running


def check(got: Got) -> None:
    """Hold what a request brought against what is promised of every one."""
    if got.error is None:
        assert isinstance(got.events[-1], Finished)
    else:
        assert type(got.error) in KNOWN
        assert got.error.message
        assert got.error.hint
        assert KEY not in got.error.message + got.error.hint


def answered(server: RawServer, *answer: Step) -> Got:
    server.handler = lambda _: [*answer, Close()]
    return get(server, max_retries=0)


patiently = settings(deadline=None)
SMALL_BITS = [
    b"data: ",
    b"\n",
    b"\n\n",
    b"\r",
    b"{",
    b"}",
    b"[",
    b'"',
    b"\xff",
    b"\x00",
    b": ",
    b"event: error\n",
    b"0\r\n\r\n",
]
bits = st.lists(st.sampled_from(SMALL_BITS) | st.binary(max_size=8), max_size=12).map(b"".join)


@patiently
@given(bits)
def test_whatever_bytes_arrive_in_place_of_an_answer_a_request_ends(shared: RawServer, noise: bytes) -> None:
    check(answered(shared, noise))


@patiently
@given(bits, st.sampled_from(["text/event-stream", "application/json", "text/plain", "text/html"]))
def test_whatever_bytes_arrive_as_a_body_a_request_ends(shared: RawServer, noise: bytes, kind: str) -> None:
    check(answered(shared, head(200, kind, connection="close"), noise))


@patiently
@given(bits, st.integers(100, 999))
def test_whatever_a_refusal_holds_a_request_ends(shared: RawServer, noise: bytes, status: int) -> None:
    check(answered(shared, head(status, "application/json", connection="close"), noise))


leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
names = st.sampled_from(
    ["choices", "delta", "content", "error", "message", "code", "usage", "finish_reason", "index", "model", "id",
     "reasoning_details", "tool_calls", "detail", "prompt_progress", "x_groq", "prompt_tokens", "total_tokens"]
)  # fmt: skip
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


@patiently
@given(st.lists(trees, min_size=1, max_size=4))
def test_whatever_the_events_hold_a_request_ends(shared: RawServer, events: list[Any]) -> None:
    check(answered(shared, head(connection="close"), *map(sse, events), sse("[DONE]")))


@patiently
@given(trees, st.sampled_from([200, 400, 401, 404, 422, 429, 500, 503]))
def test_whatever_json_is_answered_a_request_ends(shared: RawServer, tree: Any, status: int) -> None:
    server_answer = json_response(tree, status, connection="close")
    check(answered(shared, server_answer))


@patiently
@given(
    st.integers(0, len(GOOD_BODY)),
    st.integers(0, 30),
    bits,
    st.lists(st.integers(0, len(GOOD_BODY)), max_size=4),
)
def test_what_stands_before_a_damage_is_kept(
    shared: RawServer, at: int, removed: int, inserted: bytes, splits: Sequence[int]
) -> None:
    damaged = GOOD_BODY[:at] + inserted + GOOD_BODY[at + removed :]
    edges = sorted({0, *splits, len(damaged)})
    pieces = [damaged[begin:end] for begin, end in pairwise(edges)]
    got = answered(shared, head(connection="close"), *pieces)
    check(got)
    kept, _ = kept_of(GOOD_BODY[:at])
    assert got.text.startswith(kept)
