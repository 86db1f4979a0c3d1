"""The wheel is the whole product: a library can install it without the checkout."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path


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
