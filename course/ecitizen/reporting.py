"""A yearly report of a course folder: its figures with their facts, and all that a paper must know beside them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ecitizen import __version__, content
from ecitizen.figures import measured_by_facts
from ecitizen.folder import CourseFolder
from ecitizen.opening import connect
from ecitizen.register.people import sites
from ecitizen.reports import Meta, report
from ecitizen.reports.project import load_project

PAPERS = "papers"
"""In the course folder: the library's own templates."""


def write_report(
    folder: CourseFolder, passport: str, since: date, until: date, out: Path, *, site: str | None = None,
    inside: bool = False,
) -> None:  # fmt: skip
    """Write the report on a passport to a file whose ending says the kind; ``inside`` shows small figures as well.

    Raises ``CourseError`` for an unknown passport, an unknown ending, a file that can't be written.
    """
    toc = content.toc()
    meta = Meta(
        made=date.today(),
        version=__version__,
        rule=toc.trained,
        lessons={lesson.id: lesson.title for lesson in (*toc.lessons, *toc.tests)},
        sites=sites(connect(folder)),
        project=load_project(folder.path),
        library=folder.site,
        inside=inside,
        papers=folder.path / PAPERS,
    )
    report(measured_by_facts(folder, passport, since, until, site), meta, out)
