"""Small Russian grammar for pages."""

from __future__ import annotations


def plural(number: int, one: str, few: str, many: str) -> str:
    """Choose the form that a number wants: 1 шаг, 2 шага, 5 шагов, 11 шагов, 21 шаг."""
    if 11 <= number % 100 <= 14:
        return many
    return {1: one, 2: few, 3: few, 4: few}.get(number % 10, many)
