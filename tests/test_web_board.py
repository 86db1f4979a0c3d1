"""What the live parts are made of: who listens, which class is held, what stands on a learner's screen. No server."""

from __future__ import annotations

import asyncio
import html
import re
import tracemalloc
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_server.base.websocket import WebSocketMixin
from tornado.ioloop import IOLoop

from ecitizen import content
from ecitizen.content.browser_side import files
from ecitizen.content.notebook import load_notebook
from ecitizen.journal.event import Event
from ecitizen.journal.guest import GuestJournal
from ecitizen.practice.machine import Run
from ecitizen.practice.seeds import seed_of
from ecitizen.register.people import RosterEntry
from ecitizen.web.app import PING_MS, PONG_MS
from ecitizen.web.board_channel import MOST, MOST_OF_A_SESSION, Streams
from ecitizen.web.board_screen import Exhibit, exhibits, golden_path, practice_view, screen_of
from ecitizen.web.board_stream import said
from ecitizen.web.desk import Desk, Pupil, Roll, queue
from ecitizen.web.pages import page_templates
from ecitizen.web.presence import Place, Presence
from ecitizen.web.room import page_words
from ecitizen.web.room_lesson import whole_lesson
from ecitizen.web.room_state import LASTS, Rooms, Show
from ecitizen.web.visitor import Visitor
from ecitizen.web.watching import Watch

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
LESSON = "01-gosuslugi"
SHOW = Show(lesson=LESSON, task="order", title="Справка", frames=({"caption": "Раз"}, {"caption": "Два"}))


def in_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(test())


# ---- who listens


def test_the_same_news_twice_is_one() -> None:
    async def run() -> None:
        streams = Streams()
        ear = streams.listen("board", "desk")
        assert ear is not None
        for key in (104, 105, 104):
            streams.tell("board", key)
        streams.tell("elsewhere", 106)
        assert await ear.news(5) == {104, 105}
        assert await ear.news(0) == frozenset()

    in_loop(run)


def test_a_page_that_sleeps_costs_no_more_than_the_class() -> None:
    streams = Streams()
    ear = streams.listen("board", "desk")
    assert ear is not None
    for press in range(100_000):
        streams.tell("board", press % 30)
    assert len(ear._news) == 30


def test_too_many_pages_of_a_session_close_the_oldest() -> None:
    streams = Streams()
    ears = [streams.listen("board", "desk") for _ in range(MOST_OF_A_SESSION + 2)]
    other = streams.listen("board", "other desk")
    assert [ear.crowded for ear in ears if ear] == [True, True, *[False] * MOST_OF_A_SESSION]
    assert other is not None
    assert len(streams) == MOST_OF_A_SESSION + 1


def test_a_full_house_lets_nobody_in() -> None:
    streams = Streams()
    for number in range(MOST):
        assert streams.listen("board", f"desk {number}") is not None
    assert streams.listen("board", "one more") is None


def test_a_server_that_stops_wakes_everybody() -> None:
    async def run() -> None:
        streams = Streams()
        ear = streams.listen(("page", 104), "learner")
        assert ear is not None
        waiting = asyncio.create_task(ear.news(3600))
        await asyncio.sleep(0)
        streams.close()
        assert await waiting == frozenset()
        assert ear.closed
        assert not ear.crowded
        assert not streams.listening(("page", 104))
        assert len(streams) == 0

    in_loop(run)


def test_an_event_of_several_lines_is_one() -> None:
    assert said("board", "<p>\n</p>") == "event: board\ndata: <p>\ndata: </p>\n\n"
    assert said("enough", "") == "event: enough\ndata: \n\n"


class Line(WebSocketMixin):
    """A page's line, as Jupyter looks after it; notes what is done to it."""

    def __init__(self, silent_ms: float, asked_ms: float) -> None:
        now = IOLoop.current().time()
        self.settings = {"ws_ping_interval": PING_MS, "ws_ping_timeout": PONG_MS}
        self.last_pong, self.last_ping = now - silent_ms / 1000, now - asked_ms / 1000
        self.ws_connection = SimpleNamespace(client_terminated=False)
        self.log = SimpleNamespace(warning=lambda *_words: None)
        self.done: list[str] = []

    def ping(self, _data: bytes) -> None:
        self.done.append("asked")

    def close(self) -> None:
        self.done.append("cut")


