"""The disk of a running class fills up: learners and instructors are told, and go on once there is room again."""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from dead_disk import KINDS, dead_disk
from sqlalchemy import text
from tornado.httpclient import AsyncHTTPClient
from web_class import LESSON, PINS, Browser, course_folder, soon

from ecitizen.chaos.page import Browser as Wire
from ecitizen.chaos.page import Page
from ecitizen.cli import cli
from ecitizen.database import open_engine
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.opening import begin
from ecitizen.web import running, serve

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sets limits of processes as Linux does")
if sys.platform == "linux":
    from full_disk import full_disk


@dataclass(frozen=True, slots=True)
class Room:
    folder: CourseFolder
    url: str
    pid: int

    def count(self) -> int:
        engine = open_engine(self.folder.database_url)
        with engine.connect() as connection:
            found = int(connection.execute(text("SELECT count(*) FROM journal_event")).scalar() or 0)
        engine.dispose()
        return found


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = course_folder(tmp_path_factory.mktemp("class") / "data")
    with running(folder) as server:
        yield Room(folder, server.url, server.process.pid)


def test_a_press_waits_for_the_disk_and_is_kept_once(room: Room) -> None:
    async def learn() -> list[str]:
        wire = Wire(room.url, AsyncHTTPClient(force_instance=True))
        await wire.fetch("?card=1")
        await wire.fetch("", {"card": "101", "pin": PINS[101]})
        page = await Page.open(wire, LESSON)
        assert isinstance(page, Page)
        before, key = room.count(), str(uuid.uuid4())
        press = ("order", "solo", key, {"do": "hint"}, 20.0)
        with full_disk(room.pid):
            answers: list[str] = [await page.press(*press)]
            answers.append(str((await wire.fetch("health")).code))
        assert room.count() == before
        await asyncio.sleep(1.1)
        answers.append(str((await wire.fetch("health")).code))
        answers += [await page.press(*press), await page.press(*press)]
        assert room.count() == before + 1
        await page.leave()
        wire.http.close()
        return answers

    assert asyncio.run(learn()) == ["offline", "507", "200", "ack", "ack"]


def test_a_device_that_shows_what_is_past_is_not_believed(room: Room) -> None:
    async def learn() -> list[str]:
        wires = [Wire(room.url, AsyncHTTPClient(force_instance=True)) for _ in range(2)]
        pages = []
        for wire in wires:
            await wire.fetch("?card=1")
            await wire.fetch("", {"card": "102", "pin": PINS[102]})
            page = await Page.open(wire, LESSON)
            assert isinstance(page, Page)
            pages.append(page)
        old, new = pages
        assert old.kernel_id != new.kernel_id
        key, hint = str(uuid.uuid4()), {"do": "hint"}
        answers: list[str] = [await new.press("order", "solo", str(uuid.uuid4()), hint, 20.0)]
        before = room.count()
        answers.append(await old.press("order", "solo", key, hint, 20.0))
        assert room.count() == before
        await old.leave()
        fresh = await Page.open(wires[0], LESSON)
        assert isinstance(fresh, Page)
        assert fresh.view("order", "solo") == new.view("order", "solo")
        answers.append(await fresh.press("order", "solo", key, hint, 20.0))
        assert room.count() == before + 1
        for page, wire in zip((fresh, new), wires, strict=True):
            await page.leave()
            wire.http.close()
        return answers

    assert asyncio.run(learn()) == ["ack", "offline", "ack"]


def test_the_desk_says_that_nothing_was_kept(room: Room) -> None:
    desk = Browser(room.url).as_instructor()
    with full_disk(room.pid):
        answer = desk.post("instructor/lesson", lesson=LESSON, group="w10", day=_today())
    assert answer.status == 507
    assert "Сейчас не сохраняется" in answer.text
    assert "Последнее действие не записано" in answer.text
    assert "Traceback" not in answer.text
    assert soon(lambda: json.loads(desk.get("health").body) == {"ok": True})
    assert desk.post("instructor/lesson", lesson=LESSON, group="w10", day=_today()).status == 303


@pytest.mark.parametrize("same_port", [True, False])
def test_a_second_server_of_the_folder_is_refused(room: Room, same_port: bool) -> None:
    port = int(room.url.rstrip("/").rpartition(":")[2]) if same_port else 0
    with pytest.raises(CourseError, match=rf"этот курс уже открыт по адресу {room.url}"):
        serve(room.folder, port=port)


@pytest.mark.parametrize("kind", KINDS)
def test_a_course_on_a_dead_disk_is_not_opened(
    kind: str, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    folder = CourseFolder.create(tmp_path / "course")
    (folder.path / "demo.json").write_text('{"number": 101, "pin": "4821", "instructor_pin": "482193"}')
    begin(folder)
    with dead_disk(folder.path, tmp_path_factory.mktemp("dead") / "disk", kind) as course:
        result = CliRunner().invoke(cli, ["serve", "--port", "0", "--data", str(course)])
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert result.stderr.startswith(str(course))
    assert KINDS[kind] in result.stderr


def _today() -> str:
    return date.today().isoformat()
