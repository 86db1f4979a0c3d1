"""Papers of a class: their text is read back and equals the register and the indicators."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import Engine, select

from ecitizen.database import open_engine, upgrade
from ecitizen.errors import CourseError
from ecitizen.figures import count
from ecitizen.indicators import load
from ecitizen.register.class_papers import consents, consultations, graduates, journal
from ecitizen.register.importing import import_table
from ecitizen.register.people import add_site
from ecitizen.register.retaining import due
from ecitizen.register.surveys import answer_by_code, make_codes, sum_up
from ecitizen.register.tables import Change, SurveyAnswer, SurveyCode
from ecitizen.reports.certificate import Certificate, certificates
from ecitizen.reports.class_papers import (
    attendance_sheet,
    class_journal,
    consent_sheets,
    consultation_diary,
    due_list,
    graduate_list,
    invitations,
)

TODAY = dt.date(2025, 12, 8)
YEAR = (dt.date(2025, 1, 1), dt.date(2025, 12, 31))
LESSONS = {"01-a": "Госуслуги", "02-b": "Талон к врачу"}
TABLES = {
    "learners": "Карточка;Фамилия;Имя;Отчество;Группа;Место;Записан;Выбыл\n"
    "104;Ёлкина;Анна;Петровна;Утро;ЦГБ;01.09.2025;\n105;Жукова;Вера;;Утро;ЦГБ;01.09.2025;15.09.2025\n"
    "106;Зимина;Ольга;;День;ЦГБ;01.09.2023;\n",
    "attendance": "Дата;Группа;Урок;Карточка;Минут\n12.09.2025;Утро;01-a;104;60\n12.09.2025;Утро;01-a;105;60\n"
    "19.09.2025;Утро;02-b;104;\n",
    "consultations": "№ п/п;Дата;Место;Тема;Категория;Канал;Услуга получена;Какая услуга;Минут;Оценка\n"
    "1;05.03.2025;ЦГБ;#panic() $x$;ОВЗ;телефон;да;Справка о пенсии;15;5\n2;06.03.2025;ЦГБ;Пароль;пенсионер;очно;;;;\n"
    "3;06.03.2024;ЦГБ;Прошлый год;пенсионер;очно;;;;\n",
    "consents": "Карточка;Цель;Дата;Отозвано;Хранить до\n104;Занятия;01.09.2025;;01.09.2030\n"
    "104;Фотографии;01.09.2025;05.12.2025;\n",
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("papers")
    engine = open_engine(folder / "course.db")
    upgrade(engine, "register")
    add_site(engine, "ЦГБ", "Центральная городская", dt.date(2014, 2, 1))
    for name, text in TABLES.items():
        path = folder / f"{name}.csv"
        path.write_text(text, encoding="utf-8")
        import_table(engine, name, path, who="Ольга", today=TODAY)
    yield engine
    engine.dispose()


def text_of(made: bytes) -> str:
    """All text, single spaces; every paper is tagged."""
    reader = PdfReader(io.BytesIO(made))
    assert "/MarkInfo" in reader.root_object
    return " ".join(" ".join(page.extract_text() for page in reader.pages).replace("\u00a0", " ").split())


def test_journal_tells_who_came_when(engine: Engine) -> None:
    found = journal(engine, "Утро", *YEAR, "Ольга")
    assert [(one.name, len(one.came)) for one in found.pupils] == [("Ёлкина Анна Петровна", 2), ("Жукова Вера", 1)]
    text = text_of(class_journal(found, *YEAR, "ЦГБ", LESSONS))
    assert "Занятий: 2. Посещений: 3. Слушателей, которые пришли хотя бы раз: 2." in text
    assert "Ёлкина Анна Петровна 104 + +" in text
    # She had left before the second class.
    assert re.search(r"Жукова Вера 105 \+ (?!н)", text)
    assert "2 19.09.2025 Талон к врачу — 1" in text


def test_journal_equals_the_indicators(engine: Engine) -> None:
    rows = {row.id: row for row in count(load("6nk"), engine, *YEAR, None, []).rows}
    found = journal(engine, "Утро", *YEAR, "Ольга")
    assert rows["visits"].actual == sum(len(one.came) for one in found.pupils)
    assert rows["persons"].actual == sum(bool(one.came) for one in found.pupils)
    assert rows["consultations"].actual == len(consultations(engine, *YEAR))


def test_long_journal_keeps_every_day(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "attendance.csv"
    days = [dt.date(2024, 1, 10) + dt.timedelta(weeks=week) for week in range(30)]
    path.write_text("Дата;Группа;Урок;Карточка\n" + "".join(f"{day:%d.%m.%Y};День;01-a;106\n" for day in days), "utf-8")
    import_table(engine, "attendance", path, today=TODAY)
    text = text_of(class_journal(journal(engine, "День", days[0], days[-1], ""), days[0], days[-1], "ЦГБ", LESSONS))
    assert all(f"{day:%d.%m} {day:%Y}" in text for day in days)
    assert "Зимина Ольга" in text


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (dt.date(2025, 9, 12), "Пришли: 2 из 2."),
        (dt.date(2025, 9, 13), "Дата: 13.09.2025 Занятие: ____"),
        (None, "Занятие: ____"),
    ],
)
def test_sheet_of_a_day_has_room_to_sign(engine: Engine, day: dt.date | None, said: str) -> None:
    found = journal(engine, "Утро", day or TODAY, day or TODAY, "Ольга")
    text = text_of(attendance_sheet(found, day, "ЦГБ", LESSONS))
    assert said in text
    assert ("Жукова" in text) == (day is not None)


def test_diary_names_nobody(engine: Engine) -> None:
    text = text_of(consultation_diary(consultations(engine, *YEAR), *YEAR, "ЦГБ"))
    assert "Консультаций: 2. Обратилось человек: 2. Услуга получена: 1." in text
    assert "05.03.2025" in text
    assert "#panic() $x$" in text
    assert "Справка о пенсии" in text
    assert not [word for word in ("инвалид", "ОВЗ", "Прошлый") if word in text]


def test_graduates_carry_their_certificates(engine: Engine) -> None:
    found = graduates(engine, {104: dt.date(2025, 9, 19)}, "Ольга", "Утро")
    text = text_of(graduate_list(found, {104: "1-2025-AAAA-BBBB"}, "ЦГБ", dt.date(2026, 6, 1)))
    assert "1 Ёлкина Анна Петровна 104 Утро 19.09.2025 1-2025-AAAA-BBBB" in text
    assert "Выпускников: 1." in text


def test_printing_names_leaves_a_trace(engine: Engine) -> None:
    graduates(engine, {}, "Марина")
    with engine.connect() as connection:
        seen = connection.execute(select(Change.key).where(Change.who == "Марина")).scalars().all()
    assert seen == ["roster"]


def test_unknown_group_is_told(engine: Engine) -> None:
    with pytest.raises(CourseError, match="кода 'Вечер' нет"):
        journal(engine, "Вечер", *YEAR, "Ольга")


def test_consent_is_a_sheet_a_purpose(engine: Engine) -> None:
    texts = {
        purpose: text_of(consent_sheets(consents(engine, purpose, "Ольга", number=104), purpose, "ЦГБ"))
        for purpose in ("Занятия", "Фотографии", "Сертификат")
    }
    assert "до 01.09.2030" in texts["Занятия"]
    assert texts["Занятия"].count("01.09.2025") == 1
    assert "05.12.2025" in texts["Фотографии"]
    assert "2025" not in texts["Сертификат"]
    # Whoever wants no photographs any more goes on learning.
    assert "удалить снимки, на которых я есть" in texts["Фотографии"]
    assert [purpose for purpose, text in texts.items() if "стереть мои данные" in text] == ["Занятия"]
    assert all(text.count("Ёлкина Анна Петровна") == 1 and "Отзыв согласия" in text for text in texts.values())
    with pytest.raises(CourseError, match="нет цели 'Реклама'"):
        consent_sheets([], "Реклама", "ЦГБ")


def test_due_counts_the_idle_and_the_ended(engine: Engine) -> None:
    assert [(one.number, one.why) for one in due(engine, TODAY)] == [(104, "withdrawn"), (106, "idle")]
    later = {(one.number, one.why) for one in due(engine, dt.date(2030, 12, 31))}
    assert later == {(104, "ended"), (104, "withdrawn"), (105, "idle"), (106, "idle")}
    text = text_of(due_list(due(engine, TODAY), TODAY, "ЦГБ"))
    assert "согласие отозвано: Фотографии только собранное для цели «Фотографии» 05.12.2025" in text
    assert "всю карточку" in text
    assert "Ёлкина" not in text


def test_certificate_says_what_was_done() -> None:
    one = Certificate(
        number="12-2026-K7QF-3MXA", name="Ёлкина #Анна $x$", issued_on=TODAY, trained_on=TODAY, lessons=11, sessions=9,
        signed="ECZ1.текст.подпись",
    )  # fmt: skip
    made = certificates([one, one], "ЦГБ", "Компетентный е-гражданин")
    assert len(PdfReader(io.BytesIO(made)).pages) == 2
    text = text_of(made)
    assert "№ 12-2026-K7QF-3MXA" in text
    assert "Ёлкина #Анна $x$" in text
    assert "Сдано занятий: 11. Посещено занятий в группе: 9." in text
    with pytest.raises(CourseError, match="печатать некого"):
        certificates([], "ЦГБ", "Курс")


def test_code_answers_once_in_each_wave(engine: Engine) -> None:
    code, other = make_codes(engine, "ЦГБ", 2, TODAY)
    assert re.fullmatch(r"\d{5}-\d{5}", code)
    answer_by_code(engine, code, "end", TODAY, {"learned": 4})
    answer_by_code(engine, code.replace("-", " "), "later", TODAY, {"learned": 5})
    for spent in (code, "00000-00000", "", "слово"):
        with pytest.raises(CourseError, match="код не подходит"):
            answer_by_code(engine, spent, "end", TODAY, {"learned": 1})
    answer_by_code(engine, other, "end", TODAY, {"learned": 3})
    assert [one.counts for one in sum_up(engine, TODAY, TODAY)] == [(0, 0, 1, 1, 0), (0, 0, 0, 0, 1)]


def test_nothing_ties_an_answer_to_its_code(engine: Engine) -> None:
    made = make_codes(engine, "ЦГБ", 20, TODAY)
    for code in made[:5]:
        answer_by_code(engine, code, "end", TODAY, {"learned": 4})
    with engine.connect() as connection:
        stored = connection.execute(select(SurveyCode.__table__)).all()
        answers = connection.execute(select(SurveyAnswer.__table__)).all()
    # No time, no sheet, no number that both have; and the paper's code itself is nowhere.
    shared = {value for row in stored for value in row} & {value for row in answers for value in row}
    assert {value for value in shared if not isinstance(value, bool)} <= {"ЦГБ", TODAY, 0, 1}
    assert not [code for code in made if any(code.replace("-", "") in str(row) for row in stored)]
    assert all(code in text_of(invitations(made, "ЦГБ")) for code in made)


def test_failed_answer_leaves_the_code_open(engine: Engine) -> None:
    (code,) = make_codes(engine, "ЦГБ", 1, TODAY)
    with pytest.raises(Exception, match="survey_scale"):
        answer_by_code(engine, code, "end", TODAY, {"learned": 9})
    answer_by_code(engine, code, "end", TODAY, {"learned": 4})
