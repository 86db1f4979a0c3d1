"""nbgrader's own commands and formgrader's buttons on a demonstration class, as an engineer uses them."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from test_gradebook_feedback import keys_of, plain

from ecitizen import content, demo, gradebook
from ecitizen.database import open_engine
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.assignment import assignment
from ecitizen.gradebook.manual import responses
from ecitizen.journal.event import Event
from ecitizen.journal.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.thorough]

LESSON = "01-gosuslugi"
WITH_LETTER, LETTER = "11-email", "q10"
GIVEN = {"subject": 1.0, "greeting": 0.0, "request": 1.5, "signature": 1.0}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> CourseFolder:
    """Give the class of ``ecitizen demo --learners 5``; nobody has collected or graded anything."""
    folder = CourseFolder.create(tmp_path_factory.mktemp("demo") / "Курс 1")
    demo.make(folder, learners=5, seed=1)
    gradebook.lab_config(folder)
    return folder


@pytest.fixture
def course(played: CourseFolder, tmp_path: Path) -> CourseFolder:
    """Give a copy to work in."""
    shutil.copytree(played.path, tmp_path / "copy")
    return CourseFolder.open(tmp_path / "copy")


def truth(folder: CourseFolder) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = json.loads((folder.path / demo.TRUTH).read_text("utf-8"))["scores"][LESSON]
    return found


def nbgrader(folder: CourseFolder, *arguments: str, fails: bool = False) -> str:
    """Run a command of nbgrader in its folder; gives what it said."""
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=folder.gradebook, capture_output=True, text=True, timeout=600)
    assert (done.returncode != 0) == fails, done.stderr
    return done.stdout + done.stderr


def test_commands_go_the_whole_way(course: CourseFolder) -> None:
    learners = set(truth(course))
    assert not (course.gradebook / "release").exists()
    said = nbgrader(course, "collect", LESSON)
    assert set(re.findall(r"Собрана работа: ученик (\d+)", said)) == learners
    assert f"ecitizen {LESSON}" in nbgrader(course, "list")
    inbound = nbgrader(course, "list", "--inbound")
    assert all(f"ученик {learner}, {LESSON}" in inbound for learner in learners)
    assert "в зачёт" in inbound
    assert "Без изменений" in nbgrader(course, "collect", LESSON, "--update")
    nbgrader(course, "autograde", LESSON)
    assert gradebook.scores(course)[LESSON] == {who: pytest.approx(points) for who, points in truth(course).items()}
    nbgrader(course, "generate_feedback", LESSON)
    pages = list((course.gradebook / "feedback").rglob("*.html"))
    assert {path.parts[-3] for path in pages} == learners
    shown = [path.read_text("utf-8") for path in pages]
    shown += [path.read_text("utf-8") for path in (course.gradebook / "release").rglob("*.ipynb")]
    keys = keys_of(assignment(content.lesson(LESSON)))
    assert not [key for key in keys for text in shown if key in text or key in plain(text)]
    nbgrader(course, "export", "--exporter=ecitizen.gradebook.exporting.CsvExport", "--to=results.csv")
    assert (course.gradebook / "results.csv").read_text("utf-8-sig").count("\n") == 1 + sum(
        len(points) for points in truth(course).values()
    )
    for kind, name in (("Xlsx", "r.xlsx"), ("Moodle", "r-moodle.csv"), ("Xapi", "r.json")):
        exporter = f"--exporter=ecitizen.gradebook.exporting.{kind}Export"
        nbgrader(course, "export", exporter, f"--to={name}", "--ResultsExport.by=skill")
        assert (course.gradebook / name).stat().st_size > 100
    assert "уже в журнале" in nbgrader(course, "submit", LESSON, fails=True)
    # And our own engine finds nothing to object to.
    assert gradebook.grade(course, LESSON).scores[LESSON] == {
        who: pytest.approx(points) for who, points in truth(course).items()
    }


def test_stock_autograder_refuses_what_is_not_ours(course: CourseFolder, tmp_path: Path) -> None:
    owned = tmp_path / "owned"
    gradebook.grade(course, LESSON)
    learner = min(truth(course))
    path = course.gradebook / "submitted" / learner / LESSON / f"{LESSON}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(f"open({str(owned)!r}, 'w').close()"))
    nbformat.write(notebook, path)
    said = nbgrader(course, "autograde", LESSON, "--student", learner, "--force", fails=True)
    assert "не запущена" in said
    assert not owned.exists()
    # nbgrader alone would have run it.
    config = course.gradebook / "nbgrader_config.py"
    kept = [line for line in config.read_text("utf-8").splitlines() if "sanitize_preprocessors" not in line]
    config.write_text("\n".join(kept), encoding="utf-8")
    nbgrader(course, "autograde", LESSON, "--student", learner, "--force")
    assert owned.exists()
    nbgrader(course, "collect", LESSON, "--student", learner)
    assert str(owned) not in path.read_text("utf-8")


class Lab:
    """JupyterLab with formgrader on a course, as ``ecitizen lab`` starts it."""

    def __init__(self, folder: CourseFolder) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = gradebook.lab_command(folder, self.port)
        self.server = subprocess.Popen(
            [*command, "--no-browser", "--allow-root", "--IdentityProvider.token=t"],
            cwd=folder.gradebook,
            env=gradebook.lab_environment(folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def call(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """Ask formgrader's API; waits for the server, at most two minutes."""
        address = f"http://127.0.0.1:{self.port}/formgrader/api/{path}"
        sent = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(address, sent, {"Authorization": "token t"}, method=method)
        ends = time.monotonic() + 120
        while time.monotonic() < ends and self.server.poll() is None:
            try:
                with urllib.request.urlopen(request, timeout=120) as answer:
                    return json.loads(answer.read())
            except urllib.error.HTTPError:
                raise
            except OSError:
                time.sleep(0.2)
        raise AssertionError("JupyterLab did not start")


