"""Documents of different kinds, as one meets them in projects and in the answers of models."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.data.languages import EMOJI, LANGUAGES
from tests.data.prose import Prose

LEAST_BYTES = 10_240


def _grown(first: str, part: Callable[[int], str], last: str = "") -> str:
    """Return a beginning, as many parts as make the text long enough, and an end."""
    pieces = [first]
    while len("\n\n".join([*pieces, last]).encode()) < LEAST_BYTES:
        pieces.append(part(len(pieces)))
    return "\n\n".join(piece for piece in [*pieces, last] if piece) + "\n"


def _bullets(prose: Prose, count: int, mark: str = "-") -> str:
    return "\n".join(f"{mark} {prose.item()}" for _ in range(count))


def _indented(text: str, before: str, first: str | None = None) -> str:
    lines = [before + line if line else "" for line in text.split("\n")]
    return "\n".join([(first or before) + lines[0].removeprefix(before), *lines[1:]])


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def readme(prose: Prose) -> str:
    """Return what stands in front of a project."""
    package = prose.topic.package
    first = (
        f'<p align="center"><img src="docs/logo.svg" alt="{package}" width="200"></p>\n\n# {package}\n\n'
        f"[![build](https://img.example.org/{package}/build.svg)](https://ci.example.org/{package}) "
        f"![license](https://img.example.org/license-MIT.svg)\n\nEverything for {prose.topic.name}, in one place. {prose.sentences(2, 3)}\n\n"
        f"## Contents\n\n1. [Install](#install)\n2. [Use](#use)\n   - [Settings](#settings)\n   - [Limits](#limits)\n3. [Help][issues]\n\n"
        f"## Install\n\n```sh\npip install {package}\n{package} --version\n```\n\nor, from the source:\n\n"
        f"    git clone https://example.org/{package}.git\n    cd {package} && make install"
    )

    def part(number: int) -> str:
        body = (
            f"{prose.paragraph()}\n\n{_bullets(prose, prose.random.randint(3, 6))}",
            f"{prose.paragraph(1, 2)}\n\n{prose.code()}\n\n{prose.paragraph()}",
            f"{prose.paragraph(1, 2)}\n\n{prose.table(prose.random.randint(3, 8))}",
            f"> **Note**\n> {prose.sentence()}\n\n{prose.paragraph()}",
            f"<details>\n<summary>{prose.title()}</summary>\n\n{prose.paragraph()}\n\n</details>",
            "\n".join(f"- [{prose.pick('x', ' ')}] {prose.item()}" for _ in range(5)),
        )[number % 6]
        return f"{prose.pick('##', '##', '###')} {prose.title()}\n\n{body}"

    return _grown(
        first, part, f'---\n\n[issues]: https://example.org/{package}/issues\n[MIT]: ./LICENSE "the licence"'
    )


def reference(prose: Prose) -> str:
    """Return the description of an interface."""
    package = prose.topic.package

    def part(number: int) -> str:
        name = f"{prose.verb().replace('-', '_')}_{prose.noun().split()[-1].replace('-', '_')}"
        fields = prose.random.sample(prose.topic.fields, 3)
        rows = "\n".join(
            f"| `{field}` | `{prose.pick('int', 'str | None', 'list[float]', 'bool')}`".replace(
                " | None", " \\| None"
            )
            + f" | {prose.number()} | {prose.item()} |"
            for field in fields
        )
        kind = prose.pick("Raises", "Returns", "Notes")
        return (
            f"### `{name}({', '.join(fields)}=...)`\n\n{prose.paragraph(1, 3)}\n\n| Name | Type | Default | What it is |\n|:-----|:----:|--------:|---|\n{rows}\n\n"
            f"{kind}\n: {prose.sentence()}\n\n```python\n>>> {package}.{name}({prose.number()})\n{{'{fields[0]}': {prose.number()}}}\n```\n\n"
            f"See also: [`{fields[1]}`](#{fields[1]}), <https://docs.example.org/{package}/{number}>."
        )

    return _grown(
        f"{package} reference\n{'=' * (len(package) + 10)}\n\n{prose.paragraph()}\n\n## Functions", part
    )


def tutorial(prose: Prose) -> str:
    """Return numbered steps with code in them."""

    def part(number: int) -> str:
        steps: list[str] = []
        for step in range(1, prose.random.choice((4, 6, 11))):
            sign = f"{step}."
            before = " " * (len(sign) + 1)
            inner = prose.pick(
                prose.sentence(),
                f"{prose.sentence()}\n\n{prose.code()}",
                f"{prose.sentence()}\n\n{prose.paragraph(1, 2)}",
                f"**{prose.verb().capitalize()}** as follows:\n- {prose.item()}\n- {prose.item()}\n  1. {prose.item()}\n  2. {prose.item()}",
                f"{prose.sentence()}\n\n> {prose.sentence()}\n{prose.sentence()}",
            )
            steps.append(_indented(inner, before, sign + " "))
        between = prose.pick("\n", "\n\n")
        return f"## Part {number}: {prose.title()}\n\n{prose.paragraph()}\n\n{between.join(steps)}\n\n{prose.paragraph(1, 2)}"

    return _grown(
        f"# {prose.topic.package.capitalize()}, step by step\n\n{prose.paragraph()}",
        part,
        "* * *\n\n*That is all.*",
    )


def changelog(prose: Prose) -> str:
    """Return what changed, from the newest version to the oldest."""

    def part(number: int) -> str:
        version = f"{9 - number // 4}.{(40 - number) % 10}.{prose.random.randrange(4)}"
        groups = prose.random.sample(("Added", "Changed", "Fixed", "Removed", "Security", "Deprecated"), 3)
        body = "\n\n".join(
            f"### {group}\n\n"
            + "\n".join(
                f"* {prose.item()} ([#{prose.number()}{number}](https://example.org/i/{number}))"
                for _ in range(prose.random.randint(1, 5))
            )
            for group in groups
        )
        return (
            f"## [{version}] - 20{30 - number:02d}-{1 + number % 12:02d}-{1 + number * 7 % 28:02d}\n\n{body}"
        )

    return _grown(
        "Changelog\n===\n\nAll notable changes. Versions follow [SemVer](https://semver.org).\n\n## Unreleased\n\n* nothing",
        part,
    )


def recipes(prose: Prose) -> str:
    """Return lists of what is needed, and what to do with it."""

    def part(number: int) -> str:
        needed = "\n".join(
            f"* {prose.number()}\u202f{prose.pick('g', 'ml', 'pieces', '½ cups')} {prose.noun()}"
            for _ in range(prose.random.randint(4, 8))
        )
        steps = "\n".join(f"{step}) {prose.sentence()}" for step in range(1, prose.random.randint(5, 12)))
        tip = f"> Tip: {prose.sentence()}\n>\n> \u2014 *an old hand*"
        return f"## {number}. {prose.title()} {prose.pick('', EMOJI[number % len(EMOJI)])}\n\n**You need**\n\n{needed}\n\n**To do**\n\n{steps}\n\n{tip}"

    return _grown(f"# Small recipes for {prose.topic.name}\n\n{prose.paragraph()}", part)


def comparison(prose: Prose) -> str:
    """Return tables, large and small."""

    def part(number: int) -> str:
        rows = prose.random.choice((4, 9, 30)) if number != 2 else 60
        return f"## {prose.title()}\n\n{prose.paragraph(1, 3)}\n\n{prose.table(rows)}\n\n{_bullets(prose, 3, '+')}"

    return _grown(f"# {prose.topic.package} and the others\n\n{prose.paragraph()}", part)


def faq(prose: Prose) -> str:
    """Return questions with answers."""

    def part(number: int) -> str:
        question = prose.fill(
            prose.pick(
                "Why is the {noun} {quality}?",
                "Can I {verb} a {noun}?",
                "What does `{field}` mean?",
                "Is {number} too much?",
            )
        )
        answer = prose.pick(
            prose.paragraph(),
            f"Yes. {prose.paragraph()}\n\n{prose.code()}",
            f"It depends:\n\n{_bullets(prose, 4, '*')}\n\n{prose.paragraph(1, 2)}",
            f"{_quoted(prose.paragraph(1, 2))}\n\nNo. {prose.sentence()}[^{number}]\n\n[^{number}]: {prose.sentence()}",
        )
        return f"#### {question}\n\n{answer}" if number % 2 else f"**Q: {question}**\n\nA: {answer}"

    return _grown(f"# Questions and answers\n\nLast changed for version {prose.number()}.", part)


def essay(prose: Prose) -> str:
    """Return long paragraphs, quotations and verses."""

    def part(number: int) -> str:
        verse = "  \n".join(
            prose.fill(
                prose.pick(
                    "O {quality} {noun},",
                    "who shall {verb} the {noun}",
                    "and {verb} and {verb}",
                    "{number} times {quality}",
                )
            )
            for _ in range(4)
        )
        return (
            prose.paragraph(5, 9),
            f"{prose.paragraph(4, 7)}\n\n{_quoted(prose.paragraph(2, 4))}\n>\n>> {prose.sentence()}\n>\n> \u2014 from a letter",
            f"{verse}\n\n{prose.sentences(10, 14)}",
            f"{prose.title()}\n{'-' * 20}\n\n{prose.paragraph(3, 6)}",
            f"{prose.sentences(14, 20)}\n\n***",
        )[number % 5]

    return _grown(f"# On {prose.topic.name}\n\n*An essay*", part)


def formulas(prose: Prose) -> str:
    """Return text with what looks like mathematics."""

    def part(number: int) -> str:
        a, b = prose.random.sample("xyzabcn", 2)
        formula = prose.pick(
            f"$$\n\\sum_{{i=1}}^{{{a}}} {b}_i^2 = \\frac{{{a}({a}+1)}}{{2}} \\cdot \\left[ {b} * {a} \\right]\n$$",
            f"\\[\n  f({a}) = \\begin{{cases}} {a}^2 & {a} < 0 \\\\ \\sqrt{{{a}}} & {a} \\ge 0 \\end{{cases}}\n\\]",
            f"    {a}_1 * {b}_2 + {a}_2 * {b}_1 <= {prose.number()}\n    {a} | {b} => {a} & ~{b}",
        )
        return (
            f"{prose.pick('##', '###')} Lemma {number}\n\nLet ${a}_1, \\dots, {a}_n \\in \\mathbb{{R}}$ and *suppose* that ${a} * {b} < {prose.number()}$ for all _{b}_.\n{prose.sentence()}\n\n"
            f"{formula}\n\n**Proof.** By induction on `{a}`: {prose.sentence()} Hence {a}\u00b2 + {b}\u00b2 \u2264 {prose.number()}, 2*{a}*{b} > 0 and {a}_{b}_{a} is \u221e.\n"
            f"{prose.sentence()} \u220e\n\n1. {a} < {b} || {b} >= {a}\n2. [{a}, {b}) \u2282 \u211d\n3. `{a} ** {b}` \u2260 {a}^{b}^"
        )

    return _grown(f"# Notes on the numbers behind {prose.topic.name}", part)


def transcript(prose: Prose) -> str:
    """Return what happened in a shell, with comments."""

    def part(number: int) -> str:
        log = "\n".join(
            prose.fill("2026-0{n}-11T08:{number}:00Z  WARN  {field}={number} {noun}: {quality}").replace(
                "{n}", str(1 + number % 9)
            )
            for _ in range(prose.random.randint(2, 12))
        )
        return (
            f"{prose.sentence()}\n\n```console\n{prose.shell()}\n```\n\n{prose.paragraph(1, 3)}",
            f"The log said:\n\n```\n{log}\n```\n\nand nothing else. {prose.sentence()}",
            (
                f"```diff\n--- a/{prose.code_name()}.toml\n+++ b/{prose.code_name()}.toml\n@@ -1,{number} +1,{number} @@\n-{prose.fill('{field} = {number}')}\n+{prose.fill('{field} = {number}')}\n```\n\n"
                f"1. {prose.item()}\n\n{_indented(prose.code(), '   ')}\n\n2. {prose.item()}"
            ),
            f"<pre>\n{prose.shell()}\n</pre>\n\n{prose.paragraph(1, 2)}\n\n\t{prose.fill('{field}={number}')}\n\tmake {prose.verb().replace(' ', '-')}",
        )[number % 4]

    return _grown(f"# What went wrong with the {prose.noun()}\n\n{prose.paragraph()}", part)


def outline(prose: Prose) -> str:
    """Return deep lists."""

    def branch(depth: int, before: str) -> list[str]:
        lines: list[str] = []
        is_ordered = prose.random.random() < 0.4
        mark = "1." if is_ordered else prose.pick("-", "*", "+")
        for place in range(prose.random.randint(2, 4)):
            sign = f"{place + 1}." if is_ordered else mark
            lines.append(f"{before}{sign} {prose.item()}")
            inner = before + " " * (len(sign) + 1)
            if prose.random.random() < 0.12:
                lines += ["", inner + prose.sentence(), ""]
            if prose.random.random() < 0.08:
                lines += ["", *(inner + line if line else "" for line in prose.code().split("\n")), ""]
            if depth and prose.random.random() < 0.7:
                lines += branch(depth - 1, inner)
        return lines

    return _grown(
        f"# Outline: {prose.topic.name}",
        lambda number: f"## {number}. {prose.title()}\n\n" + "\n".join(branch(4, "")),
    )


def answer(prose: Prose) -> str:
    """Return what a model says when it is asked for advice."""

    def part(number: int) -> str:
        sign = EMOJI[prose.random.randrange(len(EMOJI))]
        return (
            f"## {sign} {prose.title()}\n\n{prose.paragraph(1, 3)}\n\n"
            + "\n".join(f"- **{prose.noun().capitalize()}:** {prose.sentence()}" for _ in range(4)),
            f"### {number}. {prose.title()}\n\n{prose.sentence()}\n\n{prose.code()}\n\n**What this does:**\n\n1. **{prose.verb().capitalize()}** \u2013 {prose.sentence()}\n2. **{prose.verb().capitalize()}** \u2013 {prose.sentence()}",
            f"{prose.table(5, 3)}\n\n> {sign} **Tip:** {prose.sentence()}",
            f"---\n\n### {prose.title()}\n\n{prose.paragraph()}\n\n- [ ] {prose.item()}\n- [x] {prose.item()}",
        )[number % 4]

    return _grown(
        f"Great question! {prose.sentence()}\n\n# Short answer\n\n{prose.sentence()}",
        part,
        f"Let me know if you want me to {prose.verb()} the {prose.noun()} too! \U0001f60a",
    )


def polyglot(prose: Prose) -> str:
    """Return text in several languages and scripts."""
    names = list(LANGUAGES)
    main = prose.random.choice(names)

    def foreign(name: str, count: int) -> str:
        return " ".join(prose.random.choice(LANGUAGES[name]) for _ in range(count))

    def part(number: int) -> str:
        name = main if number % 3 else prose.random.choice(names)
        rows = "\n".join(
            f"| {other} | {prose.random.choice(LANGUAGES[other])} | {prose.random.choice(EMOJI)} {prose.number()} |"
            for other in prose.random.sample(names, 4)
        )
        items = "\n".join(
            f"{step}. {prose.random.choice(EMOJI)} {foreign(name, 1)}\n   - {foreign(name, 1)}"
            for step in range(1, 4)
        )
        return (
            f"## {name}\n\n{foreign(name, 6)}\n\n{items}",
            f'{foreign(name, 3)} ({prose.noun()}, *{prose.quality()}*)\n{foreign(name, 2)}\n\n```python\n# {LANGUAGES[name][0]}\nprint("{LANGUAGES[name][1]}")\n```',
            f"| | {name} | # |\n|---|:-:|--:|\n{rows}\n\n{_quoted(foreign(name, 3))}",
            f"### {prose.title()} / {LANGUAGES[name][-1]}\n\n{prose.sentence()} {foreign(name, 2)} {prose.sentence()}\n\n{foreign(name, 12)}",
        )[number % 4]

    return _grown(f"# {prose.topic.package} \u2014 {main}\n\n{prose.paragraph()}", part)


KINDS: Mapping[str, tuple[Callable[[Prose], str], int]] = {
    "readme": (readme, 6),
    "reference": (reference, 4),
    "tutorial": (tutorial, 5),
    "changelog": (changelog, 3),
    "recipes": (recipes, 3),
    "comparison": (comparison, 4),
    "faq": (faq, 3),
    "essay": (essay, 4),
    "formulas": (formulas, 2),
    "transcript": (transcript, 3),
    "outline": (outline, 3),
    "answer": (answer, 4),
    "polyglot": (polyglot, 6),
}
"""What makes a kind of document, and how many of it there are."""
