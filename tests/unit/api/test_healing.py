"""Which field a refusal means, in the words of every server, and what is done about it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.api.failures import Asked, api_error
from chatrepl.api.healing import Change, apply, find_change, from_json, to_json, touches

ASKED = Asked("https://api.example/v1", "m")
BODY: dict[str, Any] = {
    "model": "m",
    "messages": [
        {"role": "system", "content": "S"},
        {"role": "user", "content": "Is temperature supported?"},
    ],
    "stream": True,
    "stream_options": {"include_usage": True},
    "temperature": 0.2,
    "top_p": 0.5,
    "seed": 1,
    "max_tokens": 9,
    "logit_bias": {"1": 2},
    "reasoning_effort": "xhigh",
    "reasoning": {"effort": "low", "summary": "auto"},
    "n": 2,
}


def refused(status: int, body: Any) -> Any:
    return api_error(status, {"content-type": "application/json"}, json.dumps(body).encode(), ASKED)


@pytest.mark.parametrize(
    ("status", "body", "change"),
    [
        pytest.param(
            400,
            {
                "error": {
                    "message": "Unsupported parameter: 'max_tokens' is not supported with this model. Use"
                    " 'max_completion_tokens' instead.",
                    "type": "invalid_request_error",
                    "param": "max_tokens",
                    "code": "unsupported_parameter",
                }
            },
            Change("max_tokens", "max_completion_tokens"),
            id="openai-token-limit",
        ),
        pytest.param(
            400,
            {
                "error": {
                    "message": "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default"
                    " (1) value is supported.",
                    "param": "temperature",
                    "code": "unsupported_value",
                }
            },
            Change("temperature", None, 0.2),
            id="openai-value",
        ),
        pytest.param(
            400,
            {"error": {"message": "Unsupported parameter: 'reasoning.effort'", "param": "reasoning.effort", "code": "unsupported_parameter"}},
            Change("reasoning.effort"),
            id="openai-nested",
        ),
        pytest.param(
            400,
            {"error": {"message": "Unknown parameter: 'top_p'.", "param": "top_p", "code": "unknown_parameter"}},
            Change("top_p"),
            id="openai-unknown",
        ),
        pytest.param(
            400,
            {"error": {"message": "property 'logit_bias' is unsupported", "type": "invalid_request_error"}},
            Change("logit_bias"),
            id="groq",
        ),
        pytest.param(
            400,
            [{"error": {"code": 400, "message": 'Invalid JSON payload received. Unknown name "seed": Cannot find field.', "status": "INVALID_ARGUMENT"}}],
            Change("seed"),
            id="gemini",
        ),
        pytest.param(
            422,
            {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]},
            Change("seed"),
            id="fastapi",
        ),
        pytest.param(
            422,
            {
                "object": "error",
                "message": {"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted", "input": {}}]},
                "type": "invalid_request_error",
            },
            Change("stream_options"),
            id="mistral",
        ),
        pytest.param(
            400,
            {"object": "error", "message": "[{'type': 'extra_forbidden', 'loc': ('body', 'n'), 'msg': 'Extra inputs are not permitted'}]", "type": "BadRequestError", "code": 400},
            Change("n"),
            id="vllm-flat",
        ),
        pytest.param(
            400,
            {"code": "Client specified an invalid argument", "error": "Argument not supported on this model: reasoning_effort"},
            Change("reasoning_effort"),
            id="xai",
        ),
        pytest.param(400, {"error": {"message": "temperature must be less than 1", "param": "temperature"}}, None, id="out-of-range"),
        pytest.param(400, {"error": {"message": "Unknown parameter: 'messages'", "param": "messages"}}, None, id="essential"),
        pytest.param(400, {"error": {"message": "Unknown parameter: 'frequency_penalty'"}}, None, id="not-sent"),
        pytest.param(500, {"error": {"message": "Unknown parameter: 'seed'", "param": "seed"}}, None, id="server-error"),
        pytest.param(401, {"error": {"message": "seed not allowed", "param": "seed"}}, None, id="key"),
    ],
)  # fmt: skip
def test_the_field_is_found_in_the_words_of_every_server(
    status: int, body: Any, change: Change | None
) -> None:
    assert find_change(refused(status, body), BODY) == change


def test_a_server_that_does_not_know_developers_gets_a_system_prompt() -> None:
    body: Any = {"messages": [{"role": "developer", "content": "S"}, {"role": "user", "content": "Hi"}]}
    error = refused(400, {"error": {"message": "Unexpected role 'developer'"}})
    change = find_change(error, body)
    assert change == Change("role", "system")
    messages: Any = apply([change], body)["messages"]
    assert [message["role"] for message in messages] == ["system", "user"]


def test_changes_touch_only_what_they_name() -> None:
    changed = apply([Change("seed"), Change("max_tokens", "max_completion_tokens")], BODY)
    assert "seed" not in changed
    assert changed["max_completion_tokens"] == 9
    rest = {name: value for name, value in BODY.items() if name not in {"seed", "max_tokens"}}
    assert {name: changed[name] for name in rest} == rest
    assert "seed" in BODY


def test_a_nested_field_goes_alone_and_its_parent_only_when_nothing_is_left() -> None:
    once = apply([Change("reasoning.effort")], BODY)
    assert once["reasoning"] == {"summary": "auto"}
    assert "reasoning" not in apply([Change("reasoning.effort"), Change("reasoning.summary")], BODY)


def test_a_refused_value_lets_other_values_pass() -> None:
    change = Change("reasoning_effort", None, "xhigh")
    assert touches(change, BODY)
    assert not touches(change, {**BODY, "reasoning_effort": "low"})
    assert apply([change], {**BODY, "reasoning_effort": "low"})["reasoning_effort"] == "low"


@given(
    st.lists(
        st.builds(Change, st.text(min_size=1), st.none() | st.text(), st.none() | st.integers() | st.text())
    )
)
def test_what_is_kept_is_read_back(changes: list[Change]) -> None:
    kept = json.loads(json.dumps(to_json(changes)))
    essential = {"model", "messages", "input", "prompt", "instructions", "stream"}
    assert list(from_json(kept)) == [change for change in changes if change.field not in essential]


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_stands_in_the_file_is_read_without_a_fuss(value: Any) -> None:
    for change in from_json(value):
        assert change.field


@given(st.text(max_size=200), st.none() | st.text(max_size=20))
def test_whatever_a_server_says_what_makes_the_request_stays(message: str, param: str | None) -> None:
    change = find_change(refused(400, {"error": {"message": f"unsupported {message}", "param": param}}), BODY)
    if change is not None:
        changed = apply([change], BODY)
        assert (changed["model"], changed["stream"]) == ("m", True)
        assert len(changed["messages"]) == 2  # type: ignore[arg-type]
