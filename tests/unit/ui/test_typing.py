"""What keys do in the input line, inside a session whose terminal is emulated."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from chatrepl.cancellation import Cancellation
from chatrepl.line_ports import FoundPath, Paths
from chatrepl.path_index import PathIndex
from chatrepl.settings import Settings, TerminalSettings
from tests.support.fakes import FakeClock, ScriptedClient, Step, says
from tests.support.inside import Inside

VI = Settings(terminal=TerminalSettings(keys="vi"))


def held_reply(*texts: str) -> tuple[list[Step], threading.Event]:
    """Return a reply that begins and then waits, and what lets it go on."""
    go_on = threading.Event()

    def hold(cancellation: Cancellation) -> None:
        cancellation.on_cancel(go_on.set)
        assert go_on.wait(20)

    first, *rest = says(*texts)
    return [first, hold, *rest], go_on


# Editing ------------------------------------------------------------------------------------------------------------


def test_what_was_undone_can_be_done_again(tmp_path: Path) -> None:
    with Inside(tmp_path) as inside:
        inside.put("one two")
        inside.press("ctrl-w")
        inside.wait(lambda: inside.line == "one ")

        inside.press("ctrl-_")
        inside.wait(lambda: inside.line == "one two")
        inside.press("alt-_")

        inside.wait(lambda: inside.line == "one ")


def test_what_was_cut_comes_back_the_newest_first_and_then_the_one_before(tmp_path: Path) -> None:
    with Inside(tmp_path) as inside:
        inside.put("first")
        inside.press("ctrl-u")
        inside.wait(lambda: inside.line == "")
        inside.put("second")
        inside.press("ctrl-a", "ctrl-k")
        inside.wait(lambda: inside.line == "")

        inside.press("ctrl-y")
        inside.wait(lambda: inside.line == "second")
        inside.press("alt-y")

        inside.wait(lambda: inside.line == "first")


def test_up_finds_only_what_begins_like_the_line(tmp_path: Path) -> None:
    client = ScriptedClient(says("a"), says("b"))
    with Inside(tmp_path, client=client) as inside:
        for text in ("green apples", "red apples"):
            inside.enter(text)
            inside.wait(lambda: not inside.repl._turns.is_running)
        inside.put("gre")

        inside.press("up")

        inside.wait(lambda: inside.line == "green apples")


def test_ctrl_r_searches_what_was_typed(tmp_path: Path) -> None:
    client = ScriptedClient(says("a"), says("b"))
    with Inside(tmp_path, client=client) as inside:
        for text in ("green apples", "red pears"):
            inside.enter(text)
            inside.wait(lambda: not inside.repl._turns.is_running)

        inside.press("ctrl-r")
        inside.type("appl")
        inside.wait_for("I-search backward")
        inside.press("enter")

        inside.wait(lambda: inside.line == "green apples")


def test_a_paste_is_unfolded_and_folded_again(tmp_path: Path) -> None:
    text = "line of text\n" * 100
    with Inside(tmp_path) as inside:
        inside.put("see ")
        inside.paste(text)
        inside.wait(lambda: inside.line == "see [pasted 101 lines #1]")

        inside.press("alt-p")
        inside.wait(lambda: inside.line == f"see {text}")
        inside.press("alt-p")

        inside.wait(lambda: inside.line == "see [pasted 101 lines #1]")


def test_a_folded_paste_goes_as_one_also_forwards(tmp_path: Path) -> None:
    with Inside(tmp_path) as inside:
        inside.put("a")
        inside.paste("line of text\n" * 100)
        inside.wait(lambda: inside.line == "a[pasted 101 lines #1]")
        inside.press("left", "backspace")  # inside the mark: it is text like any other
        inside.press("ctrl-_")
        inside.wait(lambda: inside.line == "a[pasted 101 lines #1]")
        inside.press("ctrl-a", "right", "delete")

        inside.wait(lambda: inside.line == "a")


def test_a_paste_that_is_too_long_for_the_line_stays_folded_and_says_so(tmp_path: Path) -> None:
    with Inside(tmp_path) as inside:
        inside.paste("x" * 50_000)
        inside.wait(lambda: inside.line == "[pasted 50000 characters #1]")

        inside.press("alt-p")

        inside.wait_for("an editor shows it whole")
        assert inside.line == "[pasted 50000 characters #1]"


# vi -----------------------------------------------------------------------------------------------------------------


def test_vi_is_off_until_it_is_asked_for_and_its_mode_stands_in_the_bar(tmp_path: Path) -> None:
    with Inside(tmp_path) as inside:
        assert inside.mode == ""
        inside.enter("/vim")
        inside.wait_for("INSERT · tiny")

        inside.put("hello")
        inside.press("esc")
        inside.wait_for("NORMAL · tiny")
        inside.type("x")
        inside.wait(lambda: inside.line == "hell")
        inside.type("u")
        inside.wait(lambda: inside.line == "hello")
        inside.type("0v")
        inside.wait_for("VISUAL · tiny")
        inside.press("esc")
        inside.type("A!")
        inside.wait(lambda: inside.line == "hello!")


def test_the_setting_begins_with_vi_and_each_line_begins_in_its_insert_mode(tmp_path: Path) -> None:
    with Inside(tmp_path, settings=VI, client=ScriptedClient(says("Hi."))) as inside:
        assert inside.mode == "INSERT"
        inside.put("hello")
        inside.press("esc")
        inside.wait(lambda: inside.mode == "NORMAL")

        inside.press("enter")

        inside.wait_for("Hi.")
        inside.wait(lambda: inside.mode == "INSERT")


def test_in_vi_esc_first_leads_to_the_normal_mode_and_then_stops_the_reply(tmp_path: Path) -> None:
    reply, _ = held_reply("Once", " more")
    with Inside(tmp_path, settings=VI, client=ScriptedClient(reply)) as inside:
        inside.enter("go")
        inside.wait_for("Once")

        inside.press("esc")
        inside.wait(lambda: inside.mode == "NORMAL")
        assert inside.repl._turns.is_running
        inside.press("esc")

        inside.wait_for("interrupted")


def test_a_question_mark_in_vis_normal_mode_is_vis_own(tmp_path: Path) -> None:
    with Inside(tmp_path, settings=VI) as inside:
        inside.press("esc")
        inside.wait(lambda: inside.mode == "NORMAL")
        inside.type("?")
        inside.wait_for("I-search")

        assert inside.repl._view.help == []


# Lines --------------------------------------------------------------------------------------------------------------


def test_in_multiline_enter_begins_a_line_and_alt_enter_sends(tmp_path: Path) -> None:
    client = ScriptedClient(says("Ok."))
    with Inside(tmp_path, client=client) as inside:
        inside.enter("/multiline")
        inside.wait_for("Alt-Enter sends · tiny")
        inside.put("one")
        inside.press("enter")
        inside.put("two")
        assert client.requests == []

        inside.press("alt-enter")

        inside.wait_for("Ok.")
        assert client.requests[0].messages[-1].text == "one\ntwo"


def test_in_multiline_enter_still_runs_a_command(tmp_path: Path) -> None:
    settings = Settings(terminal=TerminalSettings(multiline=True))
    with Inside(tmp_path, settings=settings) as inside:
        inside.enter("/multiline")

        inside.wait_for("Enter sends again.")


# Keys of one's own --------------------------------------------------------------------------------------------------


def test_a_key_of_ones_own_does_what_it_says_and_the_default_does_it_no_more(tmp_path: Path) -> None:
    settings = Settings(keys={"kill_word": ("alt-w",), "send": ("alt-enter",), "newline": ("enter",)})
    client = ScriptedClient(says("Ok."))
    with Inside(tmp_path, settings=settings, client=client) as inside:
        inside.put("one two")
        inside.press("ctrl-w")
        inside.press("alt-w")
        inside.wait(lambda: inside.line == "one ")
        inside.press("enter")
        inside.put("two")

        inside.press("alt-enter")

        inside.wait_for("Ok.")
        assert client.requests[0].messages[-1].text == "one \ntwo"


def test_the_search_moves_to_another_key(tmp_path: Path) -> None:
    settings = Settings(keys={"search": ("ctrl-f",)})
    client = ScriptedClient(says("a"), says("b"))
    with Inside(tmp_path, settings=settings, client=client) as inside:
        for text in ("apples one", "apples two"):
            inside.enter(text)
            inside.wait(lambda: not inside.repl._turns.is_running)

        inside.press("ctrl-f")
        inside.type("apples")
        inside.wait_for("I-search backward")
        inside.press("ctrl-f", "enter")

        inside.wait(lambda: inside.line == "apples one")


# The list of keys ---------------------------------------------------------------------------------------------------

HELP_40 = """\
>
Enter         send
Alt-Enter,    new line
Ctrl-J,
Shift-Enter
Alt-Enter     send, in /multiline
Tab           complete
Shift-Tab     back in the menu
Esc           stop, or take back
1/4: ? for more, any other key closes
tiny · chat 0 tok ?"""

HELP_80 = """\
>
Enter         send                      Ctrl-_,       undo
Alt-Enter,    new line                  Ctrl-X Ctrl-U
Ctrl-J,                                 Alt-_,        redo
Shift-Enter                             Ctrl-X Ctrl-R
Alt-Enter     send, in /multiline       Ctrl-K        cut to the line's end
Tab           complete                  Ctrl-U        cut to its beginning
Shift-Tab     back in the menu          Ctrl-W        cut the word before
Esc           stop, or take back        Ctrl-Y        insert what was cut
Ctrl-C        stop, clear; twice leaves Alt-Y         then what was cut before
Ctrl-D        leave, on an empty line   Alt-P         unfold or fold a paste
Ctrl-G,       write it in your editor   Alt-O         take a command's output
Ctrl-X Ctrl-E                           Ctrl-L        clear the screen
Up, Ctrl-P    what was typed before     ?             these keys
Down, Ctrl-N  and forward again         /             run a command
Ctrl-R        search what was typed     @             name a file
                                        !             run a shell command
