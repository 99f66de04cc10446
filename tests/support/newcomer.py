"""chatrepl as a newcomer meets it: without the embedded model, and with the server that a test offers on this machine.

    python newcomer.py [ARGUMENTS]

``NEWCOMER_SERVER`` is the address of a server that is found on this machine; without it none is.
"""

from __future__ import annotations

import os
import sys

from chatrepl import wiring
from chatrepl.cli import main
from chatrepl.environment import Environment


def find_servers(environment: Environment) -> list[tuple[str, str, tuple[str, ...]]]:
    address = os.environ.get("NEWCOMER_SERVER")
    return [("Ollama", address, ("test-model", "other-model"))] if address else []


if __name__ == "__main__":
    wiring.find_servers = find_servers
    wiring.local_is_installed = lambda: False
    sys.exit(main())
