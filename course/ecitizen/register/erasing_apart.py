"""Plan an erasure and carry it out in a process of its own, for a server that has the database open.

``erase`` searches every file of the folder for the name, the database's own files among them. Opening and closing
these by hand drops, on POSIX, all locks that the same process holds on them (sqlite.org/howtocorrupt.html, 2.2): the
server's connections would no longer see what others write. In a process of its own only that process loses its locks.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

from pydantic import TypeAdapter

from ecitizen.database import open_engine
from ecitizen.errors import CourseError
from ecitizen.register.erasing import Erasure, erase
from ecitizen.register.erasing_plan import Plan, plan

LONGEST_S = 600
_REFUSED = 1
_PLAN, _ERASURE = TypeAdapter(Plan), TypeAdapter(Erasure)


def plan_apart(url: str, number: int, folder: Path) -> Plan:
    """Do what ``plan`` does with the database of a URL, in a child process; raises the same errors."""
    return _PLAN.validate_json(_answer({"do": "plan", "url": url, "number": number, "folder": str(folder)}))


def erase_apart(
    url: str,
    number: int,
    who: str,
    folder: Path,
    said: str = "",
    *,
    also: Collection[str] = (),
    keep: Collection[str] = (),
    agreed: str = "",
) -> Erasure:
    """Do what ``erase`` does to the database of a URL, in a child process; raises the same errors."""
    chosen = {"also": sorted(also), "keep": sorted(keep), "agreed": agreed}
    asked = {"do": "erase", "url": url, "number": number, "who": who, "folder": str(folder), "said": said, **chosen}
    return _ERASURE.validate_json(_answer(asked))


def _answer(asked: dict[str, object]) -> str:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ecitizen.register.erasing_apart"],
            # Not an argument: the URL may hold a password, and everybody sees the arguments of a process.
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        problem = f"папка курса велика, за {LONGEST_S // 60} минут не просмотрена"
        remedy = f"Закройте курс и выполните: ecitizen erase {asked['number']} --act ФАЙЛ.docx"
        raise CourseError("стирание", problem, remedy) from error
    if done.returncode == _REFUSED and done.stdout:
        raise CourseError(**json.loads(done.stdout))
    if done.returncode:
        raise RuntimeError(f"the erasing process ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def main(wanted: str) -> int:
    """Be the child process; ``wanted`` is JSON, and so is what goes to stdout."""
    asked = json.loads(wanted)
    engine = open_engine(asked["url"])
    number, folder = asked["number"], Path(asked["folder"])
    try:
        if asked["do"] == "plan":
            answer = _PLAN.dump_json(plan(engine, number, folder))
        else:
            chosen = {name: asked[name] for name in ("also", "keep", "agreed")}
            answer = _ERASURE.dump_json(erase(engine, number, asked["who"], folder, asked["said"], **chosen))
        code = 0
    except CourseError as error:
        told = {"where": error.where, "problem": error.problem, "remedy": error.remedy}
        answer, code = json.dumps(told).encode(), _REFUSED
    finally:
        engine.dispose()
    sys.stdout.buffer.write(answer)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.stdin.read()))
