"""The quiz on the page, one question a screen; the key never leaves the kernel."""

from __future__ import annotations

from typing import Any

import traitlets

from ecitizen import content
from ecitizen.journal.event import Journal
from ecitizen.practice.guard import find_real
from ecitizen.practice.items import Verdict, check, present, resolve, to_tokens
from ecitizen.practice.refusal import Refused
from ecitizen.practice.seeds import seed_of
from ecitizen.widgets.journalled import JournalledWidget, source, whole

LONGEST_TEXT = 300
"""Characters that a typed answer may have."""


class Quiz(JournalledWidget):
    """All items of a lesson's quiz; ``view`` is drawn by ``widgets/quiz.js``.

    ``view`` is ``{"items": [{"id", "answered", "right"}], "item": {…, "given", "feedback"}, "position", "total",
    "finished", "summary", "turn"}``; ``position`` counts from 1.
    """

    _esm = source("dom.js", "guard.js", "send.js", "quiz.js")
    _css = source("quiz.css")

    kind = traitlets.Unicode("quiz").tag(sync=True)

    def __init__(self, lesson: content.Lesson, journal: Journal) -> None:
        """Open the quiz at the first question without an answer."""
        self._content, self._seed, self._skills = lesson, journal.seed, content.skills()
        self._items = {item.id: item for item in lesson.quiz.items}
        super().__init__(lesson.id, "quiz", journal, content.texts())

    def _resume(self, bodies: list[dict[str, Any]]) -> None:
        self._shuffle = seed_of(self._seed, self._run_number)
        self._answers: dict[str, Any] = {}
        self._finished, self._turn = False, 0
        for body in bodies:
            self._apply(body)
        order = list(self._items)
        self._position = next((n for n, item in enumerate(order, 1) if item not in self._answers), len(order))

    def _judge(self, message: dict[str, Any]) -> dict[str, Any] | None:
        match message:
            case {"do": "show", "position": position} if whole(position, len(self._items)):
                self._position, self._finished = position, False
                return None
            case {"do": "finish"}:
                return {"do": "finish"}
            case {"do": "answer", "item": str(item), "raw": raw} if item in self._items:
                return self._judge_answer(item, raw)
            case {"do": "real", "kind": str(kind)} if len(kind) < LONGEST_TEXT:
                return {"do": "real", "kind": kind}
            case _:
                raise Refused("quiz", "такого ответа здесь нет", "Ответьте ещё раз")

    def _judge_answer(self, item: str, raw: Any) -> dict[str, Any]:
        if isinstance(raw, str):
            if len(raw) > LONGEST_TEXT:
                raise Refused("quiz", "ответ слишком длинный", "Напишите короче")
            real = find_real(raw, self._content.persona)
            if real is not None:
                return {"do": "real", "kind": real}
        return {"do": "answer", "item": item, "answer": resolve(self._items[item], self._shuffle, raw)}

    def _apply(self, body: dict[str, Any]) -> None:
        self._turn += 1
        if body.get("do") == "answer" and body.get("item") in self._items:
            self._answers[body["item"]] = body["answer"]
        self._finished = body.get("do") == "finish"

    def _draw(self) -> dict[str, Any]:
        item = list(self._items.values())[self._position - 1]
        shares = {key: check(self._items[key], answer) for key, answer in self._answers.items()}
        drawn = {**present(item, self._shuffle), "given": None, "feedback": None}
        if item.id in shares:
            verdict = shares[item.id]
            drawn["given"] = to_tokens(item, self._shuffle, self._answers[item.id])
            tone = "good" if verdict.share == 1 else "amber"
            drawn["feedback"] = {"share": verdict.share, "tone": tone, "notes": list(verdict.notes)}
        marks = [
            {"id": key, "answered": key in shares, "right": shares[key].share == 1 if key in shares else None}
            for key in self._items
        ]
        return {
            "items": marks,
            "item": drawn,
            "position": self._position,
            "total": len(self._items),
            "finished": self._finished,
            "summary": self._summary(shares) if self._finished else None,
            "turn": self._turn,
        }

    def _summary(self, verdicts: dict[str, Verdict]) -> dict[str, Any]:
        """Count points and sort the skills: those with every item right went well, the others are worth a repeat."""
        shares = {key: verdicts[key].share if key in verdicts else 0.0 for key in self._items}
        points = sum(item.points * shares[key] for key, item in self._items.items())
        weak = {item.skill for key, item in self._items.items() if shares[key] < 1}
        skills = list(dict.fromkeys(item.skill for item in self._items.values()))
        return {
            "points": round(points, 2),
            "max": sum(item.points for item in self._items.values()),
            "well": [self._skills[skill] for skill in skills if skill not in weak],
            "repeat": [self._skills[skill] for skill in skills if skill in weak],
        }
