"""The bench of a class: every side is opened by as many as were asked for, and its figures say what they are."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ecitizen.bench_class import descendants, together


def test_children_of_children_are_found() -> None:
    code = (
        "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'input()']);"
        "print(p.pid, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout
        grandchild = int(child.stdout.readline())
        assert {child.pid, grandchild} <= set(descendants(os.getpid()))
        assert descendants(child.pid) == [grandchild]
        child.communicate("\n")


@pytest.mark.slow
@pytest.mark.thorough
def test_a_small_class_is_measured_on_all_sides() -> None:
    document = together(learners=2, stock=2)
    assert (document["what"], document["learners"], document["stock_learners"]) == ("class", 2, 2)
    assert len(document["figures"]) == 12
    for row in document["figures"]:
        assert row["ours"] > 0, row
        assert row["stock"] > 0, row
