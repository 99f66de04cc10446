"""Finds passwords, tokens and keys by the name before them: ``password = "…"``, ``API_TOKEN=…``, ``--password …``.

What stands there must be a real value: not a variable, a call, a type, a path, a label, or something that is to be
replaced. Rather one is missed than code and prose being full of alarms: what has a shape of its own is found by that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from chatrepl.guard import kinds
from chatrepl.guard.kinds import Finding
from chatrepl.guard.late import compiled

LEAST_PASSWORD_CHARS = 6
LEAST_SECRET_CHARS = 12
LEAST_DISTINCT_CHARS = 4
JUDGED_CHARS = 80
"""Whether a value is real is told from its beginning."""
_OWNER_CHARS = 12

_STEMS = ("pass", "pwd", "secret", "token", "credential", "key")
"""The names hold one of these, in small letters."""
_TAILS = {
    "pass": r"(?:word|wd|phrase|code|wort)?",
    "pwd": "",
    "secret": r"(?:[_-]?(?:access[_-]?)?key(?:[_-]?base)?|[_-]?token)?",
    "token": "",
    "credential": "s?",
    "key": "",
}
_KEY_OWNERS = (
    "api", "access", "auth", "private", "signing", "encryption", "account", "master", "license", "service", "storage",
)  # fmt: skip
"""What a key belongs to that is a secret: ``api_key``. A primary key, a cache key or a keyboard's key is none."""
_TYPES = r"(?::\s?(?:(?:Optional\[)?(?:str|String|string|bytes|SecretStr|&(?:'static\s)?str)\]?(?:\s?\|\s?None)?)\s?=)"
_SEPARATOR = rf"(?:{_TYPES}|=>|:=|=(?!=)|:(?!:)|(?<=\w)>)"
_VALUE = r"""(?:[bfru]{0,2}(?P<quote>["'`])(?P<quoted>(?:(?!(?P=quote))[^\n\\]|\\.){1,512})(?P=quote)|(?P<bare>[^\s"'`<>]{4,512}))"""
_PLACEHOLDER = (
    r"\$[{(A-Za-z_]|%[({sA-Z_]|<|\{\{|\[[^\]]*\]\Z|@\w+@|!|\\[nrt]|=|//|\.{1,2}/|~/|(?:[a-z][a-z0-9+.-]{1,20}:)?//"
    r"|/(?:run|etc|var|home|usr|opt|tmp|secrets|mnt|dev|Users|root)/|(?:env|vault|file|arn|ref|op|secret|gopass):"
)
_PLACEHOLDER_WORDS = (
    r"(?i)change[_-]?(?:me|it|this)|(?<![A-Za-z0-9])example|placeholder|(?<![A-Za-z])your[_-]|[_-]here\b|<\w|x{4}|\*{3}|\.{3}"
    r"|…|redacted|replace[_-]|(?<![A-Za-z0-9])insert|\bdummy|\btodo|\bnone\b|\bnull\b|undefined|\$\{|\{\{"
)
_CHAIN = r"[A-Za-z_$][\w$]*(?:(?:\.|::|->|\?\.)[A-Za-z_$][\w$]*)+[;,)]*\Z"
_CALL = r"(?:await|new)?[A-Za-z_$][\w$.:]*(?:!?\(|\[)"
_WORDS = r"[A-Za-z]+[0-9]{0,2}(?:[_.\-][A-Za-z]*[0-9]{0,2})*\Z"
_HYPHENATED = r"[a-z]{3,}(?:-[a-z]{3,}){3,}\Z"
_NAME = r"[A-Za-z_]\w*\Z"
_TRIM = ".,;:!?)]}*_"


def find_assignments(text: str) -> Iterator[Finding]:
    """Find values that are given to something called a password, token, secret or key."""
    lower = text.replace("\u0130", "i").lower()  # the only letter that becomes longer
    for stem in _STEMS:
        if stem in lower:
            yield from _assigned(text, lower, stem)


@cache
def _assignment(stem: str) -> re.Pattern[str]:
    """Return what follows a stem: the rest of the name, a separator, a value."""
    separator = rf"\\?[\"'\]]{{0,2}}\s{{0,3}}{_SEPARATOR}\s{{0,3}}"
    return re.compile(rf"{_TAILS[stem]}(?:{separator}|(?P<flag>[ \t]{{1,2}})){_VALUE}")


