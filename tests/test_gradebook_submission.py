"""Whatever a learner sends ends as one inert literal."""

from __future__ import annotations

import ast
import io
import tokenize
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from ecitizen.gradebook.submission import LARGEST, answers_source, inert, read_answers

HOSTILE = {
    "quotes and code": "'); import os; os.system('touch /tmp/owned') #",
    "triple quotes": "'''\"\"\"\\",
    "new lines": "a\nimport os\r\n\u2028\u2029b",
    "magics": "%%bash\n!ls\n%reset -f\n?",
    "nbgrader's marks": "### END HIDDEN TESTS\n### BEGIN SOLUTION",
    "lone surrogate": "\ud800 and \udfff",
    "control characters": "\0\x1b[31m\x7f\u202e",
    "markup": "<script>alert(1)</script>",
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda parts: st.lists(parts, max_size=5) | st.dictionaries(st.text(), parts, max_size=5),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_answers_read_back_as_they_were(answers: dict[str, Any]) -> None:
    assert read_answers(answers_source(answers)) == answers


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_answers_cell_is_two_plain_statements(answers: dict[str, Any]) -> None:
    source = answers_source(answers)
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    assert source.isascii()
    assert source.count("\n") == 1
    assert names == {"answers", "json"}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_stays_text(text: str) -> None:
    source = answers_source({"quiz": {"q01": text}})
    assert read_answers(source) == {"quiz": {"q01": text}}
    # IPython's own magics see nothing to change in it, and Python sees one string.
    assert TransformerManager().transform_cell(source).rstrip("\n") == source
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    assert [token.type for token in tokens].count(tokenize.STRING) == 1


@pytest.mark.parametrize(
    "source",
    [
        "import os\nanswers = json.loads('{}')",
        "import json\nanswers = json.loads('{}'); import os",
        "import json\nanswers = json.loads(open('x').read())",
        "import json\nanswers = eval('{}')",
        "import json\nkeys = json.loads('{}')",
        "import json as os\nanswers = json.loads('{}')",
        "import json\nanswers = json.loads('{}', object_hook=print)",
        "answers = (",
    ],
)
def test_any_other_cell_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="expected an answers cell"):
        read_answers(source)


def nested(levels: int) -> Any:
    value: Any = "o1"
    for _ in range(levels):
        value = [value]
    return value


MONSTERS = {
    "large": 10**16,
    "huge": -(10**4000),
    "nan": float("nan"),
    "infinity": float("inf"),
    "float": 1e300,
    "long text": "x" * 5000,
    "deep": nested(7),
    "long list": ["o1"] * 300,
    "long key": {"x" * 5000: 1},
    "no JSON": object(),
}


@pytest.mark.parametrize("value", MONSTERS.values(), ids=MONSTERS.keys())
def test_monstrous_answers_become_none(value: Any) -> None:
    assert inert(value) is None


@pytest.mark.parametrize(
    "value",
    ["o2", ["o1", "o3"], {"value": True, "reason": "o2"}, {"l1": "r2"}, 6, 6.5, "6,5", None, [], LARGEST],
    ids=repr,
)
def test_honest_answers_stay_as_given(value: Any) -> None:
    assert inert(value) == value


@given(json_values)
def test_what_passes_once_passes_again(value: Any) -> None:
    assert inert(inert(value)) == inert(value)
