"""The course as the pages see it: its lessons and how far a learner has come in them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ecitizen import content
from ecitizen.content.folders import Kind
from ecitizen.journal.event import Event, Journal
from ecitizen.journal.runs import RunTrace
from ecitizen.practice.forms import Form, form_of, recommended, tried
from ecitizen.practice.machine import Run
from ecitizen.practice.seeds import seed_of
from ecitizen.web.board_screen import Exhibit, exhibits
from ecitizen.web.progress import LessonProgress, Outline, Stage, progress

KINDS: tuple[Kind, ...] = ("lessons", "quizzes", "graders", "widgets")
WRITTEN = {".ipynb", ".yaml", ".js", ".css", ".j2"}
"""Endings of what authors write and kernels read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestProgress:
    """The entry or the exit test in the catalogue."""

    id: str
    title: str
    summary: str
    minutes: int
    form: Form
    stage: Stage
    advice: tuple[str, ...]
    """Of an entry test that is done: lessons to begin with."""


@dataclass(frozen=True, slots=True)
class Course:
    """The content of the installation, or of another root."""

    root: Path | None = None

    def stamp(self) -> int:
        """Give when the content was changed last, in ns since 1970: what a kernel has read before is out of date."""
        return max((_changed(str(content.folder(kind, self.root))) for kind in KINDS), default=0)

    def lesson_ids(self) -> list[str]:
        """Give the lessons in the order of the course."""
        return content.lesson_ids(self.root)

    def page_ids(self) -> list[str]:
        """Give all pages that open a notebook: lessons and tests."""
        return [*self.lesson_ids(), *(test.id for test in content.toc(self.root).tests)]

    def exhibits(self, page: str) -> Sequence[Exhibit]:
        """Give what stands on each step of a lesson or a test; none of an unknown one."""
        notebook = content.folder("lessons", self.root) / f"{page}.ipynb"
        return exhibits(notebook) if page in self.page_ids() else ()

    def for_staff(self) -> set[str]:
        """Give the lessons that are for the staff."""
        return {entry.id for entry in content.toc(self.root).lessons if entry.audience == "staff"}

    def titles(self) -> dict[str, str]:
        """Give the titles of the lessons by id."""
        toc = content.toc(self.root)
        return {entry.id: entry.title for entry in (*toc.lessons, *toc.tests)}

    def outlines(self) -> list[Outline]:
        """Give what each lesson consists of."""
        return [
            Outline(
                id=entry.id,
                title=entry.title,
                summary=entry.summary,
                minutes=entry.minutes,
                tasks=tuple(task.id for task in content.scenario(entry.id, self.root).tasks),
                questions=tuple(item.id for item in content.quiz(entry.id, self.root).items),
            )
            for entry in content.toc(self.root).lessons
        ]

    def progress_of(self, journal: Journal) -> list[LessonProgress]:
        """Sum up one learner's events; reads the journal, so keep it off the event loop."""
        seed = journal.seed

        def finished(lesson: str, task: str, trace: RunTrace) -> bool:
            found = content.lesson(lesson, self.root)
            run = Run(found.scenario, found.persona, task, "solo", seed_of(seed, trace.run))
            state = run.replay(event.body for event in trace.events if event.body.get("do") != "begin")
            return bool(run.facts(state)["finished"])

        return progress(self.outlines(), journal.read(None), finished)

    def tests_of(self, journal: Journal) -> dict[Form, TestProgress]:
        """Give how far a learner is in either test; reads the journal."""
        tests = content.toc(self.root).tests
        return {test.form: self._test(test, journal.read(test.id, "quiz"), journal.seed) for test in tests}

    def _test(self, test: content.TocTest, events: list[Event], seed: int) -> TestProgress:
        """Take the first try that is done, else the last one: what was advised once is not taken back."""
        items = form_of(content.pool(self.root), test.form, seed)
        runs = sorted({event.run for event in events})
        tries = [tried((event.body for event in events if event.run == run), items) for run in runs]
        answers, done = next((one for one in tries if one[1]), tries[-1] if tries else ({}, False))
        return TestProgress(
            id=test.id,
            title=test.title,
            summary=test.summary,
            minutes=test.minutes,
            form=test.form,
            stage="done" if done else "begun" if answers else "new",
            advice=tuple(recommended(items, answers)) if done and test.form == "entry" else (),
        )


def _changed(folder: str) -> int:
    """Give the newest time of a written file below a folder; for every page that is opened, so without ``pathlib``."""
    newest = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                newest = max(newest, _changed(entry.path))
            elif os.path.splitext(entry.name)[1] in WRITTEN:  # noqa: PTH122
                newest = max(newest, entry.stat().st_mtime_ns)
    return newest
