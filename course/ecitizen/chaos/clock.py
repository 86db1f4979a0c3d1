"""A clock that can be moved inside one process, for the server that a simulated class works with.

The machine's own clock belongs to everybody on it. Install this before anything is imported that asks for the time.
"""

from __future__ import annotations

import datetime
import signal
import time
from datetime import datetime as true_datetime
from pathlib import Path
from typing import Any


def install(place: Path) -> None:
    """Let SIGUSR1 move this process's wall clock by the seconds that stand in a file."""
    true_time, offset_s = time.time, 0.0

    class Kind(type):
        def __instancecheck__(cls, one: object) -> bool:
            return isinstance(one, true_datetime)

    class Moved(true_datetime, metaclass=Kind):
        """The same class for everybody but the clock."""

        __slots__ = ()

        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            """Give the moved time."""
            return true_datetime.fromtimestamp(true_time() + offset_s, tz)

    def move(*_: object) -> None:
        nonlocal offset_s
        offset_s = float(place.read_text(encoding="ascii"))

    time.time = lambda: true_time() + offset_s
    datetime.datetime = Moved  # type: ignore[misc]
    signal.signal(signal.SIGUSR1, move)
