"""The language of a simulated portal: pydantic models of ``widgets/scenarios/NN.yaml``.

A scenario is a graph of screens. Controls on a screen carry outcomes, outcomes move the learner on and set flags,
flags decide what is shown and when a goal is reached. Nothing here runs: ``machine.Run`` plays a scenario, ``check``
looks for faults in it. Every model is frozen and forbids unknown keys, so that a slip of the pen is an error and not
a silent nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from ecitizen.practice.quiz import fault

Mode = Literal["show", "together", "solo"]
MODES: tuple[Mode, ...] = ("show", "together", "solo")

Tone = Literal["good", "info", "amber"]

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
"""A name inside a content file, such as ``login-form``."""

Text = Annotated[str, StringConstraints(min_length=1)]
"""A text for people; may hold placeholders like ``{persona.given}`` (see ``stage``)."""

BACK = "back"
"""The address bar's own «Назад», as a guide may name it; no control of a screen may have this id."""


class Strict(BaseModel):
    """A frozen record that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class When(Strict):
    """A condition: all given parts of it must hold; an empty one always holds."""

    has: tuple[Id, ...] = ()
    """Flags that must be set."""
    lacks: tuple[Id, ...] = ()
    """Flags that must not be set."""
    mode: tuple[Mode, ...] = ()
    """Modes it is meant for; empty means all."""
    task: tuple[Id, ...] = ()
    """Tasks it is meant for; empty means all."""


class Outcome(Strict):
    """What happens when its control is pressed, its reply is given or its screen is entered."""

    when: When | None = None
    go: Id | None = None
    """Screen to enter; the present one goes on the history for «Назад»."""
    back: bool = False
    """Return to the screen before, like the address bar's «Назад»."""
    set: tuple[Id, ...] = ()
    """Flags to set."""
    clear: tuple[Id, ...] = ()
    """Flags to clear, applied before ``set``."""
    sms: Id | None = None
    """Message to send; if a code names it, a new code is issued and the old one is void."""
    call: Id | None = None
    """Call that begins to ring."""
    line: Id | None = None
    """Next line of the call that is on."""
    end: bool = False
    """The call ends."""
    say: Text | None = None
    """Sentence shown beside the control."""
    tone: Tone = "info"
    miss: bool = False
    """Counts as a wrong press."""
    mistake: Id | None = None
    """A guided error happened."""
    recover: Id | None = None
    """The learner found the way out of that guided error (counts only if it happened)."""
    refuse: Id | None = None
    """The call that was refused (does not count if the learner gave something away in it)."""
    disclose: Id | None = None
    """What was given away to a stranger, such as ``code``."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.go is not None and self.back:
            raise fault("go и back указаны вместе", "Оставьте одно из двух")
        if self.line is not None and self.end:
            raise fault("line и end указаны вместе", "Оставьте одно из двух")
        return self


class Control(Strict):
    """Something to press."""

    id: Id
    label: Text
    note: str = ""
    main: bool = False
    """The one filled button of the screen."""
    when: When | None = None
    then: tuple[Outcome, ...] = ()
    """The first outcome whose condition holds is applied."""


class Choice(Strict):
    """One entry of a choice field."""

    id: Id
    label: Text


FieldType = Literal["text", "name", "date", "phone", "code", "password", "choice", "check", "email"]


class FormField(Strict):
    """One field of a form; without ``expect`` any non-empty value is right."""

    id: Id
    label: Text
    type: FieldType = "text"
    expect: str | None = None
    """The right value, maybe ``{persona.phone}`` or ``{code.login}``; a choice's id; true or false for a check."""
    hint: str = ""
    empty: str = ""
    """Said when nothing was typed."""
    wrong: str = ""
    """Said when something else was typed."""
    choices: tuple[Choice, ...] = ()

    @field_validator("expect", mode="before")
    @classmethod
    def _check_word(cls, value: object) -> object:
        """YAML reads a bare ``true`` as a bool; a check field means the word."""
        return str(value).lower() if isinstance(value, bool) else value

    @model_validator(mode="after")
    def _choices_fit(self) -> Self:
        ids = [choice.id for choice in self.choices]
        if (self.type == "choice") != bool(ids):
            raise fault(f"у поля типа {self.type} choices: {len(ids)}", "Дайте choices полю типа choice и только ему")
        if len(set(ids)) < len(ids):
            raise fault(f"повторяется id среди choices: {', '.join(ids)}", "Дайте вариантам разные id")
        if self.type == "choice" and self.expect is not None and self.expect not in ids:
            raise fault(f"expect {self.expect!r} нет среди choices", "Напишите id одного из вариантов")
        if self.type == "check" and self.expect not in (None, "true", "false"):
            raise fault(f"у поля типа check expect {self.expect!r}", "Напишите true или false")
        return self


