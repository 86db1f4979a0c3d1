"""Commands of paper and projector: handouts, the book of the course, slides."""

from __future__ import annotations

from pathlib import Path

import click

from ecitizen.cli.common import FILE, write_file


@click.command()
@click.argument("lesson", required=False)
@click.option("--all", "every", is_flag=True, help="Все занятия курса; тогда --out — папка.")
@click.option("--key", is_flag=True, help="Ключ к вопросам для ведущего вместо памятки.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Файл .pdf, с --all — папка.")
def handout(lesson: str | None, every: bool, key: bool, out: Path) -> None:
    """Сделать памятку занятия LESSON крупным шрифтом: PDF для печати."""
    from ecitizen import content

    if every == (lesson is not None):
        raise click.UsageError("Назовите занятие, например 02-doctor, или поставьте --all.")
    if lesson is not None:
        write_file(out, _paper(lesson, key))
        click.echo(f"Готово: {out}")
        return
    lessons = content.lesson_ids()
    for number, lesson_id in enumerate(lessons, 1):
        path = out / f"{lesson_id}{'-key' if key else ''}.pdf"
        click.echo(f"{number} из {len(lessons)}: {path}", err=True)
        write_file(path, _paper(lesson_id, key))
    click.echo(f"Готово: файлов {len(lessons)}, папка {out}")


def _paper(lesson_id: str, key: bool) -> bytes:
    from ecitizen import content
    from ecitizen.content.notebook import load_notebook
    from ecitizen.notebooks import papers

    lesson = content.lesson(lesson_id)
    return papers.key(lesson) if key else papers.handout(lesson, load_notebook(lesson.notebook))


@click.command()
@click.option("--out", type=FILE, required=True, help="Файл .pdf.")
def book(out: Path) -> None:
    """Сделать книгу курса: содержание, все занятия, ответы в конце."""
    from ecitizen.notebooks import papers

    write_file(out, papers.book(told=lambda title: click.echo(f"Занятие: {title}", err=True)))
    click.echo(f"Готово: {out}")


@click.command()
@click.argument("lesson")
@click.option("--out", type=FILE, required=True, help="Файл .html.")
def slides(lesson: str, out: Path) -> None:
    """Сделать слайды занятия LESSON: один файл, который открывается без интернета."""
    from ecitizen import content
    from ecitizen.content.notebook import load_notebook
    from ecitizen.notebooks import deck

    found = content.lesson(lesson)
    write_file(out, deck.slides(found, load_notebook(found.notebook)).encode("utf-8"))
    click.echo(f"Готово: {out}")
