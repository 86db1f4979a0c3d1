"""The papers of the desk: each by one button, for whoever may; consents by purpose; a place for a bare list."""

from __future__ import annotations

import datetime as dt
import html
import io
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from pypdf import PdfReader
from sqlalchemy import Engine, select
from web_class import Answer, Browser, course_folder

from ecitizen import content, demo, gradebook
from ecitizen.database import open_engine
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.indicators import Reason
from ecitizen.register import consenting, people
from ecitizen.register.consulting import Help, add
from ecitizen.register.looking import looks_at
from ecitizen.register.retaining import due
from ecitizen.register.tables import Change, Consultation
from ecitizen.web import running
from ecitizen.web.pages import page_templates

CURATOR, MANAGER = "271828", "161803"
TODAY = dt.date.today()
PAGE = "instructor/people/papers"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> CourseFolder:
    made = course_folder(tmp_path_factory.mktemp("papers") / "data")
    engine = open_engine(made.database_url)
    people.add_site(engine, "branch", "Филиал № 2", dt.date(2021, 1, 1))
    people.add_instructor(engine, "Олег", CURATOR, "curator")
    people.add_instructor(engine, "Нина", MANAGER, "manager")
    add(engine, Help(date=TODAY, site="main", topic="Запись к врачу"), "test", "token")
    engine.dispose()
    return made


@pytest.fixture(scope="module")
def url(folder: CourseFolder) -> Iterator[str]:
    with running(folder, spare_kernels=0) as server:
        yield server.url


@pytest.fixture(scope="module")
def desk(url: str) -> Browser:
    return Browser(url).as_instructor()


@pytest.fixture
def engine(folder: CourseFolder) -> Iterator[Engine]:
    engine = open_engine(folder.database_url)
    yield engine
    engine.dispose()


def once(text: str) -> str:
    found = re.search(r'name="once" value="(\w+)"', text)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("path", "look"),
    [
        (f"{PAGE}/consents.pdf?purpose={quote('Занятия')}&group=w10", "group:w10"),
        (f"{PAGE}/consents.pdf?purpose={quote('Фотографии')}&learner=102", "person:102"),
        (f"{PAGE}/consents.pdf?purpose={quote('Звонки')}&blank=yes", ""),
        (f"{PAGE}/attendance.pdf?group=w10", "group:w10"),
        (f"{PAGE}/journal.pdf?group=w10&since=01.01.2026", "group:w10"),
        (f"{PAGE}/graduates.pdf?group=", "roster"),
        ("instructor/consultations/journal.pdf?site=main", ""),
    ],
    ids=["consents", "one consent", "blank", "attendance", "journal", "graduates", "consultations"],
)
def test_each_paper_is_one_button(desk: Browser, engine: Engine, path: str, look: str) -> None:
    answer = desk.get(path)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/pdf")
    assert answer.body.startswith(b"%PDF")
    if look:
        assert "Ирина" in looks_at(engine, look)[0].who


def test_the_page_has_every_button_and_is_found(desk: Browser) -> None:
    page = desk.get(f"{PAGE}?group=w10")
    for name in ("consents", "attendance", "journal", "graduates"):
        assert f'action="/{PAGE}/{name}.pdf"' in page.text
    assert f'href="/{PAGE}"' in desk.get("instructor/people").text
    assert "instructor/people/101/papers" in desk.get("instructor/people/101").text
    assert "instructor/consultations/journal.pdf?since=" in desk.get("instructor/consultations").text
    alone = desk.get("instructor/people/101/papers").text
    assert 'name="learner" value="101"' in alone
    assert "Журнал группы" not in alone


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (f"{PAGE}/journal.pdf?group=nobody", "кода"),
        (f"{PAGE}/journal.pdf?group=w10&since=32.01.2026", "не день"),
        (f"{PAGE}/journal.pdf?group=w10&since=02.01.2026&until=01.01.2026", "позже"),
        (f"{PAGE}/consents.pdf?purpose={quote('Танцы')}&group=w10", "нет цели"),
        (f"{PAGE}/consents.pdf?purpose={quote('Занятия')}", "не сказано"),
        ("instructor/people/999/papers", "номера 999"),
    ],
)
def test_what_is_wrong_is_said(desk: Browser, path: str, said: str) -> None:
    answer = desk.get(path)
    assert (answer.status, said in answer.text) == (409, True)


