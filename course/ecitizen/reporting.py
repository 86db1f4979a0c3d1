"""A yearly report of a course folder: its figures with their facts, and all that a paper must know beside them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from ecitizen import __version__, content
from ecitizen.figures import measured_by_facts
from ecitizen.folder import CourseFolder
from ecitizen.opening import connect
from ecitizen.register.people import sites
from ecitizen.reports import Meta, report
from ecitizen.reports.document import asks_for_texts
from ecitizen.reports.hiding import SMALL
from ecitizen.reports.meta import Appendix
from ecitizen.reports.paper import hides
from ecitizen.reports.project import FILE, Project, load_project
from ecitizen.reports.words import Remarks, load_words

PAPERS = "papers"
"""In the course folder: the library's own templates."""


def write_report(
    folder: CourseFolder, passport: str, since: date, until: date, out: Path, *, site: str | None = None,
    inside: bool = False, appendix: Appendix | None = None,
) -> list[str]:  # fmt: skip
    """Write the report on a passport to a file whose ending says the kind, and give what should be known about it.

    ``inside`` shows small figures as well. ``appendix`` says how many of the records are listed: by default the first
    of each figure, in a workbook all of them. Raises ``CourseError`` for an unknown passport, an unknown ending, texts
    of another project, a file that can't be written.
    """
    toc = content.toc()
    measured = measured_by_facts(folder, passport, since, until, site)
    kind = out.suffix.lower()
    meta = Meta(
        made=date.today(),
        version=__version__,
        rule=toc.trained,
        lessons={lesson.id: lesson.title for lesson in (*toc.lessons, *toc.tests)},
        sites=sites(connect(folder)),
        library=folder.site,
        inside=inside,
        appendix=appendix or ("full" if kind == ".xlsx" else "short"),
        papers=folder.path / PAPERS,
    )
    words = load_words().remarks
    remarks = [words.small.format(small=SMALL)] if hides(measured, meta) else []
    if kind == ".docx" and asks_for_texts(meta.template(f"{measured.passport.paper}.docx")):
        meta = replace(meta, project=load_project(folder.path, passport))
        remarks += _about_texts(meta.project, passport, words)
    report(measured, meta, out)
    return remarks


def _about_texts(project: Project, passport: str, words: Remarks) -> list[str]:
    if project == Project():
        return [words.no_texts.format(file=FILE)]
    return [] if project.passport else [words.whose_texts.format(file=FILE, passport=passport)]
