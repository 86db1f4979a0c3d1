"""What an erasure does with files it can't be sure of, can't read, can't delete; and when it is cut off."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from postgres import postgres_url
from sqlalchemy import Engine, insert, text
from sqlalchemy.exc import DBAPIError

from ecitizen import locking, selfcheck
from ecitizen.cli import cli
from ecitizen.database import open_engine
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.opening import begin, connect
from ecitizen.register.backup import ROOM, backup
from ecitizen.register.enrolling import enrol
from ecitizen.register.erasing import erase
from ecitizen.register.erasing_plan import plan
from ecitizen.register.erasing_record import load
from ecitizen.register.erasing_ways import sought
from ecitizen.register.erasing_words import Name, Sought
from ecitizen.register.restoring import restore
from ecitizen.register.tables import Staff
from tests.erasing_folder import NAME, PLANTED, figures, held, made, plant

__all__ = ["postgres_url"]

ANNA, ALLA, VERA = (
    Name("Жукова", "Анна", "Петровна"),
    Name("Жукова", "Алла", "Львовна"),
    Name("Белозёрова", "Вера", "Ивановна"),
)


def ways(*others: Name, person: Name = ANNA, contact: str = "") -> Sought:
    return sought(person, contact, others, lambda words: words.casefold() == "почта")


@pytest.mark.parametrize(
    ("text", "alone", "beside_a_namesake"),
    [
        ("жукова пришла", "sure", "maybe"),
        ("ЖУКОВА\n\tАННА", "sure", "sure"),
        ("Анна Петровна Жукова", "sure", "sure"),
        ("Жукова А. П.", "sure", "sure"),
        ("А.П.Жукова", "sure", "sure"),
        ("Жукова А.", "sure", "maybe"),
        ("Жукова;Алла", "sure", "maybe"),
        ("Жуковая, Жуков, Анна", None, None),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1251", "utf-16-le"])
def test_a_namesake_makes_the_surname_doubtful(
    text: str, alone: str | None, beside_a_namesake: str | None, encoding: str
) -> None:
    data = text.encode(encoding)
    assert ways(VERA).likeness(data) == alone
    assert ways(ALLA, VERA).likeness(data) == beside_a_namesake


@pytest.mark.parametrize("deep", [1, 2, 3])
def test_an_escaped_name_is_found_and_masked_however_deep(deep: int) -> None:
    text = "пришла Жукова Анна"
    for _ in range(deep):
        text = json.dumps(text)
    assert ways(ALLA).likeness(text.encode()) == "sure"
    assert "***" in ways(ALLA).masked(text)
    assert ways(ALLA).likeness(ways(ALLA).masked(text).encode()) is None


def test_a_full_namesake_or_a_word_of_the_course_is_never_sure() -> None:
    assert ways(ANNA).likeness("Жукова Анна Петровна".encode()) == "maybe"
    assert ways(person=Name("Почта", "Анна")).likeness("Почта России".encode()) == "maybe"
    assert ways(person=Name("Почта", "Анна")).likeness("Почта Анна".encode()) == "sure"
    assert ways(person=Name("Ли", "Анна")).likeness("если Ли пришла".encode()) is None
    assert ways(person=Name("Ли", "Анна")).likeness("Ли Анна".encode()) == "sure"


@pytest.mark.parametrize("written", ["+7 (900) 123-45-67", "8 900 123 45 67", "9001234567"])
def test_a_telephone_is_found_however_it_is_grouped(written: str) -> None:
    found = ways(ANNA, contact="8-900-123-45-67")
    assert found.likeness(f"тел. {written}.".encode()) == "sure"
    assert found.likeness(written.encode("utf-16-le")) == "sure"
    assert found.masked(f"тел. {written}.") == "тел. ***."
    assert found.likeness(b"19001234567890") is None


@pytest.fixture(scope="module")
def class_of_three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = CourseFolder.create(tmp_path_factory.mktemp("three") / "course", "Библиотека")
    begin(folder, "482913", dt.date(2020, 1, 1))
    engine = connect(folder)
    for name in (ANNA, ALLA, VERA):
        form = {"surname": name.surname, "given": name.given, "patronymic": name.patronymic, "group_code": "Утро"}
        enrol(engine, form, "Ольга")
    engine.dispose()
    return folder.path


@pytest.fixture
def engine(class_of_three: Path, tmp_path: Path) -> Iterator[Engine]:
    shutil.copytree(class_of_three, tmp_path / "course")
    engine = open_engine(tmp_path / "course" / "course.db")
    yield engine
    engine.dispose()


def test_what_may_be_a_namesakes_stays_unless_somebody_says_so(engine: Engine, tmp_path: Path) -> None:
    data = tmp_path / "course"
    (data / "анна.txt").write_text("Жукова Анна")
    (data / "алла.txt").write_text("Жукова Алла")
    (data / "кто.txt").write_text("Жукова")
    (data / "снимок.png").write_bytes(b"\x89PNG")
    found = plan(engine, 101, data)
    assert (found.namesakes, [one.name for one in found.destroyed]) == (1, ["анна.txt"])
    assert [one.name for one in (*found.doubtful, *found.unread)] == ["алла.txt", "кто.txt", "снимок.png"]
    with pytest.raises(CourseError, match="нет в списке"):
        erase(engine, 101, "Ольга", data, also=["другой.txt"])
    done = erase(engine, 101, "Ольга", data, also=["кто.txt", "снимок.png"], agreed=found.digest)
    gone = {"анна.txt": "destroyed", "кто.txt": "destroyed", "снимок.png": "destroyed"}
    assert {one.name: one.fate for one in done.files} == {**gone, "алла.txt": "kept"}
    assert sorted(path.name for path in data.glob("*.txt")) == ["алла.txt"]


def test_a_list_that_has_changed_is_shown_again(engine: Engine, tmp_path: Path) -> None:
    found = plan(engine, 103, tmp_path / "course")
    (tmp_path / "course" / "новый.txt").write_text("Белозёрова")
    with pytest.raises(CourseError, match="изменился"):
        erase(engine, 103, "Ольга", tmp_path / "course", agreed=found.digest)
    assert (tmp_path / "course" / "новый.txt").exists()
    assert load(tmp_path / "course", 103) is None


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("old.zip", b"", "не открывается"),
        ("old.sqlite", b"SQLite format 3\0 torn", "не открывается"),
        ("project.yaml", "goal: Белозёрова".encode(), "без него курс не обойдётся"),
        ("acts/akt-1.docx", "Белозёрова".encode(), "без него курс не обойдётся"),
    ],
)
def test_what_can_neither_be_cleaned_nor_go_hinders_by_name(
    engine: Engine, tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    home = tmp_path / "course"
    (home / "acts").mkdir()
    (home / "лист.txt").write_text("Белозёрова")
    if name.endswith(".zip"):
        backup(home, tmp_path / "good.zip")
        data = (tmp_path / "good.zip").read_bytes().replace(b"main", b"niam")
        data = data[:200] + bytes(40) + data[240:]
    (home / name).write_bytes(data)
    with pytest.raises(CourseError, match=said) as refused:
        erase(engine, 103, "Ольга", home)
    assert name in str(refused.value)
    assert (home / "лист.txt").exists()
    torn = "не откры" in said
    done = erase(engine, 103, "Ольга", home, also=[name] * torn, keep=[name] * (not torn))
    assert done.finished
    assert (home / name).exists() != torn


def test_restoring_an_older_copy_erases_again(engine: Engine, tmp_path: Path) -> None:
    home = tmp_path / "course"
    (home / "лист.txt").write_text("Белозёрова Вера")
    (home / "снимок.png").write_bytes(b"\x89PNG")
    backup(home, tmp_path / "copy.zip")
    erase(engine, 103, "Ольга", home)
    engine.dispose()
    done = restore(tmp_path / "copy.zip", home)
    assert (done.again, done.destroyed, done.unknown) == ((103,), ("лист.txt",), ())
    assert (home / "снимок.png").exists()
    assert "Белозёрова".encode() not in b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    # What was restored remembers it; another course does not care.
    assert restore(tmp_path / "copy.zip", home, dt.datetime(2030, 1, 1)).again == (103,)
    (home / "cookie_secret").write_bytes(bytes(32))
    assert restore(tmp_path / "copy.zip", home, dt.datetime(2031, 1, 1)).unknown == (103,)


def test_a_code_that_others_point_to_is_named(engine: Engine, tmp_path: Path) -> None:
    enrol(engine, {"surname": "Орлова", "given": "Ия", "group_code": "группа Белозёрова"}, "Ольга")
    with pytest.raises(CourseError, match=r"class_group\.code"):
        erase(engine, 103, "Ольга", tmp_path / "course")


def test_staff_are_namesakes(engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as connection:
        connection.execute(insert(Staff).values(role="curator", name="Лариса Белозёрова", pin_hash=""))
    (tmp_path / "course" / "дежурство.txt").write_text("Л. Белозёрова дежурит")
    found = plan(engine, 103, tmp_path / "course")
    assert ([one.name for one in found.doubtful], found.destroyed) == (["дежурство.txt"], [])


def test_a_file_in_use_leaves_the_erasing_unfinished(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, act = tmp_path / "course", tmp_path / "act.docx"
    (home / "занят.docx").write_text("Белозёрова")
    (home / "лист.txt").write_text("Белозёрова")
    engine.dispose()
    unlink = Path.unlink

    def refusing(path: Path, missing_ok: bool = False) -> None:
        if path.name == "занят.docx":
            raise PermissionError(13, "открыт в другой программе")
        unlink(path, missing_ok)

    arguments = ["erase", "103", "--act", str(act), "--yes", "--data", str(home)]
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refusing)
        done = CliRunner().invoke(cli, arguments)
    assert (done.exit_code, "занят.docx (открыт в другой программе)" in done.output, act.exists()) == (1, True, False)
    assert not (home / "лист.txt").exists()
    with locking.hold(home):
        (said,) = [one for one in selfcheck.check(CourseFolder.open(home)).sentences if "103" in one]
    assert "не закончено" in said
    done = CliRunner().invoke(cli, arguments)
    assert (done.exit_code, act.exists()) == (0, True), done.output
    assert "Уничтожен файл лист.txt" in done.output
    assert not [one for one in selfcheck.check(CourseFolder.open(home)).sentences if "103" in one]
    assert CliRunner().invoke(cli, arguments).exit_code == 1


STEPS = frozenset({"os.remove", "os.rename", "os.mkdir", "os.rmdir", "sqlite3.connect", "open", "shutil.rmtree"})


class Cut:
    """Ends the process as a power cut does, before a step that changes the disk."""

    def __init__(self, at: int) -> None:
        """Take which step; a negative one is never reached."""
        self.at, self.count = at, 0

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if event not in STEPS or (event == "open" and not str(arguments[1] or "r").strip("rb")):
            return
        if self.count == self.at:
            os._exit(9)
        self.count += 1


def cut_off(data: Path, at: int) -> int:
    """Erase in a child that is cut off; gives its exit code, or the number of steps for a negative one."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        cut = Cut(at)
        sys.addaudithook(cut)
        erase(open_engine(data / "course.db"), 104, "Ольга", data)
        os.write(writer, str(cut.count).encode())
        os._exit(0)
    os.close(writer)
    told = os.read(reader, 20)
    os.close(reader)
    _, status = os.waitpid(child, 0)
    return int(told) if at < 0 else os.waitstatus_to_exitcode(status)


