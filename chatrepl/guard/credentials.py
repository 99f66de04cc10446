"""Finds keys and tokens by their shapes: provider keys, cloud and Git tokens, JWTs, private keys, passwords in URLs.

Each shape begins with letters that ``str.find`` can look for, so that a text without them costs next to nothing. A
pattern is only tried where such letters begin a word, and never reads further than what it finds: the time is linear.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from chatrepl.guard import kinds
from chatrepl.guard.kinds import Finding, Kind
from chatrepl.guard.late import compiled
from chatrepl.redact import key_shapes

LONGEST_CHARS = 16_384
"""No key or token is read further than so many characters."""
LONGEST_PEM_CHARS = 65_536
LEAST_PEM_RUN_CHARS = 30
"""So much of a line of base64 must follow the first line: documentation shows only that."""
LEAST_KEY_CHARS = 16
"""No key is shorter, and no text of common words has many that are as long."""
LEAST_RUN_CHARS = 10
"""A provider's key holds at least such a run of letters and digits, which a name with hyphens does not."""


class Shape(NamedTuple):
    """How something looks: it begins with one of some texts, and goes on as a pattern says."""

    kind: Kind
    begins: tuple[str, ...]
    pattern: str
    """What follows one of ``begins``. Where it has a group, that is what is found, else all of it."""


