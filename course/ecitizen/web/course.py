"""The course as the pages see it: its lessons and how far a learner has come in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ecitizen import content
from ecitizen.journal.event import Journal
from ecitizen.journal.runs import RunTrace
from ecitizen.practice.machine import Run
from ecitizen.practice.seeds import seed_of
from ecitizen.web.progress import LessonProgress, Outline, progress


@dataclass(frozen=True, slots=True)
class Course:
    """The content of the installation, or of another root."""

    root: Path | None = None

    def lesson_ids(self) -> list[str]:
        """Give the lessons in the order of the course."""
        return content.lesson_ids(self.root)

    def titles(self) -> dict[str, str]:
        """Give the titles of the lessons by id."""
        return {entry.id: entry.title for entry in content.toc(self.root).lessons}

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

        events = [event for lesson in self.lesson_ids() for event in journal.read(lesson)]
        return progress(self.outlines(), events, finished)