any key closes this
tiny · chat 0 tok ?"""

HELP_120 = """\
>
Enter         send                      Ctrl-G,       write it in your editor   Ctrl-W        cut the word before
Alt-Enter,    new line                  Ctrl-X Ctrl-E                           Ctrl-Y        insert what was cut
Ctrl-J,                                 Up, Ctrl-P    what was typed before     Alt-Y         then what was cut before
Shift-Enter                             Down, Ctrl-N  and forward again         Alt-P         unfold or fold a paste
Alt-Enter     send, in /multiline       Ctrl-R        search what was typed     Alt-O         take a command's output
Tab           complete                  Ctrl-_,       undo                      Ctrl-L        clear the screen
Shift-Tab     back in the menu          Ctrl-X Ctrl-U                           ?             these keys
Esc           stop, or take back        Alt-_,        redo                      /             run a command
Ctrl-C        stop, clear; twice leaves Ctrl-X Ctrl-R                           @             name a file
Ctrl-D        leave, on an empty line   Ctrl-K        cut to the line's end     !             run a shell command
                                        Ctrl-U        cut to its beginning
any key closes this
tiny · chat 0 tok ?"""


def bar_without_window(rows: list[str]) -> str:
    """Return a screen, its last row without what is counted sooner or later."""
    *above, bar = rows
    return "\n".join([*above, " · ".join(part for part in bar.split(" · ") if not part.startswith("~"))])


@pytest.mark.parametrize(
    ("columns", "rows", "picture"),
    [(40, 12, HELP_40), (80, 24, HELP_80), (120, 30, HELP_120)],
    ids=["40", "80", "120"],
)
def test_a_question_mark_on_an_empty_line_lists_the_keys(
    tmp_path: Path, columns: int, rows: int, picture: str
) -> None:
    with Inside(tmp_path, columns=columns, rows=rows) as inside:
        inside.type("?")

        inside.wait(lambda: bar_without_window(inside.screen()) == picture)
        assert inside.line == ""


def test_the_next_key_closes_the_list_and_is_typed(tmp_path: Path) -> None:
    with Inside(tmp_path) as inside:
        inside.type("?")
        inside.wait_for("any key closes this")

        inside.type("w")

        inside.wait(lambda: inside.line == "w")
        inside.wait(lambda: "any key closes this" not in "\n".join(inside.screen()))


def test_a_question_mark_turns_the_pages_and_closes_the_last(tmp_path: Path) -> None:
    with Inside(tmp_path, columns=40, rows=12) as inside:
        for page in range(1, 5):
            inside.type("?")
            inside.wait_for(f"{page}/4: ")
        inside.type("?")

        inside.wait(lambda: inside.repl._view.help == [])
        assert inside.line == ""


def test_esc_closes_the_list_and_does_not_stop_the_reply(tmp_path: Path) -> None:
    reply, go_on = held_reply("Once", " more")
    with Inside(tmp_path, client=ScriptedClient(reply)) as inside:
        inside.enter("go")
        inside.wait_for("Once")
        inside.type("?")
        inside.wait_for("any key closes this")

        inside.press("esc")
        inside.wait(lambda: inside.repl._view.help == [])
        go_on.set()

        inside.wait_for("Once more")
        assert "interrupted" not in inside.everything()


def test_a_question_mark_in_a_text_is_text(tmp_path: Path) -> None:
    with Inside(tmp_path) as inside:
        inside.put("why? ")
        inside.put("?")

        assert inside.line == "why? ?"
        assert inside.repl._view.help == []


def test_the_list_shows_the_keys_that_are_bound(tmp_path: Path) -> None:
    with Inside(tmp_path, settings=Settings(keys={"editor": ("f4",), "help": ("f1",)})) as inside:
        inside.put("some text")
        inside.press("ctrl-u")
        inside.wait(lambda: inside.line == "")
        inside.type("\x1bOP")

        inside.wait_for("F4            write it in your editor")
        assert "Ctrl-G" not in inside.everything()


# Paths --------------------------------------------------------------------------------------------------------------

PATHS_40 = """\
> look at @note
 docs/notes.md
 my notes.txt
 …deeply/nested/notebook_of_things.md
