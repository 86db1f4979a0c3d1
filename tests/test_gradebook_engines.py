"""Both engines come to the same, and the fast one is safe: nothing runs, and no crash leaves half a score."""

from __future__ import annotations

import hashlib
import inspect
import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.nbgraderformat.common import BaseMetadataValidator
from nbgrader.preprocessors import CheckCellMetadata
from nbgrader.server_extensions.formgrader.base import BaseHandler
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension, load_jupyter_server_extension
from test_gradebook import HOSTILE, PARTLY, RIGHT, Journal
from test_gradebook_assignment import LESSON
from test_gradebook_manual import ALL, TEXT, lesson

from ecitizen import gradebook
from ecitizen.content import Lesson
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.gradebook import jobs
from ecitizen.gradebook.assignment import Assignment, assignment
from ecitizen.gradebook.engine import Engine, EngineError, session
from ecitizen.gradebook.fast import LENT, CheckedOnce, FastEngine
from ecitizen.gradebook.grading import build
from ecitizen.gradebook.pooled import PooledGradebook
from ecitizen.gradebook.work import EngineName
from ecitizen.gradebook.writing import notebook_text

slow = pytest.mark.slow

CHEAPER = lesson(rubric=("points: 3", "points: 4"))
"""The lesson with another weight: all three submissions are graded anew."""

GRADES = """
SELECT s.student_id, s.timestamp, s.extension, n.late_submission_penalty, n.flagged, c.name,
       g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade
FROM grade g JOIN base_cell c ON c.id = g.cell_id JOIN submitted_notebook n ON n.id = g.notebook_id
JOIN submitted_assignment s ON s.id = n.assignment_id ORDER BY s.student_id, c.name"""
COMMENTS = """
SELECT s.student_id, c.name, m.auto_comment, m.manual_comment
FROM comment m JOIN base_cell c ON c.id = m.cell_id JOIN submitted_notebook n ON n.id = m.notebook_id
JOIN submitted_assignment s ON s.id = n.assignment_id ORDER BY s.student_id, c.name"""
OTHERS = (
    "SELECT id, first_name, last_name, email, lms_user_id FROM student ORDER BY id",
    "SELECT id FROM course ORDER BY id",
    "SELECT name, duedate, course_id FROM assignment",
    "SELECT name, cell_type, locked, source, checksum FROM source_cell ORDER BY name",
)


def everything(folder: CourseFolder) -> list[list[tuple[Any, ...]]]:
    """Give the whole gradebook; the keys of the rows, which are random, aside."""
    with closing(sqlite3.connect(folder.gradebook / "gradebook.db")) as database:
        return [database.execute(query).fetchall() for query in (GRADES, COMMENTS, *OTHERS)]


def notebooks(folder: CourseFolder) -> dict[str, Any]:
    """Give the graded notebooks without the times of execution, and the other files beside them."""
    found: dict[str, Any] = {}
    for path in sorted((folder.gradebook / "autograded").rglob("*.*")):
        name, text = str(path.relative_to(folder.gradebook)), path.read_text(encoding="utf-8")
        found[name] = text
        if path.suffix == ".ipynb":
            found[name] = json.loads(text)
            for cell in found[name]["cells"]:
                cell["metadata"].pop("execution", None)
        found[f"mode of {name}"] = oct(path.stat().st_mode)
    return found


def write_class(folder: CourseFolder) -> None:
    journal = Journal(folder)
    journal.quiz(101, 1, PARTLY | {"exit": "o2", "call": TEXT})
    journal.quiz(102, 1, HOSTILE | {"exit": "o1", "call": "  "})
    journal.note(102, "practice:order:solo", 1, {"do": "press", "control": {"a": "b"}}, {"do": ["x"]})
    journal.presses(102, "order", 1, "tell", "news", "file", "leave")
    journal.quiz(103, 1, RIGHT | {"exit": "o2", "call": "Не скажу ничего."})
    journal.presses(103, "order", 1, "file", "leave")
    journal.close()


def graded_by(folder: CourseFolder, engine: EngineName, by: Lesson | None = None, **options: int) -> None:
    gradebook.grade_lessons(folder, [by or lesson()], engine=engine, **options)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> CourseFolder:
    """Give a class that nobody has graded, with the release already made."""
    folder = CourseFolder.create(tmp_path_factory.mktemp("course") / "fresh")
    gradebook.grade_lessons(folder, [lesson()])
    write_class(folder)
    return folder


