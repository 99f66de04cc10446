"""``chatrepl usage``: what was used and what it cost, from the ledger."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Sequence

from chatrepl import wiring
from chatrepl.environment import Environment
from chatrepl.errors import ExitStatus, UsageError
from chatrepl.subcommands.output import Printer
from chatrepl.usage_report import BY, FIELDS, Report, columns, report, since_of, values

DEFAULT_SINCE = "30d"


def run(arguments: Sequence[str], environment: Environment) -> int:
    """Report what was used; returns the exit status."""
    options = _parser().parse_args(arguments)
    now = environment.clock.now()
    try:
        since = since_of(options.since, now, None)
    except ValueError as error:
        raise UsageError(f"--since {error}.") from None
    store = wiring.open_library_to_read(environment)
    printer = Printer(environment)
    if store is None:
        if options.json:
            printer.json({"by": options.by, "rows": [], "total": None})
        elif environment.stdout_is_terminal:
            printer.line("Nothing was asked yet: there is no library.")
        return ExitStatus.OK
    try:
        titles = (
            {str(summary.id): summary.title for summary in store.list_chats(10_000)}
            if options.by == "chat"
            else {}
        )
        found = report(store.ledger.entries(since), options.by, None, since=since, now=now, titles=titles)
    finally:
        store.close()
    _write(found, options, environment, printer)
    return ExitStatus.OK


def _write(found: Report, options: argparse.Namespace, environment: Environment, printer: Printer) -> None:
    if options.json:
        rows = [{found.by: row.key, **values(row)} for row in found.rows]
        printer.json({"by": found.by, "rows": rows, "total": values(found.total)})
    elif options.csv:
        printer.text(as_csv(found))
    elif not found.total.requests and environment.stdout_is_terminal:
        printer.line(f"Nothing was asked since {options.since}; --since all looks at everything.")
    else:
        printer.table(*columns(found, is_unicode=environment.is_unicode))


def as_csv(found: Report) -> str:
    """Return a report as CSV, without the total: whoever adds the rows up has it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([found.by, *FIELDS])
    for row in found.rows:
        cells = values(row)
        writer.writerow(
            [_harmless(row.key), *("" if cells[name] is None else cells[name] for name in FIELDS)]
        )
    return out.getvalue()


def _harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chatrepl usage",
        description="Show what was used and what it cost, over all chats. Summaries count too.",
        epilog="Costs are US dollars: ~ marks an estimate, ? what is not known. Days are those of this machine's time zone.",
    )
    parser.add_argument("--by", choices=BY, default="day", help="what a row is (default: day)")
    parser.add_argument(
        "--since",
        default=DEFAULT_SINCE,
        metavar="WHEN",
        help="7d, 2w, 3m, today, all, or a date such as 2026-11-01 (default: 30d)",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="write a JSON object")
    form.add_argument("--csv", action="store_true", help="write comma-separated values")
    return parser
