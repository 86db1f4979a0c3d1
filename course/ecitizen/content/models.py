"""The small files that belong to no single lesson: skills, order of lessons, fact register, texts of the page."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, RootModel, model_validator

from ecitizen.practice.forms import Form
from ecitizen.practice.quiz import Id, Part, Text, fault


class Skills(Part):
    """``lessons/skills.yaml``: what the course teaches, one short line a skill."""

    skills: Annotated[dict[Id, Text], Field(min_length=1)]


class TocLesson(Part):
    """One lesson in the order of the course."""

    id: Id
    title: Text
    summary: Text
    """One sentence for the catalogue."""

    minutes: Annotated[int, Field(ge=5, le=240)]
    """How long it takes in class."""

    audience: Literal["learners", "staff"] = "learners"
    """Whom the catalogue offers it to; what is for the staff stands apart, below."""


class TocTest(TocLesson):
    """The entry or the exit test: a page without practice, its questions drawn from ``quizzes/course-test.yaml``."""

    form: Form


class Trained(Part):
    """Who counts as trained, for the papers."""

    lessons: Annotated[tuple[Id, ...], Field(min_length=1)]
    """All of these have to be passed."""

    pass_share_pct: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
    """Share of a lesson's points that passes it."""

    min_sessions: Annotated[int, Field(ge=0, le=100)]
    """Classes that have to be attended."""


class Toc(Part):
    """``lessons/toc.yaml``: the order of the lessons, and what makes a graduate."""

    course: Text
    lessons: Annotated[tuple[TocLesson, ...], Field(min_length=1)]
    tests: tuple[TocTest, ...] = ()
    trained: Trained

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        known = [entry.id for entry in (*self.lessons, *self.tests)]
        for twice in {lesson for lesson in known if known.count(lesson) > 1}:
            raise fault(f"урок {twice!r} стоит дважды", "Уберите одну из записей")
        for lesson in self.trained.lessons:
            if lesson not in known:
                raise fault(f"trained требует урок {lesson!r}, которого нет в lessons", "Исправьте id урока")
        return self


class RegisteredFact(Part):
    """Something checkable that the course says about the world."""

    id: Id
    says: Text
    source: str = ""
    """Where it was seen; the content check asks for it."""

    checked: date
    """When it was last seen true there."""

    recheck: date
    """From this day on it counts as stale."""

    used_in: tuple[str, ...] = ()
    """Files that rely on it, from the content root."""


class FactRegister(Part):
    """``lessons/facts.yaml``."""

    facts: tuple[RegisteredFact, ...]

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        known = [fact.id for fact in self.facts]
        for twice in {fact for fact in known if known.count(fact) > 1}:
            raise fault(f"сведение {twice!r} стоит дважды", "Уберите одну из записей")
        return self


Wave = Literal["end", "later"]
"""When the survey is asked: at the end of the course, and three months later."""

Outcome = Literal["knowledge", "confidence", "application", "awareness"]
"""The four outcomes that libraries ask for after their programmes (Project Outcome, Public Library Association)."""


class SurveyQuestion(Part):
    """One statement to agree with or not."""

    id: Id
    outcome: Outcome
    waves: Annotated[tuple[Wave, ...], Field(min_length=1)]
    text: Text


class Survey(Part):
    """``quizzes/survey.yaml``: what graduates are asked, without a name."""

    id: Literal["survey"]
    title: Text
    intro: Text
    thanks: Text
    scale: Annotated[tuple[Text, ...], Field(min_length=5, max_length=5)]
    """Five words from "not at all" to "yes"; stored as 1 to 5."""

    outcomes: dict[Outcome, Text]
    """The name of each outcome."""

    questions: Annotated[tuple[SurveyQuestion, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        known = [question.id for question in self.questions]
        for twice in sorted({one for one in known if known.count(one) > 1}):
            raise fault(f"вопрос {twice!r} стоит дважды", "Дайте другой id")
        for question in self.questions:
            if question.outcome not in self.outcomes:
                raise fault(f"исход {question.outcome!r} не назван", "Добавьте его в outcomes")
        return self

    def asked(self, wave: Wave) -> list[SurveyQuestion]:
        """Give the questions of one wave."""
        return [question for question in self.questions if wave in question.waves]


class Term(Part):
    """A word of the course, and the words that are not said in its place."""

    say: Text
    never: Annotated[tuple[Text, ...], Field(min_length=1)]
    """Whole words or phrases in any case; an asterisk at the end stands for any ending."""


class Jargon(Part):
    """A hard word, which a lesson explains where it uses it."""

    word: Text
    forms: Annotated[tuple[Text, ...], Field(min_length=1)]
    """As in ``never``."""


class Words(Part):
    """``lessons/words.yaml``: one word for one thing, and the words that need an explanation."""

    terms: tuple[Term, ...]
    jargon: tuple[Jargon, ...]
    explained_by: Annotated[tuple[Text, ...], Field(min_length=1)]
    """Marks of an explanation: one of them stands close to the hard word."""


class Texts(RootModel[dict[Id, dict[str, str | tuple[str, ...]]]]):
    """``widgets/texts.yaml``: what the browser side says, by section and key; a few are lists."""
