"""Who types the commands, for the trace."""

from __future__ import annotations

import getpass


def system_user() -> str:
    """Name the user of this computer for the trace, and say that it was a command.

    The name is what the system or its environment says: it tells colleagues apart and proves nothing.
    """
    try:
        name = getpass.getuser()
    except (ImportError, KeyError, OSError):
        # A system without a list of users, or a process that belongs to nobody in it.
        name = ""
    return f"{name} (командная строка)".lstrip()
