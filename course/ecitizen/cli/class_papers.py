"""Commands of the papers of a class: certificates, journal, sheet of a session, consultations, graduates, consents."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecitizen.cli.common import DAY, FILE, Command, json_option, opened, show_json
from ecitizen.cli.teaching import register
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ecitizen.facts import Fact
    from ecitizen.register.certificates import Stated

WHO = "cli"


@click.command()
@click.argument("learners", nargs=-1, type=click.IntRange(1))
@opened
@json_option
@click.option("--group", default=None, help="Всем обученным этой группы.")
@click.option("--out", type=FILE, default=None, help="Файл .pdf.")
@click.option(
    "--verify", default=None, metavar="TEXT", help="Проверить номер или текст QR-кода; списки не открываются."
)
@click.option("--address", default="", metavar="URL", help="Где открыт курс: QR-код поведёт на его страницу проверки.")
@click.option("--without-consent", is_flag=True, help="И тем, чьего согласия на сертификат в журнале нет.")
def certificate(
    folder: CourseFolder, learners: tuple[int, ...], group: str | None, out: Path | None, verify: str | None,
    address: str, without_consent: bool, as_json: bool,
) -> None:  # fmt: skip
    """Напечатать сертификаты слушателям LEARNERS или группе, либо проверить сертификат."""
    from ecitizen.register.certificates import signing_key
    from ecitizen.register.certificates import verify as run

    if verify is not None:
        stated = run(signing_key(folder.path), verify)
        if as_json:
            show_json(asdict(stated))
        else:
            click.echo(_stated(stated, folder.site))
        return
    if out is None or bool(learners) == (group is not None):
        raise click.UsageError("Назовите карточки или --group ГРУППА, и файл: --out ФАЙЛ.pdf.")
    _print_certificates(folder, learners, group, out, address, without_consent)


def _stated(stated: Stated, library: str) -> str:
    if stated.name is None:
        return f"Номер {stated.number} подлинный: он выдан здесь. Имя сверьте по QR-коду."
    return (
        f"Сертификат № {stated.number} подлинный.\nВыдан {stated.issued_on:%d.%m.%Y}: {stated.name}.\n"
        f"Курс «{stated.course}», {library}."
    )


def _print_certificates(
    folder: CourseFolder, learners: tuple[int, ...], group: str | None, out: Path, address: str, without_consent: bool
) -> None:
    from ecitizen import content
    from ecitizen.opening import connect
    from ecitizen.register.certificates import address_of, issue, printed_number, signed_text, signing_key
    from ecitizen.register.class_papers import agreeing, graduates
    from ecitizen.reports.certificate import Certificate, certificates
    from ecitizen.reports.class_words import consent_words
    from ecitizen.reports.writing import check_place, write_whole

    engine, course = connect(folder), content.toc().course
    check_place(out)
    learned = _learned(folder, engine)
    trained_on = _trained(learned)
    people = [one for one in graduates(engine, trained_on, WHO, group) if group or one.number in learners]
    _refuse_untrained(learners, {one.number for one in people})
    people = [one for one in people if one.name != f"карточка {one.number}"]
    if not without_consent:
        agreed = agreeing(engine, consent_words().certificate, date.today())
        _tell_unasked([one.number for one in people if one.number not in agreed])
        people = [one for one in people if one.number in agreed]
    key = signing_key(folder.path)
    given = {one.learner: one for one in issue(engine, {p.number: p.trained_on for p in people}, WHO, date.today())}
    passed, came = _counted(engine, learned)
    lines = {one.number: signed_text(key, given[one.number], one.name, course) for one in people}
    pages = [
        Certificate(
            number=printed_number(key, given[one.number].number, given[one.number].issued_on.year),
            name=one.name,
            issued_on=given[one.number].issued_on,
            trained_on=one.trained_on,
            lessons=passed.get(one.number, 0),
            sessions=came.get(one.number, 0),
            signed=address_of(address, lines[one.number]) if address else lines[one.number],
        )
        for one in people
    ]
    page = address_of(address, "").removesuffix("#") if address else ""
    write_whole(out, certificates(pages, folder.site, course, page))
    click.echo(f"Сертификатов: {len(pages)}. Файл: {out}")


def _tell_unasked(numbers: list[int]) -> None:
    if numbers:
        told = ", ".join(map(str, sorted(numbers)))
        click.echo(f"Нет согласия на сертификат, не напечатаны: {told}.", err=True)
        click.echo("Бланки: ecitizen paper consent --purpose Сертификат; затем таблица consents.", err=True)


def _learned(folder: CourseFolder, engine: Engine) -> list[Fact]:
    from ecitizen.figures import learning

    return learning(folder, engine, ["trained"], date.today())


def _trained(learned: list[Fact]) -> dict[int, date]:
    return {fact.person: fact.date for fact in learned if fact.kind == "trained" and fact.person is not None}


def _counted(engine: Engine, learned: list[Fact]) -> tuple[dict[int, int], dict[int, int]]:
    """Count lessons passed and sessions attended by learner."""
    from collections import Counter

    from ecitizen.figures import BEGINNING
    from ecitizen.register.facts import facts

    passed = Counter(one.person for one in learned if one.kind == "lesson-passed" and one.person is not None)
    attended = facts(engine, BEGINNING, date.today(), only=["attendance"])
    return dict(passed), dict(Counter(one.person for one in attended if one.person is not None))


def _refuse_untrained(asked: tuple[int, ...], trained: set[int]) -> None:
    missing = [number for number in asked if number not in trained]
    if missing:
        numbers = ", ".join(map(str, missing))
        problem = f"условия курса не выполнены или карточки нет: {numbers}"
        raise CourseError("сертификаты", problem, "Условия — в lessons/toc.yaml, оценки — ecitizen grade")


def _period(command: Command) -> Command:
    command = click.option("--to", "until", type=DAY, default=None, help="По день; без него — по сегодня.")(command)
    since = click.option("--from", "since", type=DAY, default=None, help="С дня; без него — с начала года.")
    return since(command)


def _days(since: datetime | None, until: datetime | None) -> tuple[date, date]:
    last = until.date() if until else date.today()
    return (since.date() if since else date(last.year, 1, 1)), last


@click.group()
def paper() -> None:
    """Бумаги группы и консультаций: PDF для подписи."""


@paper.command("journal")
@opened
@click.option("--group", required=True, help="Код группы.")
@_period
@click.option("--out", type=FILE, required=True, help="Файл .pdf.")
def paper_journal(folder: CourseFolder, group: str, since: datetime | None, until: datetime | None, out: Path) -> None:
    """Напечатать журнал группы: кто когда был и чему учились."""
    from ecitizen.opening import connect
    from ecitizen.register.class_papers import journal
    from ecitizen.reports.class_papers import class_journal

    first, last = _days(since, until)
    found = journal(connect(folder), group, first, last, WHO)
    _write(out, class_journal(found, first, last, folder.site, _titles()))


@paper.command("attendance")
@opened
@click.option("--group", required=True, help="Код группы.")
@click.option("--on", "day", type=DAY, default=None, help="День занятия; без него — пустой лист.")
@click.option("--out", type=FILE, required=True, help="Файл .pdf.")
def paper_attendance(folder: CourseFolder, group: str, day: datetime | None, out: Path) -> None:
    """Напечатать лист занятия: кто был, место для подписи."""
    from ecitizen.opening import connect
    from ecitizen.register.class_papers import journal
    from ecitizen.reports.class_papers import attendance_sheet

    on = day.date() if day else None
    found = journal(connect(folder), group, on or date.today(), on or date.today(), WHO)
    _write(out, attendance_sheet(found, on, folder.site, _titles()))


@paper.command("consultations")
@opened
@click.option("--site", default=None, help="Только это место (код).")
@_period
@click.option("--out", type=FILE, required=True, help="Файл .pdf.")
def paper_consultations(
    folder: CourseFolder, site: str | None, since: datetime | None, until: datetime | None, out: Path
) -> None:
    """Напечатать дневник консультаций; имён в нём нет."""
    from ecitizen.opening import connect
    from ecitizen.register.class_papers import consultations
    from ecitizen.reports.class_papers import consultation_diary

    first, last = _days(since, until)
    _write(out, consultation_diary(consultations(connect(folder), first, last, site), first, last, folder.site))


@paper.command("graduates")
@opened
@click.option("--group", default=None, help="Только эта группа.")
@click.option("--out", type=FILE, required=True, help="Файл .pdf.")
def paper_graduates(folder: CourseFolder, group: str | None, out: Path) -> None:
    """Напечатать список выпускников: кто выполнил условия курса, когда, с каким сертификатом."""
    from ecitizen.opening import connect
    from ecitizen.register.certificates import printed_number, signing_key
    from ecitizen.register.class_papers import graduates
    from ecitizen.register.people import groups
    from ecitizen.reports.class_papers import graduate_list

    engine = connect(folder)
    found = graduates(engine, _trained(_learned(folder, engine)), WHO, group)
    key = signing_key(folder.path)
    numbers = {
        one.number: printed_number(key, one.certificate, one.certificate_year)
        for one in found
        if one.certificate is not None and one.certificate_year is not None
    }
    _write(out, graduate_list(found, numbers, folder.site, date.today(), groups(engine)[group] if group else ""))


@paper.command("consent")
@opened
@click.option("--purpose", required=True, help="Цель из papers/consent.yaml, например Занятия.")
@click.option("--group", default=None, help="По листу на каждого в группе.")
@click.option("--learner", type=click.IntRange(1), default=None, help="Одной карточке.")
@click.option("--blank", is_flag=True, help="Пустой лист.")
@click.option("--out", type=FILE, required=True, help="Файл .pdf.")
def paper_consent(
    folder: CourseFolder, purpose: str, group: str | None, learner: int | None, blank: bool, out: Path
) -> None:
    """Напечатать согласия на одну цель: дата и отзыв, если они есть в журнале, иначе место для них."""
    from ecitizen.opening import connect
    from ecitizen.register.class_papers import consents
    from ecitizen.reports.class_papers import consent_sheets
    from ecitizen.reports.class_words import consent_words

    known = consent_words().of(purpose).purpose
    agreed = [] if blank else consents(connect(folder), known, WHO, group, learner)
    _write(out, consent_sheets(agreed, known, folder.site))


@register.command("codes")
@click.argument("count", type=click.IntRange(1, 2000))
@opened
@click.option("--site", default="main", show_default=True, help="Место (код).")
@click.option("--out", type=FILE, required=True, help="Файл .pdf.")
def register_codes(folder: CourseFolder, count: int, site: str, out: Path) -> None:
    """Сделать COUNT приглашений к анкете: один код — один ответ в каждую волну."""
    from ecitizen.opening import connect
    from ecitizen.register.people import sites
    from ecitizen.register.surveys import make_codes
    from ecitizen.reports.class_papers import invitations
    from ecitizen.reports.writing import check_place

    engine = connect(folder)
    if site not in (known := sites(engine)):
        raise CourseError("место", f"нет кода {site!r}", f"Укажите один из: {', '.join(known)}")
    check_place(out)
    _write(out, invitations(make_codes(engine, site, count, date.today()), known[site]))


def _titles() -> dict[str, str]:
    from ecitizen import content

    toc = content.toc()
    return {lesson.id: lesson.title for lesson in (*toc.lessons, *toc.tests)}


def _write(out: Path, made: bytes) -> None:
    from ecitizen.reports.writing import write_whole

    write_whole(out, made)
    click.echo(f"Готово: {out}")
