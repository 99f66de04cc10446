"""The measurements by their names. A new one is a function and a line in ``ROWS``."""

from __future__ import annotations

from bench.base import Row
from bench.exchanging import exchanging
from bench.guarding import guarding
from bench.lengths import lengths
from bench.library import library
from bench.linear import linear
from bench.living import comparing, key_echo, steady, stopping
from bench.paths import paths
from bench.shapes import shapes
from bench.starting import first_letter, start_up
from bench.window import long_chat

ROWS: tuple[Row, ...] = (
    Row(
        "start",
        "Start",
        "From the start of the process. Beside it: a bare prompt_toolkit prompt, compiled and installed alike.",
        start_up,
    ),
    Row(
        "letter",
        "First letter",
        "From Enter until the first letter of the reply is written to the terminal, less the time from the request's "
        "arrival at the server to its first token.",
        first_letter,
    ),
    Row(
        "length",
        "Length of a reply",
        "Mixed Markdown that arrives at full speed, a token at a time, in a process that has already shown a short "
        "reply. CPU is processor time, user and system, of all threads, from Enter until all is still. Memory is what "
        "the process has in RAM (RSS): at the prompt, before the first reply; and after a reply of 40 000 tokens.",
        lengths,
    ),
    Row(
        "shape",
        "Replies that are one block",
        "One block at full speed, and one of twice its size, for which a key is also typed every 20 ms: what holds "
        "the program up holds a key up. The longest work on 4 KB is timed inside: the renderer alone, fed so much at a time.",
        shapes,
    ),
    Row(
        "steady",
        "A reply at 100 tokens a second",
        "The share of a core over slices of 3 s: at the beginning of a reply, and at the end of one that has 40 000 "
        "tokens before that. rich's `Live` takes more the longer it gets; here it is at its beginning.",
        steady,
    ),
    Row(
        "compare",
        "Four replies at once",
        "`/compare` with four candidates, whose replies arrive at 200 tokens a second each and are drawn in four columns: the "
        "share of a core over slices of 3 s. Beside it: one such reply alone.",
        comparing,
    ),
    Row(
        "echo",
        "Typing while a reply arrives",
        "Keys typed at random moments, while a reply arrives at 200 tokens a second, until they are shown.",
        key_echo,
    ),
    Row(
        "client",
        "The client alone",
        "Timed inside: the processor time of a streamed event through the HTTP client, less that of a bare loop over "
        "`raw.read1` on the same stream; and the second turn at a server that lets every new connection wait 50 ms.",
        exchanging,
    ),
    Row(
        "stop",
        "Stopping, and slow lines",
        "A reply that arrives at 3 000 tokens a second, at a terminal that takes everything at once and at one that "
        "takes 10 KB a second.",
        stopping,
    ),
    Row(
        "window",
        "A chat of 10 000 messages",
        "Planned and sent inside, with a client that answers at once, each time with a new message, all others being "
        "counted already; then the same chat is opened in the whole program, and keys are typed at random moments. The last "
        "figure is of a chat that outgrew a window of 8 192 tokens: what no cache of prompts can know from the turn before.",
        long_chat,
    ),
    Row(
        "library",
        "The library",
        "A data export of ChatGPT with 100 000 and with a million messages of 590 bytes on average, whose words are as "
        "frequent as those of a language, is imported by the whole program, from its start to its end. Searches are for "
        "frequent, rare and half-typed words; pages of the list of chats also with words typed. A message is durable when "
        "it would survive a power cut. Memory is the most that an export of everything had in RAM. Between them, a chat "
        "of 10 000 messages is opened with `-c`: until a key that was typed at once is shown, less the same without `-c`.",
        library,
    ),
    Row(
        "paths",
        "Paths after @",
        "In a repository of 100 000 files, from the whole program. `@` and three letters are typed at once after a start, when "
        "nothing is known of the files, and seven more letters when all are known; then keys at random moments after an `@`, "
        "while the files are looked for and searched.",
        paths,
    ),
    Row(
        "linear",
        "Texts of twice the size",
        "Timed inside, as processor time, for a text and for one of twice its size.",
        linear,
    ),
    Row(
        "guard",
        "The guard",
        "Timed inside: a message of 100 000 characters with six secrets is looked through for the first time, and masked. "
        "Beside it: the same, looking for personal data too.",
        guarding,
    ),
)
