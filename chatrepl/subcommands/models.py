"""``chatrepl models``: what a provider offers, with windows, prices and ends."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chatrepl import wiring
from chatrepl.commands.model_table import columns, known_facts
from chatrepl.environment import Environment
from chatrepl.errors import ExitStatus
from chatrepl.exchange import ModelInfo
from chatrepl.model_list import find, shown_age
from chatrepl.settings import Settings
from chatrepl.subcommands.output import Printer


def run(arguments: Sequence[str], environment: Environment) -> int:
    """List models; returns the exit status, 1 where no model has all the words."""
    options = _parser().parse_args(arguments)
    flags: dict[str, object] = {"profile": options.profile or options.provider}
    loaded = wiring.load_settings(environment, flags, Path(options.config) if options.config else None)
    connection = wiring.connect(
        loaded,
        environment,
        wants_local=False,
        local_file=None,
        may_fall_back=False,
        on_progress=lambda _: None,
    )
    try:
        listed = wiring.model_list(connection.client, connection.base_url, environment).get(
            refresh=options.refresh
        )
    finally:
        connection.close()
    printer = Printer(environment)
    models = find(listed.models, options.words)
    settings = loaded.settings
    if options.json:
        printer.json([_object(model, settings, connection.provider_name) for model in models])
        return ExitStatus.OK if models else ExitStatus.ERROR
    if models:
        printer.table(
            *columns(
                models,
                connection.model or "",
                settings.models,
                environment.clock.now().date(),
                connection.provider_name,
            )
        )
    if environment.stdout_is_terminal:
        _say_how_old(printer, connection.client.provider, len(models), listed.age_s)
    if listed.problem is not None:
        environment.stderr.write(f"chatrepl: this list is an old one: {listed.problem.message}\n")
    return ExitStatus.OK if models else ExitStatus.ERROR


def _say_how_old(printer: Printer, provider: str, count: int, age_s: float) -> None:
    noun = "model" if count == 1 else "models"
    age = f"as of {shown_age(age_s)}; --refresh asks again" if age_s >= 1 else "asked just now"
    printer.line(f"{count} {noun} at {provider}, {age}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chatrepl models",
        description="List the models of a provider. With words, those whose id or abilities hold them all.",
        epilog="Prices are US dollars for a million tokens. The list is kept for a day, and used where the network is not.",
    )
    parser.add_argument("words", nargs="*", help="words to search for, such as `gpt vision`")
    parser.add_argument("--provider", metavar="NAME", help="a provider by its name")
    parser.add_argument("--profile", metavar="NAME", help="a profile of the configuration")
    parser.add_argument("--refresh", action="store_true", help="ask the server again")
    parser.add_argument("--json", action="store_true", help="write a JSON list")
    parser.add_argument("--config", metavar="FILE", help="read this configuration file")
    return parser


def _object(model: ModelInfo, settings: Settings, provider: str) -> dict[str, Any]:
    facts = known_facts(model, settings.models, provider)
    return {
        "id": model.id,
        "window_tokens": facts.window_tokens,
        "max_output_tokens": facts.max_output_tokens,
        "input_usd_per_mtok": _text(facts.input_usd_per_mtok),
        "output_usd_per_mtok": _text(facts.output_usd_per_mtok),
        "abilities": list(model.abilities),
        "owned_by": model.owned_by,
        "shutdown_date": model.shutdown_date,
    }


def _text(amount: object) -> str | None:
    return None if amount is None else str(amount)
