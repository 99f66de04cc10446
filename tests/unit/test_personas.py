"""Personas: their files, their variables, and those that come with chatrepl."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chatrepl import personas
from chatrepl.errors import ConfigError, UsageError
from chatrepl.personas import Choice, Persona, choose, fill, parse_spec, recognise
from chatrepl.settings import PARAMETERS
from chatrepl.shelf import SHIPPED_PERSONAS

NOW = {"date": "2026-01-02", "time": "03:04"}
WHOLE = '''
description = "Speaks {a language}"
system = """
Speak {{language}} on {{date}} at level {{level=A1}}. \\\\{{not a place}}
"""
questions = ["How are you in {{language}}?", ""]

[parameters]
temperature = 0.3
max_tokens = 200
stop = ["END"]

[variables]
language = ["Welsh", "Breton"]
'''


def read(text: str, name: str = "teacher", *, is_own: bool = True) -> Persona:
    return personas.read(name, text.encode(), f"~/personas/{name}.toml", is_own=is_own)


def problems(text: str) -> str:
    with pytest.raises(ConfigError) as error:
        read(text)
    hints = "" if "\n" in error.value.message else f" {error.value.hint}"
    return error.value.message + hints


def test_a_persona_is_read_from_its_file() -> None:
    persona = read(WHOLE)
    assert (persona.name, persona.description) == ("teacher", "Speaks {a language}")
    assert persona.parameters == {"temperature": 0.3, "max_tokens": 200, "stop": ["END"]}
    assert persona.names == ("language", "level")
    assert persona.defaults() == {"language": "Welsh", "level": "A1"}
    assert persona.file == "~/personas/teacher.toml"
    assert read(WHOLE, is_own=False).file == ""


def test_its_variables_are_filled_in() -> None:
    used = fill(read(WHOLE), {"language": "Breton"}, NOW)
    assert used.system == "Speak Breton on 2026-01-02 at level A1. {{not a place}}"
    assert used.questions == ("How are you in Breton?",)
    assert used.shown == "teacher language=Breton"
    assert fill(read(WHOLE), {}, NOW).shown == "teacher"


def test_a_value_of_a_variable_is_not_filled_in_again() -> None:
    used = fill(read(WHOLE), {"language": "{{level}} {{date}}"}, NOW)
    assert used.system.startswith("Speak {{level}} {{date}} on 2026")


def test_a_variable_without_a_default_has_to_be_given() -> None:
    persona = read('description = "x"\nsystem = "Speak {{language}} and {{other}}"')
    assert persona.missing({"other": "x"}) == ("language",)
    with pytest.raises(UsageError) as error:
        fill(persona, {}, NOW)
    assert error.value.message == "The persona teacher needs language, other."
    assert error.value.hint == "/persona teacher language=… other=…"


def test_an_unknown_variable_names_the_nearest() -> None:
    with pytest.raises(UsageError) as error:
        fill(read(WHOLE), {"langauge": "x"}, NOW)
    assert error.value.hint == "Did you mean `language`?"


def test_all_problems_of_a_file_are_told_at_once_with_their_lines() -> None:
    said = problems(
        'descripton = "x"\nsystem = """\nSpeak {{langage}} {{file:x}}\n"""\ntemperature = 1\n'
        'questions = 3\n[parameters]\ntemprature = 1\ntop_p = 7\n[variables]\nlanguage = 5\nlevel = "A1"\n'
    )
    assert said.startswith("The persona teacher has 9 problems:\n")
    for expected in (
        "`description` is missing",
        "line 1: There is no key `descripton`. Did you mean `description`?",
        "line 2: `{{file:x}}` is for prompt files",
        "line 5: There is no key `temperature`. It belongs under [parameters].",
        "line 6: `questions` must be a list of texts, not 3.",
        "line 8: There is no parameter `temprature`. Did you mean `temperature`?",
        "line 9: `parameters.top_p` must be a number from 0 to 1, not 7.",
        "line 11: `variables.language` must be text, or a list of texts",
        "line 12: The variable `level` is not used.",
    ):
        assert expected in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("description = 1\nsystem = 'x'", "`description` must be text, not 1"),
        ("description = 'a\\nb'\nsystem = ' '", "`system` is empty"),
        ('description = "a\\nb"\nsystem = "x"', "must be one line"),
        ("description = 'x'\nsystem = 'y'\nname = 'other'", "`name` must be as the file is called, teacher"),
        ("description = 'x'\nsystem = 'y'\nvariables = 1", "`variables` must be a table"),
        ("description = 'x'\nsystem = 'y'\n[variables]\ninput = 'z'", "chatrepl fills it in itself"),
        ("description = 'x'\nsystem = '{{a=1}}{{a=2}}'", "`a` has two defaults"),
        ("description = 'x'\nsystem = 'y {{z'", "is not closed"),
        ("description = x", "line 1: The file is not valid TOML"),
        ("parameters = 1", "`parameters` must be a table"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    assert said in problems(text)


def test_a_file_that_is_not_utf8_says_where() -> None:
    with pytest.raises(ConfigError, match="line 2: The file is not UTF-8") as error:
        personas.read("x", b"a = 1\nb = '\xff'", "x.toml", is_own=True)
    assert error.value.line == 2


def test_no_key_is_repeated_in_what_is_said() -> None:
    key = "sk-" + "a1B2c3D4" * 6
    assert key not in problems(f'description = "x"\nsystem = "y"\n"{key}" = 1')


def test_the_file_for_a_new_one_can_be_used_as_it_is() -> None:
    persona = read(personas.SKELETON)
    assert persona.questions == ()
    uncommented = (
        personas.SKELETON.replace("# temp", "temp").replace("# lang", "lang").replace("# level", "level")
    )
    uncommented = uncommented.replace("You are …", "You speak {{language}} to a {{level}}.")
    assert fill(read(uncommented), {}, NOW).system.startswith("You speak French to a beginner.")


def test_a_system_prompt_leads_back_to_its_persona() -> None:
    persona = read(WHOLE)
    used = fill(persona, {"level": "C1"}, NOW)
    assert recognise(persona, used.system) == {"language": "Welsh", "level": "C1"}
    assert recognise(persona, "Speak Welsh.") is None


def test_a_name_and_values_are_taken_apart() -> None:
    assert parse_spec(" tutor subject='the Roman army' ") == ("tutor", {"subject": "the Roman army"})
    with pytest.raises(UsageError, match="not 'the Roman army'"):
        parse_spec("tutor the Roman army")


@pytest.mark.parametrize(
    ("spec", "kinds", "expected"),
    [
        (None, {}, Choice(None)),
        ("none", {"persona": "profile"}, Choice(None)),
        ("tutor", {"persona": "file", "parameters.temperature": "file", "system": "file"}, Choice("tutor")),
        ("tutor", {"persona": "file", "system": "flag"}, Choice(None)),
        (
            "tutor",
            {"persona": "file", "parameters.top_p": "flag", "parameters.seed": "environment"},
            Choice("tutor", frozenset({"parameters.top_p", "parameters.seed"})),
        ),
        (
            "tutor",
            {"persona": "flag", "parameters.top_p": "profile", "parameters.seed": "flag"},
            Choice("tutor", frozenset({"parameters.seed"})),
        ),
        ("tutor", {"persona": "profile", "parameters.top_p": "profile"}, Choice("tutor", frozenset({"parameters.top_p"}))),
    ],
)  # fmt: skip
def test_what_is_said_more_expressly_stands_above_the_persona_of_the_settings(
    spec: str | None, kinds: dict[str, str], expected: Choice
) -> None:
    assert choose(spec, kinds) == expected


# Those that come with chatrepl --------------------------------------------------------------------------------------

SHIPPED = sorted(path.stem for path in SHIPPED_PERSONAS.glob("*.toml"))


def test_the_classic_uses_have_a_persona() -> None:
    wanted = {
        "assistant",
        "support",
        "writer",
        "translator",
        "partner",
        "storyteller",
        "news",
        "tutor",
        "reviewer",
    }
    assert wanted <= set(SHIPPED)


def test_the_guide_names_them_all_and_its_own_example_works() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guide.md").read_text(encoding="utf-8")
    table = guide.partition("### Personas\n")[2].partition("Tab completes")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == SHIPPED
    example = next(
        block
        for block in re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)
        if block.startswith("description")
    )
    assert fill(read(example), {}, NOW).questions[1] == "Tell me of Tortuga."


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_persona_can_be_used_without_more(name: str) -> None:
    content = (SHIPPED_PERSONAS / f"{name}.toml").read_bytes()
    persona = personas.read(name, content, f"{name}.toml", is_own=False)
    used = fill(persona, {}, NOW)
    assert len(used.questions) >= 2
    assert 600 < len(used.system) < 1800, "it has to fit a small window"
    assert not persona.description.endswith(".")
    assert set(persona.parameters) <= set(PARAMETERS)
    assert recognise(persona, used.system) is not None


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_persona_is_known_by_its_own_system_prompt_only(name: str) -> None:
    read_one = {
        each: personas.read(each, (SHIPPED_PERSONAS / f"{each}.toml").read_bytes(), each, is_own=False)
        for each in SHIPPED
    }
    system = fill(read_one[name], {}, NOW).system
    assert [each for each in SHIPPED if recognise(read_one[each], system) is not None] == [name]
