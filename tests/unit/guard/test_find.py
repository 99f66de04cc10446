"""What is found in a text, and what is not."""

from __future__ import annotations

import base64
import re
import uuid
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from chatrepl.guard.find import find
from chatrepl.guard.personal import is_card, is_german_tax_id, is_iban, is_spanish_id

ROOT = Path(__file__).resolve().parents[3]
HEX = "0123456789abcdef" * 4
MIXED = "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA" * 3
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{MIXED[:64]}\n{MIXED[:64]}\nabcd==\n-----END RSA PRIVATE KEY-----"
LOCKED_PEM = f"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF\n\n{MIXED[:64]}\n-----END EC PRIVATE KEY-----"


def values(text: str, *, is_personal: bool = False) -> list[str]:
    return [text[each.start : each.end] for each in find(text, is_personal=is_personal)]


SECRETS = {
    "AWS": "AKIAIOSFODNN7EXAMPLE",
    "AWS for a session": "ASIAABCDEFGHIJKLMNOP",
    "OpenAI": f"sk-proj-{MIXED[:40]}",
    "OpenAI, old": f"sk-{MIXED[:48]}",
    "Anthropic": f"sk-ant-api03-{MIXED[:60]}-xyz_AA",
    "OpenRouter": f"sk-or-v1-{HEX}",
    "Groq": f"gsk_{MIXED[:52]}",
    "xAI": f"xai-{MIXED[:60]}",
    "Google": "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "Hugging Face": f"hf_{MIXED[:34]}",
    "Stripe": f"sk_live_{MIXED[:24]}",
    "GitHub": f"ghp_{MIXED[:36]}",
    "GitHub, fine-grained": f"github_pat_{MIXED[:22]}_{MIXED[:59]}",
    "GitLab": f"glpat-{MIXED[:20]}",
    "Slack": "xoxb-123456789012-1234567890123-abcDEF123456",
    "Slack webhook": "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
    "npm": f"npm_{MIXED[:36]}",
    "PyPI": f"pypi-AgEIcHlwaS5vcmc{MIXED[:60]}",
    "DigitalOcean": f"dop_v1_{HEX}",
    "SendGrid": f"SG.{MIXED[:22]}.{MIXED[:43]}",
    "Vault": f"hvs.{MIXED[:28]}",
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcDEF123_-x",
    "private key": PEM,
    "private key with a password": LOCKED_PEM,
    "private key in JSON": PEM.replace("\n", "\\n"),
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize(
    "around", ["{}", "it is {}, I think", 'x = "{}"', "line\n{}\nline", "a\\n{}\\nb", "({})"]
)
def test_a_secret_is_found_wherever_it_stands_and_nothing_beside_it(secret: str, around: str) -> None:
    assert values(around.format(secret)) == [secret]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("postgres://bob:s3cr3t@db.example.com/x", "s3cr3t"),
        ("redis://:p@ss@w0rd1@localhost:6379", "p@ss@w0rd1"),
        ("https://user:ghx9@host/path", "ghx9"),
        ("password=hunter2", "hunter2"),
        ("DB_PASSWORD=s3cr3tPa55", "s3cr3tPa55"),
        ("password: Tr0ub4dor&3", "Tr0ub4dor&3"),
        ('{"password": "hunter22!"}', "hunter22!"),
        ("Passwort = geheim!123", "geheim!123"),
        ("password=correct-horse-battery-staple", "correct-horse-battery-staple"),
        ('password: str = "hunter2x"', "hunter2x"),
        ("<password>hunter2</password>", "hunter2"),
        ("mysql -u root --password hunter2foo", "hunter2foo"),
        ("https://x.example/?a=1&password=abc123xyz&b=2", "abc123xyz"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ('api_key: "abcd1234efgh5678"', "abcd1234efgh5678"),
        ("client-secret = 'a1b2c3d4e5f6g7'", "a1b2c3d4e5f6g7"),
        ("//registry.example/:_authToken=0a1b2c3d4e5f6a7b", "0a1b2c3d4e5f6a7b"),
        ("SECRET_KEY = 'django-insecure-4k2j3h4k2j'", "django-insecure-4k2j3h4k2j"),
        ("Authorization: Bearer abcdefghijkl1234567890mnop", "abcdefghijkl1234567890mnop"),
        ("Authorization: Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA=="),
        ("curl -u admin:S3cret! https://x.example", "S3cret!"),
        ("AccountName=x;AccountKey=" + MIXED[:84] + "==;", MIXED[:84] + "=="),
        (f"-----BEGIN PRIVATE KEY-----\n{MIXED[:64]}\nabc and no end", f"-----BEGIN PRIVATE KEY-----\n{MIXED[:64]}\nabc"),
    ],
)  # fmt: skip
def test_a_secret_is_found_by_what_stands_around_it(text: str, secret: str) -> None:
    assert values(text) == [secret]


