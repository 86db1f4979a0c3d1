"""What every test may lean on. Nothing here touches the network or the home folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

# Lessons run by nbval and by stock kernels keep their journal where the run ends, not in somebody's home.
os.environ.setdefault("ECITIZEN_JOURNAL_FILE", str(Path(tempfile.mkdtemp(prefix="ecitizen-")) / "journal.db"))
