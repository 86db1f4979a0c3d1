"""A course folder in which one rare name stands in every guise, and a searcher that shares nothing with ours."""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import html
import io
import json
import re
import shutil
import sqlite3
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import nbformat
from click.testing import CliRunner
from docx import Document
from sqlalchemy import Engine

from ecitizen.cli import cli
from ecitizen.folder import CourseFolder
from ecitizen.indicators import names
from ecitizen.opening import begin, connect
from ecitizen.register.certificates import issue
from ecitizen.register.enrolling import amend, stored, version_of
from ecitizen.register.looking import note_look
from ecitizen.reports.certificate import Certificate, certificates

NAME, GIVEN, OLDER, MAIDEN, CONTACT = "Щербатюк-Заёмская", "Феврония", "Фёкла", "Перловецкая", "8 (000) 555-98-76"
WORDS = (NAME, GIVEN, OLDER, MAIDEN, CONTACT, "0005559876")
YEARS = ("--from", "01.01.2020", "--to", "31.12.2026")
_ENCODINGS = ("utf-8", "cp1251", "koi8-r", "cp866", "utf-16-le", "utf-16-be")


def run(*arguments: str) -> str:
    done = CliRunner().invoke(cli, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def figures(data: Path) -> dict[str, Any]:
    measured = {name: run("indicators", name, *YEARS, "--json", "--data", str(data)) for name in names()}
    return {name: json.loads(text)["rows"] for name, text in measured.items()}


def held(folder: Path) -> dict[str, set[str]]:
    """Give the files that hold a word in any guise, with the words; unpacks and reads without the code under test."""
    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        parts = [name.encode()]
        if path.is_file():
            parts += _packed(path.read_bytes())
        for part in parts:
            if words := {word for word in WORDS if any(guise in part for guise in _guises(word))}:
                found.setdefault(name, set()).update(words)
    return found


def _guises(word: str) -> Iterator[bytes]:
    for form in {word, word.upper(), word.lower(), word.replace("ё", "е")}:
        yield from (form.encode(encoding, "ignore") for encoding in _ENCODINGS if form.isascii() or encoding)
        yield json.dumps(form)[1:-1].encode()
        yield form.encode("ascii", "xmlcharrefreplace")


def _packed(data: bytes) -> Iterator[bytes]:
    yield data
    if b"\\\\u04" in data:
        yield re.sub(rb"\\+u", rb"\\u", data)
    if data.startswith(b"PK"):
        archive = zipfile.ZipFile(io.BytesIO(data))
        yield "\n".join(archive.namelist()).encode()
        for name in archive.namelist():
            yield from _packed(archive.read(name))
    elif data.startswith(b"\x1f\x8b"):
        yield from _packed(gzip.decompress(data))
    elif data.startswith(b"BZh"):
        yield from _packed(bz2.decompress(data))
    elif data[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(data)) as members:
            for member in members:
                yield from _packed(members.extractfile(member).read())  # type: ignore[union-attr]
    elif data.startswith(b"%PDF"):
        text = subprocess.run(["pdftotext", "-raw", "-", "-"], input=data, capture_output=True, check=True).stdout
        yield text
        yield re.sub(rb"-\s*\n", b"-", text)
    elif data[:200].lstrip().startswith(b"<"):
        yield html.unescape(re.sub(rb"<[^>]*>", b"", data).decode("utf-8", "ignore")).encode()


def made(place: Path) -> Path:
    """Make a course folder in which the name stands wherever a page, a command or a person may have put it."""
    folder = CourseFolder.create(place / "course", "Библиотека")
    begin(folder, "482913", dt.date(2020, 1, 1))
    data = str(folder.path)
    tables = {
        "learners": "Номер карточки;Фамилия;Имя;Отчество;Год рождения;Группа;Место;Телефон;Согласие;ПИН;Записан\n"
        f"104;{MAIDEN};{OLDER};Львовна;1953;Утро;main;{CONTACT};01.09.2025;5739;01.09.2025\n"
        "105;Жукова;Вера;Ивановна;1949;Утро;main;;;;01.09.2025\n",
        "consents": "Карточка;Цель;Дата\n104;Занятия;01.09.2025\n104;Сертификат;01.09.2025\n",
        "attendance": "Дата;Группа;Урок;Карточка\n12.09.2025;Утро;01-a;104\n12.09.2025;Утро;01-a;105\n",
        "consultations": "Дата;Тема;Категория\n12.09.2025;Запись к врачу;пенсионер\n",
        "chats": "Код;Название;Сеть;Место;Начало\nч;Чат;ВК;main;01.09.2025\n",
        "reviews": f"Дата;Чат;Отзыв;Суть\n02.10.2025;ч;хороший;Помогли {NAME}, спасибо\n",
    }
    review = tables.pop("reviews")
    for name, text in tables.items():
        _take(place, name, text)
    engine = connect(folder)
    # Called otherwise at first: what was saved then knows no other name.
    _amend(engine, surname=MAIDEN, given=GIVEN)
    engine.dispose()
    run("backup", str(place / "early.zip"), "--data", data)
    engine = connect(folder)
    _amend(engine, surname=NAME, given=GIVEN)
    _take(place, "reviews", review)
    issue(engine, {104: dt.date(2025, 9, 12)}, "Ольга", dt.date(2025, 10, 1))
    note_look(engine, "Ольга", "person:104")
    engine.dispose()
    _write_answers(folder.path)
    return folder.path


def _take(place: Path, table: str, text: str) -> None:
    (place / f"{table}.csv").write_text(text, encoding="utf-8")
    run("register", "import", table, str(place / f"{table}.csv"), "--data", str(place / "course"))


def _amend(engine: Engine, **name: str) -> None:
    with engine.connect() as connection:
        row = stored(connection, 104)
    assert row is not None
    form = {"patronymic": "Львовна", "contact": CONTACT, "birth_year": "1953", **name}
    assert amend(engine, 104, form, version_of(row), "Ольга")


def _write_answers(data: Path) -> None:
    """Let the learner sign an answer: in the journal, and in the works that nbgrader has."""
    told = json.dumps({"do": "answer", "text": f"С уважением, {NAME}"}, ensure_ascii=False)
    event = (1, "e1", 104, "01-gosuslugi", "quiz", 1, told, "2025-09-12 10:00:00")
    with closing(sqlite3.connect(data / "course.db")) as database, database:
        database.execute("INSERT INTO journal_event VALUES (?, ?, ?, ?, ?, ?, ?, ?)", event)
    with closing(sqlite3.connect(data / "course.db")) as database, database:
        # Freed pages keep what they held where SQLite is built without wiping them.
        database.execute("PRAGMA secure_delete = OFF")
        database.execute("CREATE TABLE passing (text TEXT)")
        database.executemany("INSERT INTO passing VALUES (?)", [(f"{NAME} {place}",) for place in range(200)])
        database.execute("DROP TABLE passing")
    work = data / "nbgrader" / "submitted" / "104" / "01-gosuslugi"
    work.mkdir(parents=True)
    cell = nbformat.v4.new_code_cell(f"answers = {json.dumps(json.dumps({'q': f'Я, {NAME}'}))}")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), work / "01-gosuslugi.ipynb")
    with closing(sqlite3.connect(data / "nbgrader" / "gradebook.db")) as database, database:
        database.execute("CREATE TABLE comment (id VARCHAR(32) PRIMARY KEY, manual_comment TEXT)")
        database.execute("INSERT INTO comment VALUES ('1', ?)", (f"{NAME}: молодец",))


