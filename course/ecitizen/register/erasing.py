"""Erase a person: afterwards no table, log, copy or file of the course folder holds the name, and every count stays.

In this order, so that whoever is cut off can begin again: what will go is written down; files go, for the register
still knows the name to look for; then the rows; then the databases are written anew and everything is searched once
more. What is gone and how the library can prove it (order 179 of Roskomnadzor of 28.10.2022: an act and the extract of
the log, kept for three years) stands in ``Erasure``.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select

from ecitizen.errors import CourseError
from ecitizen.register.backup import ROOM
from ecitizen.register.erasing_cleaning import Cleaner
from ecitizen.register.erasing_copies import holds_person
from ecitizen.register.erasing_plan import Plan, gradebooks, look_over, seeking
from ecitizen.register.erasing_record import Fate, FileFate, Record, load, store
from ecitizen.register.erasing_rows import categories, mask, remove, rewrite
from ecitizen.register.erasing_seeking import LIVE, Seeker
from ecitizen.register.erasing_words import Name, Sought
from ecitizen.register.searching import digest, is_there
from ecitizen.register.sheets.traced import title_of
from ecitizen.register.tables import Attendance, Change, Person

_WHERE = "стирание"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of the extract of the log."""

    at: str
    who: str
    record: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What was erased and what is kept."""

    number: int
    reason: str
    categories: tuple[str, ...]
    """What was known of the person, in words without the values."""

    attendances: int
    """Kept: sessions that this number attended."""

    log: tuple[LogLine, ...]
    files: tuple[FileFate, ...]
    """What became of files; no name of the person is in their names."""

    rewritten: bool
    """Freed pages are overwritten; False: a database was in use, and the erasing must be run again."""

    left: tuple[str, ...]
    """Files that came while the erasing went on, and hold the name."""

    searched: bool = True
    """All files were looked through once more at the end; False: the run that knew the name was cut off before."""

    beside: tuple[str, ...] = ()
    """Former course folders beside this one, in which the person may still be."""

    @property
    def finished(self) -> bool:
        """Say whether nothing is left to do but the act."""
        return self.rewritten and not self.left

    def fates(self, fate: str) -> list[FileFate]:
        """Choose the files by what became of them."""
        return [one for one in self.files if one.fate == fate]


def erase(
    engine: Engine,
    number: int,
    who: str,
    folder: Path,
    said: str = "",
    *,
    also: Collection[str] = (),
    keep: Collection[str] = (),
    agreed: str = "",
) -> Erasure:
    """Erase a learner from the register and from every file of the course folder; what was cut off goes on.

    ``said`` is what goes into the act and is kept for years: a name in it is refused. ``also`` are files to destroy of
    those that nobody can be sure of, ``keep`` files that are about somebody else, ``agreed`` is the digest of the plan
    that somebody has seen. Raises ``CourseError`` if there is nothing to erase or something hinders it, and if a file
    can't be destroyed: then the person is still in the register and the same call goes on. To close a file of the
    database drops all locks that this process has on it: a server has to use ``erasing_apart``.
    """
    with seeking(engine, number, folder) as seeker:
        record = load(folder, number)
        if seeker is None:
            if record is None or record.finished:
                raise CourseError(_WHERE, f"у карточки {number} имени уже нет", "Проверьте номер карточки")
            return _finish(engine, folder, record, None)
        if seeker.ways.likeness(said.encode()):
            raise CourseError("причина", "в ней стоит фамилия, а акт хранится годами", "Напишите причину без имени")
        found = look_over(engine, seeker, folder)
        _check(found, record, also, keep, agreed)
        record = _begun(engine, folder, found, record, who, said, also)
        cleaner = Cleaner(seeker, also, keep)
        for fate in cleaner.clean(folder):
            record.note(fate)
            store(folder, record)
        cleaner.check()
        # Before the rows: whoever is cut off behind them no longer knows what to take out of the names of files.
        record.files = [_nameless(engine, seeker.ways, one) for one in record.files]
        store(folder, record)
        tables = remove_rows(engine, seeker, folder, who)
        record.removed = datetime.now(UTC)
        store(folder, record)
        return replace(_finish(engine, folder, record, replace(seeker, exact=True), tables, keep), beside=found.beside)


def remove_rows(engine: Engine, seeker: Seeker, folder: Path, who: str) -> set[str]:
    """Remove the person from the databases of a folder; gives the tables of the register that have changed.

    The name to look for goes last: whoever is cut off before can look for it again.
    """
    for scores in gradebooks(folder):
        with scores.begin() as connection:
            changed = mask(connection, seeker.ways)
        if scores.dialect.name != "sqlite" and changed:
            rewrite(scores, changed)
    with engine.begin() as connection:
        changed = mask(connection, seeker.ways)
        remove(connection, seeker.number, who)
    return changed | {"person", "consent", "undo", "learner"}


def rewrite_all(engine: Engine, folder: Path, tables: Collection[str]) -> bool:
    """Write the register and the files of scores anew; False if one of them is in use."""
    done = rewrite(engine, tables)
    for scores in gradebooks(folder):
        done = (scores.dialect.name != "sqlite" or rewrite(scores)) and done
    return done


def is_unfinished(folder: Path, number: int) -> bool:
    """Tell whether an erasure was begun and is not over: something is left, or the act isn't written."""
    record = load(folder, number)
    return record is not None and not (record.finished and record.act)


