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

NO_ANSWERS: dict[str, dict[str, object]] = {"practice": {}, "quiz": {}}
"""What the answers cell holds where nobody has answered yet."""

_GLOB = "*?["

_CONFIG = f'''"""Settings of nbgrader for this course folder; written by "ecitizen grade" and "ecitizen lab"."""
from pathlib import Path

c = get_config()
c.CourseDirectory.course_id = "{COURSE_ID}"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.Exchange.root = str(Path(__file__).resolve().parent / "exchange")
# Without it nbgrader would put "raise NotImplementedError()" into the answers cell.
c.ClearSolutions.code_stub = {{"python": {json.dumps(answers_source(NO_ANSWERS))}}}
c.ClearSolutions.text_stub = {json.dumps(NO_TEXT)}
# The marking scheme stands in the locked question, where markers see it beside the answer, and not in a task cell.
c.ClearMarkScheme.enforce_metadata = False
c.Execute.timeout = 60
'''


def write_settings(root: Path) -> Path:
    """Make nbgrader's folder and its ``nbgrader_config.py``; gives the file. It is left alone if it says the same."""
    if any(sign in str(root) for sign in _GLOB):
        # nbgrader looks for notebooks with glob and would find none.
        raise FolderError(str(root), f"в имени папки есть один из знаков {_GLOB}", "Переименуйте папку курса")
    root.mkdir(parents=True, exist_ok=True)
    replace_file(root / CONFIG_FILE, _CONFIG)
    return root / CONFIG_FILE


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
