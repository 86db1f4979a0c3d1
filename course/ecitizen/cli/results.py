"""Commands of what came out: grades, indicators, papers, measurements."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ecitizen.cli.common import DAY, FILE, Command, json_option, opened, show_json
from ecitizen.cli.periods import AskedPeriod, period_options
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder

if TYPE_CHECKING:
    from ecitizen.gradebook.analysis import Gain
    from ecitizen.gradebook.preview import Preview
    from ecitizen.gradebook.work import EngineName
    from ecitizen.reports.meta import Appendix


@click.command()
@opened
@json_option
@click.option("--lesson", default=None, help="Только этот урок.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1, 64), help="Сколько процессов сразу.")
@click.option(
    "--engine", type=click.Choice(["fast", "stock"]), default="fast", show_default=True,
    help="Без ядра Jupyter (fast) или как обычный nbgrader (stock); оценки одинаковы.",
)  # fmt: skip
@click.option("--database-url", "database", default=None, metavar="URL", help="Хранить оценки в этой базе PostgreSQL.")
@click.option("--dask", default=None, metavar="АДРЕС", help="Проверить на других компьютерах: tcp://имя:8786.")
@click.option("--preview", "look", is_flag=True, help="Показать, у кого изменятся баллы, и ничего не записать.")
@click.option("--yes", is_flag=True, help="Не спрашивать, если урок изменился и прежние баллы станут другими.")
def grade(
    folder: CourseFolder,
    lesson: str | None,
    jobs: int,
    engine: EngineName,
    database: str | None,
    dask: str | None,
    look: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Проверить ответы учеников программой nbgrader."""
    from ecitizen import content
    from ecitizen.gradebook import grade as run
    from ecitizen.gradebook import use_database
    from ecitizen.gradebook.preview import changed_lessons, preview

    if dask and (jobs > 1 or engine != "fast"):
        raise click.UsageError("С --dask проверяют работники Dask: --jobs и --engine stock здесь не нужны")
    chosen = [content.lesson(one) for one in (content.lesson_ids() if lesson is None else [lesson])]
    if database and not look and (moved := use_database(folder, database)):
        click.echo(f"Оценки перенесены в PostgreSQL: строк {moved}.", err=True)
    if look:
        found = preview(folder, chosen)
        if as_json:
            show_json(found.to_json())
        else:
            click.echo(found.text())
        return
    if not yes and (changed := changed_lessons(folder, chosen)):
        _agree(preview(folder, changed))
    report = run(folder, lesson, _told(), engine=engine, jobs=jobs, dask=dask)
    if as_json:
        show_json(report.to_json())
    else:
        click.echo(report.text())


def _agree(found: Preview) -> None:
    """Show whose points a changed lesson changes, and go on only if somebody says so."""
    if not found.asks:
        return
    click.echo(found.text(), err=True)
    if not sys.stdin.isatty():
        lessons = ", ".join(one.lesson for one in found.asks)
        remedy = "Посмотрите, у кого: ecitizen grade --preview. Согласны — повторите с --yes"
        raise CourseError(lessons, "урок изменился, и прежние баллы станут другими", remedy)
    click.confirm("Записать новые баллы?", abort=True, err=True)


def _told() -> Callable[[int, int], None]:
    """Give what shows on stderr how far grading has come and how long it will last."""
    began = 0.0

    def progress(done: int, total: int) -> None:
        nonlocal began
        began = began if done else time.monotonic()
        left_s = round((time.monotonic() - began) / done * (total - done)) if done else 0
        rest = f", осталось {left_s // 60}:{left_s % 60:02}" if 0 < done < total else ""
        click.echo(f"\r{f'Проверено: {done} из {total}{rest}':60}", err=True, nl=done == total)

    return progress


def _until_option(command: Command) -> Command:
    return click.option("--to", "until", type=DAY, required=True, help="По день, включительно.")(command)


@click.command()
@opened
@json_option
def gain(folder: CourseFolder, as_json: bool) -> None:
    """Сравнить входной и итоговый тесты: чему научились, по урокам и по умениям."""
    from ecitizen import content
    from ecitizen.gradebook.course_test import form_of_test, gain_by_lesson, gain_by_skill, shares_of
    from ecitizen.journal.event import seed_of
    from ecitizen.journal.runs import runs
    from ecitizen.journal.store import Store
    from ecitizen.opening import connect

    store, pool, toc = Store(connect(folder)), content.pool(), content.toc()
    both = []
    for form in ("entry", "exit"):
        test = form_of_test(form, toc.tests)
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


