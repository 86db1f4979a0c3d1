"""Widgets: what the browser sends is judged, kept, and only then shown."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

from ecitizen import content
from ecitizen.errors import JournalError
from ecitizen.journal.event import Event, JournalUnstored
from ecitizen.journal.guest import GuestJournal
from ecitizen.practice.items import right_answer, to_tokens
from ecitizen.practice.quiz import Quiz
from ecitizen.practice.seeds import seed_of
from ecitizen.widgets import Lesson
from ecitizen.widgets.journalled import JournalledWidget
from ecitizen.widgets.quiz import Quiz as QuizWidget

LESSON = "01-gosuslugi"


class FullDisk(GuestJournal):
    """A journal that reads but can't keep anything."""

    def append(self, event: Event) -> None:
        raise JournalError("journal", "на диске нет места", "Освободите место")


def tell(widget: JournalledWidget, **message: Any) -> list[dict[str, Any]]:
    """Send a message as the browser would and give what came back."""
    sent: list[dict[str, Any]] = []
    widget.send = lambda content, buffers=None: sent.append(content)
    widget._receive(widget, {"key": str(uuid4()), **message}, [])
    return sent


def answer(widget: Any, item_id: str) -> dict[str, Any]:
    """Make the message that answers an item rightly."""
    item = content.quiz(LESSON).item(item_id)
    shuffle = seed_of(widget._journal.seed, widget._run_number)
    return {"do": "answer", "item": item_id, "raw": to_tokens(item, shuffle, right_answer(item))}


def test_press_is_kept_then_shown() -> None:
    journal = GuestJournal()
    practice = Lesson(LESSON, journal).solo("withdraw")
    sent = tell(practice, do="press", control="login", fields={})
    assert [list(message) for message in sent] == [["ack"]]
    assert practice.view["screen"]["id"] == "login"
    assert [event.body["control"] for event in journal.read(LESSON, "practice:withdraw:solo")] == ["login"]


def test_a_view_and_the_key_it_answers_travel_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    practice = Lesson(LESSON, GuestJournal()).solo("withdraw")
    synced: list[set[str]] = []
    monkeypatch.setattr(
        practice, "send_state", lambda key=None: synced.append({key} if isinstance(key, str) else set(key))
    )
    # Where ipykernel is imported and no kernel runs, a widget takes itself for unheard.
    monkeypatch.setattr(type(practice.comm), "kernel", object(), raising=False)
    key = str(uuid4())
    tell(practice, key=key, do="press", control="login", fields={})
    assert practice.answered == key
    assert synced == [{"answered", "view"}]


def test_same_key_counts_once() -> None:
    journal = GuestJournal()
    practice = Lesson(LESSON, journal).solo("withdraw")
    key = str(uuid4())
    for _ in range(2):
        sent = tell(practice, key=key, do="press", control="login", fields={})
        assert sent == [{"ack": key}]
    assert len(journal.read(LESSON, "practice:withdraw:solo")) == 1


def test_key_of_last_session_counts_once() -> None:
    journal = GuestJournal()
    key = str(uuid4())
    tell(Lesson(LESSON, journal).solo("withdraw"), key=key, do="press", control="login", fields={})
    again = Lesson(LESSON, journal).solo("withdraw")
    assert again.view["screen"]["id"] == "login"
    assert tell(again, key=key, do="press", control="login", fields={}) == [{"ack": key}]
    assert again.view["turn"] == 1


def test_unkept_press_is_not_shown() -> None:
    practice = Lesson(LESSON, FullDisk()).solo("withdraw")
    before = dict(practice.view)
    sent = tell(practice, do="press", control="login", fields={})
    assert sent[0]["reason"] == "offline"
    assert practice.view == before


def test_a_press_that_the_server_cannot_store_says_so() -> None:
    class Unstored(GuestJournal):
        def append(self, event: Event) -> None:
            raise JournalUnstored("journal", "диск ничего не принимает", "Позовите библиотекаря")

    practice = Lesson(LESSON, Unstored()).solo("withdraw")
    assert tell(practice, do="press", control="login", fields={})[0]["reason"] == "unstored"
    for section in ("portal", "quiz", "scale"):
        assert content.texts()[section]["unstored"].startswith("Ответ сохранён")


