"""Chats on their way out: the forms they can be written in, each a stream of pieces with one chat in memory. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from chatrepl import transcript
from chatrepl.conversation import Conversation
from chatrepl.exports import training
from chatrepl.transcript_fields import time_text


class Outgoing(NamedTuple):
    """A chat that is handed out, with what the library knows of it beside its messages."""

    conversation: Conversation
    created_at: datetime | None = None
    updated_at: datetime | None = None
    auto_title: str = ""
    is_archived: bool = False

    @property
    def kept(self) -> Mapping[str, Any]:
        """The fields of the JSON form that the chat itself does not know."""
        fields: dict[str, Any] = {}
        for name, time in (("created_at", self.created_at), ("updated_at", self.updated_at)):
            if time is not None:
                fields[name] = time_text(time)
        if self.auto_title:
            fields["auto_title"] = self.auto_title
        if self.is_archived:
            fields["is_archived"] = True
        return fields


class Form(NamedTuple):
    """A form that chats can be written in."""

    name: str
    ending: str
    """Of a file with it, such as ``.md``."""
    summary: str
    write: Callable[[Iterable[Outgoing], str, datetime], Iterator[str]]
    """Takes the chats, the title of the whole and the time of day; yields pieces of text."""


def _json(chats: Iterable[Outgoing], _title: str, _now: datetime) -> Iterator[str]:
    for chat in chats:
        yield transcript.to_json(chat.conversation, chat.kept)


def _json_lines(chats: Iterable[Outgoing], _title: str, _now: datetime) -> Iterator[str]:
    for chat in chats:
        yield transcript.to_json_line(chat.conversation, chat.kept)


def _markdown(chats: Iterable[Outgoing], _title: str, _now: datetime) -> Iterator[str]:
    for number, chat in enumerate(chats):
        yield ("\n---\n\n" if number else "") + transcript.to_markdown(_named(chat))


def _text(chats: Iterable[Outgoing], _title: str, _now: datetime) -> Iterator[str]:
    for number, chat in enumerate(chats):
        yield ("\n\n" if number else "") + transcript.to_text(_named(chat))


def _html(chats: Iterable[Outgoing], title: str, now: datetime) -> Iterator[str]:
    from chatrepl.exports.html import to_html

    return to_html((_named(chat) for chat in chats), title=title, exported_at=now)


def _named(chat: Outgoing) -> Conversation:
    """Return a chat under the title it goes by."""
    if not chat.conversation.title and chat.auto_title:
        chat.conversation.title = chat.auto_title
    return chat.conversation


def _lines(
    of: Callable[[Conversation], Iterator[str]],
) -> Callable[[Iterable[Outgoing], str, datetime], Iterator[str]]:
    def write(chats: Iterable[Outgoing], _title: str, _now: datetime) -> Iterator[str]:
        for chat in chats:
            yield from of(chat.conversation)

    return write


FORMS: Mapping[str, Form] = {
    form.name: form
    for form in (
        Form("json", ".json", "one chat, all of it; can be imported again", _json),
        Form("jsonl", ".jsonl", "chats, a line each, all of them; can be imported again", _json_lines),
        Form("markdown", ".md", "Markdown, to read", _markdown),
        Form("text", ".txt", "plain text, to read", _text),
        Form("html", ".html", "one page that needs nothing else, to read, print and send", _html),
        Form(
            "openai", ".jsonl", "OpenAI messages, a chat a line, to fine-tune with", _lines(training.messages)
        ),
        Form(
            "sft",
            ".jsonl",
            "the replies that were rated up, as OpenAI messages",
            _lines(training.good_replies),
        ),
        Form(
            "preference",
            ".jsonl",
            "better and worse versions of replies: prompt, chosen, rejected (TRL)",
            _lines(training.preferences),
        ),
        Form(
            "preference-openai",
            ".jsonl",
            "the same as OpenAI's preference fine-tuning takes it",
            _lines(training.openai_preferences),
        ),
    )
}
"""The forms by their names."""


def form_for(name: str | None, ending: str, *, is_one: bool) -> Form | None:
    """Return the form with a name, else the first with a file's ending; None: there is none.

    Several chats, where nothing is said, are JSON lines.
    """
    if name is not None:
        return FORMS.get(name)
    if not ending:
        return FORMS["json" if is_one else "jsonl"]
    endings = {".markdown": ".md", ".htm": ".html", ".text": ".txt"}
    ending = endings.get(ending, ending)
    return next((form for form in FORMS.values() if form.ending == ending), None)
