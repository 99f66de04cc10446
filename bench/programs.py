"""What is measured: chatrepl as people install it, and what it is measured against, in the same virtual environment."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bench.server import MODEL

ROOT = Path(__file__).parent.parent
OUT = ROOT / "bench" / "out"
BASELINES = ("bare_prompt.py", "plain_client.py", "rich_live_client.py")


@dataclass(frozen=True)
class Programs:
    """How to start each program."""

    chatrepl: tuple[str, ...]
    bare_prompt: tuple[str, ...]
    plain_client: tuple[str, ...]
    rich_client: tuple[str, ...]
    frames: tuple[str, ...]
    """Reads a reply from its standard input and times the renderer alone."""
    requests_inside: tuple[str, ...]
    """Is given a base URL and a number of events, and times the client alone."""
    window_inside: tuple[str, ...]
    library_inside: tuple[str, ...]
    linear_inside: tuple[str, ...]
    guard_inside: tuple[str, ...]


def install() -> Programs:
    """Install chatrepl, compiled, in a virtual environment under ``bench/out``; again when its sources have changed."""
    venv = OUT / ".venv"  # tools that read the sources leave such a name alone
    python = venv / "bin" / "python"
    mark = venv / "installed"
    state = _state()
    if not mark.exists() or mark.read_text() != state:
        print("installing chatrepl for measuring ...", file=sys.stderr)
        _install(venv, python)
        mark.write_text(state)
    bare_prompt, plain_client, rich_client = (
        (str(python), str(ROOT / "bench" / "baselines" / name)) for name in BASELINES
    )
    return Programs(
        chatrepl=(str(venv / "bin" / "chatrepl"),),
        bare_prompt=bare_prompt,
        plain_client=plain_client,
        rich_client=rich_client,
        frames=(str(python), "-I", str(ROOT / "bench" / "frames.py")),
        requests_inside=(str(python), "-I", str(ROOT / "bench" / "requests_inside.py")),
        window_inside=(str(python), "-I", str(ROOT / "bench" / "window_inside.py")),
        library_inside=(str(python), "-I", str(ROOT / "bench" / "library_inside.py")),
        linear_inside=(str(python), "-I", str(ROOT / "bench" / "linear_inside.py")),
        guard_inside=(str(python), "-I", str(ROOT / "bench" / "guard_inside.py")),
    )


def _state() -> str:
    """Return what must be the same for an installation to be of use."""
    digest = hashlib.sha256(sys.version.encode())
    for path in [ROOT / "pyproject.toml", *sorted((ROOT / "chatrepl").rglob("*.py"))]:
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


def _install(venv: Path, python: Path) -> None:
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        raise SystemExit("bench needs uv: pip install uv")
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        _run(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(venv))
        _run(uv, "build", "--quiet", "--wheel", "--out-dir", name, str(ROOT))
        versions = Path(name) / "versions.txt"
        versions.write_text(_versions())
        (wheel,) = Path(name).glob("*.whl")
        options = ("--quiet", "--compile-bytecode", "--constraint", str(versions))
        _run(uv, "pip", "install", "--python", str(python), *options, str(wheel))


def _versions() -> str:
    """Pin what is installed here, so that both environments have the same packages."""
    return "".join(
        f"{found.name}=={found.version}\n"
        for found in importlib.metadata.distributions()
        if found.name and found.name != "chatrepl-terminal"
    )


def _run(*command: str) -> None:
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    variables.pop("VIRTUAL_ENV", None)
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")


class Server:
    """The streaming server, in its own process, while used as a context manager."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self._process.stdout is not None
        self._root = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    @property
    def base_url(self) -> str:
        """What a user would configure."""
        return f"{self._root}/v1"

    def timing(self) -> dict[str, float]:
        """Return what the server tells about the last reply."""
        with urllib.request.urlopen(f"{self._root}/timing") as answer:
            timing: dict[str, float] = json.load(answer)
        return timing

    def own_time_s(self) -> float:
        """Return how long the server itself took from the last request to the first token with text."""
        timing = self.timing()
        return timing["first_at"] - timing["received_at"]


@contextmanager
def variables(server: Server) -> Iterator[dict[str, str]]:
    """Give the variables for one run: an empty home, and the server; the home is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="chatrepl-bench-") as home:
        yield {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": home,
            "XDG_CONFIG_HOME": f"{home}/config",
            "XDG_DATA_HOME": f"{home}/data",
            "XDG_CACHE_HOME": f"{home}/cache",
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "OPENAI_API_KEY": "bench",
            "OPENAI_BASE_URL": server.base_url,
            "CHATREPL_MODEL": MODEL,
        }
