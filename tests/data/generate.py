"""Writes the documents beside this file: ``python -m tests.data.generate``. The same ones every time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

from tests.data.kinds import KINDS
from tests.data.prose import Prose
from tests.data.topics import TOPICS

DIRECTORY = Path(__file__).parent / "documents"


def made() -> Iterator[tuple[str, str]]:
    """Yield the names of the documents and their texts."""
    number = 0
    for kind, (make, count) in KINDS.items():
        for _ in range(count):
            topic = TOPICS[number % len(TOPICS)]
            number += 1
            yield f"{number:02d}-{kind}-{topic.package}.md", make(Prose(Random(number), topic))


def main() -> None:
    """Write them all."""
    DIRECTORY.mkdir(exist_ok=True)
    for name, text in made():
        (DIRECTORY / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
