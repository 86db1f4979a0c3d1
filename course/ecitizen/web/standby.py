"""Kernels for lesson pages: one that stands ready with the lesson on its screen, else a fresh one.

A kernel that stands ready has run its notebook before its learner is known. How many stand ready follows from who is
expected: everybody who looks at the list of lessons, for the lesson that stands first there; a class that was
announced; and somebody more for the lesson that was opened last. What stands ready never keeps a learner out, and takes
no more memory than the machine has to spare.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import nbformat

from ecitizen import content
from ecitizen.errors import CourseError
from ecitizen.journal.door import TOKEN, URL
from ecitizen.kernels.binding import BIND_S, BindingFailed, answers, bind
from ecitizen.kernels.pool import SHARE, Pool, Queue
from ecitizen.web.coming import Coming, within
from ecitizen.web.full_page import wants_full_page
from ecitizen.web.launches import MOST_OF_A_SESSION, Launch, LessonKernels, kernel_environment
from ecitizen.web.rendering import FAILED, Renderer
from ecitizen.web.sheets import Order, Sheets, Start
from ecitizen.web.visitor import Visitor

KERNEL_MB = 15
SPARE_MB = 500
"""Memory of the machine that kernels without a learner leave alone."""

START_S = 60.0
"""How long a kernel may take until it can be told for whom it works, on a machine where a whole class starts."""

PLAN_S = 15.0

FOR_CARDS = 6
"""One of so many places is kept for learners with a card: a hall full of guests must not keep a class out."""


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A kernel that stands ready."""

    kernel_id: str
    page: str
    stamp: int