@click.command()
@click.argument("passport")
@opened
@json_option
@period_options
@click.option("--site", default=None, help="Только эта библиотека.")
@click.option("--explain", default=None, metavar="ROW", help="Показать записи, из которых сложилась строка.")
@click.option("--skip", default=0, type=click.IntRange(0), help="С --explain: пропустить столько записей.")
@click.option("--limit", default=0, type=click.IntRange(0), help="С --explain: не больше записей; 0 — все.")
def indicators(
    folder: CourseFolder, passport: str, period: AskedPeriod, site: str | None,
    explain: str | None, skip: int, limit: int, as_json: bool,
) -> None:  # fmt: skip
    """Сосчитать показатели паспорта PASSPORT за период."""
    from ecitizen import figures
    from ecitizen.cli.figures import document, line
    from ecitizen.indicators import load
    from ecitizen.opening import connect
    from ecitizen.register.places import refuse_unknown

    since, until = period.span(load(passport, folder.path / figures.PASSPORTS), date.today())
    if site is not None:
        refuse_unknown(connect(folder), site)
    if explain is not None:
        found = figures.explained(folder, passport, explain, since, until, site, skip, limit or None)
        if as_json:
            show_json(asdict(found))
            return
        for reason in found.facts:
            click.echo(f"{reason['date']}  {reason['text']}  [{reason['key']}]")
        if len(found.facts) < found.total:
            click.echo(f"Показано записей: {len(found.facts)} из {found.total}.", err=True)
        return
    measured = figures.measured(folder, passport, since, until, site)
    if as_json:
        show_json(document(measured, date.today()))
        return
    for declared, row in zip(measured.passport.rows, measured.rows, strict=True):
        click.echo(line(measured, declared, row, date.today()))


@click.command()
@click.argument("passport")
@opened
@period_options
@click.option("--out", type=FILE, required=True, help="Файл .docx, .xlsx, .csv, .html или .pdf.")
@click.option("--inside", is_flag=True, help="Для себя: показать и малые числа. Наружу не передавать.")
@click.option(
    "--appendix", type=click.Choice(["none", "short", "full"]), default=None,
    help="Записи к показателям: без них, первые 10 к каждому (так, если не указано; в .xlsx все) или все.",
)  # fmt: skip
def report(
    folder: CourseFolder, passport: str, period: AskedPeriod, out: Path, inside: bool, appendix: Appendix | None
) -> None:
    """Написать отчёт по паспорту PASSPORT за период."""
    from ecitizen import figures
    from ecitizen.indicators import load
    from ecitizen.reporting import write_report

    since, until = period.span(load(passport, folder.path / figures.PASSPORTS), date.today())
    for remark in write_report(folder, passport, since, until, out, inside=inside, appendix=appendix):
        click.echo(remark, err=True)
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
    """Открыть урок у нас, в обычной Voila и неизменной страницей, по очереди."""
    from ecitizen import bench_serve as room

    _show_bench(room.serve(rounds), as_json)


@bench.command("click")
@json_option
@click.option("--rounds", default=40, show_default=True, type=click.IntRange(2, 1000))
def bench_click(rounds: int, as_json: bool) -> None:
    """Нажимать кнопки учебного портала и ждать, пока появится новая страница."""
    from ecitizen import bench as room

    _show_bench(room.click(rounds), as_json)


@bench.command("clicks")
@json_option
@click.option("--learners", default=30, show_default=True, type=click.IntRange(3, 100), help="Учеников за работой.")
@click.option("--minutes", default=1.0, show_default=True, type=click.FloatRange(0.1, 600), help="Сколько минут.")
def bench_clicks(learners: int, minutes: float, as_json: bool) -> None:
    """Все ученики нажимают каждые три секунды: скоро ли ответ на экране и всё ли в журнале."""
    from ecitizen import bench_clicks as room

    document = room.clicks(learners, minutes)
    if not as_json:
        counts = "{pressed} нажатий, подтверждено {acknowledged}, потеряно {lost}, лишних {unasked}".format(**document)
        click.echo(f"{counts}, ошибок {len(document['errors'])}.")
    _show_bench(document, as_json)


