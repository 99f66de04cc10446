"""Files and images that go with messages: kept, counted, sent, saved and shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.api import chat, completions, responses
from chatrepl.attaching.attacher import FileAttacher
from chatrepl.attachments import Chip, chip_text, described, size_text
from chatrepl.cancellation import Cancellation
from chatrepl.commands.base import Ask, Confirm, Draft, Notice, Several, Table
from chatrepl.context.tokens import Counter
from chatrepl.conversation import Conversation
from chatrepl.environment import SystemClock
from chatrepl.errors import AttachmentError, BadRequestError, TranscriptError
from chatrepl.exchange import Request
from chatrepl.exports import FORMS, Outgoing
from chatrepl.messages import (
    Attachment,
    ChatId,
    FilePart,
    ImagePart,
    Message,
    MessageId,
    Role,
    TextPart,
    in_tags,
    part_of,
    piece_of,
)
from chatrepl.providers import Provider
from chatrepl.session import Session
from chatrepl.settings import AttachmentSettings
from chatrepl.store.chats import SqliteStore
from chatrepl.transcript import from_json, to_json
from chatrepl.turn import Kind
from tests.support.commands import Run, run_in
from tests.support.fakes import FakeClock, ScriptedClient, make_session, says

CAT = ImagePart("cat.png", "image/png", 640, 480, "aGk=")
NOTES = FilePart("notes.md", "one\ntwo\n")
NOW = FakeClock().now()
LINE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=20)


def message(*attachments: Attachment, text: str = "see this") -> Message:
    return Message(MessageId("a" * 32), None, Role.USER, (*attachments, TextPart(text)), NOW)


class TestMessages:
    def test_the_text_is_what_was_typed_and_a_model_reads_the_files_too(self) -> None:
        asked = message(NOTES, CAT)
        assert asked.text == "see this"
        assert asked.sent_text == '<file name="notes.md">\none\ntwo\n</file>\n\nsee this'
        assert asked.attachments == (NOTES, CAT)
        assert asked.images == (CAT,)

    def test_a_file_cannot_close_its_own_tag(self) -> None:
        shown = in_tags(FilePart('a"b&c', "x</file>y</file_>"))
        assert shown == '<file__ name="a&quot;b&amp;c">\nx</file>y</file_>\n</file__>'

    @given(LINE, st.text(st.characters(exclude_categories=["Cs"])))
    def test_parts_come_back_from_their_pieces(self, name: str, text: str) -> None:
        for part in (FilePart(name, text), ImagePart(name, "image/gif", 3, 4, "aGk="), TextPart(text)):
            assert part_of(*piece_of(part)) == part

    def test_they_are_kept(self, tmp_path: Path) -> None:
        asked = message(NOTES, CAT)
        store = SqliteStore.open(tmp_path / "chats.db", SystemClock())
        store.create_chat(ChatId("c" * 32), system=None, created_at=NOW)
        store.append(ChatId("c" * 32), asked)
        store.close()
        again = SqliteStore.open(tmp_path / "chats.db", SystemClock())
        assert again.load(ChatId("c" * 32)).path() == (asked,)
        again.close()

    def test_a_file_holds_them(self) -> None:
        conversation = Conversation(ChatId("c" * 32))
        conversation.append(message(NOTES, CAT))
        assert from_json(to_json(conversation)).path() == conversation.path()

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({"name": "a\nb"}, "must be one line"),
            ({"media_type": "image/tiff"}, "media_type"),
            ({"width_pixels": 0}, "from 1 to"),
            ({"data": "no base64!"}, "must be base64"),
            ({"more": 1}, "is not known"),
        ],
    )
    def test_a_wrong_one_in_a_file_is_named(self, change: dict[str, object], problem: str) -> None:
        conversation = Conversation(ChatId("c" * 32))
        conversation.append(message(CAT))
        document = json.loads(to_json(conversation))
        document["messages"][0]["parts"][0] |= change
        with pytest.raises(TranscriptError, match=problem):
            from_json(json.dumps(document))

    def test_what_is_written_for_people_names_them(self) -> None:
        conversation = Conversation(ChatId("c" * 32))
        conversation.append(message(NOTES, CAT))
        for form in ("markdown", "text"):
            written = "".join(FORMS[form].write([Outgoing(conversation)], "", NOW))
            assert "attached: notes.md, 2 lines" in written
            assert "attached: cat.png, 640x480" in written
            assert "one\ntwo" not in written
        page = "".join(FORMS["html"].write([Outgoing(conversation)], "", NOW))
        assert "<summary>notes.md, 2 lines</summary>" in page
        assert 'src="data:image/png;base64,aGk="' in page


class TestRequests:
    def body_of(self, dialect: object, *messages: Message) -> dict[str, object]:
        request = Request("m", messages, stream=False)
        body: dict[str, object] = dialect.request_body(request, Provider())  # type: ignore[attr-defined]
        return body

    def test_a_file_is_text_in_every_dialect(self) -> None:
        asked = message(NOTES)
        assert self.body_of(chat, asked)["messages"] == [{"role": "user", "content": asked.sent_text}]
        assert self.body_of(responses, asked)["input"] == [{"role": "user", "content": asked.sent_text}]
        assert asked.sent_text in str(self.body_of(completions, asked)["prompt"])

    def test_an_image_is_a_part_of_its_own(self) -> None:
        url = "data:image/png;base64,aGk="
        assert self.body_of(chat, message(CAT))["messages"] == [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "see this"},
                    {"type": "image_url", "image_url": {"url": url}},
                ],
            }
        ]
        assert self.body_of(responses, message(CAT))["input"] == [
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "see this"},
                    {"type": "input_image", "image_url": url},
                ],
            }
        ]

    def test_the_completions_api_takes_no_images(self) -> None:
        with pytest.raises(BadRequestError, match="no images"):
            self.body_of(completions, message(CAT))

    def test_they_count(self, tmp_path: Path) -> None:
        counter = Counter(tmp_path, "gpt-4o")
        bare = counter.count_message(message()).tokens
        image = counter.count_attachment(CAT).tokens
        assert image == 85 + 170 * 2
        pictured = Message(MessageId("b" * 32), None, Role.USER, (CAT, TextPart("see this")), NOW)
        assert counter.count_message(pictured).tokens == bare + image


class TestWords:
    @pytest.mark.parametrize(
        ("size", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1200, "1.2 KB"), (5_300_000_000, "5.3 GB")]
    )
    def test_sizes_are_short(self, size: int, text: str) -> None:
        assert size_text(size) == text

    def test_an_attachment_is_named_with_its_size(self) -> None:
        assert described(FilePart("a", "x")) == "a, 1 line"
        assert described(FilePart("a", "")) == "a, 0 lines"

    def test_a_chip_says_what_it_takes_or_why_it_cannot_be_sent(self) -> None:
        assert chip_text(Chip("a", "1 line", 4, "$0.01"), 2) == "[2 a 1 line ~4 tok $0.01]"
        assert chip_text(Chip("a", "", problem="it is a pipe"), 1) == "[1 a cannot be sent: it is a pipe]"


@pytest.fixture
def session(tmp_path: Path) -> Session:
    session = make_session(tmp_path, ScriptedClient(says("Yes."), says("No.")))

    def never(*_: object) -> bytes:
        raise AttachmentError("There is no image on the clipboard.")

    def make(session: Session) -> FileAttacher:
        limits = AttachmentSettings(confirm_bytes=50)
        return FileAttacher(lambda: limits, lambda path: tmp_path / path, never, never, session.clock)  # type: ignore[arg-type]

    session._make_attacher = make
    (tmp_path / "notes.md").write_text("one\ntwo\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src/a.py").write_text("# a\n" * 20)
    return session


@pytest.fixture
def run(session: Session, tmp_path: Path) -> Run:
    return run_in(session, tmp_path)


def sent(session: Session, text: str, typed: str | None = None) -> object:
    from chatrepl.commands.attach import send
    from chatrepl.commands.base import Context

    return send(Context(session, Path), text, typed)


class TestSending:
    def test_what_a_message_names_goes_with_it(self, session: Session) -> None:
        assert sent(session, "see @notes.md") == Ask(Kind.ASK, "see @notes.md", attachments=(NOTES,))

    def test_what_is_not_there_is_text(self, session: Session) -> None:
        assert sent(session, "hello @someone") == Ask(Kind.ASK, "hello @someone")

    def test_a_path_that_is_not_there_is_told_of(self, session: Session) -> None:
        answer = sent(session, "see @src/b.py")
        assert isinstance(answer, Several)
        assert answer.replies == (
            Notice("There is no src/b.py here: the name was sent as text.", "warning"),
            Ask(Kind.ASK, "see @src/b.py"),
        )

    def test_pasted_text_names_nothing(self, session: Session) -> None:
        assert sent(session, "pasted: @notes.md", "pasted: [pasted]") == Ask(Kind.ASK, "pasted: @notes.md")

    def test_what_cannot_be_sent_keeps_the_message(self, session: Session, tmp_path: Path) -> None:
        (tmp_path / "x.bin").write_bytes(b"\0\1")
        answer = sent(session, "see @x.bin")
        assert isinstance(answer, Several)
        notice, draft = answer.replies
        assert isinstance(notice, Notice)
        assert "not text" in notice.text
        assert draft == Draft("see @x.bin", "Nothing was sent; your message is in the input line.")

    def test_much_is_asked_about_and_no_brings_the_message_back(self, session: Session) -> None:
        question = sent(session, "see @src")
        assert isinstance(question, Confirm)
        assert question.question == "src: 1 file, 80 bytes. Send it?"
        assert isinstance(question.otherwise(), Draft)
        asked = question.then()
        assert isinstance(asked, Ask)
        assert [part.name for part in asked.attachments] == ["src/", "src/a.py"]

    def test_a_turn_sends_and_keeps_them_also_when_the_file_has_changed(
        self, session: Session, tmp_path: Path
    ) -> None:
        ask = sent(session, "see @notes.md")
        assert isinstance(ask, Ask)
        [*session.turn(Kind.ASK, ask.text, Cancellation(), attachments=ask.attachments)]
        (tmp_path / "notes.md").write_text("changed")
        [*session.turn(Kind.ASK, "and?", Cancellation())]
        client = session.client
        assert isinstance(client, ScriptedClient)
        assert client.requests[-1].messages[0].attachments == (NOTES,)

    def test_a_message_that_is_typed_anew_keeps_what_went_with_it(
        self, session: Session, run: Run, tmp_path: Path
    ) -> None:
        [*session.turn(Kind.ASK, "see @notes.md", Cancellation(), attachments=(NOTES,))]
        (tmp_path / "notes.md").unlink()
        draft = run("/edit")
        assert isinstance(draft, Draft)
        assert draft.text == "see @notes.md"
        again = sent(session, draft.text)
        assert again == Ask(Kind.ASK, "see @notes.md", attachments=(NOTES,))
        assert not session.attached


class TestCommands:
    def test_attach_lists_and_detach_takes_away(self, session: Session, run: Run) -> None:
        assert run("/attach") == Notice(
            "Nothing is attached.", hint="/attach FILE does, and so does @FILE anywhere in a message."
        )
        assert run("/attach notes.md") == Notice("Goes with the next message: notes.md, 2 lines.")
        run("/attach notes.md:1")
        table = run("/attach")
        assert isinstance(table, Table)
        assert [row[:2] for row in table.rows] == [("1", "notes.md, 2 lines"), ("2", "notes.md:1, 1 line")]
        run("/detach 1")
        assert [part.name for part in session.attached] == ["notes.md:1"]
        with pytest.raises(AttachmentError, match="called 2"):
            run("/detach 2")
        run("/detach notes.md:1")
        assert not session.attached

    def test_attaching_the_same_again_replaces_it(self, session: Session, run: Run, tmp_path: Path) -> None:
        run("/attach notes.md")
        (tmp_path / "notes.md").write_text("other")
        run("/attach notes.md")
        assert session.attached == [FilePart("notes.md", "other")]

    def test_what_is_not_there_is_refused(self, run: Run) -> None:
        with pytest.raises(AttachmentError, match=r"There is no nope\.md"):
            run("/attach nope.md")

    def test_attached_files_go_with_the_next_message_only(self, session: Session, run: Run) -> None:
        run("/attach notes.md")
        assert sent(session, "hello") == Ask(Kind.ASK, "hello", attachments=(NOTES,))
        assert sent(session, "hello") == Ask(Kind.ASK, "hello")
