"""Our writer of notebooks writes what nbformat writes."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from test_gradebook_manual import lesson

from ecitizen.gradebook.assignment import assignment
from ecitizen.gradebook.writing import notebook_text

texts = st.text(st.characters(codec="utf-8"), max_size=30)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
ours = st.dictionaries(st.sampled_from(["ecitizen", "a", "trusted", "я"]), values)
outputs = st.builds(
    lambda text, count: [
        new_output("execute_result", {"text/plain": text}, execution_count=count),
        new_output("stream", text=text),
        new_output("error", ename="E", evalue=text, traceback=[text]),
    ],
    texts,
    st.integers(0, 99),
)
cells = st.one_of(
    st.builds(lambda source, metadata: new_markdown_cell(source, metadata=metadata), texts, ours),
    st.builds(lambda source, metadata: new_raw_cell(source, metadata=metadata), texts, ours),
    st.builds(
        lambda source, metadata, said: new_code_cell(source, metadata=metadata, outputs=said), texts, ours, outputs
    ),
)


@given(st.lists(cells, max_size=5), st.dictionaries(st.sampled_from(["x", "signature", "cells"]), values))
@settings(max_examples=60, deadline=None)
def test_text_is_that_of_nbformat(every: list[Any], metadata: dict[str, Any]) -> None:
    notebook = new_notebook(cells=every, metadata=metadata)
    expected = f"{nbformat.writes(notebook)}\n"
    # The second time from what is kept.
    assert [notebook_text(notebook), notebook_text(notebook)] == [expected, expected]


def test_lesson_is_written_as_by_nbformat() -> None:
    for notebook in (assignment(lesson()).source, assignment(lesson()).visible):
        assert notebook_text(notebook) == f"{nbformat.writes(notebook)}\n"


@pytest.mark.parametrize("spoil", [{"cell_type": "odd"}, {"source": None}, {"metadata": []}], ids=repr)
def test_what_nbformat_refuses_is_refused(spoil: dict[str, Any]) -> None:
    good = new_notebook(cells=[new_markdown_cell("a"), new_markdown_cell("b")])
    bad = nbformat.from_dict({**good, "cells": [good.cells[0], {**good.cells[1], **spoil}]})
    for _ in range(2):
        with pytest.raises(nbformat.ValidationError):
            notebook_text(bad)
