"""What all commands share: one-line errors, ``--data``, ``--json``, one document on stdout."""

from __future__ import annotations

import errno
import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy.exc import DBAPIError

from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.storage import SAID, fault_of, probe

Command = TypeVar("Command", bound=Callable[..., Any])
DAY = click.DateTime(["%d.%m.%Y", "%Y-%m-%d"])
FILE = click.Path(path_type=Path, dir_okay=False)

READING = frozenset({
    *("indicators", "report", "survey", "gain", "cards", "results export", "results analysis"),
    *("register export", "register due", "register looks", "register changes", "register calendar"),
    "paper consultations",
})  # fmt: skip
"""Commands whose work is done outside of the course folder: from a disk that takes nothing they read a copy.

What they would note in the register even so, such as new PINs or a look at names, is refused there.
"""

_DATA = "ecitizen.data"
_NO_RIGHT = (errno.EACCES, errno.EPERM)
_FORBIDDEN = ("нет прав на это место", "Проверьте права или выберите другое")


class Group(click.Group):
    """A click group whose commands end in one line where a person can do something about the error."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a ``CourseError``, or a disk that takes nothing, becomes exit code 1."""
        try:
            return super().invoke(ctx)
        except (CourseError, OSError, sqlite3.Error, DBAPIError) as error:
            told = disk_error(error, ctx.meta.get(_DATA))
            if told is None and not isinstance(error, CourseError):
                raise
            click.echo(str(told) if told else _in_russian(error), err=True)
            ctx.exit(1)


def disk_error(error: Exception, data: Path | None) -> CourseError | None:
    """Say which disk was the cause and what to do, by trying the disks; None if none was, or the error says it itself.

    ``data`` is the course folder of the command, if it has one.
    """
    if isinstance(error, CourseError):
        # "Is busy", say those who lock with SQLite; of other files and other disks the error knows more.
        is_database = isinstance(error.__cause__, (sqlite3.Error, DBAPIError)) and error.where.startswith(str(data))
        fault = probe(_existing(data)) if data and is_database and fault_of(error) else None
        return CourseError(str(data), *SAID[fault]) if fault else None
    fault = fault_of(error)
    if fault is None:
        return None
    if isinstance(error, OSError) and error.filename is not None:
        said = _FORBIDDEN if error.errno in _NO_RIGHT else SAID[fault]
        return CourseError(str(error.filename), *said)
    for place in (data, Path(tempfile.gettempdir())):
        if place is not None and (found := probe(_existing(place))):
            return CourseError(str(place), *SAID[found])
    return CourseError(str(data or "диск"), *SAID[fault])


def _in_russian(error: Exception) -> str:
    """Give the text of an error, with the system's English word for a disk that takes nothing put into Russian."""
    cause = error.__cause__
    fault = fault_of(cause)
    if fault is None or not isinstance(cause, OSError) or cause.errno in _NO_RIGHT or not cause.strerror:
        return str(error)
    return str(error).replace(f"[Errno {cause.errno}] ", "").replace(cause.strerror, SAID[fault][0])


def _existing(place: Path) -> Path:
    return next(one for one in (place.absolute(), *place.absolute().parents) if one.is_dir())


def _noted(ctx: click.Context, _option: click.Parameter, data: Path) -> Path:
    ctx.meta[_DATA] = data
    return data


def data_option(command: Command) -> Command:
    """Give a command ``--data DIR``."""
    option = click.option(
        "--data", type=click.Path(path_type=Path, file_okay=False), envvar="ECITIZEN_DATA", default=Path("var"),
        show_default=True, help="Папка курса.", callback=_noted,
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
        with _read(CourseFolder.open(data)) as folder:
            return command(folder, **options)

    return wrapper


@contextmanager
def _read(folder: CourseFolder) -> Iterator[CourseFolder]:
    """Give the folder, or a copy of it to a command that writes nothing into it where nothing can be written."""
    name = click.get_current_context().command_path.partition(" ")[2]
    fault = probe(folder.path) if name in READING else None
    if fault is None:
        yield folder
        return
    from ecitizen.register.rescuing import readable_copy

    click.echo(f"{folder.path}: {SAID[fault][0]}. Читаю из временной копии, в папке ничего не меняется.", err=True)
    with readable_copy(folder.path) as copy:
        yield replace(folder, path=copy, is_copy=True)


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
