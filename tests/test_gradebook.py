"""The whole way through nbgrader: three learners' journals in, nbgrader's own gradebook out.

The truth below is counted by hand from the answers, not by any code of the package.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import pytest
from test_gradebook_assignment import LESSON, probe

from ecitizen import content, gradebook
from ecitizen.database import open_engine, upgrade
from ecitizen.errors import CourseError, FolderError
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.engine import Engine, session
from ecitizen.gradebook.work import EngineName
from ecitizen.journal.event import Event
from ecitizen.journal.store import Store

pytestmark = pytest.mark.slow

BEGAN = datetime(2026, 3, 1, 9, tzinfo=UTC)

RIGHT = {
    "q01": "o1",
    "q02": ["o1", "o3", "o4"],
    "q03": {"value": True, "reason": "o1"},
    "q04": ["s1", "s2", "s3", "s4"],
    "q05": {"l1": "r1", "l2": "r2"},
    "q06": "6",
    "q07": "Портал  Госуслуг!",
    "q08": ["p2", "p3"],
}
PARTLY = {
    "q01": "o2",
    "q02": ["o1", "o3"],
    "q03": {"value": True, "reason": "o2"},
    "q04": ["s1", "s2", "s4", "s3"],
    "q05": {"l1": "r1", "l2": "r1"},
    "q06": 7,
    "q07": "сайт",
    "q08": ["p2"],
}
HOSTILE = {
    "q01": 10**2000,
    "q02": [[[[[["o1"]]]]]],
    "q03": {"value": "True", "reason": ["o1"], "__class__": "x"},
    "q04": "'); import os; os.system('touch /tmp/owned') #\n%%bash\n### END HIDDEN TESTS",
    "q05": {"l1": {"l1": None}, "points": 2},
    "q06": "6",
    "q07": '"""\\\u2028<script>alert(1)</script>### BEGIN SOLUTION',
    "q08": {"0": "p2"},
}
TRUTH = {
    "101": {
        "q01": 1,
        "q02": 3,
        "q03": 2,
        "q04": 3,
        "q05": 2,
        "q06": 1,
        "q07": 1,
        "q08": 2,
        "order-filed": 3,
        "order-careful": 2,
        "order-secret": 1,
        "look-seen": 2,
    },
    "102": {
        # Two of three found; half for the wrong reason; two of three neighbours; one of two pairs and places.
        "q01": 0,
        "q02": 2,
        "q03": 1,
        "q04": 2,
        "q05": 1,
        "q06": 0,
        "q07": 0,
        "q08": 1,
        # Filed, but never left: what pays only at the end does not pay.
        "order-filed": 3,
        "order-careful": 0,
        "order-secret": 0,
        "look-seen": 0,
    },
    "103": {
        "q01": 0,
        "q02": 0,
        "q03": 0,
        "q04": 0,
        "q05": 0,
        "q06": 1,
        "q07": 0,
        "q08": 0,
        "order-filed": 3,
        "order-careful": 0,
        "order-secret": 0,
        "look-seen": 0,
    },
}


Graded = tuple[CourseFolder, gradebook.GradeReport, list[tuple[int, int]]]
"""A graded class, its report, and what the progress was told."""

Again = Callable[..., gradebook.GradeReport]
"""Grade a folder, perhaps by another lesson than ``probe()``."""


class Journal:
    """Write events of a synthetic class, a minute apart."""

    def __init__(self, folder: CourseFolder) -> None:
        self.engine = open_engine(folder.database_url)
        upgrade(self.engine, "journal")
        self.store = Store(self.engine)
        self.count = len(self.store.read())

    def note(self, learner: int | None, activity: str, run: int, *bodies: dict[str, Any]) -> None:
        for body in bodies:
            self.count += 1
            at = BEGAN + timedelta(minutes=self.count)
            event = Event(id=f"e{self.count}", lesson=LESSON, activity=activity, run=run, body=body, at=at)
            self.store.append(event, learner)

    def quiz(self, learner: int | None, run: int, answers: dict[str, Any]) -> None:
        bodies = [{"do": "answer", "item": item, "answer": answer} for item, answer in answers.items()]
        self.note(learner, "quiz", run, *bodies, {"do": "finish"})

    def presses(self, learner: int, task: str, run: int, *controls: str) -> None:
        self.note(learner, f"practice:{task}:solo", run, *({"do": "press", "control": name} for name in controls))

    def close(self) -> None:
        self.engine.dispose()


