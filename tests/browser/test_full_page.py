"""A lesson with widgets of other makers gets Voila's own front end by itself, and nothing from elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

from ecitizen.web import running
from ecitizen.web.full_page import wants_full_page
from tests.browser.rig import SIZES, Visit, picture
from tests.web_class import LESSON, ROOT, course_folder

SLIDER = """
import ipywidgets
from ecitizen.widgets import Lesson

slider = ipywidgets.IntSlider(value=3, max=10, description="Сколько")
told = ipywidgets.HTML("<p>Выбрано 3</p>")
slider.observe(lambda change: setattr(told, "value", f"<p>Выбрано {change['new']}</p>"), "value")
lesson = Lesson("01-gosuslugi")
ipywidgets.VBox([slider, told])
"""


def cells(*sources: str) -> list[nbformat.NotebookNode]:
    return [nbformat.v4.new_code_cell(source) for source in sources]


@pytest.mark.parametrize(
    ("sources", "full"),
    [
        (["from ecitizen.widgets import Lesson\nlesson = Lesson('x')", "import json, datetime"], False),
        (["from IPython.display import HTML\nHTML('<p>Так</p>')"], False),
        ([], False),
        (["x = 1", "import ipywidgets"], True),
        (["def draw():\n    from matplotlib import pyplot"], True),
        (["%matplotlib inline"], True),
    ],
    ids=["ours", "html", "nothing", "ipywidgets", "hidden in a function", "a magic"],
)
def test_the_cells_decide_on_the_front_end(sources: list[str], full: bool) -> None:
    assert wants_full_page(cells(*sources)) is full


@pytest.mark.browser
@pytest.mark.thorough
def test_a_slider_works_and_asks_nobody_else(tmp_path: Path, visit: Visit) -> None:
    root = tmp_path / "content"
    for kind in ("quizzes", "graders", "widgets", "lessons"):
        shutil.copytree(ROOT / kind, root / kind)
    text = nbformat.v4.new_markdown_cell("# Ползунок\n\nПередвиньте ползунок.")
    notebook = nbformat.v4.new_notebook(cells=[text, *cells(SLIDER, "lesson.confidence('before')")])
    nbformat.write(notebook, root / "lessons" / f"{LESSON}.ipynb")
    page = visit.page
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("response", lambda got: got.status >= 400 and faults.append(f"{got.status} {got.url}"))
    with running(course_folder(tmp_path / "data"), content=str(root)) as server:
        page.goto(server.url)
        page.get_by_role("button", name="Попробовать без карточки").click()
        page.goto(f"{server.url}lesson/{LESSON}")
        handle = page.locator(".noUi-handle, .ui-slider-handle").first
        expect(handle).to_be_visible(timeout=60_000)
        handle.focus()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_text("Выбрано 4")).to_be_visible()
        page.locator(".scale input").first.check()
        page.locator(".scale button").first.click()
        expect(page.get_by_text("Ответ записан").first).to_be_visible()
        for name, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            picture(page, f"full-{name}")
            for seen in (handle, page.get_by_role("heading", name="Ползунок")):
                box = seen.bounding_box()
                assert box
                assert box["height"] > 0
        assert visit.foreign(server.url) == []
        assert faults == []
        page.get_by_role("link", name="К списку уроков").click()
        page.wait_for_url("**/lessons")