@bench.command("class")
@json_option
@click.option("--learners", default=12, show_default=True, type=click.IntRange(2, 100), help="Учеников сразу.")
@click.option("--stock", default=12, show_default=True, type=click.IntRange(2, 100), help="И столько же у Voila.")
@click.option("--rounds", default=1, show_default=True, type=click.IntRange(1, 100))
def bench_class(learners: int, stock: int, rounds: int, as_json: bool) -> None:
    """Открыть урок всем классом сразу у нас и у обычной Voila: время и память."""
    from ecitizen import bench_class as room

    _show_bench(room.together(learners, stock, rounds), as_json)


@bench.command("board")
@json_option
@click.option("--learners", default=30, show_default=True, type=click.IntRange(2, 100), help="Учеников за работой.")
@click.option("--seconds", default=30.0, show_default=True, type=click.FloatRange(5), help="Сколько они работают.")
def bench_board(learners: int, seconds: float, as_json: bool) -> None:
    """Измерить, как скоро нажатие видно на доске занятия и чего она стоит."""
    from ecitizen import bench_board as room

    _show_bench(room.board(learners, seconds, say=partial(click.echo, err=True)), as_json)


@bench.command("grade")
@json_option
@click.option("--learners", default=30, show_default=True, type=click.IntRange(2, 1000), help="Учеников в классе.")
@click.option("--lessons", default=11, show_default=True, type=click.IntRange(1, 16), help="Уроков у каждого.")
@click.option("--stock", default=1, show_default=True, type=click.IntRange(1, 1000), help="Из них и обычным nbgrader.")
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, type=click.IntRange(1, 64), help="Процессов.")
@click.option("--rounds", default=1, show_default=True, type=click.IntRange(1, 100))
@click.option("--submissions", default=None, type=click.IntRange(100), help="Вместо этого: растёт ли цена работы.")
def bench_grade(
    learners: int, lessons: int, stock: int, jobs: int, rounds: int, submissions: int | None, as_json: bool
) -> None:
    """Проверить работы класса у нас и обычным nbgrader и сравнить все оценки."""
    from ecitizen import bench_grade as room

    if submissions is not None:
        document = room.growing(submissions=submissions, lessons=lessons)
    else:
        document = room.beside_stock(
            learners=learners, lessons=lessons, stock=min(stock, learners), jobs=jobs, rounds=rounds
        )
    _show_bench(document, as_json)
    for name, count in () if as_json else document["cells"].items():
        click.echo(f"{name:42} {count['different']:>9} из {count['compared']} различаются")


@bench.command("indicators")
@json_option
@click.option("--facts", "wanted", default=500_000, show_default=True, type=click.IntRange(1000), help="Записей.")
@click.option("--seed", default=7, show_default=True, type=int)
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1, 100))
@click.option("--database-url", "url", default=None, help="Пустая база PostgreSQL: измерить и в ней.")
def bench_indicators(wanted: int, seed: int, rounds: int, url: str | None, as_json: bool) -> None:
    """Сосчитать все паспорта по выдуманным журналам 41 библиотеки за три года."""
    from ecitizen.bench_indicators import indicators as measure

    document = measure(wanted, seed, rounds, url)
    _show_bench(document, as_json)
    if not as_json:
        for grown in document["growth"]:
            verdict = "не быстрее записей" if grown["no_faster_than_facts"] else "быстрее записей"
            click.echo(
                f"{grown['passport']}, {grown['database']}: записей больше в {grown['facts']} раза, "
                f"счёт дороже в {grown['cost']} раза: растёт {verdict}"
            )
        told = "Строк паспортов сверено {how}: {compared}, различаются: {different}"
        click.echo(told.format(how="с подсчётом по одной записи", **document["rows"]))
        click.echo(told.format(how="по присланным файлам и по одной базе", **document["merged"]))


def _show_bench(document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(document)
        return
    click.echo(f"{document['machine']}; повторов: {document['rounds']}")
    for row in document["figures"]:
        beside = "" if row["stock"] is None else f" {row['stock']:>9}"
        ratio = "" if row["ratio"] is None else f" × {row['ratio']}"
        if "static" in row:
            ratio += f"; неизменная страница {row['static']}, наша к ней {row['to_static']}"
        click.echo(f"{row['name']:42} {row['ours']:>9}{beside} {row['unit']:3}{ratio}  (load {row['load']})")
