"""Streaming Markdown: whatever the cuts, the lines printed are those of the whole reply."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem

from chatrepl.sanitise import sanitise
from chatrepl.ui.markdown import BlockRenderer, Look
from chatrepl.ui.stream import MarkdownStream

PLAIN = Look(color_system=None, has_styles=False)
COLOURED = Look(color_system=ColorSystem.STANDARD)

DOCUMENT = """# Title

Some *em* and **strong** `code`, a [link](https://x.y/z) and ![picture](http://a/b.png).

Setext
======

1. one
2. two
   - nested **b**

     para
3. three

   ```python
   def f(): pass
   ```

> quote
> - in list

```python
def f(x):
    \"\"\"doc
    string\"\"\"
    return x
```
after directly

| a | b |
|---|--:|
| 1 | 2 |

[ref]: https://example.org
See [ref].

---

    indented code

<div>html</div>

~~~
unclosed
  code"""


def whole(text: str, look: Look = COLOURED, columns: int = 60) -> list[str]:
    """Render a reply at once."""
    stream = MarkdownStream(BlockRenderer(look, columns))
    stream.feed(text)
    return stream.take_lines(final=True)


def cut(text: str, cuts: list[int], look: Look = COLOURED, columns: int = 60) -> list[str]:
    """Render a reply that arrives in pieces, looking at its tail in between."""
    stream = MarkdownStream(BlockRenderer(look, columns))
    lines: list[str] = []
    edges = [0, *sorted(position % (len(text) + 1) for position in cuts), len(text)]
    for start, end in pairwise(edges):
        stream.feed(text[start:end])
        lines += stream.take_lines()
        stream.tail_lines(8)
    return lines + stream.take_lines(final=True)


def test_every_single_cut_gives_the_same_lines() -> None:
    expected = whole(DOCUMENT)

    for position in range(len(DOCUMENT)):
        assert cut(DOCUMENT, [position]) == expected


def test_letter_by_letter_gives_the_same_lines() -> None:
    assert cut(DOCUMENT, list(range(len(DOCUMENT)))) == whole(DOCUMENT)


RICH = Look(color_system=ColorSystem.STANDARD, has_links=True, has_formulas=True)
WITH_FORMULAS = r"""The roots of $ax^2 + bx + c = 0$ are \(x_{1,2}\), see [here](https://example.org/a?b=c_d).

$$
\frac{-b \pm \sqrt{b^2 - 4ac}}{2a}
$$

| word | means |
|---|---|
| $\alpha$ | [first](https://example.org/1) or $5 |

- \[ \sum_{i=1}^n i \] and **$E = mc^2$**, [www.bank.example](https://evil.example/)
"""


def test_links_and_formulas_are_the_same_wherever_a_reply_is_cut() -> None:
    expected = whole(WITH_FORMULAS, RICH)
    shown = "\n".join(expected)
    assert "ax² + bx + c = 0" in shown
    assert "(-b ± √(b² - 4ac))/2a" in shown
    assert "∑ᵢ₌₁ⁿ i" in shown
    assert "\x1b]8;;https://example.org/a?b=c_d\x1b\\" in shown
    assert "example.org/a?b=c_d)" not in shown
    for position in range(len(WITH_FORMULAS)):
        assert cut(WITH_FORMULAS, [position], RICH) == expected
    assert cut(WITH_FORMULAS, list(range(len(WITH_FORMULAS))), RICH) == expected


def test_words_that_look_like_an_address_never_hide_another_one() -> None:
    shown = "\n".join(whole("[www.bank.example](https://evil.example/) [me@x.org](mailto:you@y.org)", RICH))
    assert "(https://evil.example/)" in shown
    assert "(mailto:you@y.org)" in shown


@pytest.mark.parametrize("target", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x"])
def test_only_pages_and_mailboxes_become_links(target: str) -> None:
    assert "\x1b]8;;" not in "\n".join(whole(f"[a](<{target}>)", RICH)).replace(
        "\x1b]8;;https://x.org/%07", ""
    )


def test_a_link_takes_no_room() -> None:
    text = f"{'word ' * 9}[{'link ' * 5}](https://example.org/{'x' * 300}) end of it"
    rows = [re.sub(r"\x1b\]8;;[^\x1b]*\x1b\\", "", row) for row in whole(text, RICH)]
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", row) for row in rows]
    assert all(len(row) <= 60 for row in plain)
    assert " ".join(plain).split() == ("word " * 9 + "link " * 5 + "end of it").split()


BLOCKS = st.sampled_from(
    [
        "A paragraph with *words* and `code`.\n", "second line\n", "\n", "\n\n", "# Heading\n", "Under\n---\n", "---\n",
        "- item\n", "  - nested\n", "1. one\n", "10. ten\n", "   more of it\n", "> quote\n", "> > deeper\n",
        "```python\n", "```\n", "~~~\n", "x = 1  # note\n", '"""doc\n', "| a | b |\n", "|---|---|\n", "| 1 | 2 |\n",
        "    indented\n", "<b>html</b>\n", "wide 漢字 and e\u0301 \U0001f469\u200d\U0001f680\n", "no end",
        "\ttab\n", "* * *\n", "````\n", "- [ ] task\n", "\\\n", "&#27; &#x202e; &amp;\n",
    ]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(BLOCKS, max_size=14).map("".join),
    st.lists(st.integers(0, 10_000), max_size=12),
    st.integers(20, 200),
)
def test_any_cuts_of_any_document_give_the_same_lines(text: str, cuts: list[int], columns: int) -> None:
    assert cut(text, cuts, columns=columns) == whole(text, columns=columns)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200), st.lists(st.integers(0, 10_000), max_size=5))
