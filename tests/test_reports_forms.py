"""The forms of the five projects: their sections, their texts from ``project.yaml``, their figures."""

from __future__ import annotations

import re
import shutil
from datetime import date, datetime
from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook

from ecitizen.content import folder
from ecitizen.errors import CourseError
from ecitizen.facts import Fact
from ecitizen.indicators import Indicators, load, measure
from ecitizen.reports import Meta, report
from ecitizen.reports.act import check_act, write_act
from ecitizen.reports.project import Plan, Project, Step, load_project
from ecitizen.reports.roadmap import road
from ecitizen.reports.russian import number
from ecitizen.reports.words import load_words

MISSION = Path(__file__).parents[2] / "shared" / "mission"
MADE = date(2023, 10, 9)


def fact(kind: str, key: int, day: date, **more: object) -> Fact:
    made = {"kind": kind, "date": day, "key": f"{kind}:{key}", "site": "c1", "text": f"{kind} № {key}", **more}
    return Fact(**made)  # type: ignore[arg-type]


def project(tmp_path: Path, name: str) -> Project:
    shutil.copy(folder("papers") / f"project-{name}.yaml", tmp_path / "project.yaml")
    return load_project(tmp_path)


def paper(tmp_path: Path, indicators: Indicators, project: Project, made: date = MADE) -> Path:
    out = tmp_path / "paper.docx"
    report(indicators, Meta(made=made, version="0.1.0", project=project, sites={"c1": "Центр «Дружба»"}), out)
    return out


def lines(path: Path) -> list[str]:
    """All text in its order, a table row as one line; merged cells once."""
    found: list[str] = []
    for part in Document(str(path)).iter_inner_content():
        if hasattr(part, "rows"):
            found += [" | ".join(dict.fromkeys(cell.text for cell in row.cells)) for row in part.rows]
        else:
            found.append(part.text)
    return found


def helped(count: int, day: date, category: str = "pensioner", first: int = 1) -> list[Fact]:
    return [fact("consultation", n, day, tags={"category": category}) for n in range(first, first + count)]


def hours(count: int, day: date) -> list[Fact]:
    return [fact("event", n, day, amount=20, tags={"event-kind": "информационный час"}) for n in range(1, count + 1)]


TREKHGORNY = measure(
    load("trekhgorny"),
    [*helped(8, date(2023, 2, 1)), *helped(6, date(2022, 4, 1), first=10), *hours(3, date(2023, 3, 1))],
    date(2023, 1, 1),
    date(2023, 12, 31),
)


@pytest.mark.parametrize(
    ("name", "text", "last"),
    [
        ("trekhgorny", "digital-curator-trekhgorny.txt", "22. Список контактов"),
        ("zarechny", "city-communities-forum-zarechny.txt", "23. Список контактов"),
    ],
)
@pytest.mark.skipif(not MISSION.exists(), reason="the mission texts lie beside the checkout only")
def test_practice_has_the_sections_of_its_form(tmp_path: Path, name: str, text: str, last: str) -> None:
    indicators = measure(load(name), [], date(2023, 1, 1), date(2023, 12, 31))
    said = lines(paper(tmp_path, indicators, project(tmp_path, name)))
    headings = [line for line in said if re.match(r"\d+\. [А-Я]", line) and "|" not in line][: int(last[:2])]
    form = " ".join((MISSION / text).read_text("utf-8").split())
    assert [heading.split(".")[0] for heading in headings] == [str(n) for n in range(1, int(last[:2]) + 1)]
    assert headings[-1].startswith(last)
    assert [heading for heading in headings if heading not in form] == []


def test_donor_section_stands_in_one_edition_only(tmp_path: Path) -> None:
    # Whatever texts are at hand, and without any: the edition is the passport's.
    for texts in (project(tmp_path, "trekhgorny"), Project()):
        assert "3. Предпосылки реализации" in lines(paper(tmp_path, TREKHGORNY, texts))
        indicators = measure(load("zarechny"), [], date(2021, 1, 1), date(2021, 12, 31))
        said = set(lines(paper(tmp_path, indicators, texts)))
        assert {"3. Наименование практики-донора", "10. Результаты практики (что было достигнуто)"} <= said


