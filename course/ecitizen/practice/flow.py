"""The smallest words of the portal language: names, conditions, outcomes and the controls that carry them.

Flow is data: a control holds outcomes, the first whose condition holds is applied, and a condition is a fixed handful
of questions with no expressions in it. ``parts`` builds screens from these words, ``scenario`` builds the portal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from ecitizen.practice.quiz import fault

Mode = Literal["show", "together", "solo"]
MODES: tuple[Mode, ...] = ("show", "together", "solo")

Tone = Literal["good", "info", "amber"]

Verdict = Literal["right", "wrong", "empty", "too-small", "too-big"]
"""What a field is found to be; the only thing kept of what was typed."""

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
"""A name inside a content file, such as ``login-form``."""

Ref = Annotated[str, StringConstraints(pattern=r"^([a-z0-9-]|\{[a-z0-9-]+\.[a-z0-9_-]+\})+$", max_length=120)]
"""An id that may be drawn by the seed, such as ``{visit.slot}`` or ``slot-{visit.day}``."""

Text = Annotated[str, StringConstraints(min_length=1)]
"""A text for people; may hold placeholders like ``{persona.given}`` or ``{visit.doctor}`` (see ``stage``)."""


def _as_typed(value: object) -> object:
    """YAML reads a bare ``true`` as a bool and ``[a, b]`` as a list; as what a field holds they are words."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list) and value and all(isinstance(word, str) for word in value):
        return " ".join(value)
    return value


Typed = Annotated[
    str,
    BeforeValidator(_as_typed),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "boolean"}, {"type": "array", "items": {"type": "string"}}]}
    ),
]
"""What a field holds: text, the id of a choice, ``true`` or ``false`` of a tick, ids of several choices by spaces."""


def _as_words(value: object) -> object:
    """Take one word for a list of it."""
    return [value] if isinstance(value, str) else value


Words = Annotated[
    tuple[str, ...],
    Field(min_length=1),
    BeforeValidator(_as_words),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
"""One word or a list of words."""


@dataclass(frozen=True, slots=True)
class Short:
    """Annotation of a record that may be written as one of its values alone, if nothing else is to be said of it."""

    text: str | None = None
    """Key that a bare text stands for."""
    pair: str | None = None
    """Key that a bare label with its value stands for."""

    def spread(self, value: object) -> object:
        """Give the record that a short form means; anything else stays as it is."""
        if self.text is not None and isinstance(value, str):
            return {self.text: value}
        return {self.pair: value} if self.pair is not None and isinstance(value, list | tuple) else value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Spread the short form before the record is looked at."""
        return core_schema.no_info_before_validator_function(self.spread, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Let editors know both forms."""
        forms: list[Any] = [{"type": "string", "minLength": 1}] if self.text else []
        if self.pair:
            forms.append({"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2})
        return {"anyOf": [*forms, handler(schema)]}


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
    drawn: Mapping[str, str] = Field(default_factory=dict)
    """What the seed must have drawn, such as ``{visit.doctor: Белова}``."""
    not_drawn: Mapping[str, Words] = Field(default_factory=dict)
    """What the seed must not have drawn: ``{visit.doctor: Белова}`` or several, ``{visit.doctor: [Белова, Сомов]}``."""
    verdict: Mapping[Id, Verdict] = Field(default_factory=dict)
    """Field -> what it was found to be; only in ``then`` and ``failed`` of its own form."""
    chosen: Mapping[Id, Typed] = Field(default_factory=dict)
    """Field -> the choice taken (several ids by spaces); only in ``then`` and ``failed`` of its own form."""


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
    """The call ends, or the message is answered: its replies go away."""
    say: Text | None = None
    """Sentence shown beside the control; if left out where a trap is refused or fallen for, the trap's own."""
    tone: Tone = "info"
    miss: bool = False
    """Counts as a wrong press."""
    mistake: Id | None = None
    """A guided error happened."""
    recover: Id | None = None
    """The learner found the way out of that guided error (counts only if it happened)."""
    refuse: Id | None = None
    """The call or trap that was refused (does not count if the learner gave in to it)."""
    disclose: Id | None = None
    """The trap that the learner fell for, or the thing given away, such as ``code``."""

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
    main: bool | When = False
    """Whether it is the one filled button of the screen; a condition lets another button take its place."""
    when: When | None = None
    then: tuple[Outcome, ...] = ()
    """The first outcome whose condition holds is applied."""
