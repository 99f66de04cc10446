"""Starts chatrepl: ``python -m chatrepl``, and the command ``chatrepl``."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line and return its exit status."""
    import gc

    gc.disable()  # until the prompt is up: what is loaded stays, so that looking for garbage among it is in vain
    from chatrepl.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
