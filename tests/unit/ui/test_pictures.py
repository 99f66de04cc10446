"""Images between the lines: what is written shows the image, and nothing of the image's own bytes is in it."""

from __future__ import annotations

import base64
import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from chatrepl.environment import Environment
from chatrepl.messages import ImagePart, Message, MessageId, Role, TextPart
from chatrepl.picture import picture_of
from chatrepl.settings import ImageProtocol, Images, TerminalSettings
from chatrepl.ui import look
from chatrepl.ui.look import look_for
from chatrepl.ui.markdown import BlockRenderer, Look, Pictures
from chatrepl.ui.pictures import LIMIT_PIXELS, MOST_COLUMNS, MOST_ROWS, picture_lines
from chatrepl.ui.reply_view import MOST_PICTURES, message_lines

PROTOCOLS: list[ImageProtocol] = ["kitty", "iterm2", "sixel"]
CELL = (10, 20)
COLOURS = ((0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 0, 255))


def part_of(data: bytes, name: str = "a.png") -> ImagePart:
    known = picture_of(data)
    assert known is not None
    encoded = base64.b64encode(data).decode("ascii")
    return ImagePart(name, known.media_type, known.width_pixels, known.height_pixels, encoded)


def saved(image: Image.Image, kind: str = "PNG", **how: Any) -> bytes:
    made = io.BytesIO()
    image.save(made, kind, **how)
    return made.getvalue()


def drawn(data: bytes, protocol: ImageProtocol, columns: int = 100, rows: int = 40) -> str:
    (line,) = picture_lines(part_of(data), Pictures(protocol, CELL), columns, rows)
    return line


def shown(line: str) -> Image.Image:
    """Return what a terminal would show."""
    if "\x1b_G" in line:
        chunks = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", line)
        assert [fields.rpartition("m=")[2] for fields, _ in chunks] == ["1"] * (len(chunks) - 1) + ["0"]
        assert all(len(data) <= 4096 for _, data in chunks)
        return Image.open(io.BytesIO(base64.b64decode("".join(data for _, data in chunks))))
    if "\x1b]1337" in line:
        return Image.open(io.BytesIO(base64.b64decode(line.partition(":")[2].partition("\x07")[0])))
    return from_sixels(line)


def from_sixels(line: str) -> Image.Image:
    body = re.search(r"\x1bP0;1;0q(.*?)\x1b\\", line, re.DOTALL)
    assert body is not None
    size = re.match(r'"1;1;(\d+);(\d+)', body[1])
    assert size is not None
    width, height = int(size[1]), int(size[2])
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    palette: dict[int, tuple[int, ...]] = {}
    colour = x = top = 0
    for sign in re.finditer(
        r"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)(.)|([$-])|([?-~])", body[1][size.end() :]
    ):
        if sign[1]:
            palette[int(sign[1])] = tuple(round(int(sign[at]) * 255 / 100) for at in (2, 3, 4))
        elif sign[5]:
            colour = int(sign[5])
        elif sign[8]:
            x, top = 0, top + 6 * (sign[8] == "-")
        else:
            letter, times = (sign[7], int(sign[6])) if sign[6] else (sign[9], 1)
            for x in range(x, x + times):  # noqa: B020 - goes on from where it is
                for bit in range(6):
                    if (ord(letter) - 63) >> bit & 1:
                        assert top + bit < height, "a pixel below the image"
                        image.putpixel((x, top + bit), (*palette[colour], 255))
            x += 1
    return image


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_an_image_of_any_kind_is_shown(kind: str, protocol: ImageProtocol) -> None:
    image = shown(drawn(saved(Image.new("RGB", (200, 100), "red"), kind), protocol)).convert("RGB")
    assert image.size == (200, 100)
    middle = image.getpixel((100, 50))
    assert isinstance(middle, tuple)
    assert middle[0] > 240
    assert max(middle[1:]) < 15


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_large_one_is_made_smaller_and_keeps_its_shape(protocol: ImageProtocol) -> None:
    image = shown(drawn(saved(Image.new("RGB", (3000, 1500))), protocol))
    assert image.width <= MOST_COLUMNS * CELL[0]
    assert image.height <= MOST_ROWS * CELL[1]
    assert image.width == 2 * image.height


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(("height", "rows"), [(1, 1), (20, 1), (21, 2), (90, 5)])
def test_its_rows_are_made_before_it_is_drawn_and_the_cursor_ends_in_the_last(
    protocol: ImageProtocol, height: int, rows: int
) -> None:
    line = drawn(saved(Image.new("RGB", (50, height))), protocol)
    before, _, rest = line.partition("\x1b7")
    after = rest.rpartition("\x1b8")[2]
    below = rows - 1
    assert before == "\r\n" * below + (f"\x1b[{below}A" if below else "") + "\x1b[2C"
    assert after == "\r" + (f"\x1b[{below}B" if below else "")


