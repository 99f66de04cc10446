"""What the bodies of all dialects have in common: which messages go out, and how parameters become JSON. Pure."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from chatrepl.errors import BadRequestError
from chatrepl.exchange import Json, Request
from chatrepl.messages import ImagePart, Message, Role

CONTINUE_PROMPT = "Continue exactly where you stopped, without repeating anything."
"""What servers that cannot go on with an unfinished reply are asked."""
_REASONING_FAMILY = re.compile(r"(?:o[134]|gpt-[56])(?![a-z0-9]*[a-z])(?!.*-chat-latest)")


def is_reasoning_family(model: str) -> bool:
    """Whether a model is one of OpenAI's that think before they answer.

    Source: openai-python 3.54 and OpenAI's model pages, August 2026: o1, o3, o4, gpt-5, gpt-6, but for ``-chat-latest``.
    """
    return _REASONING_FAMILY.match(model.rpartition("/")[2]) is not None


def is_sent(message: Message) -> bool:
    """Whether a message has something to say to the model. Servers refuse replies without text.

    Results of tools, found in imported chats only, are left out with the calls they belong to.
    """
    if message.role is Role.TOOL:
        return False
    return not message.is_reply or bool(message.text.strip())


def data_url(image: ImagePart) -> str:
    """Return an image as the address under which all dialects take it."""
    return f"data:{image.media_type};base64,{image.data}"


def cache_key(chat_id: str) -> str:
    """Return a name of a chat that says nothing of it: its own tells when it was begun."""
    return hashlib.blake2s(chat_id.encode(), digest_size=16).hexdigest()


def unknown_fields(request: Request, names: Collection[str]) -> tuple[str, ...]:
    """Return the parameters that the user set and that are among ``names``."""
    return tuple(name for name, value in request.parameters.items() if value is not None and name in names)


def plain(name: str, value: Any) -> Json:
    """Turn what a configuration file can hold into what JSON can hold.

    Raises:
        BadRequestError: it cannot be done.
    """
    if isinstance(value, Mapping):
        return {str(key): plain(f"{name}.{key}", item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(name, item) for item in value]
    if isinstance(value, Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    if (
        value is None
        or isinstance(value, (str, bool, int))
        or (isinstance(value, float) and math.isfinite(value))
    ):
        return value
    error = BadRequestError(
        f"the parameter {name} is {value}, which JSON cannot hold",
        hint=f"set {name} to a number, text or a list",
    )
    error.param = name
    raise error