class Result(Control):
    """A line that a search may find."""

    words: tuple[Text, ...] = Field(min_length=1)
    """Stems; the result is found if any of them stands in the query (case and ё do not matter)."""


class TextPart(Strict):
    """A paragraph."""

    kind: Literal["text"]
    text: Text
    when: When | None = None


class NoticePart(Strict):
    """A framed message of the portal."""

    kind: Literal["notice"]
    text: Text
    tone: Literal["info", "good", "amber", "red"] = "info"
    when: When | None = None


class MenuPart(Strict):
    """A group of controls."""

    kind: Literal["menu"]
    style: Literal["buttons", "tiles", "links"] = "buttons"
    controls: tuple[Control, ...] = Field(min_length=1)
    when: When | None = None


class FormPart(Strict):
    """Fields and the button that sends them."""

    kind: Literal["form"]
    id: Id
    fields: tuple[FormField, ...] = Field(min_length=1)
    submit: Control
    """Its outcomes apply when every field is right."""
    failed: tuple[Outcome, ...] = ()
    """Outcomes when a field is wrong or empty, after the fields' own errors."""
    when: When | None = None


class SearchPart(Strict):
    """A search line with the results it can find."""

    kind: Literal["search"]
    id: Id
    label: Text
    submit: Control
    results: tuple[Result, ...] = Field(min_length=1)
    nothing: Text
    """Said when nothing was found."""
    when: When | None = None


class RowsPart(Strict):
    """A table of label and value."""

    kind: Literal["rows"]
    title: str = ""
    rows: tuple[tuple[str, str], ...] = Field(min_length=1)
    when: When | None = None


Part = Annotated[
    TextPart | NoticePart | MenuPart | FormPart | SearchPart | RowsPart,
    Field(discriminator="kind"),
]


class GuideStep(Strict):
    """What a helper standing beside would say now; the one source of show, marks, hints and golden path.

    The first step whose ``when`` holds *and* whose control is on the screen now is the present one, so a step for a
    search result may stand before the step for the search itself.
    """

    when: When | None = None
    control: Id
    """Id of a control, or ``back`` for the address bar's «Назад»."""
    fill: Mapping[Id, str] = Field(default_factory=dict)
    """Field id -> what to type; fields left out take their expected value."""
    where: Text
    """Hint 1: where to look."""
    press: Text
    """Hint 2: what to press."""
    caption: Text
    """What the trainer says while it plays itself."""


class LineGuide(Strict):
    """The right reply to a line of a call."""

    reply: Id
    where: Text
    press: Text
    caption: Text


class Reply(Strict):
    """Something the learner may answer to a caller."""

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
    """An SMS template; ``{code}`` is the code that it brings."""

    sender: Text = Field(alias="from")
    text: Text


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
    enter: tuple[Outcome, ...] = ()
    """Outcomes on entering; the first whose condition holds is applied."""
    parts: tuple[Part, ...] = Field(min_length=1)
    guide: tuple[GuideStep, ...] = ()
    facts: tuple[Id, ...] = ()
    """Ids in the fact register that the texts rest on."""

    def controls(self) -> Iterator[Control]:
        """Give all controls of the screen, shown now or not, in reading order."""
        for part in self.parts:
            match part:
                case MenuPart():
                    yield from part.controls
                case FormPart():
                    yield part.submit
                case SearchPart():
                    yield part.submit
                    yield from part.results
                case _:
                    pass


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
        return ((key, node) for key, node in inside(self) if isinstance(node, Outcome))


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