@pytest.mark.parametrize(
    "text",
    [
        'password = os.environ["DB_PASSWORD2"]',
        "password = getpass('x1')",
        "def f(password: str, token: int = 4096) -> None: login(password=pass2, token=tok3)",
        "self.password = self.password2; token = tokens[0]; api_key = settings.api_key",
        "password: <your password> password=${DB_PASSWORD1} PASSWORD=changeme1 PASS=%(pass1)s",
        'password: "Enter at least 8 characters"',
        "The password: it must have 8 characters. Password: required! Secret: see above. The token is new.",
        "password: /run/secrets/db1 token: https://x.example/t0ken1234567",
        "if password == 'abc1234': pass",
        "secretKeyRef: my-app-secret-v2 secretName: tls-2024-cert",
        "max_tokens=128000 next_page_token: abcdef123456789 tokens_per_minute = 200000 tokenizer = o200k_base_1234",
        "primary_key=True, cache_key = 'abc123def456ghi', keyboard: qwerty123456, monkey=abc123def456",
        ".sk-circle12 .sk-fading-circle12 sk-SK-2020 sk-learn-contrib-0.24",
        "postgres://user:password@localhost postgres://postgres:postgres@db https://USER:PASSWORD@HOST http://h:8080/a@b",
        "https://${USER}:${PASS}@host ftp://<user>:<secret1>@host",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY----- is how it looks, and the rest is in base64",
        "-----BEGIN PUBLIC KEY-----\n" + MIXED[:64] + "\n-----END PUBLIC KEY-----",
        "password=[PASSWORD_1] token: [TOKEN_12] [API_KEY_1]",
        "Basic understanding, basic authentication: Basic YWJjZGVmZ2g=",
        "bearer authentication with a bearer token-based-authentication-scheme",
        "AKIA is how they begin; eyJ too, and ghp_, and xoxb-",
    ],
)
def test_what_only_looks_like_a_secret_is_left_alone(text: str) -> None:
    assert values(text) == []


def lock_file(random: Random) -> str:
    return "\n".join(
        f'[[package]]\nname = "thing-{n}"\nversion = "{n}.{n % 7}.1-rc.{n}"\nhash = "sha256:{random.randbytes(32).hex()}"\n'
        f'"integrity": "sha512-{base64.b64encode(random.randbytes(64)).decode()}",'
        for n in range(200)
    )


def test_hashes_uuids_versions_pictures_and_lock_files_are_left_alone() -> None:
    random = Random(7)
    texts = [
        lock_file(random),
        "\n".join(str(uuid.UUID(bytes=random.randbytes(16))) for _ in range(500)),
        "\n".join(random.randbytes(20).hex() for _ in range(500)),
        "![x](data:image/png;base64," + base64.b64encode(random.randbytes(90_000)).decode() + ")",
        "\n".join(f"v{n}.{n}.{n}+build.{n} 2026-01-{n % 28 + 1:02} 12:00:{n % 60:02}" for n in range(500)),
    ]
    for text in texts:
        assert values(text) == []


