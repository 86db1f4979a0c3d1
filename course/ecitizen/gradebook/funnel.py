"""Where people get stuck in a practice: step by step how many come there, ask, err, turn back and stop.

A step is what the scenario's own guide would do next. Counted are the tries on one's own up to the first finished one,
replayed through the machine; what somebody does later, for the pleasure of it, tells nothing of the difficulty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ecitizen.content import Lesson
from ecitizen.gradebook.analysis import FEWEST_TO_JUDGE
from ecitizen.gradebook.attempts import is_sound
from ecitizen.gradebook.timing import Times, seconds_before, times
from ecitizen.journal.event import Event
from ecitizen.journal.event import seed_of as learner_seed
from ecitizen.journal.runs import RunTrace, by_run
from ecitizen.practice.guiding import Guide
from ecitizen.practice.machine import Run
from ecitizen.practice.seeds import seed_of
from ecitizen.practice.state import State

STOPS, TROUBLES = 0.2, 0.3
"""Shares of those who came to a step, from which on so many stopping, or so many in trouble, is said."""

SLOW, SLOW_S = 2.0, 60.0
"""How many times the task's usual step, and how many seconds at least, a step takes that is called slow."""

Trouble = Literal["stop", "wrong", "hint", "back", "slow"]
"""What is to be said of a step, the gravest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a task over a class; all counts are of learners."""

    caption: str
    """What is done here, in the words of the guide."""

    screen: str
    """Title of the screen."""

    reached: int
    stopped: int
    """Who did nothing more here and never finished."""

    hints: int
    """Who asked for a hint."""

    backs: int
    """Who went back where that was not the way."""

    wrongs: int
    """Who pressed or filled in something wrong."""

    times: Times | None
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFunnel:
    """One task of a practice over a class."""

    task: str
    title: str
    learners: int
    """Who began it on their own."""

    finished: int
    times: Times | None
    """Of all its steps together, for those who finished."""

    hints: float
    """Mean of the hints that a learner asked for."""

    steps: tuple[Step, ...]
    """In the order of the golden path; steps beside it stand behind."""

    @property
    def worst(self) -> Step | None:
        """Give the step with the gravest trouble; None if there is none."""
        order: list[Trouble] = ["stop", "wrong", "hint", "back", "slow"]
        troubled = [step for step in self.steps if step.troubles]
        return min(troubled, key=lambda step: (order.index(step.troubles[0]), -step.stopped), default=None)


_Key = tuple[str, ...]


@dataclass(slots=True)
class _Visit:
    """One learner at one step."""

    seconds: list[float | None] = field(default_factory=list)
    hints: int = 0
    backs: int = 0
    wrongs: int = 0

    @property
    def whole_s(self) -> float | None:
        return _sum(self.seconds)


@dataclass(slots=True)
class _Walk:
    """One learner in one task."""

    visits: dict[_Key, _Visit] = field(default_factory=dict)
    last: _Key = ()
    finished: bool = False

    @property
    def whole_s(self) -> float | None:
        return _sum([visit.whole_s for visit in self.visits.values()])


def funnels(lesson: Lesson, events: Sequence[Event]) -> list[TaskFunnel]:
    """Measure every task that somebody began on their own, in the order of the scenario; guests are left out."""
    gaps = seconds_before(events)
    tries: dict[str, list[RunTrace]] = {}
    for trace in by_run(event for event in events if event.learner is not None):
        match trace.activity.split(":"):
            case ["practice", task, "solo"]:
                tries.setdefault(task, []).append(trace)
    return [_task(lesson, task.id, tries[task.id], gaps) for task in lesson.scenario.tasks if task.id in tries]


def _sum(seconds: Iterable[float | None]) -> float | None:
    known = [one for one in seconds if one is not None]
    return sum(known) if known else None


def _task(lesson: Lesson, task: str, tries: Iterable[RunTrace], gaps: Mapping[str, float | None]) -> TaskFunnel:
    walks: dict[int, _Walk] = {}
    names: dict[_Key, tuple[str, str]] = {}
    golden = _golden(lesson, task, names)
    for trace in sorted(tries, key=lambda trace: trace.run):
        assert trace.learner is not None
        walk = walks.setdefault(trace.learner, _Walk())
        if not walk.finished:
            _follow(lesson, task, trace, walk, names, gaps)
    walks = {learner: walk for learner, walk in walks.items() if walk.visits}
    order = [*golden, *(key for key in names if key not in golden)]
    usual = times([visit.whole_s for walk in walks.values() for visit in walk.visits.values()])
    steps = [_step(key, names[key], list(walks.values()), usual) for key in order]
    done = [walk for walk in walks.values() if walk.finished]
    hints = [sum(visit.hints for visit in walk.visits.values()) for walk in walks.values()]
    return TaskFunnel(
        task=task,
        title=lesson.scenario.task(task).title,
        learners=len(walks),
        finished=len(done),
        times=times([walk.whole_s for walk in done]),
        hints=sum(hints) / len(hints) if hints else 0.0,
        steps=tuple(step for step in steps if step.reached),
    )


