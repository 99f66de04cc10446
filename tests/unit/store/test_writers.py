from __future__ import annotations

from pathlib import Path

from chatrepl.store.writers import Writer


def test_a_writer_is_alive_until_it_is_released(tmp_path: Path) -> None:
    directory = tmp_path / "writers"
    one, other = Writer(directory), Writer(directory)
    mark = one.mark()
    assert mark == one.mark() != other.mark()
    assert one.is_alive(mark)
    assert other.is_alive(mark)
    assert other.is_alive(mark), "asking does not end it"
    one.release()
    assert not other.is_alive(mark)
    assert [file.name for file in directory.iterdir()] == [other.mark()]
    other.release()
    other.release()


def test_a_writer_without_a_file_is_dead(tmp_path: Path) -> None:
    writer = Writer(tmp_path)
    assert not writer.is_alive("no-such-mark")
    assert not writer.is_alive("-")
    assert not writer.is_alive("")


def test_files_of_dead_writers_are_swept_away(tmp_path: Path) -> None:
    (tmp_path / "left-behind").touch()
    writer = Writer(tmp_path)
    mark = writer.mark()
    assert [file.name for file in tmp_path.iterdir()] == [mark]
    writer.release()
