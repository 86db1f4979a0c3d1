"""What all commands share: one-line errors, ``--data``, ``--json``, one document on stdout."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder

Command = TypeVar("Command", bound=Callable[..., Any])
DAY = click.DateTime(["%d.%m.%Y", "%Y-%m-%d"])
FILE = click.Path(path_type=Path, dir_okay=False)


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


def write_file(path: Path, made: bytes) -> None:
    """Write what a command made, whole or not at all, with the folder it goes to; raises ``CourseError``."""
    from ecitizen.reports.writing import write_whole

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CourseError(
            str(path), f"не записывается ({error.strerror})", "Проверьте папку и место на диске"
        ) from error
    write_whole(path, made)
