"""The language of a simulated portal: pydantic models of ``widgets/scenarios/NN.yaml``.

A scenario is a graph of screens. Controls on a screen carry outcomes, outcomes move the learner on and set flags,
flags decide what is shown and when a goal is reached. Nothing here runs: ``machine.Run`` plays a scenario, ``check``
looks for faults in it. Every model is frozen and forbids unknown keys, so that a slip of the pen is an error and not
a silent nothing.

The words stand in ``flow`` (conditions, outcomes, controls), ``fields`` and ``parts`` (what a screen is made of).
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator

from ecitizen.practice.flow import MODES, Control, Id, Mode, Outcome, Ref, Strict, Text, Typed, When
from ecitizen.practice.parts import Part
from ecitizen.practice.quiz import fault

__all__ = ["MODES", "Id", "Mode", "Outcome", "Scenario", "Strict", "Text", "When", "inside"]

BACK = "back"
"""The address bar's own «Назад», as a guide may name it; no control of a screen may have this id."""


class GuideStep(Strict):
    """What a helper standing beside would say now; the one source of show, marks, hints and golden path.

    The first step whose ``when`` holds *and* whose control is on the screen now is the present one, so a step for a
    search result may stand before the step for the search itself.
    """

    when: When | None = None
    control: Ref
    """Id of a control, maybe ``{visit.slot}``, or ``back`` for the address bar's «Назад»."""
    fill: Mapping[Id, Typed] = Field(default_factory=dict)
    """Field id -> what to type; fields left out take their expected value."""
    where: Text
    """Hint 1: where to look."""
    press: Text
    """Hint 2: what to press."""
    caption: Text
    """What the trainer says while it plays itself."""


class LineGuide(Strict):
    """The right reply to a line of a call or to a message."""

    reply: Id
    where: Text
    press: Text
    caption: Text


class Reply(Strict):
    """Something the learner may answer to a caller or to a message."""

    id: Id
    label: Text
    when: When | None = None
    then: tuple[Outcome, ...] = Field(min_length=1)


class Line(Strict):
    """One thing a caller says."""

    says: Text
    replies: tuple[Reply, ...] = Field(min_length=1)
    guide: LineGuide | None = None


class Call(Strict):
    """A telephone call."""

    sender: Text = Field(alias="from")
    start: Id
    lines: Mapping[Id, Line] = Field(min_length=1)


class Message(Strict):
    """An SMS or a push notice; ``{code}`` is the code that it brings.

    One with replies waits until a reply ends it (``end: true``); the portal stays usable meanwhile.
    """

    sender: Text = Field(alias="from")
    kind: Literal["sms", "push"] = "sms"
    text: Text
    replies: tuple[Reply, ...] = ()
    guide: LineGuide | None = None
    """The right reply; without it the guide passes the message over."""


class Code(Strict):
    """A one-time code that a message brings."""

    digits: int = Field(default=6, ge=3, le=8)
    message: Id


class Goal(Strict):
    """A step of the task as the learner sees it; once reached it stays reached."""

    id: Id
    label: Text
    done: When


class Task(Strict):
    """One exercise on the scenario; finished when all goals have been reached."""

    id: Id
    title: Text
    text: Text
    start: Id | None = None
    """Screen to begin on; the scenario's ``start`` if left out."""
    set: tuple[Id, ...] = ()
    """Flags set from the beginning."""
    goals: tuple[Goal, ...] = Field(min_length=1)
    finish: Text


class Site(Strict):
    """What the simulated address bar shows, as text only."""

    host: Text
    name: Text


class Screen(Strict):
    """One page of the portal."""

    path: str = Field(default="/", pattern=r"^/")
    title: Text
    secure: bool = True
    """Whether the address bar shows the certificate mark."""
    host: str | None = None
    """Another host than the site's, for a false or a neighbouring site."""
    frame: Literal["browser", "none"] = "browser"
    """What stands around it: a browser with its address bar, or nothing, as in a hall or at home; «Назад» stays."""
    enter: tuple[Outcome, ...] = ()
    """Outcomes on entering; the first whose condition holds is applied."""
    parts: tuple[Part, ...] = Field(min_length=1)
    guide: tuple[GuideStep, ...] = ()
    facts: tuple[Id, ...] = ()
    """Ids in the fact register that the texts rest on."""

    @model_validator(mode="after")
    def _address_has_a_bar(self) -> Self:
        if self.frame == "none" and (self.host is not None or not self.secure):
            raise fault("у экрана без адресной строки есть host или secure", "Уберите их или frame: none")
        return self

    def controls(self) -> Iterator[Control]:
        """Give all controls of the screen, shown now or not, in reading order."""
        return (control for part in self.parts for _, control in part.held())


Record = Mapping[Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")], str]
"""One variant: words by their names, for ``{visit.doctor}``."""


class Scenario(Strict):
    """A simulated portal and the tasks on it."""

    id: Id
    title: Text
    persona: Id
    site: Site
    start: Id
    facts: tuple[Id, ...] = ()
    """Ids in the fact register that the scenario rests on."""
    phone: Text = "Телефон {persona.familiar_of}"
    """What stands over the simulated telephone."""
    clock: Annotated[str, StringConstraints(pattern=r"^([01]?\d|2[0-3]):[0-5]\d$")] | None = None
    """Time shown on the telephone, such as ``"10:24"``."""
    variants: Mapping[Id, Annotated[tuple[Record, ...], Field(min_length=1)]] = Field(default_factory=dict)
    """Lists of records; a run draws one of each (see ``variants``)."""
    traps: Mapping[Id, Text] = Field(default_factory=dict)
    """What a stranger tries -> one sentence why it is a trap; outcomes ``refuse`` it or ``disclose`` it."""
    astray: str = ""
    """Together mode: a kind sentence for a press that is not the guide's; the guide's ``where`` follows it."""
    tasks: tuple[Task, ...] = Field(min_length=1)
    messages: Mapping[Id, Message] = Field(default_factory=dict)
    codes: Mapping[Id, Code] = Field(default_factory=dict)
    calls: Mapping[Id, Call] = Field(default_factory=dict)
    screens: Mapping[Id, Screen] = Field(min_length=1)

    def task(self, task_id: str) -> Task:
        """Find a task by its id; ``KeyError`` if there is none."""
        for task in self.tasks:
            if task.id == task_id:
                return task
        raise KeyError(task_id)

    def outcomes(self) -> Iterator[tuple[str, Outcome]]:
        """Give every outcome with the key where it stands, such as ``screens.home.enter[0]``."""
        return ((key, node) for key, node in self.nodes if isinstance(node, Outcome))

    @cached_property
    def nodes(self) -> tuple[tuple[str, object], ...]:
        """Give the scenario and everything in it, as ``inside`` does; the check asks for it again and again."""
        return tuple(inside(self))


def inside(node: object, key: str = "") -> Iterator[tuple[str, object]]:
    """Give a record and everything in it, depth first, each with its key as an editor would look for it."""
    yield key, node
    if isinstance(node, BaseModel):
        for name, field in type(node).model_fields.items():
            yield from inside(getattr(node, name), f"{key}.{field.alias or name}".lstrip("."))
    elif isinstance(node, tuple):
        for number, item in enumerate(node):
            yield from inside(item, f"{key}[{number}]")
    elif isinstance(node, Mapping):
        for name, item in node.items():
            yield from inside(item, f"{key}.{name}")
