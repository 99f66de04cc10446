"""Chats as one page of HTML that needs nothing else: no script, no other file, nothing from a network. Pure.

What a model or a person wrote is Markdown without HTML in it; everything else is escaped text. The page forbids itself by a
policy whatever it does not need, so that what slipped through would still do nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache, lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from chatrepl.attachments import described
from chatrepl.branches import place_among_siblings
from chatrepl.conversation import Conversation, Verdict, first_words
from chatrepl.exports.html_style import CODE_THEMES, STYLE
from chatrepl.messages import Attachment, FilePart, Message, ReplyState, Role
from chatrepl.pricing import format_usd
from chatrepl.sanitise import sanitise, sanitise_line

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
TITLE_CHARS = 200
MOST_HIGHLIGHTED_CHARS = 200_000
"""Longer code is shown plain: highlighting takes a second for so much."""
_SAFE_LINK = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x20]*\Z", re.IGNORECASE)
_SPEAKERS = {Role.USER: "You", Role.ASSISTANT: "Assistant", Role.SYSTEM: "System", Role.TOOL: "Tool"}


def to_html(chats: Iterable[Conversation], *, title: str, exported_at: datetime) -> Iterator[str]:
    """Yield the pieces of one document; at most two chats are in memory at a time.

    Args:
        chats: In the order in which they stand in it.
        title: Of the document, where there are several.
        exported_at: Said at its top.
    """
    waiting = iter(chats)
    chat, following = next(waiting, None), next(waiting, None)
    is_one = following is None
    title = _title(chat) if chat is not None and is_one else _line(title)
    yield _beginning(title, exported_at, has_contents=not is_one)
    contents: list[str] = []
    while chat is not None:
        contents.append(_title(chat))
        yield from _chat(chat, len(contents), "" if is_one else contents[-1])
        chat, following = following, next(waiting, None)
    if not is_one:
        yield '<nav id="contents"><h2>Contents</h2><ol>\n'
        for number, name in enumerate(contents, start=1):
            yield f'<li><a href="#chat-{number}">{_escaped(name)}</a></li>\n'
        yield "</ol></nav>\n"
    yield "</body>\n</html>\n"


def _beginning(title: str, exported_at: datetime, *, has_contents: bool) -> str:
    contents = ' <a href="#contents">Contents</a> are at the end.' if has_contents else ""
    return (
        "<!doctype html>\n<html>\n<head>\n"
        '<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{_escaped(title)}</title>\n<style>{STYLE}{_code_style()}</style>\n</head>\n<body>\n"
        f'<h1 dir="auto">{_escaped(title)}</h1>\n'
        f'<p class="about">Exported by chatrepl, {exported_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC.{contents}</p>\n'
    )


@cache
def _code_style() -> str:
    from pygments.formatters import HtmlFormatter

    light, dark = (
        str(HtmlFormatter(style=theme, classprefix="hl-").get_style_defs("pre"))  # type: ignore[no-untyped-call]
        for theme in CODE_THEMES
    )
    rules = [
        "\n".join(line for line in found.splitlines() if line.startswith("pre .hl-"))
        for found in (light, dark)
    ]
    return f"\n{rules[0]}\n@media screen and (prefers-color-scheme: dark) {{\n{rules[1]}\n}}\n"


def _title(chat: Conversation) -> str:
    words = (first_words(message.text) for message in chat.path())
    return _line(chat.title)[:TITLE_CHARS] or next(map(_line, filter(None, words)), "") or "Empty chat"


def _chat(chat: Conversation, number: int, name: str) -> Iterator[str]:
    heading = f'<h2 dir="auto">{_escaped(name)}</h2>\n' if name else ""
    yield f'<article id="chat-{number}">\n{heading}'
    path = chat.path()
    about = [f"{len(path)} messages"]
    if path:
        first, last = path[0].created_at.astimezone(UTC), path[-1].created_at.astimezone(UTC)
        about.insert(
            0, f"{first:%Y-%m-%d}" if first.date() == last.date() else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
        )
    models = dict.fromkeys(_line(message.meta.model) for message in path if message.meta.model)
    about += [_escaped(model) for model in models][:5]
    about += [_escaped(f"#{_line(tag)}") for tag in chat.tags]
    yield f'<p class="about">{" · ".join(about)}</p>\n'
    if chat.system:
        yield _folded("System prompt", f'<div class="text plain" dir="auto">{_escaped(chat.system)}</div>')
    for message in path:
        yield _message(chat, message)
    yield "</article>\n"


def _message(chat: Conversation, message: Message) -> str:
    kind = "user" if message.role is Role.USER else "reply" if message.is_reply else "other"
    who = _SPEAKERS[message.role]
    if message.meta.model:
        who += f" · {_line(message.meta.model)}"
    place, count = place_among_siblings(chat, message.id)
    if count > 1:
        who += f" · {place}/{count}"
    pieces = [f'<section class="message {kind}">\n<p class="who">{_escaped(who)}</p>\n']
    if message.reasoning.strip():
        pieces.append(_folded("Reasoning", _rendered(message.reasoning)))
    pieces += map(_attached, message.attachments)
    if message.text.strip():
        pieces.append(_rendered(message.text))
    pieces += [f'<p class="foot">{said}</p>\n' for said in _feet(chat, message)]
    if count > 1:
        pieces += _others(chat, message)
    return "".join((*pieces, "</section>\n"))


def _attached(part: Attachment) -> str:
    """Return a file folded away, or an image."""
    if isinstance(part, FilePart):
        return _folded(_line(described(part)), f"<pre>{_escaped(part.text)}</pre>")
    name = _escaped(_line(part.name))
    source = f"data:{_escaped(part.media_type)};base64,{escape(part.data)}"
    return f'<p><img src="{source}" alt="{name}"></p>\n'


def _feet(chat: Conversation, message: Message) -> Iterator[str]:
    """Yield what is said below a message, escaped: that it broke off, what is thought of it, what it took."""
    meta = message.meta
    if meta.state not in {None, ReplyState.COMPLETE}:
        why = f": {_line(meta.error)}" if meta.error else ""
        yield f'<span class="broken">{_escaped(f"{meta.state}{why}")}</span>'
    rating = chat.ratings.get(message.id)
    if rating is not None:
        sign, word = ("▲", "rated up") if rating.verdict is Verdict.UP else ("▼", "rated down")
        note = f": {_line(rating.note)}" if rating.note.strip() else ""
        yield f'<span class="{rating.verdict}">{sign} {_escaped(word + note)}</span>'
    took = []
    if meta.usage is not None:
        took.append(f"{meta.usage.prompt_tokens:,} + {meta.usage.completion_tokens:,} tokens")
    if meta.cost_usd is not None:
        took.append(format_usd(meta.cost_usd))
    if took:
        yield _escaped(" · ".join(took))


def _others(chat: Conversation, message: Message) -> Iterator[str]:
    """Yield the other versions of a message, folded."""
    siblings = chat.siblings(message.id)
    for number, id in enumerate(siblings, start=1):
        if id == message.id:
            continue
        other = chat[id]
        below = _count_below(chat, other)
        follow = f", {below} messages follow" if below else ""
        model = f" · {_line(other.meta.model)}" if other.meta.model else ""
        feet = "".join(f'<p class="foot">{said}</p>' for said in _feet(chat, other))
        yield _folded(f"Version {number} of {len(siblings)}{model}{follow}", _rendered(other.text) + feet)


def _count_below(chat: Conversation, message: Message) -> int:
    count, waiting = 0, [message.id]
    while waiting:
        below = chat.children(waiting.pop())
        count += len(below)
        waiting += below
    return count


def _folded(summary: str, content: str) -> str:
    return f"<details><summary>{_escaped(summary)}</summary>{content}</details>\n"


def _line(text: str) -> str:
    return sanitise_line(text)


def _escaped(text: str) -> str:
    return escape(sanitise(text))


# Markdown ------------------------------------------------------------------------------------------------------------


def _rendered(text: str) -> str:
    return f'<div class="text" dir="auto">{_parser().render(sanitise(text))}</div>\n'


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "highlight": _highlighted}).enable(
        ["table", "strikethrough"]
    )
    parser.validateLink = lambda url: _SAFE_LINK.match(url) is not None  # type: ignore[method-assign]
    parser.add_render_rule("link_open", _link_open)
    parser.add_render_rule("image", _image)
    parser.add_render_rule("fence", _code)
    parser.add_render_rule("code_block", _code)
    parser.add_render_rule("table_open", lambda *_: '<div class="wide"><table>\n')
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return parser


def _link_open(_self: Any, tokens: Any, index: int, _options: Any, _env: Any) -> str:
    address = str(tokens[index].attrGet("href") or "")
    if not _SAFE_LINK.match(address):
        return "<a>"
    return f'<a href="{escape(address)}" rel="noopener noreferrer nofollow">'


def _image(_self: Any, tokens: Any, index: int, _options: Any, _env: Any) -> str:
    """An image is never loaded: it is a link to where it is, under its description."""
    token = tokens[index]
    address = str(token.attrGet("src") or "")
    said = escape(token.content.strip() or "image")
    if not _SAFE_LINK.match(address):
        return f"[{said}]"
    return f'<a href="{escape(address)}" rel="noopener noreferrer nofollow">[image: {said}]</a>'


def _code(_self: Any, tokens: Any, index: int, _options: Any, _env: Any) -> str:
    token = tokens[index]
    language = token.info.strip().split(maxsplit=1)[0] if token.info.strip() else ""
    return f'<pre dir="ltr"><code>{_highlighted(token.content, language, "")}</code></pre>\n'


def _highlighted(code: str, language: str, _attributes: str) -> str:
    if not language or len(code) > MOST_HIGHLIGHTED_CHARS:
        return escape(code)
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.util import ClassNotFound

    try:
        lexer = _lexer(language)
    except ClassNotFound:
        return escape(code)
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True, classprefix="hl-")))


@lru_cache(64)
def _lexer(language: str) -> Any:
    from pygments.lexers import get_lexer_by_name

    return get_lexer_by_name(language[:40], stripnl=False, ensurenl=False)