def write_letters(folder: CourseFolder) -> None:
    """Let two learners answer in their own words."""
    engine = open_engine(folder.database_url)
    for learner in (101, 102):
        body = {"do": "answer", "item": LETTER, "answer": f"Тема: заявка.\n\nЭто письмо номер {learner}."}
        event = Event(id=f"letter-{learner}", lesson=WITH_LETTER, activity="quiz", run=1, body=body)
        Store(engine).for_learner(learner).append(event)
    engine.dispose()


def test_formgrader_shows_and_gives_the_same_points(course: CourseFolder) -> None:
    write_letters(course)
    lesson = content.lesson(WITH_LETTER)
    gradebook.grade(course, WITH_LETTER)
    gradebook.mark(course, lesson, 101, LETTER, GIVEN, comment="Хорошо!")
    running = Lab(course)
    try:
        shown = {}
        for row in running.call(f"submissions/{WITH_LETTER}"):
            (notebook,) = running.call(f"student_notebook_submissions/{row['student']}/{WITH_LETTER}")
            grades = running.call(f"grades?submission_id={notebook['id']}")
            comments = running.call(f"comments?submission_id={notebook['id']}")
            shown[row["student"]] = (
                next(one for one in grades if one["name"] == LETTER),
                next(one for one in comments if one["name"] == LETTER),
            )
        grade, comment = shown["101"]
        assert grade["manual_score"] == sum(GIVEN.values())
        assert not grade["needs_manual_grade"]
        assert comment["manual_comment"].endswith("Хорошо!")
        waits, _ = shown["102"]
        assert waits["needs_manual_grade"]
        running.call(f"grade/{waits['id']}", "PUT", {"manual_score": 1.5, "extra_credit": None})
    finally:
        running.server.terminate()
        running.server.wait()
    given = {one.learner: one.given for one in responses(course, [lesson])}
    assert given[102] is not None
    assert given[102].total == 1.5
    assert given[101] is not None
    assert given[101].points == GIVEN


@pytest.fixture
def lab(course: CourseFolder) -> Iterator[Lab]:
    """Give a lab that ends with the test."""
    gradebook.grade(course, LESSON)
    for step in ("submitted", "autograded"):
        shutil.rmtree(course.gradebook / step)
    running = Lab(course)
    try:
        yield running
    finally:
        running.server.terminate()
        running.server.wait()


def test_buttons_of_formgrader_work(course: CourseFolder, lab: Lab) -> None:
    (shown,) = lab.call("assignments")
    assert (shown["name"], shown["status"], shown["releaseable"], shown["num_submissions"]) == (
        LESSON,
        "released",
        True,
        0,
    )
    collected = lab.call(f"assignment/{LESSON}/collect", "POST")
    assert collected["success"], collected
    assert lab.call(f"assignment/{LESSON}")["num_submissions"] == len(truth(course))
    assert lab.call(f"assignment/{LESSON}/release", "POST")["success"]
    for refused, words in (("unrelease", "toc.yaml"), ("release_feedback", "ecitizen feedback")):
        said = lab.call(f"assignment/{LESSON}/{refused}", "POST")
        assert not said["success"]
        assert words in said["log"]
    learner = min(truth(course))
    assert lab.call(f"submission/{LESSON}/{learner}/autograde", "POST")["success"]
    scores = {row["student"]: (row["autograded"], row["score"]) for row in lab.call(f"submissions/{LESSON}")}
    assert set(scores) == set(truth(course))
    assert scores[learner] == (True, pytest.approx(sum(truth(course)[learner].values())))
    assert lab.call(f"assignment/{LESSON}/{learner}/generate_feedback", "POST")["success"]
