"""Finds personal data: e-mail addresses, phone and card numbers, IBANs, national ids. Numbers must pass their check.

Every pattern begins where no digit or letter stands before, and reads a bounded piece: the time is linear.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from chatrepl.guard import kinds
from chatrepl.guard.kinds import Finding, Kind

_LOCAL_CHARS = 64
_LOCAL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-")
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9-])"
)
_USER = re.compile(r"://[^\s/]*\Z")
"""What stands before the user or the password of a URL, which are no address."""
_FILE_ENDINGS = frozenset({
    "png", "jpg", "jpeg", "gif", "webp", "svg", "ico", "css", "js", "ts", "py", "rb", "go", "rs", "c", "h",
    "json", "yaml", "yml", "toml", "md", "txt",
})  # fmt: skip
"""``icon@2x.png`` is a file."""
_INTERNATIONAL = re.compile(
    r"\+[1-9]\d{0,2}(?: ?\(\d{1,4}\))?(?:[ .\-/]?\d{1,5}){2,6}(?![.,:-]?\d)(?![A-Za-z_])"
)
_AMERICAN = re.compile(
    r"(?<![\w.+-])(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[-.])[2-9]\d\d[-.]\d{4}(?![\w-])(?!\.\d)"
)
_CALLED = re.compile(r"(?i)(?:tel(?:ephone|efon)?|phone|fon|fax|mobile?|cell|handy|call|whatsapp)\b")
_NATIONAL = re.compile(
    _CALLED.pattern + r"[^\n\d+]{0,12}(?P<number>\(?\d{2,5}\)?(?:[ \-/.]?\d{1,5}){2,6})(?!\w)"
)
_DATE = re.compile(r"\+(?:19|20)\d\d-\d\d-\d\d")
_CARD = re.compile(r"(?<![\w.-])[2-6]\d{3}(?:[ -]?\d){8,15}(?![\w-])(?!\.\d)")
_CARD_DIGITS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[068]\d{12}|35\d{14}"
    r"|6(?:011|[245]\d\d)\d{12}|(?:50|5[6-8]|6[37])\d{11,17}"
)
"""How they begin and how long they are. Source: ISO/IEC 7812, and the networks' own tables."""
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Za-z0-9])")
_IBAN_CHARS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28, "CH": 21,
    "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27,
    "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26,
    "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24,
    "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29,
    "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24,
    "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip
"""Length by country. Source: SWIFT, IBAN registry, release 98."""
_SOCIAL_SECURITY = re.compile(
    r"(?<![\w.-])(?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])(?!\.\d)"
)
_GERMAN_TAX_ID = re.compile(r"(?<![\w.-])[1-9]\d(?: ?\d{3}){3}(?![\w-])(?!\.\d)")
_SPANISH_ID = re.compile(r"(?<![\w.-])(?:\d{2}\.?\d{3}\.?\d{3}|[XYZ]-?\d{7})-?[A-HJ-NP-TV-Z](?![\w-])")
_SPANISH_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_NUMBER = re.compile(r"\d[\d ()./-]*")
_LEAST_DIGITS = 7
"""All numbers that are looked for have a row of so many, with nothing but signs between them."""
_BEFORE_CHARS, _BEHIND_CHARS = 32, 40
"""A word before a number, and the letters in an IBAN, stand so near to that row."""


def find_personal(text: str) -> Iterator[Finding]:
    """Find personal data. The findings may overlap, and come in no order."""
    if "@" in text:
        yield from _emails(text)
    for match in _NUMBER.finditer(text):
        count = sum(map(str.isdigit, match[0]))
        if count >= _LEAST_DIGITS:
            yield from _numbers(text, *match.span(), count)


