"""The entry and the exit test of the course: fifteen questions, one a screen, without a word on right or wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ecitizen import content
from ecitizen.journal.event import Event, Journal
from ecitizen.practice.forms import Form, form_of, recommended, tried
from ecitizen.practice.items import Verdict, check
from ecitizen.practice.persona import Persona
from ecitizen.practice.quiz import Item, Quiz
from ecitizen.widgets import quiz
from ecitizen.widgets.frame import Frame


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What the question widget needs of a lesson."""

    id: str
    quiz: Quiz
    persona: Persona


class CourseTest(Frame):
    """The frame of a test page: ``CourseTest("entry-test")``, then ``test.questions()`` where they shall stand."""

    def __init__(self, test_id: str, journal: Journal | None = None) -> None:
        """Open a test by its id in ``toc.yaml``; KeyError if there is none."""
        self._entry = {test.id: test for test in content.toc().tests}[test_id]
        super().__init__(test_id, self._entry.title, journal)

    def questions(self) -> Questions:
        """Draw the learner's form."""
        return Questions(self._entry.id, self._entry.form, self._shared_journal)


class Questions(quiz.Quiz):
    """One form of the test; what was right is told at the end, and as lessons to begin with."""

    def __init__(self, test_id: str, form: Form, journal: Journal) -> None:
        """Draw the form by the learner's seed, so that another try asks the same.

        ``view`` is a quiz's with ``test``, the form; ``summary`` has sentences, ``told`` and ``after``, and
        ``headings`` of its own.
        """
        self._form, self._titles = form, {entry.id: entry.title for entry in content.toc().lessons}
        self._test_id = test_id
        super().__init__(self._drawn(journal), journal)

    def _begin(self) -> None:
        self._content = self._drawn(self._journal)
        super()._begin()

    def _drawn(self, journal: Journal) -> _Drawn:
        items = form_of(content.pool(), self._form, journal.seed)
        drawn = content.pool().model_copy(update={"items": tuple(items)})
        return _Drawn(self._test_id, drawn, content.personas().personas[0])

    def _resume(self, bodies: list[dict[str, Any]]) -> None:
        self._position = 1
        super()._resume(bodies)

    def _apply(self, body: dict[str, Any]) -> None:
        super()._apply(body)
        if body.get("do") == "answer":
            self._position = min(self._position + 1, len(self._items))

    def _draw(self) -> dict[str, Any]:
        view = super()._draw()
        view["item"]["feedback"] = None
        for mark in view["items"]:
            mark["right"] = None
        return view | {"test": self._form}

    def _summary(self, verdicts: dict[str, Verdict]) -> dict[str, Any]:
        items = list(self._items.values())
        right = [item for item in items if item.id in verdicts and verdicts[item.id].share == 1]
        weak = recommended(items, self._answers) if self._form == "entry" else [_of(i) for i in items if i not in right]
        words = content.texts()["quiz"]
        before = self._before() if self._form == "exit" else None
        told = [words["test_result"].format(n=len(right), total=len(items))]
        if before is not None:
            told.append(words["test_before"].format(n=before, total=len(items)))
        return {
            # At entry a count would discourage; the advice is the result.
            "told": told if self._form == "exit" else [],
            "after": [words["test_entry_after"]] if self._form == "entry" else [],
            "headings": {key: words[f"test_{self._form}_{key}"] for key in ("well", "repeat")},
            "well": [self._titles[_of(item)] for item in right if _of(item) in self._titles],
            "repeat": [self._titles[lesson] for lesson in weak if lesson in self._titles],
        }

    def _before(self) -> int | None:
        """Count what was right at entry, in the first try that was done; None if there was none."""
        entry = next((test.id for test in content.toc().tests if test.form == "entry"), None)
        past = self._journal.read(entry, "quiz") if entry else []
        items = form_of(content.pool(), "entry", self._journal.seed)
        for run in sorted({event.run for event in past}):
            answers, done = tried(_bodies(past, run), items)
            if done:
                return sum(check(item, answers.get(item.id)).share == 1 for item in items)
        return None


def _of(item: Item) -> str:
    return item.from_lesson or ""


def _bodies(events: list[Event], run: int) -> list[dict[str, Any]]:
    return [event.body for event in events if event.run == run]
