"""LaTeX formulas in the signs of Unicode, so that they can be read in a line of text. Pure.

What has no sign of its own stays as it is written. Prices, variables of shells and code are no formulas.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

LIMIT_CHARS = 4000
"""A longer formula stays as it is."""
_LIMIT_DEPTH = 24
_FORMULA = re.compile(
    r"""
      (?P<code> (?P<tick>`+) (?!`) .{0,4000}? (?<!`) (?P=tick) (?!`) )
    | (?<!\\) \$\$ (?P<display> (?:(?!\$\$).){1,4000}? ) \$\$
    | \\\[ (?P<bracket> .{1,4000}? ) \\\]
    | \\\( (?P<paren> .{1,4000}? ) \\\)
    | (?<![\w\\$]) \$ (?P<inline> (?![\s$]) [^$\n]{0,400}? (?<![\s\\]) ) \$ (?![\w$])
    """,
    re.VERBOSE | re.DOTALL,
)
_MATHS = re.compile(r"[\\^_=<>+*/|]|\A[A-Za-z]'*\Z|\A-?\d+(?:[.,]\d+)?\Z|\A[A-Za-z]'*\(")
"""What stands between single dollar signs is a formula only where it has one of these."""
_MARKS = re.compile(r"[\\`*_\[\]<>&~#!]")

_SIGNS: Mapping[str, str] = {
    **dict(
        zip(
            ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "varepsilon", "vartheta", "varphi", "varrho", "varsigma", "varpi", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"],
            "αβγδϵζηθικλμνξπρστυϕχψωεϑφϱςϖΓΔΘΛΞΠΣΥΦΨΩ",
            strict=True,
        )
    ),
    **dict(
        zip(
            ["times", "div", "cdot", "pm", "mp", "ast", "star", "circ", "bullet", "oplus", "otimes", "ominus", "odot", "leq", "le", "geq", "ge", "neq", "ne", "equiv", "approx", "sim", "simeq", "cong", "propto", "ll", "gg", "prec", "succ", "subset", "supset", "subseteq", "supseteq", "in", "notin", "ni", "cup", "cap", "setminus", "emptyset", "varnothing", "forall", "exists", "nexists", "neg", "lnot", "land", "wedge", "lor", "vee", "implies", "iff", "to", "rightarrow", "leftarrow", "leftrightarrow", "Rightarrow", "Leftarrow", "Leftrightarrow", "longrightarrow", "longleftarrow", "Longrightarrow", "mapsto", "uparrow", "downarrow", "hookrightarrow", "sum", "prod", "int", "iint", "iiint", "oint", "partial", "nabla", "infty", "ell", "hbar", "Re", "Im", "aleph", "angle", "perp", "parallel", "mid", "vdash", "models", "top", "bot", "langle", "rangle", "lfloor", "rfloor", "lceil", "rceil", "ldots", "dots", "cdots", "vdots", "ddots", "prime", "therefore", "because", "degree", "dagger", "triangle", "square", "blacksquare", "checkmark", "colon", "wp", "imath", "jmath", "coprod", "bigcup", "bigcap", "bigoplus", "bigotimes"],
            "×÷·±∓∗⋆∘∙⊕⊗⊖⊙≤≤≥≥≠≠≡≈∼≃≅"
            "∝≪≫≺≻⊂⊃⊆⊇∈∉∋∪∩∖∅∅∀∃"
            "∄¬¬∧∧∨∨⟹⟺→→←↔⇒⇐"
            "⇔⟶⟵⟹↦↑↓↪"
            "∑∏∫∬∭∮∂∇∞ℓℏℜℑℵ∠⊥∥∣⊢⊨⊤⊥"
            "⟨⟩⌊⌋⌈⌉……⋯⋮⋱′∴∵°†"
            "△□■✓:℘ıȷ∐⋃⋂⨁⨂",
            strict=True,
        )
    ),
    **{name: name for name in ["sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "exp", "log", "ln", "lg", "det", "dim", "ker", "gcd", "max", "min", "sup", "inf", "arg", "deg", "Pr", "hom"]},
    "lim": "lim", "limsup": "lim sup", "liminf": "lim inf", "bmod": " mod ", "mod": " mod ", "quad": "  ", "qquad": "    ",
    "lbrace": "{", "rbrace": "}", "lvert": "|", "rvert": "|", "vert": "|", "Vert": "‖", "lVert": "‖", "rVert": "‖",
    "backslash": "\\", "left": "", "right": "", "big": "", "Big": "", "bigg": "", "Bigg": "", "bigl": "", "bigr": "",
    "Bigl": "", "Bigr": "", "displaystyle": "", "textstyle": "", "limits": "", "nolimits": "", "nonumber": "", "hline": "",
}  # fmt: skip
_ESCAPED: Mapping[str, str] = {
    ",": " ", ";": " ", ":": " ", "!": "", " ": " ", "{": "{", "}": "}", "%": "%", "$": "$", "#": "#", "&": "&", "_": "_",
    "|": "‖",
}  # fmt: skip
_WORDS = frozenset(
    [
        "text",
        "mathrm",
        "mathbf",
        "mathit",
        "mathsf",
        "mathtt",
        "mathnormal",
        "textbf",
        "textit",
        "textrm",
        "operatorname",
        "boldsymbol",
        "bm",
        "mbox",
        "hbox",
        "tag",
        "label",
    ]
)
"""What changes the face of what follows: it is read without."""
_ABOVE: Mapping[str, str] = {
    "hat": "\u0302", "widehat": "\u0302", "bar": "\u0304", "overline": "\u0305", "vec": "\u20d7", "dot": "\u0307",
    "ddot": "\u0308", "tilde": "\u0303", "widetilde": "\u0303", "underline": "\u0332",
}  # fmt: skip
_RAISED = dict(zip("0123456789+-=()niabcdefghjklmoprstuvwxyzTABDEGHIJKLMNOPRUVW′*",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵃᵇᶜᵈᵉᶠᵍʰʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵁⱽᵂ′*", strict=True))  # fmt: skip
_LOWERED = dict(
    zip("0123456789+-=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True)
)
_DOUBLE = dict(zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True))
_SCRIPT = dict(zip("BEFHILMR", "ℬℰℱℋℐℒℳℛ", strict=True))
_FRACTIONS = {("1", "2"): "½", ("1", "3"): "⅓", ("2", "3"): "⅔", ("1", "4"): "¼", ("3", "4"): "¾"}
_SIMPLE = re.compile(r"\w[\w.′]*|\d+[a-z]?|\w[⁰¹²³⁴-⁹₀-₉ⁿᵢⱼₙ]*")
_TOKEN = re.compile(r"\\[A-Za-z]+\*?[ \t]*|\\.|[{}^_&~']|\s+|[^\\{}^_&~'\s]", re.DOTALL)
_MATRICES = {
    "pmatrix": "()",
    "bmatrix": "[]",
    "vmatrix": "||",
    "matrix": "[]",
    "array": "[]",
    "smallmatrix": "()",
}


def may_have_formulas(text: str) -> bool:
    """Whether it is worth looking for formulas."""
    return "$" in text or "\\(" in text or "\\[" in text


def with_formulas(text: str) -> str:
    """Return Markdown in which formulas stand in signs that can be read; all else stays as it is. Never raises."""
    return _FORMULA.sub(_shown, text) if may_have_formulas(text) else text


def _shown(match: re.Match[str]) -> str:
    if match["code"] is not None:
        return match[0]
    if match["inline"] is not None and not _MATHS.search(match["inline"]):
        return match[0]
    source = next(
        match[name] for name in ("display", "bracket", "paren", "inline") if match[name] is not None
    )
    is_block = match["display"] is not None or match["bracket"] is not None
    shown = readable_formula(source, is_block=is_block)
    return _MARKS.sub(lambda sign: "\\" + sign[0], shown)


def readable_formula(source: str, *, is_block: bool = False) -> str:
    """Return a formula, without the signs around it, so that it can be read. Its rows are lines in a block."""
    reader = _Reader(_TOKEN.findall(source[:LIMIT_CHARS]))
    shown = re.sub(r"[ \t]+", " ", reader.all())
    rows = [row.strip() for row in shown.split("\n") if row.strip()]
    return ("\n" if is_block else "; ").join(rows)


class _Reader:
    """Reads the tokens of a formula once, from left to right."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def all(self) -> str:
        """Return all of it; a brace too many is a brace."""
        pieces = []
        while self._at < len(self._tokens):
            pieces.append(self._sequence())
            if self._at < len(self._tokens):
                pieces.append("}")
                self._at += 1
        return "".join(pieces)

    def _sequence(self, end: str = "") -> str:
        """Read up to a closing brace, or to the end of an environment, which is taken too."""
        pieces: list[str] = []
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            if token == "}" and not end:
                break
            if token.strip() == "\\end" and end:
                self._at += 1
                self._argument()
                break
            pieces.append(self._one())
        return "".join(pieces)

    def _one(self) -> str:
        token = self._tokens[self._at]
        self._at += 1
        if token == "{":
            return self._group()
        if token in "^_":
            return self._script(token)
        if token[0] == "\\":
            name = token[1:].strip().removesuffix("*")
            shown = self._command(name)
            has_blank = token[-1:].isspace() and bool(shown) and len(token) > 2
            return f"{shown} " if has_blank and name in _SIGNS else shown
        if token == "'":
            return "′"
        if token == "~" or token.isspace():
            return " "
        return " " if token == "&" else token

    def _group(self) -> str:
        if self._depth >= _LIMIT_DEPTH:
            return "{"
        self._depth += 1
        inside = self._sequence()
        self._depth -= 1
        if self._at < len(self._tokens):
            self._at += 1
        return inside

    def _argument(self) -> str:
        """Read what belongs to a command: a group, or the next sign."""
        while self._at < len(self._tokens) and self._tokens[self._at].isspace():
            self._at += 1
        if self._at >= len(self._tokens) or self._tokens[self._at] == "}":
            return ""
        if self._depth >= _LIMIT_DEPTH:
            self._at += 1
            return self._tokens[self._at - 1]
        self._depth += 1
        found = self._one()
        self._depth -= 1
        return found.strip()

    def _option(self) -> str:
        """Read what stands in brackets behind a command. Empty: nothing does."""
        if self._at >= len(self._tokens) or self._tokens[self._at] != "[":
            return ""
        for end in range(self._at + 1, min(self._at + 20, len(self._tokens))):
            if self._tokens[end] == "]":
                inside = "".join(self._tokens[self._at + 1 : end])
                self._at = end + 1
                return inside
        return ""

    def _script(self, sign: str) -> str:
        inside = self._argument()
        blank = " " if self._tokens[self._at - 1][-1:].isspace() else ""
        return self._raised_or_lowered(sign, inside) + blank

    @staticmethod
    def _raised_or_lowered(sign: str, inside: str) -> str:
        signs = _RAISED if sign == "^" else _LOWERED
        if inside in {"∘", "°"} and sign == "^":
            return "°"
        if inside and all(letter in signs for letter in inside.replace(" ", "")):
            return "".join(signs[letter] for letter in inside.replace(" ", ""))
        return f"{sign}{inside}" if len(inside) == 1 else f"{sign}({inside})"

    def _command(self, name: str) -> str:
        if name in _SIGNS:
            return self._sign(name)
        if name in _ESCAPED:
            return _ESCAPED[name]
        if name == "\\":
            self._option()
            return "\n"
        if name in {"frac", "dfrac", "tfrac", "cfrac"}:
            above, below = self._argument(), self._argument()
            return _FRACTIONS.get((above, below)) or f"{_together(above)}/{_together(below)}"
        if name in {"binom", "dbinom", "tbinom"}:
            return f"C({self._argument()}, {self._argument()})"
        if name == "sqrt":
            degree = self._option()
            sign = {"": "√", "3": "∛", "4": "∜"}.get(degree)
            inside = self._argument()
            root = (
                sign if sign is not None else "".join(_RAISED.get(letter, letter) for letter in degree) + "√"
            )
            return root + (inside if len(inside) == 1 or inside.isdigit() else f"({inside})")
        if name in _ABOVE:
            inside = self._argument()
            return "".join(letter + _ABOVE[name] for letter in inside) if len(inside) <= 3 else inside
        if name in {"mathbb", "mathcal", "mathscr", "mathfrak"}:
            signs = _DOUBLE if name == "mathbb" else _SCRIPT if name != "mathfrak" else {}
            return "".join(signs.get(letter, letter) for letter in self._argument())
        if name == "begin":
            return self._environment(self._argument())
        if name in _WORDS:
            return self._argument()
        if name == "pmod":
            return f" (mod {self._argument()})"
        if name == "not":
            following = self._argument()
            return following + "\u0338" if following else ""
        if name in {"overset", "stackrel", "underset"}:
            over, base = self._argument(), self._argument()
            return f"{base}({over})"
        return f"\\{name}" if name.isalpha() else name

    def _sign(self, name: str) -> str:
        sign = _SIGNS[name]
        if name in {"left", "right"} and self._at < len(self._tokens) and self._tokens[self._at] == ".":
            self._at += 1
        is_word = sign.isalpha() and sign.isascii()
        following = self._tokens[self._at] if self._at < len(self._tokens) else ""
        return f"{sign} " if is_word and (following[:1].isalnum() or following[:1] == "\\") else sign

    def _environment(self, name: str) -> str:
        name = name.removesuffix("*")
        if name == "array":
            self._argument()
        if self._depth >= _LIMIT_DEPTH:
            return ""
        self._depth += 1
        inside = self._sequence(end=name)
        self._depth -= 1
        rows = [" ".join(row.split()) for row in inside.split("\n") if row.strip()]
        if name in _MATRICES:
            both = _MATRICES[name]
            return f"{both[0]}{'; '.join(rows)}{both[1]}"
        if name == "cases":
            return "{ " + "; ".join(rows)
        return "\n".join(rows)


def _together(text: str) -> str:
    """Return what stands above or below a stroke, in parentheses where it could be misread."""
    return text if _SIMPLE.fullmatch(text) or len(text) == 1 else f"({text})"