def write_class(folder: CourseFolder) -> None:
    journal = Journal(folder)
    journal.quiz(101, 1, PARTLY)
    journal.quiz(101, 2, RIGHT)
    journal.presses(101, "order", 1, "news", "file", "leave")
    journal.note(101, "practice:order:solo", 2, {"do": "begin"})
    journal.presses(101, "order", 2, "file", "leave")
    journal.presses(101, "look", 1, "status")
    journal.quiz(102, 1, PARTLY)
    journal.presses(102, "order", 1, "tell", "file")
    journal.quiz(103, 1, HOSTILE)
    journal.note(103, "practice:order:solo", 1, {"do": "press", "control": {"a": "b"}}, {"do": ["x"]})
    journal.presses(103, "order", 1, "tell", "news", "file", "leave")
    journal.quiz(None, 1, RIGHT)
    journal.note(104, "lesson", 1, {"do": "step", "step": 2})
    journal.close()


@pytest.fixture(scope="module", params=["fast", pytest.param("stock", marks=pytest.mark.thorough)])
def engine(request: pytest.FixtureRequest) -> EngineName:
    """Name the engine that grades; all of this file is a fact of both."""
    name: EngineName = request.param
    return name


@pytest.fixture
def again(engine: EngineName) -> Again:
    """Give what grades a folder with this engine."""
    return partial(grade_again, engine)


@pytest.fixture(scope="module")
def graded(engine: EngineName, tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """Give a class graded once; who changes it works on a copy."""
    # The name is what a librarian could call it: spaces, Cyrillic, signs that regular expressions know.
    folder = CourseFolder.create(tmp_path_factory.mktemp("course") / "Курс (весна) +1.2")
    write_class(folder)
    seen: list[tuple[int, int]] = []
    where = Path.cwd()
    report = gradebook.grade_lessons(folder, [probe()], lambda done, total: seen.append((done, total)), engine=engine)
    assert Path.cwd() == where
    return folder, report, seen


@pytest.fixture
def copied(graded: Graded, tmp_path: Path) -> CourseFolder:
    """Give a copy of the graded class to change."""
    shutil.copytree(graded[0].path, tmp_path / "copy", copy_function=shutil.copy2)
    return CourseFolder.open(tmp_path / "copy")


def grade_again(
    engine: EngineName, folder: CourseFolder, lesson: content.Lesson | None = None
) -> gradebook.GradeReport:
    return gradebook.grade_lessons(folder, [lesson or probe()], engine=engine)


def place(folder: CourseFolder, step: str, learner: str = "101") -> Path:
    return folder.gradebook / step / learner / LESSON


def test_scores_equal_truth_counted_by_hand(graded: Graded) -> None:
    folder, report, _ = graded
    assert report.scores == {LESSON: {who: pytest.approx(points) for who, points in TRUTH.items()}}
    assert gradebook.scores(folder) == report.scores


def test_nbgraders_own_totals_agree(graded: Graded) -> None:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{graded[0].gradebook / 'gradebook.db'}", "ecitizen") as book:
        totals = {row["student"]: (row["score"], row["max_score"]) for row in book.submission_dicts(LESSON)}
        names = {(student.id, student.first_name, student.email) for student in book.students}
    assert totals == {who: (pytest.approx(sum(points.values())), 23) for who, points in TRUTH.items()}
    assert names == {(who, None, None) for who in TRUTH}


def test_report_counts_what_was_done(graded: Graded) -> None:
    _, report, seen = graded
    assert (report.learners, report.graded, report.unchanged) == (3, 3, 0)
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]
    document = json.loads(json.dumps(report.to_json()))
    assert set(document) == {"scores", "pending", "learners", "graded", "unchanged", "seconds"}
    assert "Проверено работ: 3" in report.text()


def test_release_shows_no_key(graded: Graded) -> None:
    text = (graded[0].gradebook / "release" / LESSON / f"{LESSON}.ipynb").read_text(encoding="utf-8")
    for secret in (
        "HIDDEN TESTS",
        "mark_key",
        "Это чужой сайт",
        "портал госуслуг",
        "Торопят",
        "Были лишние",
        "NotImplemented",
    ):
        assert secret not in text
    assert not list((graded[0].gradebook / "release").rglob("*.sha256"))


def test_nothing_hostile_was_run(graded: Graded) -> None:
    assert not Path("/tmp/owned").exists()
    notebook = nbformat.read(place(graded[0], "autograded", "103") / f"{LESSON}.ipynb", as_version=4)
    outputs = {cell.id: cell.outputs for cell in notebook.cells if cell.cell_type == "code"}
    assert outputs.pop("answers") == []
    assert {output.output_type for cell in outputs.values() for output in cell} == {"execute_result"}