@pytest.fixture(scope="module")
def marked(fresh: CourseFolder, tmp_path_factory: pytest.TempPathFactory) -> CourseFolder:
    """Give the class graded by the fast engine, with one written answer marked."""
    folder = copy(fresh, tmp_path_factory.mktemp("marked"))
    graded_by(folder, "fast")
    gradebook.mark(folder, lesson(), 103, "call", ALL, comment="Хорошо!")
    return folder


def copy(folder: CourseFolder, place: Path) -> CourseFolder:
    shutil.copytree(folder.path, place / "copy", copy_function=shutil.copy2)
    return CourseFolder.open(place / "copy")


@pytest.fixture
def copied(marked: CourseFolder, tmp_path: Path) -> CourseFolder:
    """Give a copy of the marked class to change."""
    return copy(marked, tmp_path)


def built_of(folder: CourseFolder) -> tuple[Assignment, Path]:
    """Give the assignment, and the submission of learner 101."""
    return assignment(lesson()), folder.gradebook / "submitted" / "101" / LESSON / f"{LESSON}.ipynb"


@slow
def test_gradebook_and_notebooks_are_equal(fresh: CourseFolder, tmp_path: Path) -> None:
    both = [copy(fresh, tmp_path / name) for name in ("fast", "stock")]
    graded_by(both[0], "fast")
    graded_by(both[1], "stock")
    assert everything(both[0]) == everything(both[1])
    assert notebooks(both[0]) == notebooks(both[1])
    assert len(everything(both[0])[0]) == 3 * (len(assignment(lesson()).markings) + 1)
    # And once more, with another weight, a mark, a changed text and a due day that is over.
    for folder, engine in zip(both, ("fast", "stock"), strict=True):
        gradebook.mark(folder, lesson(), 103, "call", ALL, comment="Хорошо!")
        gradebook.mark(folder, lesson(), 101, "call", ALL)
        journal = Journal(folder)
        journal.quiz(101, 1, {"call": "Передумал"})
        journal.close()
        with Gradebook(f"sqlite:///{folder.gradebook / 'gradebook.db'}", "ecitizen") as book:
            book.update_or_create_assignment(LESSON, duedate="2020-01-01 00:00:00 UTC")
        graded_by(folder, engine, CHEAPER)
    assert everything(both[0]) == everything(both[1])
    assert notebooks(both[0]) == notebooks(both[1])


@slow
@pytest.mark.parametrize(("first", "second"), [("fast", "stock"), ("stock", "fast")])
def test_engines_take_turns(fresh: CourseFolder, tmp_path: Path, first: EngineName, second: EngineName) -> None:
    folder = copy(fresh, tmp_path)
    graded_by(folder, first)
    before = everything(folder), notebooks(folder)
    shutil.rmtree(folder.gradebook / "autograded" / "101")
    graded_by(folder, second)
    assert (everything(folder), notebooks(folder)) == before


@slow
@pytest.mark.parametrize("engine", ["fast", "stock"])
def test_processes_come_to_the_same(
    fresh: CourseFolder, marked: CourseFolder, tmp_path: Path, engine: EngineName
) -> None:
    folder = copy(fresh, tmp_path)
    graded_by(folder, engine, jobs=2)
    gradebook.mark(folder, lesson(), 103, "call", ALL, comment="Хорошо!")
    assert everything(folder) == everything(marked)
    assert notebooks(folder) == notebooks(marked)


CODE = "open({place!r}, 'w').close()\n"
LAID: dict[str, Any] = {
    "code in front": lambda notebook, code: notebook.cells.insert(0, nbformat.v4.new_code_cell(code)),
    "code as answers": lambda notebook, code: notebook.cells[1].update(source=code),
    "code after the answers": lambda notebook, code: notebook.cells[1].update(
        source=f"{notebook.cells[1].source}\n{code}"
    ),
}


@slow
@pytest.mark.parametrize("laid", LAID.values(), ids=LAID)
def test_laid_code_is_refused_and_would_have_run(copied: CourseFolder, tmp_path: Path, laid: Any) -> None:
    owned = tmp_path / "owned"
    built, path = built_of(copied)
    notebook = nbformat.read(path, as_version=4)
    laid(notebook, CODE.format(place=str(owned)))
    nbformat.write(notebook, path)
    before = everything(copied)
    with session(copied.gradebook, FastEngine) as engine, pytest.raises(EngineError):
        engine.autograde(built, "101")
    assert not owned.exists()
    assert everything(copied) == before
    with session(copied.gradebook) as engine, suppress(EngineError):
        engine.autograde(built, "101")
    assert owned.exists()


