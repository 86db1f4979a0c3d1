"""Using a function of nbgrader with another meaning of a name in it, and leaving nbgrader itself as it is."""

from __future__ import annotations

from types import FunctionType
from typing import Any


def renamed(theirs: Any, **names: Any) -> FunctionType:
    """Give a copy of a function in which some global names mean something else.

    The code is nbgrader's own, so a new version is followed; tests/test_gradebook_engines.py tells when it has changed.
    Nothing is patched: whoever else calls the function in the same process notices nothing.
    """
    meanings = {**theirs.__globals__, **names}
    return FunctionType(theirs.__code__, meanings, theirs.__name__, theirs.__defaults__, theirs.__closure__)
