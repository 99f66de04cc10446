"""What a chat's JSON file holds beside messages: tags, what is pinned or left out, summaries, ratings. Pure."""

from __future__ import annotations

from typing import Any

from chatrepl.conversation import Conversation, Mark, Rating, Summary, Verdict
from chatrepl.messages import MessageId
from chatrepl.transcript_fields import (
    check_choice,
    check_identifier,
    check_keys,
    check_text,
    check_time,
    fail,
    time_text,
)

VIEWS = ("tags", "marks", "summaries", "ratings")
"""The fields of the file that hold them; absent where there are none."""
_FIELDS = ("id", "through", "text", "model", "created_at", "is_by_hand")


def views_to_json(conversation: Conversation) -> dict[str, Any]:
    """Return the fields of the file; none where there is nothing to say."""
    found: dict[str, Any] = {}
    if conversation.tags:
        found["tags"] = list(conversation.tags)
    if conversation.marks:
        found["marks"] = {message: mark.value for message, mark in conversation.marks.items()}
    if conversation.summaries:
        found["summaries"] = [
            {
                "id": summary.id,
                "through": summary.through,
                "text": summary.text,
                "model": summary.model,
                "created_at": time_text(summary.created_at),
                "is_by_hand": summary.is_by_hand,
            }
            for summary in conversation.summaries
        ]
    if conversation.ratings:
        found["ratings"] = [
            {
                "message": message,
                "verdict": rating.verdict.value,
                "note": rating.note,
                "at": time_text(rating.at),
            }
            for message, rating in conversation.ratings.items()
        ]
    return found


def read_views(document: dict[str, Any], conversation: Conversation) -> None:
    """Add what a file says of views to its chat.

    Raises:
        TranscriptError: where that is something else, with the first wrong place.
    """
    marks = document.get("marks", {})
    if not isinstance(marks, dict):
        fail("marks", "must be an object", marks)
    for message, mark in marks.items():
        place = f"marks, {message}"
        word = check_choice(place, mark, [known.value for known in Mark])
        conversation.marks[_known(place, message, conversation)] = Mark(word)
    summaries = document.get("summaries", [])
    if not isinstance(summaries, list):
        fail("summaries", "must be a list", summaries)
    for number, item in enumerate(summaries, start=1):
        conversation.put_summary(_summary(f"summary {number}", item, conversation))
    ratings = document.get("ratings", [])
    if not isinstance(ratings, list):
        fail("ratings", "must be a list", ratings)
    for number, item in enumerate(ratings, start=1):
        place = f"rating {number}"
        check_keys(place, item, ("message", "verdict", "note", "at"), ())
        verdict = check_choice(f"{place}, verdict", item["verdict"], [known.value for known in Verdict])
        message = _known(f"{place}, message", item["message"], conversation)
        note, at = check_text(f"{place}, note", item["note"]), check_time(f"{place}, at", item["at"])
        conversation.ratings[message] = Rating(Verdict(verdict), note, at)
    tags = document.get("tags", [])
    if not isinstance(tags, list):
        fail("tags", "must be a list", tags)
    found = {check_text(f"tag {number}", tag) for number, tag in enumerate(tags, start=1)}
    conversation.tags = tuple(sorted(found))


def _summary(place: str, item: Any, conversation: Conversation) -> Summary:
    check_keys(place, item, _FIELDS, ())
    if not isinstance(item["is_by_hand"], bool):
        fail(f"{place}, is_by_hand", "must be true or false", item["is_by_hand"])
    return Summary(
        check_identifier(f"{place}, id", item["id"]),
        _known(f"{place}, through", item["through"], conversation),
        check_text(f"{place}, text", item["text"]),
        check_text(f"{place}, model", item["model"]),
        check_time(f"{place}, created_at", item["created_at"]),
        item["is_by_hand"],
    )


def _known(place: str, message: Any, conversation: Conversation) -> MessageId:
    found = MessageId(check_identifier(place, message))
    if found not in conversation:
        fail(place, "must be the id of a message in the file", message)
    return found
