"""Commands of the class: begin a course, serve it, its people, its register, its cards."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import click

from ecitizen.cli.common import FILE, data_option, json_option, opened, show_json
from ecitizen.cli.who import system_user
from ecitizen.folder import DEFAULT_SITE, CourseFolder

if TYPE_CHECKING:
    from ecitizen.demo import Cards


@click.command()
@data_option
@click.option("--site", default=DEFAULT_SITE, show_default=True, help="Название библиотеки.")
@click.option("--database-url", default="", metavar="URL", help="База PostgreSQL вместо файла в папке.")
def init(data: Path, site: str, database_url: str) -> None:
    """Создать пустую папку курса и напечатать ПИН ведущего."""
    from ecitizen.opening import begin

    pin = begin(CourseFolder.create(data, site, database_url))
    click.echo(f"Папка курса готова: {data}\nПИН ведущего: {pin}\nЗапишите его: больше он не появится.")


@click.command("serve")
@data_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Адрес, на котором слушать; 0.0.0.0 — вся сеть.")
@click.option("--port", default=8877, show_default=True, help="Порт; 0 — любой свободный.")
@click.option("--demo", is_flag=True, help="Показательный класс в этой папке.")
@click.option("--lesson", default="", metavar="ID", help="Приготовить этот урок к приходу класса.")
@click.option("--learners", default=12, show_default=True, type=click.IntRange(1, 100), help="Учеников в этом классе.")
@click.option(
    "--pages", default=60, show_default=True, type=click.IntRange(2, 1000),
    help="Сколько уроков может быть открыто сразу, по 15 МБ памяти на каждый; остальные ждут в очереди.",
)  # fmt: skip
@click.option("--hub", is_flag=True, help="Служба JupyterHub: адрес и порт назначает он, ведущих впускает он.")
def serve_course(
    data: Path, host: str, port: int, demo: bool, lesson: str, learners: int, pages: int, hub: bool
) -> None:
    """Открыть курс в браузерах класса."""
    from ecitizen.web.hub import end_with_hub, service
    from ecitizen.web.server import serve

    if hub:
        end_with_hub()
        host, port = service().host, service().port
    if demo and not (data / "course.yaml").exists():
        click.echo("Готовлю показательный класс: это займёт несколько секунд.", err=True)
        _make_demo(data, learners=12, seed=7)
    folder = CourseFolder.open(data)

    def ready(url: str) -> None:
        click.echo(_greeting(folder, url))
        sys.stdout.flush()

    def shown() -> dict[str, Any] | None:
        cards = _working_cards(folder)
        return {"card": cards.number, "pin": cards.pin} if cards else None

    serve(
        folder, host, port, ready, demo=shown, say=lambda line: click.echo(line, err=True), lesson=lesson,
        # A class that was announced is let in.
        learners=learners, max_kernels=max(pages, learners), hub=hub,
    )  # fmt: skip


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


@click.command()
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


@click.group()
def register() -> None:
    """Журнал библиотеки: принести и вынести таблицы."""


@register.command("import")
@click.argument("table")
@click.argument("file", type=FILE)
@opened
@json_option
@click.option("--dry-run", is_flag=True, help="Показать, что изменится, и ничего не записать.")
@click.option("--skip-faulty", is_flag=True, help="Взять верные строки, неверные назвать и пропустить.")
def register_import(
    folder: CourseFolder, table: str, file: Path, dry_run: bool, skip_faulty: bool, as_json: bool
) -> None:
    """Взять таблицу TABLE из файла FILE (csv или xlsx)."""
    from ecitizen.opening import connect
    from ecitizen.register.importing import import_table

    result = import_table(connect(folder), table, file, dry_run, system_user(), skip_faulty=skip_faulty)
    if as_json:
        show_json({**asdict(result), "dry_run": dry_run, "faults": [str(fault) for fault in result.faults]})
        return
    for line in result.changes:
        click.echo(line)
    click.echo(f"Строк: {result.rows}. Новых: {result.added}, изменено: {result.changed}, без перемен: {result.same}.")
    for fault in result.faults:
        click.echo(f"Пропущено: {fault}", err=True)
    for notice in result.notices:
        click.echo(f"Внимание: {notice}.", err=True)
    if dry_run:
        click.echo("Это проба: ничего не записано.")
    for number, pin in sorted(result.pins.items()):
        click.echo(f"Карточка {number}: ПИН {pin}")


@register.command("export")
@click.argument("table")
@click.argument("file", type=FILE)
@opened
@click.option("--names", is_flag=True, help="Слушателей — с именами; это останется в журнале просмотров.")
def register_export(folder: CourseFolder, table: str, file: Path, names: bool) -> None:
    """Вынести таблицу TABLE в файл FILE (csv или xlsx)."""
    from ecitizen.opening import connect
    from ecitizen.register.exporting import export_table
    from ecitizen.register.looking import note_look

    engine = connect(folder)
    if names:
        # Before they leave, so that no file with names is without its line.
        note_look(engine, system_user(), "roster")
    click.echo(f"Строк: {export_table(engine, table, file, names=names)}. Файл: {file}")


class Place(TypedDict):
    """What stands on every card."""

    papers: Path
    library: str
    address: str


@click.command()
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
        count = issue_cards(engine, out, **place, group=group, names=names, who=system_user())
    else:
        printed = [PrintedCard(number=one.number, name=one.full_name if names else "") for one in roster(engine, group)]
        print_cards(printed, out, **place)
        count = len(printed)
    click.echo(f"Карточек: {count}. Файл: {out}")
