"""Makes sentences, code and tables about a topic."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random

from tests.data.topics import Topic

_SENTENCES = (
    "The {noun} is {quality} until someone decides to {verb} it.",
    "You can {verb} the {noun} at any time, but a {quality} {noun} takes longer.",
    "Before you {verb} anything, look at the {noun}: it is usually {quality}.",
    "Most people {verb} the {noun} first and only then think about the {noun}.",
    "We measured {number} of them, and {number} were {quality}.",
    "A {quality} {noun} is worth more than {number} that nobody has looked at.",
    "If the {noun} turns {quality}, {verb} it again and write down the time.",
    "There is no rule for this; the {noun} and the {noun} depend on each other.",
    "In the second week the {noun} became {quality}, which surprised everyone.",
    "Set `{field}` to {number} when the {noun} is {quality}, and to {number} otherwise.",
    "The value of `{field}` is read once, so changing it while you {verb} has no effect.",
    "*Never* {verb} a {quality} {noun} without a second {noun} at hand.",
    "**Important:** the {noun} must be {quality} before you {verb} it.",
    "See [the notes on the {noun}](https://docs.example.org/{field}) for the details.",
    "As the saying goes, \u201ca {quality} {noun} is a {noun} half done\u201d.",
    "It costs about {number}\u00a0minutes \u2014 less, if the {noun} was left {quality} overnight.",
    "Nobody could say why the {noun} was {quality}; the `{field}` of that day is lost.",
    "What happens to the {noun} when you {verb} it twice? Nothing, as far as we know.",
    "Compared with last year ({number} then, {number} now), the {noun} is less {quality}.",
    "The {noun}, the {noun} and the {noun} come in one box; the rest is up to you.",
    "A note for the impatient: {verb}, wait, {verb} again, and leave the {noun} alone.",
    "This is ~~{quality}~~ no longer so since the {noun} can be replaced.",
    "Old guides tell you to {verb} the {noun} by hand, which still works & still hurts.",
    "When in doubt, ask how {quality} the {noun} was *before* you began to {verb} it.",
    "The shortest way to a {quality} {noun} leads through `{field} = {number}` and some patience.",
    "Our own {noun} survived {number} attempts to {verb} it, ***all*** of them with a {quality} {noun}.",
    "For the {noun} there are three choices, two of them {quality}, and one that is merely cheap.",
)

_ASIDES = (
    "Of course, ", "In practice, ", "Strictly speaking, ", "On a good day ", "After a while, ", "Without exception, ",
    "To our surprise, ", "Later on, ", "For beginners: ", "Even so, ",
)  # fmt: skip


@dataclass
class Prose:
    """Text about one topic.

    Args:
        random: Decides.
    """

    random: Random
    topic: Topic

    def pick(self, *options: str) -> str:
        """Return one of some texts."""
        return self.random.choice(options)

    def number(self) -> int:
        """Return a number as one meets them."""
        return self.random.choice((2, 3, 5, 7, 8, 12, 24, 40, 64, 75, 99, 100, 128, 250, 365, 1024, 4096))

    def noun(self) -> str:
        """Return a thing."""
        return self.random.choice(self.topic.nouns)

    def verb(self) -> str:
        """Return what is done to it."""
        return self.random.choice(self.topic.verbs)

    def quality(self) -> str:
        """Return what it is like."""
        return self.random.choice(self.topic.qualities)

    def code_name(self) -> str:
        """Return a name as it stands in code."""
        return self.random.choice(self.topic.fields)

    def fill(self, pattern: str) -> str:
        """Put words into the holes of a pattern."""
        for hole, word in (
            ("{noun}", self.noun), ("{verb}", self.verb), ("{quality}", self.quality), ("{field}", self.code_name),
            ("{number}", lambda: str(self.number())),
        ):  # fmt: skip
            while hole in pattern:
                pattern = pattern.replace(hole, word(), 1)
        return pattern

    def sentence(self) -> str:
        """Return a sentence."""
        text = self.fill(self.random.choice(_SENTENCES))
        if self.random.random() < 0.15 and text[0].isalpha():
            text = self.random.choice(_ASIDES) + text[0].lower() + text[1:]
        return text

    def sentences(self, least: int = 2, most: int = 5) -> str:
        """Return a paragraph on one line."""
        return " ".join(self.sentence() for _ in range(self.random.randint(least, most)))

    def paragraph(self, least: int = 2, most: int = 6) -> str:
        """Return a paragraph, sometimes with its lines broken as editors do."""
        text = self.sentences(least, most)
        if self.random.random() < 0.4:
            return text
        width = self.random.choice((72, 80, 100))
        lines = [""]
        for word in text.split(" "):
            if len(lines[-1]) + len(word) > width:
                lines.append("")
            lines[-1] += (" " if lines[-1] else "") + word
        return "\n".join(lines)

    def title(self) -> str:
        """Return the words of a heading."""
        return self.fill(
            self.pick(
                "The {noun}", "How to {verb} a {noun}", "When the {noun} is {quality}", "{quality} or not?", "Notes on `{field}`", "A word on the {noun}",
                "{number} ways to {verb}", "Why we {verb}", "The {noun} and the {noun}", "Known limits",
            )
        ).capitalize()  # fmt: skip

    def item(self) -> str:
        """Return the words of an item."""
        return self.fill(
            self.pick(
                "{verb} the {noun}", "a {quality} {noun}", "`{field}`: how {quality} it is", "**{noun}** \u2014 {quality}, about {number}",
                "the {noun}, if it is *{quality}*", "{number} \u00d7 {noun}", "[{noun}](https://example.org/{field}) and its {noun}",
                "{verb}, then {verb}; the {noun} follows by itself as long as it is {quality} and nobody has touched the {noun} since",
            )
        )  # fmt: skip

    def table(self, rows: int, columns: int | None = None) -> str:
        """Return a table."""
        count = columns or self.random.randint(2, 5)
        head = [self.noun() for _ in range(count)]
        sides = [self.pick("---", ":---", "---:", ":---:") for _ in range(count)]
        lines = [f"| {' | '.join(head)} |", f"|{'|'.join(sides)}|"]
        for _ in range(rows):
            cells = [
                self.fill(self.pick("{number}", "{quality}", "`{field}`", "**{number}** {noun}", "{verb} \\| {verb}", "\u2713", "\u2014", "{quality}, see {noun}"))
                for _ in range(count)
            ]  # fmt: skip
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join(lines)

    # Code.

    def shell(self) -> str:
        """Return commands and what they answer."""
        package = self.topic.package
        lines: list[str] = []
        for _ in range(self.random.randint(2, 5)):
            lines.append(
                self.fill(
                    self.pick(
                        f"$ {package} {{verb}} --{{field}} {{number}}", f"$ {package} status | grep -v {{quality}} | head -n {{number}}",
                        f'$ cat ~/.config/{package}.toml > /dev/null && echo "{{noun}}"', f"# {{verb}} the {{noun}} first\n$ sudo {package} {{verb}}",
                        f'$ for f in *.log; do {package} import "$f"; done',
                    )
                )
            )  # fmt: skip
            lines += [self.fill("{field}={number} {noun} ok") for _ in range(self.random.randrange(4))]
        return "\n".join(lines)

    def python(self) -> str:
        """Return a function."""
        return self.fill(
            self.pick(
                'from dataclasses import dataclass\n\n\n@dataclass\nclass {Noun}:\n    """A {quality} {noun}."""\n\n    {field}: int = {number}\n'
                "    {field}: float | None = None\n\n    def {verb}(self, times: int = 1) -> list[str]:\n"
                '        # {verb} until it is {quality}\n        return [f"{self!r} {n}" for n in range(times)]',
                'def {verb}({field}, *, {field}_limit={number}):\n    """{verb} the {noun}.\n\n    It is {quality} afterwards.\n    """\n'
                '    if {field} > {number}:\n        raise ValueError("too {quality}")\n    return {{field}: {number}, "ok": True}',
                "import asyncio\n\n\nasync def main():\n    async with connect() as {noun_name}:\n\t\tawait {noun_name}.{verb}({number})  # {quality}\n\n\nasyncio.run(main())",
            )
            .replace("{Noun}", "".join(word.capitalize() for word in self.noun().replace("-", " ").split()))
            .replace("{noun_name}", self.noun().replace(" ", "_").replace("-", "_"))
        )  # fmt: skip

    def javascript(self) -> str:
        """Return a snippet."""
        return self.fill(
            "/* {verb} the {noun}\n   and keep it {quality} */\nexport const {verb} = async ({ {field} = {number} }) => {\n"
            "  const answer = await fetch(`/api/${{field}}?limit={number}`);\n  if (!answer.ok) throw new Error('{quality}');\n"
            "  return answer.json();\n};"
        )

    def json(self) -> str:
        """Return an object."""
        made = {self.code_name(): self.number() for _ in range(3)}
        return json.dumps(
            {**made, "items": [{"name": self.noun(), "is_ready": True, "note": None}]}, indent=2
        )

    def sql(self) -> str:
        """Return a query."""
        return self.fill(
            "-- the {quality} ones\nSELECT {field}, count(*) AS n\nFROM measurements\nWHERE {field} >= {number} AND note <> '{noun}'\n"
            "GROUP BY {field}\nORDER BY n DESC\nLIMIT {number};"
        )

    def yaml(self) -> str:
        """Return settings."""
        return self.fill(
            '{field}: {number}\nlist:\n  - name: "{noun}"\n    {field}: true  # {quality}\n  - *default\ntext: |\n  {noun}\n  {noun}'
        )

    def code(self) -> str:
        """Return a fenced block of some language."""
        language = self.pick("sh", "python", "javascript", "json", "sql", "yaml")
        text = self.shell() if language == "sh" else str(getattr(self, language)())
        mark = self.pick("```", "```", "```", "~~~", "````")
        return f"{mark}{language}\n{text}\n{mark}"