def test_any_text_streams_to_what_it_is_at_once(text: str, cuts: list[int]) -> None:
    text = sanitise(text)

    assert cut(text, cuts) == whole(text)


def test_a_block_is_printed_when_the_next_one_has_begun() -> None:
    stream = MarkdownStream(BlockRenderer(PLAIN, 60))
    stream.feed("One.\n")
    assert stream.take_lines() == []
    assert stream.tail_lines(8) == ["One."]

    stream.feed("\nTwo.\n")

    assert stream.take_lines() == ["One."]
    assert stream.tail_lines(8) == ["", "Two."]


def test_lines_of_an_open_fence_are_printed_as_they_end() -> None:
    stream = MarkdownStream(BlockRenderer(PLAIN, 60))
    stream.feed("```sh\nls -l\ncd ")

    assert stream.take_lines() == ["sh [1]", "ls -l"]
    assert stream.tail_lines(8) == ["cd"]


def test_the_definition_of_a_link_is_shown_and_does_not_swallow_what_follows() -> None:
    text = "[a]: http://x.y\nA paragraph.\n"

    assert cut(text, [17], PLAIN) == ["[a]: http://x.y", "A paragraph."]


def test_the_tail_is_never_taller_than_asked_for() -> None:
    stream = MarkdownStream(BlockRenderer(PLAIN, 20))
    stream.feed("word " * 500)
    stream.take_lines()

    assert len(stream.tail_lines(3)) == 3


def test_code_copies_without_box_or_indent_or_trailing_blanks() -> None:
    lines = whole("```\nif x:\n    y   \n```\n", PLAIN)

    assert lines == ["code [1]", "if x:", "    y"]


def test_code_longer_than_the_terminal_is_left_for_the_terminal_to_wrap() -> None:
    assert whole("```\n" + "x" * 100 + "\n```", PLAIN, 40)[1] == "x" * 100


def test_code_blocks_are_numbered_through_the_reply() -> None:
    lines = whole("```a\n1\n```\n\n- x\n\n  ```b\n  2\n  ```\n\ntext\n\n    3\n\n```c\n4\n```\n", PLAIN)

    labels = [line.strip() for line in lines if line.endswith("]")]
    assert labels == ["a [1]", "b [2]", "code [3]", "c [4]"]


def test_html_is_shown_and_not_swallowed() -> None:
    assert whole("<script>alert(1)</script>\n\na <b>c</b>", PLAIN) == [
        "<script>alert(1)</script>",
        "",
        "a <b>c</b>",
    ]


def test_a_link_shows_where_it_leads() -> None:
    assert whole("[bank](https://evil.example)", PLAIN) == ["bank (https://evil.example)"]


def test_an_image_shows_its_words_and_its_address_in_place() -> None:
    assert whole("see ![a cat](http://x/cat.png)!", PLAIN) == ["see [image: a cat] (http://x/cat.png)!"]


def test_lines_of_a_verse_stay_lines() -> None:
    assert whole("Roses are red\nViolets are blue", PLAIN) == ["Roses are red", "Violets are blue"]


def test_entities_cannot_spell_what_drives_the_terminal() -> None:
    out = "".join(whole("a&#27;[31m &#x202e; &#x9b;31m &#7;", PLAIN))

    assert not re.search("[\x07\x1b\x9b\u202e]", out)


@pytest.mark.parametrize("look", [PLAIN, COLOURED])
@pytest.mark.parametrize("columns", [1, 2, 5, 20, 40])
def test_narrow_terminals_get_all_the_words(look: Look, columns: int) -> None:
    text = "".join(whole(DOCUMENT, look, columns))

    for word in ("html", "unclosed"):
        letters = re.sub(r"\x1b\[[0-9;]*m", "", text).replace(" ", "")
        assert word in letters


def test_no_styles_means_no_escape_at_all() -> None:
    assert "\x1b" not in "".join(whole(DOCUMENT, PLAIN))


def test_no_colour_still_has_bold() -> None:
    out = "".join(whole("**b** `c`", Look(color_system=None)))

    assert "\x1b[1m" in out
    assert not re.search(r"\x1b\[(?:\d+;)*3[0-7]m", out)


def test_ascii_terminals_get_ascii_marks() -> None:
    out = "".join(
        whole(
            "- a\n\n---\n\n| a |\n|---|\n| b |\n", Look(color_system=None, has_styles=False, is_unicode=False)
        )
    )

    assert out.isascii()


