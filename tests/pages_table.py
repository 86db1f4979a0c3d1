"""Every address that shows a page to people, with an example of it; and every other one, with what it is instead."""

from __future__ import annotations

import re
from typing import Any

from ecitizen.web.app import EcitizenApp

PEOPLE, PERSON = "instructor/people", "instructor/people/101"
DRAFT = "title=Лекция&text=Приходите&day=25.11.2026&time=10:00&place=Зал"

DESK = (
    "instructor", "instructor/consultations", "instructor/consultations/journal", PEOPLE, f"{PEOPLE}/looks",
    f"{PEOPLE}/new", f"{PEOPLE}/undo", f"{PEOPLE}/cards", f"{PEOPLE}/papers", f"{PEOPLE}/roster", "instructor/queue",
    "instructor/grading", "instructor/grading/preview", "instructor/grading/11-email",
    "instructor/grading/11-email/agreement", "instructor/results", "instructor/results/01-gosuslugi",
    "instructor/survey", "instructor/indicators", "instructor/indicators/omsk", "instructor/indicators/6nk/places",
    "instructor/indicators/omsk/rows/consultations", "instructor/announcements",
    f"instructor/announcements/preview?{DRAFT}", f"instructor/announcements/sheet?{DRAFT}", "instructor/forum",
)  # fmt: skip
"""Pages of an instructor that even a new course has."""

CLASS = (
    PERSON, f"{PERSON}/edit", f"{PERSON}/pin", f"{PERSON}/scores", f"{PERSON}/erase", f"{PERSON}/successes",
    f"{PERSON}/papers",
    "instructor?group=Г-1", "instructor/class/1", "instructor/consultations/1", "instructor/look/101",
    "instructor/room?group=Г-1", "instructor/forum/{game}", f"{PEOPLE}/issued/{{issued}}",
    f"{PEOPLE}/roster/{{review}}",
)  # fmt: skip
"""Pages of an instructor about somebody or something; names in braces are found while the class is made ready."""

EXPERT = ("instructor/calls",)
LEARNER = ("lessons", "successes", "survey")
ANYBODY = (
    "", "instructor/login", "survey/code", "verify", "kiosk/{site}/{key}", "kiosk/{site}/{key}?kind=0",
    "kiosk/{site}/{key}/{number}", "hall/{site}/{key}", "forum/{game}/{screen}",
)  # fmt: skip

OTHER = {
    r".*/events": "a stream",
    r"/(me|health|journal|instructor/board)": "read by a script",
    r".*\.(pdf|csv|ics)|.*/report\..*": "a file",
    r"/course-static/.*|/voila/.*|/full/.*": "a part of a page",
    r"/lesson/.*": "a lesson: test_every_lesson and test_portal_states",
    r"/instructor/grading/collect": "leads to the list; its progress is shown there",
    r"/instructor/people/[^/]*/act": "a file",
    r"/instructor/people/erased/.*": "seen by test_people after an erasure",
    r"/instructor/announcements/done/.*": "seen by test_day after a message was sent",
}
"""Patterns of addresses that answer GET with something else, or that another browser test looks at."""


def addresses() -> dict[str, type[Any]]:
    """Give every address of the server that a GET of ours answers, with its handler."""
    app = EcitizenApp()
    app.initialize_handlers()
    ours = {one[0]: one[1] for one in app.handlers if one[1].__module__.startswith("ecitizen")}
    return {at: found for at, found in ours.items() if any("get" in vars(one) for one in _own(found))}


def _own(handler: type[Any]) -> list[type[Any]]:
    return [one for one in handler.__mro__ if one.__module__.startswith("ecitizen")]


def examples() -> list[str]:
    """Give an example of every page, with something in place of the braces."""
    stand_in = {"game": "1", "issued": "0" * 32, "review": "0" * 32, "site": "main", "key": "0" * 16, "number": "1"}
    found = [*DESK, *CLASS, *EXPERT, *LEARNER, *ANYBODY]
    return [re.sub(r"\{(\w+)\}", lambda m: stand_in.get(m[1], "0" * 16), "/" + one.partition("?")[0]) for one in found]