def _assigned(text: str, lower: str, stem: str) -> Iterator[Finding]:
    pattern = _assignment(stem)
    at = lower.find(stem)
    while at >= 0:
        end = at + len(stem)
        if _is_name(lower, at, stem):
            match = pattern.match(text, end) or _in_small_letters(pattern, text, lower, end)
            if match is not None:
                finding = _value(text, lower, at, stem, match)
                if finding is not None:
                    yield finding
                    end = finding.end
        at = lower.find(stem, end)


def _in_small_letters(pattern: re.Pattern[str], text: str, lower: str, at: int) -> re.Match[str] | None:
    """Match a name such as ``PASSWORD``, whose end is written in capitals; only places are taken from it."""
    return pattern.match(lower, at) if text[at : at + 1].isupper() or text[at : at + 1] in "_-" else None


def _is_name(lower: str, at: int, stem: str) -> bool:
    """Whether what begins here can be a name for a secret, from what stands before it."""
    before = lower[max(0, at - _OWNER_CHARS) : at]
    if stem == "key":
        return before.rstrip("_-").endswith(_KEY_OWNERS)
    if stem == "pass" and not lower.startswith(
        ("password", "passwd", "passphrase", "passcode", "passwort"), at
    ):
        return not before[-1:].isalnum()
    return not before.endswith(("max_", "next_", "page_", "num_", "no_", "without_"))


def _value(text: str, lower: str, at: int, stem: str, match: re.Match[str]) -> Finding | None:
    """Return what a match holds, where it is a real value."""
    is_password = stem in {"pass", "pwd"}
    if match["flag"] is not None and not _is_flag(lower, at):
        return None
    kind = kinds.PASSWORD if is_password else kinds.SECRET
    if match["quoted"] is not None:
        start, end = match.span("quoted")
        value = text[start:end]
        is_real = _is_real(value, is_password=is_password) and " " not in value
    else:
        start, end = match.span("bare")
        if text[max(0, at - 40) : at].rpartition("?")[1] or "&" in text[max(0, at - 40) : at]:
            end = start + len(text[start:end].partition("&")[0])
        end = start + len(text[start:end].rstrip(",;"))
        value = text[start:end]
        is_real = _is_real(value, is_password=is_password) and not _is_code(value, text[end : end + 1])
    return Finding(start, end, kind) if is_real else None


def _is_flag(lower: str, at: int) -> bool:
    """Whether the name is that of an option of a command, whose value may follow a blank."""
    word = lower[max(0, at - 24) : at]
    return "--" in word and " " not in word[word.rfind("--") :]


def _is_real(value: str, *, is_password: bool) -> bool:
    head = value[:JUDGED_CHARS]
    core = head.strip(_TRIM)
    has_digit, has_letter = any(map(str.isdigit, core)), any(map(str.isalpha, core))
    if is_password:
        has_sign = any(not sign.isalnum() and sign not in "_-./" for sign in core)
        is_long = len(head) >= LEAST_PASSWORD_CHARS
        is_random = has_digit or (has_letter and has_sign) or compiled(_HYPHENATED).match(core) is not None
    else:
        is_long = len(core) >= LEAST_SECRET_CHARS
        is_random = has_digit and has_letter and not compiled(_WORDS).match(core)
    if not is_long or not is_random or len(set(core)) < LEAST_DISTINCT_CHARS:
        return False
    return not compiled(_PLACEHOLDER).match(head) and not compiled(_PLACEHOLDER_WORDS).search(head)


def _is_code(value: str, after: str) -> bool:
    """Whether an unquoted value is a variable, an attribute or a call."""
    if compiled(_CALL).match(value):
        return True
    if compiled(_CHAIN).match(value) and not any(map(str.isdigit, value)):
        return True
    owner = value.partition(".")[0]
    is_attribute = "." in value and owner in _OWNERS
    is_argument = value.endswith(")") and compiled(_NAME).match(value.rstrip(")")) is not None
    return is_attribute or is_argument or (after in {",", ")"} and compiled(_NAME).match(value) is not None)


_OWNERS = frozenset({
    "self", "this", "cls", "os", "process", "config", "cfg", "settings", "args", "options", "opts", "env",
    "request", "req", "params", "data", "user", "credentials", "ctx", "app", "secrets", "var", "local",
    "module", "each", "input", "props", "state", "form", "values", "event", "context",
})  # fmt: skip
"""What has attributes in code: ``settings.password2`` is no password."""