@pytest.mark.parametrize(
    ("protocol", "cell", "said"),
    [("iterm2", CELL, "inline=1;width=11;height=5;"), ("kitty", None, ",r=5,"), ("kitty", CELL, ",q=2,m=")],
)
def test_the_terminal_is_told_how_many_cells_it_takes_unless_pixels_say_it(
    protocol: ImageProtocol, cell: tuple[int, int] | None, said: str
) -> None:
    part = part_of(saved(Image.new("RGB", (101, 90))))
    assert said in picture_lines(part, Pictures(protocol, cell), 100, 40)[0]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_can_be_seen_through_stays_so(protocol: ImageProtocol) -> None:
    image = Image.new("RGBA", (20, 20), (255, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 10, 20))
    seen = shown(drawn(saved(image), protocol)).convert("RGBA")
    assert seen.getpixel((3, 3))[3] == 0  # type: ignore[index]
    assert seen.getpixel((15, 3)) == (255, 0, 0, 255)


@given(
    st.integers(1, 30).flatmap(
        lambda width: st.lists(
            st.lists(st.sampled_from(COLOURS), min_size=width, max_size=width), min_size=1, max_size=20
        )
    )
)
def test_sixels_have_every_pixel_where_it_was(rows: list[list[tuple[int, int, int]]]) -> None:
    image = Image.new("RGB", (len(rows[0]), len(rows)))
    image.putdata([pixel for row in rows for pixel in row])
    assert shown(drawn(saved(image), "sixel")).convert("RGB").tobytes() == image.tobytes()


def test_a_photograph_is_the_right_way_up() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    image = shown(drawn(saved(Image.new("RGB", (80, 40)), "JPEG", exif=exif), "kitty"))
    assert image.size == (40, 80)


@pytest.mark.parametrize("protocol", PROTOCOLS[:2])
def test_comments_and_profiles_of_an_image_are_not_written(protocol: ImageProtocol) -> None:
    about = PngImagePlugin.PngInfo()
    about.add_text("Comment", "words")
    image = Image.new("RGB", (30, 30))
    for data in (saved(image, pnginfo=about, icc_profile=b"pro"), saved(image, "JPEG", comment="words")):
        assert {"Comment", "comment", "icc_profile"}.isdisjoint(shown(drawn(data, protocol)).info)


@pytest.mark.parametrize(
    "data",
    [
        saved(Image.new("RGB", (30, 30)))[:40],
        saved(Image.new("RGB", (30, 30))).replace(b"IDAT", b"IDOT"),
        # a head that promises more than may be read
        saved(Image.new("1", (10, 10))).replace(
            (10).to_bytes(4) * 2, (LIMIT_PIXELS).to_bytes(4) + (2).to_bytes(4)
        ),
    ],
    ids=["cut", "damaged", "huge"],
)
def test_what_cannot_be_read_is_not_drawn(data: bytes) -> None:
    assert picture_lines(part_of(data), Pictures("kitty", CELL), 80, 24) == []


def test_there_is_no_image_where_there_is_no_room() -> None:
    part = part_of(saved(Image.new("RGB", (30, 30))))
    assert picture_lines(part, Pictures("kitty"), 3, 24) == []
    assert picture_lines(part, Pictures("kitty"), 80, 1) == []


def test_sixels_rather_are_too_small_than_too_large_where_cells_are_not_known() -> None:
    (line,) = picture_lines(part_of(saved(Image.new("RGB", (900, 900)))), Pictures("sixel"), 80, 40)
    assert from_sixels(line).height <= MOST_ROWS * 12


def test_a_message_shows_its_images_below_their_names() -> None:
    image = part_of(saved(Image.new("RGB", (30, 30))))
    message = Message(
        MessageId("a" * 32),
        None,
        Role.USER,
        (TextPart("look"), *[image] * (MOST_PICTURES + 1)),
        datetime(2026, 1, 1, tzinfo=UTC),
    )
    plain = message_lines(BlockRenderer(Look(has_styles=False), 80), message)
    lines = message_lines(BlockRenderer(Look(has_styles=False, pictures=Pictures("kitty")), 80), message)
    assert lines[: len(plain)] == plain
    assert "a.png, 30x30" in plain[1]
    assert ["\x1b_G" in line for line in lines[len(plain) :]] == [True] * MOST_PICTURES


@pytest.mark.parametrize(
    ("wanted", "variables", "protocol"),
    [
        ("auto", {"TERM": "xterm-256color"}, None),
        ("auto", {"TERM": "xterm-kitty"}, "kitty"),
        ("auto", {"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ("auto", {"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, "kitty"),
        ("auto", {"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ("auto", {"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "iterm2"),
        ("auto", {"TERM": "foot-extra"}, "sixel"),
        ("auto", {"TERM": "tmux-256color", "TMUX": "/tmp/x,1,0", "KITTY_WINDOW_ID": "1"}, None),
        ("auto", {"TERM": "screen", "STY": "1.x", "TERM_PROGRAM": "WezTerm"}, None),
        ("sixel", {"TERM": "xterm"}, "sixel"),
        ("off", {"TERM": "xterm-kitty"}, None),
        ("kitty", {"TERM": "dumb"}, None),
    ],
)
def test_a_terminal_gets_the_images_it_knows(
    wanted: Images, variables: dict[str, str], protocol: str | None
) -> None:
    found = look_for(Environment(variables=variables), TerminalSettings(images=wanted)).pictures
    assert (found.protocol if found else None) == protocol


def test_without_the_extra_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "find_spec", lambda _: None)
    assert look_for(Environment(variables={"TERM": "xterm-kitty"}), TerminalSettings()).pictures is None
