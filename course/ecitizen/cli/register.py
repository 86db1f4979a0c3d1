"""Commands of the register beside import and export: undo, timetable, copies of the whole folder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecitizen.cli.common import DAY, FILE, data_option, json_option, opened, show_json
from ecitizen.cli.teaching import register
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder

if TYPE_CHECKING:
    from ecitizen.register.undoing import LastImport


@register.command("tables")
@json_option
def register_tables(as_json: bool) -> None:
    """Назвать все таблицы журнала и их столбцы."""
    from ecitizen.register.sheets import all_sheets

    sheets = all_sheets(date.today()).values()
    if as_json:
        show_json({sheet.name: [column.header for column in sheet.columns] for sheet in sheets})
        return
    for sheet in sheets:
        headers = ", ".join(f"{column.header}{'*' if column.required else ''}" for column in sheet.columns)
        click.echo(f"{sheet.name}: {sheet.title} ({headers})")


@register.command("undo")
@opened
@json_option
@click.option("--yes", is_flag=True, help="Не спрашивать.")
def register_undo(folder: CourseFolder, yes: bool, as_json: bool) -> None:
    """Отменить последнюю загрузку таблицы; сначала показать, что она сделала."""
    from ecitizen.opening import connect
    from ecitizen.register.undoing import last_import, undo_last

    engine = connect(folder)
    last = last_import(engine)
    if not as_json:
        click.echo(_undo_text(last))
    if not yes:
        click.confirm("Отменить?", abort=True, err=True)
    done = undo_last(engine, "cli", last.at)
    if as_json:
        show_json(asdict(done))
    else:
        click.echo("Отменено.")


def _undo_text(last: LastImport) -> str:
    lines = [f"Последняя загрузка: {last.at:%d.%m.%Y %H:%M} (UTC), {last.who}."]
    lines += [f"  будет удалено записей: {count} ({table})" for table, count in last.removed.items()]
    lines += [f"  вернётся прежних значений: {count} ({table})" for table, count in last.restored.items()]
    return "\n".join(lines)


@register.command("staff-pin")
@click.argument("number", type=click.IntRange(1))
@opened
def register_staff_pin(folder: CourseFolder, number: int) -> None:
    """Выдать новый ПИН сотруднику с номером записи NUMBER из таблицы staff."""
    from ecitizen.opening import connect
    from ecitizen.register.people import reissue_staff_pin

    pin = reissue_staff_pin(connect(folder), number, "cli")
    click.echo(f"ПИН сотрудника {number}: {pin}. Больше он не появится.")


@register.command("calendar")
@click.argument("file", type=FILE)
@opened
@click.option("--group", default=None, help="Только эта группа.")
def register_calendar(folder: CourseFolder, file: Path, group: str | None) -> None:
    """Вынести расписание в файл FILE (.ics), который открывает любой календарь."""
    from ecitizen.opening import connect
    from ecitizen.register.calendar import export_calendar

    click.echo(f"Занятий в неделю: {export_calendar(connect(folder), file, group)}. Файл: {file}")


@register.command("due")
@opened
@json_option
@click.option("--on", "day", type=DAY, default=None, help="На день (дд.мм.гггг); без него — сегодня.")
@click.option("--year", type=click.IntRange(2000, 2100), default=None, help="Всё, что надо стереть до конца года.")
@click.option("--out", type=FILE, default=None, help="Список для подписи: файл .pdf.")
def register_due(folder: CourseFolder, day: datetime | None, year: int | None, out: Path | None, as_json: bool) -> None:
    """Назвать карточки, данные которых пора стереть: согласие отозвано, срок вышел или человек давно не приходит."""
    from ecitizen.opening import connect
    from ecitizen.register.retaining import due
    from ecitizen.reports.class_papers import due_list, why_due
    from ecitizen.reports.writing import write_whole

    until = date(year, 12, 31) if year else day.date() if day else date.today()
    found = due(connect(folder), until)
    if out is not None:
        write_whole(out, due_list(found, until, folder.site))
    if as_json:
        show_json({"due": [asdict(one) for one in found]})
        return
    for one in found:
        click.echo(f"Карточка {one.number}: {why_due(one)} {one.since:%d.%m.%Y}{one.purpose and f' ({one.purpose})'}")
    click.echo(f"Всего: {len(found)}. Стереть: ecitizen erase НОМЕР")


@register.command("looks")
@opened
@json_option
@click.option("--from", "since", type=DAY, default=None, help="С дня (дд.мм.гггг); без него — с начала года.")
@click.option("--to", "until", type=DAY, default=None, help="По день; без него — по сегодня.")
def register_looks(folder: CourseFolder, since: datetime | None, until: datetime | None, as_json: bool) -> None:
    """Показать, кто смотрел имена и кому было отказано; самих имён в этом журнале нет."""
    from ecitizen.opening import connect
    from ecitizen.register.looking import looks

    last = until.date() if until else date.today()
    found = looks(connect(folder), since.date() if since else date(last.year, 1, 1), last)
    if as_json:
        show_json({"looks": [asdict(one) | {"at": one.at.isoformat()} for one in found]})
        return
    for one in found:
        click.echo(f"{one.at.astimezone():%d.%m.%Y %H:%M}  {one.who}  {'отказано: ' if one.refused else ''}{one.what}")
    click.echo(f"Всего: {len(found)}")


@register.command("clean")
@opened
def register_clean(folder: CourseFolder) -> None:
    """Переписать базу заново, чтобы в её свободных страницах не осталось стёртых имён."""
    from ecitizen.opening import connect
    from ecitizen.register.erasing_rows import rewrite

    if not rewrite(connect(folder)):
        raise CourseError(str(folder.path), "база занята", "Закройте курс и повторите")
    click.echo("База переписана.")


@click.command()
@click.argument("file", type=FILE)
@opened
def backup(folder: CourseFolder, file: Path) -> None:
    """Сделать копию всей папки курса в файл FILE (.zip); курс можно не закрывать."""
    from ecitizen.register.backup import backup as run

    folder.refuse_if_elsewhere("копия")
    with _progress("Копирую") as progress:
        count = run(folder.path, file, progress)
    click.echo(f"Копия готова: {file}, файлов: {count}. В ней имена: храните её под замком.")
    if folder.scores_elsewhere:
        click.echo("Оценки лежат в базе PostgreSQL, в копию они не вошли: скопируйте их командой pg_dump.", err=True)


@click.command()
@click.argument("file", type=FILE)
@data_option
@click.option("--check", "only_check", is_flag=True, help="Только проверить копию.")
def restore(data: Path, file: Path, only_check: bool) -> None:
    """Вернуть папку курса из копии FILE; прежняя папка останется рядом, стёртые с тех пор люди не вернутся."""
    from ecitizen.register.backup import check
    from ecitizen.register.restoring import restore as run

    if only_check:
        with _progress("Проверяю") as progress:
            count = check(file, progress)
        click.echo(f"Копия цела, файлов: {count}.")
        return
    with _progress("Возвращаю") as progress:
        done = run(file, data, progress=progress)
    click.echo(f"Курс возвращён: {data}")
    for number in done.again:
        click.echo(f"Копия старше стирания: имя карточки {number} стёрто и в возвращённой папке.")
    for name in done.destroyed:
        click.echo(f"Не возвращён файл {name}: в нём стёртое имя.")
    for number in done.unknown:
        click.echo(f"Копия другого курса: стирание карточки {number} к ней не относится.", err=True)
    if done.aside is not None:
        click.echo(f"Прежняя папка: {done.aside}")
    if done.again:
        click.echo(f"Сам файл {file} имя хранит: сделайте новую копию, а его уничтожьте.", err=True)


@contextmanager
def _progress(doing: str) -> Iterator[Callable[[int, int], None]]:
    """Show on a terminal how far a copy is."""
    if not sys.stderr.isatty():
        yield lambda _done, _whole: None
        return
    with click.progressbar(length=100, label=doing, file=sys.stderr, show_eta=False) as bar:
        yield lambda done, whole: bar.update(100 * done // max(1, whole) - bar.pos)


@register.command("partner")
@click.argument("code")
@opened
def register_partner(folder: CourseFolder, code: str) -> None:
    """Завести библиотеку CODE, которая будет присылать файлы, и напечатать её ключ."""
    from ecitizen.opening import connect
    from ecitizen.register.partners import add_partner

    click.echo(f"Ключ библиотеки: {add_partner(connect(folder), code)}\nПередайте его ей: больше он не появится.")


@register.command("send")
@click.argument("file", type=FILE)
@opened
@click.option("--key", required=True, envvar="ECITIZEN_PARTNER_KEY", help="Ключ, который дал менеджер проекта.")
def register_send(folder: CourseFolder, file: Path, key: str) -> None:
    """Записать все факты этой библиотеки (без имён) в подписанный файл FILE для менеджера проекта."""
    from ecitizen.figures import every_fact
    from ecitizen.register.partners import send

    click.echo(f"Записей: {send(every_fact(folder), key, file)}. Файл: {file}")


@register.command("merge")
@click.argument("file", type=FILE)
@opened
def register_merge(folder: CourseFolder, file: Path) -> None:
    """Принять подписанный файл FILE другой библиотеки вместо её прежнего."""
    from ecitizen.opening import connect
    from ecitizen.register.partners import merge

    code, count = merge(connect(folder), file)
    click.echo(f"Библиотека {code}: принято записей {count}.")
