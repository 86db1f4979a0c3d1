"""nbgrader's own settings of a course folder: one file for our engine, the command line and formgrader alike."""

from __future__ import annotations

import json
from pathlib import Path

from ecitizen.errors import FolderError
from ecitizen.gradebook.submission import NO_TEXT, answers_source

COURSE_ID = "ecitizen"
CONFIG_FILE = "nbgrader_config.py"
LOG_FILE = "grade.log"
DATABASE_FILE = "gradebook.db"
URL_FILE = "database-url"
"""Beside it, if the gradebook lies in a database of its own: the address as SQLAlchemy has it."""

NO_ANSWERS: dict[str, dict[str, object]] = {"practice": {}, "quiz": {}}
"""What the answers cell holds where nobody has answered yet."""

_ROOM = "ecitizen.gradebook"

_SERVER_FILE = Path("jupyter_server_config.d", "ecitizen.json")
_SERVER = {
    "ServerApp": {"jpserver_extensions": {f"{_ROOM}.formgrader": True, "nbgrader.server_extensions.formgrader": False}}
}
"""Jupyter reads this file where it is started: the same formgrader, but working on every system."""

_TEMPLATES = "templates"
_NO_MATHJAX = "{% macro mathjax(url='') %}{% endmacro %}\n"
"""In the place of nbgrader's, which would fetch a script from another host; the course has no formulas."""

_GLOB = "*?["

_CONFIG = f'''"""Settings of nbgrader for this course folder; written by "ecitizen grade" and "ecitizen lab"."""
from pathlib import Path

import nbgrader
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme

c = get_config()
c.CourseDirectory.course_id = "{COURSE_ID}"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
_database = Path(__file__).resolve().with_name("{URL_FILE}")
if _database.is_file():
    c.CourseDirectory.db_url = _database.read_text(encoding="utf-8").strip()
# Without it nbgrader would put "raise NotImplementedError()" into the answers cell.
c.ClearSolutions.code_stub = {{"python": {json.dumps(answers_source(NO_ANSWERS))}}}
c.ClearSolutions.text_stub = {json.dumps(NO_TEXT)}
# The marking scheme stands in the locked question, where markers see it beside the answer, and not in a task cell.
c.ClearMarkScheme.enforce_metadata = False
c.Execute.timeout = 60
# Nothing reaches a kernel but what this package wrote.
c.Autograde.sanitize_preprocessors = [*Autograde.sanitize_preprocessors.default(), "{_ROOM}.guarding.OnlyOurCells"]
# nbgrader's own feedback would show the hidden tests and the marking schemes, and fetch MathJax from another host.
c.GenerateFeedback.preprocessors = [ClearHiddenTests, ClearMarkScheme, *GenerateFeedback.preprocessors.default()]
c.HTMLExporter.extra_template_basedirs = [
    str(Path(__file__).resolve().parent / "{_TEMPLATES}"),
    str(Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"),
]
# Submissions come from the journal of the course.
c.ExchangeFactory.exchange = "{_ROOM}.inbox.Inbox"
c.ExchangeFactory.collect = "{_ROOM}.inbox.Collect"
c.ExchangeFactory.list = "{_ROOM}.inbox.List"
c.ExchangeFactory.release_assignment = "{_ROOM}.inbox.Release"
c.ExchangeFactory.release_feedback = "{_ROOM}.inbox.ReleaseFeedback"
c.ExchangeFactory.fetch_assignment = "{_ROOM}.inbox.FetchAssignment"
c.ExchangeFactory.fetch_feedback = "{_ROOM}.inbox.FetchFeedback"
c.ExchangeFactory.submit = "{_ROOM}.inbox.Submit"
'''


def write_settings(root: Path) -> Path:
    """Make nbgrader's folder and its ``nbgrader_config.py``; gives the file. What says the same is left alone."""
    if any(sign in str(root) for sign in _GLOB):
        # nbgrader looks for notebooks with glob and would find none.
        raise FolderError(str(root), f"в имени папки есть один из знаков {_GLOB}", "Переименуйте папку курса")
    root.mkdir(parents=True, exist_ok=True)
    for page in ("feedback", "formgrade"):
        replace_file(root / _TEMPLATES / page / "mathjax.html.j2", _NO_MATHJAX)
    replace_file(root / _SERVER_FILE, json.dumps(_SERVER, indent=1))
    replace_file(root / CONFIG_FILE, _CONFIG)
    return root / CONFIG_FILE


def url_of(root: Path) -> str | None:
    """Give the address of the gradebook's database; None if it is the file in nbgrader's folder."""
    path = root / URL_FILE
    return path.read_text(encoding="utf-8").strip() if path.is_file() else None


def has_gradebook(root: Path) -> bool:
    """Tell whether there is a gradebook; there is none before the first lesson is built."""
    return (root / DATABASE_FILE).exists() or (root / URL_FILE).exists()


def replace_file(path: Path, text: str) -> bool:
    """Write a whole file or nothing of it; False if it said the same already and was left untouched."""
    fresh = text.encode("utf-8")
    if path.is_file() and path.read_bytes() == fresh:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(fresh)
    draft.replace(path)
    return True
