"""What the guard looks for: the kinds of secrets and of personal data, and a find of one."""

from __future__ import annotations

from typing import NamedTuple

from chatrepl.redact import mask_key


class Kind(NamedTuple):
    """A kind of what should not be sent."""

    stem: str
    """What its placeholders are called: ``API_KEY`` of ``[API_KEY_1]``."""
    words: str
    """How it is called in a sentence, with its article."""
    shows_end: bool = True
    """Whether its last four characters may be shown, so that one knows which it is."""

    def shown(self, value: str) -> str:
        """Say what was found without showing it: ``an AWS access key (…WXYZ)``."""
        return f"{self.words} ({mask_key(value)})" if self.shows_end and len(value) >= 12 else self.words


API_KEY = Kind("API_KEY", "an API key")
AWS_KEY = Kind("AWS_KEY", "an AWS access key")
GOOGLE_TOKEN = Kind("TOKEN", "a Google token")
GIT_TOKEN = Kind("TOKEN", "a Git token")
CLOUD_TOKEN = Kind("TOKEN", "a cloud token")
PACKAGE_TOKEN = Kind("TOKEN", "a package registry token")
CHAT_TOKEN = Kind("TOKEN", "a chat service token")
WEBHOOK = Kind("WEBHOOK", "a webhook address")
ACCESS_TOKEN = Kind("TOKEN", "an access token")
JWT = Kind("JWT", "a JSON web token")
PRIVATE_KEY = Kind("PRIVATE_KEY", "a private key", shows_end=False)
PASSWORD = Kind("PASSWORD", "a password", shows_end=False)
SECRET = Kind("SECRET", "a secret")

EMAIL = Kind("EMAIL", "an e-mail address", shows_end=False)
PHONE = Kind("PHONE", "a phone number", shows_end=False)
CARD = Kind("CARD", "a card number")
IBAN = Kind("IBAN", "an IBAN")
SOCIAL_SECURITY = Kind("NATIONAL_ID", "a US social security number", shows_end=False)
GERMAN_TAX_ID = Kind("NATIONAL_ID", "a German tax id", shows_end=False)
SPANISH_ID = Kind("NATIONAL_ID", "a Spanish DNI or NIE", shows_end=False)


class Finding(NamedTuple):
    """One place of a text that holds something of a kind."""

    start: int
    end: int
    kind: Kind
