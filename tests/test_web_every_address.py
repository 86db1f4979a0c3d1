"""No page is forgotten by the walk through all pages (tests/browser/test_every_page.py)."""

from __future__ import annotations

import re

import pytest
from pages_table import OTHER, addresses, examples


@pytest.mark.parametrize("pattern", addresses())
def test_address_is_walked_or_is_no_page(pattern: str) -> None:
    walked = any(re.fullmatch(pattern, one) for one in examples())
    other = any(re.fullmatch(one, pattern.replace("\\.", ".")) for one in OTHER)
    assert walked or other, "add an example to tests/pages_table.py"


def test_nothing_walked_is_gone() -> None:
    known = list(addresses())
    assert [one for one in examples() if not any(re.fullmatch(pattern, one) for pattern in known)] == []
