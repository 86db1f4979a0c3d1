"""Commands of the register beside import and export: undo, timetable, copies of the whole folder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecitizen.cli.common import DAY, FILE, data_option, json_option, opened, show_json
from ecitizen.cli.teaching import register
from ecitizen.cli.who import system_user
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder

if TYPE_CHECKING:
    from ecitizen.register.retaining import Due
    from ecitizen.register.tracing import Traced
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
    done = undo_last(engine, system_user(), last.at)
    if as_json:
        show_json(asdict(done))
    else:
        click.echo("Отменено.")


def _undo_text(last: LastImport) -> str:
    from ecitizen.register.sheets.traced import title_of

    lines = [f"Последняя загрузка: {last.at.replace(tzinfo=UTC).astimezone():%d.%m.%Y %H:%M}, {last.who}."]
    for does, tables in (("будет удалено записей", last.removed), ("вернётся прежних значений", last.restored)):
        # Two tables of the database may be one for people.
        titles: dict[str, int] = {}
        for table, count in tables.items():
            titles[title_of(table)] = max(count, titles.get(title_of(table), 0))
        lines += [f"  {does}: {count} ({title})" for title, count in titles.items()]
    return "\n".join(lines)


@register.command("staff-pin")
@click.argument("number", type=click.IntRange(1))
@opened
def register_staff_pin(folder: CourseFolder, number: int) -> None:
    """Выдать новый ПИН сотруднику с номером записи NUMBER из таблицы staff."""
    from ecitizen.opening import connect
    from ecitizen.register.people import reissue_staff_pin

    pin = reissue_staff_pin(connect(folder), number, system_user())
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
        show_json({"due": [asdict(one) | {"whole": one.whole} for one in found]})
        return
    for one in found:
        reason = f"{why_due(one)} {one.since:%d.%m.%Y}{one.purpose and f' ({one.purpose})'}"
        click.echo(f"Карточка {one.number}: {reason}. {_what_to_erase(one)}")
    click.echo(f"Всего: {len(found)}.")
    if not all(one.whole for one in found):
        click.echo("Уничтожив собранное для одной цели, отметьте это: ecitizen register destroyed НОМЕР ЦЕЛЬ")


def _what_to_erase(one: Due) -> str:
    if one.whole:
        return f"Сотрите карточку: ecitizen erase {one.number}"
    if one.kept:
        return f"Уничтожьте только собранное для этой цели; действует: {', '.join(one.kept)}"
    return (
        f"В списке слушателей стоит согласие от {one.listed_on:%d.%m.%Y}: если отозвано и оно, сотрите карточку, "
        "если нет — уничтожьте только собранное для этой цели"
    )


@register.command("destroyed")
@click.argument("number", type=click.IntRange(1))
@click.argument("purpose")
@opened
@click.option("--on", "day", type=DAY, default=None, help="В какой день (дд.мм.гггг); без него — сегодня.")
def register_destroyed(folder: CourseFolder, number: int, purpose: str, day: datetime | None) -> None:
    """Отметить, что собранное для цели PURPOSE о карточке NUMBER уничтожено; остальное остаётся."""
    from ecitizen.opening import connect
    from ecitizen.register.retaining import note_destroyed

    on = day.date() if day else date.today()
    note_destroyed(connect(folder), number, purpose, on, system_user())
    click.echo(f"Карточка {number}, «{purpose}»: стёрто {on:%d.%m.%Y}. Отменить: ecitizen register undo")


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


@register.command("changes")
@opened
@json_option
@click.option("--table", default="", metavar="ТАБЛИЦА", help="Только эта таблица: имя, как в register import.")
@click.option("--from", "since", type=DAY, default=None, help="С дня (дд.мм.гггг); без него — с начала года.")
@click.option("--to", "until", type=DAY, default=None, help="По день; без него — по сегодня.")
@click.option("--skip", type=click.IntRange(0), default=0, help="Пропустить столько последних.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Показать не больше.")
def register_changes(
    folder: CourseFolder, table: str, since: datetime | None, until: datetime | None, skip: int, limit: int,
    as_json: bool,
) -> None:  # fmt: skip
    """Показать, кто, что и когда изменил, последнее сверху; имена и ПИН скрыты."""
    from ecitizen.opening import connect
    from ecitizen.register.tracing import changes

    last = until.date() if until else date.today()
    first = since.date() if since else date(last.year, 1, 1)
    page = changes(connect(folder), first, last, table=table, skip=skip, limit=limit)
    if as_json:
        rows = [asdict(one) | {"at": one.at.isoformat()} for one in page.changes]
        show_json({"total": page.total, "skip": skip, "changes": rows})
        return
    for one in page.changes:
        click.echo(f"{one.at.astimezone():%d.%m.%Y %H:%M}  {one.who}  {one.table}, {one.key}: {_what_changed(one)}")
    shown = skip + len(page.changes)
    click.echo(f"Всего: {page.total}." + (f" Дальше: --skip {shown}" if shown < page.total else ""))


def _what_changed(one: Traced) -> str:
    before, after = one.before, one.after
    if before is not None and after is not None:
        return "; ".join(f"{name} {before.get(name, 'пусто')} → {now}" for name, now in after.items())
    did = "удалено" if after is None else "добавлено"
    kept = [f"{name} {value}" for name, value in (before or after or {}).items() if value != "пусто"]
    return f"{did}: {'; '.join(kept)}" if kept else did


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
@click.option("--replace", is_flag=True, help="Выдать новый ключ вместо прежнего: прежний перестанет действовать.")
def register_partner(folder: CourseFolder, code: str, replace: bool) -> None:
    """Завести библиотеку CODE, которая будет присылать файлы, и напечатать её ключ."""
    from ecitizen.opening import connect
    from ecitizen.register.partners import add_partner

    key = add_partner(connect(folder), code, system_user(), replace=replace)
    click.echo(f"Ключ библиотеки: {key}\nПередайте его ей: больше он не появится.")


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
