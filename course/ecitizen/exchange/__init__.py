"""Quizzes to and from the files of other learning systems: GIFT (Moodle), QTI 1.2 and QTI 2.1.

``gift`` writes and ``reading`` reads GIFT; ``qti`` and ``qti21`` write, ``qti_reading`` and ``qti21_reading`` read the
questions of a ``package``; ``building`` makes items of what was read, ``writing`` the YAML file that an author keeps.
What a format can't say is never dropped silently: every writer returns its ``Loss`` list, and ``tag`` notes it beside
the question, for our own readers.
"""

from ecitizen.exchange.files import export_file, import_file
from ecitizen.exchange.gift import to_gift
from ecitizen.exchange.loss import Exported, Loss
from ecitizen.exchange.package import from_qti, to_qti, to_qti21
from ecitizen.exchange.reading import from_gift
from ecitizen.exchange.writing import to_yaml

__all__ = [
    "Exported",
    "Loss",
    "export_file",
    "from_gift",
    "from_qti",
    "import_file",
    "to_gift",
    "to_qti",
    "to_qti21",
    "to_yaml",
]
