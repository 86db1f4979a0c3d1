"""What a graded cell does, told twice from one place: as the text that a kernel runs, and as a function.

The stock engine runs the text, the fast one calls the function on a cell of just this text. Both give the same number
for any answers (tests/test_gradebook_marking.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ecitizen.practice.items import key, mark_key
from ecitizen.practice.quiz import Checked
from ecitizen.practice.rubric import Criterion
from ecitizen.practice.rubric import points as points_of

_GIVEN = {
    "quiz": 'given = answers["quiz"].get("{of}")  # None: not answered',
    "practice": 'given = answers["practice"].get("{of}")  # None: not begun',
}

_MARKING = {
    "quiz": """\
    from ecitizen.practice.items import mark_key
    points = {most!r} * mark_key(json.loads({key!r}), given)""",
    "practice": """\
    from ecitizen.practice.rubric import Criterion, points as points_of
    points = points_of(Criterion.model_validate_json({key!r}), given)""",
}

_HIDDEN = """### BEGIN HIDDEN TESTS
import contextlib, io, json, warnings
with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
    # A word on stderr would make nbgrader give zero, and anything but a number would make it give all points.
    warnings.simplefilter("ignore")
{marking}
points = min(max(0.0, float(points)), {most!r})
### END HIDDEN TESTS
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """How one question is marked by the program."""

    part: Literal["quiz", "practice"]
    of: str
    """The item of the quiz, or the task of the practice, whose answer is marked."""

    key: str
    """JSON: the key of the item, or the criterion."""

    most: float

    def source(self, *, hidden: bool) -> str:
        """Write the graded cell, with the key or without."""
        marking = _MARKING[self.part].format(most=self.most, key=self.key)
        test = _HIDDEN.format(marking=marking, most=self.most) if hidden else ""
        # The last line is the score: zero where the hidden test is missing, never nbgrader's "no output, all points".
        return f"{_GIVEN[self.part].format(of=self.of)}\npoints = 0.0\n{test}points"

    def points(self, answers: Mapping[str, Any]) -> float:
        """Give what the cell gives for the answers of the answers cell, from 0 to ``most``."""
        given = answers[self.part].get(self.of)
        if self.part == "quiz":
            points = self.most * mark_key(json.loads(self.key), given)
        else:
            points = points_of(Criterion.model_validate_json(self.key), given)
        return min(max(0.0, float(points)), self.most)


def of_item(item: Checked) -> Marking:
    """Tell how an item of the quiz is marked."""
    return Marking(part="quiz", of=item.id, key=_json(key(item)), most=float(item.points))


def of_criterion(criterion: Criterion) -> Marking:
    """Tell how a criterion of the practice is marked."""
    text = _json(criterion.model_dump(mode="json", exclude_none=True))
    return Marking(part="practice", of=criterion.task, key=text, most=float(criterion.points))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
