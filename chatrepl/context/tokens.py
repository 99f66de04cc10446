"""Counts tokens: exactly where OpenAI's encodings apply and their ranks are at hand, by estimate everywhere else.

The only importer of tiktoken, and only inside ``load``. Nothing is ever downloaded, and nothing here raises for a
missing or damaged file: the counts are then estimates, and say so.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from chatrepl.context.calibration import Calibration
from chatrepl.context.estimate import estimate_tokens
from chatrepl.context.reported import ReportedCosts
from chatrepl.messages import Attachment, FilePart, Message, MessageId, Usage, in_tags

if TYPE_CHECKING:
    import tiktoken

__all__ = [
    "NO_TOKENS",
    "Calibration",
    "Counter",
    "Quality",
    "TokenCount",
    "encoding_for_model",
    "estimate_tokens",
]

Quality = Literal["exact", "reported", "estimated"]
_WORST_LAST: tuple[Quality, ...] = ("exact", "reported", "estimated")


class TokenCount(NamedTuple):
    """A number of tokens, and how it is known."""

    tokens: int
    quality: Quality
    """``exact``: counted with the model's encoding. ``reported``: as the server counted it. ``estimated``: ours."""

    def __str__(self) -> str:
        return f"{'~' if self.quality == 'estimated' else ''}{self.tokens}"


NO_TOKENS = TokenCount(0, "exact")
_TOKENS, _QUALITY = itemgetter(0), itemgetter(1)


def total(counts: Iterable[TokenCount]) -> TokenCount:
    """Add counts up; the sum is known no better than the least known of them."""
    counts = list(counts)
    worst = max(map(_WORST_LAST.index, set(map(_QUALITY, counts))), default=0)
    return TokenCount(sum(map(_TOKENS, counts)), _WORST_LAST[worst])


# Source: API contract, section 8, after tiktoken 0.14 model.py; the first match counts.
_ENCODINGS = (
    (re.compile(r"gpt-oss-"), "o200k_harmony"),
    (
        re.compile(
            r"(?:chatgpt-4o|gpt-4o|gpt-4\.1|gpt-4\.5|gpt-5|gpt-6|o1|o3|o4-mini|codex-mini)(?![a-z0-9])"
        ),
        "o200k_base",
    ),
    (
        re.compile(r"gpt-4(?![a-z0-9.])|gpt-3\.5|gpt-35-turbo|davinci-002|babbage-002|text-embedding-"),
        "cl100k_base",
    ),
)


def encoding_for_model(model: str) -> str | None:
    """Return the encoding of an OpenAI model, also of ``openai/…`` and ``ft:…``. None where it is not known."""
    name = model.removeprefix("openai/").removeprefix("ft:")
    return next((encoding for pattern, encoding in _ENCODINGS if pattern.match(name)), None)


_loaded: dict[str, tiktoken.Encoding] = {}
_loading = threading.Lock()


def _load_encoding(name: str, cache_directory: Path) -> tiktoken.Encoding | None:
    from chatrepl.context.ranks import RANK_FILES, read_ranks

    file = RANK_FILES.get(name)
    if file is None:
        return None
    with _loading:
        if file.name not in _loaded and (ranks := read_ranks(file, cache_directory)):
            try:
                import tiktoken

                _loaded[file.name] = tiktoken.Encoding(
                    file.name, pat_str=file.pattern, mergeable_ranks=ranks, special_tokens={}
                )
            except (ImportError, ValueError):
                return None
        return _loaded.get(file.name)


_PIECE_CHARS = 4096
"""Longer texts are counted in pieces: tiktoken before 0.10 takes quadratic time on a run without a break, and newer ones
refuse a run of a million blanks. A cut before a single blank changes nothing; one inside a run is off by a token."""


