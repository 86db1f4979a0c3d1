"""``/instructor/people/roster``: a class list from a file, tried out before it is taken.

The file lives in memory between the trial and the taking, for a quarter of an hour at most, and in a private folder
for the moment in which it is read.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jupyter_server.auth.decorator import allow_unauthenticated

from ecitizen.errors import CourseError
from ecitizen.register import people
from ecitizen.register.consulting import worker
from ecitizen.register.importing import import_table
from ecitizen.register.reviewing import TABLE, Fault, Review, faults_of, review
from ecitizen.register.sheets import sheet_of
from ecitizen.web.access import StaffHandler
from ecitizen.web.cards import Issued

MOST_FILE_BYTES = 900 * 1024
"""The server takes a megabyte, and a form is a little larger than its file."""

MOST_LINES = 500
"""Each new card costs 40 ms of hashing; a larger list goes by the command ``ecitizen register import``."""

SHOWN_LINES = 200
"""Lines without faults beyond these are counted and not shown."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came."""

    name: str
    """As the browser calls it: only shown, and its ending believed where it is one."""

    body: bytes
    site: str = ""
    """Code of the place that is meant where a line names none; empty if nobody chose."""

    @contextmanager
    def on_disk(self) -> Iterator[Path]:
        """Lay the file into a private folder for the length of a ``with``."""
        ending = Path(self.name.replace("\\", "/")).suffix.casefold()
        safe = ending if re.fullmatch(r"\.[a-z]{2,7}", ending) else ".csv"
        with tempfile.TemporaryDirectory(prefix="ecitizen-") as place:
            path = Path(place) / f"roster{safe}"
            path.write_bytes(self.body)
            yield path


class RosterHandler(StaffHandler):
    """The form for a file; sending it tries the list out."""

    sees = does = "people.import"

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the form and what a list looks like."""
        self.finish(await self._form())

    @allow_unauthenticated
    async def post(self) -> None:
        """Keep the file in memory and show what would become of it."""
        files = self.request.files.get("file", [])
        if not files or not files[0]["body"]:
            self.set_status(422)
            self.finish(await self._form("empty" if files and files[0]["filename"] else "none"))
            return
        site = self.get_body_argument("site", "")
        known = await self.classroom.aside(people.sites, self.classroom.engine)
        upload = Upload(str(files[0]["filename"])[-80:], bytes(files[0]["body"]), site if site in known else "")
        if len(upload.body) > MOST_FILE_BYTES:
            self.set_status(413)
            self.finish(await self._form("large"))
            return
        token = self.state.kept.put(self.session, upload)
        self.redirect(f"{self.base_url}instructor/people/roster/{token}", status=303)

    async def _form(self, trouble: str = "") -> str:
        columns = [column for column in sheet_of(TABLE).columns if column.field != "pin"]
        sites, own = await self.classroom.aside(self._places)
        words = {"sites": sites, "site": self.get_body_argument("site", own)}
        return self.page(
            "people_roster.html", columns=columns, trouble=trouble, most_kb=MOST_FILE_BYTES // 1024, **words
        )

    def _places(self) -> tuple[dict[str, str], str]:
        engine, folder = self.classroom.engine, self.classroom.folder
        return people.sites(engine), worker(engine, self.staff.id, folder.site).site


class ReviewHandler(StaffHandler):
    """``/instructor/people/roster/TOKEN``: the list line by line, then «Записать»."""

    sees = does = "people.import"

    @allow_unauthenticated
    async def get(self, token: str) -> None:
        """Show every line with its faults."""
        upload = self.state.kept.get(self.session, token, Upload)
        if upload is None:
            self._gone()
            return
        await self._show(token, upload)

    @allow_unauthenticated
    async def post(self, token: str) -> None:
        """Take the list, or what is right in it; the file is forgotten."""
        upload = self.state.kept.get(self.session, token, Upload)
        some = self.get_body_argument("take", "") == "good"

        async def work() -> str:
            if upload is None:
                return ""
            issued = await self.classroom.aside(self._take, upload, some=some)
            self.state.kept.drop(self.session, token)
            return f"instructor/people/issued/{self.state.kept.put(self.session, issued)}"

        try:
            place = await self.state.once.do(self.get_body_argument("once", ""), work)
        except CourseError as error:
            # Somebody has changed the register since the list was shown.
            assert upload is not None, "nothing is taken without a file"
            self.set_status(409)
            await self._show(token, upload, changed=error)
            return
        if place:
            self.redirect(self.base_url + place, status=303)
        else:
            self._gone()

    def _gone(self) -> None:
        self.set_status(410)
        words = {"columns": [], "trouble": "gone", "sites": {}, "site": ""}
        self.finish(self.page("people_roster.html", most_kb=MOST_FILE_BYTES // 1024, **words))

    async def _show(self, token: str, upload: Upload, changed: CourseError | None = None) -> None:
        found = await self.classroom.aside(self._review, upload)
        await self.note_look("list")
        words = {"review": found, "token": token, "file": upload.name, "most": SHOWN_LINES, "changed": changed}
        self.finish(self.page("people_review.html", **words))

    def _review(self, upload: Upload) -> Review:
        with upload.on_disk() as path:
            found = review(self.classroom.engine, path, site=upload.site or None)
        if len(found.lines) > MOST_LINES:
            problem = f"в списке {len(found.lines)} строк, здесь можно {MOST_LINES}"
            return Review(refused=(Fault("", problem, "Разделите файл или загрузите его командой на сервере"),))
        return found

    def _take(self, upload: Upload, *, some: bool) -> Issued:
        engine = self.classroom.engine
        for fault in self._review(upload).refused:
            raise CourseError(upload.name, fault.problem, fault.remedy)
        with upload.on_disk() as path:
            taken = import_table(engine, TABLE, path, who=self.who, skip_faulty=some, site=upload.site or None)
            left_out = tuple(faults_of(path, taken.faults))
        names = {entry.number: entry.full_name for entry in people.roster(engine) if entry.number in taken.pins}
        pins = {number: taken.pins[number] for number in names}
        return Issued(kind="roster", pins=pins, names=names, cards=len(pins), taken=taken, left_out=left_out)


class SampleHandler(StaffHandler):
    """``/instructor/people/roster/sample.csv``: the headers and one invented line, as spreadsheet programs like it."""

    sees = "people.import"

    @allow_unauthenticated
    async def get(self) -> None:
        """Give the file."""
        text = io.StringIO()
        writer = csv.writer(text, delimiter=";")
        columns = [column for column in sheet_of(TABLE).columns if column.field not in {"pin", "left_on", "number"}]
        sample = self.page("people_sample.txt").strip().split(";")
        writer.writerow(column.header for column in columns)
        writer.writerow([*sample, *[""] * len(columns)][: len(columns)])
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", 'attachment; filename="spisok.csv"')
        self.finish(text.getvalue().encode("utf-8-sig"))
