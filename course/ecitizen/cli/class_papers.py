"""Commands of the papers of a class: certificates, journal, sheet of a session, consultations, graduates, consents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecitizen.cli.common import DAY, FILE, Command, json_option, opened, show_json
from ecitizen.cli.teaching import register
from ecitizen.cli.who import system_user
from ecitizen.folder import CourseFolder

if TYPE_CHECKING:
    from ecitizen.register.certificates import Stated


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
    from ecitizen.opening import connect
    from ecitizen.printing import print_certificates
    from ecitizen.reports.writing import check_place, write_whole

    check_place(out)
    made = print_certificates(
        folder, connect(folder), learners, group, system_user(), address=address, without_consent=without_consent
    )
    _tell_unasked(made.unasked)
    write_whole(out, made.pdf)
    click.echo(f"Сертификатов: {made.count}. Файл: {out}")


def _tell_unasked(numbers: Sequence[int]) -> None:
    if numbers:
        told = ", ".join(map(str, numbers))
        click.echo(f"Нет согласия на сертификат, не напечатаны: {told}.", err=True)
        click.echo("Бланки: ecitizen paper consent --purpose Сертификат; затем таблица consents.", err=True)


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
    from ecitizen.printing import print_journal

    first, last = _days(since, until)
    _write(out, print_journal(folder, connect(folder), group, first, last, system_user()))


@paper.command("attendance")
@opened
@click.option("--group", required=True, help="Код группы.")
@click.option("--on", "day", type=DAY, default=None, help="День занятия; без него — пустой лист.")
@click.option("--out", type=FILE, required=True, help="Файл .pdf.")
def paper_attendance(folder: CourseFolder, group: str, day: datetime | None, out: Path) -> None:
    """Напечатать лист занятия: кто был, место для подписи."""
    from ecitizen.opening import connect
    from ecitizen.printing import print_attendance

    _write(out, print_attendance(folder, connect(folder), group, day.date() if day else None, system_user()))


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
    from ecitizen.printing import print_consultations

    first, last = _days(since, until)
    _write(out, print_consultations(folder, connect(folder), first, last, site))


@paper.command("graduates")
@opened
@click.option("--group", default=None, help="Только эта группа.")
@click.option("--out", type=FILE, required=True, help="Файл .pdf.")
def paper_graduates(folder: CourseFolder, group: str | None, out: Path) -> None:
    """Напечатать список выпускников: кто выполнил условия курса, когда, с каким сертификатом."""
    from ecitizen.opening import connect
    from ecitizen.printing import print_graduates

    _write(out, print_graduates(folder, connect(folder), group, system_user()))


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
    from ecitizen.printing import print_consents

    made = print_consents(folder, connect(folder), purpose, system_user(), group=group, learner=learner, blank=blank)
    _write(out, made)


@register.command("codes")
@click.argument("count", type=click.IntRange(1, 2000))
@opened
@click.option("--site", default="main", show_default=True, help="Место (код).")
@click.option("--out", type=FILE, required=True, help="Файл .pdf.")
def register_codes(folder: CourseFolder, count: int, site: str, out: Path) -> None:
    """Сделать COUNT приглашений к анкете: один код — один ответ в каждую волну."""
    from ecitizen.opening import connect
    from ecitizen.printing import print_invitations
    from ecitizen.reports.writing import check_place

    check_place(out)
    _write(out, print_invitations(connect(folder), site, count))


def _write(out: Path, made: bytes) -> None:
    from ecitizen.reports.writing import write_whole

    write_whole(out, made)
    click.echo(f"Готово: {out}")
