"""How a chat becomes one prompt, for models and servers that know only text to go on from. Pure.

A template is a text of two parts around the mark ``{messages}``: what stands before the first turn, with ``{system}`` in
it, and what every turn looks like, with ``{user}`` and ``{assistant}``. The last turn is left open where the model is to
write. What people and models write can not end a turn or begin one: an invisible joiner (U+2060) parts every marker of
the template that stands in their words, so that the server does not take it for one.
Source: the models' own chat templates and documents, as of August 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from chatrepl.errors import BadRequestError
from chatrepl.messages import Message

MAX_STOPS = 4
"""As many strings that end a reply may be sent."""
_JOINER = "\u2060"
_SPECIAL = re.compile(r"<\|[^|<>\s]{1,60}\|>|</?s>|\[/?INST\]|<</?SYS>>")
"""What models are trained to take for the end or the beginning of a turn."""


class Template(NamedTuple):
    """One way to write a chat down."""

    head: str
    """What stands before the first turn. One with ``{system}`` in it is left out where there is no system prompt."""
    turn: str
    """A turn, with ``{user}`` and ``{assistant}``."""
    stops: tuple[str, ...]
    """What ends a reply: the model goes on with the user's part otherwise."""


BUILT_IN: Mapping[str, Template] = {
    "plain": Template("{system}\n\n", "User: {user}\nAssistant: {assistant}\n", ("\nUser:",)),
    "chatml": Template(
        "<|im_start|>system\n{system}<|im_end|>\n",
        "<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n{assistant}<|im_end|>\n",
        ("<|im_end|>", "<|im_start|>"),
    ),
    "llama2": Template("[INST] <<SYS>>\n{system}\n<</SYS>>\n\n", "[INST] {user} [/INST] {assistant} </s>", ("</s>", "[INST]")),
    "llama3": Template(
        "<|start_header_id|>system<|end_header_id|>\n\n{system}<|eot_id|>",
        "<|start_header_id|>user<|end_header_id|>\n\n{user}<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n{assistant}<|eot_id|>",
        ("<|eot_id|>", "<|start_header_id|>"),
    ),
    "alpaca": Template(
        "{system}\n\n", "### Instruction:\n{user}\n\n### Response:\n{assistant}\n\n", ("### Instruction:",)
    ),
}  # fmt: skip


def template_named(text: str) -> Template:
    """Return a built-in template, or the one that a text of the user's own describes.

    Raises:
        BadRequestError: it is neither.
    """
    if text in BUILT_IN:
        return BUILT_IN[text]
    head, mark, turn = text.partition("{messages}")
    if not mark or turn.count("{user}") != 1 or turn.count("{assistant}") != 1 or head.count("{system}") > 1:
        raise _bad(text, "it needs {messages} once, and behind it {user} and {assistant} once each")
    if turn.index("{user}") > turn.index("{assistant}"):
        raise _bad(text, "{user} must stand before {assistant}")
    before, _, rest = turn.partition("{user}")
    after = rest.partition("{assistant}")[2]
    stops = tuple(dict.fromkeys(mark for mark in (after.strip("\n "), before.rstrip()) if mark.strip()))
    return Template(head, turn, stops)


def _bad(text: str, reason: str) -> BadRequestError:
    shown = text if len(text) <= 40 else f"{text[:40]}…"
    return BadRequestError(
        f"the prompt template {shown!r} cannot be used: {reason}",
        hint=f"use {', '.join(BUILT_IN)}, or a text such as 'System: {{system}}{{messages}}Q: {{user}}\\nA: {{assistant}}\\n'",
    )


def prompt(template: Template, system: str | None, messages: Sequence[Message], *, continues: bool) -> str:
    """Write a chat down, up to where the model is to go on.

    Args:
        template: How.
        system: The system prompt. None: there is none.
        messages: Oldest first; several of one kind in a row become one.
        continues: Whether the last one is an unfinished reply that the model goes on with.
    """
    before, _, rest = template.turn.partition("{user}")
    between, _, after = rest.partition("{assistant}")
    turns = list(_turns(messages))
    pieces = _head(template, system)
    if system and pieces[0].startswith("[INST]") and turns:  # Llama 2 puts it into the first message
        first_user, first_reply = turns[0]
        turns[0] = first_user, first_reply
        before_first = pieces.pop()
    else:
        before_first = before
    for number, (user, reply) in enumerate(turns):
        is_last = number == len(turns) - 1
        pieces += [before_first if number == 0 else before, _safe(template, user), between]
        if reply is not None:
            pieces.append(_safe(template, reply))
        if not is_last or (reply is not None and not continues):
            pieces.append(after)
    text = "".join(pieces)
    is_open = bool(turns) and (turns[-1][1] is None or continues)
    return text.rstrip(" ") if is_open and turns[-1][1] is None else text


def _head(template: Template, system: str | None) -> list[str]:
    if "{system}" in template.head:
        return [template.head.replace("{system}", _safe(template, system))] if system else []
    own = [f"{_safe(template, system)}\n\n"] if system else []
    return [template.head, *own] if template.head else own


def _turns(messages: Sequence[Message]) -> Iterator[tuple[str, str | None]]:
    """Yield what the user said and what was replied; the reply is None where there is none yet."""
    user: list[str] = []
    reply: list[str] = []
    for message in messages:
        if message.is_reply:
            reply.append(message.text)
            continue
        if reply:
            yield "\n\n".join(user), "\n\n".join(reply)
            user, reply = [], []
        user.append(message.sent_text)
    if user or reply:
        yield "\n\n".join(user), "\n\n".join(reply) if reply else None


def _safe(template: Template, text: str | None) -> str:
    """Part every marker that stands in somebody's words."""
    safe = _SPECIAL.sub(lambda found: found[0][0] + _JOINER + found[0][1:], text or "")
    for marker in _markers(template):
        safe = re.sub(
            rf"(?m)^([ \t]*{re.escape(marker[0])})({re.escape(marker[1:])})", rf"\1{_JOINER}\2", safe
        )
    return safe


def _markers(template: Template) -> Iterator[str]:
    """Yield the lines of a template that are words, such as ``User:``."""
    literal = re.sub(r"\{(?:system|user|assistant)\}", "\n", f"{template.head}\n{template.turn}")
    for line in dict.fromkeys(line.strip() for line in literal.splitlines()):
        if len(line) > 1 and not _SPECIAL.search(line):
            yield line


class StopCutter:
    """Cuts a reply off where a stop string begins that the server has let through; however the text was cut."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = [stop for stop in stops if stop]
        self._held = ""
        self.has_stopped = False
        """Whether one was found: nothing that follows belongs to the reply."""

    def feed(self, text: str) -> str:
        """Take the next piece and return what of it is certain."""
        if self.has_stopped:
            return ""
        held = self._held + text
        found = min((at for stop in self._stops if (at := held.find(stop)) >= 0), default=-1)
        if found >= 0:
            self.has_stopped, self._held = True, ""
            return held[:found]
        kept = max((_partial(held, stop) for stop in self._stops), default=0)
        self._held = held[len(held) - kept :]
        return held[: len(held) - kept]

    def finish(self) -> str:
        """End the reply: return what was held back."""
        held, self._held = self._held, ""
        return held


def _partial(text: str, stop: str) -> int:
    """Return how many characters at the end of a text may be the beginning of a stop string."""
    return next(
        (size for size in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:size])), 0
    )