def test_practice_shows_texts_and_both_figures(tmp_path: Path) -> None:
    texts = project(tmp_path, "trekhgorny")
    said = lines(paper(tmp_path, TREKHGORNY, texts))
    assert "1. | Количество обращений пенсионеров (в том числе по телефону) (ед.) [1] | 8 | 14" in said
    practice = texts.practice
    for text in (practice.territory, practice.before, practice.summary, practice.after, *practice.approaches):
        assert any(text in line for line in said), text
    assert "7 | 1\xa0000" in said
    assert "1. | Приобретение оборудования (планшеты, МФУ) | 85\xa0000,00 | грант" in said
    assert [line for line in said if line.startswith("Факт: 14 (ед.). Записей: 14. Записи не приложены")]
    assert [line for line in said if line == "Факт: 3 (ед.). Записей: 3."]
    assert not [line for line in said if re.search(r"\{%|%\}|\{\{|\}\}", line)]


def test_practice_without_texts_leaves_empty_fields(tmp_path: Path) -> None:
    said = lines(paper(tmp_path, TREKHGORNY, Project()))
    place = said.index("2. Наименование территории, на которой данная практика была реализована")
    assert said[place + 1] == ""
    assert "4. Сроки реализации практики" in said
    assert "с 01.03.2022 по настоящее время" in said


def test_road_map_tells_slippage_and_sparse_years(tmp_path: Path) -> None:
    indicators = measure(load("dolzhansky"), [], date(2023, 1, 1), date(2023, 12, 31))
    said = lines(paper(tmp_path, indicators, project(tmp_path, "dolzhansky")))
    text = "\n".join(said)
    # The form has name, post and contacts apart; what the file leaves out is for the pen.
    heads = "Роль в проекте | Ф.И.О. | Должность | Выполняемые функции в проекте/влияние на реализацию проекта | "
    assert said[said.index("СОСТАВ КЛЮЧЕВЫХ УЧАСТНИКОВ ПРОЕКТА") + 1].startswith(heads + "Контактная информация")
    assert "2 дня" in text
    assert "19 дней" in text
    assert "02.06.2023 чаты созданы (в срок)\nЭтап: в срок" in text
    assert "21.06.2023 ссылки размещены (отставание 110 дн.)" in text
    assert "20.04.2024 итоговый отчёт (срок не наступил)" in text
    campaign = "Контрольных точек в {} году для результата «Проведение информационно-коммуникационной кампании»: {}; "
    told = [line for line in said if line.startswith("Контрольных точек")]
    # Two steps work for one result; each result is to have four checkpoints a year.
    assert [campaign.format(2023, 3), campaign.format(2024, 0)] == [one.split("рек")[0] for one in told[1:3]]
    assert len(told) == 4
    assert "ИТОГОВЫЙ ОТЧЕТ ПО ПРОЕКТУ/ЭТАПУ ПРОЕКТА" in said
    assert [line for line in said if "Сотрудник назначен, чаты созданы | 02.06.2023" in line]


@pytest.mark.parametrize(
    ("done_on", "today", "state"),
    [
        (None, date(2023, 6, 2), "срок не наступил"),
        (None, date(2023, 6, 3), "отставание 1 дн."),
        (date(2023, 6, 2), date(2024, 1, 1), "в срок"),
        (date(2023, 6, 12), date(2024, 1, 1), "отставание 10 дн."),
    ],
    ids=["last day", "day after", "in time", "late"],
)
def test_step_is_judged_on_the_day(done_on: date | None, today: date, state: str) -> None:
    step = Step(task="Чаты", begins=date(2023, 6, 1), ends=date(2023, 6, 2), done_on=done_on)
    (line,) = road(Plan(steps=[step]), today, load_words()).lines
    assert (line.state, line.duration) == (state, "2 дня")


def test_statistics_equal_the_document(tmp_path: Path) -> None:
    facts = [fact("event", 1, date(2025, 3, 1)), fact("session", 2, date(2025, 3, 8)), *helped(4, date(2025, 5, 1))]
    indicators = measure(load("6nk"), facts, date(2025, 1, 1), date(2025, 12, 31))
    said = lines(paper(tmp_path, indicators, Project(), date(2026, 1, 9)))
    assert "Сведения для формы 6-НК за 2025 год" in said
    for place, row in enumerate(indicators.document()["rows"], 1):
        (line,) = [line for line in said if line.startswith(f"{place}. | ")]
        assert line.endswith(f" | {number(row['actual'])}")
    assert {"Март 2025 | 2", "Май 2025 | 4"} <= set(said)