def small(place: Path) -> Path:
    """Make a folder with one file of each kind: each step of erasing it is tried."""
    data = made(place)
    plant(data)
    for name in PLANTED - {"старый.csv", "блокнот.txt", f"Фото {NAME}.txt"} | {"copy.zip"}:
        (data / name).unlink()
    return data


def whole_after(data: Path, place: Path) -> None:
    arguments = ["erase", "104", "--act", str(place / "act.docx"), "--yes", "--data", str(data)]
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert (done.exit_code, (place / "act.docx").exists()) == (0, True), done.output
    assert held(data) == {}
    assert not (data / ROOM).exists()
    record = load(data, 104)
    assert record is not None
    assert {one.name for one in record.files if one.done is None} == set()
    assert {"старый.csv", "блокнот.txt"} <= {one.name for one in record.files if one.fate == "destroyed"}


@pytest.mark.thorough
def test_on_postgresql_the_journal_is_open_for_the_sign_only(postgres_url: str, tmp_path: Path) -> None:
    folder = CourseFolder.create(tmp_path / "course", "Библиотека", postgres_url)
    begin(folder, "482913", dt.date(2020, 1, 1))
    engine = connect(folder)
    enrol(engine, {"surname": VERA.surname, "given": VERA.given, "group_code": "Утро"}, "Ольга")
    event = "INSERT INTO journal_event VALUES (1, 'e', 101, 'l', 'quiz', 1, 'С уважением, Белозёрова', now())"
    with engine.begin() as connection:
        connection.execute(text(event))
    (tmp_path / "course" / "лист.txt").write_text("Белозёрова")
    assert erase(engine, 101, "Ольга", tmp_path / "course").finished
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT body FROM journal_event")) == "С уважением, ***"
        with pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text("UPDATE journal_event SET body = ''"))
    engine.dispose()


@pytest.mark.thorough
def test_a_power_cut_at_any_step_ends_in_a_whole_erasing(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    data = small(tmp_path / "first")
    before = figures(data)
    shutil.copytree(data, tmp_path / "whole")
    steps = cut_off(tmp_path / "whole", -1)
    assert steps > 100
    for at in range(steps):
        place = tmp_path / str(at)
        shutil.copytree(data, place / "course")
        assert cut_off(place / "course", at) == 9
        whole_after(place / "course", place)
        if at % 25 == 0:
            assert figures(place / "course") == before
        shutil.rmtree(place)


def test_a_power_cut_after_the_name_has_gone_ends_in_an_act(engine: Engine, tmp_path: Path) -> None:
    home = tmp_path / "course"
    assert erase(engine, 103, "Ольга", home).finished
    engine.dispose()
    arguments = ["erase", "103", "--act", str(tmp_path / "act.docx"), "--yes", "--data", str(home)]
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert (done.exit_code, (tmp_path / "act.docx").exists()) == (0, True), done.output
