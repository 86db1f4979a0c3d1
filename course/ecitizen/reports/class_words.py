"""The Russian words of the papers of a class (``papers/class.yaml``) and the purposes of ``papers/consent.yaml``."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ecitizen.content import folder
from ecitizen.content.loading import load_model
from ecitizen.errors import CourseError
from ecitizen.reports.words import Label, only

_Filled = Field(min_length=1)


class _Part(BaseModel):
    """A piece of the words: frozen, with no keys but its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class JournalWords(_Part):
    """The class journal."""

    title: Label
    matrix: Label
    sessions: Label
    legend: Label
    sum: Annotated[str, _Filled, only("sessions", "visits", "people")]
    empty: Label


class AttendanceWords(_Part):
    """The sheet of one session."""

    title: Label
    about: Annotated[str, _Filled, only("date", "lesson")]
    blank: Annotated[str, _Filled, only("date")]
    """On a sheet to be filled in by hand."""
    no_date: Label
    sum: Annotated[str, _Filled, only("came", "all")]


class DiaryWords(_Part):
    """The journal of consultations."""

    title: Label
    heads: Annotated[list[Label], Field(min_length=9, max_length=9)]
    obtained: Label
    sum: Annotated[str, _Filled, only("consultations", "persons", "services")]
    note: Label
    empty: Label
    channels: dict[str, Label]
    forms: dict[str, Label]


class GraduatesWords(_Part):
    """The list of those who finished."""

    title: Label
    group: Annotated[str, _Filled, only("name")]
    as_of: Annotated[str, _Filled, only("day")]
    heads: Annotated[list[Label], Field(min_length=7, max_length=7)]
    sum: Annotated[str, _Filled, only("count")]
    empty: Label


class CertificateWords(_Part):
    """The certificate."""

    done: Annotated[str, _Filled, only("lessons", "sessions")]
    done_alone: Annotated[str, _Filled, only("lessons")]
    """For somebody who came to no session."""
    day: Annotated[str, _Filled, only("day")]
    check: Label
    check_online: Annotated[str, _Filled, only("address")]
    """For a library whose course can be reached from outside."""


class DueWords(_Part):
    """The list of data that are due for erasure."""

    title: Label
    until: Annotated[str, _Filled, only("day")]
    heads: Annotated[list[Label], Field(min_length=6, max_length=6)]
    why: dict[str, Label]
    whole: Label
    """Nothing is left that the card may be kept for."""
    part: Annotated[str, _Filled, only("purpose")]
    """Other consents are in force."""
    ask: Annotated[str, _Filled, only("purpose", "day")]
    """In the list of learners stands a consent for no purpose in particular."""
    sum: Annotated[str, _Filled, only("count")]
    empty: Annotated[str, _Filled, only("count")]


class CodesWords(_Part):
    """The invitation to the survey."""

    text: Label


class Posts(_Part):
    """Who signs."""

    instructor: Label
    signs: Label
    approves: Label


class ClassWords(_Part):
    """All of them."""

    number: Label
    card: Label
    learner: Label
    date: Label
    lesson: Label
    minutes: Label
    came: Label
    total: Label
    mark: Label
    signature: Label
    was: Label
    absent: Label
    gone: Label
    none: Label
    period: Annotated[str, _Filled, only("since", "until")]
    group: Annotated[str, _Filled, only("name", "site")]
    journal: JournalWords
    attendance: AttendanceWords
    diary: DiaryWords
    graduates: GraduatesWords
    certificate: CertificateWords
    codes: CodesWords
    due: DueWords
    posts: Posts


class Purpose(_Part):
    """One purpose for which a library asks consent."""

    purpose: Label
    """As in the column «Цель» of the table ``consents``."""
    goal: Label
    data: Label
    actions: str = ""
    """What is done with the data; empty: what is done for every purpose."""
    withdraw: str = ""
    """What happens when the consent is withdrawn; empty: what happens for every purpose."""
    plea: str = ""
    """What whoever withdraws it asks for; empty: as for every purpose."""
    term: Label
    free: Label
    """What happens without it: a consent must be free."""


class ConsentWords(_Part):
    """The sheet of consent."""

    actions: Label
    withdraw: Label
    plea: Label
    purposes: Annotated[list[Purpose], Field(min_length=1)]
    certificate: Label
    """The purpose without which no certificate is printed."""

    @model_validator(mode="after")
    def _certificate_is_a_purpose(self) -> Self:
        if self.certificate not in {one.purpose for one in self.purposes}:
            raise ValueError(f"certificate: такой цели нет среди purposes: {self.certificate!r}")
        return self

    def of(self, purpose: str) -> Purpose:
        """Find a purpose; an unknown one is a ``CourseError``."""
        for one in self.purposes:
            if one.purpose.casefold() == purpose.casefold():
                return one
        known = ", ".join(one.purpose for one in self.purposes)
        raise CourseError(
            "согласие", f"нет цели {purpose!r}", f"Укажите одну из: {known}, или впишите её в consent.yaml"
        )


def class_words() -> ClassWords:
    """Read the words of the papers of a class."""
    return load_model(folder("papers") / "class.yaml", ClassWords)


def consent_words() -> ConsentWords:
    """Read the purposes."""
    return load_model(folder("papers") / "consent.yaml", ConsentWords)
