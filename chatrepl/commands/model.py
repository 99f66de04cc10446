"""Commands for the model and its settings, and for what is sent to it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from chatrepl import adjust
from chatrepl.commands.base import Arg, Command, Context, Notice, Reply, Several, Table, Text, when_idle
from chatrepl.commands.limits import limit_rows
from chatrepl.commands.model_table import columns
from chatrepl.commands.money import shown_price
from chatrepl.errors import ApiError, ChatreplError
from chatrepl.exchange import ModelInfo
from chatrepl.model_list import Listed, find, shown_age
from chatrepl.pricing import format_usd
from chatrepl.settings import TABLES

REFRESH = "--refresh"
MAX_ROWS = 60


def failed(error: ChatreplError) -> Notice:
    """Turn an error into an answer."""
    return Notice(error.message, "error", hint=error.hint)


def _model(context: Context, args: Mapping[str, Any]) -> Reply:
    words = (args["name"] or "").split()
    is_refreshed = REFRESH in words
    words = [word for word in words if word != REFRESH]
    session = context.session
    try:
        listed = session.model_list.get(refresh=is_refreshed)
    except ApiError as error:
        if len(words) == 1:  # a server without a list may have the model all the same
            return _switch(context, words[0])
        return failed(error)
    exact = [model for model in listed.models if [model.id] == words]
    begun = [model for model in listed.models if len(words) == 1 and model.id.startswith(words[0])]
    found = exact or (begun if len(begun) == 1 else find(listed.models, words))
    if words and len(found) == 1:
        return _switch(context, found[0].id)
    if not found:
        return _unknown(" ".join(words), listed.models)
    shown = found[:MAX_ROWS]
    title = f"Models at {session.client.provider}, {_how_old(listed)}"
    header, rows = columns(
        shown, session.model, session.settings.models, _today(context), session.provider_name
    )
    table = Table(title, rows, header)
    more = len(found) - len(shown)
    return (
        Several((table, Notice(f"{more} more: /model WORD shows those with that word."))) if more else table
    )


def _switch(context: Context, name: str) -> Reply:
    session = context.session
    session.use_model(name)
    done = Notice(f"Now talking to {name}.")
    warning = session.model_notice()
    return Several((done, Notice(warning, "warning"))) if warning else done


def _unknown(name: str, models: Sequence[ModelInfo]) -> Reply:
    import difflib

    ids = [model.id for model in models]
    if not ids:
        return Notice("The server lists no models.")
    near = difflib.get_close_matches(name, ids, n=3, cutoff=0.3) or ids[:3]
    return Notice(
        f"The server has no model '{name}'; nothing was changed.", "error", hint="Near: " + ", ".join(near)
    )


def _how_old(listed: Listed) -> str:
    age = f"as of {shown_age(listed.age_s)}" if listed.age_s >= 1 else "asked just now"
    return f"{age}; the server cannot be asked: {listed.problem.message}" if listed.problem else age


def _today(context: Context) -> date:
    return context.session.clock.now().date()


def _complete_model(context: Context, typed: str) -> list[str]:
    return [model.id for model in context.session.known_models() if model.id.startswith(typed)]


def _set(context: Context, args: Mapping[str, Any]) -> Reply:
    session = context.session
    if args["key"] is None:
        rows = tuple(
            (info.key, _shown(adjust.value_of(session.settings, info.key)), info.spec.summary)
            for info in adjust.setting_infos().values()
            if info.spec.is_live and "*" not in info.key
        )
        return Table("Settings that /set can change", rows)
    key, _, glued = args["key"].partition("=")
    text = glued if glued or args["key"].endswith("=") else args["value"]
    try:
        info = adjust.resolve_key(key)
        if text is None:
            value = adjust.value_of(session.settings, info.key)
            origin = session.origins.get(info.key, "the default")
            return Notice(f"{info.key} = {_shown(value)} ({origin}). {info.spec.summary}")
        session.change_setting(key, text)
        return Notice(f"{info.key} = {_shown(adjust.value_of(session.settings, info.key))}, until you leave.")
    except ChatreplError as error:
        return failed(error)


def _shown(value: object) -> str:
    if value is None or (isinstance(value, (str, tuple)) and not value):
        return "not set"
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _complete_setting(_context: Context, typed: str) -> list[str]:
    live = [info.key for info in adjust.setting_infos().values() if info.spec.is_live]
    names = [*live, *(key.removeprefix("parameters.") for key in live if key.startswith("parameters."))]
    return [name for name in names if name.startswith(typed)]


def _tokens(context: Context, _args: Mapping[str, Any]) -> Reply:
    session = context.session
    plan, totals = session.plan_next(), session.totals()
    rows = [
        ("system prompt", str(session.planner.counter.count_system(session.conversation.system))),
        ("messages sent", f"{len(plan.sent)} of {len(plan.sent) + len(plan.omitted)}"),
        ("next request", f"{plan.prompt} tokens"),
        (
            "window",
            f"{plan.window_tokens} tokens" if plan.window_tokens else "not known (set window.limit_tokens)",
        ),
        ("kept for the reply", f"{plan.reserve_tokens} tokens"),
        (
            "used so far",
            f"{totals.prompt_tokens} in, {totals.completion_tokens} out, {totals.requests} requests",
        ),
        ("cost so far", format_usd(totals.cost_usd, is_estimated=totals.is_estimated)),
    ]
    return Table("Tokens (~ is an estimate)", tuple(rows))


def _status(context: Context, _args: Mapping[str, Any]) -> Reply:
    session = context.session
    limits = session.planner.limits
    rows = [
        ("model", session.model or "the server's own choice"),
        ("server", session.client.provider),
        ("price", shown_price(session)),
        ("key", f"from {session.key_source}" if session.key_source else "none"),
        (
            "window",
            f"{limits.window_tokens} tokens"
            if limits.window_tokens
            else "not known (set window.limit_tokens)",
        ),
        *([("persona", session.persona.shown)] if session.persona is not None else []),
        ("chat", f"{len(session.conversation.path())} messages, {session.conversation.id}"),
        ("saved", "yes, every message" if session.is_saving else "NO: in memory only"),
        *limit_rows(session),
    ]
    rows += [
        (key, f"{_shown(adjust.value_of(session.settings, key))} ({origin})")
        for key, origin in sorted(session.origins.items())
        if "api_key" not in key and key.partition(".")[0] not in TABLES
    ]
    return Table("Status", tuple(rows))


def _request(context: Context, args: Mapping[str, Any]) -> Reply:
    wire = context.session.preview(args["draft"] or "")
    body = json.dumps(wire.body, ensure_ascii=False, indent=2)
    lines = [f"curl -N {shlex.quote(wire.url)}"]
    lines += [f"  -H {shlex.quote(f'{name}: {value}')}" for name, value in wire.headers.items()]
    source = context.session.key_source
    if source:
        lines.append(f"  -H {_key_header(source)}")
    lines.append(f"  -d {shlex.quote(body)}")
    return Text(" \\\n".join(lines))


def _key_header(source: str) -> str:
    """Return the header that carries the key: by its variable, so that the command runs as it is, or masked."""
    is_variable = source.isidentifier() and source.isupper()
    return f'"Authorization: Bearer ${source}"' if is_variable else "'Authorization: Bearer …'"


COMMANDS = (
    Command(
        "model",
        "Model",
        "List the server's models, or talk to another one.",
        _model,
        args=(Arg("name", "rest", optional=True, complete=_complete_model),),
        when=when_idle,
        help="The chat stays; the next message goes to the new model. Words that fit several models list them. The list is "
        "kept for a day; `/model --refresh` asks the server again.",
        examples=("/model", "/model gpt-4o-mini", "/model vision", "/model --refresh"),
    ),
    Command(
        "set",
        "Model",
        "Show or change a setting for the rest of this run.",
        _set,
        args=(Arg("key", optional=True, complete=_complete_setting), Arg("value", "rest", optional=True)),
        when=when_idle,
        help="Parameters of the request go by their bare name. `none` takes a value away. "
        "What should stay goes into the configuration file.",
        examples=("/set", "/set temperature 0.2", "/set window.reserve_tokens 512", "/set temperature none"),
    ),
    Command(
        "tokens",
        "Window",
        "Count the next request and what the chat has used.",
        _tokens,
    ),
    Command(
        "status",
        "Program",
        "Show the model, the server, the key's source and the settings.",
        _status,
        aliases=("stats",),
    ),
    Command(
        "request",
        "Model",
        "Show the exact next request as a curl command.",
        _request,
        args=(Arg("draft", "rest", optional=True),),
        help="The key stands there as its variable, or masked. With a text, that text is taken as your next message.",
        examples=("/request", "/request What is new?"),
    ),
)
