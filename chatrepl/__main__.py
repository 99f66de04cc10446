"""Starts chatrepl: ``python -m chatrepl``, and the command ``chatrepl``."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line and return its exit status."""
    from chatrepl.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
