"""Commands of what learners came to: results for other programs, feedback for themselves."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from ecitizen.cli.common import FILE, json_option, opened, show_json, write_file
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder


@click.group()
def results() -> None:
    """Отдать результаты учеников другим программам."""


@results.command("export")
@click.argument("out", type=FILE, metavar="FILE")
@opened
@click.option("--lesson", "lessons", multiple=True, help="Только этот урок; можно повторить.")
@click.option("--learner", "learners", multiple=True, help="Только этот ученик (номер); можно повторить.")
@click.option(
    "--by", type=click.Choice(["item", "skill", "lesson"]), default="item", show_default=True,
    help="О чём строка или столбец: вопрос, умение, урок. В .xlsx и .json есть всё сразу.",
)  # fmt: skip
@click.option("--moodle", is_flag=True, help="Файл .csv для журнала оценок Moodle.")
@click.option("--names", is_flag=True, help="С именами учеников (не для .json).")
@click.option("--home", default=None, help="Адрес сайта библиотеки в записях xAPI (.json).")
def export_results(
    folder: CourseFolder, out: Path, lessons: tuple[str, ...], learners: tuple[str, ...], by: str,
    moodle: bool, names: bool, home: str | None,
) -> None:  # fmt: skip
    """Записать баллы в файл FILE: .csv и .xlsx для таблиц, .json — записи xAPI."""
    if moodle and out.suffix.casefold() != ".csv":
        raise click.UsageError("Для --moodle назовите файл .csv.")
    if names and out.suffix.casefold() == ".json":
        raise click.UsageError("В записях xAPI имён не бывает: уберите --names.")
    from ecitizen.gradebook.exporting import export_file, results
    from ecitizen.gradebook.xapi import HOME

    found = results(folder, lessons, learners)
    if not found:
        raise CourseError(str(folder.path), "оценок пока нет", "Проверьте ответы: ecitizen grade")
    known = _names(folder) if names else None
    export_file(found, out, by=by, moodle=moodle, names=known, home=home or HOME)  # type: ignore[arg-type] # click checked it
    click.echo(f"Готово: {out}; учеников: {len({one.learner for one in found})}")


@results.command("analysis")
@click.argument("lesson")
@opened
@json_option
def analysis(folder: CourseFolder, lesson: str, as_json: bool) -> None:
    """Разобрать вопросы и практику урока LESSON: трудность, время, где останавливаются."""
    from ecitizen import content
    from ecitizen.gradebook.results import lesson_report
    from ecitizen.journal.store import Store
    from ecitizen.opening import connect

    if lesson not in content.lesson_ids():
        raise CourseError(f"урок {lesson!r}", "такого нет", f"Возьмите один из: {', '.join(content.lesson_ids())}")
    found = lesson_report(folder, Store(connect(folder)), lesson)
    if as_json:
        show_json(asdict(found))
        return
    for one in (*found.questions, *found.practice):
        known = one.statistics
        tells = "" if known.discrimination is None else f", связь с остальными {known.discrimination:.2f}"
        took = "" if one.times is None else f", время {one.times.median_s:.0f} с"
        click.echo(f"{one.id:20} {known.facility:4.0%} из {known.learners}{tells}{took}  {', '.join(one.flags)}")
    for task in found.tasks:
        click.echo(f"{task.title}: начали {task.learners}, закончили {task.finished}")
        for number, step in enumerate(task.steps, 1):
            counts = (
                f"дошли {step.reached:3}, бросили {step.stopped:3}, подсказка {step.hints:3}, ошибки {step.wrongs:3}"
            )
            click.echo(f"  {number:2} {counts}, назад {step.backs:3}  {step.caption or step.screen}")


def _names(folder: CourseFolder) -> dict[str, str]:
    from ecitizen.opening import connect
    from ecitizen.register.people import roster

    return {str(entry.number): entry.full_name for entry in roster(connect(folder))}


@click.command()
@click.argument("learner", required=False)
@opened
@json_option
@click.option("--group", default=None, help="Всем ученикам группы (код).")
@click.option("--lesson", "lessons", multiple=True, help="Только об этом уроке; можно повторить.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Папка для листов.")
def feedback(
    folder: CourseFolder, learner: str | None, group: str | None, lessons: tuple[str, ...], out: Path, as_json: bool
) -> None:
    """Написать ученику LEARNER, что получилось и что повторить: страница .html и лист .pdf крупно."""
    if (learner is None) == (group is None):
        raise click.UsageError("Назовите номер ученика или группу: --group КОД.")
    from ecitizen.gradebook.exporting import results
    from ecitizen.gradebook.feedback import feedback as told
    from ecitizen.gradebook.feedback import remarks
    from ecitizen.notebooks.feedback import feedback_page, feedback_pdf

    wanted = [learner] if learner is not None else _of_group(folder, str(group))
    found = results(folder, lessons, wanted) if wanted else []
    written = told(found, remarks(folder, found))
    if not written:
        whose = f"ученик {learner}" if learner is not None else f"группа {group}"
        raise CourseError(whose, "оценок пока нет", "Проверьте номер и сначала запустите ecitizen grade")
    today = date.today()
    for number, one in enumerate(written, 1):
        click.echo(f"{number} из {len(written)}: {out / one.learner}", err=True)
        write_file(out / f"{one.learner}.html", feedback_page(asdict(one), today))
        write_file(out / f"{one.learner}.pdf", feedback_pdf(asdict(one), today))
    if as_json:
        show_json([asdict(one) for one in written])
    else:
        click.echo(f"Готово: учеников {len(written)}, папка {out}")


def _of_group(folder: CourseFolder, group: str) -> list[str]:
    from ecitizen.opening import connect
    from ecitizen.register.people import groups, roster

    engine = connect(folder)
    known = groups(engine)
    if group not in known:
        raise CourseError(f"группа {group!r}", "такой нет", f"Возьмите одну из: {', '.join(known) or 'групп пока нет'}")
    return [str(entry.number) for entry in roster(engine, group=group)]
