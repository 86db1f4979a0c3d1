"""What every test may lean on. Nothing here touches the network or the home folder."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[1]

# A busy machine is slow; how long an example takes is no law. The suite draws the same examples every time and does not
# spend minutes on making a failing one small; `pytest --hypothesis-profile search` draws others and does.
PHASES = [Phase.explicit, Phase.generate]
settings.register_profile("course", deadline=None, derandomize=True, phases=PHASES)
settings.register_profile("search", deadline=None)
settings.load_profile("course")

# Lessons run by nbval and by stock kernels keep their journal where the run ends, not in somebody's home.
os.environ.setdefault("ECITIZEN_JOURNAL_FILE", str(Path(tempfile.mkdtemp(prefix="ecitizen-")) / "journal.db"))


APART = ("tests/browser/test_every_lesson.py",)
"""Files whose tests share nothing and take so long that every worker should have some."""


class ByFile(LoadScopeScheduling):
    """Keep on one worker what shares a server or a kernel: a file of tests.

    `--dist loadfile` can't tell some files apart, and `loadgroup` of pytest-xdist 3.8 does nothing under pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return nodeid if file in APART else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Let pytest-xdist hand out whole files as they are collected: the browser's first, which take longest."""
    config.option.loadscopereorder = False
    return ByFile(config, log)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel once, with the tools at hand."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an environment of its own that borrows only the dependencies."""
    home = tmp_path_factory.mktemp("env")
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    paths = {"base": str(home), "platbase": str(home)}
    site = Path(sysconfig.get_path("purelib", vars=paths))
    # A folder named in a .pth file does not have its own .pth files read, so the editable install stays unseen.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    python = Path(sysconfig.get_path("scripts", vars=paths)) / Path(sys.executable).name
    install = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    return python
