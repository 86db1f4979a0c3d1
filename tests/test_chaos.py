"""The simulated class: one seed, one lesson; and whatever fails, what was acknowledged is in the journal."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from typing import get_args

import pytest
from click.testing import CliRunner

from ecitizen.chaos.faults import CUT_S, Fault, Kind, draw
from ecitizen.cli import cli

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and sets limits of processes")

CLOCK = """
import pathlib, signal, sys
from ecitizen.chaos.clock import install
place = pathlib.Path(sys.argv[1])
install(place)
import os, time
from datetime import UTC, datetime
place.write_text("-86400")
os.kill(os.getpid(), signal.SIGUSR1)
assert isinstance(datetime.fromtimestamp(0, UTC), datetime)
print(datetime.now(UTC).timestamp() - time.time(), file=sys.stderr)
print(time.clock_gettime(time.CLOCK_REALTIME) - datetime.now(UTC).timestamp())
"""


def test_a_seed_always_draws_the_same_faults() -> None:
    first, again = draw(7, 200, 30, 30), draw(7, 200, 30, 30)
    assert first == again != draw(8, 200, 30, 30)
    assert draw(7, 50, 30, 30) == first[:50]
    assert set(Counter(fault.kind for fault in first)) == set(get_args(Kind))


def test_a_fault_is_drawn_within_its_limits() -> None:
    for fault in draw(1, 500, 6, 12):
        assert isinstance(fault, Fault)
        assert 0 <= fault.learner < 6
        assert 1 <= fault.press <= 12
        if fault.kind in ("cut", "silence"):
            assert CUT_S[0] <= fault.amount <= CUT_S[1]
        assert fault.seed in str(fault)


def test_the_clock_of_a_process_can_be_moved(tmp_path_factory: pytest.TempPathFactory) -> None:
    command = [sys.executable, "-c", CLOCK, str(tmp_path_factory.mktemp("clock") / "clock")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert float(done.stdout) == pytest.approx(86400, abs=60)


@pytest.mark.thorough
def test_a_small_class_loses_nothing_while_everything_fails() -> None:
    done = CliRunner().invoke(
        cli, ["bench", "chaos", "--learners", "6", "--faults", "12", "--presses", "12", "--seed", "5"]
    )
    assert done.exit_code == 0, done.output
    assert done.stderr.count("5:") >= 12
    assert "Потеряно подтверждённых ответов: 0" in done.output