def streamed(look: Look = PLAIN, columns: int = 60, rows: int = 40) -> MarkdownStream:
    """Return an empty reply."""
    return MarkdownStream(BlockRenderer(look, columns, rows))


def lines_after(stream: MarkdownStream, text: str) -> list[str]:
    """Feed a piece and return what it finished."""
    stream.feed(text)
    return stream.take_lines()


def test_items_of_an_open_list_are_printed_as_the_next_begins() -> None:
    stream = streamed()

    assert lines_after(stream, "- one\n- two") == []
    assert lines_after(stream, "\n") == ["• one"]
    assert lines_after(stream, "  - inner\n") == ["• two"]
    assert stream.tail_lines(8) == ["  • inner"]


def test_numbers_have_one_width_however_long_the_list_becomes() -> None:
    lines = whole("".join(f"{n}. x\n" for n in range(1, 101)), PLAIN)

    assert lines[0] == "1.  x"
    assert lines[9] == "10. x"
    assert lines[99] == "100. x"


def test_items_are_apart_where_the_source_has_them_apart() -> None:
    text = "- a\n- b\n\n- c\n\n  more of c\n- d\n"

    assert whole(text, PLAIN) == ["• a", "• b", "", "• c", "", "  more of c", "• d"]


def test_code_in_a_list_is_not_indented_so_that_it_can_be_copied() -> None:
    text = "1. Run\n\n   ```sh\n   ls\n     -l\n   ```\n2. Done\n"

    assert whole(text, PLAIN) == ["1.  Run", "", "    sh [1]", "ls", "  -l", "2.  Done"]


def test_code_in_a_quotation_keeps_the_sign_of_the_quotation() -> None:
    assert whole("> ```\n> a\n>\n> b\n> ```\n", PLAIN) == ["> code [1]", "> a", ">", "> b"]


def test_boxes_of_tasks_stay_and_are_no_links() -> None:
    assert whole("[x]: http://x.y\n\n- [x] done\n- [ ] open\n", PLAIN)[2:] == ["• [x] done", "• [ ] open"]


def test_rows_of_a_long_paragraph_are_printed_before_it_ends() -> None:
    stream = streamed()

    lines = lines_after(stream, "word " * 400)

    assert len(lines) > 20
    assert 0 < len(stream.tail_lines(100)) < 6
    assert " ".join([*lines, *stream.take_lines(final=True)]).split() == ["word"] * 400


def test_rows_of_a_long_table_are_printed_as_they_come() -> None:
    stream = streamed(rows=20)
    lines_after(stream, "| n | w |\n|---|---|\n")
    for number in range(30):
        printed = lines_after(stream, f"| {number} | w |\n")

    assert [line.split() for line in printed] == [["29", "w"]]


def test_a_blank_row_before_the_tail_is_part_of_it() -> None:
    stream = streamed()

    assert lines_after(stream, "one\n\ntwo") == ["one"]
    assert stream.tail_lines(8) == ["", "two"]
    assert stream.tail_lines(1) == ["two"]


def test_the_tail_shows_a_line_that_is_not_complete_as_what_it_seems_to_be() -> None:
    stream = streamed()
    lines_after(stream, "- one\n- tw")

    assert stream.tail_lines(8) == ["• one", "• tw"]


def test_the_tail_of_an_endless_line_is_its_end() -> None:
    stream = streamed()
    lines_after(stream, "| " + "x" * 50_000 + " end")

    assert stream.tail_lines(3)[-1].endswith("end")


def test_looking_at_the_tail_changes_nothing() -> None:
    stream = streamed()
    lines_after(stream, "```py\n1\n```\n\n[a]: http://x.y\n\n```py\n2")
    for _ in range(3):
        assert stream.tail_lines(8)[-1] == "2"

    assert stream.take_lines(final=True) == ["2"]


def test_after_a_change_of_size_rows_fit_the_new_one() -> None:
    stream = streamed(columns=60)
    first = lines_after(stream, "word " * 200)
    stream.resize(20, 10)
    second = lines_after(stream, "word " * 200)
    rest = stream.take_lines(final=True)

    assert max(map(len, first)) > 50
    assert max(map(len, [*second[1:], *rest])) <= 20
    assert " ".join([*first, *second, *rest]).split() == ["word"] * 400


def test_blocks_nested_deeper_than_the_terminal_is_wide_are_still_there() -> None:
    text = "".join("  " * depth + f"- level{depth}\n" for depth in range(15))

    words = re.findall(r"level\d+", "".join(whole(text, PLAIN, 20)))

    assert words == [f"level{depth}" for depth in range(15)]


def test_an_address_wider_than_the_terminal_stays_in_one_piece() -> None:
    address = "https://example.org/" + "path/" * 20

    assert f"See {address}" not in whole(f"See {address} there.", PLAIN, 40)
    assert address in whole(f"See {address} there.", PLAIN, 40)[1]


def test_a_heading_without_end_is_shown_whole() -> None:
    text = "# " + "word *x* " * 2000

    assert "".join(whole(text, PLAIN)).count("*x*") == 2000
