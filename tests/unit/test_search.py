"""Which words a text is found by, what a query means, and which of several hits is the best."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.errors import UsageError
from chatrepl.messages import Role
from chatrepl.ports import ChatFilter
from chatrepl.queries import read_query, to_filter, valid_tag
from chatrepl.search import (
    EXCERPT_CHARS,
    Query,
    Term,
    excerpt,
    find_spans,
    fold,
    is_hit,
    lines_around,
    parse,
    score,
    words_of,
)
from chatrepl.store.index import expression

NOW = datetime(2026, 8, 10, 12, tzinfo=UTC)


def query(text: str) -> Query:
    asked = parse(text)
    return Query(asked.terms, asked.excluded)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, World!", {"hello", "world"}),
        ("snake_case_name", {"snake", "case", "name"}),
        ("parseHTTPResponse2", {"parsehttpresponse2", "parse", "http", "response2"}),
        ("Café CRÈME", {"cafe", "creme"}),
        ("Straße", {"strasse"}),
        ("数据库", {"数", "据", "库", "数据", "据库"}),
        ("Python数据", {"python", "数", "据", "数据"}),
        ("привет мир", {"привет", "мир"}),
        ("->  ;;", set()),
        ("x" * 100, {"x" * 100}),
    ],
)
def test_a_text_is_found_by_these_words(text: str, words: set[str]) -> None:
    assert words_of(text) == words


@given(st.text(max_size=200))
def test_words_hold_nothing_that_the_index_would_split(text: str) -> None:
    for word in words_of(text):
        assert word
        assert all(not sign.isascii() or sign.isalnum() for sign in word)


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=60), st.data())
def test_every_beginning_of_a_word_proposes_its_text(text: str, data: st.DataObject) -> None:
    """What the index is asked must be among what it was told, or a hit would never be looked at."""
    plain = [word for word in fold(text).split() if word.isalnum()]
    if not plain:
        return
    word = data.draw(st.sampled_from(plain))
    (term, *_) = parse(word[: data.draw(st.integers(1, len(word)))]).terms or (None,)
    if term is None:
        return
    told = words_of(text)
    for number, asked in enumerate(term.words):
        is_open = term.is_open and number == len(term.words) - 1
        assert any(known.startswith(asked) if is_open else known == asked for known in told)


def test_a_query_is_words_phrases_exclusions_and_filters() -> None:
    asked = parse('sqlite "out of memory" -windows role:user since:7d "open')
    assert [term.folded for term in asked.terms] == ["sqlite", "out of memory", "open"]
    assert asked.excluded == ("windows",)
    assert asked.filters == (("role", "user"), ("since", "7d"))


@pytest.mark.parametrize(
    ("asked", "text", "is_found"),
    [
        ("data base", "The database has data", True),
        ("data base", "The data", False),
        ('"big data"', "big data here", True),
        ('"big data"', "data big", False),
        ("C++", "I write C++ now", True),
        ("C++", "I write C now", False),
        ("data -base", "data and a database", True),
        ("data -base", "data and a base", False),
        ("cafe", "un CAFÉ noir", True),
        ("据库", "数据库", True),
    ],
)
def test_a_text_is_a_hit_where_it_has_all_of_it(asked: str, text: str, is_found: bool) -> None:
    assert is_hit(query(asked), fold(text)) is is_found


def test_the_index_is_asked_for_whole_words_and_one_beginning() -> None:
    assert expression(query("foo_bar baz").terms) == '"foo" AND "bar" * AND "baz" *'
    assert expression(query('"foo bar"').terms) == '"foo" AND "bar"'
    assert expression(query("->").terms) == ""


def test_more_mentions_whole_words_and_phrases_weigh_more() -> None:
    once, twice = score(query("cat"), "cat dog cow"), score(query("cat"), "cat dog cat")
    begun = score(query("cat"), "cattle dog cow")
    assert begun < once < twice
    assert score(query("big cat"), "a big cat") > score(query("big cat"), "a cat is big")
    assert score(query("cat"), "cat", age_days=0) > score(query("cat"), "cat", age_days=400)
    assert score(query("cat"), "cat", title="cat food") > score(query("cat"), "cat", title="dog food")


def test_an_excerpt_shows_where_the_words_stand_and_marks_them() -> None:
    text = "filler " * 100 + "here the needle is,\n and the needle again " + "more " * 100
    found = excerpt(query("needle").terms, text)
    assert len(found.text) <= EXCERPT_CHARS + 2
    assert found.text.startswith("…")
    assert found.text.endswith("…")
    assert [found.text[span.start : span.end] for span in found.spans] == ["needle", "needle"]


@given(st.text(max_size=300), st.text(max_size=8))
def test_an_excerpt_is_one_short_line_whatever_the_text(text: str, word: str) -> None:
    terms = [Term(fold(word), (), is_open=False)] if word.strip() else []
    found = excerpt(terms, text)
    assert len(found.text) <= EXCERPT_CHARS + 2
    assert "\n" not in found.text
    last = 0
    for span in find_spans(terms, text):
        assert last <= span.start < span.end <= len(text)
        last = span.end


def test_filters_are_read_and_wrong_ones_explained() -> None:
    found, is_here = read_query("here cat role:me model:GPT since:2026-08-01 before:today", NOW, UTC)
    assert is_here
    assert found.role is Role.USER
    assert found.model == "gpt"
    assert found.since == datetime(2026, 8, 1, tzinfo=UTC)
    assert found.before == datetime(2026, 8, 10, tzinfo=UTC)
    for text, said in (("cat role:cat", "role:"), ("cat since:soon", "since:"), ("  ", "nothing to search")):
        with pytest.raises(UsageError, match=said):
            read_query(text, NOW, UTC)


def test_chats_are_filtered_by_title_words_tag_and_time() -> None:
    found = to_filter("tax archived tag:#work since:7d", NOW, UTC)
    assert found == ChatFilter(
        words=("tax",), tag="work", since=datetime(2026, 8, 4, tzinfo=UTC), is_archived=True
    )
    with pytest.raises(UsageError, match="role:"):
        to_filter("role:user", NOW, UTC)


@pytest.mark.parametrize(
    ("tag", "is_one"), [("work", True), ("été-2026", True), ("a b", False), ("", False), ("#x", False)]
)
def test_a_tag_is_one_short_word(tag: str, is_one: bool) -> None:
    assert valid_tag(tag) is is_one


def test_lines_are_shown_with_those_around_them() -> None:
    text = "one\ntwo\nneedle\nfour\nfive\nsix\nseven needle\neight"
    found = lines_around(query("needle").terms, text, 1)
    assert [line for line, _ in found] == ["two", "needle", "four", "…", "six", "seven needle", "eight"]
    assert [line[span.start : span.end] for line, spans in found for span in spans] == ["needle", "needle"]
    assert [line for line, _ in lines_around(query("needle").terms, text, 0)] == [
        "needle",
        "…",
        "seven needle",
    ]
    assert [line for line, _ in lines_around((), "a\nb", 0)] == ["a"]