def test_nobody_trained_gets_no_certificate(desk: Browser) -> None:
    refused = desk.post(f"{PAGE}/certificates", learner="101")
    assert (refused.status, "условия курса не выполнены" in refused.text) == (409, True)


@pytest.mark.thorough
def test_who_is_trained_gets_a_certificate_and_a_curator_no_points(tmp_path: Path) -> None:
    folder = CourseFolder.create(tmp_path / "data")
    demo.make(folder, learners=4, seed=3)
    gradebook.grade_lessons(folder, [content.lesson("01-gosuslugi")])
    engine = open_engine(folder.database_url)
    for role, pin in (("instructor", "314159"), ("curator", CURATOR)):
        people.add_instructor(engine, role, pin, role)
    consenting.give(engine, 101, "Сертификат", TODAY, "test")
    with running(folder, spare_kernels=0) as server:
        desk, curator = Browser(server.url).as_instructor(), Browser(server.url)
        curator.post("instructor/login", pin=CURATOR)
        made = desk.post(f"{PAGE}/certificates", group="Г-1")
        assert made.status == 303, made.text
        page = desk.get(made.place.removeprefix("/")).text
        assert "1 сертификат." in page
        assert "Не напечатаны, нет согласия" in page
        file = re.search(rf"{PAGE}/made/\w+\.pdf", page)
        assert file
        assert len(PdfReader(io.BytesIO(desk.get(file[0]).body)).pages) == 1
        assert curator.get(file[0]).status == 403
        rows = "instructor/indicators/omsk/rows/trained"
        assert "баллов" in desk.get(rows).text
        assert "условия курса выполнены" in curator.get(rows).text
        assert "баллов" not in curator.get(rows).text
    engine.dispose()


def test_invitations_are_made_once(desk: Browser) -> None:
    token = once(desk.get(PAGE).text)
    places = {desk.post(f"{PAGE}/invitations", count="3", site="main", once=token).place for _ in range(2)}
    assert len(places) == 1
    page = desk.get(places.pop().removeprefix("/")).text
    assert "3 приглашения" in page
    file = re.search(rf"{PAGE}/made/\w+\.pdf", page)
    assert file
    assert desk.get(file[0]).body.startswith(b"%PDF")


def test_who_may_print_what(url: str) -> None:
    curator, manager = Browser(url), Browser(url)
    curator.post("instructor/login", pin=CURATOR)
    manager.post("instructor/login", pin=MANAGER)
    page = curator.get(PAGE).text
    assert "Журнал группы" in page
    assert "certificates" not in page
    assert manager.get(PAGE).status == 403
    assert manager.get("instructor/consultations/journal.pdf").status == 200


# Consent by purpose


def consent(desk: Browser, do: str, purpose: str, day: dt.date = TODAY) -> Answer:
    return desk.post("instructor/people/103/consent", do=do, purpose=purpose, day=f"{day:%d.%m.%Y}")


def test_consent_is_given_and_withdrawn_by_purpose(desk: Browser, engine: Engine) -> None:
    earlier = TODAY - dt.timedelta(days=7)
    for purpose in ("Занятия", "Фотографии"):
        assert consent(desk, "consent", purpose, earlier).place == "/instructor/people/103?done=consent"
    assert consent(desk, "consent", "Занятия").status == 409, "it is in force"
    assert consent(desk, "withdrawn", "Звонки").status == 409, "there is none"
    assert consent(desk, "withdrawn", "Фотографии", earlier - dt.timedelta(days=1)).status == 409
    assert consent(desk, "withdrawn", "Фотографии").status == 303
    (late,) = [one for one in due(engine, TODAY) if one.number == 103]
    assert (late.purpose, late.whole) == ("Фотографии", False)
    page = desk.get("instructor/people/103").text
    assert "Пора стереть то, что собрано для цели «Фотографии»" in page
    assert "согласие «Занятия» в силе" in page
    assert "Пора стереть имя" not in page
    assert "карточка 103</a> («Фотографии»)" in desk.get("instructor/people").text
    assert consent(desk, "destroyed", "Фотографии").place.endswith("done=destroyed")
    assert [one for one in due(engine, TODAY) if one.number == 103] == []
    undo = desk.get("instructor/people/undo").text
    assert "1 согласие" in undo
    at = re.search(r'name="at" value="([^"]+)"', undo)
    assert at
    assert desk.post("instructor/people/undo", at=html.unescape(at[1])).status == 303
    assert [one.purpose for one in due(engine, TODAY) if one.number == 103] == ["Фотографии"]