@slow
def test_code_in_the_gradebook_is_refused(copied: CourseFolder, tmp_path: Path) -> None:
    owned = tmp_path / "owned"
    with Gradebook(f"sqlite:///{copied.gradebook / 'gradebook.db'}", "ecitizen") as book:
        book.find_source_cell("q01", LESSON, LESSON).source = CODE.format(place=str(owned)) + "1.0"
        book.find_source_cell("q01", LESSON, LESSON).checksum = "0" * 32
        book.db.commit()
    with session(copied.gradebook, FastEngine) as engine, pytest.raises(EngineError):
        engine.autograde(built_of(copied)[0], "101")
    assert not owned.exists()


@slow
@pytest.mark.parametrize("change", ["lost", "twice"])
def test_lost_and_doubled_cells_are_refused(copied: CourseFolder, change: str) -> None:
    built, path = built_of(copied)
    notebook = nbformat.read(path, as_version=4)
    place = [cell.id for cell in notebook.cells].index("q02")
    again = nbformat.from_dict(dict(notebook.cells[place]) | {"id": "again"})
    notebook.cells[place : place + 1] = [] if change == "lost" else [notebook.cells[place], again]
    path.write_text(notebook_text(notebook), encoding="utf-8")
    before = everything(copied)
    with session(copied.gradebook, FastEngine) as engine, pytest.raises(EngineError):
        engine.autograde(built, "101")
    assert everything(copied) == before


@slow
def test_grading_runs_no_code_and_no_process(copied: CourseFolder) -> None:
    built = built_of(copied)[0]
    seen: list[str] = []
    watching = True

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if watching and event in {"subprocess.Popen", "os.fork", "os.posix_spawn", "os.exec", "os.system"}:
            seen.append(event)
        if watching and event == "exec" and "points" in arguments[0].co_names:
            seen.append(event)

    with session(copied.gradebook, FastEngine) as engine:
        sys.addaudithook(watch)
        for learner in ("101", "102", "103"):
            engine.autograde(built, learner)
        watching = False
    assert seen == []


@slow
def test_key_put_right_reaches_a_living_engine(copied: CourseFolder) -> None:
    fixed = assignment(CHEAPER)
    with session(copied.gradebook, FastEngine) as engine:
        engine.autograde(built_of(copied)[0], "103")
        assert build(engine, copied.gradebook, fixed)
        engine.autograde(fixed, "103")
        points = {cell.item: cell.points for cell in engine.grades(LESSON) if cell.learner == "103"}
        assert points["order-filed"] == 4
        with pytest.raises(EngineError):
            engine.autograde(built_of(copied)[0], "103")


@slow
@pytest.mark.parametrize("kind", [FastEngine, Engine], ids=["fast", "stock"])
def test_other_answers_of_the_same_second_count(copied: CourseFolder, kind: type[Engine]) -> None:
    built, path = built_of(copied)
    text = path.read_text(encoding="utf-8")
    assert r"\"q01\": \"o2\"" in text
    path.write_text(text.replace(r"\"q01\": \"o2\"", r"\"q01\": \"o1\""), encoding="utf-8")
    with session(copied.gradebook, kind) as engine:
        engine.autograde(built, "101")
        assert {cell.item: cell.points for cell in engine.grades(LESSON) if cell.learner == "101"}["q01"] == 1


FRAME = struct.Struct(">II16x")
"""What stands before each page in SQLite's write-ahead log: its number, and the file's pages if it ends a commit."""


def commits(folder: CourseFolder) -> int:
    """Count the transactions in the write-ahead log; it grows for as long as somebody has the gradebook open."""
    log = (folder.gradebook / "gradebook.db-wal").read_bytes()
    page = struct.unpack_from(">I", log, 8)[0]
    return sum(FRAME.unpack_from(log, place)[1] > 0 for place in range(32, len(log), FRAME.size + page))


@slow
def test_submission_is_one_transaction(fresh: CourseFolder, tmp_path: Path) -> None:
    folder = copy(fresh, tmp_path)
    built = built_of(folder)[0]
    graded_by(folder, "fast")
    with session(folder.gradebook, FastEngine) as engine:
        engine.drop(LESSON)
        build(engine, folder.gradebook, built)
        engine.autograde(built, "101")
        for learner in ("102", "103"):
            before = commits(folder)
            engine.autograde(built, learner)
            assert commits(folder) - before == 1
            engine.autograde(built, learner)
            assert commits(folder) - before <= 2


