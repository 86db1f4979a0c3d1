"""Grading in several processes at once; threads won't do, since nbgrader changes the working directory.

All submissions of a learner go to one process, for two that make the same learner known at once would collide. A
process dies with the one that started it, and until it has it keeps all others from grading (:func:`at_work`).
"""

from __future__ import annotations

import multiprocessing
import signal
import sqlite3
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from ecitizen.errors import CourseError
from ecitizen.gradebook.assignment import Assignment
from ecitizen.gradebook.work import EngineName, Submission, engine_class, grade_one

ORPHANS_S = 20
"""How long to wait for the processes of a grader that was killed; each only ends its submission."""

_LOCK = "grade-jobs.lock"
_ENDED = (EOFError, BrokenPipeError, ConnectionResetError)

Task = tuple[str, str, str]
"""Lesson, learner and stamp: the assignment itself goes to a process only once."""

Said = tuple[str, str, str] | None
"""What is to be said of a submission that could not be graded: where, what, remedy."""


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    tasks: deque[Submission] = field(default_factory=deque)
    """What it was given and has not answered yet."""


class _Crew:
    """The processes of one run."""

    def __init__(self, root: Path, engine: EngineName, due: Sequence[Submission], jobs: int) -> None:
        ordered = sorted(due, key=lambda handed: handed.learner)
        self._left = deque(list(chunk) for _, chunk in groupby(ordered, key=lambda handed: handed.learner))
        self._arguments = root, engine, {handed.built.lesson: handed.built for handed in due}
        self._context = _context()
        self._lost: set[tuple[str, str]] = set()
        self.workers: list[_Worker] = []
        for _ in range(min(jobs, len(self._left))):
            self._hire()

    def results(self) -> Iterator[CourseError | None]:
        """Give one result for each submission as they come."""
        while self.workers:
            ready = wait([worker.pipe for worker in self.workers])
            for worker in [known for known in self.workers if known.pipe in ready]:
                try:
                    said: Said = worker.pipe.recv()
                except _ENDED:
                    yield from self._replace(worker)
                    continue
                worker.tasks.popleft()
                yield None if said is None else CourseError(*said)
                if not worker.tasks:
                    self._give(worker)

    def close(self) -> None:
        """Let all processes end with what they are doing."""
        for worker in self.workers:
            worker.pipe.close()
        for worker in self.workers:
            worker.process.join()
        self.workers.clear()

    def _hire(self) -> None:
        ours, theirs = self._context.Pipe()
        # ``BaseContext`` lacks the class that all its kinds have.
        process = self._context.Process(target=_work, args=(theirs, *self._arguments), daemon=True)  # type: ignore[attr-defined]
        process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self.workers.append(worker)
        self._give(worker)

    def _give(self, worker: _Worker) -> None:
        if not self._left:
            worker.pipe.close()
            worker.process.join()
            self.workers.remove(worker)
            return
        worker.tasks.extend(self._left.popleft())
        try:
            worker.pipe.send([(task.built.lesson, task.learner, task.stamp) for task in worker.tasks])
        except _ENDED:
            return  # Reading from it will say the same.

    def _replace(self, dead: _Worker) -> Iterator[CourseError]:
        """Grade once more what a process was at when it was killed; of what kills a second one only tell."""
        dead.process.join()
        dead.pipe.close()
        self.workers.remove(dead)
        lesson, learner = dead.tasks[0].built.lesson, dead.tasks[0].learner
        if (lesson, learner) in self._lost:
            dead.tasks.popleft()
            problem = f"процесс, который оценивал ученика {learner}, дважды оборвался"
            yield CourseError(lesson, problem, "Повторите с --jobs 1")
        self._lost.add((lesson, learner))
        if dead.tasks:
            self._left.appendleft(list(dead.tasks))
        if self._left:
            self._hire()


def make_ready() -> None:
    """Let the server of the processes import nbgrader while its caller still collects."""
    if _context().get_start_method() == "forkserver":
        # Not to be had on Windows.
        from multiprocessing import forkserver

        forkserver.ensure_running()


def spread(root: Path, engine: EngineName, due: Sequence[Submission], jobs: int) -> Iterator[CourseError | None]:
    """Grade submissions in so many processes; gives one result each, None where all went well."""
    with closing(_Crew(root, engine, due, jobs)) as crew:
        yield from crew.results()


def require_idle(root: Path) -> None:
    """Wait for processes that a killed grader left behind; raises ``CourseError`` if they do not end."""
    with closing(sqlite3.connect(root / _LOCK, timeout=ORPHANS_S, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            problem = f"процессы прежнего оценивания ещё заняты ({error})"
            raise CourseError(str(root), problem, "Дождитесь их конца и повторите") from error


@contextmanager
def at_work(root: Path) -> Iterator[None]:
    """Show that a process grades in the folder; any number may at once."""
    with closing(sqlite3.connect(root / _LOCK, timeout=ORPHANS_S, isolation_level=None)) as lock:
        lock.execute("BEGIN")
        lock.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield


def _context() -> BaseContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    # nbgrader takes seconds to import: once for all. A plain fork would inherit locks, threads and open databases.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["ecitizen.gradebook.fast"])
    return context


def _work(pipe: Connection, root: Path, engine: EngineName, built: dict[str, Assignment]) -> None:
    """Grade what comes through the pipe until it is closed, at the other end or by a kill."""
    from ecitizen.gradebook.engine import session

    # Whoever presses Ctrl-C means the grader, which then closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with at_work(root), session(root, engine_class(engine)) as nbgrader:
        try:
            while True:
                tasks: list[Task] = pipe.recv()
                for lesson, learner, stamp in tasks:
                    fault = grade_one(nbgrader, root, Submission(built=built[lesson], learner=learner, stamp=stamp))
                    pipe.send(None if fault is None else (fault.where, fault.problem, fault.remedy))
        except _ENDED:
            return
