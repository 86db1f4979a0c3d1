"""Commands of what came out: grades, indicators, papers, measurements."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecitizen import __version__
from ecitizen.cli.common import DAY, FILE, Command, json_option, opened, show_json
from ecitizen.folder import CourseFolder

if TYPE_CHECKING:
    from ecitizen.gradebook.analysis import Gain
    from ecitizen.indicators import Indicators, Row


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


def _until_option(command: Command) -> Command:
    return click.option("--to", "until", type=DAY, required=True, help="По день, включительно.")(command)


@click.command()
@opened
@json_option
def gain(folder: CourseFolder, as_json: bool) -> None:
    """Сравнить входной и итоговый тесты: чему научились, по урокам и по умениям."""
    from ecitizen import content
    from ecitizen.gradebook.course_test import gain_by_lesson, gain_by_skill, shares_of, test_of
    from ecitizen.journal.event import seed_of
    from ecitizen.journal.runs import runs
    from ecitizen.journal.store import Store
    from ecitizen.opening import connect

    store, pool, toc = Store(connect(folder)), content.pool(), content.toc()
    both = []
    for form in ("entry", "exit"):
        test = test_of(form, toc.tests)
        traces = list(runs(store, test.id)) if test else []
        both.append(shares_of(form, pool, traces, {t.learner: seed_of(t.learner) for t in traces if t.learner}))
    entry, leaving = both
    lessons, skills = gain_by_lesson(pool, entry, leaving), gain_by_skill(pool, entry, leaving)
    taken = {"entry": len(entry), "exit": len(leaving), "both": len(entry.keys() & leaving.keys())}
    if as_json:
        show_json({"learners": taken, "lessons": _rows(lessons), "skills": _rows(skills)})
        return
    click.echo("Входной тест: {entry}, итоговый: {exit}, оба: {both} чел.".format(**taken))
    titles = {entry.id: entry.title for entry in toc.lessons}
    for heading, found, names in (("По урокам", lessons, titles), ("По умениям", skills, content.skills())):
        for one in found[:1]:
            click.echo(f"{heading} (верно до, верно после, прибавка; человек: {one.learners})")
        for one in found:
            line = f"  {one.entry:4.0%} {one.exit:4.0%} {100 * one.gain:+4.0f}  {names.get(one.name, one.name)}"
            click.echo(line)


def _rows(found: list[Gain]) -> list[dict[str, Any]]:
    return [asdict(one) | {"gain": one.gain} for one in found]


@click.command()
@opened
@json_option
@click.option("--from", "since", type=DAY, required=True, help="С дня (дд.мм.гггг).")
@_until_option
@click.option("--site", default=None, help="Только эта библиотека.")
def survey(folder: CourseFolder, since: datetime, until: datetime, site: str | None, as_json: bool) -> None:
    """Свести ответы анкеты выпускника за период."""
    from ecitizen import content
    from ecitizen.opening import connect
    from ecitizen.register.surveys import sum_up

    known = content.survey()
    texts = {question.id: (known.outcomes[question.outcome], question.text) for question in known.questions}
    found = sum_up(connect(folder), since.date(), until.date(), site)
    if as_json:
        show_json({"answers": [asdict(one) | {"people": one.people, "agree_pct": one.agree_pct} for one in found]})
        return
    if not found:
        click.echo("За этот период никто не отвечал на анкету.")
    for wave, heading in (("end", "После курса"), ("later", "Через три месяца")):
        of_wave = {one.question: one for one in found if one.wave == wave}
        for question, (outcome, text) in texts.items():
            if (one := of_wave.get(question)) is not None:
                click.echo(f"{heading} · {outcome}: согласны {one.agree_pct:.0f} % из {one.people}. {text}")


BEGINNING = date(1900, 1, 1)
"""Before any fact: who is trained depends on all that person ever did."""


def _measured(folder: CourseFolder, passport: str, since: date, until: date, site: str | None) -> Indicators:
    from ecitizen import content
    from ecitizen.gradebook import completions
    from ecitizen.indicators import load, measure, reach, trained
    from ecitizen.opening import connect
    from ecitizen.register.facts import facts
    from ecitizen.register.people import roster

    known = load(passport)
    engine = connect(folder)
    rule = content.toc().trained
    passed = completions(folder, rule.pass_share_pct, {entry.number: entry.site for entry in roster(engine)})
    learned = trained([*facts(engine, BEGINNING, until, only=["attendance"]), *passed], rule)
    wanted = {kind for row in known.rows for kind in row.kinds}
    happened = facts(engine, reach(known, since), until, only=wanted)
    return measure(known, [*happened, *passed, *learned], since, until, site)


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
            click.echo(f"{row.id:20} {_figure(row):>8}{_all_told(row)}  {row.name}")


def _figure(row: Row) -> str:
    planned = "" if row.target is None else f" из {row.target:g}"
    share = "" if row.share_pct is None else f" ({row.share_pct:g} %)"
    return f"{row.actual:g}{planned}{share}"


def _all_told(row: Row) -> str:
    return "" if row.whole is None else f"; за весь период {_figure(row.whole)}"


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
