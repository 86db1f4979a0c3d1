"""nbgrader's exchange over the journal: collect, list, release, and what is refused; the guard of the autograder."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError, ExchangeFactory
from traitlets.config import Config, PyFileConfigLoader

from ecitizen import content, gradebook
from ecitizen.database import open_engine, upgrade
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.assignment import assignment, notebook_text
from ecitizen.gradebook.attempts import Attempt
from ecitizen.gradebook.collecting import hand_in, is_ours
from ecitizen.gradebook.engine import quiet
from ecitizen.gradebook.formgrader import PortableAPI
from ecitizen.gradebook.guarding import ForeignWorkError, OnlyOurCells
from ecitizen.gradebook.settings import CONFIG_FILE, write_settings
from ecitizen.journal.event import Event
from ecitizen.journal.store import Store
from ecitizen.practice.items import right_answer

pytestmark = pytest.mark.slow

LESSON = "01-gosuslugi"
BEGAN = datetime(2026, 3, 1, 9, tzinfo=UTC)
FIRST, SECOND = [(item.id, right_answer(item)) for item in content.lesson(LESSON).quiz.items[:2]]


def note(
    folder: CourseFolder, learner: int, run: int, hours: int, *answers: tuple[str, Any], lesson: str = LESSON
) -> None:
    """Write one try of the quiz, so many hours after the beginning."""
    engine = open_engine(folder.database_url)
    upgrade(engine, "journal")
    for place, (item, answer) in enumerate(answers):
        body = {"do": "answer", "item": item, "answer": answer}
        at = BEGAN + timedelta(hours=hours, minutes=place)
        event = Event(id=f"{learner}-{run}-{place}", lesson=lesson, activity="quiz", run=run, body=body, at=at)
        Store(engine).append(event, learner)
    engine.dispose()


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> CourseFolder:
    """Give a class of two, collected by nbgrader's own command; nobody has graded it."""
    folder = CourseFolder.create(tmp_path_factory.mktemp("course") / "Курс (весна)")
    note(folder, 101, 1, 0, FIRST)
    note(folder, 102, 1, 1, FIRST, SECOND)
    note(folder, 102, 2, 2, SECOND)
    write_settings(folder.gradebook)
    part("Collect", folder).start()
    return folder


@pytest.fixture
def copied(collected: CourseFolder, tmp_path: Path) -> CourseFolder:
    """Give a copy to change."""
    shutil.copytree(collected.path, tmp_path / "copy")
    return CourseFolder.open(tmp_path / "copy")


def part(name: str, folder: CourseFolder, lesson: str = LESSON, learner: str = "", **traits: Any) -> Any:
    """Make a part of the exchange as nbgrader's commands do: by the names in ``nbgrader_config.py``."""
    config = Config(PyFileConfigLoader(CONFIG_FILE, path=str(folder.gradebook)).load_config())
    directory = CourseDirectory(config=config)
    directory.assignment_id, directory.student_id = lesson, learner or directory.student_id
    return getattr(ExchangeFactory(config=config), name)(coursedir=directory, config=config, **traits)


def submitted(folder: CourseFolder) -> dict[str, str]:
    root = folder.gradebook / "submitted"
    return {str(path.relative_to(root)): path.read_text("utf-8") for path in sorted(root.rglob("*.*"))}


def answers_of(folder: CourseFolder, learner: int) -> dict[str, Any]:
    path = folder.gradebook / "submitted" / str(learner) / LESSON / f"{LESSON}.ipynb"
    cell = next(cell for cell in nbformat.read(path, as_version=4).cells if cell.id == "answers")
    found: dict[str, Any] = json.loads(cell.source.split("'")[1].encode().decode("unicode_escape"))["quiz"]
    return found


def test_collecting_hands_in_what_grading_does(collected: CourseFolder, copied: CourseFolder) -> None:
    shutil.rmtree(copied.gradebook / "submitted")
    report = gradebook.grade(copied, LESSON)
    assert submitted(copied) == submitted(collected)
    assert len(submitted(collected)) == 4
    assert report.learners == 2


def test_collected_work_can_be_graded(copied: CourseFolder) -> None:
    assert not (copied.gradebook / "autograded").exists()
    scores = gradebook.grade(copied, LESSON).scores[LESSON]
    assert scores["102"][FIRST[0]] > 0
    assert scores["102"][SECOND[0]] > scores["101"][SECOND[0]] == 0


def test_list_names_released_lessons(collected: CourseFolder) -> None:
    (released,) = part("List", collected, lesson="").start()
    assert (released["course_id"], released["assignment_id"], released["status"]) == ("ecitizen", LESSON, "released")
    assert [Path(one["path"]).name for one in released["notebooks"]] == [f"{LESSON}.ipynb"]