def told_before(engine: Engine, folder: Path, number: int) -> Erasure | None:
    """Give an erasure that was finished without an act, for the act is still to be written."""
    record = load(folder, number)
    if record is None or not record.finished or record.act:
        return None
    shutil.rmtree(folder / ROOM, ignore_errors=True)
    return _erasure(engine, record, rewritten=True)


def note_act(folder: Path, number: int) -> None:
    """Keep that the act of an erasure was written: now it is over."""
    record = load(folder, number)
    if record is not None and record.finished:
        record.act = datetime.now(UTC)
        store(folder, record)


def _check(found: Plan, record: Record | None, also: Collection[str], keep: Collection[str], agreed: str) -> None:
    if agreed and agreed != found.digest:
        raise CourseError(_WHERE, "список файлов с тех пор изменился", "Просмотрите его ещё раз")
    # What a run that was cut off has destroyed may be named again.
    known = {one.name for one in (*found.findings, *(record.files if record else ()))}
    for name in (*also, *keep):
        if name not in known:
            raise CourseError(name, "этого файла нет в списке найденных", "Проверьте имя файла")
    for one in found.findings:
        if one.kind == "needed" and one.name in also:
            raise CourseError(one.name, "без этого файла курс не обойдётся", "Уберите имя из файла сами")
    for one in found.hindering:
        if one.name in keep or (one.verdict == "torn" and one.name in also):
            continue
        if one.verdict == "torn":
            problem = "копия или база не открывается, и имя из неё не убрать"
            raise CourseError(one.name, problem, "Уничтожьте этот файл: --also ФАЙЛ, и повторите")
        problem = "в файле стоит имя, а без него курс не обойдётся"
        raise CourseError(one.name, problem, "Уберите имя сами или, если речь о другом человеке, укажите --keep ФАЙЛ")
    for cell in found.cells:
        if cell.fixed:
            problem = f"имя стоит там, где записи ссылаются друг на друга или различаются ({cell.table}.{cell.column})"
            raise CourseError(_WHERE, problem, "Переименуйте эту запись и повторите")