def test_statistics_show_the_plan_of_a_passport(tmp_path: Path) -> None:
    own = load("omsk").model_copy(update={"paper": "statistics"})
    facts = [fact("consultation", n, date(2022, 5, 1), tags={"site-kind": "library"}) for n in range(4)]
    indicators = measure(own, facts, date(2022, 1, 1), date(2022, 12, 31))
    said = lines(paper(tmp_path, indicators, Project()))
    name = "7. | Количество консультаций, проведенных специалистами ЦПИ (ед.)"
    (told,) = [line for line in said if line.startswith(name)]
    assert told.endswith(" | не менее\xa040 | 4 | 10,0")


def test_mean_of_nothing_is_not_nought(tmp_path: Path) -> None:
    indicators = measure(load("kcon"), [], date(2019, 1, 1), date(2019, 12, 31))
    said = lines(paper(tmp_path, indicators, Project()))
    assert "5. | Среднее время ожидания (мин) | —" in said
    assert "3. | Количество обращений (ед.) | 0" in said
    people = "Количество человек, обслуженных за время реализации проекта (чел.) [1]"
    assert f"2. | {people} | 0 | 0 при плане не менее\xa02\xa0000" in said


@pytest.mark.parametrize("ending", [".csv", ".html"])
def test_other_kinds_show_the_whole_period(tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"paper{ending}"
    report(TREKHGORNY, Meta(made=MADE, version="0.1.0"), out)
    text = out.read_text("utf-8-sig")
    assert "За весь период" in text
    assert re.search(r";8;;14$" if ending == ".csv" else r'<a href="#whole-1">14</a>', text, re.M)


def test_workbook_shows_the_whole_period(tmp_path: Path) -> None:
    out = tmp_path / "paper.xlsx"
    report(TREKHGORNY, Meta(made=MADE, version="0.1.0"), out)
    sheet = load_workbook(out)["Показатели"]
    assert [cell.value for cell in sheet[5]][2:] == ["Факт", "Прим.", "За весь период"]
    assert [(sheet.cell(row, 3).value, sheet.cell(row, 5).value) for row in (6, 7)] == [(8, 14), (0, 0)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("practice: {teritory: Город}", "teritory"),
        (
            "plan: {steps: [{task: А, begins: 2023-06-02, ends: 2023-06-01}]}",
            "этап 'А' кончается 01.06.2023, раньше, чем начинается: 02.06.2023. Поменяйте",
        ),
        ("practice: {territory: 2023-06-01}", "есть 2023-06-01"),
        ("plan: {steps: [{task: А, begins: 2023-06-31}]}", "begins, строка 1: дня 2023-06-31 нет в календаре"),
        ("plan: [", "project.yaml"),
    ],
    ids=["misspelt", "order", "day", "no such day", "torn"],
)
def test_faulty_project_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "project.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CourseError, match=said):
        load_project(tmp_path)


def test_project_file_may_be_absent(tmp_path: Path) -> None:
    assert load_project(tmp_path) == Project()


def test_act_names_what_is_gone_but_nobody(tmp_path: Path) -> None:
    out = tmp_path / "act.docx"
    check_act(out)
    assert not out.exists()
    log = [{"at": "01.03.2026 10:00:00", "who": "Ольга", "record": "person 104", "what": "удалено"}]
    gone = {"name": "список.xlsx", "fate": "destroyed", "done": datetime(2026, 3, 1, 10), "size": 9, "sha256": "ab12"}
    fields = {"number": 104, "categories": ["фамилия, имя, отчество", "контакт"], "log": log, "kept": "посещений — 3"}
    fields |= {
        "reason": "отзыв согласия",
        "library": "ЦГБ & Ко",
        "files": [gone],
        "beside": ["var.old"],
        "searched": True,
    }
    write_act(out, fields, date(2026, 3, 1), "0.1.0")
    text = "\n".join(lines(out))
    for part in (
        "АКТ",
        "01.03.2026",
        "ЦГБ & Ко",
        "карточки № 104",
        "– контакт;",
        "посещений — 3",
        "person 104",
        "список.xlsx",
        "прежняя папка курса var.old",
        "три года",
    ):
        assert part in text


def test_act_without_a_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="нет папки"):
        check_act(tmp_path / "no" / "act.docx")
