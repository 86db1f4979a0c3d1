"""The command that lets everything fail."""

from __future__ import annotations

import sys
from typing import Any

import click

from ecitizen.cli.common import json_option, show_json
from ecitizen.cli.results import bench

__all__ = ["bench"]

VERDICTS = {
    "lost": "Потеряно подтверждённых ответов",
    "doubled": "Записано лишних",
    "changed": "Записано не то",
    "disordered": "Учеников, у которых порядок другой",
    "wrong_step": "Заданий не на том шаге",
    "surprises": "Неожиданных ответов",
}


@bench.command("chaos")
@json_option
@click.option("--learners", default=30, show_default=True, type=click.IntRange(1, 200), help="Учеников в классе.")
@click.option("--faults", default=200, show_default=True, type=click.IntRange(0, 10_000), help="Сбоев за урок.")
@click.option("--presses", default=30, show_default=True, type=click.IntRange(1, 1000), help="Нажатий у каждого.")
@click.option("--seed", default=7, show_default=True, type=int)
@click.option("--scale", default=10.0, show_default=True, type=click.FloatRange(1, 100), help="Делить обрывы связи.")
def bench_chaos(learners: int, faults: int, presses: int, seed: int, scale: float, as_json: bool) -> None:
    """Вести урок, пока всё ломается: ядра, сервер, связь, диск, часы. Подтверждённые ответы не должны пропасть.

    Связь рвётся на время от 1 до 90 секунд, делённое на --scale. Семя каждого сбоя печатается.
    """
    from ecitizen.chaos.lesson import play

    found = play(learners, faults, seed, presses=presses, scale=scale, say=lambda line: click.echo(line, err=True))
    if as_json:
        show_json(found)
    else:
        _show(found)
    if any(found[name] for name in VERDICTS):
        sys.exit(1)


def _show(found: dict[str, Any]) -> None:
    struck = ", ".join(f"{kind} {count}" for kind, count in sorted(found["faults"].items()))
    click.echo(
        f"Семя {found['seed']}, учеников {found['learners']}, минут {found['minutes']}, загрузка {found['load']}"
    )
    click.echo(f"Сбои: {struck or 'нет'}")
    click.echo(
        f"Нажатий: {found['sent']}, подтверждено: {found['acknowledged']}, отклонено: {found['refused']}, "
        f"отправок: {found['transmissions']}, страница открыта заново: {found['reloads']}"
    )
    for name, title in VERDICTS.items():
        click.echo(f"{title}: {len(found[name])}")
        for line in found[name]:
            click.echo(f"  {line}", err=True)
