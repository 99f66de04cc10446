"""Placeholders go out, values come back: nothing secret is sent, and nothing of the reply is lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatrepl.api import chat as chat_dialect
from chatrepl.api import responses as responses_dialect
from chatrepl.exchange import Request
from chatrepl.guard.find import find
from chatrepl.guard.masking import Masking, Unmasker
from chatrepl.guard.screening import Screening, described
from chatrepl.messages import ItemPart, Message, MessageId, Part, ReasoningPart, Role, TextPart, piece_of
from chatrepl.providers import provider_at

AT = datetime(2026, 1, 2, tzinfo=UTC)
PROVIDER = provider_at("https://api.openai.com/v1")
MIXED = "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA"

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def random_text(length: int) -> st.SearchStrategy[str]:
    return st.text(LETTERS, min_size=length, max_size=length)


PEM = random_text(64).map(
    lambda body: f"-----BEGIN PRIVATE KEY-----\n{body}\n{body[:20]}==\n-----END PRIVATE KEY-----"
)
SECRETS = st.one_of(
    random_text(36).map("ghp_{}".format),
    random_text(30).map("sk-proj-1a2b3c4d5e6f{}".format),
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=16, max_size=16).map("AKIA{}".format),
    PEM,
)
AROUND = st.text("abc [](){}\n\"'\\:_é1", max_size=20)
PIECES = st.lists(st.tuples(AROUND, SECRETS, AROUND), min_size=1, max_size=4)


def message(*parts: Part | str, role: Role = Role.USER, number: int = 1) -> Message:
    made = tuple(TextPart(part) if isinstance(part, str) else part for part in parts)
    return Message(MessageId(f"{number:032x}"), None, role, made, AT)


def wire_bytes(request: Request) -> bytes:
    """Return all that the dialects would make of a request."""
    bodies = [dialect.request_body(request, PROVIDER) for dialect in (chat_dialect, responses_dialect)]
    return json.dumps(bodies, ensure_ascii=False).encode()


def in_json(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False)[1:-1].encode()


@settings(max_examples=150, deadline=None)
@given(PIECES, PIECES, st.booleans())
def test_no_secret_is_in_any_byte_that_is_sent_and_all_come_back(
    said: list[tuple[str, str, str]], prompt: list[tuple[str, str, str]], splits_finely: bool
) -> None:
    texts = ["\n".join(f"{a} {secret} {b}" for a, secret, b in pieces) for pieces in (said, prompt)]
    secrets = {secret for _, secret, _ in (*said, *prompt)}
    bare = " ".join(secrets)
    request = Request(
        "m",
        (
            message(texts[0]),
            message(f"You said {bare}", role=Role.ASSISTANT, number=2),
            message("go on", number=3),
        ),
        system=texts[1],
        continues=False,
    )
    screening = Screening()

    masked = screening.masked(request)

    sent = wire_bytes(masked)
    assert [secret for secret in secrets if in_json(secret) in sent] == []
    echo = masked.messages[0].text + (masked.system or "")
    unmasker = screening.unmasker()
    step = 1 if splits_finely else 7
    got = [unmasker.feed(echo[at : at + step]) for at in range(0, len(echo), step)]
    assert "".join((*got, unmasker.flush())) == "".join(texts)
    again = screening.masked(request)
    assert [one.text for one in again.messages] == [one.text for one in masked.messages]


@given(st.text("[]_AB12\n", max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_a_reply_is_put_back_the_same_however_it_is_cut(text: str, one: int, other: int) -> None:
    values = {"[A_1]": "first", "[AB_2]": "sec[A_1]ond", "[A_12]": "", "[B_1]": "[["}

    def whole(pieces: list[str]) -> str:
        unmasker = Unmasker(values)
        return "".join([*(unmasker.feed(piece) for piece in pieces), unmasker.flush()])

    low, high = sorted((one, other))
    expected = whole([text])
    assert whole([text[:low], text[low:high], text[high:]]) == expected
    assert whole([*text]) == expected


def test_a_placeholder_is_put_back_wherever_it_is_cut() -> None:
    text = "Use [API_KEY_1] now, not [API_KEY_12] or API_KEY_1."
    for at in range(len(text) + 1):
        unmasker = Unmasker({"[API_KEY_1]": "sk-1"})
        assert unmasker.feed(text[:at]) + unmasker.feed(text[at:]) + unmasker.flush() == text.replace(
            "[API_KEY_1]", "sk-1"
        )


def test_only_what_can_become_a_placeholder_is_held_back() -> None:
    unmasker = Unmasker({"[API_KEY_1]": "sk-1"})
    assert unmasker.feed("a [b] [API") == "a [b] "
    assert unmasker.feed("_DOC]") == "[API_DOC]"
    assert unmasker.feed("[[API_KEY_") == "["
    assert unmasker.flush() == "[API_KEY_"


def mask(masking: Masking, text: str) -> str:
    findings = find(text)
    masking.learn(text, findings)
    return masking.masked(text, masking.places(text, findings, masking.order))


def test_the_same_value_has_the_same_placeholder_and_another_has_another() -> None:
    masking = Masking()
    assert mask(masking, "password=hunter2 password=hunter3") == "password=[PASSWORD_1] password=[PASSWORD_2]"
    assert (
        mask(masking, "hunter3 was right, hunter2 was not") == "[PASSWORD_2] was right, [PASSWORD_1] was not"
    )


def test_a_placeholder_that_somebody_wrote_is_given_to_no_value() -> None:
    masking = Masking()
    text = "[PASSWORD_1] and [PASSWORD_3]: password=hunter2 password=hunter3"
    assert mask(masking, text) == "[PASSWORD_1] and [PASSWORD_3]: password=[PASSWORD_2] password=[PASSWORD_4]"


def test_what_is_masked_is_not_masked_again() -> None:
    masking = Masking()
    once = mask(masking, 'password=hunter2 api_key: "abcd1234efgh5678" https://u:p4ss@h')
    assert "[PASSWORD_1]" in once
    assert mask(masking, once) == once


def test_a_short_value_is_masked_only_where_it_was_found() -> None:
    request = Request("m", (message("ftp://u:is1@h and this is1 fine"),))
    assert Screening().masked(request).messages[0].text == "ftp://u:[PASSWORD_1]@h and this is1 fine"


def test_values_that_overlap_come_back_whole() -> None:
    screening = Screening()
    first = message("password=abcdef123456")
    second = message(f"password=123456xyz789 abcdef123456xyz789 {MIXED}", number=2)
    masked = screening.masked(Request("m", (first, second)))
    assert b"123456" not in wire_bytes(masked)
    unmasker = screening.unmasker()
    assert unmasker.feed(masked.messages[1].text) + unmasker.flush() == second.text


def test_a_known_value_is_masked_in_messages_that_were_looked_through_before_it_was_known() -> None:
    screening = Screening()
    early = message("is it hunter2?")
    assert screening.masked(Request("m", (early,))).messages[0].text == "is it hunter2?"
    late = message("password=hunter2", number=2)
    assert [one.text for one in screening.masked(Request("m", (early, late))).messages] == [
        "is it [PASSWORD_1]?",
        "password=[PASSWORD_1]",
    ]


def test_every_part_with_words_is_masked_and_the_others_stay_what_they_are() -> None:
    sealed = json.dumps({"type": "reasoning", "id": "x", "encrypted_content": "hunter2"})
    plain = json.dumps({"type": "message", "content": [{"text": "it is hunter2"}]})
    reply = message(
        ReasoningPart("hunter2?"), ItemPart(f"{sealed}\n{plain}\n"), role=Role.ASSISTANT, number=2
    )
    asked = message("password=hunter2", "and hunter2 too")
    masked = Screening().masked(Request("m", (asked, reply)))
    assert [piece_of(part)[1] for part in masked.messages[0].parts] == [
        "password=[PASSWORD_1]",
        "and [PASSWORD_1] too",
    ]
    reasoning, item = masked.messages[1].parts
    assert reasoning == ReasoningPart("[PASSWORD_1]?")
    assert isinstance(item, ItemPart)
    lines = item.text.splitlines()
    assert lines[0] == sealed
    assert json.loads(lines[1])["content"][0]["text"] == "it is [PASSWORD_1]"


def test_a_request_without_secrets_stays_the_same_object() -> None:
    request = Request("m", (message("nothing here [NOTE_1]"),), system="Be brief.")
    assert Screening().masked(request) is request


def test_what_may_pass_is_sent_as_it_is_and_the_rest_is_not() -> None:
    request = Request("m", (message("password=hunter2 password=hunter3"),))
    masked = Screening().masked(request, passed={"hunter2"})
    assert masked.messages[0].text == "password=hunter2 password=[PASSWORD_1]"


def test_what_was_found_is_told_by_kind_and_place_and_never_shown() -> None:
    chat = (
        message("first line\npassword=hunter2", number=1),
        message(f"use ghp_{MIXED}abcd", role=Role.ASSISTANT, number=2),
        message("hello\n\nAKIAIOSFODNN7EXAMPLE", number=3),
    )
    found = Screening().found("password=hunter3", chat)
    said = described(found)
    assert said == (
        "an AWS access key (…MPLE) in line 3 of your message, a Git token (…abcd) in an earlier reply,"
        " a password in line 2 of an earlier message of yours and a password in the system prompt"
    )


def test_only_some_of_many_are_told_of() -> None:
    found = Screening().found(None, [message(" ".join(f"password=hunter{n}" for n in range(10, 20)))])
    assert described(found).endswith("a password in your message and 5 more")


@pytest.mark.parametrize("is_personal", [False, True])
def test_personal_data_is_masked_only_where_it_is_asked_for(is_personal: bool) -> None:
    request = Request("m", (message("I am bob@example.com, 4111 1111 1111 1111"),))
    text = Screening(is_personal=is_personal).masked(request).messages[0].text
    assert text == (
        "I am [EMAIL_1], [CARD_1]" if is_personal else "I am bob@example.com, 4111 1111 1111 1111"
    )
