"""What servers say when they refuse, and what the user is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl import errors
from chatrepl.api import failures
from chatrepl.api.error_body import ParsedError, parse_error
from chatrepl.api.failures import Asked, api_error, stream_error

KEY = "sk-test-0123456789abcdef"
ASKED = Asked("https://gateway.example/v1", "big-model", "…cdef from MY_KEY", (KEY,))


def parse(body: Any, **headers: str) -> ParsedError:
    return parse_error(headers, body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.mark.parametrize(
    ("body", "message", "label", "param"),
    [
        pytest.param(
            {"error": {"message": "Bad", "type": "t", "param": "n", "code": "c"}},
            "Bad",
            "c",
            "n",
            id="OpenAI",
        ),
        pytest.param(
            {"error": {"message": "Bad", "type": None, "code": None}}, "Bad", None, None, id="nulls"
        ),
        pytest.param(
            {"error": "model not loaded"}, "model not loaded", None, None, id="Ollama's own, LM Studio"
        ),
        pytest.param(
            {"error": {"code": 400, "message": "Bad", "type": "server_error"}},
            "Bad",
            "server_error",
            None,
            id="llama.cpp",
        ),
        pytest.param(
            {"object": "error", "message": "Bad", "type": "BadRequestError", "param": None, "code": 400},
            "Bad",
            "BadRequestError",
            None,
            id="vLLM flat",
        ),
        pytest.param({"detail": "Not Found"}, "Not Found", None, None, id="FastAPI"),
        pytest.param(
            {
                "detail": [
                    {"loc": ["body", "n"], "msg": "too large", "type": "x"},
                    {"loc": ["body", "a", 0], "msg": "no"},
                ]
            },
            "n: too large; a.0: no",
            None,
            "n",
            id="FastAPI list",
        ),
        pytest.param(
            {
                "object": "error",
                "message": {"detail": [{"loc": ["body", "seed"], "msg": "extra"}]},
                "type": "invalid_request_error",
            },
            "seed: extra",
            "invalid_request_error",
            "seed",
            id="Mistral",
        ),
        pytest.param(
            {"error": {"code": 429, "message": "Slow", "metadata": {"error_type": "rate_limit_exceeded"}}},
            "Slow",
            "rate_limit_exceeded",
            None,
            id="OpenRouter",
        ),
        pytest.param(
            {"code": "Some text", "error": "message text"}, "message text", "Some text", None, id="xAI"
        ),
        pytest.param(
            [{"error": {"code": 400, "message": "Bad", "status": "INVALID_ARGUMENT"}}],
            "Bad",
            "INVALID_ARGUMENT",
            None,
            id="Gemini",
        ),
        pytest.param(
            {"error": {"code": "DeploymentNotFound", "message": "Bad"}},
            "Bad",
            "DeploymentNotFound",
            None,
            id="Azure",
        ),
        pytest.param(
            {
                "type": "error",
                "error": {"type": "overloaded_error", "message": "Overloaded"},
                "request_id": "r",
            },
            "Overloaded",
            "overloaded_error",
            None,
            id="Anthropic",
        ),
        pytest.param(b"404 page not found", "404 page not found", None, None, id="plain text"),
        pytest.param(
            b"<html><h1>502 Bad\nGateway</h1><p>nginx</p>", "502 Bad Gateway", None, None, id="HTML"
        ),
        pytest.param(b"<html><p>secret page</p></html>", "", None, None, id="HTML without a title"),
        pytest.param(b"", "", None, None, id="empty"),
        pytest.param(b"[]", "", None, None, id="empty list"),
        pytest.param(b"null", "", None, None, id="null"),
        pytest.param(b"\xff\xfe{", "\ufffd\ufffd{", None, None, id="not UTF-8"),
        pytest.param(
            {"error": {"message": "a\n\n  b" + "x" * 500}}, "a b" + "x" * 296 + "…", None, None, id="long"
        ),
        pytest.param(b"[" * 60_000, "[" * 299 + "…", None, None, id="deep"),
    ],
)
def test_every_servers_way_of_saying_no_is_read(
    body: Any, message: str, label: str | None, param: str | None
) -> None:
    parsed = parse(body)
    assert (parsed.message, parsed.label, parsed.param) == (message, label, param)


def test_keys_are_masked_in_what_servers_say() -> None:
    body = {"error": {"message": f"Incorrect API key provided: {KEY}. Also plainsecret123456."}}
    parsed = parse_error({}, json.dumps(body).encode(), ["plainsecret123456"])
    assert KEY not in parsed.message
    assert "plainsecret" not in parsed.message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "error",
                    "message",
                    "detail",
                    "code",
                    "type",
                    "param",
                    "metadata",
                    "details",
                    "loc",
                    "msg",
                    "n_ctx",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values, st.integers(300, 599))
def test_no_json_makes_it_fail(payload: Any, status: int) -> None:
    error = api_error(status, {}, json.dumps(payload).encode(), ASKED)
    assert error.message
    assert stream_error({"error": payload or "x"}, ASKED).message


def error(status: int, said: Any = None, asked: Asked = ASKED, **headers: str) -> errors.ApiError:
    body = said if isinstance(said, bytes) else json.dumps(said).encode() if said is not None else b""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return api_error(status, names, body, asked)


def openai(message: str, type: str | None = None, code: str | None = None, param: str | None = None) -> Any:
    return {"error": {"message": message, "type": type, "code": code, "param": param}}


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        (400, openai("too long", "invalid_request_error", "context_length_exceeded"), errors.ContextTooLongError),
        (400, openai("Unsupported parameter", "invalid_request_error", "unsupported_parameter", "stop"), errors.BadRequestError),
        (400, {"error": "Incorrect API key provided"}, errors.AuthError),
        (400, openai("The model `x` does not exist", code="model_not_found"), errors.ModelNotFoundError),
        (400, openai("x is not a valid model ID"), errors.ModelNotFoundError),
        (401, openai("Invalid API Key", "authentication_error"), errors.AuthError),
        (401, b"<html>Login</html>", errors.AuthError),
        (402, {"error": {"message": "Insufficient Balance"}}, errors.QuotaError),
        (403, openai("Country not supported"), errors.AuthError),
        (404, openai("The model `x` does not exist or you do not have access to it.", code="model_not_found"), errors.ModelNotFoundError),
        (404, openai("model 'x' not found", "not_found_error"), errors.ModelNotFoundError),
        (404, openai("File Not Found", "not_found_error"), errors.ProtocolError),
        (404, b"404 page not found", errors.ProtocolError),
        (404, {"detail": "Not Found"}, errors.ProtocolError),
        (405, {"detail": "Method Not Allowed"}, errors.ProtocolError),
        (408, None, errors.ServerError),
        (409, None, errors.ServerError),
        (413, b"Payload Too Large", errors.BadRequestError),
        (413, openai("Request too large: tokens per minute (TPM): Limit 6000, Requested 8000", "tokens", "rate_limit_exceeded"), errors.ContextTooLongError),
        (422, {"detail": [{"loc": ["body", "seed"], "msg": "extra"}]}, errors.BadRequestError),
        (429, openai("Rate limit reached", "tokens", "rate_limit_exceeded"), errors.RateLimitedError),
        (429, openai("context length of your plan"), errors.RateLimitedError),
        (429, openai("You exceeded your current quota", "insufficient_quota", "insufficient_quota"), errors.QuotaError),
        (429, openai("no credit", "insufficient_quota"), errors.QuotaError),
        (429, openai("spend", code="project_spend_limit_exceeded"), errors.QuotaError),
        (429, {"error": {"type": "rate_limit_error", "message": "m", "details": {"error_code": "enforced_spend_limit_reached"}}}, errors.QuotaError),
        (498, openai("capacity exceeded", code="capacity_exceeded"), errors.ServerError),
        (500, openai("The server had an error", "server_error"), errors.ServerError),
        (501, openai("not supported", "not_supported_error"), errors.BadRequestError),
        (502, b"<html><h1>Bad Gateway</h1></html>", errors.ServerError),
        (503, openai("Loading model", "unavailable_error"), errors.ServerError),
        (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, errors.ServerError),
        (418, b"short and stout", errors.BadRequestError),
        (200, b"<html></html>", errors.ProtocolError),
    ],
)  # fmt: skip
def test_each_refusal_has_its_class_its_status_and_names_the_server(
    status: int, said: Any, kind: type[errors.ApiError]
) -> None:
    found = error(status, said)
    assert type(found) is kind
    assert found.status == status
    assert "gateway.example" in found.message or "big-model" in found.message
    assert "<" not in found.message


@pytest.mark.parametrize(
    ("message", "limit", "sent"),
    [
        ("This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.", 8192, 9001),
        ("This model's maximum context length is 4097 tokens, however you requested 5000 tokens (4000 in your prompt; 1000 for the completion).", 4097, 5000),
        ("This endpoint's maximum context length is 131,072 tokens. However, you requested about 140,000 tokens", 131072, 140000),
        ("'max_tokens' is too large: 4000. This model's maximum context length is 2048 tokens and your request has 100 input tokens (4000 > 2048 - 100).", 2048, 100),
        ("The decoder prompt (length 3000) is longer than the maximum model length of 2048.", 2048, 3000),
        ("The prompt (total length 3000) is too long to fit into the model (context length 2048).", 2048, 3000),
        ("Input length (3000) exceeds model's maximum context length (2048).", 2048, 3000),
        ("prompt is too long: 210000 tokens > 200000 maximum", 200000, 210000),
        ("Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length", 32768, 40000),
        ("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", 1048576, 1200000),
        ("The model is loaded with context length of only 4096 tokens, which is not enough", 4096, None),
        ("Your input exceeds the context window of this model.", None, None),
        ("request (3031 tokens) exceeds the available context size (2048 tokens), try increasing it", 2048, 3031),
    ],
)  # fmt: skip
def test_how_much_is_too_much_is_read_from_what_the_server_says(
    message: str, limit: int | None, sent: int | None
) -> None:
    found = error(400, openai(message, "invalid_request_error"))
    assert isinstance(found, errors.ContextTooLongError)
    assert (found.limit_tokens, found.sent_tokens) == (limit, sent)
    assert "longer than big-model accepts" in found.message


def test_llama_cpp_tells_how_much_is_too_much_in_fields() -> None:
    said = {
        "error": {
            "code": 400,
            "message": "too long",
            "type": "exceed_context_size_error",
            "n_prompt_tokens": 3031,
            "n_ctx": 2048,
        }
    }
    found = error(400, said)
    assert isinstance(found, errors.ContextTooLongError)
    assert (found.limit_tokens, found.sent_tokens) == (2048, 3031)
    assert found.message == "the conversation is longer than big-model accepts (3031 of 2048 tokens)"


def test_the_wait_the_server_asks_for_is_kept() -> None:
    found = error(429, openai("Slow down"), Retry_After="7")
    assert isinstance(found, errors.RateLimitedError)
    assert found.retry_after_s == 7.0
    loading = error(503, openai("Loading model"), Retry_After="2")
    assert isinstance(loading, errors.ServerError)
    assert loading.retry_after_s == 2.0
    assert failures.is_loading(loading)
    assert not failures.is_loading(error(503, openai("overloaded")))


def test_the_refused_field_is_named_with_what_to_do() -> None:
    found = error(400, openai("Unsupported value", code="unsupported_value", param="temperature"))
    assert isinstance(found, errors.BadRequestError)
    assert found.param == "temperature"
    assert "'temperature'" in found.message
    assert "temperature" in (found.hint or "")


def test_without_a_key_the_user_is_told_where_to_put_one() -> None:
    found = error(401, openai("You didn't provide an API key"), Asked("https://gateway.example/v1"))
    assert "none was sent" in found.message
    assert "OPENAI_API_KEY" in (found.hint or "")


@pytest.mark.parametrize("name", ["X-Request-Id", "request-id", "X-Generation-Id"])
def test_the_request_id_is_found_under_every_name(name: str) -> None:
    assert api_error(500, {name: "r-1"}, b"", ASKED).request_id == "r-1"


def test_a_gateway_error_tells_its_status_and_not_its_page() -> None:
    found = error(
        502, b"<html><title>502</title><body>nginx internals</body></html>", content_type="text/html"
    )
    assert found.message == "gateway.example could not be reached through its gateway (status 502)"


@pytest.mark.parametrize(
    ("base_url", "hint"),
    [
        ("http://localhost:11434", "Add /v1: http://localhost:11434/v1"),
        ("http://localhost:11434/api", "Try http://localhost:11434/v1"),
        ("https://api.openai.com", "Add /v1: https://api.openai.com/v1"),
        ("https://gateway.example/v1/chat/completions", "Try https://gateway.example/v1"),
        ("https://gateway.example/v1", "proxy"),
    ],
)
def test_a_wrong_base_url_is_told_what_to_type(base_url: str, hint: str) -> None:
    assert hint in (error(404, b"404 page not found", Asked(base_url)).hint or "")


@pytest.mark.parametrize(
    ("wanted", "nearest"),
    [
        ("gpt4o", ("gpt-4o", "gpt-4o-mini")),
        ("LLAMA3", ("llama3:8b",)),
        ("claude-sonnet", ("anthropic/claude-sonnet",)),
        ("zzzz", ()),
        ("", ()),
    ],
)
def test_the_nearest_models_are_offered(wanted: str, nearest: tuple[str, ...]) -> None:
    found = errors.ModelNotFoundError("no such model")
    failures.add_nearest(found, wanted, ["anthropic/claude-sonnet", "gpt-4o", "gpt-4o-mini", "llama3:8b"])
    assert found.nearest[: len(nearest)] == nearest
    assert bool(found.nearest) is bool(nearest)
    assert found.hint


def test_no_key_shows_in_any_message_or_repr() -> None:
    said = openai(f"Incorrect API key provided: {KEY}")
    for status in (400, 401, 403, 404, 429, 500):
        found = error(status, said)
        assert KEY not in f"{found.message} {found.hint} {found!r}"
    assert KEY not in repr(ASKED)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        pytest.param(400, {"code": "content_filter", "message": "The response was filtered"}, id="Azure"),
        pytest.param(400, {"code": "content_policy_violation", "message": "No."}, id="LiteLLM"),
        pytest.param(400, {"code": "moderation_blocked", "message": "No."}, id="OpenAI pictures"),
        pytest.param(
            400,
            {
                "code": "invalid_prompt",
                "message": "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
            },
            id="OpenAI reasoning models",
        ),
        pytest.param(
            403,
            {"code": 403, "message": 'x requires moderation. Your input was flagged for "violence".'},
            id="OpenRouter",
        ),
        pytest.param(400, {"code": "invalid_request_error", "message": "Content Exists Risk"}, id="DeepSeek"),
        pytest.param(400, {"code": "data_inspection_failed", "message": "No."}, id="Alibaba"),
    ],
)
def test_a_content_filter_is_named_with_what_to_do_next(status: int, error: dict[str, Any]) -> None:
    got = api_error(status, {}, json.dumps({"error": error}).encode(), ASKED)
    assert isinstance(got, errors.BadRequestError)
    assert got.message.startswith("gateway.example refused the request by its content filter")
    assert all(word in (got.hint or "") for word in ("/edit", "/omit", "/model"))
    assert isinstance(stream_error({"error": error}, ASKED), errors.BadRequestError)


def test_a_wrong_field_is_no_content_filter() -> None:
    body = {"error": {"message": "Invalid value for 'temperature'", "param": "temperature", "code": "x"}}
    assert "content filter" not in api_error(400, {}, json.dumps(body).encode(), ASKED).message
