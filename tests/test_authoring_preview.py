"""A scenario opens in the browser while it is written, faults and all."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from ecitizen import content
from ecitizen.authoring.preview import Choice, Preview, make_server, preview
from ecitizen.content.check import check
from ecitizen.errors import CourseError
from ecitizen.practice.machine import Run
from ecitizen.practice.seeds import seed_of

MINI = Path(__file__).parent / "golden" / "scenario-mini.yaml"
FIRST = {"key": "1", "do": "press", "control": "login", "fields": {}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a faultless scenario outside any content tree."""
    path = tmp_path / "90-mini.yaml"
    text = MINI.read_text(encoding="utf-8")
    path.write_text(text.replace("id: mini", "id: 90-mini", 1), encoding="utf-8")
    return path


@contextmanager
def served(path: Path) -> Iterator[str]:
    """Serve the preview of a file on a free port; gives its address."""
    server = make_server(Preview(path), 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def get(url: str) -> str:
    with urlopen(url, timeout=10) as reply:
        return str(reply.read().decode())


def send(url: str, message: object, kind: str = "application/json") -> Any:
    request = Request(f"{url}send?task=enter&mode=solo", json.dumps(message).encode(), {"Content-Type": kind})
    with urlopen(request, timeout=10) as reply:
        return json.load(reply)


def model(page: str) -> Any:
    """Give what the page hands to the portal."""
    return json.loads(page.split('id="known">')[1].split("</script>")[0])["model"]


def test_page_offers_tasks_and_modes(file: Path) -> None:
    with served(file) as url:
        page = get(url)
    assert all(words in page for words in ("Покажите мне", "Вместе", "Я сам(а)", "Другой вариант"))
    assert 'class="faults"' not in page
    assert model(page)["view"]["mode"] == "solo"


def test_page_needs_only_its_own_files(file: Path) -> None:
    with served(file) as url:
        assert "export default" in get(url + "portal.js")
        assert ".portal" in get(url + "portal.css")
        assert "fonts/" in get(url + "base.css")
        assert all(get(url + name) for name in ("preview.css", "preview.js", "stamp"))


@pytest.mark.parametrize("name", ["../preview.py", "templates/preview.js", "%2e%2e/x", "lesson/../../x", "nothing"])
def test_no_other_file_is_given(file: Path, name: str) -> None:
    with served(file) as url, pytest.raises(HTTPError, match="404"):
        get(url + name)


def test_press_moves_on_and_survives_reload(file: Path) -> None:
    with served(file) as url:
        answer = send(url, FIRST)
        again = model(get(f"{url}?task=enter&mode=solo"))
    assert answer["reply"] == {"ack": "1"}
    assert answer["view"]["turn"] == again["view"]["turn"] == 1


def test_impossible_press_is_refused(file: Path) -> None:
    with served(file) as url:
        assert send(url, FIRST | {"control": "nothing"})["reply"]["reason"] == "refused"
        assert send(url, ["no", "dict"])["reply"]["reason"] == "refused"


def test_restart_begins_the_task_again(file: Path) -> None:
    with served(file) as url:
        send(url, FIRST)
        assert send(url, {"key": "2", "do": "restart"})["view"]["turn"] == 0


def test_messages_of_other_sites_are_unheard(file: Path) -> None:
    with served(file) as url, pytest.raises(HTTPError, match="404"):
        send(url, FIRST, kind="text/plain")


def test_save_changes_the_stamp(file: Path) -> None:
    with served(file) as url:
        before = get(url + "stamp")
        assert get(url + "stamp") == before
        file.write_text(file.read_text(encoding="utf-8") + "# ещё\n", encoding="utf-8")
        assert get(url + "stamp") != before


def test_fault_is_shown_until_mended(file: Path) -> None:
    right = file.read_text(encoding="utf-8")
    with served(file) as url:
        file.write_text(right.replace("start: ", "begin: ", 1), encoding="utf-8")
        page = get(url)
        assert "лишний ключ" in page
        assert model(page) is None
        file.write_text(right, encoding="utf-8")
        assert model(get(url)) is not None


def test_press_into_nothing_is_explained(file: Path) -> None:
    broken = file.read_text(encoding="utf-8").replace("{go: login}", "{go: nowhere}")
    file.write_text(broken, encoding="utf-8")
    with served(file) as url:
        assert "nowhere" in get(url)
        assert "nowhere" in send(url, FIRST)["reply"]["text"]


def test_missing_file_is_a_fault(tmp_path: Path) -> None:
    with served(tmp_path / "90-mini.yaml") as url:
        assert "файла нет" in get(url)


def test_lines_are_those_of_the_check(tmp_path: Path) -> None:
    root = tmp_path / "course"
    for kind in ("lessons", "quizzes", "graders", "widgets"):
        shutil.copytree(content.folder(kind), root / kind)  # type: ignore[arg-type]
    path = root / "widgets" / "scenarios" / "01-gosuslugi.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("{go: login}", "{go: nowhere}"), encoding="utf-8")
    lines = [str(finding) for finding in check(root) if "nowhere" in str(finding)]
    assert lines
    assert set(lines) <= set(Preview(path).faults())


def test_show_mode_brings_the_golden_path(file: Path) -> None:
    page = Preview(file).page(Choice("enter", "show", 1))
    assert len(model(page)["frames"]) > 2


def test_finished_task_shows_the_points() -> None:
    path = content.folder("widgets") / "scenarios" / "01-gosuslugi.yaml"
    shown, choice = Preview(path), Choice("order", "solo", 1)
    view: dict[str, Any] = {}
    lesson = content.lesson("01-gosuslugi")
    for frame in Run(lesson.scenario, lesson.persona, "order", "solo", seed_of(1, 1)).walk():
        body = {key: frame.event[key] for key in ("do", "control", "reply") if key in frame.event}
        fields = {"fields": dict(frame.fill)} if body["do"] == "press" else {}
        view = shown.send(choice, body | fields | {"key": "1"})["view"]
    assert view["finished"]
    assert view["summary"]["points"] == view["summary"]["max"]


@pytest.mark.parametrize(
    ("query", "mode", "variant"),
    [
        ("", "solo", 1),
        ("mode=show&variant=7", "show", 7),
        ("mode=other&variant=0", "solo", 1),
        ("variant=1000000000000", "solo", 1),
        ("variant=-3", "solo", 1),
        ("variant=²", "solo", 1),
    ],
    ids=["empty", "given", "unknown", "huge", "negative", "power"],
)
def test_strange_addresses_mean_the_first(query: str, mode: str, variant: int) -> None:
    assert Choice.of(query) == Choice("", mode, variant)  # type: ignore[arg-type]


def test_taken_port_is_told(file: Path) -> None:
    with served(file) as url, pytest.raises(CourseError, match="порт"):
        preview(file, int(url.rsplit(":", 1)[1].strip("/")), print)