tiny"""

PATHS_80 = """\
> look at @note
 docs/notes.md
 my notes.txt
 docs/some/deeply/nested/notebook_of_things.md
tiny · chat 0 tok ?"""


@pytest.mark.parametrize(
    ("columns", "picture"), [(40, PATHS_40), (80, PATHS_80), (120, PATHS_80)], ids=["40", "80", "120"]
)
def test_the_sign_offers_paths(tmp_path: Path, columns: int, picture: str) -> None:
    top = tmp_path / "top"
    for name in (
        "docs/notes.md",
        "docs/some/deeply/nested/notebook_of_things.md",
        "my notes.txt",
        "other.md",
    ):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text("")

    def paths() -> Paths:
        return PathIndex(top, Path, FakeClock(), os.environ)

    with Inside(tmp_path, columns=columns, paths=paths) as inside:
        inside.put("look at @note")
        inside.wait(lambda: without_draft(inside.screen()) == picture)

        inside.press("tab", "tab")
        inside.wait(lambda: inside.line == 'look at @"my notes.txt"')


def test_a_directory_that_is_chosen_shows_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "top" / "docs").mkdir(parents=True)
    (tmp_path / "top" / "docs" / "guide.md").write_text("")

    with Inside(tmp_path, paths=lambda: PathIndex(tmp_path / "top", Path, FakeClock(), os.environ)) as inside:
        inside.put("@doc")
        inside.wait_for(" docs/")
        inside.press("down", "enter")
        inside.wait(lambda: inside.line == "@docs/")

        inside.wait_for(" docs/guide.md")


class GrowingPaths:
    """Finds what it is told to find, and says when that is more."""

    def __init__(self, *known: str) -> None:
        self.known = list(known)
        self.is_complete = False
        self.searches: list[str] = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.on_grown: Callable[[], None] = lambda: None
        self._searched = -1

    @property
    def is_up_to_date(self) -> bool:
        return self.is_complete and self._searched == len(self.known)

    def find(self, typed: str, limit: int, is_over: Callable[[], bool]) -> list[FoundPath]:
        known = list(self.known)
        self.searches.append(typed)
        assert self.may_answer.wait(20)
        self._searched = len(known)
        return [FoundPath(name, ()) for name in known if typed in name]

    def grow(self, *names: str, is_complete: bool = False) -> None:
        self.known += names
        self.is_complete = is_complete
        self.on_grown()


def test_what_is_found_later_joins_the_menu_that_is_shown(tmp_path: Path) -> None:
    paths = GrowingPaths("notes.md")
    with Inside(tmp_path, paths=lambda: paths) as inside:
        inside.put("@note")
        inside.wait_for(" notes.md")

        paths.grow("notebook.md")
        inside.wait_for(" notebook.md")
        paths.grow("noted.md", is_complete=True)
        inside.wait_for(" noted.md")

        inside.press("down", "down", "down")
        inside.wait(lambda: inside.line == "@noted.md")


def test_paths_that_are_known_only_later_open_the_menu(tmp_path: Path) -> None:
    paths = GrowingPaths()
    with Inside(tmp_path, paths=lambda: paths) as inside:
        inside.put("@note")
        inside.wait(lambda: paths.searches)

        paths.grow("notes.md", is_complete=True)

        inside.wait_for(" notes.md")


def test_a_search_under_way_is_shown_although_more_becomes_known_meanwhile(tmp_path: Path) -> None:
    paths = GrowingPaths("notes.md")
    paths.may_answer.clear()
    with Inside(tmp_path, paths=lambda: paths) as inside:
        inside.put("@note")
        inside.wait(lambda: paths.searches)
        paths.grow("notebook.md")
        heard = threading.Event()
        assert inside.repl._app.loop is not None
        inside.repl._app.loop.call_soon_threadsafe(heard.set)
        assert heard.wait(20)

        paths.may_answer.set()

        inside.wait_for(" notes.md")
        assert len(paths.searches) == 1
        paths.grow(is_complete=True)
        inside.wait_for(" notebook.md")


def test_what_becomes_known_last_is_offered_although_a_search_was_under_way(tmp_path: Path) -> None:
    paths = GrowingPaths("notes.md")
    paths.may_answer.clear()
    with Inside(tmp_path, paths=lambda: paths) as inside:
        inside.put("@note")
        inside.wait(lambda: paths.searches)
        paths.grow("notebook.md", is_complete=True)

        paths.may_answer.set()

        inside.wait_for(" notebook.md")


def test_a_path_that_was_chosen_stays_chosen_although_more_becomes_known(tmp_path: Path) -> None:
    paths = GrowingPaths("notes.md", "notebook.md")
    with Inside(tmp_path, paths=lambda: paths) as inside:
        inside.put("@note")
        inside.wait_for(" notebook.md")
        inside.press("down", "down")
        inside.wait(lambda: inside.line == "@notebook.md")

        paths.grow("a-note.md", is_complete=True)
        inside.press("up")
        inside.wait(lambda: inside.line == "@notes.md")

        assert paths.searches == ["note"]
        assert "a-note.md" not in inside.everything()


def test_a_menu_that_was_closed_stays_closed_although_more_becomes_known(tmp_path: Path) -> None:
    paths = GrowingPaths("notes.md")
    with Inside(tmp_path, paths=lambda: paths) as inside:
        inside.put("@note")
        inside.wait_for(" notes.md")
        inside.press("esc")
        inside.wait(lambda: " notes.md" not in "\n".join(inside.screen()))

        paths.grow("notebook.md", is_complete=True)
        inside.put(" ")

        assert paths.searches == ["note"]


def without_draft(rows: list[str]) -> str:
    """Return a screen, its last row without what is counted sooner or later."""
    *above, bar = rows
    parts = [part for part in bar.split(" · ") if not part.startswith(("~", "draft"))]
    return "\n".join([*above, " · ".join(parts)])


# Questions ----------------------------------------------------------------------------------------------------------


def asked(inside: Inside, tmp_path: Path) -> Path:
    """Have a question asked that writes a file on yes."""
    file = tmp_path / "talk.md"
    file.write_text("precious")
    inside.enter(f"/save {file}")
    inside.wait_for("(y/n)")
    return file


@pytest.fixture
def talk(tmp_path: Path) -> Callable[..., Inside]:
    """Return a function that makes a session in which something was said."""

    def make(*more: list[Step]) -> Inside:
        return Inside(tmp_path, client=ScriptedClient(says("Hi."), *more))

    return make


def begin(inside: Inside) -> None:
    inside.enter("hello")
    inside.wait_for("Hi.")
    inside.wait(lambda: not inside.repl._turns.is_running)


def test_text_that_is_typed_while_a_question_stands_goes_into_the_line_and_answers_nothing(
    talk: Callable[..., Inside], tmp_path: Path
) -> None:
    with talk(says("Later.")) as inside:
        begin(inside)
        file = asked(inside, tmp_path)

        inside.put("say it later")
        inside.wait_for("first send or clear the line; Esc: no")
        inside.press("enter")
        inside.wait_for("queued: say it later")
        assert file.read_text() == "precious"
        inside.type("y")

        inside.wait_for("Saved 2 messages")
        inside.wait_for("Later.")


def test_a_y_in_a_draft_is_a_letter(talk: Callable[..., Inside], tmp_path: Path) -> None:
    with talk() as inside:
        begin(inside)
        file = asked(inside, tmp_path)
        inside.put("an")
        inside.put("y")
        assert file.read_text() == "precious"

        inside.press("esc")

        inside.wait_for("Nothing was done.")
        assert inside.line == "any"


def test_a_paste_answers_no_question(talk: Callable[..., Inside], tmp_path: Path) -> None:
    with talk() as inside:
        begin(inside)
        file = asked(inside, tmp_path)

        inside.paste("y")

        inside.wait(lambda: inside.line == "y")
        assert file.read_text() == "precious"
        assert inside.repl.has_question


# What waits ---------------------------------------------------------------------------------------------------------


def test_up_on_an_empty_line_walks_through_what_waits_and_each_goes_back_to_its_place(tmp_path: Path) -> None:
    reply, go_on = held_reply("Once", " more")
    client = ScriptedClient(reply, says("1"), says("2"), says("3"))
    with Inside(tmp_path, client=client) as inside:
        inside.enter("go")
        inside.wait_for("Once")
        for text in ("one", "two", "three"):
            inside.enter(text)
        inside.wait_for("queued: three")

        inside.press("up")
        inside.wait(lambda: inside.line == "three")
        inside.press("up")
        inside.wait(lambda: inside.line == "two")
        inside.type(" changed")
        inside.wait(lambda: inside.line == "two changed")
        inside.press("enter")
        inside.wait_for("queued: two changed")
        go_on.set()

        inside.wait(lambda: len(client.requests) == 4)
        sent = [request.messages[-1].text for request in client.requests]
        assert sent == ["go", "one", "two changed", "three"]


def test_queue_lists_drops_and_takes_back_what_waits(tmp_path: Path) -> None:
    reply, _ = held_reply("Once", " more")
    with Inside(tmp_path, client=ScriptedClient(reply)) as inside:
        inside.enter("go")
        inside.wait_for("Once")
        for text in ("apples", "pears", "plums"):
            inside.enter(text)

        inside.enter("/queue")
        inside.wait_for("Waiting to be sent")
        inside.enter("/queue drop 1")
        inside.wait_for("Message 1 of the queue is dropped.")
        inside.enter("/queue drop 7")
        inside.wait_for("There is no message 7")
        inside.put("/queue edit 1")
        inside.press("enter")

        inside.wait(lambda: inside.line == "pears")
        assert list(inside.repl._lines._queue) == ["plums"]
        inside.press("ctrl-u")
        inside.wait(lambda: inside.line == "")
        inside.enter("/queue clear")
        inside.wait(lambda: list(inside.repl._lines._queue) == [])
        inside.press("esc")
        inside.wait_for("interrupted")


# Rows ---------------------------------------------------------------------------------------------------------------


def test_rows_break_between_words_and_the_cursor_is_where_the_text_ends(tmp_path: Path) -> None:
    with Inside(tmp_path, columns=24) as inside:
        inside.put("the quick brown foxes jumped over 漢字 e\u0301te\u0301 👨‍👩‍👧 end")

        inside.wait(lambda: "end" in "\n".join(inside.screen()))
        rows = inside.screen()[:3]
        assert rows == ["> the quick brown foxes", "  jumped over 漢字 e\u0301te\u0301", "  👨👩👧 end"]
        row, column = inside.cursor
        assert (row, column) == (2, 2 + 6 + 1 + 3)


def test_set_changes_how_keys_are_taken_at_once(tmp_path: Path) -> None:
    with Inside(tmp_path) as inside:
        inside.enter("/set terminal.keys vi")

        inside.wait(lambda: inside.mode == "INSERT")
