"""What a person types to find messages or chats, read into a query. Pure."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

from chatrepl.conversation import Verdict
from chatrepl.errors import UsageError
from chatrepl.messages import Role
from chatrepl.ports import ChatFilter
from chatrepl.search import Query, fold, parse
from chatrepl.usage_report import since_of

TITLE_CHARS = 200
_TAG = re.compile(r"[\w-]{1,40}")


def valid_tag(text: str) -> bool:
    """Whether a text can be a tag."""
    return _TAG.fullmatch(text) is not None


def read_query(text: str, now: datetime, zone: tzinfo | None) -> tuple[Query, bool]:
    """Read a search, and whether it is for the open chat only: its first word is ``here``.

    Raises:
        UsageError: a filter says what it cannot say, or nothing is asked for.
    """
    rest = text.strip()
    is_here = rest.split(maxsplit=1)[:1] == ["here"]
    asked = parse(rest[4:] if is_here else rest)
    query = Query(asked.terms, asked.excluded)
    for name, value in asked.filters:
        query = _filtered(query, name, value, now, zone)
    if not (query.has_words or asked.filters):
        raise UsageError(
            "There is nothing to search for.", hint='For example: /search "out of memory" since:30d'
        )
    return query, is_here


def _filtered(query: Query, name: str, value: str, now: datetime, zone: tzinfo | None) -> Query:
    from dataclasses import replace

    match name:
        case "role":
            roles = {
                "you": Role.USER,
                "me": Role.USER,
                "reply": Role.ASSISTANT,
                **{str(role): role for role in Role},
            }
            role = next((roles[known] for known in roles if value and known.startswith(value.lower())), None)
            if role is None:
                raise UsageError(f"role: is user, assistant, system or tool, not '{value}'.")
            return replace(query, role=role)
        case "model":
            return replace(query, model=fold(value))
        case "tag":
            return replace(query, tag=value.removeprefix("#"))
        case "rated":
            return replace(query, rated=_verdict(value))
        case "since":
            return replace(query, since=_time("since", value, now, zone))
        case _:
            return replace(query, before=_time("before", value, now, zone))


def _verdict(value: str) -> Verdict:
    found = next((verdict for verdict in Verdict if verdict.value == value.lower()), None)
    if found is None:
        raise UsageError(f"rated: is up or down, not '{value}'.")
    return found


def _time(name: str, value: str, now: datetime, zone: tzinfo | None) -> datetime:
    try:
        return since_of(value, now, zone)
    except ValueError as error:
        raise UsageError(f"{name}: {error}.") from None


def to_filter(text: str, now: datetime, zone: tzinfo | None) -> ChatFilter:
    """Read which chats are meant: words of their titles, filters, and ``archived``.

    Raises:
        UsageError: a filter says what it cannot say.
    """
    asked = parse(text)
    words = [term.folded for term in asked.terms]
    is_archived = "archived" in words
    found = ChatFilter(words=tuple(word for word in words if word != "archived"), is_archived=is_archived)
    for name, value in asked.filters:
        match name:
            case "model":
                found = found._replace(model=value)
            case "tag":
                found = found._replace(tag=value.removeprefix("#"))
            case "rated":
                found = found._replace(rated=_verdict(value))
            case "since":
                found = found._replace(since=_time("since", value, now, zone))
            case "before":
                found = found._replace(before=_time("before", value, now, zone))
            case _:
                raise UsageError(
                    f"{name}: is for /search; chats have tag:, model:, rated:, since: and before:."
                )
    return found
