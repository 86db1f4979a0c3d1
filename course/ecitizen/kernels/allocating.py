"""How the C library of a process keeps what was freed; Linux with glibc, elsewhere nothing is done."""

from __future__ import annotations

import ctypes

_TRIM, _MMAP, _ARENAS = -1, -3, -8
"""``M_TRIM_THRESHOLD``, ``M_MMAP_THRESHOLD`` and ``M_ARENA_MAX`` of ``malloc.h``."""

AT_ONCE_BYTES = 128 * 1024
"""glibc's own threshold at the start of a process; said aloud it stays what it is, else it grows to 32 MB."""


def give_back() -> bool:
    """Have all threads share one heap, and freed blocks go back to the system; False where that can't be asked for.

    By itself glibc makes eight heaps a processor core, a thread each, and keeps what a burst of work has left in them.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return False
    return all([mallopt(_ARENAS, 1), mallopt(_MMAP, AT_ONCE_BYTES), mallopt(_TRIM, AT_ONCE_BYTES)])