@pytest.mark.parametrize(
    "message",
    [
        {"do": "press", "control": "send", "fields": {}},
        {"do": "press", "control": ["login"]},
        {"do": "format", "disk": "c"},
        {"do": "press", "control": "login", "fields": {"a": "x" * 10_000}},
        {},
    ],
    ids=["not on this screen", "wrong type", "unknown verb", "huge field", "empty"],
)
def test_impossible_press_changes_nothing(message: dict[str, Any]) -> None:
    journal = GuestJournal()
    practice = Lesson(LESSON, journal).solo("withdraw")
    before = dict(practice.view)
    sent = tell(practice, **message)
    assert sent[0]["reason"] == "refused"
    assert practice.view == before
    assert not journal.read(LESSON)


@pytest.mark.parametrize(
    "key", [None, 5, "", "x" * 36, "../../etc"], ids=["none", "number", "empty", "no uuid", "path"]
)
def test_message_without_key_is_ignored(key: object) -> None:
    practice = Lesson(LESSON, GuestJournal()).solo("withdraw")
    assert tell(practice, key=key, do="press", control="login", fields={}) == []
    assert practice.view["turn"] == 0


def test_restart_begins_new_run() -> None:
    journal = GuestJournal()
    practice = Lesson(LESSON, journal).solo("withdraw")
    tell(practice, do="press", control="login", fields={})
    tell(practice, do="restart")
    assert practice.view["turn"] == 0
    assert Lesson(LESSON, journal).solo("withdraw").view["turn"] == 0
    assert {event.run for event in journal.read(LESSON, "practice:withdraw:solo")} == {1, 2}


def test_typed_text_is_never_kept() -> None:
    journal = GuestJournal()
    practice = Lesson(LESSON, journal).solo("withdraw")
    tell(practice, do="press", control="login", fields={})
    tell(practice, do="press", control="enter", fields={"phone": "8 (000) 999-99-99", "password": "МойПароль7"})
    tell(practice, do="press", control="enter", fields={"phone": "8 (916) 123-45-67", "password": "МойПароль7"})
    kept = json.dumps([event.body for event in journal.read(LESSON)], ensure_ascii=False)
    assert "МойПароль7" not in kept
    assert "999-99" not in kept
    assert "916" not in kept
    assert '"kind": "phone"' in kept


def test_quiz_answers_every_item() -> None:
    journal = GuestJournal()
    quiz = Lesson(LESSON, journal).quiz()
    for item in content.quiz(LESSON).items:
        assert tell(quiz, **answer(quiz, item.id))[0].keys() == {"ack"}
    tell(quiz, do="finish")
    summary = quiz.view["summary"]
    assert summary["points"] == summary["max"]
    assert summary["repeat"] == []
    resumed = Lesson(LESSON, journal).quiz()
    assert resumed.view["summary"] == summary


def test_quiz_view_holds_no_key() -> None:
    quiz = Lesson(LESSON, GuestJournal()).quiz()
    for position in range(1, quiz.view["total"] + 1):
        tell(quiz, do="show", position=position)
        shown = json.dumps(quiz.view, ensure_ascii=False)
        item = content.quiz(LESSON).items[position - 1]
        assert 'right": true' not in shown.replace("'", '"')
        assert not item.why or item.why not in shown
        for option in [*getattr(item, "options", ()), *getattr(item, "reasons", ())]:
            assert not option.why or option.why not in shown


MINI = Quiz.model_validate(
    yaml.safe_load((Path(__file__).parent / "golden" / "quiz-mini.yaml").read_text(encoding="utf-8"))
)
CALL = 10
"""Place of the written question in the sample quiz."""


def every_kind(journal: GuestJournal) -> QuizWidget:
    """Open a quiz with a question of every kind."""
    return QuizWidget(replace(content.lesson(LESSON), quiz=MINI), journal)


