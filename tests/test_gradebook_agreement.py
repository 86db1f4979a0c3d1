"""Cohen's kappa against published numbers, and what two markers of the same answers agree on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecitizen.gradebook.agreement import Agreement, agreement, cohen_kappa

Table = list[list[int]]

PUBLISHED: dict[str, tuple[Table, float]] = {
    # Psychiatric diagnoses of 200 cases, Cohen 1968, Psychological Bulletin 70, table 1: unweighted kappa .492.
    "cohen-1968": ([[88, 14, 18], [10, 40, 10], [2, 6, 12]], 0.492),
    # Diagnoses of 100 people, Fleiss, Levin & Paik 2003, Statistical Methods for Rates and Proportions, table 18.1.
    "fleiss-2003": ([[75, 1, 4], [5, 4, 1], [0, 0, 10]], 0.676),
    # Fifty applications for a grant, yes or no.
    "two-readers": ([[20, 5], [10, 15]], 0.400),
}


def judgements(table: Table) -> tuple[list[int], list[int]]:
    """Write a table of counts as two lists."""
    pairs = [(row, column) for row, counts in enumerate(table) for column, n in enumerate(counts) for _ in range(n)]
    return [row for row, _ in pairs], [column for _, column in pairs]


@pytest.mark.parametrize(("table", "kappa"), PUBLISHED.values(), ids=PUBLISHED)
def test_published_kappas_come_out(table: Table, kappa: float) -> None:
    assert cohen_kappa(*judgements(table)) == pytest.approx(kappa, abs=5e-4)


def test_kappa_equals_that_of_scikit_learn() -> None:
    first = ["negative", "positive", "negative", "neutral", "positive"]
    second = ["negative", "positive", "negative", "neutral", "negative"]
    assert cohen_kappa(first, second) == pytest.approx(0.6875)


@pytest.mark.parametrize(("first", "second"), [([], []), ([1, 1], [1, 1])], ids=["nothing", "one-category"])
def test_undefined_kappa_is_none(first: list[int], second: list[int]) -> None:
    assert cohen_kappa(first, second) is None


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        cohen_kappa([1, 2], [1])


MARKS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30)


@given(MARKS)
def test_kappa_does_not_ask_who_was_first(pairs: list[tuple[int, int]]) -> None:
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    kappa, swapped = cohen_kappa(first, second), cohen_kappa(second, first)
    assert (kappa is None) == (swapped is None)
    assert kappa is None or (kappa == pytest.approx(swapped) and -1 <= kappa <= 1)


def test_criteria_of_different_weight_are_counted_together() -> None:
    most = {"code": 2.0, "bank": 1.0}
    first = [{"code": 2, "bank": 1}, {"code": 1, "bank": 0}]
    second = [{"code": 2, "bank": 0}, {"code": 1, "bank": 0}]
    found = agreement(most, first, second)
    assert (found.judged, found.same, found.same_share) == (4, 3, 0.75)
    # Shares 1, 1, ½, 0 against 1, 0, ½, 0: expected (2·1 + 1·1 + 1·2) / 16.
    assert found.kappa == pytest.approx((0.75 - 5 / 16) / (1 - 5 / 16))


WORDS = {
    -0.2: "none",
    0.0: "none",
    0.1: "slight",
    0.4: "fair",
    0.6: "moderate",
    0.7: "substantial",
    1.0: "almost-perfect",
    None: None,
}


@pytest.mark.parametrize(("kappa", "word"), WORDS.items())
def test_kappa_in_the_words_of_landis_and_koch(kappa: float | None, word: str | None) -> None:
    assert Agreement(judged=1, same=1, kappa=kappa).strength == word