def _begun(
    engine: Engine, folder: Path, found: Plan, record: Record | None, who: str, said: str, also: Collection[str]
) -> Record:
    """Write down what will be destroyed before anything is."""
    with engine.connect() as connection:
        known = categories(connection, found.number)
    # What is finished was about somebody else, who had the card before.
    record = None if record is not None and record.finished else record
    record = record or Record(number=found.number, who=who, reason=said, begun=datetime.now(UTC))
    record.who, record.reason, record.categories = who, said, known
    record.removed = record.searched = record.finished = record.act = None
    meant = {one.name for one in found.destroyed} | set(also)
    for one in record.files:
        if one.done is None and one.name not in meant:
            # Gone, though whoever destroyed it did not live to say so; or no name is in it any more.
            one.done = None if is_there(folder, one.name) else datetime.now(UTC)
    record.files = [one for one in record.files if one.done is not None]
    for finding in found.findings:
        if finding.name in meant:
            path = folder / finding.name
            fate: Fate = "unlinked" if path.is_symlink() else "destroyed"
            record.note(FileFate(name=finding.name, fate=fate, size=finding.size, sha256=digest(path)))
    store(folder, record)
    return record


def _nameless(engine: Engine, ways: Sought, fate: FileFate) -> FileFate:
    """Take all names that the register knows out of the name of a file: the act is kept for years."""
    with engine.connect() as connection:
        others = tuple((surname,) for surname in connection.execute(select(Person.surname)).scalars())
    name = Sought(Name(""), others).masked(ways.masked(fate.name))
    return fate.model_copy(update={"name": name, "done": fate.done or datetime.now(UTC)})


def _finish(
    engine: Engine,
    folder: Path,
    record: Record,
    seeker: Seeker | None,
    tables: Collection[str] = ("person", "consent", "undo", "learner"),
    keep: Collection[str] = (),
) -> Erasure:
    """Write the databases anew and search everything again; without a seeker only what was left is looked at."""
    rewritten = rewrite_all(engine, folder, tables)
    if seeker is None:
        left = tuple(name for name in record.left if is_there(folder, name))
    else:
        left = tuple(one.name for one in seeker.find(folder) if one.verdict == "sure" and one.name not in keep)
        rewritten = rewritten and not any(
            holds_person(folder / name, seeker.ways, exact=True) for name in LIVE if (folder / name).exists()
        )
        record.searched = datetime.now(UTC)
    record.left = left
    record.removed = record.removed or datetime.now(UTC)
    record.finished = datetime.now(UTC) if rewritten and not left else None
    store(folder, record)
    return replace(_erasure(engine, record, rewritten=rewritten), left=left)


def _erasure(engine: Engine, record: Record, *, rewritten: bool) -> Erasure:
    with engine.connect() as connection:
        attended = select(func.count()).select_from(Attendance).where(Attendance.learner == record.number)
        attendances = connection.execute(attended).scalar_one()
        log = [*_extract(connection, record.number), *_of_files(record)]
    return Erasure(
        number=record.number,
        reason=record.reason,
        categories=record.categories,
        attendances=attendances,
        log=tuple(line for _, line in log),
        files=tuple(record.files),
        rewritten=rewritten,
        left=record.left,
        searched=record.searched is not None,
    )


def _extract(connection: Connection, number: int) -> Iterator[tuple[datetime, LogLine]]:
    about = (Change.table.in_(["person", "learner"])) & (Change.key == str(number))
    consents = Change.table == "consent"
    for row in connection.execute(select(Change).where(about | consents).order_by(Change.id)):
        if row.table_name == "consent" and number not in {_learner_of(row.before), _learner_of(row.after)}:
            continue
        what = "добавлено" if row.before is None else "удалено" if row.after is None else "изменено"
        yield _line(row.at, row.who, f"{title_of(row.table_name)}, {row.key}", what)


def _of_files(record: Record) -> Iterator[tuple[datetime, LogLine]]:
    words = {
        "destroyed": "уничтожен",
        "unlinked": "удалена ссылка на него",
        "rewritten": "переписан без этого человека",
    }
    for one in record.files:
        if one.done is not None and one.fate in words:
            yield _line(one.done.replace(tzinfo=None), record.who, f"файл {one.name}", words[one.fate])


def _line(at: datetime, who: str, about: str, what: str) -> tuple[datetime, LogLine]:
    return at, LogLine(at=f"{at:%d.%m.%Y %H:%M:%S}", who=who, record=about, what=what)


def _learner_of(values: str | None) -> int | None:
    learner: int | None = json.loads(values or "{}").get("learner")
    return learner
