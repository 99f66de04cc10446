"""What a person is offered who has no model to talk to yet. Plain questions on the terminal, before the prompt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import wrap

from chatrepl.environment import Environment
from chatrepl.errors import ChatreplError
from chatrepl.sanitise import sanitise_line
from chatrepl.ui.ascii import output_for

Found = tuple[str, str, tuple[str, ...]]
"""A server on this machine: its name, its base URL and its models."""


@dataclass(frozen=True, slots=True)
class UseKey:
    """Talk to OpenAI with the key that was just pasted and kept."""


@dataclass(frozen=True, slots=True)
class UseServer:
    """Talk to a server on this machine."""

    base_url: str
    model: str | None


Choice = UseKey | UseServer | None
"""None: the person wants to leave."""


def ask_for_provider(
    environment: Environment,
    servers: Sequence[Found],
    keep_key: Callable[[str], object],
    add_local_command: str,
) -> Choice:
    """Offer the ways to a model and return the one that was chosen."""
    from getpass import getpass

    output = output_for(environment, environment.stderr)
    width = max(20, environment.columns - 1)

    def write(text: str) -> None:
        """Break a line between words, and keep the blanks and line ends around it."""
        lines = text.split("\n")
        output.write(
            "\n".join(
                "\n     ".join(wrap(line, width - 5, break_long_words=False, break_on_hyphens=False))
                for line in lines
            )
        )

    write("There is no model to talk to yet.\n\n")
    write("  1  paste an OpenAI key (it is kept in an owner-only file)\n")
    for number, (name, base_url, models) in enumerate(servers, start=2):
        counted = f"{len(models)} models" if len(models) != 1 else sanitise_line(models[0])
        write(f"  {number}  use {name} at {base_url} ({counted})\n")
    write(f"\nOr add the embedded model, which needs no key: {add_local_command}\n")
    write("For another provider set OPENAI_BASE_URL and OPENAI_API_KEY.\n\n")
    try:
        while True:
            output.write(
                f"Choose 1-{len(servers) + 1}, or Enter to leave: "
                if servers
                else "Choose 1, or Enter to leave: "
            )
            said = environment.stdin.readline().strip()
            if not said:
                return None
            if said == "1":
                try:
                    keep_key(getpass("Key (it is not shown): "))
                except ChatreplError as error:
                    write(f"{error.message}\n{error.hint or ''}\n")
                    continue
                return UseKey()
            if said.isdecimal() and 2 <= int(said) <= len(servers) + 1:
                _, base_url, models = servers[int(said) - 2]
                return UseServer(base_url, models[0] if models else None)
    except (KeyboardInterrupt, EOFError):
        write("\n")
        return None