@pytest.mark.parametrize(
    ("silent_ms", "asked_ms", "done"),
    [
        (PING_MS + 20, PING_MS + 20, "asked"),
        (2 * PING_MS + 20, PING_MS, "cut"),
        (PING_MS + 900, PING_MS + 1000, "asked"),
    ],
    ids=["just opened", "gone", "a busy server"],
)
def test_a_line_is_cut_only_after_a_question(silent_ms: float, asked_ms: float, done: str) -> None:
    async def run() -> None:
        line = Line(silent_ms, asked_ms)
        line.send_ping()
        assert line.done == [done]

    in_loop(run)


@pytest.mark.thorough
def test_a_day_of_presses_leaks_nothing() -> None:
    """Thirty people press every five seconds from one midnight to the next; the page comes again each quarter."""
    begins, class_size, every_s = datetime(2026, 11, 18, tzinfo=UTC), 30, 5
    presence, watch, streams = Presence(), Watch(begins), Streams()
    kept: list[int] = []

    async def run() -> None:
        ear = streams.listen("board", "desk")
        for second in range(0, 24 * 3600, every_s):
            at = begins + timedelta(seconds=second)
            for key in range(class_size):
                body = {"do": "hint" if second % 7 else "press"}
                event = Event(id="e", lesson=LESSON, activity="practice:order:solo", run=1, body=body, at=at)
                presence.note(key, event)
                watch.note(key, event, at)
                streams.tell("board", key)
            assert ear is not None
            assert len(await ear.news(0)) == class_size
            if second % 900 == 0:
                ear.close()
                ear = streams.listen("board", "desk")
            if second in (3600, 24 * 3600 - every_s):
                kept.append(tracemalloc.get_traced_memory()[0])

    tracemalloc.start()
    try:
        asyncio.run(run())
    finally:
        tracemalloc.stop()
    assert len(streams) == 1
    assert kept[1] - kept[0] < 64 * 1024, kept


# ---- which class is held


def test_a_pause_holds_the_group_and_the_guests() -> None:
    rooms = Rooms()
    rooms.pause("a", frozenset({104}), NOON)
    words = [held.words() if (held := rooms.of(key, NOON)) else None for key in (104, "guest", 105)]
    assert words == [{"kind": "pause"}, {"kind": "pause"}, None]
    rooms.admit("a", frozenset({105}))
    assert rooms.of(105, NOON) is not None
    rooms.let_go("a", NOON)
    assert rooms.of(104, NOON) is None


def test_a_showing_is_turned_to_a_frame() -> None:
    rooms = Rooms()
    assert rooms.turn("a", 1, NOON) is None
    rooms.show("a", frozenset({104}), NOON, SHOW)
    for to, n, caption in ((1, 2, "Два"), (1, 2, "Два"), (9, 2, "Два"), (0, 1, "Раз")):
        held = rooms.turn("a", to, NOON)
        assert held is not None
        told = {"kind": "show", "title": "Справка", "caption": caption, "n": n, "total": 2}
        assert held.words() == told


def test_a_forgotten_class_is_let_go() -> None:
    rooms = Rooms()
    rooms.show("a", frozenset({104}), NOON, SHOW)
    rooms.turn("a", 1, NOON + timedelta(hours=1))
    assert rooms.of(104, NOON + timedelta(hours=1) + LASTS - timedelta(seconds=1)) is not None
    assert rooms.of(104, NOON + timedelta(hours=1) + LASTS) is None
    assert rooms.of_group("a", NOON + timedelta(hours=1) + LASTS) is None


