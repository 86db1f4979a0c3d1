"""Commands for those who write lessons: check, begin a lesson, look at a portal, carry quizzes elsewhere."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecitizen.cli.common import FILE, json_option, show_json

if TYPE_CHECKING:
    from ecitizen.content.readability import Reading


@click.command()
@json_option
def check(as_json: bool) -> None:
    """Проверить уроки, вопросы, сценарии и оценки."""
    from ecitizen.content.check import findings_in
    from ecitizen.content.collection import collect
    from ecitizen.content.saying import readings

    found = collect(None, date.today(), jobs=os.cpu_count() or 1)
    findings, lessons = findings_in(found), readings(found)
    errors = [finding for finding in findings if finding.severity == "error"]
    if as_json:
        reading = [asdict(lesson) for lesson in lessons]
        show_json({"findings": [finding.to_json() for finding in findings], "reading": reading})
    else:
        click.echo("Слов в предложении / лёгкость чтения: тетрадь; портал, вопросы и отзывы")
        for lesson in lessons:
            click.echo(f"  {lesson.lesson:<20} {_measured(lesson.notebook)};  {_measured(lesson.rest)}")
        for finding in findings:
            click.echo(str(finding))
        click.echo(f"Ошибок: {len(errors)}, предупреждений: {len(findings) - len(errors)}.")
    if errors:
        sys.exit(1)


def _measured(reading: Reading | None) -> str:
    return f"{reading.sentence_words:4.1f} / {reading.ease:2.0f}".replace(".", ",") if reading else "—"


@click.command()
@click.argument("lesson")
@click.option("--title", required=True, help="Название урока по-русски.")
def new(lesson: str, title: str) -> None:
    """Начать урок LESSON, например 16-neighbours: тетрадь, портал, вопросы и оценки."""
    from ecitizen import content
    from ecitizen.authoring import remaining, scaffold, toc_entry

    root = content.folder("lessons").parent
    for path in scaffold(root, lesson, title):
        click.echo(f"Создан файл {path}")
    for finding in remaining(root, lesson):
        click.echo(f"Осталось: {finding}")
    click.echo(f"Когда урок будет готов, добавьте в lessons/toc.yaml:\n{toc_entry(lesson, title)}")


@click.command()
@click.argument("scenario", type=FILE)
@click.option("--port", default=8878, show_default=True, help="Порт; 0 — любой свободный.")
def preview(scenario: Path, port: int) -> None:
    """Открыть портал из файла SCENARIO в браузере; страница обновляется, когда файл сохраняют."""
    from ecitizen.authoring import preview as show

    def ready(url: str) -> None:
        click.echo(f"Портал открыт: {url}\nОстановить: Ctrl+C")
        sys.stdout.flush()

    show(scenario, port, ready)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def schemas(folder: Path) -> None:
    """Записать в папку FOLDER схемы JSON: по ним редактор подсказывает и проверяет."""
    from ecitizen.authoring import write_schemas

    for path in write_schemas(folder):
        click.echo(str(path))


@click.group()
def quiz() -> None:
    """Вопросы: вынести в другие системы и принести оттуда."""


@quiz.command("export")
@click.argument("lesson")
@click.argument("file", type=FILE)
def quiz_export(lesson: str, file: Path) -> None:
    """Вынести вопросы урока LESSON в файл FILE: .gift или .txt (GIFT), .zip (QTI 1.2), .qti21.zip (QTI 2.1)."""
    from ecitizen.exchange import export_file

    for loss in export_file(lesson, file):
        click.echo(str(loss), err=True)
    click.echo(f"Вопросы записаны: {file}")


@quiz.command("import")
@click.argument("file", type=FILE)
@click.option("--id", "quiz_id", required=True, help="Имя урока, которому достанутся вопросы.")
@click.option("--skill", required=True, help="Умение из lessons/skills.yaml, если в файле оно не названо.")
@click.option("--out", type=FILE, required=True, help="Файл .yaml.")
def quiz_import(file: Path, quiz_id: str, skill: str, out: Path) -> None:
    """Взять вопросы из файла GIFT или QTI (1.2 и 2.1)."""
    from ecitizen.exchange import import_file

    click.echo(f"Вопросов: {len(import_file(file, quiz_id, skill, out).items)}. Файл: {out}")