PLANTED = {
    *(
        "список.xlsx",
        "список.csv",
        "старый.csv",
        "блокнот.txt",
        "дос.txt",
        "справка.docx",
        "страница.html",
        "книга.ipynb",
    ),
    *("журнал.pdf", "согласие.pdf", "карточки.pdf", "сертификат.pdf", "список.csv.gz", "архив.tar.bz2"),
    *(f"Фото {NAME}.txt", "телефон.txt", "девичья.txt"),
}
"""Files that must go."""

REWRITTEN = {"copy.zip", "early.zip", "старая.sqlite"}
"""Files that stay without the person."""


def plant(data: Path) -> None:
    """Put into the folder what people put there: lists, papers, notes, older copies."""
    run("register", "export", "learners", str(data / "список.xlsx"), "--names", "--data", str(data))
    run("register", "export", "learners", str(data / "список.csv"), "--names", "--data", str(data))
    (data / "старый.csv").write_bytes(f"{NAME};{CONTACT}".encode("cp1251"))
    (data / "блокнот.txt").write_bytes(f"Звонила {NAME.upper()}".encode("utf-16"))
    (data / "дос.txt").write_bytes(f"Пришла {NAME}.".encode("cp866"))
    (data / f"Фото {NAME}.txt").write_text("снимок лежит в шкафу")
    (data / "телефон.txt").write_text("звонить 80005559876")
    (data / "девичья.txt").write_text(f"раньше {MAIDEN}")
    (data / "страница.html").write_text(f"<p>Пришла <b>{NAME[:4]}</b>{NAME[4:]}</p>")
    document = Document()
    paragraph = document.add_paragraph("Справка для ")
    for piece in (NAME[:6], NAME[6:]):
        paragraph.add_run(piece).bold = len(piece) > 6
    document.save(str(data / "справка.docx"))
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"Для {NAME}")])
    (data / "книга.ipynb").write_text(json.dumps(book))
    for command in (
        ("paper", "journal", "--group", "Утро", "--from", "01.09.2025", "--out", str(data / "журнал.pdf")),
        ("paper", "consent", "--purpose", "Занятия", "--learner", "104", "--out", str(data / "согласие.pdf")),
        ("cards", "--names", "--out", str(data / "карточки.pdf")),
    ):
        run(*command, "--data", str(data))
    page = Certificate(
        number="12/2025",
        name=f"{NAME} {GIVEN}",
        issued_on=dt.date(2025, 10, 1),
        trained_on=dt.date(2025, 9, 12),
        lessons=1,
        sessions=1,
        signed="подпись",
    )
    (data / "сертификат.pdf").write_bytes(certificates([page], "Библиотека", "Курс", ""))
    (data / "список.csv.gz").write_bytes(gzip.compress((data / "список.csv").read_bytes()))
    with tarfile.open(data / "архив.tar.bz2", "w:bz2") as archive:
        archive.add(data / "старый.csv", "старый.csv")
    with (
        closing(sqlite3.connect(data / "course.db")) as here,
        closing(sqlite3.connect(data / "старая.sqlite")) as there,
    ):
        here.backup(there)
    run("backup", str(data.parent / "copy.zip"), "--data", str(data))
    shutil.move(data.parent / "copy.zip", data / "copy.zip")
    shutil.copy(data.parent / "early.zip", data / "early.zip")
