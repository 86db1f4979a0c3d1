"""The fields of a form: what may be typed or chosen, and what counts as right.

A field never says how it is compared (``comparing`` does), only with what.
"""

from typing import Literal, Self

from pydantic import model_validator

from ecitizen.practice.flow import Id, Strict, Text, Typed
from ecitizen.practice.quiz import fault
from ecitizen.practice.wording import read_number

FieldType = Literal[
    "text", "long", "name", "date", "phone", "code", "password", "email", "address",
    "snils", "inn", "passport", "card", "amount", "meter",
    "choice", "checks", "file", "check",
]  # fmt: skip

CHOOSING = frozenset({"choice", "checks", "file"})
"""Types that hold ids of ``choices``."""

BY_ID = CHOOSING | {"check"}
"""Types in which nothing is typed."""

NUMBERS = frozenset({"amount", "meter"})
"""Types that are read as a number."""


class Choice(Strict):
    """One entry of a field to choose in; in a ``file`` field, one file of the folder."""

    id: Id
    label: Text
    note: str = ""
    picture: Literal["photo", "scan", "text", "program"] | None = None
    """What the file is drawn as; only in a ``file`` field."""


class FormField(Strict):
    """One field of a form; without ``expect`` any non-empty value is right."""

    id: Id
    label: Text
    type: FieldType = "text"
    expect: Typed | None = None
    """The right value, maybe ``{persona.phone}``, ``{code.login}`` or ``{visit.sum}``; a choice's id; true or false
    for a ``check``; a list of ids for ``checks``."""
    least: Text | None = None
    """Smallest number that may be right; ``amount`` and ``meter`` only."""
    most: Text | None = None
    """Greatest number that may be right; ``amount`` and ``meter`` only."""
    unit: str | None = None
    """What is counted, such as «мин»; ``amount`` and ``meter`` only. An amount without it is in roubles."""
    hint: str = ""
    empty: str = ""
    """Said when nothing was typed."""
    wrong: str = ""
    """Said when something else was typed."""
    too_small: str = ""
    """Said when the number is below ``least``."""
    too_big: str = ""
    """Said when the number is above ``most``."""
    choices: tuple[Choice, ...] = ()

    @model_validator(mode="after")
    def _choices_fit(self) -> Self:
        ids = [choice.id for choice in self.choices]
        if (self.type in CHOOSING) != bool(ids):
            remedy = "Дайте choices полям choice, checks, file и только им"
            raise fault(f"у поля типа {self.type} choices: {len(ids)}", remedy)
        if len(set(ids)) < len(ids):
            raise fault(f"повторяется id среди choices: {', '.join(ids)}", "Дайте вариантам разные id")
        if self.type != "file" and any(choice.picture for choice in self.choices):
            raise fault(f"у поля типа {self.type} есть picture", "Уберите picture или поставьте type: file")
        if self.type == "check" and self.expect not in (None, "true", "false"):
            raise fault(f"у поля типа check expect {self.expect!r}", "Напишите true или false")
        if self.expect is not None and "{" not in self.expect and (strange := self.not_a_choice(self.expect)):
            raise fault(f"expect {strange!r} нет среди choices", "Напишите id одного из вариантов")
        return self

    @model_validator(mode="after")
    def _limits_fit(self) -> Self:
        limits = (self.least, self.most)
        if self.type not in NUMBERS and limits != (None, None):
            raise fault(f"у поля типа {self.type} есть least или most", "Дайте их полям amount и meter")
        if self.type not in NUMBERS and self.unit is not None:
            raise fault(f"у поля типа {self.type} есть unit", "Дайте его полям amount и meter")
        numbers = (*limits, self.expect) if self.type in NUMBERS else ()
        for written in numbers:
            if written is not None and "{" not in written and read_number(written) is None:
                raise fault(f"{written!r} не число", 'Напишите число в кавычках, например "1250"')
        return self

    def not_a_choice(self, expected: str) -> str | None:
        """Name what of an expected value is no choice of this field; None if all of it fits or nothing is chosen."""
        if self.type not in CHOOSING:
            return None
        known = {choice.id for choice in self.choices}
        wanted = expected.split() if self.type == "checks" else [expected]
        return next((one for one in wanted if one not in known), None if wanted else expected)
