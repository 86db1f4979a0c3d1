"""The command that erases a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecitizen import __version__
from ecitizen.cli.common import FILE, opened
from ecitizen.cli.who import system_user
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder

if TYPE_CHECKING:
    from ecitizen.register.erasing import Erasure
    from ecitizen.register.erasing_plan import Plan
    from ecitizen.register.erasing_seeking import Finding


@click.command()
@click.argument("learner", type=click.IntRange(1))
@opened
@click.option("--act", type=FILE, required=True, help="Куда положить акт об уничтожении (.docx).")
@click.option("--reason", default="отзыв согласия", show_default=True, help="Причина для акта.")
@click.option("--also", multiple=True, metavar="ФАЙЛ", help="Уничтожить и этот файл из тех, в которых есть сомнение.")
@click.option("--keep", multiple=True, metavar="ФАЙЛ", help="Оставить этот файл: речь в нём о другом человеке.")
@click.option("--yes", is_flag=True, help="Не спрашивать.")
def erase(
    folder: CourseFolder, learner: int, act: Path, reason: str, also: Sequence[str], keep: Sequence[str], yes: bool
) -> None:
    """Стереть имя и контакты слушателя LEARNER навсегда, во всех файлах папки курса; показатели останутся.

    Сначала команда покажет, какие файлы будут уничтожены. Имена файлов для --also и --keep берутся из этого списка.
    """
    from ecitizen.opening import connect
    from ecitizen.register.erasing import erase as run
    from ecitizen.register.erasing import note_act, told_before
    from ecitizen.register.erasing_plan import plan
    from ecitizen.reports.act import check_act

    check_act(act)
    engine = connect(folder)
    try:
        done = told_before(engine, folder.path, learner)
        if done is None:
            agreed = "" if yes else _agreed(plan(engine, learner, folder.path), also, keep)
            done = run(engine, learner, system_user(), folder.path, reason, also=also, keep=keep, agreed=agreed)
    finally:
        engine.dispose()
    if not done.rewritten:
        remedy = "Закройте курс и повторите эту же команду: она закончит начатое и составит акт"
        raise CourseError(f"стирание карточки {learner}", "база занята, в её свободных страницах осталось имя", remedy)
    if done.left:
        problem = f"пока шло стирание, появились файлы с этим именем: {', '.join(done.left)}"
        raise CourseError(f"стирание карточки {learner}", problem, "Уничтожьте их и повторите эту же команду")
    _write_act(folder, done, act)
    note_act(folder.path, learner)
    click.echo("\n".join(_done_lines(done, act)))
    click.echo("Копии курса вне этой папки и напечатанные бумаги уничтожьте сами: они перечислены в акте.", err=True)


def _agreed(found: Plan, also: Sequence[str], keep: Sequence[str]) -> str:
    """Show what will go and ask; gives the digest of what was shown."""
    click.echo("\n".join(_plan_lines(found, also, keep)))
    question = "Вернуть стёртое нельзя. Стереть? Наберите «да»"
    said = click.prompt(question, default="", show_default=False, err=True)
    if said.strip(" «».").casefold() not in {"да", "yes", "y"}:
        raise click.Abort
    return found.digest


def _plan_lines(found: Plan, also: Sequence[str], keep: Sequence[str]) -> Iterator[str]:
    yield f"Карточка {found.number}: будут стёрты имя, год рождения, контакт, согласия и ПИН."
    if found.namesakes:
        yield f"Внимание: в списке есть однофамильцы, всего {found.namesakes}. Проверьте, о ком каждый файл."
    destroyed = [one for one in found.destroyed if one.name not in keep]
    destroyed += [one for one in found.findings if one.name in also]
    yield from _listed("Будут уничтожены файлы, в которых стоит это имя:", destroyed)
    if destroyed:
        yield "  Списки и бумаги можно сделать снова, этого человека в них уже не будет."
    yield from _listed("Будут переписаны без этого человека:", [one for one in found.rewritten if one.name not in keep])
    for cell in found.cells:
        yield f"  в базе {cell.table}.{cell.column}: имя заменится знаком ***, записей: {cell.count}"
    doubtful = [one for one in found.doubtful if one.name not in also]
    yield from _listed("Останутся: в них может быть однофамилец. Уничтожить: --also ФАЙЛ.", doubtful)
    unread = [one for one in found.unread if one.name not in also]
    yield from _listed("Программа не может прочитать, посмотрите сами. Уничтожить: --also ФАЙЛ.", unread)
    hindering = [one for one in found.hindering if one.name not in (*also, *keep)]
    yield from _listed("Мешают: не открываются или нужны курсу, а имя в них стоит.", hindering)


def _listed(title: str, found: Sequence[Finding]) -> Iterator[str]:
    if found:
        yield title
    for one in found:
        yield f"  {one.name}, {one.size} байт, {one.modified.astimezone():%d.%m.%Y %H:%M}"


def _done_lines(done: Erasure, act: Path) -> Iterator[str]:
    yield f"Стёрто: {', '.join(done.categories)}. Сохранено посещений под номером {done.number}: {done.attendances}."
    for fate, words in (
        ("destroyed", "Уничтожен файл"),
        ("unlinked", "Удалена ссылка, а сам файл лежит в другом месте, уничтожьте его:"),
        ("rewritten", "Переписан без этого человека файл"),
        ("kept", "Оставлен файл о другом человеке"),
        ("looked-at", "Программа не может прочитать файл, он остался"),
    ):
        for one in done.fates(fate):
            yield f"{words} {one.name}"
    if not done.searched:
        yield "Прошлый раз прервался, и в конце файлы не просмотрены ещё раз: просмотрите папку курса сами."
    for name in done.beside:
        yield f"Рядом лежит прежняя папка курса {name}: сотрите человека и в ней (--data) или уничтожьте её."
    yield f"Акт: {act}. Храните его три года."


def _write_act(folder: CourseFolder, done: Erasure, act: Path) -> None:
    from ecitizen.reports.act import write_act

    fields = asdict(done) | {"kept": f"посещений — {done.attendances}", "library": folder.site}
    write_act(act, fields, date.today(), __version__)
