"""``/instructor/grading``: written answers beside their scheme, one at a time and without names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import urlencode

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen.errors import CourseError
from ecitizen.gradebook.manual import LONGEST_COMMENT, MarkConflict
from ecitizen.register.people import roster
from ecitizen.web.access import StaffHandler
from ecitizen.web.grading_run import GradingRun
from ecitizen.web.written import Marking, Queue, Turn, Typed, Work, phrases, steps

_MARKING, _RUN = "ecitizen_marking", "ecitizen_grading_run"

Fault = Literal["points", "long", "changed", "conflict", "taken-back", "refused"]
"""What keeps a form from being saved."""


class MarkingHandler(StaffHandler):
    """A page of the marking section."""

    sees = "marks.see"
    does = "marks.write"

    @property
    def marking(self) -> Marking:
        """Give the reader and writer of marks that all these pages share."""
        room = self.classroom
        fresh = Marking(room.folder, room.engine, room.course.root)
        shared: Marking = self.settings.setdefault(_MARKING, fresh)
        return shared

    @property
    def run(self) -> GradingRun:
        """Give the one run of grading."""
        shared: GradingRun = self.settings.setdefault(_RUN, GradingRun())
        return shared

    @property
    def place(self) -> str:
        """Give the address of the section."""
        return f"{self.base_url}instructor/grading"

    def known(self, lesson: str) -> str:
        """Give the lesson back; 404 if the course has none of that name."""
        if lesson not in self.classroom.course.lesson_ids():
            raise HTTPError(404)
        return lesson


class GradingHandler(MarkingHandler):
    """``/instructor/grading``: the lessons and how many answers wait in each."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the list, or say in words why it is empty."""
        marking = self.marking
        queues = await self.classroom.aside(marking.queues)
        changed = await self.classroom.aside(marking.changed) if self.run.progress.stage != "running" else []
        self.finish(
            self.page(
                "marking.html",
                queues=queues,
                is_graded=marking.is_graded,
                progress=self.run.progress,
                changed=[lesson.title for lesson in changed],
            )
        )


class CollectHandler(MarkingHandler):
    """``/instructor/grading/collect``: «Собрать и проверить»."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Lead whoever reloads the page back to the list."""
        self.redirect(self.place)

    @allow_unauthenticated
    async def post(self) -> None:
        """Begin to collect and grade, unless it is going on already; changed lessons only as they were seen."""
        room = self.classroom
        if self.run.progress.stage != "running":
            found = await room.aside(self.marking.preview)
            if found.asks and self.get_body_argument("seen", "") != found.token:
                self.redirect(f"{self.place}/preview", status=303)
                return
        self.run.start(room.folder, room.course.root)
        self.redirect(self.place, status=303)


class PreviewHandler(MarkingHandler):
    """``/instructor/grading/preview``: whose points a changed lesson changes, before anything is written."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Show them item by item, by the numbers of the cards."""
        found = await self.classroom.aside(self.marking.preview)
        self.finish(self.page("marking_preview.html", found=found, progress=self.run.progress))


class ComparisonHandler(MarkingHandler):
    """``/instructor/grading/LESSON/agreement``: both markers side by side."""

    @allow_unauthenticated
    async def get(self, lesson: str) -> None:
        """Show the agreement; while the second marker is at work, only how much is left."""
        marking = self.marking
        second = await self.classroom.aside(marking.queue, self.known(lesson), "second")
        first = await self.classroom.aside(marking.queue, lesson, "first")
        ready = bool(second.works) and not second.waiting and not first.waiting
        found = await self.classroom.aside(marking.comparisons, lesson) if ready else []
        places = {(work.answer.learner, work.answer.item): work for work in first.works}
        self.finish(self.page("marking_agreement.html", first=first, second=second, found=found, places=places))


