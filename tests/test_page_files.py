"""The lesson page's one script and one style: what they hold, how they are named, and that widgets leave theirs out."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from pathlib import Path

import pytest

from ecitizen import content
from ecitizen.content.browser_side import STATIC, files
from ecitizen.journal.guest import GuestJournal
from ecitizen.widgets import Lesson

ROOT = Path(__file__).parents[1]
WIDGETS = ROOT / "widgets"
LESSON = "01-gosuslugi"
MOST_KB = 150
"""Of a first lesson in a cold browser; the websocket brings some ten more, see ``ecitizen bench serve``."""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Copy the files of the page itself."""
    shutil.copytree(WIDGETS / STATIC, tmp_path / STATIC)
    return tmp_path


def test_another_content_has_another_name(page: Path, tmp_path: Path) -> None:
    more = tmp_path / "more"
    script, style = content.joined(page, more)
    assert content.joined(page, more) == (script, style)
    with (page / STATIC / "lesson.css").open("a", encoding="utf-8") as sheet:
        sheet.write(".more{color:red}")
    again, other = content.joined(page, more)
    assert again == script
    assert other.name != style.name
    assert b".more{color:red}" in gzip.decompress(other.zipped)


def test_a_script_of_the_server_joins_by_lying_there(page: Path, tmp_path: Path) -> None:
    more = tmp_path / "more"
    more.mkdir()
    (more / "b.js").write_text("window.b = 1;", encoding="utf-8")
    (more / "a.js").write_text("window.a = 1;", encoding="utf-8")
    (more / "a.css").write_text(".a{color:red}", encoding="utf-8")
    script, style = (gzip.decompress(one.zipped).decode() for one in content.joined(page, more))
    assert script.index("begin();") < script.index("window.a = 1;") < script.index("window.b = 1;")
    assert style.endswith(".a{color:red}")


def test_a_page_has_every_widget_under_its_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    script = gzip.decompress(content.joined(WIDGETS, ROOT / "none")[0].zipped).decode()
    monkeypatch.setenv(content.SLIM_PAGE, "1")
    lesson = Lesson(LESSON, GuestJournal())
    for widget in (lesson, lesson.solo("order"), lesson.quiz(), lesson.confidence("before")):
        assert f'ecitizen.widgets["{widget._esm}"]' in script
        assert (widget._css, widget.texts) == ("", {})
        assert "_esm" in widget.get_state()
    assert content.texts()["portal"]["offline"] in script


def test_elsewhere_a_widget_is_an_ordinary_anywidget() -> None:
    practice = Lesson(LESSON, GuestJournal()).solo("order")
    assert practice.get_state()["_esm"].count("export default") == 1
    assert ".portal" in practice.get_state()["_css"]
    assert practice.texts == content.texts()


def test_what_a_first_lesson_loads_is_small() -> None:
    static = WIDGETS / STATIC
    joined = content.joined(WIDGETS, ROOT / "course/ecitizen/web/static/lesson-page")
    fonts = sum(path.stat().st_size for path in (static / "fonts").glob("*.woff2"))
    assert sum(len(one.zipped) for one in joined) + fonts < (MOST_KB - 25) * 1000


def test_every_file_of_the_page_is_in_the_list() -> None:
    named = files("page").scripts + files("page").styles
    assert {path.name for path in (WIDGETS / STATIC).glob("*.*s*") if path.suffix in {".js", ".css"}} == set(named)
    template = (WIDGETS / STATIC).parent / "index.html.j2"
    asked = re.findall(r"static_url\([\"'](.+?)[\"']\)", template.read_text(encoding="utf-8"))
    assert sorted(asked) == sorted(named)


def test_words_of_the_page_are_those_of_the_catalogue() -> None:
    template = ((WIDGETS / STATIC).parent / "index.html.j2").read_text(encoding="utf-8")
    found = re.search(r'id="words">\s*(\{.*?\})\s*</script>', template, flags=re.DOTALL)
    assert found
    words, catalogue = json.loads(found[1]), content.texts()["lesson"]
    assert {key: catalogue.get(key) for key in words} == words
