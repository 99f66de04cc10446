"""Prompt files: what stands before the text, what is missing, what comes out."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatrepl import prompt_files
from chatrepl.errors import ConfigError
from chatrepl.prompt_files import PromptFile, fill, missing

WHOLE = """\
+++
description = "Explains"
[variables]
level = ["a child", "an expert"]
+++

Explain {{input}} to {{level}} in {{words}} words.
"""


def read(text: str) -> PromptFile:
    return prompt_files.read("explain", text.encode(), "~/prompts/explain.md")


def problems(text: str) -> str:
    with pytest.raises(ConfigError) as error:
        read(text)
    return error.value.message


def test_what_stands_before_the_text_is_not_sent() -> None:
    prompt = read(WHOLE)
    assert prompt.description == "Explains"
    assert prompt.names == ("level", "words", "input")
    assert fill(prompt, {"input": "tides", "words": "20"}) == "Explain tides to a child in 20 words."


def test_a_text_needs_nothing_before_it() -> None:
    assert fill(read("\nJust this.\r\nTwo lines.\n\n"), {}) == "Just this.\nTwo lines."


def test_missing_variables_are_told_together() -> None:
    prompt = read(WHOLE + "{{more}}")
    assert missing(prompt, {}).shown == "words, more and a text"
    assert missing(prompt, {"words": "1", "more": ""}).shown == "a text"
    assert not missing(prompt, {"words": "1", "more": "", "input": "x"})
    assert not missing(read("{{input=hello}} {{a=}}"), {})


def test_a_text_without_a_place_stands_below() -> None:
    assert (
        fill(read("Summarise."), {"input": "this", "stdin": "and that"}) == "Summarise.\n\nthis\n\nand that"
    )
    assert fill(read("Sum {{input}}."), {"input": "this", "stdin": "that"}) == "Sum this.\n\nthat"


def test_a_value_is_not_filled_in_again() -> None:
    prompt = read("{{a}} {{file:x}}")
    assert fill(prompt, {"a": "{{file:/etc/passwd}}", "file:x": "{{a}}"}) == "{{file:/etc/passwd}} {{a}}"


def test_all_problems_are_told_at_once_with_their_lines() -> None:
    said = problems(
        '+++\ndescripton = "x"\n[variables]\ntone = "dry"\n+++\n\nWrite {{a b}}\n{{tne}} {{open\n'
    )
    assert said.startswith("The prompt file explain has 4 problems:\n")
    for expected in (
        "line 2: There is no key `descripton`. Did you mean `description`?",
        "line 4: The variable `tone` is not used. Did you mean `tne`?",
        "line 7: `{{a b}}` is not a variable",
        "line 8: `{{` is not closed",
    ):
        assert expected in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("+++\na = ?\n+++\ntext", "line 2: The file is not valid TOML"),
        ("+++\nno end", "there is no second one"),
        ("---\ndescription: x\n---\ntext", "What stands between --- is not read"),
        ("+++\n+++\n \n", "There is no text to send"),
        ("", "There is no text to send"),
        ("+++\ndescription = 1\n+++\nx", "`description` must be one line of text"),
        ("a\0b", "is not text"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    assert said in problems(text)


def test_a_line_of_dashes_is_text() -> None:
    assert fill(read("---\n\nA line above."), {}) == "---\n\nA line above."


def test_the_file_for_a_new_one_can_be_used_as_it_is() -> None:
    prompt = prompt_files.read("x", prompt_files.SKELETON.encode(), "x.md")
    assert fill(prompt, {"input": "Why?"}) == "Answer this:\n\nWhy?"


def test_the_example_of_the_guide_works() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guide.md").read_text(encoding="utf-8")
    example = guide.partition("```markdown\n")[2].partition("```")[0]
    said = fill(read(example), {"input": "the tides"})
    assert said == "Explain the tides to a child, in 100 words."
    assert said in guide
