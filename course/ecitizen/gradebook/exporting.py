"""nbgrader export plug-ins, and the same by the ending of a file.

``nbgrader export --exporter=ecitizen.gradebook.exporting.XlsxExport --to=results.xlsx`` in nbgrader's folder, with
``--ResultsExport.by=skill`` for another row. All write numbers of learners and no name.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nbgrader.plugins import ExportPlugin
from traitlets import Enum, Unicode

from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.gradebook import tables, xapi
from ecitizen.gradebook.engine import session
from ecitizen.gradebook.outcomes import By, Outcome, outcomes
from ecitizen.gradebook.settings import has_gradebook, write_settings

if TYPE_CHECKING:
    from nbgrader.api import Gradebook


class ResultsExport(ExportPlugin):
    """What all of them share."""

    by = Enum(["item", "skill", "lesson"], "item", help="What a row or a column is about.").tag(config=True)

    usual_name = ""
    """File that is written where ``--to`` is not given."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the file; ``--student`` and ``--assignment`` choose as with nbgrader's own exporter."""
        path = Path(self.to or self.usual_name)
        chosen = [str(one) for one in self.assignment], [str(one) for one in self.student]
        write(path, self.made(outcomes(gradebook, *chosen)))
        self.log.info("%s", path)

    def made(self, found: Sequence[Outcome]) -> bytes:
        """Make the file."""
        raise NotImplementedError


class CsvExport(ResultsExport):
    """For a spreadsheet: UTF-8 with BOM, ``;``, decimal comma."""

    usual_name = "results.csv"

    def made(self, found: Sequence[Outcome]) -> bytes:
        """Make the table."""
        return tables.as_csv(found, self.by)


class XlsxExport(ResultsExport):
    """For a spreadsheet: a sheet by items, by skills and by lessons."""

    usual_name = "results.xlsx"

    def made(self, found: Sequence[Outcome]) -> bytes:
        """Make the workbook."""
        return tables.as_xlsx(found)


class MoodleExport(ResultsExport):
    """For Moodle's grade import."""

    usual_name = "moodle.csv"

    def made(self, found: Sequence[Outcome]) -> bytes:
        """Make the table."""
        return tables.as_moodle(found, self.by)


class XapiExport(ResultsExport):
    """For a learning record store."""

    usual_name = "statements.json"

    home_page = Unicode(xapi.HOME, help="Home page of the learners' accounts.").tag(config=True)

    def made(self, found: Sequence[Outcome]) -> bytes:
        """Make the statements."""
        return xapi.as_json(found, self.home_page)


def results(folder: CourseFolder, lessons: Collection[str] = (), learners: Collection[str] = ()) -> list[Outcome]:
    """Give what is in a course folder's gradebook; nothing where nobody has graded yet."""
    root = folder.gradebook
    if not has_gradebook(root):
        return []
    write_settings(root)
    with session(root) as engine, engine.opened() as book:
        return outcomes(book, lessons, learners)


def export_file(
    found: Sequence[Outcome],
    out: Path,
    *,
    by: By = "item",
    moodle: bool = False,
    names: tables.Names | None = None,
    home: str = xapi.HOME,
) -> None:
    """Write results in the kind that the ending says: .csv, .xlsx or .json; raises ``CourseError``."""
    match out.suffix.casefold():
        case ".csv":
            write(out, (tables.as_moodle if moodle else tables.as_csv)(found, by, names))
        case ".xlsx":
            write(out, tables.as_xlsx(found, names))
        case ".json":
            write(out, xapi.as_json(found, home))
        case ending:
            raise CourseError(
                str(out), f"файл с окончанием {ending!r} не делается", "Назовите его .csv, .xlsx или .json"
            )


def write(path: Path, data: bytes) -> None:
    """Put a file in its place, whole or not at all; raises ``CourseError``."""
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        problem = f"файл не записывается ({error.strerror})"
        raise CourseError(str(path), problem, "Закройте его в других программах, проверьте папку и место") from error
    finally:
        draft.unlink(missing_ok=True)
