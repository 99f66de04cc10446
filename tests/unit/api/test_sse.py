"""The decoder of server-sent events, with the cases that other clients got wrong."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.api import sse
from chatrepl.api.sse import BareLine, Comment, SseDecoder, SseEvent, SseItem
from chatrepl.errors import ProtocolError


def decode(*pieces: bytes) -> list[SseItem]:
    decoder = SseDecoder()
    items = [item for piece in pieces for item in decoder.feed(piece)]
    return items + decoder.flush()


@pytest.mark.parametrize(
    ("stream", "items"),
    [
        pytest.param(b"data: a\n\n", [SseEvent(None, "a")], id="LF"),
        pytest.param(b"data: a\r\rdata: b\r\r", [SseEvent(None, "a"), SseEvent(None, "b")], id="CR"),
        pytest.param(
            b"data: a\r\n\r\ndata: b\r\n\r\n", [SseEvent(None, "a"), SseEvent(None, "b")], id="CRLF"
        ),
        pytest.param(b"data: a\r\n\rdata: b\n\r\n", [SseEvent(None, "a"), SseEvent(None, "b")], id="mixed"),
        pytest.param(b"data: a\r\ndata: b\r\n\r\n", [SseEvent(None, "a\nb")], id="CRLF is one line end"),
        pytest.param(b"\xef\xbb\xbfdata: a\n\n", [SseEvent(None, "a")], id="byte order mark"),
        pytest.param(b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", [], id="only one byte order mark"),
        pytest.param(
            b"data: a\n\ndata: \xef\xbb\xbfb\n\n",
            [SseEvent(None, "a"), SseEvent(None, "\ufeffb")],
            id="mark inside",
        ),
        pytest.param("data: zażółć 🦀\n\n".encode(), [SseEvent(None, "zażółć 🦀")], id="UTF-8"),
        pytest.param(
            "data: a\u2028b\u2029c\u0085d\x0be\x0cf\n\n".encode(),
            [SseEvent(None, "a\u2028b\u2029c\u0085d\x0be\x0cf")],
            id="separators of Unicode",
        ),
        pytest.param(b"data: a\xffb\n\n", [SseEvent(None, "a\ufffdb")], id="bad UTF-8"),
        pytest.param(b"data:a\n\n", [SseEvent(None, "a")], id="no blank after the colon"),
        pytest.param(b"data:  a \n\n", [SseEvent(None, " a ")], id="one blank is taken away"),
        pytest.param(b"data: a: b\n\n", [SseEvent(None, "a: b")], id="a colon in the value"),
        pytest.param(b"data: a\ndata: b\ndata\n\n", [SseEvent(None, "a\nb\n")], id="several lines"),
        pytest.param(
            b"event: error\ndata: a\n\ndata: b\n\n",
            [SseEvent("error", "a"), SseEvent(None, "b")],
            id="a name counts once",
        ),
        pytest.param(b"event: ping\n\ndata: b\n\n", [SseEvent(None, "b")], id="a name without data"),
        pytest.param(
            b"id: 1\nretry: 5\nnonsense\nfoo: bar\ndata: a\n\n", [SseEvent(None, "a")], id="unknown fields"
        ),
        pytest.param(
            b": OPENROUTER PROCESSING\n\n:\n\n",
            [Comment("OPENROUTER PROCESSING"), Comment("")],
            id="comments",
        ),
        pytest.param(
            b"data: a\n: still here\ndata: b\n\n",
            [Comment("still here"), SseEvent(None, "a\nb")],
            id="a comment inside",
        ),
        pytest.param(b"\n\n\r\n\r\n", [], id="blank lines only"),
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"\xef\xbb", [], id="half a mark"),
        pytest.param(b"data: a", [SseEvent(None, "a")], id="no line end at the end"),
        pytest.param(b"data: a\n", [SseEvent(None, "a")], id="no blank line at the end"),
        pytest.param(b"data: a\n\n: b", [SseEvent(None, "a"), Comment("b")], id="a comment at the end"),
        pytest.param(b"data:\n\n", [SseEvent(None, "")], id="empty data"),
        pytest.param(
            b'{"error":{"message":"x"}}\n', [BareLine('{"error":{"message":"x"}}')], id="a bare error"
        ),
        pytest.param(
            b'data: a\n\n{"error":"x"}',
            [SseEvent(None, "a"), BareLine('{"error":"x"}')],
            id="a bare error at the end",
        ),
        pytest.param(b"data: [DONE]\n\n", [SseEvent(None, "[DONE]")], id="the end"),
    ],
)
def test_a_stream_means_the_same_wherever_it_is_cut(stream: bytes, items: list[SseItem]) -> None:
    assert decode(stream) == items
    assert decode(*[stream[at : at + 1] for at in range(len(stream))]) == items
    for at in range(len(stream) + 1):
        assert decode(stream[:at], stream[at:]) == items
        assert decode(stream[:at], b"", stream[at:]) == items


def test_an_event_is_there_with_the_blank_line_and_not_before() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"data: a\n") == []
    assert decoder.feed(b"\n") == [SseEvent(None, "a")]
    assert decoder.feed(b"data: b\r\r") == [SseEvent(None, "b")]
    assert decoder.feed(b"\n") == []


lines = st.text(alphabet=st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12)
ends = st.sampled_from(["\n", "\r", "\r\n"])


@given(st.lists(st.tuples(lines, ends)), st.data())
def test_any_text_comes_out_the_same_however_it_is_cut(
    pieces: list[tuple[str, str]], data: st.DataObject
) -> None:
    stream = "".join(f"data: {line}{end}{end}" for line, end in pieces).encode()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)))))
    parts = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert decode(*parts) == [SseEvent(None, line) for line, _ in pieces]


@given(st.binary(max_size=200), st.integers(0, 200))
def test_no_bytes_make_it_fail_or_depend_on_the_cut(stream: bytes, at: int) -> None:
    assert decode(stream[:at], stream[at:]) == decode(stream)


@given(st.lists(st.dictionaries(st.text(), st.text())))
def test_json_survives(payloads: list[dict[str, str]]) -> None:
    stream = "".join(f"data: {json.dumps(payload, ensure_ascii=True)}\n\n" for payload in payloads).encode()
    assert [json.loads(item.data) for item in decode(stream) if isinstance(item, SseEvent)] == payloads


@pytest.mark.parametrize(
    "piece", [b"x" * 100, b"data: xxxxxxxx\n"], ids=["a line without end", "an event without end"]
)
def test_an_endless_event_is_given_up(monkeypatch: pytest.MonkeyPatch, piece: bytes) -> None:
    monkeypatch.setattr(sse, "LIMIT_BYTES", 1000)
    decoder = SseDecoder()
    with pytest.raises(ProtocolError, match="MiB"):
        all(decoder.feed(piece) == [] for _ in range(2000))


@pytest.mark.parametrize("piece", [b"data: xxxxxxxx\n\n", b": ping\n", b"foo: bar\n", b"\r\n", b"{}\n"])
def test_an_endless_stream_is_not_given_up(monkeypatch: pytest.MonkeyPatch, piece: bytes) -> None:
    monkeypatch.setattr(sse, "LIMIT_BYTES", 1000)
    decoder = SseDecoder()
    for _ in range(2000):
        decoder.feed(piece)


def test_a_long_line_in_small_pieces_comes_whole() -> None:
    decoder = SseDecoder()
    assert not any(decoder.feed(piece) for piece in [b"data: ", *[b"0123456789"] * 100_000])
    [event] = decoder.feed(b"\n\n")
    assert isinstance(event, SseEvent)
    assert event.data == "0123456789" * 100_000