def test_inbound_list_keeps_every_try_and_says_which_counts(collected: CourseFolder) -> None:
    found = part("List", collected, lesson="", inbound=True).start()
    tries = {row["student_id"]: [(one["run"], one["counts"]) for one in row["submissions"]] for row in found}
    assert tries == {"101": [(1, True)], "102": [(1, True), (2, False)]}
    assert found[0]["submissions"][0]["timestamp"] == "2026-03-01 09:00:00.000000 UTC"
    assert [row["student_id"] for row in part("List", collected, learner="102", inbound=True).start()] == ["102"]
    assert part("List", collected, cached=True).start() == []


def test_better_try_is_collected_when_asked_for(copied: CourseFolder) -> None:
    note(copied, 101, 2, 5, FIRST, SECOND)
    part("Collect", copied).start()
    assert set(answers_of(copied, 101)) == {FIRST[0]}
    part("Collect", copied, learner="102", update=True).start()
    assert set(answers_of(copied, 101)) == {FIRST[0]}
    part("Collect", copied, learner="101", update=True).start()
    assert set(answers_of(copied, 101)) == {FIRST[0], SECOND[0]}
    assert "14:01" in submitted(copied)[str(Path("101", LESSON, "timestamp.txt"))]


def test_other_answers_get_a_later_time(copied: CourseFolder) -> None:
    built, root = assignment(content.lesson(LESSON)), copied.gradebook
    graded = root / "autograded" / "7" / LESSON / "timestamp.txt"
    graded.parent.mkdir(parents=True)
    times = []
    for answer in ({}, dict([FIRST]), dict([SECOND])):
        attempt = Attempt(learner=7, answers={"quiz": answer, "practice": {}}, at=BEGAN)
        hand_in(root, built, attempt)
        time = root / "submitted" / "7" / LESSON / "timestamp.txt"
        times.append(time.read_text())
        # A crash between time and notebook moves the time no further.
        time.with_name(f"{LESSON}.ipynb").unlink()
        hand_in(root, built, attempt)
        assert time.read_text() == times[-1]
        shutil.copy(time, graded)
    assert times == sorted(set(times))


def test_before_duedate_takes_what_was_done_by_then(copied: CourseFolder) -> None:
    from nbgrader.api import Gradebook

    note(copied, 102, 3, 9, FIRST, SECOND, ("q03", None))
    with quiet(), Gradebook(f"sqlite:///{copied.gradebook / 'gradebook.db'}", "ecitizen") as book:
        book.update_or_create_assignment(LESSON, duedate="2026-03-01 10:00:30 UTC")
    part("Collect", copied, before_duedate=True).start()
    # The second answer of 102 came half a minute late; 101 was in time.
    assert set(answers_of(copied, 102)) == {FIRST[0]}
    assert "10:00:00" in submitted(copied)[str(Path("102", LESSON, "timestamp.txt"))]


@pytest.mark.parametrize("update", [False, True])
def test_tampered_work_is_collected_anew(collected: CourseFolder, copied: CourseFolder, update: bool) -> None:
    place = copied.gradebook / "submitted" / "101" / LESSON
    (place / "json.py").write_text("raise SystemExit")
    notebook = nbformat.read(place / f"{LESSON}.ipynb", as_version=4)
    notebook.cells[1].source = "answers = 1/0"
    nbformat.write(notebook, place / f"{LESSON}.ipynb")
    assert not is_ours(copied.gradebook, LESSON, 101)
    part("Collect", copied, update=update).start()
    assert set(submitted(copied)) == set(submitted(collected))
    assert set(answers_of(copied, 101)) == {FIRST[0]}
    assert is_ours(copied.gradebook, LESSON, 101)


@pytest.mark.parametrize(
    ("name", "traits", "words"),
    [
        ("Submit", {}, "уже в журнале"),
        ("FetchAssignment", {}, "на страницах курса"),
        ("FetchFeedback", {}, "ecitizen feedback"),
        ("ReleaseFeedback", {}, "ecitizen feedback"),
        ("List", {"remove": True}, "toc.yaml"),
        ("List", {"remove": True, "inbound": True}, "ecitizen erase"),
        ("Collect", {"lesson": "99-none"}, "99-none"),
        ("ReleaseAssignment", {"lesson": "99-none"}, "99-none"),
    ],
)
def test_what_has_no_meaning_is_refused_in_words(
    collected: CourseFolder, name: str, traits: dict[str, Any], words: str
) -> None:
    before = submitted(collected)
    with pytest.raises(ExchangeError, match=words):
        part(name, collected, **traits).start()
    assert submitted(collected) == before


