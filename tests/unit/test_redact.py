from __future__ import annotations

import pytest

from chatrepl.redact import mask_key, mask_keys

KEYS = {
    "OpenAI project": "sk-proj-Ab12Cd34Ef56Gh78Ij90",
    "OpenAI letters only": "sk-abcdefghijklmnop",
    "Anthropic": "sk-ant-api03-abcdEFGH1234-xyz_9",
    "OpenRouter": "sk-or-v1-0123456789abcdef0123",
    "Groq": "gsk_abcdefghijklmnop1234567890",
    "xAI": "xai-abcdefghijklmnop1234567890",
    "Hugging Face": "hf_AbcdEfghIjklMnop12345678",
    "Google": "AIzaSyA1234567890abcdefghijk",
    "Stripe": "pk_live_51HabcdefGHIJKLmno",
    "Mailgun": "key-3ax6xnjp29jd6fds4gc373sg",
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS.keys())
def test_what_looks_like_a_providers_key_is_masked_but_for_its_end(key: str) -> None:
    masked = mask_keys(f"said '{key}', and went on")
    assert masked == f"said '…{key[-4:]}', and went on"


@pytest.mark.parametrize(
    "text",
    [
        "key_pressed_event and key-value-store",
        "keyboardinterrupthandlers",
        "pip install sk-learn-contrib",
        "hf_hub_download_with_retries",
        "pk_orders_customer_id",
        "the bearer of bad news",
        "WWW-Authenticate: Bearer token missing",
        "a risk-1234567 task",
        "skeleton and AIzaakia",
    ],
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert mask_keys(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Authorization: Bearer abc", "Authorization: Bearer …"),
        ('{"Authorization": "Bearer abc"}', '{"Authorization": "Bearer …"}'),
        ("authorization: bearer  hunter2", "authorization: bearer …"),
        ("curl -H 'Bearer s3cr3t-value' x", "curl -H 'Bearer …' x"),
    ],
)
def test_what_follows_bearer_is_masked_and_the_quotes_stay(text: str, masked: str) -> None:
    assert mask_keys(text) == masked


def test_a_known_key_is_masked_whatever_it_looks_like() -> None:
    assert mask_keys("it was correct-horse-battery", ["correct-horse-battery"]) == "it was …tery"


def test_an_empty_known_key_masks_nothing() -> None:
    assert mask_keys("text", [""]) == "text"


def test_nothing_of_a_short_key_is_shown() -> None:
    assert mask_key("hunter2") == "…"


def test_masking_twice_is_masking_once() -> None:
    once = mask_keys("Bearer sk-abc123def456 and " + " ".join(KEYS.values()))
    assert mask_keys(once) == once
