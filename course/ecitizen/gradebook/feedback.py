"""What a learner is told: what went well, and what to repeat in which lesson; from the gradebook and the rubrics.

A skill went well from :data:`WELL` of its points on. Of the practice the rubric's own sentences are said, which name an
action and no answer; of the quiz nothing is said but that there is something to answer again. So no key can get out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecitizen import content
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.manual import responses
from ecitizen.gradebook.outcomes import Outcome, summed
from ecitizen.practice.quiz import ROUNDING

WELL = 0.8
"""Share of the points that counts as mastered (Bloom, Learning for mastery, 1968, takes 0.8 to 0.9)."""

MOST_TO_REPEAT = 6
"""Skills on the paper; a longer list is not begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillFeedback:
    """What is said of one skill in one lesson."""

    skill: str
    """Its name."""

    lesson: str
    """Title of the lesson."""

    share: float
    """Share of the points, 0 to 1."""

    said: tuple[str, ...]
    """Sentences of the rubric; empty if the skill was only asked for in the quiz."""

    lesson_id: str
    part: str
    """Where in the lesson it is repeated: the task of the practice, or ``quiz``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonFeedback:
    """The points of one lesson."""

    lesson: str
    """Its title."""

    points: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What a person has written about a written answer."""

    lesson: str
    """Title of the lesson."""

    text: str
    """As it was typed: escape it before it is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """All that one learner is told."""

    learner: str
    """The number on the card."""

    lessons: tuple[LessonFeedback, ...]
    """In the order of the course; without those of which nothing has been marked yet."""

    well: tuple[SkillFeedback, ...]
    """In the order of the course."""

    again: tuple[SkillFeedback, ...]
    """At most :data:`MOST_TO_REPEAT`, those with most to gain, in the order of the course."""

    more: int
    """Other skills that could be repeated."""

    waiting: int
    """Answers that a person has yet to read."""

    remarks: tuple[Remark, ...]


def feedback(found: Sequence[Outcome], remarks: Mapping[str, Sequence[Remark]] | None = None) -> list[Feedback]:
    """Give the feedback of every learner in the outcomes by item, smallest number first, with the remarks of each."""
    learners = sorted({one.learner for one in found}, key=lambda learner: (len(learner), learner))
    own = {learner: [one for one in found if one.learner == learner] for learner in learners}
    return [_feedback(learner, own[learner], tuple((remarks or {}).get(learner, ()))) for learner in learners]


def remarks(folder: CourseFolder, found: Sequence[Outcome], learner: str | None = None) -> dict[str, list[Remark]]:
    """Give what markers have written about the answers in the outcomes, by learner, oldest answer first.

    ``learner`` reads the answers of one learner only, which is quicker.
    """
    known = set(content.lesson_ids())
    lessons = [content.lesson(lesson) for lesson in dict.fromkeys(one.lesson for one in found) if lesson in known]
    titles = {lesson.id: lesson.title for lesson in lessons}
    said: dict[str, list[Remark]] = {}
    for answer in responses(folder, lessons, learner):
        if answer.given is not None and answer.given.comment.strip():
            remark = Remark(lesson=titles[answer.lesson], text=answer.given.comment.strip())
            said.setdefault(str(answer.learner), []).append(remark)
    return said


def _feedback(learner: str, found: Sequence[Outcome], said: tuple[Remark, ...]) -> Feedback:
    titles = {entry.id: entry.title for entry in content.toc().lessons}
    known = [one for one in found if one.lesson in titles]
    skills = [_skill(one, known, titles) for one in summed(known, "skill") if one.share is not None]
    well = [one for one in skills if one.share + ROUNDING >= WELL]
    weak = [one for one in skills if one.share + ROUNDING < WELL]
    again = sorted(weak, key=lambda one: one.share)[:MOST_TO_REPEAT]
    return Feedback(
        learner=learner,
        lessons=tuple(
            LessonFeedback(lesson=titles[one.lesson], points=one.points, most=one.most)
            for one in summed(known, "lesson")
            if one.points is not None
        ),
        well=tuple(well),
        again=tuple(one for one in weak if one in again),
        more=len(weak) - len(again),
        waiting=sum(one.waits for one in known),
        remarks=said,
    )


def _skill(one: Outcome, found: Sequence[Outcome], titles: Mapping[str, str]) -> SkillFeedback:
    share = one.share or 0.0
    parts = [part for part in found if (part.lesson, part.skill) == (one.lesson, one.skill)]
    good = share + ROUNDING >= WELL
    sentences = _sentences(one.lesson)
    said = []
    weak = [part for part in parts if part.points is not None and part.points + ROUNDING < part.most]
    for part in parts:
        if part.item in sentences and part.points is not None and (part.points + ROUNDING >= part.most) == good:
            yes, no = sentences[part.item]
            said.append(yes if good else no)
    return SkillFeedback(
        skill=content.skills().get(one.skill, one.skill),
        lesson=titles[one.lesson],
        share=share,
        said=tuple(dict.fromkeys(said)),
        lesson_id=one.lesson,
        part=_part(one.lesson, weak[0].item if weak else parts[0].item),
    )


def _part(lesson: str, item: str) -> str:
    return next((criterion.task for criterion in content.rubric(lesson).criteria if criterion.id == item), "quiz")


def _sentences(lesson: str) -> dict[str, tuple[str, str]]:
    """Give what the rubric says of each criterion that is met, and of one that is not."""
    return {criterion.id: (criterion.yes, criterion.no) for criterion in content.rubric(lesson).criteria}