def test_written_answer_is_neither_right_nor_missed() -> None:
    journal = GuestJournal()
    quiz = every_kind(journal)
    tell(quiz, do="answer", item="call", raw="Положу трубку.")
    assert quiz.view["items"][CALL - 1] == {"id": "call", "answered": True, "right": None}
    tell(quiz, do="finish")
    summary = quiz.view["summary"]
    assert (summary["points"], summary["max"], summary["waiting"]) == (0, 15, 1)
    for item in MINI.items[:-1]:
        raw = to_tokens(item, seed_of(quiz._journal.seed, quiz._run_number), right_answer(item))
        tell(quiz, do="answer", item=item.id, raw=raw)
    tell(quiz, do="finish")
    summary = every_kind(journal).view["summary"]
    assert (summary["points"], summary["max"], summary["waiting"], summary["repeat"]) == (15, 15, 1, [])


def test_sample_is_shown_after_the_answer_only() -> None:
    quiz = every_kind(GuestJournal())
    tell(quiz, do="show", position=CALL)
    assert "позвоню" not in json.dumps(quiz.view, ensure_ascii=False)
    tell(quiz, do="answer", item="call", raw="  ")
    assert "позвоню" not in json.dumps(quiz.view, ensure_ascii=False)
    tell(quiz, do="answer", item="call", raw="Не знаю.")
    feedback = quiz.view["item"]["feedback"]
    assert (feedback["share"], feedback["tone"]) == (None, "info")
    assert feedback["sample"] == "Положу трубку и позвоню в банк сама."
    assert feedback["scheme"] == ["Код не называют", "В банк звонят сами"]


def test_written_answer_may_be_long_and_changed() -> None:
    journal = GuestJournal()
    quiz = every_kind(journal)
    assert tell(quiz, do="answer", item="call", raw="а" * 2000)[0].keys() == {"ack"}
    assert tell(quiz, do="answer", item="call", raw="а" * 2001)[0]["reason"] == "refused"
    tell(quiz, do="answer", item="call", raw="Иначе.\nТак.")
    again = every_kind(journal)
    tell(again, do="show", position=CALL)
    assert again.view["item"]["given"] == "Иначе.\nТак."


def test_number_in_a_written_answer_is_wiped() -> None:
    journal = GuestJournal()
    quiz = every_kind(journal)
    tell(quiz, do="answer", item="call", raw="Позвоните мне: 8 916 123-45-67, Анна.")
    assert [event.body for event in journal.read(LESSON, "quiz")] == [{"do": "real", "kind": "phone"}]
    assert quiz.view["guard"] == "phone"
    assert every_kind(journal).view["guard"] is None
    tell(quiz, do="show", position=CALL)
    assert quiz.view["guard"] is None


def test_quiz_keeps_no_real_number() -> None:
    journal = GuestJournal()
    quiz = Lesson(LESSON, journal).quiz()
    tell(quiz, do="answer", item="q11", raw="8 916 123 45 67")
    assert [event.body["do"] for event in journal.read(LESSON, "quiz")] == ["real"]
    assert quiz.view["items"][10]["answered"] is False


def test_lesson_remembers_its_step() -> None:
    journal = GuestJournal()
    tell(Lesson(LESSON, journal), do="step", step=5)
    assert Lesson(LESSON, journal).view["step"] == 5


@pytest.mark.parametrize("level", [0, 6, True, "3", None], ids=str)
def test_scale_refuses_foreign_levels(level: object) -> None:
    scale = Lesson(LESSON, GuestJournal()).confidence("before")
    assert tell(scale, do="rate", level=level)[0]["reason"] == "refused"
    assert scale.view["given"] is None


def test_show_mode_plays_to_the_end() -> None:
    frames = Lesson(LESSON, GuestJournal()).show("order").frames
    assert len(frames) > 5
    assert all(frame["caption"] for frame in frames)
    assert json.loads(json.dumps(frames)) == [dict(frame) for frame in frames]


def test_other_learners_id_is_refused() -> None:
    journal = GuestJournal()
    event = Event(id=str(uuid4()), lesson=LESSON, activity="quiz", run=1, body={"do": "finish"})
    journal.append(event)
    with pytest.raises(JournalError):
        journal.append(replace(event, body={"do": "other"}))
