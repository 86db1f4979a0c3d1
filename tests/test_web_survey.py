"""The survey: who is asked and when, nothing marked is lost, and no answer leads to a person."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from web_class import Browser, course_folder

from ecitizen import content
from ecitizen.database import open_engine
from ecitizen.folder import CourseFolder
from ecitizen.journal.event import Event, Journal
from ecitizen.journal.guest import GuestJournal
from ecitizen.journal.store import Store
from ecitizen.practice.forms import form_of
from ecitizen.practice.items import right_answer
from ecitizen.register.surveys import Answers, keep_sheet, sum_up
from ecitizen.register.tables import SurveyAnswer
from ecitizen.web import running
from ecitizen.web.survey import THREE_MONTHS, wave_due

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return course_folder(tmp_path / "data").path


@pytest.fixture
def url(data: Path) -> Iterator[str]:
    with running(CourseFolder.open(data)) as server:
        yield server.url


@pytest.fixture(scope="module")
def unanswered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Serve one class to the tests that leave nothing behind."""
    folder = course_folder(tmp_path_factory.mktemp("unanswered") / "data")
    with running(folder) as server:
        yield folder.path, server.url


def take_exit_test(data: Path, learner: int) -> None:
    """Answer every question of the learner's exit test."""
    journal = Store(open_engine(data / "course.db")).for_learner(learner)
    for item in form_of(content.pool(), "exit", journal.seed):
        body = {"do": "answer", "item": item.id, "answer": right_answer(item)}
        journal.append(Event(id=str(uuid.uuid4()), lesson="exit-test", activity="quiz", run=1, body=body))


def answers(wave: content.Wave, value: str = "4") -> dict[str, str]:
    return {question.id: value for question in content.survey().asked(wave)}


def rows(data: Path) -> list[SurveyAnswer]:
    with open_engine(data / "course.db").connect() as connection:
        return [row for (row,) in connection.execute(select(SurveyAnswer.answer))]


def test_catalogue_offers_it_after_the_course(data: Path, url: str) -> None:
    browser = Browser(url).as_learner(101)
    assert "Анкета выпускника" not in browser.get("lessons").text
    take_exit_test(data, 101)
    assert "Анкета выпускника" in browser.get("lessons").text
    assert browser.post("survey", **answers("end")).place == "/survey"
    assert "Анкета выпускника" not in browser.get("lessons").text
    assert content.survey().thanks in browser.get("survey").text


def test_sheet_is_counted_once(data: Path, url: str) -> None:
    browser = Browser(url).as_learner(101)
    for _ in range(2):
        browser.post("survey", **answers("end"))
    assert rows(data) == [4] * len(content.survey().asked("end"))


def test_what_is_missing_is_asked_again(unanswered: tuple[Path, str]) -> None:
    data, url = unanswered
    browser = Browser(url).as_learner(101)
    first, *others = content.survey().asked("end")
    reply = browser.post("survey", **{question.id: "5" for question in others})
    assert reply.status == 422
    assert "Ответили не на всё" in reply.text
    assert reply.text.count(" checked") == len(others)
    assert f'href="#{first.id}"' in reply.text
    assert rows(data) == []


@pytest.mark.parametrize("value", ["0", "6", "", "ё", "4; drop table", "1" * 10_000], ids=lambda v: v[:9] or "empty")
def test_hostile_answer_is_no_answer(unanswered: tuple[Path, str], value: str) -> None:
    data, url = unanswered
    assert Browser(url).as_learner(101).post("survey", **answers("end", value)).status == 422
    assert rows(data) == []


@pytest.mark.parametrize("who", ["nobody", "guest", "instructor"])
def test_only_a_card_can_answer(unanswered: tuple[Path, str], who: str) -> None:
    data, url = unanswered
    browser = Browser(url) if who == "nobody" else getattr(Browser(url), f"as_{who}")()
    assert browser.post("survey", **answers("end")).status == 403
    assert browser.get("survey").status == 302
    assert rows(data) == []


def test_no_answer_leads_to_a_learner(data: Path, url: str) -> None:
    Browser(url).as_learner(101).post("survey", **answers("end", "2"))
    kept = Store(open_engine(data / "course.db")).read(101)
    assert [event.body for event in kept] == [{"do": "answered", "wave": "end"}]
    columns = set(SurveyAnswer.__table__.columns.keys())
    assert columns == {"sheet", "question", "date", "site", "wave", "answer"}
    assert isinstance(SurveyAnswer.__table__.c.date.type.python_type(2026, 1, 1), dt.date)


def answered(wave: str, at: datetime) -> Journal:
    journal = GuestJournal(5)
    body = {"do": "answered", "wave": wave}
    journal.append(Event(id=f"e-{wave}", lesson="survey", activity="survey", run=1, body=body, at=at))
    return journal


@pytest.mark.parametrize(
    ("journal", "wave"),
    [
        (GuestJournal(5), "end"),
        (answered("end", NOW - timedelta(days=1)), None),
        (answered("end", NOW - THREE_MONTHS), "later"),
    ],
    ids=["never", "yesterday", "three-months-ago"],
)
def test_second_wave_comes_three_months_later(journal: Journal, wave: str | None) -> None:
    assert wave_due(journal, NOW) == wave


def test_answers_are_summed_by_wave_and_question(data: Path) -> None:
    engine = open_engine(data / "course.db")
    day = dt.date(2026, 5, 30)
    keep_sheet(engine, "main", "end", day, {"a": 5, "b": 1})
    keep_sheet(engine, "main", "end", day, {"a": 4, "b": 3})
    keep_sheet(engine, "main", "later", day, {"a": 2})
    keep_sheet(engine, "main", "end", day + timedelta(days=1), {"a": 1})
    assert sum_up(engine, day, day) == [
        Answers(question="a", wave="end", counts=(0, 0, 0, 1, 1)),
        Answers(question="b", wave="end", counts=(1, 0, 1, 0, 0)),
        Answers(question="a", wave="later", counts=(0, 1, 0, 0, 0)),
    ]
    assert [one.agree_pct for one in sum_up(engine, day, day)] == [100, 0, 0]
    assert sum_up(engine, day, day, site="elsewhere") == []