def test_collecting_waits_for_no_grader(copied: CourseFolder) -> None:
    with closing(sqlite3.connect(copied.gradebook / "grade.lock", isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ExchangeError, match="другим оцениванием"):
            part("Collect", copied).start()


def test_folder_that_is_no_course_is_refused(collected: CourseFolder, tmp_path: Path) -> None:
    shutil.copytree(collected.gradebook, tmp_path / "nbgrader")
    moved = SimpleNamespace(gradebook=tmp_path / "nbgrader")
    with pytest.raises(ExchangeError, match="нет курса"):
        part("Collect", moved).start()  # type: ignore[arg-type]
    (tmp_path / "course.yaml").write_text("site: Б\n")
    shutil.move(tmp_path / "nbgrader", tmp_path / "elsewhere")
    with pytest.raises(ExchangeError, match="не папка курса"):
        part("Collect", SimpleNamespace(gradebook=tmp_path / "elsewhere")).start()  # type: ignore[arg-type]


def test_release_makes_the_notebook_without_keys(copied: CourseFolder) -> None:
    shutil.rmtree(copied.gradebook / "release")
    part("ReleaseAssignment", copied).start()
    text = (copied.gradebook / "release" / LESSON / f"{LESSON}.ipynb").read_text("utf-8")
    assert "HIDDEN TESTS" not in text


def api(kind: type, folder: CourseFolder) -> Any:
    config = Config(PyFileConfigLoader(CONFIG_FILE, path=str(folder.gradebook)).load_config())
    return kind(CourseDirectory(config=config), config=config)


def test_windows_has_the_same_exchange(copied: CourseFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def posix_only(*_: Any, **__: Any) -> None:
        raise AssertionError("Windows has no such thing")

    for module in ("nbgrader.apps.api", "nbgrader.exchange.default.exchange"):
        monkeypatch.setattr(f"{module}.sys", SimpleNamespace(platform="win32"))
    for name in ("chmod", "chown", "getuid", "getgroups"):
        monkeypatch.setattr(os, name, posix_only, raising=False)
    shutil.rmtree(copied.gradebook / "submitted")
    assert api(NbGraderAPI, copied).collect(LESSON) is None
    ours = api(PortableAPI, copied)
    assert ours.collect(LESSON)["success"]
    assert ours.get_assignment(LESSON)["status"] == "released"
    assert ours.get_assignment(LESSON)["num_submissions"] == 2
    assert ours.release_assignment(LESSON)["success"]
    refused = ours.unrelease(LESSON)
    assert not refused["success"]
    assert "toc.yaml" in refused["log"]


Change = Callable[[Any, Path], object]
FOREIGN: dict[str, Change] = {
    "code in front": lambda notebook, _: notebook.cells.insert(0, nbformat.v4.new_code_cell("1/0")),
    "code as answers": lambda notebook, _: notebook.cells[1].update(source="import os\nanswers = os.environ"),
    "another key": lambda notebook, _: notebook.cells[3].update(source="points = 99.0\npoints"),
    "a cell less": lambda notebook, _: notebook.cells.pop(3),
    "a module beside": lambda _, place: (place / "json.py").write_text("raise SystemExit"),
}


def guarded(place: Path, change: Change, lesson: str = LESSON) -> bool:
    """Look at a submission as nbgrader's autograder has it when its locked cells are back; is it left as it was?"""
    notebook = nbformat.reads(notebook_text(assignment(content.lesson(LESSON)).source), as_version=4)
    change(notebook, place)
    nbformat.write(notebook, place / f"{lesson}.ipynb")
    before = notebook_text(notebook)
    resources = {"metadata": {"path": str(place)}, "nbgrader": {"assignment": lesson}}
    kept, _ = OnlyOurCells().preprocess(notebook, resources)
    return bool(notebook_text(kept) == before)


@pytest.mark.parametrize("change", FOREIGN.values(), ids=FOREIGN)
def test_guard_lets_nothing_strange_reach_a_kernel(tmp_path: Path, change: Change) -> None:
    with pytest.raises(ForeignWorkError, match="не запущена") as refused:
        guarded(tmp_path, change)
    assert isinstance(refused.value, CourseError)


def test_guard_leaves_our_work_and_other_assignments_alone(tmp_path: Path) -> None:
    assert guarded(tmp_path, lambda *_: None)
    assert guarded(tmp_path, FOREIGN["code in front"], lesson="own-assignment")
