"""Erase in a process of its own, for a server that has the database open.

``erase`` searches every file of the folder for the surname, the database's own files among them. Opening and closing
these by hand drops, on POSIX, all locks that the same process holds on them (sqlite.org/howtocorrupt.html, 2.2): the
server's connections would no longer see what others write. In a process of its own only that process loses its locks.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from ecitizen.database import open_engine
from ecitizen.errors import CourseError
from ecitizen.register.erasing import Erasure, LogLine, erase

LONGEST_S = 120
_REFUSED = 1


def erase_apart(url: str, number: int, who: str, folder: Path, said: str = "") -> Erasure:
    """Do what ``erase`` does to the database of a URL, in a child process; raises the same errors."""
    wanted = json.dumps({"url": url, "number": number, "who": who, "folder": str(folder), "said": said})
    done = subprocess.run(
        [sys.executable, "-m", "ecitizen.register.erasing_apart"],
        # Not an argument: the URL may hold a password, and everybody sees the arguments of a process.
        input=wanted,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=LONGEST_S,
        check=False,
    )
    if done.returncode == _REFUSED and done.stdout:
        raise CourseError(**json.loads(done.stdout))
    if done.returncode:
        raise RuntimeError(f"the erasing process ended with {done.returncode}: {done.stderr[-2000:]}")
    found = json.loads(done.stdout)
    return Erasure(
        number=found["number"],
        categories=tuple(found["categories"]),
        attendances=found["attendances"],
        log=tuple(LogLine(**line) for line in found["log"]),
        rewritten=found["rewritten"],
        left=tuple(found["left"]),
        unread=tuple(found["unread"]),
    )


def main(wanted: str) -> int:
    """Be the child process; ``wanted`` is JSON, and so is what goes to stdout."""
    asked = json.loads(wanted)
    engine = open_engine(asked["url"])
    try:
        answer = asdict(erase(engine, asked["number"], asked["who"], Path(asked["folder"]), asked["said"]))
        code = 0
    except CourseError as error:
        answer = {"where": error.where, "problem": error.problem, "remedy": error.remedy}
        code = _REFUSED
    finally:
        engine.dispose()
    sys.stdout.write(json.dumps(answer))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.stdin.read()))
