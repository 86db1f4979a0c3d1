"""The papers of a class as PDF, each made of a course folder by one call: for the command line and for the desk.

Whoever prints names leaves a line in the journal of looks; ``who`` is how the trace calls them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine

from ecitizen import content
from ecitizen.errors import CourseError
from ecitizen.facts import Fact
from ecitizen.figures import BEGINNING, learning
from ecitizen.folder import CourseFolder
from ecitizen.register import certificates as signing
from ecitizen.register import class_papers as register
from ecitizen.register.facts import facts
from ecitizen.register.people import groups, sites
from ecitizen.register.surveys import make_codes
from ecitizen.reports import class_papers as setting
from ecitizen.reports.certificate import Certificate, certificates
from ecitizen.reports.class_words import consent_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """Certificates as PDF, and who has none for want of consent."""

    pdf: bytes
    count: int
    unasked: tuple[int, ...]
    """Cards of those trained whose consent to a certificate is not in force."""


def print_journal(folder: CourseFolder, engine: Engine, group: str, since: date, until: date, who: str) -> bytes:
    """Print who came when and what was taught, both days included; ``CourseError`` for an unknown group."""
    found = register.journal(engine, group, since, until, who)
    return setting.class_journal(found, since, until, folder.site, _titles())


def print_attendance(folder: CourseFolder, engine: Engine, group: str, on: date | None, who: str) -> bytes:
    """Print the sheet of a day for signatures; without a day an empty one. ``CourseError`` for an unknown group."""
    day = on or date.today()
    return setting.attendance_sheet(register.journal(engine, group, day, day, who), on, folder.site, _titles())


def print_consultations(folder: CourseFolder, engine: Engine, since: date, until: date, site: str | None) -> bytes:
    """Print the consultations of a period, of all sites or one; nobody is named in them."""
    return setting.consultation_diary(register.consultations(engine, since, until, site), since, until, folder.site)


def print_graduates(folder: CourseFolder, engine: Engine, group: str | None, who: str) -> bytes:
    """Print who has finished the course, when, and with which certificate; ``CourseError`` for an unknown group."""
    found = register.graduates(engine, _trained(_learned(folder, engine)), who, group)
    key = signing.signing_key(folder.path)
    numbers = {
        one.number: signing.printed_number(key, one.certificate, one.certificate_year)
        for one in found
        if one.certificate is not None and one.certificate_year is not None
    }
    name = groups(engine)[group] if group else ""
    return setting.graduate_list(found, numbers, folder.site, date.today(), name)


def print_consents(
    folder: CourseFolder, engine: Engine, purpose: str, who: str, *,
    group: str | None = None, learner: int | None = None, blank: bool = False,
) -> bytes:  # fmt: skip
    """Print the sheets of consent to one purpose of ``papers/consent.yaml``: of a group, of one card, or an empty one.

    ``CourseError`` if the purpose is unknown or nobody is there.
    """
    known = consent_words().of(purpose).purpose
    agreed = [] if blank else register.consents(engine, known, who, group, learner)
    return setting.consent_sheets(agreed, known, folder.site)


def print_certificates(
    folder: CourseFolder, engine: Engine, learners: Collection[int], group: str | None, who: str, *,
    address: str = "", without_consent: bool = False,
) -> Printed:  # fmt: skip
    """Issue and print the certificates of some cards, or of all of a group who are trained.

    ``address`` is where the course is open: the QR code leads there. ``CourseError`` if one of the cards is not trained
    or nobody is left to print for.
    """
    learned = _learned(folder, engine)
    people = [
        one for one in register.graduates(engine, _trained(learned), who, group) if group or one.number in learners
    ]
    _refuse_untrained(learners, {one.number for one in people})
    # An erased card has no name to print.
    people = [one for one in people if one.name != f"карточка {one.number}"]
    agreed = register.agreeing(engine, consent_words().certificate, date.today())
    unasked = () if without_consent else tuple(sorted(one.number for one in people if one.number not in agreed))
    people = [one for one in people if one.number not in unasked]
    if unasked and not people:
        numbers = ", ".join(map(str, unasked))
        problem = f"печатать некого. Нет согласия на сертификат, не напечатаны: {numbers}"
        raise CourseError("сертификаты", problem, "Напечатайте бланки согласия, возьмите подписи и впишите их даты")
    pages = _certificates(folder, engine, people, learned, who, address)
    page = signing.address_of(address, "").removesuffix("#") if address else ""
    pdf = certificates(pages, folder.site, content.toc().course, page)
    return Printed(pdf=pdf, count=len(pages), unasked=unasked)


def print_invitations(engine: Engine, site: str, count: int) -> bytes:
    """Make codes for the survey, one answer each in each wave, and print them; ``CourseError`` for an unknown site."""
    known = sites(engine)
    if site not in known:
        raise CourseError("место", f"нет кода {site!r}", f"Укажите один из: {', '.join(known)}")
    return setting.invitations(make_codes(engine, site, count, date.today()), known[site])


def _certificates(
    folder: CourseFolder, engine: Engine, people: Collection[register.Graduate], learned: list[Fact], who: str,
    address: str,
) -> list[Certificate]:  # fmt: skip
    key, course = signing.signing_key(folder.path), content.toc().course
    given = {
        one.learner: one for one in signing.issue(engine, {p.number: p.trained_on for p in people}, who, date.today())
    }
    passed, came = _counted(engine, learned)
    lines = {one.number: signing.signed_text(key, given[one.number], one.name, course) for one in people}
    return [
        Certificate(
            number=signing.printed_number(key, given[one.number].number, given[one.number].issued_on.year),
            name=one.name,
            issued_on=given[one.number].issued_on,
            trained_on=one.trained_on,
            lessons=passed.get(one.number, 0),
            sessions=came.get(one.number, 0),
            signed=signing.address_of(address, lines[one.number]) if address else lines[one.number],
        )
        for one in people
    ]


def _learned(folder: CourseFolder, engine: Engine) -> list[Fact]:
    return learning(folder, engine, ["trained"], date.today())


def _trained(learned: list[Fact]) -> dict[int, date]:
    return {fact.person: fact.date for fact in learned if fact.kind == "trained" and fact.person is not None}


def _counted(engine: Engine, learned: list[Fact]) -> tuple[dict[int, int], dict[int, int]]:
    """Count lessons passed and sessions attended by learner."""
    passed = Counter(one.person for one in learned if one.kind == "lesson-passed" and one.person is not None)
    attended = facts(engine, BEGINNING, date.today(), only=["attendance"])
    return dict(passed), dict(Counter(one.person for one in attended if one.person is not None))


def _refuse_untrained(asked: Collection[int], trained: set[int]) -> None:
    missing = [number for number in asked if number not in trained]
    if missing:
        numbers = ", ".join(map(str, missing))
        problem = f"условия курса не выполнены или карточки нет: {numbers}"
        raise CourseError("сертификаты", problem, "Условия — в lessons/toc.yaml, оценки — ecitizen grade")


def _titles() -> dict[str, str]:
    toc = content.toc()
    return {lesson.id: lesson.title for lesson in (*toc.lessons, *toc.tests)}
