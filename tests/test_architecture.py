"""The import rules of docs/architecture.md, the sizes of modules, and what a start loads.

The rules are data, each with its reason. An import counts wherever it stands: at the top, inside a function, or for the
type checker only.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LIMIT_LINES = 600
GENERATED = ("catalogue.rows",)
"""Data that a script writes and nobody reads."""

# Rules --------------------------------------------------------------------------------------------------------------

GROUPS: Mapping[str, tuple[str, ...]] = {
    "errors": ("errors",),
    "core": (
        "adjust",
        "attachments",
        "base_url",
        "branches",
        "budget",
        "cancellation",
        "catalogue",
        "config_text",
        "context",
        "conversation",
        "entries",
        "exchange",
        "exports",
        "formulas",
        "fuzzy",
        "guard",
        "ignoring",
        "imports",
        "joint",
        "keymap",
        "ledger",
        "markup",
        "mentions",
        "messages",
        "pacing",
        "page_text",
        "picture",
        "personas",
        "placeholders",
        "pricing",
        "prompt_files",
        "providers",
        "redact",
        "sanitise",
        "search",
        "servers",
        "settings",
        "settings_base",
        "themes",
        "toml_lines",
        "toml_text",
        "trail",
        "transcript",
        "transcript_fields",
        "transcript_parts",
        "transcript_views",
        "usage_report",
        "values",
    ),
    "environment": ("environment",),
    "files": ("files",),
    "ports": ("line_ports", "memory_ports", "ports", "shelves"),
    "attaching": ("attaching",),
    "api": ("api",),
    "store": ("store",),
    "local": ("local",),
    "config": ("config", "layers"),
    "cache": ("cache",),
    "shelf": ("clipboard_text", "shelf"),
    "keys": ("keychain", "keys"),
    "paths": ("path_index",),
    "shell": ("shell",),
    "turn": (
        "arriving",
        "bookkeeper",
        "gathering",
        "guarding",
        "candidates",
        "comparison",
        "heat_map",
        "journal",
        "model_list",
        "open_chat",
        "pacer",
        "parts",
        "persona_chat",
        "persona_choice",
        "planner",
        "queries",
        "session",
        "side_request",
        "single_file",
        "spending",
        "summariser",
        "titler",
        "together",
        "turn",
        "worker",
    ),
    "commands": ("commands",),
    "ui": ("ui",),
    "oneshot": ("oneshot",),
    "wiring": ("wiring",),
    "subcommands": ("subcommands",),
    "cli": ("cli",),
    "start": ("__main__",),
}
"""Which modules and packages directly below chatrepl stand together."""

_BASE = ("errors", "core")
_ADAPTER = (*_BASE, "environment", "ports")
MAY_IMPORT: Mapping[str, tuple[tuple[str, ...], str]] = {
    "errors": ((), "everything may raise them, so they know nothing"),
    "core": (("errors",), "rules that need no file, socket or clock can be tested without any"),
    "environment": (("errors",), "tests build their own, so nothing may come in with it"),
    "files": (("errors",), "it writes a file in one step; whoever keeps a file may use it"),
    "ports": (_BASE, "what a turn needs is said in the words of the core"),
    "attaching": (_ADAPTER, "adapters do not know each other, so that each can be replaced"),
    "api": (_ADAPTER, "adapters do not know each other, so that each can be replaced"),
    "store": (_ADAPTER, "adapters do not know each other, so that each can be replaced"),
    "local": (_ADAPTER, "adapters do not know each other, so that each can be replaced"),
    "config": (_ADAPTER, "adapters do not know each other, so that each can be replaced"),
    "cache": ((*_ADAPTER, "files"), "adapters do not know each other, so that each can be replaced"),
    "shelf": ((*_ADAPTER, "files"), "adapters do not know each other, so that each can be replaced"),
    "keys": (_ADAPTER, "adapters do not know each other, so that each can be replaced"),
    "paths": (_ADAPTER, "adapters do not know each other, so that each can be replaced"),
    "shell": (_ADAPTER, "adapters do not know each other, so that each can be replaced"),
    "turn": ((*_BASE, "environment", "ports"), "a turn meets the world through the ports only"),
    "commands": ((*_BASE, "environment", "ports", "files", "turn"), "commands run without a terminal"),
    "ui": ((*_BASE, "environment", "ports", "turn", "commands"), "the terminal never names an adapter"),
    "oneshot": (
        (*_BASE, "environment", "ports", "turn", "commands", "ui"),
        "the pipe mode never names an adapter",
    ),
    "wiring": (
        tuple(name for name in GROUPS if name not in {"cli", "start", "subcommands", "wiring"}),
        "the one place that names the concrete parts",
    ),
    "subcommands": (
        (*_BASE, "environment", "files", "ports", "turn", "commands", "ui", "keys", "wiring"),
        "they get the concrete parts from wiring, but for keys, which only they change",
    ),
    "cli": (
        (*_BASE, "environment", "ports", "turn", "commands", "ui", "oneshot", "subcommands", "wiring"),
        "it gets the concrete parts from wiring",
    ),
    "start": (("cli",), "it starts the command line and does nothing else"),
}
"""What each group may import besides itself, and why."""

FOR_TYPES_ONLY: Mapping[tuple[str, str], str] = {
    ("subcommands", "config"): "the type of what wiring.load_settings returns",
    ("cli", "config"): "the type of what wiring.load_settings returns",
}
"""Groups that may be imported against the rule above, for the type checker only."""

IMPORTS_NOTHING_OF_OURS: Mapping[str, str] = {
    "local.child": "it is run by its path, in a process of its own",
}

ONLY_IN: Mapping[str, tuple[tuple[str, ...], str]] = {
    "requests": (("api.client",), "one module decides how HTTP is done; it is slow to import"),
    "urllib3": (("api.client", "api.connection"), "as requests, which brings it"),
    "tiktoken": (("context.tokens",), "it would download what it does not find"),
    "sqlite3": (("store",), "only the store knows how chats are kept"),
    "prompt_toolkit": (("ui",), "the pipe mode and the rules work without a terminal"),
    "rich": (("ui", "subcommands.output"), "rendering is the terminal's business; it is slow to import"),
    "pygments": (("ui", "exports.html"), "as rich; a page is highlighted too"),
    "markdown_it": (("ui", "markup", "exports.html"), "the dialect of Markdown is set in one place"),
    "yaml": (("imports.aichat",), "one kind of file needs it"),
    "PIL": (("attaching.images", "ui.pictures"), "an extra"),
    "pypdf": (("attaching.reading",), "an extra"),
    "xllamacpp": (("local.child",), "it must stay out of chatrepl's own process"),
    "keyring": (("keychain",), "an extra, which may hang or fail in many ways"),
    "platformdirs": (("environment",), "one module knows the directories"),
    "socket": (("api", "local"), "nothing else talks to a network"),
    "subprocess": (
        (
            "local",
            "keys",
            "path_index",
            "shell",
            "subcommands.config",
            "attaching.clipboard",
            "clipboard_text",
        ),
        "nothing else starts programs",
    ),
}
"""Which modules (with what is below them) may import a package, and why."""

NOT_IN_CORE = frozenset(
    {
        *("os", "sys", "io", "pathlib", "tempfile", "shutil", "glob", "fcntl", "sqlite3"),
        *("socket", "select", "selectors", "ssl", "http", "signal", "subprocess", "multiprocessing"),
        *("asyncio", "concurrent", "logging", "time", "random", "secrets", "uuid", "getpass", "locale"),
    }
)
"""Modules of the standard library that touch the world, the clock or chance."""
NOT_CALLED_IN_CORE = frozenset({"open", "print", "input"})
CORE_EXCEPTIONS: Mapping[tuple[str, str], str] = {
    ("context.tokens", "pathlib"): "is handed the directory of the rank files",
    ("context.ranks", "pathlib"): "reads the rank files that tiktoken would otherwise download",
    ("base_url", "urllib.parse"): "takes addresses apart",
}

ASKS_ABOUT_TERMINAL = frozenset({"isatty", "get_terminal_size", "ttyname"})
ASKS_ABOUT_VARIABLES = frozenset({"environ", "getenv"})
MAY_ASK: Mapping[str, str] = {
    "environment": "tests hand in another one, and nothing else has to be replaced",
}

LOADED_AT_START: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "chatrepl.cli": (
        (),
        (
            *("requests", "urllib3", "rich", "tiktoken", "platformdirs", "prompt_toolkit", "sqlite3"),
            *("markdown_it", "pygments", "xllamacpp", "asyncio"),
        ),
        "chatrepl --help and a mistyped flag answer at once",
    ),
    "chatrepl.ui.repl": (
        ("prompt_toolkit",),
        ("requests", "urllib3", "rich", "tiktoken", "markdown_it", "pygments", "xllamacpp"),
        "the prompt is up before what the first reply needs is loaded",
    ),
    "chatrepl.oneshot": (
        (),
        ("prompt_toolkit", "requests", "rich", "tiktoken", "asyncio"),
        "a pipe needs no prompt",
    ),
}
"""What importing a module in a fresh interpreter must load, must not load, and why."""


# The checker --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Import:
    """One imported module. Our own are written without ``chatrepl.``; the package itself is empty."""

    name: str
    line: int
    is_ours: bool
    is_for_types: bool


Sources = Mapping[str, str]
"""The text of every module, by its name without ``chatrepl.``."""


def read_sources() -> dict[str, str]:
    package = ROOT / "chatrepl"
    return {
        ".".join(path.relative_to(package).with_suffix("").parts).removesuffix(".__init__"): path.read_text(
            encoding="utf-8"
        )
        for path in sorted(package.rglob("*.py"))
    }


def imports_of(source: str, modules: frozenset[str]) -> Iterator[Import]:
    """Find every import; ``from chatrepl.api import chat`` is one of ``api.chat`` where that is a module."""

    def visit(node: ast.AST, *, for_types: bool) -> Iterator[Import]:
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                for each in node.body:
                    yield from visit(each, for_types=True)
                for each in node.orelse:
                    yield from visit(each, for_types=for_types)
                return
            case ast.Import(names=names):
                for alias in names:
                    yield _import(alias.name, node.lineno, for_types)
            case ast.ImportFrom(module=module, names=names, level=level):
                assert level == 0, "imports are written in full"
                for alias in names:
                    inner = f"{module}.{alias.name}"
                    is_module = inner.removeprefix("chatrepl.") in modules
                    yield _import(inner if is_module else str(module), node.lineno, for_types)
        for child in ast.iter_child_nodes(node):
            yield from visit(child, for_types=for_types)

    yield from visit(ast.parse(source), for_types=False)


def _import(name: str, line: int, for_types: bool) -> Import:
    is_ours = name == "chatrepl" or name.startswith("chatrepl.")
    return Import(
        name.removeprefix("chatrepl").removeprefix(".") if is_ours else name, line, is_ours, for_types
    )


def is_below(module: str, places: tuple[str, ...]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


def group_of(module: str) -> str | None:
    return next((group for group, members in GROUPS.items() if is_below(module, members)), None)


def layer_violations(sources: Sources) -> list[str]:
    found = []
    for module, source in sources.items():
        group = group_of(module)
        if group is None:
            if module != "__init__" and module:
                found.append(f"{module}: is in no group of GROUPS")
            continue
        allowed, reason = MAY_IMPORT[group]
        for each in imports_of(source, frozenset(sources)):
            target = group_of(each.name) if each.is_ours and each.name else None
            if each.is_ours and module in IMPORTS_NOTHING_OF_OURS:
                found.append(f"{module}:{each.line} imports {each.name}: {IMPORTS_NOTHING_OF_OURS[module]}")
            elif target is None or target == group or target in allowed:
                continue
            elif not (each.is_for_types and (group, target) in FOR_TYPES_ONLY):
                found.append(f"{module}:{each.line} imports {each.name}, but of {group}: {reason}")
    return found


def package_violations(sources: Sources) -> list[str]:
    found = []
    for module, source in sources.items():
        for each in imports_of(source, frozenset(sources)):
            places, reason = ONLY_IN.get(each.name.split(".")[0], ((), ""))
            if not each.is_ours and places and not is_below(module, places):
                found.append(f"{module}:{each.line} imports {each.name}, only for {places}: {reason}")
    return found


def purity_violations(sources: Sources) -> list[str]:
    found = []
    for module, source in sources.items():
        if group_of(module) != "core":
            continue
        for each in imports_of(source, frozenset(sources)):
            if each.name.split(".")[0] in NOT_IN_CORE and (module, each.name) not in CORE_EXCEPTIONS:
                found.append(f"{module}:{each.line} imports {each.name}, but the core is pure")
            if each.name.startswith("urllib.") and each.name != "urllib.parse":
                found.append(f"{module}:{each.line} imports {each.name}, but the core is pure")
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Call(func=ast.Name(id=name)) if name in NOT_CALLED_IN_CORE:
                    found.append(f"{module}:{node.lineno} calls {name}, but the core is pure")
                case ast.Call(func=ast.Attribute(attr="now" | "utcnow" | "today", value=ast.Name(id=name))):
                    if name in {"datetime", "date"}:
                        found.append(f"{module}:{node.lineno} asks for the time, but the core is pure")
    return found


def asking_violations(sources: Sources) -> list[str]:
    """Find what asks about the terminal or the variables of the process elsewhere than in ``environment``."""
    found = []
    for module, source in sources.items():
        if module in MAY_ASK:
            continue
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Attribute(attr=name) if name in ASKS_ABOUT_TERMINAL:
                    found.append(f"{module}:{node.lineno} asks about the terminal with {name}")
                case ast.Attribute(value=ast.Name(id="os"), attr=name) if name in ASKS_ABOUT_VARIABLES:
                    found.append(f"{module}:{node.lineno} reads variables with os.{name}")
                case ast.ImportFrom(module="os" | "shutil", names=names):
                    asking = ASKS_ABOUT_TERMINAL | ASKS_ABOUT_VARIABLES
                    found += [
                        f"{module}:{node.lineno} imports {each.name}" for each in names if each.name in asking
                    ]
    return found


def reach(start: str, sources: Sources) -> dict[str, list[str]]:
    """Return every module that can be imported from one, and the way there."""
    ways = {start: [start]}
    waiting = [start]
    while waiting:
        module = waiting.pop()
        for each in imports_of(sources[module], frozenset(sources)):
            if each.is_ours and not each.is_for_types and each.name in sources and each.name not in ways:
                ways[each.name] = [*ways[module], each.name]
                waiting.append(each.name)
    return ways


def reaching_violations(sources: Sources, start: str, package: str) -> list[str]:
    found = []
    for module, way in reach(start, sources).items():
        found += [
            f"{' > '.join(way)}:{each.line} imports {each.name}"
            for each in imports_of(sources[module], frozenset(sources))
            if not each.is_for_types and each.name.split(".")[0] == package
        ]
    return found


def size_violations(sources: Sources) -> list[str]:
    lengths = {
        module: len(source.splitlines()) for module, source in sources.items() if module not in GENERATED
    }
    return [f"{module}: {lines} lines" for module, lines in lengths.items() if lines > LIMIT_LINES]


# The program --------------------------------------------------------------------------------------------------------

SOURCES = read_sources()


def test_imports_point_down_only() -> None:
    assert layer_violations(SOURCES) == []


def test_packages_are_imported_only_where_they_belong() -> None:
    assert package_violations(SOURCES) == []


def test_the_core_touches_neither_files_nor_sockets_nor_clocks() -> None:
    assert purity_violations(SOURCES) == []


def test_only_the_environment_asks_about_the_terminal_and_the_variables() -> None:
    assert asking_violations(SOURCES) == []


def test_the_pipe_mode_never_reaches_the_prompt() -> None:
    """It may use what renders a reply, which lives beside the prompt."""
    assert reaching_violations(SOURCES, "oneshot", "prompt_toolkit") == []


def test_no_module_is_too_long_to_be_read() -> None:
    assert size_violations(SOURCES) == []


def test_the_rules_speak_of_modules_that_exist() -> None:
    """A rule for a module that was renamed would hold for ever."""
    named = {place for places, _ in ONLY_IN.values() for place in places}
    named |= {module for module, _ in CORE_EXCEPTIONS} | set(MAY_ASK) | set(IMPORTS_NOTHING_OF_OURS)
    named |= {member for members in GROUPS.values() for member in members}
    assert sorted(name for name in named if name not in SOURCES) == []


@pytest.mark.parametrize("module", LOADED_AT_START)
def test_a_start_loads_only_what_it_needs(module: str) -> None:
    needed, unwanted, reason = LOADED_AT_START[module]
    program = f"import {module}, sys; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    variables = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT, env=variables
    )
    loaded = set(run.stdout.split())
    assert sorted(loaded.intersection(unwanted)) == [], reason
    assert loaded.issuperset(needed)


# The checker finds what it is made for ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("store.chats", "from chatrepl.api import client"),
        ("api.chat", "from chatrepl import keys"),
        ("local.server", "import chatrepl.turn"),
        ("turn", "def run():\n    from chatrepl.store.chats import Chats"),
        ("messages", "from chatrepl.environment import Environment"),
        ("commands.files", "from chatrepl.ui.theme import STYLE"),
        ("ui.repl", "from chatrepl import wiring"),
        ("ui.repl", "if TYPE_CHECKING:\n    from chatrepl.config import LoadedSettings"),
        ("cli", "from chatrepl.config import load_settings"),
        ("errors", "import chatrepl.messages"),
        ("ports", "import chatrepl.environment"),
        ("local.child", "import chatrepl.errors"),
        ("newcomer", "import json"),
    ],
)
def test_an_import_that_points_up_or_sideways_is_found(module: str, source: str) -> None:
    others = dict.fromkeys(("api.client", "keys", "turn", "wiring", "config", "ui.theme"), "")
    assert len(layer_violations({**others, module: source})) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("store.chats", "from chatrepl.store.tables import Tables\nfrom chatrepl import __version__"),
        ("api.chat", "from chatrepl.messages import Message"),
        ("cli", "if TYPE_CHECKING:\n    from chatrepl.config import LoadedSettings"),
        ("wiring", "def build():\n    from chatrepl.store.chats import Chats"),
        ("commands.files", "from chatrepl import files, transcript"),
    ],
)
def test_an_import_that_points_down_is_not(module: str, source: str) -> None:
    others = dict.fromkeys(("files", "transcript", "store.tables", "messages"), "")
    assert layer_violations({**others, module: source}) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("api.wire", "def go():\n    import requests.adapters"),
        ("turn", "import sqlite3"),
        ("oneshot", "from rich.console import Console"),
        ("commands.chat", "from prompt_toolkit import PromptSession"),
        ("context.window", "import tiktoken"),
        ("local.server", "import xllamacpp"),
        ("ui.repl", "import subprocess"),
    ],
)
def test_a_package_in_the_wrong_place_is_found(module: str, source: str) -> None:
    assert len(package_violations({module: source})) == 1


@pytest.mark.parametrize(
    "source",
    [
        "import os.path",
        "from pathlib import Path",
        "import urllib.request",
        "def f():\n    import time",
        "text = open('x')",
        "print('x')",
        "now = datetime.now(UTC)",
    ],
)
def test_what_is_not_pure_is_found_in_the_core(source: str) -> None:
    assert len(purity_violations({"pricing": source})) == 1
    assert purity_violations({"keys": source}) == []


@pytest.mark.parametrize(
    "source",
    [
        "x = stream.isatty()",
        "import os\nos.get_terminal_size(1)",
        "import os\nos.environ['A']",
        "from os import environ",
    ],
)
def test_asking_about_the_world_elsewhere_is_found(source: str) -> None:
    assert len(asking_violations({"ui.repl": source})) == 1
    assert asking_violations({"environment": source}) == []


def test_a_long_way_to_the_prompt_is_found() -> None:
    sources = {
        "oneshot": "def f():\n    from chatrepl.ui import view",
        "ui.view": "import chatrepl.ui.box",
        "ui.box": "from prompt_toolkit.layout import Window",
    }
    assert reaching_violations(sources, "oneshot", "prompt_toolkit") == [
        "oneshot > ui.view > ui.box:1 imports prompt_toolkit.layout"
    ]


def test_a_module_that_is_too_long_is_found() -> None:
    assert size_violations({"a": "x\n" * LIMIT_LINES, "b": "x\n" * (LIMIT_LINES + 1)}) == ["b: 601 lines"]
