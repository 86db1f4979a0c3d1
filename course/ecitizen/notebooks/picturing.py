"""The golden path of a task as numbered steps: a caption, the view to draw, and the same in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ecitizen.content import Lesson
from ecitizen.notebooks.words import Words
from ecitizen.practice.machine import Frame, Run
from ecitizen.practice.seeds import seed_of

JSON = dict[str, Any]

SEED = seed_of(1, 1)
"""Paper shows the variant of the first try of the first learner, always the same."""

_DRAWN = ("site", "can_back", "screen", "say", "mark", "phone")
"""What of a view goes on paper; the task and the caption stand in the text."""


def steps(lesson: Lesson, words: Words) -> list[JSON]:
    """Give the steps of the first task: ``caption``, ``label`` of what to press, ``alt`` and ``view``."""
    run = Run(lesson.scenario, lesson.persona, lesson.scenario.tasks[0].id, "show", SEED)
    return [step_of(frame, words) for frame in _asked(run.walk())]


def _asked(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Give the frames with the words of a search still in its line when its results are shown, as in a browser."""
    typed: dict[str, str] = {}
    for frame in frames:
        for part in frame.view["screen"]["parts"]:
            if part["kind"] == "search" and part["results"] is not None and not part["value"]:
                part["value"] = typed.get(part["id"], "")
        typed |= frame.fill
        yield frame


def task(lesson: Lesson) -> JSON:
    """Give the first task as the learner reads it: ``title`` and ``text``."""
    run = Run(lesson.scenario, lesson.persona, lesson.scenario.tasks[0].id, "show", SEED)
    drawn: JSON = run.view(run.start())["task"]
    return {"title": drawn["title"], "text": drawn["text"]}


def step_of(frame: Frame, words: Words) -> JSON:
    """Give one step of the walk as plain data."""
    view = {name: frame.view[name] for name in _DRAWN}
    view["phone"] = {**view["phone"], "messages": _worth_drawing(view)}
    label = label_of(view)
    return {"caption": frame.caption, "label": label, "alt": describe(view, label, words), "view": view}


def _worth_drawing(view: JSON) -> list[JSON]:
    """Give the messages that matter here: what just came or wants an answer, and a code only where it is typed."""
    typed = {field["value"].replace(" ", "") for part in view["screen"]["parts"] for field in part.get("fields", ())}
    return [
        message
        for message in view["phone"]["messages"]
        if message["replies"] or (message["code"] in typed if message["code"] else message["fresh"])
    ]


def label_of(view: JSON) -> str:
    """Give the words on the marked control; empty for «Назад» of the address bar."""
    return next((str(one["label"]) for one in _inside(view) if one.get("id") == view["mark"] and "label" in one), "")


def _inside(node: object) -> Iterator[JSON]:
    if isinstance(node, dict):
        yield node
        for part in node.values():
            yield from _inside(part)
    elif isinstance(node, list | tuple):
        for part in node:
            yield from _inside(part)


def describe(view: JSON, label: str, words: Words) -> str:
    """Say in words what a picture shows: where one is, what is filled in, what to press, what the telephone says."""
    site = view["site"]
    title = view["screen"]["title"]
    if view["screen"]["frame"] == "none":
        said = [words.alt_place.format(title=title)]
    else:
        said = [words.alt_screen.format(title=title, address=site["host"] + site["path"])]
    filled = [
        words.alt_field.format(label=field["label"], value=_value(field, words))
        for part in view["screen"]["parts"]
        for field in part.get("fields", ())
        if field["value"]
    ]
    filled += [
        words.alt_field.format(label=part["label"], value=part["value"])
        for part in view["screen"]["parts"]
        if part["kind"] == "search" and part["value"]
    ]
    if filled:
        said.append(words.alt_fields.format(fields=", ".join(filled)))
    if label:
        said.append(words.alt_press.format(label=label))
    phone = view["phone"]
    said += [words.alt_message.format(sender=one["from"], text=one["text"]) for one in phone["messages"]]
    if phone["call"]:
        said.append(words.alt_call.format(sender=phone["call"]["from"], says=phone["call"]["says"]))
    return " ".join(said)


def _value(field: JSON, words: Words) -> str:
    if field["type"] == "check":
        return words.alt_ticked
    chosen = field["value"].split()
    labels = [choice["label"] for choice in field["choices"] if choice["id"] in chosen]
    return ", ".join(labels) or str(field["value"])
