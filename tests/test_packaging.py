"""The wheel is the whole product: a library can install it without the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel once, with the tools at hand."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
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


def run(python: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command far from the checkout."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "ECITIZEN"))}
    command = [str(python), "-m", "ecitizen", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def test_content_travels_inside_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for inside in (
        "lessons/01-gosuslugi.ipynb",
        "quizzes/01-gosuslugi.yaml",
        "graders/01-gosuslugi.yaml",
        "widgets/scenarios/01-gosuslugi.yaml",
        "passports/omsk.yaml",
        "papers/omsk.docx",
    ):
        assert f"ecitizen/_content/{inside}" in names


def test_wheel_holds_no_strangers(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if name.endswith((".pyc", ".db")) or "node_modules" in name or ".git" in name]


def test_installed_content_check_is_clean(python: Path, tmp_path: Path) -> None:
    done = run(python, tmp_path, "check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_installed_course_begins_anywhere(python: Path, tmp_path: Path) -> None:
    done = run(python, tmp_path, "init", "--data", "course", "--site", "Сельская библиотека")
    assert done.returncode == 0, done.stderr
    assert "ПИН ведущего" in done.stdout
    again = run(python, tmp_path, "init", "--data", "course")
    assert again.returncode == 1
    assert "Traceback" not in again.stderr
