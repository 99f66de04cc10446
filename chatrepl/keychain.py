"""Keys in the keyring of the system, where the extra ``keyring`` is installed.

A keyring may ask for a passphrase, hang on a bus that is not there, or fail in its own ways: nothing here waits longer
than a limit, and what fails is said in words.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

from chatrepl.errors import ConfigError
from chatrepl.redact import mask_keys

SERVICE = "chatrepl"
"""Under this name the keyring's own programs show the keys."""
TIMEOUT_S = 20.0
"""Enough to unlock a keyring by hand."""

T = TypeVar("T")


def is_installed() -> bool:
    """Whether the extra ``keyring`` is there. Imports nothing."""
    from importlib.util import find_spec

    return find_spec("keyring") is not None


def entry(name: str) -> str:
    """Return the user name under which a key is kept."""
    return name or "api.openai.com"


def read(name: str, timeout_s: float = TIMEOUT_S) -> str | None:
    """Return what is kept under a name. None: nothing is, or there is no keyring.

    Raises:
        ConfigError: the keyring is there and does not answer, or fails.
    """
    if not is_installed():
        return None

    def work() -> str | None:
        import keyring
        from keyring.errors import NoKeyringError

        try:
            found: str | None = keyring.get_password(SERVICE, entry(name))
        except NoKeyringError:
            return None
        return found

    return _within(timeout_s, work, "read")


def keep(name: str, value: str, timeout_s: float = TIMEOUT_S) -> None:
    """Keep a key.

    Raises:
        ConfigError: there is no keyring, or it fails.
    """
    if not is_installed():
        raise ConfigError(
            "The package keyring is not installed.",
            hint="Install the extra `keyring`, or keep the key in a file with --file.",
        )

    def work() -> None:
        import keyring

        keyring.set_password(SERVICE, entry(name), value)

    _within(timeout_s, work, "written")


def remove(name: str, timeout_s: float = TIMEOUT_S) -> bool:
    """Forget a key. False: there was none.

    Raises:
        ConfigError: the keyring fails.
    """
    if read(name, timeout_s) is None:
        return False

    def work() -> None:
        import keyring

        keyring.delete_password(SERVICE, entry(name))

    _within(timeout_s, work, "written")
    return True


def _within(timeout_s: float, work: Callable[[], T], verb: str) -> T:
    """Run what may hang in a thread that can be left behind."""
    outcome: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            outcome.put((work(), None))
        except Exception as error:  # noqa: BLE001 - every keyring has errors of its own
            outcome.put((None, error))

    threading.Thread(target=run, name="chatrepl-keyring", daemon=True).start()
    try:
        result, error = outcome.get(timeout=timeout_s)
    except queue.Empty:
        raise ConfigError(
            f"The system's keyring did not answer within {timeout_s:g} s.",
            hint="Unlock it first, or keep the key in a variable or a file.",
        ) from None
    if error is not None:
        reason = mask_keys(str(error)) or type(error).__name__
        raise ConfigError(
            f"The system's keyring could not be {verb}: {reason}.",
            hint="Unlock it first, or keep the key in a variable or a file.",
        ) from None
    return result  # type: ignore[return-value] # a result of None is one of work()
