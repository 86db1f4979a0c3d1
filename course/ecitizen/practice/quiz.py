"""A quiz as its YAML file states it: ten kinds of items, each with its key and its explanations.

Ids inside an item are given by the place in the file, so that authors need not invent them: options and reasons are
``o1, o2, …`` (and so are the buttons of a screen, through all its lines), steps ``s1, …`` (in the right order), the two
sides of pairs ``l1, …`` and ``r1, …`` (``l1`` belongs to ``r1``), spans ``p1, …``. The key therefore never leaves the
kernel: what a page may see is made by :func:`ecitizen.practice.presenting.present`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from ecitizen.practice.wording import normal_text

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
"""The name of a thing in a content file: small Latin letters, digits and hyphens."""


def _some_text(text: str) -> str:
    if not text.strip():
        raise fault("текст пуст", "Напишите текст или уберите строку")
    return text


Text = Annotated[str, AfterValidator(_some_text), StringConstraints(max_length=2000)]
"""A sentence or two for the learner; never blank."""

FEWEST_CONTROLS, MOST_CONTROLS = 3, 12
"""Buttons on the screen of a ``find``."""

LONGEST_WRITTEN = 2000
"""Characters of a written answer."""

ROUNDING = 1e-9
"""Room for binary fractions: 0.1 + 0.2 is 0.3 to an author."""

Finite = Annotated[float, Field(allow_inf_nan=False, ge=-1e15, le=1e15)]


def fault(problem: str, remedy: str) -> PydanticCustomError:
    """Give the error of a rule that pydantic does not know; ``content`` prints both parts as they are."""
    context = {"problem": problem, "remedy": remedy}
    return PydanticCustomError("course", "{problem}. {remedy}", context)


class Part(BaseModel):
    """Anything in a content file: unknown keys are faults, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Option(Part):
    """One answer to choose; a wrong one says why it is wrong."""

    text: Text
    right: bool = False
    why: str = ""

    @model_validator(mode="after")
    def _wrong_is_explained(self) -> Self:
        if not self.right and not self.why.strip():
            raise fault(f"у неверного варианта {self.text!r} нет why", "Объясните, почему он не подходит")
        return self


class Span(Part):
    """A piece of a letter, an address or an SMS that can be marked as suspicious."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    suspicious: bool = False
    why: str = ""


class WrongNumber(Part):
    """A number that people take by mistake, and what went wrong then."""

    value: Finite
    why: Text


class _Base(Part):
    id: Id
    skill: Id
    """Key of ``lessons/skills.yaml``: what the item measures."""

    difficulty: Annotated[int, Field(ge=1, le=3)]
    points: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
    text: Text
    why: str = ""
    """Said when the answer is right."""

    facts: tuple[Id, ...] = ()
    """Ids of the fact register that the item relies on."""

    from_lesson: Id | None = None
    """The lesson whose skill is repeated here, if not the quiz's own."""


class Single(_Base):
    """One right option among several."""

    kind: Literal["single"]
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=12)]

    @model_validator(mode="after")
    def _one_right(self) -> Self:
        _all_different([option.text for option in self.options], "вариант")
        _exactly_one(self.options, "вариант")
        return self


class Several(_Base):
    """Any number of right options, at least one; partial credit."""

    kind: Literal["several"]
    options: Annotated[tuple[Option, ...], Field(min_length=2, max_length=12)]

    @model_validator(mode="after")
    def _some_right(self) -> Self:
        _all_different([option.text for option in self.options], "вариант")
        if not any(option.right for option in self.options):
            raise fault("нет ни одного верного варианта", "Поставьте right: true у верных")
        return self


class TrueFalse(_Base):
    """A statement, and the reason why it holds or not; the reason is half of the item."""

    kind: Literal["truefalse"]
    right: bool
    wrong_why: Text
    """Said to those who took the statement the wrong way."""

    reasons: Annotated[tuple[Option, ...], Field(min_length=2, max_length=12)]

    @model_validator(mode="after")
    def _one_reason(self) -> Self:
        _all_different([reason.text for reason in self.reasons], "довод")
        _exactly_one(self.reasons, "довод")
        return self


class Order(_Base):
    """Steps to put into order; the file holds them in the right one."""

    kind: Literal["order"]
    steps: Annotated[tuple[Text, ...], Field(min_length=2, max_length=12)]

    @model_validator(mode="after")
    def _steps_differ(self) -> Self:
        _all_different(self.steps, "шаг")
        return self


class Match(_Base):
    """Pairs to put together again."""

    kind: Literal["match"]
    pairs: Annotated[tuple[tuple[Text, Text], ...], Field(min_length=2, max_length=12)]

    @model_validator(mode="after")
    def _pairs_differ(self) -> Self:
        _all_different([left for left, _ in self.pairs], "текст слева")
        _all_different([right for _, right in self.pairs], "текст справа")
        return self