def first_graded(folder: CourseFolder) -> None:
    """Wait for the first submission, at most a minute."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends and not list((folder.gradebook / "autograded").glob("*/*/timestamp.txt")):
        time.sleep(0.001)


@slow
def test_killed_process_is_replaced(fresh: CourseFolder, marked: CourseFolder, tmp_path: Path) -> None:
    folder = copy(fresh, tmp_path)
    killed: list[int] = []

    def kill_one() -> None:
        first_graded(folder)
        pid = multiprocessing.active_children()[0].pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

    thread = threading.Thread(target=kill_one)
    thread.start()
    graded_by(folder, "stock", jobs=2)
    thread.join()
    assert killed
    gradebook.mark(folder, lesson(), 103, "call", ALL, comment="Хорошо!")
    assert everything(folder) == everything(marked)
    assert notebooks(folder) == notebooks(marked)


@slow
def test_orphans_of_a_killed_grader_do_no_harm(fresh: CourseFolder, marked: CourseFolder, tmp_path: Path) -> None:
    folder = copy(fresh, tmp_path)
    code = "import sys, test_gradebook_engines as t; from pathlib import Path; "
    code += "t.graded_by(t.CourseFolder.open(Path(sys.argv[1])), 'stock', jobs=2)"
    grader = subprocess.Popen([sys.executable, "-c", code, str(folder.path)], cwd=Path(__file__).parent)
    first_graded(folder)
    grader.kill()
    grader.wait()
    graded_by(folder, "fast")
    gradebook.mark(folder, lesson(), 103, "call", ALL, comment="Хорошо!")
    assert everything(folder) == everything(marked)
    assert notebooks(folder) == notebooks(marked)


def test_graders_wait_for_living_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "ORPHANS_S", 0)
    with jobs.at_work(tmp_path), jobs.at_work(tmp_path), pytest.raises(CourseError, match="ещё заняты"):
        jobs.require_idle(tmp_path)
    jobs.require_idle(tmp_path)


def test_metadata_is_refused_as_by_nbgrader() -> None:
    checked, theirs = CheckedOnce(), MetadataValidator()
    notebook = assignment(lesson()).source
    checked.validate_nb(notebook)
    for spoil in ({"points": -1}, {"grade": "yes"}, {"schema_version": 2}, {"grade_id": ""}, {"task": None}):
        for cell in notebook.cells:
            before = dict(cell.metadata.nbgrader)
            cell.metadata.nbgrader.update(spoil)
            faults = []
            for validator in (theirs, checked, checked):
                try:
                    validator.validate_cell(cell)
                    faults.append("")
                except Exception as error:
                    faults.append(f"{type(error).__name__}: {error}")
            assert len(set(faults)) == 1
            cell.metadata.nbgrader = nbformat.from_dict(before)


UPSTREAM = "0.9.6"
LEANT_ON = {
    "autograde": (Autograde.init_assignment, Autograde.convert_single_notebook, Autograde._init_preprocessors),
    "converter": (BaseConverter.start, BaseConverter.convert_notebooks, BaseConverter.init_destination),
    "preprocessors": tuple(kind.preprocess for kind in (*LENT, CheckCellMetadata)),
    "validator": (MetadataValidator.validate_cell, MetadataValidator.validate_nb, BaseMetadataValidator.validate_cell),
    "gradebook": tuple(getattr(Gradebook, name) for name in vars(PooledGradebook) if hasattr(Gradebook, name)),
    "formgrader": (
        *(getattr(NbGraderAPI, name) for name in ("__init__", "unrelease", "release_assignment", "collect")),
        *(NbGraderAPI.exchange_is_functional.fget, BaseHandler.api.fget),
        *(FormgradeExtension.init_handlers, load_jupyter_server_extension),
    ),
}
KNOWN = {
    "autograde": "0dfa2fe98eac",
    "converter": "c1bba2135400",
    "preprocessors": "d843703f2035",
    "validator": "db5d1535fa0a",
    "gradebook": "84cb308beb44",
    "formgrader": "33ffbe16a68c",
}
"""Of the source of nbgrader's functions that we lend our gradebook to, override or step over."""


@pytest.mark.parametrize("part", LEANT_ON)
def test_nbgrader_is_the_one_we_know(part: str) -> None:
    text = "".join(inspect.getsource(function) for function in LEANT_ON[part] if inspect.isfunction(function))
    now = hashlib.sha256(text.encode()).hexdigest()[:12]
    assert now == KNOWN[part], f"nbgrader {version('nbgrader')} differs from {UPSTREAM}: compare what leans on it"


def test_all_that_open_the_gradebook_are_lent() -> None:
    kinds = [*Autograde.sanitize_preprocessors.default(), *Autograde.autograde_preprocessors.default()]
    open_it = {kind for kind in kinds if "Gradebook" in kind.preprocess.__code__.co_names}
    assert open_it == set(LENT)
    assert "Gradebook" in Autograde.init_assignment.__code__.co_names
