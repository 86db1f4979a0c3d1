"""The journal of a page: at once where the environment names it; in class when the kernel is told for whom it works.

A kernel of the class server has run its notebook before its learner is known (``ecitizen.kernels``): the widgets stand
there empty, and start anew from the learner's own journal when the kernel is bound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from IPython import get_ipython

from ecitizen.journal.door import TOKEN, URL, open_journal
from ecitizen.journal.event import Event, Journal, JournalOffline
from ecitizen.journal.remote import RemoteJournal


class AwaitedJournal:
    """A ``Journal`` that is empty, and takes nothing, until the kernel is bound; then it is the learner's own."""

    def __init__(self, lesson: str, connect: Callable[[str, str], Journal] = RemoteJournal) -> None:
        """Name the lesson of the page, whose events are all read at once when the kernel is bound."""
        self._lesson, self._connect = lesson, connect
        self._own: Journal | None = None
        self._events: list[Event] | None = None
        self._listeners: list[Callable[[], None]] = []

    @property
    def seed(self) -> int:
        """Give the learner's seed; 0 before anybody is known."""
        return self._own.seed if self._own is not None else 0

    def append(self, event: Event) -> None:
        """Store an event as ``RemoteJournal`` does; nothing can come from a page before there is one."""
        if self._own is None:
            raise JournalOffline("journal", "страница ещё открывается", "Подождите немного")
        self._own.append(event)

    def read(self, lesson: str | None, activity: str | None = None) -> list[Event]:
        """Give the learner's events as ``RemoteJournal`` does; none before anybody is known."""
        if self._own is None:
            return []
        if self._events is not None and lesson == self._lesson:
            return [event for event in self._events if activity in (None, event.activity)]
        return self._own.read(lesson, activity)

    def when_open(self, listener: Callable[[], None]) -> None:
        """Have something called once the learner is known; never, if that was known before."""
        if self._own is None:
            self._listeners.append(listener)

    def open(self, binding: Mapping[str, str]) -> None:
        """Take the learner's journal: ``binding`` has the keys of the environment that ``open_journal`` reads."""
        self._own = self._connect(binding[URL], binding[TOKEN])
        if not self._listeners:
            return
        self._events = self._own.read(self._lesson)
        try:
            for listener in self._listeners:
                listener()
        finally:
            self._events = None
            self._listeners.clear()


def page_journal(lesson: str) -> Journal:
    """Give the journal for the widgets of a page, wherever the kernel runs."""
    when_bound = getattr(getattr(get_ipython(), "kernel", None), "when_bound", None)
    if when_bound is None:
        return open_journal()
    journal = AwaitedJournal(lesson)
    when_bound(journal.open)
    return journal
