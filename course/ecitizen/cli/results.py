"""Commands of what came out: grades, indicators, papers, measurements."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecitizen import __version__
from ecitizen.cli.common import DAY, FILE, Command, json_option, opened, show_json
from ecitizen.folder import CourseFolder

if TYPE_CHECKING:
    from ecitizen.indicators import Indicators


@click.command()
@opened
@json_option
@click.option("--lesson", default=None, help="Только этот урок.")
def grade(folder: CourseFolder, lesson: str | None, as_json: bool) -> None:
    """Проверить ответы учеников программой nbgrader."""
    from ecitizen.gradebook import grade as run

    def progress(done: int, total: int) -> None:
        click.echo(f"\rПроверено: {done} из {total}", err=True, nl=done == total)

    report = run(folder, lesson, progress)
    if as_json:
        show_json(report.to_json())
    else:
        click.echo(report.text())


BEGINNING = date(1900, 1, 1)
"""Before any fact: who is trained depends on all that person ever did."""


def _measured(folder: CourseFolder, passport: str, since: date, until: date, site: str | None) -> Indicators:
    from ecitizen import content
    from ecitizen.gradebook import completions
    from ecitizen.indicators import load, measure, trained
    from ecitizen.opening import connect
    from ecitizen.register.facts import facts
    from ecitizen.register.people import roster

    known = load(passport)
    engine = connect(folder)
    rule = content.toc().trained
    passed = completions(folder, rule.pass_share_pct, {entry.number: entry.site for entry in roster(engine)})
    learned = trained([*facts(engine, BEGINNING, until), *passed], rule)
    return measure(known, [*facts(engine, since, until), *passed, *learned], since, until, site)


def _until_option(command: Command) -> Command:
    return click.option("--to", "until", type=DAY, required=True, help="По день, включительно.")(command)


@click.command()
@click.argument("passport")
@opened
@json_option
@click.option("--from", "since", type=DAY, required=True, help="С дня (дд.мм.гггг).")
@_until_option
@click.option("--site", default=None, help="Только эта библиотека.")
@click.option("--explain", default=None, metavar="ROW", help="Показать записи, из которых сложилась строка.")
def indicators(
    folder: CourseFolder, passport: str, since: datetime, until: datetime, site: str | None,
    explain: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Сосчитать показатели паспорта PASSPORT за период."""
    from ecitizen import indicators as room

    measured = _measured(folder, passport, since.date(), until.date(), site)
    if explain is not None:
        reasons = room.explain(measured, explain)
        if as_json:
            show_json({"row": explain, "facts": reasons})
        else:
            for reason in reasons:
                click.echo(f"{reason['date']}  {reason['text']}  [{reason['key']}]")
    elif as_json:
        show_json(measured.document())
    else:
        for row in measured.rows:
            planned = "" if row.target is None else f" из {row.target:g} ({row.share_pct:g} %)"
            click.echo(f"{row.id:14} {row.actual:>6g}{planned}  {row.name}")


@click.command()
@click.argument("passport")
@opened
@click.option("--year", type=click.IntRange(2000, 2100), default=None, help="Год; без него — текущий.")
@click.option("--out", type=FILE, required=True, help="Файл .docx, .xlsx, .csv или .html.")
def report(folder: CourseFolder, passport: str, year: int | None, out: Path) -> None:
    """Написать отчёт по паспорту PASSPORT за год."""
    from ecitizen import content
    from ecitizen.opening import connect
    from ecitizen.register.people import sites
    from ecitizen.reports import Meta
    from ecitizen.reports import report as write

    today = date.today()
    year = year or today.year
    measured = _measured(folder, passport, date(year, 1, 1), date(year, 12, 31), None)
    toc = content.toc()
    meta = Meta(
        made=today,
        version=__version__,
        rule=toc.trained,
        lessons={lesson.id: lesson.title for lesson in toc.lessons},
        sites=sites(connect(folder)),
    )
    write(measured, meta, out)
    click.echo(f"Отчёт готов: {out}")


@click.command()
@opened
@click.option("--port", default=8888, show_default=True)
def lab(folder: CourseFolder, port: int) -> None:
    """Открыть курс в JupyterLab с formgrader."""
    from ecitizen.gradebook import open_lab

    sys.exit(open_lab(folder, port))


@click.group()
def bench() -> None:
    """Измерить и сравнить с обычными инструментами."""


@bench.command("serve")
@json_option
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1, 100))
def bench_serve(rounds: int, as_json: bool) -> None:
    """Открыть урок у нас и в обычной Voila, по очереди."""
    from ecitizen import bench as room

    _show_bench(room.serve(rounds), as_json)


@bench.command("click")
@json_option
@click.option("--rounds", default=40, show_default=True, type=click.IntRange(2, 1000))
def bench_click(rounds: int, as_json: bool) -> None:
    """Нажимать кнопки учебного портала и ждать, пока появится новая страница."""
    from ecitizen import bench as room

    _show_bench(room.click(rounds), as_json)


def _show_bench(document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(document)
        return
    click.echo(f"{document['machine']}; повторов: {document['rounds']}")
    for row in document["figures"]:
        beside = "" if row["stock"] is None else f" {row['stock']:>9}"
        ratio = "" if row["ratio"] is None else f" × {row['ratio']}"
        click.echo(f"{row['name']:42} {row['ours']:>9}{beside} {row['unit']:3}{ratio}  (load {row['load']})")
