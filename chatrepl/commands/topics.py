"""What ``/help TOPIC`` explains: a short text and examples for each group of commands, and for what is no command.

The one source of these texts: ``/help``, ``docs/commands.md`` and the man page are made from it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """One subject of the help."""

    name: str
    """One word, as it is typed after ``/help``."""
    summary: str
    """What it is about, at most 50 characters, without a full stop."""
    text: str
    """A few sentences. Paragraphs are parted by an empty line."""
    group: str = ""
    """The group whose commands are listed with it. Empty: none is."""
    commands: tuple[str, ...] = ()
    """Commands that are listed with it instead of with the topic of their group."""
    examples: tuple[str, ...] = ()
    """Lines that can be typed: commands with their slash, and lines for a shell."""
    aliases: tuple[str, ...] = ()


KEYS_TOPIC = "keys"
"""The topic that lists the keys; the front end knows which ones there are."""
ALL_TOPIC = "all"
"""The topic that lists every command."""

TOPICS = (
    Topic(
        "chat",
        "begin a chat, steer it, step back",
        "A message that you enter is sent with the chat so far. Every message is on disk before it is shown. The system prompt "
        "says how the model shall behave and is sent before all messages. Stepping back deletes nothing.",
        group="Chat",
        examples=("/system Answer in one sentence.", "/undo", "/new"),
        aliases=("chats",),
    ),
    Topic(
        "reply",
        "ask again, go on, copy, look closer",
        "A reply that was stopped or cut off is kept: /continue asks for the rest, /retry for another one beside it. Blocks of "
        "code are numbered, so that one of them can be copied.",
        group="Reply",
        examples=("/retry", "/copy 2", "/raw"),
        aliases=("replies", "code"),
    ),
    Topic(
        "branches",
        "other versions of what was said",
        "A chat is a tree: an edited message or another reply begins a new branch, and the old one stays. \u20392/3\u203a beside a "
        "message says which of its versions you see.",
        group="Branches",
        examples=("/edit", "/sibling previous", "/tree"),
        aliases=("branching", "versions"),
    ),
    Topic(
        "library",
        "find and keep chats",
        "All chats of this machine are in the library. /search finds words in messages, /resume a chat by its title or in a list. "
        "What is deleted waits in a bin. Outside a chat, `chatrepl -c` goes on with the last one, and `chatrepl chats` looks "
        "after the library.",
        group="Library",
        examples=('/search "out of memory" since:30d', "/resume", "/tag work", "chatrepl chats stats"),
        aliases=("history",),
    ),
    Topic(
        "model",
        "who answers, and with which settings",
        "The chat stays when the model, the provider or a setting changes; the next message goes to the new one. What shall stay "
        "goes into the configuration file: see /help settings.",
        group="Model",
        examples=("/model vision", "/set temperature 0.2", "/profile groq", "/request"),
        aliases=("models", "providers", "profiles"),
    ),
    Topic(
        "window",
        "what the model can read at once",
        "A model reads a limited number of tokens. The status bar shows how full that window is. What does not fit is left out, "
        "oldest first, and a line says so; nothing is removed from the chat. Pinned turns are always sent, omitted ones never, "
        "and a summary can stand for the older part. ~ marks an estimate.",
        group="Window",
        examples=("/context", "/pin 3", "/compact", "/set window.strategy summarise"),
        aliases=("tokens", "memory"),
    ),
    Topic(
        "money",
        "what it costs, and how much it may",
        "The bar shows what the next request will cost and what was spent. A budget holds before anything is sent, over all "
        "running chatrepl processes. A price that is not known is shown as ?, never as 0.",
        group="Money",
        examples=("/cost", "/budget day 5", "/usage model 3m", "chatrepl usage --by model"),
        aliases=("costs", "prices", "budgets"),
    ),
    Topic(
        "files",
        "chats as files, in and out",
        "/save and /load are for one chat in a file of your own; /export writes pages, text and training data by the ending of the "
        "name. `chatrepl import` brings in chats of other programs.",
        group="Files",
        examples=("/save talk.json", "/export talk.html", "chatrepl import --dry-run conversations.json"),
        aliases=("file", "import", "transcripts"),
    ),
    Topic(
        "screen",
        "what is shown, and how",
        "Replies go into the terminal's own scrollback, once; /redraw prints the last turns again at the width the terminal has "
        "now. `chatrepl --plain` holds the chat line by line, for screen readers; NO_COLOR takes colours away.",
        group="Screen",
        examples=("/redraw 10", "chatrepl --plain"),
        aliases=("display", "colours", "colors", "accessibility"),
    ),
    Topic(
        "program",
        "help, state, leaving",
        "/status shows the model, the server, where the key came from and every setting that is not the default. When something "
        "does not work, `chatrepl doctor` tries everything that a chat needs.",
        group="Program",
        examples=("/status", "/help save", "chatrepl doctor"),
        aliases=("problems",),
    ),
    Topic(
        "personas",
        "who the model shall be; prompts kept for use",
        "A persona is a named system prompt with its parameters and sample questions; a set of them comes with chatrepl, and yours "
        "stand in the configuration directory. A prompt file is a message with places that are filled in when it is sent.",
        commands=("persona", "p"),
        examples=("/persona translator language=Welsh", "/persona none", "/p summarise length=short"),
        aliases=("prompts", "templates", "roles"),
    ),
    Topic(
        "attachments",
        "files, pages and images with a message",
        "@ and a name in a message sends what is called so with it: a file, some of its lines, a directory, a page, an image. Above "
        "the input line stands what goes along and what it takes. What was read is kept in the chat.",
        commands=("attach", "detach"),
        examples=("/attach notes.md", "/detach 1", 'chatrepl -p "Is there a bug in @app.py?"'),
        aliases=("images", "pages", "@"),
    ),
    Topic(
        "comparing",
        "one message to several models at once",
        "The same message goes to several models, profiles or settings; their replies stream side by side with time, tokens and cost. "
        "You choose the one to go on from, and the others stay in the chat beside it.",
        commands=("compare", "pick"),
        examples=("/compare alpha beta -- Why is the sky blue?", "/pick 2"),
        aliases=("comparison", "side-by-side"),
    ),
    Topic(
        KEYS_TOPIC,
        "what the keys do",
        "You can type while a reply arrives: what you enter is queued and sent afterwards. A paste never sends by itself.",
        aliases=("key", "keyboard", "shortcuts", "typing"),
    ),
    Topic(
        "settings",
        "the configuration file",
        "Settings stand in config.toml, in variables that begin with CHATREPL_, or behind --set; the last wins. `chatrepl setup` "
        "asks for what is needed and writes a small file, `chatrepl config edit` opens it, `chatrepl config show` says where each "
        "value came from. Keys never stand in it: `chatrepl config key set` keeps one.",
        examples=("/set", "chatrepl setup", "chatrepl config check", "chatrepl --set temperature=0"),
        aliases=("config", "configuration", "setup"),
    ),
    Topic(
        "scripting",
        "one question from a shell or a script",
        "With -p, or with something piped in, chatrepl answers once on standard output and ends; talk goes to standard error. "
        "--output json and stream-json are for programs. The exit status is 0 when done, 2 usage, 3 settings or key, 4 refused, "
        "5 network, 6 budget, 130 interrupted.",
        examples=(
            'chatrepl -p "Name three rivers in Wales"',
            'git diff | chatrepl "Write a commit message"',
            'chatrepl -p "What is 2 + 2?" --output json',
        ),
        aliases=("script", "scripts", "pipe", "shell"),
    ),
    Topic(
        "privacy",
        "what leaves this machine",
        "Only the server that you chose gets what you send; /request shows exactly that, before it is sent. Chats are in an "
        "owner-only file on this machine. Keys go to the server that they belong to and stand in no log or file of chats. The guard "
        "looks for secrets in what is about to be sent.",
        commands=("guard",),
        examples=("/guard mask", "/request", "chatrepl config key show"),
        aliases=("security",),
    ),
    Topic(ALL_TOPIC, "every command, one a line", "", aliases=("commands",)),
)
"""All topics, in the order in which they are listed."""
