"""nbgrader as it comes: what formgrader's button does, in a process that lives on. Only for measuring beside it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path

from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

from ecitizen.gradebook.engine import EngineError, quiet
from ecitizen.gradebook.grading import Progress
from ecitizen.gradebook.settings import CONFIG_FILE, LOG_FILE


def grade_by_stock(root: Path, handed: Sequence[tuple[str, str]], progress: Progress) -> None:
    """Grade submissions, each a lesson and a learner, that lie in ``submitted/``; raises ``EngineError``.

    Our guard and our exchange are left out of the settings, and so is everything that our engines do besides.
    """
    config = Config(PyFileConfigLoader(CONFIG_FILE, path=str(root)).load_config())
    for ours in ("Autograde", "ExchangeFactory"):
        config.pop(ours, None)
    log = logging.getLogger("ecitizen.stock")
    log.addHandler(logging.FileHandler(root / LOG_FILE, encoding="utf-8", delay=True))
    log.propagate = False
    with quiet(), chdir(root):
        api = NbGraderAPI(CourseDirectory(config=config), config=config, log=log)
        progress(0, len(handed))
        for done, (lesson, learner) in enumerate(handed, 1):
            said = api.autograde(lesson, learner)
            if not said["success"]:
                words = said.get("error") or said.get("log")
                raise EngineError(f"{learner}/{lesson}", f"nbgrader: {words}", f"Посмотрите {root / LOG_FILE}")
            progress(done, len(handed))
