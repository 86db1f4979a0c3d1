"""Where one run of a scenario stands: plain values, so that it can be compared, printed and sent as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from ecitizen.practice.flow import Verdict

MOST_HISTORY = 50
"""Screens that «Назад» remembers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """A sentence shown beside the control."""

    tone: str
    text: str
    """As the scenario has it, placeholders included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ringing:
    """A call that is on."""

    call: str
    line: str
    gave_in: bool = False
    """Whether something was given away in it; such a call no longer counts as refused."""


class State(NamedTuple):
    """Everything that the machine knows about a run; holds nothing that the learner typed.

    A named tuple, because a step changes it several times and the check takes tens of thousands of steps.
    """

    screen: str
    history: tuple[str, ...] = ()
    """Screens behind the present one, the last visited last."""
    flags: tuple[str, ...] = ()
    """Set flags, sorted."""
    inbox: tuple[tuple[str, int], ...] = ()
    """Messages in the order of their arrival: id and issue number of the code in it (0 without a code)."""
    fresh: bool = False
    """Whether the newest message arrived on the present screen."""
    waiting: tuple[int, ...] = ()
    """Places in the inbox of the messages that wait for an answer."""
    ringing: Ringing | None = None
    errors: Mapping[str, Verdict] = {}
    """Fields that were wrong or empty at the last press."""
    chosen: Mapping[str, str] = {}
    """Choices taken in the form that was sent with the last press; ids of several are parted by spaces."""
    found: Mapping[str, tuple[str, ...]] = {}
    """Search id -> ids of the results found."""
    say: Say | None = None
    guarded: tuple[str, str] | None = None
    """Field and kind of real data that the guard has just wiped."""
    goals: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()
    recovered: tuple[str, ...] = ()
    met: tuple[str, ...] = ()
    """Traps that the learner could have fallen for or refused."""
    refused: tuple[str, ...] = ()
    disclosed: tuple[str, ...] = ()
    real_data: int = 0
    misses: int = 0
    hints: int = 0
    """Hints asked for in the whole run."""
    hint: int = 0
    """Level shown now: 0 none, 1 where, 2 press, 3 mark."""
    finished: bool = False
    turn: int = 0
    """Events applied."""

    def dump(self) -> dict[str, Any]:
        """Give the state as a dict that ``json`` can write."""
        inner = {"ringing": self.ringing and asdict(self.ringing), "say": self.say and asdict(self.say)}
        maps = {"errors": dict(self.errors), "chosen": dict(self.chosen), "found": dict(self.found)}
        return self._asdict() | inner | maps

    @classmethod
    def load(cls, dumped: Mapping[str, Any]) -> "State":
        """Read a dumped state back; raises ``pydantic.ValidationError`` on anything else."""
        return _STATE.validate_python(dumped)


_STATE: TypeAdapter[State] = TypeAdapter(State)


def with_one(names: tuple[str, ...], name: str | None) -> tuple[str, ...]:
    """Add a name at the end unless it is None or there already."""
    return names if name is None or name in names else (*names, name)
