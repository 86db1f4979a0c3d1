"""The server by HTTP: who may do what, who gets in, what the pages say."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from web_class import LESSON, PINS, Browser, course_folder, tell_tale_course

from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.web import running, serve

KERNEL = "00000000-0000-4000-8000-000000000000"
WHO = ("nobody", "learner", "guest", "instructor")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("class")
    demo = {"card": 101, "pin": PINS[101]}
    content = str(tell_tale_course(path / "content"))
    with running(course_folder(path / "data"), demo=demo, content=content) as server:
        yield server.url


@pytest.fixture(scope="module")
def people(url: str) -> dict[str, Browser]:
    return {
        "nobody": Browser(url),
        "learner": Browser(url).as_learner(102),
        "guest": Browser(url).as_guest(),
        "instructor": Browser(url).as_instructor(),
    }


CLOSED_TO_ALL = [
    "metrics",
    "api",
    "api/status",
    "api/me",
    "api/kernels",
    "api/contents",
    "api/contents/toc.yaml",
    "api/sessions",
    "api/kernelspecs",
    "api/terminals",
    "terminals/websocket/1",
    "api/config/notebook",
    "api/nbconvert",
    "nbconvert/html/x.ipynb",
    "api/spec.yaml",
    "api/events/subscribe",
    "api/shutdown",
    "api/security/csp-report",
    "files/toc.yaml",
    "view/toc.yaml",
    f"files/{LESSON}.ipynb",
    "tree",
    "lab",
    "login",
    "edit/toc.yaml",
    f"notebooks/{LESSON}.ipynb",
    f"voila/render/{LESSON}.ipynb",
    "voila",
    "voila/tree",
    "voila/api/contents",
    "voila/files/toc.yaml",
    "voila/static/voila.js",
    "voila/templates/lab/static/voila.js",
    "voila/query/" + KERNEL,
    "voila/execution/" + KERNEL,
    "static/base/images/logo.png",
    "custom/custom.css",
    "kernelspecs/python3/kernel.js",
    "course-static/personas.yaml",
    "course-static/scenarios/01-gosuslugi.yaml",
    "course-static/../app.py",
    "lesson/../app",
]


@pytest.mark.parametrize("path", CLOSED_TO_ALL)
def test_the_rest_of_jupyter_is_closed(people: dict[str, Browser], path: str) -> None:
    for who, browser in people.items():
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
            body = b"{}" if method in {"POST", "PUT", "PATCH"} else None
            answer = browser.ask(method, path, body, X_XSRFToken=browser.xsrf())
            assert answer.status in {403, 404}, (who, method)
            assert "Traceback" not in answer.text


ASKED = [
    ("GET", "", (200, 302, 302, 200)),
    ("GET", "health", (200, 200, 200, 200)),
    ("GET", "lessons", (302, 200, 200, 302)),
    ("GET", "me", (404, 200, 200, 404)),
    ("GET", "lesson/no-such-lesson", (302, 404, 404, 302)),
    ("GET", "instructor", (302, 302, 302, 200)),
    ("GET", "instructor/board", (403, 403, 403, 200)),
    ("GET", "instructor/login", (200, 200, 200, 200)),
    ("POST", "instructor/help", (403, 403, 403, 404)),
    ("POST", "help", (403, 303, 303, 403)),
    ("GET", "help", (405, 405, 405, 405)),
    ("GET", "logout", (405, 405, 405, 405)),
    ("GET", "guest", (405, 405, 405, 405)),
    ("GET", "journal", (403, 403, 403, 403)),
    ("POST", "journal", (403, 403, 403, 403)),
    ("GET", f"api/kernels/{KERNEL}", (403, 403, 403, 403)),
    ("DELETE", f"api/kernels/{KERNEL}", (405, 405, 405, 405)),
    ("POST", f"api/kernels/{KERNEL}/restart", (404, 404, 404, 404)),
    ("GET", f"api/kernels/{KERNEL}/channels", (403, 403, 403, 403)),
    ("POST", f"voila/api/shutdown/{KERNEL}", (403, 403, 403, 403)),
    ("GET", "course-static/pages.css", (200, 200, 200, 200)),
]


@pytest.mark.parametrize(("method", "path", "statuses"), ASKED, ids=[f"{method} {path}" for method, path, _ in ASKED])
def test_each_sees_only_their_own(
    people: dict[str, Browser], method: str, path: str, statuses: tuple[int, ...]
) -> None:
    asked = {who: people[who].post(path) if method == "POST" else people[who].ask(method, path) for who in WHO}
    assert tuple(asked[who].status for who in WHO) == statuses


def test_the_script_of_lesson_pages_is_kept_for_a_year(people: dict[str, Browser]) -> None:
    page = people["learner"].get(f"lesson/{LESSON}")
    assert f'"card": {102}' in page.text
    found = re.search(r"course-static/lesson-[0-9a-f]{16}\.js", page.text)
    assert found
    for who, coding in (("learner", "gzip"), ("nobody", "identity")):
        answer = people[who].get(found[0], Accept_Encoding=coding)
        assert answer.headers.get("Content-Encoding", "identity") == coding
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "ecitizen.widgets" in answer.text
    assert people["nobody"].get("course-static/lesson-0123456789abcdef.js").status == 404


def test_a_browser_gets_the_files_of_a_page_before_the_page(url: str) -> None:
    page = Browser(url).as_guest().get(f"lesson/{LESSON}")
    told = re.findall(r"</(course-static/lesson-[0-9a-f]{16}\.(?:css|js))>; rel=preload", page.headers["Link"])
    assert sorted(told) == sorted(set(re.findall(r"course-static/lesson-[0-9a-f]{16}\.\w+", page.text)))


@pytest.mark.parametrize("path", ["static/voila.js", "labextensions/anywidget/package.json"])
def test_files_of_the_full_front_end_lie_at_their_own_address(people: dict[str, Browser], path: str) -> None:
    assert people["learner"].get(f"full/{path}").status == 200
    for odd in ("../voila.js", "%2e%2e/%2e%2e/etc/passwd.json", "nothing.js"):
        assert people["learner"].get(f"full/{path.partition('/')[0]}/{odd}").status in {403, 404}


POSTS = ["", "guest", "logout", "help", "instructor/login", "instructor/help", f"voila/api/shutdown/{KERNEL}"]


@pytest.mark.parametrize("path", POSTS)
def test_no_form_works_without_token(people: dict[str, Browser], path: str) -> None:
    for browser in people.values():
        assert browser.ask("POST", path, b"card=101&pin=4821&do=call").status == 403
        assert browser.ask("POST", path, b"_xsrf=guessed&card=101").status == 403
    assert people["learner"].me()["card"] == 102


def test_a_foreign_origin_is_refused(people: dict[str, Browser]) -> None:
    token = people["learner"].xsrf()
    answer = people["learner"].ask("POST", "help", f"_xsrf={token}".encode(), Origin="http://other.example")
    assert answer.status in {403, 404}


def test_client_headers_name_nobody(people: dict[str, Browser]) -> None:
    named = {
        "X_Ecitizen_Learner": "101",
        "X_Forwarded_User": "101",
        "Remote_User": "101",
        "Authorization": "token 101",
        "X_Forwarded_For": "10.0.0.9",
    }
    assert people["nobody"].get("me", **named).status == 404
    assert people["learner"].get("me?token=101", **named).text.startswith('{"card": 102')
    forged = Browser(people["nobody"].url)
    assert forged.get("me", Cookie='ecitizen-session={"session":"x","role":"learner","learner":101}').status == 404


def test_the_session_cookie_is_guarded(url: str) -> None:
    browser = Browser(url)
    cookies = browser.log_in(102).headers.get_all("Set-Cookie")
    session = next(cookie for cookie in cookies if cookie.startswith("ecitizen-session"))
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session
    assert "expires" not in session.lower()


def test_a_left_session_stays_closed(url: str) -> None:
    browser = Browser(url).as_learner(102)
    copy = browser.cookies()
    assert Browser(url).get("me", Cookie=copy).status == 200
    assert browser.post("logout").place == "/"
    assert browser.get("me").status == 404
    assert Browser(url).get("me", Cookie=copy).status == 404


def said(text: str) -> str:
    """Give what a page says, without what changes in every answer."""
    return re.sub(r'value="[^"]*"', "", text)


def test_unknown_card_and_wrong_pin_look_alike(url: str) -> None:
    wrong, unknown = Browser(url).log_in(103, "0000"), Browser(url).log_in(987654, "0000")
    assert (wrong.status, unknown.status) == (403, 403)
    assert said(wrong.text) == said(unknown.text)


@pytest.mark.parametrize("card", ["", "abc", "-5", "1e9", "101' or 1=1", "9" * 400, "\x00", "１０１"])
def test_odd_card_numbers_are_just_wrong(url: str, card: str) -> None:
    answer = Browser(url).post("", card=card, pin="4821")
    assert answer.status in {403, 429}


def test_a_spaced_card_number_is_understood(url: str) -> None:
    assert Browser(url).post("", card=" 1 02 ", pin=PINS[102] + " ").place == "/lessons"


def test_the_qr_code_fills_the_number(people: dict[str, Browser]) -> None:
    assert 'name="card" value="104"' in people["nobody"].get("?card=104").text
    assert "script>" not in people["nobody"].get('?card="><script>1</script>').text.partition("<body")[2]


def test_pages_say_no_path_and_no_trace(people: dict[str, Browser]) -> None:
    for browser in people.values():
        for path in ("", "lessons", "instructor", "nowhere", "lesson/xyz", "help", "?card=%ff", "me?lesson=%00"):
            text = browser.get(path).text
            assert "Traceback" not in text
            assert "/work" not in text
            assert "site-packages" not in text
            assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", text)


def test_pages_carry_guarding_headers(people: dict[str, Browser]) -> None:
    for path in ("", "nowhere", "instructor/login"):
        headers = people["nobody"].get(path).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"


def test_names_on_pages_are_escaped(people: dict[str, Browser]) -> None:
    assert "Библиотека &lt;Чтение&gt;" in people["nobody"].get("").text


def test_the_demo_card_is_shown(people: dict[str, Browser]) -> None:
    assert f"карточка 101, ПИН-код {PINS[101]}" in people["nobody"].get("").text


def test_a_new_learner_is_asked_to_begin(people: dict[str, Browser]) -> None:
    text = people["guest"].get("lessons").text
    assert "Начнём?" in text
    assert f'href="/lesson/{LESSON}"' in text


def test_the_desk_sorts_by_seat_then_name(people: dict[str, Browser]) -> None:
    groups = people["instructor"].get("instructor").text.partition('class="groups"')[2]
    assert re.findall("Ёлкина|Ершов|Жукова", groups) == ["Ёлкина", "Ершов", "Жукова"]


def test_a_call_reaches_the_desk_and_back(url: str, people: dict[str, Browser]) -> None:
    learner, guest, desk = Browser(url).as_learner(101), Browser(url).as_guest(), people["instructor"]
    asked = learner.ask(
        "POST",
        "help",
        b'{"lesson": "01-gosuslugi", "step": 3}',
        Content_Type="application/json",
        X_XSRFToken=learner.xsrf(),
    )
    assert asked.text == '{"call": "waiting"}'
    guest.post("help", do="call")
    board = desk.get("instructor/board").text
    assert "Место 7" in board
    assert "Шаг 3" in board
    key = re.findall(r'value="(guest-\d+)"', board)[-1]
    assert desk.post("instructor/help", who="101", do="coming").status == 303
    assert desk.post("instructor/help", who=key, do="coming").status == 303
    assert learner.me()["call"] == guest.me()["call"] == "coming"
    learner.post("help", do="cancel")
    desk.post("instructor/help", who=key, do="done")
    assert learner.me()["call"] == guest.me()["call"] == "none"
    assert "said=late" in desk.post("instructor/help", who="101", do="coming").place


def test_a_guest_leaves_no_trace_on_the_desk(url: str, people: dict[str, Browser]) -> None:
    before = people["instructor"].get("instructor/board").text.count("Гость")
    guest = Browser(url).as_guest()
    guest.post("help", do="call")
    assert people["instructor"].get("instructor/board").text.count("Гость") > before
    guest.post("logout")
    assert people["instructor"].get("instructor/board").text.count("Гость") == before


def test_too_large_requests_are_cut_off(url: str) -> None:
    browser = Browser(url)
    body = f"_xsrf={browser.xsrf()}&card=1&pin=".encode() + b"1" * 2_000_000
    with contextlib.suppress(OSError):  # the server may hang up before the body is through
        assert browser.ask("POST", "", body).status in {400, 413}
    assert browser.get("health").status == 200


def test_a_busy_port_is_said_kindly(url: str, tmp_path: Path) -> None:
    port = int(url.rstrip("/").rpartition(":")[2])
    with pytest.raises(CourseError, match="--port"):
        serve(CourseFolder.create(tmp_path / "data"), "127.0.0.1", port)


def test_an_unknown_lesson_is_said_kindly(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"toc\.yaml"):
        serve(CourseFolder.create(tmp_path / "data"), "127.0.0.1", 0, lesson="99-nowhere")


class TestLockout:
    """Each test uses its own class: lock-outs stay."""

    @pytest.fixture
    def fresh(self, tmp_path: Path) -> Iterator[str]:
        with running(course_folder(tmp_path / "data")) as server:
            yield server.url

    def test_a_neighbour_cannot_lock_a_known_device(self, fresh: str) -> None:
        own = Browser(fresh).as_learner(101)
        own.post("logout")
        neighbour = Browser(fresh)
        assert [neighbour.log_in(101, "0000").status for _ in range(7)] == [403] * 5 + [429] * 2
        assert "Подождите 1 минуту" in neighbour.log_in(101, "0000").text
        assert neighbour.log_in(101).status == 429
        assert own.log_in(101).place == "/lessons"
        assert neighbour.log_in(102).place == "/lessons"

    def test_an_unknown_card_is_locked_as_well(self, fresh: str) -> None:
        browser = Browser(fresh)
        assert [browser.log_in(777, "0000").status for _ in range(6)] == [403] * 5 + [429]

    def test_throwing_cookies_away_helps_nobody(self, fresh: str) -> None:
        assert [Browser(fresh).log_in(101, "0000").status for _ in range(6)] == [403] * 5 + [429]

    def test_the_instructors_door_locks_too(self, fresh: str) -> None:
        browser = Browser(fresh)
        tried = [browser.post("instructor/login", pin="000000").status for _ in range(6)]
        assert tried == [403] * 5 + [429]
        assert browser.log_in(101).place == "/lessons"
