"""The learner's feedback on paper and as a page; what it says comes as plain data (``gradebook.feedback``).

It stands in this room because typst and the look of the papers are here, and this room knows no gradebook.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Annotated, Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field

from ecitizen import content
from ecitizen.content.loading import load_model
from ecitizen.errors import ContentError
from ecitizen.notebooks.questions import figure
from ecitizen.notebooks.setting import pdf, tied

JSON = dict[str, Any]
Label = Annotated[str, Field(min_length=1)]


class FeedbackWords(BaseModel):
    """Of ``papers/feedback.yaml``; places in braces are filled in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Label
    card: Label
    well: Label
    nothing_well: Label
    quiz_well: Label
    again: Label
    nothing_again: Label
    quiz_again: Label
    lesson: Label
    more: Label
    waiting: Label
    remarks: Label
    remark: Label
    lessons: Label
    points: Label
    end: Label


def feedback_pdf(found: Mapping[str, Any], made: date) -> bytes:
    """Set the large-print paper of one learner; ``found`` has the shape of ``gradebook.feedback.Feedback``."""
    return pdf("feedback.typ", {"feedback": _filled(found, made)})


def feedback_page(found: Mapping[str, Any], made: date) -> bytes:
    """Fill the page of one learner, which asks nothing from elsewhere; ``ContentError`` at a broken template."""
    papers = content.folder("papers")
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(papers),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    try:
        page = environment.get_template("feedback.html").render(feedback=tied(_filled(found, made)))
    except (TemplateError, TypeError) as error:
        problem = f"шаблон не заполняется: {error}"
        raise ContentError(papers / "feedback.html", "поля", problem, "Верните прежний шаблон") from error
    return page.encode("utf-8")


def _filled(found: Mapping[str, Any], made: date) -> JSON:
    words = load_model(content.folder("papers") / "feedback.yaml", FeedbackWords)
    more = words.more.format(count=found["more"]) if found["more"] else ""
    return {
        "title": words.title,
        "card": words.card.format(number=found["learner"], course=content.toc().course, day=f"{made:%d.%m.%Y}"),
        "well": _part(found["well"], words, words.well, words.nothing_well, words.quiz_well),
        "again": _part(found["again"], words, words.again, words.nothing_again, words.quiz_again) | {"more": more},
        "waiting": words.waiting.format(count=found["waiting"]) if found["waiting"] else "",
        "remarks": {
            "heading": words.remarks,
            "lines": [words.remark.format(title=one["lesson"], text=one["text"]) for one in found["remarks"]],
        },
        "lessons": {
            "heading": words.lessons,
            "lines": [
                {"title": one["lesson"], "points": words.points.format(**_figures(one))} for one in found["lessons"]
            ],
        },
        "end": words.end,
    }


def _part(found: Sequence[Mapping[str, Any]], words: FeedbackWords, heading: str, none: str, asked: str) -> JSON:
    """Put skills under their lessons; ``asked`` is said of a skill that only the quiz asks for."""
    lessons = [
        {
            "title": words.lesson.format(title=title),
            "skills": [{"skill": one["skill"], "said": list(one["said"]) or [asked]} for one in skills],
        }
        for title, skills in groupby(found, key=lambda one: str(one["lesson"]))
    ]
    return {"heading": heading, "none": none, "lessons": lessons}


def _figures(one: Mapping[str, Any]) -> dict[str, str]:
    return {"points": figure(one["points"]), "most": figure(one["most"])}