def test_the_programs_own_code_and_pages_hold_no_secret() -> None:
    """Some thousand lines that speak of keys, tokens and passwords on every page."""
    files = [*(ROOT / "chatrepl").rglob("*.py"), *(ROOT / "docs").glob("*.md"), ROOT / "CHANGELOG.md"]
    shown = {"chatrepl/guard/credentials.py", "chatrepl/guard/assignments.py", "docs/guide.md"}
    found = {
        f"{file.relative_to(ROOT)}: {value}"
        for file in files
        if str(file.relative_to(ROOT)) not in shown
        for value in values(file.read_text(encoding="utf-8"))
    }
    assert found == set()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("write to bob.smith+news@mail.example.com.", "bob.smith+news@mail.example.com"),
        ("mailto:a@b.de", "a@b.de"),
        ("call +49 170 1234567 today", "+49 170 1234567"),
        ("+44 20 7946 0958", "+44 20 7946 0958"),
        ("(415) 555-2671", "(415) 555-2671"),
        ("415-555-2671", "415-555-2671"),
        ("Tel.: 030/1234567", "030/1234567"),
        ("4111 1111 1111 1111", "4111 1111 1111 1111"),
        ("card 378282246310005.", "378282246310005"),
        ("1. 5500-0000-0000-0004", "5500-0000-0000-0004"),
        ("DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00"),
        ("pay GB82WEST12345698765432 NOW", "GB82WEST12345698765432"),
        ("IBAN GB82 WEST 1234 5698 7654 32 PLEASE", "GB82 WEST 1234 5698 7654 32"),
        ("SSN 078-05-1120", "078-05-1120"),
        ("Steuer-ID 86 095 742 719", "86 095 742 719"),
        ("86095742719", "86095742719"),
        ("DNI 12345678Z", "12345678Z"),
        ("NIE X1234567L", "X1234567L"),
    ],
)
def test_personal_data_is_found_where_it_is_asked_for(text: str, value: str) -> None:
    assert values(text, is_personal=True) == [value]
    assert values(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "icon@2x.png git@github.com:me/it.git left-pad@1.3.0 @decorator user@localhost a@b",
        "4111 1111 1111 1112",
        "DE89 3704 0044 0532 0130 01",
        "000-12-3456 666-12-3456 123-00-4567 123-45-0000",
        "86095742718 12345678901",
        "12345678A X1234567A",
        "2026-01-02 03:04:05.123456 1767323045123 192.168.100.200 1,234,567,890",
        "@@ -120,50 +140,70 @@\n+2024-01-02 10:00:00 done",
        "sha 4111111111111111aa 0x4111111111111111 v1.4111111111111111",
    ],
)
def test_numbers_that_fail_their_check_are_no_personal_data(text: str) -> None:
    assert values(text, is_personal=True) == []


@pytest.mark.parametrize("digit", "0123456789")
def test_exactly_one_check_digit_fits(digit: str) -> None:
    assert is_card("411111111111111" + digit) == (digit == "1")
    assert is_german_tax_id("8609574271" + digit) == (digit == "9")
    assert is_iban("DE8" + digit + "370400440532013000") == (digit == "9")


def test_exactly_one_letter_of_a_spanish_id_fits() -> None:
    assert [letter for letter in "ABCDEFGHJKLMNPQRSTVWXYZ" if is_spanish_id(f"12345678{letter}")] == ["Z"]


def test_allowed_values_are_fine() -> None:
    text = "password=hunter2 password=hunter3"
    found = find(text, allowed=[re.compile("hunter2")])
    assert [text[each.start : each.end] for each in found] == ["hunter3"]


def test_what_overlaps_is_found_as_one() -> None:
    text = f"token=prefix1;{SECRETS['GitHub']};rest1"
    assert values(text) == [f"prefix1;{SECRETS['GitHub']};rest1"]


HOSTILE = {
    "key beginnings": "sk-" * 33_000,
    "a long key": " sk-" + "a" * 100_000,
    "names": "api_key=" * 12_500,
    "passwords": "password: " * 10_000,
    "quotes": 'password="' + "a" * 100_000,
    "tokens in tokens": "token=abcdefghijklm_" * 5000,
    "private keys": "-----BEGIN PRIVATE KEY-----" * 3700,
    "half web tokens": "eyJaaaaaaaa." * 8000,
    "URLs": "://a:" * 20_000,
    "curls": "curl -u a:" * 10_000,
    "addresses": "a@" * 50_000,
    "digits": "1" * 100_000,
    "spread digits": "1 " * 50_000,
    "cards": "4111 1111 1111 1111 " * 5000,
    "plus": "+1" * 50_000,
    "IBANs": "DE89 " * 20_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_looked_through(text: str) -> None:
    """How long that takes, and that it is in proportion to the text, is measured in ``bench/linear``."""
    found = find(text, is_personal=True)
    assert all(0 <= each.start < each.end <= len(text) for each in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
