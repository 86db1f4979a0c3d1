"""The librarian's handbook: what it shows is there, what it names is a button or a command of the product."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ecitizen.cli import cli

ROOT = Path(__file__).parents[1]
HANDBOOK = ROOT / "docs" / "rukovodstvo"
PAGES = sorted(HANDBOOK.glob("*.md"))
SAID = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in ("course/ecitizen/web/templates", "course/ecitizen/web/static", "widgets")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".html", ".js", ".yaml", ".j2"}
)
COMMANDS = ("serve", "init", "backup", "restore", "register")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_and_pictures_are_there(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (HANDBOOK / target).is_file(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_is_quoted_stands_on_a_page(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for quoted in re.findall(r"«([^»]+)»", text):
        assert quoted.rstrip("…") in SAID, quoted


def test_commands_exist() -> None:
    named = {name for page in PAGES for name in re.findall(r"ecitizen ([a-z]+)", page.read_text(encoding="utf-8"))}
    assert named == set(COMMANDS)
    assert named <= set(cli.commands)
