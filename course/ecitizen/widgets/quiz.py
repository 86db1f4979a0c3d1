"""The quiz on the page, one question a screen; the key never leaves the kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import traitlets

from ecitizen import content
from ecitizen.journal.event import Journal
from ecitizen.practice.guard import find_real
from ecitizen.practice.items import Verdict, check, present, resolve, to_tokens
from ecitizen.practice.persona import Persona
from ecitizen.practice.quiz import LONGEST_WRITTEN, Item, Written
from ecitizen.practice.quiz import Quiz as Questions
from ecitizen.practice.refusal import Refused
from ecitizen.practice.seeds import seed_of
from ecitizen.widgets.journalled import JournalledWidget, whole

LONGEST_TEXT = 300
"""Characters that a typed answer may have."""

Repeated = Mapping[str, tuple[str, Item]]
"""Items of earlier lessons, by id: where it comes from, and the item."""


class Asked(Protocol):
    """What holds the questions: a lesson, or one form of a test."""

    @property
    def id(self) -> str:
        """Give the page under which the answers are kept."""

    @property
    def quiz(self) -> Questions:
        """Give the questions in their order."""

    @property
    def persona(self) -> Persona:
        """Give the made-up person whose numbers may be typed."""


class Quiz(JournalledWidget):
    """All items of a lesson's quiz; ``view`` is drawn by ``widgets/quiz.js``.

    ``view`` is ``{"items": [{"id", "answered", "right"}], "item": {…, "given", "feedback"}, "position", "total",
    "finished", "summary", "guard", "turn"}``; ``position`` counts from 1, ``right`` is None while nobody can say,
    ``guard`` is the kind of a real number that was wiped just now. ``feedback`` is ``{"share", "tone", "notes"}``, of a
    written answer also ``sample`` and ``scheme``, a list of texts.
    """

    _esm = content.script("quiz")
    _css = content.style("quiz")

    kind = traitlets.Unicode("quiz").tag(sync=True)

    def __init__(self, lesson: Asked, journal: Journal, repeated: Callable[[], Repeated] = dict) -> None:
        """Open the quiz at the first question without an answer.

        ``repeated`` gives, for the learner of the journal, what stands behind the lesson's own questions and earns no
        points.
        """
        self._content, self._repeat, self._skills = lesson, repeated, content.skills()
        super().__init__(lesson.id, "quiz", journal, content.texts())

    def _begin(self) -> None:
        self._repeated = self._repeat()
        items = (*self._content.quiz.items, *(item for _, item in self._repeated.values()))
        self._items = {item.id: item for item in items}
        super()._begin()

    def _resume(self, bodies: list[dict[str, Any]]) -> None:
        self._shuffle = seed_of(self._journal.seed, self._run_number)
        self._answers: dict[str, Any] = {}
        self._finished, self._turn = False, 0
        for body in bodies:
            self._apply(body)
        self._guard: str | None = None
        order = list(self._items)
        self._position = next((n for n, item in enumerate(order, 1) if item not in self._answers), len(order))

    def _judge(self, message: dict[str, Any]) -> dict[str, Any] | None:
        match message:
            case {"do": "show", "position": position} if whole(position, len(self._items)):
                self._position, self._finished, self._guard = position, False, None
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
            if len(raw) > (LONGEST_WRITTEN if isinstance(self._items[item], Written) else LONGEST_TEXT):
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
        self._guard = body["kind"] if body.get("do") == "real" else None

    def _draw(self) -> dict[str, Any]:
        item = list(self._items.values())[self._position - 1]
        verdicts = {key: check(self._items[key], answer) for key, answer in self._answers.items()}
        repeats = self._repeated[item.id][0] if item.id in self._repeated else ""
        drawn = {**present(item, self._shuffle), "given": None, "feedback": None, "repeats": repeats}
        if item.id in verdicts:
            drawn["given"] = to_tokens(item, self._shuffle, self._answers[item.id])
            drawn["feedback"] = _feedback(item, verdicts[item.id])
        marks = [{"id": key, "answered": key in verdicts, "right": _is_right(verdicts.get(key))} for key in self._items]
        return {
            "items": marks,
            "item": drawn,
            "position": self._position,
            "total": len(self._items),
            "finished": self._finished,
            "summary": self._summary(verdicts) if self._finished else None,
            "guard": self._guard,
            "turn": self._turn,
        }

    def _summary(self, verdicts: dict[str, Verdict]) -> dict[str, Any]:
        """Count points and sort the skills: those with every item right went well, the others are worth a repeat.

        What waits for a person is counted apart: it is neither right nor missed, and its points are not among ``max``.
        """
        own = {key: item for key, item in self._items.items() if key not in self._repeated}
        shares = {key: verdicts[key].share if key in verdicts else 0.0 for key in own}
        judged = [(item, share) for key, item in own.items() if (share := shares[key]) is not None]
        weak = {item.skill for item, share in judged if share < 1}
        skills = list(dict.fromkeys(item.skill for item, _ in judged))
        return {
            "points": round(sum(item.points * share for item, share in judged), 2),
            "max": sum(item.points for item, _ in judged),
            "waiting": len(shares) - len(judged),
            "well": [self._skills[skill] for skill in skills if skill not in weak],
            "repeat": [self._skills[skill] for skill in skills if skill in weak],
        }


def _is_right(verdict: Verdict | None) -> bool | None:
    return None if verdict is None or verdict.share is None else verdict.share == 1


def _feedback(item: Item, verdict: Verdict) -> dict[str, Any]:
    told = {"share": verdict.share, "tone": "good" if verdict.share == 1 else "amber", "notes": list(verdict.notes)}
    if isinstance(item, Written) and verdict.waits:
        # Now that the answer is on the disk, the learner may compare it.
        told |= {"tone": "info", "sample": item.sample, "scheme": [line.text for line in item.scheme]}
    return told
