"""Commands for money: what the chat has cost, budgets and how they stand."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from chatrepl.budget import PERIODS, Standing
from chatrepl.commands.base import Arg, Ask, Command, Confirm, Context, Draft, Notice, Reply, Table
from chatrepl.entries import BudgetSettings
from chatrepl.errors import BudgetExceededError
from chatrepl.ledger import Query, Spent
from chatrepl.pacing import grouped
from chatrepl.pricing import format_usd
from chatrepl.turn import Failed, Kind

if TYPE_CHECKING:
    from chatrepl.session import Session

BAR_CELLS = 12


def consent_to(failure: Failed, session: Session, kind: Kind) -> Confirm | None:
    """Return the question whether a turn that a budget stopped is to go on once. None: no budget stopped it.

    On no, a message that was not sent goes back into the input line.
    """
    if not isinstance(failure.error, BudgetExceededError):
        return None
    if failure.message is not None and failure.message.text:
        return Confirm("Ask for the rest once all the same?", lambda: Ask(Kind.CONTINUE, has_consent=True))

    def take_back() -> Reply:
        message = session.conversation.last_user_message()
        if kind is not Kind.ASK or message is None:
            return Notice("Nothing was sent.")
        session.undo()
        return Draft(session.take_back(message), "Nothing was sent; your message is in the input line.")

    again = Kind.RETRY if kind is Kind.ASK else kind
    return Confirm("Send it once all the same?", lambda: Ask(again, has_consent=True), take_back)


def shown_spent(spent: Spent) -> str:
    """Say what was spent: ``$1.20``, with ``+ ?`` where some of it is not known."""
    if spent.unknown_count and not spent.cost_usd:
        return "?"
    return format_usd(spent.cost_usd) + (" + ?" if spent.unknown_count else "")


def _cost(context: Context, _args: Mapping[str, Any]) -> Reply:
    session = context.session
    totals, plan = session.totals(), session.plan_next()
    price = session.planner.facts().price
    estimate = session.next_cost(plan)
    rows = [
        ("price", shown_price(session)),
        (
            "next request",
            f"{plan.prompt} tokens, {format_usd(estimate.prompt_usd)}; with a reply up to {format_usd(estimate.most_usd)}",
        ),
        (
            "this chat",
            f"{format_usd(totals.cost_usd, is_estimated=totals.is_estimated)}, {totals.requests} requests",
        ),
        ("", f"{grouped(totals.prompt_tokens)} tokens in, {grouped(totals.completion_tokens)} out"),
    ]
    side = session.store.ledger.spent([Query(chat=session.conversation.id, purpose="summary")])[0]
    if side.tokens:
        rows.append(("its summaries", f"{shown_spent(side)}, {grouped(side.tokens)} tokens"))
    periods = session.bookkeeper().periods(session.conversation.id)
    for name, label in (("day", "today"), ("week", "this week"), ("month", "this month")):
        rows.append((label, f"{shown_spent(periods[name])}, {grouped(periods[name].tokens)} tokens"))
    if price is None:
        rows.append(("", f'set input_usd_per_mtok and output_usd_per_mtok under [models."{session.model}"]'))
    return Table("Cost in US dollars (~ is an estimate, ? is not known)", tuple(rows))


def shown_price(session: Session) -> str:
    """Say what the model in use costs, where that is from, and how old it is."""
    facts = session.planner.facts()
    price = facts.price
    if price is None:
        return "?, not known"
    if not price.input_usd_per_mtok and not price.output_usd_per_mtok:
        said = "free"
    else:
        said = f"${price.input_usd_per_mtok:f} in, ${price.output_usd_per_mtok:f} out a million tokens"
        if price.cached_input_usd_per_mtok is not None:
            said += f", ${price.cached_input_usd_per_mtok:f} from the cache"
        said += "".join(f", more above {grouped(start)}" for start, _ in price.long)
    age = ""
    if facts.as_of is not None:
        days = (session.clock.now().date() - facts.as_of).days
        age = f" as of {facts.as_of}" + (f", {days} days ago" if days > 1 else "")
    return said + (f" ({facts.source}{age})" if facts.source else "")


def _budget(context: Context, args: Mapping[str, Any]) -> Reply:
    session, name = context.session, args["name"]
    if name is None:
        return _budgets(context)
    limit = (args["limit"] or "").strip()
    if not limit:
        return Notice(f"/budget {name} needs a limit: `5` for $5, `200000 tokens`, or `off`.", "error")
    known = session.settings.budgets.get(name)
    if limit == "off":
        if known is None:
            return Notice(f"There is no budget `{name}`.", "warning")
        session.set_budget(name, None)
        return Notice(f"The budget `{name}` does not hold any more, until you leave.")
    if known is None and name not in PERIODS:
        return Notice(f"A new budget is called {', '.join(PERIODS)}, not '{name}'.", "error")
    entry = _entry(known or BudgetSettings(), limit)
    if isinstance(entry, str):
        return Notice(entry, "error", hint="For example: /budget day 5, /budget chat 200000 tokens")
    session.set_budget(name, entry)
    money = f"limit_usd = {entry.limit_usd}" if entry.limit_usd is not None else ""
    tokens = f"limit_tokens = {entry.limit_tokens}" if entry.limit_tokens is not None else ""
    standing = next(
        each for each in session.bookkeeper().standings(session.conversation.id) if each.budget.name == name
    )
    return Notice(
        f"The budget {standing.budget} holds until you leave; {standing.left} is left.",
        hint=f"To keep it: [budgets.{name}] {', '.join(filter(None, (money, tokens)))} in the configuration file.",
    )


def _entry(before: BudgetSettings, limit: str) -> BudgetSettings | str:
    """Return a budget with another limit, or say why it is none."""
    from dataclasses import replace

    words = limit.removeprefix("$").replace("_", "").split()
    try:
        number = Decimal(words[0])
    except (InvalidOperation, IndexError):
        return f"A limit is a number, not '{limit}'."
    is_tokens = len(words) == 2 and words[1].startswith("tok")
    if len(words) > 1 and not is_tokens:
        return f"A limit is money or `N tokens`, not '{limit}'."
    if not number.is_finite() or number <= 0:
        return f"A limit is more than 0, not {words[0]}; `off` takes a budget away."
    if is_tokens:
        if number != int(number) or number > 10**15:
            return f"Tokens are a whole number up to 10^15, not {words[0]}."
        return replace(before, limit_tokens=int(number))
    if not Decimal("0.000001") <= number <= 1_000_000:
        return f"Money is from $0.000001 to $1000000, not {words[0]}."
    return replace(before, limit_usd=number)


def _budgets(context: Context) -> Reply:
    session = context.session
    found = session.bookkeeper().standings(session.conversation.id)
    if not found:
        return Notice(
            "No budget is set.",
            hint="/budget day 5 allows $5 a day until you leave; [budgets.day] in the configuration file keeps it.",
        )
    rows = tuple(_row(each) for each in found)
    shared = "" if session.store.ledger.is_shared else " (of this process alone, since nothing is saved)"
    return Table(f"Budgets{shared}", rows, ("", "used", "", "of", "left", "anew", ""))


def _row(each: Standing) -> tuple[str, ...]:
    budget = each.budget
    limits = [
        format_usd(budget.limit_usd) if budget.limit_usd is not None else "",
        f"{grouped(budget.limit_tokens)} tokens" if budget.limit_tokens is not None else "",
    ]
    ends = each.ends_at.astimezone() if each.ends_at is not None else None
    anew = "with a new chat" if ends is None else f"{ends:%Y-%m-%d %H:%M}"
    notes = [
        f"at {budget.provider}" if budget.provider else "",
        "" if budget.stops else "only warns",
        f"{each.spent.unknown_count} of unknown cost"
        if each.spent.unknown_count and budget.limit_usd
        else "",
        f"{format_usd(each.spent.under_way_usd)} under way" if each.spent.under_way_usd else "",
    ]
    filled = round(min(1.0, each.share) * BAR_CELLS)
    bar = "\u2588" * filled + "\u2591" * (BAR_CELLS - filled)
    return (
        budget.name,
        f"{each.share:.0%}",
        bar,
        " and ".join(filter(None, limits)),
        each.left,
        anew,
        ", ".join(filter(None, notes)),
    )


def _complete_budget(context: Context, typed: str) -> list[str]:
    names = dict.fromkeys((*context.session.settings.budgets, *PERIODS))
    return [name for name in names if name.startswith(typed)]


COMMANDS = (
    Command(
        "cost",
        "Money",
        "Show what the chat has cost, the next request and today.",
        _cost,
        help="Costs are US dollars: as the provider reports them, else from its prices. `~` marks an estimate, `?` what is "
        "not known. `/usage` has more.",
    ),
    Command(
        "budget",
        "Money",
        "Show the budgets, or set one for the rest of this run.",
        _budget,
        args=(
            Arg("name", optional=True, complete=_complete_budget),
            Arg("limit", "rest", optional=True),
        ),
        help="A budget is called `chat`, `day`, `week` or `month`, or as the configuration file names it. Before a message "
        "is sent, the most that it can cost is held against what is left, over all running chatrepl processes. "
        "At the limit you are asked once for each message.",
        examples=("/budget", "/budget day 5", "/budget chat 200000 tokens", "/budget day off"),
    ),
)
