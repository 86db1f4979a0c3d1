"""Files from outside: what is taken, what is refused, and that nothing is ever half taken."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.worksheet.formula import ArrayFormula
from sqlalchemy import Engine, func, select, text

from ecitizen.database import open_engine, upgrade
from ecitizen.errors import CourseError, CourseErrors, ImportFault
from ecitizen.register import reading
from ecitizen.register.importing import ImportResult, import_table
from ecitizen.register.people import add_site, find_login, roster
from ecitizen.register.tables import Base, Change, Consultation, Event, Learner, Person, Zone

ROSTERS = Path(__file__).parent / "golden" / "rosters"
TODAY = dt.date(2025, 12, 8)
HEAD = "Номер карточки;Фамилия;Имя;Группа;Место\n"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(tmp_path / "course.db")
    upgrade(engine, "register")
    add_site(engine, "ЦГБ", "Центральная городская библиотека", dt.date(2014, 2, 1))
    add_site(engine, "ЦПИ 1", "Центр правовой информации № 1", dt.date(2015, 2, 1), "cpi")
    yield engine
    engine.dispose()


@pytest.fixture
def take(engine: Engine, tmp_path: Path) -> Callable[..., ImportResult]:
    """Import a text or a file into the register."""

    def take(table: str, content: str | bytes | Path, name: str = "file.csv", **options: bool) -> ImportResult:
        path = content if isinstance(content, Path) else tmp_path / name
        if not isinstance(content, Path):
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return import_table(engine, table, path, who="test", today=TODAY, rng=random.Random(7), **options)

    return take


def stored(engine: Engine) -> dict[str, int]:
    """Count the rows of every table."""
    with engine.connect() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in Base.metadata.tables.items()
        }


def faults_of(caught: pytest.ExceptionInfo[CourseErrors]) -> list[str]:
    return [str(error).split("file.csv", 1)[-1] for error in caught.value.errors]


@pytest.mark.parametrize("name", ["learners-utf8.csv", "learners-cp1251.csv", "learners-tab.csv"])
def test_one_roster_in_three_dresses(take: Callable[..., ImportResult], engine: Engine, name: str) -> None:
    result = take("learners", ROSTERS / name)
    assert (result.rows, result.added, result.changed, result.same) == (3, 3, 0, 0)
    assert [(e.number, e.full_name, e.group, e.site) for e in roster(engine)] == [
        (106, "Евсеев Пётр", "Утро", "ЦГБ"),
        (104, "Ёлкина Анна Петровна", "Утро", "ЦГБ"),
        (105, "Жукова Вера Ильинична", "Утро", "ЦГБ"),
    ]
    with engine.connect() as connection:
        assert connection.execute(select(Person.consent_on, Person.birth_year).order_by(Person.number)).all() == [
            (dt.date(2025, 9, 1), 1953),
            (dt.date(2025, 9, 1), 1949),
            (None, 1951),
        ]


def test_new_pins_are_told_once_and_work(take: Callable[..., ImportResult], engine: Engine) -> None:
    result = take("learners", ROSTERS / "learners-utf8.csv")
    assert sorted(result.pins) == [104, 105, 106]
    card = find_login(engine, 104, result.pins[104])
    assert card is not None
    assert (card.number, card.group) == (104, "Утро")
    assert take("learners", ROSTERS / "learners-utf8.csv").pins == {}


def test_same_file_twice_changes_nothing(take: Callable[..., ImportResult], engine: Engine) -> None:
    files = {"learners": "learners-utf8.csv", "events": "events.csv", "consultations": "consultations.csv"}
    for table, name in files.items():
        take(table, ROSTERS / name)
    before = stored(engine)
    for table, name in files.items():
        result = take(table, ROSTERS / name)
        assert (result.added, result.changed, result.same) == (0, 0, 3)
    assert stored(engine) == before


def test_every_fault_is_named_and_nothing_taken(take: Callable[..., ImportResult], engine: Engine) -> None:
    before = stored(engine)
    with pytest.raises(CourseErrors) as caught:
        take("learners", ROSTERS / "learners-faulty.csv")
    text = "\n".join(str(error).split("rosters/", 1)[1] for error in caught.value.errors)
    assert text == (ROSTERS / "learners-faulty.txt").read_text(encoding="utf-8").rstrip("\n")
    assert all(isinstance(error, ImportFault) for error in caught.value.errors)
    assert stored(engine) == before


def test_right_lines_are_taken_when_told_so(take: Callable[..., ImportResult], engine: Engine) -> None:
    result = take("learners", ROSTERS / "learners-faulty.csv", skip_faulty=True)
    assert result.added == 1
    assert [entry.number for entry in roster(engine)] == [104]
    assert (result.rows, len(result.faults)) == (11, 12)


def test_dry_run_tells_but_stores_nothing(take: Callable[..., ImportResult], engine: Engine) -> None:
    before = stored(engine)
    result = take("learners", ROSTERS / "learners-utf8.csv", dry_run=True)
    assert (result.added, result.pins) == (3, {})
    assert result.changes == (
        "строка 2: новая запись",
        "строка 3: новая запись",
        "строка 4: новая запись",
        "новая группа: Утро",
    )
    assert stored(engine) == before


def test_change_is_shown_without_the_name(take: Callable[..., ImportResult], engine: Engine) -> None:
    take("learners", ROSTERS / "learners-utf8.csv")
    result = take("learners", HEAD + "104;Белкина;Анна;Вечер;ЦГБ\n")
    assert (result.added, result.changed) == (0, 1)
    assert result.changes[0] == "строка 2: изменится: Группа Утро → Вечер; Фамилия"


def test_absent_column_leaves_values_alone(take: Callable[..., ImportResult], engine: Engine) -> None:
    take("learners", ROSTERS / "learners-utf8.csv")
    take("learners", HEAD + "104;Ёлкина;Анна;Утро;ЦГБ\n")
    assert roster(engine, "Утро")[1].patronymic == "Петровна"
    take("learners", "Номер карточки;Фамилия;Имя;Отчество;Группа\n104;Ёлкина;Анна;;Утро\n")
    assert roster(engine, "Утро")[1].patronymic == ""


def test_trace_never_holds_a_name(take: Callable[..., ImportResult], engine: Engine) -> None:
    take("learners", ROSTERS / "learners-utf8.csv")
    take("learners", HEAD + "104;Белкина;Анна;Утро;ЦГБ\n")
    with engine.connect() as connection:
        changes = connection.execute(select(Change)).all()
    assert [(change.who, change.table_name, change.key) for change in changes if change.before] == [
        ("test", "person", "104")
    ]
    trace = " ".join(f"{change.before} {change.after}" for change in changes)
    assert not [word for word in ("лкина", "Анна", "1953", "scrypt") if word in trace]


def test_blank_numbers_are_given_out(take: Callable[..., ImportResult], engine: Engine) -> None:
    result = take("learners", HEAD + ";Ёлкина;Анна;Утро;ЦГБ\n107;Жукова;Вера;Утро;\n;Орлов;Олег;Утро;\n")
    assert sorted(result.pins) == [107, 108, 109]
    with pytest.raises(CourseErrors, match="уже есть: карточка 108"):
        take("learners", HEAD + ";елкина;Анна;Утро;ЦГБ\n")


def test_two_people_of_one_name_are_told(take: Callable[..., ImportResult], engine: Engine) -> None:
    head = "Номер карточки;Фамилия;Имя;Группа;Место;Год рождения\n"
    given = head + ";Ёлкина;Анна;Утро;ЦГБ;1953\n;елкина;анна;Утро;;\n;Орлов;Олег;Утро;;1950\n;Ёлкина;Анна;Утро;;1949\n"
    said = "так же зовут человека с карточкой {}. Если это он, впишите в строку его номер"
    assert take("learners", given, dry_run=True).notices == (
        f"строка 3: {said.format('101')}",
        f"строка 5: {said.format('101, 102')}",
    )
    assert len(take("learners", given).notices) == 2
    assert take("learners", head + "105;Орлов;Олег;Утро;ЦГБ;1950\n").notices == (f"строка 2: {said.format('103')}",)
    assert take("learners", head + "102;Ёлкина;Анна;Утро;ЦГБ;1951\n").notices == (), "a card that is known"


def test_given_pin_keeps_its_leading_zero(take: Callable[..., ImportResult], engine: Engine) -> None:
    result = take("learners", "Номер карточки;Фамилия;Имя;Группа;Место;ПИН\n104;Ёлкина;Анна;Утро;ЦГБ;427\n")
    assert result.pins == {104: "0427"}
    assert find_login(engine, 104, "0427") is not None


@pytest.mark.parametrize(
    ("table", "content", "fault"),
    [
        ("events", "Дата;Название\n", ":1: Посетителей: нет такого столбца. Добавьте его с этим заголовком."),
        (
            "events",
            "Дата;Названия;Место;Посетителей\n",
            ":1: Названия: такого столбца нет. Может быть, «Название».",
        ),
        ("events", "Дата;Дата;Название;Посетителей\n", ":1: Дата: столбец повторяется ('Дата'). Оставьте один."),
        (
            "events",
            "Дата;Название;Место;Посетителей\n01.03.2025;Час;ЦГБ;-3\n",
            ":2: Посетителей: это не целое число ('-3'). Впишите число от 0 до 1000000.",
        ),
        (
            "events",
            "Дата;Название;Место;Посетителей\n01.03.2025;Час;ЦГБ;3;4\n",
            ":2: столбец 5: значение без заголовка ('4'). Удалите его или озаглавьте.",
        ),
        (
            "events",
            "Дата;Название;Место;Посетителей\n01.03.2025;Час;;3\n",
            ":2: Место: пусто. Впишите код или название места из списка мест (sites).",
        ),
        (
            "events",
            "Дата;Название;Место;Посетителей\n01.03.2205;Час;ЦГБ;3\n",
            ":2: Дата: дата слишком далеко ('01.03.2205'). Проверьте год: можно с 01.01.1990 по 09.12.2026.",
        ),
        (
            "events",
            "Дата;Название;Место;Посетителей\n01.03.2025;Час;ЦГБ;3\n01.03.2025;Час;ЦГБ;3\n",
            ":3: строка: повторяет строку 2. Удалите лишнюю строку; если это две разные записи, "
            "пронумеруйте их в столбце «№ п/п».",
        ),
        (
            "attendance",
            "Дата;Группа;Урок;Номер карточки\n01.03.2025;Утро;01-gosuslugi;104\n",
            ":2: Группа: такой группы нет ('Утро'). Сначала загрузите слушателей этой группы.",
        ),
        (
            "attendance",
            "Дата;Группа;Урок;Номер карточки\n01.03.2025;Утро;Урок 1;104\n",
            ":2: Урок: непонятный код ('Урок 1'). Впишите код маленькими латинскими буквами, например 01-gosuslugi.",
        ),
        (
            "consultations",
            "Дата;Место;Тема;Канал\n01.03.2025;ЦГБ;Пароль;голубем\n",
            ":2: Канал: такого значения нет ('голубем'). Впишите одно из: очно, телефон, удалённо.",
        ),
        (
            "zones",
            "Место;Название;Открыта;Закрыта\nЦГБ;Стенд;05.03.2025;01.03.2025\n",
            ":2: Закрыта: раньше начала ('2025-03-01'). Проверьте обе даты.",
        ),
        (
            "messages",
            'Дата;СМИ;Заголовок\n01.03.2025;"Сайт;Час\n',
            ":2: строка не читается (unexpected end of data). Проверьте кавычки и разделители.",
        ),
    ],
    ids=[
        "no column",
        "odd column",
        "twice",
        "negative",
        "no header",
        "no site",
        "far",
        "repeat",
        "no group",
        "no lesson",
        "no such word",
        "order",
        "quote",
    ],
)
def test_fault_names_line_column_and_remedy(
    take: Callable[..., ImportResult], engine: Engine, table: str, content: str, fault: str
) -> None:
    before = stored(engine)
    with pytest.raises(CourseError) as caught:
        take(table, content)
    assert str(caught.value).split("file.csv", 1)[1].split("\n")[0] == fault
    assert stored(engine) == before


def test_numbered_twins_are_two_records(take: Callable[..., ImportResult], engine: Engine) -> None:
    assert take("events", ROSTERS / "events.csv").added == 3
    with engine.connect() as connection:
        assert connection.execute(select(Event.attended).order_by(Event.id)).scalars().all() == [12, 12, 1020]


def test_consultation_words_become_codes(take: Callable[..., ImportResult], engine: Engine) -> None:
    take("consultations", ROSTERS / "consultations.csv")
    with engine.connect() as connection:
        rows = connection.execute(select(Consultation).order_by(Consultation.id)).all()
    assert [(r.site, r.channel, r.form, r.category, r.service_obtained, r.minutes, r.persons) for r in rows] == [
        ("ЦГБ", "person", "individual", "pensioner", True, 20, 1),
        ("ЦПИ 1", "telephone", "individual", "other", False, 10, 1),
        ("ЦПИ 1", "remote", "group", "disability", False, None, 3),
    ]


def test_record_number_finds_the_row_to_mend(take: Callable[..., ImportResult], engine: Engine) -> None:
    take("events", ROSTERS / "events.csv")
    result = take("events", "Номер записи;Дата;Название;Посетителей\n3;16.04.2025;Встреча;21\n")
    assert result.changes == (
        "строка 2: изменится: Дата 15.04.2025 → 16.04.2025; "
        "Название Встреча «Осторожно: мошенники» → Встреча; Посетителей 1020 → 21",
    )
    assert stored(engine)["event"] == 3


def test_zone_is_closed_not_doubled(take: Callable[..., ImportResult], engine: Engine) -> None:
    take("zones", "Место;Название;Открыта\nЦГБ;Стенд;05.03.2025\n")
    assert take("zones", "Место;Название;Открыта;Закрыта\nЦГБ;Стенд;05.03.2025;01.10.2025\n").changed == 1
    with engine.connect() as connection:
        assert connection.execute(select(Zone.closed)).scalars().all() == [dt.date(2025, 10, 1)]


def test_attendance_makes_the_session_once(take: Callable[..., ImportResult], engine: Engine) -> None:
    take("learners", ROSTERS / "learners-utf8.csv")
    lines = "".join(f"12.09.2025;утро;01-gosuslugi;{number};90\n" for number in (104, 105))
    result = take("attendance", "Дата;Группа;Урок;Карточка;Минут\n" + lines)
    assert result.added == 2
    counts = stored(engine)
    assert (counts["session"], counts["attendance"]) == (1, 2)
    with pytest.raises(CourseErrors, match="такой карточки нет"):
        take("attendance", "Дата;Группа;Урок;Карточка\n12.09.2025;Утро;01-gosuslugi;999\n")


def test_unknown_table_lists_the_known() -> None:
    with pytest.raises(CourseError, match="sites, staff, groups, learners"):
        import_table(open_engine("sqlite://"), "people", Path("x.csv"))


def test_formula_without_a_value_is_a_fault_of_its_line(
    take: Callable[..., ImportResult], engine: Engine, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in (
        ["=TODAY()"],
        ["Фамилия", "Имя", "Группа", "Год рождения", "Место"],
        ["=A9", "Анна", "Утро", 1953, "ЦГБ"],
        ["Жукова", "Вера", "Утро", "x", "ЦГБ"],
        ["Орлов", "Олег", "Утро", 1950, "ЦГБ"],
        ["Зимин", "Пётр", "Утро", 1951, "ЦГБ"],
        ["Зимина", "Ольга", "Утро", 1951, None],
        [None, None, None, "=D3+1"],
        ["Рыбин", "Иван", "Утро", ArrayFormula("D9", "=D3*1"), "ЦГБ"],
    ):
        page.append(row)
    page.merge_cells("E6:E7")
    book.save(tmp_path / "f.xlsx")
    taken = take("learners", tmp_path / "f.xlsx", skip_faulty=True, dry_run=True)
    places = [fault.where.split("f.xlsx:")[1] for fault in taken.faults]
    assert places == [
        *("3: Фамилия", "4: Год рождения", "6: столбец E", "7: столбец E", "8: Год рождения"),
        *("8: Фамилия", "8: Имя", "8: Группа", "9: Год рождения"),
    ]
    assert taken.faults[0].problem == "формула без значения ('=A9')"
    assert taken.faults[-1].problem == "формула без значения ('=D3*1')"
    assert (taken.rows, taken.added) == (7, 1)
    page["C2"] = '="Группа"'
    book.save(tmp_path / "f.xlsx")
    with pytest.raises(CourseErrors, match=r"f\.xlsx:2: столбец C: формула без значения"):
        take("learners", tmp_path / "f.xlsx", skip_faulty=True)


def workbook(path: Path, rows: list[list[object]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        page, day = book.add_worksheet(), book.add_format({"num_format": "dd.mm.yyyy"})
        for line, row in enumerate(rows):
            for place, value in enumerate(row):
                if isinstance(value, dt.date):
                    page.write_datetime(line, place, dt.datetime(value.year, value.month, value.day), day)
                else:
                    page.write(line, place, value)
    return path


EVENT_HEAD: list[object] = ["Дата", "Название", "Место", "Посетителей"]


def test_workbook_gives_dates_and_numbers(take: Callable[..., ImportResult], engine: Engine, tmp_path: Path) -> None:
    rows = [["", "Отчёт"], [], EVENT_HEAD, [dt.date(2025, 3, 1), "Час", "ЦГБ", 12], ["02.03.2025", "Час", "ЦГБ", "13"]]
    assert take("events", workbook(tmp_path / "a.xlsx", rows)).added == 2
    with engine.connect() as connection:
        assert connection.execute(select(Event.date, Event.attended)).all() == [
            (dt.date(2025, 3, 1), 12),
            (dt.date(2025, 3, 2), 13),
        ]


def test_workbook_fault_counts_lines_as_excel_does(take: Callable[..., ImportResult], tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [EVENT_HEAD, [], [45000, "Час", "ЦГБ", 12], ["#REF!", "Час", "ЦГБ", 1]])
    with pytest.raises(CourseErrors) as caught:
        take("events", path)
    assert [error.where.split("a.xlsx:")[1] for error in caught.value.errors] == ["3: Дата", "4: Дата"]


def test_formula_counts_by_its_kept_value(take: Callable[..., ImportResult], engine: Engine, tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, EVENT_HEAD)
        page.write_row(1, 0, ["01.03.2025", "Час", "ЦГБ"])
        page.write_formula(1, 3, "=5+7", None, 12)
    assert take("events", tmp_path / "a.xlsx").added == 1
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (EVENT_HEAD, ["01.03.2025", "Час", "ЦГБ", "=5+7"]):
        book.active.append(row)
    book.save(tmp_path / "b.xlsx")
    with pytest.raises(CourseErrors, match=r"b\.xlsx:2: Посетителей: формула без значения \('=5\+7'\)"):
        take("events", tmp_path / "b.xlsx")


def archive(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"), data)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "старый формат .xls"),
        ("a.xls", b"Just text", "это не таблица Excel"),
        ("a.xlsx", b"PK\x03\x04 torn", "повреждён"),
        ("a.xlsm", archive(xl__workbook_xml=b"<x/>"), "с макросами"),
        ("a.xlsx", archive(xl__workbook_xml=b"<x/>", xl__vbaProject_bin=b"x"), "есть макросы"),
        ("a.xlsx", archive(readme=b"x"), "не таблица Excel"),
        ("a.xlsx", archive(xl__workbook_xml=b"<x/>", xl__a_xml=b" " * 30_000_000), "огромного размера"),
        ("a.xlsx", archive(xl__workbook_xml=b"<!DOCTYPE a [<!ENTITY b 'c'>]><x/>"), "посторонние вставки"),
        ("a.xlsx", archive(xl__workbook_xml=b"<x/>"), "повреждён"),
        ("a.csv", b"", "файл пуст"),
        ("a.csv", b"\n ; ; \n", "файл пуст"),
        ("a.csv", b"\0\1\2", "не текст"),
        ("a.csv", b"\x98\x98;", "не текст"),
        ("a.csv", b"a;" * 200, "столбцов 201"),
    ],
    ids=[
        "xls renamed",
        "text as xls",
        "torn",
        "xlsm",
        "macros inside",
        "zip",
        "bomb",
        "entities",
        "no sheets",
        "empty",
        "blank",
        "binary",
        "no encoding",
        "wide",
    ],
)
def test_dangerous_file_is_refused(take: Callable[..., ImportResult], name: str, content: bytes, problem: str) -> None:
    with pytest.raises(CourseError, match=problem):
        take("events", content, name)


def test_file_beyond_the_limits_is_refused(
    take: Callable[..., ImportResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_ROWS", 5)
    lines = "".join(f"01.03.2025;Час {number};ЦГБ;3\n" for number in range(6))
    with pytest.raises(CourseError, match="больше 5 строк"):
        take("events", "Дата;Название;Место;Посетителей\n" + lines)
    monkeypatch.setattr(reading, "MAX_FILE_BYTES", 10)
    with pytest.raises(CourseError, match="больше 20 МБ"):
        take("events", "Дата;Название;Место;Посетителей\n")
    with pytest.raises(CourseError, match="файла нет"):
        take("events", tmp_path / "absent.csv")


def test_roster_without_numbers_begins_at_101(take: Callable[..., ImportResult], engine: Engine) -> None:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";")
    writer.writerow(["Фамилия", "Имя", "Год рождения", "Группа", "Место"])
    writer.writerows([["Иванова", "Анна", 1930 + number, "Утро", "ЦГБ"] for number in range(20)])
    assert take("learners", file.getvalue()).added == 20
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(DISTINCT pin_hash) FROM learner")).scalar() == 20
        assert connection.execute(select(func.min(Learner.number), func.max(Learner.number))).one() == (101, 120)
