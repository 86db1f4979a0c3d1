"""The only room that knows nbgrader: build assignments, hand in attempts, grade, read the scores back.

``assignment`` makes a notebook of a lesson, ``attempts`` finds each learner's best attempt in the journal,
``submission`` turns it into an inert literal, ``marking`` tells what it is worth. ``engine`` runs nbgrader's own
converters; ``fast`` does without a kernel and with one gradebook (``pooled``) and comes to the same. ``grading`` does
only what has changed, in several processes if asked (``jobs``, ``work``) or on other computers (``distant``, over the
PostgreSQL of ``database``); ``collecting`` hands in, and ``inbox`` lets nbgrader's exchange do the same; ``guarding``
keeps strange code from nbgrader's kernels; ``formgrader`` is its pages. ``preview`` tells what a changed lesson would
change, and ``keeping`` carries the marks of people over it. ``manual`` is where a person marks written answers and
``second`` another one; ``reading`` tells others: lessons passed are summed up by the database (``summing``), dated by a
journal that is read once (``passing``), and not read again before something changes (``recalling``). ``results`` tells
what a class can do, with ``funnel`` where it gets stuck in a practice and ``timing`` how long things took; ``outcomes``
are the rows of ``exporting`` and of the learner's ``feedback``. ``settings`` is the one ``nbgrader_config.py`` for all
who open the folder.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ecitizen.folder import CourseFolder
from ecitizen.gradebook.grading import GradeReport, grade, grade_lessons, use_database
from ecitizen.gradebook.manual import Waiting, mark, waiting
from ecitizen.gradebook.reading import completions, scores, tests_passed
from ecitizen.gradebook.settings import write_settings

__all__ = [
    "GradeReport",
    "Waiting",
    "completions",
    "grade",
    "grade_lessons",
    "lab_command",
    "lab_config",
    "lab_environment",
    "mark",
    "open_lab",
    "scores",
    "tests_passed",
    "use_database",
    "waiting",
]

_QUIET = ("--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate")
"""JupyterLab asks the network for news otherwise."""


def lab_config(folder: CourseFolder) -> Path:
    """Write ``nbgrader_config.py``; JupyterLab started in its folder shows formgrader on this course."""
    return write_settings(folder.gradebook)


def lab_command(folder: CourseFolder, port: int) -> list[str]:
    """Give the command of JupyterLab on nbgrader's folder; it reaches for no other host."""
    place = lab_config(folder).parent
    return [sys.executable, "-m", "jupyterlab", f"--port={port}", f"--ServerApp.root_dir={place}", *_QUIET]


def lab_environment(folder: CourseFolder) -> dict[str, str]:
    """Give the environment of that command: Jupyter looks for settings in nbgrader's folder, too."""
    places = [str(folder.gradebook), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    return {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, places))}


def open_lab(folder: CourseFolder, port: int) -> int:
    """Run JupyterLab with formgrader on this course until it is closed; gives its exit code."""
    command = lab_command(folder, port)
    return subprocess.run(  # noqa: S603
        command, cwd=folder.gradebook, env=lab_environment(folder), check=False
    ).returncode