def test_a_consent_is_for_somebody_on_a_day(engine: Engine) -> None:
    for number, purpose, on in (
        (999, "Занятия", TODAY),
        (102, " ", TODAY),
        (102, "Занятия", dt.date.max),
        (102, "Занятия", dt.date.min),
    ):
        with pytest.raises(CourseError):
            consenting.give(engine, number, purpose, on, "test")


def test_a_curator_notes_no_erasure(url: str) -> None:
    curator = Browser(url)
    curator.post("instructor/login", pin=CURATOR)
    assert consent(curator, "destroyed", "Фотографии").status == 403
    assert consent(curator, "consent", "Звонки").status == 303


# Names and points


def test_the_journal_takes_no_name(desk: Browser, engine: Engine) -> None:
    sent = desk.post(
        "instructor/consultations", topic="Ершов Борис спросил про пенсию", channel="telephone", category="pensioner",
        persons="1", date=TODAY.isoformat(), site="main", form="", age="adults", token="a" * 32,
    )  # fmt: skip
    assert sent.status == 422
    assert "имя слушателя" in sent.text
    assert "Ершов Борис спросил" in sent.text, "what was typed stays"
    with engine.connect() as connection:
        assert connection.execute(select(Consultation.topic)).scalars().all() == ["Запись к врачу"]
        assert not [one for one in connection.execute(select(Change.after)).scalars() if one and "Ершов" in one]


@pytest.mark.parametrize(
    ("sees_marks", "key", "said"),
    [
        (True, "trained:102", "27 из 38 баллов"),
        (False, "trained:102", "Ученик 102: условия курса выполнены"),
        (False, "lesson-passed:11-email:102", "Ученик 102 прошёл урок «Почта»"),
        (False, "consultation:7", "27 из 38 баллов"),
    ],
)
def test_points_are_read_by_who_may_see_marks(sees_marks: bool, key: str, said: str) -> None:
    template = page_templates().get_template("indicators_facts.html")
    text = "Ученик 102 прошёл урок «Почта»: 27 из 38 баллов"
    words = {
        "may": lambda action: action != "marks.see" or sees_marks, "titles": {"11-email": "Почта"}, "pages": 1,
        "found": {"facts": [Reason(date="01.02.2026", text=text, amount=1, key=key)], "total": 1, "skipped": 0},
        "row": {"name": "", "id": ""}, "passport": {"id": "", "title": ""}, "base_url": "/", "page": 1, "place": "",
        "period": {"year": 2026, "part": ""}, "query": lambda **_: "", "sections": {},
        **dict.fromkeys(("site", "here", "xsrf", "once"), ""),
    }  # fmt: skip
    shown = template.render(words)
    assert said in shown
    assert ("баллов" in shown) == ("баллов" in said)


# A list that names no place


def upload(desk: Browser, body: bytes, **fields: str) -> Answer:
    parts = [
        f'--X\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()
        for name, value in {"_xsrf": desk.xsrf(), **fields}.items()
    ]
    parts += [b'--X\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' + body, b"--X--\r\n"]
    return desk.ask(
        "POST", "instructor/people/roster", b"\r\n".join(parts), Content_Type="multipart/form-data; boundary=X"
    )


def test_a_new_group_goes_to_the_chosen_place(desk: Browser, engine: Engine) -> None:
    form = desk.get("instructor/people/roster").text
    assert '<option value="main" selected>' in form, "the desk's own place comes first"
    body = "Фамилия;Имя;Год рождения;Группа\nВетрова;Ия;1950;Пятница\n".encode()
    without = upload(desk, body)
    assert "С ошибками: 1" in desk.get(without.place.removeprefix("/")).text
    review = upload(desk, body, site="branch").place.removeprefix("/")
    page = desk.get(review).text
    assert "С ошибками: 0" in page
    assert desk.post(review, take="all", once=once(page)).status == 303
    assert [one.site for one in people.roster(engine, "Пятница")] == ["branch"]


def test_an_empty_file_is_called_empty(desk: Browser) -> None:
    answer = upload(desk, b"", site="branch")
    assert (answer.status, "Файл пуст" in answer.text) == (422, True)
    assert '<option value="branch" selected>' in answer.text