class Number(_Base):
    """A number to read or to work out."""

    kind: Literal["number"]
    right: Finite
    tolerance: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0
    """How far from ``right`` is still right, in the same unit."""

    unit: str = ""
    wrong: tuple[WrongNumber, ...] = ()
    otherwise: Text
    """Said to any wrong number that ``wrong`` does not list."""

    @model_validator(mode="after")
    def _wrong_is_wrong(self) -> Self:
        for number in self.wrong:
            if abs(number.value - self.right) <= self.tolerance:
                problem = f"число {number.value:g} стоит в wrong, но засчитывается как верное"
                raise fault(problem, "Уберите его или уменьшите tolerance")
        return self


class ShortText(_Base):
    """A word or two to type; case, ё, spaces and punctuation don't count."""

    kind: Literal["text"]
    accept: Annotated[tuple[Text, ...], Field(min_length=1, max_length=50)]
    otherwise: Text

    @model_validator(mode="after")
    def _accepted_count(self) -> Self:
        for text in self.accept:
            if not normal_text(text):
                raise fault(f"в ответе {text!r} нет ни букв, ни цифр", "Напишите ответ словами")
        return self


class Mark(_Base):
    """Suspicious places to find in a letter, an address or an SMS; partial credit."""

    kind: Literal["mark"]
    context: Literal["address", "sms", "letter"]
    spans: Annotated[tuple[Span, ...], Field(min_length=2, max_length=40)]

    @model_validator(mode="after")
    def _some_suspicious(self) -> Self:
        if not any(span.suspicious for span in self.spans):
            raise fault("нет ни одного подозрительного места", "Поставьте suspicious: true у нужных кусков")
        return self


def _kind_of_line(line: object) -> str:
    return "sentence" if isinstance(line, str) else "controls"


Controls = Annotated[tuple[Option, ...], Field(min_length=1, max_length=MOST_CONTROLS)]
"""Buttons that stand side by side."""

Line = Annotated[
    Annotated[Text, Tag("sentence")] | Annotated[Controls, Tag("controls")],
    Discriminator(_kind_of_line),
]
"""A sentence, or a list of buttons."""


class FindScreen(Part):
    """A small screen to look something up on; it is drawn as it stands here."""

    host: Text | None = None
    """Host for the address bar, such as ``gosuslugi.ru``; without it there is no address bar."""

    title: Text
    lines: Annotated[tuple[Line, ...], Field(min_length=1, max_length=MOST_CONTROLS)]
    """A sentence, or a list of buttons side by side."""


class Find(_Base):
    """The one right button to find on a screen."""

    kind: Literal["find"]
    screen: FindScreen

    @model_validator(mode="after")
    def _one_right(self) -> Self:
        controls = self.options
        if not FEWEST_CONTROLS <= len(controls) <= MOST_CONTROLS:
            problem = f"кнопок на экране {len(controls)}, а нужно от {FEWEST_CONTROLS} до {MOST_CONTROLS}"
            raise fault(problem, "Добавьте или уберите кнопки")
        _all_different([control.text for control in controls], "кнопка")
        _exactly_one(controls, "кнопка")
        return self

    @property
    def options(self) -> tuple[Option, ...]:
        """Give the buttons of all lines, in the order of the file."""
        return tuple(control for line in self.screen.lines if not isinstance(line, str) for control in line)


class SchemeLine(Part):
    """One thing that a person looks for in a written answer."""

    id: Id
    text: Text
    points: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]


class Written(_Base):
    """A free answer; a person reads it and gives points by the scheme."""

    kind: Literal["written"]
    sample: Text
    """A good answer; the learner sees it after answering."""

    scheme: Annotated[tuple[SchemeLine, ...], Field(min_length=1, max_length=12)]
    """What earns points; they add up to those of the question."""

    @model_validator(mode="after")
    def _scheme_adds_up(self) -> Self:
        _all_different([line.id for line in self.scheme], "id")
        whole = sum(line.points for line in self.scheme)
        if abs(whole - self.points) > ROUNDING:
            problem = f"баллы в scheme дают {whole:g}, а у вопроса их {self.points:g}"
            raise fault(problem, "Сделайте суммы равными")
        return self


Checked = Single | Several | TrueFalse | Order | Match | Number | ShortText | Mark | Find
"""A question that the program itself can check."""

Item = Annotated[Checked | Written, Field(discriminator="kind")]
"""One question of a quiz, of any kind."""


class Quiz(Part):
    """All questions of one lesson."""

    id: Id
    title: Text
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=60)]

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        _all_different([item.id for item in self.items], "id")
        return self

    def item(self, item_id: str) -> Item:
        """Give the item with this id; KeyError if there is none."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise KeyError(item_id)


def ids(prefix: str, parts: Sequence[object]) -> list[str]:
    """Give the ids of the parts by their places in the file: ``o1, o2, …``."""
    return [f"{prefix}{place}" for place in range(1, len(parts) + 1)]


def _all_different(texts: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for text in texts:
        # Two options that differ by a space or a capital look the same to a learner.
        plain = normal_text(text) or text
        if plain in seen:
            raise fault(f"{what} {text!r} стоит дважды", "Уберите или измените один из них")
        seen.add(plain)


def _exactly_one(options: Sequence[Option], what: str) -> None:
    right = sum(option.right for option in options)
    if right != 1:
        raise fault(f"верных ответов ({what}) должно быть ровно 1, а есть {right}", "Поставьте right: true у одного")
