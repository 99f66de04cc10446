"""The pages that are derived from the code are up to date, and the example file is one that works."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from chatrepl.adjust import value_of
from chatrepl.config import load_settings, variable_of
from chatrepl.environment import Environment
from chatrepl.pacing import TIERS
from chatrepl.settings import Settings, all_settings
from chatrepl.transcript import KEPT, from_json
from chatrepl.transcript_views import VIEWS

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "config.example.toml"
PROSE = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
COMMENTED_SETTING = re.compile(r"^#(?=[a-z_]+ = )", re.MULTILINE)


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load(file: Path, home: Path) -> Settings:
    environment = Environment(variables={"HOME": str(home), "XDG_CONFIG_HOME": str(home)})
    return load_settings(environment, {}, file).settings


def test_the_example_of_a_chat_as_json_is_one() -> None:
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    example = page.partition("```json\n")[2].partition("```")[0]
    chat = from_json(example)
    assert [message.text for message in chat.path()] == ["Name a river in Wales.", "The Wye."]
    for name in (*KEPT, *VIEWS):
        assert f"`{name}`" in page


def test_the_generated_pages_are_up_to_date() -> None:
    assert generator().outdated() == [], "run: python docs/generate.py"


def test_the_generator_says_what_is_out_of_date_and_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = generator()
    monkeypatch.setattr(module, "ROOT", tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "config.example.toml").write_text("old")
    assert module.main(["--check"]) == 1
    assert "config.example.toml is out of date" in capsys.readouterr().out
    assert (tmp_path / "config.example.toml").read_text() == "old"
    assert module.main([]) == 0
    assert module.main(["--check"]) == 0


def test_the_reference_names_every_setting_with_its_variable() -> None:
    shown_key = generator().shown_key
    page = (ROOT / "docs" / "config.md").read_text()
    for info in all_settings():
        assert f"### `{shown_key(info)}`\n\n{info.spec.summary}" in page
        if "*" not in info.key:
            assert f"`{variable_of(info.key)}`" in page


def test_the_example_file_as_it_is_changes_nothing(tmp_path: Path) -> None:
    settings = load(EXAMPLE, tmp_path)
    assert settings == Settings()


def test_the_example_file_with_all_its_examples_sets_every_setting(tmp_path: Path) -> None:
    text, count = COMMENTED_SETTING.subn("", EXAMPLE.read_text())
    file = tmp_path / "all.toml"
    file.write_text(text)
    settings = load(file, tmp_path)
    infos = list(all_settings())
    assert count == len(infos)
    examples = generator().EXAMPLE_ENTRIES
    for info in infos:
        value = value_of(settings, info.key.replace("*", examples.get(info.key.partition(".")[0], "")))
        assert value is not None, info.key
        if info.default is not None and not info.spec.example:
            assert value == info.default, info.key


def test_the_built_in_tiers_stand_in_the_example_file_as_they_are() -> None:
    lines = [line[4:] for line in EXAMPLE.read_text().splitlines() if line.startswith("#   ")]
    assert tomllib.loads("\n".join(lines)) == {"tiers": TIERS}


def test_each_example_also_works_alone(tmp_path: Path) -> None:
    lines = EXAMPLE.read_text().splitlines()
    file = tmp_path / "one.toml"
    for number, line in enumerate(lines):
        if COMMENTED_SETTING.match(line):
            changed = [*lines[:number], line[1:], *lines[number + 1 :]]
            if number > lines.index('[budgets."day"]') and not line.startswith("#limit_"):
                changed = [each.replace("#limit_usd", "limit_usd") for each in changed]  # it needs a limit
            file.write_text("\n".join(changed))
            load(file, tmp_path)


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text()):
        name, _, anchor = target.partition("#")
        other = (page.parent / name).resolve() if name else page
        assert other.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.+)$", other.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}, (
                target
            )


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.name)
def test_nobody_is_told_to_install_a_strangers_package(page: Path) -> None:
    """The name on the public index belongs to another program."""
    assert not re.search(r"(pip|pipx|uv tool|uv pip|uvx) (install )?(-U )?chatrepl\b", page.read_text())


def test_the_readme_starts_with_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "pip install uv && uv run --extra local chatrepl\n" in readme
    assert "uv run --extra local pytest\n" in readme
    assert len(readme.splitlines()) < 150
