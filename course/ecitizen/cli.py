"""The command ``ecitizen``: one function of a room per command.

Russian for librarians on stdout, or one JSON document with ``--json``; progress and warnings on stderr. Exit 0 done,
1 a ``CourseError`` in one line, 2 wrong usage. Rooms are imported where they are used: ``ecitizen --help`` must not
wait for Jupyter.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import click

from ecitizen import __version__
from ecitizen.errors import CourseError
from ecitizen.folder import DEFAULT_SITE, CourseFolder

if TYPE_CHECKING:
    from ecitizen.demo import Cards
    from ecitizen.indicators import Indicators

Command = TypeVar("Command", bound=Callable[..., Any])
DAY = click.DateTime(["%d.%m.%Y", "%Y-%m-%d"])
FILE = click.Path(path_type=Path, dir_okay=False)


class Place(TypedDict):
    """What stands on every card."""

    papers: Path
    library: str
    address: str


class Group(click.Group):
    """A click group whose commands end in one line where a person can do something about the error."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a ``CourseError`` becomes exit code 1."""
        try:
            return super().invoke(ctx)
        except CourseError as error:
            click.echo(str(error), err=True)
            ctx.exit(1)


def data_option(command: Command) -> Command:
    """Give a command ``--data DIR``."""
    option = click.option(
        "--data", type=click.Path(path_type=Path, file_okay=False), envvar="ECITIZEN_DATA", default=Path("var"),
        show_default=True, help="Папка курса.",
    )  # fmt: skip
    return option(command)


