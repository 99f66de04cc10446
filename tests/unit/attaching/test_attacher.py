"""Reading what goes with a message: files, lines, directories, globs, pages, images, PDFs."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from chatrepl.attaching.attacher import FileAttacher
from chatrepl.errors import AttachmentError
from chatrepl.mentions import mention_of
from chatrepl.messages import FilePart, ImagePart
from chatrepl.picture import picture_of
from chatrepl.ports import Found, Page
from chatrepl.settings import AttachmentSettings
from tests.support.fakes import FakeClock


class Files:
    """An attacher of a directory, and the pages that it may ask for."""

    def __init__(self, directory: Path, **settings: int) -> None:
        self.settings = AttachmentSettings(**settings)
        self.pages: dict[str, Page] = {}
        self.asked: list[str] = []
        self.clipboard = b""
        self.clock = FakeClock()
        self._attacher = FileAttacher(
            lambda: self.settings,
            lambda path: directory / path,
            self._fetch,
            lambda: self.clipboard,
            self.clock,
        )

    def _fetch(self, url: str, _settings: AttachmentSettings) -> Page:
        self.asked.append(url)
        return self.pages[url]

    def find(self, name: str, *, fetches: bool = True) -> Found | None:
        return self._attacher.find(mention_of(name), fetches=fetches)

    def parts(self, name: str) -> tuple[FilePart | ImagePart, ...]:
        found = self.find(name)
        assert found is not None
        return found.parts

    def file(self, name: str) -> FilePart:
        [part] = self.parts(name)
        assert isinstance(part, FilePart)
        return part

    def image(self, name: str) -> ImagePart:
        [part] = self.parts(name)
        assert isinstance(part, ImagePart)
        return part

    def clipboard_image(self) -> ImagePart:
        return self._attacher.clipboard_image()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def picture(kind: str, width: int, height: int) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(made, kind)
    return made.getvalue()


class TestFiles:
    def test_a_file_is_read_as_it_is(self, files: Files, tmp_path: Path) -> None:
        (tmp_path / "a.md").write_text("one\ntwo\n")
        assert files.file("a.md") == FilePart("a.md", "one\ntwo\n")

    @pytest.mark.parametrize(
        ("name", "text"),
        [("a.md:2", "two\n"), ("a.md:2-3", "two\nthree"), ("a.md:2-", "two\nthree"), ("a.md#L1-L1", "one\n")],
    )
    def test_some_of_its_lines_are_read(self, files: Files, tmp_path: Path, name: str, text: str) -> None:
        (tmp_path / "a.md").write_text("one\ntwo\nthree")
        assert files.file(name).text == text

    @pytest.mark.parametrize("name", ["a.md:4-9", "a.md:3-2"])
    def test_lines_that_are_not_there_are_refused(self, files: Files, tmp_path: Path, name: str) -> None:
        (tmp_path / "a.md").write_text("one\ntwo\nthree\n")
        with pytest.raises(AttachmentError, match=r"lines|line stands"):
            files.find(name)

    def test_lines_of_a_file_that_is_too_large_are_read(self, tmp_path: Path) -> None:
        (tmp_path / "log").write_text("".join(f"line {number}\n" for number in range(5000)))
        files = Files(tmp_path, limit_file_bytes=1000)
        assert files.file("log:4000-4001").text == "line 3999\nline 4000\n"
        with pytest.raises(AttachmentError, match=r"is 48\.9 KB of text; at most 1\.0 KB"):
            files.find("log")

    def test_a_name_that_ends_like_lines_wins(self, files: Files, tmp_path: Path) -> None:
        (tmp_path / "a:2").write_text("itself")
        (tmp_path / "a").write_text("1\n2\n")
        assert files.file("a:2") == FilePart("a:2", "itself")

    @pytest.mark.parametrize(
        "data", ["é\n".encode("utf-8-sig"), "é\n".encode("utf-16"), "é\n".encode(), "é\r\n".encode()]
    )
    def test_text_is_read_in_the_encodings_that_say_so(
        self, files: Files, tmp_path: Path, data: bytes
    ) -> None:
        (tmp_path / "a").write_bytes(data)
        assert files.file("a").text == "é\n"

    @pytest.mark.parametrize("data", [b"a\0b", b"\x80abc", b"\x7fELF\0\1"])
    def test_what_is_no_text_is_refused_with_its_size(
        self, files: Files, tmp_path: Path, data: bytes
    ) -> None:
        (tmp_path / "a").write_bytes(data)
        with pytest.raises(AttachmentError, match=f"not text but {len(data)} bytes"):
            files.find("a")

    def test_a_pipe_is_not_waited_for(self, files: Files, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        for name in ("pipe", "pipe:1-2"):
            with pytest.raises(AttachmentError, match="not a regular file"):
                files.find(name)

    def test_nothing_is_found_where_nothing_is(self, files: Files) -> None:
        assert files.find("someone") is None
        assert files.find("a\0b") is None
        assert files.find("x" * 5000) is None

    def test_what_has_changed_is_read_again(self, files: Files, tmp_path: Path) -> None:
        path = tmp_path / "a"
        path.write_text("before")
        assert files.file("a").text == "before"
        path.write_text("afterwards")
        assert files.file("a").text == "afterwards"

    def test_what_has_not_changed_is_not_read_again(self, files: Files, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("x")
        assert files.find("a") is files.find("a")

    def test_line_ends_in_a_name_do_not_reach_it(self, files: Files, tmp_path: Path) -> None:
        (tmp_path / "a\nb").write_text("x")
        assert files.file("a\nb").name == "a b"


class TestDirectories:
    @pytest.fixture(autouse=True)
    def tree(self, tmp_path: Path) -> None:
        for name, text in {
            "src/a.py": "a = 1\n",
            "src/deep/b.py": "b = 2\n",
            "src/notes.md": "notes\n",
            "src/.hidden": "secret\n",
            "src/node_modules/x.js": "x\n",
            "src/build/out.py": "out\n",
            "src/deep/skip.log": "log\n",
            "src/deep/keep.log": "kept\n",
            "src/.gitignore": "build/\n*.log\n",
            "src/deep/.gitignore": "!keep.log\n",
        }.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (tmp_path / "src/logo.png").write_bytes(picture("PNG", 4, 4))

    def test_a_directory_is_a_list_and_its_texts(self, files: Files) -> None:
        listed, *parts = files.parts("src")
        assert isinstance(listed, FilePart)
        assert listed.name == "src/"
        assert listed.text.split() == [
            "src/a.py",
            "src/deep/b.py",
            "src/deep/keep.log",
            "src/logo.png",
            "src/notes.md",
        ]
        assert [part.name for part in parts] == [
            "src/a.py",
            "src/deep/b.py",
            "src/deep/keep.log",
            "src/notes.md",
        ]

    def test_rules_of_directories_above_hold_in_a_repository(self, files: Files, tmp_path: Path) -> None:
        (tmp_path / "src/.git").mkdir()
        (tmp_path / "src/deep/.gitignore").unlink()
        assert [part.name for part in files.parts("src/deep")] == ["src/deep/", "src/deep/b.py"]

    def test_a_glob_finds_what_is_not_left_out(self, files: Files) -> None:
        assert [part.name for part in files.parts("src/**/*.py")] == ["src/a.py", "src/deep/b.py"]
        assert [part.name for part in files.parts("src/*.py")] == ["src/a.py"]
        assert files.find("src/*.rs") is None

    def test_much_text_is_asked_about(self, tmp_path: Path) -> None:
        found = Files(tmp_path, confirm_bytes=10).find("src")
        assert found is not None
        assert found.asks == "src: 4 files, 23 bytes, 1 that are no text left out"
        small = Files(tmp_path).find("src")
        assert small is not None
        assert not small.asks

    def test_more_files_than_allowed_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(AttachmentError, match="more than 2 files"):
            Files(tmp_path, limit_files=2).find("src")

    def test_a_directory_without_files_is_refused(self, files: Files, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        with pytest.raises(AttachmentError, match="no files"):
            files.find("empty")

    def test_a_circle_of_links_ends(self, files: Files, tmp_path: Path) -> None:
        (tmp_path / "src/loop").symlink_to(tmp_path / "src")
        assert len(files.parts("src")) == 5

    def test_it_is_read_again_after_a_while(self, files: Files, tmp_path: Path) -> None:
        assert len(files.parts("src")) == 5
        (tmp_path / "src/new.md").write_text("new")
        assert len(files.parts("src")) == 5
        files.clock.seconds += 4
        assert len(files.parts("src")) == 6


class TestImages:
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
    def test_an_image_is_sent_as_it_is(self, files: Files, tmp_path: Path, kind: str) -> None:
        data = picture(kind, 30, 20)
        (tmp_path / "a").write_bytes(data)
        image = files.image("a")
        assert (image.media_type, image.width_pixels, image.height_pixels) == (
            f"image/{kind.lower()}",
            30,
            20,
        )
        assert base64.b64decode(image.data) == data

    @pytest.mark.parametrize("kind", ["PNG", "JPEG"])
    def test_a_large_one_is_made_smaller(self, tmp_path: Path, kind: str) -> None:
        (tmp_path / "a").write_bytes(picture(kind, 400, 200))
        image = Files(tmp_path, image_pixels=100).image("a")
        assert (image.width_pixels, image.height_pixels) == (100, 50)
        found = picture_of(base64.b64decode(image.data))
        assert found is not None
        assert (found.kind, found.width_pixels) == (kind, 100)

    def test_a_damaged_one_that_must_be_made_smaller_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(picture("PNG", 400, 200)[:60])
        with pytest.raises(AttachmentError, match="damaged"):
            Files(tmp_path, image_pixels=100).find("a")

    def test_without_the_extra_a_large_one_goes_as_it_is(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("chatrepl.attaching.images.find_spec", lambda _: None)
        (tmp_path / "a").write_bytes(picture("PNG", 400, 200))
        assert Files(tmp_path, image_pixels=100).image("a").width_pixels == 400
        (tmp_path / "b").write_bytes(picture("PNG", 400, 200) + b"x" * 1000)
        with pytest.raises(AttachmentError, match="is an image of") as caught:
            Files(tmp_path, limit_image_bytes=1000).find("b")
        assert "images" in (caught.value.hint or "")

    def test_lines_of_an_image_are_refused(self, files: Files, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(picture("PNG", 4, 4))
        with pytest.raises(AttachmentError, match="not text"):
            files.find("a:1-2")

    def test_the_clipboard_gives_an_image(self, files: Files) -> None:
        files.clipboard = picture("PNG", 4, 3)
        assert files.clipboard_image().name == "clipboard"
        files.clipboard = b"words"
        with pytest.raises(AttachmentError, match="no image"):
            files.clipboard_image()


def pdf(*texts: str) -> bytes:
    """Write a PDF with a page for each text."""
    writer = PdfWriter()
    for text in texts:
        page = writer.add_blank_page(200, 200)
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
        content = DecodedStreamObject()
        content.set_data(f"BT /F1 12 Tf 10 100 Td ({text}) Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(content)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


class TestPdfs:
    def test_its_text_is_read_page_by_page(self, files: Files, tmp_path: Path) -> None:
        (tmp_path / "a.pdf").write_bytes(pdf("Hello", "World"))
        assert files.file("a.pdf").text == "[page 1]\nHello\n\n[page 2]\nWorld\n\n"

    @pytest.mark.parametrize("data", [b"%PDF-1.7\nnonsense", pdf("Hello")[:300]])
    def test_a_damaged_one_is_refused(self, files: Files, tmp_path: Path, data: bytes) -> None:
        (tmp_path / "a.pdf").write_bytes(data)
        with pytest.raises(AttachmentError, match=r"cannot be read as a PDF|without text"):
            files.find("a.pdf")

    def test_one_without_text_is_refused(self, files: Files, tmp_path: Path) -> None:
        (tmp_path / "a.pdf").write_bytes(pdf(""))
        with pytest.raises(AttachmentError, match="without text"):
            files.find("a.pdf")

    def test_without_the_extra_it_is_named(
        self, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("chatrepl.attaching.reading.find_spec", lambda _: None)
        (tmp_path / "a.pdf").write_bytes(pdf("Hello"))
        with pytest.raises(AttachmentError) as caught:
            files.find("a.pdf")
        assert "[pdf]" in (caught.value.hint or "")


class TestPages:
    URL = "https://example.org/a"

    def answers(self, files: Files, kind: str, data: bytes) -> None:
        files.pages[self.URL] = Page(self.URL, kind, data)

    def test_a_page_is_its_readable_text(self, files: Files) -> None:
        html = "<title>Tea</title><nav>Home</nav><h1>How to</h1><p>Boil <b>water</b>.<script>x</script>"
        self.answers(files, "text/html; charset=utf-8", html.encode())
        assert files.file(self.URL) == FilePart(self.URL, "Tea\n\n# How to\n\nBoil water.\n")

    def test_a_page_is_not_asked_for_while_one_types(self, files: Files) -> None:
        found = files.find(self.URL, fetches=False)
        assert found == Found((), self.URL)
        assert not files.asked

    def test_other_kinds_are_read_as_files_are(self, files: Files) -> None:
        self.answers(files, "application/json", b'{"a": 1}')
        assert files.file(self.URL).text == '{"a": 1}'
        self.answers(files, "image/png", picture("PNG", 5, 6))
        assert files.image(self.URL).height_pixels == 6

    @pytest.mark.parametrize(
        ("kind", "data"),
        [("text/html; charset=iso-8859-1", "<p>é".encode("latin-1")), ("text/html", "<p>é".encode())],
    )
    def test_its_encoding_is_what_it_says_or_what_it_is(self, files: Files, kind: str, data: bytes) -> None:
        self.answers(files, kind, data)
        assert files.file(self.URL).text == "é\n"

    def test_a_page_without_text_is_refused(self, files: Files) -> None:
        self.answers(files, "text/html", b"<script>all()</script>")
        with pytest.raises(AttachmentError, match="no text"):
            files.find(self.URL)

    def test_a_long_one_is_asked_about(self, tmp_path: Path) -> None:
        files = Files(tmp_path, confirm_bytes=100)
        self.answers(files, "text/html", b"<p>" + b"word " * 100)
        found = files.find(self.URL)
        assert found is not None
        assert found.asks == f"{self.URL}: 500 bytes of text"


Make = Callable[[bytes], bytes]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_the_head_of_an_image_cut_anywhere_is_read_or_refused(kind: str) -> None:
    data = picture(kind, 30, 20)
    for end in range(min(len(data), 700)):
        found = picture_of(data[:end])
        assert found is None or (found.kind, found.width_pixels, found.height_pixels) == (kind, 30, 20)


def test_webp_without_loss_is_known() -> None:
    made = io.BytesIO()
    Image.new("RGBA", (31, 21), (1, 2, 3, 4)).save(made, "WEBP", lossless=True)
    found = picture_of(made.getvalue())
    assert found is not None
    assert (found.width_pixels, found.height_pixels) == (31, 21)
