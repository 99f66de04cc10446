"""What a message of a ChatGPT export says, in each of the kinds of content that there are. Pure.

Source: chatgpt-exporter ``src/api.ts``, and public readers of such exports, as of November 2026: ``thoughts`` holds
objects with ``summary`` and ``content``; ``reasoning_recap`` has ``content``; most others ``parts``, ``text`` or
``result``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chatrepl.imports.fields import as_list, as_object, as_text, clean
from chatrepl.imports.references import dimensions, fence, reference, size
from chatrepl.imports.report import Report
from chatrepl.messages import ReasoningPart, TextPart, WordsPart

HIDDEN = frozenset({"user_editable_context", "model_editable_context"})
"""What the user wrote about himself, and the memory: sent along by the server, and never shown as messages."""
PRELUDES = frozenset({"thoughts", "reasoning_recap"})

_UNKNOWN = "It has content of an unknown kind; a reference to it was kept."


def read_parts(
    content: Any, kind: str, metadata: dict[str, Any], number: int, report: Report
) -> tuple[WordsPart, ...]:
    """Return the parts of a message. Empty: it says nothing."""
    if not isinstance(content, dict):
        if content is not None:
            report.add("What it says is not an object, and was left out.", number)
        return ()
    parts = content.get("parts")
    if kind == "text" and type(parts) is list and len(parts) == 1 and type(parts[0]) is str:
        text = parts[0]  # nearly all of them
    elif kind == "thoughts":
        thoughts = "\n\n".join(filter(None, map(_thought, as_list(content.get("thoughts") or parts))))
        return (ReasoningPart(clean(thoughts)),) if thoughts.strip() else ()
    elif kind == "reasoning_recap":
        recap = as_text(content.get("content"))
        return (ReasoningPart(clean(recap)),) if recap.strip() else ()
    else:
        text = _join(_read_content(content, kind, number, report))
    if "attachments" in metadata or "aggregate_result" in metadata:
        text = _join(iter((text, *_outputs(metadata), *_attachments(metadata, text))))
    return (TextPart(clean(text)),) if text else ()


def _join(pieces: Iterator[str]) -> str:
    return "\n\n".join(piece for piece in pieces if piece)


def _thought(item: Any) -> str:
    if isinstance(item, str):
        return item
    thought = as_object(item)
    summary, content = as_text(thought.get("summary")), as_text(thought.get("content"))
    return f"**{summary}**\n\n{content}" if summary and content else summary or content


def _read_content(content: dict[str, Any], kind: str, number: int, report: Report) -> Iterator[str]:
    text = as_text(content.get("text"))
    match kind:
        case "code":
            language = as_text(content.get("language"))
            if text.strip():
                yield fence(text, language if language != "unknown" and language.isalnum() else "")
            yield from _read_list(content, number, report)
        case "execution_output":
            if text.strip():
                yield fence(text)
        case "tether_quote" | "sonic_webpage":
            yield _quote(content)
        case "tether_browsing_display":
            yield as_text(content.get("result")) or as_text(content.get("summary"))
        case "system_error":
            yield reference("error", content.get("name"))
            yield text
        case "computer_output":
            yield _read_part(as_object(content.get("screenshot"))) or reference("screenshot")
        case _:
            said = [text, as_text(content.get("result")), *_read_list(content, number, report)]
            yield from said
            if kind not in {"text", "multimodal_text", ""} and not any(said):
                report.add(_UNKNOWN, number)
                yield reference(kind)


def _read_list(content: dict[str, Any], number: int, report: Report) -> Iterator[str]:
    for part in as_list(content.get("parts")):
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            read = _read_part(part)
            if read is None:
                report.add(_UNKNOWN, number)
            yield reference(as_text(part.get("content_type")) or "unknown") if read is None else read
        elif part is not None:
            report.add("A part of it is neither text nor an object, and was left out.", number)


def _read_part(part: dict[str, Any]) -> str | None:
    """Return one part of a content. None: its kind is not known."""
    pointer = part.get("asset_pointer")
    match part.get("content_type"):
        case "image_asset_pointer":
            return reference("image", pointer, dimensions(part))
        case "audio_transcription" | "text":
            return as_text(part.get("text"))
        case "audio_asset_pointer":
            return reference("audio", pointer, part.get("format"))
        case "video_container_asset_pointer" | "video_asset_pointer":
            return reference("video", pointer)
        case "real_time_user_audio_video_asset_pointer":
            audio = as_object(part.get("audio_asset_pointer"))
            video = as_object(part.get("video_container_asset_pointer"))
            found = [
                reference("audio", audio.get("asset_pointer"), audio.get("format")) if audio else "",
                reference("video", video.get("asset_pointer")) if video else "",
            ]
            return _join(iter(found)) or reference("audio")
        case "tether_quote":
            return _quote(part)
    if isinstance(pointer, str):
        return reference("file", pointer)
    return as_text(part.get("text")) or as_text(part.get("result")) or None


def _quote(content: dict[str, Any]) -> str:
    text = as_text(content.get("text")) or as_text(content.get("snippet"))
    source = reference("quote", content.get("title"), content.get("url") or content.get("domain"))
    return "\n".join([source, *(f"> {line}" for line in text.splitlines())])


def _outputs(metadata: dict[str, Any]) -> Iterator[str]:
    """Yield references to the images that a program of the model drew."""
    result = metadata.get("aggregate_result")
    if isinstance(result, dict):
        for message in map(as_object, as_list(result.get("messages"))):
            if message.get("message_type") == "image":
                yield reference("image", message.get("image_url"), dimensions(message))


def _attachments(metadata: dict[str, Any], text: str) -> Iterator[str]:
    """Yield references to attached files, but for those that the text refers to already."""
    files = metadata.get("attachments")
    if isinstance(files, list):
        for file in map(as_object, files):
            name, identity = as_text(file.get("name")), as_text(file.get("id"))
            if (name or identity) and not (identity and identity in text):
                kind = as_text(file.get("mime_type")) or as_text(file.get("mimeType"))
                yield reference(
                    "image" if kind.startswith("image/") else "file", name or identity, size(file.get("size"))
                )
