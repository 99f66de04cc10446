"""Times the guard from inside: ``python -I bench/guard_inside.py ROUNDS``, with chatrepl's Python.

Prints JSON: how long 100 000 characters are looked through and masked, in milliseconds, for texts of some kinds, each
with a few secrets in it; with personal data, and without.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from random import Random

from chatrepl.exchange import Request
from chatrepl.guard.screening import Screening
from chatrepl.messages import Message, MessageId, Role, TextPart

CHARS = 100_000
SECRETS = (
    "ghp_aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zAaB3d", "password=hunter2!", "https://bob:s3cr3t@host.example/", "AKIAIOSFODNN7EXAMPLE",
    "bob@example.com", "4111 1111 1111 1111",
)  # fmt: skip
CODE = """\
def send(self, token: str, max_tokens: int = 4096) -> Reply:
    \"\"\"Ask the server; its answer may take a while.\"\"\"
    headers = {"Authorization": f"Bearer {token}", "X-Request-Id": self._ids[self.count % 16]}
    if self.password == other.password and self.secret is not None:
        return self._client.post(f"https://{self.host}:8443/v1/things?page=2", headers=headers, key=self.key)
    return Reply(status=404, took_ms=12.5)


"""


def texts() -> dict[str, str]:
    """Return texts of some kinds, all of the same length."""
    random = Random(1)
    lock = "".join(
        f'[[package]]\nname = "thing-{n}"\nversion = "{n}.{n % 9}.1"\nsize = {1_000_000 + 7919 * n}\n'
        f'hash = "sha256:{random.randbytes(32).hex()}"\nuploaded = "2026-01-{n % 28 + 1:02}T12:00:00.123456Z"\n'
        for n in range(500)
    )
    pure = {
        "prose": "Some words that a person might say of an ordinary thing, and a few more of them. " * 1300,
        "code": CODE * 250,
        "a lock file": lock,
        "a picture in base64": base64.b64encode(random.randbytes(80_000)).decode(),
    }
    step = CHARS // len(SECRETS)
    return {
        name: "".join(
            f"{text[:CHARS][at : at + step]}\n{secret}\n"
            for at, secret in zip(range(0, CHARS, step), SECRETS, strict=False)
        )
        for name, text in pure.items()
    }


def took_ms(work: Callable[[], object], rounds: int) -> list[float]:
    """Return how long something takes, each time."""
    times: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - began))
    return times


def masked(text: str, *, is_personal: bool) -> Request:
    """Look through a message for the first time, and put placeholders into it."""
    message = Message(MessageId("0" * 32), None, Role.USER, (TextPart(text),), datetime.now(UTC))
    request = Screening(is_personal=is_personal).masked(Request("m", (message,)))
    assert "ghp_" not in request.messages[0].text
    return request


if __name__ == "__main__":
    count = int(sys.argv[1])
    made = texts()
    masked(made["prose"], is_personal=True)  # what is imported and compiled first is not timed
    found = {
        name: {
            kind: took_ms(partial(masked, text, is_personal=is_personal), count)
            for kind, is_personal in (("secrets", False), ("personal", True))
        }
        for name, text in made.items()
    }
    print(json.dumps(found))