def minute(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def test_waiting_for_the_class_is_counted_once() -> None:
    rooms, class_a = Rooms(), frozenset({104})
    rooms.pause("a", class_a, minute(0))
    rooms.show("a", class_a, minute(2), SHOW)
    rooms.let_go("a", minute(5))
    rooms.pause("b", class_a, minute(4))
    rooms.let_go("b", minute(7))
    rooms.pause("a", class_a, minute(10))

    def waited(key: int | str, since: float, now: float) -> float:
        return rooms.held_for(key, minute(since), minute(now)) / timedelta(minutes=1)

    assert [waited(104, since, 12) for since in (-1, 3, 6, 8, 11)] == [9, 6, 3, 2, 1]
    assert (waited("guest", -1, 12), waited(105, -1, 12)) == (9, 0)
    # A class that was forgotten goes on by itself, and is held anew.
    rooms.pause("a", class_a, minute(200))
    assert waited(104, 10, 201) == LASTS / timedelta(minutes=1) + 1


def class_with(*learners: int) -> Any:
    """Give a classroom in which these have a lesson open."""
    launches = [
        SimpleNamespace(visitor=Visitor(username=f"card-{number}", role="learner", learner=number), lesson=LESSON)
        for number in learners
    ]
    return SimpleNamespace(rooms=Rooms(), presence=Presence(), watch=Watch(NOON), launches=launches)


def drawn(classroom: Any, number: int, at: float) -> Pupil:
    """Draw a card at a minute."""
    name = {"surname": "Ёлкина", "given": "Анна", "patronymic": "Петровна"}
    place: dict[str, Any] = {"group": "a", "site": "main", "seat": None, "joined_on": None, "left_on": None}
    roll = Roll(today=NOON.astimezone().date(), roster=(), titles={LESSON: ""}, steps={LESSON: 8}, helpers={})
    return Desk(classroom, minute(at), roll).pupil(RosterEntry(number=number, **name, **place), number)


def test_a_pause_makes_nobody_stuck() -> None:
    classroom = class_with(104)
    body = {"do": "step", "step": 4}
    classroom.presence.note(104, Event(id="e", lesson=LESSON, activity="lesson", run=1, body=body, at=NOON))

    def seen(at: float) -> tuple[bool, int, int]:
        pupil = drawn(classroom, 104, at)
        return pupil.stuck, pupil.quiet_min, pupil.step_min

    classroom.rooms.pause("a", frozenset({104}), minute(1))
    assert seen(20) == (False, 1, 1)
    classroom.rooms.let_go("a", minute(20))
    assert seen(23) == (False, 4, 4)
    assert seen(24) == (True, 5, 5)


def test_calls_stand_in_order_whenever_they_were_drawn() -> None:
    classroom, callers = class_with(103, 101, 102), (103, 101, 102)
    for at, number in enumerate(callers):
        event = Event(id="e", lesson=LESSON, activity="help", run=1, body={"do": "call"}, at=minute(at))
        classroom.presence.note(number, event)
    cards = [drawn(classroom, number, at) for number, at in zip(callers, (0, 2, 9), strict=True)]
    assert [card.number for card in queue(cards[::-1])] == list(callers)


def test_a_page_has_words_for_every_state() -> None:
    words = page_words()
    assert all(words[f"call_{call}"] for call in ("waiting", "coming", "cancelled", "failed"))
    assert words["call_none"] == ""
    assert "{n}" in words["show_step"]


# ---- what stands on a screen


def begun(*bodies: dict[str, Any]) -> GuestJournal:
    journal = GuestJournal(7)
    for number, body in enumerate(bodies):
        event = Event(id=f"e{number}", lesson=LESSON, activity="practice:order:solo", run=1, body=body, at=NOON)
        journal.append(event)
    return journal


@pytest.mark.parametrize("lesson", content.lesson_ids())
def test_every_practice_of_a_lesson_stands_on_a_step(lesson: str) -> None:
    found = content.lesson(lesson)
    steps = exhibits(found.notebook)
    tasks = {step.task for step in steps if step.kind == "practice"}
    assert tasks == {task.id for task in found.scenario.tasks}
    assert any(step.kind == "quiz" for step in steps)


def test_a_screen_is_what_the_learners_own_page_shows() -> None:
    lesson = content.lesson(LESSON)
    run = Run(lesson.scenario, lesson.persona, "order", "solo", seed_of(7, 1))
    state, bodies = run.start(), list[dict[str, Any]]()
    while (step := run.guide(state)) is not None and not state.finished:
        bodies.append(run.judge(state, step.message()))
        state = run.apply(state, bodies[-1])
        drawn = practice_view(lesson, Exhibit(kind="practice", task="order"), begun(*bodies))
        assert drawn | {"summary": None} == run.view(state)
    assert drawn["summary"]["points"] == drawn["summary"]["max"]


def test_a_helper_sees_the_step_where_the_learner_is() -> None:
    steps = exhibits(content.lesson(LESSON).notebook)
    kinds = [screen_of(Place(lesson=LESSON, step=step), begun(), steps) for step in range(1, len(steps) + 1)]
    assert [screen.view is not None for screen in kinds] == [False, False, False, True, True, True, False, False]
    assert [screen.exhibit.kind for screen in kinds][-2:] == ["quiz", "text"]
    told = screen_of(Place(lesson=LESSON, activity="practice:withdraw:solo"), begun(), steps)
    assert told.exhibit == Exhibit(kind="practice", task="withdraw")
    assert screen_of(Place(lesson=LESSON, step=99), begun(), steps).view is None


@pytest.mark.parametrize("lesson", content.lesson_ids())
def test_every_task_can_be_shown(lesson: str) -> None:
    found = content.lesson(lesson)
    for task in found.scenario.tasks:
        frames = golden_path(found, task.id)
        assert frames
        assert all(frame["caption"] and frame["view"]["mode"] == "show" for frame in frames)


@pytest.mark.parametrize("lesson", content.lesson_ids())
def test_a_lesson_is_shown_whole_and_in_its_order(lesson: str) -> None:
    found = content.lesson(lesson)
    frames = whole_lesson(found)
    texts = [frame for frame in frames if "blocks" in frame]
    told = [str(parts.frame(frame)) for frame in texts]
    words = " ".join(
        f"{frame['caption']} {re.sub('<[^>]+>', ' ', text)}" for frame, text in zip(texts, told, strict=True)
    )
    cells = [cell for cell in load_notebook(found.notebook).cells if cell.cell_type == "markdown"]
    said = [cell.source for cell in cells if cell.metadata.slideshow.slide_type != "notes"]
    wanted = re.sub(r"^(#+|[0-9]+\.|-) |[*<>]|\[|\]\([^)]*\)", "", "\n".join(said), flags=re.MULTILINE)
    assert _letters(words.replace("Дальше каждый делает сам.", "")) == _letters(wanted)
    steps = exhibits(found.notebook)
    shown = [step.task for step in steps if step.kind == "practice" and step.mode == "show"]
    assert list(dict.fromkeys(frame["view"]["task"]["id"] for frame in frames if "view" in frame)) == shown
    assert sum(frame["own"] for frame in texts) == sum(step.kind != "text" and step.mode != "show" for step in steps)


parts: Any = page_templates().get_template("room_text.html").module


def _letters(text: str) -> str:
    return "".join(one for one in html.unescape(text) if one.isalnum())


def test_a_text_on_the_projector_is_only_read() -> None:
    runs = [{"text": "<b>gosuslugi.ru", "bold": True, "link": "https://gosuslugi.ru"}]
    items = [[{"kind": "paragraph", "runs": runs}]]
    block = {"kind": "list", "ordered": True, "start": 3, "items": items}
    drawn_text = str(parts.frame({"caption": "Адрес", "blocks": [block], "own": False}))
    assert drawn_text.split() == ["<ol", 'start="3"><li><b>&lt;b&gt;gosuslugi.ru</b></li></ol>']


def test_a_mirror_has_all_scripts_of_a_practice() -> None:
    text = page_templates().get_template("portal_scripts.html").render(base_url="/")
    assert (*re.findall(r"course-static/(\S+\.js)", text), "portal.js") == files("practice").scripts


# ---- what is remembered


def test_minutes_on_a_step_count_from_its_turn() -> None:
    presence = Presence()

    def happened(minute: int, activity: str, **body: Any) -> None:
        at = NOON + timedelta(minutes=minute)
        presence.note(104, Event(id=f"e{minute}", lesson=LESSON, activity=activity, run=1, body=body, at=at))

    happened(0, "lesson", do="step", step=4)
    happened(3, "practice:order:solo", do="hint")
    assert presence.of(104).step_at == NOON
    happened(5, "lesson", do="step", step=5)
    assert presence.of(104).step_at == NOON + timedelta(minutes=5)
    happened(6, "help", do="call", step=5)
    assert presence.of(104).step_at == NOON + timedelta(minutes=5)


def test_who_comes_is_remembered_and_forgotten() -> None:
    presence = Presence()
    told = []
    bodies: list[dict[str, Any]] = [{"do": "call"}, {"do": "coming", "by": 3}, {"do": "again"}, {"do": "done"}]
    for minute, body in enumerate(bodies):
        at = NOON + timedelta(minutes=minute)
        presence.note(104, Event(id=f"e{minute}", lesson=LESSON, activity="help", run=1, body=body, at=at))
        place = presence.of(104)
        told.append((place.call, place.helper, place.called_at))
    assert told == [("waiting", None, NOON), ("coming", 3, NOON), ("waiting", None, NOON), ("none", None, NOON)]


def test_a_refusal_to_be_looked_at_holds_for_the_day() -> None:
    presence = Presence()
    for minute, do in enumerate(["unseen", "seen", "unseen"]):
        at = NOON + timedelta(minutes=minute)
        presence.note(104, Event(id=do, lesson=LESSON, activity="help", run=1, body={"do": do}, at=at))
        assert presence.of(104).unseen(NOON) == (do == "unseen")
    assert not presence.of(104).unseen(NOON + timedelta(days=1))
