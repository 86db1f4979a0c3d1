"""How each kind of file loses a name; whatever is written anew takes its place in one step, or not at all."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from ecitizen.errors import CourseError
from ecitizen.register.backup import NoRoom, copy_database, made_on, no_progress, pack, sync
from ecitizen.register.erasing_copies import clean_database
from ecitizen.register.erasing_record import Fate, FileFate
from ecitizen.register.erasing_seeking import SIDES, Kind, Seeker, no_room
from ecitizen.register.searching import digest, shown
from ecitizen.storage import fault_of


@dataclass(frozen=True, slots=True)
class Cleaner:
    """Cleans folders of one person; what could not be done is in ``failed``."""

    seeker: Seeker
    also: Collection[str] = ()
    """Files that are destroyed though nobody can be sure: somebody has looked at them."""

    keep: Collection[str] = ()
    """Files that stay: somebody says that they are about somebody else."""

    is_copy: bool = False
    """The folder is not the course itself, so that a file which the course needs may be written anew."""

    failed: list[str] = field(default_factory=list)
    """Files with the reasons."""

    def check(self) -> None:
        """Raise ``CourseError`` with everything that could not be done."""
        if self.failed:
            where = f"стирание карточки {self.seeker.number}"
            problem = f"файл не удаётся уничтожить или переписать: {'; '.join(self.failed)}"
            raise CourseError(where, problem, "Закройте его в других программах и повторите: имя пока не стёрто")

    def clean(self, tree: Path, prefix: str = "", depth: int = 0) -> Iterator[FileFate]:
        """Clean a course folder or, with a prefix, an open copy; gives each file when it is done.

        Raises ``NoRoom`` if the disk is too full to open a copy or to write something anew.
        """
        for path, name, kind in list(self.seeker.walk(tree, live=not prefix)):
            full = prefix + shown(name)
            try:
                yield from self._copy(path, full, depth) if kind == "copy" else self._one(path, name, full, kind)
            except FileNotFoundError:
                continue  # Somebody else took it away.
            except NoRoom:
                raise
            except OSError as error:
                if fault_of(error) == "full":
                    raise no_room(full) from error
                self.failed.append(f"{full} ({error.strerror or error})")
            except CourseError as error:
                self.failed.append(f"{full} ({error.problem})")
            except (sqlite3.DatabaseError, DatabaseError) as error:
                if "disk is full" in str(error):
                    raise no_room(full) from error
                self.failed.append(f"{full} (база не переписывается)")
        if not prefix:
            self._remove_rooms(tree)

    def _one(self, path: Path, name: str, full: str, kind: Kind) -> Iterator[FileFate]:
        verdict = self.seeker.verdict(path, name, kind)
        if verdict == "none" or (kind == "work" and verdict == "maybe"):
            return
        if full in self.keep:
            yield _fate(path, full, "kept")
        elif verdict != "sure":
            if full in self.also:
                yield self._destroyed(path, full)
            elif verdict == "torn":
                raise CourseError(full, "база не открывается, имя из неё не убрать", "Уничтожьте её и повторите")
            else:
                yield _fate(path, full, "kept" if verdict == "maybe" else "looked-at")
        elif kind == "database":
            fate = _fate(path, full, "rewritten")
            self._database(path)
            yield fate
        elif kind == "work" or (kind == "needed" and (self.is_copy or full != shown(name))):
            yield self._masked(path, full)
        elif kind == "needed":
            raise CourseError(full, "без этого файла нельзя, а в нём имя", "Уберите имя из файла и повторите")
        else:
            yield self._destroyed(path, full)

    def _copy(self, path: Path, full: str, depth: int) -> Iterator[FileFate]:
        if full in self.keep:
            yield _fate(path, full, "kept")
            return
        if full in self.also:
            yield self._destroyed(path, full)
            return
        before = len(self.failed)
        with self.seeker.opened(path, depth) as fresh:
            inner = list(self.clean(fresh, f"{full}/", depth + 1))
            if len(self.failed) > before:
                return
            fate = _fate(path, full, "rewritten")
            changed = any(one.fate in {"destroyed", "rewritten"} for one in inner)
            if changed:
                self._repack(fresh, path)
            # What is written anew inside a copy is told by the copy.
            yield from (one for one in inner if one.fate != "rewritten")
            if changed:
                yield fate

    def _repack(self, fresh: Path, copy: Path) -> None:
        with self._draft(copy) as draft:
            pack(fresh, draft, fresh.parent, no_progress, made_on(copy) or "")

    def _database(self, path: Path) -> None:
        with self._draft(path) as draft:
            copy_database(path, draft)
            clean_database(draft, self.seeker.number, self.seeker.ways)
        for side in SIDES:
            path.with_name(path.name + side).unlink(missing_ok=True)

    def _masked(self, path: Path, full: str) -> FileFate:
        """Put a sign in the place of the name; what isn't plain text is destroyed."""
        with contextlib.suppress(UnicodeDecodeError):
            text = path.read_bytes().decode("utf-8")
            masked = self.seeker.ways.masked(text).encode("utf-8")
            if self.seeker.ways.likeness(masked) != "sure":
                fate = _fate(path, full, "rewritten")
                with self._draft(path) as draft:
                    draft.write_bytes(masked)
                return fate
        return self._destroyed(path, full)

    @contextlib.contextmanager
    def _draft(self, path: Path) -> Iterator[Path]:
        """Give a place to write a file anew; it takes the old one's place at the end of the ``with``."""
        self.seeker.room.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.seeker.room) as room:
            draft = Path(room) / "draft"
            yield draft
            draft.chmod(stat.S_IRUSR | stat.S_IWUSR)
            sync(draft)
            draft.replace(path)
            sync(path.parent)

    def _destroyed(self, path: Path, full: str) -> FileFate:
        fate = _fate(path, full, "unlinked" if path.is_symlink() else "destroyed")
        try:
            path.unlink()
        except PermissionError:
            # Windows refuses what is marked as read-only, and that may be changed.
            path.chmod(stat.S_IWRITE)
            path.unlink()
        sync(path.parent)
        return fate

    def _remove_rooms(self, tree: Path) -> None:
        """Remove empty folders that are called after the person."""
        for room in sorted((path for path in tree.rglob("*") if path.is_dir()), reverse=True):
            if self.seeker.ways.likeness(os.fsencode(room.name)) == "sure":
                with contextlib.suppress(OSError):
                    room.rmdir()


def _fate(path: Path, name: str, fate: Fate) -> FileFate:
    return FileFate(name=name, fate=fate, size=path.lstat().st_size, sha256=digest(path), done=datetime.now(UTC))
