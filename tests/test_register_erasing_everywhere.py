"""A rare name is written wherever the product can write one; after erasing it no byte of anything holds it."""

from __future__ import annotations

import datetime as dt
import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from docx import Document

from ecitizen.cli import cli
from ecitizen.folder import CourseFolder
from ecitizen.indicators import names
from ecitizen.opening import begin, connect
from ecitizen.register.certificates import issue
from ecitizen.register.enrolling import amend, enrol, stored, version_of
from ecitizen.register.looking import note_look
from ecitizen.register.searching import search
from ecitizen.register.undoing import last_import

NAME, GIVEN, OLDER, CONTACT = "Щербатюк-Заёмская", "Феврония", "Фёкла", "8 (000) 555-98-76"
WORDS = (NAME, GIVEN, OLDER, CONTACT)
YEARS = ("--from", "01.01.2020", "--to", "31.12.2026")


def run(*arguments: str) -> str:
    done = CliRunner().invoke(cli, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def packed(data: bytes) -> Iterator[bytes]:
    """Unpack without the code that is tested."""
    yield data
    if data.startswith(b"PK"):
        archive = zipfile.ZipFile(io.BytesIO(data))
        for name in archive.namelist():
            yield from packed(archive.read(name))


def held(folder: Path) -> dict[str, set[str]]:
    """Give the files that hold a word in any guise, with the words."""
    found: dict[str, set[str]] = {}
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        for part in packed(path.read_bytes()):
            for word in WORDS:
                for form in (word, word.upper(), word.lower()):
                    guises = [form.encode(code) for code in ("utf-8", "cp1251", "utf-16-le", "utf-16-be")]
                    guises += [json.dumps(form)[1:-1].encode(), form.encode("ascii", "xmlcharrefreplace")]
                    if any(guise in part for guise in guises):
                        found.setdefault(path.relative_to(folder).as_posix(), set()).add(word)
    return found


def figures(data: Path) -> dict[str, Any]:
    measured = {name: run("indicators", name, *YEARS, "--json", "--data", str(data)) for name in names()}
    return {name: json.loads(text)["rows"] for name, text in measured.items()}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A course folder in which the name stands wherever a page, a command or a person may have put it."""
    folder = CourseFolder.create(tmp_path / "course", "Библиотека")
    begin(folder, "482913", dt.date(2020, 1, 1))
    data = str(folder.path)
    tables = {
        "learners": "Номер карточки;Фамилия;Имя;Год рождения;Группа;Место;Телефон;Согласие;ПИН;Записан\n"
        f"104;{NAME};{OLDER};1953;Утро;main;{CONTACT};01.09.2025;5739;01.09.2025\n"
        "105;Жукова;Вера;1949;Утро;main;;;;01.09.2025\n",
        "consents": "Карточка;Цель;Дата\n104;Занятия;01.09.2025\n104;Сертификат;01.09.2025\n",
        "attendance": "Дата;Группа;Урок;Карточка\n12.09.2025;Утро;01-a;104\n12.09.2025;Утро;01-a;105\n",
        "consultations": "Дата;Тема;Категория\n12.09.2025;Запись к врачу;пенсионер\n",
    }
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        run("register", "import", name, str(tmp_path / f"{name}.csv"), "--data", data)
    engine = connect(folder)
    with engine.connect() as connection:
        row = stored(connection, 104)
    assert row is not None
    form = {"surname": NAME, "given": GIVEN, "contact": CONTACT, "birth_year": "1953"}
    assert amend(engine, 104, form, version_of(row), "Ольга")
    namesake = enrol(engine, {"surname": NAME, "given": GIVEN, "group_code": "Утро"}, "Ольга")
    run("register", "undo", "--yes", "--data", data)
    assert namesake.number == 106
    assert amend(engine, 104, form | {"patronymic": "Львовна"}, version_of(_row(engine)), "Ольга")
    assert last_import(engine).restored["person"] == 1
    issue(engine, {104: dt.date(2025, 9, 12)}, "Ольга", dt.date(2025, 10, 1))
    note_look(engine, "Ольга", "person:104")
    engine.dispose()
    return folder.path


def _row(engine: Any) -> dict[str, Any]:
    with engine.connect() as connection:
        row = stored(connection, 104)
    assert row is not None
    return row


def left_by_people(data: Path) -> set[str]:
    """Put into the folder what people put there: lists, papers, an older copy; give the names of the files."""
    run("register", "export", "learners", str(data / "список.xlsx"), "--names", "--data", str(data))
    run("register", "export", "learners", str(data / "список.csv"), "--names", "--data", str(data))
    (data / "старый.csv").write_bytes(f"{NAME};{CONTACT}".encode("cp1251"))
    (data / "блокнот.txt").write_bytes(f"Звонила {NAME.upper()}".encode("utf-16"))
    document = Document()
    document.add_paragraph(f"Справка для {NAME}")
    document.save(str(data / "справка.docx"))
    run("backup", str(data.parent / "copy.zip"), "--data", str(data))
    shutil.move(data.parent / "copy.zip", data / "copy.zip")
    run("paper", "journal", "--group", "Утро", "--out", str(data / "журнал.pdf"), "--data", str(data))
    return {"список.xlsx", "список.csv", "старый.csv", "блокнот.txt", "справка.docx", "copy.zip"}


def test_no_byte_of_anything_holds_the_name(data: Path, tmp_path: Path) -> None:
    assert set().union(*held(data).values()) == set(WORDS)
    before, act = figures(data), tmp_path / "act.docx"
    arguments = ["erase", "104", "--act", str(act), "--yes", "--data", str(data)]
    done = CliRunner().invoke(cli, [*arguments, "--reason", f"просьба {NAME.lower()}"])
    assert (done.exit_code, "акт хранится годами" in done.output, act.exists()) == (1, True, False)
    planted = left_by_people(data)
    told = run(*arguments)
    # What people have put there is named, in the act too, and not thrown away.
    paper = "\n".join(cell.text for table in Document(str(act)).tables for row in table.rows for cell in row.cells)
    for name in planted:
        assert f"Имя ещё встречается в файле {name}:" in told
        assert f"файл {name}: имя в нём найдено" in paper
    assert "Файл журнал.pdf программа прочитать не может" in told
    assert set(held(data)) == planted
    for name in (*planted, "журнал.pdf"):
        (data / name).unlink()
    assert figures(data) == before
    for name, ending in (("learners", "xlsx"), ("learners", "csv"), ("consents", "csv"), ("attendance", "xlsx")):
        run("register", "export", name, str(data / f"{name}.{ending}"), "--names", "--data", str(data))
    run("backup", str(tmp_path / "later.zip"), "--data", str(data))
    shutil.move(tmp_path / "later.zip", data / "later.zip")
    shutil.move(act, data / "act.docx")
    assert held(data) == {}
    assert search(data, WORDS).holding == ()
