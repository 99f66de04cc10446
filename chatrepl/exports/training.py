"""Chats as the tools take them that train models: messages, good replies, better and worse ones. Pure.

Source: OpenAI's fine-tuning guide (chat format; direct preference optimisation: ``input``, ``preferred_output``,
``non_preferred_output``) and TRL's dataset formats (conversational preference: ``prompt``, ``chosen``, ``rejected``), 2026.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from chatrepl.conversation import Conversation, Verdict
from chatrepl.messages import Message, MessageId, ReplyState, Role


def messages(chat: Conversation) -> Iterator[str]:
    """Yield the path to the tip as one line; nothing where no reply is on it."""
    path = list(chat.path())
    while path and not _is_good(path[-1]):
        path.pop()
    if path:
        yield _line({"messages": _told(chat, path)})


def good_replies(chat: Conversation) -> Iterator[str]:
    """Yield a line for every reply that was rated up, with all that led to it."""
    for id, rating in chat.ratings.items():
        if rating.verdict is Verdict.UP and id in chat and _is_good(chat[id]):
            yield _line({"messages": _told(chat, _path_to(chat, id))})


def preferences(chat: Conversation) -> Iterator[str]:
    """Yield a line for every pair of a better and a worse reply to the same message."""
    for prompt, better, worse in _pairs(chat):
        yield _line({"prompt": prompt, "chosen": [_reply(better)], "rejected": [_reply(worse)]})


def openai_preferences(chat: Conversation) -> Iterator[str]:
    """Yield the same pairs as OpenAI takes them."""
    for prompt, better, worse in _pairs(chat):
        yield _line(
            {
                "input": {"messages": prompt},
                "preferred_output": [_reply(better)],
                "non_preferred_output": [_reply(worse)],
            }
        )


def _pairs(chat: Conversation) -> Iterator[tuple[list[dict[str, Any]], Message, Message]]:
    """Yield what was asked, and of its replies each of the best with each of the worst.

    Rated up is best, then not rated, then rated down; replies of one rank make no pair.
    """
    rated = {chat[id].parent_id for id in chat.ratings if id in chat}
    for parent in (message.id for message in chat.messages.values() if message.id in rated):
        replies = [chat[id] for id in chat.children(parent) if _is_good(chat[id])]
        ranks = {reply.id: _rank(chat, reply) for reply in replies}
        if not replies or len(set(ranks.values())) < 2:
            continue
        best, worst = max(ranks.values()), min(ranks.values())
        prompt = _told(chat, _path_to(chat, parent))
        for better in (reply for reply in replies if ranks[reply.id] == best):
            for worse in (reply for reply in replies if ranks[reply.id] == worst):
                if better.text.strip() != worse.text.strip():
                    yield prompt, better, worse


def _rank(chat: Conversation, reply: Message) -> int:
    rating = chat.ratings.get(reply.id)
    return 0 if rating is None else 1 if rating.verdict is Verdict.UP else -1


def _is_good(message: Message) -> bool:
    """Whether a message is a whole reply with text."""
    return message.is_reply and message.meta.state is ReplyState.COMPLETE and bool(message.text.strip())


def _path_to(chat: Conversation, message: MessageId) -> list[Message]:
    return [*chat.ancestors(message)][::-1]


def _told(chat: Conversation, path: Iterable[Message]) -> list[dict[str, Any]]:
    """Return messages as a training tool takes them: with the files that go with them, and none that is empty or failed."""
    told: list[dict[str, Any]] = [{"role": "system", "content": chat.system}] if chat.system else []
    for message in path:
        text = message.sent_text
        is_whole = message.meta.state in {None, ReplyState.COMPLETE, ReplyState.INTERRUPTED}
        if message.role in {Role.USER, Role.ASSISTANT, Role.SYSTEM} and text.strip() and is_whole:
            told.append({"role": str(message.role), "content": _content(message)})
    return told


def _content(message: Message) -> Any:
    if not message.images:
        return message.sent_text
    images = [
        {"type": "image_url", "image_url": {"url": f"data:{image.media_type};base64,{image.data}"}}
        for image in message.images
    ]
    return [{"type": "text", "text": message.sent_text}, *images]


def _reply(message: Message) -> dict[str, str]:
    return {"role": "assistant", "content": message.text}


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode() + "\n"