def _numbers(text: str, start: int, end: int, count: int) -> Iterator[Finding]:
    """Find what a row of so many digits is, or belongs to."""
    for kind, least, pattern, is_one in _CHECKED:
        if count < least or (pattern is _INTERNATIONAL and text[start - 1 : start] != "+"):
            continue
        for match in pattern.finditer(text, max(0, start - 3), end + 4):
            if is_one(match[0]):
                yield Finding(*match.span(), kind)
    before = text[max(0, start - _BEFORE_CHARS) : start]
    if _CALLED.search(before):
        for match in _NATIONAL.finditer(text, start - len(before), end + 1):
            if 7 <= len(_digits(match["number"])) <= 15:
                yield Finding(*match.span("number"), kinds.PHONE)
    if before.rstrip()[-1:].isupper():
        yield from _ibans(text, start - len(before), end + _BEHIND_CHARS)


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _emails(text: str) -> Iterator[Finding]:
    at = text.find("@")
    while at >= 0:
        start = at
        while start > 0 and at - start < _LOCAL_CHARS and text[start - 1] in _LOCAL:
            start -= 1
        while start < at and text[start] in ".-%+":
            start += 1
        match = _DOMAIN.match(text, at + 1, at + 255) if start < at else None
        if (
            match is not None
            and not _USER.search(text, max(0, start - 80), start)
            and _is_email(text[start:at], match[0], text[match.end() : match.end() + 1])
        ):
            yield Finding(start, match.end(), kinds.EMAIL)
        at = text.find("@", match.end() if match is not None else at + 1)


def _is_email(local: str, domain: str, after: str) -> bool:
    """Whether it is an address: not a file such as ``icon@2x.png``, nor a remote such as ``git@github.com:me``."""
    is_remote = local == "git" and after in {":", "/"}
    return not is_remote and domain.rpartition(".")[2].lower() not in _FILE_ENDINGS


def _is_international(number: str) -> bool:
    return 8 <= len(_digits(number)) <= 15 and not _DATE.match(number)


def is_card(number: str) -> bool:
    """Whether a number is one that a card may have, with the check digit of Luhn."""
    digits = _digits(number)
    if not _CARD_DIGITS.fullmatch(digits):
        return False
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _ibans(text: str, start: int, limit: int) -> Iterator[Finding]:
    """Find IBANs. A word in capitals may follow one after a blank: the country says how long it is."""
    for match in _IBAN.finditer(text, start, limit):
        chars, end = _IBAN_CHARS.get(match[0][:2], 0), match.start()
        while chars and end < match.end():
            chars -= text[end] != " "
            end += 1
        is_whole = end == match.end() or text[end] == " "
        if not chars and is_whole and is_iban(text[match.start() : end]):
            yield Finding(match.start(), end, kinds.IBAN)


def is_iban(number: str) -> bool:
    """Whether the check digits and the length fit. Source: ISO 13616, with the check of ISO 7064 mod 97-10."""
    plain = number.replace(" ", "")
    if _IBAN_CHARS.get(plain[:2]) != len(plain):
        return False
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def is_german_tax_id(number: str) -> bool:
    """Whether the check digit fits, and one of the first ten digits, and only one, stands there twice or thrice.

    Source: Bundeszentralamt für Steuern; ISO 7064 mod 11,10.
    """
    digits = _digits(number)
    counts = sorted(digits[:10].count(digit) for digit in set(digits[:10]))
    if len(digits) != 11 or counts[-1] not in {2, 3} or counts[:-1] != [1] * (len(counts) - 1):
        return False
    product = 10
    for digit in digits[:10]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def is_spanish_id(number: str) -> bool:
    """Whether the letter of a DNI or NIE fits. Source: Ministerio del Interior, «cálculo del dígito de control»."""
    plain = number.replace("-", "").replace(".", "")
    digits = {"X": "0", "Y": "1", "Z": "2"}.get(plain[0], plain[0]) + plain[1:-1]
    return _SPANISH_LETTERS[int(digits) % 23] == plain[-1]


_CHECKED: tuple[tuple[Kind, int, re.Pattern[str], Callable[[str], bool]], ...] = (
    (kinds.PHONE, 8, _INTERNATIONAL, _is_international),
    (kinds.PHONE, 10, _AMERICAN, bool),
    (kinds.CARD, 13, _CARD, is_card),
    (kinds.SOCIAL_SECURITY, 9, _SOCIAL_SECURITY, bool),
    (kinds.GERMAN_TAX_ID, 11, _GERMAN_TAX_ID, is_german_tax_id),
    (kinds.SPANISH_ID, 7, _SPANISH_ID, is_spanish_id),
)
"""What consists of digits: its kind, how many they are at least, how it looks, and its check."""
