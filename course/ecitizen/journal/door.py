"""The one way a lesson gets its journal: the server's where there is one, else a file of this machine."""

from __future__ import annotations

import os
from pathlib import Path

from ecitizen.errors import JournalError
from ecitizen.journal.event import Journal
from ecitizen.journal.remote import RemoteJournal

URL = "ECITIZEN_JOURNAL_URL"
TOKEN = "ECITIZEN_JOURNAL_TOKEN"  # noqa: S105 - the name of a variable, not a token
FILE = "ECITIZEN_JOURNAL_FILE"


def open_journal() -> Journal:
    """Give the journal this kernel was started with.

    ``ECITIZEN_JOURNAL_URL`` and ``ECITIZEN_JOURNAL_TOKEN`` name the server of a class; without them the events go to
    ``ECITIZEN_JOURNAL_FILE``, else to ``ecitizen/journal.db`` in the user's data folder. Read at the call, not at
    import: a forked kernel gets its environment late.
    """
    url, token = os.environ.get(URL), os.environ.get(TOKEN)
    if url and token:
        return RemoteJournal(url, token)
    if url or token:
        missing = TOKEN if url else URL
        raise JournalError("journal", f"не задано {missing}", "Откройте урок заново")
    # SQLAlchemy takes a third of a second to import, and a kernel in class doesn't need it.
    from ecitizen.journal.local import LocalJournal

    return LocalJournal(Path(os.environ.get(FILE) or _user_file()))


def _user_file() -> Path:
    base = os.environ.get("XDG_DATA_HOME") or (os.environ.get("APPDATA") if os.name == "nt" else None)
    return (Path(base) if base else Path.home() / ".local" / "share") / "ecitizen" / "journal.db"
