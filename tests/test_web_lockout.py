"""Guessing PINs: the waits, and whom they do not touch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecitizen.web.lockout import FORGET_AFTER_S, FREE_TRIES, LONGEST_WAIT_S, MOST_KEYS, Lockout


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lockout(clock: Clock) -> Lockout:
    return Lockout(clock)


def test_five_wrong_tries_cost_nothing(lockout: Lockout) -> None:
    assert [lockout.knock("a") for _ in range(FREE_TRIES)] == [0] * FREE_TRIES


def test_the_waits_double_to_an_hour(lockout: Lockout, clock: Clock) -> None:
    waits_min = []
    for _ in range(FREE_TRIES - 1):
        lockout.knock("a")
    for _ in range(9):
        assert lockout.knock("a") == 0
        wait_s = lockout.knock("a")
        waits_min.append(wait_s / 60)
        clock.now_s += wait_s
    assert waits_min == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_knocking_while_waiting_adds_nothing(lockout: Lockout, clock: Clock) -> None:
    for _ in range(FREE_TRIES):
        lockout.knock("a")
    assert [lockout.knock("a") for _ in range(50)] == [60] * 50
    clock.now_s += 60
    assert lockout.knock("a") == 0


def test_a_right_pin_forgives_everything(lockout: Lockout) -> None:
    for _ in range(FREE_TRIES - 1):
        lockout.knock("a")
    lockout.opened("a")
    assert [lockout.knock("a") for _ in range(FREE_TRIES)] == [0] * FREE_TRIES


def test_a_neighbour_locks_only_himself(lockout: Lockout) -> None:
    for _ in range(100):
        lockout.knock("104|address:10.0.0.5")
    assert lockout.knock("104|address:10.0.0.6") == 0


@given(st.lists(st.floats(0, 4000), max_size=60))
def test_tries_a_day_stay_few(pauses_s: list[float]) -> None:
    clock = Clock()
    lockout = Lockout(clock)
    allowed = 0
    for pause_s in pauses_s:
        clock.now_s += pause_s
        wait_s = lockout.knock("a")
        assert 0 <= wait_s <= LONGEST_WAIT_S
        allowed += wait_s == 0
    passed_s = sum(pauses_s)
    assert allowed <= FREE_TRIES + 6 + passed_s / LONGEST_WAIT_S


def test_old_guesses_are_forgotten_when_many(lockout: Lockout, clock: Clock) -> None:
    for number in range(MOST_KEYS):
        lockout.knock(str(number))
    clock.now_s += FORGET_AFTER_S + 1
    lockout.knock("new")
    assert len(lockout._buckets) == 1
