"""Each shipped passport, counted by hand on a planted register: csv files in, figures and papers out, by commands."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from docx import Document
from nbgrader.api import Gradebook
from paper_text import figures_after, letters_of, rows_of

from ecitizen.cli import cli
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.engine import alembic_on_path, quiet
from ecitizen.indicators import load
from ecitizen.opening import begin
from ecitizen.reports.russian import number

PUBLISHED = {
    "trekhgorny": {"pensioners": (377, 533), "disability": (51, 64), "hours": (9, 23), "visitors": (137, 232)},
    "zarechny": {
        "participants": (140, 140), "communities": (7, 7), "members": (50, 50), "meetings": (15, 15), "eco": (10, 10),
        "art": (4, 4), "museums": (1, 1), "public-beds": (1, 1), "yard-beds": (180, 180),
    },
}  # fmt: skip
"""What the papers of the projects say: for the last year, for the whole period."""


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


def asked(data: str, passport: str, *period: str) -> dict[str, Any]:
    out = run("indicators", passport, *period, "--json", "--data", data)
    return {row["id"]: row for row in json.loads(out)["rows"]}


def counted(data: str, passport: str, since: str, until: str) -> dict[str, Any]:
    return asked(data, passport, "--from", since, "--to", until)


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
    assert figures(data, "trekhgorny", "01.01.2023", "31.12.2023") == PUBLISHED["trekhgorny"]


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
    assert figures(data, "zarechny", "01.01.2021", "31.12.2021") == PUBLISHED["zarechny"]


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
        "surplus-growth": (30, None),  # nobody counted before the project
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
    assert kinds[1:] == [["Госуслуги", "3", "3"], ["Юридическая помощь", "2", "2"]]
    assert centres[1:] == [["Центр 1", "3", "3"], ["Центр 2", "2", "2"]]
    assert months[1:] == [["Сентябрь 2018", "2", "2"], ["Октябрь 2018", "1", "1"], ["Февраль 2019", "2", "2"]]


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
        "visits": 36,
        "visits-children": 18,
        "visits-youth": 5,
        "visits-service": 3,
        "remote": 13,
        "remote-internet": 12,
        "consultations": 4,
        "consultations-virtual": 1,
        "consultations-children": 1,
        "consultations-youth": 1,
        "consultations-remote": 2,
        "persons": 2,
    }


def omsk(data: str) -> None:
    centres = [f"б{n};Библиотека № {n};ЦПИ;01.02.2019" for n in range(1, 41)]
    take(data, "sites", "Код;Название;Вид;Открыто", *centres, "село;Сельский центр;сельский центр;01.02.2019")
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
        # A village centre is no ЦПИ: what it does counts in none of the rows.
        visits.append(f"04.03.{year};село;omsk.example;7")
        helped.append((2, f"05.04.{year};село;Запись к врачу;да"))
        events.append((3, f"07.05.{year};село;Сход;20"))
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


def test_omsk_says_which_places_are_cpi(planted: Planted) -> None:
    data = planted("omsk")
    for row in counted(data, "omsk", "01.01.2021", "31.12.2021").values():
        noted = next(one.note for one in load("omsk").rows if one.id == row["id"])
        assert ("ЦПИ" in row["name"]) == ("сельские центры не входят" in " ".join(noted.split())), row["id"]
    village = asked(data, "omsk", "--year", "2021", "--site", "село")
    assert {village[name]["actual"] for name in ("visits", "services", "events", "consultations")} == {0}


def test_growth_without_a_year_before_is_no_growth(planted: Planted) -> None:
    data = planted("dolzhansky")
    told = run("indicators", "dolzhansky", "--year", "2022", "--data", data)
    line = next(one for one in told.splitlines() if one.startswith("visits-growth"))
    assert line.split()[1].startswith("—")
    assert line.endswith("прироста не видно: за те же дни год назад записей нет")
    row = counted(data, "dolzhansky", "01.01.2022", "31.12.2022")["visits-growth"]
    assert (row["actual"], row["lacks"], row["facts"]) == (None, "before", 1)
    assert "за эти дни записей нет" in run("indicators", "dolzhansky", "--quarter", "2024-3", "--data", data)


def test_last_value_of_nothing_is_a_dash(planted: Planted) -> None:
    data = planted("kcon")
    rows = counted(data, "kcon", "01.01.2018", "30.06.2018")
    assert {rows[name]["actual"] for name in ("loading", "farms", "unemployed")} == {None}
    assert rows["esia"]["actual"] == 0
    told = run("indicators", "kcon", "--month", "2018-06", "--data", data)
    assert re.search(r"^farms +—; за весь период — +Количество КФХ", told, re.M)


def test_period_by_name_gives_the_published_rows(planted: Planted) -> None:
    data = planted("trekhgorny")
    last, whole = (asked(data, "trekhgorny", way, "--to", "31.12.2023") for way in ("--last-12-months", "--whole"))
    assert {name: (last[name]["actual"], whole[name]["actual"]) for name in last} == PUBLISHED["trekhgorny"]
    assert asked(data, "trekhgorny", "--quarter", "2023-4") == counted(data, "trekhgorny", "01.10.2023", "31.12.2023")


def test_unknown_place_is_refused_by_name(planted: Planted) -> None:
    data = planted("kcon")
    done = CliRunner().invoke(cli, ["indicators", "kcon", "--year", "2019", "--site", "бука", "--data", data])
    assert done.exit_code == 1
    assert "Место: такого в журнале нет: 'бука'. Укажите одно из: c1, c2, c3, c4, main." in done.output


PAPERS: dict[str, tuple[Callable[[str], None], int]] = {
    "omsk": (omsk, 2021),
    "trekhgorny": (trekhgorny, 2023),
    "kcon": (kcon, 2019),
    "zarechny": (zarechny, 2021),
    "dolzhansky": (dolzhansky, 2023),
    "6nk": (library_form, 2025),
}


ENDINGS = (".docx", ".xlsx", ".csv", ".html", ".pdf")
SIGNED = {"omsk": ("target", "actual", "share"), "trekhgorny": ("actual", "whole"), "zarechny": ("actual", "whole")}
"""What the signed form of a passport shows of a row; the other forms show the figure and that of the whole project."""
SHOWN = {
    ".docx": ("actual", "whole", "promise"),
    ".xlsx": ("target", "year", "actual", "share", "whole", "promise"),
    ".csv": ("target", "year", "actual", "share", "whole", "promise"),
    ".html": ("target", "actual", "share", "whole", "promise"),
    ".pdf": ("target", "actual", "share", "whole", "promise"),
}


def shown(passport: str, row: dict[str, Any], ending: str) -> list[float]:
    """The figures that a paper must show of a measured row, in their order; where there is none it has a dash."""
    whole = row.get("whole") or {}
    told = {
        "target": row["target"],
        "year": row["target_year"],
        "actual": row["actual"],
        "share": row["share_pct"],
        "whole": whole.get("actual"),
        "promise": whole.get("target"),
    }
    wanted = SIGNED.get(passport, SHOWN[ending]) if ending == ".docx" else SHOWN[ending]
    return [told[name] for name in wanted if told[name] is not None]


def check_paper(out: Path, passport: str, measured: list[dict[str, Any]]) -> None:
    """Read a paper back and compare each figure with the measured one."""
    rows = rows_of(out) if out.suffix != ".pdf" else []
    letters = letters_of(out) if out.suffix == ".pdf" else ""
    for row in measured:
        figures = shown(passport, row, out.suffix)
        if rows:
            assert figures_after(row["name"], row["unit"], rows) == figures, row["id"]
            continue
        told = "(?:[^0-9]*?)".join(re.escape("".join(number(figure).split())) + "(?:,0)?" for figure in figures)
        name = re.escape("".join(f"{row['name']}({row['unit']})".split()))
        assert re.search(rf"{name}(?:\[[0-9,]+\])?[^0-9]{{0,20}}{told}", letters), (row["id"], figures)


@pytest.mark.parametrize(
    ("passport", "ending"),
    [
        pytest.param(passport, ending, marks=() if ending == ".docx" or passport == "kcon" else pytest.mark.thorough)
        for passport in PAPERS
        for ending in ENDINGS
    ],
)
def test_papers_hold_the_same_figures(planted: Planted, tmp_path: Path, passport: str, ending: str) -> None:
    data, year = planted(passport), PAPERS[passport][1]
    measured = counted(data, passport, f"01.01.{year}", f"31.12.{year}").values()
    out = tmp_path / f"paper{ending}"
    run("report", passport, "--year", str(year), "--out", str(out), "--inside", "--data", data)
    check_paper(out, passport, list(measured))


@pytest.mark.thorough
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("passport", PAPERS)
def test_papers_of_an_empty_register_hold_noughts(tmp_path: Path, passport: str, ending: str) -> None:
    data = str(tmp_path / "course")
    begin(CourseFolder.create(Path(data), "Библиотека"), "482913", dt.date(2018, 6, 1))
    year = PAPERS[passport][1]
    measured = counted(data, passport, f"01.01.{year}", f"31.12.{year}").values()
    out = tmp_path / f"paper{ending}"
    run("report", passport, "--year", str(year), "--out", str(out), "--data", data)
    check_paper(out, passport, list(measured))


@pytest.mark.parametrize("ending", [".docx", pytest.param(".xlsx", marks=pytest.mark.thorough)])
@pytest.mark.parametrize("passport", ["kcon", pytest.param("6nk", marks=pytest.mark.thorough)])
def test_parts_make_the_whole(planted: Planted, tmp_path: Path, passport: str, ending: str) -> None:
    data, year, declared = planted(passport), PAPERS[passport][1], load(passport)
    measured = counted(data, passport, f"01.01.{year}", f"31.12.{year}")
    out = tmp_path / f"paper{ending}"
    run("report", passport, "--year", str(year), "--out", str(out), "--inside", "--data", data)
    tables = "\n".join("|".join(row) for row in rows_of(out)).split("Из них|Факт|Записей")[1:]
    for wanted, table in zip(declared.breakdowns, tables, strict=True):
        row = measured[wanted.row]
        (counting,) = [one.count for one in declared.rows if one.id == wanted.row]
        parts = [float(part.replace(",", ".")) for part in re.findall(r"^[^|\n]+\|([\d.,]+)\|\d+$", table, re.M)]
        if counting == "facts":
            assert sum(parts) == (row.get("whole") or row)["actual"], wanted.title


def test_class_papers_hold_the_same_figures(planted: Planted, tmp_path: Path) -> None:
    data = planted("6nk")
    found = counted(data, "6nk", "01.01.2025", "31.12.2025")
    visits = run("indicators", "6nk", "--year", "2025", "--explain", "persons", "--data", data)
    period = ("--from", "01.01.2025", "--to", "31.12.2025", "--data", data)
    run("paper", "journal", "--group", "Утро", "--out", str(tmp_path / "journal.pdf"), *period)
    run("paper", "consultations", "--out", str(tmp_path / "diary.pdf"), *period)
    journal, diary = letters_of(tmp_path / "journal.pdf"), letters_of(tmp_path / "diary.pdf")
    came = len(re.findall("^.*Карточка \\d+", visits, re.M))
    assert f"Занятий:2.Посещений:{came}.Слушателей,которыепришлихотябыраз:{found['persons']['actual']}." in journal
    assert f"Консультаций:{found['consultations']['actual']}." in diary
