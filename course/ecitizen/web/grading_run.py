"""Collect and grade in a process of its own, and know how far it has come.

nbgrader changes the working directory and keeps a core busy; neither must happen in the server. The child is this
module: it prints one line of JSON for each step.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Thread
from typing import Any, Literal

from ecitizen import content
from ecitizen.database import open_engine
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.journal.store import Store


@dataclass(slots=True)
class Progress:
    """How far the last run has come."""

    stage: Literal["never", "running", "done", "failed"] = "never"
    done: int = 0
    most: int = 0
    """Submissions to grade; 0 while it is not known yet."""

    graded: int = 0
    fault: str = ""
    """What a person can put right, in Russian; empty if the run broke off without a word."""


class GradingRun:
    """At most one run of grading at a time."""

    def __init__(self) -> None:
        """Know of no run yet."""
        self.progress = Progress()

    def start(self, folder: CourseFolder, root: Path | None = None) -> bool:
        """Begin a run; False if one is going on already."""
        if self.progress.stage == "running":
            return False
        self.progress = Progress(stage="running")
        wanted = json.dumps({"folder": str(folder.path), "root": str(root) if root else None})
        Thread(target=self._follow, args=[wanted], daemon=True, name="ecitizen-grading").start()
        return True

    def _follow(self, wanted: str) -> None:
        progress = self.progress
        try:
            command = [sys.executable, "-m", __name__, wanted]
            nothing = subprocess.DEVNULL
            with subprocess.Popen(  # noqa: S603 - our own interpreter and module
                command, stdin=nothing, stdout=subprocess.PIPE, stderr=nothing, text=True
            ) as child:
                assert child.stdout is not None
                for line in child.stdout:
                    for name, value in json.loads(line).items():
                        setattr(progress, name, value)
        finally:
            if progress.stage == "running":
                progress.stage = "failed"


def main(wanted: str) -> None:
    """Be the child; ``wanted`` is ``{"folder", "root"}`` as JSON. Lessons that nobody has opened are left alone."""
    from ecitizen.gradebook import grade_lessons

    asked = json.loads(wanted)
    root = Path(asked["root"]) if asked["root"] else None
    try:
        folder = CourseFolder.open(Path(asked["folder"]))
        opened = {event.lesson for event in Store(open_engine(folder.database_url)).read()}
        lessons = [content.lesson(lesson, root) for lesson in content.lesson_ids(root) if lesson in opened]
        report = grade_lessons(folder, lessons, lambda done, most: _tell(done=done, most=most))
        _tell(stage="done", graded=report.graded)
    except CourseError as error:
        _tell(stage="failed", fault=str(error))


def _tell(**told: Any) -> None:
    sys.stdout.write(json.dumps({name: told[name] for name in told if name in asdict(Progress())}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