class WorkHandler(MarkingHandler):
    """``/instructor/grading/LESSON`` and ``…/second``: one answer, or the list of them."""

    @allow_unauthenticated
    async def get(self, lesson: str, second: str | None = None) -> None:
        """Show the answer that was asked for, else the first that waits, else the list."""
        queue = await self._queue(lesson, second)
        ticket = self.get_query_argument("work", "")
        saved = queue.find(self.get_query_argument("saved", ""))
        work = queue.find(ticket) if ticket else queue.after(saved.place if saved else 0)
        listed = "list" in self.request.query_arguments or work is None
        if ticket and work is None:
            self.finish(self.page("marking_list.html", queue=queue, saved=None, gone=True))
        elif listed or work is None:
            self.finish(self.page("marking_list.html", queue=queue, saved=saved, gone=False))
        else:
            await self._show(queue, work, _as_typed(work), saved=saved)

    @allow_unauthenticated
    async def post(self, lesson: str, second: str | None = None) -> None:
        """Save, take back, or show whose it is; what cannot be saved comes back with all that was typed."""
        queue = await self._queue(lesson, second)
        work = queue.find(self.get_body_argument("work", ""))
        if work is None:
            self.set_status(404)
            self.finish(self.page("marking_list.html", queue=queue, saved=None, gone=True))
            return
        typed = self._typed(work)
        do = self.get_body_argument("do", "save")
        if do == "reveal":
            await self._reveal(queue, work, typed)
        elif do == "unmark":
            await self._try(queue, work, typed, None)
        else:
            await self._save(queue, work, typed)

    async def _queue(self, lesson: str, second: str | None) -> Queue:
        turn: Turn = "second" if second else "first"
        return await self.classroom.aside(self.marking.queue, self.known(lesson), turn)

    def _typed(self, work: Work) -> Typed:
        form = self.form()
        return Typed(
            version=form.get("version", ""),
            before=form.get("before", ""),
            points={line.id: form.get(f"points-{line.id}", "") for line in work.answer.scheme},
            comment=form.get("comment", ""),
            ticked=frozenset(name for name in form if name.startswith("phrase-")),
        )

    async def _save(self, queue: Queue, work: Work, typed: Typed) -> None:
        if typed.version != work.answer.version:
            self.set_status(409)
            await self._show(queue, work, typed, fault="changed")
            return
        points, missing = typed.read(work.answer.scheme)
        if missing or typed.too_long:
            self.set_status(422)
            await self._show(queue, work, typed, fault="points" if missing else "long", missing=missing)
            return
        await self._try(queue, work, typed, points)

    async def _try(self, queue: Queue, work: Work, typed: Typed, points: dict[str, float] | None) -> None:
        """Write a mark, or take it back without points; tell of a second marker who was quicker."""

        async def write() -> str:
            aside, marking = self.classroom.aside, self.marking
            if points is None:
                await aside(marking.take_back, queue, work, typed.before, self.who)
                return self._address(queue, work=work.ticket)
            await aside(marking.save, queue, work, points, typed, self.who)
            return self._address(queue, saved=work.ticket)

        try:
            self.redirect(await self.state.once.do(self.get_body_argument("once", ""), write), status=303)
        except MarkConflict as conflict:
            self.set_status(409)
            fresh = (await self._queue(queue.lesson.id, "second" if queue.turn == "second" else None)).find(work.ticket)
            fault: Fault = "conflict" if conflict.given else "taken-back"
            await self._show(queue, fresh or work, typed, fault=fault)
        except CourseError as error:
            self.set_status(409)
            await self._show(queue, work, typed, fault="refused", error=error)

    async def _reveal(self, queue: Queue, work: Work, typed: Typed) -> None:
        answer = work.answer
        await self.note_look(f"written:{answer.lesson}/{answer.item}/{answer.learner}")
        entries = await self.classroom.aside(roster, self.classroom.engine)
        name = next((one.full_name for one in entries if one.number == answer.learner), "")
        await self._show(queue, work, typed, whose={"name": name, "number": answer.learner})

    async def _show(self, queue: Queue, work: Work, typed: Typed, **words: Any) -> None:
        own = queue.turn == "second" and (
            await self.classroom.aside(self.marking.first_marker, work) == self.who
        )  # fmt: skip
        nothing = {"fault": None, "missing": (), "error": None, "whose": None, "saved": None}
        self.finish(
            self.page(
                "marking_work.html",
                queue=queue,
                work=work,
                typed=typed,
                lines=_lines(work, typed),
                phrases=phrases(),
                longest=LONGEST_COMMENT,
                marked_first_by_same=own,
                grading=self.run.progress.stage == "running",
                **(nothing | words),
            )
        )

    def _address(self, queue: Queue, **query: str) -> str:
        turn = "/second" if queue.turn == "second" else ""
        return f"{self.place}/{queue.lesson.id}{turn}?{urlencode(query)}"


def _as_typed(work: Work) -> Typed:
    """Fill the form with the mark that the answer has."""
    given = work.given
    points = {name: f"{number:g}" for name, number in (given.points or {}).items()} if given else {}
    comment = given.comment if given else ""
    return Typed(version=work.answer.version, before=work.stamp, points=points, comment=comment)


def _lines(work: Work, typed: Typed) -> Sequence[dict[str, Any]]:
    """Give each criterion with the points to choose from, and the chosen ones."""
    good, _ = typed.read(work.answer.scheme)
    return [
        {
            "line": line,
            "steps": steps(line, typed.points.get(line.id, "")),
            "chosen": f"{good[line.id]:g}" if line.id in good else "",
        }
        for line in work.answer.scheme
    ]


_LESSON = r"([a-z0-9][a-z0-9-]*)"

ADDRESSES = [
    (r"/instructor/grading", GradingHandler),
    (r"/instructor/grading/collect", CollectHandler),
    (r"/instructor/grading/preview", PreviewHandler),
    (rf"/instructor/grading/{_LESSON}/agreement", ComparisonHandler),
    (rf"/instructor/grading/{_LESSON}(/second)?", WorkHandler),
]
