"""The library as a whole: lists, search, the bin, tags, what is brought in, copies, and the way from the first schema."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatrepl.conversation import Conversation, Mark, Rating, Verdict
from chatrepl.errors import StoreError
from chatrepl.exports import FORMS, Outgoing
from chatrepl.imports import read_chats
from chatrepl.imports.base import Found as ReadChat
from chatrepl.messages import ChatId, Message, MessageId, Meta, ReplyState, Role, TextPart
from chatrepl.ports import ChatFilter, ChatStore, Imported, WholeChat
from chatrepl.queries import read_query
from chatrepl.search import fold, parse
from chatrepl.store import index, migrations
from chatrepl.store.chats import SqliteStore
from chatrepl.store.many import ROWS_AT_ONCE, chunks
from chatrepl.store.resilient import open_store
from tests.support.conversations import CHAT, COMPLETE, NOON, TestClock, conversations, reply, same, user


def add_chat(store: ChatStore, name: str, *texts: str, title: str = "") -> ChatId:
    chat = ChatId(name * 32)
    store.create_chat(chat, system=None, created_at=NOON)
    parent: MessageId | None = None
    for number, text in enumerate(texts):
        made = user(text, parent) if number % 2 == 0 else reply(text, parent, COMPLETE)
        store.append(chat, made)
        parent = made.id
    if title:
        store.set_title(chat, title)
    return chat


def found(store: SqliteStore, words: str, **options: object) -> list[str]:
    query, _ = read_query(words, NOON + timedelta(days=1), UTC)
    return [hit.text for hit in store.library.search(query, **options).hits]  # type: ignore[arg-type]


def test_words_are_found_in_every_chat_by_their_beginnings(store: SqliteStore) -> None:
    add_chat(store, "a", "How do I open a database?", "With sqlite3.connect.")
    add_chat(store, "b", "What is a datum?")
    assert found(store, "datab") == ["How do I open a database?"]
    assert set(found(store, "dat")) == {"How do I open a database?", "What is a datum?"}
    assert found(store, "SQLITE3 connect") == ["With sqlite3.connect."]
    assert found(store, "sqlite4") == []


def test_what_stands_inside_of_words_is_found_where_nothing_begins_so(store: SqliteStore) -> None:
    add_chat(store, "a", "Unforgettable")
    query, _ = read_query("forget", NOON, UTC)
    hits = store.library.search(query)
    assert [hit.text for hit in hits.hits] == ["Unforgettable"]
    assert hits.is_inside_words
    assert found(store, "->") == []


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        ("cat role:user", ["the cat asks"]),
        ("cat role:assistant", ["the cat replies"]),
        ("cat model:some", ["the cat replies"]),
        ("cat model:other", []),
        ("cat tag:pets", ["the cat replies", "the cat asks"]),
        ("cat tag:none", []),
        ("cat before:2026-01-01", []),
        ("cat -asks", ["the cat replies"]),
        ("role:assistant", ["the cat replies"]),
        ("rated:up", ["the cat replies"]),
        ("cat rated:down", []),
    ],
)
def test_filters_narrow_a_search(store: SqliteStore, words: str, texts: list[str]) -> None:
    chat = add_chat(store, "a", "the cat asks", "the cat replies")
    store.library.tag(chat, ["pets"])
    tip = store.load(chat).tip
    assert tip is not None
    store.set_rating(chat, tip, Rating(Verdict.UP, "", NOON))
    assert [each.id for each in store.library.list(ChatFilter(rated=Verdict.UP))] == [chat]
    assert store.library.list(ChatFilter(rated=Verdict.DOWN)) == []
    assert sorted(found(store, words)) == sorted(texts)


def test_a_reply_is_found_once_it_has_arrived_and_by_its_last_words(store: SqliteStore) -> None:
    chat = add_chat(store, "a", "Hello")
    (first,) = store.load(chat).messages
    arriving = reply("", first, Meta(state=ReplyState.STREAMING))
    store.append(chat, arriving)
    store.journal(arriving.id, "text", "half a zebra")
    assert found(store, "zebra") == []
    store.finish(
        chat, Message(arriving.id, first, Role.ASSISTANT, (TextPart("a whole giraffe"),), NOON, COMPLETE)
    )
    assert found(store, "giraffe") == ["a whole giraffe"]
    assert found(store, "zebra") == []


@settings(max_examples=25, deadline=None)
@given(made=conversations(settled=True), data=st.data())
def test_every_plain_word_of_every_message_finds_it(
    tmp_path_factory: pytest.TempPathFactory, made: Conversation, data: st.DataObject
) -> None:
    store = SqliteStore.open(tmp_path_factory.mktemp("s") / "chats.db", TestClock())
    try:
        store.import_chat(made)
        for message in made.messages.values():
            words = [word for word in fold(message.text).split() if word.isalnum()]
            if words:
                word = data.draw(st.sampled_from(words))
                asked = parse(f'"{word}"')
                if asked.terms:
                    query, _ = read_query(f'"{word}"', NOON, UTC)
                    hits = store.library.search(query, 1000).hits
                    assert message.id in {hit.message for hit in hits}
    finally:
        store.close()


def test_the_best_hit_stands_first_and_one_for_each_chat_on_demand(store: SqliteStore) -> None:
    add_chat(store, "a", "cat " + "dog " * 300, "no", "cat cat cat")
    add_chat(store, "b", "a cat and a cow")
    texts = found(store, "cat")
    assert texts[0] == "cat cat cat"
    assert len(texts) == 3
    assert len(found(store, "cat", is_per_chat=True)) == 2
    assert found(store, "cat", chat=ChatId("b" * 32)) == ["a cat and a cow"]


def test_a_frequent_word_is_found_in_an_old_chat_that_is_asked_for(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatrepl.store.search.PROPOSED", 10)
    monkeypatch.setattr("chatrepl.store.search.RANKED", 5)
    old = add_chat(store, "a", "word of old")
    store.library.tag(old, ["old"])
    for name in "bcd":
        add_chat(store, name, *(f"word {number}" for number in range(8)))
    assert found(store, "word", chat=old) == ["word of old"]
    assert found(store, "word tag:old") == ["word of old"]
    query, _ = read_query("word", NOON, UTC)
    assert store.library.search(query, 5).is_capped
    everything = store.library.search(query, 1000, is_per_chat=True)
    assert {hit.chat.id for hit in everything.hits} == {old, *(ChatId(name * 32) for name in "bcd")}
    assert not everything.is_capped


def test_a_list_shows_model_tokens_cost_and_tags(store: SqliteStore) -> None:
    chat = add_chat(store, "a", "Hello", "Hi", "Again", "Yes", title="Greetings")
    store.library.tag(chat, ["work", "fun"])
    (summary,) = store.library.list(ChatFilter())
    assert summary.title == "Greetings"
    assert summary.model == "some-model"
    assert summary.total_tokens == 100
    assert summary.cost_usd == Decimal("0.0024")
    assert summary.tags == ("fun", "work")
    assert store.library.describe(chat) == summary


def test_the_title_is_the_users_else_the_models_else_the_first_words(store: SqliteStore) -> None:
    chat = add_chat(store, "a", "Hello there")
    assert store.library.describe(chat).title == "Hello there"
    store.library.set_auto_title(chat, "A greeting")
    assert store.library.describe(chat).title == "A greeting"
    store.set_title(chat, "Mine")
    assert store.library.describe(chat).title == "Mine"
    store.set_title(chat, "")
    assert store.find_chat("a greet") == chat


def test_the_bin_hides_a_chat_everywhere_until_it_comes_back(store: SqliteStore) -> None:
    chat = add_chat(store, "a", "secret words")
    store.library.delete(chat)
    assert store.list_chats() == []
    assert store.last_chat() is None
    assert found(store, "secret") == []
    with pytest.raises(StoreError):
        store.find_chat("secret")
    assert [each.id for each in store.library.list(ChatFilter(is_deleted=True))] == [chat]
    store.library.restore(chat)
    assert found(store, "secret") == ["secret words"]


def test_a_chat_in_the_bin_that_goes_on_elsewhere_comes_out_of_it(store: SqliteStore) -> None:
    chat = add_chat(store, "a", "Hello")
    store.library.delete(chat)
    store.append(chat, user("More", store.load(chat).tip))
    assert [each.id for each in store.list_chats()] == [chat]


def test_after_its_time_a_chat_is_gone_from_the_bin_and_from_the_file(
    store: SqliteStore, clock: TestClock
) -> None:
    keep, gone = add_chat(store, "a", "stay here"), add_chat(store, "b", "xylophone secret", "yes")
    conversation = store.load(gone)
    store.set_mark(gone, next(iter(conversation.messages)), Mark.PINNED)
    assert conversation.tip is not None
    store.set_rating(gone, conversation.tip, Rating(Verdict.UP, "good", NOON))
    store.library.tag(gone, ["x"])
    store.save_draft("xylophone draft", gone)
    store.library.delete(gone)
    assert store.library.tend(clock.now() - timedelta(days=30)) == 0
    assert store.library.tend(clock.now() + timedelta(days=1)) == 1
    assert [each.id for each in store.list_chats()] == [keep]
    assert store.library.check() == []
    store.close()
    files = [store.path, *store.path.parent.glob("chats.db-wal")]
    assert not any(b"xylophone" in file.read_bytes() for file in files)


def test_too_many_parts_of_the_index_are_merged_in_steps_between_which_messages_are_stored(
    path: Path, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parts() -> int:
        with sqlite3.connect(path) as connection:
            return int(connection.execute("SELECT count(DISTINCT segid) FROM words_idx").fetchone()[0])

    monkeypatch.setattr(index, "STEP_PAGES", 1)
    monkeypatch.setattr(index, "MANY_PARTS", 8)
    pauses: list[int] = []
    with closing(open_store(path, clock)) as store:
        texts = [" ".join(f"word{number}x{place}" for place in range(600)) for number in range(20)]
        add_chat(store, "a", *texts)
        assert parts() > 8

        def pause(_: float) -> None:
            pauses.append(len(pauses))
            if len(pauses) == 1:
                add_chat(store, "b", "said meanwhile")

        monkeypatch.setattr(time, "sleep", pause)
        store.library.tend(clock.now())

        assert len(pauses) > 1
        assert parts() <= 8
        for number, text in enumerate(texts):
            query, _ = read_query(f"word{number}x599", NOON, UTC)
            assert [hit.text for hit in store.library.search(query).hits] == [text]
        assert store.library.check() == []


def test_the_bin_is_left_for_another_time_while_another_process_has_the_file(
    path: Path, clock: TestClock
) -> None:
    store = SqliteStore.open(path, clock, timeout_s=0.01)
    store.library.delete(add_chat(store, "a", "to go"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    later = clock.now() + timedelta(days=1)
    assert store.library.tend(later) == 0
    with pytest.raises(StoreError):
        store.library.tend(later, is_needed=True)
    other.execute("ROLLBACK")
    other.close()
    assert store.library.tend(later) == 1
    store.close()


def test_the_archive_keeps_a_chat_out_of_lists_and_in_searches(store: SqliteStore) -> None:
    chat = add_chat(store, "a", "old words")
    store.library.set_archived(chat, is_archived=True)
    assert store.library.list(ChatFilter()) == []
    assert [each.id for each in store.library.list(ChatFilter(is_archived=True))] == [chat]
    assert found(store, "old") == ["old words"]


def test_the_end_of_a_chat_is_read_alone_and_along_its_branch(store: SqliteStore) -> None:
    chat = add_chat(store, "a", "one", "two", "three", "four")
    path = store.load(chat).path()
    store.append(chat, user("other three", path[1].id))
    tail = store.library.tail(chat, 2)
    assert [message.text for message in tail.messages] == ["two", "other three"]
    assert tail.has_more
    whole = store.library.tail(chat, 10)
    assert [message.text for message in whole.messages] == ["one", "two", "other three"]
    assert not whole.has_more


def test_ratings_and_tags_come_back_with_their_chat(store: SqliteStore, path: Path, clock: TestClock) -> None:
    chat = add_chat(store, "a", "one", "two")
    tip = store.load(chat).tip
    assert tip is not None
    rating = Rating(Verdict.DOWN, "too short", NOON)
    store.set_rating(chat, tip, rating)
    store.library.tag(chat, ["b", "a"], ["b"])
    other = SqliteStore.open(path, clock)
    assert other.load(chat).ratings == {tip: rating}
    assert other.load(chat).tags == ("a",)
    other.set_rating(chat, tip, None)
    assert store.load(chat).ratings == {}
    other.close()


def test_each_chat_has_a_draft_of_its_own(store: SqliteStore) -> None:
    chat = add_chat(store, "a", "one")
    store.save_draft("for nobody yet")
    store.save_draft("for this one", chat)
    assert store.load_draft() == "for nobody yet"
    assert store.load_draft(chat) == "for this one"
    store.save_draft("", chat)
    assert store.load_draft(chat) == ""


# Brought in -----------------------------------------------------------------------------------------------------------


def whole(chat: Conversation) -> WholeChat:
    return WholeChat(chat, NOON, NOON + timedelta(hours=1))


def bring(store: SqliteStore, *chats: WholeChat) -> Sequence[Imported]:
    return store.library.import_chats([store.library.prepare(chat) for chat in chats])


@settings(max_examples=25, deadline=None)
@given(made=conversations(settled=True))
def test_what_is_brought_in_is_the_same_and_twice_is_once(
    tmp_path_factory: pytest.TempPathFactory, made: Conversation
) -> None:
    store = SqliteStore.open(tmp_path_factory.mktemp("s") / "chats.db", TestClock())
    try:
        (first,) = bring(store, whole(made))
        assert first.is_new
        assert first.added_count == len(made)
        assert same(store.load(made.id), made)
        (second,) = bring(store, whole(made))
        assert second == (made.id, 0, False)
        assert same(store.library.read(made.id).conversation, made)
        assert store.library.check() == []
    finally:
        store.close()


def test_a_grown_chat_is_extended_and_what_was_said_here_stays(store: SqliteStore) -> None:
    first, second = user("one", None), reply("two", None, COMPLETE)
    second = Message(
        second.id, first.id, *[getattr(second, name) for name in ("role", "parts", "created_at", "meta")]
    )
    bring(store, whole(Conversation(CHAT, messages=[first])))
    own = user("said here", first.id)
    store.append(CHAT, own)
    (done,) = bring(store, whole(Conversation(CHAT, messages=[first, second])))
    assert (done.added_count, done.is_new) == (1, False)
    chat = store.load(CHAT)
    assert [*chat.messages] == [first.id, own.id, second.id]
    assert chat.tip == own.id  # the user went on from there


def test_new_known_and_grown_chats_come_in_together_and_are_told_in_their_order(store: SqliteStore) -> None:
    ids = [ChatId(letter * 32) for letter in "abcd"]
    known = Conversation(ids[1], messages=[user("known", None)])
    begun = user("begun", None)
    bring(store, whole(known), whole(Conversation(ids[2], messages=[begun], tip=begun.id)))
    more = user("grown", begun.id)
    grown = Conversation(ids[2], messages=[begun, more], tip=more.id)
    new = Conversation(ids[0], messages=[user("new", None)])
    tagged = Conversation(ids[3], messages=[user("tagged", None)])
    tagged.tags = ("work",)

    done = bring(
        store,
        whole(new),
        whole(known),
        whole(grown),
        whole(tagged),
        whole(new),
    )

    assert done == [
        (ids[0], 1, True),
        (ids[1], 0, False),
        (ids[2], 1, False),
        (ids[3], 1, True),
        (ids[0], 0, False),
    ]
    assert [found(store, word) for word in ("new", "known", "grown", "tagged")] == [
        ["new"],
        ["known"],
        ["grown"],
        ["tagged"],
    ]
    assert store.load(ids[2]).tip == more.id
    assert store.library.read(ids[3]).conversation.tags == ("work",)
    assert store.library.check() == []


@pytest.mark.parametrize("letters", ["a", "b", "ab", ""])
def test_it_is_told_once_that_other_threads_need_not_wait(store: SqliteStore, letters: str) -> None:
    bring(store, whole(Conversation(ChatId("a" * 32), messages=[user("there already", None)])))
    chats = [Conversation(ChatId(letter * 32), messages=[user("words", None)]) for letter in letters]
    calls: list[None] = []

    store.library.import_chats(
        [store.library.prepare(whole(chat)) for chat in chats], on_stored=lambda: calls.append(None)
    )

    assert len(calls) == 1


@pytest.mark.parametrize("count", [1, 2, 511, 512, 513, 2000])
def test_so_many_messages_at_once_are_all_stored_and_found(store: SqliteStore, count: int) -> None:
    chat = Conversation(CHAT)
    for number in range(count):
        chat.append(user(f"word{number}", chat.tip))

    bring(store, whole(chat))

    assert same(store.load(CHAT), chat)
    assert found(store, f"word{count - 1}") == [f"word{count - 1}"]
    assert store.library.check() == []


@given(count=st.integers(0, 3000), limit=st.integers(1, 3000), width=st.integers(1, 12))
def test_rows_go_into_statements_of_few_lengths_each_once_and_in_order(
    count: int, limit: int, width: int
) -> None:
    connection = sqlite3.connect(":memory:")
    connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, max(limit, width))
    rows = [(number,) * width for number in range(count)]

    made = [*chunks(connection, rows)]

    assert [row for some in made for row in some] == rows
    assert all(len(some) * width <= max(limit, width) and len(some) <= ROWS_AT_ONCE for some in made)
    assert len({len(some) for some in made}) <= 10
    connection.close()


def test_chats_come_in_all_or_none(store: SqliteStore) -> None:
    good = Conversation(ChatId("a" * 32), messages=[user("fine", None)])
    bad = Conversation(ChatId("b" * 32), messages=[user("x", None)])
    bad._messages = {MessageId("z"): user("orphan", MessageId("nowhere"))}
    with pytest.raises(StoreError):
        bring(store, whole(good), whole(bad))
    assert store.list_chats() == []
    assert found(store, "fine") == []


# The file -------------------------------------------------------------------------------------------------------------


def test_a_copy_is_a_library_of_its_own_that_only_its_owner_reads(
    store: SqliteStore, tmp_path: Path, clock: TestClock
) -> None:
    chat = add_chat(store, "a", "words to keep")
    target = tmp_path / "copy.db"
    store.library.backup(target)
    assert target.stat().st_mode & 0o077 == 0
    store.append(chat, user("later", store.load(chat).tip))
    copy = SqliteStore.open(target, clock)
    assert found(copy, "keep") == ["words to keep"]
    assert found(copy, "later") == []
    assert copy.library.check() == []
    copy.close()
    assert sorted(tmp_path.glob(".copy*")) == []


def test_a_copy_that_fails_leaves_what_was_there(store: SqliteStore, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("mine")
    with pytest.raises(StoreError):
        store.library.backup(tmp_path / "nowhere" / "copy.db")
    assert target.read_text() == "mine"


def test_a_check_finds_what_does_not_add_up(store: SqliteStore, path: Path) -> None:
    add_chat(store, "a", "one", "two")
    assert store.library.check() == []
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("UPDATE chats SET message_count = 7")
        connection.execute("UPDATE facts SET value = 0")
        connection.execute("INSERT INTO tags VALUES ('nobody', 'x')")
    problems = " ".join(store.library.check())
    assert "another number of messages" in problems
    assert "index" in problems
    assert "tags" in problems
    store.library.vacuum()
    assert "index" not in " ".join(store.library.check())


def test_making_it_small_loses_nothing(store: SqliteStore) -> None:
    for name in "abc":
        add_chat(store, name, "word " * 2000, title=name)
    store.library.delete(ChatId("b" * 32))
    store.library.tend(NOON + timedelta(days=400))
    before, after = store.library.vacuum()
    assert after < before
    assert len(found(store, "word")) == 2


def test_statistics_count_what_there_is(store: SqliteStore) -> None:
    add_chat(store, "a", "one", "two", "three", "four")
    add_chat(store, "b", "five")
    store.library.delete(add_chat(store, "d", "six"))
    stats = store.library.stats(UTC)
    assert (stats.chat_count, stats.message_count, stats.text_bytes) == (2, 5, 19)
    assert sum(day.message_count for day in stats.days) == 5
    assert [(model.model, model.reply_count) for model in stats.models] == [("some-model", 2)]
    assert [chat.message_count for chat in stats.longest] == [4, 1]


def test_a_library_of_the_first_schema_is_brought_up_to_date_with_all_that_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: TestClock
) -> None:
    path = tmp_path / "chats.db"
    with monkeypatch.context() as first:
        first.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:1])
        with sqlite3.connect(path) as connection:
            connection.isolation_level = None
            migrations.migrate(connection, path, 0)
            connection.execute(
                "INSERT INTO chats (id, title, created_us, updated_us, message_count, first_words)"
                " VALUES ('c', '', 5, 9, 2, 'Where is')"
            )
            connection.execute(
                "INSERT INTO messages (chat, id, role, created_us, text) VALUES ('c', 'm', 'user', 5, 'Where is Kölle?')"
            )
            meta = '{"state": "complete", "model": "m1", "cost_usd": "0.5", "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}'
            connection.execute(
                "INSERT INTO messages (chat, id, parent, role, created_us, text, meta) VALUES"
                " ('c', 'r', 'm', 'assistant', 6, 'On the Rhine.', ?)",
                (meta,),
            )
            connection.execute("UPDATE chats SET tip = 'r'")
            connection.execute("INSERT INTO draft VALUES (1, 'half a thought')")
        connection.close()
    store = SqliteStore.open(path, clock)
    assert found(store, "kolle") == ["Where is Kölle?"]
    (summary,) = store.library.list(ChatFilter())
    assert (summary.title, summary.model, summary.total_tokens, summary.cost_usd) == (
        "Where is",
        "m1",
        3,
        Decimal("0.5"),
    )
    assert store.load_draft() == "half a thought"
    assert [message.text for message in store.load(ChatId("c")).path()] == [
        "Where is Kölle?",
        "On the Rhine.",
    ]
    assert store.library.check() == []
    store.close()


def test_two_terminals_in_one_chat_make_branches(store: SqliteStore, path: Path, clock: TestClock) -> None:
    chat = add_chat(store, "a", "one", "two")
    tip = store.load(chat).tip
    other = SqliteStore.open(path, clock)
    here, there = user("said here", tip), user("said there", tip)
    store.append(chat, here)
    other.append(chat, there)
    store.append(chat, reply("answered here", here.id, COMPLETE))
    read = other.load(chat)
    assert set(read.children(tip)) == {here.id, there.id}
    assert read.path()[-1].text == "answered here"
    assert other.library.check() == []
    other.close()


def test_a_time_far_away_does_no_harm(store: SqliteStore) -> None:
    far = datetime(9999, 12, 31, tzinfo=UTC)
    late = Message(MessageId("m"), None, Role.USER, (TextPart("from the future"),), far)
    bring(store, WholeChat(Conversation(CHAT, messages=[late]), far, far))
    assert found(store, "future") == ["from the future"]
    assert store.library.stats(UTC).message_count == 1


@settings(max_examples=25, deadline=None)
@given(made=conversations(settled=True), is_archived=st.booleans(), title=st.sampled_from(["", "By a model"]))
def test_out_and_in_and_out_again_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, made: Conversation, is_archived: bool, title: str
) -> None:
    if not len(made):
        return
    made.tags = ("work",)
    made.ratings = {
        message.id: Rating(Verdict.UP, "", NOON) for message in made.messages.values() if message.is_reply
    }
    first = "".join(
        FORMS["jsonl"].write([Outgoing(made, NOON, NOON + timedelta(hours=1), title, is_archived)], "", NOON)
    )
    store = SqliteStore.open(tmp_path_factory.mktemp("s") / "chats.db", TestClock())
    try:
        (found,) = read_chats([first.encode()], "chats.jsonl", NOON)
        assert isinstance(found, ReadChat)
        assert found.problems == ()
        bring(
            store,
            WholeChat(
                found.conversation,
                found.created_at,
                found.updated_at,
                found.auto_title,
                found.is_archived,
            ),
        )
        again = "".join(FORMS["jsonl"].write([Outgoing(*store.library.read(made.id))], "", NOON))
        assert again == first
    finally:
        store.close()