class Standby:
    """Opens launches: gives their pages, keeps kernels ready for those to come, and knows who has to wait."""

    def __init__(
        self,
        kernels: LessonKernels,
        renderer: Renderer,
        journal_url: Callable[[], str],
        stamp: Callable[[], int],
        *,
        max_kernels: int,
        grace_s: float,
        spare: int,
    ) -> None:
        """Take where kernels find the journal, and the age of the content.

        ``grace_s`` is how long a page may be gone, ``spare`` how many kernels stand ready for the lesson opened last.
        """
        self._kernels, self._sheets, self._journal_url, self._stamp = kernels, Sheets(renderer), journal_url, stamp
        self._max_kernels, self._grace_s = max_kernels, grace_s
        self._coming = Coming(spare)
        self._pool: Pool[Kept] = Pool(self._keep, self._end, self._is_good, on_failure=self._failed)
        self._queues = {"guest": Queue(), "learner": Queue()}
        self._planning: asyncio.Task[None] | None = None
        self._share = SHARE

    # ---- who is to come ----------------------------------------------------------------------------------------------

    def expect(self, visitor: Visitor, lesson: str | None) -> None:
        """Keep a kernel ready for somebody who is about to open a lesson; None for nobody knows which."""
        self._coming.expect(visitor.username, lesson)
        self.plan()

    def begin(self, lesson: str) -> None:
        """Get ready for whoever comes first, and with that the process that kernels are forked from."""
        self._coming.begin(lesson)
        self.plan()

    def announce(self, lesson: str, learners: int) -> None:
        """Fill up for a class before it comes; forgets the class before."""
        self._coming.announce(lesson, learners)
        self._share = 1.0
        self.plan()

    def plan(self) -> None:
        """Look anew how many kernels should stand ready, now and from time to time."""
        if self._planning is not None:
            self._planning.cancel()
        self._planning = asyncio.create_task(self._keep_planning(), name="kernel plan")

    async def _keep_planning(self) -> None:
        while True:
            wanted = self._wanted()
            if len(self._pool) >= sum(wanted.values()):
                self._share = SHARE
            await self._pool.resize(wanted, self._share)
            await asyncio.sleep(PLAN_S)

    def _wanted(self) -> dict[str, int]:
        here = {(launch.visitor.username, launch.lesson) for launch in self._kernels.launches}
        room = min(self._max_kernels - len(self._kernels.launches), len(self._pool) + _memory_mb() // KERNEL_MB)
        return within(self._coming.wanted(here), room)

    # ---- room --------------------------------------------------------------------------------------------------------

    def place(self, visitor: Visitor, *, enter: bool = True) -> int:
        """Give 0 where there is room for one more lesson page, else the place in the queue, from 1."""
        open_now, now_s = list(self._kernels.launches), time.monotonic()
        free, ahead = self._max_kernels - sum(launch.leaving is None for launch in open_now), 0
        if visitor.role == "guest":
            guests = sum(launch.visitor.role == "guest" and launch.leaving is None for launch in open_now)
            most = self._max_kernels - self._max_kernels // FOR_CARDS
            ahead = self._queues["learner"].waiting(now_s)
            free = min(free - ahead, most - guests)
        place = self._queues[visitor.role].place(visitor.username, free, now_s, enter=enter)
        return place + ahead if place else 0

    async def launch(self, visitor: Visitor, lesson: str) -> Launch:
        """Begin a launch for somebody for whom there is room."""
        launch = self._kernels.launches.open(visitor, lesson)
        launch.stamp = self._stamp()
        self._coming.came(visitor.username, lesson)
        gone = [other for other in self._kernels.launches if other.leaving is not None]
        for other in gone[: max(0, len(self._kernels.launches) - self._max_kernels)]:
            await self._kernels.give_up(other)
        await self._kernels.end_all_of(visitor, but_newest=MOST_OF_A_SESSION)
        self.plan()
        return launch

    # ---- pages -------------------------------------------------------------------------------------------------------

    async def again(self, visitor: Visitor, lesson: str) -> Launch | None:
        """Give what a reloaded page goes on with: the same kernel, if it lives and shows what is true."""
        for launch in reversed(self._kernels.launches.of(visitor)):
            if launch.lesson != lesson or not launch.page:
                continue
            launch.stay()
            if not launch.behind and launch.stamp == self._stamp() and await self._serves(launch):
                self._touch(launch)
                return launch
            await self._kernels.give_up(launch)
        return None

    async def _serves(self, launch: Launch) -> bool:
        return await self._lives(launch.kernel_id) and await answers(self._kernels.get_kernel(launch.kernel_id))

    async def _lives(self, kernel_id: str | None) -> bool:
        return kernel_id in self._kernels and await self._kernels.is_alive(kernel_id)

    def left(self, kernel_id: str) -> None:
        """End the kernel of a page that has closed, unless the page comes back: a reload closes and opens."""
        launch = self._kernels.launches.by_kernel(kernel_id)
        if launch is not None:
            launch.stay()
            loop = asyncio.get_running_loop()
            launch.leaving = loop.call_later(self._grace_s, lambda: loop.create_task(self._end_if_alone(launch)))

    async def _end_if_alone(self, launch: Launch) -> None:
        launch.leaving = None
        if launch.kernel_id in self._kernels and not self._kernels.kernel_model(launch.kernel_id)["connections"]:
            await self._kernels.give_up(launch)

    async def open(self, launch: Launch) -> AsyncGenerator[str, None]:
        """Give the page of a launch in pieces, and its kernel to the launch; ends the launch if that fails."""
        try:
            while (kept := await self._pool.take_ready(launch.lesson)) is not None:
                launch.kernel_id = kept.kernel_id
                try:
                    await self._bind(launch)
                except BindingFailed as error:
                    self._failed(error)
                    # First let go of it: with its kernel a launch ends as well.
                    launch.kernel_id = None
                    await self._kernels.end(kept.kernel_id)
                    continue
                launch.page = kept.page
                yield kept.page
                return
            async with aclosing(self._fresh(launch)) as pieces:
                async for html in pieces:
                    yield html
        finally:
            if not launch.page:
                await self._kernels.give_up(launch)

    async def _fresh(self, launch: Launch) -> AsyncGenerator[str, None]:
        kernel_id = launch.kernel_id = self._kernels.new_kernel_id()
        lesson = launch.lesson

        async def start(held: AsyncExitStack) -> Any:
            await held.enter_async_context(self._pool.door())
            kernel = await self._start(kernel_id, lesson)
            await self._bind(launch, START_S)
            return kernel

        pieces: list[str] = []
        with self._coming.opening(lesson):
            async with aclosing(self._sheets.stream(self._order(lesson, launch.stamp, kernel_id, start))) as stream:
                async for html in stream:
                    pieces.append(html)
                    yield html
        launch.page = "".join(pieces)
        # A reload is to try it with another kernel.
        launch.behind = launch.behind or FAILED in launch.page

    def _order(self, lesson: str, stamp: int, kernel_id: str, start: Start) -> Order:
        ahead = partial(self._coming.is_staged, lesson)
        return Order(lesson=lesson, stamp=stamp, kernel_id=kernel_id, start=start, ahead=ahead)

    async def _start(self, kernel_id: str, lesson: str, **options: Any) -> Any:
        environment = kernel_environment(os.environ)
        if self._coming.is_staged(lesson):
            # Run before the fork, once for all; a process for each lesson would cost more than it saves.
            cells = slim_cells(Path(self._kernels.root_dir) / f"{lesson}.ipynb")
            if cells:
                options["cells"], environment[content.SLIM_PAGE] = cells, "1"
        await self._kernels.start_kernel(kernel_id=kernel_id, path="", env=environment, **options)
        return self._kernels.get_kernel(kernel_id)

    async def _bind(self, launch: Launch, seconds: float = BIND_S) -> None:
        door = {URL: self._journal_url(), TOKEN: launch.token}
        await bind(self._kernels.get_kernel(launch.kernel_id), door, seconds)
        self._touch(launch)

    def _touch(self, launch: Launch) -> None:
        # The culler counts from here, and not from when the cells ran.
        self._kernels.get_kernel(launch.kernel_id).last_activity = datetime.now(UTC)

    # ---- the pool's callbacks ----------------------------------------------------------------------------------------

    async def _keep(self, lesson: str, low_priority: bool) -> Kept:
        kernel_id, stamp = self._kernels.new_kernel_id(), self._stamp()
        options = {"low_priority": True} if low_priority else {}

        async def start(_held: AsyncExitStack) -> Any:
            return await self._start(kernel_id, lesson, **options)

        try:
            async with aclosing(self._sheets.stream(self._order(lesson, stamp, kernel_id, start))) as pieces:
                page = "".join([html async for html in pieces])
            if FAILED in page:
                raise CourseError(f"lesson {lesson}", "ячейка не выполнилась", "Откройте урок в JupyterLab")
        except BaseException:
            await self._kernels.end(kernel_id)
            raise
        return Kept(kernel_id, page, stamp)

    async def _end(self, kept: Kept) -> None:
        await self._kernels.end(kept.kernel_id)

    async def _is_good(self, kept: Kept) -> bool:
        return kept.stamp == self._stamp() and await self._lives(kept.kernel_id)

    def _failed(self, error: Exception) -> None:
        self._kernels.log.error("No kernel could be made ready: %s", error)

    def forget(self, visitor: Visitor) -> None:
        """Expect somebody no more, who has left."""
        self._coming.expect(visitor.username, None)
        for queue in self._queues.values():
            queue.leave(visitor.username)

    async def close(self) -> None:
        """End what stands ready, and make nothing more ready."""
        if self._planning is not None:
            self._planning.cancel()
        await self._pool.close()


def slim_cells(notebook: Path) -> list[str]:
    """Give the code of a notebook as it will be run for a slim page; none where it gets another, or can't be read."""
    try:
        cells = nbformat.read(notebook, as_version=4).cells
    except (OSError, ValueError):
        return []
    return [] if wants_full_page(cells) else [cell.source for cell in cells if cell.cell_type == "code"]


def settings_standby(settings: dict[str, Any]) -> Standby:
    """Find the standby among the settings of the web application."""
    found: Standby = settings["ecitizen_standby"]
    return found


def _memory_mb() -> int:
    """Give what the machine has to spare for kernels without a learner; where nobody can say, enough for a few."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 4 * KERNEL_MB
    available_kb = next((int(line.split()[1]) for line in lines if line.startswith("MemAvailable")), 0)
    return max(0, available_kb // 1024 - SPARE_MB)
