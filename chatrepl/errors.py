"""Every error that chatrepl raises on purpose: one tree, each with a message, a hint and an exit status.

    ChatreplError                 1  something chatrepl could not do
    ├── UsageError                2  the command line or a slash command was not understood
    ├── ConfigError               3  a setting, a file or a variable is wrong (file, key, line)
    │   └── NoProviderError       3  nothing says which model to talk to
    ├── ApiError                  4  the server refused (status, code, request id)
    │   ├── AuthError             3  the key is missing or wrong
    │   ├── BadRequestError       4  a field of the request was refused (param)
    │   ├── ContextTooLongError   4  the request does not fit the window (limit, sent)
    │   ├── ModelNotFoundError    4  the server does not have this model (nearest ids)
    │   ├── RateLimitedError      4  too many requests or tokens (retry after)
    │   ├── QuotaError            4  no credit left; waiting does not help
    │   ├── ServerError           4  the server failed
    │   ├── ProtocolError         4  the answer is not what the API promises
    │   └── TransportError        5  no connection, or it broke
    ├── BudgetExceededError       6  the next request could pass a limit set by the user
    ├── GuardedError              7  what is about to be sent holds what should not be
    ├── StoreError                1  the chats on disk could not be read or written
    ├── LocalModelError           1  the embedded model could not be started
    ├── TranscriptError           1  a file is not a transcript (place)
    └── Interrupted             130  the user stopped it

A message says what happened and with which value; a hint says what to do next. Neither holds a key.
"""

from __future__ import annotations

from enum import IntEnum


class ExitStatus(IntEnum):
    """What the process tells its caller."""

    OK = 0
    ERROR = 1
    USAGE = 2
    CONFIG = 3
    REFUSED = 4
    NETWORK = 5
    BUDGET = 6
    GUARD = 7
    INTERRUPTED = 130


class ChatreplError(Exception):
    """Something that chatrepl could not do, in words for the user.

    Args:
        message: What happened, with which value. One or two sentences, without a key in them.
        hint: What the user can do next. None where nothing is to be done.
    """

    exit_status: ExitStatus = ExitStatus.ERROR

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message


class UsageError(ChatreplError):
    """The command line or a slash command was not understood."""

    exit_status = ExitStatus.USAGE


class ConfigError(ChatreplError):
    """A setting, a configuration file or a variable is wrong.

    Args:
        file: The file's path as the user would type it. None where the value came from elsewhere.
        key: The dotted name of the setting. None where the whole file is at fault.
        line: Line in the file, from 1. None where it is not known.
    """

    exit_status = ExitStatus.CONFIG

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        file: str | None = None,
        key: str | None = None,
        line: int | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.file = file
        self.key = key
        self.line = line


class NoProviderError(ConfigError):
    """Nothing says which model to talk to: no key, no base URL, no embedded model asked for."""


class ApiError(ChatreplError):
    """The server refused, or what came from it cannot be used.

    Args:
        status: HTTP status. None where the error did not come with one (inside a stream, no connection).
        code: The server's own code or type, such as ``model_not_found``. None where it gave none.
        request_id: What the provider's support asks for. None where the server sent none.
    """

    exit_status = ExitStatus.REFUSED

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code
        self.request_id = request_id
        self.should_retry: bool | None = None
        """Whether the server said that the same request may succeed later. None: it did not say."""


class AuthError(ApiError):
    """The key is missing, wrong, or not allowed to do this."""

    exit_status = ExitStatus.CONFIG


class BadRequestError(ApiError):
    """The server refused a field of the request.

    ``param`` is the field's name, None where the server did not say.
    """

    param: str | None = None


class ContextTooLongError(ApiError):
    """The request does not fit the model's window.

    ``limit_tokens`` and ``sent_tokens`` are what the server said, None where it did not.
    """

    limit_tokens: int | None = None
    sent_tokens: int | None = None


class ModelNotFoundError(ApiError):
    """The server does not have the model. ``nearest`` holds the ids most like it, best first."""

    nearest: tuple[str, ...] = ()


class RateLimitedError(ApiError):
    """Too many requests or tokens. ``retry_after_s`` is the wait the server asked for, None where it did not."""

    retry_after_s: float | None = None


class QuotaError(ApiError):
    """No credit left, or a spend limit is reached. Waiting does not help."""


class ServerError(ApiError):
    """The server failed, is overloaded, or is still loading the model.

    ``retry_after_s`` is the wait the server asked for, None where it did not.
    """

    retry_after_s: float | None = None


class ProtocolError(ApiError):
    """The answer is not what the API promises: not JSON, not a stream, cut, or empty."""


class TransportError(ApiError):
    """No connection could be made, or it broke."""

    exit_status = ExitStatus.NETWORK


class BudgetExceededError(ChatreplError):
    """The next request could pass a limit that the user set."""

    exit_status = ExitStatus.BUDGET


class GuardedError(ChatreplError):
    """What is about to be sent holds a secret or personal data, or was flagged.

    ``is_final`` is set where nobody is asked whether it is to be sent all the same, ``is_flagged`` where the provider's
    moderation found something. The message names no value.
    """

    exit_status = ExitStatus.GUARD

    def __init__(
        self, message: str, *, hint: str | None = None, is_final: bool = False, is_flagged: bool = False
    ) -> None:
        super().__init__(message, hint=hint)
        self.is_final = is_final
        self.is_flagged = is_flagged


class StoreError(ChatreplError):
    """The chats on disk could not be read or written."""


class AttachmentError(ChatreplError):
    """What was to go with a message cannot be read or sent."""

    exit_status = ExitStatus.USAGE


class LocalModelError(ChatreplError):
    """The embedded model could not be started."""


class TranscriptError(ChatreplError):
    """A file is not a transcript. The message names the first wrong place."""


class Interrupted(ChatreplError):  # noqa: N818 - being stopped by the user is not an error
    """The user stopped it."""

    exit_status = ExitStatus.INTERRUPTED