def test_submission_time_is_of_the_counted_tries(graded: Graded) -> None:
    # 9 + 9 answers and finishes, 3 presses, a begin, 2 presses, 1 press: the 25th minute.
    assert (place(graded[0], "submitted") / "timestamp.txt").read_text() == "2026-03-01 09:25:00.000000 UTC"


def test_second_grading_does_nothing(copied: CourseFolder, again: Again) -> None:
    files = {path: path.stat().st_mtime_ns for path in copied.gradebook.rglob("*.*") if path.suffix != ".db"}
    report = again(copied)
    assert (report.graded, report.unchanged) == (0, 3)
    assert report.seconds < 2
    changed = {path.name for path, before in files.items() if path.stat().st_mtime_ns != before}
    assert changed <= {"nbgrader_config.py", "grade.lock"}


def test_better_answer_is_graded_alone(copied: CourseFolder, again: Again) -> None:
    stamp = place(copied, "submitted", "102") / "timestamp.txt"
    before = stamp.read_text()
    journal = Journal(copied)
    journal.quiz(102, 1, {"q01": "o1"})
    journal.close()
    report = again(copied)
    assert (report.graded, report.unchanged) == (1, 2)
    assert report.scores[LESSON]["102"]["q01"] == 1
    assert stamp.read_text() > before


def test_corrected_key_is_graded_anew(copied: CourseFolder, again: Again) -> None:
    fixed = probe(change_quiz=("right: 6\n", "right: 7\n"))
    report = again(copied, fixed)
    assert report.graded == 3
    assert [report.scores[LESSON][who]["q06"] for who in TRUTH] == [0, 1, 0]
    assert again(copied, fixed).graded == 0


def test_added_question_is_graded_anew(copied: CourseFolder, again: Again) -> None:
    question = "{id: q00, kind: number, skill: s, difficulty: 1, points: 1, text: Год, right: 1, otherwise: Нет}"
    report = again(copied, probe(change_quiz=("items:", f"items:\n  - {question}")))
    assert report.graded == 3
    assert report.scores[LESSON]["101"] == TRUTH["101"] | {"q00": 0}


def test_hand_given_points_outlive_other_cells(copied: CourseFolder, again: Again) -> None:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{copied.gradebook / 'gradebook.db'}", "ecitizen") as book:
        book.find_grade("q01", LESSON, LESSON, "102").manual_score = 1.0
        book.db.commit()
    assert again(copied).scores[LESSON]["102"]["q01"] == 1
    assert again(copied, probe(change_quiz=("id: q02", "id: q77"))).scores[LESSON]["102"]["q01"] == 1
    assert "q01" not in again(copied, probe(change_quiz=("id: q01", "id: q77"))).scores[LESSON]["102"]
    assert again(copied).scores[LESSON]["102"]["q01"] == 1


@pytest.mark.parametrize("left", ["no stamp", "half a gradebook", "no autograded", "no submission", "cut submission"])
def test_leftovers_of_a_crash_are_mended(copied: CourseFolder, left: str, again: Again) -> None:
    from nbgrader.api import Gradebook

    if left == "no stamp":
        (place(copied, "autograded") / "graded.sha256").unlink()
    elif left == "half a gradebook":
        with Gradebook(f"sqlite:///{copied.gradebook / 'gradebook.db'}", "ecitizen") as book:
            book.find_grade("q02", LESSON, LESSON, "101").auto_score = None
            book.db.commit()
    elif left == "no submission":
        shutil.rmtree(place(copied, "submitted"))
    elif left == "cut submission":
        (place(copied, "submitted") / f"{LESSON}.ipynb").write_text('{"cells": [')
    else:
        shutil.rmtree(place(copied, "autograded"))
    report = again(copied)
    expected = 0 if left in {"no submission", "cut submission"} else 1
    assert report.graded == expected
    assert report.scores[LESSON]["101"] == TRUTH["101"]
    assert (place(copied, "submitted") / f"{LESSON}.ipynb").read_text(encoding="utf-8").endswith("}\n")


def test_lost_gradebook_is_made_again(copied: CourseFolder, again: Again) -> None:
    (copied.gradebook / "gradebook.db").unlink()
    report = again(copied)
    assert report.graded == 3
    assert report.scores[LESSON]["101"] == TRUTH["101"]