def _golden(lesson: Lesson, task: str, names: dict[_Key, tuple[str, str]]) -> list[_Key]:
    """Give the steps of the golden path in their order, and name them."""
    run = Run(lesson.scenario, lesson.persona, task, "solo", 0)
    state = run.start()
    for frame in run.walk():
        _place(run, state, names)
        state = run.apply(state, frame.event)
    return list(names)


def _follow(
    lesson: Lesson,
    task: str,
    trace: RunTrace,
    walk: _Walk,
    names: dict[_Key, tuple[str, str]],
    gaps: Mapping[str, float | None],
) -> None:
    run = Run(lesson.scenario, lesson.persona, task, "solo", seed_of(learner_seed(trace.learner), trace.run))
    state = run.start()
    for event in trace.events:
        if event.body.get("do") == "begin" or not is_sound(event.body) or state.finished:
            continue
        key = _place(run, state, names)
        visit = walk.visits.setdefault(key, _Visit())
        visit.seconds.append(gaps.get(event.id))
        guide, before = run.guide(state), state
        state = run.apply(state, event.body)
        visit.hints += event.body["do"] == "hint"
        visit.backs += event.body["do"] == "back" and (guide is None or guide.do != "back")
        visit.wrongs += _is_wrong(before, state) and not _is_right(guide, event.body)
        walk.last, walk.finished = key, state.finished
    if walk.visits and not walk.finished:
        # Nothing was done at the step that the last event led to, but that is where the screen was left.
        walk.last = _place(run, state, names)
        walk.visits.setdefault(walk.last, _Visit())


def _is_wrong(before: State, after: State) -> bool:
    counted = ("misses", "mistakes", "disclosed", "real_data")
    return bool(after.errors) or any(getattr(after, name) != getattr(before, name) for name in counted)


def _is_right(guide: Guide | None, body: Mapping[str, Any]) -> bool:
    """Tell whether an event is what the guide says; where that goes wrong, the author meant it to."""
    verdicts = body.get("verdicts", {})
    did = (body["do"], body.get("reply", body.get("control", "back")))
    return guide is not None and did == (guide.do, guide.control) and set(verdicts.values()) <= {"right"}


def _place(run: Run, state: State, names: dict[_Key, tuple[str, str]]) -> _Key:
    """Name the step at which a state stands: a place in the guide, whatever words were drawn for this learner."""
    stage, guide = run.stage, run.guide(state)
    screen = stage.screen(state)
    if guide is None:
        key: _Key = (state.screen, "")
    elif state.ringing is not None and guide.do == "reply":
        key = ("call", state.ringing.call, state.ringing.line)
    elif guide.do == "reply":
        key = ("message", guide.control)
    else:
        key = (state.screen, str(_number(run, state, guide)))
    if key not in names:
        names[key] = (guide.caption if guide else "", stage.text(screen.title))
    return key


def _number(run: Run, state: State, guide: Guide) -> int:
    steps = run.stage.screen(state).guide
    said = (guide.control, guide.press, guide.caption)
    text = run.stage.text
    same = (n for n, step in enumerate(steps) if (text(step.control), text(step.press), text(step.caption)) == said)
    return next(same, -1)


def _step(key: _Key, name: tuple[str, str], walks: Sequence[_Walk], usual: Times | None) -> Step:
    here = [walk.visits[key] for walk in walks if key in walk.visits]
    stopped = sum(walk.last == key and not walk.finished for walk in walks)
    taken = times([visit.whole_s for visit in here if visit.seconds])
    counts = {"hint": sum(v.hints > 0 for v in here), "back": sum(v.backs > 0 for v in here)}
    counts["wrong"] = sum(v.wrongs > 0 for v in here)
    return Step(
        caption=name[0],
        screen=name[1],
        reached=len(here),
        stopped=stopped,
        hints=counts["hint"],
        backs=counts["back"],
        wrongs=counts["wrong"],
        times=taken,
        troubles=_troubles(len(here), stopped, counts, taken, usual),
    )


def _troubles(
    reached: int, stopped: int, counts: Mapping[str, int], taken: Times | None, usual: Times | None
) -> tuple[Trouble, ...]:
    if reached < FEWEST_TO_JUDGE:
        return ()
    slow = taken is not None and usual is not None and taken.median_s >= max(SLOW_S, SLOW * usual.median_s)
    found: dict[Trouble, bool] = {
        "stop": stopped >= STOPS * reached,
        "wrong": counts["wrong"] >= TROUBLES * reached,
        "hint": counts["hint"] >= TROUBLES * reached,
        "back": counts["back"] >= TROUBLES * reached,
        "slow": slow,
    }
    return tuple(name for name, is_so in found.items() if is_so)
