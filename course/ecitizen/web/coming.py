"""Who is about to open which lesson: how many kernels should stand ready, and for which lessons they are run ahead.

Pure but for the clock; sessions are named by ``Visitor.username``.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager

EXPECTED_S = 600.0
"""Who has not opened the lesson by then does something else."""

CLASS = 3
"""So many who come to the same lesson at once are a class, whether it was announced or not."""

MOST_STAGED = 2
"""Lessons whose cells are run before the fork: that of the class, and the one before it."""


class Coming:
    """Who looks at the list of lessons, a class that was announced, and whoever comes to a lesson after others."""

    def __init__(self, spare: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Expect nobody; ``spare`` is how many are expected for the lesson opened last."""
        self._spare, self._clock = spare, clock
        self._last = ""
        self._expected: dict[str, tuple[str, float]] = {}
        self._class: tuple[str, int] = ("", 0)
        self._came: set[str] = set()
        self._staged: dict[str, None] = {}
        self._opening: Counter[str] = Counter()

    def expect(self, session: str, lesson: str | None) -> None:
        """Expect a session at a lesson, or at none."""
        self._expected.pop(session, None)
        if lesson is not None:
            self._expected[session] = (lesson, self._clock())

    def begin(self, lesson: str) -> None:
        """Expect somebody at a lesson, whoever that is."""
        self._last = lesson
        self._stage(lesson)

    def announce(self, lesson: str, learners: int) -> None:
        """Expect a class; forgets the class before."""
        self._class, self._came = (lesson, learners), set()
        self._stage(lesson)

    def came(self, session: str, lesson: str) -> None:
        """Expect a session no more, as it is there."""
        self._last = lesson
        if lesson == self._class[0]:
            self._came.add(session)
        self._expected.pop(session, None)

    @contextmanager
    def opening(self, lesson: str) -> Iterator[None]:
        """Somebody waits for a kernel of a lesson."""
        self._opening[lesson] += 1
        try:
            yield
        finally:
            self._opening[lesson] -= 1

    def is_staged(self, lesson: str) -> bool:
        """Say whether the cells of a lesson are run before its kernels are forked: that pays for a class."""
        if self._opening[lesson] >= CLASS:
            self._stage(lesson)
        return lesson in self._staged

    def wanted(self, here: Collection[tuple[str, str]]) -> Counter[str]:
        """Count by lesson who is expected; ``here`` are the sessions and lessons whose pages are open."""
        until = self._clock() - EXPECTED_S
        self._expected = {session: one for session, one in self._expected.items() if one[1] > until}
        coming = [(session, lesson) for session, (lesson, _) in self._expected.items()]
        wanted = Counter(lesson for session, lesson in coming if (session, lesson) not in here)
        for lesson in [lesson for lesson, sessions in wanted.items() if sessions >= CLASS]:
            self._stage(lesson)
        if self._last:
            wanted[self._last] = max(wanted[self._last], self._spare)
        lesson, learners = self._class
        if learners:
            wanted[lesson] = max(wanted[lesson], learners - len(self._came))
        return wanted

    def _stage(self, lesson: str) -> None:
        self._staged.pop(lesson, None)
        self._staged[lesson] = None
        while len(self._staged) > MOST_STAGED:
            del self._staged[next(one for one in self._staged if one not in (lesson, self._class[0]))]


def within(wanted: Mapping[str, int], room: int) -> dict[str, int]:
    """Cut the wishes of the lessons down to the room there is, the largest first; who gets none is left out."""
    cut = Counter(wanted)
    while cut.total() > max(0, room):
        cut[max(cut, key=lambda lesson: cut[lesson])] -= 1
    return dict(+cut)