def _pieces(text: str) -> Iterable[str]:
    start = 0
    while len(text) - start > _PIECE_CHARS:
        end = start + _PIECE_CHARS
        blank = text.rfind(" ", start + _PIECE_CHARS // 2, end)
        if blank > 0 and not text[blank - 1].isspace() and not text[blank + 1].isspace():
            end = blank
        yield text[start:end]
        start = end
    yield text[start:]


_CACHED_CHARS = 4_000_000
_CACHED_MESSAGES = 50_000

_LEAST_SHARE, _SMALL_REQUEST = 0.5, 200
"""A server that counts less than this share of a request of some size has not read all of it."""

# Source: OpenAI cookbook, "How to count tokens with tiktoken" (gpt-4, gpt-4o and later).
_PER_REQUEST = 3
_PER_MESSAGE = 4  # 3, and 1 for the role


class Counter:
    """Counts for one model at one server, and learns from what that server reports.

    Every text is counted once: later calls find the count by the message or by the content. May be used from several
    threads. Before ``load`` has run, all counts are estimates.

    Args:
        cache_directory: Where a rank file is looked for if the package that brings them is missing.
        model: The model's id; its encoding is found from it.
        encoding: The encoding, where the configuration names it.
        is_openai: Whether the server is OpenAI's own, so that counts by the encoding are exact. Elsewhere the encoding
            is only the start of an estimate.
        calibration: What was learnt about this model at this server before.
    """

    def __init__(
        self,
        cache_directory: Path,
        model: str,
        *,
        encoding: str | None = None,
        is_openai: bool = False,
        calibration: Calibration | None = None,
    ) -> None:
        self.model = model
        self.encoding = encoding or encoding_for_model(model) or ("o200k_base" if is_openai else None)
        """The encoding that ``load`` would load. None: all counts are estimates."""
        self.calibration = calibration or Calibration()
        self._cache_directory = cache_directory
        self._is_openai = is_openai
        self._vocabulary: tiktoken.Encoding | None = None
        self._lock = threading.RLock()
        self._reported = ReportedCosts()
        self._texts: OrderedDict[str, int] = OrderedDict()
        self._texts_chars = 0
        self._raws: dict[MessageId, tuple[Message, int]] = {}
        self._counts: dict[MessageId, tuple[Message, TokenCount]] = {}

    @property
    def is_loaded(self) -> bool:
        """Whether the encoding is in use."""
        return self._vocabulary is not None

    @property
    def is_exact(self) -> bool:
        """Whether counts are what the server would count."""
        return self._is_openai and self.is_loaded

    def load(self) -> bool:
        """Load the encoding and say whether it is there now. Takes 0.4 s and stalls other threads for up to 0.2 s.

        Call it from a background thread or before the first request; later calls cost nothing. Counts made before are
        made again, better, when they are next asked for.
        """
        if self._vocabulary is None and self.encoding is not None:
            vocabulary = _load_encoding(self.encoding, self._cache_directory)
            if vocabulary is None:
                return False
            with self._lock:
                self._vocabulary = vocabulary
                self._texts.clear()
                self._texts_chars = 0
                self._raws.clear()
                self._counts.clear()
        return self.is_loaded

    def count_text(self, text: str) -> TokenCount:
        """Count a text by itself, such as a draft."""
        return self._judged(self._raw(text))

    def count_message(self, message: Message) -> TokenCount:
        """Count what a message adds to a request. Its reasoning is not sent, so it does not count."""
        known = self._counts.get(message.id)
        if known is not None and known[0] is message:
            return known[1]
        raw = self._raw_message(message)
        with self._lock:
            reported = self._reported.message(message)
            count = self._judged(raw) if reported is None else TokenCount(reported, "reported")
            if count.quality == "exact" and message.images:
                count = count._replace(quality="estimated")
            if len(self._counts) >= _CACHED_MESSAGES:
                self._counts.clear()
            self._counts[message.id] = message, count
        return count

    def count_attachment(self, part: Attachment) -> TokenCount:
        """Count what a file or an image adds to a message."""
        if isinstance(part, FilePart):
            return self.count_text(in_tags(part))
        from chatrepl.context.images import image_tokens

        return image_tokens(self.model, part.width_pixels, part.height_pixels)

    def count_system(self, system: str | None) -> TokenCount:
        """Count what a request takes before its first message: the system prompt, and what the server adds to it."""
        raw = self._raw_system(system)
        with self._lock:
            reported = self._reported.system(system)
            if reported is not None:
                return TokenCount(reported, "reported")
            count = self._judged(raw)
            if self.is_exact:
                return count
            return count._replace(tokens=count.tokens + round(self.calibration.overhead_tokens))

    def count_request(self, system: str | None, messages: Iterable[Message]) -> TokenCount:
        """Count a whole request."""
        return total((self.count_system(system), *map(self.count_message, messages)))

    def observe(
        self, system: str | None, sent: Sequence[Message], usage: Usage, reply: MessageId | None = None
    ) -> float:
        """Learn from what the server counted for a request, and return reported over expected tokens.

        The parts whose cost the server never told share what is left of the reported prompt, so that a chat that goes
        on is known but for what is added. Nothing is learnt where usage is an estimate, nor where a server that was
        observed before counts less than half: then it has not read all that was sent.

        Args:
            system: The system prompt that was sent.
            sent: The messages that were sent.
            usage: As the server reported it.
            reply: The reply that came back, if ``usage`` counts all of its text (not where it continues another).
        """
        if usage.is_estimated or usage.prompt_tokens <= 0:
            return 1.0
        expected = self.count_request(system, sent).tokens
        raw = self._raw_system(system) + sum(map(self._raw_message, sent))
        share = usage.prompt_tokens / expected
        has_experience = self.is_exact or self.calibration.weight > 0
        with self._lock:
            if share > _LEAST_SHARE or raw < _SMALL_REQUEST or not has_experience:
                if not self.is_exact:
                    self.calibration = self.calibration.observe(raw, usage.prompt_tokens)
                self._settle(system, sent, usage.prompt_tokens)
            if reply is not None:
                self._reported.learn_reply(reply, usage, self._judged(_PER_MESSAGE).tokens)
            self._counts.clear()
        return share

    def _settle(self, system: str | None, sent: Sequence[Message], prompt_tokens: int) -> None:
        def estimate(message: Message) -> int:
            return self._judged(self._raw_message(message)).tokens

        base = self._judged(self._raw_system(system)).tokens + round(self.calibration.overhead_tokens)
        self._reported.settle(system, sent, prompt_tokens, base, estimate)

    def _judged(self, raw: int) -> TokenCount:
        if self.is_exact:
            return TokenCount(raw, "exact")
        return TokenCount(round(self.calibration.apply(raw)) or min(raw, 1), "estimated")

    def _raw_system(self, system: str | None) -> int:
        return _PER_REQUEST + (_PER_MESSAGE + self._raw(system) if system else 0)

    def _raw_message(self, message: Message) -> int:
        found = self._raws.get(message.id)
        if found is not None and found[0] is message:
            return found[1]
        vocabulary = self._vocabulary
        raw = _PER_MESSAGE + self._raw(message.sent_text)
        if len(message.parts) > 1 and message.images:
            raw += sum(self.count_attachment(image).tokens for image in message.images)
        with self._lock:
            if vocabulary is self._vocabulary:
                if len(self._raws) >= _CACHED_MESSAGES:
                    self._raws.clear()
                self._raws[message.id] = message, raw
        return raw

    def _raw(self, text: str) -> int:
        """Count a text without calibration, once."""
        with self._lock:
            found = self._texts.get(text)
            if found is not None:
                self._texts.move_to_end(text)
                return found
            vocabulary = self._vocabulary
        tokens = _count(text, vocabulary)
        with self._lock:
            if vocabulary is self._vocabulary and text not in self._texts:
                self._texts[text] = tokens
                self._texts_chars += len(text)
                while self._texts_chars > _CACHED_CHARS and len(self._texts) > 1:
                    self._texts_chars -= len(self._texts.popitem(last=False)[0])
        return tokens


def _count(text: str, vocabulary: tiktoken.Encoding | None) -> int:
    if vocabulary is None:
        return estimate_tokens(text)
    return sum(len(vocabulary.encode_ordinary(piece)) for piece in _pieces(text))