_SHAPES = (
    Shape(kinds.AWS_KEY, ("AKIA", "ASIA", "ABIA", "ACCA"), r"[A-Z0-9]{16}(?![A-Za-z0-9])"),
    Shape(kinds.GIT_TOKEN, ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"[A-Za-z0-9]{30,}"),
    Shape(kinds.GIT_TOKEN, ("github_pat_",), r"[A-Za-z0-9_]{40,}"),
    Shape(
        kinds.GIT_TOKEN,
        ("glpat-", "gldt-", "glrt-", "glptt-", "glcbt-", "glft-"),
        r"[A-Za-z0-9_.-]{17,}[\w-]",
    ),
    Shape(kinds.CHAT_TOKEN, ("xox",), r"[abeoprs]-(?=[A-Za-z-]*\d)[A-Za-z0-9-]{12,}"),
    Shape(kinds.CHAT_TOKEN, ("xapp-",), r"\d-[A-Z0-9]+-\d+-[A-Za-z0-9]{20,}"),
    Shape(kinds.WEBHOOK, ("https://hooks.slack.com/",), r"(?:services|workflows|triggers)/[A-Za-z0-9/]{30,}"),
    Shape(
        kinds.WEBHOOK,
        ("https://discord.com/api/webhooks/", "https://discordapp.com/api/webhooks/"),
        r"\d{15,}/[\w-]{40,}",
    ),
    Shape(kinds.GOOGLE_TOKEN, ("ya29.",), r"[\w-]{20,}"),
    Shape(kinds.GOOGLE_TOKEN, ("GOCSPX-",), r"[\w-]{20,}"),
    Shape(kinds.API_KEY, ("SG.",), r"[\w-]{20,24}\.[\w-]{39,50}"),
    Shape(kinds.API_KEY, ("SK",), r"[0-9a-f]{32}(?![A-Za-z0-9])"),
    Shape(kinds.API_KEY, ("whsec_",), r"[A-Za-z0-9+/=]{24,}"),
    Shape(kinds.API_KEY, ("nvapi-", "tvly-", "csk-"), r"(?=[A-Za-z_-]*\d)[\w-]{24,}"),
    Shape(
        kinds.API_KEY, ("lsv2_pt_", "lsv2_sk_", "lin_api_", "ntn_", "figd_"), r"(?=[A-Za-z_-]*\d)[\w-]{30,}"
    ),
    Shape(kinds.API_KEY, ("PMAK-",), r"[0-9a-f]{24}-[0-9a-f]{34}"),
    Shape(kinds.API_KEY, ("NRAK-",), r"[A-Z0-9]{27}"),
    Shape(kinds.API_KEY, ("sntrys_", "sntryu_", "glsa_", "glc_"), r"(?=[A-Za-z_-]*\d)[\w+/=-]{30,}"),
    Shape(kinds.CLOUD_TOKEN, ("dop_v1_", "doo_v1_", "dor_v1_"), r"[0-9a-f]{64}"),
    Shape(kinds.CLOUD_TOKEN, ("dapi",), r"[0-9a-f]{32}(?![A-Za-z0-9])"),
    Shape(kinds.CLOUD_TOKEN, ("hvs.", "hvb."), r"(?=[A-Za-z_-]*\d)[\w-]{24,}"),
    Shape(kinds.CLOUD_TOKEN, ("ATATT3",), r"[\w=-]{50,}"),
    Shape(kinds.CLOUD_TOKEN, ("dp.pt.", "dp.st."), r"[A-Za-z0-9._-]{40,}"),
    Shape(kinds.CLOUD_TOKEN, ("sbp_",), r"[0-9a-f]{40}"),
    Shape(kinds.CLOUD_TOKEN, ("pscale_tkn_", "pscale_pw_"), r"[\w.-]{32,}"),
    Shape(kinds.CLOUD_TOKEN, ("shpat_", "shpca_", "shppa_", "shpss_"), r"[0-9a-fA-F]{32}"),
    Shape(kinds.SECRET, ("AccountKey=", "SharedAccessKey="), r"([A-Za-z0-9+/]{40,}={0,2})"),
    Shape(kinds.PACKAGE_TOKEN, ("npm_",), r"[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
    Shape(kinds.PACKAGE_TOKEN, ("pypi-AgE",), r"[\w-]{50,}"),
    Shape(kinds.PACKAGE_TOKEN, ("rubygems_",), r"[0-9a-f]{48}"),
    Shape(kinds.PACKAGE_TOKEN, ("dckr_pat_",), r"[\w-]{20,}"),
    Shape(kinds.PRIVATE_KEY, ("AGE-SECRET-KEY-1",), r"[A-Z0-9]{40,}"),
    Shape(kinds.JWT, ("eyJ",), r"[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"),
    Shape(
        kinds.ACCESS_TOKEN,
        ("Bearer ", "bearer ", "BEARER "),
        r"\s*((?=[A-Za-z._~+/-]*\d)[\w.~+/-]{20,}={0,2})",
    ),
)
"""Beside those of ``redact``. Source: the providers' documents and GitHub's list of secret scanning patterns, 2026."""

_KEY_BEGINS = ("sk-", "sk_", "rk_", "rk-", "gsk_", "xai-", "hf_", "r8_", "pplx-", "key-", "AIza")
"""How the keys begin whose shapes ``redact`` knows."""
_PEM = r"-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
_PEM_DATA = rf"[A-Za-z0-9+/]{{{LEAST_PEM_RUN_CHARS}}}"
_BETWEEN = r"(?:\s|\\+[nr]|[\"',>|])*"
_PEM_REST = (
    r"\s*(?:[A-Za-z-]{1,20}: [^\n]{0,100}\n)*"
    rf"(?:{_BETWEEN}[A-Za-z0-9+/=]{{{LEAST_PEM_RUN_CHARS},}})+(?:{_BETWEEN}[A-Za-z0-9+/=]{{1,64}})?"
)
"""What follows the first line of a key whose last line is missing: lines of base64, of which the last may be short."""
_PEM_END = r"-----END (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
_URL_USER = r"[^\s/:@\"'<>\\?#]{0,128}:([^\s/\"'<>\\?]{1,512})@(?=[\w\[$<{%-])"
_BASIC = r"[ \t]+([A-Za-z0-9+/]{8,}={0,2})"
_CURL_USER = r"(?:-u|--user)(?:[ \t]+|=)[\"']?[\w.@+-]{1,64}:([^\s\"'$:][^\s\"']{3,127})"
_RUN = rf"[A-Za-z0-9]{{{LEAST_RUN_CHARS},}}"
_STANDS_FOR_ONE = (
    r"\$[{(A-Za-z_]|%[(s]|[<{\[]|(?i:pass(word|wd|wort)?|pw|pwd|secret|token|x+|\*+|\.+|…|your\w*)\Z"
)
_CURL_CHARS = 400
"""The user of a ``curl`` is looked for so far behind it."""


def find_credentials(text: str) -> Iterator[Finding]:
    """Find keys, tokens, private keys, and passwords in URLs. The findings may overlap, and come in no order."""
    words = "\n".join(word for word in text.split() if len(word) >= LEAST_KEY_CHARS)
    for shape in _SHAPES:
        for begin in shape.begins:
            if begin in (text if begin.endswith(" ") else words):
                pattern = compiled(re.escape(begin) + shape.pattern)
                yield from _shaped(text, begin, shape.kind, pattern, bool)
    for begin in _KEY_BEGINS:
        if begin in words:
            yield from _shaped(text, begin, kinds.API_KEY, key_shapes(), _is_key)
    if "PRIVATE KEY" in text:
        yield from _private_keys(text)
    if "://" in text:
        yield from _url_passwords(text)
    for begin in ("Basic", "basic"):
        if begin in text:
            yield from _basic(text, begin)
    if "curl" in text:
        yield from _curl_users(text)


def begins_word(text: str, at: int) -> bool:
    """Whether a place is not in the middle of a word. A line end written out with a backslash ends one too."""
    if at == 0:
        return True
    before = text[at - 1]
    return not (before.isalnum() or before in "_-") or _is_behind_written_line_end(text, at)


def _is_behind_written_line_end(text: str, at: int) -> bool:
    return at > 1 and text[at - 2] == "\\" and text[at - 1] in "nrt"


def _shaped(
    text: str, begin: str, kind: Kind, pattern: re.Pattern[str], is_one: Callable[[str], bool]
) -> Iterator[Finding]:
    at = text.find(begin)
    while at >= 0:
        end = at + len(begin)
        match = _match(pattern, text, at) if begins_word(text, at) else None
        if match is not None:
            offset = at - match.start()
            end = max(end, offset + match.end())
            if is_one(match[0]):
                start, behind = match.span(match.lastindex or 0)
                yield Finding(offset + start, offset + behind, kind)
        at = text.find(begin, end)


def _match(pattern: re.Pattern[str], text: str, at: int) -> re.Match[str] | None:
    """Match where a word begins, also for a pattern that takes a written line end for a part of the word."""
    if _is_behind_written_line_end(text, at):
        return pattern.match(text[at : at + LONGEST_CHARS])
    return pattern.match(text, at, at + LONGEST_CHARS)


def _is_key(value: str) -> bool:
    has_run = any(any(map(str.isdigit, run)) for run in compiled(_RUN).findall(value))
    return has_run and len(value) >= LEAST_KEY_CHARS


def _private_keys(text: str) -> Iterator[Finding]:
    """Find private keys in PEM form, with their first and last lines; where the last is missing, as far as they go."""
    at = 0
    while match := compiled(_PEM).search(text, at):
        at = match.end()
        end = text.find("-----END", at, at + LONGEST_PEM_CHARS)
        closing = compiled(_PEM_END).match(text, end) if end >= 0 else None
        if closing is not None and compiled(_PEM_DATA).search(text, at, end):
            at = closing.end()
        elif closing is None and (rest := compiled(_PEM_REST).match(text, at, at + LONGEST_PEM_CHARS)):
            at = rest.end()
        else:
            continue
        yield Finding(match.start(), at, kinds.PRIVATE_KEY)


def _url_passwords(text: str) -> Iterator[Finding]:
    at = text.find("://")
    while at >= 0:
        end = at + 3
        match = compiled(_URL_USER).match(text, end)
        if match is not None:
            user = text[end : match.start(1) - 1]
            if match[1] != user and not compiled(_STANDS_FOR_ONE).match(match[1]):
                yield Finding(*match.span(1), kinds.PASSWORD)
            end = match.end()
        at = text.find("://", end)


def _basic(text: str, begin: str) -> Iterator[Finding]:
    """Find ``Basic dXNlcjpwYXNz``: what it holds must be a user and a password."""
    at = text.find(begin)
    while at >= 0:
        end = at + len(begin)
        match = compiled(_BASIC).match(text, end, end + LONGEST_CHARS)
        if match is not None:
            end = match.end()
            if _is_user_and_password(match[1]):
                yield Finding(*match.span(1), kinds.PASSWORD)
        at = text.find(begin, end)


def _is_user_and_password(encoded: str) -> bool:
    import base64
    import binascii

    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        return False
    user, colon, password = decoded.partition(":")
    return bool(user and colon and password) and decoded.isprintable()


def _curl_users(text: str) -> Iterator[Finding]:
    at = text.find("curl")
    while at >= 0:
        end = text.find("curl", at + 4)
        limit = min(at + _CURL_CHARS, end if end >= 0 else len(text))
        for match in compiled(_CURL_USER).finditer(text, at, limit):
            if not compiled(_STANDS_FOR_ONE).match(match[1]):
                yield Finding(*match.span(1), kinds.PASSWORD)
        at = end
