"""Pages for people without a card: is a certificate genuine, and the survey by a code on paper."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update
from web_class import Browser, course_folder

from ecitizen import content
from ecitizen.database import open_engine
from ecitizen.folder import CourseFolder
from ecitizen.register.certificates import KEY_FILE, Issued, address_of, printed_number, signed_text, signing_key
from ecitizen.register.surveys import AGAIN_AFTER, due_again, make_codes
from ecitizen.register.tables import SurveyAnswer, SurveyCode
from ecitizen.web import running

GIVEN = Issued(number=12, learner=101, issued_on=dt.date(2026, 3, 1), trained_on=dt.date(2026, 2, 1))
NAME = "Ёлкина Анна Петровна"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return course_folder(tmp_path_factory.mktemp("public") / "data").path


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    with running(CourseFolder.open(folder)) as server:
        yield server.url


def test_page_verifies_and_shows_no_list(folder: Path, url: str) -> None:
    browser = Browser(url)
    browser.get("verify")
    assert "сертификатов не выдавала" in browser.post("verify", text="12-2026-K7QF-3MXA").text
    assert not (folder / KEY_FILE).exists()
    key = signing_key(folder)
    number = printed_number(key, 12, 2026)
    told = browser.post("verify", text=number.lower()).text
    assert f"Сертификат № {number} подлинный" in told
    assert NAME not in told
    line = signed_text(key, GIVEN, NAME, "Электронный гражданин")
    for text in (line, address_of("https://kurs.example/", line)):
        told = browser.post("verify", text=text).text
        assert f"Выдан 01.03.2026: {NAME}. Курс «Электронный гражданин»." in told
        assert "Ершов" not in told
    forged = browser.post("verify", text=number[:-1] + ("A" if number[-1] != "A" else "B"))
    assert (forged.status, "подпись неверна" in forged.text) == (422, True)


def test_address_keeps_the_line_to_the_browser() -> None:
    # What stands behind "#" is never sent, so that no log holds a name.
    assert address_of("https://kurs.example", "ECZ1.a.b").split("#") == ["https://kurs.example/verify", "ECZ1.a.b"]


def questions(page: str) -> set[str]:
    return set(re.findall(r'<fieldset id="([^"]+)"', page))


def test_code_opens_the_survey_twice_and_ties_nothing(folder: Path, url: str) -> None:
    engine, today = open_engine(folder / "course.db"), dt.date.today()
    learner = Browser(url).as_learner(101)
    assert learner.get("survey").status == 200
    (code,) = make_codes(engine, "main", 1, today)
    # Whoever has a card is asked for the code too: the answers are to be nobody's.
    assert learner.get("survey").place == "/survey/code"
    assert learner.post("survey", **dict.fromkeys(questions(learner.get("survey").text), "4")).status == 403
    browser = Browser(url)
    browser.get("survey/code")
    assert browser.post("survey/code", code="00000-00000").status == 422
    asked = content.survey().asked("end")
    shown = browser.post("survey/code", code=code)
    assert questions(shown.text) == {question.id for question in asked}
    some = {question.id: "5" for question in asked[1:]}
    assert "Ответили не на всё" in browser.post("survey/code", code=code, **some).text
    assert content.survey().thanks in browser.post("survey/code", code=code, **some, **{asked[0].id: "2"}).text
    refused = browser.post("survey/code", code=code)
    assert (refused.status, "Второй раз он откроет анкету" in refused.text) == (422, True)
    assert due_again(engine, today + AGAIN_AFTER) == {"main": 1}
    with engine.begin() as connection:
        connection.execute(update(SurveyCode).values(made_on=today - AGAIN_AFTER))
    later = content.survey().asked("later")
    answers = {question.id: "3" for question in later}
    assert content.survey().thanks in browser.post("survey/code", code=code, **answers).text
    assert due_again(engine, today) == {}
    with engine.connect() as connection:
        kept = connection.execute(select(SurveyAnswer.wave, SurveyAnswer.sheet)).all()
    assert {row.wave for row in kept} == {"end", "later"}
    assert len({row.sheet for row in kept}) == 2
