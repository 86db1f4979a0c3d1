"""Grading on other computers, by Dask: they write the scores to PostgreSQL, and the notebooks come home.

No folder has to be shared. A parcel is what one learner hands in; a worker lays it into a folder of its own, lets the
engine ``fast`` grade it there and sends back what it wrote. Whatever dies, the parcel is graded again and comes to the
same: at home the notebook is replaced and stamped last, as it is by one process alone.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import uuid4

from ecitizen.errors import CourseError
from ecitizen.gradebook.assignment import Assignment
from ecitizen.gradebook.collecting import TIME_FILE, reads
from ecitizen.gradebook.database import write_for_owner
from ecitizen.gradebook.jobs import Said
from ecitizen.gradebook.settings import URL_FILE, replace_file, url_of, write_settings
from ecitizen.gradebook.work import Submission, stamp_file

CALL_S = 20
"""How long the scheduler may take to answer."""

AHEAD = 3
"""Parcels that lie ready for each worker's thread, so that none waits and no scheduler holds a whole course."""

OPTION = "--dask"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One submission on its way to a worker."""

    lesson: str
    learner: str
    notebook: str
    time: str
    before: str | None
    """The notebook graded before, which tells what a person has marked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of it."""

    fault: Said
    files: Mapping[str, tuple[str, int]]
    """What nbgrader has in ``autograded/`` now, by name: text and mode; nothing if it failed."""


class Bench:
    """A worker's own folder and engine; lives in a worker's process."""

    def __init__(self, url: str, built: Mapping[str, Assignment]) -> None:
        """Open the gradebook of a course whose lessons are already in it."""
        from ecitizen.gradebook.engine import session
        from ecitizen.gradebook.fast import FastEngine

        self._built = built
        # nbgrader changes the working directory: a worker of many threads grades with one.
        self._turn = threading.Lock()
        with ExitStack() as open_now:
            self._root = Path(open_now.enter_context(tempfile.TemporaryDirectory(prefix="ecitizen-dask-")))
            write_settings(self._root)
            write_for_owner(self._root / URL_FILE, url)
            self._engine = open_now.enter_context(session(self._root, FastEngine))
            self._open = open_now.pop_all()

    def grade(self, parcel: Sequence[Work]) -> list[Done]:
        """Grade one after the other."""
        with self._turn:
            return [self._graded(work) for work in parcel]

    def close(self) -> None:
        """Close the gradebook and remove the folder."""
        with self._turn:
            self._open.close()

    def _graded(self, work: Work) -> Done:
        handed, graded = (self._root / step / work.learner / work.lesson for step in ("submitted", "autograded"))
        name = f"{work.lesson}.ipynb"
        replace_file(handed / name, work.notebook)
        replace_file(handed / TIME_FILE, work.time)
        if work.before is not None:
            replace_file(graded / name, work.before)
        try:
            self._engine.autograde(self._built[work.lesson], work.learner)
            made = [graded / TIME_FILE, graded / name]
            files = {one.name: (one.read_text(encoding="utf-8"), one.stat().st_mode) for one in made}
        except CourseError as error:
            return Done(fault=(error.where, error.problem, error.remedy), files={})
        finally:
            shutil.rmtree(handed)
            shutil.rmtree(graded, ignore_errors=True)
        return Done(fault=None, files=files)


def spread_far(root: Path, address: str, due: Sequence[Submission]) -> Iterator[CourseError | None]:
    """Grade submissions by the workers of a Dask scheduler; gives one result each, None where all went well."""
    url = url_of(root)
    if url is None:
        problem = "gradebook.db на этом компьютере, другим компьютерам в него не записать"
        raise CourseError(OPTION, problem, "Перенесите оценки в PostgreSQL: ecitizen grade --database-url АДРЕС")
    with _client(address) as client, _benches(client, url, due) as key:
        parcels = deque(_parcels(due))
        yield from _results(root, client, key, parcels)


def grade_parcel(key: str, parcel: Sequence[Work]) -> list[Done]:
    """Grade a parcel in a worker of Dask."""
    from distributed import get_worker

    bench: Bench = get_worker().plugins[key].bench
    return bench.grade(parcel)


def _results(root: Path, client: Any, key: str, parcels: deque[list[Submission]]) -> Iterator[CourseError | None]:
    from distributed import as_completed

    at_work: dict[Any, list[Submission]] = {}
    coming = as_completed([])

    def send() -> None:
        if parcels:
            parcel = parcels.popleft()
            future = client.submit(grade_parcel, key, [_packed(root, handed) for handed in parcel], pure=False)
            at_work[future] = parcel
            coming.add(future)

    for _ in range(AHEAD * max(1, sum(client.nthreads().values()))):
        send()
    for future in coming:
        parcel = at_work.pop(future)
        send()
        if future.status == "finished":
            for handed, done in zip(parcel, future.result(), strict=True):
                yield _brought_home(root, handed, done)
        else:
            problem = f"работник Dask не справился ({str(future.exception())[:200]})"
            for handed in parcel:
                yield CourseError(f"{handed.built.lesson}, ученик {handed.learner}", problem, "Повторите без --dask")


def _parcels(due: Sequence[Submission]) -> Iterator[list[Submission]]:
    """Put together what one learner hands in: two that make the same learner known at once would collide."""
    ordered = sorted(due, key=lambda handed: handed.learner)
    return (list(chunk) for _, chunk in groupby(ordered, key=lambda handed: handed.learner))


def _packed(root: Path, handed: Submission) -> Work:
    lesson, learner = handed.built.lesson, handed.learner
    name = f"{lesson}.ipynb"
    place = root / "submitted" / learner / lesson
    # Whatever becomes of the parcel from now on, it counts only when it is home.
    stamp_file(root, handed).unlink(missing_ok=True)
    return Work(
        lesson=lesson,
        learner=learner,
        notebook=(place / name).read_text(encoding="utf-8"),
        time=(place / TIME_FILE).read_text(encoding="utf-8"),
        before=reads(root / "autograded" / learner / lesson / name),
    )


def _brought_home(root: Path, handed: Submission, done: Done) -> CourseError | None:
    """Lay down what nbgrader wrote, the notebook and then its stamp last."""
    if done.fault is not None:
        return CourseError(*done.fault)
    stamp = stamp_file(root, handed)
    notebook = f"{handed.built.lesson}.ipynb"
    for found in stamp.parent.iterdir() if stamp.parent.is_dir() else ():
        if found.name != notebook:
            shutil.rmtree(found) if found.is_dir() and not found.is_symlink() else found.unlink()
    for name in (TIME_FILE, notebook):
        path, (text, mode) = stamp.parent / name, done.files[name]
        if path.exists():
            path.chmod(0o644)  # Windows replaces no file that is read-only.
        replace_file(path, text)
        path.chmod(mode & 0o777)
    replace_file(stamp, handed.stamp)
    return None


@contextmanager
def _client(address: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError as error:
        raise CourseError(OPTION, "нет пакета distributed", "Установите: pip install 'ecitizen[dask]'") from error
    try:
        client = Client(address, timeout=CALL_S)
    except (OSError, ValueError) as error:
        problem = f"планировщик Dask не отвечает по адресу {address!r}"
        raise CourseError(OPTION, problem, "Запустите: dask scheduler; адрес вида tcp://имя:8786") from error
    with client:
        if not client.nthreads():
            raise CourseError(OPTION, f"у планировщика {address!r} нет работников", "Запустите: dask worker АДРЕС")
        yield client


@contextmanager
def _benches(client: Any, url: str, due: Sequence[Submission]) -> Iterator[str]:
    """Give every worker, and each that comes in the place of a dead one, a folder and an engine."""
    from distributed import WorkerPlugin
    from sqlalchemy.exc import SQLAlchemyError

    class Benches(WorkerPlugin):
        def __init__(self, key: str, built: dict[str, Assignment]) -> None:
            self.name, self._built = key, built

        def setup(self, worker: Any) -> None:  # noqa: ARG002 - theirs
            self.bench = Bench(url, self._built)

        def teardown(self, worker: Any) -> None:  # noqa: ARG002 - theirs
            self.bench.close()

    key = f"ecitizen-{uuid4().hex}"
    try:
        client.register_plugin(Benches(key, {handed.built.lesson: handed.built for handed in due}))
    except (ImportError, AttributeError, OSError, RuntimeError, SQLAlchemyError) as error:
        problem = f"работник Dask не готов ({type(error).__name__}: {str(error)[:200]})"
        remedy = "Поставьте всем работникам ту же версию ecitizen[postgresql,dask]"
        raise CourseError(OPTION, problem, remedy) from error
    try:
        yield key
    finally:
        client.unregister_worker_plugin(key)
