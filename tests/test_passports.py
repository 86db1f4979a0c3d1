"""Each shipped passport, counted by hand on a planted register: csv files in, figures and papers out, by commands."""

from __future__ import annotations

import csv
import datetime as dt
import html
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from docx import Document
from nbgrader.api import Gradebook

from ecitizen.cli import cli
from ecitizen.facts import KINDS
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.engine import alembic_on_path, quiet
from ecitizen.indicators import load, names
from ecitizen.opening import begin
from ecitizen.reports.russian import number

MISSION = Path(__file__).parents[2] / "shared" / "mission"
TEXTS = {
    "trekhgorny": "digital-curator-trekhgorny.txt",
    "zarechny": "city-communities-forum-zarechny.txt",
    "kcon": "digital-village-kcon.txt",
    "dolzhansky": "library-chats-dolzhansky.txt",
    "omsk": "e-citizen-omsk.txt",
}


def run(*arguments: str) -> str:
    done = CliRunner().invoke(cli, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


Planted = Callable[[str], str]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """Give the course folder of a passport, made once from its csv files."""

    @cache
    def plant(passport: str) -> str:
        folder = tmp_path_factory.mktemp(passport) / "course"
        begin(CourseFolder.create(folder, "Библиотека"), "482913", dt.date(2018, 6, 1))
        PAPERS[passport][0](str(folder))
        return str(folder)

    return plant


def take(data: str, table: str, *lines: str) -> None:
    path = Path(data).parent / f"{table}.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    run("register", "import", table, str(path), "--data", data)


def counted(data: str, passport: str, since: str, until: str) -> dict[str, Any]:
    out = run("indicators", passport, "--from", since, "--to", until, "--json", "--data", data)
    return {row["id"]: row for row in json.loads(out)["rows"]}


def figures(data: str, passport: str, since: str, until: str) -> dict[str, tuple[float, ...]]:
    """The figure of the period and, if the form has it, that of the whole project."""
    return {
        name: (row["actual"], *([row["whole"]["actual"]] if "whole" in row else []))
        for name, row in counted(data, passport, since, until).items()
    }


def numbered(head: str, *parts: tuple[int, str]) -> list[str]:
    """As many equal lines as wanted, told apart by a running number."""
    lines = [line for times, line in parts for _ in range(times)]
    return [f"№ п/п;{head}", *(f"{number};{line}" for number, line in enumerate(lines, 1))]


def trekhgorny(data: str) -> None:
    help_lines = numbered(
        "Дата;Тема;Категория;Канал",
        (100, "05.04.2022;Показания счётчиков;пенсионер;телефон"),
        (56, "05.12.2022;Запись к врачу;пенсионер;очно"),
        (13, "06.12.2022;Запись к врачу;ОВЗ;телефон"),
        (300, "05.04.2023;Показания счётчиков;пенсионер;телефон"),
        (77, "28.12.2023;Показания счётчиков;пенсионер;очно"),
        (51, "28.12.2023;Смартфон;инвалидность;очно"),
        (9, "28.12.2023;Смартфон;другое;очно"),
        (5, "05.01.2022;До начала практики;пенсионер;очно"),
    )
    take(data, "consultations", *help_lines)
    hours = numbered(
        "Дата;Название;Вид;Посетителей;Приглашены",
        (13, "05.10.2022;Осторожно, мошенники;Информационный час;7;полиция"),
        (1, "06.10.2022;Мобильный банк;час информации;4;банк"),
        (8, "05.10.2023;Госуслуги;информационный  час;15;"),
        (1, "06.10.2023;Госуслуги;ИНФОРМАЦИОННЫЙ ЧАС;17;"),
        (2, "06.10.2023;Мастерская;практикум;30;"),
    )
    take(data, "events", *hours)


def test_trekhgorny_counts_the_published_rows(planted: Planted) -> None:
    data = planted("trekhgorny")
    assert figures(data, "trekhgorny", "01.01.2023", "31.12.2023") == {
        "pensioners": (377, 533),
        "disability": (51, 64),
        "hours": (9, 23),
        "visitors": (137, 232),
    }


def zarechny(data: str) -> None:
    take(data, "events", "Дата;Название;Вид;Посетителей", "22.05.2021;Городские сообщества;форум;140")
    codes = [f"с{number}" for number in range(1, 8)]
    take(data, "communities", "Код;Название;Начало", *(f"{code};Сообщество {code};01.06.2021" for code in codes))
    # 50 people, ten of whom are in two communities.
    members = [f"{codes[n % 7]};{n};01.06.2021" for n in range(1, 51)]
    members += [f"{codes[(n + 1) % 7]};{n};02.07.2021" for n in range(1, 11)]
    take(data, "members", "Сообщество;Номер участника;Вступил", *members)
    meetings = [(12, "10.07.2021;с1;встреча;План;9"), (3, "11.07.2021;с2;семинар;Проект;12")]
    take(data, "meetings", *numbered("Дата;Сообщество;Вид;Название;Участников", *meetings))
    works = [
        (8, "12.07.2021;с1;Экологическая акция;Субботник;1"),
        (1, "13.07.2021;с1;экологическая акция;Берег;2"),
        (4, "14.07.2021;с2;арт-объект;Будка;1"),
        (1, "15.07.2021;с3;школьный музей;Музей;1"),
        (1, "16.07.2021;с4;клумба на общественном пространстве;Площадь;1"),
        (1, "17.07.2021;с5;клумба во дворе;Дворы;180"),
        (1, "17.04.2020;с5;клумба во дворе;До форума;7"),
    ]
    take(data, "works", *numbered("Дата;Сообщество;Вид;Название;Количество", *works))


def test_zarechny_counts_the_published_rows(planted: Planted) -> None:
    data = planted("zarechny")
    assert figures(data, "zarechny", "01.01.2021", "31.12.2021") == {
        "participants": (140, 140),
        "communities": (7, 7),
        "members": (50, 50),
        "meetings": (15, 15),
        "eco": (10, 10),
        "art": (4, 4),
        "museums": (1, 1),
        "public-beds": (1, 1),
        "yard-beds": (180, 180),
    }


def kcon(data: str) -> None:
    places = [f"c{n};Центр {n};КЦОН;01.07.2018" for n in range(1, 5)]
    take(data, "sites", "Код;Название;Вид;Открыто", *places)
    tickets = numbered(
        "Дата;Центр;Вид обращения;Впервые;Ждал, мин;Обслужен, мин;Результат;Оценка",
        (2, "10.09.2018;c1;Госуслуги;да;10;20;выполнено;5"),
        (1, "10.10.2018;c1;госуслуги;нет;4;10;выполнено;3"),
        (1, "10.02.2019;c2;Юридическая помощь;да;0;40;передано эксперту;4"),
        (1, "11.02.2019;c2;Юридическая помощь;нет;;;не выполнено;"),
    )
    take(data, "tickets", *tickets)
    goods = ["01.09.2018;c1;Молоко;40;л;да", "02.09.2018;c1;Картофель;100;кг;да", "02.09.2019;c1;Картофель;130;кг;да"]
    goods.append("03.09.2019;c2;Мёд;7;кг;нет")
    take(data, "surplus", "Дата;Центр;Продукт;Количество;Единица;Принято", *goods)
    counters = ["31.12.2018;c1;Регистрации в ЕСИА;11", "31.03.2019;c1;регистрации в ЕСИА;6", "31.03.2019;c1;ЛПХ;70"]
    counters += ["30.06.2019;c1;ЛПХ;74", "30.06.2019;c2;ЛПХ;20", "30.06.2019;c1;КФХ и кооперативы;3"]
    counters += ["30.06.2019;c1;Безработные;9", "30.06.2019;c1;Загруженность заготовительных пунктов;42"]
    counters.append("30.09.2019;c1;Загруженность заготовительных пунктов;45")
    take(data, "counters", "Дата;Центр;Показатель;Значение", *counters)


def test_kcon_counts_centres_people_and_time(planted: Planted) -> None:
    data = planted("kcon")
    assert figures(data, "kcon", "01.01.2019", "31.12.2019") == {
        "villages": (4, 4),
        "people": (1, 3),
        "requests": (2, 5),
        "done": (0, 60),
        "wait": (0, 6),
        "serve": (40, 22.5),
        "rating": (4, 4.3),
        "satisfied": (100, 75),
        "trained": (0, 0),
        "surplus": (2, 4),
        "surplus-growth": (30, 130),
        "loading": (43.5, 43.5),
        "esia": (6, 17),
        "households": (94, 94),
        "farms": (3, 3),
        "unemployed": (9, 9),
    }
    whole = {name: row["whole"] for name, row in counted(data, "kcon", "01.01.2019", "31.12.2019").items()}
    assert (whole["villages"]["target"], whole["people"]["target"]) == (18, 2000)
    assert (whole["villages"]["share_pct"], whole["people"]["share_pct"]) == (22.2, 0.2)


def test_kcon_statistics_break_requests_down(planted: Planted, tmp_path: Path) -> None:
    data = planted("kcon")
    out = tmp_path / "statistics.docx"
    for inside in ([], ["--inside"]):
        run("report", "kcon", "--year", "2019", "--out", str(out), "--data", data, *inside)
        tables = [[[cell.text for cell in row.cells] for row in table.rows] for table in Document(str(out)).tables]
        kinds, centres, months = tables[1:4]
        if not inside:
            # Five people in all: what leaves the library tells only when they came.
            assert {row[1] for row in (*kinds[1:], *centres[1:])} == {"скрыто"}
    assert kinds[1:] == [["госуслуги", "3", "3"], ["юридическая помощь", "2", "2"]]
    assert centres[1:] == [["Центр 1", "3", "3"], ["Центр 2", "2", "2"]]
    assert months[1:] == [["сентябрь 2018", "2", "2"], ["октябрь 2018", "1", "1"], ["февраль 2019", "2", "2"]]


def dolzhansky(data: str) -> None:
    take(data, "chats", "Код;Название;Сеть;Начало", "wa;Чат;WhatsApp;02.06.2023", "vk;Группа;ВКонтакте;02.06.2023")
    joined = ["wa;30.06.2023;25;1", "Группа;30.06.2023;40;", "wa;31.07.2023;5;2"]
    take(data, "subscribers", "Чат;Дата;Пришло;Ушло", *joined)
    asked = [(2, "10.07.2023;wa;Есть ли книга;да;10"), (1, "11.07.2023;vk;Продление;да;25")]
    asked.append((1, "12.07.2023;vk;Часы;нет;"))
    take(data, "questions", *numbered("Дата;Чат;Тема;Отвечено;Минут до ответа", *asked))
    take(data, "reviews", "Дата;Чат;Отзыв", "01.08.2023;wa;положительный", "02.08.2023;wa;жалоба")
    sent = ["03.07.2023;Чат WhatsApp;Встреча;чат", "04.07.2023;ВКонтакте;Встреча;соцсеть", "05.07.2023;Газета;Час;СМИ"]
    take(data, "messages", "Дата;Площадка;Заголовок;Вид", *sent)
    take(data, "events", "Дата;Название;Посетителей", "05.07.2023;Встреча;12")
    counters = ["30.09.2022;Посещения библиотеки;800", "30.09.2023;Посещения библиотеки;950"]
    counters += ["30.09.2022;выдача книг;100", "30.09.2023;Выдача книг;90", "30.09.2023;Новые читатели;14"]
    counters += ["30.06.2023;Партнёры;3", "30.09.2023;Партнёры;5"]
    take(data, "counters", "Дата;Показатель;Значение", *counters)


def test_dolzhansky_counts_chats_and_growth(planted: Planted) -> None:
    data = planted("dolzhansky")
    found = {name: figure[0] for name, figure in figures(data, "dolzhansky", "01.01.2023", "31.12.2023").items()}
    assert found == {
        "chats": 2,
        "subscribers": 70,
        "questions": 4,
        "answered": 75,
        "answer-time": 15,
        "announcements": 2,
        "events": 1,
        "reviews": 1,
        "visits-growth": 150,
        "loans-growth": -10,
        "readers": 14,
        "partners": 5,
    }


def library_form(data: str) -> None:
    learners = ["101;Ёлкина;Анна;Утро;main", "102;Жукова;Вера;Утро;main"]
    take(data, "learners", "Номер карточки;Фамилия;Имя;Группа;Место", *learners)
    came = ["12.09.2025;Утро;01-a;101", "12.09.2025;Утро;01-a;102", "19.09.2025;Утро;02-b;101"]
    take(data, "attendance", "Дата;Группа;Урок;Карточка", *came)
    events = [
        "05.03.2025;Час для всех;для всех;в библиотеке;20;3;5;2",
        "06.03.2025;Сказка;до 14 лет;вне библиотеки;15;15;0;0",
        "07.03.2025;Вебинар;15–30 лет;дистанционно;9;0;9;9",
    ]
    take(data, "events", "Дата;Название;Для кого;Где проведено;Посетителей;До 14 лет;15–30 лет;Удалённо", *events)
    asked = ["05.03.2025;Пароль;очно;2;взрослые", "05.03.2025;Вход;телефон;1;взрослые"]
    asked += ["06.03.2025;Вход;онлайн;1;молодёжь", "07.03.2025;Вход;очно;1;дети"]
    take(data, "consultations", "Дата;Тема;Канал;Человек;Возраст", *asked)


def test_6nk_keeps_people_apart_from_visits(planted: Planted) -> None:
    data = planted("6nk")
    found = {name: figure[0] for name, figure in figures(data, "6nk", "01.01.2025", "31.12.2025").items()}
    assert found == {
        "events": 5,
        "events-children": 1,
        "events-youth": 1,
        "events-outside": 2,
        "events-distance": 1,
        "visits": 47,
        "visits-children": 18,
        "visits-youth": 14,
        "visits-service": 3,
        "remote": 2,
        "remote-internet": 1,
        "consultations": 4,
        "consultations-virtual": 1,
        "consultations-children": 1,
        "consultations-youth": 1,
        "consultations-remote": 2,
        "persons": 2,
    }


def omsk(data: str) -> None:
    take(data, "sites", "Код;Название;Вид;Открыто", *(f"б{n};Библиотека № {n};ЦПИ;01.02.2019" for n in range(1, 41)))
    counts = {2020: (3, 100, 30, 10, 10, 4), 2021: (2, 109, 36, 12, 4, 5), 2022: (1, 121, 35, 10, 5, 3)}
    learners, came, visits, helped, events, messages, first = [], [], [], [], [], [], 101
    for year, (people, seen, served, held, other, told) in counts.items():
        cards = range(first, first + people)
        first += people
        learners += [f"{card};Жукова;Вера;{1900 + card - 60};Утро;б1;01.02.{year}" for card in cards]
        came += [f"03.02.{year};Утро;01-gosuslugi;{card}" for card in cards]
        visits += [f"04.03.{year};б2;omsk.example;{seen - 40}", f"05.11.{year};б3;gosuslugi.example;40"]
        helped += [(served, f"05.04.{year};б4;Запись к врачу;да"), (other, f"06.04.{year};б4;Пароль;нет")]
        events += [(held, f"07.05.{year};б5;Час информации;9")]
        messages += [f"{day:02}.06.{year};Газета;Набор {day}" for day in range(1, told + 1)]
    take(data, "learners", "Номер карточки;Фамилия;Имя;Год рождения;Группа;Место;Записан", *learners)
    take(data, "attendance", "Дата;Группа;Урок;Карточка", *came)
    take(data, "visits", "Дата;Место;Сайт;Посещений", *visits)
    take(data, "consultations", *numbered("Дата;Место;Тема;Услуга получена", *helped))
    take(data, "events", *numbered("Дата;Место;Название;Посетителей", *events))
    take(data, "messages", "Дата;Издание;Заголовок", *messages)
    zones = ["б1;Электронный гражданин;01.03.2020;", "б2;Стенд;01.03.2021;01.04.2021"]
    take(data, "zones", "Место;Название;Открыта;Закрыта", *zones)
    years = [year for year, (people, *_) in counts.items() for _ in range(people)]
    passed(data, {card: dt.datetime(year, 2, 3) for card, year in enumerate(years, 101)})


def passed(data: str, days: dict[int, dt.datetime]) -> None:
    """Write into nbgrader's gradebook that each card has passed the first lesson: nobody may type it in."""
    book = CourseFolder.open(Path(data)).gradebook
    book.mkdir(exist_ok=True)
    with alembic_on_path(), quiet(), Gradebook(f"sqlite:///{book / 'gradebook.db'}", "ecitizen") as gradebook:
        gradebook.add_assignment("01-gosuslugi")
        gradebook.add_notebook("01-gosuslugi", "01-gosuslugi")
        gradebook.add_grade_cell("q1", "01-gosuslugi", "01-gosuslugi", max_score=10, cell_type="code")
        gradebook.add_source_cell("q1", "01-gosuslugi", "01-gosuslugi", cell_type="code")
        for card, at in days.items():
            gradebook.add_student(str(card))
            gradebook.add_submission("01-gosuslugi", str(card), timestamp=at)
            gradebook.find_grade("q1", "01-gosuslugi", "01-gosuslugi", str(card)).auto_score = 10
        gradebook.db.commit()


def test_omsk_counts_the_eight_rows_against_three_years(planted: Planted) -> None:
    data = planted("omsk")
    found = {}
    for year in (2020, 2021, 2022):
        rows = counted(data, "omsk", f"01.01.{year}", f"31.12.{year}").values()
        found[year] = [(row["actual"], row["target"], row["at_least"]) for row in rows]
    assert found == {
        2020: [
            *((41, 41, False), (3, 20, True), (100, 100, False), (30, 30, True)),
            *((10, 10, True), (1, 1, True), (40, 40, True), (4, 4, True)),
        ],
        2021: [
            *((41, 41, False), (2, 20, True), (109, 110, False), (36, 35, True)),
            *((12, 10, True), (2, 1, True), (40, 40, True), (5, 4, True)),
        ],
        2022: [
            *((41, 41, False), (1, 20, True), (121, 120, False), (35, 35, True)),
            *((10, 10, True), (1, 1, True), (40, 40, True), (3, 4, True)),
        ],
    }


PAPERS: dict[str, tuple[Callable[[str], None], int]] = {
    "omsk": (omsk, 2021),
    "trekhgorny": (trekhgorny, 2023),
    "kcon": (kcon, 2019),
    "zarechny": (zarechny, 2021),
    "dolzhansky": (dolzhansky, 2023),
    "6nk": (library_form, 2025),
}


def read_back(path: Path) -> list[list[object]]:
    """Give the rows of all tables of a paper, as a person reads them."""
    if path.suffix == ".docx":
        return [[cell.text for cell in row.cells] for table in Document(str(path)).tables for row in table.rows]
    if path.suffix == ".xlsx":
        return [list(row) for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows(values_only=True)]
    if path.suffix == ".csv":
        return [list(row) for row in csv.reader(path.read_text("utf-8-sig").splitlines(), delimiter=";")]
    rows = re.findall(r"<tr.*?</tr>", path.read_text("utf-8"), re.DOTALL)
    plain = [
        [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", row, re.DOTALL)] for row in rows
    ]
    return [[" ".join(html.unescape(cell).split()) for cell in row] for row in plain]


ENDINGS = [".docx", *(pytest.param(one, marks=pytest.mark.thorough) for one in (".xlsx", ".csv", ".html"))]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("passport", PAPERS)
def test_papers_hold_the_same_figures(planted: Planted, tmp_path: Path, passport: str, ending: str) -> None:
    data, year = planted(passport), PAPERS[passport][1]
    measured = counted(data, passport, f"01.01.{year}", f"31.12.{year}").values()
    out = tmp_path / f"paper{ending}"
    run("report", passport, "--year", str(year), "--out", str(out), "--data", data)
    rows = read_back(out)
    for row in measured:
        (said,) = [one for one in rows if len(one) > 2 and any(str(cell).startswith(row["name"]) for cell in one)]
        told = [str(cell).split(" при плане ")[0] for cell in said]
        for figure in (row["actual"], *([row["whole"]["actual"]] if "whole" in row else [])):
            assert {number(figure), str(figure)} & set(told), (row["id"], said)


@pytest.mark.parametrize("passport", ["trekhgorny", "zarechny", "kcon", "dolzhansky"])
@pytest.mark.skipif(not MISSION.exists(), reason="the mission texts lie beside the checkout only")
def test_source_stands_in_the_mission(passport: str) -> None:
    plain = " ".join(re.sub(r"<[^>]+>", " ", (MISSION / TEXTS[passport]).read_text("utf-8")).split()).casefold()
    for row in load(passport).rows:
        said = row.name if passport in {"trekhgorny", "zarechny"} else row.source
        assert " ".join(said.split()).casefold() in plain, said


@pytest.mark.parametrize("passport", names())
def test_every_figure_has_a_source_or_its_form(passport: str) -> None:
    for row in load(passport).rows:
        assert row.source or passport == "omsk", row.id
        assert set(row.kinds) <= set(KINDS)
        if row.fact == "counter":
            assert row.note.startswith("Свободный счётчик"), row.id
