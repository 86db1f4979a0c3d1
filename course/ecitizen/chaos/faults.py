"""What strikes whom, at which press: each fault follows from its own seed."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Literal, get_args

Kind = Literal["kernel", "server", "cut", "silence", "disk", "clock", "tab", "device"]
"""Kernel or server killed; connections broken; wire silent; disk full; clock moved; a second tab; a second device."""

WEIGHTS: dict[Kind, int] = {
    "kernel": 28,
    "server": 10,
    "cut": 16,
    "silence": 12,
    "disk": 12,
    "clock": 8,
    "tab": 6,
    "device": 8,
}
LONGEST_DELAY_S = 0.35
"""Long enough for a press to be anywhere between the key and the disk."""

CUT_S = (1.0, 90.0)
FULL_S = (0.5, 4.0)
FURTHEST_CLOCK_S = 2 * 24 * 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One blow."""

    seed: str
    kind: Kind
    learner: int
    """Place of the learner in the class, from 0."""

    press: int
    """It strikes while this press of the learner is on its way, from 1."""

    delay_s: float
    """From sending the press."""

    amount: float
    """Seconds: how long the wire is cut or the disk full, how far the clock moves; else 0."""

    def __str__(self) -> str:
        """Write one line for the log."""
        what = f"{self.kind:7} learner {self.learner:2} press {self.press:3} after {self.delay_s:.3f} s"
        return f"{self.seed:12} {what}" + (f", {self.amount:+.1f} s" if self.amount else "")


def draw(seed: int, count: int, learners: int, presses: int) -> list[Fault]:
    """Draw faults for a class of so many learners who press so many times each; the same every time."""
    return [_one(f"{seed}:{number}", learners, presses) for number in range(1, count + 1)]


def _one(seed: str, learners: int, presses: int) -> Fault:
    chance = Random(f"fault:{seed}")
    kind: Kind = chance.choices(get_args(Kind), [WEIGHTS[kind] for kind in get_args(Kind)])[0]
    amounts = {
        "cut": chance.uniform(*CUT_S),
        "silence": chance.uniform(*CUT_S),
        "disk": chance.uniform(*FULL_S),
        "clock": chance.uniform(-FURTHEST_CLOCK_S, FURTHEST_CLOCK_S),
    }
    return Fault(
        seed=seed,
        kind=kind,
        learner=chance.randrange(learners),
        press=chance.randint(1, presses),
        delay_s=chance.uniform(0, LONGEST_DELAY_S),
        amount=amounts.get(kind, 0.0),
    )
