"""A page of chats: readable, whole, and inert whatever stands in the messages."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatrepl.conversation import Conversation, Rating, Verdict
from chatrepl.exports.html import POLICY, to_html
from chatrepl.messages import Message, Meta, ReplyState
from tests.support.conversations import CHAT, COMPLETE, NOON, reply, user

NOW = datetime(2026, 8, 2, 12, tzinfo=UTC)
ELEMENTS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "article",
        "section",
        "nav",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    ),
    *(
        "p",
        "a",
        "ul",
        "ol",
        "li",
        "pre",
        "code",
        "span",
        "div",
        "details",
        "summary",
        "blockquote",
        "hr",
        "br",
        "em",
    ),
    *("strong", "s", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    *("charset", "http-equiv", "content", "name", "id", "class", "dir", "href", "rel", "start"),
    "style",  # text-align of table cells, which Markdown has
}
HOSTILE = [
    "<script>document.title = 'pwned'</script>",
    "<img src=x onerror=\"document.title='pwned'\">",
    "[click](javascript:document.title='pwned')",
    "[click](JaVaScRiPt&#58;alert(1)) [b](data:text/html,<script>1</script>) [c](vbscript:x)",
    "![x](javascript:alert(1)) ![y](https://evil.example/pixel.png)",
    "<svg/onload=alert(1)> <iframe src=//evil.example></iframe> <meta http-equiv=refresh content=0;url=//evil>",
    "```html\n</code></pre><script>document.title='pwned'</script>\n```",
    "```\"><script>document.title='pwned'</script>\ncode\n```",
    "</style></title></article><script>document.title='pwned'</script>",
    "]]> <!-- --><script>document.title='pwned'</script>",
    "| a | b |\n|---|:-:|\n| <b onclick=alert(1)>x</b> | `</td><script>1</script>` |",
    '[a]: javascript:alert(1)\n\n[a] <https://ok.example/"onmouseover="x> <javascript:alert(1)>',
    "\x1b]0;pwned\x07 \u202e gnp.exe \x00 \x9b31m",
    "&lt;script&gt; &#60;script&#62;document.title='pwned'&#60;/script&#62;",
]


class Reader(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.styles: set[str] = set()
        self.links: list[str] = []
        self.text: list[str] = []
        self._is_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self._is_style = tag == "style"
        for name, value in attrs:
            self.attributes.add(name)
            if name == "href":
                self.links.append(value or "")
            if name == "style":
                self.styles.add(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._is_style = False

    def handle_data(self, data: str) -> None:
        if not self._is_style:
            self.text.append(data)


def chat_of(*messages: Message, title: str = "") -> Conversation:
    """Return a chat that stands at its last message."""
    chat = Conversation(CHAT, title=title)
    for message in messages:
        chat.append(message)
    return chat


def page(*chats: Conversation, title: str = "Chats") -> str:
    return "".join(to_html(chats, title=title, exported_at=NOW))


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    return reader


def assert_inert(text: str) -> None:
    found = read(text)
    assert found.elements <= ELEMENTS
    assert found.attributes <= ATTRIBUTES
    assert found.styles <= {"text-align:left", "text-align:right", "text-align:center"}
    for link in found.links:
        assert link.startswith(("http://", "https://", "mailto:", "#")), link


def hostile_chat() -> Conversation:
    """Return a chat that is hostile wherever text can be."""
    evil = HOSTILE[0]
    chat = Conversation(CHAT, title=evil + "\n" * 3 + "x" * 10_000, system=evil)
    chat.tags = (evil,)
    for text in HOSTILE:
        chat.append(user(text, chat.tip))
        meta = Meta(ReplyState.FAILED, model=evil, provider=evil, error=evil)
        made = reply(text, chat.tip, meta, reasoning=evil)
        chat.append(made)
        chat.ratings[made.id] = Rating(Verdict.UP, evil, NOON)
        other = reply(f"{evil} other", made.parent_id, COMPLETE)
        chat.append(other)
        chat.move_tip(made.id)
    return chat


def test_nothing_hostile_is_more_than_text() -> None:
    assert_inert(page(hostile_chat(), hostile_chat(), title=HOSTILE[0]))


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*HOSTILE, "\n", " ", "**", "`", "```", "[", "](", ")", "<", ">", '"', "'", "&", "|", "\\"]
        ),
        max_size=14,
    ),
    st.text(max_size=30),
)
def test_no_mixture_of_hostile_pieces_is_more_than_text(pieces: list[str], more: str) -> None:
    text = "".join(pieces) + more
    assert_inert(page(chat_of(user(text), title=text)))


def test_the_page_forbids_itself_what_it_does_not_need() -> None:
    text = page(Conversation(CHAT))
    assert f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">' in text
    assert "default-src 'none'" in POLICY
    assert text.index("Content-Security-Policy") < text.index("<title>")
    assert "http" not in text.replace("http-equiv", "")  # nothing of its own points anywhere


def test_every_word_is_there_with_who_said_it_and_what_is_thought_of_it() -> None:
    chat = chat_of(user("What is **bold**?"), title="A *title*")
    chat.tags, chat.system = ("work",), "Be kind."
    made = reply("It is `fat` text.\n\n- one\n- two", chat.tip, COMPLETE, reasoning="Let me think.")
    chat.append(made)
    chat.ratings[made.id] = Rating(Verdict.DOWN, "too short", NOON)
    text = " ".join("".join(read(page(chat)).text).split())
    for words in ("A *title*", "Be kind.", "What is bold?", "It is fat text.", "one two", "Let me think.", "#work",
                  "some-model", "▼ rated down: too short", "12 + 34 tokens · $0.0012", "You", "Assistant"):  # fmt: skip
        assert words in text, words


def test_other_versions_are_folded_with_what_follows_them() -> None:
    chat = chat_of(user("ask"))
    asked = chat.tip
    first = reply("first answer", asked, COMPLETE)
    chat.append(first)
    chat.append(user("went on", chat.tip))
    chat.append(reply("second answer", asked, COMPLETE))
    text = "".join(read(page(chat)).text)
    assert "Assistant · some-model · 2/2" in text
    assert "Version 1 of 2 · some-model, 1 messages follow" in text
    assert "first answer" in text
    assert "went on" not in text


def test_code_is_coloured_and_kept_as_it_is() -> None:
    code = 'def f(x):\n    return "<a & b>"  # fine\n'
    text = page(chat_of(user(f"```python\n{code}```\n```nonsense\n<x>\n```")))
    assert 'class="hl-k"' in text
    assert code in "".join(read(text).text)
    assert "<pre" in text
    assert "&lt;x&gt;" in text


def test_several_chats_stand_one_after_another_with_contents_at_the_end() -> None:
    alive: list[int] = []

    def chats() -> Iterator[Conversation]:
        for number in range(3):
            alive.append(number)
            yield chat_of(user(f"words {number}"), title=f"Chat {number}")

    seen_at = {}
    for piece in to_html(chats(), title="All", exported_at=NOW):
        for number in range(3):
            if f"words {number}" in piece:
                seen_at[number] = len(alive)
    assert seen_at == {0: 2, 1: 3, 2: 3}  # one ahead, to know whether there are several
    text = page(*chats())
    assert text.index("words 2") < text.index('<nav id="contents">')
    assert '<a href="#chat-2">Chat 1</a>' in text


def test_an_image_is_a_link_and_is_never_loaded() -> None:
    text = page(chat_of(user("![a cat](https://example.org/cat.png)")))
    assert "<img" not in text
    assert (
        '<a href="https://example.org/cat.png" rel="noopener noreferrer nofollow">[image: a cat]</a>' in text
    )


def test_wide_tables_and_directions_are_looked_after() -> None:
    text = page(chat_of(user("| a | b |\n|---|---|\n| 1 | 2 |"), reply("שלום", None, COMPLETE)))
    assert '<div class="wide"><table>' in text
    assert 'dir="auto"' in text


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_no_script_runs_in_a_real_browser(tmp_path: Path) -> None:
    assert CHROMIUM is not None
    file = tmp_path / "hostile.html"
    file.write_text(page(hostile_chat(), hostile_chat(), title="A safe page"), encoding="utf-8")
    done = subprocess.run(
        [
            *(
                CHROMIUM,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                f"--user-data-dir={tmp_path / 'profile'}",
            ),
            *("--virtual-time-budget=2000", "--dump-dom", file.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if not done.stdout.strip():
        pytest.skip("Chromium does not start here")
    assert "<title>A safe page</title>" in done.stdout
    assert_inert(done.stdout)