def test_code_laid_into_submissions_is_removed(copied: CourseFolder, again: Again) -> None:
    folder = place(copied, "submitted")
    (folder / "json.py").write_text("raise SystemExit")
    notebook = nbformat.read(folder / f"{LESSON}.ipynb", as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell("answers = 1/0"))
    nbformat.write(notebook, folder / f"{LESSON}.ipynb")
    again(copied)
    assert {path.name for path in folder.iterdir()} == {f"{LESSON}.ipynb", "timestamp.txt"}
    assert "1/0" not in (folder / f"{LESSON}.ipynb").read_text(encoding="utf-8")


def test_killed_grader_leaves_nothing_half_graded(copied: CourseFolder, engine: EngineName, again: Again) -> None:
    (copied.gradebook / "gradebook.db").unlink()
    shutil.rmtree(copied.gradebook / "autograded")
    code = "import sys, test_gradebook as t; from pathlib import Path; "
    code += "t.grade_again(sys.argv[1], t.CourseFolder.open(Path(sys.argv[2])))"
    command = [sys.executable, "-c", code, engine, str(copied.path)]
    worker = subprocess.Popen(command, cwd=Path(__file__).parent)
    begun = place(copied, "autograded", "102")
    ends = time.monotonic() + 300
    while not begun.exists() and time.monotonic() < ends:
        time.sleep(0.001)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    report = again(copied)
    assert (report.graded, report.unchanged) == (2, 1)
    assert report.scores == {LESSON: {who: pytest.approx(points) for who, points in TRUTH.items()}}


def test_second_grader_is_told_to_wait(copied: CourseFolder, again: Again) -> None:
    import sqlite3

    lock = sqlite3.connect(copied.gradebook / "grade.lock", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CourseError, match="другим оцениванием"):
        again(copied)
    lock.close()
    assert again(copied).graded == 0


def test_cell_without_a_number_is_no_zero(copied: CourseFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    # As where the kernel of ``python3`` is another Python, without this package: every cell would be an error.
    monkeypatch.setenv("PYTHONPATH", str(copied.path))
    (copied.path / "ecitizen.py").write_text("raise ImportError('not here')")
    journal = Journal(copied)
    journal.quiz(102, 1, {"q01": "o1"})
    journal.close()
    with pytest.raises(CourseError, match="q01 не дала числа"):
        grade_again("stock", copied)
    monkeypatch.undo()
    assert grade_again("stock", copied).scores[LESSON]["102"]["q01"] == 1


def test_passed_lessons_become_facts(graded: Graded) -> None:
    (fact,) = gradebook.completions(graded[0], 60, {101: "central"})
    assert (fact.kind, fact.person, fact.site) == ("lesson-passed", 101, "central")
    assert fact.tags == {"lesson": LESSON}
    assert fact.date == datetime(2026, 3, 1, 9, 25, tzinfo=UTC).astimezone().date()
    assert fact.key == f"lesson-passed:{LESSON}:101"
    assert "23 из 23" in fact.text


@pytest.mark.parametrize(("share_pct", "passed"), [(100, [101]), (43.4, [101, 102]), (0, [101, 102, 103])])
def test_share_decides_who_passed(graded: Graded, share_pct: float, passed: list[int]) -> None:
    assert [fact.person for fact in gradebook.completions(graded[0], share_pct)] == passed


def test_folder_without_grades_reads_empty(tmp_path: Path) -> None:
    folder = CourseFolder.create(tmp_path / "new")
    assert gradebook.scores(folder) == {}
    assert gradebook.completions(folder, 60) == []


def test_folder_that_nbgrader_cannot_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="Переименуйте"):
        gradebook.lab_config(CourseFolder.create(tmp_path / "курс [1]"))


def test_alembic_is_found_beside_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    gradebook.lab_config(CourseFolder.create(tmp_path / "new"))
    with session(tmp_path / "new" / "nbgrader") as engine:
        assert isinstance(engine, Engine)
        assert engine.lessons() == []
    assert os.environ["PATH"] == "/nowhere"


def test_lab_shows_formgrader_on_the_course(graded: Graded) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*gradebook.lab_command(graded[0], port), "--no-browser", "--allow-root", "--IdentityProvider.token=t"]
    address = f"http://127.0.0.1:{port}/formgrader/api/submissions/{LESSON}?token=t"
    with subprocess.Popen(
        command,
        cwd=graded[0].gradebook,
        env=gradebook.lab_environment(graded[0]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as server:
        try:
            shown = json.loads(fetched(address, server))
        finally:
            server.kill()
    assert {row["student"]: row["score"] for row in shown} == {
        who: pytest.approx(sum(points.values())) for who, points in TRUTH.items()
    }


def fetched(address: str, server: subprocess.Popen[bytes]) -> str:
    """Ask until the server is up, at most a minute."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.2)
    raise AssertionError("JupyterLab did not start")