def json_option(command: Command) -> Command:
    """Give a command ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Один документ JSON вместо текста.")(command)


def opened(command: Callable[..., Any]) -> Callable[..., Any]:
    """Open the course folder of ``--data`` and hand it to the command as ``folder``."""

    @data_option
    @wraps(command)
    def wrapper(data: Path, **options: Any) -> Any:
        return command(CourseFolder.open(data), **options)

    return wrapper


def show_json(document: object) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=1, default=str))


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="ecitizen")
def cli() -> None:
    """«Компетентный е-гражданин»: курс для библиотек."""


@cli.command()
@data_option
@click.option("--site", default=DEFAULT_SITE, show_default=True, help="Название библиотеки.")
def init(data: Path, site: str) -> None:
    """Создать пустую папку курса и напечатать ПИН ведущего."""
    from ecitizen.opening import begin

    pin = begin(CourseFolder.create(data, site))
    click.echo(f"Папка курса готова: {data}\nПИН ведущего: {pin}\nЗапишите его: больше он не появится.")


@cli.command("serve")
@data_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Адрес, на котором слушать; 0.0.0.0 — вся сеть.")
@click.option("--port", default=8877, show_default=True, help="Порт; 0 — любой свободный.")
@click.option("--demo", is_flag=True, help="Показательный класс в этой папке.")
def serve_course(data: Path, host: str, port: int, demo: bool) -> None:
    """Открыть курс в браузерах класса."""
    from ecitizen.web.server import serve

    if demo and not (data / "course.yaml").exists():
        click.echo("Готовлю показательный класс: это займёт несколько секунд.", err=True)
        _make_demo(data, learners=12, seed=7)
    folder = CourseFolder.open(data)

    def ready(url: str) -> None:
        click.echo(_greeting(folder, url))
        sys.stdout.flush()

    cards = _working_cards(folder)
    serve(folder, host, port, ready, demo={"card": cards.number, "pin": cards.pin} if cards else None)


def _make_demo(data: Path, learners: int, seed: int) -> Any:
    from ecitizen import demo

    return demo.make(CourseFolder.create(data, demo.SITE_NAME), learners, seed)


def _working_cards(folder: CourseFolder) -> Cards | None:
    """Give the card of a demonstration class, unless cards printed since then have made its PIN worthless."""
    from ecitizen import demo
    from ecitizen.opening import connect
    from ecitizen.register.people import find_login

    cards = demo.cards(folder)
    return cards if cards and find_login(connect(folder), cards.number, cards.pin) else None


def _greeting(folder: CourseFolder, url: str) -> str:
    lines = [f"Курс открыт: {url}", f"Ведущему:    {url}instructor"]
    cards = _working_cards(folder)
    if cards is not None:
        lines += [f"Карточка:    {cards.number}, ПИН {cards.pin}", f"ПИН ведущего: {cards.instructor_pin}"]
    return "\n".join([*lines, "Остановить: Ctrl+C"])


@cli.command()
@json_option
def check(as_json: bool) -> None:
    """Проверить уроки, вопросы, сценарии и оценки."""
    from ecitizen.content.check import check as find

    findings = find()
    errors = [finding for finding in findings if finding.severity == "error"]
    if as_json:
        show_json({"findings": [finding.to_json() for finding in findings]})
    else:
        for finding in findings:
            click.echo(str(finding))
        click.echo(f"Ошибок: {len(errors)}, предупреждений: {len(findings) - len(errors)}.")
    if errors:
        sys.exit(1)


@cli.command()
@data_option
@json_option
@click.option("--learners", default=12, show_default=True, type=click.IntRange(1, 2000))
@click.option("--seed", default=7, show_default=True, type=int)
def demo(data: Path, learners: int, seed: int, as_json: bool) -> None:
    """Создать показательный класс; верные баллы лягут в truth.json."""
    made = _make_demo(data, learners, seed)
    if as_json:
        show_json(made.to_json())
    else:
        click.echo(f"Показательный класс: {data}\nУчеников: {learners}, событий: {made.events}\nБаллы: {made.truth}")


@cli.group()
def register() -> None:
    """Журнал библиотеки: принести и вынести таблицы."""


@register.command("import")
@click.argument("table")
@click.argument("file", type=FILE)
@opened
@json_option
@click.option("--dry-run", is_flag=True, help="Показать, что изменится, и ничего не записать.")
def register_import(folder: CourseFolder, table: str, file: Path, dry_run: bool, as_json: bool) -> None:
    """Взять таблицу TABLE из файла FILE (csv или xlsx)."""
    from ecitizen.opening import connect
    from ecitizen.register.importing import import_table

    result = import_table(connect(folder), table, file, dry_run=dry_run, who="cli")
    if as_json:
        show_json({**asdict(result), "dry_run": dry_run, "faults": [str(fault) for fault in result.faults]})
        return
    for line in result.changes:
        click.echo(line)
    click.echo(f"Строк: {result.rows}. Новых: {result.added}, изменено: {result.changed}, без перемен: {result.same}.")
    if dry_run:
        click.echo("Это проба: ничего не записано.")
    for number, pin in sorted(result.pins.items()):
        click.echo(f"Карточка {number}: ПИН {pin}")


@register.command("export")
@click.argument("table")
@click.argument("file", type=FILE)
@opened
def register_export(folder: CourseFolder, table: str, file: Path) -> None:
    """Вынести таблицу TABLE в файл FILE (csv или xlsx)."""
    from ecitizen.opening import connect
    from ecitizen.register.exporting import export_table

    click.echo(f"Строк: {export_table(connect(folder), table, file)}. Файл: {file}")


@cli.command()
@opened
@click.option("--group", default=None, help="Только эта группа.")
@click.option("--url", default="http://127.0.0.1:8877/", show_default=True, help="Адрес входа для QR-кода.")
@click.option("--out", type=FILE, required=True, help="Файл .pdf.")
@click.option("--names", is_flag=True, help="Напечатать и имена.")
@click.option("--new-pins", is_flag=True, help="Выдать новые ПИН: прежние перестанут действовать.")
def cards(folder: CourseFolder, group: str | None, url: str, out: Path, names: bool, new_pins: bool) -> None:
    """Напечатать карточки для входа, восемь на листе А4. Без --new-pins место для ПИН остаётся пустым."""
    from ecitizen import content
    from ecitizen.opening import connect
    from ecitizen.register.cards import PrintedCard, issue_cards, print_cards
    from ecitizen.register.people import roster

    engine = connect(folder)
    place = Place(papers=content.folder("papers"), library=folder.site, address=url)
    if new_pins:
        count = issue_cards(engine, out, **place, group=group, names=names, who="cli")
    else:
        printed = [PrintedCard(number=one.number, name=one.full_name if names else "") for one in roster(engine, group)]
        print_cards(printed, out, **place)
        count = len(printed)
    click.echo(f"Карточек: {count}. Файл: {out}")


@cli.command()
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


@cli.command()
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


@cli.command()
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


@cli.command()
@opened
@click.option("--port", default=8888, show_default=True)
def lab(folder: CourseFolder, port: int) -> None:
    """Открыть курс в JupyterLab с formgrader."""
    from ecitizen.gradebook import open_lab

    sys.exit(open_lab(folder, port))


@cli.group()
def bench() -> None:
    """Измерить и сравнить с обычными инструментами."""


@bench.command("serve")
@json_option
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1, 100))
def bench_serve(rounds: int, as_json: bool) -> None:
    """Открыть урок у нас и в обычной Voila, по очереди."""
    from ecitizen import bench as room

    document = room.serve(rounds)
    if as_json:
        show_json(document)
        return
    click.echo(f"{document['machine']}; повторов: {rounds}")
    for row in document["figures"]:
        line = f"{row['name']:30} {row['ours']:>9} {row['stock']:>9} {row['unit']:3} × {row['ratio']}"
        click.echo(f"{line}  (load {row['load']})")


def main() -> None:
    """Run the command; the texts are UTF-8 wherever they go."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    cli(prog_name="ecitizen")
