"""What graduates answered, at the desk: sums and advice, never a person, and no small part by subtraction."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator

import pytest
from web_class import Browser, course_folder

from ecitizen import content
from ecitizen.database import open_engine
from ecitizen.folder import CourseFolder
from ecitizen.journal.event import Event
from ecitizen.register import people
from ecitizen.register.surveys import Answers, answer_by_code, invitations, keep_sheet, make_codes
from ecitizen.web import running
from ecitizen.web.survey_results import confidence, open_waves, outcomes

YEAR = dt.date.today().year
STAFF_PINS = {"curator": "271828", "manager": "161803", "expert": "141421"}
PAGE = "instructor/survey"
Q1, Q2 = dt.date(YEAR, 1, 15), dt.date(YEAR, 4, 15)


def sheets(engine: object, site: str, wave: content.Wave, day: dt.date, people_answer: list[int]) -> None:
    for value in people_answer:
        keep_sheet(engine, site, wave, day, {one.id: value for one in content.survey().asked(wave)})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = course_folder(tmp_path_factory.mktemp("survey") / "data")
    engine = open_engine(folder.database_url)
    people.add_site(engine, "branch", "Филиал", dt.date(2020, 1, 1))
    for role, pin in STAFF_PINS.items():
        people.add_instructor(engine, f"Имя {role}", pin, role)
    sheets(engine, "main", "end", Q1, [5] * 8)
    sheets(engine, "branch", "end", Q2, [2] * 2)
    sheets(engine, "main", "later", Q2, [3] * 3 + [4] * 3)
    codes = make_codes(engine, "main", 4, dt.date(YEAR - 1, 1, 1))
    answer_by_code(engine, codes[0], "end", dt.date(YEAR - 1, 1, 2), {"knowledge-services": 5})
    engine.dispose()
    with running(CourseFolder.open(folder.path)) as server:
        yield server.url


@pytest.fixture(scope="module")
def librarian(url: str) -> Browser:
    return Browser(url).as_instructor()


def staff(url: str, role: str) -> Browser:
    browser = Browser(url)
    browser.post("instructor/login", pin=STAFF_PINS[role])
    return browser


def test_sums_say_what_to_do(librarian: Browser) -> None:
    page = librarian.get(f"{PAGE}?year={YEAR}").text
    assert "Сразу после курса: 10 человек" in page
    assert "Сразу после курса: согласны 80 % (ответили 10 человек)" in page
    assert "Через три месяца: согласны 50 % (ответили 6 человек)" in page
    assert "Пригласите выпускников повторить" in page
    assert "Я знаю, по каким приметам узнать обман." in page


def test_invitations_are_told(librarian: Browser) -> None:
    page = librarian.get(f"{PAGE}?year={YEAR - 1}").text
    assert "Приглашений с кодом напечатано: 4. По ним ответили после курса: 1, через три месяца: 0." in page
    assert "Пора спросить ещё раз" in page
    assert "ответили меньше пяти человек" in page
    assert "согласны" not in page.partition("<main")[2]


@pytest.mark.parametrize("part", ["part=q1", "part=q2", "site=main", "site=branch", "part=q1&site=main"])
def test_part_that_leaves_two_people_over_is_not_shown(librarian: Browser, part: str) -> None:
    page = librarian.get(f"{PAGE}?year={YEAR}&{part}").text
    assert "Сразу после курса: согласны" not in page
    assert "не показываем" in page or "только за весь год" in page or "меньше пяти" in page


def test_year_without_answers_says_how_to_get_them(librarian: Browser) -> None:
    page = librarian.get(f"{PAGE}?year={YEAR - 3}").text
    assert "Ответов пока нет" in page
    assert "instructor/people/papers#invitations" in page


@pytest.mark.parametrize("query", ["year=1", f"year={YEAR}&part=05", f"year={YEAR}&part=q7", "site=nowhere"])
def test_nonsense_is_told(librarian: Browser, query: str) -> None:
    assert librarian.get(f"{PAGE}?{query}").status == 409


def test_table_holds_the_same(librarian: Browser) -> None:
    answer = librarian.get(f"{PAGE}/answers.csv?year={YEAR}")
    assert answer.status == 200
    lines = answer.body.decode("utf-8-sig").splitlines()
    assert lines[0] == "Когда;Исход;Вопрос;Ответили;Совсем нет;Скорее нет;Трудно сказать;Скорее да;Да;Согласны, %"
    assert "Сразу после курса;Знания;;10;;;;;;80" in lines
    assert "Сразу после курса;Знания;Я знаю, какие дела можно сделать через интернет.;10;0;2;0;0;8;80" in lines
    hidden = librarian.get(f"{PAGE}/answers.csv?year={YEAR}&part=q2").body.decode("utf-8-sig").splitlines()
    assert "Сразу после курса;;;скрыто: людей мало;;;;;;" in hidden


def test_curator_sees_totals_manager_all_expert_nothing(url: str) -> None:
    address = f"{PAGE}?year={YEAR}"
    curator, manager = staff(url, "curator").get(address), staff(url, "manager").get(address)
    assert "согласны 80 %" in curator.text
    assert not any(words in curator.text for words in ("По вопросам", "Библиотека</label>", "Уверенность до и после"))
    assert "По вопросам" in manager.text
    assert staff(url, "curator").get(f"{PAGE}?year={YEAR}&site=main").status == 409
    assert staff(url, "expert").get(PAGE).status == 403
    table = staff(url, "curator").get(f"{PAGE}/answers.csv?year={YEAR}").body.decode("utf-8-sig")
    assert "какие дела" not in table


@pytest.mark.parametrize(
    ("by_site", "site", "shown"),
    [
        ({"a": 5, "b": 5}, "a", True),
        ({"a": 9}, "a", True),
        ({"a": 9, "b": 1}, "a", False),
        ({"a": 9, "b": 3, "c": 2}, "a", True),
        ({"a": 9, "b": 2, "c": 2}, "a", False),
        ({"a": 2, "b": 2}, None, False),
        ({"a": 9}, "b", False),
    ],
)
def test_library_is_shown_if_nobody_else_can_be_had(by_site: dict[str, int], site: str | None, shown: bool) -> None:
    found = {("end", place, Q1): count for place, count in by_site.items()}
    assert ("end" in open_waves(found, "", site)) is shown


def test_outcome_weighs_every_question_alike() -> None:
    survey = content.survey()
    first, second, *_ = [one.id for one in survey.questions if one.outcome == "knowledge"]
    given = [
        Answers(question=first, wave="end", counts=(0, 0, 0, 0, 10)),
        Answers(question=second, wave="end", counts=(5, 5, 0, 0, 0)),
    ]
    (knowledge, *others) = outcomes(survey, given)
    assert knowledge.end is not None
    assert (knowledge.end.pct, knowledge.end.people, knowledge.state) == (50, 10, "weak")
    assert [one.state for one in others] == ["", "", ""]


def rated(learner: int, moment: str, level: object, year: int = YEAR) -> Event:
    at = dt.datetime(year, 5, 5, 12, tzinfo=dt.UTC)
    body = {"do": "rate", "level": level}
    return Event(id=str(uuid.uuid4()), lesson="a", activity=f"scale:{moment}", run=1, body=body, learner=learner, at=at)


def test_confidence_compares_the_same_people() -> None:
    events = [rated(n, "before", 2) for n in range(1, 8)] + [rated(n, "after", 4) for n in range(1, 6)]
    (found,) = confidence([*events, rated(1, "after", 2), rated(2, "after", "5")], YEAR, ["a", "b"])
    assert (found.learners, found.before, found.after, found.rose) == (5, 2.0, 3.6, 4)
    assert confidence(events[:-1], YEAR, ["a"]) == []
    assert confidence(events, YEAR - 1, ["a"]) == []


def test_invitations_count_codes_of_a_period(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = course_folder(tmp_path_factory.mktemp("codes") / "data")
    engine = open_engine(folder.database_url)
    codes = make_codes(engine, "main", 3, Q1)
    answer_by_code(engine, codes[1], "end", Q1, {"knowledge-services": 5})
    found = invitations(engine, dt.date(YEAR, 1, 1), dt.date(YEAR, 12, 31), "main")
    assert (found.made, found.used_end, found.used_later) == (3, 1, 0)
    assert invitations(engine, dt.date(YEAR - 1, 1, 1), dt.date(YEAR - 1, 12, 31)).made == 0
    engine.dispose()
